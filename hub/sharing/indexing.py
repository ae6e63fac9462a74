"""Makes what was published fast to look up, while nobody is publishing.

The index of values costs a third of what else a store writes of an object, so it is made afterwards
(`Store.index_values`). A lookup compares what is not in it yet by reading it.
"""

from __future__ import annotations

import logging
import random
import time
from typing import Final

from hub.errors import HubError
from hub.sharing.catalogue import Catalogue
from hub.store.base import Store

LOOK_SECONDS: Final = 1.0
AT_ONCE: Final = 500  # records: their turn as a writer takes a few milliseconds
WAITING_MOST: Final = 10_000  # records of one collection that wait until nobody is publishing there
_PAUSE_SECONDS: Final = 0.01  # between two turns, so that others get theirs
_jitter: Final = random.Random()  # noqa: S311 - spreads load, protects nothing
_log = logging.getLogger("hub.values")


class ValueIndexer:
    """Runs in a thread of each worker of `hub serve`; where two do the same, the store takes the work of one."""

    def __init__(self, store: Store, catalogue: Catalogue) -> None:
        self._store = store
        self._catalogue = catalogue
        self._heads: dict[str, int] = {}
        self._complaint = ""

    def run(self) -> None:
        """For as long as the process lives."""
        while True:
            time.sleep(LOOK_SECONDS * _jitter.uniform(0.5, 1.5))
            try:
                self.look()
                self._complaint = ""
            except HubError as error:
                if str(error) != self._complaint:  # once, not at every look
                    _log.warning("values wait to be indexed: %s", error)
                self._complaint = str(error)
            except Exception:  # noqa: BLE001 - a thread that ends here would end the indexing of this worker
                _log.exception("values wait to be indexed: the hub made a mistake")

    def look(self) -> None:
        """Index where nothing came since the last look, or too much waits."""
        for collection in self._catalogue:
            head = self._store.head(collection.id)
            quiet = self._heads.get(collection.id) == head
            self._heads[collection.id] = head
            waiting = self._store.index_values(collection.id, 0)
            while waiting and (quiet or waiting > WAITING_MOST):
                waiting = self._store.index_values(collection.id, AT_ONCE)
                time.sleep(_PAUSE_SECONDS)
