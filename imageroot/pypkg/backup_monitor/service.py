"""The unit of the service."""

import contextlib
import subprocess
import sys
import time

import agent

from . import program
from .answers import Trouble, cut

UNIT = "backup-monitor.service"
STATES = {
    "active": "running",
    "reloading": "running",
    "activating": "starting",
    "failed": "failed",
}
# How long a service that was just started, or told to read its settings again, may
# take until it answers.
READY = 20
# Where the service says where it listens: its settings may be wrong by now.
ADDRESS = "--address-file=/tmp/address"
NOT_READY = {"code": "service_not_ready", "message": "the service does not answer: see its log"}


def state():
    """How the unit is: running, starting, stopped or failed."""
    try:
        asked = subprocess.run(
            ["systemctl", "--user", "is-active", UNIT],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=30,
            check=False,
        )
    except subprocess.TimeoutExpired:
        print(f"{agent.SD_WARNING}systemctl does not answer", file=sys.stderr)
        return "failed"
    return STATES.get(asked.stdout.strip(), "stopped")


def bring_up(changed):
    """Puts what is configured in force, with as little as it takes. Says what that
    was, and whether the service took it: None, or a warning."""
    if state() == "running":
        if not changed:
            return "nothing", None
        # Every setting that an action can change is taken without a restart.
        before = reloads()
        if _systemctl("reload", UNIT):
            return "reloaded", _refusal(before)
        if _systemctl("restart", UNIT):
            return "restarted", _silence()
    elif _systemctl("enable", "--now", UNIT):
        return "started", _silence()
    raise Trouble(
        "service_not_started",
        "the settings are saved, and the service does not start: its log says why",
    )


def reloads():
    """Of which start of the service it is, how many reloads began and were done, and
    why the last was refused; nothing of it where the service does not show that, None
    where nobody answers."""
    with contextlib.suppress(Trouble):
        answer = program.ask("health", ADDRESS, "--format=json", seconds=10)
        if answer.code == 0:
            return answer.json()["reloads"] or {}
    return None


def refusal(told):
    """The warning of a configuration that the service did not take."""
    if not told or "refused" not in told:
        return None
    return {"code": "reload_refused", "message": cut(told["refused"])}


def over(before, told):
    """Whether the reload that was asked for when `before` was told is done. What it is
    about was written before that."""
    if before is None:
        # Nobody answered: it may be the same service, which read its settings earlier.
        return told["begun"] >= 1 and told["done"] == told["begun"]
    if told.get("start") != before.get("start"):
        # Started anew meanwhile, it has read what was written.
        return told["done"] == told["begun"]
    return told["done"] > before["begun"]


def _refusal(before):
    """What came of the reload that was asked for when `before` was told."""

    def done():
        told = reloads()
        return told if not told or over(before, told) else None

    told = _within(READY, done)
    return NOT_READY if told is None else refusal(told)


def _silence():
    return NOT_READY if _within(READY, reloads) is None else None


def _within(seconds, true):
    """What `true` returns at last, or None after a while."""
    deadline = time.monotonic() + seconds
    while True:
        found = true()
        if found is not None or time.monotonic() >= deadline:
            return found
        time.sleep(0.2)


def _systemctl(*words):
    return agent.run_helper("systemctl", "--user", *words).returncode == 0
