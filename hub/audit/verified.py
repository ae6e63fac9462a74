"""What the last verification came to, kept for the operator's metrics and page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Final

import orjson

from hub.store.base import Store

KIND: Final = "verified"
_KEY: Final = "last"


@dataclass(frozen=True, slots=True)
class Verified:
    """When (milliseconds since 1970), how much is wrong, and how many records and entries were read, where that is known."""

    at: int
    findings: int
    records: int = 0
    entries: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)  # of what is wrong -> how many; never an id or a name


def note_verification(store: Store, verified: Verified) -> None:
    """Keep it in place of the one before."""
    store.put_facts(KIND, {_KEY: orjson.dumps(asdict(verified))})


def last_verification(store: Store) -> Verified | None:
    """The last one; None where there was none, or its note was damaged."""
    value = next((fact.value for fact in store.facts(KIND) if fact.key == _KEY), None)
    try:
        return None if value is None else Verified(**orjson.loads(value))
    except (ValueError, TypeError):
        return None
