"""The documents of the MongoDB store: their fields, and the filters that find them. No I/O here.

A record is one document, with its place in the line as key:

    _id  "collection:place"      coll, place   again, for the indexes          n  the last commit that wrote it
    id, type, version, version_text, level, source, reached, owner, publishers, revoked, accepted_at, names, contains,
    describes, body, digest      as in `records.Record` (reached: `lowest_level`)
    governing, newest, preceded, withdrawn   as in `records.Standing` (preceded: `preceding_level`)
    views                        the kinds of reading that find it, see `views`: with one equality a page is one range
    mentions                     which ids its publishers name, see `mention`: an index by the named ids
    marks                        of the values in it (`hub.stix.values`), for lookups

A deleted record leaves `{_id, coll, n}` behind for ever, its *seat*: places are never given out twice, and a writer that
slept since before the deletion and still tries to write the record finds the key taken.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import bson

from hub.stix.values import marks_in
from hub.store.histories import RowChange, Version
from hub.store.line import NewRecord
from hub.store.query import ManifestRow, Query
from hub.store.records import HIDDEN, NO_LEVEL, UNKNOWN_SOURCE, AccountRow, HeldVersion, Record, Standing, Status
from hub.taxii.filters import VersionMatch

Document = dict[str, Any]

# Indexes of the collection `objects`. Each page is one range of one of them for each requested view, id, type or instant.
BY_VIEW: Final = (("coll", 1), ("views", 1), ("place", 1))
BY_TYPE: Final = (("coll", 1), ("type", 1), ("views", 1), ("place", 1))
BY_ID: Final = (("id", 1), ("coll", 1), ("views", 1), ("place", 1))
BY_INSTANT: Final = (("coll", 1), ("version", 1), ("place", 1))
BY_MENTION: Final = (("mentions", 1), ("governing", 1))
BY_MARK: Final = (("marks", 1), ("coll", 1), ("governing", 1))

_LAST, _FIRST, _EVERY = 0, NO_LEVEL, 2 * NO_LEVEL  # plus a clearance of 0 to 4: the codes in `views`
EVERYTHING: Final = 3 * NO_LEVEL  # the code of every record, including hidden ones
OF_HIDDEN_LEVEL: Final = EVERYTHING + 1  # the code of records whose own level is HIDDEN
OF_UNKNOWN_LEVEL: Final = EVERYTHING + 2  # the code of records with a level from an older hub
NAMED, CONTAINED, DESCRIBED = 0, 1, 2  # the kinds of mention
WITHDRAWN: Final = 3  # added to the kind if the newest version of the mentioning object is a revocation
NO_BODY: Final = {"body": 0}
_COMPRESSION: Final = 1  # the fastest level of zlib: plans are read rarely and soon dropped


def row_id(collection: str, place: int) -> str:
    """The key of the record at that place."""
    return f"{collection}:{place:015d}"


def place_of(key: str) -> int:
    """The place in the key of a record."""
    return int(key.rpartition(":")[2])


def entry_id(collection: str, n: int) -> str:
    """The key of a log entry: text that sorts as the numbers do."""
    return f"{collection}:{n:015d}"


def log_range(collection: str, below: int | None = None) -> Document:
    """The keys of a collection's log entries, all of them or those before number `below`."""
    return {"$gt": f"{collection}:", "$lt": f"{collection};" if below is None else entry_id(collection, below)}


def views(standing: Standing, level: int, source: str) -> list[int]:
    """The codes of a record: for which clearances it is the last version, the first version, or readable at all.

    Further codes say whether the operator must decide about it (own level HIDDEN) or `hub init` must compute its level.
    """
    governing = standing.governing
    last = [_LAST + clearance for clearance in range(governing, NO_LEVEL)] if standing.newest else []
    first = [_FIRST + clearance for clearance in range(governing, standing.preceding_level)]
    every = [_EVERY + clearance for clearance in range(governing, NO_LEVEL)]
    pending = [OF_HIDDEN_LEVEL] * (level == HIDDEN) + [OF_UNKNOWN_LEVEL] * (source == UNKNOWN_SOURCE)
    return [*last, *first, *every, EVERYTHING, *pending]


def mention(kind: int, publisher: str, name: str) -> str:
    """The word in `mentions` for an id that a record of this publisher names."""
    return f"{kind}/{publisher}/{name}"


def description(name: str) -> str:
    """The word in `mentions` for an id whose content a record repeats, published by any member."""
    return f"describes/{name}"


def mentions(row: Mapping[str, Any]) -> list[str]:
    """The value of `mentions` of a row, from its other fields."""
    shift = WITHDRAWN if row["withdrawn"] else 0
    other_ids = {*row["contains"], row["describes"]}
    words = []
    for publisher in row["publishers"]:
        words += [mention(NAMED + shift, publisher, name) for name in row["names"] if name not in other_ids]
        words += [mention(CONTAINED + shift, publisher, name) for name in row["contains"]]
        if row["describes"]:
            words.append(mention(DESCRIBED + shift, publisher, row["describes"]))
    if row["describes"] and not row["withdrawn"]:
        words.append(description(row["describes"]))
    return words


def codes(versions: VersionMatch, clearance: int) -> list[int]:
    """The views that together contain the requested versions, except those requested by instant."""
    if versions.every:
        return [_EVERY + clearance]
    return [_LAST + clearance] * versions.last + [_FIRST + clearance] * versions.first


def matches(row: Mapping[str, Any], versions: VersionMatch, clearance: int) -> bool:
    """Whether `page_filter` would find this row for these versions."""
    views = set(row["views"])
    return bool(views.intersection(codes(versions, clearance))) or (
        row["version"] in versions.instants and _EVERY + clearance in views
    )


def page_filter(query: Query, upto: int) -> Document:
    """The filter of one page: equalities (if several, MongoDB merges them in order), then the range of places."""
    criteria: Document = {"coll": query.collection}
    if query.ids:
        criteria["id"] = _any_of(query.ids)
    if query.types:
        criteria["type"] = _any_of(query.types)
    if query.marks or query.contains:
        criteria["governing"] = {"$lte": query.clearance}
    if query.marks:
        criteria["marks"] = _any_of(query.marks)
    if query.contains:
        words = [mention(CONTAINED, publisher, name) for publisher in query.publishers for name in query.contains]
        criteria["mentions"] = _any_of(words)
    places = {"$gt": query.after, "$lte": upto}
    view_codes = codes(query.versions, query.clearance)
    if not query.versions.instants or query.versions.every:
        return criteria | {"views": _any_of(view_codes), "place": places}
    by_instant = {"version": _any_of(query.versions.instants), "views": _EVERY + query.clearance, "place": places}
    if not view_codes:
        return criteria | by_instant
    return criteria | {"$or": [{"views": _any_of(view_codes), "place": places}, by_instant]}


def count_filter(collection: str, clearance: int, upto: int) -> Document:
    """The filter of all visible records at or below the clearance."""
    return {"coll": collection, "views": _EVERY + clearance, "place": {"$lte": upto}}


def _any_of(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else {"$in": list(values)}


def row_of(new: NewRecord, n: int) -> Document:
    """The document of a record that commit `n` adds."""
    record, standing = new.record, new.standing
    row = {
        "_id": row_id(record.collection, record.place),
        "coll": record.collection,
        "place": record.place,
        "n": n,
        "id": record.id,
        "type": record.type,
        "version": record.version,
        "version_text": record.version_text,
        "level": record.level,
        "source": record.source,
        "reached": record.lowest_level,
        "owner": record.owner,
        "publishers": list(record.publishers),
        "revoked": record.revoked,
        "accepted_at": record.accepted_at,
        "names": list(record.named_ids),
        "contains": list(record.contained_ids),
        "describes": record.described_id,
        "governing": standing.governing,
        "newest": standing.newest,
        "preceded": standing.preceding_level,
        "withdrawn": standing.withdrawn,
        "views": views(standing, record.level, record.source),
        "body": record.body,
        "digest": record.digest,
    }
    if words := mentions(row):
        row["mentions"] = words
    if marks := marks_in(record.body):
        row["marks"] = list(marks)
    return row


def record_of(row: Mapping[str, Any]) -> Record:
    """The record in a whole document."""
    return Record(
        collection=row["coll"],
        place=row["place"],
        id=row["id"],
        type=row["type"],
        version=row["version"],
        version_text=row["version_text"],
        level=row["level"],
        owner=row["owner"],
        publishers=tuple(row["publishers"]),
        revoked=row["revoked"],
        accepted_at=row["accepted_at"],
        body=row["body"],
        digest=row["digest"],
        source=row["source"],
        lowest_level=row["reached"],
        named_ids=tuple(row["names"]),
        contained_ids=tuple(row["contains"]),
        described_id=row["describes"],
    )


def standing_of(row: Mapping[str, Any]) -> Standing:
    """The standing of a row among the versions of its id."""
    return Standing(row["governing"], row["newest"], row["preceded"], row["withdrawn"])


def version_of(row: Mapping[str, Any]) -> Version:
    """The properties of a row that decide its standing."""
    return Version(row["level"], row["revoked"], row["publishers"])


def held_version_of(row: Mapping[str, Any]) -> HeldVersion:
    """The row as `line` reads it; `key` is the document's key."""
    return HeldVersion(
        collection=row["coll"],
        id=row["id"],
        version=row["version"],
        level=row["level"],
        owner=row["owner"],
        publishers=tuple(row["publishers"]),
        revoked=row["revoked"],
        digest=row["digest"],
        key=row["_id"],
        type=row["type"],
        place=row["place"],
        source=row["source"],
        standing=standing_of(row),
        lowest_level=row["reached"],
        named_ids=tuple(row["names"]),
        contained_ids=tuple(row["contains"]),
    )


def manifest_row(row: Mapping[str, Any]) -> ManifestRow:
    """One line of a manifest."""
    return ManifestRow(row["id"], row["place"], row["version_text"], row["governing"])


def standing_change(row: Mapping[str, Any], standing: Standing) -> Document:
    """The fields to change in a row that gets this standing; none (an empty document) if it has it already."""
    if standing_of(row) == standing:
        return {}
    lowest_level = min(row["reached"], standing.governing)
    return row_change(row, RowChange(row["level"], row["source"], lowest_level, standing))


def row_change(row: Mapping[str, Any], change: RowChange) -> Document:
    """The fields of a row to change."""
    standing = change.standing
    fields: Document = {
        "level": change.level,
        "source": change.source,
        "reached": change.lowest_level,
        "governing": standing.governing,
        "newest": standing.newest,
        "preceded": standing.preceding_level,
        "withdrawn": standing.withdrawn,
        "views": views(standing, change.level, change.source),
    }
    return fields | _mentions_change(row, fields)


def publishers_change(row: Mapping[str, Any], publishers: Sequence[str]) -> Document:
    """The fields of a row to change for new publishers."""
    fields: Document = {"publishers": list(publishers)}
    return fields | _mentions_change(row, fields)


def _mentions_change(row: Mapping[str, Any], fields: Document) -> Document:
    return {"mentions": mentions({**row, **fields})} if "mentions" in row else {}


def pack_plan(content: Mapping[str, Any]) -> bytes:
    """The stored form of a plan: compressed BSON."""
    return zlib.compress(bson.encode(content), _COMPRESSION)


def unpack_plan(packed: bytes) -> Document:
    """The content of a packed plan."""
    return bson.decode(zlib.decompress(packed))


def status_document(status: Status) -> Document:
    """The document of a status."""
    return {
        "_id": status.id,
        "coll": status.collection,
        "account": status.account,
        "publisher": status.publisher,
        "kept_at": status.kept_at,
        "body": status.body,
    }


def status_of(row: Mapping[str, Any]) -> Status:
    """The status in a document."""
    return Status(row["_id"], row["coll"], row["account"], row["publisher"], row["kept_at"], row["body"])


def account_document(account: AccountRow, change: str, at: int) -> Document:
    """The document of an account, with the name of its last change, and whether the audit trail has the entry of that change."""
    return {
        "_id": account.name,
        "kind": account.kind,
        "member": account.member,
        "password_hash": account.password_hash,
        "key_hashes": list(account.key_hashes),
        "disabled": account.disabled,
        "created_at": account.created_at,
        "change": change,
        "changed_at": at,
        "noted": False,
    }


def account_of(row: Mapping[str, Any]) -> AccountRow:
    """The account in a document."""
    return AccountRow(
        name=row["_id"],
        kind=row["kind"],
        member=row["member"],
        password_hash=row["password_hash"],
        key_hashes=tuple(row["key_hashes"]),
        disabled=row["disabled"],
        created_at=row["created_at"],
    )


def by_id(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[HeldVersion]]:
    """Held versions by object id, as in `Answers.rows`."""
    versions: dict[str, list[HeldVersion]] = {}
    for row in rows:
        versions.setdefault(row["id"], []).append(held_version_of(row))
    return versions
