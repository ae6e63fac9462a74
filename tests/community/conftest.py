"""A hub over what collections/ and profiles/ declare, in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.community.hub import Hub
from tests import keeping
from tests.community.making import open_hub
from tests.server.making import Clock

Reopen = Callable[[], Hub]


@pytest.fixture
def reopen(tmp_path: Path, clock: Clock) -> Iterator[Reopen]:
    """Opens the test's hub, as another process would."""
    opened: list[Hub] = []

    def opener() -> Hub:
        opened.append(open_hub(tmp_path, clock))
        return opened[-1]

    yield opener
    for hub in opened:
        hub.store.close()
    keeping.DATABASES.take_back(tmp_path)


@pytest.fixture
def hub(reopen: Reopen) -> Hub:
    return reopen()
