"""MISP tags and galaxies: markings, classification, verdicts, and who and what is named in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.reports import rsit
from hub.reports.formats.misp.content import Content, Tagged
from hub.reports.knowledge import Actor, Malware, Technique
from hub.reports.markings import TLP_WORDS, TlpWord
from hub.reports.reading import values
from hub.reports.reading.countries import country_code
from hub.reports.reading.draft import Draft, distinct
from hub.reports.reading.sectors import sector_word
from hub.reports.report import Determination, Severity

_TAG: Final = re.compile(r'(?P<space>[^:="]+):(?P<predicate>[^="]+)(?:="(?P<value>[^"]*)")?')

CLASSIFYING: Final = frozenset(
    {
        "rsit",
        "circl",
        "ecsirt",
        "enisa",
        "europol-incident",
        "europol-event",
        "veris",
        "csirt_case_classification",
        "common-taxonomy",
    }
)
"""Namespaces of tags that classify the incident, and stay as labels."""

_DETERMINATIONS: Final = {
    "incident": Determination.CONFIRMED,
    "confirmed": Determination.CONFIRMED,
    "not-an-incident": Determination.FALSE_POSITIVE,
    "false-positive": Determination.FALSE_POSITIVE,
    "blocked": Determination.BLOCKED,
}
# Words of three taxonomies for how sure something is, on STIX's scale (STIX 2.1, appendix A).
_CONFIDENCE: Final = {
    "misp:confidence-level": {
        "completely-confident": 95, "usually-confident": 75, "fairly-confident": 50, "rarely-confident": 25,
        "unconfident": 5,
    },
    "admiralty-scale:information-credibility": {"1": 90, "2": 70, "3": 50, "4": 30, "5": 10},
    "estimative-language:likelihood-probability": {
        "almost-certain": 95, "very-likely": 85, "likely": 70, "roughly-even-chance": 50, "unlikely": 30,
        "very-unlikely": 15, "almost-no-chance": 5,
    },
}  # fmt: skip
# Namespaces whose every tag classifies, whatever else it says: RSIT type.
_BY_NAMESPACE: Final = {"phishing": "phishing", "ransomware": "infected-system", "ddos": "ddos"}
_KILL_CHAIN: Final = "lockheed-martin-cyber-kill-chain"
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


@dataclass(frozen=True, slots=True)
class AttributeTags:
    """What an attribute's own tags and galaxies say of its value."""

    malware: str | None = None
    phases: tuple[tuple[str, str], ...] = ()
    confidence: int | None = None


def tag_names(item: Mapping[str, Any]) -> list[str]:
    """The names of the tags of an event or attribute, in MISP's JSON for exchange and in its inner one."""
    names: list[str] = []
    for key in ("Tag", "EventTag", "AttributeTag"):
        tags = item.get(key)
        for tag in tags if isinstance(tags, list) else []:
            inner = tag.get("Tag", tag) if isinstance(tag, Mapping) else {}
            if isinstance(inner, Mapping) and inner.get("name"):
                names.append(str(inner["name"]).strip())
    return list(dict.fromkeys(names))


def tlp_of(item: Mapping[str, Any], draft: Draft, where: str) -> TlpWord | None:
    """The strictest TLP tag of an event, object or attribute. One that is not of FIRST's standard counts as amber+strict."""
    levels: list[TlpWord] = []
    for name in tag_names(item):
        if name.casefold().startswith("tlp:"):
            try:
                levels.append(values.tlp(name))
            except ValueError:
                levels.append("amber+strict")
                draft.unused("Tag", name, "is no level of TLP 2.0; amber+strict is used", where=where)
    return max(levels, key=TLP_WORDS.index, default=None)


def read_tags(event: Mapping[str, Any], content: Content, where: str) -> None:
    """Read the tags of an event; what they name goes to ``content``, what cannot be used is named as unused."""
    content.tagged.tlp = tlp_of(event, content.draft, where)
    for name in tag_names(event):
        if not _read_tag(name, content.tagged, content):
            content.draft.unused("Tag", name, "has no meaning in an incident report", where=where)


def _read_tag(name: str, tagged: Tagged, content: Content) -> bool:
    """Whether the tag was used."""
    match = _TAG.fullmatch(name)
    if match is None:
        return False
    space, predicate, value = match["space"].casefold(), match["predicate"].casefold(), match["value"] or ""
    if space == "tlp":
        return True
    if space == "pap":
        tagged.pap = content.draft.attempt(values.pap, "Tag", name)
        return True
    if space == "misp-galaxy":
        return read_cluster(predicate, value, {}, content) is not None
    if (score := _confidence(space, predicate, value)) is not None:
        tagged.confidence = score
        return True
    if space in CLASSIFYING or space in _BY_NAMESPACE:
        _classify(space, predicate, value, tagged)
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


def _classify(space: str, predicate: str, value: str, tagged: Tagged) -> None:
    line = rsit.find(value) or rsit.find(predicate) or rsit.find(_BY_NAMESPACE.get(space, ""))
    if line is not None:
        tagged.rsit.append(line)
    tagged.ransomware |= "ransomware" in f"{space} {predicate} {value}".casefold()


def _confidence(space: str, predicate: str, value: str) -> int | None:
    return _CONFIDENCE.get(f"{space}:{predicate}", {}).get(value.casefold())


def read_attribute_tags(attribute: Mapping[str, Any], content: Content, where: str) -> AttributeTags:
    """Read the tags and galaxies of an attribute: what they name goes to ``content``, what they say of the value comes back."""
    malware = None
    phases: list[tuple[str, str]] = []
    confidence = None
    for kind, value, cluster in _clusters(attribute):
        name = read_cluster(kind, value, cluster, content)
        if name is None:
            content.draft.unused(f"Galaxy {kind}", value, "has no place in an incident report", where=where)
        elif name in content.malware:
            malware = malware or name
    for tag in tag_names(attribute):
        match = _TAG.fullmatch(tag)
        space, predicate, value = (match["space"], match["predicate"], match["value"] or "") if match else ("", "", "")
        score = _confidence(space.casefold(), predicate.casefold(), value)
        if score is not None:
            confidence = score
        elif space == "kill-chain":
            phases.append((_KILL_CHAIN, "-".join(predicate.casefold().split())))
        elif space == "misp-galaxy" and (name := read_cluster(predicate.casefold(), value, {}, content)):
            malware = malware or (name if name in content.malware else None)
        elif space.casefold() != "tlp":
            content.draft.unused("Attribute.Tag", tag, "has no meaning for one value", where=where)
    return AttributeTags(malware, tuple(phases), confidence)


def _clusters(item: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(kind, value, cluster) of each cluster of an event's or attribute's galaxies."""
    galaxies = item.get("Galaxy")
    for galaxy in galaxies if isinstance(galaxies, list) else []:
        clusters = galaxy.get("GalaxyCluster") if isinstance(galaxy, Mapping) else None
        for cluster in clusters if isinstance(clusters, list) else []:
            if isinstance(cluster, Mapping):
                kind = str(cluster.get("type") or galaxy.get("type") or "").casefold()
                yield kind, str(cluster.get("value") or ""), cluster


def read_galaxies(event: Mapping[str, Any], content: Content, where: str) -> None:
    """Read the clusters of an event's galaxies; they know synonyms, which tags do not."""
    for kind, value, cluster in _clusters(event):
        if read_cluster(kind, value, cluster, content) is None:
            content.draft.unused(f"Galaxy {kind}", value, "has no place in an incident report", where=where)


def read_cluster(kind: str, value: str, cluster: Mapping[str, Any], content: Content) -> str | None:
    """Read one cluster, or the tag that names one. Returns the name under which it is kept; None if it was not used."""
    value = value.strip()
    match = _ATTACK_ID.match(value)
    name, attack_id = (match["name"], match["id"]) if match else (value, None)
    meta = cluster.get("meta") if isinstance(cluster.get("meta"), Mapping) else {}
    synonyms = meta.get("synonyms") if isinstance(meta, Mapping) else None
    aliases = distinct(str(text) for text in synonyms if str(text) != name) if isinstance(synonyms, list) else ()
    if not name:
        return None
    if kind in _TECHNIQUE_GALAXIES:
        technique_id = attack_id if attack_id and attack_id.startswith("T") else None
        content.techniques.setdefault(technique_id or name, Technique(name, technique_id))
    elif kind in _MALWARE_GALAXIES:
        _keep(content.malware, name, Malware(name, _MALWARE_GALAXIES[kind], aliases=aliases), richer=bool(aliases))
    elif kind in _TOOL_GALAXIES:
        _keep(content.malware, name, Malware(name, kind="tool", aliases=aliases), richer=bool(aliases))
    elif kind in _ACTOR_GALAXIES:
        _keep(content.actors, name, Actor(name, aliases=aliases), richer=bool(aliases))
    elif kind in _SET_GALAXIES:
        _keep(content.actors, name, Actor(name, "intrusion-set", aliases=aliases), richer=bool(aliases))
    elif kind == "mitre-course-of-action":
        content.tagged.courses.append(name)
    elif kind == "sector":
        return _word(content.tagged.sectors, sector_word, name)
    elif kind == "country":
        codes = meta.get("ISO") if isinstance(meta, Mapping) else None
        code = codes[0] if isinstance(codes, list) and codes else codes
        return _word(content.tagged.countries, country_code, str(code or name))
    else:
        return None
    return name


def _word(words: list[str], read: Callable[[str], str], text: str) -> str | None:
    try:
        word = read(text)
    except ValueError:
        return None
    words.append(word)
    return word


def _keep(known: dict[str, Any], name: str, item: Any, *, richer: bool) -> None:
    if name not in known or richer:
        known[name] = item
