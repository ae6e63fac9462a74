"""The resources of TAXII 2.1 (sections 3 to 5) as frozen values, and their JSON.

Property names are those of the standard. None and empty tuples are left out: TAXII forbids empty lists (section 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from hub.taxii.protocol import CONTENT_TYPE, STIX_CONTENT_TYPE


@dataclass(frozen=True, slots=True)
class Discovery:
    """4.1.1: the server and its API roots."""

    title: str
    description: str | None = None
    contact: str | None = None
    default: str | None = None
    api_roots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApiRootResource:
    """4.2.1: one group of collections. `max_content_length` is in bytes."""

    title: str
    max_content_length: int
    description: str | None = None
    versions: tuple[str, ...] = (CONTENT_TYPE,)


@dataclass(frozen=True, slots=True)
class CollectionResource:
    """5.2.1: `can_read` and `can_write` are those of the requesting account.

    The custom properties (7.1) say which objects the collection accepts; other clients ignore them.
    """

    id: str
    title: str
    can_read: bool
    can_write: bool
    description: str | None = None
    alias: str | None = None
    media_types: tuple[str, ...] = (STIX_CONTENT_TYPE,)
    x_hub_highest_tlp: str | None = None  # FIRST's word in lower case: amber+strict
    x_hub_profiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collections:
    """5.1.1."""

    collections: tuple[CollectionResource, ...] = ()


@dataclass(slots=True)  # not frozen: one is made for each incoming object, and freezing would triple the time
class StatusDetail:
    """4.3.1, status-details: one object of the request."""

    id: str
    version: str
    message: str | None = None


@dataclass(frozen=True, slots=True)
class StatusResource:
    """4.3.1. The hub answers when all objects are processed, so `status` is always complete and nothing is pending.

    The lists are complete: clients refuse a status whose lists are shorter than its counts.
    """

    id: str
    request_timestamp: str
    total_count: int
    success_count: int
    failure_count: int
    status: str = "complete"
    pending_count: int = 0
    successes: tuple[StatusDetail, ...] = ()
    failures: tuple[StatusDetail, ...] = ()


@dataclass(frozen=True, slots=True)
class ManifestRecord:
    """5.3.1: `version` is the literal `modified`, so that a client can use it in match[version] unchanged."""

    id: str
    date_added: str
    version: str
    media_type: str = STIX_CONTENT_TYPE


@dataclass(frozen=True, slots=True)
class Manifest:
    """5.3.1. The standard has no `next` here; paging by added_after works without it."""

    more: bool
    next: str | None = None
    objects: tuple[ManifestRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class Versions:
    """5.8.1. `next` as in the manifest."""

    more: bool
    next: str | None = None
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorMessage:
    """3.6.1. `http_status` is a string there. `error_id` is also in the server's log."""

    title: str
    description: str | None = None
    error_id: str | None = None
    http_status: str | None = None


Resource = (
    Discovery | ApiRootResource | CollectionResource | Collections | StatusResource | Manifest | Versions | ErrorMessage
)


def as_json(resource: Resource) -> bytes:
    """The resource's JSON in UTF-8, without absent and empty properties."""
    return orjson.dumps(resource, as_mapping, orjson.OPT_PASSTHROUGH_DATACLASS)


def as_mapping(value: Any) -> dict[str, Any]:
    """A resource, or a part of one, as a mapping without absent and empty properties; its inner parts stay unchanged."""
    if type(value) is StatusDetail:  # the fast way, since there is one for each incoming object
        detail = {"id": value.id, "version": value.version}
        return detail if value.message is None else {**detail, "message": value.message}
    names = value.__slots__  # the fields of a dataclass with slots, in order
    return {name: item for name in names if (item := getattr(value, name)) is not None and item != ()}


def envelope(body: bytes, *, more: bool, next_token: str | None) -> bytes:
    """3.7.1: an envelope around objects that are already joined by commas; an empty one has no `objects`."""
    head = b'{"more":true' if more else b'{"more":false'
    if next_token is not None:
        head += b',"next":' + orjson.dumps(next_token)
    return b"".join((head, b',"objects":[', body, b"]}")) if body else head + b"}"
