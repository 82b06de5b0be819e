"""The dashboards of an instance for the cluster's Grafana, one in each language: the
same panels under other words. Those of all modules lie in one folder, so each has a
name of its own."""

SOURCE = {"type": "prometheus", "uid": "prometheus"}
LANGUAGES = ("en", "it")
OF = '{module_id="MODULE_ID"}'
# What the columns of labels are called. They have no unit: Grafana would show a name as
# a moment or a number.
LABELS = {
    "plan": {"en": "plan id", "it": "id del piano"},
    "name": {"en": "plan", "it": "piano"},
    "module": {"en": "application", "it": "applicazione"},
    "destination": {"en": "destination", "it": "destinazione"},
}


def build(module, language):
    """A dashboard as Grafana reads it."""
    panels = [panel(number, *each, module, language) for number, each in enumerate(PANELS)]
    also = {"en": "", "it": ", italiano"}[language]
    return {
        "uid": f"{module}-{language}",
        "title": f"Backup Monitor ({module}{also})",
        "tags": ["backup"],
        "schemaVersion": 39,
        "refresh": "1m",
        "time": {"from": "now-30d", "to": "now"},
        "panels": panels,
    }


def panel(number, kind, place, unit, en, it, queries, module, language):
    """One panel. A query is an expression with what its values are called."""
    title, *names = en if language == "en" else it
    left, top, width, height = place
    table = kind == "table"
    found = {
        "id": number + 1,
        "type": kind,
        "title": title,
        "datasource": SOURCE,
        "gridPos": {"x": left, "y": top, "w": width, "h": height},
        "fieldConfig": {"defaults": {} if table else {"unit": unit}, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": SOURCE,
                "expr": expression.replace("MODULE_ID", module),
                "instant": kind != "timeseries",
                "range": kind == "timeseries",
                "format": "table" if table else "time_series",
                "legendFormat": legend or (names[index] if names else ""),
            }
            for index, (expression, legend, _) in enumerate(queries)
        ],
    }
    if kind == "stat":
        found["fieldConfig"]["defaults"] |= stat(unit)
        found["options"] = {"colorMode": "background", "graphMode": "none"}
    if table:
        found["transformations"] = [{"id": "merge", "options": {}}, columns(names, language)]
        found["fieldConfig"]["overrides"] = [
            {
                "matcher": {"id": "byName", "options": name},
                "properties": [{"id": "unit", "value": own}],
            }
            for name, (_, _, own) in zip(names, queries)
        ]
    return found


def stat(unit):
    """Green while there is nothing to look at."""
    bad_above = [{"color": "green", "value": None}, {"color": "red", "value": 1}]
    good_above = [{"color": "red", "value": None}, {"color": "green", "value": 1}]
    steps = good_above if unit == "bool_yes_no" else bad_above
    return {"color": {"mode": "thresholds"}, "thresholds": {"mode": "absolute", "steps": steps}}


def columns(names, language):
    """Names for the columns of a table; when its values were read is not shown."""
    renamed = {f"Value #{chr(ord('A') + index)}": name for index, name in enumerate(names)}
    renamed |= {label: words[language] for label, words in LABELS.items()}
    return {"id": "organize", "options": {"excludeByName": {"Time": True}, "renameByName": renamed}}


def plans(metric):
    """A moment of each plan in milliseconds; none where there is none."""
    return f"max by (plan, name) (backup_monitor_plan_{metric}_timestamp_seconds{OF} > 0) * 1000"


# Kind, place, unit (of a table each column has its own), words in both languages
# (title, then names of the values), and queries: expression, legend, unit.
PANELS = [
    (
        "stat", (0, 0, 5, 4), "none",
        ["Plans that need attention"], ["Piani che richiedono attenzione"],
        [(f"sum(backup_monitor_plan_bad_since_timestamp_seconds{OF} > bool 0)", "", "")],
    ),
    (
        "stat", (5, 0, 5, 4), "none",
        ["Applications without a good newest backup"],
        ["Applicazioni senza un ultimo backup riuscito"],
        [(f"sum(max by (module) (backup_monitor_module_ok{OF} == bool 0))", "", "")],
    ),
    (
        "stat", (10, 0, 5, 4), "none",
        ["Applications in no plan"], ["Applicazioni in nessun piano"],
        [(f"max(backup_monitor_uncovered_modules{OF})", "", "")],
    ),
    (
        "stat", (15, 0, 5, 4), "none",
        ["Mails that wait"], ["Mail in attesa"],
        [(f"max(backup_monitor_mails_queued{OF})", "", "")],
    ),
    (
        "stat", (20, 0, 4, 4), "bool_yes_no",
        ["The cluster can be read"], ["Il cluster è leggibile"],
        [(f"max(backup_monitor_redis_reachable{OF})", "", "")],
    ),
    (
        "table", (0, 4, 24, 7), None,
        ["Plans", "last run", "last without a failure", "next run", "needs attention since"],
        [
            "Piani", "ultima esecuzione", "ultima senza errori", "prossima esecuzione",
            "richiede attenzione da",
        ],
        [
            (plans("last_run"), "", "dateTimeAsLocal"),
            (plans("last_success"), "", "dateTimeAsLocal"),
            (plans("next_run"), "", "dateTimeAsLocal"),
            (plans("bad_since"), "", "dateTimeAsLocal"),
        ],
    ),
    (
        "table", (0, 11, 14, 9), None,
        ["Applications", "age of the newest good backup", "size", "duration"],
        ["Applicazioni", "età dell'ultimo backup riuscito", "dimensione", "durata"],
        [
            (
                "time() - max by (plan, module) "
                f"(backup_monitor_module_last_success_timestamp_seconds{OF} > 0)", "", "s",
            ),
            (f"max by (plan, module) (backup_monitor_module_size_bytes{OF})", "", "bytes"),
            (f"max by (plan, module) (backup_monitor_module_duration_seconds{OF})", "", "s"),
        ],
    ),
    (
        "table", (14, 11, 10, 9), None,
        ["Repositories, when they were last asked", "reachable", "asked"],
        ["Repository, quando sono stati interrogati", "raggiungibile", "interrogato"],
        [
            (
                f"min by (destination, module) (backup_monitor_repository_reachable{OF})",
                "", "bool_yes_no",
            ),
            (
                "max by (destination, module) "
                f"(backup_monitor_repository_probe_timestamp_seconds{OF} > 0) * 1000",
                "", "dateTimeAsLocal",
            ),
        ],
    ),
    (
        "timeseries", (0, 20, 12, 9), "bytes",
        ["Size of the backups"], ["Dimensione dei backup"],
        [(f"max by (module) (backup_monitor_module_size_bytes{OF})", "{{module}}", "")],
    ),
    (
        "timeseries", (12, 20, 12, 9), "none",
        ["Mails in a day", "sent", "given up"], ["Mail al giorno", "inviate", "abbandonate"],
        [
            (f"sum(increase(backup_monitor_mails_sent_total{OF}[1d]))", "", ""),
            (f"sum(increase(backup_monitor_mails_given_up_total{OF}[1d]))", "", ""),
        ],
    ),
]  # fmt: skip
