"""Vocabularies of Incident Core and STIX 2.1, with their standard names, against which words of reports are checked."""

from __future__ import annotations

from typing import Final

LOSS_TYPES: Final = frozenset({"confirmed-loss", "contained", "exploited-loss", "none", "suspected-loss"})
"""incident-confidentiality-loss-enum"""

ALTERATIONS: Final = frozenset({
    "potential-destruction", "potential-modification", "partial-destruction", "partial-modification",
    "full-destruction", "full-modification", "none",
})  # fmt: skip
"""integrity-alteration-enum"""

INFORMATION_TYPES: Final = frozenset({
    "classified-material", "communication", "credentials-admin", "credentials-user", "financial", "legal", "payment",
    "phi", "pii", "proprietary", "system",
})  # fmt: skip
"""information-type-ov"""

ECONOMIC_VARIETIES: Final = frozenset({
    "asset-and-fraud", "brand-damage", "business-disruption", "competitive-advantage", "legal-and-regulatory",
    "operating-costs", "ransom-demand", "ransom-payment", "response-and-recovery", "uncategorized",
})  # fmt: skip
"""economic-impact-type-ov"""

AVAILABILITY_LEVELS: Final = {"none": 0, "minimal": 15, "significant": 50, "denial": 65, "loss-of-control": 90}
"""The words of the report form, on Incident Core's availability scale."""

INDUSTRY_SECTORS: Final = frozenset({
    "agriculture", "aerospace", "automotive", "chemical", "commercial", "communications", "construction", "defense",
    "education", "energy", "entertainment", "financial-services", "government", "emergency-services",
    "government-local", "government-national", "government-public-services", "government-regional", "healthcare",
    "hospitality-leisure", "infrastructure", "dams", "nuclear", "water", "insurance", "manufacturing", "mining",
    "non-profit", "pharmaceuticals", "retail", "technology", "telecommunications", "transportation", "utilities",
})  # fmt: skip
"""industry-sector-ov (STIX 2.1, 10.9)"""

ROOT_CAUSES: Final = {
    "malicious-actions": (),
    "system-failures": ("unintentional",),
    "human-errors": ("unintentional",),
    "natural-phenomena": ("natural",),
    "third-party-failures": ("supply-chain-vendor",),
}
"""Root causes in the words of NIS2, and the event types that each adds."""

CONFIDENCE_WORDS: Final = {"none": 0, "low": 15, "medium": 50, "high": 85}
SEVERITY_WORDS: Final = {"low": 15, "medium": 40, "moderate": 40, "high": 70, "critical": 95, "extreme": 95}
SEVERITY_NUMBERS: Final = {1: 15, 2: 25, 3: 40, 4: 70, 5: 95}
"""Words and the national scale from 1 to 5 on the criticality scale of Incident Core: low below 30, moderate below 50,
high below 90.

A moderate value stays in the moderate band, so that no deadline changes if a release publishes only the middle of a band."""

TLP_SPELLINGS: Final = {
    "clear": "clear", "white": "clear", "green": "green", "amber": "amber", "red": "red",
    "amber+strict": "amber+strict", "amber-strict": "amber+strict", "amber_strict": "amber+strict",
    "amberstrict": "amber+strict", "amber strict": "amber+strict",
}  # fmt: skip
"""Spellings of a TLP level, in lower case and without "TLP:", and the level in TLP 2.0."""

RELATIONSHIP_TYPES: Final = frozenset({
    "associated-with", "attributed-to", "based-on", "beacons-to", "belongs-to", "characterizes", "communicates-with",
    "compromises", "contact-for", "contains", "controls", "delivers", "derived-from", "downloads", "drops", "duplicate-of",
    "exfiltrates-to", "exploits", "has", "hosts", "impacts", "impersonates", "indicates", "investigates", "led-to",
    "located-at", "mitigates", "originates-from", "owns", "related-to", "remediates", "resolves-to", "targets", "uses",
    "variant-of",
})  # fmt: skip
"""The relationships of STIX 2.1 (appendix B) and of Incident Core that we write."""
