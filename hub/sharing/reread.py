"""Reads the levels of stored objects again, after an upgrade that recognises more ways to state a level (law L5 a).

`relevel` judges records of an old store that has no levels. Here each record has a level, and its object may state a higher
one in a form that the older hub did not recognise. Levels only rise. A record whose level is now too high for its collection,
or not understood, is hidden until the operator decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from hub.sharing.catalogue import Catalogue, Collection
from hub.sharing.relevel import LEVELS_AT_ONCE, limit_sentence
from hub.stix.levels import stated_level
from hub.stix.tlp import TLP
from hub.store.base import Store
from hub.store.records import (
    BY_HUB,
    BY_MARKING,
    BY_OPERATOR,
    HIDDEN,
    REFUSED_PREFIX,
    UNKNOWN_SOURCE,
    Record,
    RecordLevel,
)

RULES: Final = 3  # increases with each new way to state a level that `hub.stix.levels` recognises
KIND: Final = "level rules"  # kind of the fact with the number of the rules by which the store was last read
_KEY: Final = "read"
_DECIDED: Final = frozenset({BY_HUB, BY_OPERATOR, UNKNOWN_SOURCE})
_DEFINITION: Final = "marking-definition"


@dataclass(frozen=True, slots=True)
class RereadResult:
    """The result for one collection: how many records got a higher level, or were hidden."""

    collection: Collection
    raised_count: int
    hidden_count: int


def forget_reading(store: Store) -> None:
    """Make the next `reread` read all records: some are about to be imported, and older rules may have judged them."""
    store.put_facts(KIND, {_KEY: b"0"})


def reread(store: Store, catalogue: Catalogue) -> Iterator[RereadResult]:
    """Read all records again if the store was read by older rules; yield the result for each collection with changes."""
    read_rules = max((int(fact.value) for fact in store.facts(KIND)), default=1)
    if read_rules >= RULES:
        return
    for collection in catalogue:
        if changes := list(_changes(store, catalogue, collection)):
            for start in range(0, len(changes), LEVELS_AT_ONCE):
                store.set_levels(collection.id, changes[start : start + LEVELS_AT_ONCE])
            hidden_count = sum(change.level == HIDDEN for change in changes)
            yield RereadResult(collection, len(changes) - hidden_count, hidden_count)
    store.put_facts(KIND, {_KEY: str(RULES).encode()})


def _changes(store: Store, catalogue: Catalogue, collection: Collection) -> Iterator[RecordLevel]:
    definitions: dict[str, int] = {}  # marking definitions whose level rises, with the new level
    for record in store.records(collection.id):
        if record.type == _DEFINITION and (change := _change(record, catalogue, collection, {})) is not None:
            definitions[record.id] = change.level
    for record in store.records(collection.id):
        if (change := _change(record, catalogue, collection, definitions)) is not None:
            yield change


def _change(
    record: Record, catalogue: Catalogue, collection: Collection, definitions: Mapping[str, int]
) -> RecordLevel | None:
    """The record's new level, None if it does not change. A revocation keeps its level (law L5 d)."""
    if record.level == HIDDEN or record.revoked or record.source in _DECIDED:
        return None
    own_level = stated_level(orjson.loads(record.body), catalogue.markings)
    level = max(
        own_level.level or TLP.CLEAR,
        *(definitions.get(marking, TLP.CLEAR) for marking in own_level.markings),
        TLP.CLEAR,
    )
    if own_level.unclear_text or level == HIDDEN:
        reason = (
            f"{own_level.unclear_text[:100]!r} names no level that is read"
            if own_level.unclear_text
            else "its marking is not understood"
        )
    elif level > collection.highest_tlp:
        reason = f"it is {TLP(level).label}, and {limit_sentence(collection)}"
    elif level > record.level:
        return RecordLevel(record.id, record.place, level, BY_MARKING)
    else:
        return None
    return RecordLevel(record.id, record.place, HIDDEN, REFUSED_PREFIX + reason)
