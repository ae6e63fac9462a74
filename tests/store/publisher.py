"""A process that publishes until it has published enough, or is killed. Not a test: `test_processes` starts it.

Arguments: kind of store, folder, writer, generation, batches. A line on stdout for each batch that was acknowledged.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.store.making import add, candidate, open_kind

OBJECTS = 3  # in each batch


def numbers(writer: int, generation: int, batch: int) -> list[int]:
    """The numbers of the objects in that batch: no other batch has them."""
    return [((writer * 1000 + generation) * 1000 + batch) * 10 + offset for offset in range(OBJECTS)]


def status_of(writer: int, generation: int, batch: int) -> str:
    """The status id of that batch."""
    return f"status-{writer}-{generation}-{batch}"


def main(kind: str, folder: str, writer: int, generation: int, batches: int) -> None:
    """Publish, with a clock that differs from the other writers' by minutes."""
    skew = writer * 600_000
    store = open_kind(kind, Path(folder), lambda: int(time.time() * 1000) - skew, lock_seconds=30.0)
    for batch in range(batches):
        batch_candidates = [candidate(number, level=number % 5) for number in numbers(writer, generation, batch)]
        add(store, *batch_candidates, status=status_of(writer, generation, batch))
        print(batch, flush=True)  # noqa: T201 - the acknowledgement
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *(int(word) for word in sys.argv[3:6]))
