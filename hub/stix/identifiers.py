"""STIX identifiers (STIX 2.1, 2.9): their form, the types the standard defines, and the ids it derives from values."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from typing import Any, Final

TYPE: Final = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_IDENTIFIER: Final = re.compile(rf"({TYPE})--{UUID}", re.ASCII)

SDO_TYPES: Final = frozenset(
    "attack-pattern campaign course-of-action grouping identity incident indicator infrastructure intrusion-set "
    "location malware malware-analysis note observed-data opinion report threat-actor tool vulnerability".split()
)
SRO_TYPES: Final = frozenset({"relationship", "sighting"})
META_TYPES: Final = frozenset({"marking-definition", "extension-definition", "language-content"})
# Their ids alone give their values away, so law L5 limits who may name them.
SCO_TYPES: Final = frozenset(
    "artifact autonomous-system directory domain-name email-addr email-message file ipv4-addr ipv6-addr mac-addr mutex "
    "network-traffic process software url user-account windows-registry-key x509-certificate".split()
)
# Observables of OpenCTI that the standard does not define: type -> its properties.
OPENCTI_OBSERVABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "bank-account": ("iban", "bic", "account_number"),
    "cryptocurrency-wallet": ("value",),
    "phone-number": ("value",),
    "user-agent": ("value",),
}
OPENCTI_EXTENSION: Final = "extension-definition--f93e2c80-4231-4f9a-af8b-95c9bd566a82"
"""The extension in which OpenCTI defines its observables."""
OBSERVABLE_TYPES: Final = SCO_TYPES | OPENCTI_OBSERVABLES.keys()
# The Incident Core extension's own SDOs.
INCIDENT_CORE_TYPES: Final = frozenset({"event", "impact", "task"})
# Any writer may publish definitions (law L4).
DEFINITION_TYPES: Final = frozenset({"marking-definition", "extension-definition"})
# All other types may be SCOs: those of STIX, and custom types, of which nobody can tell.
NEVER_OBSERVABLE: Final = SDO_TYPES | SRO_TYPES | META_TYPES | INCIDENT_CORE_TYPES | {"bundle"}

SCO_NAMESPACE: Final = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
# STIX 2.1 section 6: the properties whose values make the id, per type ("ID Contributing Properties").
_CONTRIBUTING: Final[Mapping[str, tuple[str, ...]]] = {
    "artifact": ("hashes", "payload_bin"),
    "autonomous-system": ("number",),
    "directory": ("path",),
    "domain-name": ("value",),
    "email-addr": ("value",),
    "email-message": ("from_ref", "subject", "body"),
    "file": ("hashes", "name", "parent_directory_ref", "extensions"),
    "ipv4-addr": ("value",),
    "ipv6-addr": ("value",),
    "mac-addr": ("value",),
    "mutex": ("name",),
    "network-traffic": ("start", "end", "src_ref", "dst_ref", "src_port", "dst_port", "protocols", "extensions"),
    "process": (),
    "software": ("name", "cpe", "swid", "vendor", "version"),
    "url": ("value",),
    "user-account": ("account_type", "user_id", "account_login"),
    "windows-registry-key": ("key", "values"),
    "x509-certificate": ("hashes", "serial_number"),
}
_HASH_ORDER: Final = ("MD5", "SHA-1", "SHA-256", "SHA-512")


def type_of(identifier: str) -> str | None:
    """The type before `--`, or None if the text is no STIX identifier with a lower-case RFC 4122 UUID."""
    match = _IDENTIFIER.fullmatch(identifier)
    return match[1] if match else None


def derived_id(content: Mapping[str, Any]) -> str | None:
    """The id that STIX derives from this SCO's value (STIX 2.1, 2.9), or None if it derives none."""
    object_type = content["type"]
    values: dict[str, Any] = {}
    for name in _CONTRIBUTING.get(object_type, ()):
        if name not in content:
            continue
        if name == "hashes":
            algorithm = next((a for a in _HASH_ORDER if a in content["hashes"]), None)
            if algorithm is None:
                return None  # the standard leaves the choice among other algorithms open: no id can be expected
            values["hashes"] = {algorithm: content["hashes"][algorithm]}
        else:
            values[name] = content[name]
    if not values:
        return None
    return f"{object_type}--{uuid.uuid5(SCO_NAMESPACE, _canonical(values))}"


def _canonical(values: Mapping[str, Any]) -> str:
    # RFC 8785 and the plain encoder agree on strings and integers with ASCII names; nested values may contain floats
    if all(isinstance(value, str | int) for value in values.values()):
        return json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    from stix2.canonicalization.Canonicalize import canonicalize  # noqa: PLC0415 - a third of a second, rarely needed

    text: str = canonicalize(values, utf8=False)
    return text
