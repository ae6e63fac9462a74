"""Incidents that other members report, from the hub's board and over TAXII: the list, new ones, and one with its objects."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from hub.desk.drafts import Drafts
from hub.desk.receiver import BundleContents, sort_bundle
from hub.errors import HubError, NotFoundError
from hub.producer.api import HubClient
from hub.producer.audience import INDICATORS
from hub.producer.connection import HubConnection
from hub.producer.hints import Hints
from hub.protocol.labels import ANSWERS
from hub.protocol.steps import LEGAL
from hub.taxii.resources import CollectionResource

REFRESH_SECONDS: Final = 10.0  # for which a board is used; pages may read it at any time
PAUSE_SECONDS: Final = 1.0  # between two requests for the board, however many events come
IDLE_SECONDS: Final = 60.0  # without a page that waits for news, after which the hub is no longer followed
MAX_OBJECTS: Final = 2_000  # named objects on an incident's page
MAX_REPORTS: Final = 5_000  # reports that are read to find those about one incident
_IDS_AT_A_TIME: Final = 50
_SEEN: Final = "seen"
_BY_WORD: Final = {say.word: say for say in ANSWERS}
Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BoardView:
    """The board as it was read last: incidents of other members, the member's own ones, and the ids that were not seen yet."""

    member: str = ""
    exercise: bool = False
    incoming: tuple[Entry, ...] = ()
    own_incidents: tuple[Entry, ...] = ()
    unseen: frozenset[str] = frozenset()
    problem: str = ""

    def entry(self, incident: str) -> Entry:
        """The entry of an incident. NotFoundError if the board does not have it."""
        for entry in (*self.incoming, *self.own_incidents):
            if entry["incident"] == incident:
                return entry
        raise NotFoundError("The board has no such incident for this account; it may have been closed or withdrawn.")


class Watch:
    """Reads the hub's board, at most every REFRESH_SECONDS; while pages wait for news, immediately after each event of the hub
    (`producer.hints`). Safe for several threads.
    """

    def __init__(
        self, connect: Callable[[], HubClient], drafts: Drafts, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._connect = connect
        self._drafts = drafts
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at: float | None = None
        self._view = BoardView()
        self._changed = threading.Condition()
        self._version = 0  # increases when incidents come or go
        self._waited_at = 0.0  # when a page last waited
        self._is_followed = threading.Event()
        self._follower: threading.Thread | None = None

    def wait(self, known_version: int, seconds: float) -> int:
        """Wait until the list of incidents differs from version `known_version`, or for that many seconds; return its version.

        The first call starts to follow the hub.
        """
        with self._changed:
            self._waited_at = self._clock()
            self._is_followed.set()
            if self._follower is None:
                self._follower = threading.Thread(target=self._follow, name="news", daemon=True)
                self._follower.start()
            self._changed.wait_for(lambda: self._version != known_version, seconds)
            return self._version

    def _follow(self) -> None:
        """Run in the thread: update the board at each event, or every REFRESH_SECONDS if the hub sends no events."""
        pause = threading.Event()  # never set: the thread ends with the process
        while self._is_followed.wait():
            try:
                with self._connect() as hub:
                    readable_collections = [
                        collection for collection in hub.connection.collections() if collection.can_read
                    ]
                    with Hints(
                        hub.connection,
                        *(
                            collection
                            for collection in readable_collections
                            if INDICATORS not in collection.x_hub_profiles
                        ),
                    ) as hints:
                        while not self._is_idle():
                            self.board(refresh=True)
                            pause.wait(PAUSE_SECONDS)
                            hints.wait(REFRESH_SECONDS)
            except HubError:
                self.board(refresh=True)  # the view has the error
                pause.wait(REFRESH_SECONDS)
            with self._changed:
                if self._is_idle():
                    self._is_followed.clear()

    def _is_idle(self) -> bool:
        return self._clock() - self._waited_at >= IDLE_SECONDS

    @property
    def unseen_count(self) -> int:
        """How many incidents were not seen yet, according to the last board; sends no request."""
        return len(self._view.unseen)

    def board(self, *, refresh: bool = False) -> BoardView:
        """The board. If the hub cannot be reached: the last board, with the error."""
        with self._lock:
            now = self._clock()
            if refresh or self._read_at is None or now - self._read_at >= REFRESH_SECONDS:
                old_view, self._view = self._view, self._read_board()
                is_first, self._read_at = self._read_at is None, self._clock()
                if is_first or _ids(old_view) != _ids(self._view):
                    with self._changed:
                        self._version += 1
                        self._changed.notify_all()
            return self._view

    def look_at(self, incidents: Iterable[str]) -> None:
        """Note that the officer has seen these incidents."""
        with self._lock:
            seen_ids = self._seen() | set(incidents)
            current_ids = {entry["incident"] for entry in self._view.incoming}
            self._drafts.save_values(_SEEN, {"incidents": sorted(seen_ids & current_ids)})
            self._view = _with_unseen(self._view, seen_ids)

    def _read_board(self) -> BoardView:
        old_view = self._view
        try:
            with self._connect() as hub:
                board = hub.board()
        except HubError as error:
            return BoardView(
                old_view.member,
                old_view.exercise,
                old_view.incoming,
                old_view.own_incidents,
                old_view.unseen,
                problem=str(error),
            )
        member = str(board.get("member", ""))
        entries = [entry for entry in board.get("incidents", ()) if isinstance(entry, dict)]
        own_incidents = tuple(
            entry for entry in entries if member in (entry.get("reported_by"), entry.get("relayed_by"))
        )
        incoming = sorted(
            (entry for entry in entries if entry not in own_incidents),
            key=lambda entry: str(entry["first_added"]),
            reverse=True,
        )
        view = BoardView(member, board.get("exercise") is True, tuple(incoming), own_incidents)
        return _with_unseen(view, self._seen())

    def _seen(self) -> set[str]:
        return set(self._drafts.saved_values(_SEEN).get("incidents", ()))


def _ids(view: BoardView) -> list[str]:
    return [entry["incident"] for entry in view.incoming]


def _with_unseen(view: BoardView, seen_ids: set[str]) -> BoardView:
    unseen = frozenset(entry["incident"] for entry in view.incoming) - seen_ids
    return BoardView(view.member, view.exercise, view.incoming, view.own_incidents, unseen, view.problem)


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request for help that this member may answer: `words` are the answers that are legal now."""

    id: str
    by: str
    what: str
    due: str
    words: tuple[str, ...]


def requests_to(entry: Mapping[str, Any], member: str) -> list[OpenRequest]:
    """The requests about an incident that ask this member, and that it may answer now."""
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


def fetch(connection: HubConnection, entry: Mapping[str, Any]) -> tuple[BundleContents, int]:
    """Fetch an incident of the board over TAXII, with the objects that its reports name; and the number of omitted objects.

    1. The incident, from each collection that the board names.
    2. The reports that were added since then and name it.
    3. The objects that the reports name.
    """
    identifier = str(entry["incident"])
    collections = [collection for collection in connection.collections() if collection.can_read]
    incident_collections = [
        collection
        for collection in collections
        if collection.alias in entry["collections"] or collection.id in entry["collections"]
    ]
    # (1)
    incident = _by_ids(connection, incident_collections, [identifier])
    if not incident:
        raise NotFoundError("The hub has no such incident for this account any more.")
    # (2)
    since = datetime.fromisoformat(str(entry["first_added"])) - timedelta(hours=1)
    reports: dict[str, Entry] = {}
    for collection in incident_collections:
        for report in _reports(connection, collection, since.isoformat(timespec="milliseconds").replace("+00:00", "Z")):
            if identifier in report.get("object_refs", ()):
                reports[report["id"]] = report
    # (3)
    refs = {ref for report in reports.values() for ref in report["object_refs"]} - {identifier, *reports}
    objects = _by_ids(connection, collections, sorted(refs)[:MAX_OBJECTS])
    return sort_bundle([*incident, *reports.values(), *objects]), max(0, len(refs) - MAX_OBJECTS)


def _reports(connection: HubConnection, collection: CollectionResource, since: str) -> Iterable[Entry]:
    token: str | None = None
    count = 0
    while count < MAX_REPORTS:
        page = connection.page(collection, added_after=since, types=["report"], next_token=token)
        yield from page.objects
        count += len(page.objects)
        token = page.next
        if not page.more or token is None:
            return


def _by_ids(connection: HubConnection, collections: Iterable[CollectionResource], ids: list[str]) -> list[Entry]:
    newest: dict[str, Entry] = {}
    missing_ids = list(ids)
    for collection in collections:
        for start in range(0, len(missing_ids), _IDS_AT_A_TIME):
            for item in connection.page(collection, ids=missing_ids[start : start + _IDS_AT_A_TIME]).objects:
                newest.setdefault(item["id"], item)
        missing_ids = [identifier for identifier in missing_ids if identifier not in newest]
        if not missing_ids:
            break
    return [newest[identifier] for identifier in ids if identifier in newest]
