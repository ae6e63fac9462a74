"""`hub desk`: a page in one's own browser, from a report to the hub, and what other members report."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import webbrowser
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
# Somebody waits at a page: what is away is told soon, and waits in the outbox.
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
        from hub.desk.app import create_app  # noqa: PLC0415 - Flask is for this command alone
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

    connect().close()  # what is missing is said before a browser opens
    desk = Desk(folder, connect)
    listener = listen(args.port)
    guard = Guard(listener.getsockname()[1])
    server = server_on(listener, create_app(desk, guard, cert=member.name))
    pages: list[Path] = []

    def until() -> None:
        address = guard.new_address()
        print(f"The desk of {member.name} opens once at\n  {address}", flush=True)
        if not args.no_browser:
            pages.append(opening_page(desk.drafts.folder, address))
            webbrowser.open(pages[0].as_uri())
        print("Enter prints a new address; Ctrl-C ends the desk.", flush=True)
        _wait_for_enter(lambda: print(f"  {guard.new_address()}", flush=True))

    before = signal.signal(signal.SIGTERM, _stop)
    try:
        serve(server, wait=until)
    except (KeyboardInterrupt, _Stopped):
        print("The desk is closed. What waits in the outbox is sent by `hub outbox send`.", file=sys.stderr)
    finally:
        signal.signal(signal.SIGTERM, before)
        for page in pages:
            page.unlink(missing_ok=True)
    return DONE


def _wait_for_enter(again: object) -> None:
    """Wait for ever; at a terminal, each Enter calls `again`."""
    assert callable(again)
    if sys.stdin.isatty():
        while sys.stdin.readline():
            again()
    threading.Event().wait()


class _Stopped(BaseException):
    """SIGTERM has come."""


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise _Stopped
