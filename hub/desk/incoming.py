"""Incidents that other members report, over TAXII and the hub's board: what is new, and one with all that it brings."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from hub.desk.drafts import Drafts
from hub.desk.receiver import Received, received
from hub.errors import HubError, NotFoundError
from hub.producer.api import HubClient
from hub.producer.audience import INDICATORS
from hub.producer.connection import HubConnection
from hub.producer.hints import Hints
from hub.protocol.labels import ANSWERS
from hub.protocol.steps import LEGAL
from hub.taxii.resources import CollectionResource

ASK_SECONDS: Final = 10.0  # that an answer of the hub counts for; pages ask as often as they like
PAUSE_SECONDS: Final = 1.0  # between two looks at the board, however much moves
IDLE_SECONDS: Final = 60.0  # after which the hub is no longer followed: no page has waited for news
OBJECTS_MOST: Final = 2_000  # that the reports about one incident name, and its page shows
REPORTS_MOST: Final = 5_000  # that are looked through for those about one incident
_IDS_AT_A_TIME: Final = 50
_SEEN: Final = "seen"
_BY_WORD: Final = {say.word: say for say in ANSWERS}
Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BoardView:
    """The board as it was asked for last: incidents of other members, one's own, and which were not looked at yet."""

    member: str = ""
    exercise: bool = False
    theirs: tuple[Entry, ...] = ()
    own: tuple[Entry, ...] = ()
    unseen: frozenset[str] = frozenset()
    problem: str = ""

    def entry(self, incident: str) -> Entry:
        """The incident. NotFoundError where the board has none of that id."""
        for entry in (*self.theirs, *self.own):
            if entry["incident"] == incident:
                return entry
        raise NotFoundError("The board has no such incident for this account; it may have been closed or withdrawn.")


class Watch:
    """Asks the hub for its board, at most every ASK_SECONDS; while pages wait for news, as soon as the hub says that something
    moved (`producer.hints`). For several threads.
    """

    def __init__(
        self, connect: Callable[[], HubClient], drafts: Drafts, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._connect = connect
        self._drafts = drafts
        self._clock = clock
        self._lock = threading.Lock()
        self._asked: float | None = None
        self._view = BoardView()
        self._changed = threading.Condition()
        self._number = 0  # grows when incidents come or go
        self._wanted = 0.0  # when a page last waited
        self._waiting = threading.Event()
        self._follower: threading.Thread | None = None

    def wait(self, known: int, seconds: float) -> int:
        """Return when other incidents are there than at the number `known`, or after that many seconds: the number now.

        The first call begins to follow the hub.
        """
        with self._changed:
            self._wanted = self._clock()
            self._waiting.set()
            if self._follower is None:
                self._follower = threading.Thread(target=self._follow, name="news", daemon=True)
                self._follower.start()
            self._changed.wait_for(lambda: self._number != known, seconds)
            return self._number

    def _follow(self) -> None:
        """Run in the thread: update the board at each event, or every ASK_SECONDS if the hub sends no events."""
        pause = threading.Event()  # nobody sets it: the thread ends with the process
        while self._waiting.wait():
            try:
                with self._connect() as hub:
                    readable = [collection for collection in hub.connection.collections() if collection.can_read]
                    with Hints(
                        hub.connection,
                        *(collection for collection in readable if INDICATORS not in collection.x_hub_profiles),
                    ) as hints:
                        while not self._is_idle():
                            self.board(fresh=True)
                            pause.wait(PAUSE_SECONDS)
                            hints.wait(ASK_SECONDS)
            except HubError:
                self.board(fresh=True)  # its view says why
                pause.wait(ASK_SECONDS)
            with self._changed:
                if self._is_idle():
                    self._waiting.clear()

    def _is_idle(self) -> bool:
        return self._clock() - self._wanted >= IDLE_SECONDS

    @property
    def unseen_count(self) -> int:
        """How many incidents were not looked at, as far as is known; asks nobody."""
        return len(self._view.unseen)

    def board(self, *, fresh: bool = False) -> BoardView:
        """The board. Where the hub is away, what it said last, and why there is no newer answer."""
        with self._lock:
            now = self._clock()
            if fresh or self._asked is None or now - self._asked >= ASK_SECONDS:
                before, self._view = self._view, self._ask()
                first, self._asked = self._asked is None, self._clock()
                if first or _ids(before) != _ids(self._view):
                    with self._changed:
                        self._number += 1
                        self._changed.notify_all()
            return self._view

    def look_at(self, incidents: Iterable[str]) -> None:
        """Note that the officer has seen them."""
        with self._lock:
            seen_ids = self._seen() | set(incidents)
            known = {entry["incident"] for entry in self._view.theirs}
            self._drafts.remember(_SEEN, {"incidents": sorted(seen_ids & known)})
            self._view = _with_unseen(self._view, seen_ids)

    def _ask(self) -> BoardView:
        before = self._view
        try:
            with self._connect() as hub:
                board = hub.board()
        except HubError as error:
            return BoardView(
                before.member, before.exercise, before.theirs, before.own, before.unseen, problem=str(error)
            )
        member = str(board.get("member", ""))
        entries = [entry for entry in board.get("incidents", ()) if isinstance(entry, dict)]
        own = tuple(entry for entry in entries if member in (entry.get("reported_by"), entry.get("relayed_by")))
        theirs = sorted(
            (entry for entry in entries if entry not in own), key=lambda entry: str(entry["first_added"]), reverse=True
        )
        view = BoardView(member, board.get("exercise") is True, tuple(theirs), own)
        return _with_unseen(view, self._seen())

    def _seen(self) -> set[str]:
        return set(self._drafts.remembered(_SEEN).get("incidents", ()))


def _ids(view: BoardView) -> list[str]:
    return [entry["incident"] for entry in view.theirs]


def _with_unseen(view: BoardView, seen_ids: set[str]) -> BoardView:
    unseen = frozenset(entry["incident"] for entry in view.theirs) - seen_ids
    return BoardView(view.member, view.exercise, view.theirs, view.own, unseen, view.problem)


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request for help that this member may answer: `words` are the answers that are legal now."""

    id: str
    by: str
    what: str
    due: str
    words: tuple[str, ...]


def requests_to(entry: Mapping[str, Any], member: str) -> list[OpenRequest]:
    """The requests about an incident that ask this member, and may be answered (further)."""
    open_requests = []
    for request in entry["requests"]:
        if member not in request["asked"]:
            continue
        answers = request["answers"].get(member, ())
        last = _BY_WORD.get(answers[-1]["says"]) if answers else None
        legal = LEGAL[last]
        words = tuple(say.word for say in ANSWERS if say in legal)
        if words:
            open_requests.append(
                OpenRequest(request["request"], request["by"], request["what"], request["due"] or "", words)
            )
    return open_requests


def fetch(connection: HubConnection, entry: Mapping[str, Any]) -> tuple[Received, int]:
    """An incident of the board with what its reports name, over TAXII; and how many objects were left out.

    1. The incident, from each collection that the board names.
    2. The reports that came since, and name it.
    3. What they name.
    """
    identifier = str(entry["incident"])
    collections = [place for place in connection.collections() if place.can_read]
    places = [place for place in collections if place.alias in entry["collections"] or place.id in entry["collections"]]
    # (1)
    incident = _by_ids(connection, places, [identifier])
    if not incident:
        raise NotFoundError("The hub has no such incident for this account any more.")
    # (2)
    since = datetime.fromisoformat(str(entry["first_added"])) - timedelta(hours=1)
    reports: dict[str, Entry] = {}
    for collection in places:
        for report in _reports(connection, collection, since.isoformat(timespec="milliseconds").replace("+00:00", "Z")):
            if identifier in report.get("object_refs", ()):
                reports[report["id"]] = report
    # (3)
    refs = {ref for report in reports.values() for ref in report["object_refs"]} - {identifier, *reports}
    objects = _by_ids(connection, collections, sorted(refs)[:OBJECTS_MOST])
    return received([*incident, *reports.values(), *objects]), max(0, len(refs) - OBJECTS_MOST)


def _reports(connection: HubConnection, collection: CollectionResource, since: str) -> Iterable[Entry]:
    token: str | None = None
    count = 0
    while count < REPORTS_MOST:
        page = connection.page(collection, added_after=since, types=["report"], next_token=token)
        yield from page.objects
        count += len(page.objects)
        token = page.next
        if not page.more or token is None:
            return


def _by_ids(connection: HubConnection, collections: Iterable[CollectionResource], ids: list[str]) -> list[Entry]:
    newest: dict[str, Entry] = {}
    missing = list(ids)
    for collection in collections:
        for start in range(0, len(missing), _IDS_AT_A_TIME):
            for item in connection.page(collection, ids=missing[start : start + _IDS_AT_A_TIME]).objects:
                newest.setdefault(item["id"], item)
        missing = [identifier for identifier in missing if identifier not in newest]
        if not missing:
            break
    return [newest[identifier] for identifier in ids if identifier in newest]
