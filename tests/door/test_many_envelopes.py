"""One event in several envelopes: what a report said of levels counts for what comes before and after it (law L5 b).

`feeds` takes up to AMBER, unmarked objects among them; partners read GREEN there, constituents AMBER.
"""

from __future__ import annotations

from typing import Any

import pytest

from hub.community.hub import Hub
from hub.sharing.withheld import KIND, forget
from hub.stix.tlp import TLP
from tests.conftest import ClientOf
from tests.door.levels import OTHER, unmarked
from tests.durations import DAY
from tests.server.making import Client, Clock, Content, an_id, ids, indicator, note, stamp, statement


def report(*refs: str, version: int = 1, **changes: Any) -> Content:
    about = {name: value for name, value in note(1, version, level=None).items() if name != "content"}
    return {
        **about,
        "type": "report",
        "id": an_id(1, "report"),
        "name": "Event",
        "published": stamp(1),
        "object_refs": list(refs),
    } | changes


RED: dict[str, Any] = {"labels": ["tlp:red"]}
GREEN: dict[str, Any] = {"labels": ["tlp:green"]}


def test_what_a_refused_report_names_is_refused_when_it_comes_later(as_account: ClientOf) -> None:
    """The words name the report and its level; what it does not name is accepted as before."""
    cert = as_account("id-cert")
    assert cert.add("feeds", report(an_id(1), **RED))["failure_count"] == 1
    words = cert.refusal("feeds", unmarked(1))
    assert an_id(1, "report") in words
    assert "TLP:RED" in words
    cert.publish("feeds", unmarked(2))
    assert an_id(1) not in ids(as_account("sg-cert").objects("feeds"))


def test_what_a_refused_report_names_is_shown_to_nobody_any_more_when_it_came_before(as_account: ClientOf) -> None:
    """In every version, and the status says so."""
    cert = as_account("id-cert")
    cert.publish("feeds", unmarked(1))
    assert an_id(1) in ids(as_account("sg-cert").objects("feeds"))
    status = cert.add("feeds", report(an_id(1), **RED))
    assert "rises from TLP:AMBER to TLP:RED" in status["failures"][0]["message"]
    for reader in ("id-cert", "sg-cert", "sg-soc", "partner"):
        assert ids(as_account(reader).objects("feeds", version="all")) == []
        assert as_account(reader).manifest("feeds", version="all") == []


@pytest.mark.parametrize("report_label", ["tlp:purple", "tlp:ex:chr"])
def test_a_report_whose_level_is_not_understood_counts_as_well(as_account: ClientOf, report_label: str) -> None:
    """Its objects are refused until they are marked themselves."""
    cert = as_account("id-cert")
    cert.add("feeds", report(an_id(1), labels=[report_label]))
    assert "not understood" in cert.refusal("feeds", unmarked(1))
    cert.publish("feeds", indicator(1, level=TLP.GREEN))
    assert an_id(1) in ids(as_account("partner").objects("feeds"))


def test_a_report_marked_with_a_definition_that_is_missing_counts_as_well(as_account: ClientOf) -> None:
    """Sent later, the definition says what the report's level was."""
    cert = as_account("id-cert")
    definition = statement(900, definition={"statement": "TLP:RED"})
    marked = report(an_id(1), object_marking_refs=[definition["id"]])
    assert "first, or in the same envelope" in cert.refusal("feeds", marked)
    cert.refusal("feeds", unmarked(1))


def test_the_newer_word_of_a_report_replaces_what_was_noted(as_account: ClientOf) -> None:
    """Marked GREEN after all, it is accepted with what it names, in one envelope or in two."""
    cert = as_account("id-cert")
    cert.refusal("feeds", report(an_id(1), an_id(2), **RED))
    cert.publish("feeds", report(an_id(1), an_id(2), version=2, **GREEN), unmarked(1))
    cert.publish("feeds", unmarked(2))
    assert {an_id(1), an_id(2)} <= set(ids(as_account("partner").objects("feeds")))


def test_a_refusal_is_remembered_in_every_collection_for_its_member_alone_and_for_a_while(
    as_account: ClientOf, clock: Clock
) -> None:
    """Another member's report has no effect on a member's objects; notes end when statuses do."""
    cert = as_account("id-cert")
    cert.refusal("feeds", report(an_id(1), an_id(2), **RED))
    assert an_id(1, "report") in cert.refusal("alerts", unmarked(1))
    as_account("sg-cert").publish("feeds", indicator(1, level=None, author="SG"))
    clock.now += 4 * DAY
    cert.publish("feeds", unmarked(2))


def test_a_purged_id_is_in_no_note(hub: Hub, as_account: ClientOf) -> None:
    """Otherwise the store would still name it; notes of other reports stay."""
    cert = as_account("id-cert")
    cert.refusal("feeds", report(an_id(1), **RED))
    cert.refusal("feeds", {**report(an_id(2), **RED), "id": an_id(2, "report")})
    forget(hub.store, an_id(1))
    assert [fact.key for fact in hub.store.facts(KIND)] == [f"ID/{an_id(2, 'report')}"]
    cert.publish("feeds", unmarked(1))
    cert.refusal("feeds", unmarked(2))


def test_an_indicator_is_no_lower_than_what_it_is_based_on(as_account: ClientOf) -> None:
    """Unmarked, in a GREEN report, based on AMBER data whose values are in its pattern; marked itself, it has its own."""
    data = {
        name: value for name, value in note(5, level=TLP.AMBER).items() if name not in ("content", "object_refs")
    } | {
        "type": "observed-data",
        "id": an_id(5, "observed-data"),
        "first_observed": stamp(1),
        "last_observed": stamp(1),
        "number_observed": 1,
        "object_refs": ["domain-name--00000000-0000-4000-8000-000000000005"],
    }
    link = {name: value for name, value in note(6, level=None).items() if name not in ("content", "object_refs")} | {
        "type": "relationship",
        "id": an_id(6, "relationship"),
        "relationship_type": "based-on",
        "source_ref": an_id(1),
        "target_ref": data["id"],
    }
    own_link = {**link, "id": an_id(7, "relationship"), "source_ref": an_id(2)}
    its_own = indicator(2, level=TLP.GREEN)
    naming_report = report(an_id(1), an_id(2), link["id"], own_link["id"], **GREEN)
    as_account("id-cert").publish("feeds", naming_report, unmarked(1), its_own, data, link, own_link)
    partner = ids(as_account("partner").objects("feeds"))
    assert an_id(1) not in partner
    assert an_id(2) in partner
    assert an_id(1) in ids(as_account("sg-soc").objects("feeds"))


@pytest.mark.parametrize(
    "words",
    [
        {"name": "TLP:RED"},
        {"name": "MERAH"},
        {"definition": {"statement": "TLP:AMBER"}, "name": "own text"},
        {"definition_type": "x-acme", "definition": {"tlp": "red"}},
    ],
)
def test_what_a_member_means_by_a_marking_counts_though_another_member_holds_its_id(
    as_account: ClientOf, words: Content
) -> None:
    """A member that published an id first in harmless words would open what others mark with it; its own objects it marks as it likes."""
    as_account("sg-cert").publish("feeds", statement(900))
    cert = as_account("id-cert")
    assert cert.add("feeds", statement(900, **words))["failure_count"] == 1
    for number in (1, 2):
        cert.add("feeds", indicator(number, object_marking_refs=[*indicator()["object_marking_refs"], OTHER]))
    own = indicator(3, author="SG", object_marking_refs=[*indicator()["object_marking_refs"], OTHER])
    as_account("sg-cert").publish("feeds", own)
    assert ids(as_account("partner").objects("feeds")) == [an_id(3)]
    cert.publish("feeds", statement(900))
    cert.publish("feeds", indicator(4, object_marking_refs=[*indicator()["object_marking_refs"], OTHER]))
    assert an_id(4) in ids(as_account("partner").objects("feeds"))


def test_a_refusal_for_its_level_says_what_stays_readable(indonesia: Client) -> None:
    """The earlier version is the sender's to withdraw."""
    indonesia.publish("feeds", indicator(1))
    assert "stays readable at TLP:GREEN" in indonesia.refusal("feeds", indicator(1, 2, **RED))
    assert "stays" not in indonesia.refusal("feeds", indicator(2, **RED))
