"""The gate for values: decide which SCOs and indicators leave, leave alone, or stay, and at which level.

1. Owner: a value leaves only if the report shows that it belongs to the adversary, by the table in `space`. A value of the
   victim stays. A value without a known owner is held. A value in a member's own space belongs to a third party: if it is
   approved, it leaves alone as a compromised host, and never to the public.
2. Content: a value that contains something of the victim's own stays. A value that resembles it, or names a public body, is
   held, and leaves alone if an officer approves it. A value that leads to the victim (`links`) is held, and leaves if it is
   approved.
3. Level: no object is marked below the level of its source without the source's consent, and none leaves above the highest
   level of the collection.
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
from hub.release.space import SpaceVerdict, Zone, is_compromised, member_space, observable_hosts, space_verdict
from hub.rendering.builder import Origin
from hub.rendering.render import Rendered
from hub.rendering.versions import Content
from hub.reports.observables import Observable, ObservableType, Role
from hub.reports.report import Report, ReportKind
from hub.stix import tlp
from hub.stix.identifiers import OBSERVABLE_TYPES

# Kinds of spans that lead to the victim. A value with one is held; if it is approved, it leaves with its incident.
_LINK_KINDS: Final = APPROVABLE_KINDS | {"wallet", "identity number", "telephone number"}
# Values that cannot contain a name, so that they need not be searched.
_OPAQUE: Final = re.compile(r"[a-z0-9-]+--[0-9a-f-]{36}|ipv[46]-addr|domain-name|(?:ipv4|ipv6|tcp|udp)|new-sco")
_LITERAL: Final = re.compile(r"'((?:[^'\\]|\\.)*)'")
_NOT_VALUES: Final = frozenset(
    {"type", "spec_version", "id", "object_marking_refs", "created_by_ref", "created", "modified"}
)


class GateVerdict(Enum):
    """Whether a value leaves."""

    LEAVES = "leaves"
    LONE = "leaves alone"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class GateDecision:
    """A verdict on a value, and the reason. An officer approves the value by its `key`; `span` is what looks suspicious in it."""

    verdict: GateVerdict
    reason: str = ""
    key: str = ""
    span: str = ""
    observable: Observable | None = None
    is_third_party: bool = False

    @property
    def value(self) -> str:
        """The whole value that is held."""
        item = self.observable
        return "" if item is None else item.pattern or item.value


class Gate:
    """Decides about the values of one release."""

    def __init__(  # noqa: PLR0913  every input of the decision is a parameter
        self,
        rendered: Rendered,
        report: Report,
        member: OwnMember,
        audience: Audience,
        *,
        approvals: Approvals,
        scanner: Scanner,
        lone_values: frozenset[str] = frozenset(),
    ) -> None:
        self._lone_values = lone_values  # values in lone indicators: a link to the incident would reveal it
        self._origins = rendered.origins
        self._report = report
        self._member = member
        self._audience = audience
        self._approvals = approvals
        self._space = member_space(member)
        self._texts = {
            identifier: list(searched_texts(content, self._origins[identifier].observable))
            for content in rendered.contents
            if (identifier := content["id"]) in self._origins
        }
        self._scanner = scanner
        reports = (content for content in rendered.contents if content["type"] in ("report", "incident"))
        self._report_level = max((level for item in reports if (level := tlp.level(item)) is not None), default=None)
        self._adversary_mails = {
            origin.observable.value
            for origin in self._origins.values()
            if origin.observable and origin.is_adversary and origin.observable.type is ObservableType.EMAIL
        }
        self._decisions: dict[str, GateDecision] = {}

    @cached_property
    def values(self) -> frozenset[str]:
        """The adversary's values that leave, and that may therefore also occur in approved texts."""
        leaving = (
            identifier
            for identifier, origin in self._origins.items()
            if origin.is_adversary and self._decision(identifier).verdict is GateVerdict.LEAVES
        )
        return frozenset(text for identifier in leaving for text in self._texts.get(identifier, ()))

    def level(self, content: Mapping[str, Any]) -> tlp.TLP | None:
        """The level at which an object leaves; None if it may not. An unmarked object counts as AMBER+STRICT."""
        marking_refs = content.get("object_marking_refs", ())
        level = max((tlp.LEVELS[ref] for ref in marking_refs if ref in tlp.LEVELS), default=tlp.TLP.AMBER_STRICT)
        granular_refs = [marking.get("marking_ref") for marking in content.get("granular_markings", ())]
        raised_levels = [
            tlp.LEVELS[ref]
            for ref in granular_refs
            if ref in tlp.LEVELS and tlp.LEVELS[ref] <= self._audience.highest_tlp
        ]
        level = max([level, *raised_levels])
        if (
            self._audience.profile is AudienceProfile.PUBLIC
            and self._report_level is not None
            and level > self._report_level
        ):
            return None  # marked higher than the report: it was not meant for every reader
        permitted_level = self._approvals.tlp
        if permitted_level is not None and (self._report_level is None or level <= self._report_level):
            level = min(level, permitted_level)
        level = max(level, self._audience.terms.lowest)
        return None if level > self._audience.highest_tlp or level is tlp.TLP.RED else level

    def remove_marked_above(self, properties: Content, content: Mapping[str, Any]) -> Content:
        """The properties without those that a granular marking raises above the collection's level (STIX 2.1, 7.2.3).

        A selector for a part of a property removes the whole property: the other parts might reveal the marked one.
        """
        visible_properties = dict(properties)
        for marking in content.get("granular_markings", ()):
            level = tlp.LEVELS.get(marking.get("marking_ref", ""))
            if level is not None and level > self._audience.highest_tlp:
                for selector in marking["selectors"]:
                    visible_properties.pop(selector.partition(".")[0], None)
        return visible_properties

    def decide(self, content: Mapping[str, Any]) -> GateDecision:
        """Decide whether an SCO or indicator leaves."""
        return self._decision(content["id"])

    def _decision(self, identifier: str) -> GateDecision:
        decision = self._decisions.get(identifier)
        if decision is None:
            decision = self._decisions[identifier] = self._decide(identifier)
        return decision

    def _decide(self, identifier: str) -> GateDecision:
        origin = self._origins.get(identifier)
        item = origin.observable if origin else None
        if origin is None or (item is None and origin.role is not Role.VICTIM):
            return GateDecision(GateVerdict.STAYS, "the report does not say to whom it belongs")
        if origin.hold_reason:
            return GateDecision(
                GateVerdict.STAYS, f"held: {origin.hold_reason}; --confirm releases it", observable=item
            )
        if item is None or origin.role is Role.VICTIM:
            return GateDecision(GateVerdict.STAYS, "it is the victim's", observable=item)
        # (1) owner
        zone = self._space.zone(item)
        match space_verdict(_proven_role(origin, item), zone, compromised=is_compromised(item)):
            case SpaceVerdict.THIRD_PARTY:
                return self._decide_third_party(identifier, item, zone)
            case SpaceVerdict.NEEDS_APPROVAL if not self._is_approved(item, or_confirmed=True):
                return self._hold(item, "nothing in the report shows that it is the adversary's")
            case _:
                return self._search(identifier, item)

    def _decide_third_party(self, identifier: str, item: Observable, zone: Zone) -> GateDecision:
        clause = zone.value if zone in (Zone.OWN_SPACE, Zone.PUBLIC_BODY) or item.role is not Role.THIRD_PARTY else ""
        reason = f"a third party's: {clause}" if clause else "a hacked third party's"
        if self._audience.profile is AudienceProfile.PUBLIC:
            return GateDecision(GateVerdict.STAYS, f"{reason}; never to the public", observable=item)
        hits = [hit for text in self._texts[identifier] for hit in self._scanner_for_lone.hits(text)]
        if hits:
            return GateDecision(
                GateVerdict.STAYS, f"{reason}; it contains {', '.join(map(str, hits))}", observable=item
            )
        if not self._is_approved(item, or_confirmed=True):
            return replace(self._hold(item, reason), is_third_party=True)
        return replace(self._release_alone(item, reason), is_third_party=True)

    @cached_property
    def _scanner_for_lone(self) -> Scanner:
        """The scanner for a compromised host. It does not search for constituents: the officer decides about their hosts."""
        return scanner_for(replace(self._member, register=()), self._report).approved_value_scanner()

    def _search(self, identifier: str, item: Observable) -> GateDecision:
        """Decide by the content of a value (2)."""
        texts = self._texts.get(identifier, [])
        hits = list(dict.fromkeys(hit for text in texts for hit in self._scanner.hits(text)))
        if any(hit.is_exact for hit in hits):
            reason = f"cannot leave: it contains {', '.join(map(str, hits))}{self._earlier_stage_hint(item)}"
            return GateDecision(GateVerdict.STAYS, reason, observable=item)
        resemblances = [str(hit) for hit in hits]
        source_hits = (hit for text in item.source_remarks for hit in self._scanner.hits(text))
        resemblances += [f"{hit}, in what its source says of it" for hit in source_hits]
        # `links` has its own reason for a value that is itself an account number
        own_value = {item.value} if item.type in ACCOUNTS else set()
        decoded_texts = (reading.text for text in texts for reading in readings(text) if reading.is_clean)
        spans = [
            span
            for text in decoded_texts
            for span in identifying_spans_in_value(text)
            if span.text not in self._adversary_mails | own_value
        ]
        resemblances += [str(span) for span in spans if span.kind not in _LINK_KINDS]
        resemblances += [
            f"a public body's name “{name}”" for text in texts for name in self._space.public_body_names(text)
        ]
        leads = [*(str(link) for link in links(item, self._report)), *prose_findings(item)]
        leads += [str(span) for span in spans if span.kind in _LINK_KINDS]
        if not resemblances and not leads and self._approvals.keeps(item.value):
            return self._hold(item, "an officer decided that it stays")
        if item.value in self._lone_values and not self._approvals.keeps(item.value):
            reason = (
                f"it contains {', '.join(resemblances)}"
                if resemblances
                else "it left as a lone indicator before, and a link to the incident would reveal why"
            )
            return self._release_alone(item, reason, ", ".join(dict.fromkeys([*resemblances, *leads])))
        if not resemblances and not leads:
            return GateDecision(GateVerdict.LEAVES, observable=item)
        reason = (
            f"it contains {', '.join(resemblances)}"
            if resemblances
            else f"it may lead to the victim: {', '.join(leads)}"
        )
        span = ", ".join(dict.fromkeys([*resemblances, *leads]))
        if not self._is_approved(item):
            return self._hold(item, reason, span)
        if resemblances or value_key(item.value) in self._approvals.alone or item.value in self._approvals.alone:
            return self._release_alone(item, reason, span)
        return GateDecision(GateVerdict.LEAVES, f"{reason}; approved", value_key(item.value), span, item)

    @cached_property
    def _earlier_declared_values(self) -> frozenset[str]:
        if self._report.kind is ReportKind.FEED:  # a feed has no stages
            return frozenset()
        victims = self._report.secondary_victims
        return frozenset(value for victim in victims for field in _OWN_VALUE_FIELDS for value in getattr(victim, field))

    def _earlier_stage_hint(self, item: Observable) -> str:
        """A hint if an earlier stage declared the value as the victim's, with the command to correct it; else "".

        A value that this stage declares as the victim's has the victim's role already.
        """
        mistaken_value = next(
            (value for value in (item.value, *observable_hosts(item)) if value in self._earlier_declared_values), None
        )
        return (
            f"; an earlier stage calls {mistaken_value} the victim's: if it is not, --confirm {mistaken_value}"
            if mistaken_value
            else ""
        )

    def _is_approved(self, item: Observable, *, or_confirmed: bool = False) -> bool:
        """Whether an officer approved the value, or, with `or_confirmed`, confirmed it by --confirm."""
        keys = {item.value, value_key(item.value)}
        return bool(keys & self._approvals.values) or (or_confirmed and bool(keys & self._approvals.confirmed))

    @staticmethod
    def _hold(item: Observable, reason: str, span: str = "") -> GateDecision:
        return GateDecision(GateVerdict.STAYS, f"held: {reason}", value_key(item.value), span, item)

    @staticmethod
    def _release_alone(item: Observable, reason: str, span: str = "") -> GateDecision:
        return GateDecision(GateVerdict.LONE, f"{reason}; approved: leaves alone", value_key(item.value), span, item)


def _proven_role(origin: Origin, item: Observable) -> Role:
    """The role of a value; the role of the adversary needs evidence."""
    return Role.UNKNOWN if origin.role is Role.ADVERSARY and not item.evidence else origin.role


# The fields of a victim for its own values.
_OWN_VALUE_FIELDS: Final = ("hosts", "emails", "accounts", "registration_numbers")

# The product writes the patterns of these types around the value, such as the device of a pipe.
_TEMPLATE_RULE_TYPES: Final = frozenset(
    {ObservableType.NAMED_PIPE, ObservableType.PDB_PATH, ObservableType.TLS_FINGERPRINT}
)


def searched_texts(content: Mapping[str, Any], item: Observable | None) -> Iterator[str]:
    """The texts to search: those of an SCO, the values in the STIX pattern of an indicator, or the whole of another rule."""
    if content["type"] == "indicator" and item is not None and item.type in _TEMPLATE_RULE_TYPES:
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
