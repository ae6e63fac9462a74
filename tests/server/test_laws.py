"""What the hub takes and what it refuses in words: laws L2, L4, L5 and L7, told through its door."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from hub.stix.identifiers import derived_id
from hub.stix.incident import INCIDENT_CORE
from hub.stix.timestamps import format_milliseconds
from hub.stix.tlp import TLP, TLP2_IDS
from tests.conftest import ClientOf
from tests.durations import MINUTE
from tests.server.making import (
    IDENTITIES,
    LAST,
    START,
    Client,
    Clock,
    Content,
    address,
    an_id,
    as_envelope,
    at,
    identity,
    ids,
    indicator,
    marked,
    note,
    pairs,
    sco_id,
    stamp,
    statement,
    versioned,
)

MISP = "identity--7c1d8e0a-3b52-4f0e-8a54-2f6f0c9b1d11"  # Indonesia's second identity
OTHERS = "belongs to another member"
OUTSIDER = "identity--00000000-0000-4000-8000-00000000abcd"


@pytest.fixture
def malaysia(as_account: ClientOf) -> Client:
    return as_account("my-cert")


# ------------------------------------------------------------------------------------------------------------ once


@pytest.mark.parametrize("spelling", ["2026-03-01T00:00:01Z", "2026-03-01T00:00:01.0Z", "2026-03-01T00:00:01.000000Z"])
def test_the_same_instant_spelt_otherwise_is_one_version(indonesia: Client, spelling: str) -> None:
    """L2: `Z` and `.000Z` are one; the text that came first is kept."""
    indonesia.publish("id", indicator(1))
    again = indicator(1, created=spelling, modified=spelling)
    assert indonesia.publish("id", again)["successes"][0]["message"] == "It was held already."
    assert indonesia.objects("id", version="all") == [indicator(1)]


def test_the_same_content_in_other_order_is_a_repeat(indonesia: Client) -> None:
    """L2: JSON objects have no order; 5.0 is 5."""
    first = indicator(1, x_scores={"a": 5, "b": [1, 2]})
    indonesia.publish("id", first)
    again = dict(reversed(first.items())) | {"x_scores": {"b": [1, 2.0], "a": 5.0}}
    assert indonesia.publish("id", again)["successes"][0]["message"] == "It was held already."


def test_an_sco_with_other_content_is_a_new_version(indonesia: Client) -> None:
    """L2: at its date_added; one equal to any version held is a repeat."""
    first, second = address(1), address(1, x_note="seen again")
    indonesia.publish("id", first, second)
    assert indonesia.objects("id") == [second]
    assert indonesia.objects("id", version="all") == [first, second]
    indonesia.publish("id", first)
    assert indonesia.objects("id", version="all") == [first, second]


def test_revocation_is_permanent(indonesia: Client) -> None:
    """L2: after it no newer version is accepted, and no revocation older than a newer version."""
    indonesia.publish("id", indicator(1), indicator(1, version=3, revoked=True))
    assert "permanent" in indonesia.refusal("id", indicator(1, version=4))
    indonesia.publish("id", indicator(1, version=2))
    indonesia.publish("id", indicator(2, version=5))
    assert "later `modified`" in indonesia.refusal("id", indicator(2, version=4, revoked=True))
    assert indonesia.objects("id", id=an_id(1)) == [indicator(1, version=3, revoked=True)]


# ---------------------------------------------------------------------------------------------------- who may say it


def test_nobody_speaks_for_another_member(singapore: Client) -> None:
    """L4: created_by_ref is an identity of the publishing member."""
    words = singapore.refusal("alerts", indicator(1, author="ID"))
    assert "another member" in words
    assert IDENTITIES["SG"] in words, "it says what to name instead"


def test_a_member_speaks_under_each_of_its_identities(indonesia: Client, singapore: Client) -> None:
    """L4: its MISP has one of its own, which is reserved for it, too."""
    indonesia.publish("alerts", indicator(1, author=MISP), identity(1, id=MISP, author=None))
    assert "declared" in singapore.refusal("alerts", identity(1, version=2, id=MISP, author=None))
    assert "another member" in singapore.refusal("alerts", indicator(2, author=MISP))


@pytest.mark.parametrize("author", [None, "SG", "ID"])
def test_nobody_first_publishes_another_members_identity(singapore: Client, author: str | None) -> None:
    """L4: the hub has them from the start, with any author."""
    assert "the hub's own" in singapore.refusal("alerts", identity(1, id=IDENTITIES["ID"], author=author))


def test_nobody_takes_over_anothers_object(indonesia: Client, singapore: Client) -> None:
    """L4: only its own member adds a version, with the author or without; in any collection."""
    indonesia.publish("alerts", indicator(1), indicator(2, author=None))
    for number in (1, 2):
        assert OTHERS in singapore.refusal("alerts", indicator(number, version=2, author="SG"))
        assert OTHERS in singapore.refusal("sg", indicator(number, version=2, author=None))
    indonesia.publish("alerts", indicator(1, version=2), indicator(2, version=2, author=None))


def test_without_author_it_belongs_to_its_first_publisher(indonesia: Client, singapore: Client) -> None:
    """L4: where the profile lets it pass; an exact repeat by another is a success, and gives no right to it."""
    indonesia.publish("feeds", note(1, author=None))
    singapore.publish("feeds", note(1, author=None))
    assert OTHERS in singapore.refusal("feeds", note(1, version=2, author=None))
    assert singapore.delete("feeds", an_id(1, "note")).status_code == 403
    assert indonesia.delete("feeds", an_id(1, "note")).status_code == 200


def test_outsiders_work_is_accepted_where_it_is_relayed(indonesia: Client, singapore: Client) -> None:
    """L4: any member may relay an exact copy; versions are added by the member that relayed it first."""
    attack = versioned("attack-pattern", 1, author=OUTSIDER, name="Phishing", x_mitre_version="1.0")
    newer = attack | {"modified": stamp(2), "x_mitre_version": "1.1"}
    assert "no identity of a member" in indonesia.refusal("alerts", attack)
    indonesia.publish("feeds", attack)
    singapore.publish("feeds", attack)
    assert OTHERS in singapore.refusal("feeds", newer)
    assert OTHERS in singapore.refusal("feeds", newer | {"revoked": True})
    indonesia.publish("feeds", newer)
    assert indonesia.objects("feeds") == [newer]
    own_copy = attack | {"id": an_id(2, "attack-pattern")}
    indonesia.publish("feeds", own_copy)
    own = {"modified": stamp(3), "created_by_ref": IDENTITIES["SG"]}
    assert OTHERS in singapore.refusal("feeds", own_copy | own)
    assert "another kind of author" in indonesia.refusal("feeds", own_copy | own | {"created_by_ref": IDENTITIES["ID"]})


def test_a_derived_sco_is_everybodys(indonesia: Client, singapore: Client) -> None:
    """L4: its id says its value and nothing else, so any writer may publish it, too; the first copy stays."""
    indonesia.publish("alerts", address(1))
    status = singapore.publish("alerts", address(1), address(1, x_opencti_score=80))
    assert "x_opencti_score" in status["successes"][1]["message"]
    assert indonesia.objects("alerts", version="all") == [address(1)]


def test_an_observable_is_not_contradicted(indonesia: Client, singapore: Client) -> None:
    """L4: H7 of the attacks. What SG knows better it says in a note, a sighting, or of a file of its own."""
    hashes = {"MD5": "0" * 32, "SHA-256": "a" * 64}
    file = {"type": "file", "spec_version": "2.1", "hashes": hashes, **marked(TLP.GREEN)}
    file["id"] = derived_id(file)
    indonesia.publish("alerts", file)
    words = singapore.refusal("alerts", file | {"hashes": hashes | {"SHA-256": "b" * 64}})
    assert "note, a sighting or a relationship" in words
    assert indonesia.objects("alerts", version="all") == [file]
    better = {"type": "file", "spec_version": "2.1", "hashes": {"SHA-256": "b" * 64}, **marked(TLP.GREEN)}
    better["id"] = derived_id(better)
    relation = {"relationship_type": "related-to", "source_ref": better["id"], "target_ref": file["id"]}
    singapore.publish("alerts", better, versioned("relationship", 1, author="SG", **relation))


@pytest.mark.parametrize("number", [1, 2])
def test_an_sco_with_a_made_up_id_cannot_be_taken_over(indonesia: Client, singapore: Client, number: int) -> None:
    """L4: otherwise anybody could republish it with another value."""
    made_up = address(1, id=f"ipv4-addr--00000000-0000-4000-8000-00000000000{number}")
    indonesia.publish("alerts", made_up)
    assert OTHERS in singapore.refusal("alerts", made_up | {"value": "192.0.2.66"})
    assert indonesia.objects("alerts", version="all") == [made_up]


def test_an_id_that_stix_derives_from_another_value_is_no_derived_one(indonesia: Client, singapore: Client) -> None:
    """L4: what counts is whether the id fits this value."""
    wrong = address(1, id=sco_id("ipv4-addr", "203.0.113.99"))
    indonesia.publish("alerts", wrong)
    assert OTHERS in singapore.refusal("alerts", address(99))


def test_a_definition_is_shared_and_never_changes(indonesia: Client, singapore: Client) -> None:
    """L4: each platform makes the same marking definitions, with a `created` of its own."""
    indonesia.publish("alerts", statement(1))
    singapore.publish("alerts", statement(1), statement(1) | {"created": stamp(7)})
    changed = statement(1) | {"definition": {"statement": "All rights mine"}}
    assert OTHERS in singapore.refusal("alerts", changed)
    assert "never changes" in indonesia.refusal("alerts", changed)


@pytest.mark.parametrize("change", [{"revoked": True}, {"name": "Mine", "version": "9.0.0"}, {"modified": stamp(1)}])
def test_nobody_changes_what_the_hub_put_in(seeded: Any, singapore: Client, change: dict[str, Any]) -> None:
    """L4: H5 of the attacks. A version of an extension definition counted, though the hub had put it in."""
    (own,) = (content for content in singapore.everything("alerts") if content["id"] == INCIDENT_CORE)
    assert "the hub's own" in singapore.refusal("alerts", own | {"modified": "2026-03-01T00:00:00.000Z"} | change)
    assert "the hub's own" in singapore.refusal("feeds", own | {"created_by_ref": IDENTITIES["SG"]} | change)
    singapore.publish("alerts", own)
    assert [content for content in singapore.everything("alerts", version="all") if content["id"] == INCIDENT_CORE] == [
        own
    ]


def test_a_definition_or_observable_names_no_other_member_as_its_author(singapore: Client) -> None:
    """L4: H4 of the attacks: created_by_ref was looked at on objects with versions alone."""
    author: Content = {"created_by_ref": IDENTITIES["ID"]}
    forged = (
        statement(1) | author,
        address(1, **author),
        address(2, x_opencti_created_by_ref=IDENTITIES["ID"]),
        {"type": "x-thing", "id": an_id(1, "x-thing"), **marked(TLP.GREEN), **author},
    )
    for content in forged:
        assert "another member" in singapore.refusal("feeds", content)


def test_each_member_takes_back_its_own_part(indonesia: Client, singapore: Client) -> None:
    """L4: DELETE removes what this member published; 403 while another member's remains."""
    indonesia.publish("alerts", address(1))
    singapore.publish("alerts", address(1))
    assert indonesia.delete("alerts", address(1)["id"]).status_code == 403
    assert ids(indonesia.objects("alerts")) == [address(1)["id"]]
    assert singapore.delete("alerts", address(1)["id"]).status_code == 200
    assert indonesia.objects("alerts") == []


def test_anothers_object_is_not_deleted(indonesia: Client, singapore: Client) -> None:
    """L4: 403, and it stays."""
    indonesia.publish("alerts", indicator(1))
    assert singapore.delete("alerts", an_id(1)).status_code == 403
    assert singapore.objects("alerts") == [indicator(1)]


def test_what_the_hub_put_there_stays(seeded: Any, indonesia: Client) -> None:
    """L4: a member's DELETE of a definition that `hub init` brought is 403."""
    green = TLP2_IDS[TLP.GREEN]
    assert green in ids(indonesia.everything("alerts"))
    assert indonesia.delete("alerts", green).status_code == 403
    assert green in ids(indonesia.everything("alerts"))


# -------------------------------------------------------------------------------------------------------- markings


def test_unmarked_is_refused_where_the_collection_says_so(indonesia: Client) -> None:
    """Or accepted as it is, and shown as AMBER."""
    assert "no TLP marking" in indonesia.refusal("id", indicator(1, level=None))
    indonesia.publish("feeds", indicator(1, level=None))
    assert indonesia.objects("feeds") == [indicator(1, level=None)], "nothing is stamped onto the object (L6)"


@pytest.mark.parametrize(
    ("collection", "level"), [("incidents", TLP.AMBER_STRICT), ("alerts", TLP.RED), ("feeds", TLP.RED)]
)
def test_what_is_above_the_collections_level_is_refused(indonesia: Client, collection: str, level: TLP) -> None:
    """Refused, not trimmed; also where a granular marking alone raises it."""
    assert level.label in indonesia.refusal(collection, note(1, level=level))
    granular = [{"marking_ref": TLP2_IDS[level], "selectors": ["content"]}]
    assert level.label in indonesia.refusal(collection, note(1, granular_markings=granular))


@pytest.mark.parametrize("together", [True, False])
def test_a_note_that_names_a_higher_sco_is_refused(indonesia: Client, *, together: bool) -> None:
    """L5: a SCO's id gives its value away, in the same envelope or stored, before or behind it."""
    secret = address(1, level=TLP.AMBER_STRICT)
    telling = note(1, about=[secret["id"]], level=TLP.GREEN)
    if together:
        for objects in ((secret, telling), (telling, secret)):
            status = indonesia.add("id", *objects)
            assert [failure["id"] for failure in status["failures"]] == [telling["id"]]
    else:
        indonesia.publish("id", secret)
    assert "TLP:AMBER+STRICT" in indonesia.refusal("id", telling)
    indonesia.publish("id", note(1, about=[secret["id"]], level=TLP.AMBER_STRICT))


def test_a_reference_to_an_sco_of_the_same_level_is_accepted(indonesia: Client) -> None:
    """L5: GREEN may name GREEN."""
    indonesia.publish("id", address(1), note(1, about=[address(1)["id"]]))


# ------------------------------------------------------------------------------------------------------------ time


def test_a_date_next_year_is_accepted_where_it_is_no_version(indonesia: Client) -> None:
    """`valid_until`, due dates and the like may lie in the future."""
    indonesia.publish("id", indicator(1, valid_until="2027-04-02T03:10:00Z"))


@pytest.mark.parametrize(("minutes", "accepted"), [(4, True), (5, True), (6, False), (60 * 24 * 365, False)])
def test_a_version_from_the_future_is_refused(indonesia: Client, minutes: int, *, accepted: bool) -> None:
    """`created` and `modified` at most five minutes ahead of the hub's clock."""
    later = format_milliseconds(START + minutes * MINUTE)
    status = indonesia.add("id", indicator(1, modified=later))
    assert status["success_count"] == accepted
    if not accepted:
        assert "ahead of the hub's clock" in status["failures"][0]["message"]


# --------------------------------------------------------------------------------------------------------- profiles


def test_a_profile_refuses_in_its_own_words(indonesia: Client) -> None:
    """L7: the rule's `because` is in the status; the good object beside it is kept."""
    status = indonesia.add(
        "incidents", versioned("incident", 1, name="Breach"), versioned("incident", 2, name="Incident 2")
    )
    assert status["success_count"] == 1
    assert "Test rule: the name of an incident starts with the word Incident." in status["failures"][0]["message"]


def test_a_drill_takes_nothing_without_its_label(indonesia: Client) -> None:
    """Demanded in the drills' root."""
    status = indonesia.add("drill", indicator(1), indicator(2, labels=["exercise"]), root="drills")
    assert (status["success_count"], status["failure_count"]) == (1, 1)


# -------------------------------------------------------------------------------------------------------- STIX itself

FORBIDDEN: Mapping[str, Any] = {
    "confidence 101": {"confidence": 101},
    "modified before created": {"created": stamp(9)},
    "valid_until before valid_from": {"valid_until": "2025-01-01T00:00:00Z"},
    "spec_version 2.0": {"spec_version": "2.0"},
    "a pattern that is none": {"pattern": "[ipv4-addr:value = "},
    "no pattern_type": {"pattern_type": None},
    "a timestamp without Z": {"modified": "2026-03-01T00:00:01"},
    "a revoked that is a text": {"revoked": "true"},
    "an unknown marking form": {"object_marking_refs": ["tlp:green"]},
    "a number beyond 2^53": {"x_big": 2**60},
    "a selector to nothing": {"granular_markings": [{"marking_ref": TLP2_IDS[TLP.GREEN], "selectors": ["nothing"]}]},
}


@pytest.mark.parametrize("changes", FORBIDDEN.values(), ids=FORBIDDEN)
def test_what_stix_forbids_is_refused_in_words(indonesia: Client, changes: dict[str, Any]) -> None:
    """L7: per object, with the property in the message."""
    content = {key: value for key, value in (indicator(1) | changes).items() if value is not None}
    assert indonesia.refusal("id", content)


def test_refusals_do_not_repeat_what_was_sent(indonesia: Client) -> None:
    """A name that was refused must not remain in the status about it."""
    status = indonesia.add("incidents", versioned("incident", 1, name="Hospital Kasih Ibu"))
    assert "Kasih" not in json.dumps(status)


def test_the_status_is_in_the_order_of_the_envelope(indonesia: Client) -> None:
    """Also where refusals for the form and refusals by the store alternate."""
    indonesia.publish("id", indicator(2))
    status = indonesia.add(
        "id", indicator(9, pattern="["), indicator(1), indicator(2, description="x"), address(1), {"id": 3}
    )
    assert [detail["id"] for detail in status["successes"]] == [an_id(1), address(1)["id"]]
    assert [detail["id"] for detail in status["failures"]][:2] == [an_id(9), an_id(2)]
    assert "object 5 of the envelope" in status["failures"][2]["message"]


def test_places_run_ahead_of_the_clock_in_a_bulk_load_and_stay_in_order(indonesia: Client, clock: Clock) -> None:
    """L1: a whole millisecond for each record; what comes later is later, though the clock stands still."""
    indonesia.publish("id", *(indicator(n) for n in range(50)))
    reached = indonesia.get(at("id", "objects")).headers[LAST]
    indonesia.publish("id", indicator(99))
    assert pairs(indonesia.objects("id", added_after=reached)) == pairs([indicator(99)])
    dates = [record["date_added"] for record in indonesia.manifest("id")]
    assert len(set(dates)) == 51
    assert all(date.endswith("000Z") for date in dates)


def test_the_log_has_counts_and_no_content(indonesia: Client, caplog: pytest.LogCaptureFixture) -> None:
    """One line a request: account, collection, count, duration; never a credential or content."""
    with caplog.at_level("INFO", logger="hub.request"):
        indonesia.post("id", as_envelope([indicator(1, name="PUMPKIN"), indicator(2, pattern="[")]))
        indonesia.objects("id")
    lines = [json.loads(record.getMessage()) for record in caplog.records if record.name == "hub.request"]
    posted, read_line = lines
    assert (posted["account"], posted["collection"], posted["count"], posted["failures"]) == ("id-cert", "id", 1, 1)
    assert (read_line["count"], read_line["status"], read_line["root"]) == (1, 200, "region")
    assert read_line["milliseconds"] > 0
    assert "PUMPKIN" not in caplog.text
    assert "hub_" not in caplog.text
