"""The page of an incident and its forms, for tests."""

from __future__ import annotations

import html
import re
from typing import Any

from hub.community.hub import Hub
from tests.community.making import (
    incident,
    publish_as,
    report,
    stamp,
    versioned,
)
from tests.console.conftest import TOKEN, Browser

PAGE = f"/asean/board/{incident(1)['id']}/"
SEALED = re.compile(r'name="sealed" value="([^"]+)"')


def an_indicator(number: int, pattern: str, **properties: Any) -> dict[str, Any]:
    about = {
        "pattern": pattern,
        "pattern_type": "stix",
        "valid_from": stamp(),
        "indicator_types": ["malicious-activity"],
        "valid_until": "2026-05-02T01:00:00Z",
        "description": "Seen in phishing.",
    }
    return versioned("indicator", number, "ID", **about | properties)


def put_with(hub: Hub, *objects: dict[str, Any]) -> None:
    """Indonesia's incident with a report that names these objects, in its own collection."""
    refs = [incident(1)["id"], *(content["id"] for content in objects)]
    publish_as(hub, "ID", incident(1), *objects, report(1, object_refs=refs), to="id")


def fill(browser: Browser, **fields: Any) -> str:
    """Send a form of the incident's page; the page that shows what would be published."""
    response = browser.post(f"{PAGE}preview", {"form_token": browser.token(PAGE), **fields})
    assert response.status_code == 200, html.unescape(response.get_data(as_text=True))
    return response.get_data(as_text=True)


def confirm(browser: Browser, page: str, **fields: str) -> str:
    """Publish what the page shows; return the address that follows."""
    token, sealed = TOKEN.search(page), SEALED.search(page)
    assert token is not None
    assert sealed is not None
    sent = {"form_token": token[1], "sealed": html.unescape(sealed[1]), **fields}
    response = browser.post(f"{PAGE}publish", sent)
    assert response.status_code == 303, html.unescape(response.get_data(as_text=True))
    return response.headers["Location"]
