"""Nothing of the hub forks with a store open (law L3): a child would have SQLite's memory of the locks, and no locks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.places import TOP
from tests.server.process import HubProcess, clean_environment

WATCHED = Path(__file__).parent / "forks"

pytestmark = pytest.mark.sqlite


@pytest.fixture
def watch(tmp_path: Path) -> dict[str, str]:
    """Settings under which each process that Python starts notes its forks."""
    return {"PYTHONPATH": os.pathsep.join((str(WATCHED), str(TOP))), "FORKS": str(tmp_path / "forks")}


def forks(watch: dict[str, str]) -> list[dict[str, Any]]:
    file = Path(watch["FORKS"])
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def open_files(pid: int) -> list[str]:
    names = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            names.append(str(link.readlink()))
    return names


def test_hub_serve_starts_its_workers_and_their_successors_without_a_store(
    hub_process: Callable[..., HubProcess], watch: dict[str, str]
) -> None:
    """While it reminds and serves events; a worker that died is replaced beside those that have it open."""
    process = hub_process(**watch, HUB_WORKERS="2", HUB_REMIND="true")
    process.init()
    process.start()
    before = process.workers()
    assert any(str(process.folder) in name for pid in before for name in open_files(pid))
    process.kill_worker(before[0])
    process.wait_until_ready()
    assert not [name for name in open_files(process.pid) if "hub.sqlite" in name]
    assert process.stop() == 0
    assert [fork for fork in forks(watch) if fork["open"]] == []


def test_hub_remind_does_not_fork_with_a_store(hub_process: Callable[..., HubProcess], watch: dict[str, str]) -> None:
    """Run by a timer beside a hub."""
    process = hub_process(**watch)
    process.init()
    words = [sys.executable, "-m", "hub", "remind"]
    subprocess.run(words, env=clean_environment() | process.environment, cwd=TOP, check=True)
    assert [fork for fork in forks(watch) if fork["open"]] == []


def test_a_fork_with_an_open_store_would_be_noted(tmp_path: Path, watch: dict[str, str]) -> None:
    """What these tests rely on."""
    program = (
        "import os, sys; from pathlib import Path; from hub.store.sqlite.store import SqliteStore\n"
        "store = SqliteStore(Path(sys.argv[1]), clock=int, lock_seconds=5, status_milliseconds=1, create=True)\n"
        "os.fork() or os._exit(0)"
    )
    file = tmp_path / "hub.sqlite"
    subprocess.run([sys.executable, "-c", program, str(file)], env=clean_environment() | watch, check=True)
    assert [fork["open"] for fork in forks(watch)] == [[str(file)]]
