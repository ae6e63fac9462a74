"""Find the objects that mention a value, among those that this reader may see: addresses, domains, URLs, hashes, mailboxes, techniques,
CVE, names.

1. The store finds objects by the marks of the values in them (`hub.stix.values`), and decides in its query what this
   reader may see (law L5).
2. Two values can have one mark, so what was found is compared.
3. Reports name what was found, and the incidents that it belongs to: they are found by the ids in them.
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

VALUES_MOST: Final = 1_000
MATCHES_MOST: Final = 2_000  # that are shown
REPORTS_MOST: Final = 2_000  # of one collection that (3) reads
INCIDENTS_MOST: Final = 20  # that are shown beside one match
NAMED_MOST: Final = 100  # incidents of one report that (3) asks for; a report is about one, or a few
ASKED_MOST: Final = 5_000  # incidents of one API root that (3) asks for
_IDS_AT_A_TIME: Final = 500
_OBJECT_BYTES: Final = 1_000  # of an object that is compared by reading it, about
_SPLIT: Final = re.compile(r"[\s,;]+")
Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mention:
    """An object that mentions a value."""

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


@dataclass(slots=True)
class Lookup:
    """What mentions the values."""

    mentions: list[Mention] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # values that nothing mentions
    cut: bool = False  # more than one of the limits above
    bytes_read: int = 0  # of objects, for the account's share of the hub
    behind: bool = False  # so much came in lately that not all of it was compared

    @property
    def whole(self) -> bool:
        """Whether this is all that there is."""
        return not (self.cut or self.behind)


def parse_values(text: str) -> list[str]:
    """The values in a pasted text: one a line, or separated by blanks and commas where no line has a name in it; each once.

    A line that holds a blank is a name, as in `Lazarus Group`, unless each of its words has a dot, a colon or an @.
    """
    values: dict[str, None] = {}
    for line in text.splitlines():
        words = [word for word in _SPLIT.split(line.strip()) if word]
        if len(words) > 1 and not all(re.search(r"[.:@\]]|^T\d{4}|^[0-9a-fA-F]{32,}$|^CVE-", word) for word in words):
            words = [line.strip()]
        values |= {refanged(word)[:MAX_CHARACTERS]: None for word in words}
    return list(values)


def refanged(value: str) -> str:
    """A value as it is in the wild: `hxxp://bad[.]example` is `http://bad.example`."""
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
    places = [collection for collection in hub.catalogue if access.readable_level(account, collection) is not None]
    marks = LookupCriteria(marks=tuple(mark(text) for text in value_by_text))
    known: set[str] = set()
    for collection in places:
        compared, more = hub.count_unindexed(account, collection)
        result.behind = result.behind or more
        result.bytes_read += compared * _OBJECT_BYTES
        # (1)
        for content in _contents(hub, account, collection, marks, MATCHES_MOST, result):
            # (2)
            hits = {value_by_text[text] for text in texts_of(content) if text in value_by_text}
            known |= hits
            room = MATCHES_MOST - len(result.mentions)
            result.cut = result.cut or len(hits) > room
            result.mentions += _mentions(hub, account, sorted(hits)[:room], content, collection)
    result.missing = [value for value in values if value_by_text[normalize(value)] not in known]
    # (3)
    _add_incidents(hub, account, places, result)
    return result


def _contents(  # noqa: PLR0913, PLR0917 - a query, and where it is noted that there is more
    hub: Hub, account: Account | None, collection: Collection, query: LookupCriteria, limit: int, result: Lookup
) -> list[Content]:
    page = hub.look_up(account, collection, query, limit)
    result.cut = result.cut or page.more
    result.bytes_read += len(page.body)
    contents: list[Content] = orjson.loads(b"[" + page.body + b"]")
    return contents


@dataclass(frozen=True, slots=True)
class _Tie:
    """What one report ties together."""

    root: str
    found: frozenset[str]  # ids of what was found
    incidents: tuple[str, ...]


def _add_incidents(hub: Hub, account: Account | None, places: Sequence[Collection], result: Lookup) -> None:
    """(3) Incidents that the reader may not see take no room of those that it may."""
    reached: dict[tuple[str, str], set[str]] = {}  # (API root, id) -> incidents
    for mention in result.mentions:
        reached.setdefault((mention.root, mention.id), {mention.id} if mention.type == "incident" else set())
    ties = [
        tie
        for place in places
        for tie in _ties(
            hub, account, place, [identifier for root, identifier in reached if root == place.root], result
        )
    ]
    incidents: dict[str, set[str]] = {place.root: set() for place in places}
    for (root, _), own in reached.items():
        incidents[root] |= own
    for tie in ties:
        room = ASKED_MOST - len(incidents[tie.root])
        result.cut = result.cut or len(tie.incidents) > room
        incidents[tie.root].update(tie.incidents[: max(room, 0)])
    names: dict[tuple[str, str], str] = {}
    for place in places:
        for chunk in _chunks(sorted(incidents[place.root])):
            contents = _contents(hub, account, place, LookupCriteria(ids=tuple(chunk)), len(chunk), result)
            names |= {(place.root, mention["id"]): shortened(str(mention.get("name", ""))) for mention in contents}
    for tie in ties:
        visible = [ref for ref in tie.incidents if (tie.root, ref) in names]
        for identifier in tie.found:
            reached[tie.root, identifier].update(visible[: INCIDENTS_MOST + 1])
    incidents_by_object: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
    for (root, identifier), refs in reached.items():
        visible = sorted(ref for ref in refs if (root, ref) in names)
        result.cut = result.cut or len(visible) > INCIDENTS_MOST
        incidents_by_object[root, identifier] = tuple((ref, names[root, ref]) for ref in visible[:INCIDENTS_MOST])
    result.mentions = [
        replace(mention, incidents=incidents_by_object[mention.root, mention.id]) for mention in result.mentions
    ]


def _ties(hub: Hub, account: Account | None, place: Collection, ids: Sequence[str], result: Lookup) -> Iterator[_Tie]:
    """The links between these ids and incidents in the reports of a collection."""
    publishers = ("", *hub.catalogue.members)
    for chunk in _chunks(ids):
        query = LookupCriteria(contains=tuple(chunk), publishers=publishers, types=("report",))
        for report in _contents(hub, account, place, query, REPORTS_MOST, result):
            refs = [] if report.get("revoked") is True else report.get("object_refs", [])
            incidents = list(dict.fromkeys(ref for ref in refs if ref.startswith("incident--")))
            result.cut = result.cut or len(incidents) > NAMED_MOST
            yield _Tie(place.root, frozenset(refs).intersection(chunk), tuple(incidents[:NAMED_MOST]))


def _mentions(
    hub: Hub, account: Account | None, values: Sequence[str], content: Mapping[str, Any], place: Collection
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
        root=place.root,
        collection=place.title,
        exercise=place.exercise,
        revoked=content.get("revoked") is True,
        relayed_by="" if by else _relayed_by(hub, account, content["id"], place),
    )
    return [replace(mention, value=value) for value in values]


def _relayed_by(hub: Hub, account: Account | None, identifier: str, collection: Collection) -> str:
    """The member that published it first, of what this reader may see: who stands behind an outsider's words.

    Another member may have published the same observable before, at a level that this reader must learn nothing of.
    """
    clearance = access.readable_level(account, collection)
    if clearance is None:
        return ""
    return next((member for member in hub.store.publishers(collection.id, identifier, clearance) if member), "")


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + _IDS_AT_A_TIME] for start in range(0, len(ids), _IDS_AT_A_TIME))
