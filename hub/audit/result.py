"""The result of the last verification, stored for the operator's metrics and page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Final

import orjson

from hub.store.base import Store

KIND: Final = "verified"
_KEY: Final = "last"


@dataclass(frozen=True, slots=True)
class VerificationResult:
    """When it was (milliseconds since 1970), and how many findings, records and entries there were (0: unknown)."""

    at: int
    findings: int
    records: int = 0
    entries: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)  # kind of finding -> how many; never an id or a name


def note_verification(store: Store, result: VerificationResult) -> None:
    """Store the result in place of the previous one."""
    store.put_facts(KIND, {_KEY: orjson.dumps(asdict(result))})


def last_verification(store: Store) -> VerificationResult | None:
    """The result of the last verification; None if there was none, or the stored result is damaged."""
    value = next((fact.value for fact in store.facts(KIND) if fact.key == _KEY), None)
    try:
        return None if value is None else VerificationResult(**orjson.loads(value))
    except (ValueError, TypeError):
        return None
