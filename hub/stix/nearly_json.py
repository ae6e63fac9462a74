"""Texts that hold JSON, or what programs write in its place: a dictionary as Python prints it."""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

_SPACES: Final = "\ufeff\0 \t\r\n"
_BEGINNINGS: Final = ("{", "[")
_PYTHON: Final = re.compile(r"'|\b(?:None|True|False)\b")
_AS_JSON: Final = {"'": '"', "None": "null", "True": "true", "False": "false"}
_DEEPEST: Final = 1_000  # levels; orjson reads 1,024


def parse(text: str) -> Any:
    """The value that a text holds; ValueError where it is cut off, has more behind it, or is something else."""
    stripped = text.strip(_SPACES)
    try:
        return orjson.loads(stripped)
    except orjson.JSONDecodeError:
        return orjson.loads(_PYTHON.sub(lambda match: _AS_JSON[match[0]], stripped))


def may_be_too_deep(text: str) -> bool:
    """Whether a text may be JSON that is nested more deeply than it is read."""
    return max(map(text.count, _BEGINNINGS)) > _DEEPEST
