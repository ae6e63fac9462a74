"""What leaves of a drill says in every name that it is one, and names nobody's addresses."""

from __future__ import annotations

from typing import Any

import pytest

from hub.release.drills import is_drill, mark_as_drill

EXERCISE = {"labels": ["exercise"]}


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ({"type": "indicator", "name": "IPv4 address", **EXERCISE}, {"name": "DRILL: IPv4 address"}),
        ({"type": "malware", "name": "A", "aliases": ["B"], **EXERCISE}, {"name": "DRILL: A", "aliases": ["DRILL: B"]}),
        ({"type": "report", "name": "DRILL: twice", **EXERCISE}, {"name": "DRILL: twice"}),
        ({"type": "attack-pattern", "name": "Phishing", **EXERCISE}, {"name": "Phishing"}),
        ({"type": "malware", "name": "A"}, {"name": "A"}),
        ({"type": "relationship", **EXERCISE}, {}),
    ],
)
def test_names_of_a_drill(content: dict[str, Any], shown: dict[str, Any]) -> None:
    """Those of its own objects, once; never public knowledge's, and nothing of a live report's."""
    assert {name: value for name, value in mark_as_drill(content).items() if name in ("name", "aliases")} == shown
    assert is_drill([{"type": "identity"}, content]) is ("labels" in content)
