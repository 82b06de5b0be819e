"""Whether a reload that was asked for is done, by what the service told before and
tells now."""

import sys

import pytest
from support.node import HERE, ROOT

sys.path += [str(ROOT / "imageroot/pypkg"), str(HERE / "standin/packages")]
from backup_monitor import service


def told(start, begun, done):
    return {"start": start, "begun": begun, "done": done}


BEFORE = told("a", 3, 3)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (BEFORE, told("a", 3, 3), False),
        (BEFORE, told("a", 4, 3), False),
        (BEFORE, told("a", 4, 4), True),
        # A reload before it was still under way.
        (told("a", 3, 2), told("a", 3, 3), False),
        # Started anew: what was written was read at the start, whatever came after.
        (BEFORE, told("b", 0, 0), True),
        (BEFORE, told("b", 1, 0), False),
        (BEFORE, told("b", 3, 3), True),
        (BEFORE, told("b", 4, 3), False),
        # Nobody answered before: an answer alone says nothing of this reload.
        (None, told("a", 0, 0), False),
        (None, told("a", 1, 0), False),
        (None, told("a", 1, 1), True),
        (None, told("a", 2, 1), False),
        # Something that did not show it gave way to what does.
        ({}, told("a", 0, 0), True),
    ],
)
def test_a_reload_counts_when_it_is_done(before, now, expected):
    assert service.over(before, now) is expected
