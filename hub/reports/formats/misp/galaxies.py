"""Read MISP galaxies: the actors, malware, techniques, sectors and countries that clusters name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from hub.reports import rsit
from hub.reports.formats.misp.content import Content
from hub.reports.knowledge import Actor, DataSource, Malware, Mitigation, Technique, Vulnerability
from hub.reports.reading import methods
from hub.reports.reading.countries import country_code
from hub.reports.reading.draft import as_list, distinct
from hub.reports.reading.sectors import sector_word
from hub.stix.methods import MITIGATIONS

# Galaxy type of malware families: their types in malware-type-ov.
_MALWARE: Final[dict[str, tuple[str, ...]]] = {
    "malpedia": (), "mitre-malware": (), "mitre-enterprise-attack-malware": (), "mitre-mobile-attack-malware": (),
    "mitre-ics-software": (), "tidal-software": (), "ransomware": ("ransomware",), "rat": ("remote-access-trojan",),
    "botnet": ("bot",), "backdoor": ("backdoor",), "banker": ("trojan",), "stealer": ("spyware",), "android": (),
    "exploit-kit": ("exploit-kit",), "cryptominers": ("resource-exploitation",), "tds": (),
}  # fmt: skip
_TOOLS: Final = frozenset({
    "tool", "mitre-tool", "mitre-enterprise-attack-tool", "mitre-mobile-attack-tool",
})  # fmt: skip
_TECHNIQUES: Final = frozenset({
    "mitre-attack-pattern", "mitre-enterprise-attack-attack-pattern", "mitre-mobile-attack-attack-pattern",
    "mitre-pre-attack-attack-pattern", "mitre-ics-techniques", "mitre-atlas-attack-pattern", "tidal-technique",
    "attck4fraud", "o365-exchange-techniques", "cmtmf-attack-pattern", "gsma-motif",
})  # fmt: skip
_ACTORS: Final = frozenset({"threat-actor", "microsoft-activity-group", "360net-threat-actor"})
_INTRUSION_SETS: Final = frozenset({
    "mitre-intrusion-set", "mitre-enterprise-attack-intrusion-set", "mitre-mobile-attack-intrusion-set",
    "mitre-pre-attack-intrusion-set", "mitre-ics-groups", "tidal-groups",
})  # fmt: skip
_COURSES: Final = frozenset({
    "mitre-course-of-action", "mitre-enterprise-attack-course-of-action", "mitre-mobile-attack-course-of-action",
    "mitre-atlas-course-of-action", "preventive-measure", "mitre-d3fend",
})  # fmt: skip
_PHASE: Final = re.compile(r"[\w:-]+:(?P<phase>[a-z][a-z-]{2,40})", re.ASCII)  # "mitre-attack:initial-access"
_ATTACK_ID: Final = re.compile(r"^(?P<name>.*?)\s+-\s+(?P<id>[A-Z]{1,3}\d{4}(?:\.\d{3})?)$")

NO_TARGET: Final = ("", "")
"""The result for a cluster that was used, but that no value can indicate."""


def clusters(item: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield (kind, value, cluster) of each cluster in the galaxies of an event or attribute."""
    galaxies = item.get("Galaxy")
    for galaxy in galaxies if isinstance(galaxies, list) else []:
        members = galaxy.get("GalaxyCluster") if isinstance(galaxy, Mapping) else None
        for cluster in members if isinstance(members, list) else []:
            if isinstance(cluster, Mapping):
                kind = str(cluster.get("type") or galaxy.get("type") or "").casefold()
                yield kind, str(cluster.get("value") or ""), cluster


def read_galaxies(event: Mapping[str, Any], content: Content, place: str) -> None:
    """Read the clusters in the galaxies of an event. Unlike tags, they have synonyms."""
    for kind, value, cluster in clusters(event):
        if read_cluster(kind, value, cluster, content) is None:
            content.draft.note_unused(f"Galaxy {kind}", value, "has no place in an incident report", place=place)


def read_cluster(kind: str, value: str, cluster: Mapping[str, Any], content: Content) -> tuple[str, str] | None:
    """Read one cluster, or the tag that names one, into ``content``.

    Returns (kind, name) of the thing that it names, as in `Relation`; NO_TARGET if no value can indicate it; None if the
    cluster was not used.
    """
    meta = _meta(cluster)
    match = _ATTACK_ID.match(value.strip())
    name, attack_id = (match["name"], match["id"]) if match else (value.strip(), _external_id(meta))
    if not name:
        return None
    if kind in _TECHNIQUES:
        return _technique(name, attack_id, meta, content)
    if kind in _MALWARE or kind in _TOOLS:
        return _malware(kind, name, attack_id, meta, content)
    if kind in _ACTORS or kind in _INTRUSION_SETS or kind == "tidal-campaigns":
        return _actor(kind, name, attack_id, meta, content)
    if kind == "branded_vulnerability":
        content.vulnerabilities.setdefault(name, Vulnerability(name))
        return ("vulnerability", name)
    return NO_TARGET if _add_knowledge(kind, name, attack_id, meta, content) else None


def _add_knowledge(kind: str, name: str, attack_id: str | None, meta: Mapping[str, Any], content: Content) -> bool:
    """Add a cluster that describes the incident, but names no part of the attack; return whether it was added."""
    event_tags = content.event_tags
    if kind in _COURSES:
        if attack_id in MITIGATIONS:
            event_tags.mitigations.append(Mitigation(MITIGATIONS[attack_id], attack_id))
        else:
            event_tags.courses.append(name)
        return True
    if kind in {"mitre-data-source", "mitre-data-component"}:
        return _add(event_tags.data_sources, methods.data_source, name)
    if kind == "sector":
        return _add(event_tags.sectors, sector_word, name)
    if kind in {"country", "target-information"}:
        return _country(as_list(meta.get("ISO") or meta.get("iso-code")), name, content)
    if kind == "rsit":
        line = rsit.find(name.rpartition(":")[2])
        event_tags.rsit += [line] if line else []
        return line is not None
    return False


def _country(codes: list[Any], name: str, content: Content) -> bool:
    """Add the first country among the codes and the name; return whether there is one."""
    countries: list[str] = []
    for text in (*map(str, codes), name):
        if not _add(countries, country_code, text) and (text != name or countries):
            reason = f"{countries[0]} is used" if countries else "is no known country code"
            content.draft.note_unused("Galaxy country", text, reason)
        elif countries and countries[-1] != countries[0]:
            content.draft.note_unused("Galaxy country", text, f"{countries[0]} is used")
    content.event_tags.countries += countries[:1]
    return bool(countries)


def _meta(cluster: Mapping[str, Any]) -> Mapping[str, Any]:
    meta = cluster.get("meta")
    return meta if isinstance(meta, Mapping) else {}


def _external_id(meta: Mapping[str, Any]) -> str | None:
    """Return the ATT&CK id in the meta of a cluster: text, or a list of one."""
    value = meta.get("external_id")
    text = str(value[0] if isinstance(value, list) and value else value or "")
    return text if re.fullmatch(r"[A-Z]{1,3}\d{4}(?:\.\d{3})?", text) else None


def _aliases(name: str, meta: Mapping[str, Any]) -> tuple[str, ...]:
    synonyms = meta.get("synonyms")
    return distinct(str(text) for text in synonyms if str(text) != name) if isinstance(synonyms, list) else ()


def _technique(name: str, attack_id: str | None, meta: Mapping[str, Any], content: Content) -> tuple[str, str]:
    technique_id = attack_id if attack_id and attack_id.startswith("T") else None
    chains = [str(text) for text in as_list(meta.get("kill_chain"))]
    phases = tuple(("mitre-attack", match["phase"]) for text in chains if (match := _PHASE.fullmatch(text)))
    for text in chains:
        if not _PHASE.fullmatch(text):
            content.draft.note_unused("Galaxy kill_chain", text, "is no phase of a kill chain")
    key = technique_id or name
    earlier = content.techniques.get(key)
    if earlier is None or (phases and not earlier.kill_chain_phases):
        content.techniques[key] = Technique(name, technique_id, kill_chain_phases=phases)
    return ("technique", content.techniques[key].name)


def _malware(kind: str, name: str, attack_id: str | None, meta: Mapping[str, Any], content: Content) -> tuple[str, str]:
    aliases = _aliases(name, meta)
    earlier = content.malware.get(name)
    if earlier is None or (aliases and not earlier.aliases) or (attack_id and not earlier.attack_id):
        content.malware[name] = Malware(
            name,
            _MALWARE.get(kind, ()) or (earlier.types if earlier else ()),
            "tool" if kind in _TOOLS else "malware",
            aliases=aliases or (earlier.aliases if earlier else ()),
            attack_id=attack_id or (earlier.attack_id if earlier else None),
        )
    return ("malware", name)


def _actor(kind: str, name: str, attack_id: str | None, meta: Mapping[str, Any], content: Content) -> tuple[str, str]:
    aliases = _aliases(name, meta)
    earlier = content.actors.get(name)
    if earlier is None or (aliases and not earlier.aliases):
        content.actors[name] = Actor(
            name,
            "intrusion-set" if kind in _INTRUSION_SETS else "campaign" if kind == "tidal-campaigns" else "threat-actor",
            aliases=aliases,
            attack_id=attack_id,
        )
    return ("actor", name)


def _add(words: list[Any], read: Callable[[str], str] | Callable[[str], DataSource], text: str) -> bool:
    try:
        words.append(read(text))
    except ValueError:
        return False
    return True
