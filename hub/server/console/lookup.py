"""Finds the objects that mention a value, among those that this reader may see: addresses, domains, URLs, hashes, mailboxes,
techniques, CVEs, names.

1. The store finds objects by the marks (hashes) of their values (`hub.stix.values`); its query selects only what this reader
   may see (law L5).
2. Two values can have the same mark, so the values of each object are compared.
3. Reports name the objects and the incidents that they belong to; the store finds reports by the ids in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from hub.community.hub import Hub
from hub.community.index import shortened
from hub.sharing import access
from hub.sharing.catalogue import Collection
from hub.sharing.deliver import LookupCriteria
from hub.sharing.members import Account
from hub.stix.values import MAX_CHARACTERS, mark, normalize, texts_of

MAX_VALUES: Final = 1_000
MAX_MATCHES: Final = 2_000  # that are shown
MAX_REPORTS: Final = 2_000  # of one collection that (3) reads
MAX_INCIDENTS: Final = 20  # that are shown beside one match
MAX_REPORT_INCIDENTS: Final = 100  # incidents of one report that (3) reads; a report is about one, or a few
MAX_ROOT_INCIDENTS: Final = 5_000  # incidents of one API root that (3) reads
_IDS_AT_A_TIME: Final = 500
_OBJECT_BYTES: Final = 1_000  # of an object that is compared by reading it, about
_SPLIT: Final = re.compile(r"[\s,;]+")
Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mention:
    """An object that mentions a value."""

    value: str  # as the reader wrote it
    id: str
    type: str
    name: str
    by: str  # code of the member that is its author, or ""
    since: str  # its `created`, or ""
    root: str
    collection: str  # title
    exercise: bool
    revoked: bool
    incidents: tuple[tuple[str, str], ...] = ()  # (id, name) of incidents in reports that name it
    relayed_by: str = ""  # the member that relayed it, if its author is no member


@dataclass(slots=True)
class Lookup:
    """The result of a lookup."""

    mentions: list[Mention] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # values that nothing mentions
    is_cut: bool = False  # whether one of the limits above was reached
    bytes_read: int = 0  # of objects, for the account's share of the hub
    is_index_behind: bool = (
        False  # whether too many new objects are not in the index yet, so that not all were compared
    )

    @property
    def is_complete(self) -> bool:
        """Whether the result has all mentions."""
        return not (self.is_cut or self.is_index_behind)


def parse_values(text: str) -> list[str]:
    """The values in a pasted text, without duplicates: one a line, or several in a line, separated by blanks or commas.

    A line with blanks is one name, as in `Lazarus Group`, unless each of its words looks like an address, hash, technique or CVE.
    """
    values: dict[str, None] = {}
    for line in text.splitlines():
        words = [word for word in _SPLIT.split(line.strip()) if word]
        if len(words) > 1 and not all(re.search(r"[.:@\]]|^T\d{4}|^[0-9a-fA-F]{32,}$|^CVE-", word) for word in words):
            words = [line.strip()]
        values |= {refang(word)[:MAX_CHARACTERS]: None for word in words}
    return list(values)


def refang(value: str) -> str:
    """The value without defanging: `hxxp://bad[.]example` becomes `http://bad.example`."""
    text = value.strip().strip("'\"<>")
    text = re.sub(r"^h(?:xx|XX|tt)p(s?)(?=:|\[:)", r"http\1", text)
    for old, new in (("[.]", "."), ("(.)", "."), ("[:]", ":"), ("[@]", "@"), ("[://]", "://")):
        text = text.replace(old, new)
    return text


def look_up(hub: Hub, account: Account | None, values: Sequence[str]) -> Lookup:
    """The objects that mention these values."""
    value_by_text: dict[str, str] = {}
    for value in values:
        value_by_text.setdefault(normalize(value), value)
    result = Lookup()
    collections = [collection for collection in hub.catalogue if access.readable_level(account, collection) is not None]
    marks = LookupCriteria(marks=tuple(mark(text) for text in value_by_text))
    mentioned_values: set[str] = set()
    for collection in collections:
        compared_count, has_more = hub.count_unindexed(account, collection)
        result.is_index_behind = result.is_index_behind or has_more
        result.bytes_read += compared_count * _OBJECT_BYTES
        # (1)
        for content in _contents(hub, account, collection, marks, MAX_MATCHES, result):
            # (2)
            hits = {value_by_text[text] for text in texts_of(content) if text in value_by_text}
            mentioned_values |= hits
            room = MAX_MATCHES - len(result.mentions)
            result.is_cut = result.is_cut or len(hits) > room
            result.mentions += _mentions(hub, account, sorted(hits)[:room], content, collection)
    result.missing = [value for value in values if value_by_text[normalize(value)] not in mentioned_values]
    # (3)
    _add_incidents(hub, account, collections, result)
    return result


def _contents(  # noqa: PLR0913, PLR0917 - a query, and the result to update
    hub: Hub, account: Account | None, collection: Collection, query: LookupCriteria, limit: int, result: Lookup
) -> list[Content]:
    page = hub.look_up(account, collection, query, limit)
    result.is_cut = result.is_cut or page.more
    result.bytes_read += len(page.body)
    contents: list[Content] = orjson.loads(b"[" + page.body + b"]")
    return contents


@dataclass(frozen=True, slots=True)
class _ReportLinks:
    """The mentioned objects and the incidents that one report names."""

    root: str
    object_ids: frozenset[str]  # of mentioned objects
    incidents: tuple[str, ...]


def _add_incidents(hub: Hub, account: Account | None, collections: Sequence[Collection], result: Lookup) -> None:
    """(3) Add the incidents to the mentions. Incidents that the reader may not see do not count for the limits."""
    incident_ids: dict[tuple[str, str], set[str]] = {}  # (API root, id) -> incidents
    for mention in result.mentions:
        incident_ids.setdefault((mention.root, mention.id), {mention.id} if mention.type == "incident" else set())
    links = [
        link
        for collection in collections
        for link in _report_links(
            hub,
            account,
            collection,
            [identifier for root, identifier in incident_ids if root == collection.root],
            result,
        )
    ]
    incidents: dict[str, set[str]] = {collection.root: set() for collection in collections}
    for (root, _), own_incidents in incident_ids.items():
        incidents[root] |= own_incidents
    for link in links:
        room = MAX_ROOT_INCIDENTS - len(incidents[link.root])
        result.is_cut = result.is_cut or len(link.incidents) > room
        incidents[link.root].update(link.incidents[: max(room, 0)])
    names: dict[tuple[str, str], str] = {}
    for collection in collections:
        for chunk in _chunks(sorted(incidents[collection.root])):
            contents = _contents(hub, account, collection, LookupCriteria(ids=tuple(chunk)), len(chunk), result)
            names |= {(collection.root, mention["id"]): shortened(str(mention.get("name", ""))) for mention in contents}
    for link in links:
        visible_ids = [ref for ref in link.incidents if (link.root, ref) in names]
        for identifier in link.object_ids:
            incident_ids[link.root, identifier].update(visible_ids[: MAX_INCIDENTS + 1])
    incidents_by_object: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
    for (root, identifier), refs in incident_ids.items():
        visible_ids = sorted(ref for ref in refs if (root, ref) in names)
        result.is_cut = result.is_cut or len(visible_ids) > MAX_INCIDENTS
        incidents_by_object[root, identifier] = tuple((ref, names[root, ref]) for ref in visible_ids[:MAX_INCIDENTS])
    result.mentions = [
        replace(mention, incidents=incidents_by_object[mention.root, mention.id]) for mention in result.mentions
    ]


def _report_links(
    hub: Hub, account: Account | None, collection: Collection, ids: Sequence[str], result: Lookup
) -> Iterator[_ReportLinks]:
    """The links between these ids and incidents in the reports of a collection."""
    publishers = ("", *hub.catalogue.members)
    for chunk in _chunks(ids):
        query = LookupCriteria(contains=tuple(chunk), publishers=publishers, types=("report",))
        for report in _contents(hub, account, collection, query, MAX_REPORTS, result):
            refs = [] if report.get("revoked") is True else report.get("object_refs", [])
            incidents = list(dict.fromkeys(ref for ref in refs if ref.startswith("incident--")))
            result.is_cut = result.is_cut or len(incidents) > MAX_REPORT_INCIDENTS
            yield _ReportLinks(
                collection.root, frozenset(refs).intersection(chunk), tuple(incidents[:MAX_REPORT_INCIDENTS])
            )


def _mentions(
    hub: Hub, account: Account | None, values: Sequence[str], content: Mapping[str, Any], collection: Collection
) -> list[Mention]:
    if not values:
        return []
    by = hub.catalogue.member_by_identity.get(content.get("created_by_ref", ""), "")
    mention = Mention(
        value="",
        id=content["id"],
        type=content["type"],
        name=shortened(str(content.get("name") or content.get("value") or "")),
        by=by,
        since=str(content.get("created", "")),
        root=collection.root,
        collection=collection.title,
        exercise=collection.exercise,
        revoked=content.get("revoked") is True,
        relayed_by="" if by else _relayed_by(hub, account, content["id"], collection),
    )
    return [replace(mention, value=value) for value in values]


def _relayed_by(hub: Hub, account: Account | None, identifier: str, collection: Collection) -> str:
    """The first member that published the object at a level that this reader may see.

    Another member may have published the same observable earlier at a higher level, which this reader must not learn.
    """
    clearance = access.readable_level(account, collection)
    if clearance is None:
        return ""
    return next((member for member in hub.store.publishers(collection.id, identifier, clearance) if member), "")


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _IDS_AT_A_TIME] for start in range(0, len(ids), _IDS_AT_A_TIME))
