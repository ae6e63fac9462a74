"""JSON Schemas of single values (STIX 2.1, 2): times, ids, hashes, languages; and names that objects may not use.

A `description` in a schema is the sentence that the sender reads if that part fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from hub.stix.identifiers import TYPE, UUID

Schema = dict[str, Any]

MAX_INTEGER: Final = 2**53 - 1  # STIX 2.1, 2.6
MAX_TYPE: Final = 250  # characters of a type or property name (STIX 2.1, 2.9 and 3.1)
PROPERTY_NAME: Final = r"^[a-z][a-z0-9_]{2,249}$"
# Names of arguments of stix2's constructors: an object with such a property breaks every reader that uses stix2.
LIBRARY_NAMES: Final = ("allow_custom", "custom_properties", "interoperability", "self")
# STIX 2.1, 3.1: reserved for later versions.
RESERVED_PROPERTIES: Final = ("action", "phone_numbers", "severity", "username")
RESERVED_TYPES: Final = frozenset({"action", "bundle"})
EXTENSION_TYPES: Final = ("new-sdo", "new-sco", "new-sro", "property-extension", "toplevel-property-extension")

_DAY: Final = (
    r"(?:(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)-"  # there is no year 0000
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    r"|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)-02-29)"
)
# stix2 reads at most six digits and no leap second.
TIMESTAMP: Final[Schema] = {
    "type": "string",
    "pattern": rf"^{_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{{1,6}})?Z$",
    "description": "must be an existing time in UTC, written like 2026-04-02T03:10:00.000Z (at most six digits after the point)",
}
LANGUAGE: Final[Schema] = {
    "type": "string",
    "pattern": r"^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$",
    "description": "must be a language tag of RFC 5646, such as en or pt-BR",
}
BOOLEAN: Final[Schema] = {"type": "boolean"}
CONFIDENCE: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": 100}
LABELS: Final[Schema] = {"type": "array", "minItems": 1, "items": {"type": "string"}}
NOT_EMPTY: Final[Schema] = {
    "not": {"enum": [None, []]},
    "description": "is null or an empty list, which STIX forbids: leave the property out",
}

# The algorithms of stix2, by the names that it compares: without hyphens, in upper case.
_HEX_DIGITS: Final = {
    "MD5": 32,
    "RIPEMD160": 40,
    "SHA1": 40,
    "SHA224": 56,
    "SHA256": 64,
    "SHA384": 96,
    "SHA512": 128,
    "SHA3224": 56,
    "SHA3256": 64,
    "SHA3384": 96,
    "SHA3512": 128,
    "WHIRLPOOL": 128,
    "TLSH": 70,
}
_HASH_VALUES: Final[Mapping[str, str]] = {
    name: f"^[a-fA-F0-9]{{{digits}}}$" for name, digits in _HEX_DIGITS.items()
} | {
    "MD6": "^(?:[a-fA-F0-9]{32}|[a-fA-F0-9]{40}|[a-fA-F0-9]{56}|[a-fA-F0-9]{64}|[a-fA-F0-9]{96}|[a-fA-F0-9]{128})$",
    "SSDEEP": "^[a-zA-Z0-9/+:.]{1,128}$",
}
# hash-algorithm-ov (STIX 2.1, 10.7): external references may name only these.
REFERENCE_HASHES: Final = ("MD5", "SHA1", "SHA256", "SHA512", "SHA3256", "SHA3512", "SSDEEP", "TLSH")


DICTIONARY: Final[Schema] = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {
        "pattern": "^[a-zA-Z0-9_-]{1,250}$",
        "description": "contains a key that is not of the characters a-z, A-Z, 0-9, - and _ (1 to 250)",
    },
}
SPEC_VERSION: Final[Schema] = {"const": "2.1", "description": 'must be "2.1": the hub takes STIX 2.1 only'}


def reference_to(types: str, description: str, forbidden_types: Iterable[str] = ()) -> Schema:
    """The schema of an id with one of these types (a regular expression), except the forbidden types."""
    schema: Schema = {
        "type": "string",
        "maxLength": MAX_TYPE + 38,
        "pattern": f"^(?:{types})--{UUID}$",
        "description": description,
    }
    if forbidden_types := [*forbidden_types, "bundle"] if types == TYPE else []:
        schema["not"] = {"pattern": f"^(?:{'|'.join(forbidden_types)})--"}
    return schema


def hash_key(name: str) -> str:
    """A regular expression of the names that stix2 accepts for this algorithm, in any case and with hyphens anywhere
    (`sha256`, `SHA-256`).
    """
    return "^-*" + "".join(f"[{c}{c.lower()}]-*" if c.isalpha() else f"{c}-*" for c in name) + "$"


def hashes() -> Schema:
    """The schema of a dictionary of hashes (STIX 2.1, 2.7): known algorithms have a fixed form, others any text."""
    return DICTIONARY | {
        "patternProperties": {hash_key(name): _hash_value(name) for name in _HASH_VALUES},
        "additionalProperties": {"type": "string"},
    }


def _hash_value(name: str) -> Schema:
    return {"type": "string", "pattern": _HASH_VALUES[name], "description": f"is not a {name} hash"}
