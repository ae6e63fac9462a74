"""URL parameters (TAXII 2.1, 3.4): a client's filters, checked, as one value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hub.errors import MalformedError
from hub.stix.timestamps import parse_lenient_timestamp
from hub.taxii import protocol

KEYWORDS: Final = ("last", "first", "all")


@dataclass(frozen=True, slots=True)
class VersionMatch:
    """match[version]: the union of the versions that are set; `instants` are microseconds since 1970."""

    last: bool = False
    first: bool = False
    every: bool = False
    instants: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """The match filters; None if the client gave none. Values of one field are joined by OR, fields by AND (3.4)."""

    ids: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    versions: VersionMatch | None = None
    spec_versions: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """All filters on objects, manifest and versions. `added_after` is an instant in microseconds."""

    added_after: int | None = None
    limit: int | None = None
    next: str | None = None
    match: Match = Match()  # frozen, so safe to share


def parse_filters(pairs: Iterable[tuple[str, str]], *, max_values: int) -> Filters:
    """The filters in a query's (name, value) pairs, decoded and in order. MalformedError names a parameter that cannot be used.

    A parameter that appears twice is malformed (3.4: clients MUST NOT; the interoperability tests require 400). Parameters
    that TAXII does not define are ignored; an unknown match field is refused, since ignoring it would give a wrong answer.
    """
    texts: dict[str, str] = {}
    for name, value in pairs:
        if name not in _PARAMETERS:
            if name.startswith("match["):
                raise MalformedError(f"There is no filter {name[:40]!r}; there are {', '.join(_MATCH_FIELDS)}.")
            continue
        if name in texts:
            raise MalformedError(f"{name} appears twice; give several values as one list, separated by commas.")
        texts[name] = value
    lists = {name: _values(name, texts[name], max_values) for name in _MATCH_FIELDS if name in texts}
    versions = lists.get(protocol.MATCH_VERSION)
    return Filters(
        added_after=_added_after(texts[protocol.ADDED_AFTER]) if protocol.ADDED_AFTER in texts else None,
        limit=_limit(texts[protocol.LIMIT]) if protocol.LIMIT in texts else None,
        next=texts.get(protocol.NEXT) or None,  # some clients send an empty one for the first page
        match=Match(
            ids=lists.get(protocol.MATCH_ID),
            types=lists.get(protocol.MATCH_TYPE),
            versions=None if versions is None else _versions(versions),
            spec_versions=lists.get(protocol.MATCH_SPEC_VERSION),
        ),
    )


_MATCH_FIELDS: Final = (protocol.MATCH_ID, protocol.MATCH_TYPE, protocol.MATCH_VERSION, protocol.MATCH_SPEC_VERSION)
_PARAMETERS: Final = frozenset({*_MATCH_FIELDS, protocol.ADDED_AFTER, protocol.LIMIT, protocol.NEXT})


def _values(name: str, text: str, max_values: int) -> tuple[str, ...]:
    values = tuple(text.split(","))
    if len(values) > max_values:
        raise MalformedError(f"{name} holds {len(values)} values, and the limit is {max_values}: ask in parts.")
    if "" in values:
        raise MalformedError(f"{name} holds an empty value.")
    return tuple(dict.fromkeys(values))


def _added_after(text: str) -> int:
    try:
        # a "+" that was not percent-encoded arrives as a space
        return parse_lenient_timestamp(text.replace(" ", "+"))
    except (ValueError, OverflowError):
        raise MalformedError(
            f"added_after={text[:40]!r} is not a timestamp like 2026-04-02T03:10:00.000000Z (UTC)."
        ) from None


def _limit(text: str) -> int:
    digits = text.lstrip("0")
    if not (text.isascii() and text.isdecimal()) or not digits:
        raise MalformedError(f"limit={text[:40]!r} is not a whole number above zero.")
    return int(digits) if len(digits) <= 18 else 10**18  # a larger number gives the largest page, too


def _versions(values: tuple[str, ...]) -> VersionMatch:
    if "all" in values and len(values) > 1:
        raise MalformedError("match[version]=all already includes all versions: send it without other values (3.4.1).")
    instants: list[int] = []
    for value in values:
        if value in KEYWORDS:
            continue
        try:
            instants.append(parse_lenient_timestamp(value.replace(" ", "+")))
        except (ValueError, OverflowError):
            raise MalformedError(
                f"match[version]={value[:40]!r} is neither last, first, all nor the timestamp of a version."
            ) from None
    return VersionMatch("last" in values, "first" in values, "all" in values, tuple(instants))
