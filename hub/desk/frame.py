"""What all pages of the desk share: the desk behind them, the frame around them, and how errors look."""

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
    current: bool


def desk() -> Desk:
    """The desk of this application."""
    current: Desk = flask.current_app.extensions["desk"]
    return current


def guard() -> Guard:
    """The guard of this application."""
    current: Guard = flask.current_app.extensions["guard"]
    return current


def watch() -> Watch:
    """The watch of this application, which knows the hub's board."""
    current: Watch = flask.current_app.extensions["watch"]
    return current


def base() -> str:
    """What each address of the desk begins with."""
    return guard().prefix


def assets() -> Assets:
    """The files that its pages load."""
    return Assets("/static", _STATIC)


def own_zone() -> tzinfo | None:
    """The time zone of this machine, as it is today."""
    return datetime.now(UTC).astimezone().tzinfo


def field(name: str, limit: int = 100_000) -> str:
    """A field of the form, as stripped text of at most so many characters, with the line ends of Unix."""
    return flask.request.form.get(name, "").replace("\r\n", "\n").strip()[:limit]


def see(path: str) -> flask.Response:
    """Redirect to another page of the desk (303)."""
    return layout.see(f"{base()}{path}")


def render(template: str, status: int = 200, **about: Any) -> flask.Response:
    """The page, in the frame that all pages have."""
    page = flask.render_template(template, **_frame(), **about)
    response = flask.Response(page, status, content_type="text/html; charset=utf-8")
    headers.secure(response)
    return response


def bare(template: str, status: int = 200, **about: Any) -> flask.Response:
    """A page for a browser that has no session: without menu, and without an address of the desk."""
    return render(template, status, bare=True, **about)


def error(status: int, title: str, description: str) -> flask.Response:
    """An error as a page; the menu is for whom the desk is open."""
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
    waiting = watch().unseen_count
    incoming = gettext("Incoming") + (f" ({waiting})" if waiting else "")
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
