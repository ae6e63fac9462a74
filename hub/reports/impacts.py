"""The impacts of an incident: one class for each sub-extension of Impact in Incident Core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.reports.moments import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """An impact of the incident. The subclass gives its category, a sub-extension of Impact in Incident Core."""

    criticality: int | None = None
    description: str | None = None
    start: Moment | None = None
    end: Moment | None = None
    recoverability: str | None = None  # recoverability-enum
    entity_counts: Mapping[str, int] = field(default_factory=dict)  # entity-type-ov -> how many


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityImpact(Impact):
    """``availability-ext``; the level is 0-100 on Incident Core's scale (15 minimal, 50, 75, 90 loss of control)."""

    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfidentialityImpact(Impact):
    """``confidentiality-ext``: loss_type of incident-confidentiality-loss-enum, information_type of information-type-ov."""

    loss_type: str
    information_type: str | None = None  # always present unless loss_type is "none"
    record_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrityImpact(Impact):
    """``integrity-ext``: alteration of integrity-alteration-enum, information_type of information-type-ov."""

    alteration: str
    information_type: str | None = None  # always present unless alteration is "none"
    record_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EconomicImpact(Impact):
    """``economic-ext``: variety of economic-impact-type-ov; both amounts or neither, with an ISO 4217 currency."""

    variety: str
    currency: str | None = None
    min_amount: float | None = None
    max_amount: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicalImpact(Impact):
    """``physical-ext``: impact_type of physical-impact-enum; asset_type of asset-type-ov unless impact_type is "none"."""

    impact_type: str
    asset_type: str | None = None
