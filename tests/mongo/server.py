"""The real server of the MongoDB tests: one that HUB_TEST_MONGO names, or a mongod or ferretdb from the PATH.

A server started here listens on loopback, keeps its data in a folder of its own, tells nobody that it runs, and ends with
the process that started it.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import pymongo
import pytest
from pymongo.errors import PyMongoError

from tests.ports import free_port

NAMED: Final = "HUB_TEST_MONGO"  # mongodb://host:port, without a database; also how worker processes are told
HOW: Final = "no MongoDB server: set HUB_TEST_MONGO=mongodb://host:port, put mongod on the PATH, or run .ci/ferretdb.sh (needs Go)"
HOW_TO_KILL: Final = "no MongoDB server that may be killed: put mongod on the PATH, or run .ci/ferretdb.sh (needs Go)"
BUILT: Final = Path.home() / ".cache" / "threat-sharing-hub" / "bin"  # where .ci/ferretdb.sh puts it
START_SECONDS: Final = 60
# FerretDB is a Go program: with its own settings it spends a third of its time on collecting the garbage of small heaps.
RARE_COLLECTION: Final = {"GOGC": "800", "GOMEMLIMIT": "1GiB"}


class Server:
    """A server process that can be killed and started again over the same data."""

    def __init__(self, folder: Path, address: str = "127.0.0.1") -> None:
        self.folder = folder
        self.address = address
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        """Where it listens."""
        return f"mongodb://{self.address}:{self.port}"

    def start(self) -> None:
        """Start it, and return when it answers."""
        self.process = subprocess.Popen(
            _command(self.folder, self.address, self.port),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"DO_NOT_TRACK": "1", "FERRETDB_TELEMETRY": "disable"} | RARE_COLLECTION,
            cwd=self.folder,
        )
        client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(
            self.uri, serverSelectionTimeoutMS=START_SECONDS * 1000, directConnection=True
        )
        try:
            client.admin.command("ping")
        finally:
            client.close()

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def pause(self) -> None:
        """Let it hang: it keeps its connections and answers nothing."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)  # until it has stopped

    def resume(self) -> None:
        """Let it continue."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


@functools.cache
def program() -> str | None:
    """The server program; searched for once."""
    return shutil.which("mongod") or _ferretdb()


def own_server(folder: Path, address: str = "127.0.0.1") -> Server:
    """A server for one test alone, which may kill it; the test is skipped where there is none to start."""
    if program() is None:
        pytest.skip(HOW_TO_KILL)
    folder.mkdir(parents=True, exist_ok=True)
    server = Server(folder, address)
    server.start()
    return server


def shared_uri() -> str:
    """The URI of the server for all tests; the test is skipped where there is none."""
    if NAMED not in os.environ:
        if program() is None:
            pytest.skip(HOW)
        folder = Path(tempfile.mkdtemp(prefix="hub-test-mongo-"))
        server = Server(folder)
        server.start()
        owner = os.getpid()

        def end() -> None:
            if os.getpid() == owner:  # not in a fork of this process
                server.kill()
                shutil.rmtree(folder, ignore_errors=True)

        atexit.register(end)
        os.environ[NAMED] = server.uri
    return os.environ[NAMED]


def database_uri(uri: str, folder: Path) -> str:
    """The URI of a database on that server that belongs to this folder alone."""
    name = "hub_test_" + hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    server, _, options = uri.partition("?")
    return f"{server.rstrip('/')}/{name}" + (f"?{options}" if options else "")


def forget(uri: str) -> None:
    """Drop a test's database; a server that is gone has nothing to drop."""
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(uri, serverSelectionTimeoutMS=2_000)
    try:
        client.drop_database(client.get_default_database())
    except PyMongoError:
        time.sleep(0)
    finally:
        client.close()


def _command(folder: Path, address: str, port: int) -> list[str]:
    mongod = shutil.which("mongod")
    if mongod is not None:
        return [mongod, "--dbpath", str(folder), "--bind_ip", address, "--port", str(port)]
    ferretdb = _ferretdb()
    assert ferretdb is not None
    return [
        ferretdb,
        "--handler=sqlite",
        f"--sqlite-url=file:{folder}/",
        f"--state-dir={folder}",
        f"--listen-addr={address}:{port}",
        "--debug-addr=-",
        "--telemetry=disable",
        "--log-level=error",
    ]  # fmt: skip - one command


def _ferretdb() -> str | None:
    return shutil.which("ferretdb", path=os.pathsep.join((os.environ.get("PATH", ""), str(BUILT))))
