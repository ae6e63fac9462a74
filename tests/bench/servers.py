"""The servers that are measured, each a process of its own under the same WSGI server, and the stores behind them."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from hub.cli.serve import ALLOCATOR
from hub.community.hub import Hub
from hub.settings import Limits, load_settings
from hub.sharing.members import Account, AccountKind
from hub.sharing.ready import pack
from hub.stix.objects import StixObject, parse_object
from hub.stix.tlp import TLP
from hub.store.batch import Batch, Candidate, describe_nothing
from hub.wiring import open_hub
from tests.bench.objects import indicators
from tests.bench.wire import Wire
from tests.ports import free_port

COLLECTION = "indicators"
PATH = f"/asean/collections/{COLLECTION}/objects/"
LIMITS = Limits()


@dataclass
class Served:
    """A hub's store on disk, with a key for those who poll it."""

    folder: Path
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        # whatever hub this shell is set up for, the one that is measured is another
        own = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        return {**own, "HUB_STORE": f"sqlite:///{self.folder}/hub.sqlite"}

    def open(self) -> Hub:
        return open_hub(load_settings({"HUB_STORE": f"sqlite:///{self.folder}/hub.sqlite"}))


@dataclass
class Bench:
    folder: Path
    objects: int
    rounds: int
    _stores: dict[int, Served] = field(default_factory=dict)

    def store(self, objects: int) -> Served:
        """A store with that many objects; made once."""
        if objects not in self._stores:
            self._stores[objects] = self._fill(objects)
        return self._stores[objects]

    def _fill(self, objects: int) -> Served:
        built_store = Served(self.folder / f"store-{objects}")
        built_store.folder.mkdir()
        subprocess.run(
            [sys.executable, "-m", "hub", "init"], env=built_store.environment, check=True, capture_output=True
        )
        hub = built_store.open()
        for name, kind, member in (
            ("id", AccountKind.CERT, "ID"),
            ("sg", AccountKind.CERT, "SG"),
            ("out", AccountKind.PARTNER, None),
        ):
            built_store.keys[name] = hub.credentials.add(Account(name, kind, member), None) or ""
        collection = hub.catalogue.find("asean", COLLECTION)
        author = hub.catalogue.members["ID"].identity
        if collection is None:
            raise RuntimeError(f"no collection {COLLECTION}")
        candidates: list[Candidate] = []
        for index, content in enumerate(indicators(objects, author, seed=1)):
            candidates.append(candidate(index, content))
            if len(candidates) == 5000 or index == objects - 1:
                hub.store.append(Batch(collection.id, "ID", tuple(candidates), None, "bench", describe_nothing))
                candidates.clear()
        hub.store.close()
        return built_store


def candidate(index: int, content: dict[str, object]) -> Candidate:
    parsed_object = parse_object(content, LIMITS)
    if not isinstance(parsed_object, StixObject):
        raise ValueError(f"not valid: {parsed_object}")  # noqa: TRY004 - a verdict that is no object, not a wrong type
    return Candidate(
        index=index,
        id=parsed_object.id,
        type=parsed_object.type,
        version=parsed_object.version,
        version_text=parsed_object.version_text,
        level=parsed_object.own_level.level if parsed_object.own_level.level is not None else TLP.AMBER,
        owner="ID",
        revoked=False,
        named_ids=parsed_object.references.named_ids,
        contained_ids=parsed_object.references.contained_ids,
        body=parsed_object.body,
        digest=parsed_object.digest,
    )  # fmt: skip - one field after the other


@contextmanager
def hub_server(built_store: Served, workers: int = 1, **settings: str) -> Iterator[tuple[int, int]]:
    """(port, process id of the parent) of a hub over that store, as `hub serve` runs it."""
    port = free_port()
    command = [sys.executable, "-m", "hub", "serve", "--port", str(port), "--workers", str(workers)]
    with _running(command, {**built_store.environment, **settings}, port) as pid:
        yield port, pid


@contextmanager
def bare_server(bodies: list[bytes], folder: Path, *, packed: bool = False) -> Iterator[int]:
    """The port of a Flask view that returns those bytes, under granian with as many threads as the hub's worker."""
    with _granian("application", **_bodies(bodies, folder, packed=packed)) as port:
        yield port


@contextmanager
def fronted_server(bodies: list[bytes], folder: Path, *, packed: bool = False) -> Iterator[int]:
    """The same view behind the front of the hub's worker, under uvicorn as it runs there."""
    port = free_port()
    options = f"--factory --port {port} --http httptools --loop uvloop --no-access-log --log-level critical".split()
    command = [sys.executable, "-m", "uvicorn", *options, "tests.bench.bare:fronted"]
    with _running(command, {**os.environ, **ALLOCATOR, **_bodies(bodies, folder, packed=packed)}, port):
        yield port


@contextmanager
def nginx_server(bodies: list[bytes], folder: Path) -> Iterator[int | None]:
    """The port of nginx with the same bytes as files, /0 and so on, and as gzip beside them; None where there is no nginx."""
    nginx = shutil.which("nginx")
    if nginx is None:
        yield None
        return
    root = folder / "nginx"
    root.mkdir()
    for number, body in enumerate(bodies):
        (root / f"{number}").write_bytes(body)
        (root / f"{number}.gz").write_bytes(pack(body))
    port = free_port()
    (root / "nginx.conf").write_text(_NGINX.format(folder=root, port=port, user=getpass.getuser()), encoding="utf-8")
    command = [nginx, "-e", f"{root}/errors", "-c", f"{root}/nginx.conf", "-p", str(root)]
    with _running(command, dict(os.environ), port):
        yield port


_NGINX = """
user {user}; daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors;
events {{ worker_connections 64; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; open_file_cache max=100;
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{port}; root {folder}; gzip_static on; default_type application/taxii+json;
        location = /healthz {{ return 200; }}
    }}
}}
"""


def _bodies(bodies: list[bytes], folder: Path, *, packed: bool) -> dict[str, str]:
    file = folder / "bodies.json"
    file.write_bytes(orjson.dumps([body.decode() for body in bodies]))
    return {"BENCH_BODIES": str(file), "BENCH_PACKED": "yes" if packed else ""}


@contextmanager
def medallion_server(objects: int, folder: Path) -> Iterator[int]:
    """The port of medallion with its memory backend, holding that many of the same objects, under the same server."""
    data = folder / f"medallion-{objects}.json"
    contents = list(indicators(objects, "identity--11111111-1111-4111-8111-111111111111", seed=1))
    manifest = [
        {
            "id": o["id"],
            "date_added": f"2026-04-02T03:{i // 60_000_000 % 60:02d}:{i // 1_000_000 % 60:02d}.{i % 1_000_000:06d}Z",
            "version": o["modified"],
            "media_type": "application/stix+json;version=2.1",
        }
        for i, o in enumerate(contents)
    ]  # fmt: skip - one record, one row
    collection = {
        "id": "472c94ae-3113-4e3e-a4dd-a9f4ac7471d4",
        "title": "Bench",
        "can_read": True,
        "can_write": True,
        "media_types": ["application/stix+json;version=2.1"],
        "objects": contents,
        "manifest": manifest,
    }  # fmt: skip - as medallion's data files have it
    root = {
        "information": {
            "title": "Bench",
            "versions": ["application/taxii+json;version=2.1"],
            "max_content_length": 10**8,
        },
        "status": [],
        "collections": [collection],
    }
    discovery = {"title": "Bench", "default": "http://127.0.0.1/asean/", "api_roots": ["http://127.0.0.1/asean/"]}
    data.write_text(json.dumps({"/discovery": discovery, "asean": root}), encoding="utf-8")
    with _granian("medallion", BENCH_MEDALLION=str(data)) as port:
        yield port


@contextmanager
def _granian(application: str, **environment: str) -> Iterator[int]:
    """The port of one of the applications in `bare.py`, with the server's settings that `hub serve` has."""
    port = free_port()
    options = f"--interface wsgi --factory --port {port} --workers 1 --blocking-threads 4 --no-ws".split()
    command = [sys.executable, "-m", "granian", *options, f"tests.bench.bare:{application}"]
    with _running(command, {**os.environ, **ALLOCATOR, **environment}, port):
        yield port


def pages(
    port: int, key: str, size: int, most: int, *, keep: bool = True, user: str = "sg"
) -> tuple[list[str], list[bytes]]:
    """Up to so many pages of a full poll by `next`: their paths, and their bodies (the last alone if not to `keep`)."""
    paths: list[str] = []
    bodies: list[bytes] = []
    path = f"{PATH}?limit={size}"
    with Wire(port, user, key) as wire:
        while len(paths) < most:
            _, _, view = wire.ask(wire.request(path))
            paths.append(path)
            if not keep:
                bodies.clear()
            bodies.append(bytes(view))
            head = bodies[-1][: bodies[-1].find(b'"objects"')]
            token = head.partition(b'"next":"')[2].partition(b'"')[0].decode()
            if not token:
                break
            path = f"{PATH}?limit={size}&next={token}"
    return paths, bodies


@contextmanager
def running(command: list[str], port: int) -> Iterator[int]:
    """Another server, until the `with` ends: its process id."""
    with _running(command, dict(os.environ), port) as pid:
        yield pid


@contextmanager
def _running(command: list[str], environment: dict[str, str], port: int) -> Iterator[int]:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], seconds: float = 300) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            with Wire(port) as wire:
                wire.ask(wire.request("/healthz"))
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("a server did not start")
