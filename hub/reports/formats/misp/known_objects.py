"""Read MISP objects that describe no observable: vulnerabilities, malware, techniques, actors, mitigations."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.reports.formats.misp.content import Content
from hub.reports.knowledge import Actor, Malware, Technique, Vulnerability
from hub.reports.reading import methods, values
from hub.reports.reading.draft import Draft, distinct
from hub.reports.references import Reference

End = tuple[str, str]


@dataclass
class Parts:
    """The attributes of one object by relation; `note_remaining` notes those that were not read."""

    name: str
    items: list[Mapping[str, Any]]
    place: str
    draft: Draft

    def __post_init__(self) -> None:
        """Collect the attributes. Attributes that were deleted in MISP, and all comments, are noted as unused."""
        self._unread: list[tuple[str, str]] = []
        for item in self.items:
            relation, text = str(item.get("object_relation") or item.get("type") or ""), str(item.get("value") or "")
            if str(item.get("deleted")).casefold() in {"1", "true"}:
                self.draft.note_unused(f"{self.name}.{relation}", text, "was deleted in MISP", place=self.place)
            else:
                self._unread.append((relation, text.strip()))
            comment = item.get("comment")
            self.draft.note_unused(
                f"{self.name}.{relation} (about)", comment, "describes one attribute of an object", place=self.place
            )

    def take(self, *relations: str) -> list[str]:
        """Return the texts under these relations; mark them as read."""
        texts = [text for relation, text in self._unread if relation in relations and text]
        self._unread = [pair for pair in self._unread if pair[0] not in relations]
        return texts

    def text(self, *relations: str) -> str | None:
        """Return the first text under these relations; mark only it as read."""
        for relation in relations:
            for pair in self._unread:
                if pair[0] == relation and pair[1]:
                    self._unread.remove(pair)
                    return pair[1]
        return None

    def note_remaining(self, reason: str) -> None:
        """Note the attributes that were not read."""
        for relation, text in self._unread:
            self.draft.note_unused(f"{self.name}.{relation}", text, reason, place=self.place)


def read_known_object(name: str, items: list[Mapping[str, Any]], place: str, content: Content) -> End:
    """Read an object of KNOWN_OBJECTS into ``content``.

    Returns (kind, name) for relations; ("", "") if the object cannot be the end of a relation.
    """
    parts = Parts(name, items, place, content.draft)
    end = KNOWN_OBJECTS[name](parts, content)
    parts.note_remaining("has no place in an incident report")
    return end


def _vulnerability(parts: Parts, content: Content) -> End:
    name = (parts.text("id") or "").upper()
    if not name:
        content.draft.note_unused("Object vulnerability", "without an id", "has no id", place=parts.place)
        return ("", "")
    score = content.draft.attempt(
        lambda text: values.number(text, most=10), f"{parts.place}.cvss-score", parts.text("cvss-score")
    )
    text = " ".join(parts.take("summary", "description")) or None
    content.vulnerabilities[name] = Vulnerability(name, text, score, "CVSS" if score is not None else None)
    for page in parts.take("references"):
        _add_reference(page, parts, content)
    for cpe in parts.take("vulnerable-configuration"):
        program = content.draft.attempt(methods.software, f"{parts.place}.vulnerable-configuration", cpe)
        content.software += [program] if program else []
    return ("vulnerability", name)


def _add_reference(page: str, parts: Parts, content: Content) -> None:
    url = content.draft.attempt(values.url, f"{parts.name}.references", page)
    content.references += [Reference("link", url=url)] if url else []


def _weakness(parts: Parts, content: Content) -> End:
    return _technique(parts, content, parts.text("id"))


def _technique(parts: Parts, content: Content, identity: str | None = None) -> End:
    number = identity or parts.text("id") or ""
    name = parts.text("name") or number
    if not name:
        return ("", "")
    capec = (
        f"CAPEC-{number.upper().removeprefix('CAPEC-')}"
        if re.fullmatch(r"(?:CAPEC-)?\d{1,4}", number, re.IGNORECASE)
        else None
    )
    attack = number.upper() if re.fullmatch(r"T\d{4}(?:\.\d{3})?", number, re.IGNORECASE) else None
    text = " ".join(parts.take("summary", "description")) or None
    content.techniques.setdefault(attack or name, Technique(name, attack, capec, text))
    for page in parts.take("references"):
        _add_reference(page, parts, content)
    return ("technique", content.techniques[attack or name].name)


def _malware(parts: Parts, content: Content) -> End:
    name = parts.text("name")
    if not name:
        return ("", "")
    types = distinct("-".join(text.casefold().split()) for text in parts.take("malware_type"))
    text = " ".join(parts.take("description")) or None
    content.malware[name] = Malware(name, types, aliases=distinct(parts.take("alias")), description=text)
    return ("malware", name)


def _actor(parts: Parts, content: Content) -> End:
    name = parts.text("name")
    if not name:
        return ("", "")
    text = " ".join(parts.take("description")) or None
    content.actors[name] = Actor(
        name,
        "intrusion-set" if parts.name == "intrusion-set" else "threat-actor",
        aliases=distinct(parts.take("aliases", "alias")),
        description=text,
    )
    return ("actor", name)


def _course(parts: Parts, content: Content) -> End:
    name, text = parts.text("name"), parts.text("description")
    mitigation = (
        content.draft.attempt(methods.mitigation, "course-of-action.name", name) if _is_mitigation(name) else None
    )
    if mitigation:
        content.event_tags.mitigations.append(mitigation)
    if text or (name and not mitigation):
        content.event_tags.courses.append(": ".join(part for part in (name, text) if part))
    return ("", "")


def _is_mitigation(name: str | None) -> bool:
    try:
        methods.mitigation(name or "")
    except ValueError:
        return False
    return True


KNOWN_OBJECTS: Final[Mapping[str, Callable[[Parts, Content], End]]] = {
    "vulnerability": _vulnerability, "weakness": _weakness, "attack-pattern": _technique, "malware": _malware,
    "intrusion-set": _actor, "threat-actor": _actor, "course-of-action": _course,
}  # fmt: skip
"""Name of an object -> its reader."""
