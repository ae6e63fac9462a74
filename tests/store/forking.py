"""Processes that fork with a store, and check what happens. Not a test: `test_forks` starts each as a process of its own.

Arguments: the name of a function below, the kind of store, the folder of the store.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from hub.errors import StoreError
from hub.store.base import Store
from hub.store.sqlite.store import SqliteStore
from tests.server.making import an_id
from tests.store.making import Clock, add, candidate, open_kind, stored_versions
from tests.store.sqlite.calls import calls_of

FORKS: Final = {"sqlite": 10, "mongo": 1}
OBJECTS: Final = 50  # that a process adds, one after another
MONGO_OBJECTS: Final = 10  # the same, where each takes tens of milliseconds


def open_store(kind: str, folder: Path) -> Store:
    return open_kind(kind, folder, Clock(), lock_seconds=30.0)


def open_sqlite(folder: Path) -> SqliteStore:
    return SqliteStore(folder / "hub.sqlite", clock=Clock(), lock_seconds=30.0, status_milliseconds=1000, create=True)


def fork(in_child: Callable[[], Any], in_parent: Callable[[], object] = lambda: None) -> Any:
    """Run both at the same moment; return what the child returned."""
    result_read, result_write = os.pipe()
    start_read, start_write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(start_write)
            os.read(start_read, 1)  # returns once the parent has closed its end
            os.write(result_write, json.dumps(in_child()).encode())
            os._exit(0)
        except BaseException:  # noqa: BLE001 - printed; the child ends here in any case
            sys.excepthook(*sys.exc_info())
            os._exit(1)
    for end in (result_write, start_read, start_write):
        os.close(end)
    in_parent()
    with os.fdopen(result_read, "rb") as lines:
        result = lines.read()
    assert os.waitpid(child, 0)[1] == 0
    return json.loads(result)


def complaint(call: Callable[[], object]) -> str:
    """The text of the StoreError; "" where the call raises none."""
    try:
        call()
    except StoreError as error:
        return f"{type(error).__name__}: {error}"
    return ""


def add_objects(store: Store, first: int, count: int = OBJECTS) -> list[str]:
    """The ids of the objects that were acknowledged."""
    acknowledged: list[str] = []
    try:
        for number in range(first, first + count):
            add(store, candidate(number))
            acknowledged.append(an_id(number))
    except StoreError:
        pass
    return acknowledged


def check_held(kind: str, folder: Path, *acknowledged: list[str]) -> None:
    """Check that what was acknowledged is there, and nothing else."""
    store = open_store(kind, folder)
    assert sorted(object_id for object_id, _ in stored_versions(store)) == sorted(
        identifier for ids in acknowledged for identifier in ids
    )
    store.close()


# ------------------------------------------------------------------------------------------------ the cases, by name


def every_call(kind: str, folder: Path) -> None:
    """Each call in a child is refused, and harms nothing in the parent."""
    store = open_store(kind, folder)
    add(store, candidate(1))
    watch, records = store.watch(), store.records("shared")
    watch.has_moved()
    next(records)

    def complaints() -> dict[str, str]:
        calls = calls_of(store) | {
            "facts": lambda: store.facts("x"),
            "put_facts": lambda: store.put_facts("x", {}),
            "add_to_facts": lambda: store.add_to_facts("x", {"a": [1]}),
            "trail_texts": lambda: store.trail_texts(1, 1),
        }
        if kind == "sqlite":
            calls |= {"moved": watch.has_moved, "next": lambda: next(records)}
        messages = {name: complaint(call) for name, call in calls.items()}
        watch.close()
        store.close()
        return messages

    for name, text in fork(complaints).items():
        assert text.startswith("StoreError: the store "), (name, text)
        assert f"opened by process {os.getpid()}" in text, (name, text)
        assert "open a store of its own" in text, (name, text)
    assert list(records) == []
    add(store, candidate(2))
    assert watch.has_moved()
    watch.close()
    store.close()
    check_held(kind, folder, [an_id(1), an_id(2)])


def same_moment(kind: str, folder: Path) -> None:
    """Both write at the same moment; the parent, which had the store open at the fork, closes first."""
    count = OBJECTS if kind == "sqlite" else MONGO_OBJECTS
    for number in range(FORKS[kind]):
        place = folder / str(number)
        store = open_store(kind, place)
        by_parent: list[str] = []

        def in_parent(store: Store = store, by_parent: list[str] = by_parent) -> None:
            by_parent += add_objects(store, 100, count)
            store.close()

        def in_child(store: Store = store, place: Path = place) -> list[str]:
            by_child = add_objects(store, 200, count)
            try:
                return by_child + add_objects(open_store(kind, place), 300, count)
            except StoreError:
                return by_child

        by_child = fork(in_child, in_parent)
        assert len(by_parent) == count
        check_held(kind, place, by_parent, by_child)


def closed_before_the_fork(kind: str, folder: Path) -> None:
    """As `same_moment`, but that the parent closes before the fork, and then each process opens a store of its own."""
    for number in range(FORKS[kind]):
        place = folder / str(number)
        open_store(kind, place).close()
        by_parent: list[str] = []

        def write(first: int, place: Path = place) -> list[str]:
            store = open_store(kind, place)
            acknowledged = add_objects(store, first)
            store.close()
            return acknowledged

        def in_parent(by_parent: list[str] = by_parent, write: Callable[[int], list[str]] = write) -> None:
            by_parent += write(100)

        def in_child(write: Callable[[int], list[str]] = write) -> list[str]:
            return write(200)

        by_child = fork(in_child, in_parent)
        assert len(by_parent) == len(by_child) == OBJECTS
        check_held(kind, place, by_parent, by_child)


def same_file(_kind: str, folder: Path) -> None:
    """A child may not open the file that its parent had open at the fork, whatever the path; another file it may."""
    store = open_sqlite(folder / "here")
    (folder / "link").symlink_to("here")
    (folder / "copy").mkdir()
    (folder / "copy" / "hub.sqlite").hardlink_to(folder / "here" / "hub.sqlite")
    open_sqlite(folder / "elsewhere").close()

    def complaints() -> list[str]:
        return [complaint(lambda name=name: open_sqlite(folder / name)) for name in ("here", "link", "copy")]  # type: ignore[misc]

    for texts in (fork(complaints), fork(lambda: fork(complaints)), fork(complaints, store.close)):
        for text in texts:
            assert text.startswith("StoreError: the store "), text
            assert f"was open in process {os.getpid()} when it forked" in text, text
            assert "close the store before the fork" in text, text
    assert fork(lambda: complaint(lambda: add(open_sqlite(folder / "elsewhere"), candidate(1)))) == ""
    # the parent has closed: its next child is free to open the file
    assert fork(lambda: complaint(lambda: add(open_sqlite(folder / "here"), candidate(1)))) == ""


def child_that_ends(_kind: str, folder: Path) -> None:
    """A child that ends as programs end, long after its parent closed: what others wrote since stays."""
    store = open_sqlite(folder)
    end_read, end_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(end_write)
        os.read(end_read, 1)  # returns once the parent has closed its end
        del store
        sys.exit(0)  # the interpreter destroys what it has
    store.close()
    words = [sys.executable, "-m", "tests.store.forking", "write_and_die", "sqlite", str(folder)]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    os.close(end_write)
    assert os.waitpid(child, 0)[1] == 0
    check_held("sqlite", folder, [an_id(number) for number in range(OBJECTS)])


def write_and_die(_kind: str, folder: Path) -> None:
    """What it wrote is in the write-ahead log only."""
    add_objects(open_sqlite(folder), 0)
    os.kill(os.getpid(), signal.SIGKILL)


def within_a_transaction(_kind: str, folder: Path) -> None:
    """A fork while the same thread writes: the child neither commits nor rolls back, nor unlocks for its parent."""
    store = open_sqlite(folder)
    add(store, candidate(1))

    child = -1
    try:
        with store._files.writing() as connection:
            connection.execute("DELETE FROM record")
            child = os.fork()
            if child:
                assert os.waitpid(child, 0)[1] == 0
                assert second_writer(folder) == "busy"
                raise ZeroDivisionError  # noqa: TRY301 - undoes the transaction
    except StoreError:
        os._exit(0 if child == 0 else 1)
    except ZeroDivisionError:
        assert child > 0
    assert child > 0, "the child has committed"
    assert second_writer(folder) == "written"
    store.close()
    check_held("sqlite", folder, [an_id(1), an_id(9)])


def killed_with_the_lock(_kind: str, folder: Path) -> None:
    """A writer that is killed while its child lives: the child does not keep the lock."""
    open_sqlite(folder).close()
    words = [sys.executable, "-m", "tests.store.forking", "die_with_the_lock", "sqlite", str(folder)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "forked\n"
        assert process.wait() == -signal.SIGKILL
        assert second_writer(folder) == "written"
        # the end of its standard input ends the child
    check_held("sqlite", folder, [an_id(9)])


def die_with_the_lock(_kind: str, folder: Path) -> None:
    with open_sqlite(folder)._files.writing():
        if os.fork() == 0:
            print("forked", flush=True)  # noqa: T201 - its answer
            sys.stdin.read()
            os._exit(0)
        os.kill(os.getpid(), signal.SIGKILL)


def second_writer(folder: Path) -> str:
    words = [sys.executable, "-m", "tests.store.forking", "try_to_write", "sqlite", str(folder)]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def try_to_write(_kind: str, folder: Path) -> None:
    store = SqliteStore(folder / "hub.sqlite", clock=Clock(), lock_seconds=0.2, status_milliseconds=1000)
    print("busy" if complaint(lambda: add(store, candidate(9))) else "written")  # noqa: T201 - its answer
    store.close()


if __name__ == "__main__":
    globals()[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))
