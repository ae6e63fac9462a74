"""The hub that a member follows may be hostile, or another's: it takes bounded memory and time, and its history is watched."""

from __future__ import annotations

import base64
import gzip
import itertools
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.errors import ConfigurationError, ConnectionFailedError
from hub.producer.checkpoint import Keeper
from hub.producer.connection import HubConnection
from hub.producer.follow import IDLE_PAGES, Asked, Rhythm, follow
from hub.producer.patience import Patience
from hub.producer.witness import Witness, trail_file
from hub.protocol.checkpoint import START, Checkpoint, link_of, origin_of, sign, verifier_key
from tests.audit.test_checkpoint import KEY
from tests.producer.running import QUICK
from tests.producer.scripted import COLLECTION, ROOT, Answer, Request, Scripted
from tests.server.making import CONTENT_TYPE, FIRST, LAST, indicator

ONCE = Rhythm(once=True)
SMALL = Patience(
    tries=2, first_pause_seconds=0.001, unpacked_bytes=1_000_000, answer_bytes=100_000, answer_values=5_000
)


def serving(objects: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
    """An API root with one collection, whose pages are as the test says."""

    def answer(request: Request) -> Answer:
        path = request.path.partition("?")[0]
        if path.endswith("/objects/"):
            return objects(request)
        if path.endswith("/collections/"):
            return Answer(body={"collections": [COLLECTION]})
        if path.count("/") > 2:
            return Answer(404, {"title": "Not found"})
        return Answer(body=ROOT)

    return answer


def followed(url: str, patience: Patience = SMALL, **changes: Any) -> list[Any]:
    with HubConnection(f"{url}root/", patience=patience, sleep=lambda _: None) as connection:
        collection = connection.collection("One")
        return list(follow(connection, collection, Keeper(), Asked(), ONCE, **changes))


@pytest.mark.parametrize(
    ("body", "packed", "words"),
    [
        pytest.param(b'{"objects":[{"a":"' + b"x" * 50_000_000 + b'"}]}', True, "1000", id="unpacks to much"),
        pytest.param(b'{"objects":[{"a":"' + b"x" * 200_000 + b'"}]}', False, "100000", id="long"),
        pytest.param(b'{"objects":[' + b"{}," * 5_000 + b"{}]}", True, "5000 values", id="many values"),
        pytest.param(b'{"objects":[{"a":' + b"[" * 6_000 + b"]" * 6_000 + b"}]}", True, "5000 values", id="deep"),
    ],
)
def test_an_answer_that_is_too_much_is_an_error(body: bytes, packed: bool, words: str) -> None:
    """M7 of the attacks: 408 kB as gzip took 1.3 GB. The default limits are above what the hub's own pages reach."""
    headers = {"Content-Encoding": "gzip"} if packed else {}
    answer_body = gzip.compress(body, 1) if packed else body
    with (
        Scripted(serving(lambda _: Answer(body=answer_body, headers=headers))) as server,
        pytest.raises(ConnectionFailedError, match=words),
    ):
        followed(server.url)


@contextmanager
def trickling() -> Iterator[str]:
    """A server whose every answer never ends: one byte now and then, as long as somebody reads."""
    stop = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(line: socket.socket) -> None:
        with line:
            line.recv(65536)
            line.sendall(f"HTTP/1.1 200 OK\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Length: 100000\r\n\r\n".encode())
            while not stop.wait(0.02):
                try:
                    line.sendall(b" ")
                except OSError:
                    return

    def accept() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(line,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def test_an_answer_that_never_ends_is_cut_off() -> None:
    """Each byte comes soon enough, and the whole never: silence alone would not end it."""
    patience = Patience(tries=1, silence_seconds=30, answer_seconds=0.3)
    with trickling() as url, pytest.raises(ConnectionFailedError, match=r"for more than 0\.3 seconds"):
        followed(url, patience)


def page(objects: list[Any], at: str, token: str | None = "again") -> Answer:
    body = {"more": True, "objects": objects} | ({"next": token} if token else {})
    return Answer(body=body, headers={FIRST: at, LAST: at})


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param(
            lambda n: page([indicator(1)], "2026-01-01T00:00:00.000000Z", f"token{n}"), id="one page for ever"
        ),
        pytest.param(lambda n: page([], "2026-01-01T00:00:00.000000Z", f"token{n}"), id="empty pages for ever"),
        pytest.param(
            lambda n: page([indicator(1)], f"2025-01-01T00:00:{59 - n % 60:02d}.000000Z", "same"),
            id="dates that go back",
        ),
        pytest.param(lambda _: page([indicator(1)], "2026-01-01T00:00:00.000000Z", None), id="no next, no later date"),
    ],
)
def test_pages_that_lead_nowhere_end_with_an_error(objects: Callable[[int], Answer]) -> None:
    """M7: a looping `next` was followed for ever."""
    numbers = itertools.count()
    with Scripted(serving(lambda _: objects(next(numbers)))) as server:
        with pytest.raises(ConnectionFailedError, match="tell its operator"):
            followed(server.url)
        assert next(numbers) <= 3 * IDLE_PAGES


# --- the hub's history ----------------------------------------------------------------------------------------------


class Trail:
    """The trail of a scripted hub, that a test may roll back or rewrite."""

    def __init__(self) -> None:
        self.digests = [bytes([n]) * 32 for n in range(1, 4)]
        self.key = KEY
        self.garbled = False
        self.origin = origin_of(link_of(START, self.digests[0]))

    def answer(self, request: Request) -> Answer:
        if self.garbled:
            return Answer(body={"checkpoint": "\x1b[2J", "key": "x"})
        link = START
        for digest in self.digests:
            link = link_of(link, digest)
        checkpoint = Checkpoint(self.origin, len(self.digests), link)
        body: dict[str, Any] = {
            "checkpoint": sign(checkpoint, self.key),
            "key": verifier_key(self.origin, self.key.public_key()),
        }
        _, _, since = request.path.partition("since=")
        page_of_digests = self.digests[int(since) :][:2] if since else []  # two at once: further ones are asked for
        if page_of_digests:
            body["digests"] = [base64.b64encode(digest).decode() for digest in page_of_digests]
        return Answer(body=body)


@contextmanager
def witnessing(trail: Trail, file: Path) -> Iterator[Callable[[], str]]:
    """The text of a member's witness after a look."""

    def answer(request: Request) -> Answer:
        if "checkpoint" in request.path:
            return trail.answer(request)
        return serving(lambda _: Answer(body={}))(request)

    with Scripted(answer) as server, HubConnection(f"{server.url}root/", patience=QUICK) as connection:
        yield lambda: Witness(connection, file, lambda _: None).check()


def test_a_hub_that_only_appends_is_accepted(tmp_path: Path) -> None:
    """With any number of entries between two looks; each look keeps the newest checkpoint."""
    trail = Trail()
    with witnessing(trail, tmp_path / "trails" / "hub.json") as look:
        assert look() == ""
        trail.digests += [bytes([n]) * 32 for n in range(10, 17)]
        assert look() == ""
        assert look() == ""
    assert "\n10\n" in json.loads((tmp_path / "trails" / "hub.json").read_text())["note"]
    assert (tmp_path / "trails").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "kind", ["rolled back", "rewritten", "grown beside it", "another key", "another trail", "garbled"]
)
def test_a_hub_whose_history_changed_is_reported(tmp_path: Path, kind: str) -> None:
    """At each look: the kept checkpoint is not replaced until somebody removes it."""
    trail = Trail()
    with witnessing(trail, tmp_path / "hub.json") as look:
        assert look() == ""
        before = (tmp_path / "hub.json").read_bytes()
        if kind == "rolled back":
            trail.digests.pop()
        elif kind == "rewritten":
            trail.digests[1] = bytes(32)
        elif kind == "grown beside it":
            trail.digests[1:] = [bytes([n]) * 32 for n in range(50, 60)]
        elif kind == "another key":
            trail.key = Ed25519PrivateKey.from_private_bytes(bytes(32))
        elif kind == "another trail":
            trail.origin = origin_of(bytes(32))
        else:
            trail.garbled = True
        for _ in range(2):
            assert look().startswith("THE HUB'S HISTORY MAY HAVE BEEN CHANGED")
        assert (tmp_path / "hub.json").read_bytes() == before


def test_a_kept_checkpoint_that_is_damaged_is_named(tmp_path: Path) -> None:
    """It is not treated as a first look: that would hide a change."""
    (tmp_path / "hub.json").write_text("{}")
    with witnessing(Trail(), tmp_path / "hub.json") as look, pytest.raises(ConfigurationError, match="remove it"):
        look()


def test_a_server_without_a_trail_is_followed_without_a_message(tmp_path: Path) -> None:
    """Other TAXII servers have none."""
    warnings: list[str] = []
    with (
        Scripted(serving(lambda _: Answer(body={}))) as server,
        HubConnection(f"{server.url}root/", patience=QUICK) as connection,
    ):
        Witness(connection, tmp_path / "hub.json", warnings.append).look()
    assert (warnings, (tmp_path / "hub.json").exists()) == ([], False)


def test_each_api_root_has_a_file_of_its_own() -> None:
    """Two hubs are two histories."""
    assert trail_file(Path("home"), "https://a.example/asean/") != trail_file(Path("home"), "https://b.example/asean/")
