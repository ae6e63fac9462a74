"""`hub serve`: run the hub, as several worker processes on one store."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import ipaddress
import os
import signal
import socket
import ssl
import stat
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hub.cli import DONE
from hub.cli.ports import listen
from hub.cli.processes import KeptProcess
from hub.community.reminder_loop import check_reminding
from hub.errors import ConfigurationError
from hub.server.certificates import open_certificates
from hub.server.provider import open_provider
from hub.settings import ENVIRONMENT_PREFIX, Settings, load_settings
from hub.wiring import METRICS_FOLDER, events_port, open_hub

EXAMPLE = (
    "  hub serve --port 8021\n"
    "  hub serve --remind                           # by mail where smtp_host is set, else as lines in the log\n"
    "  hub serve --host 0.0.0.0 --port 443 --tls-cert /etc/hub/chain.pem --tls-key /etc/hub/key.pem\n"
)
_OPTIONS: Final = ("host", "port", "events_port", "workers", "remind", "tls_cert", "tls_key")
WORKER_END_SECONDS: Final = 25.0  # more than the 20 seconds that a worker gives to requests under way
EVENTS_END_SECONDS: Final = 5.0
# glibc returns large blocks to the kernel after each answer, and page faults make the next answer slower. With these values
# it keeps them, and a page of objects takes a third of the time. glibc reads them at process start, so the parent sets them.
ALLOCATOR: Final = {
    "MALLOC_MMAP_THRESHOLD_": str(64 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(256 * 2**20),
    "MALLOC_TOP_PAD_": str(16 * 2**20),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command; each overrides the setting of the same name."""
    parser.add_argument("--host", help="address to listen on (setting host)")
    parser.add_argument("--port", type=_number, help="port to listen on (setting port)")
    parser.add_argument("--events-port", type=_number, help="port of the event stream (setting events_port)")
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
    """Serve until SIGTERM or SIGINT. Requests under way are answered first."""
    options = {name: getattr(args, name) for name in _OPTIONS}
    settings = dataclasses.replace(
        load_settings(os.environ), **{name: value for name, value in options.items() if value is not None}
    )
    check_transport(settings)
    if settings.remind:
        check_reminding(settings)
    _check_store(settings)
    for name, value in ALLOCATOR.items():
        os.environ.setdefault(name, value)
    # the workers are separate processes, which read the settings from the environment
    for name, value in options.items():
        if value is not None:
            os.environ[ENVIRONMENT_PREFIX + name.upper()] = str(value)
    with tempfile.TemporaryDirectory(prefix="hub-metrics-") as folder:  # for metrics that the workers share
        os.environ.setdefault(METRICS_FOLDER, folder)
        _serve(settings)
    return DONE


def check_transport(settings: Settings) -> None:
    """ConfigurationError if credentials would cross a network without TLS (TAXII 2.1, 8.2.2)."""
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise ConfigurationError("TLS needs both --tls-cert and --tls-key.")
    for name in (settings.tls_cert, settings.tls_key):
        if name and not os.access(name, os.R_OK):
            raise ConfigurationError(f"{name}: there is no such file, or it cannot be read.")
    if settings.tls_cert:
        _check_certificate(settings)
        _check_key_mode(settings.tls_key)
    if not settings.tls_cert and not settings.behind_proxy and not _is_loopback(settings.host):
        raise ConfigurationError(
            f"Plain HTTP is served on loopback only, and {settings.host} is not: give --tls-cert and --tls-key, or set "
            "HUB_BEHIND_PROXY=true where a proxy in front ends TLS."
        )


def _check_certificate(settings: Settings) -> None:
    try:
        # with a password, even a wrong one, OpenSSL does not ask for one at the terminal
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key, password="")
    except (ssl.SSLError, OSError):
        raise ConfigurationError(
            f"{settings.tls_cert} and {settings.tls_key} cannot be used: --tls-cert is the certificate and what "
            "signed it, --tls-key its private key, both PEM, the key without a passphrase."
        ) from None


def _check_key_mode(name: str) -> None:
    mode = Path(name).stat().st_mode
    if mode & stat.S_IRWXO:
        raise ConfigurationError(
            f"{name}: every user of this machine can read or change the TLS key (mode {stat.S_IMODE(mode):03o}). Run "
            f"`chmod 600 {name}`, or 640 with the hub's group, and replace the key if others have users here."
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_store(settings: Settings) -> None:
    """Open what each worker will open, so that an error is raised once, in the parent."""
    hub = open_hub(settings)
    try:
        open_certificates(hub.credentials, settings)
        open_provider(settings, hub.clock)
    finally:
        hub.store.close()


def _serve(settings: Settings) -> None:
    """Keep the processes running until a signal stops them."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(
            listen(settings.host, settings.port, "Is a hub running already? Name another port with --port.")
        )
        processes: list[KeptProcess] = []
        if settings.events:
            events_listener = stack.enter_context(
                listen(
                    settings.host, events_port(settings), "Name a free one with --events-port, or set HUB_EVENTS=false."
                )
            )
            processes.append(_process("process of the events", "events_process", events_listener, EVENTS_END_SECONDS))
        processes += [
            _process(f"worker {number}", "worker_process", listener, WORKER_END_SECONDS)
            for number in range(1, settings.workers + 1)
        ]
        _wait_for_stop(settings, processes)


def _process(name: str, module: str, listener: socket.socket, end_seconds: float) -> KeptProcess:
    return KeptProcess(name, f"hub.cli.{module}", end_seconds=end_seconds, descriptors=[listener.fileno()])


def _wait_for_stop(settings: Settings, processes: Sequence[KeptProcess]) -> None:
    stop = threading.Event()

    def reload_certificate(*_: object) -> None:
        for process in processes:
            process.signal(signal.SIGHUP)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    # without TLS there is no certificate to read, and SIGHUP from a closed terminal must not end the server
    signal.signal(signal.SIGHUP, reload_certificate if settings.tls_cert else signal.SIG_IGN)
    with contextlib.ExitStack() as stack:
        for process in processes:
            stack.enter_context(process)
        scheme = "https" if settings.tls_cert else "http"
        print(
            f"hub: serving on {scheme}://{settings.host}:{settings.port}/taxii2/ with {settings.workers} workers",
            file=sys.stderr,
            flush=True,
        )
        stop.wait()
        for process in processes:  # all at once, then wait for each
            process.end()
