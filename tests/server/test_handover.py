"""The operator gives an id to its author, and `hub init` takes back what belongs to the hub itself (law L4)."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from hub.community.hub import Hub
from hub.errors import NotFoundError, UnprocessableError
from hub.sharing import deleted_ids
from hub.sharing.definitions import own_objects
from hub.sharing.handover import hand_over, other_members_shares
from hub.sharing.reread import reread
from hub.sharing.seed import seed
from hub.stix.incident import INCIDENT_CORE
from hub.stix.timestamps import parse_timestamp
from hub.stix.tlp import TLP, TLP2_IDS
from hub.store.batch import Batch, Candidate, describe_nothing
from hub.store.records import NOBODY
from tests.conftest import ClientOf
from tests.server.making import IDENTITIES, START, Client, address, an_id, ids, indicator, note, stamp, statement

OTHERS = "belongs to another member"


def give(hub: Hub, object_id: str, member: str) -> list[tuple[str, str]]:
    return [
        (share.collection.alias, share.member)
        for share in hand_over(hub.store, hub.catalogue, object_id, member, START)
    ]


def test_the_author_has_its_id_back_although_another_took_and_revoked_it(
    hub: Hub, indonesia: Client, singapore: Client
) -> None:
    """H8 of the attacks: who sees an id elsewhere and publishes first kept the genuine author out."""
    singapore.publish("alerts", indicator(1, author="SG"), indicator(1, version=2, author="SG", revoked=True))
    assert OTHERS in indonesia.refusal("id", indicator(1))
    assert give(hub, an_id(1), "ID") == [("alerts", "SG")]
    assert indonesia.objects("alerts") == []
    indonesia.publish("id", indicator(1))
    indonesia.publish("alerts", indicator(1))
    assert OTHERS in singapore.refusal("alerts", indicator(1, version=3, author="SG"))
    assert singapore.objects("alerts") == [indicator(1)]


def test_it_belongs_to_the_author_before_it_publishes_and_in_every_process(
    hub: Hub, open_hub: Any, indonesia: Client, singapore: Client
) -> None:
    """The other one does not take it again in between; exact repeats of what the author published stay a success."""
    singapore.publish("alerts", note(1, author="SG"))
    give(hub, an_id(1, "note"), "ID")
    assert OTHERS in singapore.refusal("alerts", note(1, author="SG"))
    assert open_hub().hand_overs.owners() == {an_id(1, "note"): "ID"}
    indonesia.publish("feeds", note(1, author=None))
    singapore.publish("feeds", note(1, author=None))


def test_what_the_author_published_itself_stays(hub: Hub, indonesia: Client, singapore: Client) -> None:
    """Only the others' part is removed; and a second run finds nothing more."""
    indonesia.publish("alerts", address(1))
    singapore.publish("alerts", address(1))
    assert give(hub, address(1)["id"], "ID") == [("alerts", "SG")]
    assert give(hub, address(1)["id"], "ID") == []
    assert ids(indonesia.objects("alerts")) == [address(1)["id"]]
    assert indonesia.delete("alerts", address(1)["id"]).status_code == 200


@pytest.mark.parametrize(
    ("object_id", "member", "error", "words"),
    [
        ("nonsense", "ID", UnprocessableError, "no STIX id"),
        (an_id(1), "XX", UnprocessableError, "no member"),
        (an_id(1), "ID", NotFoundError, "is in no collection"),
        (INCIDENT_CORE, "ID", UnprocessableError, "hub's own"),
        ("identity--7c1d8e0a-3b52-4f0e-8a54-2f6f0c9b1d11", "SG", UnprocessableError, "identity of ID"),
    ],
)
def test_what_cannot_be_handed_over(
    seeded: Hub, object_id: str, member: str, error: type[Exception], words: str
) -> None:
    """Each in words that say why."""
    with pytest.raises(error, match=words):
        other_members_shares(seeded.store, seeded.catalogue, object_id, member)


# --- what a member deleted


def test_an_id_stays_with_the_member_that_deleted_what_it_had_published(
    hub: Hub, open_hub: Any, indonesia: Client, singapore: Client
) -> None:
    """Readers know it as that member's: nobody revokes it, and nobody speaks as its author afterwards, in any process."""
    indonesia.publish("alerts", indicator(1))
    assert indonesia.delete("alerts", an_id(1)).status_code == 200
    assert OTHERS in singapore.refusal("alerts", indicator(1, version=2, author="SG", revoked=True))
    assert OTHERS in singapore.refusal("feeds", indicator(1, author=None))
    assert open_hub().hand_overs.owners() == {an_id(1): "ID"}
    indonesia.publish("alerts", indicator(1, version=2))
    assert OTHERS in singapore.refusal("alerts", indicator(1, version=3, author="SG"))


def test_the_operator_hands_over_an_id_that_was_deleted(hub: Hub, indonesia: Client, singapore: Client) -> None:
    """A later deletion by the first member takes nothing back."""
    indonesia.publish("alerts", indicator(1))
    indonesia.delete("alerts", an_id(1))
    assert give(hub, an_id(1), "SG") == []
    singapore.publish("alerts", indicator(1, author="SG"))
    indonesia.delete("alerts", an_id(1))
    singapore.publish("feeds", indicator(1, author="SG"))
    assert OTHERS in indonesia.refusal("id", indicator(1))


@pytest.mark.parametrize(
    "content",
    [address(1), indicator(1, author="identity--00000000-0000-4000-8000-000000000777")],
    ids=["value", "relay"],
)
def test_what_is_nobodys_own_is_free_after_a_deletion(
    indonesia: Client, singapore: Client, content: dict[str, Any]
) -> None:
    """An observable under the id of its value, and what an outsider wrote."""
    indonesia.publish("feeds", content)
    indonesia.delete("feeds", content["id"])
    singapore.publish("feeds", content)


def test_only_the_newest_deletions_of_each_member_are_remembered(
    hub: Hub, indonesia: Client, singapore: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One member's many take no room from another's."""
    monkeypatch.setattr(deleted_ids, "MAX_IDS", 2)
    monkeypatch.setattr(deleted_ids, "MAX_EXCESS", 1)
    singapore.publish("alerts", indicator(9, author="SG"))
    singapore.delete("alerts", an_id(9))
    for number in range(1, 6):
        indonesia.publish("alerts", indicator(number))
        indonesia.delete("alerts", an_id(number))
        hub.hand_overs.owners()
    assert set(hub.hand_overs.owners()) == {an_id(number) for number in (9, 3, 4, 5)}
    assert {fact.key for fact in hub.store.facts(deleted_ids.KIND)} == set(hub.hand_overs.owners())


# --- hub init


def poison(hub: Hub, content: dict[str, Any], version: int, *, revoked: bool) -> None:
    """Put a version of the hub's own object into the store, as older hubs took it from any member."""
    collection = hub.catalogue.find("region", "alerts")
    assert collection is not None
    candidate = Candidate(
        index=0,
        id=content["id"],
        type=content["type"],
        version=version,
        version_text=stamp(5),
        level=TLP.CLEAR,
        owner=NOBODY,
        revoked=revoked,
        named_ids=(),
        body=b'{"id":"%s","x_poison":true}' % content["id"].encode(),
        digest=b"poison",
        assigned_member="SG",  # past the check that older hubs did not make
    )
    outcomes = hub.store.append(
        Batch(collection.id, "SG", (candidate,), status_id=None, account="sg", describe=describe_nothing)
    ).outcomes
    assert outcomes[0].message == ""


@pytest.mark.parametrize("revoked", [False, True])
def test_hub_init_restores_what_a_member_overwrote_in_an_older_hub(
    seeded: Hub, indonesia: Client, *, revoked: bool
) -> None:
    """H5 of the attacks: `hub init` said that nothing had changed, and a revocation stayed."""
    before = indonesia.everything("alerts", version="all")
    own = [item for item in before if item["id"] in (INCIDENT_CORE, TLP2_IDS[TLP.GREEN], IDENTITIES["ID"])]
    assert len(own) == 3
    for content in own:
        poison(seeded, content, 2**52, revoked=revoked and content["type"] != "marking-definition")
    assert len(indonesia.everything("alerts", version="all")) == len(before) + 3
    for collection in seeded.catalogue:
        seed(seeded.store, seeded.catalogue, collection)
    assert indonesia.everything("alerts", version="all") == before


def test_hub_init_reads_levels_that_an_older_hub_did_not_read(
    hub: Hub, indonesia: Client, as_account: ClientOf
) -> None:
    """Once: what says more than its record is raised or hidden, with what a definition marks; a revocation stays."""
    feeds = hub.catalogue.find("region", "feeds")
    assert feeds is not None
    definition = statement(1, name="FS-ISAC AMBER")
    marked_by_it = indicator(4)
    marked_by_it["object_marking_refs"] = [*marked_by_it["object_marking_refs"], definition["id"]]
    contents = [
        indicator(1, x_tlpcolor="amber"),
        indicator(2, x_tlpcolor="red"),
        indicator(3, x_tlpcolor="merah"),
        marked_by_it,
        indicator(5, x_tlpcolor="red", revoked=True),
        indicator(6),
        definition,
    ]
    candidates = tuple(
        Candidate(
            index=index,
            id=content["id"],
            type=content["type"],
            version=START * 1000,
            version_text=stamp(1),
            level=TLP.GREEN,
            owner="ID",
            revoked=content.get("revoked", False),
            named_ids=(),
            body=orjson.dumps(content),
            digest=content["id"].encode(),
        )
        for index, content in enumerate(contents)
    )
    hub.store.append(
        Batch(
            feeds.id,
            "ID",
            candidates,
            None,
            "id-cert",
            describe_nothing,
            unmarked_level=TLP.AMBER,
            highest_level=TLP.AMBER,
        )
    )
    (outcome,) = reread(hub.store, hub.catalogue)
    assert (outcome.collection.alias, outcome.raised_count, outcome.hidden_count) == ("feeds", 3, 2)
    assert list(reread(hub.store, hub.catalogue)) == []
    assert sorted(ids(as_account("partner").objects("feeds"))) == [an_id(5), an_id(6)]
    assert sorted(ids(as_account("sg-soc").objects("feeds"))) == [*map(an_id, (1, 4, 5, 6)), definition["id"]]


def test_hub_init_puts_its_own_in_the_place_of_what_came_before_it(hub: Hub, indonesia: Client) -> None:
    """A definition that a newer hub brings may be there already, in another member's words."""
    own = own_objects(hub.catalogue)[INCIDENT_CORE]
    poison(hub, own, parse_timestamp(own["modified"]), revoked=True)
    for collection in hub.catalogue:
        seed(hub.store, hub.catalogue, collection)
    assert [content for content in indonesia.everything("alerts", version="all") if content["id"] == INCIDENT_CORE] == [
        own
    ]
