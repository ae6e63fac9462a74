"""Helpers of `HubClient.follow`: the start, the checkpoint files, and closing resources at the end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from hub.errors import ConfigurationError
from hub.producer.checkpoint import FileKeeper, Keeper
from hub.producer.follow import Asked
from hub.producer.hints import Hints
from hub.protocol.spans import parse_span
from hub.stix.timestamps import format_microseconds, parse_timestamp
from hub.taxii.resources import CollectionResource

T = TypeVar("T")


def make_keepers(
    collections: Sequence[CollectionResource],
    asked: Asked,
    checkpoint: str | Path | None,
    out: str | Path | None,
    *,
    single: bool,
) -> tuple[Keeper, ...]:
    """A keeper of the position for each collection: in a file, if `checkpoint` or `out` names one."""
    if checkpoint is None and out is None:
        return tuple(Keeper() for _ in collections)
    out_file = None if out is None else Path(out)
    path = Path(checkpoint) if checkpoint is not None else Path(f"{out}.checkpoint")
    paths = [path if single else path / f"{collection.id}.state" for collection in collections]
    if not single:
        path.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        keepers = []
        for collection, file in zip(collections, paths, strict=True):
            keeper = FileKeeper(file, collection=collection.id, asked=asked.as_dict(), out=out_file)
            stack.callback(keeper.close)
            keepers.append(keeper)
        stack.pop_all()
    return tuple(keepers)


def closing(resources: Iterable[Keeper | Hints], items: Iterable[T]) -> Iterator[T]:
    """Yield the items; close the resources at the end, even if the caller stops early."""
    with contextlib.ExitStack() as stack:
        for resource in resources:
            stack.enter_context(contextlib.closing(resource))
        yield from items


def added_after(since: str | datetime) -> str:
    """`since` (a datetime, a timestamp, a date or a span such as 7d) as a value of `added_after`."""
    if isinstance(since, datetime):
        if since.tzinfo is None:
            raise ConfigurationError("`since` needs its time zone: datetime(2026, 11, 1, tzinfo=UTC)")
        return format_microseconds(int(since.timestamp() * 1_000_000))
    seconds = parse_span(since)
    if seconds is not None:
        return format_microseconds(int((datetime.now(UTC).timestamp() - seconds) * 1_000_000))
    try:
        return format_microseconds(parse_timestamp(since if "T" in since else f"{since}T00:00:00Z"))
    except ValueError:
        raise ConfigurationError(
            f"since={since!r} is not a time: give a datetime, 2026-11-01, 2026-11-01T07:00:00Z, or a span such as 7d"
        ) from None
