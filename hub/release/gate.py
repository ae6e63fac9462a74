"""The gate for values: which SCOs and indicators leave, which leave alone, which stay; and by what level they are marked.

1. Whose it is: only what the report shows to be the adversary's leaves, by the table of `space`. What is the victim's stays.
   What nobody is shown to own is asked about. What lies in a member's own space is a third party's: approved, it leaves
   alone as a compromised host, and never to the public.
2. What it says: a value that holds something of the victim's own stays. One that only resembles it, or names a public
   body, is held; approved by an officer it leaves alone. One that leads to the victim (`links`) is held; approved it leaves.
3. Nothing is marked below its source's level without the source's leave, or leaves above the collection's highest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from typing import Any, Final

from hub.home.member import OwnMember
from hub.release.deny import scanner_for
from hub.release.encodings import readings
from hub.release.links import ACCOUNTS, links
from hub.release.patterns import APPROVABLE_KINDS, identifying_spans_in_value
from hub.release.policy import Approvals, Audience, AudienceProfile, value_key
from hub.release.rule_prose import prose_findings
from hub.release.scan import Scanner
from hub.release.space import Place, Standing, hosts_of, is_compromised, space_of, standing
from hub.rendering.builder import Origin
from hub.rendering.render import Rendered
from hub.rendering.versions import Content
from hub.reports.observables import Observable, ObservableType, Role
from hub.reports.report import Report, ReportKind
from hub.stix import tlp
from hub.stix.identifiers import OBSERVABLE_TYPES

# Values that can hold nobody's name: no need to read them in every encoding.
# Kinds of strangers that lead to the victim: such a value is asked about, and an approved one may stay with its incident.
_LINKS: Final = APPROVABLE_KINDS | {"wallet", "identity number", "telephone number"}
_OPAQUE: Final = re.compile(r"[a-z0-9-]+--[0-9a-f-]{36}|ipv[46]-addr|domain-name|(?:ipv4|ipv6|tcp|udp)|new-sco")
_LITERAL: Final = re.compile(r"'((?:[^'\\]|\\.)*)'")
_NOT_VALUES: Final = frozenset(
    {"type", "spec_version", "id", "object_marking_refs", "created_by_ref", "created", "modified"}
)


class GateVerdict(Enum):
    """What becomes of a value."""

    LEAVES = "leaves"
    LONE = "leaves alone"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Passage:
    """A verdict with its reason; `key` is what an officer gives to approve it, `span` what in it looks suspicious."""

    verdict: GateVerdict
    why: str = ""
    key: str = ""
    span: str = ""
    observable: Observable | None = None
    third_party: bool = False

    @property
    def value(self) -> str:
        """The whole value that is held."""
        item = self.observable
        return "" if item is None else item.pattern or item.value


class Gate:
    """Decides for one release."""

    def __init__(  # noqa: PLR0913  whatever decides is an argument
        self,
        rendered: Rendered,
        report: Report,
        member: OwnMember,
        audience: Audience,
        *,
        approvals: Approvals,
        scanner: Scanner,
        left_alone: frozenset[str] = frozenset(),
    ) -> None:
        self._left_alone = left_alone  # values that stand alone in the collection: a link would tell why they did
        self._origins = rendered.origins
        self._report = report
        self._member = member
        self._audience = audience
        self._approvals = approvals
        self._space = space_of(member)
        self._texts = {
            id_: list(_values(content, self._origins[id_].observable))
            for content in rendered.contents
            if (id_ := content["id"]) in self._origins
        }
        self._scanner = scanner
        report_level = max((level for c in rendered.contents if c["type"] in ("report", "incident") and (level := tlp.level(c)) is not None), default=None)  # fmt: skip
        self._report_level = report_level
        self._mails = {
            origin.observable.value
            for origin in self._origins.values()
            if origin.observable and origin.adversary and origin.observable.type is ObservableType.EMAIL
        }
        self._passages: dict[str, Passage] = {}

    @cached_property
    def values(self) -> frozenset[str]:
        """The adversary's values that leave, and so may stand in approved texts, too."""
        leaving = (
            identifier
            for identifier, origin in self._origins.items()
            if origin.adversary and self._passage(identifier).verdict is GateVerdict.LEAVES
        )
        return frozenset(text for identifier in leaving for text in self._texts.get(identifier, ()))

    def level(self, content: Mapping[str, Any]) -> tlp.TLP | None:
        """The level under which an object leaves; None if it may not. Unmarked counts as AMBER+STRICT."""
        refs = content.get("object_marking_refs", ())
        level = max((tlp.LEVELS[ref] for ref in refs if ref in tlp.LEVELS), default=tlp.TLP.AMBER_STRICT)
        marked = [m.get("marking_ref") for m in content.get("granular_markings", ())]
        raised = [
            tlp.LEVELS[ref] for ref in marked if ref in tlp.LEVELS and tlp.LEVELS[ref] <= self._audience.highest_tlp
        ]
        level = max([level, *raised])
        if (
            self._audience.profile is AudienceProfile.PUBLIC
            and self._report_level is not None
            and level > self._report_level
        ):
            return None  # marked higher than the report: it was not meant for every reader
        leave = self._approvals.tlp
        if leave is not None and (self._report_level is None or level <= self._report_level):
            level = min(level, leave)
        level = max(level, self._audience.terms.lowest)
        return None if level > self._audience.highest_tlp or level is tlp.TLP.RED else level

    def without_marked(self, properties: Content, content: Mapping[str, Any]) -> Content:
        """The properties without those that a granular marking lifts above the collection's level (STIX 2.1, 7.2.3).

        A selector inside a property takes the whole property with it: what is left of it might say the rest.
        """
        visible = dict(properties)
        for marking in content.get("granular_markings", ()):
            level = tlp.LEVELS.get(marking.get("marking_ref", ""))
            if level is not None and level > self._audience.highest_tlp:
                for selector in marking["selectors"]:
                    visible.pop(selector.partition(".")[0], None)
        return visible

    def passage(self, content: Mapping[str, Any]) -> Passage:
        """Whether an SCO or indicator leaves."""
        return self._passage(content["id"])

    def _passage(self, identifier: str) -> Passage:
        known = self._passages.get(identifier)
        if known is None:
            known = self._passages[identifier] = self._decided(identifier)
        return known

    def _decided(self, identifier: str) -> Passage:
        origin = self._origins.get(identifier)
        item = origin.observable if origin else None
        if origin is None or (item is None and origin.role is not Role.VICTIM):
            return Passage(GateVerdict.STAYS, "whose it is, the report does not say")
        if origin.hold_reason:
            return Passage(GateVerdict.STAYS, f"held: {origin.hold_reason}; --confirm lets it in", observable=item)
        if item is None or origin.role is Role.VICTIM:
            return Passage(GateVerdict.STAYS, "it is the victim's", observable=item)
        # (1) whose it is
        place = self._space.place(item)
        match standing(_shown_role(origin, item), place, compromised=is_compromised(item)):
            case Standing.THIRD_PARTY:
                return self._third_party(identifier, item, place)
            case Standing.ASKED if not self._is_approved(item, confirmed=True):
                return self._held(item, "nothing in the report shows that it is the adversary's")
            case _:
                return self._searched(identifier, item)

    def _third_party(self, identifier: str, item: Observable, place: Place) -> Passage:
        reason = place.value if place in (Place.OWN, Place.PUBLIC_BODY) or item.role is not Role.THIRD_PARTY else ""
        why = f"a third party's: {reason}" if reason else "a hacked third party's"
        if self._audience.profile is AudienceProfile.PUBLIC:
            return Passage(GateVerdict.STAYS, f"{why}; never to the public", observable=item)
        hits = [hit for text in self._texts[identifier] for hit in self._scanner_for_lone.hits(text)]
        if hits:
            return Passage(GateVerdict.STAYS, f"{why}; it holds {', '.join(map(str, hits))}", observable=item)
        if not self._is_approved(item, confirmed=True):
            return replace(self._held(item, why), third_party=True)
        return replace(self._alone(item, why), third_party=True)

    @cached_property
    def _scanner_for_lone(self) -> Scanner:
        """The scanner for a lone indicator. It does not search for the hacked constituent, which the officer has seen."""
        return scanner_for(replace(self._member, register=()), self._report).approved_value_scanner()

    def _searched(self, identifier: str, item: Observable) -> Passage:
        """(2) What it says."""
        texts = self._texts.get(identifier, [])
        hits = list(dict.fromkeys(hit for text in texts for hit in self._scanner.hits(text)))
        if any(hit.is_exact for hit in hits):
            why = f"cannot leave: it contains {', '.join(map(str, hits))}{self._said_before(item)}"
            return Passage(GateVerdict.STAYS, why, observable=item)
        alike = [str(hit) for hit in hits]
        of_source = (hit for text in item.source_remarks for hit in self._scanner.hits(text))
        alike += [f"{hit}, in what its source says of it" for hit in of_source]
        own = {item.value} if item.type in ACCOUNTS else set()  # it is an account number itself: `links` asks about it
        plain = (reading.text for text in texts for reading in readings(text) if reading.is_clean)
        strangers = [
            span for text in plain for span in identifying_spans_in_value(text) if span.text not in self._mails | own
        ]
        alike += [str(span) for span in strangers if span.kind not in _LINKS]
        alike += [f"a public body's name “{name}”" for text in texts for name in self._space.names_in(text)]
        leading = [*(str(link) for link in links(item, self._report)), *prose_findings(item)]
        leading += [str(span) for span in strangers if span.kind in _LINKS]
        if not alike and not leading and self._approvals.keeps(item.value):
            return self._held(item, "an officer decided that it stays")
        if item.value in self._left_alone and not self._approvals.keeps(item.value):
            why = (
                f"it holds {', '.join(alike)}"
                if alike
                else "it left alone before, and what links it now would tell why"
            )
            return self._alone(item, why, ", ".join(dict.fromkeys([*alike, *leading])))
        if not alike and not leading:
            return Passage(GateVerdict.LEAVES, observable=item)
        why = f"it holds {', '.join(alike)}" if alike else f"it may lead to the victim: {', '.join(leading)}"
        span = ", ".join(dict.fromkeys([*alike, *leading]))
        if not self._is_approved(item):
            return self._held(item, why, span)
        if alike or value_key(item.value) in self._approvals.alone or item.value in self._approvals.alone:
            return self._alone(item, why, span)
        return Passage(GateVerdict.LEAVES, f"{why}; approved", value_key(item.value), span, item)

    @cached_property
    def _declared_before(self) -> frozenset[str]:
        if self._report.kind is ReportKind.FEED:  # which has no stages
            return frozenset()
        victims = self._report.secondary_victims
        return frozenset(value for victim in victims for field in _OWN for value in getattr(victim, field))

    def _said_before(self, item: Observable) -> str:
        """A hint if an earlier stage called the value the victim's, with what to do if that was a mistake; else "".

        What this stage calls so has a role of the victim's already.
        """
        mistaken = next((value for value in (item.value, *hosts_of(item)) if value in self._declared_before), None)
        return (
            f"; an earlier stage calls {mistaken} the victim's: if it is not, --confirm {mistaken}" if mistaken else ""
        )

    def _is_approved(self, item: Observable, *, confirmed: bool = False) -> bool:
        """Whether an officer approved the value, or, with `confirmed`, confirmed its owner by --confirm."""
        names = {item.value, value_key(item.value)}
        return bool(names & self._approvals.values) or (confirmed and bool(names & self._approvals.confirmed))

    @staticmethod
    def _held(item: Observable, why: str, span: str = "") -> Passage:
        return Passage(GateVerdict.STAYS, f"held: {why}", value_key(item.value), span, item)

    @staticmethod
    def _alone(item: Observable, why: str, span: str = "") -> Passage:
        return Passage(GateVerdict.LONE, f"{why}; approved: leaves alone", value_key(item.value), span, item)


def _shown_role(origin: Origin, item: Observable) -> Role:
    """The role, as far as there is evidence for it."""
    return Role.UNKNOWN if origin.role is Role.ADVERSARY and not item.evidence else origin.role


_OWN: Final = ("hosts", "emails", "accounts", "registration_numbers")  # fields of a victim that hold values of its own

# Of their patterns all but the value is ours: a pipe's device, and what a rule needs around it.
_IN_RULES_OF_OURS: Final = frozenset(
    {ObservableType.NAMED_PIPE, ObservableType.PDB_PATH, ObservableType.TLS_FINGERPRINT}
)


def _values(content: Mapping[str, Any], item: Observable | None) -> Iterator[str]:
    """The texts of an SCO, or the values that an indicator's pattern compares with; of another kind of rule, all of it."""
    if content["type"] == "indicator" and item is not None and item.type in _IN_RULES_OF_OURS:
        texts = [item.value]
    elif content["type"] == "indicator":
        if content["pattern_type"] == "stix":
            texts = [
                match[1].replace("\\'", "'").replace("\\\\", "\\") for match in _LITERAL.finditer(content["pattern"])
            ]
        else:
            texts = [content["pattern"]]
    elif content["type"] in OBSERVABLE_TYPES:
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
