"""A hub over what collections/ and profiles/ declare, in a folder of the test's own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.community.hub import Hub
from tests import keeping
from tests.community.mailing import MailServer
from tests.community.making import open_hub
from tests.server.making import Clock

Reopen = Callable[[], Hub]


@pytest.fixture
def reopen(tmp_path: Path, clock: Clock) -> Iterator[Reopen]:
    """Opens the test's hub, as another process would."""
    hubs: list[Hub] = []

    def opener() -> Hub:
        hubs.append(open_hub(tmp_path, clock))
        return hubs[-1]

    yield opener
    for hub in hubs:
        hub.store.close()
    keeping.DATABASES.take_back(tmp_path)


@pytest.fixture
def hub(reopen: Reopen) -> Hub:
    return reopen()


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """A mail server that runs."""
    server = MailServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
