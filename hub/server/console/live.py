"""Boards that follow the hub, kept ready: hundreds of browsers ask for the same one within the second in which it changed.

1. The script asks with `Hub-Live`, and is answered with what it replaces and nothing of one session: the same for all
   browsers of a member, with the same filters, in the same language.
2. The answer is made once, and again when the board has changed or a minute has passed, since deadlines run down. Who asks
   while it is made waits for it.
3. A board that was looked up a moment ago is not looked up again: the script asks 100 ms after it was told, so that what it
   was told of is in there.
4. It names the newest record of each collection that is in it (`Hub-Shown`), as events name them: what they tell of it later
   is no reason to ask again.
5. It has an ETag. A browser that has it already is told so (304): what moved was nothing that this board shows.
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

LIVE: Final = "Hub-Live"  # header of the requests that the script makes by itself: they do not keep a session alive
SHOWN: Final = "Hub-Shown"
FRESH_MILLISECONDS: Final = 50
_MOST: Final = 64  # answers
_BYTES_MOST: Final = 512 * 1024  # of one that is kept
_SHOWN_MILLISECONDS: Final = 60 * 1000  # events tell of what is newer than that
_MINUTE: Final = 60 * 1000  # milliseconds
_MAKERS: Final = 16  # answers that can be made at the same time


@dataclass(frozen=True, slots=True)
class _Answer:
    """An answer, and what it was made of."""

    state: object
    minute: int
    etag: str
    content: Content


class LiveBoards:
    """The answers of one process. For several threads."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[Any, ...], _Answer] = OrderedDict()
        self._lock = threading.Lock()
        self._makers = tuple(threading.Lock() for _ in range(_MAKERS))  # each for some of the keys

    def answer(self, key: tuple[Any, ...], state: object, now: int, make: Callable[[], str]) -> flask.Response:
        """What `make` makes, or made of the same `state` for the same `key` within this minute.

        `key` says for whom it is (law L5). A state is the same where it is the very object: a board that changes is
        another one.
        """
        minute = now // _MINUTE
        answer = self._find(key, state, minute)
        if answer is None:
            with self._makers[hash(key) % _MAKERS]:
                answer = self._find(key, state, minute) or self._make(key, state, minute, make)
        request = flask.request
        if request.if_none_match.contains(answer.etag):
            response = flask.Response(status=304)
        else:
            packed = request.accept_encodings["gzip"] > 0
            body = answer.content.packed() if packed else answer.content.plain()
            response = flask.Response(body, content_type="text/html; charset=utf-8")
            if packed:
                response.headers["Content-Encoding"] = "gzip"
        response.set_etag(answer.etag)
        return response

    def _find(self, key: tuple[Any, ...], state: object, minute: int) -> _Answer | None:
        with self._lock:
            answer = self._answers.get(key)
            if answer is None or answer.state is not state or answer.minute != minute:
                return None
            self._answers.move_to_end(key)
            return answer

    def _make(self, key: tuple[Any, ...], state: object, minute: int, make: Callable[[], str]) -> _Answer:
        body = make().encode()
        answer = _Answer(state, minute, hashlib.sha256(body).hexdigest()[:32], Content(body))
        with self._lock:
            if len(body) <= _BYTES_MOST:
                self._answers[key] = answer
                self._answers.move_to_end(key)
            while len(self._answers) > _MOST:
                self._answers.popitem(last=False)
        return answer


def shown(newest: Mapping[str, int], now: int) -> str:
    """The header that names what an answer knows, without what is old."""
    return " ".join(
        f"{collection}={format_place(place)}"
        for collection, place in newest.items()
        if place > now - _SHOWN_MILLISECONDS
    )
