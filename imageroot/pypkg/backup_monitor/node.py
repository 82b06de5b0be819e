"""This node: what of it the container cannot see by itself."""

from pathlib import Path

LOCALTIME = Path("/etc/localtime")
TIMEZONE = Path("/etc/timezone")


def timezone():
    """The IANA name of this node's zone, if it has one."""
    try:
        _, found, name = str(LOCALTIME.readlink()).partition("/zoneinfo/")
    except OSError:
        # A copy instead of a link: only Debian says elsewhere what it is of.
        try:
            name = TIMEZONE.read_text(encoding="utf-8").strip()
        except OSError:
            return None
    # The same zones under other names, for software that counts leap seconds.
    return name.removeprefix("posix/") or None
