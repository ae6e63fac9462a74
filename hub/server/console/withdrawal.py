"""Taking an incident back by form: what this member published of it is revoked, its observables are deleted.

1. What counts as the incident's: its own member's incident and reports, and what these reports name of the same member.
   What another report of the member names, too, stays; so does another incident, and what says nothing of this incident
   and will be named again under the same id, such as classes of organisations, places, and techniques that are older
   than the incident.
2. Each object is revoked where it stands, with the content of its lowest version, so that all who ever read it learn of
   the revocation, and nobody of what was said higher (law L5 d).
3. STIX cannot revoke observables: the member's part in them is deleted, in one step with the rest.
4. The form carries a digest of what was shown, not the objects: they are made again from the store, and what changed
   meanwhile is shown again.
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
from hub.server.console.steps import Planned
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
    """An observable in which the member's part would be deleted, and where."""

    collection: str  # id
    id: str
    value: str


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """All objects to revoke and delete for the withdrawal of an incident."""

    revocations: tuple[Planned, ...]
    deletions: tuple[Deletable, ...]

    @property
    def digest(self) -> str:
        """What stands for it on its way through the browser."""
        return hashlib.sha256(orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)).hexdigest()


def may_withdraw(hub: Hub, account: Account | None, incident: Incident) -> bool:
    """Whether the incident is the account's own member's, and not taken back yet."""
    if account is None or account.member is None or incident.content.get("revoked") is True:
        return False
    own = hub.catalogue.members[account.member].identities
    return incident.content.get("created_by_ref") in own and any(
        access.may_write(account, c) for c in incident.collections
    )


def plan(hub: Hub, account: Account, root: ApiRoot, incident: Incident, moment: int) -> Withdrawal:
    """What would be done at that moment (milliseconds since 1970). ForbiddenError where it is another member's."""
    if not may_withdraw(hub, account, incident):
        raise ForbiddenError(gettext("Only the member that published an incident takes it back."))
    if incident.left_out:
        raise UnprocessableError(
            gettext("Its reports name more objects than a page takes: use `hub withdraw` at your CERT.")
        )
    own = hub.catalogue.members[account.member or ""].identities
    reports = [report for report in incident.reports if report.get("created_by_ref") in own]
    named_ids = {ref for report in reports for ref in report.get("object_refs", ())} | {incident.content["id"]}
    going = {incident.content["id"], *(report["id"] for report in reports)}
    candidates = [item for item in incident.objects if item["id"] in named_ids]
    revocable = [
        item["id"] for item in candidates if item.get("created_by_ref") in own and _is_of_it(item, incident.content)
    ]
    containers = list(_containers(hub, account, root, [item["id"] for item in candidates]))
    shared = _named_elsewhere(containers, going.union(revocable))
    ids = [*going, *(item for item in revocable if item not in shared)]
    observables = {
        item["id"]: str(item.get("value") or item.get("name") or item["id"])
        for item in candidates
        if item["type"] in OBSERVABLE_TYPES and item["id"] not in shared
    }
    places = [
        c for c in root.collections if access.may_write(account, c) and access.readable_level(account, c) is not None
    ]
    revocations = [item for place in places for item in _revocations(hub, account, place, ids, moment)]
    return Withdrawal(
        tuple(revocations),
        tuple(item for place in places for item in _deletable(hub, account, place, observables)),
    )


def _is_of_it(content: Content, incident: Content) -> bool:
    """(1) Whether an object that can be revoked speaks of this incident. Once revoked, its id is good for nothing more.

    Another incident that the same report names is withdrawn on a page of its own.
    """
    if "modified" not in content or content["type"] in _SHARED or content["type"] == "incident":
        return False
    return content["type"] not in _KNOWLEDGE or parse_timestamp(content["created"]) >= parse_timestamp(
        incident["created"]
    )


def _revocations(hub: Hub, account: Account, place: Collection, ids: Sequence[str], moment: int) -> list[Planned]:
    """(2)"""
    versions: dict[str, list[Content]] = {}
    for content in _all_versions(hub, account, place, ids):
        versions.setdefault(content["id"], []).append(content)
    planned = []
    for held in versions.values():
        if any(version.get("revoked") is True for version in held):
            continue
        newest = max(parse_timestamp(version["modified"]) for version in held)
        lowest = min(held, key=lambda one: (_level(one), -parse_timestamp(one["modified"])))
        modified = format_milliseconds(max(moment, newest // 1000 + 1))
        planned.append(Planned(place.id, lowest | {"revoked": True, "modified": modified}))
    return planned


def _level(content: Content) -> int:
    level = tlp.level(content)
    return tlp.TLP.RED if level is None else level  # unmarked: the level of its container, which may be any


def _all_versions(hub: Hub, account: Account, place: Collection, ids: Sequence[str]) -> Iterable[Content]:
    for start in range(0, len(ids), _IDS_AT_A_TIME):
        match = Match(ids=tuple(ids[start : start + _IDS_AT_A_TIME]), versions=_EVERY)
        yield from all_matching(hub, account, place, match)


def _deletable(hub: Hub, account: Account, place: Collection, observables: dict[str, str]) -> list[Deletable]:
    """(3)"""
    clearance = access.readable_level(account, place)
    assert clearance is not None
    return [
        Deletable(place.id, identifier, value)
        for identifier, value in sorted(observables.items())
        if account.member in hub.store.publishers(place.id, identifier, clearance)
    ]


def _named_elsewhere(containers: Sequence[tuple[str, frozenset[str]]], leaving: AbstractSet[str]) -> set[str]:
    """(1) What is named by a container that stays; a container that is named so stays, too."""
    shared: set[str] = set()
    while True:
        names = {
            name for container, refs in containers if container not in leaving or container in shared for name in refs
        }
        if names <= shared:
            return shared
        shared |= names


def _containers(hub: Hub, account: Account, root: ApiRoot, ids: Sequence[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """The reports, groupings and the like of the member that name some of the ids, each with those."""
    for place in root.collections:
        if access.readable_level(account, place) is not None:
            for start in range(0, len(ids), _IDS_AT_A_TIME):
                yield from _containers_in(hub, account, place, ids[start : start + _IDS_AT_A_TIME])


def _containers_in(
    hub: Hub, account: Account, place: Collection, ids: Sequence[str]
) -> Iterator[tuple[str, frozenset[str]]]:
    """The containers in one collection. If they do not fit on a page, it asks for fewer ids at a time."""
    query = LookupCriteria(contains=tuple(ids), publishers=(account.member or "",))
    page = hub.look_up(account, place, query, hub.limits.page_objects)
    if page.more and len(ids) > 1:
        middle = len(ids) // 2
        yield from _containers_in(hub, account, place, ids[:middle])
        yield from _containers_in(hub, account, place, ids[middle:])
        return
    for container in orjson.loads(b"[" + page.body + b"]"):
        if container.get("revoked") is not True:
            yield container["id"], frozenset(container.get("object_refs", ())).intersection(ids)
    if page.more:
        yield "", frozenset(ids)  # nobody knows that all that name it are of this incident: it stays


def delete(hub: Hub, account: Account, root: ApiRoot, withdrawal: Withdrawal) -> int:
    """(3) How many observables stay, since other members published them, too. One that is gone already is no fault."""
    staying = 0
    for deletion in withdrawal.deletions:
        try:
            hub.delete_object(account, root.name, deletion.collection, deletion.id, Filters())
        except NotFoundError:
            continue
        except ForbiddenError:
            staying += 1
    return staying


def sealable(moment: int, withdrawal: Withdrawal) -> dict[str, Any]:
    """(4)"""
    return {"moment": moment, "digest": withdrawal.digest}
