"""The unit: systemd takes it, and its command lines are what they should be."""

import json
import re
import shlex
import subprocess

import pytest
from support.node import JOURNAL, ROOT

UNITS = ROOT / "imageroot/systemd/user"
NODE_ENV = "/etc/nethserver-agent.env"
UNIT = UNITS / "backup-monitor.service"
METRICS = UNITS / "backup-monitor-metrics.service"
# What each word of `podman run` needs beside itself, nothing for a flag.
FLAGS = {"--detach", "--replace", "--read-only"}


def lines(name, unit=UNIT):
    text = unit.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.partition("=")[2] for line in text.splitlines() if line.startswith(f"{name}=")]


def podman_run():
    """Options, image, and what comes after it."""
    (line,) = lines("ExecStart")
    words = shlex.split(line)
    assert words[:2] == ["/usr/bin/podman", "run"]
    options, rest = {}, words[2:]
    while rest[0].startswith("--"):
        name, found, value = rest.pop(0).partition("=")
        assert found or name in FLAGS, f"{name} has no value"
        options.setdefault(name, []).append(value)
    return options, rest[0], rest[1:]


def test_systemd_takes_it(tmp_path):
    # Of a whole node only these are wanted here.
    for unit in UNITS.glob("*"):
        text = unit.read_text(encoding="utf-8").replace("/usr/local/bin/runagent", "/bin/true")
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", *tmp_path.glob("*.service")],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(runtime)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_systemd_would_say_what_is_wrong(tmp_path):
    """The test above can fail."""
    (tmp_path / UNIT.name).write_text("[Service]\nTypo=1\nExecStart=/nowhere\n", encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", tmp_path / UNIT.name],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "Typo" in done.stderr


def test_the_container_has_the_least_privilege():
    options, image, command = podman_run()
    assert options["--cap-drop"] == ["all"]
    assert options["--security-opt"] == ["no-new-privileges"]
    assert "--read-only" in options
    assert options["--memory"] and options["--pids-limit"]
    for granted in ("--privileged", "--cap-add", "--device", "--user", "--pid", "--publish"):
        assert granted not in options
    assert image == "${BACKUP_MONITOR_SERVER_IMAGE}"
    assert command == ["serve", "--address-file=/tmp/address"]


def test_it_is_a_unit_as_those_of_nethserver():
    options, _, _ = podman_run()
    assert options["--name"] == ["%N"]
    assert "--replace" in options and "--detach" in options
    assert options["--cgroups"] == ["no-conmon"]
    assert options["--network"] == ["host"]
    assert lines("Type") == ["forking"]
    assert lines("PIDFile") == options["--conmon-pidfile"]
    assert lines("Restart") == ["always"]
    assert lines("WorkingDirectory") == ["%E/state"]
    assert lines("WantedBy") == ["default.target"]
    for name in ("ExecStop", "ExecStopPost", "ExecReload"):
        (line,) = lines(name)
        assert f"--cidfile={options['--cidfile'][0]}" in shlex.split(line), name
    assert "--signal=HUP" in lines("ExecReload")[0]


def test_metrics_are_published_beside_it_slowly_and_as_long_as_it_runs():
    assert lines("Wants") == [METRICS.name]
    assert not lines("ExecStartPost"), "a start waits for no Redis"
    told = {name: lines(name, METRICS) for name in ("After", "PartOf", "Type", "Restart")}
    assert told == {
        "After": [UNIT.name], "PartOf": [UNIT.name], "Type": ["oneshot"], "Restart": ["on-failure"],
    }  # fmt: skip
    assert lines("TimeoutStartSec", METRICS)
    # No number of failures ends it, and none of them is more than a few lines.
    assert lines("StartLimitIntervalSec", METRICS) == ["0"]
    assert lines("RestartSec", METRICS) == ["5min"]
    assert lines("LogLevelMax", METRICS) == lines("SyslogLevel", METRICS) == ["warning"]


def test_no_secret_is_on_its_command_line_or_in_its_environment():
    options, _, _ = podman_run()
    assert options["--env-file"] == ["environment", "node.env"]
    assert options["--env"] == [f"AGENT_ENV_FILES=-{NODE_ENV}:/etc/ns8-backup-monitor/agent.env"]
    assert "agent.env" not in " ".join(lines("EnvironmentFile"))


def test_what_it_sees_of_the_machine():
    options, _, _ = podman_run()
    volumes = {}
    for volume in options["--volume"]:
        source, target, *modes = volume.split(":")
        volumes[source] = (target, modes)
    assert volumes == {
        ".": ("/etc/ns8-backup-monitor", ["ro,z"]),
        "./data": ("/var/lib/ns8-backup-monitor", ["z"]),
        "/etc/nethserver/agent.env": (NODE_ENV, ["ro"]),
        JOURNAL: (JOURNAL, []),
    }
    assert options["--tz"] == ["local"]


def test_its_health_is_looked_at():
    options, _, (_, address_file) = podman_run()
    # What listens is asked, whatever the settings say by now.
    (asked,) = options["--health-cmd"]
    assert json.loads(asked) == ["ns8-backup-monitor", "health", address_file]
    # A container that was ended is started again by Restart=always.
    assert options["--health-on-failure"] == ["kill"]
    for name in ("--health-interval", "--health-timeout", "--health-start-period"):
        assert re.fullmatch(r"[1-9][0-9]*s", options[name][0])


@pytest.mark.parametrize("name", ["ExecStop", "ExecStopPost"])
def test_stopping_what_is_not_there_is_no_error(name):
    (line,) = lines(name)
    assert "--ignore" in shlex.split(line)
