"""The Traffic Light Protocol: levels that can be compared, and their marking definitions.

Markings of TLP v1 (STIX 2.1, 7.2.1.4) and TLP 2.0 (OASIS extension 60a3c5c5) have different ids and mean the same
levels, so this module compares levels and never ids. Objects with other markings (statements, PAP) have no level.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final


class TLP(IntEnum):
    """FIRST's five levels, in order: readers of a higher level may also read the lower ones."""

    CLEAR = 0
    GREEN = 1
    AMBER = 2
    AMBER_STRICT = 3
    RED = 4

    @property
    def word(self) -> str:
        """The level as in declarations and in the TLP 2.0 extension: `amber+strict`."""
        return self.name.lower().replace("_", "+")

    @property
    def label(self) -> str:
        """The level as people write it: `TLP:AMBER+STRICT`."""
        return f"TLP:{self.word.upper()}"


BY_WORD: Final[Mapping[str, TLP]] = {level.word: level for level in TLP} | {"white": TLP.CLEAR}

TLP2_EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
PAP_EXTENSION: Final = "extension-definition--f8d78575-edfd-406e-8e84-6162a8450f5b"

TLP2_IDS: Final[Mapping[TLP, str]] = {
    TLP.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    TLP.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    TLP.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    TLP.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    TLP.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
TLP1_IDS: Final[Mapping[TLP, str]] = {
    TLP.CLEAR: "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
    TLP.GREEN: "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
    TLP.AMBER: "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
    TLP.RED: "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
}
# PAP says what a recipient may do, not who may read, so it never decides access. CLEAR is the newer name of WHITE.
PAP_IDS: Final[Mapping[str, str]] = {
    "clear": "marking-definition--ad15a0cd-55b6-4588-a14c-a66105329b92",
    "white": "marking-definition--a3bea94c-b469-41dc-9cfe-d6e7daba7730",
    "green": "marking-definition--c43594d1-4b11-4c59-93ab-1c9b14d53ce9",
    "amber": "marking-definition--60f8932b-e51e-4458-b265-a2e8be9a80ab",
    "red": "marking-definition--740d36e5-7714-4c30-961a-3ae632ceee0e",
}
LEVELS: Final[Mapping[str, TLP]] = {ref: level for ids in (TLP1_IDS, TLP2_IDS) for level, ref in ids.items()}


def level(content: Mapping[str, Any]) -> TLP | None:
    """The level of a valid object: the most restrictive TLP among its object and granular markings, None if unmarked.

    A granular marking may raise the level, never lower it (STIX 2.1 defines no precedence; this is the hub's rule). The
    same is true of the markings of SCOs in the deprecated `objects` of an observed-data (4.14).
    """
    levels = [LEVELS[ref] for ref in content.get("object_marking_refs", ()) if ref in LEVELS]
    parts = content.get("granular_markings", ())
    levels += [LEVELS[ref] for part in parts if (ref := part.get("marking_ref")) in LEVELS]
    if content.get("type") == "observed-data":
        inner_levels = (level(contained) for contained in content.get("objects", {}).values())
        levels += [inner_level for inner_level in inner_levels if inner_level is not None]
    return max(levels, default=None)


def tlp2_definition(tlp_level: TLP) -> dict[str, Any]:
    """The marking definition that OASIS registered for this level of TLP 2.0, with exactly its content."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": TLP2_IDS[tlp_level],
        "created": "2022-10-01T00:00:00.000Z",
        "name": tlp_level.label,
        "extensions": {TLP2_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": tlp_level.word}},
    }


def tlp1_definition(tlp_level: TLP) -> dict[str, Any]:
    """The marking definition of STIX 2.1 section 7.2.1.4 for a level of TLP v1 (there is none for AMBER+STRICT)."""
    word = "white" if tlp_level is TLP.CLEAR else tlp_level.word
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": TLP1_IDS[tlp_level],
        "created": "2017-01-20T00:00:00.000Z",
        "definition_type": "tlp",
        "name": f"TLP:{word.upper()}",
        "definition": {"tlp": word},
    }
