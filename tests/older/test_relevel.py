"""A store of an older hub is brought up to date: every record has the level of today's rules, or is hidden (law L5).

`store.sql`, `documents.jsonl` and `archive.jsonl` were made by `make.py` with the code of 834ad97, which took all of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.community.facts import ARCHIVED_KINDS
from hub.errors import StoreUnavailableError, UnprocessableError
from hub.settings import Limits
from hub.sharing.archive import read_archive
from hub.sharing.catalogue import Catalogue
from hub.sharing.relevel import relevel
from hub.sharing.seed import remove_surplus, seed
from hub.store.records import RecordLevel
from tests.conftest import Template, clients_of
from tests.older.upgrading import HELD, HERE, Older, UpToDate, open_older, open_sqlite, readers_of, records_of
from tests.server.making import START, Clock, an_id


# `mongo` is skipped where there is no server, see `tests.mongo.skipping`
@pytest.fixture(params=["sqlite", "mongo"])
def older(
    request: pytest.FixtureRequest, tmp_path: Path, newer_catalogue: Catalogue, template: Template
) -> Iterator[Older]:
    older = open_older(request.param, tmp_path, newer_catalogue, template)
    yield older
    older.store.close()


@pytest.fixture(scope="module", params=["sqlite", "mongo", "archive"])
def up_to_date(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    newer_catalogue: Catalogue,
    template: Template,
) -> Iterator[UpToDate]:
    older = open_older(request.param, tmp_path_factory.mktemp("older"), newer_catalogue, template)
    before = {
        key: record
        for key, record in records_of(older).items()
        if record.publishers != ("",) and record.id not in older.catalogue.own_objects
    }
    older.init()
    yield UpToDate(older.store, older.catalogue, older.clock, before)
    older.store.close()


def test_every_record_has_the_level_of_todays_rules_or_is_hidden_with_the_reason(
    up_to_date: UpToDate, template: Template
) -> None:
    """A row of `HELD` for each: nobody below the level sees it, and what is hidden is listed."""
    as_account = clients_of(up_to_date.hub(), template)
    hidden, readers_now = up_to_date.hidden(), readers_of(as_account, *(object_id for object_id, _, _ in HELD.values()))
    for case, (object_id, readers, reason) in HELD.items():
        assert readers_now[object_id] == readers, case
        assert (object_id in hidden) is bool(reason), case
        assert not reason or reason in hidden[object_id].reason, case
    store, catalogue = up_to_date.store, up_to_date.catalogue
    unknown = [collection.alias for collection in catalogue if store.has_unknown_levels(collection.id)]
    assert unknown == []


def test_no_record_is_dropped_or_moved(up_to_date: UpToDate) -> None:
    """Each record is there, at its place; its level is no lower than before."""
    after = up_to_date.records()
    assert up_to_date.before
    for key, record in up_to_date.before.items():
        assert (after[key].id, after[key].body, after[key].publishers) == (record.id, record.body, record.publishers)
        assert after[key].lowest_level <= after[key].level
        assert after[key].level >= record.level


def test_what_the_hub_put_in_is_restored(up_to_date: UpToDate, template: Template) -> None:
    """A member had revoked an extension definition of the hub's."""
    shown = clients_of(up_to_date.hub(), template)("partner").everything("feeds", type="extension-definition")
    assert len(shown) == 7
    assert not any(content.get("revoked") for content in shown)


def test_run_again_it_changes_nothing(up_to_date: UpToDate) -> None:
    """Nor does it judge anything twice."""
    records = up_to_date.records()
    assert up_to_date.init() == []
    assert up_to_date.records() == records


def test_an_upgrade_that_was_broken_off_is_run_again(older: Older, monkeypatch: pytest.MonkeyPatch) -> None:
    """For every step at which it stopped, the result is that of one run; until then a hub that is to open the store notices it."""
    for collection in older.catalogue:
        seed(older.store, older.catalogue, collection)
        remove_surplus(older.store, collection)
    monkeypatch.setattr("hub.sharing.relevel.LEVELS_AT_ONCE", 12)
    writes = 0
    stops = 0
    set_levels = older.store.set_levels

    def stopping(collection: str, levels: list[RecordLevel]) -> None:
        nonlocal writes
        writes += 1
        if writes % 3 == 0:
            raise StoreUnavailableError("killed")
        set_levels(collection, levels)

    monkeypatch.setattr(older.store, "set_levels", stopping)
    while True:
        try:
            list(relevel(older.store, older.catalogue, Limits(), older.clock.now))
        except StoreUnavailableError:
            stops += 1
            assert any(older.store.has_unknown_levels(collection.id) for collection in older.catalogue)
            continue
        break
    assert stops > 3
    assert {object_id for object_id, _, reason in HELD.values() if reason} <= older.hidden().keys()
    assert not any(older.store.has_unknown_levels(collection.id) for collection in older.catalogue)


def test_a_damaged_archive_is_refused_in_words(tmp_path: Path, newer_catalogue: Catalogue) -> None:
    """Two records at one place; nothing of it is put back."""
    lines = (HERE / "archive.jsonl").read_text().splitlines()
    last = next(index for index, line in enumerate(lines) if an_id(50, "marking-definition") in line)
    (tmp_path / "damaged.jsonl").write_text("\n".join([*lines[: last + 1], lines[last], *lines[last + 1 :]]))
    store = open_sqlite(tmp_path, Clock(START))
    with pytest.raises(UnprocessableError, match="the export is damaged"):
        list(read_archive(store, newer_catalogue, tmp_path / "damaged.jsonl", now=START, fact_kinds=ARCHIVED_KINDS))
    assert [record for collection in newer_catalogue for record in store.records(collection.id)] == []
    store.close()
