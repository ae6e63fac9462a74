"""The audit trail as a chain of hashes. No I/O here.

1. An entry is a JSON text: what was done (`what`), when, by whom. It holds no content and no credential.
2. Beside the text stand *seals*: for each record of a collection that the act added, changed or removed, its place and a
   keyed hash of all that is kept of it (`trail.seal_of`); a removed one has `GONE`. The last seal of a place is what the
   record must match.
3. Each entry has a *digest*: SHA-256 of its text and seals, after a salt. With the salt unknown, a digest tells nothing.
4. Each entry has a *link*: SHA-256 of the link before it and its digest. Anybody who knows one link and the digests that
   follow can check each later link without seeing an entry: that is how members check that a hub only appends.

A store writes the entry of a change in the transaction of the change, where it has transactions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from hub.protocol.checkpoint import START, link_of

SEAL_BYTES: Final = 32
GONE: Final = bytes(SEAL_BYTES)  # the seal of a record that was removed
_PLACE_BYTES: Final = 8
_SALT_BYTES: Final = 16
_ENTRY_MARK: Final = b"\x00"  # begins what a digest is taken of; a link begins with another byte


@dataclass(frozen=True, slots=True)
class Act:
    """What is to be written: a word, what else is to be known of it as JSON values, and the seals that it sets.

    `collection` is that of the seals; `head` is the collection's head from now on, None where it does not move.
    """

    what: str
    about: Mapping[str, Any] = field(default_factory=dict)
    collection: str = ""
    head: int | None = None
    seals: Mapping[int, bytes] = field(default_factory=dict)  # by place


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """One entry as it is kept. `number` counts from 1; `link` is the head of the chain up to this entry."""

    number: int
    text: bytes
    seals: bytes
    digest: bytes
    link: bytes


@dataclass(frozen=True, slots=True)
class TrailHead:
    """How many entries there are, and the link of the last one."""

    size: int = 0
    link: bytes = START


def entries_of(acts: Sequence[Act], head: TrailHead, *, key: bytes, now: int) -> list[TrailEntry]:
    """The entries that follow `head` for these acts. `now` is in milliseconds since 1970."""
    entries: list[TrailEntry] = []
    for act in acts:
        about: dict[str, Any] = {"at": now, "what": act.what, **act.about}
        if act.collection:
            about["collection"] = act.collection
        if act.head is not None:
            about["head"] = act.head
        if act.seals:
            about["records"] = len(act.seals)
        entry = chained(head, orjson.dumps(about), packed(act.seals), key=key)
        entries.append(entry)
        head = TrailHead(entry.number, entry.link)
    return entries


def chained(head: TrailHead, text: bytes, seals: bytes, *, key: bytes) -> TrailEntry:
    """The entry after `head`."""
    number = head.size + 1
    digest = digest_of(number, text, seals, salt_of(key, number))
    return TrailEntry(number, text, seals, digest, link_of(head.link, digest))


def salt_of(key: bytes, number: int) -> bytes:
    """The salt of an entry; the key never leaves the hub, so an entry's digest gives no guess away."""
    return hashlib.blake2b(b"salt %d" % number, key=key, digest_size=_SALT_BYTES).digest()


def digest_of(number: int, text: bytes, seals: bytes, salt: bytes) -> bytes:
    """The digest of an entry."""
    head = b"%d %d %d\n" % (number, len(text), len(seals))
    return hashlib.sha256(b"".join((_ENTRY_MARK, salt, head, text, seals))).digest()


def packed(seals: Mapping[int, bytes]) -> bytes:
    """Seals as they are kept: place and hash, one behind the other."""
    return b"".join(place.to_bytes(_PLACE_BYTES, "big") + seal for place, seal in seals.items())


def unpacked(seals: bytes) -> Iterator[tuple[int, bytes]]:
    """(place, seal) of each; what a damaged entry has too many of at its end is left out."""
    width = _PLACE_BYTES + SEAL_BYTES
    for start in range(0, len(seals) - width + 1, width):
        middle = start + _PLACE_BYTES
        yield int.from_bytes(seals[start:middle], "big"), seals[middle : start + width]
