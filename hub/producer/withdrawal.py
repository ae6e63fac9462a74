"""Withdraw what was released of a report: its objects are revoked, its observables deleted.

1. The release records of this home say what went where.
2. The record is changed before the revocations are sent: after an interruption the same ones are sent again.
3. Revocations go through the outbox, like any other publication.
4. Observables, which STIX cannot revoke, are deleted from the collection, and so are the versions before a revocation: who
   reads all versions would find in them what was withdrawn. Indicators of what the adversary uses keep theirs, except
   values that an officer approved.

Whatever interrupts this, running it again continues where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from hub.errors import ForbiddenError, NotFoundError, ReleaseError
from hub.home.member import OwnMember
from hub.producer.connection import HubConnection
from hub.producer.outbox import Outbox, OutboxDelivery
from hub.producer.publish import Progress
from hub.release.record import ReleaseRecord, parse_release_record, record_withdrawal, released_records, withdrawal
from hub.release.revocation import hides_value
from hub.rendering.versions import Content, timestamp

_NOT_TELLING: Final = frozenset({"indicator", "observed-data", "relationship"})
"""Types whose versions say nothing but the adversary's values, and what belongs together."""


@dataclass(frozen=True, slots=True)
class CollectionWithdrawal:
    """What takes one release back from one collection: revocations to send, observables to delete."""

    report_id: str
    collection: str
    bundles: tuple[tuple[Content, ...], ...]
    delete: tuple[str, ...]
    revoked: tuple[tuple[str, str], ...]  # id and version of each revocation before which nothing is to stay
    _path: Path = field(repr=False)
    _record: ReleaseRecord = field(repr=False)

    def keep_revoked(self, hub: str) -> None:
        """Write the revocations into the record, and what is still to be deleted (2); `hub` is the address."""
        record_withdrawal(self._path, replace(self._record, observable_ids=self.delete, history=self._history(hub)))

    def keep_deleted(self, hub: str) -> None:
        """Write into the record that nothing of the release is left in the collection at this hub (4)."""
        observed = self.delete if self.elsewhere(hub) else ()  # another hub still has them
        record_withdrawal(self._path, replace(self._record, observable_ids=observed, history=self._history(hub)))

    def elsewhere(self, hub: str) -> tuple[str, ...]:
        """The other hubs that the release went to, and that it was not withdrawn from."""
        withdrawn = {entry.get("hub") for entry in self._record.history if entry.get("withdrawn")}
        return tuple(address for address in self._record.hubs if address not in {hub, *withdrawn})

    def _history(self, hub: str) -> tuple[Mapping[str, Any], ...]:
        *before, last = self._record.history
        return (*before, {**last, "hub": hub})


@dataclass(frozen=True, slots=True)
class ObservableDeletions:
    """How many observables were deleted, and how many stay because other members published them, too."""

    deleted: int
    shared: int


def withdrawals(member: OwnMember, report_id: str, now: datetime) -> Sequence[CollectionWithdrawal]:
    """A withdrawal for each collection that the report was released to (1). ReleaseError if there is none.

    An observable that another report of this CERT released to the same collection stays until that is withdrawn.
    """
    items: list[CollectionWithdrawal] = []
    observed_elsewhere: dict[str, set[str]] = {}  # collection -> observables of other reports
    for path, data in released_records(member):
        record, collection = parse_release_record(data), str(data["collection"])
        if data.get("report_id") != report_id:
            if not record.withdrawn:
                observed_elsewhere.setdefault(collection, set()).update(record.observable_ids)
            continue
        back = withdrawal(record, timestamp(now))
        bundles = tuple(tuple(bundle) for bundle in (back.contents, back.lone_contents) if bundle)
        telling = [item for item in back.contents if item["type"] not in _NOT_TELLING or hides_value(item)]
        telling += back.lone_contents
        revoked = tuple((item["id"], item["modified"]) for item in telling)
        items.append(
            CollectionWithdrawal(report_id, collection, bundles, back.ids_to_delete, revoked, path, back.record)
        )
    if not items:
        raise ReleaseError(f"Nothing of a report {report_id!r} was released from this home ({member.home}).")
    return [
        replace(
            item, delete=tuple(ref for ref in item.delete if ref not in observed_elsewhere.get(item.collection, ()))
        )
        for item in items
    ]


def revoke(
    connection: HubConnection, outbox: Outbox, item: CollectionWithdrawal, progress: Progress | None = None
) -> Iterator[OutboxDelivery]:
    """Send the revocations through the outbox (2, 3); yields all that leaves it."""
    item.keep_revoked(connection.url)
    names = [
        outbox.put(list(bundle), hub=connection.url, to=item.collection, source=item.report_id)
        for bundle in item.bundles
    ]
    yield from outbox.deliver(connection, names, progress=progress)


def delete_earlier_versions(connection: HubConnection, item: CollectionWithdrawal) -> int:
    """Delete what stands before the revocations (4), and return how many versions that were."""
    collection = connection.collection(item.collection)
    deleted = 0
    for identifier, version in item.revoked:
        with suppress(NotFoundError, ForbiddenError):  # gone already, or not to be read by this account
            deleted += connection.delete_earlier(collection, identifier, version)
    return deleted


def delete_observables(connection: HubConnection, item: CollectionWithdrawal) -> ObservableDeletions:
    """Delete the observables (4). One that is gone already counts as deleted: the connection may have broken before."""
    collection = connection.collection(item.collection)
    shared = 0
    for identifier in item.delete:
        try:
            connection.delete(collection, identifier)
        except NotFoundError:
            continue
        except ForbiddenError:
            shared += 1
    item.keep_deleted(connection.url)
    return ObservableDeletions(len(item.delete) - shared, shared)
