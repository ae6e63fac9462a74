"""`hub desk`: pages in the user's own browser, for publishing reports and reading those of other members."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from hub.cli import DONE
from hub.cli.client import client, connection_arguments, environment, home
from hub.errors import ConfigurationError
from hub.home import OUTBOX
from hub.home.member import load_member
from hub.producer.api import HubClient
from hub.producer.outbox import Outbox
from hub.producer.patience import Patience

EXAMPLE = "  hub desk\n  hub desk --port 0 --no-browser\n"
DEFAULT_PORT: Final = 8031
# A person waits at a page: it reports soon that the hub cannot be reached, and the bundles wait in the outbox.
PATIENCE: Final = Patience(connect_seconds=5.0, silence_seconds=30.0, tries=2, longest_retry_after_seconds=5.0)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument(
        "--port", type=int, default=DEFAULT_PORT, help=f"port on 127.0.0.1, 0 for any (default: {DEFAULT_PORT})"
    )
    parser.add_argument("--no-browser", action="store_true", help="print the address, and open no browser")
    connection_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C or SIGTERM."""
    try:
        from hub.desk.app import create_app  # noqa: PLC0415 - only this command needs Flask
        from hub.desk.guard import Guard  # noqa: PLC0415
        from hub.desk.server import listen, opening_page, serve, server_on  # noqa: PLC0415
        from hub.desk.work import Desk  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if (error.name or "hub").partition(".")[0] == "hub":
            raise
        raise ConfigurationError(
            f"the desk needs the package {error.name}; install it with `pip install 'threat-sharing-hub[desk,reports]'`"
        ) from None

    folder = home(environment())
    member = load_member(folder, warn=lambda sentence: print(sentence, file=sys.stderr))

    def connect() -> HubClient:
        hub = client(args, environment(), patience=PATIENCE)
        return HubClient(hub.connection, outbox=Outbox(folder / OUTBOX), home=folder)

    connect().close()  # report a missing setting before a browser opens
    desk = Desk(folder, connect)
    listener = listen(args.port)
    guard = Guard(listener.getsockname()[1])
    server = server_on(listener, create_app(desk, guard, cert=member.name))
    pages: list[Path] = []

    def open_and_wait() -> None:
        address = guard.new_address()
        print(f"The desk of {member.name} opens once at\n  {address}", flush=True)
        if not args.no_browser:
            pages.append(opening_page(desk.drafts.folder, address))
            webbrowser.open(pages[0].as_uri())
        print("Enter prints a new address; Ctrl-C ends the desk.", flush=True)
        _wait_for_enter(lambda: print(f"  {guard.new_address()}", flush=True))

    previous_handler = signal.signal(signal.SIGTERM, _stop)
    try:
        serve(server, wait=open_and_wait)
    except (KeyboardInterrupt, _Stopped):
        print("The desk is closed. What waits in the outbox is sent by `hub outbox send`.", file=sys.stderr)
    finally:
        signal.signal(signal.SIGTERM, previous_handler)
        for page in pages:
            page.unlink(missing_ok=True)
    return DONE


def _wait_for_enter(on_enter: Callable[[], None]) -> None:
    """Wait until the process is stopped. At a terminal, each Enter calls `on_enter`."""
    if sys.stdin.isatty():
        while sys.stdin.readline():
            on_enter()
    threading.Event().wait()


class _Stopped(BaseException):
    """Raised by SIGTERM."""


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise _Stopped
