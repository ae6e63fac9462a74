"""The acts in the audit trail for batches, records and accounts (`chain` describes its form). No I/O here.

Seals are keyed hashes, so that nobody can confirm a guess about a purged object from the trail alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import orjson

from hub.store.batch import Batch, Outcome, Verdict
from hub.store.chain import SEAL_BYTES, Act
from hub.store.records import AccountRow, Record

KEY_BYTES: Final = 32  # of the key of seals and salts
HUB: Final = "hub"  # the account in an entry if the operator or the hub itself acted
SEALS_AT_ONCE: Final = 10_000  # in one entry of a restored or older store
_ID_BYTES: Final = 16  # of the keyed hash of an id

# The names of acts; `hub audit show` prints them.
BEGUN: Final = "begun"  # the first entry
PUBLISHED: Final = "published"
DELETED: Final = "deleted"
PURGED: Final = "purged"
RESTORED: Final = "restored"  # records from an archive, put into an empty collection
ADOPTED: Final = "adopted"  # the records of an older store when its trail began
CHANGED: Final = "changed"  # records that the store itself brought up to date
ACCOUNT: Final = "account"


def seal_of(key: bytes, record: Record) -> bytes:
    """The keyed hash of a stored record, without fields that are derived from it, its neighbours or its readers."""
    return _seal(_new_hash(key), record)


def seals_of(key: bytes, records: Iterable[Record]) -> dict[int, bytes]:
    """The seals of records, by place."""
    empty_hash = _new_hash(key)  # copying it is faster than making another one
    return {record.place: _seal(empty_hash.copy(), record) for record in records}


def _new_hash(key: bytes) -> hashlib.blake2b:
    return hashlib.blake2b(key=key, digest_size=SEAL_BYTES)


def _seal(keyed_hash: hashlib.blake2b, record: Record) -> bytes:
    fields = (
        record.collection,
        record.place,
        record.id,
        record.type,
        record.version,
        record.version_text,
        record.level,
        record.source,
        record.owner,
        record.publishers,
        record.revoked,
        record.accepted_at,
    )
    keyed_hash.update(orjson.dumps(fields))
    keyed_hash.update(record.digest)
    keyed_hash.update(record.body)
    return keyed_hash.digest()


# A store that adds the seals later makes an act without them.


def append_act(
    batch: Batch, outcomes: Iterable[Outcome], head: int | None, seals: Mapping[int, bytes] | None = None
) -> Act:
    """The act for a batch."""
    outcomes = list(outcomes)
    verdicts = [outcome.verdict for outcome in outcomes]
    counts = {word.value: verdicts.count(word) for word in Verdict}
    counts[Verdict.REFUSED.value] += batch.refused_count
    revoked = {candidate.index for candidate in batch.candidates if candidate.revoked}
    if revoked:
        added = (outcome.index for outcome in outcomes if outcome.verdict is Verdict.ADDED)
        counts["withdrawn"] = sum(index in revoked for index in added)
    about = {"account": batch.account, "member": batch.publisher, "status": batch.status_id, **counts}
    return Act(PUBLISHED, about, batch.collection, head, seals or {})


def delete_act(  # noqa: PLR0913 - the fields of the entry, by name
    key: bytes,
    collection: str,
    object_id: str,
    *,
    account: str,
    member: str,
    seals: Mapping[int, bytes] | None = None,
    head: int | None = None,
) -> Act:
    """The act for the deletion of a member's part in an object. The id is keyed, since the object may be purged later."""
    about = {"account": account, "member": member, "object": keyed_id(key, object_id)}
    return Act(DELETED, about, collection, head, seals or {})


def purge_act(key: bytes, collection: str, object_id: str, seals: Mapping[int, bytes] | None = None) -> Act:
    """The act for the purge of an object."""
    return Act(PURGED, {"account": HUB, "object": keyed_id(key, object_id)}, collection, None, seals or {})


def change_act(collection: str, head: int | None, seals: Mapping[int, bytes] | None = None) -> Act:
    """The act for new levels, which `hub init` computes or the operator decides for hidden records."""
    return Act(CHANGED, {"account": HUB}, collection, head, seals or {})


def restore_act(collection: str, head: int, seals: Mapping[int, bytes] | None = None) -> Act:
    """The act for restored records. Without seals it begins a restore: earlier seals of the collection no longer count."""
    return Act(RESTORED, {"account": HUB}, collection, head, seals or {})


def head_act(collection: str, head: int) -> Act:
    """The act for the end of a restore: the collection's head."""
    return Act(RESTORED, {"account": HUB, "ended": True}, collection, head)


def adopt_acts(key: bytes, collection: str, head: int, records: Iterable[Record]) -> Iterator[Act]:
    """The acts for the records that a collection has when its trail begins."""
    seals: dict[int, bytes] = {}
    for record in records:
        seals[record.place] = seal_of(key, record)
        if len(seals) == SEALS_AT_ONCE:
            yield Act(ADOPTED, {}, collection, head, seals)
            seals = {}
    yield Act(ADOPTED, {}, collection, head, seals)


def account_act(key: bytes, row: AccountRow) -> Act:
    """The act for a written account: its name and rights, and a keyed hash of the whole row, but no hash of a credential."""
    return Act(
        ACCOUNT,
        {
            "account": row.name,
            "kind": row.kind,
            "member": row.member,
            "disabled": row.disabled,
            "login": "password" if row.password_hash else "key",
            "seal": account_seal(key, row),
        },
    )


def account_seal(key: bytes, row: AccountRow) -> str:
    """The keyed hash of a stored account."""
    fields = [
        row.name,
        row.kind,
        row.member,
        row.password_hash,
        sorted(row.key_hashes),
        row.disabled,
        row.created_at,
    ]
    return hashlib.blake2b(orjson.dumps(fields), key=key, digest_size=SEAL_BYTES).hexdigest()


def keyed_id(key: bytes, object_id: str) -> str:
    """The keyed hash of an object's id: anybody who has the key and the id can verify that the entry is about this object."""
    return hashlib.blake2b(object_id.encode(), key=key, digest_size=_ID_BYTES).hexdigest()
