"""The mail server of the Robot suite, as a node runs it: with each Python that this
machine has."""

import contextlib
import smtplib
import socket
import subprocess
import sys

import pytest
from support.node import ROOT
from support.processes import running, until

MESSAGE = b"Subject: one\r\n\r\nfirst\r\n.dot\r\n..two\r\nend\r\n"


def pythons():
    """Those that work, this one first."""
    found = [sys.executable]
    for version in range(9, 15):
        with contextlib.suppress(OSError):
            name = f"python3.{version}"
            asked = subprocess.run([name, "-c", ""], capture_output=True, check=False)
            found += [name] if asked.returncode == 0 else []
    return found


@contextlib.contextmanager
def serve(python, folder):
    """Gives the port."""
    # A warning would be of something that the next Python lacks.
    words = [python, "-W", "error", ROOT / "tests/sink.py", folder, "0"]
    with running(words, stdout=subprocess.PIPE) as process:
        yield int(process.stdout.readline())


@pytest.mark.parametrize("python", pythons())
def test_it_keeps_whole_messages_as_they_were(python, tmp_path):
    folder = tmp_path / "mails"
    with serve(python, folder) as port:
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
            client.sendmail("a@example.org", ["b@example.org", "c@example.org"], MESSAGE)
            client.sendmail("a@example.org", ["b@example.org"], b"second\r\n")
        # One that goes away in the middle leaves nothing and hinders nobody.
        with socket.create_connection(("127.0.0.1", port), 30) as client:
            client.sendall(b"DATA\r\nhalf of")
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
            client.sendmail("a@example.org", ["b@example.org"], b"third\r\n")
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert kept == {"1.eml": MESSAGE, "2.eml": b"second\r\n", "3.eml": b"third\r\n"}
    assert list(tmp_path.iterdir()) == [folder]


def test_the_program_can_mail_to_it(instance, tmp_path):
    """As the suite configures it."""
    folder = tmp_path / "mails"
    with serve(sys.executable, folder) as port:
        smtp = {"host": "127.0.0.1", "port": port, "encryption": "none"}
        mail = {"from": "monitor@example.org", "to": ["admin@example.org"]}
        instance.good("configure-module", {"mail": mail | {"transport": "smtp", "smtp": smtp}})
        (result,) = instance.good("send-test-mail")["results"]
        assert result["result"] == "accepted"
        until(lambda: list(folder.glob("*.eml")), "it is kept")
        assert b"Subject: " in (folder / "1.eml").read_bytes()


def test_the_suite_puts_it_on_the_node():
    suite = (ROOT / "tests/backup-monitor.robot").read_text(encoding="utf-8")
    assert "Put File    ${CURDIR}/sink.py    ${SINK}/sink.py" in suite
    assert "python3 ${SINK}/sink.py ${SINK}/mails ${SINK_PORT}" in suite
    for gone in ("asyncore", "import smtpd"):
        assert gone not in suite
