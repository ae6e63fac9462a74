"""Headers that restrict what a browser may do with a page."""

from __future__ import annotations

import flask


def secure(response: flask.Response, *, connect: str = "") -> None:
    """Allow the page to load from and send to this server only, to run only its own scripts, and to be in no frame.

    `connect` is another origin to which the page's script may connect.
    """
    connect_sources = f"'self' {connect}".strip()
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
        f"connect-src {connect_sources}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    # with no-referrer, browsers would send `Origin: null` with each form
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Vary"] = "Accept, Accept-Encoding, Accept-Language, Cookie"
