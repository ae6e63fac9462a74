"""Templates that fail where they read an attribute that an object does not have; Jinja itself would print nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jinja2
import pytest


def refuse_missing_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise AttributeError in templates for a missing attribute. A key of a JSON object may be missing."""
    jinja_getattr = jinja2.Environment.getattr

    def strict_getattr(environment: jinja2.Environment, value: Any, name: str) -> Any:
        result = jinja_getattr(environment, value, name)
        may_be_missing = isinstance(value, Mapping | jinja2.Undefined)
        if not may_be_missing and isinstance(result, jinja2.Undefined):
            raise AttributeError(f"a template reads {name!r} of {value!r:.200}")
        return result

    monkeypatch.setattr(jinja2.Environment, "getattr", strict_getattr)
