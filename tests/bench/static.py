"""Pages that many ask for beside the same bytes from files: the hub warm and cold, a bare Flask view, nginx.

Warm is a page that the worker keeps ready; cold is the same page from a worker that has room for few of them and forgets them in between.
"""

from __future__ import annotations

from contextlib import ExitStack
from urllib.parse import quote

from tests.bench.report import ratio, row
from tests.bench.servers import PATH, Bench, bare_server, fronted_server, hub_server, nginx_server, pages
from tests.bench.wire import Wire, seconds

_PAGES = 60
_REQUESTS = 400
_COLD = 120


def measure(bench: Bench) -> None:
    built_store = bench.store(bench.objects)
    key = built_store.keys["sg"]
    with ExitStack() as stack:
        warm_port, _ = stack.enter_context(hub_server(built_store))
        cold_port, _ = stack.enter_context(hub_server(built_store, HUB_LIMITS_READY_MEGABYTES="1"))
        paths, bodies = pages(warm_port, key, 1000, _PAGES)
        bodies = bodies[: len(paths)]
        nginx_port = stack.enter_context(nginx_server(bodies, bench.folder))
        for packed in (True, False):
            with bare_server(bodies, bench.folder, packed=packed) as bare_port:
                print(f"pages of 1,000 objects {'as gzip' if packed else 'as they are'}")
                ports = {"hub, warm": warm_port, "hub, cold": cold_port, "bare Flask view": bare_port}
                if nginx_port is not None:
                    ports["nginx, static"] = nginx_port
                rates = _rates(bench, ports, key, paths, packed=packed)
                middle = {name: row(name, values, "pages/s") for name, values in rates.items()}
                ratio(
                    "warm against bare Flask", middle["hub, warm"] / middle["bare Flask view"], "wanted as gzip: 0.35"
                )
                if nginx_port is None:
                    print("  (there is no nginx here)")
                else:
                    share = middle["hub, warm"] / middle["nginx, static"]
                    ratio("warm against nginx", share, f"wanted: {0.12 if packed else 0.5}")
        with fronted_server([b'{"more":false}'], bench.folder) as fronted_port:
            _idle(bench, warm_port, fronted_port, key)


def _rates(bench: Bench, ports: dict[str, int], key: str, paths: list[str], *, packed: bool) -> dict[str, list[float]]:
    rates: dict[str, list[float]] = {name: [] for name in ports}
    for _ in range(bench.rounds + 1):
        for name, port in ports.items():
            count = _COLD if name == "hub, cold" else _REQUESTS
            with Wire(port, "sg", key, packed=packed) as wire:
                numbers = [number % len(paths) for number in range(count)]
                requests_of = {
                    "bare Flask view": [wire.request(f"/page?n={number}") for number in numbers],
                    "nginx, static": [wire.request(f"/{number}") for number in numbers],
                }.get(name, [wire.request(paths[number]) for number in numbers])
                rates[name].append(count / seconds(wire, requests_of, 200)[0])
    return {name: values[1:] for name, values in rates.items()}  # the first round makes what is kept ready


def _idle(bench: Bench, port: int, fronted_port: int, key: str) -> None:
    hub, bare_figures = [], []
    path = f"{PATH}?added_after={quote('2099-01-01T00:00:00.000000Z')}"
    for _ in range(bench.rounds):
        with Wire(port, "sg", key) as to_hub, Wire(fronted_port) as to_bare:
            hub.append(_REQUESTS / seconds(to_hub, [to_hub.request(path)] * _REQUESTS, 200)[0])
            bare_figures.append(_REQUESTS / seconds(to_bare, [to_bare.request("/idle?n=0")] * _REQUESTS, 200)[0])
    print("poll with nothing new, behind the same front")
    ratio(
        "hub against bare Flask",
        row("hub", hub, "requests/s") / row("bare Flask view", bare_figures, "requests/s"),
        "wanted: 0.65",
    )
