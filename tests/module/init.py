"""Runs a command and collects whatever processes it leaves behind, as the first
process of a machine should: podman waits for its helpers to be gone, and in some
containers and virtual machines nobody sees to that.

    init.py COMMAND ARGUMENTS...

The exit code is that of the command, or 1 if processes outlived it: those are
named and ended.
"""

import contextlib
import ctypes
import os
import signal
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
# What was just told to end may need a moment.
GRACE = 5


def main(words):
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    command = os.spawnvp(os.P_NOWAIT, words[0], words)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: os.kill(command, number))
    while True:
        pid, status = os.wait()
        if pid == command:
            break
    code = os.waitstatus_to_exitcode(status)
    left = outlived()
    for pid, what in left:
        print(f"left behind, and ended now: {pid} {what}", file=sys.stderr)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return code or (1 if left else 0)


def outlived():
    """What is still there after a moment."""
    deadline = time.monotonic() + GRACE
    while True:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        left = list(children())
        if not left or time.monotonic() >= deadline:
            return left
        time.sleep(0.1)


def children():
    for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        with contextlib.suppress(OSError):
            yield int(pid), Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
