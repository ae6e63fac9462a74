"""Rules between the properties of one object, as JSON Schema, which stix2 has as code in `_check_object_constraints`.

Keys are the names of stix2's classes. Rules that JSON Schema cannot express, such as the order of two times, are in `checks.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from hub.stix.value_schemas import REFERENCE_HASHES, Schema, hash_key


def join_names(names: Iterable[str]) -> str:
    """The first six names, for a sentence."""
    first = [*names]
    return ", ".join(first[:6]) + (", …" if len(first) > 6 else "")


def _at_least_one(*names: str) -> Schema:
    return {
        "anyOf": [{"required": [name]} for name in names],
        "description": f"must have at least one of {join_names(names)}",
    }


def _exactly_one(first: str, second: str) -> Schema:
    return {
        "oneOf": [{"required": [first]}, {"required": [second]}],
        "description": f"must have either {first} or {second}, and not both",
    }


def _when(name: str, value: Any, then: Schema) -> Schema:
    return {"if": {"properties": {name: {"const": value}}, "required": [name]}, "then": then}


_PE_HEADER: Final = "WindowsPEOptionalHeaderType"
_BETWEEN: Final[Mapping[str, list[Schema]]] = {
    "ExternalReference": [
        _at_least_one("description", "url", "external_id"),
        {"properties": {"hashes": {"patternProperties": {hash_key(n): True for n in REFERENCE_HASHES}} | {
            "additionalProperties": False,
            "description": "may only name algorithms of hash-algorithm-ov, such as SHA-256",
        }}},
    ],
    "GranularMarking": [_exactly_one("lang", "marking_ref")],
    "Location": [
        {
            "anyOf": [{"required": ["region"]}, {"required": ["country"]}, {"required": ["latitude", "longitude"]}],
            "description": "must have region, country, or both latitude and longitude",
        },
        {
            "dependentRequired": {
                "latitude": ["longitude"],
                "longitude": ["latitude"],
                "precision": ["latitude", "longitude"],
            },
        },
    ],
    "Malware": [_when("is_family", True, {"required": ["name"]})],
    "MalwareAnalysis": [_at_least_one("result", "analysis_sco_refs")],
    "ObservedData": [_exactly_one("objects", "object_refs")],
    "Artifact": [
        _exactly_one("payload_bin", "url"),
        {"dependentRequired": {"url": ["hashes"], "decryption_key": ["encryption_algorithm"]}},
    ],
    "EmailMIMEComponent": [_at_least_one("body", "body_raw_ref")],
    "EmailMessage": [
        _when("is_multipart", False, {"properties": {"body_multipart": {
            "not": {},
            "description": "may only be here when is_multipart is true",
        }}}),
        _when("is_multipart", True, {"properties": {"body": {
            "maxLength": 0,
            "description": "may only be here when is_multipart is false: put it into body_multipart",
        }}}),
    ],
    "File": [_at_least_one("hashes", "name")],
    "SocketExt": [
        {"properties": {"options": {
            "propertyNames": {"pattern": "^(?:SO|ICMP|ICMP6|IP|IPV6|MCAST|TCP|IRLMP)_"},
            "additionalProperties": {"type": "integer"},
            "description": "may only hold whole numbers under names such as SO_BROADCAST or TCP_NODELAY",
        }}},
    ],
    "NetworkTraffic": [
        _at_least_one("src_ref", "dst_ref"),
        {"if": {"required": ["end"]}, "then": {
            "required": ["is_active"],
            "properties": {"is_active": {"const": False, "description": "must be false where there is an end"}},
            "description": "must say is_active false where there is an end",
        }},
    ],
}  # fmt: skip


def property_rules(cls: Any) -> Schema:
    """The rules between the properties of one of stix2's classes, as JSON Schema keywords; empty if there are none."""
    rules = list(_BETWEEN.get(cls.__name__, ()))
    names = [name for name in cls._properties if name not in _ENVELOPE]
    if cls.__name__ == _PE_HEADER:
        rules.append(_at_least_one(*names))
    if cls.__name__ == "X509Certificate":
        rules.append(
            _at_least_one(*[name for name in names if name not in ("object_marking_refs", "granular_markings")])
        )
    if cls.__name__ == "Process":
        # STIX 2.1, 6.13: at least one property, or one of the two extensions that describe a process
        rules.append(
            {
                "anyOf": [{"required": [name]} for name in names] + [{"required": ["extensions"]}],
                "description": "must have at least one property of its own, or an extension",
            }
        )
    return {"allOf": rules} if rules else {}


_ENVELOPE: Final = frozenset({"type", "id", "spec_version", "defanged", "extensions"})
