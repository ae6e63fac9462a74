"""Following that is killed, cut or stopped on the way: every object once and in order, at most the last one printed again."""

from __future__ import annotations

import itertools
import json
import random
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.producer.api import HubClient
from hub.producer.checkpoint import Position
from hub.producer.follow import Asked, Rhythm, follow
from hub.producer.patience import Patience
from tests import warm
from tests.producer.following import INDICATORS, ONCE, keeper, poll, publish_objects
from tests.producer.running import HubProcess, command, cutting_line, indicators, lines
from tests.server.making import ids, indicator


def test_following_continues_while_the_hub_is_stopped_and_started(own_hub: HubProcess, tmp_path: Path) -> None:
    """For ever means across restarts: trouble is reported once, and everything comes once, in order."""
    own_hub.start()
    texts: list[str] = []
    with own_hub.connection() as writer, own_hub.connection(patience=Patience(tries=1)) as reader:
        publish_objects(writer, "id", indicators(5))

        def back() -> None:
            own_hub.start()
            publish_objects(writer, "id", indicators(5, 10))

        # what happens in each pause between two polls
        script: Iterator[Callable[[], None]] = iter(
            [lambda: publish_objects(writer, "id", indicators(5, 5)), own_hub.stop, lambda: None, lambda: None, back]
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
        publish_objects(connection, fresh, objects)
    with cutting_line(running_hub.port, seed, longest=4_000) as line:
        with HubClient(running_hub.connection(url=f"http://127.0.0.1:{line.port}/region/")) as client:
            filters = Asked(types=INDICATORS, page_objects=10)
            list(client.follow(fresh, out=out, once=True, raw=True, asked=filters))
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
        publish_objects(connection, fresh, indicators(40))
        words = [fresh, "--out", str(out), "--page", str(chance.choice([3, 7, 50]))]
        kills = 0
        for added in range(12):
            kills += dying(running_hub, chance.randint(1, 500), *words)[0] == -9
            publish_objects(connection, fresh, indicators(2, 40 + 2 * added))
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
        publish_objects(connection, fresh, indicators(60))
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
        publish_objects(connection, fresh, indicators(30))
        followed = connection.collection(fresh)
        received: list[str] = []
        commits = itertools.count(1)
        killed = keeper(state, connection, fresh, out)
        commit = killed.commit

        def commit_or_die(position: Position) -> None:
            if next(commits) == 3:
                raise KeyboardInterrupt
            commit(position)

        killed.commit = commit_or_die  # type: ignore[method-assign] # as a kill at this line
        with pytest.raises(KeyboardInterrupt):
            received += (
                item["id"]
                for item in follow(
                    connection, followed, killed, Asked(types=INDICATORS, page_objects=page_objects), ONCE
                )
            )
        killed.close()
        assert len(received) == 3 * page_objects
        again = keeper(state, connection, fresh, out)
        received += poll(connection, fresh, again, page_objects=page_objects)
        again.close()
    assert received == ids(indicators(30))
    assert out is None or lines(out) == indicators(30)


def _continued(before: list[str], now: list[str]) -> list[str]:
    """What a run adds: it may begin with the last object of the run before."""
    return now[1:] if before and now[:1] == before[-1:] else now


def test_half_a_line_at_the_end_of_an_out_file_is_replaced(running_hub: HubProcess, fresh: str, tmp_path: Path) -> None:
    """A write that was cut in the middle leaves half an object, which comes again whole."""
    out, state = tmp_path / "out.jsonl", tmp_path / "state"
    with running_hub.connection() as connection:
        publish_objects(connection, fresh, indicators(3))
        own_keeper = keeper(state, connection, fresh, out)
        poll(connection, fresh, own_keeper)
        own_keeper.close()
        publish_objects(connection, fresh, indicators(3, 3))
        with out.open("ab") as file:
            file.write(json.dumps(indicator(3)).encode() + b"\n" + json.dumps(indicator(4)).encode()[:30])
        own_keeper = keeper(state, connection, fresh, out)
        assert poll(connection, fresh, own_keeper) == ids(indicators(2, 4))
        own_keeper.close()
    assert lines(out) == indicators(6)


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
def test_following_for_ever_ends_by_a_signal(
    running_hub: HubProcess, fresh: str, tmp_path: Path, number: signal.Signals
) -> None:
    """Exit code 0 and no output; the checkpoint has everything except perhaps the last object."""
    with running_hub.connection() as connection:
        publish_objects(connection, fresh, indicators(3))
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
        publish_objects(connection, fresh, indicators(500))
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
        publish_objects(connection, fresh, indicators(3))
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
