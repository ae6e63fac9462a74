"""Adds published objects to the index of values while nobody is publishing.

The index costs a third of the other writes for an object, so it is written later (`Store.index_values`). A lookup reads
objects that are not in the index yet, and compares their values.
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
BATCH_RECORDS: Final = 500  # records of one write, which then takes a few milliseconds
MAX_WAITING: Final = 10_000  # records of one collection that may wait until nobody is publishing there
_PAUSE_SECONDS: Final = 0.01  # between two writes, so that other writers can work
_jitter: Final = random.Random()  # noqa: S311 - spreads load, protects nothing
_log = logging.getLogger("hub.values")


class ValueIndexer:
    """Runs in a thread of each worker of `hub serve`; if two index the same records, the store keeps the work of one."""

    def __init__(self, store: Store, catalogue: Catalogue) -> None:
        self._store = store
        self._catalogue = catalogue
        self._heads: dict[str, int] = {}
        self._complaint = ""

    def run(self) -> None:
        """Run until the process ends."""
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
        """Index each collection in which nothing was added since the last look, or too many records wait."""
        for collection in self._catalogue:
            head = self._store.head(collection.id)
            is_quiet = self._heads.get(collection.id) == head
            self._heads[collection.id] = head
            waiting_count = self._store.index_values(collection.id, 0)
            while waiting_count and (is_quiet or waiting_count > MAX_WAITING):
                waiting_count = self._store.index_values(collection.id, BATCH_RECORDS)
                time.sleep(_PAUSE_SECONDS)
