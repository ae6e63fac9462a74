"""What the last verification came to, kept for the operator's metrics."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

import orjson

from hub.store.base import Store

KIND: Final = "verified"
_KEY: Final = "last"


@dataclass(frozen=True, slots=True)
class Verified:
    """When (milliseconds since 1970), and how much was found."""

    at: int
    findings: int


def note_verification(store: Store, verified: Verified) -> None:
    """Keep it in place of the one before."""
    store.put_facts(KIND, {_KEY: orjson.dumps(asdict(verified))})


def last_verification(store: Store) -> Verified | None:
    """The last one; None where there was none."""
    return next((Verified(**orjson.loads(fact.value)) for fact in store.facts(KIND) if fact.key == _KEY), None)
