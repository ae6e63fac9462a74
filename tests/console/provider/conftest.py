"""A hub whose operator named an OpenID Connect provider."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.community.hub import Hub
from tests.console.provider.fake import (
    FakeProvider,
    fake_provider,
)
from tests.console.provider.signing_in import HubWithProvider
from tests.server.making import Clock


@pytest.fixture
def provider(clock: Clock) -> Iterator[FakeProvider]:
    with fake_provider(lambda: clock() // 1000) as started:
        yield started


@pytest.fixture
def site(hub: Hub, provider: FakeProvider, tmp_path: Path) -> HubWithProvider:
    return HubWithProvider(hub, provider, tmp_path)
