"""The only table from errors to HTTP. Every error response is a TAXII error message (TAXII 2.1, 3.6)."""

from __future__ import annotations

import logging
import uuid
from typing import Final

import flask
from werkzeug.exceptions import HTTPException

from hub import errors
from hub.server.responses import resource_response
from hub.taxii.negotiation import older_client
from hub.taxii.resources import ErrorMessage

_log = logging.getLogger("hub.error")

# (HTTP status, title), looked up for the error's class, then for its base classes.
STATUSES: Final[dict[type[errors.HubError], tuple[int, str]]] = {
    errors.MalformedError: (400, "Malformed request"),
    errors.UnauthenticatedError: (401, "Authentication needed"),
    errors.ForbiddenError: (403, "Not allowed"),
    errors.NotFoundError: (404, "Not found"),
    errors.NotAcceptableError: (406, "Not acceptable"),
    errors.TooLargeError: (413, "Too large"),
    errors.UnsupportedMediaError: (415, "Unsupported media type"),
    errors.TooManyRequestsError: (429, "Too many requests"),
    errors.UnprocessableError: (422, "Cannot be processed"),
    errors.RefusedError: (400, "Refused"),
    errors.StoreFullError: (503, "No room"),
    errors.StoreUnavailableError: (503, "Store away"),
    errors.StoreError: (500, "Store failed"),
    errors.HubError: (500, "Hub failed"),
}
RETRY_AFTER_SECONDS: Final = 5
# The ways to log in (RFC 7235, 4.1).
CHALLENGES: Final = ('Basic realm="threat-sharing-hub", charset="UTF-8"', 'Bearer realm="threat-sharing-hub"')


def install(app: flask.Flask) -> None:
    """Answer all errors, of views and of Flask itself, with a TAXII error message."""
    app.register_error_handler(errors.HubError, _hub_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected_error)


def _hub_error(error: errors.HubError) -> flask.Response:
    status, title = next(STATUSES[cls] for cls in type(error).__mro__ if cls in STATUSES)
    # The message of a failing store may contain paths, so it goes only to the log.
    description = str(error) if status < 500 else None
    if isinstance(error, errors.StoreFullError):
        description = (
            "The hub has no room for new objects at the moment; reading still works. Nothing of this request was kept."
        )
    elif status == 503:
        description = "The hub's store is not available or busy; nothing of this request was kept. Send it again later."
    response = _respond(status, title, description, error if status >= 500 else None)
    if response.status_code == 401 and "error_page" not in flask.g:  # a browser would ask for the password itself
        for challenge in CHALLENGES:
            response.headers.add("WWW-Authenticate", challenge)
    if isinstance(error, errors.TooManyRequestsError):
        response.headers["Retry-After"] = str(error.retry_after)
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _http_error(error: HTTPException) -> flask.Response:
    status = error.code or 500
    if status < 400:  # a redirect is no error
        return flask.make_response(error.get_response())
    if status == 404:
        description = "There is nothing at this address. API roots are listed at /taxii2/."
    elif status == 405:
        description = "This method is not allowed at this address."
    else:
        description = error.name
    response = _respond(status, error.name, description, error if status >= 500 else None)
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _unexpected_error(error: Exception) -> flask.Response:
    description = "The hub made a mistake; nothing of this request was kept. Tell its operator the error_id."
    return _respond(500, "Hub failed", description, error)


def log_cause(log: logging.Logger, error_id: str, cause: Exception) -> None:
    """Log the cause for the operator: one line if the store is busy or full, since many requests log that; else the traceback."""
    if isinstance(cause, errors.StoreUnavailableError | errors.StoreFullError):
        log.warning("%s %s", error_id, cause)
    else:
        log.error("%s", error_id, exc_info=cause)


def _respond(status: int, title: str, description: str | None, cause: Exception | None) -> flask.Response:
    error_id = uuid.uuid4().hex[:16]
    flask.g.error_id = error_id
    if cause is not None:
        log_cause(_log, error_id, cause)
    error_page = flask.g.get("error_page")  # set if a browser requested a page (`server.console.pages`)
    if error_page is not None:
        page: flask.Response = error_page(status, title, description, error_id)
        return page
    if status < 500 and description is not None:
        # clients of TAXII 1.x and 2.0 use other addresses, formats and headers: tell their users why that fails
        description += older_client(flask.request.headers)
    message = ErrorMessage(title=title, description=description, error_id=error_id, http_status=str(status))
    return resource_response(message, status)
