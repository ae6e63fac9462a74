"""The process that a store object belongs to: a forked child inherits the object, and must not use it.

SQLite keeps the state of its locks in the memory of the process, and the driver of MongoDB keeps sockets there. A child
that used either would rely on locks that it does not have, or share a connection with its parent.
"""

from __future__ import annotations

import os
from typing import Final

from hub.errors import StoreError

_ancestors: Final[list[int]] = []  # process ids, the parent's last; a process id alone is not enough, it may be reused
os.register_at_fork(after_in_child=lambda: _ancestors.append(os.getppid()))


class Owner:
    """The process that made this value."""

    def __init__(self, store: str) -> None:
        """`store` names the store in messages."""
        self.process_id: Final = os.getpid()
        self._store = store
        self._generation = len(_ancestors)

    @property
    def is_this_process(self) -> bool:
        """Whether this is still the process that made the value; False in a forked child and its children."""
        return self._generation == len(_ancestors)

    def require_this_process(self) -> None:
        """Raise StoreError in a forked child."""
        if not self.is_this_process:
            raise StoreError(
                f"the store {self._store} was opened by process {self.process_id}, and cannot be used in a process "
                "forked from it: close it before the fork, and open a store of its own in each process"
            )
