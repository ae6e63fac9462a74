"""What every reader shares while it fills a report: taking fields one by one, and naming those that stay behind."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from hub.reports.losses import UNUSED_CHARS, RowError, Unused, excerpt
from hub.reports.markings import TLP_WORDS
from hub.reports.observables import Observable, ObservableType, Role
from hub.reports.reading.caution import hold_back
from hub.reports.reading.options import MAX_UNUSED_ROWS, ReadOptions
from hub.reports.reading.roles import apply_comment

T = TypeVar("T")

NO_PLACE = "has no place in an incident report"
UNKNOWN_WORD = "is no word that is known here"
PROTECTED = "names who was aimed at: searched for in what leaves, and never published"


class Problem(ValueError):  # noqa: N818  a verdict on one field that becomes a RowError, never seen outside readers
    """A field that keeps a report from being read; the reader turns it into a RowError."""

    def __init__(self, key: str, value: object, expected: str) -> None:
        super().__init__(f"{key}: {expected}")
        self.key, self.value, self.expected = key, excerpt("" if value is None else value), expected

    def as_error(self, file: str, place: str, report_id: str | None = None) -> RowError:
        """The verdict, with its place."""
        return RowError(file, place, self.key, self.value, self.expected, report_id)


class Problems(ValueError):  # noqa: N818  as Problem
    """Several fields that keep one report from being read, so that a person can correct all of them together."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class Draft:
    """The growing parts of one report: observables without duplicates, unused fields, warnings."""

    def __init__(self, options: ReadOptions, place: str = "") -> None:
        self.options = options
        self.place = place
        self._observables: dict[tuple[str, str], Observable] = {}
        self._unused: dict[tuple[str, str, str], list[Any]] = {}  # (key, value, reason): place, count
        self._beyond = 0
        self._warnings: dict[str, None] = {}

    def note_unused(
        self, key: str, value: object, reason: str = NO_PLACE, *, place: str | None = None, count: int = 1
    ) -> None:
        """Name a field that is not used; of a list or mapping each value. Empty ones are "not shared" and not named."""
        if value is None or value == "":  # most keys of most events
            return
        place = self.place if place is None else place
        for path, leaf in _leaves(key, value):
            self._note_unused_leaf(path, excerpt(leaf, UNUSED_CHARS), reason, place, count)

    def _note_unused_leaf(self, key: str, text: str, reason: str, place: str, count: int) -> None:
        known = self._unused.get((key, text, reason))
        if known is not None:
            known[1] += count
        elif len(self._unused) < MAX_UNUSED_ROWS:
            self._unused[key, text, reason] = [place, count]
        else:
            self._beyond += 1

    def warn(self, sentence: str) -> None:
        """Tell the officer something, once."""
        if len(self._warnings) < MAX_UNUSED_ROWS:
            self._warnings[sentence] = None

    def attempt(self, read: Callable[[str], T], key: str, value: object) -> T | None:
        """``read(value)``, or None with the field named as unused, in words, where it cannot be read."""
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if isinstance(value, dict | list | bool):
            self.note_unused(key, value, "expected a single value")
            return None
        try:
            return read(str(value))
        except ValueError as error:
            self.note_unused(key, value, f"expected {error}")
            return None

    def observe(self, observable: Observable, *, confirmed: bool = False) -> Observable:
        """Add an observable, hold it back where it would do harm, or merge it into the same one seen before."""
        observable = hold_back(observable, self.options, confirmed=confirmed)
        if observable.first_seen and observable.last_seen and observable.last_seen < observable.first_seen:
            self.note_unused(
                f"last seen of {observable.value}", observable.last_seen.stix(), "lies before it was first seen"
            )
            observable = replace(observable, last_seen=None)
        known = self._observables.get(observable.key)
        merged = merge(known, observable) if known else observable
        if known:
            self._note_contradictions(known, observable)
            if observable.description and observable.description not in (merged.description or ""):
                self.note_unused(
                    f"{observable.type.value} (comment)", observable.description, "is too long beside the others"
                )
        self._observables[merged.key] = merged
        if merged.hold_reason:
            self.warn(f"{excerpt(merged.value)} {merged.hold_reason}: kept out, unless you confirm it (--confirm)")
        return merged

    def _note_contradictions(self, known: Observable, other: Observable) -> None:
        """Name what one value can have only once, where the second mention of it says something else."""
        first, second = (_only_once(item) for item in (known, other))
        for what, value in second.items():
            if value and first[what] and value != first[what]:
                self.note_unused(
                    f"{other.type.value} ({what})", value, f"{other.value} has another already: {first[what]}"
                )

    @property
    def observables(self) -> tuple[Observable, ...]:
        """The observables added so far, in order."""
        return tuple(self._observables.values())

    @property
    def unused_rows(self) -> tuple[Unused, ...]:
        """The table of unused fields; its last row counts what went beyond MAX_UNUSED_ROWS."""
        rows = tuple(Unused(place, *row, count) for row, (place, count) in self._unused.items())
        if self._beyond:
            rows += (Unused(self.place, "…", "", "further fields are not listed", self._beyond),)
        return rows

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for the officer."""
        return tuple(self._warnings)


class Fields:
    """A mapping that remembers which of its keys were taken, so that the rest can be named."""

    def __init__(self, mapping: Mapping[str, Any], draft: Draft, path: str = "") -> None:
        self._mapping, self._draft, self._path = mapping, draft, path
        self._taken: set[str] = set()

    def take(self, key: str) -> Any:
        """The raw value, or None."""
        self._taken.add(key)
        return self._mapping.get(key)

    def text(self, key: str) -> str | None:
        """The value as stripped text; a list or mapping is named as unused."""
        value = self.take(key)
        if value is None or (isinstance(value, str | int | float) and not isinstance(value, bool)):
            return str(value).strip() or None if value is not None else None
        self._draft.note_unused(self.path(key), value, "expected a single value")
        return None

    def peek(self, key: str) -> str:
        """The value as text, without counting the key as read: for what only helps to read another key."""
        value = self._mapping.get(key)
        return str(value).strip() if isinstance(value, str | int | float) else ""

    def mapping(self, key: str) -> Fields:
        """The nested mapping under ``key``; an empty one where there is none."""
        value = self.take(key)
        if isinstance(value, Mapping):
            return Fields(value, self._draft, self.path(key))
        self._draft.note_unused(self.path(key), value, "expected a mapping")
        return Fields({}, self._draft, self.path(key))

    def mappings(self, key: str) -> list[Fields]:
        """The nested mappings under ``key``: of a list each, of a single one that; an empty one where there is none."""
        items = self._mapping.get(key)
        if not isinstance(items, list):
            return [self.mapping(key)]
        self.take(key)
        fields = []
        for number, item in enumerate(items):
            if isinstance(item, Mapping):
                fields.append(Fields(item, self._draft, f"{self.path(key)}[{number}]"))
            else:
                self._draft.note_unused(f"{self.path(key)}[{number}]", item, "expected a mapping")
        return fields or [Fields({}, self._draft, self.path(key))]

    def list(self, key: str) -> list[Any]:
        """The list under ``key``; a single value counts as a list of one."""
        return as_list(self.take(key))

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts of the list under ``key``, without blanks and duplicates."""
        return distinct(str(item).strip() for item in self.list(key) if isinstance(item, str | int | float))

    def words(self, key: str, known: Container[str], nothing: Container[str] = ()) -> tuple[str, ...]:
        """The texts under ``key`` that are among ``known``; others are named, except those that say nothing."""
        texts = self.texts(key)
        for text in texts:
            if text not in known and text.casefold() not in nothing:
                self._draft.note_unused(self.path(key), text, UNKNOWN_WORD)
        return tuple(text for text in texts if text in known)

    def word(self, key: str, known: Mapping[str, T], nothing: Container[str] = ()) -> T | None:
        """What ``known`` has for the text; None, and named, where it has nothing, except texts that say nothing."""
        text = self.text(key)
        if text is None or text in known:
            return known[text] if text is not None else None
        if text.casefold() not in nothing:
            self._draft.note_unused(self.path(key), text, UNKNOWN_WORD)
        return None

    def read(self, key: str, reader: Callable[[str], T]) -> T | None:
        """``reader(text)`` of the value; None, and named as unused, where it cannot be read."""
        value = self.take(key)
        return None if value is None else self._draft.attempt(reader, self.path(key), value)

    def keys(self) -> Iterable[str]:
        """The keys there are."""
        return self._mapping.keys()

    def path(self, key: str) -> str:
        """The key with the path to it."""
        return f"{self._path}.{key}" if self._path else key

    def drop(self, reason: str, *keys: str) -> None:
        """Name these keys as unused, for ``reason``."""
        self._taken.update(keys)
        for key in keys:
            if (value := self._mapping.get(key)) is not None:
                self._draft.note_unused(self.path(key), value, reason)

    def ignore(self, *keys: str) -> None:
        """Count these keys as read without naming them: for what hub/docs/roles.md lists as passed over."""
        self._taken.update(keys)

    def note_remaining(self, reason: str = NO_PLACE) -> None:
        """Name every key not taken as unused."""
        for key, value in self._mapping.items():
            if key not in self._taken:
                self._draft.note_unused(self.path(key), value, reason)


_MAX_LEAVES = 200
"""Values of one unused list or mapping that are named one by one; the others are named together."""


def _leaves(key: str, value: object) -> Iterator[tuple[str, object]]:
    """(path, value) of each value that is not empty, in a list or mapping of any depth."""
    waiting: list[tuple[str, object]] = [(key, value)]
    for _ in range(_MAX_LEAVES):
        if not waiting:
            return
        path, item = waiting.pop()
        if isinstance(item, Mapping):
            waiting += reversed([(f"{path}.{name}", inner) for name, inner in item.items()])
        elif isinstance(item, list | tuple):
            waiting += reversed([(path, inner) for inner in item])
        elif item is not None and item != "":
            yield path, item
    if waiting:
        yield key, f"{len(waiting)} further values"


def as_list(value: Any) -> list[Any]:
    """The value as a list. A mapping whose keys are all numbers is one: PHP writes lists with gaps like that."""
    if value is None:
        return []
    if isinstance(value, Mapping) and value and all(str(key).isdecimal() for key in value):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """The values without blanks and duplicates, in order."""
    return tuple(dict.fromkeys(value for value in values if value))


# Which role counts where one value has two: a victim's value must never leave.
_ROLE_WEIGHT = {Role.VICTIM: 3, Role.THIRD_PARTY: 2, Role.ADVERSARY: 1, Role.UNKNOWN: 0}


def merge(known: Observable, other: Observable) -> Observable:
    """Two sightings of one value as one observable: widest times, every label, the most protective role.

    Each comment is read by itself, since a word of the adversary's in one takes nothing back of what the other says.
    """
    if known.description and other.description:
        known, other = apply_comment(known), apply_comment(other)
    decisive = max(known, other, key=lambda item: _ROLE_WEIGHT[item.role])
    file = known.file
    if file and other.file:
        file = replace(
            file,
            name=file.name or other.file.name,
            hashes={**other.file.hashes, **file.hashes},
            size=file.size if file.size is not None else other.file.size,
            mime_type=file.mime_type or other.file.mime_type,
            imphash=file.imphash or other.file.imphash,
        )
    return replace(
        known,
        role=decisive.role,
        evidence=decisive.evidence or known.evidence or other.evidence,
        as_indicator=(known.as_indicator or other.as_indicator) and decisive.role is not Role.VICTIM,
        hold_reason=known.hold_reason or other.hold_reason,
        file=file,
        first_seen=_least(known.first_seen, other.first_seen),
        last_seen=_most(known.last_seen, other.last_seen),
        valid_from=_least(known.valid_from, other.valid_from),
        valid_until=_most(known.valid_until, other.valid_until),
        confidence=_most(known.confidence, other.confidence),
        tlp=max((known.tlp, other.tlp), key=lambda level: TLP_WORDS.index(level) if level else -1),
        description=_joined(known.description, other.description),
        display_name=known.display_name or other.display_name,
        data=known.data or other.data,
        labels=distinct(known.labels + other.labels),
        indicator_types=distinct(known.indicator_types + other.indicator_types),
        resolves_to=distinct(known.resolves_to + other.resolves_to),
        kill_chain_phases=tuple(dict.fromkeys(known.kill_chain_phases + other.kill_chain_phases)),
        references=tuple(dict.fromkeys(known.references + other.references)),
        malware=known.malware or other.malware,
        revoked=known.revoked and other.revoked,
        source_remarks=distinct(known.source_remarks + other.source_remarks),
    )


_DESCRIPTION_CHARS = 4_000
"""Characters of what several mentions of one value say of it."""


def _joined(first: str | None, second: str | None) -> str | None:
    """What two mentions say of one value; what is too long for both stays as it was."""
    texts = distinct((first or "", *(text for text in (second or "",) if text not in (first or ""))))
    both = ". ".join(texts)
    return (both if len(both) <= _DESCRIPTION_CHARS else first) or None


def _only_once(item: Observable) -> dict[str, object]:
    file = item.file
    of_file = (
        {"name": file.name, "size": file.size, "MIME type": file.mime_type, "imphash": file.imphash} if file else {}
    )
    return {"malware": item.malware, "display name": item.display_name, "data": item.data, **of_file}


def _least(first: Any, second: Any) -> Any:
    return min((value for value in (first, second) if value is not None), default=None)


def _most(first: Any, second: Any) -> Any:
    return max((value for value in (first, second) if value is not None), default=None)


def observable_reader(kind: ObservableType, read: Callable[[str], str]) -> Callable[[str], Observable]:
    """A function from text to an observable of ``kind`` whose value ``read`` makes canonical."""
    return lambda text: Observable(kind, read(text))
