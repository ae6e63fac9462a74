"""The Python library for analysts: `hub.connect(…)`, then `publish`, `follow` and `collections`."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self, overload

from hub.errors import ConfigurationError, NotFoundError, ProducerError, ReadingError, ReleaseError, UnprocessableError
from hub.home import HOME, OUTBOX
from hub.home.files import write_atomically
from hub.home.member import FILE, load_member
from hub.producer import respond, tables
from hub.producer.bundles import StixDict, stix_objects
from hub.producer.checkpoint import Keeper, Position
from hub.producer.connection import HubConnection
from hub.producer.follow import Asked, Rhythm, follow_several
from hub.producer.following import added_after, closing, make_keepers
from hub.producer.hints import Hints
from hub.producer.items import Board, Item
from hub.producer.outbox import Outbox
from hub.producer.patience import Patience, patience_with
from hub.producer.pipeline import Destination, Pipeline, clock
from hub.producer.publish import Progress, Receipt, join_receipts
from hub.producer.withdrawal import delete_earlier_versions, delete_observables, revoke, withdrawals
from hub.producer.witness import Witness
from hub.release.policy import Approvals
from hub.reports.read import Report, RowError
from hub.taxii.resources import CollectionResource

if TYPE_CHECKING:
    from hub.producer.releasing import Release
    from hub.release.preview import Preview
    from hub.release.step import Withheld

_VALUES_AT_A_TIME: Final = 1_000  # the hub's limit for one lookup


class HubClient:
    """A client of a hub, made by :func:`connect`. For one thread at a time; use it in a `with`, or `close` it.

    Collections are named by id, alias or title.
    """

    def __init__(self, connection: HubConnection, *, outbox: Outbox | None = None, home: Path | None = None) -> None:
        self.connection = connection
        self.outbox = outbox
        self._home = home

    def __repr__(self) -> str:
        return f"HubClient({self.connection.url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self.connection.close()

    def collections(self) -> list[CollectionResource]:
        """The collections that this account may see, with `can_read` and `can_write`."""
        return self.connection.collections()

    @overload
    def publish(
        self,
        item: Any,
        to: str,
        *,
        preview: Literal[True],
        source: str = "",
        approvals: Approvals | None = None,
        exercise: bool = False,
    ) -> Preview: ...

    @overload
    def publish(
        self,
        item: Any,
        to: str,
        *,
        preview: Literal[False] = False,
        source: str = "",
        approvals: Approvals | None = None,
        exercise: bool = False,
        progress: Progress | None = None,
    ) -> Receipt: ...

    def publish(  # noqa: PLR0913 - keyword arguments
        self,
        item: Any,
        to: str,
        *,
        preview: bool = False,
        source: str = "",
        approvals: Approvals | None = None,
        exercise: bool = False,
        progress: Progress | None = None,
    ) -> Receipt | Preview:
        """Send a report or STIX to the collection `to`; return a receipt with the result for each object.

        A Report of `hub.read_reports` is first rendered and released, with the victim protected; ReleaseError says why
        nothing of it may leave; `exercise` labels it as part of a drill. ReadingError says that a row could not be read.
        STIX is sent unchanged: a bundle, an envelope, a list of objects or one object, as stix2's objects, dicts, JSON or
        the path of a file; ReleaseError if it is an unreleased report of the CERT, or names somebody whom the CERT
        protects. Refusals of single objects are in the receipt.

        With an outbox, the bundle is stored there first, then everything in it is sent; after a ConnectionFailedError the
        bundle stays there until the next `publish` or `send_waiting`. Without an outbox, simply publish again: nothing is
        stored twice.

        With `preview`, nothing is sent or stored: it returns a table of what would leave, what stays, and why.
        """
        with self._pipeline(to, approvals, exercise=exercise) as pipeline:
            if isinstance(item, Report | RowError):
                outcome = pipeline.add_report(_readable(item), source=source)
                if not pipeline.spool.count and not preview:
                    pipeline.keep_records()
                _require_release(item, outcome)
                release_preview = outcome.preview
            else:
                release_preview = pipeline.add_stix(stix_objects(item), source=source).preview
            if preview:
                pipeline.decisions.check()
                return release_preview
            return join_receipts(
                [delivery.receipt for delivery in pipeline.send(progress) if pipeline.is_own(delivery)]
            )

    def preview(
        self, report: Report | RowError, to: str, *, approvals: Approvals | None = None, exercise: bool = False
    ) -> Release | Withheld:
        """What of the report would leave for that collection; `.preview.text()` is the table. Nothing is sent or stored."""
        with self._pipeline(to, approvals, exercise=exercise) as pipeline:
            return pipeline.release(_readable(report))

    def _pipeline(self, to: str, approvals: Approvals | None, *, exercise: bool) -> Pipeline:
        destination = Destination(self.connection, to, self._home, self.outbox)
        return Pipeline(destination, approvals=approvals, exercise=exercise)

    def withdraw(self, report_id: str, *, progress: Progress | None = None) -> list[Receipt]:
        """Permanently withdraw everything that was released of a report; return a receipt of the revocations in each bundle.

        Its objects are revoked and its observables deleted, in every collection to which it was released. ReleaseError if
        nothing of it was released from this home. After an interruption the same call continues where it stopped.
        """
        if self._home is None or self.outbox is None:
            raise ConfigurationError(
                "a report is withdrawn by the member that released it: give `home=` to `hub.connect`"
            )
        receipts = []
        for item in withdrawals(load_member(self._home), report_id, clock()):
            for delivery in revoke(self.connection, self.outbox, item, progress):
                receipts += [delivery.receipt] if delivery.source == report_id else []
            delete_earlier_versions(self.connection, item)
            delete_observables(self.connection, item)
        return receipts

    # --- reading -------------------------------------------------------------------------------------------

    def get(self, identifier: str, collection: str | None = None) -> Item:
        """The last version of the object with this id, in any collection that this account reads, or in one collection.

        NotFoundError if there is none, or if this account may not see it.
        """
        for readable in self._readable([collection] if collection else None):
            try:
                return Item(self.connection.newest(readable, identifier), readable.alias or readable.id)
            except NotFoundError:
                continue
        raise NotFoundError(f"{identifier} is in no collection here, or not for this account")

    def to_frame(
        self,
        collections: str | Iterable[str] | None = None,
        *,
        types: Iterable[str] = (),
        since: str | datetime | None = None,
    ) -> Any:
        """The objects in the collections as a pandas data frame with one row each; arguments as in `follow`."""
        return tables.to_frame(self.follow(collections, types=types, since=since, once=True))

    def export(
        self,
        form: str,
        collections: str | Iterable[str] | None = None,
        *,
        out: str | Path | None = None,
        types: Iterable[str] = (),
        since: str | datetime | None = None,
    ) -> str:
        """The objects in the collections as `csv`, `stix` (one bundle) or `misp` (one event, without revoked objects).

        Returns the text; with `out` it is also written to that file, completely or not at all.
        """
        text = tables.export(self.follow(collections, types=types, since=since, once=True), form)
        if out is not None:
            try:
                write_atomically(Path(out), text.encode())
            except OSError as error:
                raise ProducerError(f"{out}: cannot be written: {error.strerror}") from None
        return text

    def _readable(self, names: Iterable[str] | None) -> list[CollectionResource]:
        """The collections of these names; without any, all that this account may read."""
        if names is not None:
            return [self.connection.collection(name) for name in names]
        return [collection for collection in self.collections() if collection.can_read]

    # --- the joint protocol -------------------------------------------------------------------------------------

    def alert(self, item: Any, *, to: str = respond.COLLECTION, source: str = "") -> Receipt:
        """Publish a report to all members: like `publish` to the collection of alerts."""
        return self.publish(item, to, source=source)

    def acknowledge(self, incident: str, *, text: str = "", to: str = respond.COLLECTION) -> Receipt:
        """Say that this member has the incident and has looked at it.

        ReleaseError if the text names somebody whom this CERT protects; the same applies to `ask` and `answer`.
        """
        return _require_success(
            respond.acknowledge(self.connection, incident, text=text, to=to, protection=self._protection())
        )

    def ask(  # noqa: PLR0913 - keyword arguments
        self,
        incident: str,
        *,
        members: Iterable[str],
        what: str,
        due: str | None = None,
        priority: int | None = None,
        to: str = respond.COLLECTION,
    ) -> Receipt:
        """Ask members (codes, or "all") for help; the request is the first of the receipt's successes."""
        return _require_success(
            respond.ask(
                self.connection,
                incident,
                members=members,
                what=what,
                due=due,
                priority=priority,
                to=to,
                protection=self._protection(),
            )
        )

    def answer(self, subject: str, says: str, *, why: str = "", to: str = respond.COLLECTION) -> Receipt:
        """Answer a request (its id, or its incident's): accepted, refused (with `why`) or done."""
        return _require_success(
            respond.answer(self.connection, subject, says, why=why, to=to, protection=self._protection())
        )

    def _protection(self) -> respond.Protection:
        return respond.Protection(self._home)

    def board(self, page: int = 1) -> Board:
        """The open incidents, each with the members that received, acknowledged or answered it, were asked or are overdue.

        `more` says whether there is a further page.
        """
        return Board(self.connection.resource("board", "" if page == 1 else f"?page={page}"))

    def lookup(self, *values: str) -> dict[str, Any]:
        """Find the objects that mention the values (addresses, domains, URLs, hashes, names …), among those this account may see.

        `found` has an entry for each object and value, with `type`, `by` (its publisher), `since` and its `incidents`;
        `missing` has the values that no object mentions; `whole` is False if there is more than the hub shows at once.
        """
        result: dict[str, Any] = {"found": [], "missing": [], "whole": True}
        for start in range(0, len(values), _VALUES_AT_A_TIME):
            part = self.connection.look_up(values[start : start + _VALUES_AT_A_TIME])
            result["found"] += part["found"]
            result["missing"] += part["missing"]
            result["whole"] = result["whole"] and part["whole"]
        return result

    def contacts(self) -> list[dict[str, Any]]:
        """The members' points of contact."""
        contacts: list[dict[str, Any]] = self.connection.resource("contacts")["contacts"]
        return contacts

    def confirm_contact(self) -> dict[str, Any]:
        """Confirm that this member's own contact is correct; return the contact."""
        return self.connection.post("contacts")

    # --- sending and following ----------------------------------------------------------------------------------

    def send_waiting(self) -> list[Receipt]:
        """Send everything in the outbox; return the receipts of all bundles that have left it."""
        if self.outbox is None:
            return []
        return [delivery.receipt for delivery in self.outbox.send(self.connection)]

    @overload
    def follow(
        self,
        collections: str | Iterable[str] | None = None,
        *,
        raw: Literal[True],
        types: Iterable[str] = (),
        since: str | datetime | None = None,
        checkpoint: str | Path | None = None,
        out: str | Path | None = None,
        once: bool = False,
        asked: Asked | None = None,
        rhythm: Rhythm | None = None,
        events: bool = True,
        trail: str | Path | None = None,
    ) -> Iterator[StixDict]: ...

    @overload
    def follow(
        self,
        collections: str | Iterable[str] | None = None,
        *,
        raw: Literal[False] = False,
        types: Iterable[str] = (),
        since: str | datetime | None = None,
        checkpoint: str | Path | None = None,
        out: str | Path | None = None,
        once: bool = False,
        asked: Asked | None = None,
        rhythm: Rhythm | None = None,
        events: bool = True,
        trail: str | Path | None = None,
    ) -> Iterator[Item]: ...

    def follow(  # noqa: PLR0913 - keyword arguments
        self,
        collections: str | Iterable[str] | None = None,
        *,
        raw: bool = False,
        types: Iterable[str] = (),
        since: str | datetime | None = None,
        checkpoint: str | Path | None = None,
        out: str | Path | None = None,
        once: bool = False,
        asked: Asked | None = None,
        rhythm: Rhythm | None = None,
        events: bool = True,
        trail: str | Path | None = None,
    ) -> Iterator[Item] | Iterator[StixDict]:
        """Yield each object of a collection, oldest first: with `once` until nothing is new, otherwise for ever.

        `collections` is one name or several; without it, all collections that this account may read, one after another.
        `types` selects STIX types. `since` selects objects added to the hub after that moment (a datetime, a timestamp, or
        a span such as 7d); older markings and identities are left out, too.

        An `Item` is read like stix2's object (`item["type"]`, `item.pattern`), and says whether it is still valid
        (`item.revoked`, `item.active()`); with `raw`, objects are dicts, JSON-equal to what was published.

        With `checkpoint`, a file (or, for several collections, a folder with a file for each), the next call continues
        where this one ended. An object counts as processed when the next one is requested: after a kill or a `break` the
        last one comes again. With `out`, each object of one collection is also written to that file, one JSON object per
        line, and each exactly once in any case; its default checkpoint is the file of that name with `.checkpoint` added.

        Between two polls it listens for the hub's events, if the hub has them, so that new objects arrive immediately;
        without `events`, or with a `rhythm` that has its own `wait`, it only polls.

        `trail` is a file for the last signed checkpoint of the hub's audit trail: if a later one does not extend it, the
        rhythm's `tell` is called, since the hub's history may have been changed.
        """
        asked, rhythm = asked or Asked(), rhythm or Rhythm()
        if chosen_types := tuple(types):
            asked = dataclasses.replace(asked, types=chosen_types)
        names = [collections] if isinstance(collections, str) else collections
        readable = self._readable(names)
        if out is not None and len(readable) != 1:
            raise ConfigurationError("an out file is for one collection: name one, or do not give `out`")
        keepers = make_keepers(readable, asked, checkpoint, out, single=isinstance(collections, str))
        if since is not None:
            after = added_after(since)
            for keeper in keepers:
                if keeper.position == Position():
                    keeper.commit(Position(after))
        resources: tuple[Keeper | Hints, ...] = keepers
        if once:
            rhythm = dataclasses.replace(rhythm, once=True)
        elif events and rhythm.wait is time.sleep:
            hints = Hints(self.connection, *readable)
            rhythm = dataclasses.replace(rhythm, wait=hints.wait)
            resources = (*keepers, hints)
        look = None if trail is None else Witness(self.connection, Path(trail), rhythm.tell).look
        pairs = list(zip(readable, keepers, strict=True))
        contents = follow_several(self.connection, pairs, asked, rhythm, before_round=look)
        if raw:
            return closing(resources, (content for _, content in contents))
        return closing(
            resources, (Item(content, collection.alias or collection.id) for collection, content in contents)
        )


def connect(  # noqa: PLR0913 - keyword arguments
    url: str,
    *,
    key: str | None = None,
    user: str | None = None,
    password: str | None = None,
    ca: str | Path | None = None,
    plain_http: bool = False,
    outbox: str | Path | None = None,
    home: str | Path | None = None,
    timeout: float | None = None,
    retries: int | None = None,
    patience: Patience | None = None,
) -> HubClient:
    """A client for the hub at `url`: an API root (https://hub.example/asean/), or a server with a default API root.

    Give `key`, or `user` with `password`. `ca` is a file of CA certificates to trust. `home` is the folder of this CERT's
    `member.toml`, which publishing reports needs; by default `.threat-sharing-hub` in your home directory. `outbox` is a
    folder where bundles wait until they are sent; by default `outbox` in a home with a `member.toml`, as for `hub publish`.
    Nothing is sent yet. ConfigurationError says which argument cannot be used.

    `timeout` limits the silence on the connection in seconds, `retries` how often a failed request is sent again; each
    noticeable pause is logged as a warning of `hub.producer`. `patience` sets each limit separately.

    >>> asean = connect("https://hub.example/asean/", key="…")                  # doctest: +SKIP
    >>> print(asean.publish("bundle.json", to="id").in_words())                 # doctest: +SKIP
    >>> for item in asean.follow("alerts", checkpoint="alerts.state", once=True):  # doctest: +SKIP
    ...     print(item["type"], item["id"])
    """
    patience = patience_with(patience or Patience(), timeout, retries)
    connection = HubConnection(
        url, key=key, user=user, password=password, ca=ca, plain_http=plain_http, patience=patience
    )
    folder = Path(home) if home is not None else Path.home() / HOME
    if outbox is None and (folder / FILE).exists():
        outbox = folder / OUTBOX
    return HubClient(connection, outbox=None if outbox is None else Outbox(Path(outbox)), home=folder)


def _readable(report: Report | RowError) -> Report:
    if isinstance(report, RowError):
        raise ReadingError(str(report))
    return report


def _require_release(report: Report | RowError, outcome: Release | Withheld) -> None:
    """Raise ReleaseError if nothing of the report leaves."""
    from hub.release.step import Withheld  # noqa: PLC0415 - loads stix2; the release has loaded it already

    if isinstance(outcome, Withheld):
        raise ReleaseError(f"{report.report_id}: {outcome.reason}")


def _require_success(receipt: Receipt) -> Receipt:
    """The receipt of a step of the joint protocol; UnprocessableError with the hub's message if the hub refused the step."""
    if receipt.failures:
        raise UnprocessableError(receipt.failures[0].reason)
    return receipt


__all__ = ["Asked", "HubClient", "Patience", "Rhythm", "connect"]
