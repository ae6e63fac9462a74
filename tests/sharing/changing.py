"""What changes a collection at random; as a program, one process among several that do so at once.

    python -m tests.sharing.changing KIND FOLDER COLLECTION SEED

For each line `COUNT` on stdin it makes that many changes, then writes a line.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path
from typing import Final

from hub.store.base import Store
from tests.server.making import an_id
from tests.store.making import add, candidate, open_kind

TYPES: Final = ("indicator", "malware")
HELD: Final = 20  # objects that are there from the beginning
_APART: Final = 1_000_000  # numbers of objects, between what two processes add


def change_something(store: Store, collection: str, version: int, chance: random.Random, *, fresh: int) -> None:
    """A new object (of the number `fresh`), version, level, revocation, deletion or purge."""
    number = chance.randrange(HELD) if chance.random() < 0.5 else fresh
    object_type = TYPES[number % 2]
    choice = chance.random()
    if choice < 0.1:
        store.delete(collection, an_id(number, object_type), "ID", 4)
    elif choice < 0.15:
        store.purge(collection, an_id(number, object_type))
    else:
        revoked = choice < 0.2
        level = chance.choice((0, 1, 1, 2, 3))
        add(store, candidate(number, version, level, type=object_type, revoked=revoked), collection=collection)


def _milliseconds() -> int:
    return time.time_ns() // 1_000_000


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main() -> None:
    """See the module."""
    kind, folder, collection, seed = sys.argv[1:]
    chance = random.Random(int(seed))
    store = open_kind(kind, Path(folder), _milliseconds, lock_seconds=60)
    step = 0
    _say("ready")
    for line in sys.stdin:
        for _ in range(int(line)):
            step += 1
            fresh = (int(seed) + 1) * _APART + step
            change_something(store, collection, _APART * step + int(seed), chance, fresh=fresh)
        _say("done")
    store.close()


if __name__ == "__main__":
    main()
