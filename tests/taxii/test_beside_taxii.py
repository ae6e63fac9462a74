"""The addresses beside TAXII: the board and the directory, for the national CERTs of the members."""

from __future__ import annotations

import pytest

from hub.community.hub import Hub
from hub.community.ledger import KIND
from tests.conftest import ClientOf
from tests.server.making import CONTENT_TYPE, IDENTITIES, at, versioned

BESIDE = ("/region/board/", "/region/contacts/")


@pytest.mark.parametrize("path", BESIDE)
@pytest.mark.parametrize(
    ("account", "status"),
    [
        ("id-cert", 200),
        ("th-cert", 200),
        ("id-soc", 403),
        ("sg-soc", 403),
        ("partner", 403),
        ("operator", 404),  # which reads nothing, and learns of no API root
        (None, 401),
    ],
)
def test_pages_beside_taxii_are_for_national_certs(
    as_account: ClientOf, path: str, account: str | None, status: int
) -> None:
    """Nobody else reads them, nor confirms anything."""
    assert as_account(account).get(path).status_code == status
    assert as_account(account).request("POST", "/region/contacts/").status_code == status


def test_an_unknown_api_root_answers_404(as_account: ClientOf) -> None:
    """As every address below it does."""
    assert as_account("id-cert").get("/nowhere/board/").status_code == 404


def test_a_page_counts_when_it_has_left_and_a_head_never(hub: Hub, as_account: ClientOf) -> None:
    """The response to HEAD delivers nothing; a GET counts as sent when the server has handed it over."""
    content = versioned("incident", 1, name="Incident 1")
    as_account("id-cert").publish("alerts", content)
    singapore = as_account("sg-cert")
    singapore.request("HEAD", at("alerts", "objects"))
    assert hub.store.facts(KIND) == ()
    singapore.get(at("alerts", "objects")).close()
    board = singapore.get("/region/board/").json
    (entry,) = board["incidents"]
    assert entry["incident"] == content["id"]
    assert list(entry["fetched"]) == ["SG"]


def test_a_member_confirms_its_own_contact(as_account: ClientOf) -> None:
    """And the directory says who asks, so that a client knows its own account."""
    as_account("sg-cert").request("POST", "/region/contacts/")
    directory = as_account("id-cert").get("/region/contacts/").json
    assert directory["member"] == "ID"
    rows = {row["member"]: row for row in directory["contacts"]}
    assert rows["ID"]["identity"] == IDENTITIES["ID"]
    assert [code for code, row in rows.items() if row["confirmed"]] == ["SG"]


@pytest.mark.parametrize("path", BESIDE)
def test_a_dashboard_gets_plain_json_where_it_asks_for_that(as_account: ClientOf, path: str) -> None:
    """A TAXII client still gets TAXII's media type, a browser gets a page; a client that accepts neither is refused in words."""
    singapore = as_account("sg-cert")
    plain = singapore.get(path, headers={"Accept": "application/json"})
    assert (plain.status_code, plain.headers["Content-Type"]) == (200, "application/json")
    assert "member" in plain.json
    for accept in (CONTENT_TYPE, "*/*", f"application/json, {CONTENT_TYPE}"):
        assert singapore.get(path, headers={"Accept": accept}).headers["Content-Type"] == CONTENT_TYPE
    assert singapore.get(path, headers={"Accept": "text/html"}).headers["Content-Type"] == "text/html; charset=utf-8"
    assert singapore.get(path, headers={"Accept": "image/*"}).status_code == 406
