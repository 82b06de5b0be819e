"""The backup of this instance itself, as far as module-dump-state knows of it."""

from datetime import datetime, timezone

from . import files

# What it leaves behind, from then to its next copy that is whole; the worse first.
MARKS = (
    (files.DATA / "backup.missing", {"code": "own_backup_missing"}),
    (files.DATA / "backup.as_is", {"code": "own_backup_as_is"}),
)


def warnings():
    """What the last backup of this instance lacks; it counts as good all the same."""
    for mark, told in MARKS:
        try:
            seconds = int(mark.stat().st_mtime)
        except FileNotFoundError:
            continue
        made = datetime.fromtimestamp(seconds, timezone.utc)
        return [told | {"time": made.strftime("%Y-%m-%dT%H:%M:%SZ")}]
    return []
