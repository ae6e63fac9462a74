"""An incident with all objects of its reports that this reader may see.

Every object comes from `Hub.objects`, the very call that TAXII's objects endpoint makes (law L5):

1. The incident itself, from each collection that the account reads.
2. The reports about it that the account may see.
3. What they name, in as many collections. Of several copies the newest version counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson

from hub.community.hub import Hub
from hub.errors import NotFoundError
from hub.sharing import access, gate
from hub.sharing.catalogue import Collection
from hub.sharing.members import Account
from hub.stix import tlp
from hub.stix.incident import INCIDENT_CORE
from hub.taxii.filters import Filters, Match

OBJECTS_MOST: Final = 2_000  # that reports name and a page shows; the rest is said to be there
_IDS_AT_A_TIME: Final = 100
Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as one reader sees it."""

    content: Content
    reports: tuple[Content, ...]
    objects: tuple[Content, ...]  # what the reports name, without the incident and the reports
    collections: tuple[Collection, ...]  # where the incident stands
    left_out: int  # how many objects are named beyond OBJECTS_MOST
    level: tlp.TLP | None
    sent: tuple[Callable[[], None], ...] = field(default=(), repr=False)  # for the delivery ledger, once it has left

    @property
    def core(self) -> Mapping[str, Any]:
        """The Incident Core extension: what of it is a text, a number, or a list or table of them."""
        core = self.content.get("extensions", {}).get(INCIDENT_CORE, {})
        return {key: value for key, value in core.items() if _is_plain(value)} if isinstance(core, dict) else {}

    @property
    def translations(self) -> list[tuple[str, str, str]]:
        """(language, property, text) of each translation."""
        translations: list[tuple[str, str, str]] = []
        for content in self.of_type("language-content"):
            for language, fields in content.get("contents", {}).items():
                if isinstance(fields, dict):
                    translations += [(language, key, text) for key, text in fields.items() if isinstance(text, str)]
        return translations

    def of_type(self, *types: str) -> list[Content]:
        """The objects of these types."""
        return [content for content in self.objects if content["type"] in types]


def _is_plain(value: Any) -> bool:
    """Whether it is a text or number, or a list or table of them: an extension may hold anything."""
    if isinstance(value, list):
        return all(isinstance(item, str | int | float) for item in value)
    if isinstance(value, dict):
        return all(isinstance(item, str | int | float) for item in value.values())
    return isinstance(value, str | int | float)


def find_incident(hub: Hub, account: Account | None, root: str, identifier: str) -> Incident:
    """The incident; NotFoundError where the account may see none of that id."""
    readable = [
        c
        for c in gate.find_root(hub.catalogue, account, root).collections
        if access.readable_level(account, c) is not None
    ]
    # (1)
    notes: list[Callable[[], None]] = []
    versions: list[Content] = []
    holding: list[Collection] = []
    if identifier.startswith("incident--"):
        for collection in readable:
            delivered = hub.objects(account, root, collection.id, _by_ids([identifier]))
            if delivered.count:
                holding.append(collection)
                versions += _contents(delivered.body)
                note = hub.begin_sending(account, delivered)
                notes += [note] if note is not None else []
    if not versions:
        raise NotFoundError("There is no such incident, or not for this account; the board shows those that there are.")
    content = max(versions, key=_version)
    # (2)
    reports = _fetched(hub, account, readable, hub.community.reports_of(account, root, identifier))
    # (3)
    refs = {ref for report in reports for ref in report.get("object_refs", ())} | set(_refs(content))
    refs -= {identifier, *(report["id"] for report in reports)}
    objects = _fetched(hub, account, readable, sorted(refs)[:OBJECTS_MOST])
    return Incident(
        content=content,
        reports=tuple(sorted(reports, key=_version)),
        objects=tuple(objects),
        collections=tuple(holding),
        left_out=max(0, len(refs) - OBJECTS_MOST),
        level=tlp.level(content),
        sent=tuple(notes),
    )


def _fetched(hub: Hub, account: Account | None, collections: Iterable[Collection], ids: Sequence[str]) -> list[Content]:
    newest: dict[str, Content] = {}
    for collection in collections:
        for start in range(0, len(ids), _IDS_AT_A_TIME):
            match = Match(ids=tuple(ids[start : start + _IDS_AT_A_TIME]))
            for content in all_matching(hub, account, collection, match):
                held = newest.get(content["id"])
                if held is None or _version(content) > _version(held):
                    newest[content["id"]] = content
    return [newest[identifier] for identifier in ids if identifier in newest]


def all_matching(hub: Hub, account: Account | None, collection: Collection, match: Match) -> Iterator[Content]:
    """All matching objects, from as many pages as necessary: a page may also end because of its size."""
    filters = Filters(limit=hub.limits.page_objects, match=match)
    while True:
        page = orjson.loads(hub.objects(account, collection.root, collection.id, filters).body)
        yield from page.get("objects", ())
        if not page.get("more"):
            return
        filters = replace(filters, next=page["next"])


def _by_ids(ids: Sequence[str]) -> Filters:
    return Filters(limit=_IDS_AT_A_TIME, match=Match(ids=tuple(ids)))


def _contents(envelope: bytes) -> list[Content]:
    contents: list[Content] = orjson.loads(envelope).get("objects", [])
    return contents


def _version(content: Mapping[str, Any]) -> str:
    # STIX timestamps differ in their fractions only: with those filled up, their order as texts is that of time
    text = str(content.get("modified", content.get("created", "")))
    return text.rstrip("Z").ljust(26, "0") if "." in text else text.rstrip("Z").ljust(20, ".").ljust(26, "0")


def _refs(content: Mapping[str, Any]) -> Iterable[str]:
    """The ids that the incident's own properties and extensions name."""
    for key, value in content.items():
        if key.endswith("_ref") and isinstance(value, str):
            yield value
        elif key.endswith("_refs") and key != "object_marking_refs" and isinstance(value, list):
            yield from (ref for ref in value if isinstance(ref, str))
        elif isinstance(value, dict):
            yield from _refs(value)
