"""The service in its container, started by the unit's own lines."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from support import api_server
from support.processes import listens, until

FIRST = {"mail": {"from": "monitor@example.org", "to": ["admin@example.org"]}}


@pytest.fixture
def running(instance):
    """One that is configured and ready."""
    instance.good("configure-module", FIRST)
    instance.wait_until_ready()
    return instance


def status_of(process, name):
    text = open(f"/proc/{process}/status", encoding="utf-8").read()
    return next(line.split(":")[1].split() for line in text.splitlines() if line.startswith(name))


def test_it_runs_with_the_least_privilege(running):
    shown = running.container()
    pid = shown["State"]["Pid"]
    uid = str(running.host.user.uid)
    # Outside it is the module's own user, with no capability and no way to any.
    assert status_of(pid, "Uid") == [uid] * 4
    for kind in ("CapPrm", "CapEff", "CapBnd", "CapAmb", "CapInh"):
        assert int(status_of(pid, kind)[0], 16) == 0, kind
    assert status_of(pid, "NoNewPrivs") == ["1"]
    assert shown["HostConfig"]["ReadonlyRootfs"]
    assert shown["HostConfig"]["NetworkMode"] == "host"
    modes = {mount["Destination"]: mount["RW"] for mount in shown["Mounts"]}
    assert modes == {
        "/etc/ns8-backup-monitor": False,
        "/var/lib/ns8-backup-monitor": True,
        "/etc/nethserver-agent.env": False,
        "/run/systemd/journal/socket": True,
    }


def test_podman_inspect_shows_no_secret(running):
    shown = json.dumps(running.container())
    assert running.password not in shown
    assert f"module/{running.module}" not in shown
    assert "AGENT_ENV_FILES=-/etc/nethserver-agent.env:/etc/ns8-backup-monitor/agent.env" in shown


def test_it_asks_the_repositories_as_the_module(running, cluster):
    """By the cluster's own action, with the account of agent.env; without the role
    the report says so."""
    now = int(time.time())
    cluster.status("mail1", now - 300, now - 240, 0)
    cluster.status("nextcloud1", now - 240, now - 200, 1)
    snapshots = [
        {"id": "abc", "timestamp": now - 86400, "total_bytes": -1, "backup_start": "", "backup_end": ""}
    ]
    user = f"module/{running.module}"
    with api_server.serve(user, running.password, snapshots) as api:
        path = running.state / "config.yml"
        path.write_text(path.read_text() + f"repo_check:\n  api_url: {api.url}\n")
        running.systemctl("reload", "backup-monitor")
        (report,) = running.good("run-check")["reports"]
        assert report["destination"]["method"] == "api"
        assert {probe["cause"] for probe in report["destination"]["probes"]} == {"reachable"}
        assert api.logins == 1 and {action for action, _ in api.asked} == {"read-backup-snapshots"}
        api.granted = False
        checked = running.good("run-check", {"language": "en"})
        assert checked["reports"][0]["destination"]["skipped"] == "not_granted"
        assert "cluster:reader" in json.dumps(checked["said"])


def test_it_answers_on_loopback_and_on_the_nodes_address_in_the_vpn(running):
    until(lambda: listens(running.port, running.vpn), "it listens on the VPN address")
    for host in ("127.0.0.1", running.vpn):
        assert running.get("/healthz", host)[0] == 200
        assert "backup_monitor_" in running.get("/metrics", host)[1]
    assert not listens(running.port, "127.0.0.9")


def test_its_health_can_be_asked(running):
    assert running.podman("healthcheck", "run", "backup-monitor").returncode == 0


def test_it_logs_to_the_journal_as_itself(running):
    entries = running.host.journal.entries()
    assert any("ready, listening on" in entry for entry in entries)
    # A field with its length before it: journald's own form.
    name = "ns8-backup-monitor"
    wanted = f"SYSLOG_IDENTIFIER\n{chr(len(name))}" + 7 * "\0" + name
    assert any(wanted in entry for entry in entries)


def test_a_journal_that_nobody_reads_holds_up_nothing(running):
    """Its socket takes a few datagrams, and then whoever sends one waits."""
    path = running.state / "config.yml"
    path.write_text(path.read_text() + "logging: {level: DEBUG}\n")
    running.systemctl("reload", "backup-monitor")
    told = "lines are missing here"
    with running.host.journal.stuck():
        for _ in range(1500):
            assert running.get("/nowhere")[0] == 404
        running.wait_until_ready()
        assert not any(told in entry for entry in running.host.journal.entries())
    until(lambda: any(told in line for line in running.logged()), "it is told what is missing")
    # And goes on from there.
    running.systemctl("stop", "backup-monitor")
    assert any("\0ended\n" in entry for entry in running.host.journal.entries())


def test_a_start_does_not_wait_for_the_journal(instance):
    with instance.host.journal.stuck(), full(instance.host.journal.path):
        assert instance.good("configure-module", FIRST)["applied"] == "started"
        instance.wait_until_ready()
        began = time.monotonic()
        instance.systemctl("stop", "backup-monitor")
        assert time.monotonic() - began < 12


@contextlib.contextmanager
def full(path):
    """Sends until nothing more is taken."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filling:
        filling.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                filling.sendto(b"MESSAGE=full\n", str(path))
        yield


def test_it_lives_in_the_zone_of_the_node(instance):
    # Not every machine has a zone with a name; one that has none is tested too.
    from_node = (instance.state / "node.env", "TZ=")
    instance.good("configure-module", FIRST)
    zone = instance.good("get-defaults")["timezone"]
    text = from_node[0].read_text(encoding="utf-8")
    assert (f"TZ={zone}\n" in text) if zone else ("TZ=" not in text)
    assert "REDIS_ADDRESS=" in text and "REDIS_REPLICA_ADDRESS=" in text


@pytest.mark.parametrize("zone", ["Asia/Kolkata", None])
def test_the_zone_reaches_the_program(instance, zone):
    """Schedules are meant in the node's zone, also where it has no name."""
    words = ["podman", "run", "--rm", "--network=none", "--tz=local"]
    words += [f"--env=TZ={zone}"] if zone else []
    words += ["--volume=.:/etc/ns8-backup-monitor:ro", instance.images.server]
    (instance.state / "config.yml").write_text(
        "mail: {from: a@example.org, to: [b@example.org]}\nlogging: {level: INFO}\n"
        "state: {dir: /tmp/x}\nreceiver: {port: 0}\n"
    )
    os.chown(instance.state / "config.yml", instance.host.user.uid, instance.host.user.gid)
    # The log's own stamps are local.
    code, out, err = instance.shell("timeout", "--signal=TERM", "3", *words, "serve", check=False)
    stamps = [line[:19] for line in (out + err).splitlines() if line[:2] == "20"]
    assert stamps, (code, out, err)
    shift = timedelta(hours=5, minutes=30) if zone else datetime.now().astimezone().utcoffset()
    local = datetime.now(timezone.utc).replace(tzinfo=None) + shift
    read = datetime.fromisoformat(stamps[0].replace("T", " "))
    assert abs(local - read) < timedelta(minutes=2), stamps[0]


def test_it_runs_under_any_other_user(instance):
    (instance.state / "config.yml").write_text(
        "mail: {from: a@example.org, to: [b@example.org]}\nstate: {dir: /tmp/x}\n"
    )
    (instance.state / "config.yml").chmod(0o644)
    instance.state.chmod(0o755)
    words = ["podman", "run", "--rm", "--user=4711:4711", "--read-only", "--cap-drop=all"]
    words += ["--network=none", "--volume=.:/etc/ns8-backup-monitor:ro", instance.images.server]
    code, out, err = instance.shell(*words, "report", "list", check=False)
    assert code == 0 and "no report yet" in out, err


def test_it_ends_in_time_and_starts_again(running):
    began = time.monotonic()
    running.systemctl("stop", "backup-monitor")
    assert time.monotonic() - began < 12
    assert any("\0ended\n" in entry for entry in running.host.journal.entries())
    assert running.podman("ps", "--all", "--quiet").stdout == ""
    assert not listens(running.port)
    running.systemctl("start", "backup-monitor")
    running.wait_until_ready()


def test_what_is_killed_comes_back(running):
    pid = running.container()["State"]["Pid"]
    os.kill(pid, signal.SIGKILL)

    def another():
        shown = running.podman("container", "inspect", "backup-monitor", check=False).stdout
        return shown and json.loads(shown) and json.loads(shown)[0]["State"]["Pid"] not in (0, pid)

    until(another, "another process serves", 60)
    running.wait_until_ready()
    until(lambda: running.state_of_service() == "active", "it is active")


@contextlib.contextmanager
def redis_away(host):
    """Nothing that is started meanwhile finds it."""
    kept = host.agent_env.with_suffix(".kept")
    host.agent_env.rename(kept)
    host.agent_env.write_text("REDIS_ADDRESS=127.0.0.1:9\nREDIS_REPLICA_ADDRESS=127.0.0.1:9\n")
    try:
        yield
    finally:
        kept.rename(host.agent_env)


def published(instance):
    """What the cluster's Prometheus is told of it."""
    key = f"module/{instance.module}/metrics_targets"
    return instance.cluster.rdb.hget(key, "backup-monitor")


def test_its_metrics_are_published_once(running, cluster):
    dashboards = f"module/{running.module}/metrics_dashboards"
    until(lambda: cluster.rdb.exists(dashboards), "target and dashboards are published")
    assert json.loads(published(running)) == [
        {
            "targets": [f"{running.vpn}:{running.port}"],
            "labels": {"module_id": running.module, "node": "1"},
        }
    ]
    heard = cluster.rdb.pubsub()
    heard.subscribe(f"module/{running.module}/event/metrics-target-changed")
    assert heard.get_message(timeout=5)["type"] == "subscribe"
    boards = cluster.rdb.hgetall(dashboards)
    assert {json.loads(board)["uid"] for board in boards.values()} == set(boards)
    assert len(boards) == 2, "one in each language"
    running.shell("publish-metrics")
    assert heard.get_message(timeout=0.5) is None
    cluster.rdb.hset("node/1/vpn", "ip_address", "10.5.4.9")
    running.shell("publish-metrics")
    assert heard.get_message(timeout=5)["type"] == "message"
    assert "10.5.4.9" in published(running)
    heard.close()


def attempts(instance):
    """How often the metrics were to be published."""
    return instance.log("backup-monitor-metrics").count("ExecStart=")


def test_it_starts_also_while_redis_is_away(instance):
    """Nothing of a start may need the cluster; what does is tried until it works."""
    with redis_away(instance.host):
        done = instance.good("configure-module", FIRST)
        assert done["applied"] == "started"
        assert [warning["code"] for warning in done["warnings"]] == ["redis_unreachable"]
        until(lambda: listens(instance.port), "it listens")
        assert instance.get("/readyz")[0] == 503
        assert instance.state_of_service() == "active"
        until(lambda: attempts(instance) > 1, "it is tried again")
        assert published(instance) is None
    until(lambda: published(instance), "the target is published")
    assert f":{instance.port}" in published(instance)


def publishing(instance):
    """The processes that publish the metrics: they are one session."""
    folder = instance.runtime / "systemctl-shim/backup-monitor-metrics.service"
    with contextlib.suppress(FileNotFoundError):
        found = subprocess.run(
            ["ps", "--sid", (folder / "supervisor").read_text(), "-o", "pid=,stat="],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        lines = [line.split() for line in found.stdout.splitlines()]
        return [int(pid) for pid, state in lines if not state.startswith("Z")]
    return []


def alive(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def test_publishing_ends_with_the_service(instance):
    with redis_away(instance.host):
        instance.good("configure-module", FIRST)
        until(lambda: attempts(instance) > 1, "it is tried again")
        trying = publishing(instance)
        assert trying, "somebody goes on trying"
        instance.systemctl("stop", "backup-monitor")
        # Nobody is left who could try: only now it is sure that nobody does.
        until(lambda: not any(map(alive, trying)), "who tried is gone")
        assert publishing(instance) == []
        before = attempts(instance)
    assert (attempts(instance), published(instance)) == (before, None)
