"""Reading pages from the SQLite store: which records, in place order, and their bodies joined.

A query is one range of an index or a few, each in place order by itself. The common poll (the newest versions, whatever
their type) is one statement, in which SQLite merges a range for each level; with more ranges `_merged` takes turns. See
`migrations` for the indexes. Nowhere is a record read that the reader may not see, and nothing grows with the collection.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import apsw

from hub.store.base import COMPARED_MOST
from hub.store.query import ManifestPage, ManifestRow, Page, Query
from hub.store.records import NO_LEVEL
from hub.store.sqlite.files import rows
from hub.store.sqlite.mentions import CONTAINED
from hub.store.sqlite.values import UNVALUED
from hub.taxii.filters import VersionMatch

PLACE_BITS: Final = 48  # of a key; the other 15 are the collection's number
LAST_PLACE: Final = (1 << PLACE_BITS) - 1  # in the year 10889
EMPTY: Final = Page(body=b"", count=0, first=0, last=0, more=False)
LEVELS: Final = range(NO_LEVEL)
_CHUNK: Final = 16  # keys read from one of many ranges at a time, at least

# The innermost select's order is the order of the join above it and of what is put together: SQLite has no other way
# to walk a CROSS JOIN, and a test holds it to that. One step per page also means that the interpreter's lock is let
# go once, not a thousand times.
_JOINED: Final = "SELECT count(*), min(key), max(key), CAST(group_concat(body, ',') AS BLOB) FROM ({})"
_OF_RANGE: Final = "SELECT b.key AS key, b.body AS body FROM ({}) AS k CROSS JOIN body AS b ON b.key = k.key"
_NEWEST_OF_LEVEL: Final = (
    "SELECT key FROM record INDEXED BY record_newest WHERE newest AND collection = ?1 AND governing = {} AND key > ?2"
)
_NEWEST_KEYS: Final = {
    clearance: " UNION ALL ".join(_NEWEST_OF_LEVEL.format(level) for level in range(clearance + 1))
    + " ORDER BY key LIMIT ?3"
    for clearance in LEVELS
}
_OF_KEYS: Final = "SELECT b.key AS key, b.body AS body FROM carray(?1) AS k CROSS JOIN body AS b ON b.key = k.value"
_KEYS_MANIFEST: Final = (
    "SELECT r.id, r.key, r.version_text, r.governing FROM carray(?1) AS k CROSS JOIN record AS r ON r.key = k.value"
)

_BY_LEVEL: Final = (
    "SELECT key FROM record INDEXED BY record_by_level "
    "WHERE collection = ?1 AND key > ?2 AND governing = ?4 AND preceded = ?5 ORDER BY key LIMIT ?3"
)
_SHAPES_BY_LEVEL: Final = (
    "SELECT l.value, p.value FROM json_each(?3) AS l, json_each(?4) AS p WHERE EXISTS (SELECT 1 FROM record "
    "INDEXED BY record_by_level WHERE collection = ?1 AND key > ?2 AND governing = l.value AND preceded = p.value)"
)
_BY_TYPE: Final = (
    "SELECT key FROM record INDEXED BY record_by_type WHERE collection = ?1 AND key > ?2 "
    "AND type = ?4 AND newest = ?5 AND governing = ?6 {} ORDER BY key LIMIT ?3"
)
_BY_TYPE_ANY: Final = _BY_TYPE.format("")
_BY_TYPE_FIRST: Final = _BY_TYPE.format("AND preceded > ?7")
_SHAPES_BY_TYPE: Final = (
    "SELECT t.value, n.value, l.value FROM json_each(?3) AS t, json_each(?4) AS n, json_each(?5) AS l "
    "WHERE EXISTS (SELECT 1 FROM record INDEXED BY record_by_type WHERE collection = ?1 AND key > ?2 "
    "AND type = t.value AND newest = n.value AND governing = l.value)"
)
_BY_INSTANT: Final = (
    "SELECT key FROM record INDEXED BY record_by_version WHERE collection = ?1 AND key > ?2 "
    "AND version = ?4 AND governing = ?5 {} ORDER BY key LIMIT ?3"
)
_BY_INSTANT_ANY: Final = _BY_INSTANT.format("")
_BY_INSTANT_TYPES: Final = _BY_INSTANT.format("AND type IN (SELECT value FROM json_each(?6))")
_SHAPES_BY_INSTANT: Final = (
    "SELECT v.value, l.value FROM json_each(?3) AS v, json_each(?4) AS l WHERE EXISTS (SELECT 1 FROM record "
    "INDEXED BY record_by_version WHERE collection = ?1 AND key > ?2 AND version = v.value AND governing = l.value)"
)
_BY_ID: Final = (
    "SELECT key FROM record INDEXED BY record_by_id WHERE id IN (SELECT value FROM json_each(?4)) "
    "AND collection = ?1 AND key > ?2 AND governing <= ?5 "
    "AND (?6 OR (?7 AND newest) OR (?8 AND preceded > ?5) "
    "OR version IN (SELECT value FROM json_each(?9))) "
    "AND (?10 IS NULL OR type IN (SELECT value FROM json_each(?10))) ORDER BY key LIMIT ?3"
)
# (1) By `value`, where no row is read of a level or a collection that the reader may not see, so that the time tells
# nothing of it; (2) by the bodies of what has no rows there yet.
_BY_MARK: Final = (
    "SELECT v.key AS key FROM json_each(?4) AS m "  # noqa: S608 - one statement in another
    "CROSS JOIN json_each(?5) AS l CROSS JOIN value AS v "
    "ON v.mark = m.value AND v.governing = l.value AND v.key > ?2 AND v.key < (?1 + 1) << 48 "
    "CROSS JOIN record AS r ON r.key = v.key AND r.governing = v.governing WHERE r.newest "
    "AND (?6 IS NULL OR r.type IN (SELECT value FROM json_each(?6))) "
    "UNION SELECT r.key FROM (" + UNVALUED + ") AS w CROSS JOIN record AS r ON r.key = w.key "
    "CROSS JOIN body AS b ON b.key = r.key WHERE r.newest "
    "AND (?6 IS NULL OR r.type IN (SELECT value FROM json_each(?6))) AND holds_mark(b.body, ?4) "
    "ORDER BY key LIMIT ?3"
)
_BY_CONTENT: Final = (
    "SELECT DISTINCT m.key AS key FROM json_each(?4) AS i CROSS JOIN json_each(?5) AS p CROSS JOIN json_each(?6) AS l "
    "CROSS JOIN mention AS m ON m.name = i.value AND m.kind = ?7 AND m.publisher = p.value "
    "AND m.level = l.value AND m.key > ?2 AND m.key < (?1 + 1) << 48 CROSS JOIN record AS r ON r.key = m.key "
    "WHERE r.newest AND (?8 IS NULL OR r.type IN (SELECT value FROM json_each(?8))) ORDER BY m.key LIMIT ?3"
)
_NEWEST_PLACE: Final = (
    "SELECT max((SELECT key FROM record INDEXED BY record_by_level WHERE collection = ?1 AND governing = l.value "
    "AND preceded = p.value ORDER BY key DESC LIMIT 1)) FROM json_each(?2) AS l, json_each(?3) AS p"
)
_NEWEST: Final = (1,)
_ANY: Final = (0, 1)


@dataclass(frozen=True, slots=True)
class _Range:
    """A statement that gives keys in order, and its values from ?4 on; ?1 to ?3 are collection, after and limit."""

    sql: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query with the collection's number in place of its name."""

    query: Query
    number: int
    after: int  # key
    limit: int


def key_of(number: int, place: int) -> int:
    """The key of a place in the collection of that number."""
    return number << PLACE_BITS | place


def place_of(key: int) -> int:
    """The place in line that a key says."""
    return key & LAST_PLACE


def read_page(connection: apsw.Connection, number: int, query: Query, max_bytes: int) -> Page:
    """One page with bodies; `connection` shows one state for as long as this lasts."""
    asked = _asked(number, query)
    ranges = _ranges(connection, asked)
    if len(ranges) == 1:
        values = (number, asked.after, asked.limit, *ranges[0].values)
        page = _bodies(connection, _OF_RANGE.format(ranges[0].sql), values, max_bytes)
        next_place = _next_place(connection, asked, ranges[0], page)
        return replace(page, more=next_place > 0, next_place=next_place)
    keys = _merged(connection, asked, ranges, asked.limit + 1)
    if not keys:
        return EMPTY
    page = _bodies(connection, _OF_KEYS, (apsw.carray(array("q", keys[: asked.limit])),), max_bytes)
    more = page.count < len(keys)
    return replace(page, more=more, next_place=place_of(keys[page.count]) if more else 0)


def read_manifest(connection: apsw.Connection, number: int, query: Query) -> ManifestPage:
    """One page of ids, places and versions."""
    asked = _asked(number, query)
    keys = _merged(connection, asked, _ranges(connection, asked), asked.limit + 1)
    if not keys:
        return ManifestPage(rows=(), more=False)
    manifest_rows = rows(connection, _KEYS_MANIFEST, apsw.carray(array("q", keys[: asked.limit])))
    entries = tuple(ManifestRow(row_id, key & LAST_PLACE, text, level) for row_id, key, text, level in manifest_rows)
    return ManifestPage(rows=entries, more=len(keys) > asked.limit)


def keys_of_object(
    connection: apsw.Connection, number: int, object_id: str, clearance: int, versions: VersionMatch
) -> list[int]:
    """The keys of those versions of one object, in place order."""
    query = Query("", clearance, after=0, limit=1, ids=(object_id,), versions=versions)
    return _key_list(connection, number, _by_id(query), key_of(number, 0), -1)


def newest(connection: apsw.Connection, number: int, clearance: int) -> int:
    """The place of the newest record at or below the clearance, 0 if there is none."""
    levels, preceded = _numbers(range(clearance + 1)), _numbers(range(NO_LEVEL + 1))
    key = connection.execute(_NEWEST_PLACE, (number, levels, preceded)).get
    return place_of(key) if isinstance(key, int) else 0


def _asked(number: int, query: Query) -> _Asked:
    place = min(max(query.after, 0), LAST_PLACE)
    return _Asked(query, number, key_of(number, place), max(query.limit, 1))


def is_plain(query: Query) -> bool:
    """Whether this is the default poll: the last versions of everything, from a place on."""
    asked = query.versions
    filtered = query.ids or query.types or query.marks or query.contains
    return not (filtered or asked.first or asked.every or asked.instants) and asked.last


# ------------------------------------------------------------------------------------------------------------- bodies


def _bodies(connection: apsw.Connection, sql: str, values: tuple[Any, ...], max_bytes: int) -> Page:
    """The bodies that `sql` selects, put together inside SQLite; as many as fit, where all pass `max_bytes`."""
    # SQLite gives up as soon as a value would pass its limit of length: no page is ever built up beyond it.
    before = connection.limit(apsw.SQLITE_LIMIT_LENGTH, max_bytes)
    try:
        row = connection.execute(_JOINED.format(sql), values).get
    except apsw.TooBigError:
        row = None
    finally:
        connection.limit(apsw.SQLITE_LIMIT_LENGTH, before)
    if row is None:
        return _cut(connection.execute(sql, values), max_bytes)
    count, first, last, body = row
    return Page(body, count, first & LAST_PLACE, last & LAST_PLACE, more=False) if count else EMPTY


def _cut(key_bodies: Iterator[tuple[Any, ...]], max_bytes: int) -> Page:
    """The first of the rows (key, body), and as many more as fit; `more` where one did not."""
    bodies: list[bytes] = []
    first = last = size = 0
    more = False
    for key, body in key_bodies:
        size += len(body) + bool(bodies)
        if bodies and size > max_bytes:
            more = True
            break
        first = first or key & LAST_PLACE
        last = key & LAST_PLACE
        bodies.append(body)
    return Page(b",".join(bodies), len(bodies), first, last, more)


def _next_place(connection: apsw.Connection, asked: _Asked, of: _Range, page: Page) -> int:
    """The place of the record after the page, 0 where there is none."""
    # a page that was not cut off by its limits ends where everything ends
    if page.count == 0 or (page.count < asked.query.limit and not page.more):
        return 0
    after = key_of(asked.number, page.last)
    key = connection.execute(of.sql, (asked.number, after, 1, *of.values)).get
    return place_of(key) if isinstance(key, int) else 0


# --------------------------------------------------------------------------------------------------------------- keys


def _ranges(connection: apsw.Connection, asked: _Asked) -> list[_Range]:
    """Ranges that hold together what the query matches (some of it twice where it asks for a union of versions)."""
    query, versions = asked.query, asked.query.versions
    visible = range(query.clearance + 1)
    if query.ids or query.marks or query.contains:
        return [_looked_up(query)]

    def shapes(sql: str, *values: str) -> list[tuple[Any, ...]]:
        return rows(connection, sql, asked.number, asked.after, *values)

    def of_types(newest: Sequence[int], sql: str, *values: int) -> list[_Range]:
        range_values = shapes(_SHAPES_BY_TYPE, json.dumps(query.types), _numbers(newest), _numbers(visible))
        return [_Range(sql, (*shape, *values)) for shape in range_values]

    def of_levels(preceded: range) -> list[_Range]:
        range_values = shapes(_SHAPES_BY_LEVEL, _numbers(visible), _numbers(preceded))
        return [_Range(_BY_LEVEL, shape) for shape in range_values]

    if versions.every:
        return of_types(_ANY, _BY_TYPE_ANY) if query.types else of_levels(range(NO_LEVEL + 1))
    ranges: list[_Range] = []
    if versions.last:
        ranges += of_types(_NEWEST, _BY_TYPE_ANY) if query.types else [_Range(_NEWEST_KEYS[query.clearance])]
    if versions.first:
        if query.types:
            ranges += of_types(_ANY, _BY_TYPE_FIRST, query.clearance)
        else:
            ranges += of_levels(range(query.clearance + 1, NO_LEVEL + 1))
    if versions.instants:
        range_values = shapes(_SHAPES_BY_INSTANT, _numbers(versions.instants), _numbers(visible))
        sql, types = (_BY_INSTANT_TYPES, (json.dumps(query.types),)) if query.types else (_BY_INSTANT_ANY, ())
        ranges += [_Range(sql, (*shape, *types)) for shape in range_values]
    return ranges


def _looked_up(query: Query) -> _Range:
    """The range of records that are asked for by something in them."""
    types, visible = json.dumps(query.types) if query.types else None, _numbers(range(query.clearance + 1))
    if query.marks:
        return _Range(_BY_MARK, (_numbers(query.marks), visible, types, COMPARED_MOST))
    if query.contains:
        names = (json.dumps(query.contains), json.dumps(query.publishers))
        return _Range(_BY_CONTENT, (*names, visible, CONTAINED, types))
    return _by_id(query)


def _by_id(query: Query) -> _Range:
    versions = query.versions
    values = (
        json.dumps(query.ids),
        query.clearance,
        versions.every,
        versions.last,
        versions.first,
        _numbers(versions.instants),
        json.dumps(query.types) if query.types else None,
    )
    return _Range(_BY_ID, values)


def _merged(connection: apsw.Connection, asked: _Asked, ranges: Sequence[_Range], wanted: int) -> list[int]:
    """The first `wanted` keys in all ranges together, in order, each once.

    (1) Each range is read in chunks. (2) What is wanted cannot lie beyond the last of the first `wanted` keys met so
    far, so (3) only ranges that may hold more before that are read on, in chunks that grow up to `wanted`.
    """
    if len(ranges) == 1:
        return _key_list(connection, asked.number, ranges[0], asked.after, wanted)
    chunk = max(_CHUNK, 2 * wanted // max(1, len(ranges)))
    merged: list[int] = []
    reach = dict.fromkeys(range(len(ranges)), asked.after)  # how far each range that goes on was read
    behind = list(reach)
    while behind:
        for index in behind:  # (1)
            keys = _key_list(connection, asked.number, ranges[index], reach[index], chunk)
            merged += keys
            if len(keys) < chunk:
                del reach[index]
            else:
                reach[index] = keys[-1]
        merged.sort()
        merged = list(dict.fromkeys(merged))[:wanted]
        # (2)
        behind = [index for index, last in reach.items() if len(merged) < wanted or last < merged[-1]]
        chunk = max(min(2 * chunk, wanted), chunk)  # (3)
    return merged


def _key_list(connection: apsw.Connection, number: int, of: _Range, after: int, limit: int) -> list[int]:
    # as one JSON text: a step for each key would release the interpreter's lock and take it again for each
    together = f"SELECT json_group_array(key) FROM ({of.sql})"  # noqa: S608 - one of the statements above
    keys: list[int] = json.loads(rows(connection, together, number, after, limit, *of.values)[0][0])
    return keys


def _numbers(values: Sequence[int]) -> str:
    return json.dumps(list(values))
