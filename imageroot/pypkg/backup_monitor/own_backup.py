"""The backup of this instance itself, as far as module-dump-state knew of it."""

from datetime import datetime, timezone

from . import files

# What module-cleanup-state shows, from then to the next backup that is whole; the worse
# first.
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


def forget():
    """No backup of this instance was made yet."""
    for mark, _ in MARKS:
        mark.unlink(missing_ok=True)
