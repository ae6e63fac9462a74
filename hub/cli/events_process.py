"""The process that holds those who wait for events: how `hub serve` keeps it alive, and what runs in it.

1. It is started before the workers, and again whenever it dies; whoever listened comes again by himself.
2. It ends with `hub serve`: when told, and, however that one died, when the pipe between them closes.
"""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from hub.cli.ports import must_be_free
from hub.settings import Settings, load_settings
from hub.wiring import events_port, log_to, open_hub

ENDS_SECONDS: Final = 5  # then it is killed
STARTS_AGAIN_SECONDS: Final = 0.2  # doubles with each death soon after a start
STARTS_AGAIN_MOST_SECONDS: Final = 30.0
STEADY_SECONDS: Final = 60.0  # a process that lived so long starts again at once
SPARE_FILES: Final = 256  # beside the connections: the store's, Python's, and connections that are refused


class EventsProcess:
    """That process, as its parent sees it. Use it in a `with`."""

    def __init__(self, settings: Settings) -> None:
        """ConfigurationError where the port is taken."""
        self.port = events_port(settings)
        must_be_free(settings.host, self.port, "Name a free one with --events-port, or set HUB_EVENTS=false.")
        self._stopping = threading.Event()
        self._lock = threading.Lock()  # so that none is started when it is being stopped
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep, name="events", daemon=True)

    def __enter__(self) -> Self:
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._stopping.set()
        _end(self._process)
        self._keeper.join(ENDS_SECONDS)

    def _keep(self) -> None:
        pause = STARTS_AGAIN_SECONDS
        while True:
            begun = time.monotonic()
            code = self._process.wait()
            _close_pipe(self._process)
            if self._stopping.is_set():
                return
            pause = STARTS_AGAIN_SECONDS if time.monotonic() - begun > STEADY_SECONDS else pause
            print(f"hub: the process of the events ended ({code}) and starts again", file=sys.stderr, flush=True)
            self._stopping.wait(pause)
            pause = min(pause * 2, STARTS_AGAIN_MOST_SECONDS)
            with self._lock:
                if self._stopping.is_set():
                    return
                self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        # its settings are those of the environment, as the workers' are
        return subprocess.Popen([sys.executable, "-m", "hub.cli.events_process"], stdin=subprocess.PIPE)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    _close_pipe(process)
    try:
        process.wait(ENDS_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _close_pipe(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()


# --- inside ---------------------------------------------------------------------------------------------------------


def main() -> None:
    """The process itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; `hub serve` ends this one
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    log_to(sys.stderr.fileno())
    settings = load_settings(os.environ)
    _allow_files(settings.limits.listeners + SPARE_FILES)
    asyncio.run(_serve(settings))
    os._exit(0)  # a login under way, in its thread, holds nobody up


async def _serve(settings: Settings) -> None:
    from granian.constants import Interfaces, SSLProtocols  # noqa: PLC0415 - the parent needs none of this
    from granian.server.embed import Server  # noqa: PLC0415

    from hub.server.events import Events  # noqa: PLC0415

    events = Events(open_hub(settings))
    server = Server(
        events,
        address=settings.host,
        port=events_port(settings),
        interface=Interfaces.ASGI,
        websockets=False,
        backlog=1024,
        backpressure=settings.limits.listeners + SPARE_FILES,  # it counts connections, and these stay
        ssl_cert=Path(settings.tls_cert) if settings.tls_cert else None,
        ssl_key=Path(settings.tls_key) if settings.tls_key else None,
        ssl_protocol_min=SSLProtocols.tls12,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()

    def stop() -> None:
        events.stop()
        server.stop()  # type: ignore[no-untyped-call] # granian ships no types for it
        loop.call_later(ENDS_SECONDS / 2, os._exit, 0)  # whoever does not take his leave is left

    loop.add_signal_handler(signal.SIGTERM, stop)
    threading.Thread(target=_with_parent, args=(loop, stop), name="parent", daemon=True).start()
    await server.serve()


def _with_parent(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """(2) Nothing is ever written to the pipe: to read from it is to wait for its end."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    loop.call_soon_threadsafe(stop)


def _allow_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


if __name__ == "__main__":
    main()
