"""Knowledge about an attack: actors, malware, techniques, vulnerabilities, software, mitigations.

Entry vectors, floods, mitigations and data sources contain only words of closed vocabularies (`hub/stix/methods.py`), so
they cannot contain the name of a victim. Software has a checked form, but its name may be any word: the release step
searches it like a text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Actor:
    """The attacker. ``kind`` is the STIX type: threat-actor, intrusion-set or campaign."""

    name: str
    kind: Literal["threat-actor", "intrusion-set", "campaign"] = "threat-actor"
    types: tuple[str, ...] = ()  # threat-actor-type-ov
    aliases: tuple[str, ...] = ()
    motivation: str | None = None  # attack-motivation-ov
    countries: tuple[str, ...] = ()  # where the report locates the actor (ISO 3166-1 alpha-2)
    description: str | None = None
    attack_id: str | None = None  # id of a group or campaign in ATT&CK: G0016


@dataclass(frozen=True, slots=True)
class Malware:
    """A malware family (or, with ``kind="tool"``, a legitimate tool that was misused)."""

    name: str
    types: tuple[str, ...] = ()  # malware-type-ov, or tool-type-ov
    kind: Literal["malware", "tool"] = "malware"
    version: str | None = None
    aliases: tuple[str, ...] = ()
    description: str | None = None
    attack_id: str | None = None  # id of software in ATT&CK: S0017
    is_named: bool = True  # False: `name` is only the kind ("ransomware"); no family is known


@dataclass(frozen=True, slots=True)
class Technique:
    """A technique of the attack: one of ATT&CK (``technique_id`` T1566 or T1566.001), or one that has only a name."""

    name: str
    technique_id: str | None = None
    capec_id: str | None = None  # "CAPEC-66"
    description: str | None = None
    kill_chain_phases: tuple[tuple[str, str], ...] = ()  # (kill_chain_name, phase_name)


@dataclass(frozen=True, slots=True)
class Vulnerability:
    """A vulnerability that was exploited; ``name`` is its CVE id, if it has one."""

    name: str
    description: str | None = None
    score: float | None = None
    score_name: str | None = None  # "CVSS v3.1" …


@dataclass(frozen=True, slots=True)
class Software:
    """A program or package that was attacked or misused, or the version that fixes a vulnerability.

    ``purl`` is a package URL and ``cpe`` a CPE 2.3 name, if known. The name of a Windows update is its number (KB5034441).
    """

    name: str
    version: str | None = None
    purl: str | None = None
    cpe: str | None = None


@dataclass(frozen=True, slots=True)
class VerisWord:
    """An entry vector in the words of VERIS: ``action`` hacking, ``kind`` variety, ``word`` "Use of stolen creds"."""

    action: str
    kind: Literal["vector", "variety"]
    word: str

    @property
    def label(self) -> str:
        """The tag of MISP's VERIS taxonomy: ``veris:action:hacking:variety="Use of stolen creds"``."""
        return f'veris:action:{self.action}:{self.kind}="{self.word}"'


@dataclass(frozen=True, slots=True)
class Flood:
    """A denial of service: its ``vectors``, words of FLOOD_VECTORS, and its highest rates."""

    vectors: tuple[str, ...] = ()
    bits_per_second: int | None = None
    packets_per_second: int | None = None
    requests_per_second: int | None = None
    seconds: int | None = None  # duration


@dataclass(frozen=True, slots=True)
class Mitigation:
    """A mitigation of ATT&CK (M1032, "Multi-factor Authentication"), or one that has only a name."""

    name: str
    mitigation_id: str | None = None


@dataclass(frozen=True, slots=True)
class DataSource:
    """A place where others can detect the attack: a data source of ATT&CK (DS0017, "Command")."""

    name: str
    source_id: str
