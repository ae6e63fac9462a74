"""A full poll in pages of 1,000, and a poll with nothing new: the hub, a bare Flask view, medallion."""

from __future__ import annotations

from urllib.parse import quote

from tests.bench.report import ratio, row, share
from tests.bench.servers import PATH, Bench, bare_server, hub_server, medallion_server, pages
from tests.bench.wire import Wire, seconds

_PAGES = 100
_IDLE = 500
_MEDALLION_OBJECTS = 2_000  # with 20,000, one page took medallion longer than two minutes
_MEDALLION = "/asean/collections/472c94ae-3113-4e3e-a4dd-a9f4ac7471d4/objects/"


def measure(bench: Bench) -> None:
    built_store = bench.store(bench.objects)
    key = built_store.keys["sg"]
    with hub_server(built_store) as (port, _):
        paths, bodies = pages(port, key, 1000, _PAGES)
        with bare_server([*bodies, b'{"more":false}'], bench.folder) as bare_port:
            _full(bench, port, key, bare_port, paths)
            _idle(bench, port, key, bare_port, bodies)
    _medallion(bench)


def _full(bench: Bench, port: int, key: str, bare_port: int, paths: list[str]) -> None:
    hub, bare_figures = [], []
    with Wire(port, "sg", key) as to_hub, Wire(bare_port) as to_bare:
        hub_requests = [to_hub.request(path) for path in paths]
        plain = [to_bare.request(f"/page?n={number}") for number in range(len(paths))]
        for _ in range(bench.rounds):
            spent, size = seconds(to_hub, hub_requests, 200)
            hub.append(size / spent / 2**20)
            spent, size = seconds(to_bare, plain, 200)
            bare_figures.append(size / spent / 2**20)
    print(f"full poll, {len(paths)} pages of 1,000 objects")
    middle, ceiling = row("hub", hub, "MiB/s"), row("bare Flask view, same bytes", bare_figures, "MiB/s")
    share("hub as a share of the bare view", middle / ceiling, "wanted: 33 %, better 40 %")


def _idle(bench: Bench, port: int, key: str, bare_port: int, bodies: list[bytes]) -> None:
    hub, bare_figures = [], []
    with Wire(port, "sg", key) as to_hub, Wire(bare_port) as to_bare:
        path = f"{PATH}?added_after={quote('2099-01-01T00:00:00.000000Z')}"
        hub_requests, plain = [to_hub.request(path)] * _IDLE, [to_bare.request(f"/idle?n={len(bodies)}")] * _IDLE
        for _ in range(bench.rounds):
            hub.append(_IDLE / seconds(to_hub, hub_requests, 200)[0])
            bare_figures.append(_IDLE / seconds(to_bare, plain, 200)[0])
    print("poll with nothing new")
    middle, ceiling = row("hub", hub, "requests/s"), row("bare Flask view, same bytes", bare_figures, "requests/s")
    share("hub as a share of the bare view", middle / ceiling, "wanted: 50 %")


def _medallion(bench: Bench) -> None:
    count = min(bench.objects, _MEDALLION_OBJECTS)
    built_store = bench.store(count)
    hub, other = [], []
    with hub_server(built_store) as (port, _), medallion_server(count, bench.folder) as medallion_port:
        for _ in range(bench.rounds):
            # a connection for each round: servers close those that idle while the other one is slow
            with (
                Wire(port, "sg", built_store.keys["sg"]) as to_hub,
                Wire(medallion_port, "sg", "bench") as to_medallion,
            ):
                hub.append(1 / seconds(to_hub, [to_hub.request(f"{PATH}?limit=1000")], 200)[0])
                hub_requests = [to_medallion.request(f"{_MEDALLION}?limit=1000")]
                other.append(1 / seconds(to_medallion, hub_requests, 200)[0])
    print(f"one page of 1,000 from {count:,} objects")
    ratio("hub against medallion (memory backend)", row("hub", hub, "pages/s") / row("medallion", other, "pages/s"))
