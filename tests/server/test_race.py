"""Writers in four processes, readers who poll beside them, workers of the hub killed at random: nothing is lost or twice.

Laws L1 to L3 and L8 in one story. Publishers send each envelope until it is acknowledged, as `hub publish` does; the
readers poll by `next`, and by `added_after` with pages of 1, 7 and 1,000, and go on where they were after an error.
The short form is part of the suite, the long one is `make soak`.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.server.making import CONTENT_TYPE, LAST, Content, as_envelope, at, note
from tests.server.process import HubProcess
from tests.summary import Figures

MakeProcess = Callable[..., HubProcess]
WRITERS = 4
PATIENCE = 1500  # tries in a row that fail, 20 ms apart, until a client gives up
OBJECTS_A_REQUEST = 5
SETTLED = 7.0  # seconds
# how each reader pages: (by next?, limit)
READERS = ((True, 40), (False, 1), (False, 7), (False, 1000))


def number_of(writer: int, request: int, place: int) -> int:
    return writer * 10_000_000 + request * 10 + place


def write(url: str, key: str, writer: int, requests_each: int) -> None:
    """A publisher: each envelope again until it is acknowledged. Runs in a process of its own."""
    session = requests.Session()
    session.trust_env = False
    session.headers.update({"Authorization": f"Bearer {key}", "Content-Type": CONTENT_TYPE})
    for request in range(requests_each):
        body = as_envelope(note(number_of(writer, request, place)) for place in range(OBJECTS_A_REQUEST))
        for _ in range(PATIENCE):
            try:
                answer = session.post(url, body, timeout=30)
            except requests.RequestException:
                time.sleep(0.02)  # the worker at the other end was killed
                continue
            if answer.status_code == 503:
                time.sleep(0.02)
                continue
            assert answer.status_code == 202, answer.text
            assert answer.json()["success_count"] == OBJECTS_A_REQUEST, answer.text
            break
        else:
            raise AssertionError("the hub never answered")


def poll(process: HubProcess, by_next: bool, limit: int, written: threading.Event) -> list[str]:
    """A reader: every object that it read, in order, until nothing is new after all was written."""
    session = process.session("sg-cert")
    ids_read: list[str] = []
    reached, token = "2020-01-01T00:00:00.000000Z", None
    refused = 0
    while refused < PATIENCE:
        finished = written.is_set()
        query: dict[str, Any] = {"limit": str(limit), "match[type]": "note", "match[version]": "all"}
        query |= {"next": token} if token else {"added_after": reached}
        try:
            answer = session.get(process.url + at("alerts", "objects"), params=query, timeout=30)
        except requests.RequestException:
            refused += 1
            time.sleep(0.02)  # the worker at the other end was killed
            continue
        if answer.status_code == 503:
            continue
        assert answer.status_code == 200, answer.text
        refused = 0
        page: Content = answer.json()
        ids_read += [content["id"] for content in page.get("objects", [])]
        token = page.get("next") if by_next else None
        reached = answer.headers[LAST]
        if finished and not page["more"]:
            return ids_read
        if not page.get("objects"):
            written.wait(0.02)  # a poll with nothing new; the writers need the machine, too
    raise AssertionError(f"the hub answered no more:\n{process.log[-5000:]}")


def killer(process: HubProcess, seed: int, pause: float, stop: threading.Event) -> int:
    """Kills one of the hub's workers at random times; how many. Those that were replaced just now are left alone: a
    worker that dies again within 5.5 seconds is taken for one that cannot start, and ends the hub.
    """
    chance = random.Random(seed)
    killed, first = 0, set(process.workers())
    while not stop.wait(chance.uniform(pause / 2, pause)):
        settled = [pid for pid in process.workers() if pid in first or process.age(pid) > SETTLED]
        if settled:
            os.kill(chance.choice(settled), signal.SIGKILL)
            killed += 1
    return killed


def run(process: HubProcess, requests_each: int, pause: float) -> int:
    """The whole story once; how many workers were killed."""
    process.init(("id-cert", "cert", "ID"), ("sg-cert", "cert", "SG"))
    process.start()
    url = process.url + at("alerts", "objects")
    written, stop = threading.Event(), threading.Event()
    spawn = multiprocessing.get_context("spawn")
    writers = [
        spawn.Process(target=write, args=(url, process.keys["id-cert"], writer, requests_each))
        for writer in range(WRITERS)
    ]
    with ThreadPoolExecutor(len(READERS) + 1) as threads:
        readers = [threads.submit(poll, process, by_next, limit, written) for by_next, limit in READERS]
        killing = threads.submit(killer, process, 2026, pause, stop)
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        stop.set()
        killed = killing.result()
        written.set()
        ids_read = [reader.result() for reader in readers]
    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    expected = {
        note(number_of(writer, request, place))["id"]
        for writer in range(WRITERS)
        for request in range(requests_each)
        for place in range(OBJECTS_A_REQUEST)
    }
    for (by_next, limit), ids_met in zip(READERS, ids_read, strict=True):
        how = f"{'next' if by_next else 'added_after'}, limit {limit}"
        assert len(ids_met) == len(set(ids_met)), f"met twice by {how}"
        assert set(ids_met) == expected, f"lost by {how}"
    assert len({tuple(ids_met) for ids_met in ids_read}) == 1, "all readers met them in the same order"
    for number in range(WRITERS):
        own_ids = [
            name for name in ids_read[0] if name in {note(number_of(number, r, 0))["id"] for r in range(requests_each)}
        ]
        assert own_ids == sorted(own_ids), "in the order in which they were acknowledged"
    assert "Traceback" not in process.log
    return killed


def test_each_reader_reads_each_object_once_while_workers_are_killed(hub_process: MakeProcess) -> None:
    """The short form."""
    assert run(hub_process(HUB_WORKERS="3"), requests_each=40, pause=1.5) >= 1


@pytest.mark.soak
def test_the_same_for_long(hub_process: MakeProcess, figures: Figures) -> None:
    """The long form: `make soak`."""
    killed = run(hub_process(HUB_WORKERS="4"), requests_each=1500, pause=3.0)
    assert killed >= 10
    envelope_count = WRITERS * 1500
    ids_met = {"envelopes": envelope_count, "objects": envelope_count * OBJECTS_A_REQUEST, "workers killed": killed}
    figures.note(ids_met | {"met by each of four readers": envelope_count * OBJECTS_A_REQUEST, "lost or doubled": 0})
