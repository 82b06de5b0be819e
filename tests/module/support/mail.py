"""A mail server: the one of the program's own tests."""

import contextlib
import email
import email.policy
import json
import subprocess
import sys

from .node import ROOT
from .processes import running, until


class MailServer:
    """What it took."""

    def __init__(self, folder, ports):
        self.folder, self.ports = folder / "mails", ports

    def mails(self):
        """Envelope and message of each, oldest first."""
        found = []
        for path in sorted(self.folder.glob("*.json"), key=lambda path: int(path.stem)):
            envelope = json.loads(path.read_text(encoding="utf-8"))
            raw = path.with_suffix(".eml").read_bytes()
            found.append((envelope, email.message_from_bytes(raw, policy=email.policy.default)))
        return found

    def wait_for(self, count, seconds=60):
        """That many mails."""
        return until(
            lambda: found if len(found := self.mails()) >= count else None,
            f"{count} mails, there are {len(self.mails())}",
            seconds,
        )

    def forget(self):
        for path in self.folder.glob("*"):
            path.unlink()


@contextlib.contextmanager
def serve(folder):
    """The server with a certificate of its own."""
    for name in ("good", "other", "expired", "selfsigned"):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"],
            check=True, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    (folder / "mails").mkdir()
    words = [sys.executable, ROOT / "tests/it/support/smtpd.py", folder]
    with open(folder / "log", "wb") as log:
        with running(words, stdout=subprocess.PIPE, stderr=log) as process:
            yield MailServer(folder, json.loads(process.stdout.readline()))
