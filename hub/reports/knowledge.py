"""Who did it and how, and what helps against it: actors, malware, techniques, vulnerabilities, software, mitigations.

Ways in, floods, mitigations and data sources hold words of closed vocabularies only (`hub/stix/methods.py`), so that they
cannot hold a victim's name. Software has a checked form, but a name in it may be anybody's: it is searched like a text.
"""

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
    attack_id: str | None = None  # of ATT&CK's groups and campaigns: G0016
    is_named: bool = True  # False: `name` is only a class ("crime-syndicate"), not what anybody calls them


@dataclass(frozen=True, slots=True)
class Malware:
    """A malware family (or, with ``kind="tool"``, a legitimate tool that was misused)."""

    name: str
    types: tuple[str, ...] = ()  # malware-type-ov, or tool-type-ov
    kind: Literal["malware", "tool"] = "malware"
    version: str | None = None
    aliases: tuple[str, ...] = ()
    description: str | None = None
    attack_id: str | None = None  # of ATT&CK's software: S0017
    is_named: bool = True  # False: `name` is only the kind ("ransomware"); no family is known


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


@dataclass(frozen=True, slots=True)
class Software:
    """A program or package: one that was attacked or misused, or the version that mends a weakness.

    ``purl`` is a package URL and ``cpe`` a CPE 2.3 name, as far as they are known; an update of Windows has its number
    (KB5034441) as its name.
    """

    name: str
    version: str | None = None
    purl: str | None = None
    cpe: str | None = None


@dataclass(frozen=True, slots=True)
class VerisWord:
    """A way in, as VERIS names it: ``action`` hacking, ``kind`` variety, ``word`` "Use of stolen creds"."""

    action: str
    kind: Literal["vector", "variety"]
    word: str

    @property
    def label(self) -> str:
        """The machine tag of MISP's taxonomy of VERIS: ``veris:action:hacking:variety="Use of stolen creds"``."""
        return f'veris:action:{self.action}:{self.kind}="{self.word}"'


@dataclass(frozen=True, slots=True)
class Flood:
    """A denial of service: ``vectors`` of FLOOD_VECTORS, and its highest rates."""

    vectors: tuple[str, ...] = ()
    bits_per_second: int | None = None
    packets_per_second: int | None = None
    requests_per_second: int | None = None
    seconds: int | None = None  # how long it lasted


@dataclass(frozen=True, slots=True)
class Mitigation:
    """What helps: a mitigation of ATT&CK (M1032, "Multi-factor Authentication"), or one that has only a name."""

    name: str
    mitigation_id: str | None = None


@dataclass(frozen=True, slots=True)
class DataSource:
    """A place where others can detect the attack: a data source of ATT&CK (DS0017, "Command")."""

    name: str
    source_id: str
