"""`hub serve`: the hub as a process of its own, several workers on one store."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import ipaddress
import os
import signal
import ssl
import sys
import tempfile
from pathlib import Path
from typing import Final

from hub.cli import DONE
from hub.cli.events_process import EventsProcess
from hub.cli.ports import must_be_free
from hub.community.reminder_loop import check_reminding
from hub.errors import ConfigurationError
from hub.settings import ENVIRONMENT_PREFIX, Settings, load_settings
from hub.wiring import METRICS_FOLDER, open_hub

EXAMPLE = (
    "  hub serve --port 8021\n"
    "  hub serve --remind                           # by mail where smtp_host is set, else as lines in the log\n"
    "  hub serve --host 0.0.0.0 --port 443 --tls-cert /etc/hub/chain.pem --tls-key /etc/hub/key.pem\n"
)
_ASKED: Final = ("host", "port", "events_port", "workers", "remind", "tls_cert", "tls_key")
GRACE_SECONDS: Final = 20  # requests under way may end after a stop was asked for
# glibc gives pages of a megabyte back to the kernel after each answer and faults them in again for the next; told to
# keep them, a page costs a third. They are read when a process starts, so the workers' parent sets them.
ALLOCATOR: Final = {
    "MALLOC_MMAP_THRESHOLD_": str(64 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(256 * 2**20),
    "MALLOC_TOP_PAD_": str(16 * 2**20),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes; each goes over the setting of the same name."""
    parser.add_argument("--host", help="address to listen on (setting host)")
    parser.add_argument("--port", type=_number, help="port to listen on (setting port)")
    parser.add_argument("--events-port", type=_number, help="port for those who wait for events (setting events_port)")
    parser.add_argument("--workers", type=_number, help="server processes (setting workers)")
    parser.add_argument(
        "--remind", action="store_true", default=None, help="remind members of what is overdue (setting remind)"
    )
    parser.add_argument("--tls-cert", metavar="FILE", help="certificate chain, PEM (setting tls_cert)")
    parser.add_argument("--tls-key", metavar="FILE", help="private key, PEM (setting tls_key)")


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above zero")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; requests under way are answered first."""
    asked = {name: getattr(args, name) for name in _ASKED}
    settings = dataclasses.replace(
        load_settings(os.environ), **{name: value for name, value in asked.items() if value is not None}
    )
    check_transport(settings)
    if settings.remind:
        check_reminding(settings)
    _check_store(settings)
    must_be_free(settings.host, settings.port, "Is a hub running already? Name another port with --port.")
    for name, value in ALLOCATOR.items():
        os.environ.setdefault(name, value)
    # the workers are processes of their own and read the settings again
    for name, value in asked.items():
        if value is not None:
            os.environ[ENVIRONMENT_PREFIX + name.upper()] = str(value)
    with tempfile.TemporaryDirectory(prefix="hub-metrics-") as folder:  # figures that the workers keep together
        os.environ.setdefault(METRICS_FOLDER, folder)
        with EventsProcess(settings) if settings.events else contextlib.nullcontext():
            _serve(settings)
    return DONE


def check_transport(settings: Settings) -> None:
    """ConfigurationError where credentials would cross a network in the clear (TAXII 2.1, 8.2.2)."""
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise ConfigurationError("TLS needs both --tls-cert and --tls-key.")
    for name in (settings.tls_cert, settings.tls_key):
        if name and not os.access(name, os.R_OK):
            raise ConfigurationError(f"{name}: there is no such file, or it cannot be read.")
    if settings.tls_cert:
        _check_certificate(settings)
    if not settings.tls_cert and not settings.behind_proxy and not _is_loopback(settings.host):
        raise ConfigurationError(
            f"Plain HTTP is served on loopback only, and {settings.host} is not: give --tls-cert and --tls-key, or set "
            "HUB_BEHIND_PROXY=true where a proxy in front ends TLS."
        )


def _check_certificate(settings: Settings) -> None:
    try:
        # a password, though none is right, keeps OpenSSL from asking for one at the terminal
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key, password="")
    except (ssl.SSLError, OSError):
        raise ConfigurationError(
            f"{settings.tls_cert} and {settings.tls_key} cannot be used: --tls-cert is the certificate and what "
            "signed it, --tls-key its private key, both PEM, the key without a passphrase."
        ) from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_store(settings: Settings) -> None:
    """Complain once, here, about a store or a declaration that the workers could not open."""
    open_hub(settings).store.close()


def _serve(settings: Settings) -> None:
    from granian.constants import Interfaces, SSLProtocols  # noqa: PLC0415 - as above
    from granian.http import HTTP1Settings  # noqa: PLC0415
    from granian.server import Server  # noqa: PLC0415

    scheme = "https" if settings.tls_cert else "http"
    server = Server(
        "hub.wiring:application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        http1_settings=HTTP1Settings(max_buffer_size=256 * 1024),
        ssl_cert=Path(settings.tls_cert) if settings.tls_cert else None,
        ssl_key=Path(settings.tls_key) if settings.tls_key else None,
        ssl_protocol_min=SSLProtocols.tls12,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_SECONDS,
        log_enabled=True,
        process_name=None,
    )
    print(
        f"hub: serving on {scheme}://{settings.host}:{settings.port}/taxii2/ with {settings.workers} workers",
        file=sys.stderr,
        flush=True,
    )
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # closing a terminal does not end a server
    # a worker inherits granian's handlers of its parent, and would swallow a stop until it is loaded: it dies of it instead
    os.register_at_fork(after_in_child=_mind_signals)
    server.serve()


def _mind_signals() -> None:
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, signal.SIG_DFL)
