"""A turn that one process has at a time, among all processes and machines of a hub, where two would do harm.

1. Whoever wants the turn writes a fact of his own first, and looks at the others' then: of two who come at once, one at
   least sees the other. Whoever sees another lets go, and comes again later; it may be that both do.
2. Whoever has it renews it before each thing that must not be done twice, and stops where somebody else has come.
3. A fact that was not renewed for `TURN_MILLISECONDS`, or that lies so far ahead, is that of a process that died, or of a
   clock that was set back, and is taken away.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final, Self

from hub.community.hub import Hub
from hub.errors import StoreError

KIND: Final = "turn"
TURN_MILLISECONDS: Final = 5 * 60 * 1000


class Turn:
    """The turn at `what`, as one process asks for it. Use it in a `with`: at its end it is given back."""

    def __init__(self, hub: Hub, what: str) -> None:
        self._hub = hub
        self._prefix = f"{what}/"
        self._key = f"{what}/{hub.new_id()}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(StoreError):  # what was done in the turn is done; a turn that is not given back ends by (3)
            self._hub.store.put_facts(KIND, {}, [self._key])

    def mine(self) -> bool:
        """(1) Take it, or (2) renew it; False where somebody else is at it."""
        now = self._hub.clock()
        self._hub.store.put_facts(KIND, {self._key: str(now).encode()})
        others = [fact for fact in self._hub.store.facts(KIND, prefix=self._prefix) if fact.key != self._key]
        dead = [fact.key for fact in others if abs(now - (fact.milliseconds or 0)) > TURN_MILLISECONDS]
        if dead:
            # (3)
            self._hub.store.put_facts(KIND, {}, dead)
        return len(dead) == len(others)
