"""MISP tags: markings, classification, verdicts, and who and what is named in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.reports.formats.misp import taxonomies
from hub.reports.formats.misp.content import Content, Tagged
from hub.reports.formats.misp.galaxies import clusters, read_cluster
from hub.reports.knowledge import Vulnerability
from hub.reports.markings import TLP_WORDS, TlpWord
from hub.reports.reading import values
from hub.reports.reading.countries import country_code
from hub.reports.reading.draft import Draft
from hub.reports.reading.sectors import sector_word
from hub.reports.reading.veris_classes import rsit_type_of
from hub.reports.report import Severity

_TAG: Final = re.compile(r'(?P<space>[^:="]+):(?P<predicate>[^="]+)(?:="(?P<value>[^"]*)")?')
_KILL_CHAIN: Final = "lockheed-martin-cyber-kill-chain"
_ABOVE: Final = "is said of a value that is marked above its event"
FALSE_POSITIVE: Final = 'false-positive:confirmed="true"'
"""The tag that says of a value that it harms nobody."""


@dataclass(frozen=True, slots=True)
class AttributeTags:
    """What an attribute's own tags and galaxies say of its value. ``named`` are (kind, name) of what it points to."""

    malware: str | None = None
    phases: tuple[tuple[str, str], ...] = ()
    confidence: int | None = None
    named: tuple[tuple[str, str], ...] = ()


def tag_names(item: Mapping[str, Any]) -> list[str]:
    """The names of the tags of an event or attribute, in MISP's JSON for exchange and in its inner one."""
    names: list[str] = []
    for key in ("Tag", "EventTag", "AttributeTag"):
        tags = item.get(key)
        for tag in tags if isinstance(tags, list) else []:
            inner = tag.get("Tag", tag) if isinstance(tag, Mapping) else {"name": tag}
            if isinstance(inner, Mapping) and inner.get("name"):
                names.append(str(inner["name"]).strip())
    return list(dict.fromkeys(names))


def tlp_of(item: Mapping[str, Any], draft: Draft, place: str) -> TlpWord | None:
    """The strictest TLP tag of an event, object or attribute. One that is not of FIRST's standard counts as amber+strict."""
    levels: list[TlpWord] = []
    for name in tag_names(item):
        if name.casefold().startswith("tlp:"):
            try:
                levels.append(values.tlp(name))
            except ValueError:
                levels.append("amber+strict")
                draft.note_unused("Tag", name, "is no level of TLP 2.0; amber+strict is used", place=place)
    return max(levels, key=TLP_WORDS.index, default=None)


def read_tags(event: Mapping[str, Any], content: Content, place: str) -> None:
    """Read the tags of an event; what they name goes to ``content``, what cannot be used is named as unused."""
    content.tagged.tlp = tlp_of(event, content.draft, place)
    for name in tag_names(event):
        if not _read_tag(name, content.tagged, content):
            content.draft.note_unused("Tag", name, "has no meaning in an incident report", place=place)


def _read_tag(name: str, tagged: Tagged, content: Content) -> bool:
    """Whether the tag was used."""
    match = _TAG.fullmatch(name)
    if match is None:
        return _keep_vulnerability(name, content)
    space, predicate, value = match["space"].casefold(), match["predicate"].casefold(), match["value"] or ""
    if space == "tlp":
        return True
    if space == "pap":
        tagged.pap = content.draft.attempt(values.pap, "Tag", name)
        return True
    if space == "misp-galaxy":
        return read_cluster(predicate, value, {}, content) is not None
    if space == "kill-chain":
        tagged.phases.append(_phase(predicate))
        return True
    judged = _judge(space, predicate, value, tagged)
    if space in taxonomies.CLASSIFYING:
        _classify(space, predicate, value, tagged)
        tagged.labels.append(name)
        return True
    return judged


def _phase(predicate: str) -> tuple[str, str]:
    return (_KILL_CHAIN, "-".join(predicate.casefold().split()))


def _keep_vulnerability(name: str, content: Content) -> bool:
    try:
        cve = values.cve(name)
    except ValueError:
        return False
    content.vulnerabilities.setdefault(cve, Vulnerability(cve))
    return True


def _judge(space: str, predicate: str, value: str, tagged: Tagged) -> bool:
    """Whether a tag says how sure, how bad or whose it is, and is now in ``tagged``."""
    key, word = f"{space}:{predicate}", value.casefold()
    if (score := taxonomies.CONFIDENCE.get(key, {}).get(word)) is not None:
        tagged.confidence = score
    elif key in taxonomies.SEVERITIES and word in taxonomies.SEVERITIES[key][1]:
        scale, numbers = taxonomies.SEVERITIES[key]
        tagged.severity = Severity(numbers[word], scale, value)
    elif key in taxonomies.DETERMINATIONS:
        verdicts = taxonomies.DETERMINATIONS[key]
        verdict = verdicts.get(word) or verdicts.get("")
        tagged.determination = verdict or tagged.determination
        return verdict is not None
    elif space == "rt_event_status" and word in taxonomies.STATUSES:
        tagged.status = taxonomies.STATUSES[word]
    elif key in taxonomies.SECTORS or space in taxonomies.SECTOR_SPACES:
        return _add(tagged.sectors, sector_word, value)
    elif key == "veris:victim:country":
        return _add(tagged.countries, country_code, value)
    elif key == "veris:victim:employee_count":
        return _size(value, tagged)
    elif key in taxonomies.ROOT_CAUSES:
        tagged.root_cause = word
    elif key in taxonomies.MALWARE_SPACES and word in taxonomies.MALWARE_TYPES:
        tagged.malware_types.append(taxonomies.MALWARE_TYPES[word])
    else:
        return False
    return True


def _add(words: list[str], read: Callable[[str], str], text: str) -> bool:
    try:
        words.append(read(text))
    except ValueError:
        return False
    return True


def _size(text: str, tagged: Tagged) -> bool:
    try:
        tagged.size = values.size_band(text)
    except ValueError:
        return False
    return True


def _classify(space: str, predicate: str, value: str, tagged: Tagged) -> None:
    entry = taxonomies.entry_vector_of(space, predicate, value)
    if entry:
        tagged.entry_vectors.append(entry)
    if space == "veris":
        parts = predicate.split(":")
        if parts[0] == "action" and len(parts) == 3 and parts[2] == "variety":
            line = rsit_type_of(parts[1], (value,))
            tagged.rsit += [line] if line else []
    elif (line := taxonomies.class_of(space, predicate, value)) is not None:
        tagged.rsit.append(line)
    if space == "europol-event" and predicate in taxonomies.EVENT_TYPES:
        tagged.event_types.append(predicate)
    tagged.ransomware |= "ransomware" in f"{space} {predicate} {value}".casefold()


def read_attribute_tags(
    attribute: Mapping[str, Any], content: Content, place: str, *, is_above: bool = False
) -> AttributeTags:
    """Read the tags and galaxies of an attribute: what they name goes to ``content``, what they say of the value comes back.

    ``is_above``: the attribute is marked stricter than its event, so that nothing that it names may go with the event.
    """
    ends: list[tuple[str, str]] = []
    for kind, value, cluster in clusters(attribute):
        end = None if is_above else read_cluster(kind, value, cluster, content)
        ends += [end] if end else []
        if end is None:
            reason = _ABOVE if is_above else "has no place in an incident report"
            content.draft.note_unused(f"Galaxy {kind}", value, reason, place=place)
    phases: list[tuple[str, str]] = []
    confidence = None
    for tag in tag_names(attribute):
        match = _TAG.fullmatch(tag)
        space, predicate, value = (match["space"], match["predicate"], match["value"] or "") if match else ("", "", "")
        score = taxonomies.CONFIDENCE.get(f"{space}:{predicate}".casefold(), {}).get(value.casefold())
        end = None if is_above else _named_by(tag, space, predicate, value, content)
        if score is not None:
            confidence = score
        elif space == "kill-chain":
            phases.append(_phase(predicate))
        elif end:
            ends.append(end)
        elif space.casefold() != "tlp" and tag.casefold() != FALSE_POSITIVE:
            reason = _ABOVE if is_above else "has no meaning for one value"
            content.draft.note_unused("Attribute.Tag", tag, reason, place=place)
    malware = next((name for kind, name in ends if kind == "malware"), None)
    others = tuple(end for end in dict.fromkeys(ends) if end != ("malware", malware) and end[0])
    return AttributeTags(malware, tuple(phases), confidence, others)


def _named_by(tag: str, space: str, predicate: str, value: str, content: Content) -> tuple[str, str] | None:
    """The thing that an attribute's tag names: a cluster, or a vulnerability by its number."""
    if space == "misp-galaxy":
        return read_cluster(predicate.casefold(), value, {}, content)
    return ("vulnerability", values.cve(tag)) if not space and _keep_vulnerability(tag, content) else None
