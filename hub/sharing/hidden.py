"""Objects that an upgrade hid until the operator decides (law L5): list them, show them at a level, or remove them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from hub.errors import NotFoundError, UnprocessableError
from hub.sharing.catalogue import Catalogue, Collection
from hub.stix.levels import stated_level
from hub.stix.tlp import TLP
from hub.store.base import Store
from hub.store.records import BY_MARKING, HIDDEN, REFUSED_PREFIX, Record


@dataclass(frozen=True, slots=True)
class HiddenObject:
    """One version of an object that no reader may see."""

    collection: Collection
    id: str
    version: str
    publishers: tuple[str, ...]
    readable_at: TLP | None  # the lowest level at which it was readable before; None: it was never readable
    reason: str


def hidden_objects(store: Store, catalogue: Catalogue) -> Iterator[HiddenObject]:
    """All hidden objects, collection by collection."""
    for collection in catalogue:
        for record in store.hidden_records(collection.id):
            yield HiddenObject(
                collection,
                record.id,
                record.version_text,
                record.publishers,
                TLP(record.lowest_level) if record.lowest_level < HIDDEN else None,
                record.source.removeprefix(REFUSED_PREFIX),
            )


def remove(store: Store, collection: Collection, object_id: str) -> int:
    """Remove the hidden versions of the object permanently; return how many. NotFoundError if none is hidden."""
    _hidden_versions(store, collection, object_id)
    return store.decide(collection.id, object_id, None)


def show_at(store: Store, catalogue: Catalogue, collection: Collection, object_id: str, level: TLP) -> int:
    """Show the hidden versions of the object at this level from now on; return how many.

    NotFoundError if none is hidden, UnprocessableError if the operator may not choose this level.
    """
    hidden_versions = _hidden_versions(store, collection, object_id)
    name = f"{collection.root}/{collection.alias}"
    if level > collection.highest_tlp:
        raise UnprocessableError(f"{name} takes nothing above {collection.highest_tlp.label}.")
    highest = max(_stated_level(store, record, catalogue) for record in hidden_versions)
    if level < highest:
        raise UnprocessableError(
            f"{object_id} is marked {highest.label} by its member, and the operator cannot lower that: ask the member for a newer "
            "version with a lower marking, or run `hub levels remove`."
        )
    return store.decide(collection.id, object_id, level)


def _hidden_versions(store: Store, collection: Collection, object_id: str) -> list[Record]:
    hidden_versions = [record for record in store.history(collection.id, object_id) if record.level == HIDDEN]
    if not hidden_versions:
        raise NotFoundError(
            f"Nothing of {object_id} is hidden in {collection.root}/{collection.alias}; `hub levels list` says what is."
        )
    return hidden_versions


def _stated_level(store: Store, record: Record, catalogue: Catalogue) -> TLP:
    """The level that the object states, or that the definitions on it in the store state, whichever is higher."""
    own_level = stated_level(orjson.loads(record.body), catalogue.markings)
    level = own_level.level or TLP.CLEAR
    for marking in own_level.markings:
        for definition in store.history(record.collection, marking)[-1:]:
            if definition.source == BY_MARKING:
                level = max(level, TLP(definition.level))
    return level
