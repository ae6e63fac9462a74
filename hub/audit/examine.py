"""Checks of one record by itself: its body, its digest and its level must agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import orjson

from hub.settings import Limits
from hub.sharing import access
from hub.sharing.catalogue import Catalogue
from hub.stix.objects import StixObject, parse_object
from hub.stix.tlp import TLP
from hub.store.base import Store
from hub.store.records import BY_DEFAULT, BY_HUB, BY_MARKING, BY_OPERATOR, HIDDEN, UNKNOWN_SOURCE, Record


def examiner(store: Store, catalogue: Catalogue, limits: Limits) -> Callable[[Record], Iterator[str]]:
    """Return the function that yields what is wrong with a record of this store."""

    def examine(record: Record) -> Iterator[str]:
        try:
            content = orjson.loads(record.body)
        except orjson.JSONDecodeError:
            yield "its body is not JSON"
            return
        obj = parse_object(content, limits, catalogue.markings)
        if not isinstance(obj, StixObject):
            return  # accepted under older rules: only its seal shows whether it was changed
        if obj.digest != record.digest:
            yield "its body does not have the digest that is stored for it"
        if (obj.id, obj.type, obj.revoked) != (record.id, record.type, record.revoked):
            yield "its body is not that of the object that the record names"
        yield from _level(store, catalogue, record, obj)

    return examine


def _level(  # noqa: C901 - one line for each source of a level
    store: Store, catalogue: Catalogue, record: Record, obj: StixObject
) -> Iterator[str]:
    """Compare the level with the body, and with the source that the record names for the level (law L5 a and b)."""
    collection = catalogue.by_id(record.collection)
    if collection is None or record.level == HIDDEN or record.source in (UNKNOWN_SOURCE, BY_OPERATOR):
        return
    stated = access.level_of(obj, collection, catalogue)
    if isinstance(stated, access.Refusal):
        return
    own_level, recorded = stated.value, TLP(record.level).label
    if record.source == BY_HUB:
        if record.level != TLP.CLEAR:
            yield f"its level is {recorded}, and objects that the hub itself added are CLEAR"
    elif own_level is not None and record.level < own_level:
        yield f"its level is {recorded}, and it is marked {TLP(own_level).label}"
    elif (
        record.source == BY_MARKING
        and own_level is not None
        and record.level > own_level
        and not obj.own_level.markings
    ):
        yield f"its level is {recorded}, and its only marking is {TLP(own_level).label}"
    elif (
        record.source == BY_MARKING and own_level is None and not obj.own_level.markings and stated.source == BY_MARKING
    ):
        yield f"its level {recorded} is recorded as that of its marking, and it has no marking"
    elif record.source == BY_DEFAULT and own_level is not None:
        yield "its level is recorded as that of unmarked objects, and it has a marking"
    elif record.source not in (BY_MARKING, BY_DEFAULT):
        levels = [version.level for version in store.history(record.collection, record.source)]
        if levels and record.level < min(levels):
            yield f"its level {recorded} is below that of {record.source}, from which it comes"
