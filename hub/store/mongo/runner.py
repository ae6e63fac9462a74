"""Running the protocol's steps as operations: in one session, repeated if an answer was lost, until the deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any, Final, TypeVar

from pymongo.errors import PyMongoError

from hub.errors import StoreUnavailableError
from hub.store.mongo import steps as mongo_steps
from hub.store.mongo.link import Link, is_away, translated
from hub.store.mongo.operations import Operations
from hub.store.mongo.steps import Step

PAUSE_SECONDS: Final = 0.025  # between two reads of a commit that another process is carrying out
RETRY_SECONDS: Final = 0.2  # before repeating a step whose answer was lost

# Steps that a writer repeats while other writers are faster: none of them begins after the deadline.
_BEFORE_COMMIT: Final = (mongo_steps.Wait, mongo_steps.LookUp, mongo_steps.Insert)
_BUSY: Final = "others write into this collection without a pause: try again in a moment"
_T = TypeVar("_T")
Observer = Callable[[str, str], None]


def deadline_in(seconds: float) -> float:
    """The moment that many seconds from now."""
    return time.monotonic() + seconds


class Runner:
    """Runs steps and single operations for `MongoStore`."""

    def __init__(self, link: Link, lock_seconds: float, status_milliseconds: int, observe: Observer | None) -> None:
        self._link = link
        self._lock_seconds = lock_seconds
        self._status_milliseconds = status_milliseconds
        self._observe = observe
        self._constants: dict[str, bytes] = {}
        self._turns: dict[str, threading.Lock] = {}  # per collection, of this process's writers: saves failing attempts
        self._turns_lock = threading.Lock()

    @contextmanager
    def _turn(self, collection: str) -> Iterator[float]:
        """Let one writer of this process at a time write into the collection; gives its deadline."""
        self._link.require_owner()  # a lock that another thread had at the fork is never released in the child
        deadline = deadline_in(self._lock_seconds)
        with self._turns_lock:
            turn = self._turns.setdefault(collection, threading.Lock())
        if not turn.acquire(timeout=self._lock_seconds):
            raise StoreUnavailableError(_BUSY)
        try:
            yield deadline
        finally:
            turn.release()

    def _call(self, operation: Callable[[Operations], _T], deadline: float) -> _T:
        """Run one repeatable operation, in a session of its own, until it succeeds or the deadline passes."""
        with translated(self._link.hosts):
            self._link.probe()
            while True:
                try:
                    with self._session() as operations:
                        return operation(operations)
                except PyMongoError as error:
                    self._pause_or_raise(error, deadline)

    def _run(self, steps: Generator[Step, Any, _T], deadline: float) -> _T:
        """Run the steps one after another in one causal session, and return the generator's value."""
        # the first contact may fail, too: repeat it before the steps begin
        self._call(lambda operations: operations.database.name, deadline)
        with translated(self._link.hosts), closing(steps), self._session() as operations:
            step: Step = next(steps)
            while True:
                if time.monotonic() > deadline and isinstance(step, _BEFORE_COMMIT):
                    raise StoreUnavailableError(_BUSY)
                try:
                    answer = self._take(operations, step)
                except PyMongoError as error:
                    self._pause_or_raise(error, deadline)
                    continue
                try:
                    step = steps.send(answer)
                except StopIteration as end:
                    value: _T = end.value
                    return value

    def _take(self, operations: Operations, step: Step) -> Any:
        name = type(step).__name__
        if self._observe is not None:
            self._observe("before", name)
        answer = operations.take(step)
        if isinstance(step, mongo_steps.Wait):
            time.sleep(PAUSE_SECONDS)
        if self._observe is not None:
            self._observe("after", name)
        return answer

    def _pause_or_raise(self, error: PyMongoError, deadline: float) -> None:
        """Wait a little if the same step may succeed in a moment; otherwise, or after the deadline, raise."""
        if not is_away(error):
            raise error
        if time.monotonic() + RETRY_SECONDS > deadline:
            self._link.note_away()
            raise error
        time.sleep(RETRY_SECONDS)

    @contextmanager
    def _session(self) -> Iterator[Operations]:
        with self._link.client.start_session(causal_consistency=True) as session:
            yield Operations(self._link.database(), session, self._status_milliseconds, self._constants)
