"""Answers of the process that holds the listeners (ASGI 3.0), where it has something else to say than events."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from hub.errors import HubError, TooManyRequestsError
from hub.server.errors import CHALLENGES, RETRY_AFTER_SECONDS, STATUSES, log_cause
from hub.taxii import protocol
from hub.taxii.resources import ErrorMessage, as_json

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
"""Status, headers, body."""
_log = logging.getLogger("hub.events")


async def send(line: Send, answer: Answer) -> None:
    """Send it whole, and end."""
    status, headers, body = answer
    await line({"type": "http.response.start", "status": status, "headers": headers})
    await line({"type": "http.response.body", "body": body, "more_body": False})


def refused(error: HubError) -> Answer:
    """An error in TAXII's form, as `server.errors` has it."""
    status, title = next(STATUSES[cls] for cls in type(error).__mro__ if cls in STATUSES)
    error_id = uuid.uuid4().hex[:16]
    if status >= 500:
        log_cause(_log, error_id, error)
    answer = _error_answer(status, title, str(error) if status < 500 else "Try again later.", error_id)
    if isinstance(error, TooManyRequestsError):
        answer[1].append((b"retry-after", str(error.retry_after).encode()))
    return answer


def only_get() -> Answer:
    """To every other method."""
    return _error_answer(405, "Method not allowed", "This address takes GET alone.", uuid.uuid4().hex[:16])


def busy() -> Answer:
    """To those for whom there is no place."""
    return _error_answer(503, "Too many listeners", "Poll, and listen again later.", uuid.uuid4().hex[:16])


def _error_answer(status: int, title: str, description: str, error_id: str) -> Answer:
    message = ErrorMessage(title=title, description=description, error_id=error_id, http_status=str(status))
    headers = [(b"content-type", protocol.CONTENT_TYPE.encode()), (b"cache-control", b"no-store")]
    if status == 401:
        headers += [(b"www-authenticate", challenge.encode()) for challenge in CHALLENGES]
    if status == 405:
        headers.append((b"allow", b"GET"))
    if status == 503:
        headers.append((b"retry-after", str(RETRY_AFTER_SECONDS * 6).encode()))
    return status, headers, as_json(message)
