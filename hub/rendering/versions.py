"""Versions of objects across imports: the same content keeps its times, changed content gets a new `modified`.

Two copies of one (id, modified) with different content would break every reader, and a new `modified` for equal
content would make readers take it all again. So the CERT keeps a record of each object that it rendered or released.

1. An object whose content is as recorded keeps `created` and `modified`: it is equal to the byte.
2. One whose content changed keeps `created`; `modified` is now, and later than it was in any case.
3. A new one gets both from now.
4. One that is recorded and no longer there is revoked (STIX 2.1, 3.6), and stays so: after a revocation no newer
   version counts. Should it come back, it comes under another id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson

from hub.rendering.wording import WORDING
from hub.stix import tlp
from hub.stix.identifiers import OBSERVABLE_TYPES
from hub.stix.timestamps import parse_timestamp
from hub.stix.tlp import TLP

Content = dict[str, Any]

COMMON_TIME: Final = "2026-01-01T00:00:00.000Z"
"""`created` and `modified` of objects whose id is made of their content, and which therefore never change."""
TIMES: Final = frozenset(
    "valid_from valid_until first_observed last_observed first_seen last_seen published start_time end_time".split()
)
"""The timestamps that we write besides `created` and `modified`."""
_VERSION_KEYS: Final = ("created", "modified")


@dataclass(frozen=True, slots=True)
class Version:
    """The newest version of one object, whole, and the digest of its content without the two times.

    `lowest` is the newest version of the lowest TLP level that ever left, where that is below this one: readers below
    have it, and a revocation is built from it, since a higher one would not reach them (law L5 d).
    """

    digest: str
    content: Mapping[str, Any]
    lowest: Mapping[str, Any] | None = None

    @property
    def revoked(self) -> bool:
        """Whether the object is revoked."""
        return self.content.get("revoked") is True


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """The versions made of one report so far; empty at its first import. `own` has the CERT's own identity; `wording` is the
    version of the sentences in it (`wording.WORDING`).
    """

    objects: Mapping[str, Version] = field(default_factory=dict)
    own: Mapping[str, Version] = field(default_factory=dict)
    first_import: str | None = None  # STIX timestamp of the first import
    wording: int = WORDING


def timestamp(moment: datetime) -> str:
    """A STIX timestamp in milliseconds; ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone says nothing")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def shorten(text: str) -> str:
    """A timestamp without idle zeros, as stix2 prints all but `created` and `modified`.

    What we write must be what stix2 writes of it again: one version of an object has one content.
    """
    head, dot, fraction = text.removesuffix("Z").partition(".")
    fraction = fraction.rstrip("0")
    return f"{head}{dot}{fraction}Z" if fraction else f"{head}Z"


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 over the content without its times."""
    plain = {key: value for key, value in content.items() if key not in _VERSION_KEYS}
    return hashlib.sha256(orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)).hexdigest()


def later_time(now: str, earlier: str) -> str:
    """`now`, or one millisecond after `than` where the clock has not moved on."""
    if parse_timestamp(now) > parse_timestamp(earlier):
        return now
    return timestamp(datetime.fromisoformat(earlier) + timedelta(milliseconds=1))


def settle(
    drafts: Iterable[Content], known: Mapping[str, Version], now: str, *, created: str | None = None
) -> tuple[list[Content], dict[str, Version]]:
    """Give each draft its times; return all contents, revoked ones last, and the record as it is from now on.

    `created`: both times of a new object, where they are the same at every machine that makes it; else `now`.
    Drafts come without `created` and `modified`. SCOs and definitions, which have no versions, are not for here.
    """
    settled: list[Content] = []
    versions: dict[str, Version] = {}
    for draft in drafts:
        version = _version(draft, known.get(draft["id"]), now, created or now)
        versions[draft["id"]] = version
        settled.append(dict(version.content))
    for identifier, version in known.items():
        if identifier not in versions:
            last = version if version.revoked else revoke(version, now)
            versions[identifier] = last
            settled.append(dict(last.content))
    return settled, versions


def _version(draft: Content, before: Version | None, now: str, first: str) -> Version:
    if before is not None and before.revoked:
        return before
    mark = digest(draft)
    if before is not None and before.digest == mark:
        return before
    created = first if before is None else before.content["created"]
    modified = first if before is None else later_time(now, before.content["modified"])
    content = {**draft, "created": created, "modified": modified}
    return Version(mark, content, _lowest(before, content))


def _lowest(before: Version | None, content: Content) -> Mapping[str, Any] | None:
    if before is None:
        return None
    earlier = before.content if before.lowest is None else before.lowest
    return earlier if _level(earlier) < _level(content) else None


def _level(content: Mapping[str, Any]) -> TLP:
    return tlp.level(content) or TLP.CLEAR


def revoke(version: Version, now: str) -> Version:
    """The version that withdraws this one, for all who have any of its versions.

    An indicator is no longer valid from then on: many tools look at that alone.
    """
    modified = later_time(now, version.content["modified"])
    lowest = version.content if version.lowest is None else version.lowest
    content = {**lowest, "revoked": True, "modified": modified}
    if content["type"] == "indicator":
        content["valid_until"] = _end_of_validity(content, modified)
    return Version(digest(content), content)


def _end_of_validity(indicator: Mapping[str, Any], now: str) -> str:
    """`now`, or when it ends anyway, if that is earlier; in any case after it begins (STIX 2.1, 4.7)."""
    until = indicator.get("valid_until")
    if until is not None and parse_timestamp(until) <= parse_timestamp(now):
        return str(until)
    return shorten(later_time(now, indicator["valid_from"]))


def is_versioned(content: Mapping[str, Any]) -> bool:
    """Whether objects of this type have versions: SCOs and marking definitions have none (STIX 2.1, 3.1)."""
    return content["type"] not in OBSERVABLE_TYPES and content["type"] != "marking-definition"
