"""Versions of objects across imports: equal content keeps its times, changed content gets a new `modified`.

Two objects with the same id and `modified` but different content would break readers, and a new `modified` for equal
content would make readers import everything again. So the CERT records each object that it rendered or released.

1. An object with the recorded content keeps `created` and `modified`, so its bytes stay equal.
2. An object with changed content keeps `created`; `modified` becomes now, or later if the clock did not advance.
3. A new object gets now for both.
4. A recorded object that is missing now is revoked (STIX 2.1, 3.6). No newer version may follow a revocation, so if the
   object appears again, it gets another id.
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
from hub.stix.timestamps import parse_timestamp
from hub.stix.tlp import TLP

Content = dict[str, Any]

COMMON_TIME: Final = "2026-01-01T00:00:00.000Z"
"""`created` and `modified` of objects whose id is derived from their content, so that they never change."""
TIMES: Final = frozenset(
    "valid_from valid_until first_observed last_observed first_seen last_seen published start_time end_time".split()
)
"""The timestamps that rendered objects have besides `created` and `modified`."""
_VERSION_KEYS: Final = ("created", "modified")


@dataclass(frozen=True, slots=True)
class Version:
    """The newest version of one object, and the digest of its content without `created` and `modified`.

    `lowest` is the newest version with the lowest TLP level that ever left, if that level is below the level of this
    version. A revocation is built from it: a stricter one would not reach the readers of the lower level (law L5 d).
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
    """The versions of the objects of one report; empty at its first import.

    `own` has the identity of the CERT; `wording` is the version of the sentences in the objects (`wording.WORDING`).
    """

    objects: Mapping[str, Version] = field(default_factory=dict)
    own: Mapping[str, Version] = field(default_factory=dict)
    first_import: str | None = None  # STIX timestamp of the first import
    wording: int = WORDING


def timestamp(moment: datetime) -> str:
    """Return a STIX timestamp in milliseconds. Raises ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a timestamp needs a time with a zone")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def shorten(text: str) -> str:
    """Return a timestamp without trailing zeros, as stix2 writes all except `created` and `modified`.

    stix2 must write the same text when it writes the object again: one version of an object has one content.
    """
    head, dot, fraction = text.removesuffix("Z").partition(".")
    fraction = fraction.rstrip("0")
    return f"{head}{dot}{fraction}Z" if fraction else f"{head}Z"


def digest(content: Mapping[str, Any]) -> str:
    """Return SHA-256 of the content without `created` and `modified`."""
    content_without_times = {key: value for key, value in content.items() if key not in _VERSION_KEYS}
    return hashlib.sha256(orjson.dumps(content_without_times, option=orjson.OPT_SORT_KEYS)).hexdigest()


def later_time(now: str, earlier: str) -> str:
    """Return `now`, or one millisecond after `earlier` if that is later."""
    if parse_timestamp(now) > parse_timestamp(earlier):
        return now
    return timestamp(datetime.fromisoformat(earlier) + timedelta(milliseconds=1))


def settle(
    drafts: Iterable[Content], earlier_versions: Mapping[str, Version], now: str, *, created: str | None = None
) -> tuple[list[Content], dict[str, Version]]:
    """Give each draft its times; return all contents, revoked ones last, and the new record.

    `earlier_versions` is the record so far. `created`: both times of a new object, if every machine that makes it must
    use the same; otherwise `now`. Drafts have no `created` and `modified`. SCOs and definitions have no versions, so they
    are not drafts.
    """
    contents: list[Content] = []
    versions: dict[str, Version] = {}
    for draft in drafts:
        version = _version(draft, earlier_versions.get(draft["id"]), now, created or now)
        versions[draft["id"]] = version
        contents.append(dict(version.content))
    for identifier, version in earlier_versions.items():
        if identifier not in versions:
            revoked_version = version if version.revoked else revoke(version, now)
            versions[identifier] = revoked_version
            contents.append(dict(revoked_version.content))
    return contents, versions


def _version(draft: Content, earlier: Version | None, now: str, first_time: str) -> Version:
    if earlier is not None and earlier.revoked:
        return earlier
    content_digest = digest(draft)
    if earlier is not None and earlier.digest == content_digest:
        return earlier
    created = first_time if earlier is None else earlier.content["created"]
    modified = first_time if earlier is None else later_time(now, earlier.content["modified"])
    content = {**draft, "created": created, "modified": modified}
    return Version(content_digest, content, _lowest(earlier, content))


def _lowest(earlier: Version | None, content: Content) -> Mapping[str, Any] | None:
    if earlier is None:
        return None
    lowest = earlier.content if earlier.lowest is None else earlier.lowest
    return lowest if _level(lowest) < _level(content) else None


def _level(content: Mapping[str, Any]) -> TLP:
    return tlp.level(content) or TLP.CLEAR


def revoke(version: Version, now: str) -> Version:
    """Return the version that revokes this one, for all readers of any of its versions.

    The validity of an indicator ends, too, because many tools look only at that.
    """
    modified = later_time(now, version.content["modified"])
    lowest = version.content if version.lowest is None else version.lowest
    content = {**lowest, "revoked": True, "modified": modified}
    if content["type"] == "indicator":
        content["valid_until"] = _end_of_validity(content, modified)
    return Version(digest(content), content)


def _end_of_validity(indicator: Mapping[str, Any], now: str) -> str:
    """Return `now`, or the end of validity if that is earlier; but always after its start (STIX 2.1, 4.7)."""
    until = indicator.get("valid_until")
    if until is not None and parse_timestamp(until) <= parse_timestamp(now):
        return str(until)
    return shorten(later_time(now, indicator["valid_from"]))
