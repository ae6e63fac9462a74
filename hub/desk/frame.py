"""Functions for all pages of the desk: the desk and guard of the application, the frame around a page, error pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, Final

import flask

from hub.desk.guard import TOKEN_FIELD, Guard
from hub.desk.incoming import Watch
from hub.desk.work import Desk
from hub.pages import headers, layout, texts, times
from hub.pages.assets import Assets
from hub.pages.texts import gettext, marked

TITLE: Final = marked("Desk")
_STATIC: Final = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the menu."""

    label: str
    address: str
    is_current: bool


def desk() -> Desk:
    """The desk of this application."""
    current_value: Desk = flask.current_app.extensions["desk"]
    return current_value


def guard() -> Guard:
    """The guard of this application."""
    current_value: Guard = flask.current_app.extensions["guard"]
    return current_value


def watch() -> Watch:
    """The watch of this application, which has the hub's board."""
    current_value: Watch = flask.current_app.extensions["watch"]
    return current_value


def base() -> str:
    """The prefix of each address of the desk."""
    return guard().prefix


def assets() -> Assets:
    """The files that the desk's pages load."""
    return Assets("/static", _STATIC)


def own_zone() -> tzinfo | None:
    """The present time zone of this machine."""
    return datetime.now(UTC).astimezone().tzinfo


def field(name: str, limit: int = 100_000) -> str:
    """A field of the form as stripped text, with LF line ends and at most `limit` characters."""
    return flask.request.form.get(name, "").replace("\r\n", "\n").strip()[:limit]


def see(path: str) -> flask.Response:
    """Redirect to another page of the desk (303)."""
    return layout.see(f"{base()}{path}")


def render(template: str, status: int = 200, **values: Any) -> flask.Response:
    """The page made from the template, in the frame of all pages."""
    page = flask.render_template(template, **_frame(), **values)
    response = flask.Response(page, status, content_type="text/html; charset=utf-8")
    headers.secure(response)
    return response


def bare(template: str, status: int = 200, **values: Any) -> flask.Response:
    """A page for a browser without a session: without menu and without addresses of the desk."""
    return render(template, status, bare=True, **values)


def error(status: int, title: str, description: str) -> flask.Response:
    """An error as a page; with the menu only if the desk is open in this browser."""
    return render("problem.html", status, title=title, description=description, bare=not flask.g.get("open"))


def _frame() -> dict[str, Any]:
    is_open = bool(flask.g.get("open"))
    return {
        "hub_title": gettext(TITLE),
        "base": base() if is_open else "",
        "start": f"{base()}/" if is_open else "",
        "menu": _menu() if is_open else [],
        "asset": assets().address,
        "form_token": guard().form_token if is_open else "",
        "token_field": TOKEN_FIELD,
        "language": texts.chosen_language(),
        "languages": texts.LANGUAGES if is_open else {},
        "zone": times.zone_name(own_zone()) if is_open else "",
        "language_address": f"{base()}/language",
        "here": flask.request.full_path.rstrip("?") if flask.request.method == "GET" else "/",
        "news": watch().unseen_count if is_open else 0,
        "cert": flask.current_app.config["CERT"] if is_open else "",
    }


def _menu() -> list[Place]:
    path = flask.request.path.removeprefix(base())
    unseen_count = watch().unseen_count
    incoming = gettext("Incoming") + (f" ({unseen_count})" if unseen_count else "")
    entries = [
        (gettext("Reports"), "/"),
        (incoming, "/incoming/"),
        (gettext("Outbox"), "/outbox/"),
        (gettext("Records"), "/records/"),
    ]
    return [
        Place(label, f"{base()}{address}", path == address or (address != "/" and path.startswith(address)))
        for label, address in entries
    ]
