"""The outbox: what was put is sent, once, in order, whatever dies on the way; what is refused is kept with the reason."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path

import pytest

from hub.errors import BusyError, ConnectionFailedError, ReadingError, UnauthenticatedError
from hub.home.locks import locked
from hub.producer.connection import HubConnection
from hub.producer.outbox import Outbox
from hub.producer.patience import Patience
from tests import warm
from tests.ports import free_port
from tests.producer.offices import Office
from tests.producer.running import (
    HubProcess,
    as_file,
    command,
    cutting_line,
    indicators,
)
from tests.server.making import IDENTITIES, ids, indicator

NO_PATIENCE = Patience(tries=1, connect_seconds=5)


@pytest.fixture
def box(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "outbox")


def stored_ids(hub: HubProcess, collection: str) -> list[str]:
    """The ids of the indicators there, every version, sorted."""
    return sorted(item["id"] for item in hub.objects_in(collection) if item["type"] == "indicator")


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_what_is_sent_leaves_the_outbox_with_its_receipt(running_hub: HubProcess, fresh: str, box: Outbox) -> None:
    """The file and its receipt are in sent/, and nothing waits."""
    name = box.put(indicators(4), hub=running_hub.url, to=fresh, source="report.csv")
    assert box.waiting() == [name]
    with running_hub.connection() as connection:
        (settled,) = box.send(connection)
    assert (settled.name, settled.source, settled.refused) == (name, "report.csv", False)
    assert box.waiting() == []
    assert files(box.folder / "sent") == [name, f"{name}.receipt.json"]
    assert box.delivery(name) == settled
    assert stored_ids(running_hub, fresh) == sorted(ids(indicators(4)))


def test_what_is_refused_is_kept_with_the_reason_and_can_be_tried_again(
    running_hub: HubProcess, fresh: str, box: Outbox
) -> None:
    """The good object beside it is on the hub; trying again doubles nothing."""
    name = box.put([indicator(1), indicator(2, confidence=101)], hub=running_hub.url, to=fresh)
    with running_hub.connection() as connection:
        (settled,) = box.send(connection)
        assert settled.refused
        assert "confidence" in settled.receipt.failures[0].reason
        assert box.refused() == [name]
        assert "confidence" in (box.folder / "refused" / f"{name}.receipt.json").read_text()
        box.retry(name)
        assert box.waiting() == [name]
        (again,) = box.send(connection)
    assert again.receipt.repeats == (indicator(1)["id"],)
    assert stored_ids(running_hub, fresh) == [indicator(1)["id"]]
    box.discard(name)
    assert box.refused() == []
    with pytest.raises(ReadingError, match="none was refused"):
        box.retry(name)


def test_a_collection_that_is_not_there_refuses_the_file_and_not_those_behind_it(
    running_hub: HubProcess, fresh: str, box: Outbox
) -> None:
    """A slip in one name does not delay the queue."""
    wrong = box.put(indicators(1), hub=running_hub.url, to="fersh")
    right = box.put(indicators(1), hub=running_hub.url, to=fresh)
    with running_hub.connection() as connection:
        settled = list(box.send(connection))
    assert [(delivery.name, delivery.refused) for delivery in settled] == [(wrong, True), (right, False)]
    assert "no collection 'fersh'" in settled[0].receipt.in_words()


def test_a_hub_that_is_away_costs_nothing_but_time(running_hub: HubProcess, fresh: str, box: Outbox) -> None:
    """The file waits, and goes when the hub is back."""
    unreachable_hub = HubConnection(f"http://127.0.0.1:{free_port()}/", patience=NO_PATIENCE)
    name = box.put(indicators(2), hub=unreachable_hub.url, to=fresh)
    with unreachable_hub, pytest.raises(ConnectionFailedError):
        list(box.send(unreachable_hub))
    assert box.waiting() == [name]
    here = box.put(indicators(2), hub=running_hub.url, to=fresh)
    with running_hub.connection() as connection:
        assert [delivery.name for delivery in box.send(connection)] == [here]
    # what was put for another hub stays for that one
    assert box.waiting() == [name]


def test_credentials_that_fail_are_no_fault_of_the_file(running_hub: HubProcess, fresh: str, box: Outbox) -> None:
    """With a wrong key everything stays in the outbox."""
    name = box.put(indicators(1), hub=running_hub.url, to=fresh)
    with HubConnection(running_hub.url, key="wrong-key") as connection, pytest.raises(UnauthenticatedError):
        list(box.send(connection))
    assert box.waiting() == [name]


def test_files_go_in_the_order_in_which_they_were_put(running_hub: HubProcess, fresh: str, tmp_path: Path) -> None:
    """Also where the clock stands still, or is set back."""
    times = iter([5_000_000_000_000_000_000, 5_000_000_000_000_000_000, 4_000_000_000_000_000_000])
    box = Outbox(tmp_path / "outbox", clock=lambda: next(times))
    names = [box.put([indicator(1, version)], hub=running_hub.url, to=fresh) for version in (1, 2, 3)]
    assert box.waiting() == names
    with running_hub.connection() as connection:
        assert [delivery.name for delivery in box.send(connection)] == names
    versions = [item["modified"] for item in running_hub.objects_in(fresh) if item["type"] == "indicator"]
    assert versions == [indicator(1, version)["modified"] for version in (1, 2, 3)]


def test_a_damaged_file_is_set_aside_and_reported(running_hub: HubProcess, fresh: str, box: Outbox) -> None:
    """It delays nothing behind it."""
    bad = box.put(indicators(1), hub=running_hub.url, to=fresh)
    good = box.put(indicators(1), hub=running_hub.url, to=fresh)
    (box.folder / bad).write_text("{", encoding="utf-8")
    with running_hub.connection() as connection:
        settled = list(box.send(connection))
    assert [(delivery.name, delivery.refused) for delivery in settled] == [(bad, True), (good, False)]
    assert "damaged" in settled[0].receipt.in_words()


def test_only_one_process_sends_at_a_time(running_hub: HubProcess, fresh: str, box: Outbox) -> None:
    """The second process is refused, or waits; nothing is sent twice."""
    box.put(indicators(1), hub=running_hub.url, to=fresh)
    with (
        running_hub.connection() as connection,
        locked(box.folder / ".lock", "busy"),
        pytest.raises(BusyError, match="not lost"),
    ):
        list(box.send(connection, lock_seconds=0))


def test_two_senders_at_once_send_each_file_once(running_hub: HubProcess, fresh: str, box: Outbox) -> None:
    """Of two processes on one outbox each object is accepted once, and none is a repeat."""
    for start in range(0, 100, 5):
        box.put(indicators(5, start), hub=running_hub.url, to=fresh)
    words = command("outbox", "send", "--json", "--outbox", str(box.folder))
    environment = running_hub.client_environment()
    both = [subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    lines = [json.loads(line) for sender in both for line in sender.communicate(timeout=120)[0].splitlines()]
    assert [sender.returncode for sender in both] == [0, 0]
    assert len({line["file"] for line in lines}) == len(lines) == 20
    assert sum(len(line["successes"]) for line in lines) == 100
    assert not any(line["repeats"] for line in lines)


@pytest.mark.parametrize("seed", range(2))
def test_killed_anywhere_while_sending_nothing_is_lost_or_doubled(
    running_hub: HubProcess, fresh: str, box: Outbox, seed: int
) -> None:
    """SIGKILL at random lines, again and again: in the end each file is in sent/, each object on the hub once."""
    chance = random.Random(seed)
    for start in range(0, 40, 8):
        box.put(indicators(8, start), hub=running_hub.url, to=fresh)
    names = box.waiting()
    words = ["outbox", "send", "--outbox", str(box.folder)]
    kills = 0
    while box.waiting():
        kills += dying(running_hub, chance.randint(10, 200) if kills < 10 else 10**9, *words) == -9
    assert kills >= 5
    assert [name for name in files(box.folder / "sent") if not name.endswith(".receipt.json")] == names
    assert box.refused() == []
    assert stored_ids(running_hub, fresh) == sorted(ids(indicators(40)))


def test_killed_anywhere_while_publishing_a_file_is_whole_or_not_there(
    running_hub: HubProcess, fresh: str, box: Outbox, tmp_path: Path
) -> None:
    """For every line at which `hub publish` died, what waits can be sent, and publishing again doubles nothing."""
    chance = random.Random(3)
    words = ["publish", str(as_file(tmp_path / "b.json", indicators(20))), "--to", fresh, "--outbox", str(box.folder)]
    kills = sum(dying(running_hub, chance.randint(1, 300), *words) == -9 for _ in range(8))
    assert kills >= 4
    for name in box.waiting():
        assert ids(list(box.entry(name).objects)) == ids(indicators(20))
    assert dying(running_hub, 10**9, *words) == 0
    assert box.waiting() == []
    assert stored_ids(running_hub, fresh) == sorted(ids(indicators(20)))


def dying(hub: HubProcess, lines: int, *words: str) -> int:
    """The exit code of a `hub` command that is killed at that line of the producer's code, if it gets so far."""
    done = warm.run(*words, environment=hub.client_environment(), die_at=lines)
    assert done.returncode in (0, -9), done.stderr
    return done.returncode


def test_a_bad_line_empties_the_outbox_in_the_end(running_hub: HubProcess, fresh: str, box: Outbox) -> None:
    """Cut at random bytes with few tries at a time: each round continues where the last one broke off."""
    with cutting_line(running_hub.port, 11, longest=9_000) as line:
        url = f"http://127.0.0.1:{line.port}/region/"
        for start in range(0, 60, 10):
            box.put(indicators(10, start), hub=url, to=fresh)
        patience = Patience(tries=2, first_pause_seconds=0.001)
        for _ in range(200):
            with running_hub.connection(url=url, patience=patience) as connection:
                try:
                    list(box.send(connection))
                except ConnectionFailedError:
                    continue
            break
        assert line.cuts > 3
    assert box.waiting() == box.refused() == []
    assert stored_ids(running_hub, fresh) == sorted(ids(indicators(60)))


def run(hub: HubProcess, *words: str) -> subprocess.CompletedProcess[str]:
    return warm.run(*words, environment=hub.client_environment())


def test_the_command_says_what_became_of_a_file(running_hub: HubProcess, fresh: str, tmp_path: Path) -> None:
    """Accepted: 0. Something refused: 1, with the reason. A preview sends nothing. A missing file: 3."""
    file = as_file(tmp_path / "b.json", indicators(2))
    bad = as_file(tmp_path / "bad.json", [indicator(7, created_by_ref=IDENTITIES["SG"])])
    preview = run(running_hub, "publish", str(file), "--to", fresh, "--preview")
    assert (preview.returncode, preview.stdout) == (0, f"{file}: 2 objects, as they stand: 2 indicator\n")
    assert stored_ids(running_hub, fresh) == []
    done = run(running_hub, "publish", str(file), "--to", fresh)
    assert done.returncode == 0
    assert done.stdout.startswith("b.json: 2 objects for 'Fresh ")
    refused = run(running_hub, "publish", str(file), str(bad), "--to", fresh, "--json")
    assert refused.returncode == 1
    first, second = (json.loads(line) for line in refused.stdout.splitlines())
    assert len(first["repeats"]) == 2
    assert second["failures"][0]["id"] == indicator(7)["id"]
    missing_file = run(running_hub, "publish", str(tmp_path / "none.json"), "--to", fresh)
    assert missing_file.returncode == 3
    assert missing_file.stderr == f"hub publish: {tmp_path / 'none.json'}: No such file or directory\n"
    listed = run(running_hub, "outbox", "--json")
    assert second["file"] in [json.loads(line)["file"] for line in listed.stdout.splitlines()]
    unasked = run(running_hub, "outbox", "discard", second["file"])
    assert unasked.returncode == 3
    assert "--yes" in unasked.stderr
    assert second["file"] in run(running_hub, "outbox", "--json").stdout
    assert run(running_hub, "outbox", "discard", second["file"], "--yes").returncode == 0
    assert second["file"] not in run(running_hub, "outbox", "--json").stdout


def test_the_command_without_a_hub_keeps_the_file_and_says_so(running_hub: HubProcess, tmp_path: Path) -> None:
    """4: the same may succeed later, and the sentence says with which command."""
    file = as_file(tmp_path / "b.json", indicators(2))
    box = tmp_path / "box"
    url = f"http://127.0.0.1:{free_port()}/"
    office = Office("ID", tmp_path / "home", url, running_hub.keys["id-cert"], IDENTITIES["ID"])  # which waits less
    done = office.hub("publish", file, "--to", "id", "--outbox", box, code=4)
    assert "nothing listens there" in done.stderr
    assert "1 file waits" in done.stderr
    assert "hub outbox send" in done.stderr
    assert running_hub.keys["id-cert"] not in done.stderr
    assert "b.json, 2 objects for id at" in office.hub("outbox", "--outbox", box).stdout
