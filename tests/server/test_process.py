"""The hub as a process: what it logs, how it stops, and that what was acknowledged outlives `kill -9`."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.server.making import CONTENT_TYPE, PASSWORD, as_envelope, at, basic, indicator, note
from tests.server.process import HubProcess

MakeProcess = Callable[..., HubProcess]
OBJECTS_A_REQUEST = 3
SENT = {"Content-Type": CONTENT_TYPE}


def test_health_needs_no_account(hub_server: HubProcess) -> None:
    """`/healthz` and `/readyz` are for load balancers."""
    for path in ("/healthz", "/readyz"):
        assert requests.get(hub_server.url + path, timeout=60).status_code == 200


def test_no_credential_and_no_content_in_the_log(hub_server: HubProcess) -> None:
    """From every kind of request: keys, passwords, wrong ones too, names and patterns."""
    session = hub_server.session("id-cert")
    session.post(
        hub_server.url + at("alerts", "objects"),
        as_envelope([indicator(940, name="PUMPKIN")]),
        headers=SENT,
        timeout=30,
    )
    session.get(hub_server.url + at("alerts", "objects", "indicator--PUMPKIN"), timeout=30)
    session.get(hub_server.url + at("alerts", "objects") + "?match[id]=PUMPKIN&key=hub_inthequery", timeout=30)
    for authorization in (
        basic("id-cert", PASSWORD),
        "Bearer hub_wrongkey",
        basic("hub_asname", "x"),
        "nonsense hub_loose",
    ):
        answer = requests.get(
            hub_server.url + at("id", "objects"), headers={"Authorization": authorization}, timeout=30
        )
        assert answer.status_code == 401
    log = hub_server.log
    for secret in (
        *hub_server.keys.values(),
        PASSWORD,
        "hub_wrongkey",
        "hub_inthequery",
        "hub_asname",
        "hub_loose",
        "PUMPKIN",
    ):
        assert secret not in log
    line = next(line for line in hub_server.logged() if line.get("what") == "add_objects")
    assert {"account", "collection", "count", "failures", "milliseconds", "status", "root"} <= set(line)


def test_one_line_for_each_request(hub_server: HubProcess) -> None:
    """With the error_id that its sender got; paths do not forge lines."""
    before = len(hub_server.logged())
    session = hub_server.session("id-cert")
    answer = session.get(hub_server.url + "/region/collections/a%0d%0a2026%20hub.request%20%7B%7D/objects/", timeout=30)
    lines = hub_server.logged()[before:]
    assert [line.get("error_id") for line in lines] == [answer.json()["error_id"]]


def test_chunked_bodies_are_read_from_the_wire(hub_server: HubProcess) -> None:
    """AD-13 over the wire: without Content-Length; over the limit 413, while the rest is still on its way."""
    url = hub_server.url + at("drill", "objects", root="drills")
    whole = as_envelope([note(950, labels=["exercise"])])
    session = hub_server.session("id-cert")
    good = session.post(url, data=iter([whole[:20], whole[20:]]), headers=SENT, timeout=30)
    assert (good.status_code, good.json()["success_count"]) == (202, 1)
    large = session.post(url, data=iter([whole] + [b" " * 1000] * 30), headers=SENT, timeout=30)
    assert large.status_code == 413


@pytest.mark.parametrize(
    "raw",
    [
        b"GET",
        b"\x00" * 100,
        b"GET /taxii2/ HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /region/collections/id/objects/ HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"GET /taxii2/ HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 500_000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01",
    ],
    ids=["half a line", "zeros", "version", "long path", "negative length", "long header", "TLS hello"],
)  # fmt: skip - a table
def test_what_is_no_http_does_no_harm(hub_server: HubProcess, raw: bytes) -> None:
    """The connection ends, or is answered 4xx; the hub continues to serve."""
    with socket.create_connection(("127.0.0.1", hub_server.port), timeout=60) as connection:
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(1000)
        except OSError:
            answer = b""
    assert answer == b"" or answer.split(b" ")[1].startswith(b"4")
    assert requests.get(hub_server.url + "/readyz", timeout=60).status_code == 200


def test_a_body_that_is_cut_on_the_way_is_not_taken(hub_server: HubProcess) -> None:
    """Content-Length says more than what came."""
    body = as_envelope([indicator(960)])
    head = (
        f"POST {at('alerts', 'objects')} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {hub_server.keys['id-cert']}\r\n"
        f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: {len(body) + 100}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", hub_server.port), timeout=60) as connection:
        connection.sendall(head.encode() + body)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1000):
            pass
    response = hub_server.session("id-cert").get(
        hub_server.url + at("alerts", "objects", indicator(960)["id"]), timeout=30
    )
    assert response.status_code == 404


def envelopes(publisher: int, count: int) -> list[bytes]:
    """Each with objects of its own."""
    return [
        as_envelope(note(publisher * 10_000 + OBJECTS_A_REQUEST * number + n) for n in range(OBJECTS_A_REQUEST))
        for number in range(count)
    ]


def numbers_in(body: bytes) -> list[str]:
    return [content["id"] for content in json.loads(body)["objects"]]


def stored_note_ids(process: HubProcess) -> list[str]:
    """The ids of all notes of the collection, page by page."""
    session = process.session("id-cert")
    ids: list[str] = []
    query: dict[str, Any] = {"limit": "1000", "match[type]": "note"}
    while True:
        page = session.get(process.url + at("alerts", "objects"), params=query, timeout=30).json()
        ids += [content["id"] for content in page.get("objects", [])]
        if not page["more"]:
            return ids
        query["next"] = page["next"]


def test_what_was_acknowledged_outlives_kill_9(hub_process: MakeProcess) -> None:
    """In the middle of 1,000 publishes by four publishers: every 202 is there afterwards, and of no other request only a part."""
    process = hub_process()
    process.init(("id-cert", "cert", "ID"))
    process.start()
    acknowledged: list[list[str]] = []
    unknown: list[list[str]] = []
    halfway = threading.Event()

    def publish(publisher: int) -> None:
        session = process.session("id-cert")
        for body in envelopes(publisher, 250):
            try:
                answer = session.post(process.url + at("alerts", "objects"), body, headers=SENT, timeout=30)
            except requests.RequestException:
                unknown.append(numbers_in(body))
                return
            assert answer.status_code == 202
            acknowledged.append(numbers_in(body))
            if len(acknowledged) >= 300:
                halfway.set()

    with ThreadPoolExecutor(4) as publishers:
        running = [publishers.submit(publish, publisher) for publisher in range(4)]
        assert halfway.wait(120)
        process.kill()
        for thread in running:
            thread.result()
    assert 300 <= len(acknowledged) < 1000
    process.start()
    held_ids = set(stored_note_ids(process))
    assert {name for names in acknowledged for name in names} <= held_ids
    for names in unknown:
        assert len(held_ids & set(names)) in (0, OBJECTS_A_REQUEST), "a request is there whole or not at all"
    assert len(held_ids) == OBJECTS_A_REQUEST * (len(acknowledged) + sum(held_ids >= set(names) for names in unknown))


def test_a_stop_answers_what_is_under_way_first(hub_process: MakeProcess) -> None:
    """SIGTERM while four publishers are at work: each request is answered or refused, none is lost; the exit code is 0."""
    process = hub_process()
    process.init(("id-cert", "cert", "ID"))
    process.start()
    acknowledged: list[list[str]] = []
    has_begun = threading.Event()

    def publish(publisher: int) -> None:
        with process.session("id-cert") as session:  # closed: an idle connection holds a stop up for its whole grace
            for body in envelopes(publisher, 250):
                try:
                    answer = session.post(process.url + at("alerts", "objects"), body, headers=SENT, timeout=30)
                except requests.RequestException:
                    return
                if answer.status_code == 202:
                    acknowledged.append(numbers_in(body))
                    if len(acknowledged) > 200:  # by then both workers are long at work
                        has_begun.set()

    with ThreadPoolExecutor(4) as publishers:
        running = [publishers.submit(publish, publisher) for publisher in range(4)]
        assert has_begun.wait(120)
        assert process.stop() == 0
        for thread in running:
            thread.result()
    assert "Traceback" not in process.log
    process.start()
    assert {name for names in acknowledged for name in names} <= set(stored_note_ids(process))


def test_a_stop_does_not_wait_for_idle_connections(hub_process: MakeProcess) -> None:
    """Neither for those that were answered and kept alive, nor for those on which nothing was asked yet."""
    hub = hub_process()
    hub.init(("id-cert", "cert", "ID"))
    hub.start()
    sessions = [hub.session("id-cert") for _ in range(8)]
    for session in sessions:
        assert session.get(hub.url + at("id", "objects"), timeout=30).status_code == 200
    fresh = [socket.create_connection(("127.0.0.1", hub.port)) for _ in range(8)]
    try:
        assert hub.stop() == 0
        assert "refused to gracefully stop" not in hub.log
    finally:
        for session in sessions:
            session.close()
        for connection in fresh:
            connection.close()


def test_a_stop_soon_after_the_start_does_not_wait_for_workers_that_load(hub_process: MakeProcess) -> None:
    """The first worker is ready when others are still being loaded."""
    hub = hub_process(HUB_WORKERS="4")
    hub.init()
    hub.start()
    assert hub.stop() == 0
    assert "refused to gracefully stop" not in hub.log


def test_a_restart_keeps_tokens_statuses_and_accounts(hub_process: MakeProcess) -> None:
    """Law L8: the signing secret lives in the store."""
    process = hub_process(HUB_WORKERS="1")
    process.init(("id-cert", "cert", "ID"))
    process.start()
    session = process.session("id-cert")
    session.headers["Connection"] = "close"
    url = process.url + at("alerts", "objects")
    status = session.post(url, as_envelope(note(n) for n in range(5)), headers=SENT, timeout=30).json()
    page = session.get(url, params={"limit": "2", "match[type]": "note"}, timeout=30).json()
    assert process.stop() == 0
    process.start()
    session = process.session("id-cert")
    later_objects = session.get(url, params={"next": page["next"]}, timeout=30).json()["objects"]
    assert [content["id"] for content in later_objects] == [note(n)["id"] for n in range(2, 5)]
    assert session.get(f"{process.url}/region/status/{status['id']}/", timeout=30).json() == status


def test_workers_that_die_again_and_again_are_started_again(hub_process: MakeProcess) -> None:
    """A worker that is killed five times in a row comes back each time, and the hub says so in its log."""
    process = hub_process(HUB_WORKERS="1")
    process.init()
    process.start()
    for _ in range(5):
        (pid,) = process.workers()
        process.kill_worker(pid)
        process.wait_until_ready()
    assert process.code() is None
    assert process.log.count("the worker 1 ended (-9) and starts again") == 5
