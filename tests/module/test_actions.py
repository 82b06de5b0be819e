"""Actions on settings and the service, and what can hang: run as the agent runs them,
against the real program in its real container."""

import json
import os
import signal
import stat
import time

import pytest
from support.node import FIRST
from support.processes import until

TOKEN, PASSWORD = "t0ken-8c1f7a", "p4ss word-93e1"


def codes(output):
    return [warning["code"] for warning in output["warnings"]]


# ---------------------------------------------------------------- configuration


def test_before_anything_is_set(instance):
    found = instance.good("get-configuration")
    assert (found["configured"], found["service"]) == (False, "stopped")
    assert found["webhook_url"] == f"http://127.0.0.1:{instance.port}/alert"
    assert found["webhook_url_vpn"] == f"http://{instance.vpn}:{instance.port}/alert"
    assert [told["field"] for told in found["mistakes"]] == ["mail.from", "mail.to"]
    assert not (found["webhook_token_set"] or found["smtp_password_set"])


def test_defaults_and_what_there_is_to_choose_from(instance, cluster):
    cluster.plan("7", "Archive", "mail1", schedule="weekly")
    found = instance.good("get-defaults")
    assert found["settings"]["correlator"]["wait_seconds"] == 30
    assert found["limits"]["mail.language"]["values"] == ["en", "it"]
    assert [plan["name"] for plan in found["plans"]] == ["Archive", "Nightly"]
    assert found["plans"][0] == {
        "id": "7", "name": "Archive", "schedule": "weekly", "enabled": True,
    }  # fmt: skip
    assert found["nodes"] == [{"id": 1, "name": "rl1"}]
    assert found["smarthost"] == {"state": "missing", "host": None, "port": None}
    assert "Europe/Rome" in found["timezones"]
    cluster.smarthost(2525, "smtp.example.org")
    found = instance.good("get-defaults")["smarthost"]
    assert found == {"state": "enabled", "host": "smtp.example.org", "port": 2525}


def test_the_first_configuration_starts_the_service_and_the_same_again_does_nothing(instance):
    first = instance.good("configure-module", FIRST)
    assert (first["changed"], first["applied"]) == (True, "started")
    assert "no_smarthost" in codes(first) and "service_not_ready" not in codes(first)
    instance.wait_until_ready()
    container, text = instance.container()["Id"], (instance.state / "config.yml").read_bytes()
    again = instance.good("configure-module", FIRST)
    assert (again["changed"], again["applied"]) == (False, "nothing")
    assert instance.good("configure-module", {})["applied"] == "nothing"
    assert instance.good("configure-module")["applied"] == "nothing"
    assert (instance.state / "config.yml").read_bytes() == text
    assert instance.container()["Id"] == container
    found = instance.good("get-configuration")
    assert (found["configured"], found["service"], found["mistakes"]) == (True, "running", [])
    assert instance.shell("systemctl", "--user", "is-enabled", "backup-monitor").strip() == "enabled"


def test_a_change_is_a_reload_and_not_a_restart(configured):
    container = configured.container()
    changed = configured.good("configure-module", {"notify": {"on": "always"}})
    assert (changed["changed"], changed["applied"]) == (True, "reloaded")
    after = configured.container()
    assert (after["Id"], after["State"]["Pid"]) == (container["Id"], container["State"]["Pid"])
    until(
        lambda: any("the new configuration is in force" in e for e in configured.host.journal.entries()),
        "the service took it",
    )
    found = configured.good("get-configuration")["settings"]
    assert found["notify"]["on"] == "always"
    assert found["mail"]["from"] == "monitor@example.org"


def test_what_is_written_is_for_the_module_alone(configured):
    configured.good("configure-module", {"webhook_token": TOKEN, "smtp_password": PASSWORD})
    for name in ("config.yml", "secrets/webhook_token", "secrets/smtp_password"):
        path = configured.state / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, name
        assert path.stat().st_uid == configured.host.user.uid
    for name in ("secrets", "data"):
        assert stat.S_IMODE((configured.state / name).stat().st_mode) == 0o700, name
    left = [path.name for path in configured.state.rglob("*") if path.name.endswith((".tmp", ".new"))]
    assert left == []


def test_a_key_that_only_the_file_may_set_is_kept(configured):
    path = configured.state / "config.yml"
    path.write_text(path.read_text() + "repo_check:\n  api_url: http://127.0.0.1:1\n")
    assert configured.good("configure-module", {"mail": {"language": "it"}})["changed"]
    assert "http://127.0.0.1:1" in path.read_text()
    assert "api_url" not in json.dumps(configured.good("get-configuration")["settings"])


WRONG = [
    ({"mail": {"to": []}}, [("mail.to", "empty_list")]),
    ({"mail": {"from": None}}, [("mail.from", "missing")]),
    ({"mail": {"to": ["admin@example.org", "nobody"]}}, [("mail.to.1", "not_an_address")]),
    ({"mail": {"language": "fr"}}, [("mail.language", "not_one_of")]),
    ({"mail": {"timezone": "Europe/Roma"}}, [("mail.timezone", "not_a_zone")]),
    ({"mail": {"admin_url": "leader"}}, [("mail.admin_url", "not_a_url")]),
    ({"mail": {"subject_prefix": "a\nb"}}, [("mail.subject_prefix", "control_character")]),
    ({"mail": {"transport": "smtp"}}, [("mail.smtp.host", "missing")]),
    ({"correlator": {"wait_seconds": 3601}}, [("correlator.wait_seconds", "out_of_range")]),
    ({"digest": {"hour": 24}}, [("digest.hour", "out_of_range")]),
    ({"plans": {"3": {"mute_until": "soon"}}}, [("plans.3.mute_until", "not_a_moment")]),
    ({"schedule": {"timezone": {"x": "UTC"}}}, [("schedule.timezone.x", "not_a_node")]),
    ({"repo_check": {"restic_flags": "--x"}}, [("repo_check.restic_flags", "file_only")]),
    ({"mail": {"transport": "sendmail"}}, [("mail.transport", "not_one_of")]),
    ({"repo_check": {"method": "runagent"}}, [("repo_check.method", "not_one_of")]),
    ({"mail": {"sendmail": "/bin/sh"}}, [("mail.sendmail", "file_only")]),
    ({"mail": {"templates": "/etc"}}, [("mail.templates", "file_only")]),
    ({"mail": {"smtp": {"password": PASSWORD}}}, [("mail.smtp.password", "file_only")]),
    ({"receiver": {"token": TOKEN}}, [("receiver.token", "file_only")]),
    ({"receiver": {"port": 1}}, [("receiver.port", "file_only")]),
    ({"nonsense": {"password": PASSWORD}}, [("nonsense", "unknown_key")]),
    ({"mail": {"form": PASSWORD}}, [("mail.form", "unknown_key")]),
    ({"webhook_token": "with space"}, [("webhook_token", "not_a_token")]),
    ({"webhook_token": 12345678}, [("webhook_token", "wrong_kind")]),
    ({"smtp_password": PASSWORD + "\n"}, [("smtp_password", "control_character")]),
    ({"smtp_password": [PASSWORD]}, [("smtp_password", "wrong_kind")]),
    ({"smtp_password": PASSWORD * 400}, [("smtp_password", "wrong_length")]),
]


def test_what_is_wrong_is_told_and_changes_nothing(configured):
    text = (configured.state / "config.yml").read_bytes()
    for change, expected in WRONG:
        task = configured.run("configure-module", change)
        assert (task.status, task.exit_code) == ("validation-failed", 2), change
        assert task.codes() == expected, change
        assert all(told["message"] for told in task.output)
        for secret in (PASSWORD, TOKEN, "with space", "12345678"):
            assert secret not in task.text + task.error, change
        assert (configured.state / "config.yml").read_bytes() == text, change
        assert list((configured.state / "secrets").iterdir()) == [], change


def test_all_that_is_wrong_is_told_at_once(instance):
    change = {"mail": {"language": "fr"}, "history": {"days": 0}, "webhook_token": "a b"}
    task = instance.run("configure-module", change)
    assert set(task.codes()) == {
        ("mail.from", "missing"),
        ("mail.to", "missing"),
        ("mail.language", "not_one_of"),
        ("history.days", "out_of_range"),
        ("webhook_token", "not_a_token"),
    }
    assert instance.state_of_service() == "inactive"


def test_a_wrong_shape_is_told_by_the_schema(instance):
    task = instance.run("configure-module", {"mail": {"to": "admin@example.org"}})
    assert (task.status, task.exit_code) == ("validation-failed", 10)
    assert task.codes() == [("mail.to", "mail_invalid_type")]


# ---------------------------------------------------------------------- secrets


def test_secrets_are_set_kept_changed_and_removed(configured, cluster):
    state = configured.state
    set_both = {"webhook_token": TOKEN, "smtp_password": PASSWORD}
    assert configured.good("configure-module", set_both)["applied"] == "reloaded"
    assert (state / "secrets/webhook_token").read_text() == TOKEN
    assert configured.good("configure-module", set_both)["applied"] == "nothing"
    assert configured.good("configure-module", {"notify": {"on": "always"}})["changed"]
    assert (state / "secrets/smtp_password").read_text() == PASSWORD
    found = configured.good("get-configuration")
    assert found["webhook_token_set"] and found["smtp_password_set"]
    # Only the value is another one: the file that names it stays as it is.
    text = (state / "config.yml").read_bytes()
    assert configured.good("configure-module", {"webhook_token": TOKEN + "2"})["changed"]
    assert (state / "config.yml").read_bytes() == text
    assert configured.good("configure-module", {"webhook_token": ""})["applied"] == "reloaded"
    assert not (state / "secrets/webhook_token").exists()
    assert b"webhook_token" not in (state / "config.yml").read_bytes()
    assert configured.good("configure-module", {"webhook_token": ""})["applied"] == "nothing"
    found = configured.good("get-configuration")
    assert not found["webhook_token_set"] and found["smtp_password_set"]


def test_no_secret_is_seen_anywhere(asks_nobody):
    configured = asks_nobody
    given = {"webhook_token": TOKEN, "smtp_password": PASSWORD}
    task = configured.run("configure-module", given)
    assert task.context == {"webhook_token": "XXX", "smtp_password": "XXX"}
    seen = [task.text, task.error, configured.log(), json.dumps(configured.container())]
    for action in ("get-configuration", "get-defaults", "get-overview", "list-reports", "run-check"):
        done = configured.run(action)
        seen += [done.text, done.error]
    seen += configured.host.journal.entries()
    seen.append((configured.state / "environment").read_text())
    seen.append((configured.state / "node.env").read_text())
    seen.append((configured.state / "config.yml").read_text())
    seen.append(json.dumps(configured.cluster.rdb.hgetall(f"module/{configured.module}/environment")))
    for secret in (TOKEN, PASSWORD, configured.password):
        for text in seen:
            assert secret not in text


def test_the_token_opens_the_webhook(configured):
    configured.good("configure-module", {"webhook_token": TOKEN})
    text = (configured.state / "config.yml").read_text()
    assert "/etc/ns8-backup-monitor/secrets/webhook_token" in text
    # The service could read it: a file it cannot read would be a mistake.
    checked = configured.podman("exec", "backup-monitor", "ns8-backup-monitor", "config", "check")
    assert checked.returncode == 0


# --------------------------------------------------------------------- warnings


def test_what_is_missing_around_is_a_warning(configured, cluster):
    cluster.rdb.srem(f"cluster/authorizations/module/{configured.module}", "cluster:reader")
    cluster.rdb.set("cluster/default_instance/backup-monitor", "backup-monitor9")
    cluster.rdb.delete("cluster/backup/1")
    change = {
        "plans": {"3": {"notify_on": "always"}},
        "alertmanager": {"url": "http://127.0.0.1:9"},
    }
    done = configured.good("configure-module", change)
    assert done["applied"] == "reloaded"
    expected = ["no_smarthost", "role_missing", "other_voice", "no_plans", "plan_unknown", "alertmanager_silent"]
    assert codes(done) == expected
    found = configured.good("get-configuration")
    assert codes(found) == expected
    assert found["warnings"][2]["instance"] == "backup-monitor9"


def test_nothing_is_warned_of_where_nothing_is_missing(configured, cluster):
    cluster.smarthost(25)
    assert configured.good("get-configuration")["warnings"] == []
    cluster.rdb.hset("cluster/smarthost", "enabled", "0")
    assert codes(configured.good("get-configuration")) == ["no_smarthost"]


def test_it_configures_also_while_redis_is_away(instance):
    instance.environment_of_agent = {
        "REDIS_ADDRESS": "127.0.0.1:9",
        "REDIS_REPLICA_ADDRESS": "127.0.0.1:9",
    }
    done = instance.good("configure-module", FIRST)
    assert codes(done) == ["redis_unreachable"]
    found = instance.good("get-configuration")
    assert found["webhook_url_vpn"] is None
    assert codes(found) == ["redis_unreachable"]
    assert instance.good("get-defaults")["smarthost"]["state"] == "unknown"


def test_a_change_that_was_cut_off_is_made_up_for(configured):
    """Written, and then the action ended before the service was told."""
    (configured.state / ".configure-module.pending").touch()
    again = configured.good("configure-module", {})
    assert (again["changed"], again["applied"]) == (False, "reloaded")
    again = configured.good("configure-module", {})
    assert (again["changed"], again["applied"]) == (False, "nothing")


def test_a_reload_that_the_service_refuses_is_a_warning(configured):
    """The settings are right by themselves, and the service cannot use them."""
    configured.good("configure-module", {"webhook_token": TOKEN})
    container = configured.container()["Id"]
    token = configured.state / "secrets/webhook_token"
    token.write_text("", encoding="utf-8")
    done = configured.good("configure-module", {"notify": {"on": "always"}})
    assert (done["changed"], done["applied"]) == (True, "reloaded")
    told = next(told for told in done["warnings"] if told["code"] == "reload_refused")
    assert "webhook_token" in told["message"]
    shown = configured.good("get-configuration")["warnings"]
    assert told in shown
    # It lives on with what it had, also for who looks after its health.
    assert configured.podman("healthcheck", "run", "backup-monitor").returncode == 0
    # What was not taken is tried again.
    token.write_text(TOKEN, encoding="utf-8")
    again = configured.good("configure-module", {})
    assert (again["changed"], again["applied"]) == (False, "reloaded")
    assert "reload_refused" not in codes(again)
    assert "reload_refused" not in codes(configured.good("get-configuration"))
    assert configured.container()["Id"] == container


def test_a_service_that_does_not_answer_after_a_reload_is_a_warning(configured):
    """Stopped by a signal, it is there and says nothing."""
    pid = configured.container()["State"]["Pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        done = configured.good("configure-module", {"notify": {"on": "always"}})
    finally:
        os.kill(pid, signal.SIGCONT)
    assert (done["changed"], done["applied"]) == (True, "reloaded")
    assert "service_not_ready" in codes(done)


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_what_is_no_text_is_refused_with_its_field(instance, text):
    task = instance.run("configure-module", {"mail": {"to": ["a@example.org", text]}})
    assert (task.status, task.exit_code) == ("validation-failed", 2)
    assert task.codes() == [("mail.to.1", "control_character")]
    assert instance.run("list-reports", {"text": text}).codes() == [("text", "control_character")]


def test_a_broken_file_costs_no_backup_of_the_history(configured):
    until(lambda: (configured.state / "data/state.db").exists(), "there is a database")
    (configured.state / "config.yml").write_text("mail: [\n")
    copies = configured.state / "data"
    for stopped in (False, True):
        if stopped:
            configured.systemctl("stop", "backup-monitor")
        configured.shell("module-dump-state", "1")
        # By the program, and not as a file that may not fit together.
        assert [path.name for path in copies.glob("backup.db*")] == ["backup.db"]
        configured.shell("module-cleanup-state", "1")
        assert list(copies.glob("backup.db*")) == []


def test_a_file_that_was_broken_by_hand_is_told_and_not_overwritten(configured):
    (configured.state / "config.yml").write_text("mail: [\n")
    found = configured.good("get-configuration")
    assert found["settings"] is None
    assert [told["code"] for told in found["mistakes"]] == ["not_yaml"]
    task = configured.run("configure-module", {"mail": {"language": "it"}})
    assert task.codes() == [("", "not_yaml")]
    assert (configured.state / "config.yml").read_text() == "mail: [\n"


def test_a_value_that_was_written_wrong_by_hand_is_shown_and_can_be_corrected(configured):
    path = configured.state / "config.yml"
    path.write_text(path.read_text() + "history:\n  days: many\n")
    found = configured.good("get-configuration")
    assert found["settings"]["history"]["days"] == "many"
    assert [told["field"] for told in found["mistakes"]] == ["history.days"]
    assert configured.good("configure-module", {"history": {"days": 30}})["changed"]
    assert configured.good("get-configuration")["mistakes"] == []


# ------------------------------------------------------------------ the service

ASKING = [
    ("get-overview", None),
    ("list-reports", {}),
    ("get-report", {"id": 1}),
    ("resend-report", {"id": 1}),
    ("run-check", {}),
    ("send-test-mail", {}),
]


def test_before_the_first_configuration_it_is_told_what_to_do(instance):
    for action, data in ASKING:
        task = instance.run(action, data)
        assert (task.status, task.exit_code) == ("aborted", 1), action
        assert task.codes() == [("", "not_configured")], action


def test_a_service_that_is_down_is_told(configured):
    configured.systemctl("stop", "backup-monitor")
    for action, data in ASKING:
        task = configured.run(action, data)
        assert (task.status, task.exit_code) == ("aborted", 1), action
        assert task.codes() == [("", "service_not_running")], action
        assert "start" in task.output[0]["message"], "it is told what to do"
        assert "the service is not running" in task.error, action


def test_a_fault_of_an_action_is_a_failed_task_and_shows_no_value(configured):
    """A folder stands where a file belongs."""
    (configured.state / "secrets/smtp_password").mkdir()
    task = configured.run("configure-module", {"smtp_password": PASSWORD})
    assert (task.status, task.exit_code) == ("aborted", 1)
    assert task.codes() == [("", "internal_error")]
    assert "IsADirectoryError" in task.error and "in _keep" in task.error, "where it was"
    assert PASSWORD not in task.text + task.error


def test_a_service_that_does_not_start_is_a_failed_task(instance):
    (instance.state / "node.env").mkdir()
    task = instance.run("configure-module", FIRST)
    assert (task.status, task.codes()) == ("aborted", [("", "service_not_started")])


def test_settings_can_be_read_and_saved_with_the_service_down(configured):
    configured.systemctl("stop", "backup-monitor")
    found = configured.good("get-configuration")
    assert (found["configured"], found["service"]) == (True, "stopped")
    assert configured.good("get-defaults")["limits"]
    done = configured.good("configure-module", {})
    assert (done["changed"], done["applied"]) == (False, "started")


# ------------------------------------------------------------------ what can hang


def test_a_program_that_hangs_is_ended_also_inside_the_container(configured):
    """podman exec leaves alone what it started; the step does not."""
    code = (
        "from backup_monitor import answers, program\n"
        "answers.run(lambda _: program.ask('serve', '--address-file', '/tmp/x', seconds=2))\n"
    )
    # A second service in the container waits for nobody's order to end.
    other = {"TCP_PORT": "0"}
    began = time.monotonic()
    with configured.popen(
        ["python3", "-c", "import os; os.environ.update({}); " + code.replace("'serve'", "'--config', '/etc/ns8-backup-monitor/other.yml', 'serve'")],
        extra=other, stdin=-1, stdout=-1, stderr=-1,
    ) as step:  # fmt: skip
        (configured.state / "other.yml").write_text(
            (configured.state / "config.yml").read_text()
            + "state:\n  dir: /tmp/other\nreceiver:\n  port: 0\n"
        )
        os.chown(configured.state / "other.yml", configured.host.user.uid, configured.host.user.gid)
        out, _ = step.communicate(b"{}", timeout=60)
    assert json.loads(out)[0]["error"] == "service_timeout"
    assert time.monotonic() - began < 30
    top = configured.podman("top", "backup-monitor", "args").stdout
    assert top.count("serve") == 1, top
    assert configured.good("get-overview")


def test_an_answer_without_end_is_cut_off(instance):
    code = (
        "from backup_monitor import answers, program\n"
        "answers.run(lambda _: program._run(['cat', '/dev/zero'], '', 30, None))\n"
    )
    with instance.popen(["python3", "-c", code], stdin=-1, stdout=-1, stderr=-1) as step:
        out, _ = step.communicate(b"{}", timeout=60)
    assert json.loads(out)[0]["error"] == "answer_too_large"
