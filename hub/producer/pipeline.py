"""The one way from a report, or from STIX, to the hub. `hub publish` and `HubClient.publish` present what it returns.

    rendered   the report as STIX, as it stands at the CERT            Rendered            rendering.render
    released   what may leave for one collection, or why nothing may   Release, Withheld   producer.releasing
    spooled    releases that wait until all are ready                  SpooledRelease      producer.spool
    sent       what became of each bundle                              Delivery            producer.outbox

Each stage is a frozen value. `add_report` and `add_stix` go as far as the spool and change nothing; `send` then keeps the
records, puts every bundle into the outbox, and sends from there: what an interruption leaves waits in the outbox.
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
from hub.producer.faults import in_words
from hub.producer.outbox import Outbox, OutboxDelivery
from hub.producer.publish import Progress, publish
from hub.producer.spool import NOTHING_SHOWN, Spool, SpooledRelease
from hub.producer.standing import refuse_what_stays
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
    """The time of now."""
    return datetime.now(UTC)


def no_advice(_sentence: str) -> None:
    """Advice on this home that nobody reads."""


class Pipeline:
    """One run of the pipeline; use it in a `with` statement. `now` is the clock; `tell` is called with advice about the home."""

    def __init__(
        self,
        destination: Destination,
        *,
        approvals: Approvals | None = None,
        exercise: bool = False,
        now: Callable[[], datetime] = clock,
        tell: Callable[[str], None] = no_advice,
    ) -> None:
        self._destination = destination
        self._approvals = approvals or Approvals()
        self._exercise = exercise
        self._now = now
        self._tell = tell
        self._names: frozenset[str] = frozenset()  # of the outbox's files that this run has put there
        self.spool = Spool(destination.home)
        self.decisions = Decisions(self._approvals)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.spool.__exit__(*error)

    @cached_property
    def member(self) -> OwnMember:
        """The CERT whose home this is. ConfigurationError where there is none."""
        return load_member(self._home, warn=self._tell)

    @cached_property
    def audience(self) -> Audience:
        """The collection as the release step sees it; the hub is asked once in a run."""
        destination = self._destination
        return audience_at(destination.connection, destination.to, self._home, exercise=self._exercise)

    @property
    def _home(self) -> Path:
        if self._destination.home is None:
            raise ConfigurationError("a report is released by a member: give `home=` to `hub.connect`")
        return self._destination.home

    def release(self, report: Report) -> Release | Withheld:
        """What of the report may leave, or why nothing may: rendered and released, and not spooled.

        A report that cannot be rendered or released is withheld with the fault as the reason: others go on.
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
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing of this report leaves
            return Withheld(in_words(error), Preview(f"{report.source or report.report_id}: cannot be released", ()))

    def add_report(self, report: Report, *, source: str = "") -> Release | Withheld:
        """Render, release and spool a report. Of what is withheld only the records are spooled."""
        from hub.producer.releasing import Release  # noqa: PLC0415 - as above

        outcome = self.release(report)
        self.decisions.add(report.report_id, outcome.preview)
        if isinstance(outcome, Release):
            release = SpooledRelease(
                source=source or report.report_id,
                bundles=outcome.bundles,
                preview=outcome.preview if outcome.first else NOTHING_SHOWN,
                ask=outcome.first,
                files=outcome.files(),
            )
            self.spool.add(release)
        elif outcome.files:
            self.spool.add(SpooledRelease(source or report.report_id, [], files=outcome.files))
        return outcome

    def add_stix(self, objects: Sequence[StixDict], *, source: str, title: str = "") -> SpooledRelease:
        """Spool STIX as it stands. ReleaseError where that is a report as it stands at the CERT, or names whom it protects."""
        for name in refuse_what_stays(objects, self._destination.home, self._approvals.values):
            self.decisions.add_name(name)
        kinds = Counter(str(item.get("type")) for item in objects)
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        preview = Preview(f"{title or source}: {len(objects)} objects, as they stand: {counts}", ())
        release = SpooledRelease(source, [objects], preview)
        self.spool.add(release)
        return release

    def send(self, progress: Progress | None = None) -> Iterator[OutboxDelivery]:
        """Keep the records, then put all into the outbox, then send what waits there; yield what became of each bundle.

        ReleaseError where an approval fits nothing of this run: then nothing is kept or sent. ConnectionFailedError where
        the hub is away: with an outbox, everything waits there and nothing is lost.
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
        self._names = frozenset(names)
        yield from destination.outbox.deliver(destination.connection, names, progress=progress)

    def keep_records(self) -> None:
        """Keep the records of what was spooled, those of withheld reports among them."""
        for release in self.spool:
            for path, body in release.files:
                keep_file(path, body)

    def _in_order(self) -> Iterator[tuple[str, Sequence[StixDict]]]:
        """Each bundle with its source: first those of the incidents, then the lone indicators of all.

        By their place alone, a lone indicator would be seen to belong to the incident before it. The order of the lone ones
        is that of their ids, which nobody can tell from the incidents'.
        """
        lone = []
        for release in self.spool:
            yield from ((release.source, bundle) for bundle in release.bundles[:1])
            lone += [(release.source, bundle) for bundle in release.bundles[1:]]
        yield from sorted(lone, key=lambda item: str(item[1][-1]["id"]))

    def is_own(self, delivery: OutboxDelivery) -> bool:
        """Whether this run published it, rather than an earlier one whose bundle waited in the outbox."""
        return not delivery.name or delivery.name in self._names

    def _send_directly(self, progress: Progress | None) -> Iterator[OutboxDelivery]:
        destination = self._destination
        collection = destination.connection.collection(destination.to)
        for source, bundle in self._in_order():
            receipt = publish(destination.connection, collection, bundle, progress=progress)
            yield OutboxDelivery("", source, receipt, refused=bool(receipt.failures))
