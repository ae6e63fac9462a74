"""Helpers that every reader uses to fill a report: read fields one by one, and note those that are not used."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from hub.reports.losses import UNUSED_CHARS, RowError, Unused, excerpt
from hub.reports.markings import strictest
from hub.reports.observables import Observable, ObservableType, Role
from hub.reports.reading.caution import hold_back
from hub.reports.reading.options import MAX_UNUSED_ROWS, ReadOptions
from hub.reports.reading.roles import apply_comment

T = TypeVar("T")

NO_PLACE = "has no place in an incident report"
UNKNOWN_WORD = "is an unknown word"
PROTECTED_REASON = "names a target of the attack: searched for in everything that leaves, and never published"
"""Reasons for unused values, which several readers use."""


class Problem(ValueError):  # noqa: N818  becomes a RowError, and is never raised outside readers
    """A field that keeps a report from being read; the reader turns it into a RowError."""

    def __init__(self, key: str, value: object, expected: str) -> None:
        super().__init__(f"{key}: {expected}")
        self.key, self.value, self.expected = key, excerpt("" if value is None else value), expected

    def as_error(self, file: str, place: str, report_id: str | None = None) -> RowError:
        """Return the problem as an error with its place."""
        return RowError(file, place, self.key, self.value, self.expected, report_id)


class Problems(ValueError):  # noqa: N818  as Problem
    """Several fields that keep one report from being read. All are listed, so that a person can correct them together."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(problem) for problem in self.problems))


class Draft:
    """Collects parts of one report: observables without duplicates, unused fields, warnings."""

    def __init__(self, options: ReadOptions, place: str = "") -> None:
        self.options = options
        self.place = place
        self._observables: dict[tuple[str, str], Observable] = {}
        self._unused: dict[tuple[str, str, str], list[Any]] = {}  # (key, value, reason): place, count
        self._unlisted_count = 0
        self._warnings: dict[str, None] = {}

    def note_unused(
        self, key: str, value: object, reason: str = NO_PLACE, *, place: str | None = None, count: int = 1
    ) -> None:
        """Note a field that is not used, and each value of a list or mapping. Empty values mean "not shared": skip them."""
        if value is None or value == "":  # the usual case, so it is tested first
            return
        place = self.place if place is None else place
        for path, leaf in _leaves(key, value):
            self._note_unused_leaf(path, excerpt(leaf, UNUSED_CHARS), reason, place, count)

    def _note_unused_leaf(self, key: str, text: str, reason: str, place: str, count: int) -> None:
        row = self._unused.get((key, text, reason))
        if row is not None:
            row[1] += count
        elif len(self._unused) < MAX_UNUSED_ROWS:
            self._unused[key, text, reason] = [place, count]
        else:
            self._unlisted_count += 1

    def warn(self, sentence: str) -> None:
        """Add a warning for the officer, once."""
        if len(self._warnings) < MAX_UNUSED_ROWS:
            self._warnings[sentence] = None

    def attempt(self, read: Callable[[str], T], key: str, value: object) -> T | None:
        """Return ``read(value)``; if the value cannot be read, note the field as unused and return None."""
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
        """Add an observable, or merge it with an earlier one of the same value. Hold it if blocking it would do harm."""
        observable = hold_back(observable, self.options, confirmed=confirmed)
        if observable.first_seen and observable.last_seen and observable.last_seen < observable.first_seen:
            self.note_unused(
                f"last seen of {observable.value}", observable.last_seen.stix(), "is before it was first seen"
            )
            observable = replace(observable, last_seen=None)
        earlier = self._observables.get(observable.key)
        merged = merge(earlier, observable) if earlier else observable
        if earlier:
            self._note_contradictions(earlier, observable)
            if observable.description and observable.description not in (merged.description or ""):
                self.note_unused(
                    f"{observable.type.value} (comment)",
                    observable.description,
                    "would make the joined comments too long",
                )
        self._observables[merged.key] = merged
        if merged.hold_reason:
            self.warn(f"{excerpt(merged.value)} {merged.hold_reason}: held until you confirm it (--confirm)")
        return merged

    def _note_contradictions(self, earlier: Observable, later: Observable) -> None:
        """Note each property that an observable has only once and that the two mentions give different values."""
        earlier_properties = _single_properties(earlier)
        for name, value in _single_properties(later).items():
            earlier_value = earlier_properties[name]
            if value and earlier_value and value != earlier_value:
                self.note_unused(
                    f"{later.type.value} ({name})", value, f"{later.value} has another already: {earlier_value}"
                )

    @property
    def observables(self) -> tuple[Observable, ...]:
        """The observables added so far, in order."""
        return tuple(self._observables.values())

    @property
    def unused_rows(self) -> tuple[Unused, ...]:
        """The table of unused fields; its last row counts those beyond MAX_UNUSED_ROWS."""
        rows = tuple(Unused(place, *row, count) for row, (place, count) in self._unused.items())
        if self._unlisted_count:
            rows += (Unused(self.place, "…", "", "further fields are not listed", self._unlisted_count),)
        return rows

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings for the officer."""
        return tuple(self._warnings)


class Fields:
    """A mapping that remembers which of its keys were read, so that the others can be noted as unused."""

    def __init__(self, mapping: Mapping[str, Any], draft: Draft, path: str = "") -> None:
        self._mapping, self._draft, self._path = mapping, draft, path
        self._read_keys: set[str] = set()

    def take(self, key: str) -> Any:
        """Return the raw value, or None."""
        self._read_keys.add(key)
        return self._mapping.get(key)

    def text(self, key: str) -> str | None:
        """Return the value as stripped text; a list or mapping is noted as unused."""
        value = self.take(key)
        if value is None or (isinstance(value, str | int | float) and not isinstance(value, bool)):
            return str(value).strip() or None if value is not None else None
        self._draft.note_unused(self.path(key), value, "expected a single value")
        return None

    def peek(self, key: str) -> str:
        """Return the value as text without marking the key as read, for a key that only helps to read another one."""
        value = self._mapping.get(key)
        return str(value).strip() if isinstance(value, str | int | float) else ""

    def mapping(self, key: str) -> Fields:
        """Return the nested mapping under ``key``, or an empty one."""
        value = self.take(key)
        if isinstance(value, Mapping):
            return Fields(value, self._draft, self.path(key))
        self._draft.note_unused(self.path(key), value, "expected a mapping")
        return Fields({}, self._draft, self.path(key))

    def mappings(self, key: str) -> list[Fields]:
        """Return the nested mappings under ``key``, where a list or a single mapping may be; never an empty list."""
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
        """Return the list under ``key``; a single value counts as a list of one."""
        return as_list(self.take(key))

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the texts of the list under ``key``, without blanks and duplicates."""
        return distinct(str(item).strip() for item in self.list(key) if isinstance(item, str | int | float))

    def words(self, key: str, vocabulary: Container[str], fillers: Container[str] = ()) -> tuple[str, ...]:
        """Return the texts under ``key`` that are in ``vocabulary``; note others as unused, except ``fillers``."""
        texts = self.texts(key)
        for text in texts:
            if text not in vocabulary and text.casefold() not in fillers:
                self._draft.note_unused(self.path(key), text, UNKNOWN_WORD)
        return tuple(text for text in texts if text in vocabulary)

    def word(self, key: str, vocabulary: Mapping[str, T], fillers: Container[str] = ()) -> T | None:
        """Return the entry of ``vocabulary`` for the text under ``key``; note an unknown text, except ``fillers``."""
        text = self.text(key)
        if text is None or text in vocabulary:
            return vocabulary[text] if text is not None else None
        if text.casefold() not in fillers:
            self._draft.note_unused(self.path(key), text, UNKNOWN_WORD)
        return None

    def read(self, key: str, reader: Callable[[str], T]) -> T | None:
        """Return ``reader(text)`` of the value; note a value that cannot be read as unused, and return None."""
        value = self.take(key)
        return None if value is None else self._draft.attempt(reader, self.path(key), value)

    def keys(self) -> Iterable[str]:
        """Return all keys."""
        return self._mapping.keys()

    def path(self, key: str) -> str:
        """Return the path of the key."""
        return f"{self._path}.{key}" if self._path else key

    def drop(self, reason: str, *keys: str) -> None:
        """Note these keys as unused, with ``reason``."""
        self._read_keys.update(keys)
        for key in keys:
            if (value := self._mapping.get(key)) is not None:
                self._draft.note_unused(self.path(key), value, reason)

    def ignore(self, *keys: str) -> None:
        """Mark these keys as read: hub/docs/roles.md lists them as passed over, so they are not noted as unused."""
        self._read_keys.update(keys)

    def note_remaining(self, reason: str = NO_PLACE) -> None:
        """Note every key that was not read as unused."""
        for key, value in self._mapping.items():
            if key not in self._read_keys:
                self._draft.note_unused(self.path(key), value, reason)


_MAX_LEAVES = 200
"""Values of one unused list or mapping that are noted one by one; the others are only counted."""


def _leaves(key: str, value: object) -> Iterator[tuple[str, object]]:
    """Yield (path, value) of each value that is not empty, in a list or mapping of any depth."""
    queue: list[tuple[str, object]] = [(key, value)]
    for _ in range(_MAX_LEAVES):
        if not queue:
            return
        path, item = queue.pop()
        if isinstance(item, Mapping):
            queue += reversed([(f"{path}.{name}", inner) for name, inner in item.items()])
        elif isinstance(item, list | tuple):
            queue += reversed([(path, inner) for inner in item])
        elif item is not None and item != "":
            yield path, item
    if queue:
        yield key, f"{len(queue)} further values"


def as_list(value: Any) -> list[Any]:
    """Return the value as a list. A mapping whose keys are all numbers is a list, as PHP writes one with gaps."""
    if value is None:
        return []
    if isinstance(value, Mapping) and value and all(str(key).isdecimal() for key in value):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def distinct(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values without blanks and duplicates, in order."""
    return tuple(dict.fromkeys(value for value in values if value))


# If one value has two roles, the greater weight wins: the value of a victim must never leave.
_ROLE_WEIGHT = {Role.VICTIM: 3, Role.THIRD_PARTY: 2, Role.ADVERSARY: 1, Role.UNKNOWN: 0}


def merge(earlier: Observable, later: Observable) -> Observable:
    """Merge two mentions of one value: the widest times, every label, the most protective role.

    Each comment is applied by itself, because a word about the adversary in one does not change the other.
    """
    if earlier.description and later.description:
        earlier, later = apply_comment(earlier), apply_comment(later)
    item_with_role = max(earlier, later, key=lambda item: _ROLE_WEIGHT[item.role])
    file = earlier.file
    if file and later.file:
        file = replace(
            file,
            name=file.name or later.file.name,
            hashes={**later.file.hashes, **file.hashes},
            size=file.size if file.size is not None else later.file.size,
            mime_type=file.mime_type or later.file.mime_type,
            imphash=file.imphash or later.file.imphash,
        )
    return replace(
        earlier,
        role=item_with_role.role,
        evidence=item_with_role.evidence or earlier.evidence or later.evidence,
        as_indicator=(earlier.as_indicator or later.as_indicator) and item_with_role.role is not Role.VICTIM,
        hold_reason=earlier.hold_reason or later.hold_reason,
        file=file,
        first_seen=_minimum(earlier.first_seen, later.first_seen),
        last_seen=_maximum(earlier.last_seen, later.last_seen),
        valid_from=_minimum(earlier.valid_from, later.valid_from),
        valid_until=_maximum(earlier.valid_until, later.valid_until),
        confidence=_maximum(earlier.confidence, later.confidence),
        tlp=strictest(earlier.tlp, later.tlp),
        description=_join_descriptions(earlier.description, later.description),
        display_name=earlier.display_name or later.display_name,
        data=earlier.data or later.data,
        labels=distinct(earlier.labels + later.labels),
        indicator_types=distinct(earlier.indicator_types + later.indicator_types),
        resolves_to=distinct(earlier.resolves_to + later.resolves_to),
        kill_chain_phases=tuple(dict.fromkeys(earlier.kill_chain_phases + later.kill_chain_phases)),
        references=tuple(dict.fromkeys(earlier.references + later.references)),
        malware=earlier.malware or later.malware,
        revoked=earlier.revoked and later.revoked,
        source_remarks=distinct(earlier.source_remarks + later.source_remarks),
    )


_DESCRIPTION_CHARS = 4_000
"""Characters of the merged descriptions of one value."""


def _join_descriptions(first: str | None, second: str | None) -> str | None:
    """Join the descriptions of two mentions; if the result is too long, keep the first."""
    texts = distinct((first or "", *(text for text in (second or "",) if text not in (first or ""))))
    joined_text = ". ".join(texts)
    return (joined_text if len(joined_text) <= _DESCRIPTION_CHARS else first) or None


def _single_properties(item: Observable) -> dict[str, object]:
    file = item.file
    file_properties = (
        {"name": file.name, "size": file.size, "MIME type": file.mime_type, "imphash": file.imphash} if file else {}
    )
    return {"malware": item.malware, "display name": item.display_name, "data": item.data, **file_properties}


def _minimum(first: Any, second: Any) -> Any:
    return min((value for value in (first, second) if value is not None), default=None)


def _maximum(first: Any, second: Any) -> Any:
    return max((value for value in (first, second) if value is not None), default=None)


def observable_reader(kind: ObservableType, read: Callable[[str], str]) -> Callable[[str], Observable]:
    """Return a reader of observables of this type; ``read`` makes the value canonical."""
    return lambda text: Observable(kind, read(text))
