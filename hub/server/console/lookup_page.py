"""Looking values up: paste them, see which objects mention them. A program sends the same form and gets JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

import flask
import orjson

from hub.errors import TooLargeError, UnauthenticatedError, UnprocessableError
from hub.pages import forms
from hub.pages.texts import gettext
from hub.server.console import board_view, guard, lookup, pages
from hub.server.console.lookup import Lookup, Part

DAYS: Final = (30, 90, 365, 0)  # that can be chosen; 0: all that there is
_PURPOSE: Final = "lookup"
_FORM_BYTES: Final = guard.FORM_BYTES_MOST


def lookup_form() -> flask.Response:
    """GET /console/lookup: the form."""
    _must_be_known()
    return _page("", None)


def look_values_up() -> flask.Response:
    """POST /console/lookup: what mentions the values in the field `values`, of what was added in the last `days`."""
    request = flask.request
    guard.check_origin(request, pages.public_url())
    _must_be_known()
    if forms.is_longer(request, _FORM_BYTES):
        raise TooLargeError(f"The values are over the {_FORM_BYTES} bytes that a lookup takes: paste fewer.")
    if pages.session() is not None:
        guard.check_form(request, pages.session(), pages.sessions())
    text = request.form.get("values", "")
    values = lookup.parse_values(text)
    if not values or len(values) > lookup.VALUES_MOST:
        why = gettext("Paste between 1 and {n} values; these are {count}.").format(
            n=lookup.VALUES_MOST, count=len(values)
        )
        if not pages.wants_page(request):
            raise UnprocessableError(why)
        return _page(text, None, problem=why)
    days = _days()
    since = lookup.place_days_ago(pages.hub().clock(), days)
    result = lookup.look_up(pages.hub(), pages.account(), values, since, _part())
    if not pages.wants_page(request):
        return _as_json(result)
    return _page(text, result, count=len(values))


def _must_be_known() -> None:
    if pages.account() is None:
        raise UnauthenticatedError("Send credentials: what is looked up is looked for in what the account may read.")


def _days() -> int:
    text = flask.request.form.get("days", "90")
    return int(text) if text in {str(one) for one in DAYS} else 90


def _part() -> Part | None:
    """Where the last part ended, as this hub said it."""
    session, text = pages.session(), flask.request.form.get("part", "")
    if session is None or not text:
        return None
    value: Any = pages.sessions().unseal(session, _PURPOSE, text)
    return Part(value["collection"], value["after"]) if isinstance(value, dict) else None


def _page(text: str, result: Lookup | None, *, problem: str = "", count: int = 0) -> flask.Response:
    session = pages.session()
    part = ""
    if result is not None and result.goes_on is not None and session is not None:
        part = pages.sessions().seal(session, _PURPOSE, asdict(result.goes_on))
    return pages.render(
        "lookup.html",
        422 if problem else 200,
        text=text,
        result=result,
        problem=problem,
        count=count,
        days=_days(),
        choices=DAYS,
        part=part,
        most=lookup.VALUES_MOST,
        part_objects=lookup.PART_OBJECTS,
        view=board_view,
    )


def _as_json(result: Lookup) -> flask.Response:
    body = {
        "found": [asdict(one) for one in result.found],
        "missing": result.missing,
        "compared": result.read,
        "whole": result.goes_on is None and not result.cut,
    }
    response = flask.Response(orjson.dumps(body), content_type="application/json")
    pages.secure(response)
    return response
