"""Write hub/release/lists: the names of actors, malware, tools, techniques and weaknesses that the world knows; and
hub/rendering/lists: what it knows of them.

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
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from hub.rendering.public_knowledge import name_key

HUB = Path(__file__).parent.parent / "hub"
FOLDER = HUB / "release" / "lists"
ABOUT = HUB / "rendering" / "lists"
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
TYPES = {  # galaxy: the word of malware-type-ov for what it lists
    "backdoor": "backdoor", "banker": "trojan", "botnet": "bot", "cryptominers": "resource-exploitation",
    "exploit-kit": "exploit-kit", "ransomware": "ransomware", "rat": "remote-access-trojan", "stealer": "spyware",
}  # fmt: skip
ATTACK = ("mitre-intrusion-set", "mitre-malware", "mitre-tool")
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
        name_key(spelling)
        for value in clusters(galaxies)
        for name in (value["value"], *value.get("meta", {}).get("synonyms", ()))
        for spelling in (name, *NUMBER.split(name)[:2], *(name.split(", ") if galaxies is THREATS else ()))
    }
    return sorted(name for name in spellings if len(name) >= SHORTEST)


def numbered_techniques() -> list[str]:
    """ATT&CK's number and name of each technique that has one, and its tactics, of the domain's kill chain.

    Not of ATT&CK for ICS: such a technique tells the victim's sector.
    """
    rows: dict[str, tuple[str, str, list[str]]] = {}
    for value in clusters(TECHNIQUES):
        meta, name = value.get("meta", {}), NUMBER.sub("", value["value"])
        number = str(meta.get("external_id", ""))
        steps = [step.split(":") for step in meta.get("kill_chain", ())]
        if TECHNIQUE_ID.fullmatch(number):
            matrix = steps[0][0] if steps else ""
            chain = next(
                (f"mitre-{word}" for word in ("mobile-attack", "pre-attack") if word in matrix), "mitre-attack"
            )
            rows.setdefault(number, (name, chain, sorted({step[-1] for step in steps})))
    return [
        "\t".join((number, name, *((chain, ",".join(tactics)) if tactics else ())))
        for number, (name, chain, tactics) in sorted(rows.items())
    ]


def kinds_of_malware() -> list[str]:
    """A name and its spellings, and the types of malware that the galaxies which list it stand for."""
    types: dict[str, set[str]] = {}
    names: dict[str, str] = {}
    for galaxy, word in TYPES.items():
        for value in clusters((galaxy,)):
            name = NUMBER.sub("", value["value"])
            for spelling in (name, *value.get("meta", {}).get("synonyms", ())):
                key = name_key(spelling)
                if len(key) >= SHORTEST:
                    names.setdefault(key, spelling)
                    types.setdefault(key, set()).add(word)
    return [f"{key}\t{','.join(sorted(types[key]))}" for key in sorted(names)]


def aliases() -> list[str]:
    """The names that ATT&CK has for one actor, malware or tool: curated, where other lists mix families up."""
    groups: list[tuple[str, ...]] = []
    taken: Counter[str] = Counter()
    for value in clusters(ATTACK):
        name = NUMBER.sub("", value["value"])
        others = (text for text in value.get("meta", {}).get("synonyms", ()) if name_key(text) != name_key(name))
        group = tuple(dict.fromkeys([name, *others]))
        taken.update({name_key(text) for text in group})
        groups.append(group)
    # A name that two of them have says nothing about which one is meant.
    own = [tuple(text for text in group if taken[name_key(text)] == 1) for group in groups]
    return sorted("\t".join(group) for group in own if len(group) > 1)


def write(file: str, lines: list[str], folder: Path = FOLDER) -> None:
    """Write one list under a head that says where it is from."""
    head = f"# From the MISP galaxies (CC0 1.0) of pymispgalaxies {version('pymispgalaxies')}, by .ci/known-names.py."
    (folder / file).write_text("\n".join([head, *lines]) + "\n", "utf-8")
    print(f"{file}: {len(lines)} names")


write("threats.txt", normal_names(THREATS))
write("techniques.txt", normal_names(TECHNIQUES))
write("weaknesses.txt", normal_names(WEAKNESSES))
write("attack_techniques.txt", numbered_techniques(), ABOUT)
write("malware_types.txt", kinds_of_malware(), ABOUT)
write("attack_aliases.txt", aliases(), ABOUT)
