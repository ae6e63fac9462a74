"""MISP events at every level, with levels on attributes, inside objects and on galaxies; and what each of their facts is.

A fact is a word that is nowhere else, with the level at which its author put it. Values come from documentation
ranges, and each event has its own, so that one that is seen where it may not be tells which event it is from.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from hub.stix.tlp import TLP

ORGANISATION: Final = "00000000-0000-4000-9000-0000000000aa"
OTHER_ORGANISATION: Final = "00000000-0000-4000-9000-0000000000ab"
_SECONDS: Final = "1772323200"  # 2026-03-01
_NAMESPACE: Final = uuid.UUID("00000000-0000-4000-9000-000000000000")


@dataclass
class MispEvent:
    """An event as MISP exports it, and its facts."""

    name: str
    tags: Sequence[str]
    level: TLP | None  # None: it says none
    content: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, TLP | None] = field(default_factory=dict)
    _count: int = 0

    def __post_init__(self) -> None:
        organisation = {"uuid": ORGANISATION, "name": "Producing organisation"}
        self.content = {
            "uuid": self._uuid(),
            "info": self._word("event"),
            "date": "2026-03-01",
            "threat_level_id": "1",
            "analysis": "2",
            "timestamp": _SECONDS,
            "publish_timestamp": _SECONDS,
            "published": True,
            "distribution": "3",
            "Orgc": organisation,
            "Org": organisation,
            "Tag": [{"name": tag} for tag in self.tags],
            "Attribute": [],
            "Object": [],
            "Galaxy": [],
            "EventReport": [],
        }

    @property
    def telling(self) -> bool:
        """Whether it is one of the events that lose their level most easily, for the slowest way to send them."""
        return self.tags in (["tlp:green"], ["tlp:amber+strict"], ["tlp:red"], ["TLP:RED"], [])

    @property
    def exported(self) -> dict[str, Any]:
        """As MISP's API gives it."""
        return {"Event": self.content}

    def attribute(
        self, kind: str, tag: str = "", level: TLP | None = None, *, to_ids: bool = True, **more: Any
    ) -> dict[str, Any]:
        """One with a value that is a fact, at the level of its tag, else at the event's."""
        return {
            "uuid": self._uuid(),
            "type": kind,
            "category": "Other" if kind == "text" else "Network activity",
            "value": self._value(kind, level if tag else self.level),
            "to_ids": to_ids,
            "timestamp": _SECONDS,
            "distribution": "5",
            "comment": self._word("comment", level if tag else self.level),
            "Tag": [{"name": tag}] if tag else [],
            **more,
        }

    def misp_object(self, name: str, *attributes: dict[str, Any], refers_to: Mapping[str, Any] | None = None) -> Any:
        """An object of these attributes."""
        identifier = self._uuid()
        reference = refers_to and {
            "uuid": self._uuid(),
            "object_uuid": identifier,
            "referenced_uuid": refers_to["uuid"],
            "relationship_type": "communicates-with",
            "timestamp": _SECONDS,
        }
        return {
            "uuid": identifier,
            "name": name,
            "meta-category": "network",
            "description": name,
            "template_uuid": self._uuid(),
            "template_version": "1",
            "timestamp": _SECONDS,
            "distribution": "5",
            "comment": "",
            "Attribute": list(attributes),
            "ObjectReference": [reference] if reference else [],
        }

    def galaxy(self, kind: str, level: TLP | None) -> dict[str, Any]:
        """A cluster of its own, such as a malware family that a CERT has named."""
        value = self._word(kind, level)
        cluster = {
            "uuid": self._uuid(),
            "type": kind,
            "value": value,
            "tag_name": f'misp-galaxy:{kind}="{value}"',
            "description": self._word("described", level),
            "meta": {"synonyms": [self._word("synonym", level)]},
        }
        return {
            "uuid": self._uuid(),
            "name": kind.title(),
            "type": kind,
            "description": kind,
            "GalaxyCluster": [cluster],
        }

    def report(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """A text of the event's, on one of its attributes."""
        text = f"{self._word('prose')} @[attribute]({about['uuid']})"
        return {"uuid": self._uuid(), "name": self._word("heading"), "content": text, "timestamp": _SECONDS}

    def sighting(self) -> dict[str, Any]:
        """By another organisation."""
        organisation = {"uuid": OTHER_ORGANISATION, "name": "Sighting organisation"}
        return {"uuid": self._uuid(), "date_sighting": _SECONDS, "type": "0", "Organisation": organisation}

    def _uuid(self) -> str:
        self._count += 1
        identifier = uuid.uuid5(_NAMESPACE, f"{self.name}/{self._count}")
        return str(uuid.UUID(bytes=identifier.bytes, version=4))

    def _word(self, about: str, level: Any = ...) -> str:
        return self._fact(f"{about}-{self._digest(about)[:16]}", level)

    def _value(self, kind: str, level: TLP | None) -> str:
        digest = self._digest(kind)
        values = {
            "ip-dst": f"2001:db8:{digest[:4]}:{digest[4:8]}:{digest[8:12]}::1".replace(":0", ":1"),
            "domain": f"d{digest[:16]}.example",
            "url": f"http://u{digest[:16]}.example/drop",
            "filename": f"f{digest[:16]}.exe",
            "md5": digest[:32],
            "text": f"text {digest[:16]}",
        }
        return self._fact(values[kind], level)

    def _digest(self, about: str) -> str:
        self._count += 1
        return hashlib.sha256(f"{self.name}/{about}/{self._count}".encode()).hexdigest()

    def _fact(self, word: str, level: Any = ...) -> str:
        assert word not in self.facts
        self.facts[word] = self.level if level is ... else level
        return word


def rich_event(name: str, tag: str, level: TLP | None, own: Mapping[str, TLP] | None = None) -> MispEvent:
    """An event with every kind of member: attributes, objects, galaxies, a sighting, a report; and of each kind one
    more with each of the tags in `own`.
    """
    event = MispEvent(name, [tag] if tag else [], level)
    content = event.content
    for extra, its_level in {"": level, **(own or {})}.items():
        content["Attribute"] += [
            event.attribute("ip-dst", extra, its_level),
            event.attribute("domain", extra, its_level, to_ids=False),
            event.attribute("url", extra, its_level),
            event.attribute("text", extra, its_level, to_ids=False),
        ]
        for of_object in (
            event.misp_object(
                "file",
                event.attribute("md5", extra, its_level, object_relation="md5"),
                event.attribute("filename", object_relation="filename"),
            ),
            event.misp_object(
                "domain-ip",
                event.attribute("domain", extra, its_level, object_relation="domain", to_ids=False),
                event.attribute("ip-dst", object_relation="ip", to_ids=False),
                refers_to=content["Attribute"][0],
            ),
            event.misp_object("of-our-own", event.attribute("text", extra, its_level, object_relation="text")),
        ):
            content["Object"].append(of_object)
            if extra:
                # an object is as one: the strictest of its attributes governs all of them
                for attribute in of_object["Attribute"]:
                    for word in (attribute["value"], attribute["comment"]):
                        event.facts[word] = its_level
    # on an attribute, a galaxy is the event's own knowledge, not the attribute's
    content["Attribute"][0]["Galaxy"] = [event.galaxy("threat-actor", level)]
    content["Attribute"][0]["Sighting"] = [event.sighting()]
    content["Galaxy"] = [event.galaxy("malpedia", level)]
    content["EventReport"] = [event.report(content["Attribute"][0])]
    return event


TAGS: Final[Mapping[str, TLP | None]] = {
    "tlp:clear": TLP.CLEAR,
    "tlp:white": TLP.CLEAR,
    "tlp:green": TLP.GREEN,
    "tlp:amber": TLP.AMBER,
    "tlp:amber+strict": TLP.AMBER_STRICT,
    "tlp:red": TLP.RED,
    "TLP:RED": TLP.RED,
    'tlp:"amber+strict"': TLP.AMBER_STRICT,
    "": None,
}
"""Event tags with the level that each says."""

INSIDE: Final[Mapping[str, TLP]] = {
    "tlp:red": TLP.RED,
    "tlp:amber+strict": TLP.AMBER_STRICT,
    "tlp:amber": TLP.AMBER,
}
"""Tags on attributes, above the level of their event."""


def events(prefix: str) -> Iterator[MispEvent]:
    """One at each level, and one at each that has attributes above it."""
    for tag, level in TAGS.items():
        yield rich_event(f"{prefix}: {tag or 'no tag'}", tag, level)
        above = {
            inner: inner_level
            for inner, inner_level in INSIDE.items()
            if inner_level > (TLP.AMBER if level is None else level)
        }
        if above:
            yield rich_event(f"{prefix}: {tag}, and more on attributes", tag, level, above)
