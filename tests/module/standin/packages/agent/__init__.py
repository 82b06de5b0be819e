"""A stand-in for the `agent` package of NS8's core: what the module's steps use of
it, written from the contract of NS8."""

import csv
import os
import shlex
import subprocess
import sys

import redis

SD_ERR = "<3>"
SD_WARNING = "<4>"
SD_NOTICE = "<5>"
SD_INFO = "<6>"
SD_DEBUG = "<7>"


def redis_connect(privileged=False, use_replica=False, **options):
    """The leader's Redis or this node's, as the module or as everybody."""
    variable = "REDIS_REPLICA_ADDRESS" if use_replica else "REDIS_ADDRESS"
    host, port = os.environ.get(variable, "127.0.0.1:6379").split(":")
    user, password = "default", "nopass"
    if privileged:
        user, password = os.environ["REDIS_USER"], os.environ["REDIS_PASSWORD"]
    given = {
        "host": host,
        "port": port,
        "db": 0,
        "username": user,
        "password": password,
        "decode_responses": True,
    }
    return redis.Redis(**(given | options))


def read_envfile(path):
    """NAME=value, verbatim."""
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file]
    return dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")


def run_helper(*words, log_command=True, **options):
    """Runs a command; what it prints goes to the log."""
    if log_command:
        print(SD_INFO + shlex.join(words), file=sys.stderr, flush=True)
    options.setdefault("stdout", sys.stderr)
    return subprocess.run(words, check=False, **options)


def get_hostname():
    """The node's full name."""
    found = subprocess.run(["hostname", "-f"], text=True, capture_output=True, check=True)
    return found.stdout.strip()


def set_status(value):
    """`validation-failed` is the only one."""
    _command("set-status", value)


def set_progress(value):
    """0 to 100, of the running step."""
    _command("set-progress", value)


def set_weight(step, weight):
    """How much of the whole action a step is."""
    _command("set-weight", step, str(weight))


def _command(*words):
    handle = int(os.getenv("AGENT_COMFD", "2"))
    with os.fdopen(handle, "w", encoding="utf-8", closefd=False) as pipe:
        csv.writer(pipe, delimiter=" ", quotechar='"').writerow(words)
