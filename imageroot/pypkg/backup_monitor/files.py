"""The files of the state directory. Steps and helpers run in it."""

import contextlib
import fcntl
import os
import tempfile
import time
from pathlib import Path

from .answers import Trouble

CONFIG = Path("config.yml")
SECRETS = Path("secrets")
DATA = Path("data")
DATABASE = DATA / "state.db"
# What module-dump-state leaves for the backup, and restore-module takes.
DUMP = DATA / "backup.db"
NODE_ENV = Path("node.env")
LOCK = Path(".configure-module.lock")
# There while what is written may not be in force yet.
PENDING = Path(".configure-module.pending")
# How long a second configure-module waits for the first.
PATIENCE = 120


@contextlib.contextmanager
def one_at_a_time():
    """Makes a second configure-module wait for the first, for a while."""
    deadline = time.monotonic() + PATIENCE
    with open(LOCK, "w", encoding="utf-8") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    message = "another configure-module is still at work: try again later"
                    raise Trouble("service_timeout", message) from None
                time.sleep(0.2)
        yield


def read(path):
    """The text of a file, or None where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def write(path, text):
    """Puts text into a file for the module's user alone, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, half = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(half, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(half)
        raise
    settle(path.parent)


def remove(path):
    """Takes a file away, if it is there."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
        settle(path.parent)


def settle(folder):
    """After this a power cut does not undo what happened in the folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
