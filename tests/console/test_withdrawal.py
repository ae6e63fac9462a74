"""Taking an incident back by form: what is shown is what happens, and nobody learns more than before."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any

import orjson
import pytest

from hub.community.hub import Hub
from hub.stix.tlp import TLP, TLP2_IDS
from hub.stix.wording import class_name
from hub.taxii.filters import Filters, Match
from tests.community.making import board, cert, incident, publish_as, report, stamp, versioned
from tests.console.conftest import Browser, SignedIn
from tests.console.incident_forms import PAGE, an_indicator, confirm, fill
from tests.console.test_lookup import sco
from tests.server.making import Clock


def held(hub: Hub, name: str, collection: str = "id") -> dict[str, Any]:
    """The objects that the member's CERT reads in a collection, by id."""
    delivered = hub.objects(cert(name), "asean", collection, Filters(limit=1000, match=Match()))
    return {content["id"]: content for content in orjson.loads(delivered.body).get("objects", ())}


def put(hub: Hub) -> tuple[dict[str, Any], ...]:
    """Indonesia's incident with an indicator, one that another report of Indonesia's names, too, and an address."""
    own = an_indicator(1, "[ipv4-addr:value = '198.51.100.7']")
    shared = an_indicator(2, "[ipv4-addr:value = '198.51.100.8']")
    address = sco("ipv4-addr", value="198.51.100.7")
    refs = [incident(1)["id"], own["id"], shared["id"], address["id"]]
    publish_as(hub, "ID", incident(1), own, shared, address, report(1, object_refs=refs), to="id")
    publish_as(hub, "ID", incident(2), report(2, object_refs=[incident(2)["id"], shared["id"]]), to="id")
    return own, shared, address


def test_an_incident_is_withdrawn(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """Its objects are revoked, its observables gone; what another report of the member names stays."""
    own, shared, address = put(hub)
    indonesia = signed_in("id-cert")
    page = fill(indonesia, action="withdraw")
    assert "Nothing has been published yet." in page
    assert "3 revocations are published" in page
    assert own["id"] in page
    assert shared["id"] not in page
    assert "1 observable is deleted" in page
    assert held(hub, "SG")[own["id"]].get("revoked") is None, "not before it is confirmed"
    clock.now += 60_000
    assert confirm(indonesia, page, action="withdraw") == f"{PAGE}?done=withdraw"
    after = held(hub, "SG")
    assert {identifier for identifier, content in after.items() if content.get("revoked")} == {
        incident(1)["id"],
        report(1)["id"],
        own["id"],
    }
    assert address["id"] not in after
    assert [entry["incident"] for entry in board(hub)["incidents"]] == [incident(2)["id"]]
    page = indonesia.text(f"{PAGE}?done=withdraw")
    assert "This incident was withdrawn." in page
    assert 'value="withdraw"' not in page


def test_an_observable_of_several_members_stays(hub: Hub, signed_in: SignedIn) -> None:
    """Only this member's part is removed."""
    *_, address = put(hub)
    publish_as(hub, "SG", address, to="indicators")
    indonesia = signed_in("id-cert")
    confirm(indonesia, fill(indonesia, action="withdraw"))
    assert address["id"] not in held(hub, "SG", "id")
    assert address["id"] in held(hub, "SG", "indicators")


def test_a_revocation_says_no_more_than_the_lowest_version(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """Law L5 d: who read the GREEN version learns that it is revoked, and nothing of the AMBER+STRICT one."""
    green = an_indicator(1, "[ipv4-addr:value = '198.51.100.7']", name="Low", object_marking_refs=[TLP2_IDS[TLP.GREEN]])
    strict: Any = {"object_marking_refs": [TLP2_IDS[TLP.AMBER_STRICT]]}
    refs = [incident(1)["id"], green["id"]]
    publish_as(hub, "ID", green, to="indicators")
    publish_as(hub, "ID", incident(1), report(1, object_refs=refs), to="id")
    clock.now += 60_000
    about = {name: value for name, value in green.items() if name not in ("id", "modified", "created")}
    raised = versioned("indicator", 1, "ID", 1, **{**about, **strict, "name": "High"})
    publish_as(hub, "ID", raised, to="indicators")
    clock.now += 60_000
    indonesia = signed_in("id-cert")
    page = fill(indonesia, action="withdraw")
    assert "High" not in page.partition("<main")[2]
    confirm(indonesia, page)
    revoked = held(hub, "SG", "indicators")[green["id"]]
    assert (revoked["name"], revoked["revoked"]) == ("Low", True)
    assert revoked["object_marking_refs"] == [TLP2_IDS[TLP.GREEN]]


def test_what_later_reports_will_name_again_stays(hub: Hub, signed_in: SignedIn) -> None:
    """A revoked id cannot be used again: the class of the victims, and a technique older than the incident, stay."""
    name = class_name("healthcare", None)
    shared = versioned("identity", 1, "ID", name=name, identity_class="class", sectors=["healthcare"])
    older = {"created": "2020-01-01T00:00:00.000Z", "modified": "2020-01-01T00:00:00.000Z"}
    technique = versioned("attack-pattern", 2, "ID", name="Phishing") | older
    own = versioned("malware", 3, "ID", name="Fox", is_family=False, malware_types=["trojan"])
    refs = [incident(1)["id"], shared["id"], technique["id"], own["id"]]
    publish_as(hub, "ID", incident(1), shared, technique, own, report(1, object_refs=refs), to="id")
    indonesia = signed_in("id-cert")
    confirm(indonesia, fill(indonesia, action="withdraw"))
    revoked = {identifier for identifier, content in held(hub, "SG").items() if content.get("revoked")}
    assert revoked == {incident(1)["id"], report(1)["id"], own["id"]}


def test_only_its_own_member_withdraws(hub: Hub, signed_in: SignedIn) -> None:
    """Another member is not offered it, and refused where it asks all the same; so are a constituent and a partner."""
    put(hub)
    singapore = signed_in("sg-cert")
    assert 'value="withdraw"' not in singapore.text(PAGE)
    response = singapore.post(f"{PAGE}preview", {"form_token": singapore.token(PAGE), "action": "withdraw"})
    assert response.status_code == 403
    for name in ("id-soc", "partner"):
        browser = signed_in(name)
        response = browser.post(f"{PAGE}preview", {"form_token": browser.token("/"), "action": "withdraw"})
        assert response.status_code in (403, 404), name
    assert not any(content.get("revoked") for content in held(hub, "SG").values())


def test_what_changed_meanwhile_is_shown_again(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """What is confirmed is what was shown: here another indicator came in between."""
    own, shared, address = put(hub)
    indonesia = signed_in("id-cert")
    page = fill(indonesia, action="withdraw")
    clock.now += 60_000
    more = an_indicator(3, "[ipv4-addr:value = '198.51.100.9']")
    refs = [incident(1)["id"], own["id"], shared["id"], address["id"], more["id"]]
    publish_as(hub, "ID", more, report(1, version=1, object_refs=refs), to="id")
    again = publish(indonesia, page)
    assert "has changed in the meantime" in again
    assert not any(content.get("revoked") for content in held(hub, "SG").values())
    confirm(indonesia, again)
    assert held(hub, "SG")[more["id"]]["revoked"] is True


def test_what_was_shown_long_ago_is_shown_again(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """A form that was open for hours."""
    put(hub)
    indonesia = signed_in("id-cert")
    page = fill(indonesia, action="withdraw")
    clock.now += 61 * 60_000
    assert "shown too long ago" in publish(indonesia, page)


def test_another_session_cannot_confirm(hub: Hub, signed_in: SignedIn) -> None:
    """What was sealed for one session is not valid in another, even of the same account."""
    put(hub)
    page = fill(signed_in("id-cert"), action="withdraw")
    other = signed_in("id-cert")
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert sealed is not None
    fields = {"form_token": other.token(PAGE), "sealed": html.unescape(sealed[1])}
    assert other.post(f"{PAGE}publish", fields).status_code == 422
    assert not any(content.get("revoked") for content in held(hub, "SG").values())


def publish(browser: Browser, page: str) -> str:
    """Confirm what a page shows where that is refused; return the page that says why."""
    token, sealed = (re.search(rf'name="{name}" value="([^"]+)"', page) for name in ("form_token", "sealed"))
    assert token is not None
    assert sealed is not None
    response = browser.post(f"{PAGE}publish", {"form_token": token[1], "sealed": html.unescape(sealed[1])})
    assert response.status_code == 422
    return response.get_data(as_text=True)


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_page_that_is_full_leaves_nothing_out(hub: Hub, signed_in: SignedIn, clock: Clock, most: int) -> None:
    """Versions, and reports that name the same objects, come in pages: all are looked at before anything is revoked."""
    own, shared, address = put(hub)
    clock.now += 60_000
    refs = [incident(1)["id"], own["id"], shared["id"], address["id"]]
    for number in (3, 4, 5):
        publish_as(hub, "ID", report(number, object_refs=refs), to="id")
    publish_as(hub, "ID", report(1, version=1, object_refs=refs), to="id")
    publish_as(hub, "ID", incident(6), report(6, object_refs=[incident(6)["id"], own["id"]]), to="id")
    object.__setattr__(hub, "limits", replace(hub.limits, page_objects=most))
    indonesia = signed_in("id-cert")
    page = fill(indonesia, action="withdraw")
    assert own["id"] not in page
    clock.now += 60_000
    confirm(indonesia, page, action="withdraw")
    object.__setattr__(hub, "limits", replace(hub.limits, page_objects=1_000))
    revoked = {identifier for identifier, content in held(hub, "SG").items() if content.get("revoked")}
    assert revoked == {incident(1)["id"], *(report(number)["id"] for number in (1, 3, 4, 5))}


def test_what_its_own_observation_names_goes_with_it(hub: Hub, signed_in: SignedIn) -> None:
    """An observation that is withdrawn keeps no observable; one of another incident's report does."""
    withdrawn, named_elsewhere = (sco("ipv4-addr", value=f"198.51.100.{number}") for number in (7, 8))
    seen: dict[str, Any] = {"first_observed": stamp(), "last_observed": stamp(), "number_observed": 1}
    own = versioned("observed-data", 1, "ID", **seen, object_refs=[withdrawn["id"]])
    shared = versioned("observed-data", 2, "ID", **seen, object_refs=[named_elsewhere["id"]])
    refs = [incident(1)["id"], own["id"], shared["id"], withdrawn["id"], named_elsewhere["id"]]
    publish_as(hub, "ID", incident(1), own, shared, withdrawn, named_elsewhere, report(1, object_refs=refs), to="id")
    publish_as(hub, "ID", incident(2), report(2, object_refs=[incident(2)["id"], shared["id"]]), to="id")
    indonesia = signed_in("id-cert")
    confirm(indonesia, fill(indonesia, action="withdraw"))
    after = held(hub, "SG")
    assert after[own["id"]].get("revoked") is True
    assert after[shared["id"]].get("revoked") is None
    assert (withdrawn["id"] in after, named_elsewhere["id"] in after) == (False, True)


def test_another_incident_of_the_same_report_stays(hub: Hub, signed_in: SignedIn) -> None:
    """It is withdrawn on a page of its own."""
    publish_as(
        hub, "ID", incident(1), incident(2), report(1, object_refs=[incident(1)["id"], incident(2)["id"]]), to="id"
    )
    indonesia = signed_in("id-cert")
    confirm(indonesia, fill(indonesia, action="withdraw"))
    revoked = {identifier for identifier, content in held(hub, "SG").items() if content.get("revoked")}
    assert revoked == {incident(1)["id"], report(1)["id"]}
