"""Serves the desk on loopback until Ctrl-C, for one officer and few requests at a time."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from hub.desk.guard import HOST
from hub.errors import ConfigurationError
from hub.home.files import write_atomically

SILENCE_SECONDS: Final = 30  # that a connection may take to send its request
DEFAULT_PORT: Final = 8031
_PAGE: Final = (
    '<!doctype html><meta charset="utf-8"><title>Desk</title><meta name="referrer" content="no-referrer">'
    '<meta http-equiv="refresh" content="0; url={url}"><p><a href="{url}">Open the desk</a></p>\n'
)


class _Handler(WSGIRequestHandler):
    """Logs no requests, since addresses of the desk contain secrets. Closes connections that send nothing."""

    timeout = SILENCE_SECONDS

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write no access log."""

    def version_string(self) -> str:
        """The Server header, without version numbers."""
        return "hub desk"


def listen(port: int) -> socket.socket:
    """A socket that listens on loopback at this port; 0: any free port. ConfigurationError if the port is in use."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"Port {port} of {HOST} cannot be used ({error.strerror}); is a desk running already? "
            "`hub desk --port 0` takes a free one."
        ) from None
    listener.listen()
    return listener


def server_on(listener: socket.socket, app: flask.Flask) -> BaseWSGIServer:
    """Create the server without starting it. Its threads end with the process."""
    host, port = listener.getsockname()[:2]
    server = make_server(host, port, app, threaded=True, request_handler=_Handler, fd=listener.fileno())
    server.daemon_threads = True  # type: ignore[attr-defined] # an attribute of its mix-in: a page that waits for the hub must not delay the end
    server.block_on_close = False  # type: ignore[attr-defined] # as above
    return server


def serve(server: BaseWSGIServer, *, wait: Callable[[], None]) -> None:
    """Serve until `wait` returns or raises."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, name="desk", daemon=True)
    _start_without_signals(thread)
    try:
        wait()
    finally:
        server.shutdown()
        server.server_close()


def _start_without_signals(thread: threading.Thread) -> None:
    """Start the thread with Ctrl-C and SIGTERM blocked: a signal that it received would not interrupt the main thread's wait."""
    if sys.platform == "win32":
        thread.start()
        return
    old_mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        thread.start()  # the thread, and all threads that it starts, inherit this mask
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old_mask)


def opening_page(folder: Path, address: str) -> Path:
    """Write a file, for this user only, that redirects to the address: on a command line, other users could read the token."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "open.html"
    write_atomically(path, _PAGE.format(url=address).encode())
    return path
