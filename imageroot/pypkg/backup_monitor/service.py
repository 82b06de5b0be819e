"""The unit of the service."""

import subprocess
import sys
import time

import agent

from . import program
from .answers import Trouble

UNIT = "backup-monitor.service"
STATES = {
    "active": "running",
    "reloading": "running",
    "activating": "starting",
    "failed": "failed",
}
# How long a service that was just started may take until it answers.
READY = 20


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
    """Puts what is configured in force, with as little as it takes, and says what
    that was."""
    if state() == "running":
        if not changed:
            return "nothing"
        # Every setting that an action can change is taken without a restart.
        if _systemctl("reload", UNIT):
            return "reloaded"
        if _systemctl("restart", UNIT):
            return "restarted"
    elif _systemctl("enable", "--now", UNIT):
        return "started"
    raise Trouble(
        "service_not_started",
        "the settings are saved, and the service does not start: its log says why",
    )


def is_ready(seconds=READY):
    """Whether the service answers, after a while at the latest."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if program.ask("health", seconds=10).code == 0:
                return True
        except Trouble:
            pass
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.5)


def _systemctl(*words):
    return agent.run_helper("systemctl", "--user", *words).returncode == 0
