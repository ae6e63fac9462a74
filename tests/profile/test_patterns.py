"""Patterns in rules meet texts from anyone, so their worst case is bounded before they are used."""

from __future__ import annotations

import pytest

from hub.profile.patterns import MAX_CHARACTERS, hazard


@pytest.mark.parametrize(
    "pattern",
    [
        r"victim-[A-Z]{2}(-[0-9A-Z]{4}){2,8}",
        r"(?:ab){2}c*",
        r"(a{2}){3}",
        r"\d+(\.\d+)?",
        r"[]a)(|*]+x",
        r"\(\*\|\)",
        r"a{2,2}b{3}",
    ],
)
def test_a_pattern_with_few_choices_may_be_used(pattern: str) -> None:
    """Repeats of fixed length, escaped signs and what is in a set are no choices."""
    assert hazard(pattern) == ""


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        (r"(a+)+", "repeated"),
        (r"(a|a)*", "repeated"),
        (r"((a?)b)+", "repeated"),
        (r"(?:a{2,3}){2}", "repeated"),
        (r"a*b*c*d*", "choices"),
        (r"a?b|c|d|e", "choices"),
        (r"(a)\1", "refer back"),
        (r"(?=a)b", "(?:"),
        (r"(?P<name>a)", "(?:"),
        (r"(a", "no pattern"),
        (r"a" * (MAX_CHARACTERS + 1), "at most"),
    ],
)
def test_a_pattern_that_could_be_slow_is_refused(pattern: str, reason: str) -> None:
    """Nested repeats and many choices make a matcher that backtracks take for ever on a short text."""
    assert reason in hazard(pattern)
