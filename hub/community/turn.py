"""A lock among all processes and machines of a hub: at most one process has the turn at a time.

1. A process that wants the turn first writes a fact of its own and then reads the facts of others. So of two processes
   at least one sees the other. A process that sees another backs off and retries later; both may back off.
2. The process that has the turn renews its fact before each action that must not happen twice, and stops if it sees
   another process's fact.
3. A fact that was not renewed for `TURN_MILLISECONDS`, or that lies as far in the future, belongs to a process that died
   or to a clock that was set back: it is deleted.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final, Self

from hub.community.hub import Hub
from hub.errors import StoreError

KIND: Final = "turn"
TURN_MILLISECONDS: Final = 5 * 60 * 1000


class Turn:
    """The turn at `task`, for one process. Use it in a `with` statement, which releases it at the end."""

    def __init__(self, hub: Hub, task: str) -> None:
        self._hub = hub
        self._prefix = f"{task}/"
        self._key = f"{task}/{hub.new_id()}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(StoreError):  # the work is finished; a turn that is not released expires by (3)
            self._hub.store.put_facts(KIND, {}, [self._key])

    def acquire(self) -> bool:
        """(1) Take the turn, or (2) renew it; False if another process has it."""
        now = self._hub.clock()
        self._hub.store.put_facts(KIND, {self._key: str(now).encode()})
        other_facts = [fact for fact in self._hub.store.facts(KIND, prefix=self._prefix) if fact.key != self._key]
        dead_keys = [fact.key for fact in other_facts if abs(now - (fact.milliseconds or 0)) > TURN_MILLISECONDS]
        if dead_keys:
            # (3)
            self._hub.store.put_facts(KIND, {}, dead_keys)
        return len(dead_keys) == len(other_facts)
