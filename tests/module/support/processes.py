"""Processes and ports of a test."""

import contextlib
import socket
import subprocess
import time


def free_port():
    """A port that was free just now."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


def until(true, what, seconds=30):
    """Waits until something holds, and returns it. What is waited for can be a
    function that says it."""
    deadline = time.monotonic() + seconds
    while True:
        found = true()
        if found:
            return found
        told = what if isinstance(what, str) or time.monotonic() < deadline else what()
        assert time.monotonic() < deadline, f"not within {seconds} s: {told}"
        time.sleep(0.05)


def listens(port, host="127.0.0.1"):
    """Whether somebody takes connections there."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), 1):
        return True
    return False


@contextlib.contextmanager
def running(words, **options):
    """A process that ends with the block."""
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
