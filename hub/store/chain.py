"""The audit trail as a chain of hashes. No I/O here.

1. An entry is a JSON text: what was done (`what`), when, by whom. It contains no content and no credential.
2. Beside the text it has *seals*: for each record that the act added, changed or removed, its place and a keyed hash of
   the stored record (`trail.seal_of`); a removed record has `GONE`. The record must match the last seal of its place.
3. Each entry has a *digest*: SHA-256 of a salt, its text and its seals. Without the salt a digest reveals nothing.
4. Each entry has a *link*: SHA-256 of the previous link and its digest. Anybody who knows one link and the digests after
   it can check each later link without seeing an entry. So members check that a hub only appends.

A store that has transactions writes the entry of a change in the same transaction as the change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from hub.protocol.checkpoint import START, link_of

SEAL_BYTES: Final = 32
GONE: Final = bytes(SEAL_BYTES)  # the seal of a removed record
_PLACE_BYTES: Final = 8
_SALT_BYTES: Final = 16
_ENTRY_MARK: Final = b"\x00"  # the first byte of a digest's input; a link's input begins with another byte


@dataclass(frozen=True, slots=True)
class Act:
    """One act to write into the trail: its name, details as JSON values, and the seals that it sets.

    `collection` is the one of the seals; `head` is the collection's new head, None if it does not move.
    """

    name: str
    details: Mapping[str, Any] = field(default_factory=dict)
    collection: str = ""
    head: int | None = None
    seals: Mapping[int, bytes] = field(default_factory=dict)  # by place


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """One stored entry. `number` counts from 1; `link` is the head of the chain up to this entry."""

    number: int
    text: bytes
    seals: bytes
    digest: bytes
    link: bytes


@dataclass(frozen=True, slots=True)
class TrailHead:
    """The number of entries, and the link of the last one."""

    size: int = 0
    link: bytes = START


def make_entries(acts: Sequence[Act], head: TrailHead, *, key: bytes, now: int) -> list[TrailEntry]:
    """The entries that follow `head` for these acts. `now` is in milliseconds since 1970."""
    entries: list[TrailEntry] = []
    for act in acts:
        content: dict[str, Any] = {"at": now, "what": act.name, **act.details}
        if act.collection:
            content["collection"] = act.collection
        if act.head is not None:
            content["head"] = act.head
        if act.seals:
            content["records"] = len(act.seals)
        entry = next_entry(head, orjson.dumps(content), pack_seals(act.seals), key=key)
        entries.append(entry)
        head = TrailHead(entry.number, entry.link)
    return entries


def next_entry(head: TrailHead, text: bytes, seals: bytes, *, key: bytes) -> TrailEntry:
    """The entry after `head`."""
    number = head.size + 1
    digest = digest_of(number, text, seals, salt_of(key, number))
    return TrailEntry(number, text, seals, digest, link_of(head.link, digest))


def salt_of(key: bytes, number: int) -> bytes:
    """The salt of an entry; the key never leaves the hub, so nobody can confirm a guess by an entry's digest."""
    return hashlib.blake2b(b"salt %d" % number, key=key, digest_size=_SALT_BYTES).digest()


def digest_of(number: int, text: bytes, seals: bytes, salt: bytes) -> bytes:
    """The digest of an entry."""
    head = b"%d %d %d\n" % (number, len(text), len(seals))
    return hashlib.sha256(b"".join((_ENTRY_MARK, salt, head, text, seals))).digest()


def pack_seals(seals: Mapping[int, bytes]) -> bytes:
    """The stored form of seals: place and hash, one after the other."""
    return b"".join(place.to_bytes(_PLACE_BYTES, "big") + seal for place, seal in seals.items())


def unpack_seals(seals: bytes) -> Iterator[tuple[int, bytes]]:
    """(place, seal) of each seal; extra bytes at the end of a damaged entry are ignored."""
    width = _PLACE_BYTES + SEAL_BYTES
    for start in range(0, len(seals) - width + 1, width):
        middle = start + _PLACE_BYTES
        yield int.from_bytes(seals[start:middle], "big"), seals[middle : start + width]
