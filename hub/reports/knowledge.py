"""Who did it and how: actors, malware, techniques and vulnerabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it. ``kind`` is the STIX type: threat-actor, intrusion-set or campaign."""

    name: str
    kind: Literal["threat-actor", "intrusion-set", "campaign"] = "threat-actor"
    types: tuple[str, ...] = ()  # threat-actor-type-ov
    aliases: tuple[str, ...] = ()
    motivation: str | None = None  # attack-motivation-ov
    countries: tuple[str, ...] = ()  # where the actor is said to be; ISO2
    description: str | None = None
    named: bool = True  # False: `name` is only a class ("crime-syndicate"), not what anybody calls them


@dataclass(frozen=True, slots=True)
class Malware:
    """A malware family (or, with ``kind="tool"``, a legitimate tool that was misused)."""

    name: str
    types: tuple[str, ...] = ()  # malware-type-ov, or tool-type-ov
    kind: Literal["malware", "tool"] = "malware"
    version: str | None = None
    aliases: tuple[str, ...] = ()
    description: str | None = None
    named: bool = True  # False: `name` is only the kind ("ransomware"); no family is known


@dataclass(frozen=True, slots=True)
class Technique:
    """How it was done: an ATT&CK technique (``technique_id`` T1566 or T1566.001), or a way known only by name."""

    name: str
    technique_id: str | None = None
    capec_id: str | None = None  # "CAPEC-66"
    description: str | None = None
    kill_chain_phases: tuple[tuple[str, str], ...] = ()  # (kill_chain_name, phase_name)


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """A weakness used; ``name`` is the CVE id where there is one."""

    name: str
    description: str | None = None
    score: float | None = None
    score_name: str | None = None  # "CVSS v3.1" …
