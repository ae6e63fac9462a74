"""Laws L2, L4 and L5 as they are decided at the commit: held once, a member's own, and no SCO given away."""

from __future__ import annotations

import pytest

from hub.stix.timestamps import format_place
from hub.store.base import Deletion, Store
from hub.store.batch import Verdict
from hub.store.records import NOBODY
from tests.server.making import an_id
from tests.store.making import START, add, asking, candidate, contents_of, nobodys, places, stored_versions, verdicts

ADDED, REPEAT, REFUSED = Verdict.ADDED, Verdict.REPEAT, Verdict.REFUSED


def test_the_exact_repeat_is_a_success_and_moves_nothing(store: Store) -> None:
    """A sender who did not get the answer may send again."""
    add(store, candidate(1), candidate(2))
    before = list(store.records("shared"))
    assert verdicts(add(store, candidate(1), candidate(2))) == [REPEAT, REPEAT]
    assert list(store.records("shared")) == before
    assert store.head("shared") == START + 1


def test_a_repeat_within_one_batch_is_held_once(store: Store) -> None:
    """One envelope may hold the same object twice."""
    assert verdicts(add(store, candidate(1), candidate(1))) == [ADDED, REPEAT]
    assert stored_versions(store) == [(an_id(1), "v1")]


def test_versions_are_one_where_their_instant_and_digest_are(store: Store) -> None:
    """`Z` and `.000Z` are one version (the digest is equal); the text that came first stays."""
    add(store, candidate(1, version=7, version_text="2026-01-01T00:00:00Z"))
    outcome = add(store, candidate(1, version=7, version_text="2026-01-01T00:00:00.000Z"))
    assert verdicts(outcome) == [REPEAT]
    assert stored_versions(store) == [(an_id(1), "2026-01-01T00:00:00Z")]


def test_the_same_version_with_other_content_is_refused_in_words(store: Store) -> None:
    """What was held stays."""
    add(store, candidate(1))
    (outcome,) = add(store, candidate(1, note="changed"))
    assert outcome.verdict is REFUSED
    assert "later `modified`" in outcome.message
    assert [content["note"] for content in contents_of(store, asking())] == [""]


def test_the_same_object_may_be_in_two_collections(store: Store) -> None:
    """Once in each."""
    assert verdicts(add(store, candidate(1))) == [ADDED]
    assert verdicts(add(store, candidate(1), collection="national")) == [ADDED]


def test_an_older_version_may_come_later_and_is_not_the_last(store: Store) -> None:
    """Versions are ordered by their instants, places by arrival."""
    add(store, candidate(1, version=5))
    assert verdicts(add(store, candidate(1, version=3))) == [ADDED]
    assert [content["version"] for content in contents_of(store, asking())] == [5]
    assert stored_versions(store) == [(an_id(1), "v5"), (an_id(1), "v3")]


def test_an_sco_with_other_content_is_a_new_version_at_its_place(store: Store) -> None:
    """An SCO has no `modified`: its date_added is its version."""
    (first,) = add(store, candidate(1, version=None, type="ipv4-addr"))
    (second,) = add(store, candidate(1, version=None, type="ipv4-addr", note="more"))
    (repeated,) = add(store, candidate(1, version=None, type="ipv4-addr"))
    assert [first.verdict, second.verdict, repeated.verdict] == [ADDED, ADDED, REPEAT]
    assert first.version_text == repeated.version_text == format_place(START)
    assert second.version_text == format_place(START + 1)
    assert [content["note"] for content in contents_of(store, asking())] == ["more"]


def test_an_sco_never_takes_a_version_that_is_held(store: Store) -> None:
    """A custom object may come with a version and without one: the place moves on where the two would be the same."""
    add(store, candidate(1, version=(START + 1) * 1000, type="x-custom"))
    (outcome,) = add(store, candidate(1, version=None, type="x-custom", note="without"))
    assert outcome.verdict is ADDED
    assert places(store) == [START, START + 2]


def test_after_a_revocation_no_newer_version_is_accepted(store: Store) -> None:
    """STIX 2.1, 3.2: revocation is permanent; an older version that comes late is still history."""
    add(store, candidate(1, version=5, revoked=True))
    newer, older = add(store, candidate(1, version=6), candidate(1, version=4))
    assert newer.verdict is REFUSED
    assert "permanent" in newer.message
    assert older.verdict is ADDED


def test_a_revocation_older_than_what_is_held_is_refused(store: Store) -> None:
    """It would revoke what was published later."""
    add(store, candidate(1, version=5))
    (outcome,) = add(store, candidate(1, version=4, revoked=True))
    assert outcome.verdict is REFUSED


def test_nobody_takes_over_another_members_object_in_any_collection(store: Store) -> None:
    """Law L4: an id belongs to whom it came from first, in the whole hub."""
    add(store, candidate(1), collection="national")
    (outcome,) = add(store, candidate(1, version=2, owner="SG"), publisher="SG")
    assert outcome.verdict is REFUSED
    assert "another member" in outcome.message
    assert stored_versions(store) == []


def test_anybody_publishes_what_belongs_to_nobody_and_each_takes_back_its_own_part(store: Store) -> None:
    """A relayed object stays until each member that published it took it back."""
    add(store, nobodys(1), publisher="ID")
    assert verdicts(add(store, nobodys(1), publisher="SG")) == [REPEAT]
    assert [record.publishers for record in store.records("shared")] == [("ID", "SG")]
    assert store.delete("shared", an_id(1), "ID", 4) is Deletion.OTHERS_REMAIN
    assert [record.publishers for record in store.records("shared")] == [("SG",)]
    assert store.delete("shared", an_id(1), "ID", 4) is Deletion.OTHERS_REMAIN
    assert store.delete("shared", an_id(1), "SG", 4) is Deletion.DELETED
    assert store.delete("shared", an_id(1), "SG", 4) is Deletion.MISSING


def test_what_the_hub_put_there_is_no_members_to_delete(store: Store) -> None:
    """The hub itself publishes as nobody."""
    add(store, nobodys(1), publisher=NOBODY)
    assert store.delete("shared", an_id(1), "ID", 4) is Deletion.OTHERS_REMAIN
    add(store, nobodys(1), publisher="ID")
    assert [record.publishers for record in store.records("shared")] == [(NOBODY, "ID")]
    assert store.delete("shared", an_id(1), "ID", 4) is Deletion.OTHERS_REMAIN
    assert [record.publishers for record in store.records("shared")] == [(NOBODY,)]


@pytest.mark.parametrize("together", [True, False])
def test_a_lower_object_that_names_a_higher_sco_is_refused(store: Store, together: bool) -> None:
    """Law L5: an SCO's id gives its value away, whether it comes in the same envelope or is held."""
    address = candidate(1, version=None, level=3, type="ipv4-addr")
    note = candidate(2, level=1, named_ids=(address.id,))
    if together:
        _, outcome = add(store, address, note)
    else:
        add(store, address)
        (outcome,) = add(store, note)
    assert outcome.verdict is REFUSED
    assert "TLP:AMBER+STRICT" in outcome.message
    assert verdicts(add(store, candidate(2, level=3, named_ids=(address.id,)))) == [ADDED]


def test_an_object_may_name_an_sco_that_is_visible_at_its_level_in_some_version(store: Store) -> None:
    """Anybody who sees the lower version knows the value."""
    add(store, candidate(1, version=None, level=3, type="ipv4-addr"))
    add(store, candidate(1, version=None, level=1, type="ipv4-addr"))
    assert verdicts(add(store, candidate(2, level=1, named_ids=(an_id(1, "ipv4-addr"),)))) == [ADDED]


def test_a_refused_version_of_an_sco_lowers_nothing(store: Store) -> None:
    """A lower version of another member's SCO that is refused itself does not allow naming it in the same envelope."""
    add(store, candidate(1, version=None, level=3, type="x-thing"))
    lower = candidate(1, version=None, level=1, type="x-thing", owner="SG", note="mine now")
    note = candidate(2, level=1, owner="SG", named_ids=(lower.id,))
    assert verdicts(add(store, lower, note, publisher="SG")) == [REFUSED, REFUSED]


def test_refusals_follow_one_another_along_a_chain_of_names(store: Store) -> None:
    """What is refused because of what it names lowers nothing for those that name it."""
    add(
        store,
        nobodys(1, version=None, level=4, type="directory"),
        nobodys(2, version=None, level=3, type="file"),
    )
    lower_file = nobodys(2, version=None, level=1, type="file", note="again", named_ids=(an_id(1, "directory"),))
    note = candidate(3, level=1, named_ids=(lower_file.id,))
    assert verdicts(add(store, note, lower_file)) == [REFUSED, REFUSED]
