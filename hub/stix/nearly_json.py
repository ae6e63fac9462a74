"""Texts that contain JSON, or a dictionary as Python prints it, which programs write by mistake."""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

_SPACES: Final = "\ufeff\0 \t\r\n"
_BEGINNINGS: Final = ("{", "[")
_PYTHON: Final = re.compile(r"'|\b(?:None|True|False)\b")
_JSON_SPELLINGS: Final = {"'": '"', "None": "null", "True": "true", "False": "false"}
_DEEPEST: Final = 1_000  # levels; orjson reads 1,024


def parse(text: str) -> Any:
    """The value in a text; ValueError if the text is cut off, continues after the value, or is something else."""
    stripped = text.strip(_SPACES)
    try:
        return orjson.loads(stripped)
    except orjson.JSONDecodeError:
        return orjson.loads(_PYTHON.sub(lambda match: _JSON_SPELLINGS[match[0]], stripped))


def may_be_too_deep(text: str) -> bool:
    """Whether a text may be JSON that is nested too deeply to read."""
    return max(map(text.count, _BEGINNINGS)) > _DEEPEST
