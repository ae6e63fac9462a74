"""The region as it is shipped: a hub over `collections/` and `profiles/`, and the office of each national CERT."""

from __future__ import annotations

import contextlib
import csv
import functools
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from hub.cli import main
from hub.producer.api import HubClient, connect
from hub.producer.connection import HubConnection
from hub.settings import load_settings
from hub.sharing.members import Account, AccountKind
from hub.wiring import open_hub
from tests import corpus, keeping, warm
from tests.ports import free_port
from tests.producer.running import QUICK, command, lines, wait_for
from tests.server.process import AS_SHIPPED

REPORTS: Final = Path(__file__).parent / "fixtures"
# How many constituents of a kind an office says it has: enough for the sectors of the reports in the fixtures.
CONSTITUENTS: Final = "\n".join(
    f'[[constituents]]\ncountry = "{{code}}"\nsector = "{sector}"\ncount = {count}\n'
    for sector, count in (("healthcare", 31), ("financial-services", 20), ("government-local", 12))
)


class _Typed(io.StringIO):
    """The text of standard input; `terminal`: a person types it."""

    def __init__(self, text: str, *, terminal: bool) -> None:
        super().__init__(text)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


class _Stream(io.TextIOWrapper):
    """Standard output or error, kept; `terminal`: a person reads it."""

    def __init__(self, *, terminal: bool = False) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, "utf-8", write_through=True)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def text(self) -> str:
        return self._bytes.getvalue().decode()


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str


@dataclass
class Office:
    """One national CERT: its home, its key to the hub, and the commands it runs there."""

    code: str
    home: Path
    url: str
    key: str
    identity: str

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its commands."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        return {**inherited, "HUB_URL": self.url, "HUB_KEY": self.key, "HUB_HOME": str(self.home)}

    def hub(self, *words: str | Path, code: int | None = 0, answer: str | None = None, **more: str) -> Done:
        """Run one command; its exit code must be `code` (None: any). With `answer`, a person is at the terminal.

        It runs inside this process, as a process of its own would take a second to load stix2, and is less patient with
        a hub that is away than a person would be.
        """
        terminal = answer is not None
        out, err = _Stream(), _Stream(terminal=terminal)
        with pytest.MonkeyPatch.context() as changed:
            changed.setattr("hub.producer.api.connect", functools.partial(connect, patience=QUICK))
            changed.setattr(sys, "stdin", _Typed(answer or "", terminal=terminal))
            for name in [name for name in os.environ if name.startswith("HUB_")]:
                changed.delenv(name)
            for name, value in {**self.environment, **more}.items():
                changed.setenv(name, value)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                returned = main([str(word) for word in words])
        done = Done(returned, out.text(), err.text())
        assert code is None or done.code == code, done
        return done

    def process(self, *words: str | Path) -> subprocess.Popen[str]:
        """Start one command as a process of its own."""
        return subprocess.Popen(
            command(*map(str, words)),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def followed(self, collection: str) -> list[dict[str, Any]]:
        """What `hub follow --once --out` has written of a collection so far, in this office's own file, after one more run."""
        out = self.home / f"{collection}.jsonl"
        self.hub("follow", collection, "--once", "--out", out)
        return lines(out)

    def sent(self) -> list[Path]:
        """The bundles that were sent and are no longer in the outbox."""
        return sorted(path for path in (self.home / "outbox" / "sent").glob("*.json") if "receipt" not in path.name)


@dataclass
class Region:
    """The hub with an account for each member."""

    folder: Path
    port: int = field(default_factory=free_port)
    offices: dict[str, Office] = field(default_factory=dict)
    process: warm.Served | None = None
    store: str = field(init=False)

    def __post_init__(self) -> None:
        self.store = keeping.address(self.folder)

    @property
    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        return {
            **inherited,
            "HUB_STORE": self.store,
            **AS_SHIPPED,
            "HUB_PORT": str(self.port),
            "HUB_WORKERS": "1",
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/asean/"

    def hub(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one command on the hub's machine."""
        done = self.tried(*words)
        assert done.returncode == 0, done.stderr
        return done

    def tried(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one command on the hub's machine, with any exit code."""
        return warm.run(*words, environment=self.environment)

    def make(self) -> None:
        """The store, and an office for each member."""
        self.hub("init")
        hub = open_hub(load_settings(self.environment))
        try:
            for member in hub.catalogue.members.values():
                key = hub.credentials.add(Account(f"{member.code.lower()}-cert", AccountKind.CERT, member.code), None)
                home = self.folder / member.code
                home.mkdir()
                assert member.identity
                assert key is not None
                (home / "member.toml").write_text(declared(member.code, member.identity, member.cert), encoding="utf-8")
                self.offices[member.code] = Office(member.code, home, self.url, key, member.identity)
        finally:
            hub.store.close()

    def start(self) -> None:
        """Return when the hub answers."""
        log = self.folder / "hub.log"
        self.process = warm.serve(environment=self.environment, log=log)
        wait_for(f"http://127.0.0.1:{self.port}/readyz", self.process, log)

    def stop(self) -> None:
        """End the hub."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """The hub is out of reach for a while."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def objects_in(self, collection: str, reader: str = "BN") -> list[dict[str, Any]]:
        """Every version of every object in a collection, as a member reads it."""
        with HubConnection(self.url, key=self.offices[reader].key, patience=QUICK) as connection:
            return connection.page(connection.collection(collection), limit=10_000, versions="all").objects


def lone_office(folder: Path, code: str) -> Office:
    """An office without a hub: to convert, and to keep records, none is needed."""
    home = folder / "home"
    home.mkdir()
    (home / "member.toml").write_text(declared(code, corpus.IDENTITY, "CERT Nusa"), encoding="utf-8")
    return Office(code, home, "http://127.0.0.1:9/asean/", "none", corpus.IDENTITY)


def declared(code: str, identity: str, name: str) -> str:
    """A `member.toml`."""
    counts = CONSTITUENTS.format(code=code)
    return f'[identity]\nid = "{identity}"\nname = "{name}"\ncountry = "{code}"\n\n{counts}'


def waiting_reports(office: Office) -> list[str]:
    """The reports that wait in the office's outbox, as `hub outbox` lists them."""
    return [json.loads(line)["source"] for line in office.hub("outbox", "--json").stdout.splitlines()]


def release_records(office: Office) -> list[dict[str, Any]]:
    """The records of releases that lie in the office's home."""
    return [json.loads(path.read_bytes()) for path in (office.home / "records" / "released").glob("*.json")]


def client_of(office: Office, **more: Any) -> HubClient:
    """The library's client with the office's key and home, not patient with a hub that is away."""
    return connect(office.url, key=office.key, home=office.home, patience=QUICK, **more)


def of_types(objects: list[dict[str, Any]], *types: str) -> list[dict[str, Any]]:
    return [item for item in objects if item["type"] in types]


def own(objects: list[dict[str, Any]], office: Office) -> list[dict[str, Any]]:
    return [item for item in objects if item.get("created_by_ref") == office.identity]


def keys(objects: list[Mapping[str, Any]] | list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(item["id"], str(item.get("modified", ""))) for item in objects]


COLUMNS: Final = (
    "report_id", "title", "description", "stage", "incident_class", "incident_type", "status", "determination", "severity",
    "tlp", "country", "detected_at", "victim_name", "victim_domain", "victim_sector", "consent", "indicators",
)  # fmt: skip


def sheet(path: Path, *rows: Mapping[str, str]) -> Path:
    """A filled-in form: each row an incident at the same invented victim, with its own cells in place of the usual ones."""
    usual = {
        "title": "Intrusion at Balai Rekaan Utama",
        "description": "Balai Rekaan Utama was broken into",
        "incident_class": "intrusions",
        "incident_type": "system-compromise",
        "status": "open",
        "determination": "confirmed",
        "severity": "3",
        "tlp": "amber",
        "detected_at": "2026-05-04T23:15+07:00",
        "victim_name": "Balai Rekaan Utama",
        "victim_domain": "balai-rekaan.example",
        "victim_sector": "healthcare",
        "consent": "sector-only",
    }
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows({**usual, **row} for row in rows)
    return path
