"""Checks of forms: their length, and the address to which they lead."""

from __future__ import annotations

import flask


def is_longer(request: flask.Request, limit: int) -> bool:
    """Whether the body is longer than `limit` bytes, even without a Content-Length. Call it before the form is parsed."""
    if request.content_length is not None:
        return request.content_length > limit
    return len(request.get_data(cache=True, parse_form_data=False)) > limit


def local_target(address: str) -> str:
    """The address if it is a path on this server, else ""; for addresses in forms and queries, such as after the sign-in."""
    is_plain = address.isascii() and address.isprintable() and "\\" not in address
    return (
        address if is_plain and address.startswith("/") and not address.startswith("//") and len(address) < 500 else ""
    )
