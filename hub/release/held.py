"""The list of held items that an officer or a script answers: `--held FILE` writes it, `--answers FILE` reads it.

    [{"key": "0123456789abcdef", "value": "…", "object": "ID-7: incident.description", "reason": "…", "span": "the only",
      "decision": null}]

The answer sets `decision` to `release`, `lone` or `keep`. If `span` is suspicious, `reason` asks for a reason, and the answer
also sets `despite`: why the item may leave nevertheless. The other fields stay unchanged. An answer whose `value` does not
belong to its key is refused.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hub.errors import ReleaseError
from hub.release.policy import Approvals, Decision
from hub.release.preview import Preview, PreviewRow, hold_reason
from hub.reports.losses import excerpt

_FIELDS: Final = ("key", "value", "object", "reason", "span", "decision")
_DESPITE: Final = "despite"
_DECISIONS: Final = ", ".join(Decision)
MAX_LISTED: Final = 20  # keys in one refusal
MAX_EXCERPT: Final = 60  # characters of a value in one refusal


@dataclass(frozen=True, slots=True)
class HeldItem:
    """A text or value that needs a decision. `object` is its report and property; `alone` allows a lone indicator."""

    key: str
    value: str
    object: str
    reason: str
    span: str
    alone: bool

    def as_dict(self) -> dict[str, Any]:
        """The item as in the file, without a decision."""
        return {**{name: getattr(self, name) for name in _FIELDS[:-1]}, "decision": None}


@dataclass(frozen=True, slots=True)
class OfficerAnswer:
    """The decision about one key. `value` is the value beside it in the file."""

    key: str
    decision: Decision
    despite: str = ""
    value: str = field(default="", compare=False)


def make_item(report_id: str, row: PreviewRow) -> HeldItem:
    """The item for a row of the preview that has a key."""
    return HeldItem(
        key=row.key,
        value=row.value or row.here,
        object=f"{report_id}: {row.place}",
        reason=hold_reason(row),
        span=row.span,
        alone=not row.path,
    )


def held_items(report_id: str, preview: Preview) -> list[HeldItem]:
    """The items of a release that need a decision, each key once."""
    return [make_item(report_id, row) for row in preview.held()]


def held_file(items: Iterable[HeldItem], earlier: Iterable[Mapping[str, Any]] = ()) -> bytes:
    """The list as JSON. It keeps the decisions of `earlier`, the previous content of the file, about keys still held."""
    earlier_decisions = {item["key"]: item for item in earlier if item.get("decision") is not None}
    fields = ("decision", _DESPITE)
    rows = [
        item.as_dict()
        | {name: earlier_decisions[item.key][name] for name in fields if name in earlier_decisions.get(item.key, {})}
        for item in {item.key: item for item in items}.values()
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace") + b"\n"


def parse_items(body: bytes, name: str) -> list[Mapping[str, Any]]:
    """The items of a file, unchanged. ReleaseError names the file, the item and the invalid field."""
    try:
        items = json.loads(body, object_pairs_hook=_unique_object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ReleaseError(f"{name}: this is not JSON: {error}. `--held FILE` writes a list to be answered.") from None
    if not isinstance(items, list):
        raise ReleaseError(f"{name}: this is not a list of held items; `--held FILE` writes one.")
    for number, item in enumerate(items, 1):
        location = f"{name}: item {number}"
        if not isinstance(item, dict):
            raise ReleaseError(f"{location}: expected an object with key and decision, not {item!r}")
        if unknown_field := next((field for field in item if field not in {*_FIELDS, _DESPITE}), None):
            raise ReleaseError(
                f"{location}: {unknown_field!r} is not a field; the fields are {', '.join(_FIELDS)} and {_DESPITE}"
            )
        if not isinstance(item.get("key"), str) or not item["key"]:
            raise ReleaseError(f"{location}: it has no key")
        if not isinstance(item.get(_DESPITE) or "", str):
            raise ReleaseError(f"{location} ({item['key']}): {_DESPITE} should be a text that says why")
    return items


def _unique_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. A name that appears twice is an error, because it could give two decisions."""
    item = dict(pairs)
    if len(item) < len(pairs):
        (repeated_name, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"{repeated_name!r} appears twice in one object")
    return item


def _refuse_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is not a JSON value")


def parse_answers(body: bytes, name: str) -> list[OfficerAnswer]:
    """The decisions in a file. An item whose decision is null stays held. ReleaseError as for `parse_items`."""
    answers: dict[str, OfficerAnswer] = {}
    for number, item in enumerate(parse_items(body, name), 1):
        key, word, despite = item["key"], item.get("decision"), (item.get(_DESPITE) or "").strip()
        location = f"{name}: item {number} ({key})"
        if word is None:
            if despite:
                raise ReleaseError(f"{location}: it has {_DESPITE} but no decision; decide {_DECISIONS}")
            continue
        if word not in tuple(Decision):
            raise ReleaseError(f"{location}: {word!r} is not a decision; decide {_DECISIONS}, or leave it null")
        value = item.get("value", "")
        if not isinstance(value, str) or ("value" in item and not value):
            raise ReleaseError(f"{location}: value should be the text that --held wrote")
        answer = OfficerAnswer(key, Decision(word), despite, value)
        if answers.setdefault(key, answer) != answer:
            raise ReleaseError(f"{location}: another item has a different decision about the same key")
    return list(answers.values())


def add_answers(approvals: Approvals, answers: Sequence[OfficerAnswer]) -> Approvals:
    """The approvals of a command together with the answers of a file."""
    releasing_answers = [answer for answer in answers if answer.decision is not Decision.KEEP]
    keys_to_keep = frozenset(answer.key for answer in answers if answer.decision is Decision.KEEP)
    keys = frozenset(answer.key for answer in releasing_answers)
    return Approvals(
        officer=approvals.officer,
        texts=approvals.texts | keys,
        values=approvals.values | keys,
        confirmed=approvals.confirmed,
        alone=approvals.alone | {answer.key for answer in releasing_answers if answer.decision is Decision.LONE},
        kept=approvals.kept | keys_to_keep,
        taken_back=approvals.taken_back | keys_to_keep,
        despite={**approvals.despite, **{answer.key: answer.despite for answer in releasing_answers if answer.despite}},
        shown={answer.key: answer.value for answer in answers if answer.value},
        named_by=approvals.named_by,
        tlp=approvals.tlp,
    )


class Decisions:
    """The items of one run about which an officer can decide, by key, to check the decisions against them."""

    def __init__(self, approvals: Approvals) -> None:
        self._approvals = approvals
        self._items: dict[str, HeldItem] = {}
        self._held: dict[str, HeldItem] = {}
        self._values: dict[str, str] = {}

    def add(self, report_id: str, preview: Preview) -> None:
        """Add the rows of one release."""
        for row in preview.rows:
            if row.key:
                item = make_item(report_id, row)
                self._items.setdefault(row.key, item)
                if row.value:
                    self._values.setdefault(row.key, row.value)
                if row.held:
                    self._held.setdefault(row.key, item)

    def add_name(self, key: str) -> None:
        """Add a key that has no row in a preview: a name in an imported STIX file."""
        self._items.setdefault(key, HeldItem(key, key, "", "", "", alone=False))

    @property
    def held_items(self) -> tuple[HeldItem, ...]:
        """The items that still need a decision."""
        return tuple(self._held.values())

    @property
    def decided_keys(self) -> frozenset[str]:
        """The keys that this run decides about."""
        return self._approvals.keys

    def outcomes(self) -> list[tuple[HeldItem, bool]]:
        """The items about which this run decides, each with whether it leaves now."""
        keys_to_keep = self._approvals.taken_back | self._approvals.kept
        chosen_items = (self._items[key] for key in sorted(self._approvals.keys & self._items.keys()))
        return [
            (item, item.key not in keys_to_keep and item.key not in self._held) for item in chosen_items if item.object
        ]

    def items_without_reason(self) -> list[HeldItem]:
        """The items that are approved but still held, because a suspicious finding needs a reason as well."""
        approved = self._approvals.texts | self._approvals.values
        return [item for key, item in self._held.items() if key in approved]

    def check(self) -> None:
        """Check the decisions. ReleaseError if a key is unknown or belongs to another value, or a text is to leave alone."""
        if unmatched_keys := sorted(self._approvals.keys - self._items.keys()):
            lines = [f"  {item.key}  {item.object}" for item in self._items.values() if item.object]
            last_line = [f"  and {len(lines) - MAX_LISTED} more"] if len(lines) > MAX_LISTED else []
            listing = (
                "\n".join(["; there are:", *lines[:MAX_LISTED], *last_line]) if lines else "; nothing is held here"
            )
            raise ReleaseError(f"No text or value has the key {', '.join(map(repr, unmatched_keys))}{listing}")
        for key, value in self._approvals.shown.items():
            if value != self._values.get(key, value):
                raise ReleaseError(
                    f"{key}: the decision is about {excerpt(value, MAX_EXCERPT)!r}, but this key belongs to "
                    f"{excerpt(self._values[key], MAX_EXCERPT)!r}. Write the list again (--held) and decide there."
                )
        for key in sorted(self._approvals.alone):
            if not self._items[key].alone:
                raise ReleaseError(
                    f"{key}: {self._items[key].object} is a text, which cannot leave alone: decide release or keep."
                )
