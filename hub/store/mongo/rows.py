"""What the MongoDB store keeps, as documents: their fields, and the filters that find them. Nothing here does any I/O.

A record is one document, found by where it stands in line:

    _id  "collection:place"      coll, place   again, for the indexes          n  the commit that wrote it last
    id, type, version, version_text, level, owner, publishers, revoked, accepted_at, body, digest: as in `base.Record`
    superseded, preceded         the lowest level among newer and among older versions of its id in its collection
    views                        which reading asks for it, see `views`: one equality, so a page is one indexed range

A record that was deleted leaves `{_id, coll, n}` behind for ever: places are never given out twice, and whoever still
tries to write the record, after sleeping since before its deletion, finds the seat taken.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import bson

from hub.store.base import NO_LEVEL, AccountRow, HeldVersion, ManifestRow, Query, Record, Status
from hub.store.line import NewRecord
from hub.taxii.filters import VersionMatch

Document = dict[str, Any]

# Indexes of the collection `objects`. Each page is one range of one of them per view, id, type or instant asked for.
BY_VIEW: Final = (("coll", 1), ("views", 1), ("place", 1))
BY_TYPE: Final = (("coll", 1), ("type", 1), ("views", 1), ("place", 1))
BY_ID: Final = (("id", 1), ("coll", 1), ("views", 1), ("place", 1))
BY_INSTANT: Final = (("coll", 1), ("version", 1), ("place", 1))

_LAST, _FIRST, _EVERY = 0, NO_LEVEL, 2 * NO_LEVEL  # plus a clearance of 0 to 4: the codes in `views`
EVERYTHING: Final = _EVERY + NO_LEVEL - 1  # the view of who sees every record there is
NO_BODY: Final = {"body": 0}
_COMPRESSION: Final = 1  # of zlib: plans are written once, read rarely and soon dropped


def row_id(collection: str, place: int) -> str:
    """The key of the record at that place."""
    return f"{collection}:{place:015d}"


def entry_id(collection: str, n: int) -> str:
    """The key of a log entry: text that sorts as the numbers do."""
    return f"{collection}:{n:015d}"


def log_range(collection: str, below: int | None = None) -> Document:
    """The keys of a collection's log entries, all of them or those before number `below`."""
    return {"$gt": f"{collection}:", "$lt": f"{collection};" if below is None else entry_id(collection, below)}


def views(level: int, superseded: int, preceded: int) -> list[int]:
    """The codes of a record: for which clearances it is the last version, the first, or one that may be seen at all."""
    last = [_LAST + clearance for clearance in range(level, superseded)]
    first = [_FIRST + clearance for clearance in range(level, preceded)]
    return last + first + [_EVERY + clearance for clearance in range(level, NO_LEVEL)]


def codes(versions: VersionMatch, clearance: int) -> list[int]:
    """The views that together hold what is asked for, instants aside."""
    if versions.every:
        return [_EVERY + clearance]
    return [_LAST + clearance] * versions.last + [_FIRST + clearance] * versions.first


def is_asked_for(row: Mapping[str, Any], versions: VersionMatch, clearance: int) -> bool:
    """What `page_filter` says of one row, for rows that are at hand."""
    seen = set(row["views"])
    return bool(seen.intersection(codes(versions, clearance))) or (
        row["version"] in versions.instants and _EVERY + clearance in seen
    )


def page_filter(query: Query, upto: int) -> Document:
    """The filter of one page: equalities (or a few, merged in order), then the range of places, sorted by place."""
    wanted: Document = {"coll": query.collection}
    if query.ids:
        wanted["id"] = _any_of(query.ids)
    if query.types:
        wanted["type"] = _any_of(query.types)
    places = {"$gt": query.after, "$lte": upto}
    asked = codes(query.versions, query.clearance)
    if not query.versions.instants or query.versions.every:
        return wanted | {"views": _any_of(asked), "place": places}
    by_instant = {"version": _any_of(query.versions.instants), "views": _EVERY + query.clearance, "place": places}
    if not asked:
        return wanted | by_instant
    return wanted | {"$or": [{"views": _any_of(asked), "place": places}, by_instant]}


def count_filter(collection: str, clearance: int, upto: int) -> Document:
    """All records at or below the clearance."""
    return {"coll": collection, "views": _EVERY + clearance, "place": {"$lte": upto}}


def _any_of(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else {"$in": list(values)}


def row_of(new: NewRecord, n: int) -> Document:
    """The document of a record that commit `n` adds."""
    record = new.record
    return {
        "_id": row_id(record.collection, record.place),
        "coll": record.collection,
        "place": record.place,
        "n": n,
        "id": record.id,
        "type": record.type,
        "version": record.version,
        "version_text": record.version_text,
        "level": record.level,
        "owner": record.owner,
        "publishers": list(record.publishers),
        "revoked": record.revoked,
        "accepted_at": record.accepted_at,
        "superseded": new.superseded_level,
        "preceded": new.preceded_level,
        "views": views(record.level, new.superseded_level, new.preceded_level),
        "body": record.body,
        "digest": record.digest,
    }


def record_of(row: Mapping[str, Any]) -> Record:
    """The record that a whole document keeps."""
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
    )


def held_of(row: Mapping[str, Any]) -> HeldVersion:
    """What `line` looks at; `key` is the document's."""
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
        place=row["place"],
    )


def manifest_row(row: Mapping[str, Any]) -> ManifestRow:
    """One line of a manifest."""
    return ManifestRow(row["id"], row["place"], row["version_text"])


def levels_change(row: Mapping[str, Any], superseded: int, preceded: int) -> Document:
    """What changes in a row whose neighbours changed: nothing (an empty document) where they are as they were."""
    if (row["superseded"], row["preceded"]) == (superseded, preceded):
        return {}
    return {
        "superseded": superseded,
        "preceded": preceded,
        "views": views(row["level"], superseded, preceded),
    }


def pack(content: Mapping[str, Any]) -> bytes:
    """A plan as it stands in its log entry: compressed, since it is there only until it is carried out."""
    return zlib.compress(bson.encode(content), _COMPRESSION)


def unpack(packed: bytes) -> Document:
    """What `pack` packed."""
    return bson.decode(zlib.decompress(packed))


def status_document(status: Status) -> Document:
    """A status as it is kept."""
    return {
        "_id": status.id,
        "coll": status.collection,
        "account": status.account,
        "publisher": status.publisher,
        "kept_at": status.kept_at,
        "body": status.body,
    }


def status_of(row: Mapping[str, Any]) -> Status:
    """What `status_document` keeps."""
    return Status(row["_id"], row["coll"], row["account"], row["publisher"], row["kept_at"], row["body"])


def account_document(account: AccountRow) -> Document:
    """An account as it is kept."""
    return {
        "_id": account.name,
        "kind": account.kind,
        "member": account.member,
        "password_hash": account.password_hash,
        "key_hashes": list(account.key_hashes),
        "disabled": account.disabled,
        "created_at": account.created_at,
    }


def account_of(row: Mapping[str, Any]) -> AccountRow:
    """What `account_document` keeps."""
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
    """Held versions by object id, as `line.settle` wants them."""
    held: dict[str, list[HeldVersion]] = {}
    for row in rows:
        held.setdefault(row["id"], []).append(held_of(row))
    return held
