"""The versions of one id, by which `line.settle` judges a further version, and the standing of each (laws L2 and L5 d)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from hub.store import ownership
from hub.store.batch import Batch, Candidate, Stranded
from hub.store.levels import Level
from hub.store.questions import Answers
from hub.store.records import BY_DEFAULT, HIDDEN, NO_LEVEL, HeldVersion, Record, Standing


@dataclass(frozen=True, slots=True)
class RowChange:
    """The new level and standing of an existing record."""

    level: int
    source: str
    lowest_level: int
    standing: Standing


class Version(NamedTuple):
    """The properties that decide the standing of a version."""

    level: int
    revoked: bool
    publishers: Sequence[str]


def version_of(record: Record | HeldVersion) -> Version:
    """The same properties of a record."""
    return Version(record.level, record.revoked, record.publishers)


def is_set_aside(version: Version, first: Version) -> bool:
    """Whether a version does not count: an upgrade hid it, and no publisher of it published the first version.

    A version that another member added to an object not its own neither hides nor revokes that object (law L4).
    """
    return version.level == HIDDEN and not set(version.publishers) & set(first.publishers)


def compute_standings(versions: Sequence[Version]) -> list[Standing]:
    """The standing of each version of one id; versions come oldest first."""
    counted = [version for version in versions if not is_set_aside(version, versions[0])]
    withdrawn = bool(counted) and counted[-1].revoked
    governing: list[int] = []
    for version in reversed(counted):
        governing.append(max(version.level, governing[-1] if governing else version.level))
    governing.reverse()
    counted_standings = iter(
        [
            Standing(
                governing=level,
                newest=index == len(governing) - 1,
                preceding_level=governing[index - 1] if index else NO_LEVEL,
                withdrawn=withdrawn,
            )
            for index, level in enumerate(governing)
        ]
    )
    set_aside = Standing(HIDDEN, newest=False, preceding_level=NO_LEVEL, withdrawn=withdrawn)
    return [set_aside if is_set_aside(version, versions[0]) else next(counted_standings) for version in versions]


class History:
    """The versions of one id, indexed so that a verdict costs the same for any number of versions."""

    __slots__ = (
        "_answers",
        "_batch",
        "_claims",
        "_rows",
        "by_digest",
        "by_version",
        "lowest_level",
        "newest",
        "revoked_at",
        "set_aside",
    )  # fmt: skip - a list of names

    def __init__(self, batch: Batch, answers: Answers, identifier: str) -> None:
        self._batch = batch
        self._answers = answers
        self._rows = rows = answers.rows.get(identifier, ())  # in all collections
        self._claims: ownership.Claims | None = None
        # from here on only the batch's own collection: versions in the store, and records that this batch adds
        self.by_version: dict[int, HeldVersion | Record] = {}
        self.by_digest: dict[bytes, HeldVersion | Record] = {}
        self.newest: int | None = None
        self.revoked_at: int | None = None
        self.lowest_level = HIDDEN  # the lowest level at which any version in the store was ever readable
        self.set_aside: frozenset[int] = frozenset()  # the instants of versions that are set aside
        if rows:
            own_rows = [row for row in rows if row.collection == batch.collection]
            for row in _counted_rows(own_rows):
                self._add(row)
                self.lowest_level = min(self.lowest_level, row.lowest_level)
            self.set_aside = frozenset(row.version for row in own_rows) - self.by_version.keys()

    @property
    def is_empty(self) -> bool:
        """Whether no collection has a version and the batch added none, which is true of most objects."""
        return not self._rows and not self.by_version

    @property
    def claims(self) -> ownership.Claims:
        """The publishers of the id in all collections; built at first use."""
        if self._claims is None:
            self._claims = ownership.Claims(self._batch, self._rows, self._answers.bodies)
            for row in self.by_version.values():
                if isinstance(row, Record):
                    self._claims.add(row)
        return self._claims

    def add(self, record: Record) -> None:
        """Include a version that the batch adds."""
        if self._claims is not None:
            self._claims.add(record)
        self._add(record)

    def _add(self, row: HeldVersion | Record) -> None:
        self.by_version[row.version] = row
        self.by_digest.setdefault(row.digest, row)
        self.newest = row.version if self.newest is None else max(self.newest, row.version)
        if row.revoked:
            self.revoked_at = row.version if self.revoked_at is None else min(self.revoked_at, row.version)

    def find(self, candidate: Candidate, publisher: str, level: Level) -> HeldVersion | Record | None:
        """The version that the candidate repeats exactly; for an SCO, any version with the same content."""
        if candidate.version is not None:
            row = self.by_version.get(candidate.version)
            return row if row is not None and row.digest == candidate.digest else None
        repeated = self.by_digest.get(candidate.digest)
        if (
            repeated is not None
            and candidate.level is None
            and publisher not in repeated.publishers
            and level.source != BY_DEFAULT
            and level.value < self._lowest()
        ):
            return None  # another member gives it a lower level by a container of its own: that makes a new version
        return repeated

    def _lowest(self) -> int:
        assert self.newest is not None
        return self.by_version[self.newest].level

    def update_standings(
        self, raised: Mapping[Any, Level], changes: dict[Any, RowChange], new: dict[int, Standing]
    ) -> list[Stranded]:
        """Compute the standing of each version: put those of held versions into `changes`, of new ones, by place, into `new`."""
        rows = [self.by_version[version] for version in sorted(self.by_version)]
        raises = [None if isinstance(row, Record) else raised.get(row.key) for row in rows]
        levels = [row.level if level is None else level.value for row, level in zip(rows, raises, strict=True)]
        strandings: list[Stranded] = []
        revoked = [row.revoked for row in rows]
        publishers = [row.publishers for row in rows]
        standings = compute_standings([Version(*fields) for fields in zip(levels, revoked, publishers, strict=True)])
        for row, level, standing in zip(rows, raises, standings, strict=True):
            if isinstance(row, Record):
                new[row.place] = standing
                continue
            if level is None and standing == row.standing:
                continue
            new_level = Level(row.level, row.source) if level is None else level
            lowest_level = min(row.lowest_level, standing.governing)
            changes[row.key] = RowChange(new_level.value, new_level.source, lowest_level, standing)
            if row.standing.newest and row.standing.governing < standing.governing:
                strandings.append(Stranded(row.id, row.place, row.standing.governing, standing.governing))
        return strandings


def _counted_rows(rows: Sequence[HeldVersion]) -> Sequence[HeldVersion]:
    """The versions except those that are set aside, which are rare."""
    if all(row.level < HIDDEN for row in rows):
        return rows
    first = version_of(min(rows, key=lambda row: row.version))
    return [row for row in rows if not is_set_aside(version_of(row), first)]
