"""The gate for values: which SCOs and indicators leave, which leave alone, which stay; and by what level they are marked.

1. Only what the adversary owns leaves. What is the victim's, or nobody's that is known, or held by the reader, stays.
2. An adversary's value that says whom the CERT protects (a phishing domain with the bank's name) is held. Approved by
   an officer it leaves as a lone indicator. An address inside a constituent's range never does.
3. A hacked third party is indicator and victim at once: it leaves alone if approved, and never to the public.
4. Nothing is marked below its source's level without the source's leave, or leaves above the collection's highest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from hub.release.patterns import Span, intruders
from hub.release.policy import Approvals, Audience, Profile
from hub.release.scan import Hit, Scanner
from hub.rendering.builder import Origin
from hub.rendering.render import Rendered
from hub.rendering.versions import Content
from hub.reports.observables import Observable, ObservableType, Role
from hub.stix import tlp
from hub.stix.identifiers import SCO_TYPES

# Values that can hold nobody's name: no need to read them in every encoding.
_OPAQUE: Final = re.compile(r"[a-z0-9-]+--[0-9a-f-]{36}|ipv[46]-addr|domain-name|(?:ipv4|ipv6|tcp|udp)")
_LITERAL: Final = re.compile(r"'((?:[^'\\]|\\.)*)'")
_NOT_VALUES: Final = frozenset(
    {"type", "spec_version", "id", "object_marking_refs", "created_by_ref", "created", "modified"}
)


class Verdict(Enum):
    """What becomes of a value."""

    LEAVES = "leaves"
    LONE = "leaves alone"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Passage:
    """A verdict with its reason; `key` is what an officer gives to approve it, `span` what in it looks suspicious."""

    verdict: Verdict
    why: str = ""
    key: str = ""
    span: str = ""
    observable: Observable | None = None
    third_party: bool = False


class Gate:
    """Decides for one release. `values` are the adversary's, which may also stand in approved texts."""

    def __init__(self, rendered: Rendered, audience: Audience, approvals: Approvals, scanner: Scanner) -> None:
        self._origins = rendered.origins
        self._audience = audience
        self._approvals = approvals
        values = {
            id_: list(_values(content)) for content in rendered.contents if (id_ := content["id"]) in self._origins
        }
        self._texts = values
        self._scanner = scanner
        report_level = max((level for c in rendered.contents if c["type"] in ("report", "incident") and (level := tlp.level(c)) is not None), default=None)  # fmt: skip
        self._report_level = report_level
        self._mails = {
            origin.observable.value
            for origin in self._origins.values()
            if origin.observable and origin.adversary and origin.observable.type is ObservableType.EMAIL
        }
        self.values = {
            text
            for identifier, texts in values.items()
            if self._origins[identifier].adversary and not self._found(identifier)
            for text in texts
        }

    def level(self, content: Mapping[str, Any]) -> tlp.TLP | None:
        """The level under which an object leaves; None if it may not. Unmarked counts as AMBER+STRICT."""
        refs = content.get("object_marking_refs", ())
        level = max((tlp.LEVELS[ref] for ref in refs if ref in tlp.LEVELS), default=tlp.TLP.AMBER_STRICT)
        marked = [m.get("marking_ref") for m in content.get("granular_markings", ())]
        raised = [
            tlp.LEVELS[ref] for ref in marked if ref in tlp.LEVELS and tlp.LEVELS[ref] <= self._audience.highest_tlp
        ]
        level = max([level, *raised])
        leave = self._approvals.tlp
        if leave is not None and (self._report_level is None or level <= self._report_level):
            level = min(level, leave)
        level = max(level, self._audience.terms.lowest)
        return None if level > self._audience.highest_tlp or level is tlp.TLP.RED else level

    def without_marked(self, shown: Content, content: Mapping[str, Any]) -> Content:
        """The properties without those that a granular marking lifts above the collection's level (STIX 2.1, 7.2.3).

        A selector inside a property takes the whole property with it: what is left of it might say the rest.
        """
        kept = dict(shown)
        for marking in content.get("granular_markings", ()):
            level = tlp.LEVELS.get(marking.get("marking_ref", ""))
            if level is not None and level > self._audience.highest_tlp:
                for selector in marking["selectors"]:
                    kept.pop(selector.partition(".")[0], None)
        return kept

    def passage(self, content: Mapping[str, Any]) -> Passage:
        """Whether an SCO or indicator leaves."""
        origin = self._origins.get(content["id"])
        # (1) whose it is
        if origin is None:
            return Passage(Verdict.STAYS, "whose it is, the report does not say")
        value = origin.observable.value if origin.observable else ""
        if origin.held:
            return Passage(Verdict.STAYS, f"held: {origin.held}", observable=origin.observable)
        if origin.role is Role.THIRD_PARTY:
            return self._third_party(origin, value)
        if origin.role is not Role.ADVERSARY:
            return Passage(Verdict.STAYS, f"not the adversary's: {origin.role.value}", observable=origin.observable)
        # (2) whom it names
        found = self._found(content["id"])
        if not found:
            return Passage(Verdict.LEAVES, observable=origin.observable)
        span = ", ".join(str(hit) for hit in found)
        why = f"held, it holds {span}"
        if any(isinstance(hit, Hit) and hit.exact for hit in found):
            return Passage(Verdict.STAYS, why, observable=origin.observable)
        if value in self._approvals.values:
            return Passage(
                Verdict.LONE, f"{why}; approved: leaves alone", value, span=span, observable=origin.observable
            )
        return Passage(Verdict.STAYS, why, value, span=span, observable=origin.observable)

    def _third_party(self, origin: Origin, value: str) -> Passage:
        # (3)
        why = "a hacked third party's"
        if self._audience.profile is Profile.PUBLIC:
            return Passage(Verdict.STAYS, f"{why}: never to the public")
        if value in self._approvals.values:
            return Passage(
                Verdict.LONE, f"{why}; approved: leaves alone", value, observable=origin.observable, third_party=True
            )
        return Passage(Verdict.STAYS, why, value, observable=origin.observable)

    def _found(self, identifier: str) -> list[Hit | Span]:
        found: dict[Hit | Span, None] = {}
        for text in self._texts[identifier]:
            found |= dict.fromkeys(self._scanner.hits(text))
            found |= {span: None for span in intruders(text) if span.text not in self._mails}
        return list(found)


def _values(content: Mapping[str, Any]) -> Iterator[str]:
    """The texts of an SCO, or the values that an indicator's pattern compares with; of another kind of rule, all of it."""
    if content["type"] == "indicator":
        if content["pattern_type"] == "stix":
            texts = [
                match[1].replace("\\'", "'").replace("\\\\", "\\") for match in _LITERAL.finditer(content["pattern"])
            ]
        else:
            texts = [content["pattern"]]
    elif content["type"] in SCO_TYPES:
        texts = [text for name, value in content.items() if name not in _NOT_VALUES for text in _strings(value)]
    else:
        texts = []
    return (text for text in texts if not _OPAQUE.fullmatch(text))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
