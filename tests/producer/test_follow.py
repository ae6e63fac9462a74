"""Following a collection: every object once and in order; the checkpoint and the out file."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest
import stix2

from hub.errors import BusyError, ConfigurationError
from hub.producer.api import HubClient
from hub.producer.checkpoint import FileKeeper, Position, mark
from hub.producer.connection import HubConnection
from hub.producer.follow import Asked
from tests.producer.following import INDICATORS, date, keeper, poll, publish_objects
from tests.producer.running import HubProcess, indicators, lines
from tests.producer.scripted import COLLECTION, Answer, Scripted, taxii
from tests.server.making import FIRST, LAST, ids, indicator


@pytest.mark.parametrize("page", [1, 7, 1000])
def test_each_object_comes_once_and_in_order(running_hub: HubProcess, fresh: str, page: int) -> None:
    """Whatever the size of the pages."""
    with running_hub.connection() as connection:
        publish_objects(connection, fresh, indicators(30))
        assert poll(connection, fresh, page_objects=page) == ids(indicators(30))


def test_a_checkpoint_continues_where_the_last_call_ended(running_hub: HubProcess, fresh: str, tmp_path: Path) -> None:
    """Nothing twice, nothing missed, and a poll with nothing new returns nothing."""
    path = tmp_path / "state"
    with running_hub.connection() as connection:
        for start in (0, 10, 20):
            publish_objects(connection, fresh, indicators(10, start))
            for expected in (indicators(10, start), []):
                own_keeper = keeper(path, connection, fresh)
                assert poll(connection, fresh, own_keeper, page_objects=4) == ids(expected)
                own_keeper.close()


def test_an_object_counts_as_taken_when_the_next_is_asked_for(
    running_hub: HubProcess, fresh: str, tmp_path: Path
) -> None:
    """A follower that stops in the middle gets the last object again, and no other."""
    client = HubClient(running_hub.connection())
    filters = Asked(types=INDICATORS)
    with client:
        publish_objects(client.connection, fresh, indicators(9))
        seen: list[str] = []
        for stop in (4, 3, 9):
            items = client.follow(fresh, checkpoint=tmp_path / "state", once=True, raw=True, asked=filters)
            seen += ids(list(itertools.islice(items, stop)))
            items.close()  # type: ignore[attr-defined] # a generator, which `break` closes when it is forgotten
    all_ids = ids(indicators(9))
    assert seen == all_ids[:4] + all_ids[3:6] + all_ids[5:]


def test_newer_versions_come_and_older_ones_only_where_asked(running_hub: HubProcess, fresh: str) -> None:
    """By default the last version of each object, as TAXII does."""
    with running_hub.connection() as connection:
        publish_objects(connection, fresh, [indicator(1, 1), indicator(2, 1)])
        publish_objects(connection, fresh, [indicator(1, 2)])
        assert poll(connection, fresh) == ids([indicator(2), indicator(1)])
        assert poll(connection, fresh, all_versions=True) == ids([indicator(1), indicator(2), indicator(1)])


def test_analysts_get_stix2_objects_and_dicts_on_request(running_hub: HubProcess, fresh: str) -> None:
    """Both are read alike; the dicts are equal to what was published."""
    with HubClient(running_hub.connection()) as client:
        publish_objects(client.connection, fresh, indicators(2))
        filters = Asked(types=INDICATORS)
        typed = list(client.follow(fresh, once=True, asked=filters))
        assert [type(item.stix) for item in typed] == [stix2.v21.Indicator] * 2
        assert [item["id"] for item in typed] == ids(indicators(2))
        assert list(client.follow(fresh, once=True, raw=True, asked=filters)) == indicators(2)


def test_an_out_file_that_was_moved_away_starts_again(running_hub: HubProcess, fresh: str, tmp_path: Path) -> None:
    """Rotated logs: the new file continues where the old one ended."""
    out, state = tmp_path / "out.jsonl", tmp_path / "state"
    with running_hub.connection() as connection:
        for start in (0, 3):
            publish_objects(connection, fresh, indicators(3, start))
            own_keeper = keeper(state, connection, fresh, out)
            poll(connection, fresh, own_keeper)
            own_keeper.close()
            out.rename(tmp_path / f"out.{start}")
    assert [lines(tmp_path / f"out.{start}") for start in (0, 3)] == [indicators(3), indicators(3, 3)]


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    """Each in its own words, before anything is written."""
    filters: dict[str, Any] = {"types": []}
    state, out = tmp_path / "state", tmp_path / "out"
    out.write_text('{"a":1}\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match="exists already"):
        FileKeeper(state, collection="c", asked=filters, out=out)
    out.unlink()
    first = FileKeeper(state, collection="c", asked=filters, out=out)
    with pytest.raises(BusyError, match="another process follows"):
        FileKeeper(state, collection="c", asked=filters, out=out)
    first.hand_over({"a": 1})
    first.commit(Position("2026-01-01T00:00:00.000000Z"))
    first.close()
    out.write_text("", encoding="utf-8")
    FileKeeper(state, collection="c", asked=filters, out=out).close()
    out.write_text("x" * 30, encoding="utf-8")
    for more, says in (
        ({"collection": "d", "out": out}, "another collection"),
        ({"asked": {"types": ["note"]}, "out": out}, "other filters"),
        ({"out": tmp_path / "other"}, "belongs to the out file 'out'"),
        ({}, "belongs to the out file 'out'"),
    ):
        with pytest.raises(ConfigurationError, match=says):
            FileKeeper(state, **{"collection": "c", "asked": filters, **more})  # type: ignore[arg-type] # a table of cases
    bare_state = tmp_path / "bare"
    FileKeeper(bare_state, collection="c", asked=filters).close()
    with pytest.raises(ConfigurationError, match="begun without an out file"):
        FileKeeper(bare_state, collection="c", asked=filters, out=tmp_path / "new")
    for text in ("", "{}", "nonsense", '["a"]', '{"form": 2}'):
        bare_state.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigurationError, match="no checkpoint"):
            FileKeeper(bare_state, collection="c", asked=filters)


def test_an_out_file_that_became_shorter_is_refused(tmp_path: Path) -> None:
    """Something else has changed it: continuing would leave a gap that nobody sees."""
    filters: dict[str, Any] = {}
    state, out = tmp_path / "state", tmp_path / "out"
    own_keeper = FileKeeper(state, collection="c", asked=filters, out=out)
    for number in range(3):
        own_keeper.hand_over({"a": number})
    own_keeper.commit(Position("2026-01-01T00:00:00.000000Z"))
    own_keeper.close()
    os.truncate(out, 8)
    with pytest.raises(ConfigurationError, match="shorter"):
        FileKeeper(state, collection="c", asked=filters, out=out)


def test_objects_are_written_as_they_came(tmp_path: Path) -> None:
    """Scripts of the region, numbers, half of a surrogate pair: one line of JSON each, equal to what the server sent."""
    objects: list[dict[str, Any]] = [
        {**indicator(1), "name": "ក្រុម CERT\u2028đội ứng cứu", "x_number": 1.10, "x_large": 10**19},
        {**indicator(2), "name": "\ud800"},
    ]
    out = tmp_path / "out.jsonl"
    page = Answer(body={"more": False, "objects": objects}, headers={FIRST: date(1), LAST: date(2)})
    with Scripted(taxii(lambda _: page)) as server, HubClient(HubConnection(server.url + "root/")) as client:
        list(client.follow("One", out=out, once=True, raw=True))
    assert [json.loads(text) for text in out.read_bytes().split(b"\n")[:-1]] == objects
    assert "ក្រុម".encode() in out.read_bytes()
    assert str(COLLECTION["id"]) in (tmp_path / "out.jsonl.checkpoint").read_text()


def test_a_mark_depends_on_the_content_alone() -> None:
    """The order of keys does not matter, everything else does."""
    assert mark({"a": 1, "b": 2}) == mark({"b": 2, "a": 1}) != mark({"a": 1, "b": 3})
