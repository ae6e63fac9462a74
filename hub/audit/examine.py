"""What is wrong with one record by itself: its body, its digest and its level tell of each other."""

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
    """The function that names what is wrong with a record of this store."""

    def examine(record: Record) -> Iterator[str]:
        try:
            content = orjson.loads(record.body)
        except orjson.JSONDecodeError:
            yield "its body is not JSON"
            return
        obj = parse_object(content, limits, catalogue.markings)
        if not isinstance(obj, StixObject):
            return  # taken under older rules: its seal alone says whether it is as it came
        if obj.digest != record.digest:
            yield "its body does not have the digest that is kept for it"
        if (obj.id, obj.type, obj.revoked) != (record.id, record.type, record.revoked):
            yield "its body is that of another object than the record says"
        yield from _level(store, catalogue, record, obj)

    return examine


def _level(  # noqa: C901 - one line for each source of a level
    store: Store, catalogue: Catalogue, record: Record, obj: StixObject
) -> Iterator[str]:
    """The level against the body, and against the source that the record keeps for it (law L5 a and b)."""
    collection = catalogue.by_id(record.collection)
    if collection is None or record.level == HIDDEN or record.source in (UNKNOWN_SOURCE, BY_OPERATOR):
        return
    declared = access.level_of(obj, collection, catalogue)
    if isinstance(declared, access.Refusal):
        return
    own, recorded = declared.value, TLP(record.level).label
    if record.source == BY_HUB:
        if record.level != TLP.CLEAR:
            yield f"its level is {recorded}, and what the hub itself put in is CLEAR"
    elif own is not None and record.level < own:
        yield f"its level is {recorded}, and it is marked {TLP(own).label}"
    elif record.source == BY_MARKING and own is not None and record.level > own and not obj.own_level.markings:
        yield f"its level is {recorded}, and it is marked {TLP(own).label} alone"
    elif record.source == BY_MARKING and own is None and not obj.own_level.markings and declared.source == BY_MARKING:
        yield f"its level {recorded} is said to be that of its marking, and it has none"
    elif record.source == BY_DEFAULT and own is not None:
        yield "its level is said to be that of unmarked objects, and it is marked"
    elif record.source not in (BY_MARKING, BY_DEFAULT):
        levels = [version.level for version in store.history(record.collection, record.source)]
        if levels and record.level < min(levels):
            yield f"its level {recorded} is below that of {record.source}, which gives it"
