"""Withdraw everything that was released of a report: revoke its objects, delete its observables.

1. The release records of this home say which objects went to which collection.
2. The record is changed before the revocations are sent, so that after an interruption the same ones are sent again.
3. Revocations go through the outbox, like any other publication.
4. Observables, which STIX cannot revoke, are deleted from the collection. Versions before a revocation are deleted, too,
   since a reader of all versions would still find the withdrawn content in them. Only indicators of the adversary's
   values keep their older versions, unless an officer had to approve the value.

After an interruption, running it again continues where it stopped.
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

_TYPES_WITHOUT_VICTIM: Final = frozenset({"indicator", "observed-data", "relationship"})
"""Types whose versions contain only values of the adversary and connections between objects."""


@dataclass(frozen=True, slots=True)
class CollectionWithdrawal:
    """The withdrawal of one release from one collection: revocations to send, observables to delete."""

    report_id: str
    collection: str
    bundles: tuple[tuple[Content, ...], ...]
    observables: tuple[str, ...]  # ids of the observables to delete
    final_revocations: tuple[tuple[str, str], ...]  # id and version of each revocation whose older versions are deleted
    _path: Path = field(repr=False)
    _record: ReleaseRecord = field(repr=False)

    def record_revocations(self, hub: str) -> None:
        """Write the revocations and the observables to delete into the record (2); `hub` is the address."""
        record_withdrawal(
            self._path, replace(self._record, observable_ids=self.observables, history=self._history(hub))
        )

    def record_deletions(self, hub: str) -> None:
        """Write into the record that nothing of the release remains in the collection at this hub (4)."""
        observed = self.observables if self.other_hubs(hub) else ()  # another hub still has them
        record_withdrawal(self._path, replace(self._record, observable_ids=observed, history=self._history(hub)))

    def other_hubs(self, hub: str) -> tuple[str, ...]:
        """The other hubs that got the release and from which it was not withdrawn."""
        finished_hubs = {entry.get("hub") for entry in self._record.history if entry.get("withdrawn")}
        return tuple(address for address in self._record.hubs if address not in {hub, *finished_hubs})

    def _history(self, hub: str) -> tuple[Mapping[str, Any], ...]:
        *earlier_entries, last = self._record.history
        return (*earlier_entries, {**last, "hub": hub})


@dataclass(frozen=True, slots=True)
class ObservableDeletions:
    """The number of deleted observables, and of those that stay because other members published them, too."""

    deleted: int
    shared: int


def withdrawals(member: OwnMember, report_id: str, now: datetime) -> Sequence[CollectionWithdrawal]:
    """A withdrawal for each collection to which the report was released (1). ReleaseError if there is none.

    An observable that another report of this CERT released to the same collection stays until that report is withdrawn.
    """
    items: list[CollectionWithdrawal] = []
    shared_observables: dict[str, set[str]] = {}  # collection -> observables of other reports
    for path, data in released_records(member):
        record, collection = parse_release_record(data), str(data["collection"])
        if data.get("report_id") != report_id:
            if not record.withdrawn:
                shared_observables.setdefault(collection, set()).update(record.observable_ids)
            continue
        effect = withdrawal(record, timestamp(now))
        bundles = tuple(tuple(bundle) for bundle in (effect.contents, effect.lone_contents) if bundle)
        final = [item for item in effect.contents if item["type"] not in _TYPES_WITHOUT_VICTIM or hides_value(item)]
        final += effect.lone_contents
        revocations = tuple((item["id"], item["modified"]) for item in final)
        items.append(
            CollectionWithdrawal(report_id, collection, bundles, effect.ids_to_delete, revocations, path, effect.record)
        )
    if not items:
        raise ReleaseError(f"Nothing of a report {report_id!r} was released from this home ({member.home}).")
    return [
        replace(
            item,
            observables=tuple(
                ref for ref in item.observables if ref not in shared_observables.get(item.collection, ())
            ),
        )
        for item in items
    ]


def revoke(
    connection: HubConnection, outbox: Outbox, item: CollectionWithdrawal, progress: Progress | None = None
) -> Iterator[OutboxDelivery]:
    """Send the revocations through the outbox (2, 3); yield the result for each bundle that leaves it."""
    item.record_revocations(connection.url)
    names = [
        outbox.put(list(bundle), hub=connection.url, to=item.collection, source=item.report_id)
        for bundle in item.bundles
    ]
    yield from outbox.deliver(connection, names, progress=progress)


def delete_earlier_versions(connection: HubConnection, item: CollectionWithdrawal) -> int:
    """Delete the versions before the revocations (4), and return their number."""
    collection = connection.collection(item.collection)
    deleted = 0
    for identifier, version in item.final_revocations:
        with suppress(NotFoundError, ForbiddenError):  # deleted already, or not readable for this account
            deleted += connection.delete_earlier(collection, identifier, version)
    return deleted


def delete_observables(connection: HubConnection, item: CollectionWithdrawal) -> ObservableDeletions:
    """Delete the observables (4). A missing one counts as deleted, since an earlier run may have been interrupted."""
    collection = connection.collection(item.collection)
    shared = 0
    for identifier in item.observables:
        try:
            connection.delete(collection, identifier)
        except NotFoundError:
            continue
        except ForbiddenError:
            shared += 1
    item.record_deletions(connection.url)
    return ObservableDeletions(len(item.observables) - shared, shared)
