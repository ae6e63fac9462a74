"""The page on which readers look values up and see which objects mention them. A program sends the same form and gets JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

import flask
import orjson

from hub.errors import TooLargeError, UnauthenticatedError, UnprocessableError
from hub.pages import forms
from hub.pages.texts import gettext
from hub.server.console import board_view, guard, lookup, pages
from hub.server.console.lookup import Lookup, Mention

_FORM_BYTES: Final = guard.MAX_FORM_BYTES


def lookup_form() -> flask.Response:
    """GET /console/lookup: the form."""
    _must_be_known()
    return _page("", None)


def look_values_up() -> flask.Response:
    """POST /console/lookup: the objects that mention the values in the field `values`."""
    request = flask.request
    guard.check_origin(request, pages.public_url())
    _must_be_known()
    if forms.is_longer(request, _FORM_BYTES):
        raise TooLargeError(f"The values are larger than {_FORM_BYTES} bytes, the limit of a lookup: paste fewer.")
    if pages.session() is not None:
        guard.check_form(request, pages.session(), pages.sessions())
    text = request.form.get("values", "")
    values = lookup.parse_values(text)
    if not values or len(values) > lookup.MAX_VALUES:
        reason = gettext("Paste between 1 and {n} values; these are {count}.").format(
            n=lookup.MAX_VALUES, count=len(values)
        )
        if not pages.wants_page(request):
            raise UnprocessableError(reason)
        return _page(text, None, problem=reason)
    result = lookup.look_up(pages.hub(), pages.account(), values)
    flask.g.bytes_read = flask.g.get("bytes_read", 0) + result.bytes_read
    if not pages.wants_page(request):
        return _as_json(result)
    return _page(text, result)


def _must_be_known() -> None:
    if pages.account() is None:
        raise UnauthenticatedError("Send credentials: a lookup searches the objects that the account may read.")


def _page(text: str, result: Lookup | None, *, problem: str = "") -> flask.Response:
    status = 422 if problem else 200
    return pages.render(
        "lookup.html",
        status,
        text=text,
        result=result,
        problem=problem,
        most=lookup.MAX_VALUES,
        view=board_view,
        countries={member.code: member.country for member in pages.hub().catalogue.members.values()},
    )


def _as_json(result: Lookup) -> flask.Response:
    body = {
        "found": [_as_found(mention) for mention in result.mentions],
        "missing": result.missing,
        "whole": result.is_complete,
    }
    response = flask.Response(orjson.dumps(body), content_type="application/json")
    pages.secure(response)
    return response


def _as_found(mention: Mention) -> dict[str, Any]:
    incidents = [{"id": identifier, "name": name} for identifier, name in mention.incidents]
    return {**asdict(mention), "incidents": incidents}
