"""Random damage to objects: what a confused or hostile sender may make of one."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.stix.building import Content

UUID = "31b940d4-6f7f-459a-80ea-9c1f17b5891b"
VALUES: tuple[Any, ...] = (
    None, "", " ", [], {}, 0, 1, -1, 50, 101, 5.0, 0.5, 1e300, 2**53, True, False, "50", "true", "text", "A", "x" * 300,
    [None], [""], [[]], [{}], ["a", "a"], [1], {"a": None}, {"": 1}, {"a b": 1}, {"allow_custom": True}, {"x_a": []},
    {"extension_type": "toplevel-property-extension"}, {"extension_type": "property-extension"}, {"extension_type": 5},
    {"MD5": "x"}, {"md5": "ab" * 16}, {"sha-256": "ab" * 32}, {"SHA256": "zz"}, {"MD6": "ab" * 16}, {"TLSH": "ab" * 35},
    {"SHA-1": 5}, {"x-own": "y"}, {"-M-D-5-": "x"}, [{"source_name": "a"}], [{"source_name": "a", "url": "b", "self": 1}],
    [{"selectors": ["type"], "lang": "en"}], [{"selectors": ["revoked"], "lang": "en"}], {"tlp": "red"}, {"statement": "s"},
    [{"selectors": ["external_references.[0].url"], "lang": "en"}], [{"selectors": ["labels"], "lang": "en"}],
    [{"selectors": ["name", "description", "value"], "marking_ref": f"marking-definition--{UUID}"}],
    "2026-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2026-02-31T00:00:00.000Z", "0000-01-01T00:00:00Z", "tlp", "statement",
    "2026-03-02T03:10:60Z", "2026-03-02T03:10:00.1234567Z", "2026-03-02T03:10:00+00:00", "2026-03-02 03:10:00Z", "stix",
    "2026-03-02T24:00:00Z", "2026-03-02T03:10:00.Z", "2026-03-02t03:10:00z", "1900-02-29T00:00:00Z", "2000-02-29T00:00:00Z",
    "٢026-03-02T03:10:00Z", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "2.0", "2.1", "3.0", "white", "red",
    *(f"{kind}--{UUID}" for kind in (
        "identity", "file", "malware", "ipv4-addr", "relationship", "sighting", "marking-definition", "bundle", "x-foo",
        "extension-definition", "language-content", "software", "artifact", "directory", "indicator", "network-traffic",
        "event", "", "A", "x--y", "user-account", "process", "email-addr", "observed-data", "location", "x" * 260,
    )),
    f"malware--{UUID.upper()}", "malware--not-a-uuid", f"malware--{UUID}\n", f"malware--{{{UUID}}}", f"malware-{UUID}",
    "malware--31b940d4-6f7f-459a-c0ea-9c1f17b5891b", "malware--00000000-0000-0000-0000-000000000000", f"malware--{'a' * 32}",
    "[ipv4-addr:value = '198.51.100.3']", "[ipv4-addr:value = ]", "[a:b = 'c'", "a:b = 'c'", "[file:hashes.MD5 = 'x']", "[]",
    "[a:b = 'c'] [a:b = 'c']", "[a:true = 'x']", "[a:b = '\\n']", "AA==", "A", "====", "é", "\x00", "4d5", "4d5A", "4D5A\n",
)  # fmt: skip
NAMES = (
    "allow_custom", "custom_properties", "interoperability", "self", "granular_markings", "extensions", "x_own", "X_own", "a",
    "_valid_refs", "severity", "1abc", "name", "description", "labels", "created", "modified", "revoked", "defanged", "lang",
    "confidence", "external_references", "object_marking_refs", "created_by_ref", "spec_version", "objects", "object_refs",
    "hashes", "url", "value", "definition", "definition_type", "extension_type", "archive-ext", "ntfs-ext", "socket-ext",
    "windows-process-ext", "x-old-ext", "tcp-ext", f"extension-definition--{UUID}", "extension-definition--1", "options",
    "first_seen", "last_seen", "valid_until", "pattern_version", "start", "end", "is_active", "stop_time", "latitude", "cls",
    "precision", "pattern_type", "body", "is_multipart", "statement", "tlp", "args", "kwargs", "name\n", "_type", "source_ref",
    "sighting_of_ref", "relationship_type", "target_ref", "pattern", "id", "type", "x_" + "y" * 260, "serialize", "_inner",
)  # fmt: skip


def damaged(content: Content, random: Random) -> Content:
    """A copy with one to three things changed: dropped, replaced, renamed, added, swapped, or cut and mixed."""
    content = copy.deepcopy(content)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        _damage(content, random)
    return content


def _damage(content: Content, random: Random) -> None:
    holders = list(_holders(content))
    holder: Any = random.choice(holders) if random.random() < 0.6 else content
    keys: list[Any] = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
    action = random.randrange(6)
    if action == 0 or not keys:
        name, value = random.choice(NAMES), copy.deepcopy(random.choice(VALUES))
        if isinstance(holder, dict):
            holder[name] = value
        else:
            holder.append(value)
        return
    key = random.choice(keys)
    if action == 1:
        del holder[key]
    elif action == 2 and isinstance(holder, dict):
        holder[random.choice(NAMES)] = holder.pop(key)
    elif action == 3:
        other = random.choice(holders)
        values = list(other.values()) if isinstance(other, dict) else list(other)
        holder[key] = copy.deepcopy(random.choice(values)) if values else None
    elif action == 4 and isinstance(holder[key], str):
        holder[key] = _mangled(holder[key], random)
    else:
        holder[key] = copy.deepcopy(random.choice(VALUES))


def _mangled(text: str, random: Random) -> str:
    place = random.randrange(len(text) + 1)
    inserted = random.choice(
        ("", " ", "\n", "'", "\\", "-", "--", ".", "[", "Z", "0", "9", "é", "\x00", "AND", "(", "\t")
    )
    return random.choice(
        (text.upper(), text + inserted, text[:place] + inserted + text[place + 1 :], text[:place], inserted + text)
    )


def _holders(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        yield value
        for item in value.values() if isinstance(value, dict) else value:
            yield from _holders(item)
