"""Pages that follow the hub's events: whose pages may listen."""

from __future__ import annotations

import pytest

from hub.server.events import is_own_page, session_cookie

PUBLIC = "https://hub.example"


@pytest.mark.parametrize(
    ("origin", "host", "public_url", "own"),
    [
        ("http://127.0.0.1:8021", "127.0.0.1:8022", "", True),
        ("http://[::1]:8021", "[::1]:8022", "", True),
        ("https://hub.example", "events.hub.example", PUBLIC, True),
        ("http://hub.example", "events.hub.example", PUBLIC, False),
        ("http://127.0.0.1:9000", "127.0.0.1:8022", "", False),
        ("http://127.0.0.1", "127.0.0.1:8022", "", False),
        ("http://evil.example:8021", "127.0.0.1:8022", "", False),
        ("https://evil.example", "127.0.0.1:8022", PUBLIC, False),
        ("null", "127.0.0.1:8022", "", False),
        ("", "127.0.0.1:8022", "", False),
        ("http://[::1", "127.0.0.1:8022", "", False),
        ("http://127.0.0.1:99999", "127.0.0.1:8022", "", False),
    ],
)
def test_only_the_own_pages_may_read_events(origin: str, host: str, public_url: str, own: bool) -> None:
    """The same host at the pages' port, or the public address: nothing else on that host or elsewhere."""
    assert is_own_page(origin, host, 8021, public_url) is own


def test_the_session_cookie_that_only_tls_may_set_has_precedence() -> None:
    """A plain connection could have set the other one."""
    assert session_cookie("hub_session=plain; __Host-hub_session=secure") == "secure"
    assert session_cookie("a=b; hub_session=plain") == "plain"
    assert session_cookie("") == ""
