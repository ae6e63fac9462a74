"""Withdraws an incident by form: revokes the objects that this member published about it, and deletes its observables.

1. The objects of the incident are the member's incident and reports, and the member's objects that these reports name. Not
   withdrawn are objects that another report of the member also names, other incidents, and general objects that are
   used again with the same id: classes of organisations, places, and techniques that are older than the incident.
2. Each object is revoked in its collection, with the content of its version with the lowest level, so that all who ever read
   it learn of the revocation, and nobody learns the content of higher versions (law L5 d).
3. STIX cannot revoke observables: what the member published of them is deleted.
4. The form contains a digest of what was shown instead of the objects. They are built again from the store; if anything
   changed meanwhile, the preview is shown again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson

from hub.community.hub import Hub
from hub.errors import ForbiddenError, NotFoundError, UnprocessableError
from hub.pages.texts import gettext
from hub.server.console.incident import Content, Incident, all_matching
from hub.server.console.steps import PlannedObject
from hub.sharing import access
from hub.sharing.catalogue import ApiRoot, Collection
from hub.sharing.deliver import LookupCriteria
from hub.sharing.members import Account
from hub.stix import tlp
from hub.stix.identifiers import OBSERVABLE_TYPES
from hub.stix.timestamps import format_milliseconds, parse_timestamp
from hub.taxii.filters import Filters, Match, VersionMatch

_IDS_AT_A_TIME: Final = 100
_SHARED: Final = frozenset({"identity", "location", "marking-definition", "extension-definition"})
_KNOWLEDGE: Final = frozenset(
    "attack-pattern campaign course-of-action infrastructure intrusion-set malware threat-actor tool vulnerability".split()
)
_EVERY: Final = VersionMatch(every=True)


@dataclass(frozen=True, slots=True)
class Deletable:
    """An observable that would be deleted for the member, and its collection."""

    collection: str  # id
    id: str
    value: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """All objects to revoke and delete for the withdrawal of an incident."""

    revocations: tuple[PlannedObject, ...]
    deletions: tuple[Deletable, ...]

    @property
    def digest(self) -> str:
        """The digest that the form contains."""
        return hashlib.sha256(orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)).hexdigest()


def may_withdraw(hub: Hub, account: Account | None, incident: Incident) -> bool:
    """Whether the incident belongs to the account's member, and is not revoked yet."""
    if account is None or account.member is None or incident.content.get("revoked") is True:
        return False
    own_identities = hub.catalogue.members[account.member].identities
    return incident.content.get("created_by_ref") in own_identities and any(
        access.may_write(account, c) for c in incident.collections
    )


def plan(hub: Hub, account: Account, root: ApiRoot, incident: Incident, moment: int) -> Withdrawal:
    """Build the withdrawal for that moment (milliseconds since 1970). ForbiddenError if the incident is another member's."""
    if not may_withdraw(hub, account, incident):
        raise ForbiddenError(gettext("Only the member that published an incident takes it back."))
    if incident.omitted_count:
        raise UnprocessableError(
            gettext("Its reports name more objects than a page takes: use `hub withdraw` at your CERT.")
        )
    own_identities = hub.catalogue.members[account.member or ""].identities
    reports = [report for report in incident.reports if report.get("created_by_ref") in own_identities]
    named_ids = {ref for report in reports for ref in report.get("object_refs", ())} | {incident.content["id"]}
    withdrawn_ids = {incident.content["id"], *(report["id"] for report in reports)}
    candidates = [item for item in incident.objects if item["id"] in named_ids]
    revocable_ids = [
        item["id"]
        for item in candidates
        if item.get("created_by_ref") in own_identities and _belongs_to_incident(item, incident.content)
    ]
    containers = list(_containers(hub, account, root, [item["id"] for item in candidates]))
    shared_ids = _named_elsewhere(containers, withdrawn_ids.union(revocable_ids))
    ids = [*withdrawn_ids, *(item for item in revocable_ids if item not in shared_ids)]
    observables = {
        item["id"]: str(item.get("value") or item.get("name") or item["id"])
        for item in candidates
        if item["type"] in OBSERVABLE_TYPES and item["id"] not in shared_ids
    }
    collections = [
        c for c in root.collections if access.may_write(account, c) and access.readable_level(account, c) is not None
    ]
    revocations = [item for collection in collections for item in _revocations(hub, account, collection, ids, moment)]
    return Withdrawal(
        tuple(revocations),
        tuple(item for collection in collections for item in _deletable(hub, account, collection, observables)),
    )


def _belongs_to_incident(content: Content, incident: Content) -> bool:
    """(1) Whether a revocable object belongs to this incident only. A revoked id cannot be used again.

    Another incident that the same report names has its own page to withdraw it.
    """
    if "modified" not in content or content["type"] in _SHARED or content["type"] == "incident":
        return False
    return content["type"] not in _KNOWLEDGE or parse_timestamp(content["created"]) >= parse_timestamp(
        incident["created"]
    )


def _revocations(
    hub: Hub, account: Account, collection: Collection, ids: Sequence[str], moment: int
) -> list[PlannedObject]:
    """(2)"""
    versions: dict[str, list[Content]] = {}
    for content in _all_versions(hub, account, collection, ids):
        versions.setdefault(content["id"], []).append(content)
    planned_objects = []
    for object_versions in versions.values():
        if any(version.get("revoked") is True for version in object_versions):
            continue
        newest = max(parse_timestamp(version["modified"]) for version in object_versions)
        lowest = min(object_versions, key=lambda version: (_level(version), -parse_timestamp(version["modified"])))
        modified = format_milliseconds(max(moment, newest // 1000 + 1))
        planned_objects.append(PlannedObject(collection.id, lowest | {"revoked": True, "modified": modified}))
    return planned_objects


def _level(content: Content) -> int:
    level = tlp.level(content)
    return tlp.TLP.RED if level is None else level  # unmarked: it has the level of its container, which is unknown here


def _all_versions(hub: Hub, account: Account, collection: Collection, ids: Sequence[str]) -> Iterable[Content]:
    for start in range(0, len(ids), _IDS_AT_A_TIME):
        match = Match(ids=tuple(ids[start : start + _IDS_AT_A_TIME]), versions=_EVERY)
        yield from all_matching(hub, account, collection, match)


def _deletable(hub: Hub, account: Account, collection: Collection, observables: dict[str, str]) -> list[Deletable]:
    """(3)"""
    clearance = access.readable_level(account, collection)
    assert clearance is not None
    return [
        Deletable(collection.id, identifier, value)
        for identifier, value in sorted(observables.items())
        if account.member in hub.store.publishers(collection.id, identifier, clearance)
    ]


def _named_elsewhere(containers: Sequence[tuple[str, frozenset[str]]], withdrawn_ids: AbstractSet[str]) -> set[str]:
    """(1) The objects that a container names which is not withdrawn; a container among them is not withdrawn, either."""
    shared_ids: set[str] = set()
    while True:
        names = {
            name
            for container, refs in containers
            if container not in withdrawn_ids or container in shared_ids
            for name in refs
        }
        if names <= shared_ids:
            return shared_ids
        shared_ids |= names


def _containers(hub: Hub, account: Account, root: ApiRoot, ids: Sequence[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """The member's containers (reports, groupings, …) that name some of the ids, each with these ids."""
    for collection in root.collections:
        if access.readable_level(account, collection) is not None:
            for start in range(0, len(ids), _IDS_AT_A_TIME):
                yield from _containers_in(hub, account, collection, ids[start : start + _IDS_AT_A_TIME])


def _containers_in(
    hub: Hub, account: Account, collection: Collection, ids: Sequence[str]
) -> Iterator[tuple[str, frozenset[str]]]:
    """The containers in one collection. If they do not fit on a page, read them for fewer ids at a time."""
    query = LookupCriteria(contains=tuple(ids), publishers=(account.member or "",))
    page = hub.look_up(account, collection, query, hub.limits.page_objects)
    if page.more and len(ids) > 1:
        middle = len(ids) // 2
        yield from _containers_in(hub, account, collection, ids[:middle])
        yield from _containers_in(hub, account, collection, ids[middle:])
        return
    for container in orjson.loads(b"[" + page.body + b"]"):
        if container.get("revoked") is not True:
            yield container["id"], frozenset(container.get("object_refs", ())).intersection(ids)
    if page.more:
        yield "", frozenset(ids)  # the other containers are unknown: do not withdraw it


def delete(hub: Hub, account: Account, root: ApiRoot, withdrawal: Withdrawal) -> int:
    """(3) Delete the observables; return how many remain because other members also published them."""
    remaining_count = 0
    for deletion in withdrawal.deletions:
        try:
            hub.delete_object(account, root.name, deletion.collection, deletion.id, Filters())
        except NotFoundError:
            continue
        except ForbiddenError:
            remaining_count += 1
    return remaining_count


def sealed_values(moment: int, withdrawal: Withdrawal) -> dict[str, Any]:
    """(4)"""
    return {"moment": moment, "digest": withdrawal.digest}
