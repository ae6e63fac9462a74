"""The processes of the fault tests: `python -m tests.mongo.worker write|read|each …`. They talk in lines of JSON.

A writer says which batch it sends, and which is acknowledged; started again under its name it goes on from the batch
that it is told, and makes the same objects for the same batch. Writers stop themselves (SIGSTOP) at steps of the commit.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from hub.errors import StoreUnavailableError
from hub.store.batch import Batch, Candidate
from hub.store.mongo.store import MongoStore
from hub.store.query import EVERY
from tests.store.making import asking, batch, candidate, contents

OBJECTS: Final = 4  # new ones per batch; a fifth object is a new version of one object of the writer
LOCK_SECONDS: Final = 8.0
COLLECTION: Final = "shared"


def say(**what: Any) -> None:
    # one write per line: several processes may share the pipe
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def store_at(
    uri: str,
    skew: int = 0,
    observe: Callable[[str, str], None] | None = None,
    lock_seconds: float = LOCK_SECONDS,
) -> MongoStore:
    """A store whose process has a clock that is wrong by `skew` milliseconds."""
    return MongoStore(
        uri,
        clock=lambda: time.time_ns() // 1_000_000 + skew,
        lock_seconds=lock_seconds,
        status_milliseconds=3_600_000,
        observe=observe,
    )


def batch_of(writer: int, number: int) -> Batch:
    """The batch of that number: the same objects in every process."""
    first = writer * 100_000 + number * OBJECTS
    new: list[Candidate] = [candidate(first + index, 1, level=index % 5) for index in range(OBJECTS)]
    return batch(
        *new, candidate(writer * 100_000 + 99_999, number + 1), collection=COLLECTION, status=f"{writer}.{number}"
    )


def stop_here() -> None:
    """As an overloaded host, a debugger or a suspended machine would."""
    say(stopped=os.getpid())
    os.kill(os.getpid(), signal.SIGSTOP)


def write(uri: str, writer: int, begin: int, end: int, skew: int, seed: int) -> None:
    """Send batches `begin` to `end`, each until it is acknowledged; stop now and then, at any step."""
    dice = random.Random(seed)

    def observe(_when: str, _step: str) -> None:
        if dice.random() < 0.01:
            stop_here()

    store = store_at(uri, skew, observe)
    for number in range(begin, end):
        say(sending=number)
        sent_batch = batch_of(writer, number)
        while True:
            try:
                store.append(sent_batch)
                break
            except StoreUnavailableError as error:
                say(again=str(error))
        say(acknowledged=number)
    say(ended=writer)


def read(uri: str) -> None:
    """Follow the line until standard input ends, and then to its end; print everything that was read."""
    store = store_at(uri)
    has_ended = threading.Event()

    def listen() -> None:
        sys.stdin.read()
        has_ended.set()

    threading.Thread(target=listen, daemon=True).start()
    after = 0
    while True:
        last_round = has_ended.is_set()
        try:
            page = store.read(asking(collection=COLLECTION, after=after, limit=50, versions=EVERY), 1 << 24)
        except StoreUnavailableError:
            continue
        for content in contents(page.body):
            say(met=[content["id"], content["version"]])
        if page.count:
            assert page.first > after
            after = page.last
        elif last_round:
            say(ended="reader")
            return
        elif not has_ended.is_set():
            has_ended.wait(0.05)


def each(uri: str, moments: int) -> None:
    """One process per moment of a commit, each in a collection of its own, that stops there."""
    for moment in range(moments):
        if os.fork() == 0:
            seen: set[str] = set()

            def observe(when: str, step: str, moment: int = moment, seen: set[str] = seen) -> None:
                words = f"{when} {step}"
                if words in seen:
                    return  # steps that are taken again where others were faster make no further moments
                if len(seen) == moment:
                    say(at=moment, step=words, stopped=os.getpid())
                    os.kill(os.getpid(), signal.SIGSTOP)
                seen.add(words)

            store = store_at(uri, 0, observe)
            while True:
                try:
                    outcomes = store.append(
                        batch(candidate(1, 2), candidate(2, 1), collection=f"at {moment}", status=f"at {moment}")
                    ).outcomes
                    break
                except StoreUnavailableError:
                    continue
            say(done=moment, verdicts=[outcome.verdict.value for outcome in outcomes])
            os._exit(0)
    for _ in range(moments):
        os.wait()


if __name__ == "__main__":
    works: dict[str, Callable[..., None]] = {"write": write, "read": read, "each": each}
    works[sys.argv[1]](sys.argv[2], *map(int, sys.argv[3:]))
