"""MISP tags and galaxies: markings, classification, verdicts, and who and what is named in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hub.reports import rsit
from hub.reports.formats.misp.values import Found
from hub.reports.knowledge import Actor, Malware, Technique
from hub.reports.markings import TLP_WORDS, PapWord, TlpWord
from hub.reports.reading import values
from hub.reports.reading.draft import Draft, distinct
from hub.reports.report import Determination, Severity
from hub.stix.vocabularies import INDUSTRY_SECTORS

_TAG: Final = re.compile(r'(?P<space>[^:="]+):(?P<predicate>[^="]+)(?:="(?P<value>[^"]*)")?')

CLASSIFYING: Final = frozenset(
    {"rsit", "circl", "ecsirt", "europol-incident", "europol-event", "veris", "csirt_case_classification"}
)
"""Namespaces of tags that classify the incident, and stay as labels."""

_DETERMINATIONS: Final = {
    "incident": Determination.CONFIRMED,
    "confirmed": Determination.CONFIRMED,
    "not-an-incident": Determination.FALSE_POSITIVE,
    "false-positive": Determination.FALSE_POSITIVE,
    "blocked": Determination.BLOCKED,
}
_NIS2_SEVERITY: Final = {"red": 95, "yellow": 70, "green": 40, "white": 15}

# galaxy type: what its clusters are, and their malware types.
_MALWARE_GALAXIES: Final[dict[str, tuple[str, ...]]] = {
    "malpedia": (), "mitre-malware": (), "mitre-enterprise-attack-malware": (), "mitre-mobile-attack-malware": (),
    "ransomware": ("ransomware",), "rat": ("remote-access-trojan",), "botnet": ("bot",), "backdoor": ("backdoor",),
    "banker": ("trojan",), "stealer": ("spyware",), "android": (), "exploit-kit": ("exploit-kit",),
    "cryptominers": ("resource-exploitation",),
}  # fmt: skip
_TOOL_GALAXIES: Final = frozenset({"tool", "mitre-tool", "mitre-enterprise-attack-tool"})
_TECHNIQUE_GALAXIES: Final = frozenset(
    {
        "mitre-attack-pattern",
        "mitre-enterprise-attack-attack-pattern",
        "mitre-mobile-attack-attack-pattern",
        "mitre-ics-techniques",
    }
)
_ACTOR_GALAXIES: Final = frozenset({"threat-actor", "microsoft-activity-group"})
_SET_GALAXIES: Final = frozenset({"mitre-intrusion-set", "mitre-enterprise-attack-intrusion-set"})
_ATTACK_ID: Final = re.compile(r"^(?P<name>.*?)\s+-\s+(?P<id>[A-Z]{1,2}\d{4}(?:\.\d{3})?)$")


@dataclass
class Tagged:
    """What an event's tags say about the event itself."""

    tlp: TlpWord | None = None
    pap: PapWord | None = None
    rsit: list[rsit.RsitType] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    determination: Determination | None = None
    severity: Severity | None = None
    sectors: list[str] = field(default_factory=list)
    countries: list[str] = field(default_factory=list)
    courses: list[str] = field(default_factory=list)


def strictest(levels: Iterable[TlpWord | None]) -> TlpWord | None:
    """The most restrictive of the levels; None where there is none."""
    return max((level for level in levels if level), key=TLP_WORDS.index, default=None)


def tag_names(item: Mapping[str, Any]) -> list[str]:
    """The names of the tags of an event or attribute."""
    tags = item.get("Tag")
    return (
        [str(tag["name"]).strip() for tag in tags if isinstance(tag, Mapping) and tag.get("name")]
        if isinstance(tags, list)
        else []
    )


def tlp_of(names: Iterable[str], draft: Draft, where: str) -> TlpWord | None:
    """The strictest TLP tag among them. One that is not of FIRST's standard counts as amber+strict."""
    levels: list[TlpWord | None] = []
    for name in names:
        if name.casefold().startswith("tlp:"):
            try:
                levels.append(values.tlp(name))
            except ValueError:
                levels.append("amber+strict")
                draft.unused("Tag", name, "is no level of TLP 2.0; amber+strict is used", where=where)
    return strictest(levels)


def read_tags(names: Iterable[str], found: Found, where: str) -> Tagged:
    """Read the tags of an event; what they name goes to ``found``, what cannot be used is named as unused."""
    tagged = Tagged()
    names = list(names)
    tagged.tlp = tlp_of(names, found.draft, where)
    for name in names:
        if not _read_tag(name, tagged, found):
            found.draft.unused("Tag", name, "has no meaning in an incident report", where=where)
    return tagged


def _read_tag(name: str, tagged: Tagged, found: Found) -> bool:
    """Whether the tag was used."""
    match = _TAG.fullmatch(name)
    if match is None:
        return False
    space, predicate, value = match["space"].casefold(), match["predicate"].casefold(), match["value"] or ""
    if space == "tlp":
        return True
    if space == "pap":
        tagged.pap = found.draft.attempt(values.pap, "Tag", name)
        return True
    if space == "misp-galaxy":
        return read_cluster(predicate, value, {}, found, tagged)
    if space in CLASSIFYING:
        line = rsit.find(value) or rsit.find(predicate)
        if line is not None:
            tagged.rsit.append(line)
        tagged.labels.append(name)
        return True
    if space == "nis2" and predicate == "impact-severity" and value.casefold() in _NIS2_SEVERITY:
        tagged.severity = Severity(_NIS2_SEVERITY[value.casefold()], "NIS2 impact severity", value)
        return True
    if space in {"incident-disposition", "false-positive", "workflow"}:
        verdict = (
            Determination.FAILED_ATTEMPT
            if value.casefold().endswith("failed")
            else _DETERMINATIONS.get(value.casefold()) or _DETERMINATIONS.get(predicate)
        )
        tagged.determination = verdict or tagged.determination
        return verdict is not None
    return False


def read_galaxies(item: Mapping[str, Any], found: Found, tagged: Tagged, where: str) -> None:
    """Read the clusters of an event's or attribute's galaxies; they know synonyms, which tags do not."""
    galaxies = item.get("Galaxy")
    for galaxy in galaxies if isinstance(galaxies, list) else []:
        clusters = galaxy.get("GalaxyCluster") if isinstance(galaxy, Mapping) else None
        for cluster in clusters if isinstance(clusters, list) else []:
            if not isinstance(cluster, Mapping):
                continue
            kind, value = str(cluster.get("type") or galaxy.get("type") or ""), str(cluster.get("value") or "")
            if not read_cluster(kind.casefold(), value, cluster, found, tagged):
                found.draft.unused(f"Galaxy {kind}", value, "has no place in an incident report", where=where)


def read_cluster(  # noqa: C901  a decision list, one line for each kind of galaxy
    kind: str, value: str, cluster: Mapping[str, Any], found: Found, tagged: Tagged
) -> bool:
    """Read one cluster, or the tag that names one; whether it was used."""
    value = value.strip()
    match = _ATTACK_ID.match(value)
    name, attack_id = (match["name"], match["id"]) if match else (value, None)
    meta = cluster.get("meta") if isinstance(cluster.get("meta"), Mapping) else {}
    synonyms = meta.get("synonyms") if isinstance(meta, Mapping) else None
    aliases = distinct(str(text) for text in synonyms if str(text) != name) if isinstance(synonyms, list) else ()
    if not name:
        return False
    if kind in _TECHNIQUE_GALAXIES:
        technique_id = attack_id if attack_id and attack_id.startswith("T") else None
        found.techniques.setdefault(technique_id or name, Technique(name, technique_id))
    elif kind in _MALWARE_GALAXIES:
        _keep(found.malware, name, Malware(name, _MALWARE_GALAXIES[kind], aliases=aliases), richer=bool(aliases))
    elif kind in _TOOL_GALAXIES:
        _keep(found.malware, name, Malware(name, kind="tool", aliases=aliases), richer=bool(aliases))
    elif kind in _ACTOR_GALAXIES:
        _keep(found.actors, name, Actor(name, aliases=aliases), richer=bool(aliases))
    elif kind in _SET_GALAXIES:
        _keep(found.actors, name, Actor(name, "intrusion-set", aliases=aliases), richer=bool(aliases))
    elif kind == "mitre-course-of-action":
        tagged.courses.append(name)
    elif kind == "sector":
        sector = "-".join(name.casefold().split())
        if sector not in INDUSTRY_SECTORS:
            return False
        tagged.sectors.append(sector)
    elif kind == "country":
        code = meta.get("ISO") if isinstance(meta, Mapping) else None
        if code is None or found.draft.attempt(values.country, "Galaxy country", code) is None:
            return False
        tagged.countries.append(values.country(str(code)))
    else:
        return False
    return True


def _keep(known: dict[str, Any], name: str, item: Any, *, richer: bool) -> None:
    if name not in known or richer:
        known[name] = item
