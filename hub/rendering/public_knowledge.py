"""Public knowledge about techniques, malware and actors, by id or name: the tables in `lists`, which are read on first use.

`.ci/known-names.py` writes them from the MISP galaxies (CC0 1.0), MITRE ATT&CK among them. ATT&CK is a trademark of The MITRE
Corporation: © The MITRE Corporation. Its content is reproduced and distributed with the permission of The MITRE Corporation.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

_FOLDER: Final = "lists"
# Names of families often end in their kind or version; the list may have the name without it.
_ENDINGS: Final = ("ransomware", "stealer", "botnet", "rat")


@dataclass(frozen=True, slots=True)
class AttackTechnique:
    """A technique of ATT&CK: its name, and its tactics as phases of a kill chain."""

    name: str
    chain: str = ""
    tactics: tuple[str, ...] = ()

    @property
    def phases(self) -> tuple[tuple[str, str], ...]:
        """Return (kill_chain_name, phase_name) of each tactic."""
        return tuple((self.chain, tactic) for tactic in self.tactics)


def name_key(name: str) -> str:
    """Return the form in which names are compared: letters and digits, in lower case, without accents."""
    folded = unicodedata.normalize("NFKD", name).casefold()
    return "".join(character for character in folded if character.isalnum())


def technique(number: str) -> AttackTechnique | None:
    """Return the technique with this id; None if ATT&CK does not have it."""
    return _techniques().get(number)


def malware_types(name: str) -> tuple[str, ...]:
    """Return the words of malware-type-ov for a family; empty if no list has it."""
    key = name_key(name)
    table = _types()
    if types := table.get(key):
        return types
    shorter = (key.removesuffix(ending) for ending in _ENDINGS if key.endswith(ending))
    versionless = key.rstrip("0123456789")
    return next((types for text in (*shorter, versionless) if (types := table.get(text))), ())


def aliases(name: str) -> tuple[str, ...]:
    """Return the other names in ATT&CK of this actor, malware or tool."""
    return _aliases().get(name_key(name), ())


def lines(file: str) -> tuple[str, ...]:
    """Return the lines of a list, without its heading."""
    text = (files("hub.rendering") / _FOLDER / f"{file}.txt").read_text("utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


@cache
def _techniques() -> Mapping[str, AttackTechnique]:
    table = {}
    for line in lines("attack_techniques"):
        number, name, *phases = line.split("\t")
        chain, tactics = phases or ("", "")
        table[number] = AttackTechnique(name, chain, tuple(tactics.split(",")) if tactics else ())
    return table


@cache
def _types() -> Mapping[str, tuple[str, ...]]:
    pairs = (line.split("\t") for line in lines("malware_types"))
    return {key: tuple(words.split(",")) for key, words in pairs}


@cache
def _aliases() -> Mapping[str, tuple[str, ...]]:
    groups = (line.split("\t") for line in lines("attack_aliases"))
    return {name_key(name): tuple(alias for alias in group if alias != name) for group in groups for name in group}
