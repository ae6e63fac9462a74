"""Reading pages from the SQLite store: the matching records in place order, with their bodies joined.

A query reads one or a few ranges of an index, each in place order. The common poll (the newest versions of all types) is
one statement, in which SQLite merges a range for each level; `_merged_keys` merges the ranges of other queries. See
`migrations` for the indexes. No statement reads a record that the reader may not see, and no cost grows with the collection.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import apsw

from hub.store.base import MOST_COMPARED
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

# The innermost select's order is the order of the join above it and of the joined text: SQLite has no other way to walk a
# CROSS JOIN, and a test checks it. One step per page also releases the interpreter's lock once, not a thousand times.
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
# (1) By `value`, without reading a row of a level or collection that the reader may not see, so that the time reveals
# nothing about such rows; (2) by the bodies of records that have no rows in `value` yet.
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
class _PageRequest:
    """A query with the collection's number in place of its name."""

    query: Query
    number: int
    after: int  # key
    limit: int


def key_of(number: int, place: int) -> int:
    """The key of a place in the collection of that number."""
    return number << PLACE_BITS | place


def place_of(key: int) -> int:
    """The place in the line in a key."""
    return key & LAST_PLACE


def read_page(connection: apsw.Connection, number: int, query: Query, max_bytes: int) -> Page:
    """One page with bodies; `connection` shows one state for as long as this lasts."""
    request = _page_request(number, query)
    ranges = _ranges(connection, request)
    if len(ranges) == 1:
        values = (number, request.after, request.limit, *ranges[0].values)
        page = _bodies(connection, _OF_RANGE.format(ranges[0].sql), values, max_bytes)
        next_place = _next_place(connection, request, ranges[0], page)
        return replace(page, more=next_place > 0, next_place=next_place)
    keys = _merged_keys(connection, request, ranges, request.limit + 1)
    if not keys:
        return EMPTY
    page = _bodies(connection, _OF_KEYS, (apsw.carray(array("q", keys[: request.limit])),), max_bytes)
    more = page.count < len(keys)
    return replace(page, more=more, next_place=place_of(keys[page.count]) if more else 0)


def read_manifest(connection: apsw.Connection, number: int, query: Query) -> ManifestPage:
    """One page of ids, places and versions."""
    request = _page_request(number, query)
    keys = _merged_keys(connection, request, _ranges(connection, request), request.limit + 1)
    if not keys:
        return ManifestPage(rows=(), more=False)
    manifest_rows = rows(connection, _KEYS_MANIFEST, apsw.carray(array("q", keys[: request.limit])))
    entries = tuple(ManifestRow(row_id, key & LAST_PLACE, text, level) for row_id, key, text, level in manifest_rows)
    return ManifestPage(rows=entries, more=len(keys) > request.limit)


def keys_of_object(
    connection: apsw.Connection, number: int, object_id: str, clearance: int, versions: VersionMatch
) -> list[int]:
    """The keys of the matching versions of one object, in place order."""
    query = Query("", clearance, after=0, limit=1, ids=(object_id,), versions=versions)
    return _key_list(connection, number, _by_id(query), key_of(number, 0), -1)


def newest_place(connection: apsw.Connection, number: int, clearance: int) -> int:
    """The place of the newest record at or below the clearance, 0 if there is none."""
    levels, preceded = _numbers(range(clearance + 1)), _numbers(range(NO_LEVEL + 1))
    key = connection.execute(_NEWEST_PLACE, (number, levels, preceded)).get
    return place_of(key) if isinstance(key, int) else 0


def _page_request(number: int, query: Query) -> _PageRequest:
    place = min(max(query.after, 0), LAST_PLACE)
    return _PageRequest(query, number, key_of(number, place), max(query.limit, 1))


def is_plain(query: Query) -> bool:
    """Whether this is the default poll: the last versions of all objects after a place."""
    versions = query.versions
    filtered = query.ids or query.types or query.marks or query.contains
    return not (filtered or versions.first or versions.every or versions.instants) and versions.last


# ------------------------------------------------------------------------------------------------------------- bodies


def _bodies(connection: apsw.Connection, sql: str, values: tuple[Any, ...], max_bytes: int) -> Page:
    """The bodies that `sql` selects, joined inside SQLite; if together they exceed `max_bytes`, as many as fit."""
    # SQLite stops as soon as a value would exceed its limit of length, so no page grows beyond it
    old_limit = connection.limit(apsw.SQLITE_LIMIT_LENGTH, max_bytes)
    try:
        row = connection.execute(_JOINED.format(sql), values).get
    except apsw.TooBigError:
        row = None
    finally:
        connection.limit(apsw.SQLITE_LIMIT_LENGTH, old_limit)
    if row is None:
        return _shortened_page(connection.execute(sql, values), max_bytes)
    count, first, last, body = row
    return Page(body, count, first & LAST_PLACE, last & LAST_PLACE, more=False) if count else EMPTY


def _shortened_page(key_bodies: Iterator[tuple[Any, ...]], max_bytes: int) -> Page:
    """The first of the rows (key, body), and as many more as fit; `more` if one did not fit."""
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


def _next_place(connection: apsw.Connection, request: _PageRequest, key_range: _Range, page: Page) -> int:
    """The place of the record after the page, 0 if there is none."""
    # a page below its limits is the last one
    if page.count == 0 or (page.count < request.query.limit and not page.more):
        return 0
    after = key_of(request.number, page.last)
    key = connection.execute(key_range.sql, (request.number, after, 1, *key_range.values)).get
    return place_of(key) if isinstance(key, int) else 0


# --------------------------------------------------------------------------------------------------------------- keys


def _ranges(connection: apsw.Connection, request: _PageRequest) -> list[_Range]:
    """Ranges that together contain all matches (some twice if the query asks for a union of versions)."""
    query, versions = request.query, request.query.versions
    visible = range(query.clearance + 1)
    if query.ids or query.marks or query.contains:
        return [_lookup_range(query)]

    def shapes(sql: str, *values: str) -> list[tuple[Any, ...]]:
        return rows(connection, sql, request.number, request.after, *values)

    def ranges_by_type(newest: Sequence[int], sql: str, *values: int) -> list[_Range]:
        range_values = shapes(_SHAPES_BY_TYPE, json.dumps(query.types), _numbers(newest), _numbers(visible))
        return [_Range(sql, (*shape, *values)) for shape in range_values]

    def ranges_by_level(preceding_levels: range) -> list[_Range]:
        range_values = shapes(_SHAPES_BY_LEVEL, _numbers(visible), _numbers(preceding_levels))
        return [_Range(_BY_LEVEL, shape) for shape in range_values]

    if versions.every:
        return ranges_by_type(_ANY, _BY_TYPE_ANY) if query.types else ranges_by_level(range(NO_LEVEL + 1))
    ranges: list[_Range] = []
    if versions.last:
        ranges += ranges_by_type(_NEWEST, _BY_TYPE_ANY) if query.types else [_Range(_NEWEST_KEYS[query.clearance])]
    if versions.first:
        if query.types:
            ranges += ranges_by_type(_ANY, _BY_TYPE_FIRST, query.clearance)
        else:
            ranges += ranges_by_level(range(query.clearance + 1, NO_LEVEL + 1))
    if versions.instants:
        range_values = shapes(_SHAPES_BY_INSTANT, _numbers(versions.instants), _numbers(visible))
        sql, types = (_BY_INSTANT_TYPES, (json.dumps(query.types),)) if query.types else (_BY_INSTANT_ANY, ())
        ranges += [_Range(sql, (*shape, *types)) for shape in range_values]
    return ranges


def _lookup_range(query: Query) -> _Range:
    """The range of a query by ids, values or contained ids."""
    types, visible = json.dumps(query.types) if query.types else None, _numbers(range(query.clearance + 1))
    if query.marks:
        return _Range(_BY_MARK, (_numbers(query.marks), visible, types, MOST_COMPARED))
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


def _merged_keys(connection: apsw.Connection, request: _PageRequest, ranges: Sequence[_Range], count: int) -> list[int]:
    """The first `count` keys of all ranges together, in order, each once.

    (1) Read each range in chunks. (2) No result lies beyond the last of the first `count` keys so far, so (3) read on
    only in ranges that may have more keys before it, in chunks that grow up to `count`.
    """
    if len(ranges) == 1:
        return _key_list(connection, request.number, ranges[0], request.after, count)
    chunk = max(_CHUNK, 2 * count // max(1, len(ranges)))
    merged: list[int] = []
    last_keys = dict.fromkeys(range(len(ranges)), request.after)  # the last key read of each range that has more
    unfinished = list(last_keys)
    while unfinished:
        for index in unfinished:  # (1)
            keys = _key_list(connection, request.number, ranges[index], last_keys[index], chunk)
            merged += keys
            if len(keys) < chunk:
                del last_keys[index]
            else:
                last_keys[index] = keys[-1]
        merged.sort()
        merged = list(dict.fromkeys(merged))[:count]
        # (2)
        unfinished = [index for index, last in last_keys.items() if len(merged) < count or last < merged[-1]]
        chunk = max(min(2 * chunk, count), chunk)  # (3)
    return merged


def _key_list(connection: apsw.Connection, number: int, key_range: _Range, after: int, limit: int) -> list[int]:
    # one JSON text: a step for each key would release and take the interpreter's lock each time
    statement = f"SELECT json_group_array(key) FROM ({key_range.sql})"  # noqa: S608 - one of the statements above
    keys: list[int] = json.loads(rows(connection, statement, number, after, limit, *key_range.values)[0][0])
    return keys


def _numbers(values: Sequence[int]) -> str:
    return json.dumps(list(values))
