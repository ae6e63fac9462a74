"""What a browser sends with a form: how long it is, and where it leads."""

from __future__ import annotations

import flask


def is_longer(request: flask.Request, limit: int) -> bool:
    """Whether the body is over so many bytes, also where it came in chunks, without a length. To be asked before the form is read."""
    if request.content_length is not None:
        return request.content_length > limit
    return len(request.get_data(cache=True, parse_form_data=False)) > limit


def local_target(address: str) -> str:
    """The address if it is a path on this server, else an empty text: where to go after signing in."""
    plain = address.isascii() and address.isprintable() and "\\" not in address
    return address if plain and address.startswith("/") and not address.startswith("//") and len(address) < 500 else ""
