"""To follow: every object once and in order, whatever is killed, cut or started again on the way."""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import stix2

from hub.errors import BusyError, ConfigurationError, ConnectionFailedError
from hub.producer.api import HubClient
from hub.producer.checkpoint import FileKeeper, Keeper, Position, mark
from hub.producer.connection import HubConnection
from hub.producer.follow import Asked, Rhythm, follow
from hub.producer.patience import Patience
from hub.producer.publish import publish
from tests import warm
from tests.producer.conftest import Medallion
from tests.producer.running import QUICK, HubProcess, command, cutting_line, ids, indicators, lines
from tests.producer.scripted import COLLECTION, Answer, Scripted, taxii
from tests.producer.scripted import Asked as Request
from tests.server.making import FIRST, LAST, indicator

ONCE = Rhythm(once=True)
INDICATORS = ("indicator",)


def put(connection: HubConnection, collection: str, objects: list[dict[str, Any]]) -> None:
    assert publish(connection, connection.collection(collection), objects).complete


def poll(connection: HubConnection, collection: str, keeper: Keeper | None = None, **asked: Any) -> list[str]:
    """The ids of the indicators that one round hands over."""
    followed = connection.collection(collection)
    filters = Asked(types=INDICATORS, **asked)
    return ids(list(follow(connection, followed, keeper or Keeper(), filters, ONCE)))


def keeper(path: Path, connection: HubConnection, collection: str, out: Path | None = None) -> FileKeeper:
    followed = connection.collection(collection)
    return FileKeeper(path, collection=followed.id, asked=Asked(types=INDICATORS).as_dict(), out=out)


@pytest.mark.parametrize("page", [1, 7, 1000])
def test_each_object_comes_once_and_in_order(running_hub: HubProcess, fresh: str, page: int) -> None:
    """Whatever the size of the pages."""
    with running_hub.connection() as connection:
        put(connection, fresh, indicators(30))
        assert poll(connection, fresh, page_objects=page) == ids(indicators(30))


def test_a_checkpoint_goes_on_where_the_last_call_ended(running_hub: HubProcess, fresh: str, tmp_path: Path) -> None:
    """Nothing twice, nothing missed, and a poll with nothing new hands over nothing."""
    path = tmp_path / "state"
    with running_hub.connection() as connection:
        for start in (0, 10, 20):
            put(connection, fresh, indicators(10, start))
            for expected in (indicators(10, start), []):
                own_keeper = keeper(path, connection, fresh)
                assert poll(connection, fresh, own_keeper, page_objects=4) == ids(expected)
                own_keeper.close()


def test_an_object_counts_as_taken_when_the_next_is_asked_for(
    running_hub: HubProcess, fresh: str, tmp_path: Path
) -> None:
    """Who breaks off in the middle meets the last object again, and no other."""
    client = HubClient(running_hub.connection())
    asked = Asked(types=INDICATORS)
    with client:
        put(client.connection, fresh, indicators(9))
        seen: list[str] = []
        for stop in (4, 3, 9):
            items = client.follow(fresh, checkpoint=tmp_path / "state", once=True, raw=True, asked=asked)
            seen += ids(list(itertools.islice(items, stop)))
            items.close()  # type: ignore[attr-defined] # a generator, which `break` closes when it is forgotten
    all_ids = ids(indicators(9))
    assert seen == all_ids[:4] + all_ids[3:6] + all_ids[5:]


def test_newer_versions_come_and_older_ones_only_where_asked(running_hub: HubProcess, fresh: str) -> None:
    """By default the last version of each object, as TAXII does."""
    with running_hub.connection() as connection:
        put(connection, fresh, [indicator(1, 1), indicator(2, 1)])
        put(connection, fresh, [indicator(1, 2)])
        assert poll(connection, fresh) == ids([indicator(2), indicator(1)])
        assert poll(connection, fresh, all_versions=True) == ids([indicator(1), indicator(2), indicator(1)])


def test_analysts_get_stix2_objects_and_dicts_on_request(running_hub: HubProcess, fresh: str) -> None:
    """Both are read alike; the dicts are equal to what was published."""
    with HubClient(running_hub.connection()) as client:
        put(client.connection, fresh, indicators(2))
        asked = Asked(types=INDICATORS)
        typed = list(client.follow(fresh, once=True, asked=asked))
        assert [type(item.stix) for item in typed] == [stix2.v21.Indicator] * 2
        assert [item["id"] for item in typed] == ids(indicators(2))
        assert list(client.follow(fresh, once=True, raw=True, asked=asked)) == indicators(2)


def test_following_goes_on_while_the_hub_is_stopped_and_started(own_hub: HubProcess, tmp_path: Path) -> None:
    """For ever means across restarts: trouble is told once, and everything comes once, in order."""
    own_hub.start()
    texts: list[str] = []
    with own_hub.connection() as writer, own_hub.connection(patience=Patience(tries=1)) as reader:
        put(writer, "id", indicators(5))

        def back() -> None:
            own_hub.start()
            put(writer, "id", indicators(5, 10))

        # what happens in each pause between two polls
        script: Iterator[Callable[[], None]] = iter(
            [lambda: put(writer, "id", indicators(5, 5)), own_hub.stop, lambda: None, lambda: None, back]
        )
        rhythm = Rhythm(wait=lambda _seconds: next(script)(), tell=texts.append)
        own_keeper = keeper(tmp_path / "state", reader, "id")
        items = follow(reader, reader.collection("id"), own_keeper, Asked(types=INDICATORS, page_objects=3), rhythm)
        assert ids(list(itertools.islice(items, 15))) == ids(indicators(15))
    assert [word for word in texts if "nothing listens" in word or "cut in the middle" in word] == texts[:1]
    assert len(texts) == 1


@pytest.mark.parametrize("seed", range(4))
def test_a_line_that_is_cut_anywhere_neither_loses_nor_doubles(
    running_hub: HubProcess, fresh: str, tmp_path: Path, seed: int
) -> None:
    """Cut in the first page, in a later one, in its headers: the out file has each object once, in order."""
    objects = indicators(150)
    out = tmp_path / "out.jsonl"
    with running_hub.connection() as connection:
        put(connection, fresh, objects)
    with cutting_line(running_hub.port, seed, longest=4_000) as line:
        with HubClient(running_hub.connection(url=f"http://127.0.0.1:{line.port}/region/")) as client:
            asked = Asked(types=INDICATORS, page_objects=10)
            list(client.follow(fresh, out=out, once=True, raw=True, asked=asked))
        assert line.cuts > 3
    assert lines(out) == objects


def dying(hub: HubProcess, at: int, *words: str) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and printed objects of `hub follow` that is killed at that line of the producer's code."""
    done = warm.run("follow", *words, "--once", "--type", "indicator", environment=hub.client_environment(), die_at=at)
    assert done.returncode in (0, -9), done.stderr
    return done.returncode, [json.loads(text) for text in done.stdout.splitlines()]


@pytest.mark.parametrize("seed", range(2))
def test_killed_anywhere_an_out_file_has_each_object_exactly_once(
    running_hub: HubProcess, fresh: str, tmp_path: Path, seed: int
) -> None:
    """SIGKILL at random lines of the follower, again and again, while objects are added and replaced."""
    chance = random.Random(seed)
    out = tmp_path / "out.jsonl"
    with running_hub.connection() as connection:
        put(connection, fresh, indicators(40))
        words = [fresh, "--out", str(out), "--page", str(chance.choice([3, 7, 50]))]
        kills = 0
        for added in range(12):
            kills += dying(running_hub, chance.randint(1, 500), *words)[0] == -9
            put(connection, fresh, indicators(2, 40 + 2 * added))
    assert dying(running_hub, 10**9, *words)[0] == 0
    assert kills >= 5
    assert lines(out) == indicators(64)


@pytest.mark.parametrize("seed", range(2))
def test_killed_anywhere_at_most_the_last_object_is_printed_again(
    running_hub: HubProcess, fresh: str, tmp_path: Path, seed: int
) -> None:
    """Without an out file: nothing missed, and each run begins with the last object of the run before, or behind it."""
    chance = random.Random(seed)
    with running_hub.connection() as connection:
        put(connection, fresh, indicators(60))
    words = [fresh, "--checkpoint", str(tmp_path / "state"), "--page", "9"]
    printed: list[str] = []
    kills = 0
    for _ in range(12):
        code, items = dying(running_hub, chance.randint(1, 400), *words)
        kills += code == -9
        printed += _continued(printed, ids(items))
    printed += _continued(printed, ids(dying(running_hub, 10**9, *words)[1]))
    assert kills >= 5
    assert printed == ids(indicators(60))


@pytest.mark.parametrize("page_objects", [2, 7])
@pytest.mark.parametrize("with_out", [True, False])
def test_a_kill_between_the_last_object_of_a_page_and_its_position_doubles_nothing(
    running_hub: HubProcess, fresh: str, tmp_path: Path, page_objects: int, with_out: bool
) -> None:
    """The next run asks from the position before: its pages begin elsewhere, and the first ends before that object."""
    state, out = tmp_path / "state", tmp_path / "out.jsonl" if with_out else None
    with running_hub.connection() as connection:
        put(connection, fresh, indicators(30))
        followed = connection.collection(fresh)
        taken: list[str] = []
        commits = itertools.count(1)
        killed = keeper(state, connection, fresh, out)
        commit = killed.commit

        def commit_or_die(position: Position) -> None:
            if next(commits) == 3:
                raise KeyboardInterrupt
            commit(position)

        killed.commit = commit_or_die  # type: ignore[method-assign] # as a kill at this line
        with pytest.raises(KeyboardInterrupt):
            taken += (
                item["id"]
                for item in follow(
                    connection, followed, killed, Asked(types=INDICATORS, page_objects=page_objects), ONCE
                )
            )
        killed.close()
        assert len(taken) == 3 * page_objects
        again = keeper(state, connection, fresh, out)
        taken += poll(connection, fresh, again, page_objects=page_objects)
        again.close()
    assert taken == ids(indicators(30))
    assert out is None or lines(out) == indicators(30)


def _continued(before: list[str], now: list[str]) -> list[str]:
    """What a run adds: it may begin with the last object of the run before."""
    return now[1:] if before and now[:1] == before[-1:] else now


def test_half_a_line_at_the_end_of_an_out_file_is_mended(running_hub: HubProcess, fresh: str, tmp_path: Path) -> None:
    """A write that was cut in the middle leaves half an object, which comes again whole."""
    out, state = tmp_path / "out.jsonl", tmp_path / "state"
    with running_hub.connection() as connection:
        put(connection, fresh, indicators(3))
        own_keeper = keeper(state, connection, fresh, out)
        poll(connection, fresh, own_keeper)
        own_keeper.close()
        put(connection, fresh, indicators(3, 3))
        with out.open("ab") as file:
            file.write(json.dumps(indicator(3)).encode() + b"\n" + json.dumps(indicator(4)).encode()[:30])
        own_keeper = keeper(state, connection, fresh, out)
        assert poll(connection, fresh, own_keeper) == ids(indicators(2, 4))
        own_keeper.close()
    assert lines(out) == indicators(6)


def test_an_out_file_that_was_moved_away_begins_anew(running_hub: HubProcess, fresh: str, tmp_path: Path) -> None:
    """Rotated logs: the new file goes on where the old one ended."""
    out, state = tmp_path / "out.jsonl", tmp_path / "state"
    with running_hub.connection() as connection:
        for start in (0, 3):
            put(connection, fresh, indicators(3, start))
            own_keeper = keeper(state, connection, fresh, out)
            poll(connection, fresh, own_keeper)
            own_keeper.close()
            out.rename(tmp_path / f"out.{start}")
    assert [lines(tmp_path / f"out.{start}") for start in (0, 3)] == [indicators(3), indicators(3, 3)]


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    """Each in its own words, before anything is written."""
    asked: dict[str, Any] = {"types": []}
    state, out = tmp_path / "state", tmp_path / "out"
    out.write_text('{"a":1}\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match="is there already"):
        FileKeeper(state, collection="c", asked=asked, out=out)
    out.unlink()
    first = FileKeeper(state, collection="c", asked=asked, out=out)
    with pytest.raises(BusyError, match="another process follows"):
        FileKeeper(state, collection="c", asked=asked, out=out)
    first.hand_over({"a": 1})
    first.commit(Position("2026-01-01T00:00:00.000000Z"))
    first.close()
    out.write_text("", encoding="utf-8")
    FileKeeper(state, collection="c", asked=asked, out=out).close()
    out.write_text("x" * 30, encoding="utf-8")
    for more, says in (
        ({"collection": "d", "out": out}, "another collection"),
        ({"asked": {"types": ["note"]}, "out": out}, "other filters"),
        ({"out": tmp_path / "other"}, "belongs to the out file 'out'"),
        ({}, "belongs to the out file 'out'"),
    ):
        with pytest.raises(ConfigurationError, match=says):
            FileKeeper(state, **{"collection": "c", "asked": asked, **more})  # type: ignore[arg-type] # a table of cases
    bare = tmp_path / "bare"
    FileKeeper(bare, collection="c", asked=asked).close()
    with pytest.raises(ConfigurationError, match="begun without an out file"):
        FileKeeper(bare, collection="c", asked=asked, out=tmp_path / "new")
    for text in ("", "{}", "nonsense", '["a"]', '{"form": 2}'):
        bare.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigurationError, match="no checkpoint"):
            FileKeeper(bare, collection="c", asked=asked)


def test_an_out_file_that_became_shorter_is_refused(tmp_path: Path) -> None:
    """Something else has changed it: to go on would leave a gap that nobody sees."""
    asked: dict[str, Any] = {}
    state, out = tmp_path / "state", tmp_path / "out"
    own_keeper = FileKeeper(state, collection="c", asked=asked, out=out)
    for number in range(3):
        own_keeper.hand_over({"a": number})
    own_keeper.commit(Position("2026-01-01T00:00:00.000000Z"))
    own_keeper.close()
    os.truncate(out, 8)
    with pytest.raises(ConfigurationError, match="shorter"):
        FileKeeper(state, collection="c", asked=asked, out=out)


def test_another_server_with_dates_that_many_objects_share(medallion: Medallion, tmp_path: Path) -> None:
    """There a server dates a whole envelope alike and its `next` is good once: pages of 20 lose and repeat nothing, also
    when the follower ends in the middle and its token with it.
    """
    with medallion.connection() as connection:
        put(connection, "Other", indicators(50))
        put(connection, "Other", indicators(25, 50))
        expected = set(ids(indicators(75)))
        assert sorted(poll(connection, "Other", page_objects=20)) == sorted(expected)
        seen: list[str] = []
        for _ in range(12):
            own_keeper = keeper(tmp_path / "state", connection, "Other")
            asked = Asked(types=INDICATORS, page_objects=20)
            items = follow(connection, connection.collection("Other"), own_keeper, asked, ONCE)
            new = ids(list(itertools.islice(items, 13)))
            assert not (set(new[1:]) & set(seen)), "only the last object may come again"
            seen += new
            own_keeper.close()
        assert set(seen) == expected
        own_keeper = keeper(tmp_path / "state", connection, "Other")
        assert set(poll(connection, "Other", own_keeper)) <= {seen[-1]}
        assert poll(connection, "Other", own_keeper) == []
        own_keeper.close()


def date(place: int) -> str:
    return f"2026-04-02T03:10:00.{place:06d}Z"


def paged(count: int, *, tokens: bool, size: int = 3, tokens_work: bool = True) -> Callable[[Request], Answer]:
    """A server of `count` objects with dates of their own; with or without `next`, which may be refused."""

    def objects(asked: Request) -> Answer:
        query = parse_qs(urlsplit(asked.path).query)
        after = query.get("added_after", [""])[0]
        start = next((place for place in range(count) if date(place) > after), count)
        if "next" in query:
            if not tokens_work:
                return Answer(400, {"title": "That token is spent"})
            start = int(query["next"][0])
        numbers = list(range(start, min(start + size, count)))
        envelope: dict[str, Any] = {"more": bool(numbers) and numbers[-1] + 1 < count}
        if not numbers:
            return Answer(body=envelope)
        envelope["objects"] = indicators(len(numbers), numbers[0])
        if envelope["more"] and tokens:
            envelope["next"] = str(numbers[-1] + 1)
        return Answer(body=envelope, headers={FIRST: date(numbers[0]), LAST: date(numbers[-1])})

    return taxii(objects)


@pytest.mark.parametrize("tokens", [True, False], ids=["next", "added_after"])
def test_pages_by_token_or_by_date(tokens: bool, tmp_path: Path) -> None:
    """A server that gives no `next` is paged by the date of the last record, as TAXII 2.1 (3.5) has it."""
    with (
        Scripted(paged(10, tokens=tokens)) as server,
        HubConnection(server.url + "root/", patience=QUICK) as connection,
    ):
        own_keeper = keeper(tmp_path / "state", connection, "One")
        assert poll(connection, "One", own_keeper) == ids(indicators(10))
        assert poll(connection, "One", own_keeper) == []
        own_keeper.close()


def test_a_token_that_is_refused_is_replaced_by_the_date(tmp_path: Path) -> None:
    """Servers restart and forget their tokens: the way on is the date of the last record, minus what was met."""
    with (
        Scripted(paged(10, tokens=True, tokens_work=False)) as server,
        HubConnection(server.url + "root/", patience=QUICK) as connection,
    ):
        own_keeper = keeper(tmp_path / "state", connection, "One")
        assert poll(connection, "One", own_keeper) == ids(indicators(10))
        own_keeper.close()


def test_a_server_that_says_more_and_gives_no_way_to_it_is_told_of() -> None:
    """taxii2-client alone would ask for the same page for ever."""
    stuck = Answer(body={"more": True, "objects": indicators(1)}, headers={FIRST: date(1), LAST: date(1)})
    with Scripted(taxii(lambda _: stuck)) as server:
        with (
            HubConnection(server.url + "root/", patience=QUICK) as connection,
            pytest.raises(ConnectionFailedError, match="gives no way to it"),
        ):
            poll(connection, "One")
        assert len(server.asked) < 10


def test_a_server_that_names_no_dates_is_followed_all_the_same(tmp_path: Path) -> None:
    """It is asked from the same place each time, and what was met is not handed over again."""
    with (
        Scripted(taxii(lambda _: Answer(body={"more": False, "objects": indicators(4)}))) as server,
        HubConnection(server.url + "root/", patience=QUICK) as connection,
    ):
        for expected in (ids(indicators(4)), []):
            own_keeper = keeper(tmp_path / "state", connection, "One")
            assert poll(connection, "One", own_keeper) == expected
            own_keeper.close()


def test_a_server_whose_added_after_is_inclusive_repeats_nothing(tmp_path: Path) -> None:
    """Some take it as "from then on": the last object of the round before is known, and not handed over again."""
    page = Answer(body={"more": False, "objects": indicators(1)}, headers={FIRST: date(1), LAST: date(1)})
    with Scripted(taxii(lambda _: page)) as server, HubConnection(server.url + "root/", patience=QUICK) as connection:
        own_keeper = keeper(tmp_path / "state", connection, "One")
        assert [poll(connection, "One", own_keeper) for _ in range(3)] == [ids(indicators(1)), [], []]
        own_keeper.close()


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


def test_a_mark_is_of_the_content() -> None:
    """The order of keys does not matter, everything else does."""
    assert mark({"a": 1, "b": 2}) == mark({"b": 2, "a": 1}) != mark({"a": 1, "b": 3})


def started(hub: HubProcess, *words: str) -> subprocess.Popen[bytes]:
    """`hub follow`, as at a terminal: tests that a shell runs in the background ignore SIGINT, and their children would, too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            command("follow", *words),
            env=hub.client_environment("sg-cert"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_to_be_stopped_is_how_following_for_ever_ends(
    running_hub: HubProcess, fresh: str, tmp_path: Path, number: signal.Signals
) -> None:
    """Exit code 0 and not a word; the checkpoint has everything but perhaps the last object."""
    with running_hub.connection() as connection:
        put(connection, fresh, indicators(3))
    state = tmp_path / "state"
    process = started(running_hub, fresh, "--checkpoint", str(state), "--type", "indicator")
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        printed = [json.loads(process.stdout.readline())["id"] for _ in range(3)]
        process.send_signal(number)
        assert (process.wait(30), process.stdout.read(), process.stderr.read()) == (0, b"", b"")
    assert printed == ids(indicators(3))
    with running_hub.connection() as connection:
        own_keeper = keeper(state, connection, fresh)
        assert set(poll(connection, fresh, own_keeper)) <= {printed[-1]}
        own_keeper.close()


def test_a_reader_that_has_had_enough_ends_the_command_quietly(running_hub: HubProcess, fresh: str) -> None:
    """`hub follow … | head -1` is no error."""
    with running_hub.connection() as connection:
        put(connection, fresh, indicators(500))
    process = started(running_hub, fresh, "--once", "--type", "indicator", "--page", "10")
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stderr:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == 0
        assert process.stderr.read() == b""


def test_the_command_prints_objects_and_counts_what_it_writes(
    running_hub: HubProcess, fresh: str, tmp_path: Path
) -> None:
    """On stdout one JSON object a line; with --out the count on stderr, and nothing twice when it is run again."""
    with running_hub.connection() as connection:
        put(connection, fresh, indicators(3))
    process = started(running_hub, fresh, "--once", "--type", "indicator")
    output, errors = process.communicate(timeout=60)
    assert ([json.loads(text) for text in output.splitlines()], errors) == (indicators(3), b"")
    out = tmp_path / "out.jsonl"
    for count in (3, 0):
        process = started(running_hub, fresh, "--once", "--type", "indicator", "--out", str(out))
        output, errors = process.communicate(timeout=60)
        assert (output, errors) == (b"", f"{out}: {count} new objects\n".encode())
    assert lines(out) == indicators(3)
    process = started(running_hub, "no-such-collection", "--once")
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 3
    assert b"has no collection 'no-such-collection'; it has: " in errors
