"""A process of `hub serve` that serves an ASGI application on the socket that its parent opened."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
from collections.abc import Callable
from typing import Any, Final

import uvloop
from uvicorn import Config

from hub.cli.processes import allow_files, end_with_parent, ignore_terminal
from hub.server.connections import BoundedServer, protocol_class
from hub.settings import Limits, Settings

SPARE_FILES: Final = 256  # besides connections: files of the store and of Python, and connections that are refused


def serve(  # noqa: PLR0913 - an application, its limits and its callbacks
    application: Callable[..., Any],
    settings: Settings,
    limits: Limits,
    listener: socket.socket,
    *,
    grace_seconds: int,
    on_stop: Callable[[], None] | None = None,
    on_end: Callable[[], None] | None = None,
) -> None:
    """Serve until SIGTERM or the end of the parent; give requests under way `grace_seconds`, then call `on_end`.

    SIGHUP reads the certificate again.
    """
    ignore_terminal()
    allow_files(limits.connections + SPARE_FILES)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(application, settings, limits, listener, grace_seconds, on_stop))
    if on_end is not None:
        on_end()
    os._exit(0)  # does not wait for threads that still verify a password


async def _serve(  # noqa: PLR0913, PLR0917 - as above
    application: Callable[..., Any],
    settings: Settings,
    limits: Limits,
    listener: socket.socket,
    grace_seconds: int,
    on_stop: Callable[[], None] | None,
) -> None:
    connection_class = protocol_class(limits)
    config = Config(
        application,
        http=connection_class,
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # the front and Flask's ProxyFix read these headers, if a proxy is trusted
        server_header=False,
        timeout_keep_alive=limits.idle_seconds,
        timeout_graceful_shutdown=grace_seconds,
        ssl_certfile=settings.tls_cert or None,
        ssl_keyfile=settings.tls_key or None,
        ssl_context_factory=_tls_context if settings.tls_cert else None,
    )
    server = BoundedServer(config, connection_class)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True
        if on_stop is not None:
            on_stop()

    def reload_certificate() -> None:
        if config.ssl is not None:  # the next handshakes use the new certificate
            config.ssl.load_cert_chain(settings.tls_cert, settings.tls_key, password="")

    loop.add_signal_handler(signal.SIGTERM, stop)
    loop.add_signal_handler(signal.SIGHUP, reload_certificate)
    end_with_parent(loop, stop)
    await server._serve([listener])  # noqa: SLF001 - the public `serve` would install its own signal handlers


def _tls_context(config: Config, _default: object) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(str(config.ssl_certfile), str(config.ssl_keyfile), password="")
    return context
