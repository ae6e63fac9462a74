"""A situation report: the hub's page of the board or of one incident as a single file, for paper or mail.

The page is the one that the hub makes for this account, with its style inside. It runs no script and loads nothing.
"""

from __future__ import annotations

import html
import re
from typing import Final
from urllib.parse import quote

from hub.errors import ConnectionFailedError
from hub.producer.connection import HubConnection

ROWS: Final = 500  # incidents on one page of a report
_STYLE: Final = re.compile(r'<link rel="stylesheet" href="([^"]{1,300})">')
_REMOVED_ELEMENTS: Final = re.compile(r'<script\b[^>]*>.*?</script>|<link rel="icon"[^>]*>', re.DOTALL | re.IGNORECASE)
_POLICY: Final = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
    "form-action 'none'\">"
)


def board_report(connection: HubConnection, page: int = 1) -> str:
    """The board, the most urgent incidents first."""
    return _self_contained_page(connection, f"board/?rows={ROWS}&page={page}")


def incident_report(connection: HubConnection, incident: str) -> str:
    """The report of one incident. NotFoundError if this account may see no incident with that id."""
    return _self_contained_page(connection, f"board/{quote(incident, safe='')}/")


def _self_contained_page(connection: HubConnection, path: str) -> str:
    page = connection.text(path, "text/html")
    style = _STYLE.search(page)
    if style is None or "<head>" not in page:
        raise ConnectionFailedError("the address answers, but not with a page of this hub: check that it is one")
    rules = connection.text(html.unescape(style[1]), "text/css").replace("</", "<\\/")
    base = f'<base href="{html.escape(connection.root_url)}">'
    page = _REMOVED_ELEMENTS.sub("", page.replace(style[0], f"<style>{rules}</style>", 1))
    return page.replace("<head>", f"<head>{_POLICY}{base}", 1)
