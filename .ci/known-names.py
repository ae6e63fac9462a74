"""Write hub/release/lists: the names of actors, malware, tools, techniques and weaknesses that the world knows.

    python -m venv names && names/bin/pip install pymispgalaxies==1.1.1
    names/bin/python .ci/known-names.py

The names are read from the MISP galaxies that pymispgalaxies brings along (CC0 1.0), MITRE ATT&CK among them. Only names
and ATT&CK's numbers are kept: they are facts, and a forty-fourth of the library's size, which the release could not load
in time (hub/docs/adr/0041-names-from-public-lists.md).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from hub.release.known_names import normal

FOLDER = Path(__file__).parent.parent / "hub" / "release" / "lists"
THREATS = (
    "360net android backdoor banker botnet cryptominers exploit-kit malpedia microsoft-activity-group "
    "mitre-enterprise-attack-intrusion-set mitre-enterprise-attack-malware mitre-enterprise-attack-tool "
    "mitre-ics-groups mitre-ics-software mitre-intrusion-set mitre-malware mitre-mobile-attack-intrusion-set "
    "mitre-mobile-attack-malware mitre-mobile-attack-tool mitre-pre-attack-intrusion-set mitre-tool ransomware rat "
    "stealer tds threat-actor tidal-campaigns tidal-groups tidal-software tool"
).split()
TECHNIQUES = (
    "attck4fraud mitre-atlas-attack-pattern mitre-attack-pattern mitre-enterprise-attack-attack-pattern "
    "mitre-ics-techniques mitre-mobile-attack-attack-pattern mitre-pre-attack-attack-pattern tidal-technique"
).split()
WEAKNESSES = ("branded_vulnerability",)
NUMBER = re.compile(r" - ((?:[A-Z]+-)*[A-Z]*\d{2,4}(?:\.\d{3})?)$")  # "Data Obfuscation - T1001", "海莲花 - APT-C-00"
TECHNIQUE_ID = re.compile(r"T\d{4}(?:\.\d{3})?")
SHORTEST = 3  # letters and digits; what is shorter says nothing by itself


def clusters(names: tuple[str, ...] | list[str]) -> Iterator[dict[str, Any]]:
    """The values of the galaxies of these names."""
    folder = files("pymispgalaxies") / "data" / "misp-galaxy" / "clusters"
    for name in names:
        yield from json.loads((folder / f"{name}.json").read_text("utf-8"))["values"]


def normal_names(galaxies: tuple[str, ...] | list[str]) -> list[str]:
    """Every name and synonym, in the normal form in which names are compared."""
    spellings = {
        normal(spelling)
        for value in clusters(galaxies)
        for name in (value["value"], *value.get("meta", {}).get("synonyms", ()))
        for spelling in (name, *NUMBER.split(name)[:2], *(name.split(", ") if galaxies is THREATS else ()))
    }
    return sorted(name for name in spellings if len(name) >= SHORTEST)


def numbered_techniques() -> list[str]:
    """ATT&CK's number and name of each technique that has one; a sub-technique's own name follows a colon."""
    names: dict[str, str] = {}
    for value in clusters(TECHNIQUES):
        number = str(value.get("meta", {}).get("external_id", ""))
        if TECHNIQUE_ID.fullmatch(number):
            names.setdefault(number, NUMBER.sub("", value["value"]))
    return [f"{number}\t{name}" for number, name in sorted(names.items())]


def write(file: str, lines: list[str]) -> None:
    """Write one list under a head that says where it is from."""
    head = f"# From the MISP galaxies (CC0 1.0) of pymispgalaxies {version('pymispgalaxies')}, by .ci/known-names.py."
    (FOLDER / file).write_text("\n".join([head, *lines]) + "\n", "utf-8")
    print(f"{file}: {len(lines)} names")


write("threats.txt", normal_names(THREATS))
write("techniques.txt", normal_names(TECHNIQUES))
write("numbers.txt", numbered_techniques())
write("weaknesses.txt", normal_names(WEAKNESSES))
