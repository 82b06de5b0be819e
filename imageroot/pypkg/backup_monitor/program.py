"""Running the program: in the container of the service, or in one of its own.

Whatever it prints is data. It has a time and a size; whoever asks more is ended.
"""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import agent

from . import files
from .answers import Trouble, cut

CONTAINER = "backup-monitor"
PROGRAM = "ns8-backup-monitor"
IMAGE = "BACKUP_MONITOR_SERVER_IMAGE"
# Far above the report of a run with 2,000 applications.
LARGEST = 16 * 1024 * 1024
# How many of the last lines on the standard error are told when it fails.
LAST_LINES = 3
# What a call carries in its environment, so that it can be found and ended:
# ending `podman exec` leaves alone what it started.
MARK = "BACKUP_MONITOR_CALL"
# podman's own exit codes; the program's are small.
PODMAN_FAILED = (125, 126, 127, 255)

# Every user of the cluster can read the outputs of actions.
DISCREET = ["--shorten-addresses"]
# As in the unit: nothing that is not needed.
CONFINED = [
    "--cap-drop=all",
    "--security-opt=no-new-privileges",
    "--read-only",
    "--memory=256m",
    "--pids-limit=64",
]


class Answer:
    """What the program said."""

    def __init__(self, code, output, lines):
        self.code = code
        self.output = output
        self.lines = lines

    def json(self):
        """Its output, which it wrote as JSON."""
        try:
            return json.loads(self.output)
        except ValueError:
            raise self.failed() from None

    def told(self):
        """The last words on its standard error."""
        return " ".join(line.strip() for line in self.lines[-LAST_LINES:] if line.strip())

    def failed(self, code="service_failed"):
        """Its failure as that of the action."""
        return Trouble(code, cut(self.told()) or f"the program ended with exit code {self.code}")


def ask(*words, seconds=60, on_line=None):
    """Runs a command in the container of the running service.

    on_line gets each line of the standard error, and returns whether it was
    meant for it.
    """
    if not files.CONFIG.exists():
        raise Trouble(
            "not_configured",
            "nothing is configured yet: set a sender and a recipient with configure-module",
        )
    mark = uuid.uuid4().hex
    command = ["podman", "exec", f"--env={MARK}={mark}", CONTAINER, PROGRAM, *words]
    try:
        answer = _run(command, "", seconds, on_line)
    except BaseException:
        _end(mark)
        raise
    if answer.code in PODMAN_FAILED:
        print(f"{agent.SD_WARNING}podman: {answer.told()}", file=sys.stderr)
        raise Trouble(
            "service_not_running",
            "the service is not running: look at its log, or save the settings again to start it",
        )
    return answer


def work_out(*words, request=None, seconds=60):
    """Runs a command that needs nothing but its input, in a container of its
    own: it works with the service down."""
    command = [
        "podman", "run", "--rm", "--interactive", "--pull=never", "--network=none",
        "--log-driver=none", f"--timeout={seconds}", *CONFINED, os.environ[IMAGE], *words,
    ]  # fmt: skip
    text = "" if request is None else json.dumps(request)
    # Starting and removing the container take their time as well.
    answer = _run(command, text, seconds + 30, None)
    if answer.code != 0:
        raise answer.failed("program_failed")
    return answer.json()


def _run(command, text, seconds, on_line):
    deadline = time.monotonic() + seconds
    # A file cannot block whoever writes it.
    with tempfile.TemporaryFile() as given:
        given.write(text.encode())
        given.seek(0)
        with subprocess.Popen(
            command, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            try:
                reading = _Reading(process, on_line)
                reading.until(deadline)
                code = process.wait(max(0.1, deadline - time.monotonic()))
            except (TimeoutError, subprocess.TimeoutExpired):
                message = f"the program did not answer within {seconds} s"
                raise Trouble("service_timeout", message) from None
            finally:
                if process.poll() is None:
                    process.kill()
    return Answer(code, reading.output.decode(errors="replace"), reading.lines)


class _Reading:
    """Both outputs of a process at once, as far as they may go."""

    def __init__(self, process, on_line):
        self.process = process
        self.on_line = on_line
        self.output = bytearray()
        self.lines = []
        self._half = b""

    def until(self, deadline):
        """Reads until both are closed."""
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.process.stdout, selectors.EVENT_READ, self._take)
            waiting.register(self.process.stderr, selectors.EVENT_READ, self._listen)
            while waiting.get_map():
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                for key, _ in waiting.select(left):
                    part = os.read(key.fd, 65536)
                    key.data(part)
                    if not part:
                        waiting.unregister(key.fileobj)

    def _take(self, part):
        self.output += part
        if len(self.output) > LARGEST:
            raise Trouble("answer_too_large", "the program's answer is too large to be passed on")

    def _listen(self, part):
        *whole, self._half = (self._half + part).split(b"\n")
        if not part and self._half:
            whole, self._half = [self._half], b""
        # A line without an end is not worth more than its beginning.
        self._half = self._half[:LARGEST // 16]
        for line in whole:
            text = line.decode(errors="replace")
            if self.on_line is None or not self.on_line(text):
                self.lines = [*self.lines[-50:], text]


def _end(mark):
    """Ends what `podman exec` left in the container."""
    wanted = f"{MARK}={mark}".encode()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                os.kill(int(folder.name), signal.SIGKILL)
