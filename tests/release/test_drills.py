"""Every name in a released drill says DRILL."""

from __future__ import annotations

from typing import Any

import pytest

from hub.release.drills import is_drill, mark_as_drill

EXERCISE = {"labels": ["exercise"]}


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ({"type": "indicator", "name": "IPv4 address", **EXERCISE}, {"name": "DRILL: IPv4 address"}),
        ({"type": "malware", "name": "A", "aliases": ["B"], **EXERCISE}, {"name": "DRILL: A", "aliases": ["DRILL: B"]}),
        ({"type": "report", "name": "DRILL: twice", **EXERCISE}, {"name": "DRILL: twice"}),
        ({"type": "attack-pattern", "name": "Phishing", **EXERCISE}, {"name": "Phishing"}),
        ({"type": "malware", "name": "A"}, {"name": "A"}),
        ({"type": "relationship", **EXERCISE}, {}),
    ],
)
def test_names_in_a_drill_say_drill(content: dict[str, Any], names: dict[str, Any]) -> None:
    """Names of the drill's own objects get the word once. Public knowledge and live reports do not change."""
    assert {name: value for name, value in mark_as_drill(content).items() if name in ("name", "aliases")} == names
    assert is_drill([{"type": "identity"}, content]) is ("labels" in content)
