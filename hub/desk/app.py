"""The desk as a WSGI application: its addresses, and the checks of each request before a page is called."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Final, cast

import flask
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from hub.desk import draft_pages, frame, incoming_pages, new_pages, sent_pages
from hub.desk.guard import COOKIE, Guard
from hub.desk.incoming import Watch
from hub.desk.work import Desk
from hub.errors import (
    ConnectionFailedError,
    ForbiddenError,
    HubError,
    NotFoundError,
    UnauthenticatedError,
)
from hub.pages import forms, layout, texts
from hub.pages.texts import gettext, marked

UPLOAD_BYTES: Final = 64 * 1024 * 1024  # of one request; no reader of reports accepts a longer document
FORM_BYTES: Final = 8 * 1024 * 1024  # of all fields without files
FORM_FIELDS: Final = 2_000
_MEMORY_BYTES: Final = 1024 * 1024  # of an uploaded file in memory; longer ones are spooled in the home
_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_TITLES: Final[Mapping[int, str]] = {
    400: marked("That cannot be done"),
    401: marked("The desk is not open here"),
    403: marked("Not from this page"),
    404: marked("There is no such page"),
    405: marked("There is no such page"),
    413: marked("That file is too large"),
    500: marked("Something went wrong"),
    502: marked("The hub cannot be reached"),
}


def create_app(desk: Desk, guard: Guard, *, cert: str) -> flask.Flask:
    """The application for one run of the desk; `cert` is the name of the CERT."""
    app = flask.Flask("desk", static_folder=None, template_folder=str(Path(__file__).parent / "templates"))
    app.request_class = _request_class(desk)
    app.config |= {
        "MAX_CONTENT_LENGTH": UPLOAD_BYTES,
        "MAX_FORM_MEMORY_SIZE": FORM_BYTES,
        "MAX_FORM_PARTS": FORM_FIELDS,
        "CERT": cert,
    }
    layout.install(app, frame.own_zone)
    app.extensions |= {"desk": desk, "guard": guard, "watch": Watch(desk.connect, desk.drafts)}
    app.add_url_rule("/open/<token>", "open_desk", open_desk, methods=("GET",), provide_automatic_options=False)
    app.add_url_rule("/static/<name>", "asset", asset, methods=("GET",), provide_automatic_options=False)
    for address, view, methods in (*new_pages.ADDRESSES, *draft_pages.ADDRESSES, *sent_pages.ADDRESSES,
                                   *incoming_pages.ADDRESSES, ("/language", language, ("GET",)),
                                   ("/close", close_desk, ("POST",))):  # fmt: skip
        app.add_url_rule(
            f"{guard.prefix}{address}", view.__name__, view, methods=methods, provide_automatic_options=False
        )
    app.before_request(_before_request)
    app.teardown_request(_close_files)
    app.register_error_handler(HubError, _hub_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected_error)
    return app


def _request_class(desk: Desk) -> type[flask.Request]:
    """A request class that spools uploaded files in the home, not in a folder that other users may list."""

    class Request(flask.Request):
        def _get_file_stream(
            self,
            total_content_length: int | None,  # noqa: ARG002 - werkzeug's names
            content_type: str | None,  # noqa: ARG002
            filename: str | None = None,  # noqa: ARG002
            content_length: int | None = None,  # noqa: ARG002
        ) -> IO[bytes]:
            folder = desk.drafts.folder
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            stream = tempfile.SpooledTemporaryFile(_MEMORY_BYTES, dir=str(folder))  # noqa: SIM115 - closed by `_close_files`
            flask.g.setdefault("files", []).append(stream)
            return cast("IO[bytes]", stream)

    return Request


def _before_request() -> None:
    """Before each request: check its address, its session, and its form token."""
    request, guard = flask.request, frame.guard()
    texts.choose_language(layout.language_of(request))
    guard.check_address(request)
    if request.endpoint in ("open_desk", "asset"):
        return
    guard.check_session(request)
    flask.g.open = True
    if request.method not in _SAFE_METHODS:
        guard.check_form(request)


def _close_files(_error: BaseException | None) -> None:
    """After each request: close uploaded files, even if the form was refused before it was read completely."""
    for file in flask.g.pop("files", ()):
        file.close()


def open_desk(token: str) -> flask.Response:
    """GET /open/<token>: set the session's cookie. The page links to the desk, since a redirect would not send a strict cookie."""
    cookie = frame.guard().open(token)
    response = frame.bare("opened.html", base_address=f"{frame.base()}/")
    response.set_cookie(COOKIE, cookie, httponly=True, samesite="Strict", path=f"{frame.base()}/")
    return response


def close_desk() -> flask.Response:
    """POST /close: end the session. The desk keeps running, and can be opened again from the terminal."""
    frame.guard().close()
    flask.g.open = False
    response = frame.bare("closed.html")
    response.delete_cookie(COOKIE, path=f"{frame.base()}/", httponly=True, samesite="Strict")
    return response


def asset(name: str) -> flask.Response:
    """GET /static/<name>: the style, the script, the icon."""
    return frame.assets().response(name)


def language() -> flask.Response:
    """GET /language?to=th&back=…: set the language of the pages in this browser."""
    back = forms.local_target(flask.request.args.get("back", ""))
    response = frame.see(back.removeprefix(frame.base()) if back.startswith(f"{frame.base()}/") else "/")
    tag = flask.request.args.get("to", "")
    if tag in texts.LANGUAGES:
        response.set_cookie(
            layout.COOKIE, tag, max_age=365 * 24 * 3600, samesite="Strict", httponly=True, path=f"{frame.base()}/"
        )
    return response


def _hub_error(error: HubError) -> flask.Response:
    is_open = flask.g.get("open")
    status = 400
    if isinstance(error, UnauthenticatedError) and not is_open:
        status = 401  # the desk is not open; an error about the key for the hub is shown on the page instead
    elif isinstance(error, ForbiddenError):
        status = 403
    elif isinstance(error, NotFoundError):
        status = 404
    elif isinstance(error, ConnectionFailedError):
        status = 502
    return frame.error(status, gettext(_TITLES[status]), str(error))


def _http_error(error: HTTPException) -> flask.Response:
    status = error.code or 500
    if isinstance(error, RequestEntityTooLarge):
        text = gettext("A report has at most {n} MiB. Split it into smaller files.").format(n=UPLOAD_BYTES >> 20)
        return frame.error(413, gettext(_TITLES[413]), text)
    title = gettext(_TITLES.get(status, _TITLES[400 if status < 500 else 500]))
    return frame.error(status, title, error.description or "")


def _unexpected_error(error: Exception) -> flask.Response:
    flask.current_app.logger.error("unexpected error in the desk", exc_info=error)
    text = gettext("Nothing was sent. The terminal in which the desk runs says more ({name}).")
    return frame.error(500, gettext(_TITLES[500]), text.format(name=type(error).__name__))
