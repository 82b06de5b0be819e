"""What an action takes and gives: the request, the answer, and errors that a
page can translate."""

import json
import re
import signal
import sys
import traceback

import agent

LONGEST = 500
# Exit codes of a step.
FAILED, REFUSED = 1, 2
NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")
ADDRESS = re.compile(r"([^\s<>@,;:\"'()\[\]]+)@([^\s<>@,;:\"'()\[\]]+)")


class Trouble(Exception):
    """Why an action cannot do its work, though it was asked for rightly. Code is for
    pages, message for people."""

    def __init__(self, code, message):
        super().__init__(message)
        self.told = [mistake("", code, None, message)]


class Mistakes(Exception):
    """What is wrong with a request, all of it."""

    def __init__(self, *told):
        super().__init__()
        self.told = list(told)


def mistake(field, code, value, message):
    """One mistake in the form that NS8's pages know."""
    return {
        "field": field,
        "parameter": field.split(".", 1)[0],
        "value": value,
        "error": code,
        "message": message,
    }


def request():
    """The request; none is as good as an empty one."""
    given = json.load(sys.stdin)
    for field, text in _texts(given, ""):
        # No argument of a program and no file can hold them.
        if NO_TEXT.search(text):
            message = "holds a character that is none"
            raise Mistakes(mistake(field, "control_character", None, message))
    return {} if given is None else given


def _texts(value, field):
    """All texts of a request, with where they stand."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _texts(item, f"{field}.{place}".lstrip("."))
    elif isinstance(value, dict):
        for name, item in value.items():
            if NO_TEXT.search(name):
                yield field, name
            else:
                yield from _texts(item, f"{field}.{name}".lstrip("."))


def answer(value):
    """The action's output."""
    json.dump(value, sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")


def run(step):
    """Runs a step, which takes the request and returns the output. Only a request that
    is wrong is a failed validation; whatever else keeps it from its work is a failure
    of the task."""
    # A cancelled action ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        answer(step(request()))
    except Mistakes as mistakes:
        agent.set_status("validation-failed")
        _fail(mistakes.told, REFUSED)
    except Trouble as trouble:
        _fail(trouble.told, FAILED)
    except Exception as problem:
        # Where it was; its words could hold what nobody may see.
        traceback.print_tb(problem.__traceback__)
        message = f"an error of this application: {type(problem).__name__}"
        _fail([mistake("", "internal_error", None, message)], FAILED)


def _fail(told, code):
    for one in told:
        place = f"{one['field']}: " if one["field"] else ""
        print(f"{agent.SD_ERR}{place}{one['message']} ({one['error']})", file=sys.stderr)
    answer(told)
    sys.exit(code)


def cut(text):
    """Words of the program, as every user of the cluster may read them: with mail
    addresses shortened, and not endless."""
    text = ADDRESS.sub(lambda found: f"{found[1][:2]}…@{found[2]}", text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
