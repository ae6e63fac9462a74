"""An incident with all objects of its reports that this reader may see.

Every object comes from `Hub.objects`, the same call that TAXII's objects endpoint makes (law L5):

1. The incident itself, from each collection that the account reads.
2. The reports about it that the account may see.
3. The objects that these name, from the same collections. Of several copies the newest version counts.
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

MAX_OBJECTS: Final = 2_000  # named objects on a page; the page says how many more there are
_IDS_AT_A_TIME: Final = 100
Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as one reader sees it."""

    content: Content
    reports: tuple[Content, ...]
    objects: tuple[Content, ...]  # what the reports name, without the incident and the reports
    collections: tuple[Collection, ...]  # that contain the incident
    omitted_count: int  # named objects beyond MAX_OBJECTS
    level: tlp.TLP | None
    # functions to call after the page was sent, for the delivery ledger
    delivery_notes: tuple[Callable[[], None], ...] = field(default=(), repr=False)

    @property
    def core(self) -> Mapping[str, Any]:
        """The Incident Core extension, without values other than texts, numbers, and lists or tables of them."""
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
    """The incident with this id; NotFoundError if the account may not see it."""
    readable_collections = [
        c
        for c in gate.find_root(hub.catalogue, account, root).collections
        if access.readable_level(account, c) is not None
    ]
    # (1)
    notes: list[Callable[[], None]] = []
    versions: list[Content] = []
    incident_collections: list[Collection] = []
    if identifier.startswith("incident--"):
        for collection in readable_collections:
            page = hub.objects(account, root, collection.id, _by_ids([identifier]))
            if page.count:
                incident_collections.append(collection)
                versions += _contents(page.body)
                note = hub.begin_sending(account, page)
                notes += [note] if note is not None else []
    if not versions:
        raise NotFoundError("There is no such incident, or not for this account; the board lists the incidents.")
    content = max(versions, key=_version)
    # (2)
    reports = _read_objects(hub, account, readable_collections, hub.community.reports_of(account, root, identifier))
    # (3)
    refs = {ref for report in reports for ref in report.get("object_refs", ())} | set(_refs(content))
    refs -= {identifier, *(report["id"] for report in reports)}
    objects = _read_objects(hub, account, readable_collections, sorted(refs)[:MAX_OBJECTS])
    return Incident(
        content=content,
        reports=tuple(sorted(reports, key=_version)),
        objects=tuple(objects),
        collections=tuple(incident_collections),
        omitted_count=max(0, len(refs) - MAX_OBJECTS),
        level=tlp.level(content),
        delivery_notes=tuple(notes),
    )


def _read_objects(
    hub: Hub, account: Account | None, collections: Iterable[Collection], ids: Sequence[str]
) -> list[Content]:
    newest: dict[str, Content] = {}
    for collection in collections:
        for start in range(0, len(ids), _IDS_AT_A_TIME):
            match = Match(ids=tuple(ids[start : start + _IDS_AT_A_TIME]))
            for content in all_matching(hub, account, collection, match):
                newest_version = newest.get(content["id"])
                if newest_version is None or _version(content) > _version(newest_version):
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
    # with fractions of equal length, the order of STIX timestamps as texts is the order of time
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
