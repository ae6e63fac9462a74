"""Reading the audit trail backwards, as much as is wanted: for a page that searches it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hub.audit.state import COMMAND, DELIVERED, READ, REFUSED_LOGIN, SIGNED_IN, about_text
from hub.stix.timestamps import LATEST, format_place
from hub.store import trail
from hub.store.base import Store

WORDS: Final = tuple(  # that entries begin with
    sorted(
        {
            *(trail.BEGUN, trail.PUBLISHED, trail.DELETED, trail.PURGED, trail.RESTORED, trail.ADOPTED, trail.CHANGED),
            *(trail.ACCOUNT, DELIVERED, READ, REFUSED_LOGIN, SIGNED_IN, COMMAND),
        }
    )
)
_AT_ONCE: Final = 500  # entries in memory
_NEAR: Final = 10  # entries that are looked at for a time, where some are damaged
_DAMAGED: Final[Mapping[str, Any]] = {"what": ""}


def entries_before(store: Store, before: int, most: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Number and content of up to so many entries before that number, the newest first; a damaged one's word is ""."""
    end = max(0, before - 1 - most)
    while before - 1 > end:
        texts = store.trail_texts(before, min(_AT_ONCE, before - 1 - end))
        for number, text in texts:
            yield number, about_text(text) or _DAMAGED
        if not texts:
            return
        before = texts[-1][0]


def first_since(store: Store, at: str, size: int) -> int:
    """The number of the first entry of that time or later, where times grow with numbers; `size` + 1 where there is none."""
    return 1 + bisect_left(range(1, size + 1), at, key=lambda number: _time_of(store, number))


def whole(value: object) -> int:
    """The number; 0 where an entry that was damaged has none: the page is where that comes to light."""
    return value if isinstance(value, int) and 0 <= value <= LATEST else 0


def _time_of(store: Store, number: int) -> str:
    """When an entry was written; of one that is damaged, when the one before it was."""
    texts = (about_text(text) for _, text in store.trail_texts(number + 1, _NEAR))
    return format_place(next((whole(about.get("at")) for about in texts if about is not None), 0))
