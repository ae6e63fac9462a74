"""What stops somebody who sees the pages for the first time: a lost text, an address without a page, a time without a zone."""

from __future__ import annotations

import html
import re
import zoneinfo

import pytest

from hub.community.hub import Hub
from hub.pages.times import clock_tag, clock_text
from hub.taxii.recipes import CLIENTS, RECIPES
from tests.community.making import incident, publish_as, report, request
from tests.console.conftest import Browser, SignedIn
from tests.durations import HOUR
from tests.server.making import Clock

PAGE = f"/asean/board/{incident(1)['id']}/"


@pytest.mark.parametrize(
    ("timestamp", "zone", "text"),
    [
        ("2026-04-02T07:00:00.000Z", "Asia/Jakarta", "2026-04-02 14:00 (07:00 UTC)"),
        ("2026-04-02T18:30:00Z", "Asia/Singapore", "2026-04-03 02:30 (2026-04-02 18:30 UTC)"),
        ("2026-04-02T07:00:00Z", None, "2026-04-02 07:00 UTC"),
        ("2026-04-02T07:00:00Z", "UTC", "2026-04-02 07:00 UTC"),
        ("2026-04-02T07:00:00", "Asia/Yangon", "2026-04-02 13:30 (07:00 UTC)"),
        ("9999-12-31T23:59:59Z", "Asia/Tokyo", "9999-12-31 23:59 UTC"),
        ("soon", "Asia/Tokyo", "soon"),
    ],
)
def test_a_time_is_in_the_readers_zone_with_utc_beside_it(timestamp: str, zone: str | None, text: str) -> None:
    """UTC has its own date where that is another day; the `time` element says the same."""
    there = zoneinfo.ZoneInfo(zone) if zone else None
    assert clock_text(timestamp, there) == text
    assert re.sub("<[^>]+>", "", clock_tag(timestamp, there)) == text


def test_each_reader_sees_her_own_time_zone(hub: Hub, signed_in: SignedIn) -> None:
    """On the board, at the incident, and at the foot of the page; an operator has UTC."""
    publish_as(hub, "ID", incident(1), report(1), request(5, "ID", ["SG", "MM"]))
    for name, time, zone in (("sg-cert", "12:10", "Asia/Singapore"), ("mm-cert", "10:40", "Asia/Yangon")):
        reader = signed_in(name)
        for path in ("/asean/board/", PAGE):
            page = reader.text(path)
            assert f"by 2026-04-02 {time} (04:10 UTC)" in page
            assert f"Times are those of {zone} (UTC" in page
    assert "All times are UTC" in signed_in("operator").text("/console/operator")


def test_a_text_is_kept_when_its_session_ends(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """What was written is shown again as text, with the way to sign in and return; not to a form of another site."""
    publish_as(hub, "ID", incident(1), report(1))
    indonesia = signed_in("id-cert")
    fields = {"form_token": indonesia.token(PAGE), "action": "ask", "text": "Please look for <b>203.0.113.9</b>"}
    clock.now += 13 * HOUR
    response = indonesia.post(f"{PAGE}preview", fields, Referer=f"http://localhost{PAGE}")
    page = response.get_data(as_text=True)
    assert response.status_code == 401
    assert "Please look for &lt;b&gt;203.0.113.9&lt;/b&gt;</textarea>" in page
    assert f'href="/console/login?to={PAGE}"' in page
    elsewhere = indonesia.post(
        f"{PAGE}preview", fields, Origin="https://evil.example", Referer="https://evil.example/x"
    )
    assert elsewhere.status_code == 403
    assert "203.0.113.9" not in elsewhere.get_data(as_text=True)
    assert "evil.example" not in elsewhere.get_data(as_text=True)
    long = indonesia.post(f"{PAGE}preview", {**fields, "text": "x" * 70_000})
    assert long.status_code == 422
    assert "xxx" not in long.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/taxii2/", "/asean/", "/asean/collections/", "/nowhere/", "/console/nowhere"])
def test_a_browser_at_an_address_without_a_page_is_led_to_one(browser: Browser, signed_in: SignedIn, path: str) -> None:
    """No browser asks for a password of its own; programs are answered as TAXII says."""
    for visitor in (browser, signed_in("sg-cert")):
        response = visitor.get(path)
        assert response.status_code in (404, 406)
        assert "WWW-Authenticate" not in response.headers
        page = html.unescape(response.get_data(as_text=True))
        assert "<h1>" in page
        assert "To the first page" in page
        assert "Singapore: incidents" not in page, "a session reads no TAXII"
    program = browser.client.get(path, headers={"Accept": "application/taxii+json;version=2.1"})
    assert program.content_type.startswith("application/taxii+json")


def test_an_error_is_in_the_readers_language(signed_in: SignedIn) -> None:
    """What happened and what to do; the hub's own words, which have no translation, are marked as English."""
    indonesia = signed_in("id-cert")
    page = indonesia.client.get("/console/operator", headers={"Accept": "text/html", "Accept-Language": "id"})
    text = page.get_data(as_text=True)
    assert "<h1>Akun Anda tidak boleh melakukannya</h1>" in text
    assert '<p lang="en">This page is for accounts of kind operator.</p>' in text


@pytest.mark.parametrize("client", CLIENTS)
def test_a_soc_is_shown_what_to_paste_into_its_client(hub: Hub, signed_in: SignedIn, client: str) -> None:
    """For the collection of indicators unless another is chosen; with the account's name, without a key."""
    soc = signed_in("id-soc")
    page = html.unescape(soc.text(f"/?client={client}"))
    recipe = re.search(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.DOTALL)
    assert recipe is not None
    expected_text = {"xsoar": "Indicators"}.get(client, "a6b14d77-5202-4ac5-a8ed-aa80af69cc87")
    assert expected_text in recipe[1]
    assert "id-soc" in recipe[1]
    assert "KEY" in recipe[1]
    assert "hub_" not in re.sub(r"hub_[0-9a-f]{8}\b", "", recipe[1])
    other = "85173d5c-585a-4e18-a7ba-27c85beb0fc0"
    assert ("Shared incidents" if client == "xsoar" else other) in soc.text(f"/?client={client}&collection={other}")


def test_every_client_has_a_text_and_a_name() -> None:
    """An unknown choice shows none."""
    assert CLIENTS.keys() == RECIPES.keys()


def test_an_unknown_choice_of_a_client_shows_the_choices_again(signed_in: SignedIn) -> None:
    """A collection that the account does not read is not shown, nor one of a drill that is not listed to it."""
    soc = signed_in("id-soc")
    for query in ("client=", "client=%3Cscript%3E", "client=misp&collection=nowhere"):
        page = soc.text(f"/?{query}")
        assert "Show what to paste" in page
        assert "<script>" not in page.partition("<main")[2]
    choice = re.search(r'<select id="client-collection".*?</select>', soc.text("/"), re.DOTALL)
    assert choice is not None
    assert "Drill" not in choice[0]


def test_a_duty_line_can_be_dialled(signed_in: SignedIn) -> None:
    """From the page on a telephone."""
    page = signed_in("sg-cert").text("/asean/contacts/")
    assert re.search(r'<a href="tel:\+62\d+">', page)


def test_a_print_says_when_its_page_was_made(hub: Hub, signed_in: SignedIn) -> None:
    """In the part of the page that follows the hub: a print of a page that was open all night has the time of what it shows."""
    publish_as(hub, "ID", incident(1), report(1))
    singapore = signed_in("sg-cert")
    for path, part in (("/asean/board/", "board"), (PAGE, "timeline")):
        page = singapore.text(path)
        assert page.index(f'data-live="{part}"') < page.index("As of 2026-04-02 11:10 (03:10 UTC).")


def test_what_cannot_be_undone_is_behind_a_second_click(hub: Hub, signed_in: SignedIn) -> None:
    """What is withdrawn is marked as such; the page that asks begins at its heading, not at the button."""
    publish_as(hub, "ID", incident(1), report(1))
    indonesia = signed_in("id-cert")
    page = indonesia.text(PAGE)
    assert 'class="button danger">Withdraw the incident<' in page
    fields = {"form_token": indonesia.token(PAGE), "action": "ask", "asked": "SG", "text": "Help"}
    preview = indonesia.post(f"{PAGE}preview", fields).get_data(as_text=True)
    assert '<h1 tabindex="-1" autofocus>' in preview
    assert '<button class="primary">Publish' in preview
