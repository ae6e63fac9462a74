"""A thousand accounts that each take their first poll of 10,000 objects at once, over two workers."""

from __future__ import annotations

import asyncio
import resource
import time
from statistics import quantiles
from typing import Final

import uvloop

from hub.sharing.members import Account, AccountKind
from tests.bench.memory import anonymous_mebibytes, children
from tests.bench.report import row
from tests.bench.servers import Bench, hub_server, pages
from tests.bench.wire import CONTENT_TYPE

_READERS: Final = 1_000
_OBJECTS: Final = 10_000
_PAGE: Final = 1_000
_WORKERS: Final = 2
_SECONDS: Final = 300  # for all of them


def measure(bench: Bench) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(_READERS + 1_000, hard), hard))
    built_store = bench.store(_OBJECTS)
    hub = built_store.open()
    keys = []
    for number in range(_READERS):
        name = f"reader-{number}"
        if name not in built_store.keys:
            built_store.keys[name] = hub.credentials.add(Account(name, AccountKind.CONSTITUENT, "SG"), None) or ""
        keys.append(built_store.keys[name])
    hub.store.close()
    print(f"{_READERS:,} accounts, the first poll of {_OBJECTS:,} objects each, at once, {_WORKERS} workers")
    with hub_server(built_store, _WORKERS) as (port, pid):
        paths, _ = pages(port, keys[0], _PAGE, _OBJECTS // _PAGE + 1, keep=False, user="reader-0")
        start = time.perf_counter()
        milliseconds = uvloop.run(asyncio.wait_for(_all(port, keys, paths), _SECONDS))
        spent = time.perf_counter() - start
        row("pages", [len(milliseconds) / spent], "pages/s")
        row("objects", [len(keys) * _OBJECTS / spent], "objects/s")
        cuts = quantiles(milliseconds, n=100)
        row("a page, p50", [cuts[49]], "ms")
        row("a page, p99", [cuts[98]], "ms")
        row("memory of a worker (the larger)", [max(map(anonymous_mebibytes, children(pid)))], "MiB")


async def _all(port: int, keys: list[str], paths: list[str]) -> list[float]:
    durations_by_reader = await asyncio.gather(*(_durations(port, key, paths) for key in keys))
    return [duration for reader in durations_by_reader for duration in reader]


async def _durations(port: int, key: str, paths: list[str]) -> list[float]:
    """Milliseconds of each page, as one reader has them."""
    head = f"Host: hub\r\nAccept: {CONTENT_TYPE}\r\nAccept-Encoding: gzip\r\nAuthorization: Bearer {key}\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    durations = []
    for path in paths:
        start = time.perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\n{head}".encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        if not answer.startswith(b"http/1.1 200"):
            raise RuntimeError(answer[:300].decode())
        await reader.readexactly(int(answer.partition(b"content-length:")[2].split(b"\r", 1)[0]))
        durations.append((time.perf_counter() - start) * 1000)
    writer.close()
    return durations
