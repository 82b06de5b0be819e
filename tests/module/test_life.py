"""The life of an instance: everything the platform does to applications."""

import contextlib
import fnmatch
import json
import os
import re
import shutil
import sqlite3
import subprocess
import time
import urllib.request
from datetime import datetime

import pytest
from support.node import ROOT
from support.processes import listens, until

FIRST = {
    "mail": {"from": "monitor@example.org", "to": ["admin@example.org"]},
    "correlator": {"wait_seconds": 0},
    "redis": {"poll_seconds": 10},
    # The repositories are asked in other tests; here nobody would answer.
    "repo_check": {"method": "off"},
}
TOKEN = "t0ken-life"


def alert(instance, plan="1"):
    """Posts what the cluster's Alertmanager would."""
    labels = {"alertname": "BackupFailed", "id": plan, "name": "Nightly", "node": "1"}
    body = {"version": "4", "alerts": [{"status": "firing", "labels": labels}]}
    asked = urllib.request.Request(
        instance.good("get-configuration")["webhook_url"],
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return json.load(answer)


def bad_night(cluster):
    now = int(time.time())
    cluster.status("mail1", now - 120, now - 60, 0)
    cluster.status("nextcloud1", now - 60, now - 20, 1)


def reports(instance):
    return [report["id"] for report in instance.good("list-reports")["reports"]]


def newest(instance):
    """The newest report, and what became of its mails."""
    return instance.good("get-report", {"id": reports(instance)[0]})


def backup(instance, folder):
    """What the core's module-backup does, with a real restic."""
    restic = os.environ.get("NBM_RESTIC", "restic")
    environment = os.environ | {"RESTIC_PASSWORD": "x", "RESTIC_REPOSITORY": str(folder / "repo")}
    seen = folder / "srv"
    seen.mkdir(parents=True)
    (seen / "state").symlink_to(instance.state)

    def run(*words):
        return subprocess.run(
            [restic, "--no-cache", "--quiet", *words], cwd=seen, env=environment, check=True
        )

    run("init")
    instance.shell("module-dump-state", "1")
    files = instance.config / "etc/state-include.conf"
    run("backup", "state/environment", f"--files-from={files}")
    instance.shell("module-cleanup-state", "1")

    def restore(other):
        target = folder / f"restored-{other.module}"
        run("restore", "latest", "--target", target, "--exclude", "state/environment")
        shutil.copytree(target / "state", other.state, dirs_exist_ok=True)
        other.host.user.own_all(other.state)

    return restore


def clone(source, other, replace):
    """What the core's clone-module and transfer-state do with a rootless module."""
    wants = source.systemctl("show", "default.target", "-p", "Wants", "--value")
    (source.state / "default-target.clone-module").write_text(wants, encoding="utf-8")
    source.systemctl("isolate", "transfer-state.target")
    shutil.copytree(
        source.state,
        other.state,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("agent.env", "environment", "apitoken.cache"),
    )
    other.host.user.own_all(other.state)
    if not replace:
        source.systemctl("isolate", "default.target")
    assert other.run("clone-module", {"replace": replace}).status == "completed", other.log()
    (source.state / "default-target.clone-module").unlink()


def remove(instance):
    instance.good("destroy-module", {"module_id": instance.module, "preserve_data": False})
    assert not listens(instance.port)
    instance.cluster.remove_module(instance.module)


def leftovers(instance, cluster):
    """What is left of a removed instance outside its home."""
    keys = [key for key in cluster.rdb.scan_iter("*") if instance.module in key]
    for kind in ("cluster/module_node", "cluster/module_uuid"):
        keys += [kind] if cluster.rdb.hexists(kind, instance.module) else []
    containers = instance.podman("ps", "--all", "--quiet").stdout.split()
    volumes = instance.podman("volume", "ls", "--quiet").stdout.split()
    timers = [path.name for path in instance.config.rglob("*.timer")]
    return keys + containers + volumes + timers


def test_the_life_of_an_instance(add_instance, cluster, smtp, tmp_path):
    smtp.forget()
    cluster.smarthost(smtp.ports["plain"])

    # Created, configured, running.
    first = add_instance("backup-monitor1")
    first.good("configure-module", FIRST | {"webhook_token": TOKEN})
    first.wait_until_ready()

    # A bad run and its alert: one mail, and a report.
    bad_night(cluster)
    assert alert(first)["accepted"] == 1
    smtp.wait_for(1)
    (report,) = reports(first)
    shown = first.good("get-report", {"id": report})
    assert shown["report"]["outcome"] == "PARTIAL"
    until(
        lambda: first.good("get-report", {"id": report})["deliveries"][0]["state"] == "sent",
        "the mail is known as sent",
    )

    # Updated: the new image runs with what was there, brought up to date.
    container = first.container()["Id"]
    version = as_the_version_before(first)
    first.systemctl("daemon-reload")
    first.shell(str(first.config / "update-module.d/20restart"))
    first.wait_until_ready()
    assert first.container()["Id"] != container
    assert version_of_database(first) == version
    assert reports(first) == [report]

    # Backed up while it runs, restored beside it.
    restore = backup(first, tmp_path / "backup")
    assert not (first.state / "data/backup.db").exists()
    second = add_instance("backup-monitor2")
    restore(second)
    assert second.run("restore-module", {"environment": {}}).status == "completed"
    second.wait_until_ready()
    assert not (second.state / "data/backup.db").exists()
    found = second.good("get-configuration")
    assert found["webhook_token_set"] and found["settings"]["mail"]["from"] == "monitor@example.org"
    assert [w["code"] for w in found["warnings"]] == ["other_voice"]
    assert report in reports(second)

    # One voice: both hear of it and keep a report, the first one mails.
    for instance in (first, second):
        assert alert(instance, "99")["accepted"] == 1
    smtp.wait_for(2)
    until(
        lambda: newest(second)["report"]["kind"] == "unknown_plan",
        lambda: f"the second one has its report: {second.logged()[-8:]}",
        90,
    )
    assert newest(second)["deliveries"] == []

    # Cloned.
    third = add_instance("backup-monitor3")
    before = set(reports(first))
    clone(first, third, replace=False)
    first.wait_until_ready()
    third.wait_until_ready()
    assert before <= set(reports(third))
    assert third.good("get-configuration")["webhook_url"].endswith(f":{third.port}/alert")

    # The clone is moved.
    fourth = add_instance("backup-monitor4")
    clone(third, fourth, replace=True)
    assert third.state_of_service() == "inactive"
    fourth.wait_until_ready()
    assert before <= set(reports(fourth))

    # Removed: nothing is left but the home, which the core removes.
    for instance in (first, second, third):
        remove(instance)
        assert leftovers(instance, cluster) == []
    until(lambda: fourth.good("get-overview")["overview"]["voice"], "the last one speaks", 60)
    remove(fourth)
    assert leftovers(fourth, cluster) == []
    time.sleep(0.5)
    assert len(smtp.mails()) == 2


def test_a_move_takes_everything_along(add_instance, cluster, smtp):
    cluster.smarthost(smtp.ports["plain"])
    first = add_instance("backup-monitor1")
    first.good("configure-module", FIRST | {"webhook_token": TOKEN})
    first.wait_until_ready()
    bad_night(cluster)
    first.good("run-check", {"notify": True})
    before = reports(first)
    second = add_instance("backup-monitor2")
    clone(first, second, replace=True)
    assert first.state_of_service() == "inactive"
    remove(first)
    second.wait_until_ready()
    assert set(before) <= set(reports(second))
    assert (second.state / "secrets/webhook_token").read_text() == TOKEN
    key = "module/backup-monitor2/metrics_targets"
    targets = until(lambda: cluster.rdb.hget(key, "backup-monitor"), "the target is published")
    assert f":{second.port}" in targets


@pytest.mark.parametrize("same", [False, True], ids=["beside", "in a recovery"])
def test_what_is_queued_is_not_sent_by_a_restored_instance(
    add_instance, cluster, tmp_path, smtp, same
):
    """After a disaster recovery an application has the id that it had."""
    smtp.forget()
    first = add_instance("backup-monitor1")
    first.good("configure-module", FIRST)
    first.wait_until_ready()
    bad_night(cluster)
    first.good("run-check", {"notify": True})
    report = reports(first)[0]
    (delivery,) = first.good("get-report", {"id": report})["deliveries"]
    assert delivery["state"] == "queued"
    restore = backup(first, tmp_path / "backup")
    if same:
        second = first
        first.systemctl("stop", "backup-monitor")
        shutil.rmtree(first.state / "data")
    else:
        remove(first)
        second = add_instance("backup-monitor2")
    cluster.smarthost(smtp.ports["plain"])
    restore(second)
    assert second.run("restore-module", {"environment": {}}).status == "completed"
    second.wait_until_ready()

    def withdrawn():
        (delivery,) = second.good("get-report", {"id": report})["deliveries"]
        return delivery["state"] == "not_sent"

    until(withdrawn, "the queued mail is withdrawn", 60)
    assert smtp.mails() == []


def test_a_backup_of_what_never_ran(instance, tmp_path):
    """No configuration, no database: still a backup, and a restore."""
    restore = backup(instance, tmp_path / "backup")
    restore(instance)
    assert instance.run("restore-module", {"environment": {}}).status == "completed"
    assert instance.state_of_service() == "inactive"
    assert instance.good("get-configuration")["configured"] is False


def test_a_backup_with_the_service_down(instance, cluster):
    instance.good("configure-module", FIRST)
    instance.wait_until_ready()
    bad_night(cluster)
    instance.good("run-check", {"notify": True})
    instance.systemctl("stop", "backup-monitor")
    with sqlite3.connect(instance.state / "data/state.db") as database:
        kept = database.execute("select count(*) from report").fetchone()
    instance.shell("module-dump-state", "1")
    copy = instance.state / "data/backup.db"
    with sqlite3.connect(copy) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        assert database.execute("select count(*) from report").fetchone() == kept
    instance.shell("module-cleanup-state", "1")
    assert not copy.exists()


def version_of_database(instance):
    with sqlite3.connect(instance.state / "data/state.db") as database:
        return database.execute("pragma user_version").fetchone()[0]


def as_the_version_before(instance):
    """Makes the database what that left: without the words that reports are found by.
    Returns the version that it had."""
    current = version_of_database(instance)
    with sqlite3.connect(instance.state / "data/state.db") as database:
        database.execute("drop table report_words")
        database.execute("pragma user_version = 2")
    return current


def test_an_update_brings_an_older_database_up_to_date(instance, cluster):
    instance.good("configure-module", FIRST)
    instance.wait_until_ready()
    bad_night(cluster)
    instance.good("run-check", {"notify": True})
    # The service finds the same by itself, sooner or later.
    until(lambda: len(reports(instance)) == 2, "both reports", 60)
    before = reports(instance)
    found = {"text": "nightly", "limit": 5}
    assert instance.good("list-reports", found)["total"] == len(before)
    current = as_the_version_before(instance)
    instance.shell(str(instance.config / "update-module.d/20restart"))
    instance.wait_until_ready()
    assert version_of_database(instance) == current
    assert reports(instance) == before
    assert instance.good("list-reports", found)["total"] == len(before)


def damage(database):
    """As a bad disk would: the file begins as it did, and its pages are noise."""
    size = database.stat().st_size
    with open(database, "r+b") as file:
        file.seek(100)
        file.write(b"\xa5" * (size - 100))


def dumped(instance):
    """The log of a dump, which has to work."""
    code, _, told = instance.shell("module-dump-state", "1", check=False)
    assert code == 0, told
    return [line for line in told.splitlines() if line.startswith("<3>")]


def saved(instance):
    """The log of the dump of a backup that is made."""
    told = dumped(instance)
    instance.shell("module-cleanup-state", "1")
    return told


def own_backup(instance):
    """Codes and times of what is said of its last backup, the same in both places."""
    told = [
        (warning["code"], warning["time"])
        for warning in instance.good("get-configuration")["warnings"]
        if warning["code"].startswith("own_backup")
    ]
    if instance.state_of_service() == "active":
        shown = instance.good("get-overview")["warnings"]
        assert [(warning["code"], warning["time"]) for warning in shown] == told
    return told


NO_PODMAN = "#!/bin/sh\nexit 125\n"


def test_a_backup_without_the_database_is_told_until_the_next_good_one(add_instance, cluster):
    """NS8 counts it as good."""
    first = add_instance("backup-monitor1")
    first.good("configure-module", FIRST)
    first.wait_until_ready()
    assert own_backup(first) == []
    before = time.time()
    with program(first, "podman", NO_PODMAN):
        assert len(saved(first)) == 1
    ((code, when),) = own_backup(first)
    assert code == "own_backup_as_is"
    seconds = datetime.fromisoformat(when.replace("Z", "+00:00")).timestamp()
    assert int(before) <= seconds <= time.time()
    # Nothing of it is in the backup, and another kind takes its place.
    with program(first, "podman", NO_PODMAN), program(first, "cp", "#!/bin/sh\nexit 1\n"):
        assert "ARE MISSING" in saved(first)[0]
    assert [code for code, _ in own_backup(first)] == ["own_backup_missing"]
    # A backup that fails after its dump changes nothing: the one before is the newest.
    assert dumped(first) == []
    assert [code for code, _ in own_backup(first)] == ["own_backup_missing"]
    with program(first, "podman", NO_PODMAN):
        dumped(first)
    assert [code for code, _ in own_backup(first)] == ["own_backup_missing"]
    included = (first.config / "etc/state-include.conf").read_text(encoding="utf-8").split()
    marks = {str(path.relative_to(first.config)) for path in first.state.glob("data/backup.*")}
    copies = {name for name in marks if any(fnmatch.fnmatch(name, one) for one in included)}
    assert copies == {"state/data/backup.db.asis", "state/data/backup.db.asis-wal"} & marks
    assert marks - copies == {"state/data/backup.missing", "state/data/backup.new.as_is"}
    # A clone has no backup yet.
    second = add_instance("backup-monitor2")
    clone(first, second, replace=False)
    second.wait_until_ready()
    assert own_backup(second) == []
    first.wait_until_ready()
    assert own_backup(first)
    # Whoever takes its place has its backups too.
    third = add_instance("backup-monitor3")
    clone(first, third, replace=True)
    third.wait_until_ready()
    assert own_backup(third)
    assert saved(third) == []
    assert own_backup(third) == []


def test_a_mark_that_cannot_be_made_costs_no_backup(instance):
    """No room even for a name: the log has to do."""
    instance.good("configure-module", FIRST)
    instance.wait_until_ready()
    no_podman = program(instance, "podman", NO_PODMAN)
    no_room = "#!/bin/sh\necho no room >&2\nexit 1\n"
    with no_podman, program(instance, "touch", no_room), program(instance, "rm", WITHOUT_MARKS):
        assert len(saved(instance)) == 1
    assert own_backup(instance) == []


# Removes whatever is no mark.
WITHOUT_MARKS = """#!/bin/sh
case "$*" in *backup.new.*) exit 1 ;; esac
exec /bin/rm "$@"
"""


def test_a_damaged_database_costs_no_backup(add_instance, cluster, tmp_path):
    first = add_instance("backup-monitor1")
    first.good("configure-module", FIRST | {"webhook_token": TOKEN})
    first.wait_until_ready()
    bad_night(cluster)
    first.good("run-check", {"notify": True})
    assert dumped(first) == []
    first.systemctl("stop", "backup-monitor")
    damage(first.state / "data/state.db")
    (told,) = dumped(first)
    assert "as it is" in told
    first.shell("module-cleanup-state", "1")
    restore = backup(first, tmp_path / "backup")
    assert list(first.state.glob("data/backup.db*")) == []
    remove(first)

    second = add_instance("backup-monitor2")
    restore(second)
    assert second.run("restore-module", {"environment": {}}).status == "completed"
    second.wait_until_ready()
    found = second.good("get-configuration")
    assert found["webhook_token_set"] and found["settings"]["mail"]["from"] == "monitor@example.org"
    aside = list(second.state.glob("data/state.db.damaged-*"))
    assert aside, "what was damaged lies beside a fresh one"
    assert any("the database was damaged" in line for line in second.logged())
    second.good("list-reports")


# Copies; and after the first copy the log is carried over and begun anew, as the
# service does.
BUSY_COPY = """#!/bin/sh
/bin/cp "$@" || exit
echo >>data/copies
[ "$(wc -l <data/copies)" -gt TIMES ] && exit
exec python3 -c '
import sqlite3
database = sqlite3.connect("data/state.db", timeout=30)
database.execute("create table if not exists busy (x)")
for _ in range(200):
    database.execute("insert into busy values (randomblob(3000))")
database.commit()
database.execute("pragma wal_checkpoint(truncate)")
database.execute("delete from busy where rowid % 2")
database.execute("insert into busy values (1)")
database.commit()
database.close()
' >&2
"""


@contextlib.contextmanager
def program(instance, name, text):
    """Another program of this name for the module's own steps, found before the real
    one."""
    path = instance.config / "bin" / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    try:
        yield
    finally:
        path.unlink()


def taken_as_it_is(instance, times):
    """How many files are copied where the log begins anew after so many of them."""
    no_podman = program(instance, "podman", NO_PODMAN)
    with no_podman, program(instance, "cp", BUSY_COPY.replace("TIMES", str(times))):
        (told,) = dumped(instance)
    assert "as it is" in told
    for name in ("backup.db.asis", "backup.db.asis-wal"):
        mode = (instance.state / "data" / name).stat().st_mode & 0o777
        assert mode == 0o600, name
    return (instance.state / "data/copies").read_text().count("\n")


def restored_from(first, second):
    """Puts what was dumped into another instance, which starts."""
    shutil.copytree(first.state / "data", second.state / "data")
    for path in second.state.glob("data/state.db*"):
        path.unlink()
    shutil.copy(first.state / "config.yml", second.state)
    second.host.user.own_all(second.state)
    assert second.run("restore-module", {"environment": {}}).status == "completed"
    second.wait_until_ready()


def test_what_could_only_be_taken_as_it_is_is_whole_after_a_restore(add_instance, cluster):
    """Nothing is wrong with it: what copies it does not work."""
    first = add_instance("backup-monitor1")
    first.good("configure-module", FIRST)
    first.wait_until_ready()
    bad_night(cluster)
    first.good("run-check", {"notify": True})
    kept = reports(first)
    assert taken_as_it_is(first, times=1) == 4, "database and log, twice"
    second = add_instance("backup-monitor2")
    restored_from(first, second)
    assert set(kept) <= set(reports(second))
    assert list(second.state.glob("data/state.db.*")) == []


def test_what_never_fits_together_is_kept_after_five_tries(add_instance):
    """The log begins anew each time: it is all there is."""
    first = add_instance("backup-monitor1")
    first.good("configure-module", FIRST)
    first.wait_until_ready()
    assert taken_as_it_is(first, times=99) == 10, "database and log, five times"
    second = add_instance("backup-monitor2")
    restored_from(first, second)
    assert second.good("list-reports")
    first.shell("module-cleanup-state", "1")
    assert [code for code, _ in own_backup(first)] == ["own_backup_as_is"]


def test_a_database_that_cannot_be_read_at_all_costs_no_backup_either(instance):
    instance.good("configure-module", FIRST)
    instance.wait_until_ready()
    instance.systemctl("stop", "backup-monitor")
    (instance.state / "data/state.db").unlink()
    (instance.state / "data/state.db").mkdir()
    (told,) = dumped(instance)
    assert "ARE MISSING" in told and "settings" in told
    assert list(instance.state.glob("data/backup.db*")) == []


def test_an_update_leaves_a_stopped_service_stopped(instance):
    instance.good("configure-module", FIRST)
    instance.wait_until_ready()
    instance.systemctl("stop", "backup-monitor")
    instance.shell(str(instance.config / "update-module.d/20restart"))
    assert instance.state_of_service() == "inactive"


def test_removing_what_never_ran(add_instance, cluster):
    instance = add_instance("backup-monitor5")
    remove(instance)
    assert leftovers(instance, cluster) == []


def test_the_modules_steps_are_executable_and_name_no_machine():
    for path in (ROOT / "imageroot").rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"/home/|/root/", text), path
            assert text.startswith("#!") == os.access(path, os.X_OK), path


@pytest.mark.parametrize("leader", [1, 2])
def test_a_worker_and_a_leader_find_the_same_cluster(add_instance, cluster, leader):
    """On a worker the own Redis is a replica; the leader is another address."""
    cluster.rdb.hset("node/2/vpn", "ip_address", "127.0.0.1")
    cluster.rdb.hset("cluster/environment", "NODE_ID", str(leader))
    instance = add_instance("backup-monitor1", number=1)
    instance.good("configure-module", FIRST)
    instance.wait_until_ready()
    assert instance.good("get-overview")["overview"]["redis_problem"] is None
