"""Debian's Chromium at a desk that runs as users run it, before a hub that runs as operators run it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import browsing
from tests.browsing import Windows, chromium, playwright, windows, words
from tests.desk.test_command import running
from tests.producer.offices import Office

__all__ = ["chromium", "playwright", "windows"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot run."""
    browsing.leave_out_browsers(config, items, Path(__file__).parent)


class Desks:
    """Desks that run, each with a window in front."""

    def __init__(self, opened: Windows, stack: ExitStack) -> None:
        self._windows = opened
        self._stack = stack

    def start(self, office: Office) -> str:
        """Start the desk of that office; the address that it prints, which opens it once."""
        _, address = self._stack.enter_context(running(office, "--no-browser"))
        return address

    def window(self, address: str, **options: Any) -> Page:
        """A window for the desk with that address, not yet opened."""
        return self._windows.open(address.partition("/open/")[0], **options)

    def open(self, office: Office, *, language: str = "en", **options: Any) -> Page:
        """A desk that was started, and opened."""
        address = self.start(office)
        page = self.window(address, **options)
        page.goto(address)
        expect(page.get_by_role("heading", name=words(language, "Reports"), exact=True)).to_be_visible()
        return page


@pytest.fixture
def processes() -> Iterator[ExitStack]:
    """What runs until the test's windows are closed: a page whose desk has ended complains."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def desks(processes: ExitStack, windows: Windows) -> Desks:
    return Desks(windows, processes)
