"""Who an object says it comes from, besides `created_by_ref`: platforms have properties of their own for an author."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

_IDENTITY: Final = "identity--"
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_AUTHOR_KEY: Final = re.compile(
    r"(?<![a-z])(?:(?:created|authored|written|published|produced|reported|issued)_by|author|creator|publisher|producer|"
    r"originator|reporter|issuer|orgc)s?(?:_(?:ref|id|identity|identitie)s?)?\Z"
)
_KEY_CHARACTERS: Final = 100  # at the end of a property's name
_NAMING: Final = frozenset(("id", "ref", "identity", "identity_ref"))  # in an object that describes an author


def claimed_authors(content: Mapping[str, Any]) -> frozenset[str]:
    """The identities in a property whose name contains "author", as `x_author_ref` or `x_author: {"id": …}`."""
    return frozenset(_claimed(content))


def _claimed(content: Mapping[str, Any]) -> Iterator[str]:
    # each value, and whether the name of the property around it contains "author"
    values: list[tuple[Any, bool]] = [(content, False)]
    while values:  # no recursion, since the depth is the sender's
        value, is_author = values.pop()
        if isinstance(value, str):
            if is_author and value.startswith(_IDENTITY):
                yield value
        elif isinstance(value, list):
            values += ((item, is_author) for item in value)
        elif isinstance(value, dict):
            values += ((item, _is_author_key(key) or (is_author and key in _NAMING)) for key, item in value.items())


@lru_cache(maxsize=4096)
def _is_author_key(key: str) -> bool:
    return _AUTHOR_KEY.search(_CAMEL.sub("_", key[-_KEY_CHARACTERS:]).lower()) is not None
