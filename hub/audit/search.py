"""Functions that read the audit trail backwards, for the page that searches it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any, Final

from hub.audit.state import COMMAND, DELIVERED, READ, REFUSED_LOGIN, SIGNED_IN, parse_text
from hub.stix.timestamps import LATEST, format_place
from hub.store import trail
from hub.store.base import Store

WORDS: Final = tuple(  # the values of `what` in entries
    sorted(
        {
            *(trail.BEGUN, trail.PUBLISHED, trail.DELETED, trail.PURGED, trail.RESTORED, trail.ADOPTED, trail.CHANGED),
            *(trail.ACCOUNT, DELIVERED, READ, REFUSED_LOGIN, SIGNED_IN, COMMAND),
        }
    )
)
_AT_ONCE: Final = 500  # entries in memory
_NEAR: Final = 10  # entries read to get a time, since some may be damaged
_DAMAGED: Final[Mapping[str, Any]] = {"what": ""}


def entries_before(store: Store, end_number: int, max_count: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Number and content of at most `max_count` entries before `end_number`, newest first; `what` is "" if one is damaged."""
    lowest_number = max(0, end_number - 1 - max_count)
    while end_number - 1 > lowest_number:
        texts = store.trail_texts(end_number, min(_AT_ONCE, end_number - 1 - lowest_number))
        for number, text in texts:
            yield number, parse_text(text) or _DAMAGED
        if not texts:
            return
        end_number = texts[-1][0]


def first_since(store: Store, time_text: str, size: int) -> int:
    """The number of the first entry of that time or later, if times grow with numbers; `size` + 1 if there is none."""
    return 1 + bisect_left(range(1, size + 1), time_text, key=lambda number: _time_of(store, number))


def number_or_zero(value: object) -> int:
    """The value if it is a valid number; 0 otherwise, so that the page can show damaged entries, too."""
    return value if isinstance(value, int) and 0 <= value <= LATEST else 0


def _time_of(store: Store, number: int) -> str:
    """When the entry was written; if it is damaged, when the entry before it was."""
    texts = (parse_text(text) for _, text in store.trail_texts(number + 1, _NEAR))
    return format_place(next((number_or_zero(content.get("at")) for content in texts if content is not None), 0))
