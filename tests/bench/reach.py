"""Whether a page costs the same in a large collection, in its middle, for a reader of little, and for a rare type."""

from __future__ import annotations

import time

from hub.community.hub import Hub
from hub.sharing.deliver import DeliveryContext, objects
from hub.sharing.members import Account, AccountKind
from hub.sharing.ready import ReadyPages
from hub.taxii.filters import Filters, Match
from tests.bench.report import ratio, row
from tests.bench.servers import COLLECTION, Bench

_SMALL = 10_000
_REPEATS = 20
_PAGE = 1_000
_SEES_ALL = Account("sg", AccountKind.CERT, "SG")
_SEES_LITTLE = Account("out", AccountKind.PARTNER)


def measure(bench: Bench) -> None:
    small, large = bench.store(_SMALL).open(), bench.store(bench.objects).open()
    try:
        print(f"a page of {_PAGE:,} objects, in the process, {_SMALL:,} beside {bench.objects:,} objects")
        for name, part in (("first page", 0.0), ("page in the middle", 0.5)):
            here = row(f"{name}, {_SMALL:,}", _times(bench, small, _SEES_ALL, part), "ms")
            there = row(f"{name}, {bench.objects:,}", _times(bench, large, _SEES_ALL, part), "ms")
            ratio(f"{name}: large against small", there / here, "wanted: at most 1.2")
        _rare(bench, large)
    finally:
        small.store.close()
        large.store.close()


def _rare(bench: Bench, hub: Hub) -> None:
    size = min(_PAGE, bench.objects // 200)  # of what only one in a hundred is
    print(f"a page of {size} objects from {bench.objects:,}")
    everything = row("a reader of all", _times(bench, hub, _SEES_ALL, 0.0, size), "ms")
    little = row("a reader of one in a hundred", _times(bench, hub, _SEES_LITTLE, 0.0, size), "ms")
    rare = row("a type that one in a hundred has", _times(bench, hub, _SEES_ALL, 0.0, size, ("note",)), "ms")
    ratio("one in a hundred against all", little / everything, "wanted: at most 2")
    ratio("a rare type against all", rare / everything, "wanted: at most 2")


def _times(
    bench: Bench, hub: Hub, account: Account, part: float, size: int = _PAGE, types: tuple[str, ...] | None = None
) -> list[float]:
    """Milliseconds for each of the rounds, the mean of some repeats."""
    collection = hub.catalogue.find("asean", COLLECTION)
    if collection is None:
        raise RuntimeError(f"no collection {COLLECTION}")
    exit_ = DeliveryContext(hub.store, hub.limits, hub.secret, ReadyPages(0))  # each page from the store
    page = objects(exit_, account, collection, Filters(limit=1))
    after = None
    if part:
        after = (page.first + int((hub.store.head(collection.id) - page.first) * part)) * 1000
    filters = Filters(added_after=after, limit=size, match=Match(types=types))
    durations = []
    for _ in range(bench.rounds + 1):
        start = time.perf_counter()
        for _ in range(_REPEATS):
            objects(exit_, account, collection, filters)
        durations.append((time.perf_counter() - start) * 1000 / _REPEATS)
    return durations[1:]  # the first round warms the caches
