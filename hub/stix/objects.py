"""One STIX object as the hub handles it: the parsed content, and properties that the rules need."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from hub.settings import Limits
from hub.stix import identifiers
from hub.stix.claims import claimed_authors
from hub.stix.levels import KNOWN_MARKINGS, KnownMarkings, StatedLevel, stated_level_of_valid
from hub.stix.references import References, references
from hub.stix.schema import Fault, faults
from hub.stix.timestamps import parse_timestamp
from hub.stix.tlp import TLP

# I-JSON (RFC 7493) and STIX 2.1 section 2.6: clients in other languages read a larger number wrongly.
MAX_NUMBER: Final = 2**53 - 1
_AUTHOR: Final = b'created_by_ref":'
_IDENTITY: Final = b"identity--"
_MENTIONS: Final = (
    "id",
    "created_by_ref",
    "source_ref",
    "target_ref",
    "object_ref",
    "object_refs",
    "where_sighted_refs",
)
_NO_AUTHORS: Final[frozenset[str]] = frozenset()
_DEPTH_OF_PLAIN: Final = 2  # levels: the object, and lists in it
_HALF_PAIR: Final = Fault("", "a text in it contains half of a UTF-16 surrogate pair, which no UTF-8 can carry")


class DuplicateKeys(dict[str, Any]):
    """A JSON object with a repeated key, which is refused because parsers read it differently (RFC 7493, 2.3)."""


@dataclass(slots=True)  # not frozen: one is made for each incoming object, and freezing would triple the time
class StixObject:
    """A valid object. `version` and its text are None for an SCO; times are microseconds since 1970."""

    content: Mapping[str, Any]
    body: bytes  # ready to send, JSON-equal to the object that came in (law L6)
    digest: bytes  # equal for equal content, whatever the spelling of its instants and numbers
    id: str
    type: str
    version: int | None
    version_text: str | None
    own_level: StatedLevel
    references: References

    @property
    def level(self) -> TLP | None:
        """The level that it states itself; None: it is unmarked."""
        return self.own_level.level

    @property
    def named_ids(self) -> tuple[str, ...]:
        """Ids of possible SCOs anywhere in it, without its own id."""
        return self.references.named_ids

    @property
    def authors(self) -> frozenset[str]:
        """The ids of all authors that it names: in its own created_by_ref, and in any property whose name ends so.

        Platforms keep the author of an observable in custom properties such as x_opencti_created_by_ref.
        """
        author = self.content.get("created_by_ref")
        own = frozenset({author}) if isinstance(author, str) else frozenset()
        mentions = self.body.count(_AUTHOR)
        if mentions == 0 or (mentions == 1 and own):
            return own
        return frozenset(_authors(self.content))

    @property
    def claimed_authors(self) -> frozenset[str]:
        """Identities in further properties whose names contain "author", such as x_author_ref."""
        mentions = self.body.count(_IDENTITY)
        if mentions <= 1 and "created_by_ref" in self.content:
            return _NO_AUTHORS
        # elsewhere an identity is mentioned, and most objects mention none but there
        for name in _MENTIONS:
            value = self.content.get(name, "")
            if type(value) is str:
                mentions -= value.startswith("identity--")
            elif type(value) is list:
                mentions -= sum(type(item) is str and item.startswith("identity--") for item in value)
        return claimed_authors(self.content) if mentions > 0 else _NO_AUTHORS

    @property
    def revoked(self) -> bool:
        """Whether this version says that the object is withdrawn permanently (STIX 2.1, 3.2)."""
        return self.content.get("revoked") is True


def parse_object(
    value: Any, limits: Limits, known_markings: KnownMarkings = KNOWN_MARKINGS
) -> StixObject | tuple[Fault, ...]:
    """The object, or its faults in words for its sender. `value` is any parsed JSON."""
    # (1) its form: a JSON object within the limits, no repeated key, every text encodable
    if not isinstance(value, dict):
        return (Fault("", f"an object of the envelope must be a JSON object, not {_kind(value)}"),)
    try:
        body = orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_SUBCLASS)  # raises on DuplicateKeys
    except (orjson.JSONEncodeError, RecursionError):
        return (_Walk(limits).problem(value, 1) or _HALF_PAIR,)
    if len(body) > limits.object_bytes:
        return (Fault("", f"{len(body)} bytes are over the limit of {limits.object_bytes} bytes for one object"),)
    walk = None if _is_plain(value, body, limits) else _Walk(limits)
    if walk is not None and (problem := walk.problem(value, 1)):
        return (problem,)
    # (2) the rules of STIX 2.1
    if problems := faults(
        value,
        max_pattern_length=limits.pattern_characters,
        max_pattern_comparisons=limits.pattern_comparisons,
        max_selectors=limits.selectors,
    ):
        return problems
    # (3) the properties that the hub's rules need
    text: str | None = value.get("modified", value.get("created"))
    if value["type"] in identifiers.SCO_TYPES:
        text = None  # a custom `modified` does not make an SCO a versioned object (STIX 2.1, 3.1)
    version = None if text is None else parse_timestamp(text)
    normalized = _with_integers(orjson.loads(body)) if walk is not None and walk.has_whole_floats else value
    return StixObject(  # positional arguments, since this runs for each object: named ones take three times as long
        value,
        body,
        _digest(normalized, text, version),
        value["id"],
        value["type"],
        version,
        text,
        stated_level_of_valid(value, known_markings),
        references(value, body),
    )


def _is_plain(value: Mapping[str, Any], body: bytes, limits: Limits) -> bool:
    """Whether a quick check shows that no limit is exceeded and no number needs a closer look, as in most objects.

    They contain only texts, whole numbers and lists of texts. If the whole body is shorter than the limit of a text, so is
    each text in it.
    """
    if len(body) > limits.string_characters or limits.object_depth < _DEPTH_OF_PLAIN:
        return False
    for item in value.values():
        kind = type(item)
        if kind is list:
            for text in item:  # a generator would double the time of this function
                if type(text) is not str:
                    return False
        elif kind is int:
            if not -MAX_NUMBER <= item <= MAX_NUMBER:
                return False
        elif kind is not str and kind is not bool:
            return False
    return True


def _authors(content: Mapping[str, Any]) -> Iterator[str]:
    """The ids under every key that ends in created_by_ref."""
    values: list[Any] = [content]
    while values:
        value = values.pop()
        if isinstance(value, dict):
            for key, item in value.items():
                if isinstance(item, dict | list):
                    values.append(item)
                elif isinstance(item, str) and key.endswith("created_by_ref"):
                    yield item
                if isinstance(item, list) and key.endswith("created_by_ref"):
                    yield from (author for author in item if isinstance(author, str))
        elif isinstance(value, list):
            values += (item for item in value if isinstance(item, dict | list))


class _Walk:
    """One pass over an object's values: finds the first exceeded limit, and whether a whole number is written as 5.0."""

    __slots__ = ("has_whole_floats", "limits")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.has_whole_floats = False

    def problem(self, value: Any, depth: int) -> Fault | None:
        """The first fault of this value, at this depth."""
        kind = type(value)
        if kind is str:
            return self._text(value)
        if kind is dict:
            return self._problem_inside(value.values(), depth)
        if kind is list:
            return self._problem_inside(value, depth)
        if kind is int or kind is float:
            return self._number(value)
        if kind is DuplicateKeys:
            return Fault("", "a key appears twice in one JSON object; remove one of the two")
        return None

    def _problem_inside(self, values: Iterable[Any], depth: int) -> Fault | None:
        if depth > self.limits.object_depth:
            return Fault("", f"it is nested deeper than {self.limits.object_depth} levels")
        for item in values:
            if problem := self.problem(item, depth + 1):
                return problem
        return None

    def _text(self, text: str) -> Fault | None:
        if len(text) > self.limits.string_characters:
            return Fault("", f"a text is longer than {self.limits.string_characters} characters")
        return None

    def _number(self, number: float) -> Fault | None:
        if not -MAX_NUMBER <= number <= MAX_NUMBER:
            return Fault("", "a number is beyond 2^53, where JSON parsers no longer agree; write it as a text")
        if type(number) is float and number.is_integer():
            self.has_whole_floats = True
        return None


def _digest(normalized: Mapping[str, Any], text: str | None, version: int | None) -> bytes:
    """SHA-256 of the content with sorted keys, `created` and `modified` as instants, and 5.0 as 5 (in `normalized`).

    Libraries change these spellings on the way (`Z` to `.000Z`, 5.0 to 5), and the object is still the same (law L2).
    """
    if text is not None:
        normalized = dict(normalized)
        for name in ("created", "modified"):
            time_text = normalized.get(name)
            if isinstance(time_text, str):
                normalized[name] = version if time_text == text else parse_timestamp(time_text)
    return hashlib.sha256(orjson.dumps(normalized, option=orjson.OPT_SORT_KEYS)).digest()


def _with_integers(value: Any) -> Any:
    """The value with each whole number such as 5.0 as an integer."""
    if isinstance(value, dict):
        return {key: _with_integers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_integers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _kind(value: Any) -> str:
    kinds = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return kinds.get(type(value), "a number")
