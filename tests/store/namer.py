"""A process that adds observables to one collection, or names the same ones lower in another. Not a test: see `test_races`.

Arguments: kind of store, folder, and "adds" or "names". For each line of stdin, a number, one line with the verdict.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

from hub.store.records import NOBODY
from tests.server.making import an_id
from tests.store.making import batch, candidate, open_kind

COLLECTIONS = ("high", "low")


def main(kind: str, folder: str, what: str) -> None:
    """Publish on request, as a member that reads both collections."""
    store = open_kind(kind, Path(folder), lambda: int(time.time() * 1000), lock_seconds=30.0)
    for line in sys.stdin:
        number = int(line)
        name = an_id(number, "ipv4-addr")
        if what == "adds":
            sent_batch = batch(candidate(number, None, 3, type="ipv4-addr", owner=NOBODY), collection="high")
        else:
            sent_batch = batch(candidate(number, level=1, named_ids=(name,)), collection="low")
        (outcome,) = store.append(replace(sent_batch, readable_levels=dict.fromkeys(COLLECTIONS, 3))).outcomes
        print(outcome.verdict.value, flush=True)  # noqa: T201 - the answer
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
