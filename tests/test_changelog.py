"""The changelog has each change once: a merge of two branches that both have an entry leaves it twice."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

CHANGELOG = (Path(__file__).parents[1] / "CHANGELOG.md").read_text(encoding="utf-8")
SHORTEST = 30  # characters: shorter sentences may come again in another entry


def repeated(changelog: str) -> list[str]:
    """The sentences that occur twice, however their lines are broken."""
    entries = re.split(r"(?m)^(?:- |#+ |$)", changelog)
    plain = [" ".join(entry.split()) for entry in entries]
    sentences = [sentence for entry in plain for sentence in re.split(r"(?<=[.;:]) ", entry)]
    return [text for text, count in Counter(sentences).items() if count > 1 and len(text) >= SHORTEST]


def test_no_entry_occurs_twice() -> None:
    """Nor a sentence of one."""
    assert repeated(CHANGELOG) == []


def test_an_entry_is_seen_twice_however_its_lines_are_broken() -> None:
    """What the test above relies on."""
    entry = "- Archives carry the statuses of requests, too; older\n  archives are read.\n"
    again = (
        "- Something else.\n- Archives carry the statuses\n  of requests, too; older archives are read, and newer.\n"
    )
    assert repeated(entry + again) == ["Archives carry the statuses of requests, too;"]
