"""For the commands that connect to a hub: its address, the credentials, and the folder of the CERT's files."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.errors import ConfigurationError
from hub.home import HOME, OUTBOX
from hub.home.access import read_access

if TYPE_CHECKING:
    from hub.producer.api import HubClient
    from hub.producer.outbox import Outbox
    from hub.producer.patience import Patience


def connection_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options for the connection. Credentials are not options: other users can read a command line."""
    parser.add_argument("--url", help="address of the hub, or of one API root (default: HUB_URL)")
    parser.add_argument("--ca", metavar="FILE", help="the only CA certificates to trust, PEM (default: HUB_CA)")
    parser.add_argument("--plain-http", action="store_true", help="send credentials without TLS")


def outbox_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the option for the folder of the outbox."""
    parser.add_argument(
        "--outbox", metavar="FOLDER", help="folder where bundles wait until they are sent (default: outbox in HUB_HOME)"
    )


def client(args: argparse.Namespace, environment: Mapping[str, str], *, patience: Patience | None = None) -> HubClient:
    """A client for the hub that the arguments, HUB_URL or `hub setup` name, with HUB_KEY, or HUB_USER and HUB_PASSWORD."""
    # imported here: the import takes a tenth of a command's time, and some commands need no connection
    from hub.producer.api import connect  # noqa: PLC0415
    from hub.producer.connection import same_server  # noqa: PLC0415

    key, user = environment.get("HUB_KEY"), environment.get("HUB_USER")
    access = read_access(home(environment), with_key=not key and not user)
    url = args.url or environment.get("HUB_URL") or (access.url if access else "")
    if not url:
        raise ConfigurationError(
            "which hub? Run `hub setup` once, or set HUB_URL (such as https://hub.example/asean/), or give --url"
        )
    # the saved key is sent only to the server that it was saved for
    if access and not key and not user and same_server(url, access.url):
        key = access.key.reveal()
    options: dict[str, Any] = {} if patience is None else {"patience": patience}
    return connect(
        url,
        key=key or None,
        user=user or None,
        password=environment.get("HUB_PASSWORD") or None,
        ca=args.ca or environment.get("HUB_CA") or (access.ca if access else None) or None,
        plain_http=args.plain_http,
        **options,
    )


def home(environment: Mapping[str, str]) -> Path:
    """The CERT's home: HUB_HOME, or `.threat-sharing-hub` in the user's home folder."""
    folder = environment.get("HUB_HOME")
    return Path(folder) if folder else Path.home() / HOME


def outbox(args: argparse.Namespace, environment: Mapping[str, str]) -> Outbox:
    """The outbox in the folder that the arguments name, or in the CERT's home."""
    from hub.producer.outbox import Outbox  # noqa: PLC0415

    return Outbox(Path(args.outbox) if args.outbox else home(environment) / OUTBOX)


def environment() -> Mapping[str, str]:
    """The environment variables. Only the commands read them; they pass values to the rest of the code."""
    return os.environ
