"""Debian's Chromium at a desk that runs as users run it, before a hub that runs as operators run it."""

from __future__ import annotations

from tests.console.browser.conftest import chromium, playwright, pytest_collection_modifyitems

__all__ = ["chromium", "playwright", "pytest_collection_modifyitems"]
