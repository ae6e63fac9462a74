"""The versions of one id as `line.settle` judges a further one by them, and where each of them stands (laws L2 and L5 d)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from hub.store import ownership
from hub.store.batch import Batch, Candidate, Stranded
from hub.store.levels import Known, Level
from hub.store.records import BY_DEFAULT, HIDDEN, NO_LEVEL, HeldVersion, Record, Standing


@dataclass(frozen=True, slots=True)
class RowChange:
    """What a held record is from now on."""

    level: int
    source: str
    reached: int
    standing: Standing


class Version(NamedTuple):
    """What the standing of a version hangs on."""

    level: int
    revoked: bool
    publishers: Sequence[str]


def version_of(record: Record | HeldVersion) -> Version:
    """The same of a record."""
    return Version(record.level, record.revoked, record.publishers)


def is_set_aside(version: Version, first: Version) -> bool:
    """Whether a version is out of the line: hidden by an upgrade, and by no member that published the first version.

    What another member added to an object that is not its own neither hides nor revokes that (law L4).
    """
    return version.level == HIDDEN and not set(version.publishers) & set(first.publishers)


def standings(versions: Sequence[Version]) -> list[Standing]:
    """Where each version of one id stands; they come oldest first."""
    line = [version for version in versions if not is_set_aside(version, versions[0])]
    withdrawn = bool(line) and line[-1].revoked
    governing: list[int] = []
    for version in reversed(line):
        governing.append(max(version.level, governing[-1] if governing else version.level))
    governing.reverse()
    in_line = iter(
        [
            Standing(
                governing=level,
                newest=index == len(governing) - 1,
                preceded=governing[index - 1] if index else NO_LEVEL,
                withdrawn=withdrawn,
            )
            for index, level in enumerate(governing)
        ]
    )
    aside = Standing(HIDDEN, newest=False, preceded=NO_LEVEL, withdrawn=withdrawn)
    return [aside if is_set_aside(version, versions[0]) else next(in_line) for version in versions]


class History:
    """What is held of one id, kept so that a verdict costs the same however many versions there are."""

    __slots__ = (
        "_batch",
        "_claims",
        "_known",
        "_rows",
        "aside",
        "by_digest",
        "by_version",
        "newest",
        "reached",
        "revoked_at",
    )  # fmt: skip - a list of names

    def __init__(self, batch: Batch, known: Known, identifier: str) -> None:
        self._batch = batch
        self._known = known
        self._rows = rows = known.rows.get(identifier, ())  # in whichever collection
        self._claims: ownership.Claims | None = None
        # in the batch's own, as all that follows: what the store holds, and records that this batch adds
        self.by_version: dict[int, HeldVersion | Record] = {}
        self.by_digest: dict[bytes, HeldVersion | Record] = {}
        self.newest: int | None = None
        self.revoked_at: int | None = None
        self.reached = HIDDEN  # the lowest level at which any held version was ever readable
        self.aside: frozenset[int] = frozenset()  # instants that are taken by versions set aside
        if rows:
            here = [row for row in rows if row.collection == batch.collection]
            for row in _in_line(here):
                self._add(row)
                self.reached = min(self.reached, row.reached)
            self.aside = frozenset(row.version for row in here) - self.by_version.keys()

    @property
    def is_empty(self) -> bool:
        """Whether no version is held in any collection, and none was added by the batch: so it is with most objects."""
        return not self._rows and not self.by_version

    @property
    def claims(self) -> ownership.Claims:
        """Who stands behind the id, in whichever collection; made when it is first asked for."""
        if self._claims is None:
            self._claims = ownership.Claims(self._batch, self._rows, self._known.bodies)
            for row in self.by_version.values():
                if isinstance(row, Record):
                    self._claims.add(row)
        return self._claims

    def add(self, record: Record) -> None:
        """Take note of a version that the batch adds."""
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
        """The version that the candidate repeats exactly; of an SCO, any version with the same content."""
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
            return None  # another member brings it lower, in a container of its own: that is its to say, as a version
        return repeated

    def _lowest(self) -> int:
        assert self.newest is not None
        return self.by_version[self.newest].level

    def stand(
        self, raised: Mapping[Any, Level], changes: dict[Any, RowChange], new: dict[int, Standing]
    ) -> list[Stranded]:
        """Where each version stands now: of held ones into `changes`, of new ones, by place, into `new`."""
        rows = [self.by_version[version] for version in sorted(self.by_version)]
        raises = [None if isinstance(row, Record) else raised.get(row.key) for row in rows]
        levels = [row.level if level is None else level.value for row, level in zip(rows, raises, strict=True)]
        strandings: list[Stranded] = []
        revoked = [row.revoked for row in rows]
        publishers = [row.publishers for row in rows]
        stood = standings([Version(*of) for of in zip(levels, revoked, publishers, strict=True)])
        for row, level, standing in zip(rows, raises, stood, strict=True):
            if isinstance(row, Record):
                new[row.place] = standing
                continue
            if level is None and standing == row.standing:
                continue
            now = Level(row.level, row.source) if level is None else level
            reached = min(row.reached, standing.governing)
            changes[row.key] = RowChange(now.value, now.source, reached, standing)
            if row.standing.newest and row.standing.governing < standing.governing:
                strandings.append(Stranded(row.id, row.place, row.standing.governing, standing.governing))
        return strandings


def _in_line(rows: Sequence[HeldVersion]) -> Sequence[HeldVersion]:
    """The versions without those that are set aside; hardly ever is one."""
    if all(row.level < HIDDEN for row in rows):
        return rows
    first = version_of(min(rows, key=lambda row: row.version))
    return [row for row in rows if not is_set_aside(version_of(row), first)]
