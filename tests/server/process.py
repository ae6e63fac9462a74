"""The hub as it really runs: `hub init`, `hub serve` on a free loopback port, and how it is ended or killed."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import requests

from hub.settings import load_settings
from hub.sharing.credentials import Credentials
from hub.sharing.members import Account, AccountKind
from hub.wiring import now, open_store
from tests import keeping, warm
from tests.places import TOP
from tests.ports import free_port
from tests.server.making import CONTENT_TYPE, DECLARATIONS

READY_SECONDS: Final = 60  # a shared machine may be slow; a hub that is ready ends the wait
ENDED_SECONDS: Final = 60
# the settings of a hub with the collections and profiles as they are shipped
AS_SHIPPED: Final = {"HUB_COLLECTIONS": str(TOP / "collections"), "HUB_PROFILES": str(TOP / "profiles")}
LOG_CHARACTERS: Final = 5_000  # of the end of a log, that a failure shows


def command(
    *arguments: str, environment: Mapping[str, str], stdin: str = "", code: int | None = 0, folder: Path = TOP
) -> subprocess.CompletedProcess[str]:
    """Run `hub …` and wait for it; its exit code must be `code` (None: any)."""
    done = warm.run(*arguments, environment=clean_environment() | dict(environment), stdin=stdin, folder=folder)
    assert code is None or done.returncode == code, f"hub {' '.join(arguments)}: {done.returncode}\n{done.stderr}"
    return done


def clean_environment() -> dict[str, str]:
    """This process's environment without settings of a hub, and in English; `hub` is found wherever the test runs."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "LC_")) and name != "LANGUAGE"
    }
    return inherited | {"PYTHONPATH": str(TOP), "LANG": "C.UTF-8"}


@dataclass
class HubProcess:
    """One `hub serve` over a store of its own in `folder`. Its log is kept there."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    keys: dict[str, str] = field(default_factory=dict)
    authority: str = ""  # file of the certificate authority that its certificate is from
    address: str = "127.0.0.1"  # where it is reached
    prefix: tuple[str, ...] = ()  # before its command: where it is to run
    forked: bool = False  # by `tests.warm`: for tests of what it serves, not of how it starts
    _process: subprocess.Popen[bytes] | warm.Served | None = None

    def __post_init__(self) -> None:
        self.settings = {"HUB_STORE": keeping.address(self.folder)} | self.settings

    @property
    def environment(self) -> dict[str, str]:
        return {
            "HUB_COLLECTIONS": str(DECLARATIONS / "collections"),
            "HUB_PROFILES": str(DECLARATIONS / "profiles"),
            "HUB_PORT": str(self.port),
        } | self.settings

    @property
    def url(self) -> str:
        return f"{'https' if self.authority else 'http'}://{self.address}:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "hub.log").read_text(encoding="utf-8", errors="replace")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def init(self, *accounts: tuple[str, str, str | None]) -> None:
        """`hub init`, and these accounts (name, kind, member), each with a key."""
        command("init", environment=self.environment)
        store = open_store(load_settings(self.environment))
        credentials = Credentials(store, clock=now, random=secrets.token_bytes, remember_milliseconds=1)
        for name, kind, member in accounts:
            key = credentials.add(Account(name, AccountKind(kind), member), None)
            assert key is not None
            self.keys[name] = key
        store.close()

    def start(self) -> None:
        """Start it in a process group of its own; returns when it is ready to serve."""
        if self.forked:
            environment = clean_environment() | self.environment
            log_file = self.folder / "hub.log"
            self._process = warm.serve(environment=environment, log=log_file, folder=self.folder, new_session=True)
            self.wait_until_ready()
            return
        with (self.folder / "hub.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self.prefix, sys.executable, "-m", "hub", "serve"],
                env=clean_environment() | self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                cwd=self.folder,
            )
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            assert self._process is not None
            assert self._process.poll() is None, f"hub serve ended:\n{self.log[-LOG_CHARACTERS:]}"
            try:
                if requests.get(f"{self.url}/readyz", timeout=5, verify=self.authority or True).status_code == 200:
                    return
            except (requests.RequestException, OSError):
                time.sleep(0.05)  # between two looks at a process that cannot tell us itself
        raise AssertionError(f"hub serve was not ready after {READY_SECONDS} seconds:\n{self.log[-LOG_CHARACTERS:]}")

    def code(self, wait: float = 0.0) -> int | None:
        """The exit code if it ended within so many seconds, else None."""
        assert self._process is not None
        try:
            return self._process.wait(wait)
        except subprocess.TimeoutExpired:
            return None

    def stop(self) -> int:
        """SIGTERM, as an operator's service manager does; the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(ENDED_SECONDS)

    def kill(self) -> None:
        """SIGKILL to the hub and all its workers at once; returns when none of them is left, so that the port is free."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(ENDED_SECONDS)
        deadline = time.monotonic() + ENDED_SECONDS
        with contextlib.suppress(ProcessLookupError):
            while time.monotonic() < deadline:
                os.killpg(self._process.pid, 0)
                time.sleep(0.005)

    def end(self) -> None:
        """End it in any state; nothing of it is left."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        return children_of(self.pid, "worker_process")

    def kill_worker(self, pid: int) -> None:
        """SIGKILL to one worker; returns when another is in its place."""
        before = set(self.workers())
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + READY_SECONDS
        while pid in (workers := set(self.workers())) or not workers - before:
            assert time.monotonic() < deadline, self.log[-LOG_CHARACTERS:]
            assert self.code(wait=0.05) is None, self.log[-LOG_CHARACTERS:]

    def age(self, pid: int) -> float:
        """Seconds since that process was started; 0 if it is gone."""
        try:
            start_ticks = int(Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[19])
        except OSError:
            return 0.0
        return time.clock_gettime(time.CLOCK_BOOTTIME) - start_ticks / os.sysconf("SC_CLK_TCK")

    def session(self, name: str) -> requests.Session:
        """For one account."""
        session = requests.Session()
        session.trust_env = False
        session.headers["Accept"] = CONTENT_TYPE
        session.headers["Authorization"] = f"Bearer {self.keys[name]}"
        return session

    def logged(self) -> list[dict[str, Any]]:
        """The lines of the log about requests."""
        lines = [line for line in self.log.splitlines() if '"logger":"hub.request"' in line]
        return [json.loads(line) for line in lines if line]


def children_of(pid: int, words: str) -> list[int]:
    """The process ids of a process's children whose command line has these words."""
    children: list[int] = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):  # each thread has the children that it started
        with contextlib.suppress(OSError):
            children += map(int, thread.read_text(encoding="ascii").split())
    return [child for child in children if words in command_line(child)]


def command_line(pid: int) -> str:
    """The command line of a process; empty where it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
