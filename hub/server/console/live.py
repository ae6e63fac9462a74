"""A cache of live boards: hundreds of browsers request the same board within the second in which it changed.

1. The script requests the page with the header `Hub-Live`, and gets only the parts that it replaces, with nothing of one
   session. So the response is the same for all browsers of a member with the same filters and language.
2. The page is rendered once, and again when the board has changed or a minute has passed, since it shows the time until
   deadlines. Requests that come meanwhile wait for it.
3. A board that was refreshed a moment ago is not refreshed again: the script sends its request 100 ms after the event, so that
   the board includes the record that caused the event.
4. The response names the newest record of each collection that it includes (`Hub-Shown`), in the form of events, so that the
   script can ignore later events about these records.
5. The response has an ETag. If a browser already has this page, it gets 304: what changed is not on its board.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import flask

from hub.sharing.ready import Content
from hub.stix.timestamps import format_place

LIVE: Final = "Hub-Live"  # header of requests that the script sends by itself: they do not extend a session
SHOWN: Final = "Hub-Shown"
FRESH_MILLISECONDS: Final = 50
_MAX_PAGES: Final = 64  # answers
_MAX_BYTES: Final = 512 * 1024  # of one that is kept
_SHOWN_MILLISECONDS: Final = 60 * 1000  # older records are not in `Hub-Shown`
_MINUTE: Final = 60 * 1000  # milliseconds
_MAKERS: Final = 16  # answers that can be made at the same time


@dataclass(frozen=True, slots=True)
class _Page:
    """A rendered page, with the state and the minute for which it was rendered."""

    state: object
    minute: int
    etag: str
    content: Content


class LiveBoards:
    """The pages of one process. Safe for several threads."""

    def __init__(self) -> None:
        self._pages: OrderedDict[tuple[Any, ...], _Page] = OrderedDict()
        self._lock = threading.Lock()
        self._makers = tuple(threading.Lock() for _ in range(_MAKERS))  # each for some of the keys

    def page(self, key: tuple[Any, ...], state: object, now: int, make: Callable[[], str]) -> flask.Response:
        """A response with the page that `make` renders, or rendered before for the same `key` and `state` in this minute.

        `key` contains the reader's member (law L5). States are compared by identity: a changed board is a new object.
        """
        minute = now // _MINUTE
        page = self._find(key, state, minute)
        if page is None:
            with self._makers[hash(key) % _MAKERS]:
                page = self._find(key, state, minute) or self._render(key, state, minute, make)
        request = flask.request
        if request.if_none_match.contains(page.etag):
            response = flask.Response(status=304)
        else:
            packed = request.accept_encodings["gzip"] > 0
            body = page.content.packed() if packed else page.content.plain()
            response = flask.Response(body, content_type="text/html; charset=utf-8")
            if packed:
                response.headers["Content-Encoding"] = "gzip"
        response.set_etag(page.etag)
        return response

    def _find(self, key: tuple[Any, ...], state: object, minute: int) -> _Page | None:
        with self._lock:
            page = self._pages.get(key)
            if page is None or page.state is not state or page.minute != minute:
                return None
            self._pages.move_to_end(key)
            return page

    def _render(self, key: tuple[Any, ...], state: object, minute: int, make: Callable[[], str]) -> _Page:
        body = make().encode()
        page = _Page(state, minute, hashlib.sha256(body).hexdigest()[:32], Content(body))
        with self._lock:
            if len(body) <= _MAX_BYTES:
                self._pages[key] = page
                self._pages.move_to_end(key)
            while len(self._pages) > _MAX_PAGES:
                self._pages.popitem(last=False)
        return page


def shown_header(newest: Mapping[str, int], now: int) -> str:
    """The header `Hub-Shown`: the newest place of each collection, without old ones."""
    return " ".join(
        f"{collection}={format_place(place)}"
        for collection, place in newest.items()
        if place > now - _SHOWN_MILLISECONDS
    )
