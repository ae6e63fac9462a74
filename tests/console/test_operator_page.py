"""The operator's page: who fetches and who is silent, without content and without a way to change anything."""

from __future__ import annotations

import re

import pytest

from hub.community.hub import Hub
from tests.community.making import incident, report, taken
from tests.console.conftest import SignedIn
from tests.server.making import Clock

DAY = 24 * 3600 * 1000


def rows(page: str) -> dict[str, str]:
    """Account -> the text of its row."""
    found = re.findall(r'<tr><th scope="row">([a-z-]+)</th>(.*?)</tr>', page)
    return {name: re.sub(r"<[^>]+>", " ", rest) for name, rest in found}


def test_who_fetches_and_who_is_silent(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """By account, and by member where none of its CERT's accounts was heard of for a week."""
    taken(hub, "ID", incident(1), report(1))
    signed_in("sg-cert").get(f"/asean/board/{incident(1)['id']}/").close()
    operator = signed_in("operator")
    hub.credentials.disable("vn-cert")
    page = operator.text("/console/operator")
    assert "2026-04-02 03:10" in rows(page)["sg-cert"]
    assert "silent" not in rows(page)["sg-cert"]
    assert "silent" in rows(page)["my-cert"]
    assert "disabled" in rows(page)["vn-cert"]
    notice = page.partition('class="notice"')[2].partition("</p>")[0]
    assert "Malaysia" in notice
    assert "Singapore" not in notice
    clock.now += 8 * DAY
    assert (
        "Singapore"
        in signed_in("operator").text("/console/operator").partition('class="notice"')[2].partition("</p>")[0]
    )


def test_it_holds_no_content_no_credential_and_no_form_but_the_sign_out(hub: Hub, signed_in: SignedIn) -> None:
    """An operator's key is in monitoring systems: it opens figures alone."""
    taken(hub, "ID", incident(1, name="Hospital"))
    page = signed_in("operator").text("/console/operator")
    assert "Hospital" not in page
    row = hub.store.get_account("sg-cert")
    assert row is not None
    assert not any(kept in page for kept in row.key_hashes)
    assert re.findall(r'action="([^"]+)"', page) == ["/console/logout"]


@pytest.mark.parametrize(("name", "status"), [("sg-cert", 403), ("id-soc", 403), ("partner", 403)])
def test_it_is_for_operators(signed_in: SignedIn, name: str, status: int) -> None:
    """Nobody else learns of the accounts."""
    assert "my-cert" not in signed_in(name).text("/console/operator", status)
