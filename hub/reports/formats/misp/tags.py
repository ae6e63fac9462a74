"""Read MISP tags: markings, classifications, verdicts, and names of actors, malware and others."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.reports.formats.misp import taxonomies
from hub.reports.formats.misp.content import Content, EventTags
from hub.reports.formats.misp.galaxies import clusters, read_cluster
from hub.reports.knowledge import Vulnerability
from hub.reports.markings import TlpWord, strictest
from hub.reports.reading import values
from hub.reports.reading.countries import country_code
from hub.reports.reading.draft import Draft
from hub.reports.reading.sectors import sector_word
from hub.reports.reading.veris_classes import rsit_type_of
from hub.reports.report import Severity

_TAG: Final = re.compile(r'(?P<space>[^:="]+):(?P<predicate>[^="]+)(?:="(?P<value>[^"]*)")?')
_KILL_CHAIN: Final = "lockheed-martin-cyber-kill-chain"
_ABOVE: Final = "describes a value that is marked above its event"
FALSE_POSITIVE: Final = 'false-positive:confirmed="true"'
"""The tag for a value that is harmless."""


@dataclass(frozen=True, slots=True)
class AttributeTags:
    """The content of an attribute's tags and galaxies. ``indicated_ends`` are (kind, name) of what its value indicates."""

    malware: str | None = None
    phases: tuple[tuple[str, str], ...] = ()
    confidence: int | None = None
    indicated_ends: tuple[tuple[str, str], ...] = ()


def tag_names(item: Mapping[str, Any]) -> list[str]:
    """Return the names of the tags of an event or attribute, in MISP's exchange or internal JSON."""
    names: list[str] = []
    for key in ("Tag", "EventTag", "AttributeTag"):
        tags = item.get(key)
        for tag in tags if isinstance(tags, list) else []:
            inner = tag.get("Tag", tag) if isinstance(tag, Mapping) else {"name": tag}
            if isinstance(inner, Mapping) and inner.get("name"):
                names.append(str(inner["name"]).strip())
    return list(dict.fromkeys(names))


def tlp_of(item: Mapping[str, Any], draft: Draft, place: str) -> TlpWord | None:
    """Return the strictest TLP tag of an event, object or attribute; an unknown TLP level counts as amber+strict."""
    levels: list[TlpWord] = []
    for name in tag_names(item):
        if name.casefold().startswith("tlp:"):
            try:
                levels.append(values.tlp(name))
            except ValueError:
                levels.append("amber+strict")
                draft.note_unused("Tag", name, "is no level of TLP 2.0; amber+strict is used", place=place)
    return strictest(*levels)


def read_tags(event: Mapping[str, Any], content: Content, place: str) -> None:
    """Read the tags of an event into ``content``; note tags that cannot be used."""
    content.event_tags.tlp = tlp_of(event, content.draft, place)
    for name in tag_names(event):
        if not _read_tag(name, content.event_tags, content):
            content.draft.note_unused("Tag", name, "has no meaning in an incident report", place=place)


def _read_tag(name: str, event_tags: EventTags, content: Content) -> bool:
    """Read one tag; return whether it was used."""
    match = _TAG.fullmatch(name)
    if match is None:
        return _add_vulnerability(name, content)
    space, predicate, value = match["space"].casefold(), match["predicate"].casefold(), match["value"] or ""
    if space == "tlp":
        return True
    if space == "pap":
        event_tags.pap = content.draft.attempt(values.pap, "Tag", name)
        return True
    if space == "misp-galaxy":
        return read_cluster(predicate, value, {}, content) is not None
    if space == "kill-chain":
        event_tags.phases.append(_phase(predicate))
        return True
    is_judgement = _judge(space, predicate, value, event_tags)
    if space in taxonomies.CLASSIFYING_NAMESPACES:
        _classify(space, predicate, value, event_tags)
        event_tags.labels.append(name)
        return True
    return is_judgement


def _phase(predicate: str) -> tuple[str, str]:
    return (_KILL_CHAIN, "-".join(predicate.casefold().split()))


def _add_vulnerability(name: str, content: Content) -> bool:
    try:
        cve = values.cve(name)
    except ValueError:
        return False
    content.vulnerabilities.setdefault(cve, Vulnerability(cve))
    return True


def _judge(space: str, predicate: str, value: str, event_tags: EventTags) -> bool:
    """Add the confidence, severity, determination or similar of a tag; return whether it was one."""
    key, word = f"{space}:{predicate}", value.casefold()
    if (score := taxonomies.CONFIDENCE.get(key, {}).get(word)) is not None:
        event_tags.confidence = score
    elif key in taxonomies.SEVERITIES and word in taxonomies.SEVERITIES[key][1]:
        scale, numbers = taxonomies.SEVERITIES[key]
        event_tags.severity = Severity(numbers[word], scale, value)
    elif key in taxonomies.DETERMINATIONS:
        verdicts = taxonomies.DETERMINATIONS[key]
        verdict = verdicts.get(word) or verdicts.get("")
        event_tags.determination = verdict or event_tags.determination
        return verdict is not None
    elif space == "rt_event_status" and word in taxonomies.STATUSES:
        event_tags.status = taxonomies.STATUSES[word]
    elif key in taxonomies.SECTORS or space in taxonomies.SECTOR_SPACES:
        return _add(event_tags.sectors, sector_word, value)
    elif key == "veris:victim:country":
        return _add(event_tags.countries, country_code, value)
    elif key == "veris:victim:employee_count":
        return _size(value, event_tags)
    elif key in taxonomies.ROOT_CAUSES:
        event_tags.root_cause = word
    elif key in taxonomies.MALWARE_SPACES and word in taxonomies.MALWARE_TYPES:
        event_tags.malware_types.append(taxonomies.MALWARE_TYPES[word])
    else:
        return False
    return True


def _add(words: list[str], read: Callable[[str], str], text: str) -> bool:
    try:
        words.append(read(text))
    except ValueError:
        return False
    return True


def _size(text: str, event_tags: EventTags) -> bool:
    try:
        event_tags.size = values.size_band(text)
    except ValueError:
        return False
    return True


def _classify(space: str, predicate: str, value: str, event_tags: EventTags) -> None:
    entry = taxonomies.entry_vector_of(space, predicate, value)
    if entry:
        event_tags.entry_vectors.append(entry)
    if space == "veris":
        parts = predicate.split(":")
        if parts[0] == "action" and len(parts) == 3 and parts[2] == "variety":
            line = rsit_type_of(parts[1], (value,))
            event_tags.rsit += [line] if line else []
    elif (line := taxonomies.rsit_type_of_tag(space, predicate, value)) is not None:
        event_tags.rsit.append(line)
    if space == "europol-event" and predicate in taxonomies.EVENT_TYPES:
        event_tags.event_types.append(predicate)
    event_tags.ransomware |= "ransomware" in f"{space} {predicate} {value}".casefold()


def read_attribute_tags(
    attribute: Mapping[str, Any], content: Content, place: str, *, is_above: bool = False
) -> AttributeTags:
    """Read the tags and galaxies of an attribute: add what they name to ``content``, and return what they say of the value.

    ``is_above``: the attribute is marked stricter than its event, so nothing that it names may leave with the event.
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
        end = None if is_above else _read_reference_tag(tag, space, predicate, value, content)
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
    other_ends = tuple(end for end in dict.fromkeys(ends) if end != ("malware", malware) and end[0])
    return AttributeTags(malware, tuple(phases), confidence, other_ends)


def _read_reference_tag(tag: str, space: str, predicate: str, value: str, content: Content) -> tuple[str, str] | None:
    """Return (kind, name) of the cluster or vulnerability that an attribute's tag names; None if it names none."""
    if space == "misp-galaxy":
        return read_cluster(predicate.casefold(), value, {}, content)
    return ("vulnerability", values.cve(tag)) if not space and _add_vulnerability(tag, content) else None
