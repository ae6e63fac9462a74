"""Archives: what `hub export` writes, `hub import` puts back, with places and the secret, so no reader notices (law L8)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import stix2

from hub.community import community, ledger
from hub.community.facts import ARCHIVED_KINDS
from hub.community.hub import Hub
from hub.errors import HubError, MalformedError, UnprocessableError
from hub.sharing.archive import definitions_bundle, is_archive, object_lists, read_archive, write_archive
from hub.sharing.catalogue import Catalogue
from hub.sharing.members import Account, AccountKind
from hub.sharing.reread import reread
from hub.sharing.seed import seed
from hub.stix.tlp import TLP
from tests.conftest import OpenHub, Template, clients_of
from tests.durations import HOUR
from tests.server.making import (
    LAST,
    Client,
    Clock,
    address,
    an_id,
    as_envelope,
    at,
    ids,
    indicator,
    note,
    pairs,
    statement,
)


@pytest.fixture
def full_hub(hub: Hub, indonesia: Client, singapore: Client) -> Hub:
    """A hub with versions, levels, an SCO of two publishers, and something deleted at the end of the line."""
    indonesia.publish("id", *(indicator(n, level=TLP(n % 4)) for n in range(8)))
    indonesia.publish("id", indicator(1, version=2), address(1), statement(3), note(7, content="ขอความช่วยเหลือ 🆘"))
    indonesia.publish("alerts", address(2), note(8))
    singapore.publish("alerts", address(2))
    indonesia.publish("id", note(9))
    indonesia.delete("id", an_id(9, "note"))
    return hub


@pytest.fixture
def fresh(open_hub: OpenHub, tmp_path: Path) -> Hub:
    """An empty hub elsewhere, with a secret of its own and no accounts."""
    (tmp_path / "fresh").mkdir()
    return open_hub(folder=tmp_path / "fresh", create=True)


def archived(hub: Hub, file: Path, *, secret: bool = True) -> Path:
    lines = write_archive(
        hub.store, hub.catalogue, secret=hub.secret if secret else None, made_at=0, fact_kinds=ARCHIVED_KINDS
    )
    file.write_bytes(b"".join(lines))
    return file


def restored(fresh: Hub, file: Path, now: int) -> list[str]:
    return list(read_archive(fresh.store, fresh.catalogue, file, now=now, fact_kinds=ARCHIVED_KINDS))


def test_everything_comes_back_as_it_was(
    full_hub: Hub, fresh: Hub, template: Template, tmp_path: Path, clock: Clock
) -> None:
    """Every object, version, date and level; the accounts with their keys; as each account saw it before."""
    file = archived(full_hub, tmp_path / "hub.jsonl")
    assert is_archive(file)
    restored_text = restored(fresh, file, clock.now)
    assert f"{len(template.keys) + 1} accounts" in " ".join(restored_text)
    for account in ("id-cert", "sg-cert", "sg-soc"):
        old, new = (clients_of(hub, template)(account) for hub in (full_hub, fresh))
        for collection in ("id", "alerts", "incidents"):
            for endpoint in (("objects",), ("manifest",)):
                before, after = (client.get(at(collection, *endpoint), version="all") for client in (old, new))
                assert before.status_code == after.status_code
                assert before.status_code == 404 or before.json == after.json
                assert before.headers.get(LAST) == after.headers.get(LAST)


def test_what_was_delivered_and_confirmed_comes_back(full_hub: Hub, fresh: Hub, tmp_path: Path, clock: Clock) -> None:
    """The board of the new store shows the same as that of the old one."""
    full_hub.store.put_facts(ledger.KIND, {"one": b'{"a": 1}', "two": "บาท".encode()})
    full_hub.store.put_facts(community.CONFIRMED, {"ID": b"1775099400000"})
    restored(fresh, archived(full_hub, tmp_path / "hub.jsonl"), clock.now)
    for kind in (ledger.KIND, community.CONFIRMED):
        facts = {fact.key: fact.value for fact in full_hub.store.facts(kind)}
        assert facts
        assert {fact.key: fact.value for fact in fresh.store.facts(kind)} == facts


def test_an_archive_brings_no_account_back_that_was_deleted_since(
    full_hub: Hub, fresh: Hub, template: Template, tmp_path: Path, clock: Clock
) -> None:
    """Its key stays forgotten: `hub account list` does not show it, and nobody could disable it again."""
    file = archived(full_hub, tmp_path / "hub.jsonl")
    fresh.credentials.add(Account("sg-cert", AccountKind.CERT, "SG"), None)
    fresh.credentials.delete("sg-cert")
    restored(fresh, file, clock.now)
    statuses = {
        account: clients_of(fresh, template)(account).get(at("alerts")).status_code
        for account in ("id-cert", "sg-cert")
    }
    assert statuses == {"id-cert": 200, "sg-cert": 401}


def status_at(hub: Hub, template: Template, account: str, status: str) -> tuple[int, bytes]:
    answer = clients_of(hub, template)(account).get(f"/region/status/{status}/")
    return answer.status_code, answer.get_data()


def test_who_polls_its_status_after_the_move_gets_it(
    full_hub: Hub, fresh: Hub, template: Template, tmp_path: Path, clock: Clock
) -> None:
    """Letter by letter; others still do not get it; and it lasts no longer than before the move."""
    status = clients_of(full_hub, template)("id-cert").add("id", note(60), note(61, author="SG"))["id"]
    before = status_at(full_hub, template, "id-cert", status)
    clock.now += 71 * HOUR
    late_status = clients_of(full_hub, template)("id-cert").add("id", note(62))["id"]
    assert "statuses of requests" in " ".join(restored(fresh, archived(full_hub, tmp_path / "hub.jsonl"), clock.now))
    assert status_at(fresh, template, "id-cert", status) == before
    for account in ("sg-cert", "id-soc"):
        assert status_at(fresh, template, account, status)[0] == 404
    clock.now += HOUR + 1
    assert status_at(fresh, template, "id-cert", status)[0] == 404
    assert status_at(fresh, template, "id-cert", late_status)[0] == 200


def test_an_archive_of_an_earlier_version_is_read(full_hub: Hub, fresh: Hub, tmp_path: Path, clock: Clock) -> None:
    """It knew no statuses."""
    file = archived(full_hub, tmp_path / "hub.jsonl")
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if '"status":{' not in line]
    file.write_text("\n".join([lines[0].replace('"hub_archive":4', '"hub_archive":1'), *lines[1:]]), encoding="utf-8")
    restored(fresh, file, clock.now)
    assert [r.id for c in fresh.catalogue for r in fresh.store.records(c.id)]
    assert list(fresh.store.statuses()) == []


def test_levels_are_read_again_in_what_an_older_version_archived(
    hub: Hub, indonesia: Client, fresh: Hub, template: Template, tmp_path: Path, clock: Clock
) -> None:
    """It read a line that marks a description as prose; a store that was read already is read once more."""
    list(reread(fresh.store, fresh.catalogue))
    indonesia.publish("feeds", indicator(1, description="ZLP:AMBER"), indicator(2, description="ZLP:RED"), indicator(3))
    file = archived(hub, tmp_path / "hub.jsonl")
    file.write_bytes(file.read_bytes().replace(b"ZLP:", b"TLP:"))
    assert "1 objects have a higher level, 1 are hidden" in " ".join(restored(fresh, file, clock.now))
    seen = {account: ids(clients_of(fresh, template)(account).objects("feeds")) for account in ("partner", "sg-cert")}
    assert seen == {"partner": [an_id(3)], "sg-cert": [an_id(1), an_id(3)]}


def test_next_tokens_and_checkpoints_stay_good(
    full_hub: Hub, fresh: Hub, open_hub: OpenHub, template: Template, tmp_path: Path, clock: Clock
) -> None:
    """Law L8: a reader in the middle of its poll continues at the restored hub."""
    page = clients_of(full_hub, template)("sg-cert").get(at("id", "objects"), limit=4, version="all")
    restored(fresh, archived(full_hub, tmp_path / "hub.jsonl"), clock.now)
    restarted = clients_of(open_hub(folder=tmp_path / "fresh"), template)(
        "sg-cert"
    )  # started again, as the operator does
    later_objects = restarted.get(at("id", "objects"), next=page.json["next"], limit=100).json["objects"]
    whole = clients_of(full_hub, template)("sg-cert").objects("id", version="all")
    assert page.json["objects"] + later_objects == whole
    assert restarted.objects("id", added_after=page.headers[LAST], version="all") == later_objects


def test_a_restored_collection_continues_beyond_every_place_given_out(
    full_hub: Hub, fresh: Hub, template: Template, tmp_path: Path, clock: Clock
) -> None:
    """Law L1: also beyond those given out after the archive was made, which readers have seen and the archive has not."""
    file = archived(full_hub, tmp_path / "hub.jsonl")
    old = clients_of(full_hub, template)("id-cert")
    clock.now += 1000
    old.publish("id", note(50))
    reached = old.get(at("id", "objects")).headers[LAST]
    restored(fresh, file, clock.now)
    new = clients_of(fresh, template)("id-cert")
    new.publish("id", note(51))
    assert pairs(new.objects("id", added_after=reached)) == pairs([note(51)])


def test_ownership_comes_back(full_hub: Hub, fresh: Hub, template: Template, tmp_path: Path, clock: Clock) -> None:
    """Law L4: whose an object is, and which members published what belongs to nobody."""
    restored(fresh, archived(full_hub, tmp_path / "hub.jsonl"), clock.now)
    clock.now += 2 * HOUR
    indonesia, singapore = (clients_of(fresh, template)(account) for account in ("id-cert", "sg-cert"))
    assert "belongs to another member" in singapore.refusal("alerts", note(8, version=2, author=None))
    assert indonesia.delete("alerts", address(2)["id"]).status_code == 403
    assert singapore.delete("alerts", address(2)["id"]).status_code == 200


def test_one_collection_comes_without_accounts_and_secret(full_hub: Hub, catalogue: Catalogue, tmp_path: Path) -> None:
    """So it can be handed on."""
    collection = catalogue.find("region", "id")
    assert collection is not None
    text = b"".join(
        write_archive(full_hub.store, [collection], secret=None, made_at=0, fact_kinds=ARCHIVED_KINDS)
    ).decode()
    assert "secret" not in text.splitlines()[0]
    assert '"account"' not in text
    assert '"status"' not in text
    assert address(2)["id"] not in text


def test_nothing_is_imported_over_what_is_there(full_hub: Hub, tmp_path: Path, clock: Clock) -> None:
    """Places come into empty collections only; what is there stays as it is."""
    file = archived(full_hub, tmp_path / "hub.jsonl", secret=False)
    before = [record.id for collection in full_hub.catalogue for record in full_hub.store.records(collection.id)]
    with pytest.raises(UnprocessableError):
        restored(full_hub, file, clock.now)
    after = [record.id for collection in full_hub.catalogue for record in full_hub.store.records(collection.id)]
    assert after == before


def test_a_store_that_hub_init_made_is_empty_enough(
    full_hub: Hub, fresh: Hub, template: Template, tmp_path: Path, clock: Clock
) -> None:
    """What the hub itself put there makes room: the archive contains it, at the places at which readers read it."""
    for hub in (full_hub, fresh):
        for collection in hub.catalogue:
            seed(hub.store, hub.catalogue, collection)
    restored(fresh, archived(full_hub, tmp_path / "hub.jsonl"), clock.now)
    old, new = (clients_of(hub, template)("id-cert") for hub in (full_hub, fresh))
    assert new.manifest("id", version="all") == old.manifest("id", version="all")
    for collection in fresh.catalogue:
        assert seed(fresh.store, fresh.catalogue, collection) == 0


def test_a_refused_import_leaves_secret_and_accounts(
    full_hub: Hub, open_hub: OpenHub, tmp_path: Path, clock: Clock
) -> None:
    """Anybody who could log in before still can; tokens stay good."""
    (tmp_path / "busy").mkdir()
    busy = open_hub(folder=tmp_path / "busy", create=True)
    key = busy.credentials.add(Account("id-cert", AccountKind.CERT, "ID"), None)
    busy.add_objects(busy.may_add(Account("id-cert", AccountKind.CERT, "ID"), "region", "id"), as_envelope([note(1)]))
    with pytest.raises(UnprocessableError):
        restored(busy, archived(full_hub, tmp_path / "hub.jsonl"), clock.now)
    assert busy.store.secret(b"") == busy.secret
    assert busy.credentials.authenticate(f"Bearer {key}") is not None
    assert len(busy.store.list_accounts()) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text[: text.rindex("\n", 0, len(text) // 2) + 1],
        lambda text: "".join(line for number, line in enumerate(text.splitlines(keepends=True)) if number != 20),
        lambda text: text.replace('"level":', '"lvl":', 1),
        lambda text: text + "{}\n",
        lambda text: text.replace('"hub_archive":4', '"hub_archive":99'),
        lambda text: text.replace('"kept_at":', '"kept_at":"x', 1),
        lambda text: text.replace('"kept_at":', '"since":', 1),
        lambda text: text.replace("c0ffee00", "c0ffee99"),
        lambda text: text.replace('"place":', '"place":"x', 1),
        lambda _: '{"hub_archive":1}\n[]\n',
        lambda _: "",
        lambda text: "\n" + text,
    ],
    ids=[
        "cut",
        "cut behind a line",
        "a line lost",
        "renamed",
        "more",
        "future",
        "no time",
        "other",
        "undeclared",
        "broken",
        "a list",
        "empty",
        "blank first",
    ],
)  # fmt: skip - a table
def test_a_damaged_archive_is_reported_in_words(
    full_hub: Hub, fresh: Hub, tmp_path: Path, clock: Clock, damage: Any
) -> None:
    """With the file and the line; never a bare exception."""
    file = archived(full_hub, tmp_path / "hub.jsonl")
    file.write_text(damage(file.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(HubError, match=r"hub\.jsonl"):
        restored(fresh, file, clock.now)


def test_bundles_envelopes_and_medallion_files_are_read(tmp_path: Path) -> None:
    """A medallion data file holds API roots with collections with objects."""
    objects = [indicator(1), note(2)]
    medallion = {
        "/discovery": {"title": "x"},
        "trustgroup1": {
            "collections": [{"id": "a", "objects": objects}, {"id": "b", "objects": [note(3)]}, {"id": "c"}]
        },
    }
    for content, expected in (
        ({"type": "bundle", "id": an_id(1, "bundle"), "objects": objects}, [objects]),
        ({"objects": objects}, [objects]),
        (medallion, [objects, [note(3)]]),
    ):
        file = tmp_path / "file.json"
        file.write_text(json.dumps(content))
        assert object_lists(file) == expected
        assert not is_archive(file)


@pytest.mark.parametrize("text", ["", "[]", "{}", "7", '{"objects": 7}', '{"a": {"collections": []}}', "nonsense"])
def test_other_files_are_refused_in_words(tmp_path: Path, text: str) -> None:
    """With any other content."""
    file = tmp_path / "file.json"
    file.write_text(text)
    with pytest.raises(MalformedError):
        object_lists(file)


def test_the_definitions_are_one_bundle_that_stix2_reads(catalogue: Catalogue) -> None:
    """For tools that take no first poll from the beginning; the same every time."""
    bundle = definitions_bundle(catalogue)
    assert bundle == definitions_bundle(catalogue)
    parsed = stix2.parse(bundle, allow_custom=True)
    kinds = [content["type"] for content in parsed.objects]
    assert {"marking-definition", "extension-definition", "identity"} == set(kinds)
    assert kinds.index("identity") > max(n for n, kind in enumerate(kinds) if kind == "marking-definition")
