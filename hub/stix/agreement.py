"""Whether two copies of one object from different members agree (law L4). Pure.

The id of an observable follows from some of its properties (STIX 2.1, 2.9), so two copies under one id agree on those;
they may differ in others: another SHA-256 under the same MD5. Custom properties, such as those of OpenCTI, are notes of
each member and never contradict each other. Nor do lists of references: `resolves_to_refs` says what one member saw, and
is not complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub.stix.class_tables import standard_properties

Content = Mapping[str, Any]
Claims = Mapping[str, Any]
"""The standard properties of a copy, in a form that can be compared."""

_HANDLING: Final = frozenset(
    "type id spec_version created modified created_by_ref revoked labels confidence lang external_references "
    "object_marking_refs granular_markings defanged".split()
)
_EXTENSION_DEFINITION: Final = "extension-definition--"
_EXACT_HASHES: Final = frozenset(
    {"SSDEEP", "TLSH"}
)  # all other hashes are hexadecimal, so upper and lower case are equal


def claims_of(object_type: str, content: Content) -> Claims:
    """The claims of a copy of an observable; KeyError for types that STIX 2.1 does not define."""
    return {
        name: _comparable(name, content[name])
        for name in standard_properties(object_type) - _HANDLING
        if name in content and not name.endswith("_refs")
    }


def definition_of(object_type: str, content: Content) -> Claims:
    """The content of a marking or extension definition, without its time and author."""
    return {name: content[name] for name in standard_properties(object_type) - _HANDLING if name in content}


def contradiction(held: Claims, copy: Claims) -> str:
    """The first place where a copy contradicts the held one, such as `hashes.SHA256`; empty: they agree.

    A property that only one of them has is no contradiction.
    """
    for name in sorted(copy):
        if name in held and held[name] != copy[name]:
            if not isinstance(held[name], dict) or not isinstance(copy[name], dict):
                return name
            if place := contradiction(held[name], copy[name]):
                return f"{name}.{place}"
    return ""


def additions(held: Content, copy: Content) -> tuple[str, ...]:
    """The properties of the copy that the held one lacks, or has with another value that does not contradict."""
    return tuple(name for name in copy if name not in _HANDLING and copy[name] != held.get(name))


def _comparable(name: str, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if name == "hashes":
        return dict(_hash(algorithm, digest) for algorithm, digest in value.items())
    return {key: _comparable(key, item) for key, item in value.items() if not key.startswith(_EXTENSION_DEFINITION)}


def _hash(name: str, value: Any) -> tuple[str, str]:
    """A hash with one spelling of its algorithm: `sha256` is SHA-256."""
    algorithm = name.replace("-", "").upper()
    return algorithm, str(value) if algorithm in _EXACT_HASHES else str(value).casefold()
