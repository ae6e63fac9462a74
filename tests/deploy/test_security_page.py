"""The table of ASVS requirements is whole, and what it names as shown by a test or a file is there."""

from __future__ import annotations

import re

from tests.places import TOP

PAGE = (TOP / "hub" / "docs" / "security.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ([0-9]+\.[0-9]+\.[0-9]+) [^|]+ \| ([a-z ]+) \| (.+) \|$", re.MULTILINE)
# ASVS 5.0: section -> the requirements of levels 1 and 2 in it
REQUIREMENTS = {
    "2.1": "123",
    "2.2": "123",
    "2.3": "1234",
    "2.4": "1",
    "4.1": "123",
    "4.2": "1",
    "4.3": "12",
    "4.4": "1234",
    "5.1": "1",
    "5.2": "123",
    "5.3": "12",
    "5.4": "123",
    "6.1": "123",
    "6.2": "1 2 3 4 5 6 7 8 9 10 11",
    "6.3": "123",
    "6.4": "1234",
    "6.5": "12345",
    "6.6": "123",
    "6.8": "1234",
    "7.1": "123",
    "7.2": "1234",
    "7.3": "12",
    "7.4": "12345",
    "7.5": "12",
    "7.6": "12",
    "8.1": "12",
    "8.2": "123",
    "8.3": "1",
    "8.4": "1",
    "12.1": "123",
    "12.2": "12",
    "12.3": "1234",
    "13.1": "1",
    "13.2": "12345",
    "13.3": "12",
    "13.4": "12345",
    "16.1": "1",
    "16.2": "12345",
    "16.3": "1234",
    "16.4": "123",
    "16.5": "123",
}  # fmt: skip - a chapter a line


def test_every_requirement_is_answered_once() -> None:
    """Of levels 1 and 2, in the chapters that the page names."""
    expected = [
        f"{section}.{number}"
        for section, numbers in REQUIREMENTS.items()
        for number in (numbers.split() if " " in numbers else numbers)
    ]
    assert [row[0] for row in ROW.findall(PAGE)] == expected


def test_each_answer_is_one_of_three() -> None:
    """And says why, or what is missing, where it is not met."""
    for number, answer, reason in ROW.findall(PAGE):
        assert answer in {"met", "not applicable", "not met"}, number
        assert len(reason) > 10, number


def test_what_is_named_is_there() -> None:
    """A test that was renamed shows nothing."""
    paths = re.findall(r"`((?:tests|hub|profiles|collections)/[^` ]+)`", PAGE)
    assert len(paths) > 50
    assert [path for path in paths if not (TOP / path).exists()] == []
