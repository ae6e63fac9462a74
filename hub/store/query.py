"""A reader's query to a store, and the pages that answer it, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hub.taxii.filters import VersionMatch

# which versions a reader asks for (TAXII 2.1, 3.4.1 match[version])
LAST: Final = VersionMatch(last=True)
EVERY: Final = VersionMatch(every=True)


@dataclass(frozen=True, slots=True)
class Query:
    """A request for one page. "Last" and "first" mean among the versions at or below `clearance` (law L5)."""

    collection: str
    clearance: int  # the highest level that this reader may see
    after: int  # place, exclusive
    limit: int  # records
    ids: tuple[str, ...] = ()  # empty: any
    types: tuple[str, ...] = ()  # empty: any
    versions: VersionMatch = LAST
    # empty: any; else only newest versions that contain a value with one of these marks (`hub.stix.values`)
    marks: tuple[int, ...] = ()
    contains: tuple[str, ...] = ()  # empty: any; else only newest versions of containers that name one of these ids
    publishers: tuple[str, ...] = ()  # with `contains`: the publishers of those containers


@dataclass(frozen=True, slots=True)
class Page:
    """A page of objects in place order: `body` has them joined by commas, ready to put between `[` and `]`.

    `first` and `last` are the places of its first and last object, 0 if `count` is 0. `more` is true only
    where a further page has at least one object; then `next_place` is the place of that object.
    """

    body: bytes
    count: int
    first: int
    last: int
    more: bool
    next_place: int = 0


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One record's entry in a manifest or list of versions."""

    id: str
    place: int
    version_text: str
    level: int  # the governing one


@dataclass(frozen=True, slots=True)
class ManifestPage:
    """A page of manifest rows in place order."""

    rows: tuple[ManifestRow, ...]
    more: bool
