"""Debian's Chromium at a desk that runs as users run it, before a hub that runs as operators run it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console.browser.conftest import AXE, CHROMIUM, HOW, HOW_TO_AXE, chromium, playwright
from tests.summary import leave_out

__all__ = ["chromium", "playwright"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot run."""
    here = Path(__file__).parent
    for item in [item for item in items if item.path.is_relative_to(here)]:
        needs_axe = "axe" in item.name
        reason = HOW if not CHROMIUM else HOW_TO_AXE if needs_axe and not AXE else ""
        if reason:
            items.remove(item)
            leave_out(config, "browser", reason)
