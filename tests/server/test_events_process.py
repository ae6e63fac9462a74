"""The process of the events beside the workers: it serves hundreds, comes back after a kill, and ends with the hub."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.server.listening import WAIT, NetworkListener, events_pid, publish, raw_listener
from tests.server.making import (
    ACCOUNTS,
    COLLECTIONS,
    at,
)
from tests.server.process import ENDED_SECONDS, HubProcess, command_line


@pytest.fixture(scope="module")
def events_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    settings = {"HUB_WORKERS": "1", "HUB_EVENTS_PORT": str(free_port()), "HUB_LIMITS_ACCOUNT_LISTENERS": "400"}
    process = HubProcess(tmp_path_factory.mktemp("events"), settings)
    try:
        process.init(*((name, kind, member) for name, (kind, member) in ACCOUNTS.items()))
        process.start()
        events_pid(process)
        yield process
    finally:
        process.end()


def test_hundreds_of_idle_listeners_leave_the_hub_to_the_others(events_hub: HubProcess) -> None:
    """With one worker: polls are answered, and a listener gets its events, beside 300 who only wait."""
    idle = [raw_listener(events_hub, "my-cert") for _ in range(300)]
    try:
        for listener in idle:  # all are let in: the head of the answer has come
            assert listener.recv(15) == b"HTTP/1.1 200 OK"
        with NetworkListener(events_hub, "sg-cert", "?collection=id") as stream:
            for number in range(1, 4):
                publish(events_hub, number)
                stream.until(COLLECTIONS["id"])
            answer = events_hub.session("sg-cert").get(events_hub.url + at("id", "objects"), timeout=WAIT)
            assert len(answer.json()["objects"]) >= 3
        workers = [pid for pid in events_hub.workers() if "events_process" not in command_line(pid)]
        for pid in workers:
            status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
            threads = int(status.partition("Threads:")[2].split()[0])
            assert threads < 100, "listeners hold no threads of the workers"
    finally:
        for listener in idle:
            listener.close()


def test_the_process_comes_back_after_a_kill(events_hub: HubProcess) -> None:
    """A listener sees the line break, listens again, and gets its events."""
    before = events_pid(events_hub)
    with NetworkListener(events_hub, "sg-cert") as stream:
        os.kill(before, signal.SIGKILL)
        stream.until("over")
    assert events_pid(events_hub) != before
    with NetworkListener(events_hub, "sg-cert", "?collection=id") as stream:
        publish(events_hub, 20)
        stream.until(COLLECTIONS["id"])


def test_the_first_event_tells_the_present_state(events_hub: HubProcess) -> None:
    publish(events_hub, 30)
    with NetworkListener(events_hub, "sg-cert", "?collection=id") as stream:
        stream.until(COLLECTIONS["id"])


def test_it_ends_with_the_hub_whether_told_or_killed(hub_process: Callable[..., HubProcess]) -> None:
    process = hub_process(HUB_WORKERS="1", HUB_EVENTS_PORT=str(free_port()))
    process.init(("sg-cert", "cert", "SG"))
    for end in (process.stop, process.kill):
        process.start()
        pid = events_pid(process)
        with NetworkListener(process, "sg-cert") as stream:
            end()
            stream.until("over")
        deadline = time.monotonic() + ENDED_SECONDS
        while "events_process" in command_line(pid):
            assert time.monotonic() < deadline
            time.sleep(0.02)  # it is no child of ours that could be waited for


def test_a_port_that_is_taken_is_reported_before_anything_starts(hub_process: Callable[..., HubProcess]) -> None:
    from tests.server.process import command

    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = hub_process(HUB_EVENTS_PORT=str(taken.getsockname()[1]))
        process.init()
        refused = command("serve", environment=process.environment, code=3)
    assert "--events-port" in refused.stderr
