"""What the operator decides about objects that an upgrade has hidden: release, remove, mark again, archive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from hub.cli import AWAY, DONE, main
from hub.community.facts import ARCHIVED_KINDS
from hub.errors import NotFoundError, UnprocessableError
from hub.sharing.archive import read_archive, write_archive
from hub.sharing.catalogue import Catalogue
from hub.sharing.hidden import hidden_objects, remove, show_at
from hub.stix.tlp import TLP
from hub.store.sqlite.store import SqliteStore
from tests.conftest import Template, clients_of
from tests.older.upgrading import ALL, FILE, MEMBERS, Older, feeds_of, older_sqlite, open_sqlite, seen
from tests.server.making import DECLARATIONS, LAST, START, Clock, an_id, at, ids, indicator


@pytest.fixture
def upgraded(tmp_path: Path, newer_catalogue: Catalogue, template: Template) -> Iterator[Older]:
    """A store that `hub init` has brought up to date."""
    clock = Clock(START)
    older = Older(older_sqlite(tmp_path, clock), newer_catalogue, clock)
    accounts = SqliteStore(template.folder / "hub.sqlite", clock=clock, lock_seconds=5, status_milliseconds=1)
    for account in accounts.list_accounts():
        older.store.put_account(account)
    accounts.close()
    older.init()
    yield older
    older.store.close()


def test_what_is_released_reaches_readers_who_were_past_its_place(upgraded: Older, template: Template) -> None:
    """Law L1: a follower that has read everything gets it, at the level that the operator gave and nowhere below."""
    as_account = clients_of(upgraded.hub(), template)
    newest = {reader: as_account(reader).get(at("feeds", "objects"), limit=1000).headers[LAST] for reader in ALL}
    object_id = an_id(17)
    show_at(upgraded.store, upgraded.catalogue, feeds_of(upgraded), object_id, TLP.AMBER)
    received = {reader: ids(as_account(reader).objects("feeds", added_after=newest[reader])) for reader in ALL}
    assert received == {"partner": [], "sg-soc": [object_id], "sg-cert": [object_id]}
    assert object_id not in upgraded.hidden()


@pytest.mark.parametrize(
    ("object_id", "level", "words"),
    [
        (an_id(11), TLP.AMBER, "is marked TLP:RED by its member"),
        (an_id(17), TLP.RED, "takes nothing above TLP:AMBER"),
        (an_id(17), TLP.CLEAR, "is marked TLP:GREEN by its member"),
        (an_id(1), TLP.AMBER, "Nothing of indicator--"),
    ],
)
def test_the_operator_gives_no_level_below_the_stated_one_or_above_the_collection(
    upgraded: Older, object_id: str, level: TLP, words: str
) -> None:
    """In words that say what else to do."""
    with pytest.raises((NotFoundError, UnprocessableError), match=words):
        show_at(upgraded.store, upgraded.catalogue, feeds_of(upgraded), object_id, level)


def test_what_is_removed_is_gone_and_what_was_beside_it_stays(upgraded: Older, template: Template) -> None:
    """Another member's contradiction is removed; the first member's observable is as it was, and that member may improve it again."""
    before = [record.place for record in upgraded.store.history(feeds_of(upgraded).id, FILE)]
    assert remove(upgraded.store, feeds_of(upgraded), FILE) == 1
    assert [record.place for record in upgraded.store.history(feeds_of(upgraded).id, FILE)] == before[:1]
    assert seen(clients_of(upgraded.hub(), template), FILE) == ALL
    with pytest.raises(NotFoundError):
        remove(upgraded.store, feeds_of(upgraded), FILE)


def test_a_member_marks_again_what_is_hidden(upgraded: Older, template: Template) -> None:
    """A newer version is accepted as any other, and is seen; the hidden one stays hidden."""
    as_account = clients_of(upgraded.hub(), template)
    as_account("id-cert").publish("feeds", indicator(17, 2, level=TLP.AMBER))
    assert seen(as_account, an_id(17)) == MEMBERS
    assert len(as_account("sg-cert").objects("feeds", id=an_id(17), version="all")) == 1


def test_a_repeat_of_what_is_hidden_says_so(upgraded: Older, template: Template) -> None:
    """Otherwise its sender would believe that it is read."""
    hidden = upgraded.store.history(feeds_of(upgraded).id, an_id(40, "note"))[0]
    status = clients_of(upgraded.hub(), template)("id-cert").add("feeds", orjson.loads(hidden.body))
    assert "hidden" in status["successes"][0]["message"]


def test_hidden_objects_move_with_an_archive(upgraded: Older, tmp_path: Path) -> None:
    """As hidden, with their reasons; nothing is judged again."""
    lines = write_archive(upgraded.store, upgraded.catalogue, secret=None, made_at=0, fact_kinds=ARCHIVED_KINDS)
    (tmp_path / "new.jsonl").write_bytes(b"".join(lines))
    (tmp_path / "moved").mkdir()
    moved_store = open_sqlite(tmp_path / "moved", upgraded.clock)
    list(read_archive(moved_store, upgraded.catalogue, tmp_path / "new.jsonl", now=START, fact_kinds=ARCHIVED_KINDS))
    assert list(hidden_objects(moved_store, upgraded.catalogue)) == list(
        hidden_objects(upgraded.store, upgraded.catalogue)
    )
    assert not any(moved_store.has_unknown_levels(collection.id) for collection in upgraded.catalogue)
    moved_store.close()


def test_the_commands_of_an_upgrade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No other command opens an older store; `hub init` says what became of it; `hub levels` lists and decides."""
    older_sqlite(tmp_path, Clock(START)).close()
    for name, value in (
        ("HUB_STORE", f"sqlite:///{tmp_path / 'hub.sqlite'}"),
        ("HUB_COLLECTIONS", str(DECLARATIONS / "collections")),
        ("HUB_PROFILES", str(DECLARATIONS / "profiles")),
    ):
        monkeypatch.setenv(name, value)
    assert main(["collections"]) == AWAY
    assert "run `hub init`" in capsys.readouterr().err
    assert main(["init"]) == DONE
    printed = capsys.readouterr().out
    assert "objects are hidden from every reader until you decide" in printed
    assert an_id(11) in printed
    assert main(["levels", "list", "--json"]) == DONE
    rows = {row["id"]: row for row in map(orjson.loads, capsys.readouterr().out.splitlines())}
    assert rows[an_id(11)] == {
        "collection": "region/feeds",
        "id": an_id(11),
        "version": "2026-03-01T00:00:01.000Z",
        "publishers": ["ID"],
        "readable_at": "green",
        "reason": rows[an_id(11)]["reason"],
    }
    assert main(["levels", "release", "region/feeds", an_id(17), "--at", "green", "--yes"]) == DONE
    assert main(["levels", "remove", "region/feeds", an_id(11), an_id(14), "--yes"]) == DONE
    capsys.readouterr()
    assert main(["levels", "list"]) == DONE
    hidden_ids = {line.split()[1] for line in capsys.readouterr().out.splitlines()}
    assert hidden_ids == rows.keys() - {an_id(11), an_id(14), an_id(17)}
    assert main(["audit", "verify"]) == DONE
