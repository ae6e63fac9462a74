"""What the audit trail says of records, accounts and batches (`chain` has its form). No I/O here.

Seals are keyed hashes, so that a trail alone does not confirm a guess at what was purged.
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
HUB: Final = "hub"  # the account that an entry names where the operator or the hub itself acted
SEALS_AT_ONCE: Final = 10_000  # in one entry of a restored or older store
_ID_BYTES: Final = 16  # of the keyed hash of an id

# What an entry may be about; `hub audit show` prints these words.
BEGUN: Final = "begun"  # the first entry
PUBLISHED: Final = "published"
DELETED: Final = "deleted"
PURGED: Final = "purged"
RESTORED: Final = "restored"  # records put back from an archive into an empty collection
ADOPTED: Final = "adopted"  # what an older store held when its trail began
CHANGED: Final = "changed"  # records that the store itself brought up to date
ACCOUNT: Final = "account"


def seal_of(key: bytes, record: Record) -> bytes:
    """The keyed hash of what is kept of a record: all but what follows from it and its neighbours, or is noted of readers."""
    return _seal(_keyed(key), record)


def seals_of(key: bytes, records: Iterable[Record]) -> dict[int, bytes]:
    """The seals of records, by place."""
    keyed = _keyed(key)  # a copy of it is made faster than another one
    return {record.place: _seal(keyed.copy(), record) for record in records}


def _keyed(key: bytes) -> hashlib.blake2b:
    return hashlib.blake2b(key=key, digest_size=SEAL_BYTES)


def _seal(keyed: hashlib.blake2b, record: Record) -> bytes:
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
    keyed.update(orjson.dumps(fields))
    keyed.update(record.digest)
    keyed.update(record.body)
    return keyed.digest()


# Where a store adds the seals afterwards, an act is made without them.


def append_act(
    batch: Batch, outcomes: Iterable[Outcome], head: int | None, seals: Mapping[int, bytes] | None = None
) -> Act:
    """What is written of a batch."""
    outcomes = list(outcomes)
    verdicts = [outcome.verdict for outcome in outcomes]
    counts = {word.value: verdicts.count(word) for word in Verdict}
    counts[Verdict.REFUSED.value] += batch.refused
    revoked = {candidate.index for candidate in batch.candidates if candidate.revoked}
    if revoked:
        added = (outcome.index for outcome in outcomes if outcome.verdict is Verdict.ADDED)
        counts["withdrawn"] = sum(index in revoked for index in added)
    about = {"account": batch.account, "member": batch.publisher, "status": batch.status_id, **counts}
    return Act(PUBLISHED, about, batch.collection, head, seals or {})


def delete_act(  # noqa: PLR0913 - what is written, by name
    key: bytes,
    collection: str,
    object_id: str,
    *,
    account: str,
    member: str,
    seals: Mapping[int, bytes] | None = None,
    head: int | None = None,
) -> Act:
    """What is written when a member's part in an object is deleted. Its id is keyed, since it may be purged later."""
    about = {"account": account, "member": member, "object": keyed_id(key, object_id)}
    return Act(DELETED, about, collection, head, seals or {})


def purge_act(key: bytes, collection: str, object_id: str, seals: Mapping[int, bytes] | None = None) -> Act:
    """What is written when an object is purged."""
    return Act(PURGED, {"account": HUB, "object": keyed_id(key, object_id)}, collection, None, seals or {})


def change_act(collection: str, head: int | None, seals: Mapping[int, bytes] | None = None) -> Act:
    """What is written when `hub init` gives records other levels, or the operator decides about hidden ones."""
    return Act(CHANGED, {"account": HUB}, collection, head, seals or {})


def restore_act(collection: str, head: int, seals: Mapping[int, bytes] | None = None) -> Act:
    """What is written when records are put back. Without seals it begins a restore: what was sealed before is void."""
    return Act(RESTORED, {"account": HUB}, collection, head, seals or {})


def head_act(collection: str, head: int) -> Act:
    """What is written when a restore ends: where its head is."""
    return Act(RESTORED, {"account": HUB, "ended": True}, collection, head)


def adopt_acts(key: bytes, collection: str, head: int, records: Iterable[Record]) -> Iterator[Act]:
    """What is written of the records that a collection holds when its trail begins."""
    seals: dict[int, bytes] = {}
    for record in records:
        seals[record.place] = seal_of(key, record)
        if len(seals) == SEALS_AT_ONCE:
            yield Act(ADOPTED, {}, collection, head, seals)
            seals = {}
    yield Act(ADOPTED, {}, collection, head, seals)


def account_act(key: bytes, row: AccountRow) -> Act:
    """What is written when an account is: who it is, and a keyed hash of the whole row. Credentials' hashes stay out."""
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
    """The keyed hash of what is kept of an account."""
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
    """The keyed form of a purged object's id: anybody who has the key and the id can verify that it was this object."""
    return hashlib.blake2b(object_id.encode(), key=key, digest_size=_ID_BYTES).hexdigest()
