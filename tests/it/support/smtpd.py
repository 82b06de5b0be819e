"""A mail server with every mode and every refusal that the tests need.

    smtpd.py FOLDER

FOLDER holds the certificates (`good`, `other`, `expired`, `selfsigned`, each
`.pem` and `.key`). Prints one line of JSON, {"mode": port, ...}, when all modes
listen on free loopback ports, and serves until it is killed. Every message that
was taken becomes FOLDER/mails/<n>.eml and, last, <n>.json with its envelope.

The recipient chooses what happens: 4xx@ and 5xx@ are refused at RCPT, data4@
and data5@ after the message, relay@ as a relay does it, drop@ loses the
connection after the message was taken, slow@ waits for a minute, lag@ hesitates
before the message is kept and again before it is confirmed. The sender nobody@
is refused. While the file FOLDER/busy exists, every message is put off after it
came in whole, and kept as FOLDER/put_off/<n>.eml. While the file FOLDER/hold
says `recipient` or `answer`, nobody gets an answer to RCPT, or to a message that
was kept.
"""

import asyncio
import itertools
import json
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

USER, PASSWORD = b"rig@example.org", b"s3cret-Pa55"
FOLDER = pathlib.Path(sys.argv[1])
MAILS = FOLDER / "mails"
NUMBERS = itertools.count(1)
PUT_OFF = FOLDER / "put_off"
HOLD = FOLDER / "hold"
LAG = 0.05


def check(server, session, envelope, mechanism, login):
    ok = (login.login, login.password) == (USER, PASSWORD)
    return AuthResult(success=ok, handled=ok, auth_data=login.login.decode())


def check_and_echo(server, session, envelope, mechanism, login):
    said = f"535 5.7.8 wrong: {login.password.decode()}"
    return AuthResult(success=False, handled=False, message=said)


def held(step):
    try:
        return HOLD.read_text() == step
    except FileNotFoundError:
        return False


async def hold(step):
    while held(step):
        await asyncio.sleep(0.01)


class Handler:
    def __init__(self, mode):
        self.mode = mode

    async def handle_MAIL(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.7.1 Sender not allowed"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        local = address.split("@")[0]
        if local == "4xx":
            return "451 4.7.1 Greylisted, try again later"
        if local == "5xx":
            return "550 5.1.1 No such user here"
        if local == "relay":
            return "454 4.7.1 Relay access denied"
        if local == "slow":
            await asyncio.sleep(60)
        await hold("recipient")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        local = envelope.rcpt_tos[0].split("@")[0]
        if local == "data5":
            return "554 5.7.1 Message refused"
        if local == "data4":
            return "452 4.3.1 Out of space"
        if (FOLDER / "busy").exists():
            n = len(list(PUT_OFF.glob("*.eml"))) + 1
            partial = PUT_OFF / f"{n}.partial"
            partial.write_bytes(envelope.original_content)
            partial.rename(PUT_OFF / f"{n}.eml")
            return "451 4.3.0 Mailbox busy, try again later"
        if local == "lag":
            await asyncio.sleep(LAG)
        n = next(NUMBERS)
        (MAILS / f"{n}.eml").write_bytes(envelope.original_content)
        about = {
            "mode": self.mode,
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None,
            "user": session.auth_data,
        }
        partial = MAILS / f"{n}.partial"
        partial.write_text(json.dumps(about))
        partial.rename(MAILS / f"{n}.json")
        if local == "drop":
            server.transport.abort()
        if local == "lag":
            await asyncio.sleep(LAG)
        await hold("answer")
        return "250 2.0.0 Queued"


def context(name):
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(FOLDER / f"{name}.pem", FOLDER / f"{name}.key")
    return tls


async def serve_silent(reader, writer):
    await reader.read()
    writer.close()


async def main():
    MAILS.mkdir(exist_ok=True)
    PUT_OFF.mkdir(exist_ok=True)
    loop = asyncio.get_running_loop()
    open_auth = {"authenticator": check, "auth_require_tls": False}
    good = context("good")
    starttls = {"tls_context": good, "require_starttls": False}
    # mode: arguments of SMTP, TLS from the first byte
    modes = {
        "plain": (open_auth, None),
        "plain_auth": (open_auth | {"auth_required": True}, None),
        "plain_echo": (open_auth | {"authenticator": check_and_echo}, None),
        "plain_no_auth": ({"auth_exclude_mechanism": ["PLAIN", "LOGIN"]}, None),
        "starttls": (starttls | {"authenticator": check}, None),
        "starttls_auth": (
            starttls | {"authenticator": check, "auth_required": True},
            None,
        ),
        "tls": (open_auth, good),
        "tls_auth": (open_auth | {"auth_required": True}, good),
        "tls_other_name": ({}, context("other")),
        "tls_expired": ({}, context("expired")),
        "tls_self_signed": ({}, context("selfsigned")),
    }
    servers, ports = [], {}
    for mode, (arguments, tls) in modes.items():

        def protocol(mode=mode, arguments=arguments):
            return SMTP(Handler(mode), hostname="rig.test", **arguments)

        server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls)
        servers.append(server)
        ports[mode] = server.sockets[0].getsockname()[1]
    silent = await asyncio.start_server(serve_silent, "127.0.0.1", 0)
    ports["silent"] = silent.sockets[0].getsockname()[1]
    print(json.dumps(ports), flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
