"""Law L5 c to e at the door: a newer version governs the older ones, a translation is no lower, an observable is not given away."""

from __future__ import annotations

import json
from typing import Final

import pytest
import stix2

from hub.stix.tlp import TLP
from tests.conftest import ClientOf
from tests.door.levels import definition, seen_by
from tests.server.making import Client, Content, an_id, ids, indicator, marked, note, stamp


def test_a_raised_level_governs_the_older_versions_and_the_status_says_so(as_account: ClientOf) -> None:
    """H3: the GREEN version is no longer served below."""
    cert = as_account("id-cert")
    cert.publish("feeds", indicator(1, level=TLP.GREEN))
    status = cert.publish("feeds", indicator(1, 2, level=TLP.AMBER))
    assert as_account("partner").objects("feeds", version="all") == []
    assert "from TLP:GREEN to TLP:AMBER" in status["successes"][0]["message"]


def test_a_revocation_repeats_a_higher_text_under_no_name(indonesia: Client) -> None:
    """Readers of the lower version would read in another property what only the higher one said."""
    indonesia.publish("feeds", indicator(1, level=TLP.GREEN))
    indonesia.publish("feeds", indicator(1, 2, level=TLP.AMBER, description="Only for those who may read AMBER"))
    revoked = indicator(1, level=TLP.GREEN) | {"modified": stamp(3), "revoked": True}
    words = indonesia.refusal("feeds", revoked | {"x_reason": "Only for those who may read AMBER"})
    assert "x_reason" in words
    indonesia.publish("feeds", revoked)


def test_a_revocation_reaches_all_who_ever_saw_the_object(as_account: ClientOf) -> None:
    """Marked higher, it is refused in words; built from the lowest version, it is read by all; nothing higher leaks."""
    cert = as_account("id-cert")
    cert.publish("feeds", indicator(1, level=TLP.GREEN))
    cert.publish("feeds", indicator(1, 2, level=TLP.AMBER, name="only at AMBER"))
    assert "TLP:GREEN" in cert.refusal("feeds", indicator(1, 3, level=TLP.AMBER, name="only at AMBER", revoked=True))
    words = cert.refusal("feeds", indicator(1, 3, level=TLP.GREEN, name="only at AMBER", revoked=True))
    assert "name" in words
    cert.publish("feeds", indicator(1, 3, level=TLP.GREEN, revoked=True))
    (shown,) = as_account("partner").objects("feeds", version="all")
    assert shown["revoked"] is True


@pytest.mark.parametrize("before", [{}, {"name": "TLP:GREEN"}], ids=["no level", "a lower level"])
def test_a_definition_does_not_state_a_higher_level_later(as_account: ClientOf, before: Content) -> None:
    """What it marks would stay readable; its sender gets that in words, and what it marks from then on has the new level."""
    cert = as_account("id-cert")
    marked_by_it = indicator(1, level=TLP.GREEN)
    marked_by_it["object_marking_refs"] = [*marked_by_it["object_marking_refs"], definition()["id"]]
    cert.publish("feeds", definition(**before), marked_by_it)
    raised = definition(name="TLP:AMBER", created=stamp(901))
    assert "new id" in cert.refusal("feeds", raised)
    cert.add("feeds", raised, marked_by_it | {"id": an_id(2)})
    assert seen_by(as_account, an_id(2)) == ["sg-soc", "sg-cert"]
    cert.publish("feeds", definition(**before))


@pytest.mark.parametrize("order", [1, -1])
def test_an_unmarked_copy_beside_a_marked_one_is_refused(as_account: ClientOf, order: int) -> None:
    """The collection's default would be its level, and the other copy says a higher one."""
    copies = [indicator(1, level=None), indicator(1, level=TLP.RED)][::order]
    status = as_account("id-cert").add("feeds", *copies, indicator(2, level=TLP.GREEN))
    assert status["failure_count"] == 2
    assert seen_by(as_account, an_id(1)) == []
    assert seen_by(as_account, an_id(2)) == ["partner", "sg-soc", "sg-cert"]


@pytest.mark.parametrize("higher", [TLP.AMBER, TLP.RED])
@pytest.mark.parametrize("order", [1, -1])
def test_of_two_copies_in_one_envelope_the_lower_one_is_refused(as_account: ClientOf, higher: TLP, order: int) -> None:
    """As two exports of one object have it, put together; whichever comes first."""
    copies = [indicator(1, level=TLP.GREEN), indicator(1, level=higher)][::order]
    status = as_account("id-cert").add("feeds", *copies, indicator(2, level=TLP.GREEN))
    assert status["failure_count"] == (1 if higher is TLP.AMBER else 2)
    assert any("twice" in failure["message"] for failure in status["failures"])
    assert seen_by(as_account, an_id(1)) == ([] if higher is TLP.RED else ["sg-soc", "sg-cert"])
    assert seen_by(as_account, an_id(2)) == ["partner", "sg-soc", "sg-cert"]


TRANSLATION: Final[Content] = {
    **{k: v for k, v in note(3, level=TLP.GREEN).items() if k not in ("content", "object_refs")},
    "type": "language-content",
    "id": an_id(3, "language-content"),
    "object_ref": an_id(1),
    "contents": {"de": {"name": "Name"}},
}


@pytest.mark.parametrize("first", ["object", "translation"])
def test_a_translation_is_no_lower_than_its_object(as_account: ClientOf, first: str) -> None:
    """H1, whichever comes first."""
    order = [indicator(1, level=TLP.AMBER), TRANSLATION]
    for content in order if first == "object" else order[::-1]:
        as_account("id-cert").publish("feeds", content)
    assert seen_by(as_account, TRANSLATION["id"]) == ["sg-soc", "sg-cert"]


def test_a_translation_of_what_is_too_high_for_a_collection_is_refused_as_one(indonesia: Client) -> None:
    """Though it is marked lower itself: the words name the object."""
    indonesia.publish("circle", indicator(1, level=TLP.RED))
    words = indonesia.refusal("feeds", TRANSLATION)
    assert f"translates {an_id(1)}, which is TLP:RED" in words


ADDRESS: Final = json.loads(stix2.IPv4Address(value="198.51.100.9").serialize())


@pytest.mark.parametrize("where", ["object_refs", "text"])
def test_an_observable_of_another_collection_is_not_given_away(as_account: ClientOf, where: str) -> None:
    """H2: held at AMBER+STRICT where the sender reads it, its id is in no GREEN object, as reference or in a text."""
    as_account("id-cert").publish("alerts", {**ADDRESS, **marked(TLP.AMBER_STRICT)})
    naming = note(1, level=TLP.GREEN, author="SG")
    naming |= {"object_refs": [ADDRESS["id"]]} if where == "object_refs" else {"content": f"see {ADDRESS['id']}."}
    assert "gives its value away" in as_account("sg-cert").refusal("feeds", naming)


def test_a_member_does_not_publish_an_observable_higher_than_its_own_objects_name_it(as_account: ClientOf) -> None:
    """H2: the words say which object to raise or withdraw first; another member may publish it, and hides nobody's object."""
    cert = as_account("id-cert")
    cert.publish("feeds", note(1, level=TLP.GREEN, object_refs=[ADDRESS["id"]]))
    assert an_id(1, "note") in cert.refusal("alerts", {**ADDRESS, **marked(TLP.AMBER_STRICT)})
    as_account("sg-cert").publish("alerts", {**ADDRESS, **marked(TLP.AMBER_STRICT)})
    cert.publish("feeds", note(2, level=TLP.GREEN, object_refs=[ADDRESS["id"]]))
    cert.publish("feeds", note(1, 2, level=TLP.AMBER, object_refs=[ADDRESS["id"]]))


def test_a_revocation_may_name_what_its_lowest_version_named(as_account: ClientOf) -> None:
    """Raised together with its observable, it is still withdrawn for the readers below."""
    cert = as_account("id-cert")
    naming: Content = {"object_refs": [ADDRESS["id"]]}
    cert.publish("feeds", {**ADDRESS, **marked(TLP.GREEN)}, note(1, level=TLP.GREEN, **naming))
    cert.publish("feeds", {**ADDRESS, **marked(TLP.AMBER)}, note(1, 2, level=TLP.AMBER, **naming))
    assert as_account("partner").objects("feeds", version="all") == []
    cert.publish("feeds", note(1, 3, level=TLP.GREEN, revoked=True, content="Note 1 in version 1", **naming))
    assert ids(as_account("partner").objects("feeds")) == [an_id(1, "note")]
