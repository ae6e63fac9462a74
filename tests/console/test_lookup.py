"""Looking values up: what is found, however it is written, and nothing that the reader may not see."""

from __future__ import annotations

import html
import re
from typing import Any

import flask
import pytest

from hub.community.hub import Hub
from hub.server.console import lookup
from hub.server.console.lookup import parse_values
from hub.server.front import ACCOUNT, WORK_BYTES
from hub.stix.identifiers import derived_id
from hub.stix.tlp import TLP, TLP2_IDS
from hub.store.sqlite.store import SqliteStore
from tests.community.making import KINDS, cert, incident, publish_as, report, versioned
from tests.console.conftest import Browser, SignedIn
from tests.console.incident_forms import an_indicator
from tests.server.making import Clock


def pairs_of(browser: Browser, values: str, **fields: str) -> set[tuple[str, str]]:
    """(value, type) of each match on the page."""
    page = looked_up(browser, values, **fields)
    return {
        (html.unescape(value), kind)
        for value, body in re.findall(r'<h3><code class="pick">(.*?)</code></h3>(.*?)</article>', page, re.DOTALL)
        for kind in re.findall(r"<li>(?:<b class=\"drill-word\">DRILL</b> )?<b>([a-z0-9-]+)</b>", body)
    }


def looked_up(browser: Browser, values: str, **fields: str) -> str:
    token = browser.token("/console/lookup")
    response = browser.post("/console/lookup", {"form_token": token, "values": values, **fields})
    assert response.status_code == 200, response.get_data(as_text=True)
    return response.get_data(as_text=True)


def sco(kind: str, level: TLP = TLP.AMBER, **properties: Any) -> dict[str, Any]:
    content = {"type": kind, "spec_version": "2.1", "object_marking_refs": [TLP2_IDS[level]], **properties}
    return content | {"id": derived_id(content)}


def publish(hub: Hub, *objects: dict[str, Any], to: str = "id") -> None:
    refs = [incident(1)["id"], *(content["id"] for content in objects)]
    publish_as(hub, "ID", incident(1, name="Phishing"), *objects, report(1, object_refs=refs), to=to)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("198.51.100.7", {("198.51.100.7", "ipv4-addr"), ("198.51.100.7", "indicator")}),
        ("198[.]51[.]100[.]7", {("198.51.100.7", "ipv4-addr"), ("198.51.100.7", "indicator")}),
        ("198.51.100.70", set()),
        ("2001:DB8:0::7", {("2001:DB8:0::7", "indicator")}),
        ("BAD.example.", {("BAD.example.", "indicator")}),
        ("hxxps://bad[.]example/Login", {("https://bad.example/Login", "indicator")}),
        ("A" * 64, {("A" * 64, "indicator")}),
        ("quiet fox", {("quiet fox", "malware")}),
        ("T1566.002, CVE-2026-0001", {("T1566.002", "attack-pattern")}),
        ("203.0.113.2", {("203.0.113.2", "indicator")}),
        ("bücher.example", {("bücher.example", "indicator")}),
        ("evil.example", {("evil.example", "url")}),
        ("AS64500", {("AS64500", "autonomous-system")}),
        ("d41d8cd98f00b204e9800998ecf8427e", {("d41d8cd98f00b204e9800998ecf8427e", "file")}),
        ("SHA-256", set()),
        ("nothing.example", set()),
    ],
)
def test_values_are_found_however_they_are_written(
    hub: Hub, signed_in: SignedIn, values: str, expected: set[tuple[str, str]]
) -> None:
    """Defanged, in other letters, in another form of the same address; never where they are a part of another value."""
    publish(
        hub,
        sco("ipv4-addr", value="198.51.100.7"),
        an_indicator(1, "[ipv4-addr:value = '198.51.100.7']"),
        an_indicator(2, "[ipv6-addr:value = '2001:db8::7']"),
        an_indicator(3, "[url:value = 'https://bad.example/Login']"),
        an_indicator(4, f"[file:hashes.'SHA-256' = '{'a' * 64}']"),
        an_indicator(7, "[ipv4-addr:value IN ('203.0.113.1', '203.0.113.2')]"),
        an_indicator(8, "[domain-name:value = 'xn--bcher-kva.example']"),
        # as MISP names observables: with an id that says nothing of the value
        sco("url", value="http://evil.example/a") | {"id": "url--00000000-0000-4000-8000-00000000000a"},
        sco("autonomous-system", number=64500),
        sco("file", hashes={"MD5": "D41D8CD98F00B204E9800998ECF8427E"}),
        versioned("malware", 5, "ID", name="Quiet Fox", is_family=True, malware_types=["trojan"]),
        versioned(
            "attack-pattern",
            6,
            "ID",
            name="Spearphishing Link",
            external_references=[{"source_name": "mitre-attack", "external_id": "T1566.002"}],
        ),
    )
    assert pairs_of(signed_in("sg-cert"), values) == expected


def test_a_match_leads_to_its_incident(hub: Hub, signed_in: SignedIn) -> None:
    """By a report that names both."""
    publish(hub, an_indicator(1, "[domain-name:value = 'bad.example']"))
    page = looked_up(signed_in("sg-cert"), "bad.example")
    assert f'<a href="/asean/board/{incident(1)["id"]}/"><bdi>Phishing</bdi></a>' in page


def test_nothing_is_found_above_the_level_of_the_reader(hub: Hub, signed_in: SignedIn) -> None:
    """Law L5: a constituent finds what is AMBER where it reads, and learns of nothing else, not even that it is held."""
    strict: Any = {"object_marking_refs": [TLP2_IDS[TLP.AMBER_STRICT]]}
    observable = sco("domain-name", TLP.AMBER_STRICT, value="high.example")
    publish_as(hub, "ID", an_indicator(1, "[domain-name:value = 'high.example']", **strict), observable, to="id")
    publish_as(hub, "ID", an_indicator(2, "[domain-name:value = 'low.example']"), to="incidents")
    both = "high.example low.example"
    assert {value for value, _ in pairs_of(signed_in("sg-cert"), both)} == {"high.example", "low.example"}
    constituent = signed_in("id-soc")
    assert pairs_of(constituent, both) == {("low.example", "indicator")}
    pages = [_without_tokens(looked_up(constituent, f"{word}.example"), word) for word in ("high", "none")]
    assert pages[0] == pages[1]


def _without_tokens(page: str, word: str) -> str:
    return re.sub(r'name="form_token" value="[^"]*"', "", page).replace(f"{word}.example", "")


def test_what_was_added_long_ago_is_found(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """A list of blocked addresses is older than the incident in which one of them turns up."""
    publish(hub, an_indicator(1, "[domain-name:value = 'bad.example']"), sco("domain-name", value="bad.example"))
    clock.now += 400 * 24 * 3600 * 1000
    assert len(pairs_of(signed_in("sg-cert"), "bad.example")) == 2


def test_a_page_says_that_there_are_more_matches(
    hub: Hub, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It shows the oldest."""
    monkeypatch.setattr(lookup, "MAX_MATCHES", 3)
    publish(hub, *(an_indicator(n, "[domain-name:value = 'bad.example']", name=f"Number {n}") for n in range(1, 6)))
    page = looked_up(signed_in("sg-cert"), "bad.example")
    assert "There is more than this page shows" in page
    assert re.findall(r"Number \d", page) == ["Number 1", "Number 2", "Number 3"]


def test_a_report_above_the_reader_leads_to_no_incident(hub: Hub, signed_in: SignedIn) -> None:
    """Law L5: the indicator is GREEN, the report that ties it to the incident is not."""
    indicator = an_indicator(1, "[domain-name:value = 'bad.example']", object_marking_refs=[TLP2_IDS[TLP.GREEN]])
    strict: Any = {"object_marking_refs": [TLP2_IDS[TLP.AMBER_STRICT]]}
    tied = report(1, object_refs=[incident(1)["id"], indicator["id"]], **strict)
    publish_as(hub, "ID", indicator, to="indicators")
    publish_as(hub, "ID", incident(1, name="Phishing", **strict), tied, to="id")
    assert "Phishing" in looked_up(signed_in("sg-cert"), "bad.example")
    page = looked_up(signed_in("partner"), "bad.example")
    assert "bad.example" in page
    assert "Phishing" not in page
    assert incident(1)["id"] not in page


def test_a_withdrawn_report_leads_to_no_incident(hub: Hub, signed_in: SignedIn) -> None:
    """It no longer names anything."""
    indicator = an_indicator(1, "[domain-name:value = 'bad.example']")
    publish(hub, indicator)
    singapore = signed_in("sg-cert")
    assert "Phishing" in looked_up(singapore, "bad.example")
    refs = [incident(1)["id"], indicator["id"]]
    publish_as(hub, "ID", report(1, version=1, object_refs=refs, revoked=True), to="id")
    page = looked_up(singapore, "bad.example")
    assert "Phishing" not in page


@pytest.mark.parametrize(("text", "count"), [("", 0), ("  \n ", 0), ("\n".join(map(str, range(1001))), 1001)])
def test_too_few_and_too_many(signed_in: SignedIn, text: str, count: int) -> None:
    """The page says so in words, and keeps what was pasted."""
    singapore = signed_in("sg-cert")
    fields = {"form_token": singapore.token("/console/lookup"), "values": text}
    response = singapore.post("/console/lookup", fields)
    assert response.status_code == 422
    assert f"Paste between 1 and 1000 values; these are {count}." in response.get_data(as_text=True)


def test_a_program_gets_json(hub: Hub, browser: Browser) -> None:
    """With its key, at the same address."""
    publish(hub, an_indicator(1, "[domain-name:value = 'bad.example']"))
    key = hub.credentials.rotate("sg-cert", None)
    headers = {"Accept": "application/json", "Authorization": f"Bearer {key}"}
    client = browser.app.test_client()
    answer = client.post("/console/lookup", data={"values": "bad.example other.example"}, headers=headers).json
    assert answer is not None
    assert [(mention["value"], mention["type"], mention["by"]) for mention in answer["found"]] == [
        ("bad.example", "indicator", "ID")
    ]
    assert answer["found"][0]["incidents"] == [{"id": incident(1)["id"], "name": "Phishing"}]
    assert (answer["missing"], answer["whole"]) == (["other.example"], True)
    assert client.post("/console/lookup", data={"values": "x"}, headers={"Accept": "*/*"}).status_code == 401


def test_pasted_texts() -> None:
    """Lines, lists with commas, names of several words, and each value once."""
    assert parse_values("a.example, b.example;c.example\na.example\n") == ["a.example", "b.example", "c.example"]
    assert parse_values("Lazarus Group\nT1566 T1059.001") == ["Lazarus Group", "T1566", "T1059.001"]
    assert parse_values("hxxp://a[.]example/x user[@]bad[.]example") == ["http://a.example/x", "user@bad.example"]
    assert parse_values("<img src=x>\n\ud800") == ["img src=x", "\ud800"]


def test_the_page_says_who_relayed_what_an_outsider_wrote(hub: Hub, signed_in: SignedIn) -> None:
    """And for a member's own object whose it is."""
    outsider = "identity--99999999-9999-4999-8999-999999999999"
    relayed = an_indicator(1, "[ipv4-addr:value = '198.51.100.7']") | {"created_by_ref": outsider}
    own = an_indicator(2, "[ipv4-addr:value = '198.51.100.8']")
    publish_as(hub, "ID", relayed, own, to="indicators")
    page = looked_up(signed_in("sg-cert"), "198.51.100.7")
    assert "relayed by Indonesia" in page
    assert "relayed by" not in looked_up(signed_in("sg-cert"), "198.51.100.8")


def test_who_published_an_observable_higher_is_named_to_nobody_below(hub: Hub, signed_in: SignedIn) -> None:
    """Indonesia held it at AMBER+STRICT before Malaysia published it at GREEN: a partner learns of Malaysia's part alone."""
    value = {"value": "198.51.100.77"}
    publish_as(hub, "ID", sco("ipv4-addr", TLP.AMBER_STRICT, **value), to="indicators")
    publish_as(hub, "MY", sco("ipv4-addr", TLP.GREEN, **value), to="indicators")
    page = looked_up(signed_in("partner"), value["value"])
    assert "relayed by Indonesia" not in page
    assert "relayed by Malaysia" in page


def environments(app: flask.Flask) -> list[dict[str, Any]]:
    """The WSGI environment of each request from now on, as the front finds it after the answer."""
    seen: list[dict[str, Any]] = []
    application = app.wsgi_app

    def noted(environ: dict[str, Any], start_response: Any) -> Any:
        seen.append(environ)
        return application(environ, start_response)

    app.wsgi_app = noted  # type: ignore[method-assign] # as Flask documents it
    return seen


def test_what_a_look_up_reads_counts_in_the_accounts_share(hub: Hub, app: flask.Flask, signed_in: SignedIn) -> None:
    """The page is short, and the work behind it is that of reading whole collections."""
    publish(hub, *(an_indicator(number, f"[ipv4-addr:value = '198.51.100.{number}']") for number in range(1, 40)))
    browser, seen = signed_in("sg-cert"), environments(app)
    looked_up(browser, "198.51.100.250")
    assert [environ[WORK_BYTES] > 39 * 200 for environ in seen] == [False, True]  # the form, then what was looked up


def test_a_session_that_signed_out_counts_for_no_account(app: flask.Flask, signed_in: SignedIn) -> None:
    """The front, which counts requests, learns it with the answer to the sign-out itself."""
    browser, seen = signed_in("sg-cert"), environments(app)
    browser.post("/console/logout", {"form_token": browser.token("/")})
    before, signed_out = (environ[ACCOUNT] for environ in seen)
    assert (before.name, signed_out) == ("sg-cert", None)


def test_a_match_of_many_values_costs_what_the_page_shows(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law L9: a list of addresses in one pattern is looked at once, and every value of it that is held counts as held."""
    monkeypatch.setattr(lookup, "MAX_MATCHES", 3)
    queries: list[str] = []
    relayed_by = lookup._relayed_by

    def counted(*about: Any) -> str:
        queries.append(about[2])
        return relayed_by(*about)

    monkeypatch.setattr(lookup, "_relayed_by", counted)
    addresses = [f"198.51.100.{number}" for number in range(1, 6)]
    outsider = {"created_by_ref": "identity--99999999-9999-4999-8999-999999999999"}
    pattern = "[ipv4-addr:value IN ({})]".format(", ".join(f"'{address}'" for address in addresses))
    both = [an_indicator(number, pattern) | outsider for number in (1, 2)]
    publish_as(hub, "ID", *both, to="indicators")
    result = lookup.look_up(hub, cert("SG"), [*addresses, "198.51.100.9"])
    assert [(mention.value, mention.relayed_by) for mention in result.mentions] == [
        (value, "ID") for value in addresses[:3]
    ]
    assert queries == [both[0]["id"]]
    assert (result.missing, result.is_complete) == (["198.51.100.9"], False)


@pytest.mark.parametrize(("most", "whole"), [(2, False), (3, True)])
def test_a_match_leads_to_so_many_incidents(hub: Hub, monkeypatch: pytest.MonkeyPatch, most: int, whole: bool) -> None:
    """Law L9: a report that names thousands makes no page of thousands of lines for each match; the page says so."""
    monkeypatch.setattr(lookup, "MAX_INCIDENTS", most)
    indicator = an_indicator(1, "[domain-name:value = 'bad.example']")
    incidents = [incident(number) for number in (1, 2, 3)]
    refs = [*(item["id"] for item in incidents), indicator["id"]]
    publish_as(hub, "ID", *incidents, indicator, report(1, object_refs=refs), to="id")
    result = lookup.look_up(hub, cert("SG"), ["bad.example"])
    assert [len(item.incidents) for item in result.mentions] == [most]
    assert result.is_complete is whole


def test_incidents_that_are_not_there_take_no_room(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that names missing incidents first hides nothing, and the reader does not learn that there are any (law L5)."""
    monkeypatch.setattr(lookup, "MAX_INCIDENTS", 1)
    indicator = an_indicator(1, "[domain-name:value = 'bad.example']")
    refs = [*(incident(number)["id"] for number in (7, 8, 1)), indicator["id"]]
    publish_as(hub, "ID", incident(1), indicator, report(1, object_refs=refs), to="id")
    result = lookup.look_up(hub, cert("SG"), ["bad.example"])
    assert [mention.incidents for mention in result.mentions] == [((incident(1)["id"], incident(1)["name"]),)]
    assert result.is_complete


@pytest.mark.parametrize("name", ["MAX_REPORT_INCIDENTS", "MAX_ROOT_INCIDENTS"])
def test_a_report_that_names_too_many_incidents_is_read_in_part(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """And the page says that there may be more."""
    monkeypatch.setattr(lookup, name, 2)
    indicator = an_indicator(1, "[domain-name:value = 'bad.example']")
    incidents = [incident(number) for number in (1, 2, 3)]
    refs = [*(item["id"] for item in incidents), indicator["id"]]
    publish_as(hub, "ID", *incidents, indicator, report(1, object_refs=refs), to="id")
    result = lookup.look_up(hub, cert("SG"), ["bad.example"])
    assert ([len(item.incidents) for item in result.mentions], result.is_complete) == ([2], False)


def test_how_much_came_at_higher_levels_is_shown_to_nobody_below(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law L5: neither as an answer that may lack something, nor in what counts in the account's share."""
    monkeypatch.setattr("hub.sharing.hub.MOST_COMPARED", 3)
    collection = hub.find(cert("ID"), "asean", "indicators")
    waits = isinstance(hub.store, SqliteStore)  # MongoDB's records are indexed as they come
    low = an_indicator(9, "[domain-name:value = 'low.example']", object_marking_refs=[TLP2_IDS[TLP.GREEN]])
    publish_as(
        hub,
        "ID",
        low,
        *(an_indicator(n, f"[domain-name:value = 'high{n}.example']") for n in range(1, 5)),
        to="indicators",
    )
    assert hub.count_unindexed(KINDS["partner"], collection) == ((1, False) if waits else (0, False))
    assert hub.count_unindexed(cert("SG"), collection) == ((3, True) if waits else (0, False))
