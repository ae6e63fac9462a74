"""Law L4 as it is decided at the commit: what each member may add to what another published."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any, Final

import orjson
import pytest

from hub.store import ownership
from hub.store.base import Deletion, Store
from hub.store.batch import Candidate, Outcome, Verdict
from hub.store.records import NOBODY, HeldVersion
from hub.taxii.protocol import HELD_ALREADY
from tests.server.making import an_id
from tests.store.making import add, asking, batch, candidate, contents_of, nobodys, verdicts

ADDED, REPEAT, REFUSED = Verdict.ADDED, Verdict.REPEAT, Verdict.REFUSED
GREEN, AMBER = 1, 2
MD5: Final = "0" * 32


def observable(object_type: str = "file", level: int = GREEN, number: int = 1, **properties: Any) -> Candidate:
    """An observable under the id of its value."""
    content = {"type": object_type, "spec_version": "2.1", "id": an_id(number, object_type), **properties}
    body = orjson.dumps(content)
    digest = hashlib.sha256(body + bytes([level])).digest()
    return replace(nobodys(number, version=None, level=level, type=object_type), body=body, digest=digest)


def publishers(store: Store) -> list[tuple[str, ...]]:
    return [record.publishers for record in store.records("shared")]


def publish(store: Store, member: str, *candidates: Candidate, **changes: Any) -> list[Outcome]:
    return list(add(store, *candidates, publisher=member, **changes))


# --- relayed objects


def test_a_relayed_object_is_changed_and_revoked_by_the_member_that_relayed_it_first(store: Store) -> None:
    """H6 of the attacks: any member could revoke what another had relayed."""
    publish(store, "ID", nobodys(1))
    (changed,) = publish(store, "SG", nobodys(1, version=2))
    (revoked,) = publish(store, "SG", nobodys(1, version=3, revoked=True))
    assert [changed.verdict, revoked.verdict] == [REFUSED, REFUSED]
    assert verdicts(publish(store, "ID", nobodys(1, version=2))) == [ADDED]
    assert verdicts(publish(store, "ID", nobodys(1, version=3, revoked=True))) == [ADDED]


def test_the_exact_repeat_of_a_relayed_object_is_shared(store: Store) -> None:
    """It stays until each of the two took its part back; then it belongs to the one that is left."""
    publish(store, "ID", nobodys(1))
    assert verdicts(publish(store, "SG", nobodys(1))) == [REPEAT]
    assert publishers(store) == [("ID", "SG")]
    assert store.delete("shared", an_id(1), "SG", 4) is Deletion.OTHERS_REMAIN
    assert verdicts(publish(store, "SG", nobodys(1), nobodys(1, version=2))) == [REPEAT, REFUSED]
    assert store.delete("shared", an_id(1), "ID", 4) is Deletion.OTHERS_REMAIN
    assert verdicts(publish(store, "SG", nobodys(1, version=2))) == [ADDED]


def test_a_relayed_object_goes_word_for_word_into_another_collection(store: Store) -> None:
    """And not changed: readers of both take the newest version, from either collection."""
    publish(store, "ID", nobodys(1))
    assert verdicts(publish(store, "SG", nobodys(1, note="mine"), collection="drills")) == [REFUSED]
    assert verdicts(publish(store, "SG", nobodys(1), collection="drills")) == [ADDED]
    assert verdicts(publish(store, "SG", nobodys(1, version=2), collection="drills")) == [REFUSED]
    assert verdicts(publish(store, "ID", nobodys(1, version=2))) == [ADDED]


# --- what the hub put in, and refusals


def test_what_the_hub_put_in_is_changed_by_no_member(store: Store) -> None:
    """H5 of the attacks: any member could overwrite or revoke the hub's extension definitions permanently."""
    definition = nobodys(1, type="extension-definition")
    add(store, definition, publisher=NOBODY)
    for change in ({"version": 2}, {"version": 2, "revoked": True}, {"note": "other"}):
        (outcome,) = publish(store, "SG", nobodys(1, type="extension-definition", **change))
        assert outcome.verdict is REFUSED
        assert "hub's own" in outcome.message
    assert verdicts(publish(store, "SG", definition)) == [REPEAT]
    assert verdicts(list(add(store, replace(definition, version=2), publisher=NOBODY))) == [ADDED]


def test_a_refusal_does_not_name_the_owner(store: Store) -> None:
    """The id may be in a collection that the sender does not see."""
    add(store, candidate(1), publisher="ID", collection="national")
    (outcome,) = publish(store, "SG", candidate(1, version=2, owner="SG"))
    assert outcome.verdict is REFUSED
    assert "another member" in outcome.message
    assert "ID" not in outcome.message.replace("IDs", "")


# --- observables under the id of their value


def test_a_copy_that_contradicts_a_standard_property_is_refused(store: Store) -> None:
    """H7 of the attacks: the same MD5 with another SHA-256 became everybody's last version."""
    publish(store, "ID", observable(hashes={"MD5": MD5, "SHA-256": "a" * 64}, size=10))
    copies = (
        observable(hashes={"MD5": MD5, "SHA-256": "b" * 64}),
        observable(hashes={"MD5": MD5}, size=11, level=0),
    )
    for outcome, place in zip(publish(store, "SG", *copies), ("hashes.SHA256", "size"), strict=True):
        assert outcome.verdict is REFUSED
        assert place in outcome.message
        assert "note, a sighting or a relationship" in outcome.message
    (object_held,) = contents_of(store, asking())
    assert object_held["hashes"]["SHA-256"] == "a" * 64


@pytest.mark.parametrize(
    "copy",
    [
        {"hashes": {"MD5": MD5, "sha256": "A" * 64}},
        {"hashes": {"MD5": MD5}, "x_opencti_score": 80, "x_opencti_labels": ["mine"]},
        {"hashes": {"MD5": MD5}, "contains_refs": [an_id(8, "file")]},
    ],
    ids=["other spelling", "OpenCTI's own properties", "other references"],
)
def test_a_copy_that_agrees_is_shared_and_the_first_stands(store: Store, copy: dict[str, Any]) -> None:
    """Nothing moves for readers, nothing of the first is lost, and the status says what was not taken."""
    first: dict[str, Any] = {
        "hashes": {"MD5": MD5, "SHA-256": "a" * 64},
        "contains_refs": [an_id(9, "file")],
        "x_opencti_score": 10,
    }
    publish(store, "ID", observable(**first))
    (outcome,) = publish(store, "SG", observable(**copy))
    assert outcome.verdict is REPEAT
    assert outcome.message.startswith(HELD_ALREADY)
    assert all(name in outcome.message for name in copy if name != "hashes")
    (object_held,) = contents_of(store, asking())
    assert object_held.items() >= first.items()
    assert publishers(store) == [("ID", "SG")]
    assert store.delete("shared", an_id(1, "file"), "ID", 4) is Deletion.OTHERS_REMAIN
    assert [object_held] == list(contents_of(store, asking()))


def test_a_copy_that_agrees_and_is_marked_lower_becomes_a_version(store: Store) -> None:
    """Its member states its level; one that is marked higher hides nothing."""
    publish(store, "ID", observable("ipv4-addr", AMBER, value="198.51.100.3"))
    lower, higher = (observable("ipv4-addr", level, value="198.51.100.3", x_by=level) for level in (GREEN, 3))
    assert verdicts(publish(store, "SG", lower)) == [ADDED]
    assert verdicts(publish(store, "MY", higher)) == [REPEAT]
    assert [content["x_by"] for content in contents_of(store, asking(clearance=GREEN))] == [GREEN]


def test_the_first_publisher_improves_its_own_observable(store: Store) -> None:
    """But contradicts nobody that shares it."""
    publish(store, "ID", observable(hashes={"MD5": MD5}, size=10))
    assert verdicts(publish(store, "ID", observable(hashes={"MD5": MD5}, size=11))) == [ADDED]
    publish(store, "SG", observable(hashes={"MD5": MD5}, size=11))
    assert verdicts(publish(store, "ID", observable(hashes={"MD5": MD5}, size=11, mime_type="text/css"))) == [ADDED]
    assert verdicts(publish(store, "ID", observable(hashes={"MD5": MD5}, size=12))) == [REFUSED]


def test_definitions_that_define_the_same_are_shared(store: Store) -> None:
    """Each OpenCTI makes the same marking definitions, with a `created` of its own."""

    def definition(created: int, name: str = "TLP:AMBER+STRICT") -> Candidate:
        body = {"type": "marking-definition", "name": name, "definition": {"statement": name}, "created": created}
        content = nobodys(1, version=created, type="marking-definition")
        return replace(content, body=orjson.dumps(body), digest=orjson.dumps(body))

    publish(store, "ID", definition(1))
    assert verdicts(publish(store, "SG", definition(2))) == [REPEAT]
    assert verdicts(publish(store, "SG", definition(2, "TLP:CLEAR"))) == [REFUSED]
    assert publishers(store) == [("ID", "SG")]


def test_a_copy_is_compared_with_a_bounded_number_of_versions() -> None:
    """Law L9: one small object must not make the store read every version of its id."""
    copy = observable(hashes={"MD5": MD5})
    rows = [
        HeldVersion(
            "shared", copy.id, version, GREEN, NOBODY, ("ID",), revoked=False, digest=bytes([version]), key=version
        )
        for version in range(100)
    ]
    request = batch(copy, publisher="SG")
    assert ownership.bodies_to_read(request, {copy.id: rows}) == frozenset(
        range(99, 99 - ownership.COMPARED_VERSIONS, -1)
    )
    assert ownership.bodies_to_read(batch(copy, publisher="ID"), {copy.id: rows}) == frozenset()
