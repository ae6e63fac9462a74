"""Functions for all pages: the account and session of a request, the headers of a response, the frame around each page."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import flask

from hub.community.hub import Hub
from hub.community.index import accepts_incidents
from hub.errors import ForbiddenError
from hub.pages import forms, headers, layout, texts, times
from hub.pages.assets import Assets
from hub.pages.texts import gettext, marked
from hub.server.console import guard
from hub.server.console.live import LIVE
from hub.server.provider import Provider
from hub.server.requests import base_url
from hub.sharing import access
from hub.sharing.catalogue import ApiRoot
from hub.sharing.members import Account, AccountKind
from hub.sharing.sessions import SECURE_COOKIE, Session, Sessions
from hub.stix.timestamps import format_place
from hub.taxii import protocol

HTML: Final = "text/html"
_ASSETS: Final = Assets("/console/static", Path(__file__).parent / "static")
# A record gets its place before its commit: a page may not show a record whose place is this much older than the page.
COMMIT_MILLISECONDS: Final = 2_000
_PLAIN: Final = "application/json"
# status -> (what happened, what to do about it)
ERRORS: Final = {
    400: (marked("That cannot be done"), marked("Go back, and correct what is named below.")),
    401: (marked("Your session has ended"), marked("Sign in again. Nothing was published or changed.")),
    403: (
        marked("Your account may not do that"),
        marked("If it should, ask the operator of the hub. If you signed in again meanwhile, open the page again."),
    ),
    404: (
        marked("There is no such page for your account"),
        marked("It may have been withdrawn, or be for others. Begin at the first page."),
    ),
    406: (marked("This address is for programs"), marked("For people there are pages: begin at the first one.")),
    429: (marked("Too many requests"), marked("Wait a minute, then try again.")),
    500: (marked("Something went wrong at the hub"), marked("Tell the operator the number below.")),
    503: (marked("The hub cannot do that now"), marked("Try again in a minute.")),
}
_TEXT_FIELDS: Final = ("text", "values")  # form fields for longer texts
_SUBMITTED_BYTES: Final = 64 * 1024  # of a form whose text an error page shows again


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the menu."""

    label: str
    address: str
    is_current: bool


def wants_page(request: flask.Request) -> bool:
    """Whether the client is a browser: it prefers HTML to TAXII and JSON. A client that sends only `*/*` is a program."""
    accept_header = request.accept_mimetypes
    return accept_header.quality(HTML) > max(accept_header.quality(protocol.TAXII), accept_header.quality(_PLAIN))


def hub() -> Hub:
    """The hub of this application."""
    current_hub: Hub = flask.current_app.extensions["hub"]
    return current_hub


def sessions() -> Sessions:
    """The sessions of this application."""
    current_sessions: Sessions = flask.current_app.extensions["sessions"]
    return current_sessions


def provider() -> Provider | None:
    """The OpenID Connect provider for sign-ins; None if the operator has configured none."""
    current_provider: Provider | None = flask.current_app.extensions["provider"]
    return current_provider


def account() -> Account | None:
    """The account of this request; None without credentials."""
    current_account: Account | None = flask.g.get("account")
    return current_account


def reader_zone() -> tzinfo | None:
    """The time zone of the reader's member; None without a member, or if this machine has no time zone data."""
    reader = account()
    member = hub().catalogue.members.get(reader.member or "") if reader is not None else None
    try:
        return zoneinfo.ZoneInfo(member.time_zone) if member is not None else None
    except (zoneinfo.ZoneInfoNotFoundError, OSError):
        return None


def session() -> Session | None:
    """The session of this request; None if it has other credentials, or none."""
    current_session: Session | None = flask.g.get("session")
    return current_session


def public_url() -> str:
    """The setting `public_url`."""
    url: str = flask.current_app.config["PUBLIC_URL"]
    return url


def begin_page() -> None:
    """Before each request for a page: set the language and the session, and answer errors with pages, too."""
    request = flask.request
    texts.choose_language(layout.language_of(request))
    if wants_page(request):
        flask.g.error_page = error_page
    if "Authorization" not in request.headers:
        session_and_account = sessions().find(request.cookies.get(guard.cookie_name(request, public_url())))
        if session_and_account is not None:
            flask.g.session, flask.g.account = session_and_account


def end_page(response: flask.Response) -> None:
    """After each request for a page: renew the session."""
    current_session = session()
    if current_session is not None and LIVE not in flask.request.headers and not flask.g.get("signed_out"):
        renewed_session = sessions().renewed_session(current_session)
        if renewed_session is not None:
            set_session(response, renewed_session)


def set_session(response: flask.Response, new_session: Session) -> None:
    """Set the session's cookie, which the browser deletes when it closes."""
    name = guard.cookie_name(flask.request, public_url())
    response.set_cookie(
        name,
        sessions().cookie(new_session),
        httponly=True,
        secure=name == SECURE_COOKIE,
        samesite="Lax",  # so that a link in a mail opens the board; forms have a token in addition
        path="/",
    )


def end_session(response: flask.Response) -> None:
    """Delete the session's cookie."""
    flask.g.signed_out = True
    name = guard.cookie_name(flask.request, public_url())
    response.delete_cookie(name, path="/", httponly=True, secure=name == SECURE_COOKIE, samesite="Lax")


def render(template: str, status: int = 200, **values: Any) -> flask.Response:
    """The page made from the template, in the frame of all pages."""
    page = flask.render_template(template, **(_frame() | values))
    response = flask.Response(page, status, content_type=f"{HTML}; charset=utf-8")
    secure(response)
    return response


def secure(response: flask.Response) -> None:
    """Set the headers that restrict the page: it loads from and sends to this hub only, runs only its own script, in no frame."""
    headers.secure(response, connect=_origin_of_events())


def error_page(status: int, _title: str, description: str | None, error_id: str) -> flask.Response:
    """An error as a page, with advice in the reader's language; a redirect to the sign-in page if that is needed."""
    if status == 401 and flask.request.method in ("GET", "HEAD"):
        return to_sign_in()
    title, advice = ERRORS.get(status) or ERRORS[400 if status < 500 else 500]
    return render(
        "error.html",
        status,
        title=title,
        advice=advice,
        description="" if status == 401 else description,
        error_id=error_id,
        code=status,
        submitted_text=_submitted_text(),
        back=_page_of_form(),
    )


def _submitted_text() -> str:
    """The text in a refused form of the hub: the error page shows it, so that it is not lost."""
    request = flask.request
    try:
        guard.check_origin(request, public_url())
    except ForbiddenError:
        return ""
    if (request.content_length or _SUBMITTED_BYTES + 1) > _SUBMITTED_BYTES or not request.mimetype.endswith(
        "urlencoded"
    ):
        return ""
    return next((text for name in _TEXT_FIELDS if (text := request.form.get(name, "").strip())), "")


def _page_of_form() -> str:
    """The page with the form, according to the browser, if it is a page of the hub."""
    referrer = urlsplit(flask.request.referrer or "")
    return forms.local_target(referrer.path) if referrer.netloc == flask.request.host else ""


def to_sign_in() -> flask.Response:
    """Redirect to the sign-in page, which leads back to this page."""
    request = flask.request
    query = request.query_string.decode("latin-1")
    address = forms.local_target(request.path + (f"?{query}" if query else ""))
    target = "/console/login" + (f"?to={quote(address, safe='')}" if address not in ("", "/") else "")
    return layout.see(target)


def start_address(reader: Account | None) -> str:
    """The start page of an account: for a CERT the board, for an operator its page, for all others the collections."""
    if reader is not None and reader.kind is AccountKind.OPERATOR:
        return "/console/operator"
    boards = boards_of(reader)
    default = hub().catalogue.default
    first = next((root for root in boards if root.name == default), boards[0] if boards else None)
    return f"/{first.name}/board/" if first is not None else "/"


def boards_of(reader: Account | None) -> list[ApiRoot]:
    """The API roots whose board the account may see."""
    if reader is None or reader.kind is not AccountKind.CERT:
        return []
    return [root for root in hub().catalogue.roots.values() if reader.member in root.members]


def events_url() -> str:
    """The address, without a path, at which the script listens for changes; "" if there is none."""
    events = flask.current_app.config["EVENTS"]
    if isinstance(events, int):
        parts = urlsplit(base_url(flask.request, public_url()))
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{parts.scheme}://{host}:{events}" if host else ""
    return (events or "").rstrip("/")


def events_address(root: str, *, board: bool) -> str:
    """The address at which the script of this API root's page listens; "" if the hub sends no events.

    `board`: the page shows the board, and is loaded again when the board changes. Other live pages show an incident, and are
    loaded again when a collection with incidents has new objects.
    """
    events, api_root = events_url(), hub().catalogue.roots[root]
    if not events:
        return ""
    query = [("since", format_place(max(0, hub().clock() - COMMIT_MILLISECONDS)))]
    if board:
        query.append(("about", "board"))
    else:
        readable_collections = [
            collection
            for collection in api_root.collections
            if access.readable_level(account(), collection) is not None
        ]
        query += [
            ("collection", collection.alias) for collection in readable_collections if accepts_incidents(collection)
        ]
    return f"{events}/{root}/events?{urlencode(query)}"


def asset(name: str) -> flask.Response:
    """GET /console/static/<name>: the style, the script, the icon. Their addresses change with their content."""
    return _ASSETS.response(name)


def _frame() -> dict[str, Any]:
    """The values for the frame of each page."""
    reader, current_session = account(), session()
    token: Callable[[], str] = (
        (lambda: "") if current_session is None else (lambda: sessions().form_token(current_session))
    )
    return {
        "account": reader,
        "signed_in": current_session is not None,
        "form_token": token,
        "menu": _menu(reader),
        "start": start_address(reader),
        "hub_title": hub().catalogue.title,
        "asset": _ASSETS.address,
        "language_address": "/console/language",
        "language": texts.chosen_language(),
        "languages": texts.LANGUAGES,
        "zone": times.zone_name(reader_zone()),
        "here": flask.request.full_path.rstrip("?") if flask.request.method == "GET" else "/",
    }


def _menu(reader: Account | None) -> list[Place]:
    if reader is None:
        return []
    entries = [
        (
            gettext("Drill: {title}").format(title=root.title) if root.exercise else gettext("Board"),
            f"/{root.name}/board/",
        )
        for root in sorted(boards_of(reader), key=lambda root: root.exercise)
    ]
    entries += [
        (gettext("Directory"), f"/{root.name}/contacts/") for root in boards_of(reader)[:1] if not root.exercise
    ]
    entries += [(gettext("Region"), f"/{root.name}/region/") for root in boards_of(reader)[:1] if not root.exercise]
    if reader.kind is AccountKind.OPERATOR:
        entries.append((gettext("Operation"), "/console/operator"))
    else:
        entries += [(gettext("Look up"), "/console/lookup"), (gettext("Collections"), "/")]
    path = flask.request.path
    return [
        Place(label, address, path == address or (address != "/" and path.startswith(address)))
        for label, address in entries
    ]


def _origin_of_events() -> str:
    parts = urlsplit(events_url())
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
