"""The state of the store according to the trail, read from its first entry on; and what is wrong with the trail itself."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from hub.protocol.checkpoint import START, link_of
from hub.store import trail
from hub.store.chain import GONE, SEAL_BYTES, TrailEntry, TrailHead, digest_of, salt_of, unpack_seals

DELIVERED: Final = "delivered"  # what the delivery ledger noted since the last such entry
READ: Final = "read"  # pages with AMBER+STRICT or RED, by account and interval
REFUSED_LOGIN: Final = "refused login"
SIGNED_IN: Final = "signed in"  # through an OpenID Connect provider: the person and the account
COMMAND: Final = "command"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the store or trail that differs from what the hub wrote. `kind` is one word, for programs."""

    kind: str
    location: str
    message: str


class Seals:
    """The last seal of each place of a collection; 40 bytes each, since a store may hold millions."""

    def __init__(self) -> None:
        self._places = array("q")
        self._seals = bytearray()

    def put(self, place: int, seal: bytes) -> None:
        """Set the seal of a place."""
        index = len(self._places)
        if index and place <= self._places[-1]:
            index = bisect_left(self._places, place)
        if index < len(self._places) and self._places[index] == place:
            self._seals[index * SEAL_BYTES : (index + 1) * SEAL_BYTES] = seal
            return
        self._places.insert(index, place)
        self._seals[index * SEAL_BYTES : index * SEAL_BYTES] = seal

    def get(self, place: int) -> bytes | None:
        """The seal of a place: `GONE` if its record was removed, None if there never was a record."""
        index = bisect_left(self._places, place)
        if index == len(self._places) or self._places[index] != place:
            return None
        return bytes(self._seals[index * SEAL_BYTES : (index + 1) * SEAL_BYTES])

    def places(self) -> Iterator[int]:
        """The places that have a record, in order."""
        for index, place in enumerate(self._places):
            if self._seals[index * SEAL_BYTES : (index + 1) * SEAL_BYTES] != GONE:
                yield place


@dataclass(slots=True)
class TrailState:
    """The state of the store after the entries that were read."""

    head: TrailHead = field(default_factory=TrailHead)
    seals: dict[str, Seals] = field(default_factory=dict)  # by collection
    heads: dict[str, int] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)  # name -> seal
    deliveries: dict[str, list[Any]] = field(default_factory=dict)  # key of the ledger -> its value
    last_ledger_fact: int = 0  # number of the last fact of the ledger that is noted
    findings: list[Finding] = field(default_factory=list)

    def read(self, entries: Iterable[TrailEntry], key: bytes, last_number: int | None = None) -> TrailState:
        """Read further entries, up to `last_number`; return self."""
        for entry in entries:
            if last_number is not None and entry.number > last_number:
                break
            self._read_entry(entry, key)
        return self

    def _read_entry(self, entry: TrailEntry, key: bytes) -> None:
        # (1) the chain
        if entry.number != self.head.size + 1:
            self._add_finding(entry, f"the entries {self.head.size + 1} to {entry.number - 1} are missing")
        digest = digest_of(entry.number, entry.text, entry.seals, salt_of(key, entry.number))
        if digest != entry.digest:
            self._add_finding(entry, "its text or its seals were changed")
        elif link_of(self.head.link, digest) != entry.link:
            self._add_finding(
                entry, "it does not follow the entry before it: entries were changed, removed or reordered"
            )
        # continue from the stored link, so that one changed entry is one finding
        self.head = TrailHead(entry.number, entry.link)
        # (2) its content
        content = content_of(entry)
        if content is None:
            return
        try:
            self._apply(content, entry.seals)
        except (KeyError, TypeError, ValueError, AttributeError):
            self._add_finding(entry, "it is not as the hub writes entries")

    def _apply(self, content: Mapping[str, Any], seals: bytes) -> None:
        collection = content.get("collection")
        if isinstance(collection, str):
            collection_seals = self.seals.setdefault(collection, Seals())
            if content["what"] == trail.RESTORED and not seals and "ended" not in content:
                collection_seals = self.seals[collection] = Seals()
            for place, seal in unpack_seals(seals):
                collection_seals.put(place, seal)
            if isinstance(content.get("head"), int):
                self.heads[collection] = content["head"]
        elif content["what"] == trail.ACCOUNT:
            self.accounts[str(content.get("account"))] = str(content.get("seal"))
        elif content["what"] == DELIVERED:
            self.deliveries.update({str(name): value for name, value in content.get("notes", {}).items()})
            self.last_ledger_fact = max(self.last_ledger_fact, int(content.get("upto", 0)))

    def _add_finding(self, entry: TrailEntry, message: str) -> None:
        self.findings.append(Finding("trail", f"entry {entry.number}", message))


def content_of(entry: TrailEntry) -> dict[str, Any] | None:
    """The content of an entry; None if it was damaged."""
    return parse_text(entry.text)


def parse_text(text: bytes) -> dict[str, Any] | None:
    """The content of an entry with this text; None if it was damaged."""
    try:
        content = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return content if isinstance(content, dict) and isinstance(content.get("what"), str) else None


def link_at(entries: Iterable[TrailEntry], size: int) -> bytes | None:
    """The link of the entry with number `size`; None if there is no such entry."""
    if size == 0:
        return START
    return next((entry.link for entry in entries if entry.number == size), None)
