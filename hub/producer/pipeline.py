"""The publishing pipeline from a report, or from STIX, to the hub. `hub publish` and `HubClient.publish` show its results.

    rendered   the report as STIX, with all data of the CERT           Rendered            rendering.render
    released   what may leave for one collection, or why nothing may   Release, Withheld   producer.releasing
    spooled    releases that wait until all are ready                  SpooledRelease      producer.spool
    sent       the result for each bundle                              OutboxDelivery      producer.outbox

Each stage is a frozen value. `add_report` and `add_stix` only fill the spool and change nothing else; `send` then writes
the records, puts every bundle into the outbox, and sends from there: after an interruption bundles wait in the outbox.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from hub.errors import ConfigurationError
from hub.home.member import OwnMember, load_member
from hub.producer.audience import audience_at
from hub.producer.bundles import StixDict
from hub.producer.connection import HubConnection
from hub.producer.faults import describe_error
from hub.producer.outbox import Outbox, OutboxDelivery
from hub.producer.publish import Progress, publish
from hub.producer.spool import EMPTY_PREVIEW, Spool, SpooledRelease
from hub.producer.standing import check_unreleased_stix
from hub.release.held import Decisions
from hub.release.policy import Approvals, Audience
from hub.release.preview import Preview
from hub.release.record import keep_file
from hub.reports.report import Report

if TYPE_CHECKING:
    from hub.producer.releasing import Release
    from hub.release.step import Withheld


@dataclass(frozen=True, slots=True)
class Destination:
    """The target of releases: a collection of a hub, through the outbox if there is one. Records are kept in `home`."""

    connection: HubConnection
    to: str
    home: Path | None
    outbox: Outbox | None


def clock() -> datetime:
    """The current time."""
    return datetime.now(UTC)


def ignore_advice(_sentence: str) -> None:
    """Ignore advice about this home."""


class Pipeline:
    """One run of the pipeline; use it in a `with` statement. `now` is the clock; `tell` is called with advice about the home."""

    def __init__(
        self,
        destination: Destination,
        *,
        approvals: Approvals | None = None,
        exercise: bool = False,
        now: Callable[[], datetime] = clock,
        tell: Callable[[str], None] = ignore_advice,
    ) -> None:
        self._destination = destination
        self._approvals = approvals or Approvals()
        self._exercise = exercise
        self._now = now
        self._tell = tell
        self._own_names: frozenset[str] = frozenset()  # of the files that this run has put into the outbox
        self.spool = Spool(destination.home)
        self.decisions = Decisions(self._approvals)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.spool.__exit__(*error)

    @cached_property
    def member(self) -> OwnMember:
        """The CERT that owns this home. ConfigurationError if there is no home."""
        return load_member(self._home, warn=self._tell)

    @cached_property
    def audience(self) -> Audience:
        """The collection as the release step sees it; a run asks the hub once."""
        destination = self._destination
        return audience_at(destination.connection, destination.to, self._home, exercise=self._exercise)

    @property
    def _home(self) -> Path:
        if self._destination.home is None:
            raise ConfigurationError("a report is released by a member: give `home=` to `hub.connect`")
        return self._destination.home

    def release(self, report: Report) -> Release | Withheld:
        """Render and release the report, without spooling it: what may leave, or why nothing may.

        A report that cannot be rendered or released is withheld with the error as the reason, so that other reports go on.
        """
        from hub.producer.releasing import release_report  # noqa: PLC0415 - loads stix2, a third of a second
        from hub.release.step import Withheld  # noqa: PLC0415 - as above

        member, audience = self.member, self.audience
        try:
            return release_report(
                report,
                member,
                audience,
                self._now(),
                approvals=self._approvals,
                exercise=self._exercise,
                pending_file=self.spool.pending_file,
            )
        except Exception as error:  # noqa: BLE001 - after any error nothing of this report leaves
            return Withheld(
                describe_error(error), Preview(f"{report.source or report.report_id}: cannot be released", ())
            )

    def add_report(self, report: Report, *, source: str = "") -> Release | Withheld:
        """Render, release and spool a report. For a withheld report only the records are spooled."""
        from hub.producer.releasing import Release  # noqa: PLC0415 - as above

        outcome = self.release(report)
        self.decisions.add(report.report_id, outcome.preview)
        if isinstance(outcome, Release):
            release = SpooledRelease(
                source=source or report.report_id,
                bundles=outcome.bundles,
                preview=outcome.preview if outcome.first else EMPTY_PREVIEW,
                needs_confirmation=outcome.first,
                files=outcome.files(),
            )
            self.spool.add(release)
        elif outcome.files:
            self.spool.add(SpooledRelease(source or report.report_id, [], files=outcome.files))
        return outcome

    def add_stix(self, objects: Sequence[StixDict], *, source: str, title: str = "") -> SpooledRelease:
        """Spool STIX unchanged. ReleaseError if it is an unreleased report of the CERT, or names somebody whom it protects."""
        for name in check_unreleased_stix(objects, self._destination.home, self._approvals.values):
            self.decisions.add_name(name)
        kinds = Counter(str(item.get("type")) for item in objects)
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        preview = Preview(f"{title or source}: {len(objects)} objects, as they stand: {counts}", ())
        release = SpooledRelease(source, [objects], preview)
        self.spool.add(release)
        return release

    def send(self, progress: Progress | None = None) -> Iterator[OutboxDelivery]:
        """Write the records, put all bundles into the outbox, and send everything in it; yield the result for each bundle.

        ReleaseError if an approval matches nothing in this run: then nothing is written or sent. ConnectionFailedError if
        the hub is out of reach: with an outbox, everything waits there and nothing is lost.
        """
        self.decisions.check()
        self.keep_records()
        destination = self._destination
        if destination.outbox is None:
            yield from self._send_directly(progress)
            return
        names = [
            destination.outbox.put(bundle, hub=destination.connection.url, to=destination.to, source=source)
            for source, bundle in self._in_order()
        ]
        self._own_names = frozenset(names)
        yield from destination.outbox.deliver(destination.connection, names, progress=progress)

    def keep_records(self) -> None:
        """Write the records of all spooled releases and of withheld reports."""
        for release in self.spool:
            for path, body in release.files:
                keep_file(path, body)

    def _in_order(self) -> Iterator[tuple[str, Sequence[StixDict]]]:
        """Each bundle with its source: first those of the incidents, then the lone indicators of all reports.

        Otherwise the order would show to which incident a lone indicator belongs. Lone indicators are sorted by their ids,
        which do not depend on the incidents.
        """
        lone_indicators = []
        for release in self.spool:
            yield from ((release.source, bundle) for bundle in release.bundles[:1])
            lone_indicators += [(release.source, bundle) for bundle in release.bundles[1:]]
        yield from sorted(lone_indicators, key=lambda item: str(item[1][-1]["id"]))

    def is_own(self, delivery: OutboxDelivery) -> bool:
        """Whether this run published the bundle, and not an earlier one whose bundle waited in the outbox."""
        return not delivery.name or delivery.name in self._own_names

    def _send_directly(self, progress: Progress | None) -> Iterator[OutboxDelivery]:
        destination = self._destination
        collection = destination.connection.collection(destination.to)
        for source, bundle in self._in_order():
            receipt = publish(destination.connection, collection, bundle, progress=progress)
            yield OutboxDelivery("", source, receipt, refused=bool(receipt.failures))
