"""The settings: what the program makes of them, and where they lie."""

import re

from . import files, program
from .answers import Mistakes, mistake

WEBHOOK_TOKEN = "webhook_token"
SMTP_PASSWORD = "smtp_password"
SECRETS = (WEBHOOK_TOKEN, SMTP_PASSWORD)
LONGEST_SECRET = 4096
TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")
# What the program can do elsewhere and has no means for in its container.
WITHOUT_MEANS = {
    ("mail", "transport"): ("sendmail",),
    ("repo_check", "method"): ("restic", "runagent"),
}
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def secrets_set():
    """Which secrets there are."""
    return {name: (files.SECRETS / name).exists() for name in SECRETS}


def read():
    """The settings as the program sees them."""
    request = {"current": files.read(files.CONFIG), "secrets": secrets_set()}
    return program.work_out("config", "settings", request=request)


def defaults():
    """The settings of a program that nobody has set up."""
    return program.work_out("config", "defaults")


def change(request):
    """Changes settings and secrets; says whether anything is another than before,
    and what the program warns of. If anything is wrong, nothing is changed."""
    wanted = {name: request[name] for name in SECRETS if name in request}
    rest = {name: value for name, value in request.items() if name not in SECRETS}
    wrong = [found for name, value in wanted.items() if (found := _refuse(name, value))]
    wrong += _without_means(rest)
    are_set = secrets_set() | {name: bool(value) for name, value in wanted.items()}
    current = files.read(files.CONFIG)
    applied = program.work_out(
        "config", "apply", request={"current": current, "change": rest, "secrets": are_set}
    )
    wrong += [
        mistake(told["field"] or "", told["code"], told["value"], told["message"])
        for told in applied["mistakes"]
    ]
    if wrong:
        raise Mistakes(*wrong)
    # Until the service has taken it: an action that is cut off in between is made
    # up for by the next one.
    if wanted or applied["changed"] or current is None:
        files.write(files.PENDING, "")
    changed = _keep(wanted)
    if applied["changed"] or current is None:
        files.write(files.CONFIG, applied["text"])
        changed = True
    # Only now nothing names them any more.
    for name, value in wanted.items():
        if not value and (files.SECRETS / name).exists():
            files.remove(files.SECRETS / name)
            changed = True
    return changed, applied["warnings"]


def _without_means(request):
    """What would be taken and could never work."""
    for (section, name), values in WITHOUT_MEANS.items():
        wanted = request.get(section)
        value = wanted.get(name) if isinstance(wanted, dict) else None
        if value in values:
            message = f"{value} needs more than the container of the service has"
            yield mistake(f"{section}.{name}", "not_one_of", value, message)


def _keep(wanted):
    """Writes the secrets that are new; says whether there were any."""
    new = [
        (name, value)
        for name, value in wanted.items()
        if value and files.read(files.SECRETS / name) != value
    ]
    for name, value in new:
        files.write(files.SECRETS / name, value)
    return bool(new)


def _refuse(name, value):
    """What is wrong with a secret; its value is never shown."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        return mistake(name, "wrong_kind", None, "must be a text")
    if len(value) > LONGEST_SECRET:
        return mistake(name, "wrong_length", None, f"is longer than {LONGEST_SECRET} characters")
    if CONTROL.search(value):
        return mistake(name, "control_character", None, "holds a control character")
    if name == WEBHOOK_TOKEN and not TOKEN.fullmatch(value):
        allowed = "letters, digits and - . _ ~ + / ="
        return mistake(name, "not_a_token", None, f"cannot be sent as a bearer token: {allowed}")
    return None
