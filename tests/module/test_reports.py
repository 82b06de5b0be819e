"""Actions on checks, reports and mails, run as the agent runs them, against the real
program in its real container."""

import json
import re
import time

import pytest


@pytest.fixture
def with_report(asks_nobody, cluster):
    """One that has a report, as check --notify makes it, and no mail server."""
    configured = asks_nobody
    now = int(time.time())
    cluster.status("mail1", now - 300, now - 240, 0)
    cluster.status("nextcloud1", now - 240, now - 200, 1)
    configured.good("run-check", {"notify": True})
    (report,) = configured.good("list-reports")["reports"]
    return configured, report["id"]


def test_overview(configured, cluster):
    now = int(time.time())
    cluster.status("mail1", now - 300, now - 240, 0)
    found = configured.good("get-overview")["overview"]
    assert found["cluster_name"] == "Studio Rossi"
    assert [plan["plan"]["name"] for plan in found["plans"]] == ["Nightly"]
    assert found["voice"] is True


def test_a_check_judges_asks_and_tells_how_far_it_is(asks_nobody, cluster):
    configured = asks_nobody
    now = int(time.time())
    cluster.status("mail1", now - 300, now - 240, 0)
    cluster.status("nextcloud1", now - 240, now - 200, 1)
    task = configured.run("run-check", {"plan": "1"})
    assert task.status == "completed", task.error
    assert task.output["outcome"] == "PARTIAL"
    (report,) = task.output["reports"]
    causes = {member["module"]: member["cause"] for member in report["members"]}
    assert causes == {"nextcloud1": "backup_error", "mail1": "ok"}
    assert task.progress == sorted(set(task.progress)) and task.progress
    assert all(0 < percent < 100 for percent in task.progress)
    # Nobody was told, and nothing was kept.
    assert configured.good("list-reports")["total"] == 0


def test_a_check_of_a_plan_that_is_not_there(configured):
    task = configured.run("run-check", {"plan": "77"})
    assert task.status == "validation-failed"
    assert task.codes() == [("plan", "no_such_plan")]


def test_a_check_of_nothing(configured, cluster):
    cluster.rdb.hset("cluster/backup/1", "enabled", "")
    task = configured.run("run-check")
    assert (task.status, task.codes()) == ("aborted", [("", "nothing_to_check")])


def test_reports_are_listed_filtered_and_paged(with_report, cluster):
    instance, number = with_report
    found = instance.good("list-reports")
    assert (found["total"], [r["id"] for r in found["reports"]]) == (1, [number])
    for wanted, count in [
        ({"plan": "1", "outcome": "PARTIAL"}, 1),
        ({"plan": "2"}, 0),
        ({"outcome": "SUCCESS"}, 0),
        ({"mails": "undelivered"}, 0),
        ({"text": "nextcloud"}, 1),
        ({"text": "-x --y"}, 0),
        ({"since": "2020-01-01T00:00:00Z"}, 1),
        ({"until": "2020-01-01T00:00:00+01:00"}, 0),
    ]:
        assert instance.good("list-reports", wanted)["total"] == count, wanted
    page = instance.good("list-reports", {"limit": 5, "offset": 1})
    assert (page["total"], page["reports"]) == (1, [])


WRONG_FILTERS = [
    ({"limit": 0}, ("limit", "limit_number_gte")),
    ({"limit": 501}, ("limit", "limit_number_lte")),
    ({"offset": -1}, ("offset", "offset_number_gte")),
    ({"plan": "--config=/etc/shadow"}, ("plan", "plan_pattern")),
    ({"outcome": "BAD"}, ("outcome", "outcome_enum")),
    ({"since": "yesterday"}, ("since", "since_pattern")),
    ({"text": ""}, ("text", "text_string_gte")),
    ({"page": 1}, ("(root)", "(root)_additional_property_not_allowed")),
]


def test_a_wrong_filter_is_told_by_the_schema(instance):
    for data, expected in WRONG_FILTERS:
        task = instance.run("list-reports", data)
        assert (task.status, task.exit_code) == ("validation-failed", 10), data
        assert task.codes() == [expected]


def test_a_report_says_what_its_mail_says(with_report):
    instance, number = with_report
    english = instance.good("get-report", {"id": number, "language": "en"})
    italian = instance.good("get-report", {"id": number, "language": "it"})
    assert english["report"] == italian["report"]
    assert "failed" in english["said"]["headline"]["text"]
    assert italian["said"]["headline"]["text"] != english["said"]["headline"]["text"]
    (delivery,) = english["deliveries"]
    assert re.fullmatch(r"ad.*@example\.org", delivery["to"])
    assert "admin@example.org" not in json.dumps(english)


def test_a_report_that_is_not_there(configured):
    for action in ("get-report", "resend-report"):
        task = configured.run(action, {"id": 4711})
        assert task.status == "validation-failed", action
        assert task.codes() == [("id", "no_such_report")], action
        assert configured.run(action, {"id": 0}).codes() == [("id", "id_number_gte")]
        assert configured.run(action, {}).exit_code == 10


def test_a_report_is_mailed_again(with_report, cluster, smtp):
    instance, number = with_report
    smtp.forget()
    cluster.smarthost(smtp.ports["plain"])
    done = instance.good("resend-report", {"id": number})
    assert done["left_to_service"] is True
    smtp.wait_for(1)
    envelope, mail = smtp.mails()[-1]
    assert envelope["to"] == ["admin@example.org"]
    assert "Nightly" in mail["subject"]


def test_a_test_mail_shows_what_the_server_said(configured, cluster, smtp):
    smtp.forget()
    cluster.smarthost(smtp.ports["plain"])
    (result,) = configured.good("send-test-mail")["results"]
    assert (result["result"], result["answer"][:3]) == ("accepted", "250")
    assert "admin@example.org" not in json.dumps(result)
    smtp.wait_for(1)
    task = configured.run("send-test-mail", {"to": ["5xx@example.org", "me@example.org"]})
    assert task.status == "completed", "a refusal is an answer"
    assert [told["result"] for told in task.output["results"]] == ["refused", "accepted"]
    assert "me@example.org" not in task.text + task.error


def test_a_test_mail_without_a_server_says_so(configured):
    task = configured.run("send-test-mail")
    assert task.status == "completed", task.error
    (result,) = task.output["results"]
    assert result["result"] == "failed" and "smarthost" in result["answer"]
    assert task.output["via"] is None


def test_a_test_mail_to_what_is_no_address(instance):
    for address in ("nobody", "a b@example.org", "--config@example.org"):
        task = instance.run("send-test-mail", {"to": [address]})
        assert task.exit_code == 10, address
        assert task.codes() == [("to.0", "to_pattern")]


def test_a_test_mail_to_what_no_server_takes(configured):
    task = configured.run("send-test-mail", {"to": ["no<body>@example.org"]})
    assert task.status == "validation-failed"
    assert task.codes() == [("to", "not_an_address")]


def test_a_test_mail_under_a_broken_file_blames_no_address(configured):
    path = configured.state / "config.yml"
    path.write_text(path.read_text() + "nonsense: 1\n")
    for request in ({"to": ["me@example.org"]}, {}):
        task = configured.run("send-test-mail", request)
        assert (task.status, task.exit_code) == ("aborted", 1), request
        assert task.codes() == [("", "configuration_wrong")], request
        assert "nonsense" in task.output[0]["message"], request
