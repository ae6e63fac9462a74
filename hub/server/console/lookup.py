"""Which of the objects that this reader may see mention a value: addresses, domains, URLs, hashes, mailboxes, techniques,
CVE, names.

Everything is asked through `Hub.objects`, as over TAXII (law L5):

1. An observable's id follows from its value (STIX 2.1, 2.9), so the store finds it by its id, whenever it was added.
2. Indicators, techniques, malware and the like are read in pages of bounded size from a date on, and compared. What a
   part of them does not reach is said, and the next part goes on from there.
3. Reports name what was found, and the incidents that it belongs to.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from hub.community.hub import Hub
from hub.pages.indicators import values_of
from hub.sharing import access
from hub.sharing.catalogue import Collection
from hub.sharing.members import Account
from hub.stix.identifiers import derived_id
from hub.taxii.filters import Filters, Match

VALUES_MOST: Final = 1_000
VALUE_CHARACTERS: Final = 2_000
PART_OBJECTS: Final = 20_000  # that one part of (2) reads
REPORTS_MOST: Final = 10_000  # that (3) reads
MATCHES_MOST: Final = 2_000  # that are shown
_PAGE: Final = 5_000
_IDS_AT_A_TIME: Final = 100
_SCANNED: Final = (
    "indicator",
    "attack-pattern",
    "malware",
    "tool",
    "threat-actor",
    "intrusion-set",
    "campaign",
    "vulnerability",
    "infrastructure",
)  # fmt: skip - the types that are compared
_SPLIT: Final = re.compile(r"[\s,;]+")
_HASHES: Final = {32: "MD5", 40: "SHA-1", 64: "SHA-256", 128: "SHA-512"}  # by their length in digits
Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """One object that mentions a value."""

    value: str  # as it was asked for
    id: str
    type: str
    name: str
    by: str  # member code, "" where nobody's
    since: str  # its `created`, or an empty text
    root: str
    collection: str  # title
    exercise: bool
    revoked: bool
    incidents: tuple[tuple[str, str], ...] = ()  # (id, name) that its reports bring it to
    relayed_by: str = ""  # the member that passed on what is no member's


@dataclass(frozen=True, slots=True)
class Part:
    """Where the comparing goes on: the collection, and the place in it; `None` in place of it: it is through."""

    collection: str
    after: int


@dataclass(slots=True)
class Lookup:
    """What came of it."""

    found: list[Found] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # values that nothing mentions, in what was read
    read: int = 0
    goes_on: Part | None = None
    cut: bool = False  # more than MATCHES_MOST


def parse_values(text: str) -> list[str]:
    """The values in a pasted text: one a line, or separated by blanks and commas where no line has a name in it; each once.

    A line that holds a blank is a name, as in `Lazarus Group`, unless each of its words has a dot, a colon or an @.
    """
    values: dict[str, None] = {}
    for line in text.splitlines():
        words = [word for word in _SPLIT.split(line.strip()) if word]
        if len(words) > 1 and not all(re.search(r"[.:@\]]|^T\d{4}|^[0-9a-fA-F]{32,}$|^CVE-", word) for word in words):
            words = [line.strip()]
        values |= {refanged(word)[:VALUE_CHARACTERS]: None for word in words}
    return list(values)


def refanged(value: str) -> str:
    """A value as it is in the wild: `hxxp://bad[.]example` is `http://bad.example`."""
    text = value.strip().strip("'\"<>")
    text = re.sub(r"^h(?:xx|XX|tt)p(s?)(?=:|\[:)", r"http\1", text)
    for old, new in (("[.]", "."), ("(.)", "."), ("[:]", ":"), ("[@]", "@"), ("[://]", "://")):
        text = text.replace(old, new)
    return text


def look_up(hub: Hub, account: Account | None, values: Sequence[str], since: int, part: Part | None = None) -> Lookup:
    """The objects that mention these values. `since` is a place: what was added before it is not compared in (2)."""
    wanted: dict[str, str] = {}
    for value in values:
        wanted.setdefault(_normal(value), value)
    result = Lookup()
    places = [collection for collection in hub.catalogue if access.reads(account, collection) is not None]
    # (1), which needs no second part
    if part is None:
        ids = {sco: value for normal, value in wanted.items() for sco in observable_ids(normal, value)}
        for collection in places:
            result.found += _observables(hub, account, collection, ids)
    # (2)
    _compare(hub, account, places, wanted, since, part, result)
    result.cut = len(result.found) > MATCHES_MOST
    result.found = _with_incidents(hub, account, places, result.found[:MATCHES_MOST])
    known = {found.value for found in result.found}
    result.missing = [value for value in values if value not in known]
    return result


def _observables(hub: Hub, account: Account | None, collection: Collection, ids: Mapping[str, str]) -> list[Found]:
    found = []
    for chunk in _chunks(list(ids)):
        delivered = hub.objects(account, collection.root, collection.id, Filters(match=Match(ids=tuple(chunk))))
        found += [
            _found(hub, account, ids[one["id"]], one, collection)
            for one in orjson.loads(delivered.body).get("objects", ())
        ]
    return found


def observable_ids(normal: str, value: str) -> Iterator[str]:
    """The ids that STIX derives from the value as an address, a domain, a URL, a mailbox, a hash; as written and in small letters."""
    for text in dict.fromkeys((value, normal)):
        contents: list[Content] = [{"type": kind, "value": text} for kind in _kinds(text)]
        if text.isalnum() and text.isascii() and len(text) in _HASHES:
            contents.append({"type": "file", "hashes": {_HASHES[len(text)]: text}})
        yield from (identifier for content in contents if (identifier := derived_id(content)) is not None)


def _kinds(text: str) -> tuple[str, ...]:
    """The types of observables that the value can be of."""
    if "://" in text:
        return ("url",)
    if "@" in text:
        return ("email-addr",)
    if ":" in text:
        return ("ipv6-addr", "url")
    return ("ipv4-addr", "domain-name", "url") if "." in text else ()


def _compare(  # noqa: PLR0913, PLR0917 - one part of a walk
    hub: Hub,
    account: Account | None,
    places: Sequence[Collection],
    wanted: Mapping[str, str],
    since: int,
    part: Part | None,
    result: Lookup,
) -> None:
    waiting = list(places)
    after = since
    if part is not None:
        while waiting and waiting[0].id != part.collection:
            waiting.pop(0)
        after = max(since, part.after)
    for collection in waiting:
        while True:
            if result.read >= PART_OBJECTS:
                result.goes_on = Part(collection.id, after)
                return
            filters = Filters(added_after=after * 1000, limit=_PAGE, match=Match(types=_SCANNED))
            delivered = hub.objects(account, collection.root, collection.id, filters)
            for content in orjson.loads(delivered.body).get("objects", ()):
                hits = {wanted[text] for text in _texts(content) if text in wanted}
                result.found += [_found(hub, account, value, content, collection) for value in sorted(hits)]
            result.read += delivered.count
            if not delivered.more:
                break
            after = delivered.last
        after = since


def _texts(content: Mapping[str, Any]) -> Iterator[str]:
    """What an object is compared by."""
    for value in values_of(content):
        yield _normal(value.text)
        if value.kind == "url:value" and (host := _host(value.text)):
            yield host
    for key in ("name", "aliases", "x_mitre_aliases"):
        held = content.get(key)
        yield from (_normal(one) for one in (held if isinstance(held, list) else [held]) if isinstance(one, str))
    for reference in content.get("external_references", ()):
        if isinstance(reference.get("external_id"), str):
            yield _normal(reference["external_id"])


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _normal(value: str) -> str:
    """Values that mean the same are the same: letters small, addresses in their short form, no dot at the end."""
    text = value.strip().casefold()
    if ":" not in text and not text[:1].isdigit():
        return text.rstrip(".")
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text.rstrip(".")


def _with_incidents(hub: Hub, account: Account | None, places: Iterable[Collection], found: list[Found]) -> list[Found]:
    """(3)"""
    wanted = {one.id for one in found}
    reached: dict[str, set[str]] = {}
    names: dict[str, str] = {}
    left = REPORTS_MOST
    for collection in places if wanted else ():
        after = 0
        while left > 0:
            filters = Filters(added_after=after * 1000, limit=min(_PAGE, left), match=Match(types=("report",)))
            delivered = hub.objects(account, collection.root, collection.id, filters)
            for report in orjson.loads(delivered.body).get("objects", ()):
                refs = set(report.get("object_refs", ()))
                for identifier in refs & wanted:
                    reached.setdefault(identifier, set()).update(ref for ref in refs if ref.startswith("incident--"))
            left -= delivered.count
            if not delivered.more:
                break
            after = delivered.last
        incidents = sorted({incident for one in reached.values() for incident in one} - names.keys())
        for chunk in _chunks(incidents):
            delivered = hub.objects(account, collection.root, collection.id, Filters(match=Match(ids=tuple(chunk))))
            names |= {one["id"]: one["name"] for one in orjson.loads(delivered.body).get("objects", ())}
    return [
        Found(
            one.value,
            one.id,
            one.type,
            one.name,
            one.by,
            one.since,
            one.root,
            one.collection,
            one.exercise,
            one.revoked,
            tuple((ref, names[ref]) for ref in sorted(reached.get(one.id, ())) if ref in names),
            one.relayed_by,
        )
        for one in found
    ]  # fmt: skip - one field after the other


def _found(hub: Hub, account: Account | None, value: str, content: Content, collection: Collection) -> Found:
    by = hub.catalogue.reserved.get(content.get("created_by_ref", ""), "")
    return Found(
        value=value,
        id=content["id"],
        type=content["type"],
        name=str(content.get("name") or content.get("value") or ""),
        by=by,
        since=str(content.get("created", "")),
        root=collection.root,
        collection=collection.title,
        exercise=collection.exercise,
        revoked=content.get("revoked") is True,
        relayed_by="" if by else _relayed_by(hub, account, content["id"], collection),
    )


def _relayed_by(hub: Hub, account: Account | None, identifier: str, collection: Collection) -> str:
    """The member that published it first, of what this reader may see: who stands behind an outsider's words.

    Another member may have published the same observable before, at a level that this reader must learn nothing of.
    """
    clearance = access.reads(account, collection)
    if clearance is None:
        return ""
    return next((member for member in hub.store.publishers(collection.id, identifier, clearance) if member), "")


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _IDS_AT_A_TIME] for start in range(0, len(ids), _IDS_AT_A_TIME))


def place_days_ago(now: int, days: int) -> int:
    """The place of that many days ago; 0 for all time."""
    return 0 if days <= 0 else max(0, now - days * 24 * 3600 * 1000)
