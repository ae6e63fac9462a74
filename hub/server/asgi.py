"""Responses that do not come from the Flask application: errors of the front and of the events process (ASGI 3.0)."""

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
Response = tuple[int, list[tuple[bytes, bytes]], bytes]
"""Status, headers, body."""
_log = logging.getLogger("hub.events")


async def send(send_message: Send, response: Response) -> None:
    """Send the complete response."""
    status, headers, body = response
    await send_message({"type": "http.response.start", "status": status, "headers": headers})
    await send_message({"type": "http.response.body", "body": body, "more_body": False})


def error_response(error: HubError) -> Response:
    """The TAXII error message for an error, with the status from `server.errors`."""
    status, title = next(STATUSES[cls] for cls in type(error).__mro__ if cls in STATUSES)
    error_id = uuid.uuid4().hex[:16]
    if status >= 500:
        log_cause(_log, error_id, error)
    response = _response(status, title, str(error) if status < 500 else "Try again later.", error_id)
    if isinstance(error, TooManyRequestsError):
        response[1].append((b"retry-after", str(error.retry_after).encode()))
    return response


def method_not_allowed() -> Response:
    """The response to a method other than GET."""
    return _response(405, "Method not allowed", "Use GET at this address.", uuid.uuid4().hex[:16])


def too_many_listeners() -> Response:
    """The response to a client that may not listen because the limit is reached."""
    return _response(503, "Too many listeners", "Poll instead, and try to listen again later.", uuid.uuid4().hex[:16])


def _response(status: int, title: str, description: str, error_id: str) -> Response:
    message = ErrorMessage(title=title, description=description, error_id=error_id, http_status=str(status))
    headers = [(b"content-type", protocol.CONTENT_TYPE.encode()), (b"cache-control", b"no-store")]
    if status == 401:
        headers += [(b"www-authenticate", challenge.encode()) for challenge in CHALLENGES]
    if status == 405:
        headers.append((b"allow", b"GET"))
    if status == 503:
        headers.append((b"retry-after", str(RETRY_AFTER_SECONDS * 6).encode()))
    return status, headers, as_json(message)
