"""What the tests of the producer's network half need: a hub that really runs, and a line that really breaks."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from hub.producer.connection import HubConnection
from hub.producer.patience import Patience
from tests import keeping, warm
from tests.ports import free_port
from tests.server.making import DECLARATIONS, indicator

QUICK: Final = Patience(
    connect_seconds=5, silence_seconds=10, tries=60, first_pause_seconds=0.002, longest_pause_seconds=0.02
)
FRESH: Final = 80  # collections that no test has used yet
START_SECONDS: Final = 60

_COLLECTION: Final = """
[collection]
id          = "c0ffee00-0000-4000-9000-{number:012d}"
alias       = "fresh-{number}"
title       = "Fresh {number}"
description = "Of one test alone."
profiles    = []
highest_tlp = "amber+strict"
unmarked    = "refuse"
[access]
write = ["ID"]
read  = "members"
"""


class HubProcess:
    """`hub init`, `hub account add` and `hub serve` in a folder; its collections are those of tests/declarations, and
    fresh ones that nobody else uses.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.environment = declare(folder) | {"HUB_PORT": str(self.port), "HUB_WORKERS": "1"}
        if keeping.kind() == keeping.SQLITE:
            store, keys = initialised()
            (folder / keeping.FILE).write_bytes(store)
            self.keys = dict(keys)
        else:
            self.keys = initialise(self.environment)
        self.process: subprocess.Popen[bytes] | warm.Served | None = None
        self.forked = True  # by `tests.warm`; False: as the hub really starts
        self.log = folder / "hub.log"

    @property
    def server_url(self) -> str:
        """The address that leads to the default API root."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def url(self) -> str:
        """The address of the API root `region`."""
        return f"{self.server_url}region/"

    def hub(self, *words: str) -> str:
        """The standard output of one command on the hub's machine."""
        done = warm.run(*words, environment=self.environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        """Return when the hub answers."""
        if self.forked:
            self.process = warm.serve(environment=self.environment, log=self.log)
        else:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(command("serve"), env=self.environment, stdout=log, stderr=log)
        wait_for(f"{self.server_url}readyz", self.process, self.log)

    def stop(self) -> None:
        """End the hub as an operator would; kill it where that does not work."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(30)
            self.process = None

    def connection(self, account: str = "id-cert", *, url: str | None = None, **more: Any) -> HubConnection:
        """A connection of one of the hub's accounts."""
        return HubConnection(url or self.url, key=self.keys[account], **{"patience": QUICK, **more})

    def client_environment(self, account: str = "id-cert", url: str | None = None) -> dict[str, str]:
        """The environment of a client command: no store, only the hub's address and a key."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        return {
            **environment,
            "HUB_URL": url or self.url,
            "HUB_KEY": self.keys[account],
            "HUB_HOME": str(self.folder / "home"),
        }

    def objects_in(self, collection: str) -> list[dict[str, Any]]:
        """Every version of every object in a collection, as a plain reader gets them in one page."""
        with self.connection("sg-cert") as connection:
            return connection.page(connection.collection(collection), limit=10_000, versions="all").objects


def declare(folder: Path) -> dict[str, str]:
    """Write the declarations of the hub in that folder; return the environment of its commands."""
    declared = folder / "collections"
    shutil.copytree(DECLARATIONS / "collections", declared)
    (declared / "region" / "fresh").mkdir()
    for number in range(FRESH):
        text = _COLLECTION.format(number=number)
        (declared / "region" / "fresh" / f"fresh-{number}.toml").write_text(text, encoding="utf-8")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("HUB_")},
        "HUB_STORE": keeping.address(folder),
        "HUB_COLLECTIONS": str(declared),
        "HUB_PROFILES": str(DECLARATIONS / "profiles"),
    }


def initialise(environment: Mapping[str, str]) -> dict[str, str]:
    """`hub init` and two accounts; their keys."""
    done = warm.run("init", environment=environment)
    assert done.returncode == 0, done.stderr
    keys = {}
    for name, member in (("id-cert", "ID"), ("sg-cert", "SG")):
        done = warm.run("account", "add", name, "--member", member, "--kind", "cert", environment=environment)
        assert done.returncode == 0, done.stderr
        keys[name] = done.stdout.strip()
    return keys


@functools.cache
def initialised() -> tuple[bytes, dict[str, str]]:
    """The file of a store that was initialised, and the keys to it: made once, since it takes a second, and copied."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        keys = initialise(declare(folder))
        return (folder / keeping.FILE).read_bytes(), keys


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", "import sys; from hub.cli import main; sys.exit(main())", *words]


def wait_for(url: str, process: subprocess.Popen[bytes] | warm.Served, log: Path) -> None:
    """Return when the address answers."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except urllib.error.HTTPError as error:  # "who are you?" is an answer, too
            error.close()
            if error.code < 500:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError(log.read_text(encoding="utf-8"))


def indicators(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [indicator(number) for number in range(start, start + count)]


def bundle(objects: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A bundle of these objects."""
    return {"type": "bundle", "id": "bundle--00000000-0000-4000-8000-000000000001", "objects": list(objects)}


def as_file(path: Path, objects: Sequence[dict[str, Any]]) -> Path:
    path.write_text(json.dumps(bundle(objects)), encoding="utf-8")
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]


class CuttingLine:
    """A TCP proxy in front of a hub that cuts each connection when `budget()` bytes have passed, in either direction."""

    def __init__(self, port: int, budget: Callable[[], int | None]) -> None:
        self._target = port
        self._budget = budget
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.cuts = 0
        self.connections = 0
        self._open = True
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        """Cut what is still open, and end."""
        self._open = False
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for pair in self._sockets:
            with contextlib.suppress(OSError):
                pair.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while self._open:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._carry, args=(near, self._budget()), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _carry(self, near: socket.socket, budget: int | None) -> None:
        budget_left = [10**12 if budget is None else budget]
        lock = threading.Lock()
        with near:
            try:
                far = socket.create_connection(("127.0.0.1", self._target), timeout=10)
            except OSError:
                return
            with far:
                self._sockets += [near, far]
                back_thread = threading.Thread(target=self._pump, args=(far, near, budget_left, lock), daemon=True)
                back_thread.start()
                self._pump(near, far, budget_left, lock)
                back_thread.join(20)

    def _pump(self, source: socket.socket, target: socket.socket, budget_left: list[int], lock: threading.Lock) -> None:
        source.settimeout(20)
        try:
            while data := source.recv(4096):
                with lock:
                    part = data[: budget_left[0]]
                    budget_left[0] -= len(part)
                    cut = budget_left[0] <= 0
                target.sendall(part)
                if cut:
                    self.cuts += 1
                    for end in (source, target):
                        # a reset, as a line that fails: not the orderly end of a connection
                        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                        end.shutdown(socket.SHUT_RDWR)
                    return
            target.shutdown(socket.SHUT_WR)
        except OSError:
            with contextlib.suppress(OSError):
                source.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError):
                target.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def cutting_line(port: int, seed: int, longest: int) -> Iterator[CuttingLine]:
    """Cut each connection after 1 to `longest` bytes, the same ones in each run of the test."""
    chance = random.Random(seed)
    line = CuttingLine(port, lambda: chance.randint(1, longest))
    try:
        yield line
    finally:
        line.close()
