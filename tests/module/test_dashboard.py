"""The dashboards: what they ask for exists, and Prometheus understands it."""

import json
import re
import subprocess
import sys

import pytest
from support.node import ROOT
from support.processes import until

sys.path.append(str(ROOT / "imageroot/pypkg"))
from backup_monitor import dashboard

METRIC = re.compile(r"backup_monitor_[a-z0-9_]+")
LABELS = re.compile(r"by \(([a-z_, ]+)\)")


@pytest.fixture(params=dashboard.LANGUAGES)
def board(request):
    return dashboard.build("backup-monitor7", request.param)


def expressions(board):
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def documented():
    """The metrics with their labels; tests/it/metrics.rs holds the page to what the
    service serves."""
    found, common = {}, set()
    for line in (ROOT / "docs/METRICS.md").read_text(encoding="utf-8").splitlines():
        if line.startswith(("#", "Labels")):
            common = set(re.findall(r"`([a-z]+)`", line))
        if row := re.match(r"\| `([a-z_]+)(?:\{([a-z, ]+)\})?`", line):
            own = set((row[2] or "").replace(" ", "").split(",")) - {""}
            found[row[1]] = common | own
    return found


def test_every_metric_and_label_is_one_of_the_service(board):
    known = documented()
    assert len(known) > 20
    for expression in expressions(board):
        asked = METRIC.findall(expression)
        assert asked, expression
        for metric in asked:
            assert metric in known, metric
            for labels in LABELS.findall(expression):
                assert set(labels.replace(" ", "").split(",")) <= known[metric], expression


def test_the_metrics_are_those_that_a_service_serves(board, instance):
    """All but those of repositories, which nobody asked yet."""
    instance.good("configure-module", {"mail": {"from": "a@example.org", "to": ["b@example.org"]}})
    instance.wait_until_ready()
    asked = METRIC.findall(" ".join(expressions(board)))
    wanted = {metric for metric in asked if "repository" not in metric}

    def missing():
        return wanted - set(METRIC.findall(instance.get("/metrics")[1]))

    until(lambda: not missing(), lambda: f"there is {missing()}")


def test_prometheus_understands_what_is_asked(board, tmp_path):
    rules = [
        {"record": f"q{number}", "expr": expression}
        for number, expression in enumerate(expressions(board))
    ]
    # JSON is YAML as well.
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": "x", "rules": rules}]}), encoding="utf-8")
    words = ["promtool", "check", "rules", "--lint=none", str(file)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{len(rules)} rules found" in done.stdout


def test_what_is_not_known_is_not_shown_as_good(board, tmp_path):
    """Of an instance that is not there, or of another one, there is no number."""
    asked = [expression for expression in expressions(board) if "increase" not in expression]
    series = 'backup_monitor_module_ok{module_id="backup-monitor70", module="mail1", plan="1"}'
    tests = {
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": series, "values": "0 0"}],
                "promql_expr_test": [
                    {"expr": expression, "eval_time": "1m", "exp_samples": []}
                    for expression in asked
                ],
            }
        ],
    }
    file = tmp_path / "tests.yml"
    file.write_text(json.dumps(tests), encoding="utf-8")
    words = ["promtool", "test", "rules", str(file)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_can_be_shown(board):
    """As Grafana's own: one id for each panel, none over another, words everywhere."""
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = set()
    for panel in panels:
        place = panel["gridPos"]
        own = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not own & cells and max(x for x, _ in own) < 24, panel["title"]
        cells |= own
        assert panel["title"]
        for number, target in enumerate(panel["targets"]):
            assert target["refId"] == chr(ord("A") + number)
            assert target["legendFormat"] or panel["type"] == "stat" or len(panel["targets"]) == 1


def test_the_columns_of_a_table_are_named_and_only_values_have_a_unit(board):
    tables = [panel for panel in board["panels"] if panel["type"] == "table"]
    assert tables
    for table in tables:
        # The value of a single query would have another name.
        assert len(table["targets"]) > 1
        assert table["fieldConfig"]["defaults"] == {}
        organized = table["transformations"][-1]["options"]["renameByName"]
        queries = [target["expr"] for target in table["targets"]]
        for labels in re.findall(LABELS, " ".join(queries)):
            assert set(labels.split(", ")) <= organized.keys()
        names = [organized[f"Value #{target['refId']}"] for target in table["targets"]]
        units = {
            override["matcher"]["options"]: override["properties"]
            for override in table["fieldConfig"]["overrides"]
        }
        assert list(units) == names
        assert all(unit[0]["id"] == "unit" and unit[0]["value"] for unit in units.values())


def test_both_languages_have_the_same_panels_under_other_words():
    english, italian = (dashboard.build("backup-monitor7", it) for it in dashboard.LANGUAGES)
    assert english["uid"] != italian["uid"]
    assert expressions(english) == expressions(italian)
    for here, there in zip(english["panels"], italian["panels"]):
        assert here["title"] != there["title"]
        assert len(here.get("transformations", [])) == len(there.get("transformations", []))
    for _, _, _, en, it, queries in dashboard.PANELS:
        assert len(en) == len(it)
        assert len(en) - 1 in (0, len(queries)), en
