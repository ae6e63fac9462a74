"""The process of `hub serve` that serves the event stream: `python -m hub.cli.events_process DESCRIPTOR`."""

from __future__ import annotations

import dataclasses
import os
import socket
import sys
from typing import Final

from hub.cli.server_process import serve
from hub.server.certificates import open_certificates
from hub.server.events import Events
from hub.server.registration import open_identities
from hub.settings import load_settings
from hub.wiring import log_to, open_hub

GRACE_SECONDS: Final = 3  # for listeners to receive their last message


def main() -> None:
    """Serve events until the parent stops this process."""
    log_to(sys.stderr.fileno())
    settings = load_settings(os.environ)
    hub = open_hub(settings)
    events = Events(
        hub,
        behind_proxy=settings.behind_proxy,
        pages_port=settings.port,
        public_url=settings.public_url,
        certificates=open_certificates(hub.credentials, settings),
        identities=open_identities(settings).digests(),
    )
    # each listener keeps a connection open
    limits = dataclasses.replace(settings.limits, connections=settings.limits.connections + settings.limits.listeners)
    listener = socket.socket(fileno=int(sys.argv[1]))
    serve(events, settings, limits, listener, grace_seconds=GRACE_SECONDS, on_stop=events.stop)


if __name__ == "__main__":
    main()
