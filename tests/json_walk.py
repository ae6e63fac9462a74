"""What a program finds in the JSON of a command: values that are what they are, no lists packed into texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

# Two or more codes, levels or names of one kind in one text, with what people put between them.
_PACKED = re.compile(
    r"[A-Z]{2}(?:[ ,;/]+[A-Z]{2})+|[a-z]+:[a-z]+(?:[ ,;]+[a-z]+:[a-z]+)+|(?:\w+--[0-9a-f-]{36}[ ,;]*){2,}"
)
_TABLE_VALUES = re.compile(r"(?:none|-|\?|unknown|n/a|true|false|[0-9]+ objects?)", re.IGNORECASE)

# Commands with --json that the tests of the hub's machine run, and those that the tests of an office run.
OF_THE_OPERATOR = frozenset(
    "init check account collections remind drill hand-over backup restore deploy audit levels purge export import settings".split()
)
OF_AN_OFFICE = frozenset(
    "setup doctor publish withdraw record alert acknowledge ask answer board lookup contacts outbox collections".split()
)
WITHOUT = frozenset("serve demo desk form convert follow completion".split())


def documents(text: str) -> list[Any]:
    """The one JSON value, or the one on each line."""
    try:
        return [json.loads(text)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines()]


def faults(text: str, *, empty: bool = False) -> list[str]:
    """What is wrong with the JSON that a command printed."""
    values = documents(text)
    if not values and not empty:
        return ["nothing was printed"]
    return [fault for value in values for fault in _faults("", value)]


def _faults(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _faults(f"{path}.{name}", inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _faults(f"{path}[]", inner)
    elif isinstance(value, str) and _PACKED.fullmatch(value):
        yield f"{path}: a list in a text: {value!r}"
    elif isinstance(value, str) and _TABLE_VALUES.fullmatch(value):
        yield f"{path}: a word that stands for a value: {value!r}"
