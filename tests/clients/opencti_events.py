"""What OpenCTI sends at every level: as pycti exports it, and as the platform's stream carries it to a connector.

As for MISP, a fact is a word that is nowhere else, with the level at which its author put it.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hub.stix.tlp import TLP
from tests.server.making import sco_id

TIME: Final = "2026-03-01T00:00:00.000Z"
EXTENSION: Final = "extension-definition--ea279b3e-5c71-4632-ac08-831c66a786ba"
ANALYSTS: Final = "identity--00000000-0000-5000-8000-0000000000cc"
OWN_STRICT: Final = "marking-definition--00000000-0000-5000-8000-0000000000dd"
# an OpenCTI's definitions of TLP: all but one with the ids of TLP 1.0; the last is one that its administrator made
MARKINGS: Final[Mapping[str, tuple[str, str, TLP]]] = {
    "clear": ("marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", "TLP:CLEAR", TLP.CLEAR),
    "green": ("marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", "TLP:GREEN", TLP.GREEN),
    "amber": ("marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", "TLP:AMBER", TLP.AMBER),
    "strict": ("marking-definition--826578e1-40ad-459f-bc73-ede076f81f37", "TLP:AMBER+STRICT", TLP.AMBER_STRICT),
    "red": ("marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", "TLP:RED", TLP.RED),
    "own strict": (OWN_STRICT, "TLP:AMBER+STRICT", TLP.AMBER_STRICT),
}


@dataclass
class OpenCtiCase:
    """A report in OpenCTI with what it contains; `marked` says which of them carry the marking."""

    name: str
    marking: str = ""  # a key of MARKINGS
    contents_marked: bool = True
    inner: str = ""  # the marking of one malware alone
    facts: dict[str, TLP | None] = field(default_factory=dict)

    @property
    def level(self) -> TLP | None:
        return MARKINGS[self.marking][2] if self.marking else None

    def come_unmarked_first(self) -> None:
        """Sent before the report that states their level, the contents have the default, and a RED report raises them."""
        for word in self.facts:
            if not word.startswith(("report-", "text-")) and self.level is not TLP.RED:
                self.facts[word] = None

    def entities(self) -> list[dict[str, Any]]:
        """As the API gives them to pycti."""
        address = self._fact(
            f"2001:db8:{self._digest('address')[:4]}:{self._digest('address')[4:8]}::9".replace(":0", ":1")
        )
        domain = self._fact(f"o{self._digest('domain')[:16]}.example")
        inner = self.inner or (self.marking if self.contents_marked else "")
        contents = [
            self._entity("IPv6-Addr", sco_id("ipv6-addr", address), value=address, x_opencti_score=60),
            self._entity(
                "Domain-Name", sco_id("domain-name", domain), value=domain, x_opencti_description=self._word("about")
            ),
            self._entity(
                "Indicator",
                self._id("indicator"),
                name=self._word("indicator"),
                pattern=f"[ipv6-addr:value = '{address}']",
                pattern_type="stix",
                valid_from=TIME,
                x_opencti_score=60,
                x_opencti_detection=True,
                x_opencti_main_observable_type="IPv6-Addr",
            ),
            self._entity("Malware", self._id("malware"), inner, name=self._word("malware", inner), is_family=True),
            self._entity(
                "Intrusion-Set", self._id("intrusion-set"), name=self._word("set"), aliases=[self._word("alias")]
            ),
        ]
        report = self._entity(
            "Report",
            self._id("report"),
            self.marking,
            name=self._word("report"),
            description=self._word("text"),
            published=TIME,
            report_types=["threat-report"],
            objects=[{**content, "parent_types": []} for content in contents],
            objectsIds=[content["id"] for content in contents],
        )
        return [*contents, report]

    def relations(self) -> list[dict[str, Any]]:
        """Relationships, which carry the marking of what they join, or none."""
        return [
            {
                "type": "relationship",
                "spec_version": "2.1",
                "id": self._id(f"relationship-{kind}", "relationship"),
                "created": TIME,
                "modified": TIME,
                "created_by_ref": ANALYSTS,
                "relationship_type": kind,
                "source_ref": self._id(source),
                "target_ref": self._id(target),
                "description": self._word(f"relation-{kind}", self.marking if self.contents_marked else None),
                "x_opencti_type": kind,
                **(
                    {"object_marking_refs": [MARKINGS[self.marking][0]]}
                    if self.contents_marked and self.marking
                    else {}
                ),
            }
            for kind, source, target in (("indicates", "indicator", "malware"), ("uses", "intrusion-set", "malware"))
        ]

    def _entity(self, entity_type: str, standard_id: str, marking: str | None = None, **more: Any) -> dict[str, Any]:
        if marking is None:
            marking = self.marking if self.contents_marked else ""
        observable = entity_type in ("IPv6-Addr", "Domain-Name")
        return {
            "id": self._id(f"internal-{standard_id}", "x").partition("--")[2],
            "standard_id": standard_id,
            "entity_type": entity_type,
            "parent_types": [],
            "spec_version": "2.1",
            "created_at": TIME,
            "updated_at": TIME,
            **({} if observable else {"created": TIME, "modified": TIME, "revoked": False, "confidence": 75}),
            "createdBy": {
                "id": "1",
                "standard_id": ANALYSTS,
                "entity_type": "Organization",
                "parent_types": [],
                "identity_class": "organization",
                "name": "Analysts of a provider",
                "spec_version": "2.1",
                "created": TIME,
                "modified": TIME,
            },
            "createdById": "1",
            "objectMarking": [_marking(marking)] if marking else [],
            "objectMarkingIds": [marking] if marking else [],
            "objectLabel": [{"value": "phishing"}],
            "objectLabelIds": ["1"],
            **more,
        }

    def _id(self, about: str, object_type: str = "") -> str:
        identifier = uuid.uuid5(uuid.NAMESPACE_URL, f"{self.name}/{about}")
        return f"{object_type or about}--{identifier}"

    def _digest(self, about: str) -> str:
        return hashlib.sha256(f"{self.name}/{about}".encode()).hexdigest()

    def _word(self, about: str, marking: str | None = "as its contents") -> str:
        word = f"{about}-{self._digest(about)[:16]}"
        if about in ("report", "text"):
            return self._fact(word)
        if marking == "as its contents":
            return self._fact(word)
        self.facts[word] = MARKINGS[marking][2] if marking else (self.level if about == "malware" else None)
        return word

    def _fact(self, word: str) -> str:
        self.facts[word] = self.level
        return word


def _marking(key: str) -> dict[str, Any]:
    identifier, label, _ = MARKINGS[key]
    return {
        "id": key,
        "standard_id": identifier,
        "definition_type": "TLP",
        "definition": label,
        "created": TIME,
        "x_opencti_order": 1,
        "x_opencti_color": "#ffffff",
    }


def cases(prefix: str) -> Iterator[OpenCtiCase]:
    """At each level: everything marked, only the report marked, and one malware above the rest; and nothing marked."""
    for marking, (_, _, level) in MARKINGS.items():
        yield OpenCtiCase(f"{prefix}: {marking}", marking)
        yield OpenCtiCase(f"{prefix}: {marking} on the report", marking, contents_marked=False)
        for inner in ("amber", "red"):
            if MARKINGS[inner][2] > level:
                yield OpenCtiCase(f"{prefix}: {marking}, malware {inner}", marking, inner=inner)
    yield OpenCtiCase(f"{prefix}: nothing marked")


def streamed(obj: Mapping[str, Any]) -> dict[str, Any]:
    """The same object as the platform's stream has it: OpenCTI's properties in an extension instead of beside the others."""
    plain = {name: value for name, value in obj.items() if not name.startswith("x_opencti_")}
    own = {name.removeprefix("x_opencti_"): value for name, value in obj.items() if name.startswith("x_opencti_")}
    extension = {
        "extension_type": "property-extension",
        "is_inferred": False,
        "created_at": TIME,
        "updated_at": TIME,
        **own,
    }
    if plain["type"] == "marking-definition":
        plain |= {"definition_type": "statement", "definition": {"statement": "custom"}}
        extension |= {"order": 1, "color": "#ffffff"}
    return {**json.loads(json.dumps(plain)), "extensions": {EXTENSION: extension}}


def stripped(obj: Mapping[str, Any]) -> dict[str, Any]:
    """As a connector sends it that deletes markings and author, which is its default."""
    return {name: value for name, value in obj.items() if name not in ("object_marking_refs", "created_by_ref")}
