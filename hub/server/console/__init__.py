"""The console: one page for people, which shows an account what it may use and what to paste into its tools."""

from __future__ import annotations

import flask

from hub.community.hub import Hub
from hub.server.requests import base_url
from hub.stix.timestamps import format_place

# The page loads nothing and runs nothing.
CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"


def console() -> flask.Response:
    """GET /: the collections of which the account may know, with their addresses. Browsers ask for name and key."""
    hub: Hub = flask.current_app.extensions["hub"]
    own_url = base_url(flask.request, flask.current_app.config["PUBLIC_URL"])
    page = flask.render_template(
        "console.html",
        discovery=hub.discovery(flask.g.account, own_url),
        account=flask.g.account,
        shelves=hub.overview(flask.g.account, own_url),
        date=format_place,
    )
    response = flask.Response(page, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
