"""What a trail says of the store, read from its first entry on; and what is wrong with the trail itself."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from hub.protocol.checkpoint import START, link_of
from hub.store import trail
from hub.store.chain import GONE, SEAL_BYTES, TrailEntry, TrailHead, digest_of, salt_of, unpacked

DELIVERED: Final = "delivered"  # what the delivery ledger noted since the entry before
READ: Final = "read"  # pages with AMBER+STRICT or RED, by account and interval
REFUSED_LOGIN: Final = "refused login"
SIGNED_IN: Final = "signed in"  # through an OpenID Connect provider: which person, as which account
COMMAND: Final = "command"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as the hub wrote it. `kind` is one word, for programs."""

    kind: str
    where: str
    message: str


class Seals:
    """The last seal of each place of a collection; 40 bytes each, since a store may hold millions."""

    def __init__(self) -> None:
        self._places = array("q")
        self._seals = bytearray()

    def put(self, place: int, seal: bytes) -> None:
        """Note the seal of a place, new or changed."""
        index = len(self._places)
        if index and place <= self._places[-1]:
            index = bisect_left(self._places, place)
        if index < len(self._places) and self._places[index] == place:
            self._seals[index * SEAL_BYTES : (index + 1) * SEAL_BYTES] = seal
            return
        self._places.insert(index, place)
        self._seals[index * SEAL_BYTES : index * SEAL_BYTES] = seal

    def get(self, place: int) -> bytes | None:
        """The seal of a place: `GONE` where its record was removed, None where there never was one."""
        index = bisect_left(self._places, place)
        if index == len(self._places) or self._places[index] != place:
            return None
        return bytes(self._seals[index * SEAL_BYTES : (index + 1) * SEAL_BYTES])

    def present(self) -> Iterator[int]:
        """The places that have a record, in order."""
        for index, place in enumerate(self._places):
            if self._seals[index * SEAL_BYTES : (index + 1) * SEAL_BYTES] != GONE:
                yield place


@dataclass(slots=True)
class TrailState:
    """What holds after the entries that were read."""

    head: TrailHead = field(default_factory=TrailHead)
    seals: dict[str, Seals] = field(default_factory=dict)  # by collection
    heads: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)  # name -> seal
    deliveries: dict[str, list[Any]] = field(default_factory=dict)  # key of the ledger -> its value
    delivered_upto: int = 0  # number of the last fact of the ledger that is noted
    findings: list[Finding] = field(default_factory=list)

    def read(self, entries: Iterable[TrailEntry], key: bytes, upto: int | None = None) -> TrailState:
        """Read further entries, to that number at most."""
        for entry in entries:
            if upto is not None and entry.number > upto:
                break
            self._read_one(entry, key)
        return self

    def _read_one(self, entry: TrailEntry, key: bytes) -> None:
        # (1) the chain
        if entry.number != self.head.size + 1:
            self._find(entry, f"the entries {self.head.size + 1} to {entry.number - 1} are missing")
        digest = digest_of(entry.number, entry.text, entry.seals, salt_of(key, entry.number))
        if digest != entry.digest:
            self._find(entry, "its text or its seals were changed")
        elif link_of(self.head.link, digest) != entry.link:
            self._find(entry, "it does not follow the entry before it: entries were changed, removed or reordered")
        # the link as it is kept: one changed entry is one finding
        self.head = TrailHead(entry.number, entry.link)
        # (2) what it says
        about = about_of(entry)
        if about is None:
            return
        try:
            self._apply(about, entry.seals)
        except (KeyError, TypeError, ValueError, AttributeError):
            self._find(entry, "it is not as the hub writes entries")

    def _apply(self, about: Mapping[str, Any], seals: bytes) -> None:
        collection = about.get("collection")
        if isinstance(collection, str):
            collection_seals = self.seals.setdefault(collection, Seals())
            if about["what"] == trail.RESTORED and not seals and "ended" not in about:
                collection_seals = self.seals[collection] = Seals()
            for place, seal in unpacked(seals):
                collection_seals.put(place, seal)
            if isinstance(about.get("head"), int):
                self.heads[collection] = about["head"]
        elif about["what"] == trail.ACCOUNT:
            self.accounts[str(about.get("account"))] = str(about.get("seal"))
        elif about["what"] == DELIVERED:
            self.deliveries.update({str(name): value for name, value in about.get("notes", {}).items()})
            self.delivered_upto = max(self.delivered_upto, int(about.get("upto", 0)))

    def _find(self, entry: TrailEntry, message: str) -> None:
        self.findings.append(Finding("trail", f"entry {entry.number}", message))


def about_of(entry: TrailEntry) -> dict[str, Any] | None:
    """What an entry says; None where it was damaged."""
    return about_text(entry.text)


def about_text(text: bytes) -> dict[str, Any] | None:
    """What the text of an entry says; None where it was damaged."""
    try:
        about = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return about if isinstance(about, dict) and isinstance(about.get("what"), str) else None


def link_at(entries: Iterable[TrailEntry], size: int) -> bytes | None:
    """The link of the entry of that number; None where there is none."""
    if size == 0:
        return START
    return next((entry.link for entry in entries if entry.number == size), None)
