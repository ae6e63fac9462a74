"""The values that decide a release: its audience, and what an officer approved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from hub.reports.moments import Fidelity
from hub.stix.tlp import TLP

KEY_CHARS: Final = 200  # of a value that is its own key


class AudienceProfile(StrEnum):
    """How much is taken away: for the other member CERTs, or for everybody."""

    REGIONAL = "regional"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Terms:
    """The numbers of a profile; the units stand beside each."""

    k: int  # organisations that must share the country and size that are said of a victim
    sector_k: int  # organisations that must share the sector, in the author's country, before a sector is said
    incident_times: Fidelity  # the unit to which times of a case are rounded, those of its indicators among them
    feed_times: Fidelity  # the unit to which times of a feed or watch are rounded
    least_count: int  # the smallest count that is said; smaller ones are left out
    lowest: TLP  # the level below which nothing is marked


TERMS: Final[Mapping[AudienceProfile, Terms]] = {
    AudienceProfile.REGIONAL: Terms(
        k=5, sector_k=5, incident_times=Fidelity.DAY, feed_times=Fidelity.HOUR, least_count=0, lowest=TLP.GREEN
    ),
    AudienceProfile.PUBLIC: Terms(
        k=10, sector_k=20, incident_times=Fidelity.MONTH, feed_times=Fidelity.DAY, least_count=10, lowest=TLP.CLEAR
    ),
}


@dataclass(frozen=True, slots=True)
class Audience:
    """A collection as the release step sees it.

    `collection` is its id: pseudonyms and ids differ from one collection to the next, so that nobody can join two.
    `protected` says whether it has the profile of that name; only where it has not may a victim be named. `incidents`:
    whether it takes incidents, or indicators only. `title` is for people.
    """

    collection: str
    profile: AudienceProfile = AudienceProfile.REGIONAL
    highest_tlp: TLP = TLP.AMBER_STRICT
    protected: bool = True
    incidents: bool = True
    title: str = ""
    hub: str = ""  # its address; "" for what goes to none

    @property
    def terms(self) -> Terms:
        """The numbers of its profile."""
        return TERMS[self.profile]

    @property
    def purpose(self) -> str:
        """The purpose for which the audience's keys are derived."""
        return f"{self.collection}|{self.profile}"


def text_key(text: str) -> str:
    """How the preview names a text, and how an officer approves exactly this text: a change needs a new approval."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Decision(StrEnum):
    """What an officer decides about a text or value that is held."""

    RELEASE = "release"  # it leaves
    LONE = "lone"  # it leaves alone, in an indicator that nothing links to the incident
    KEEP = "keep"  # it stays


def value_key(value: str) -> str:
    """How the preview names a value: as it stands where a command line takes it, else as a text."""
    return value if len(value) <= KEY_CHARS and value.isprintable() else text_key(value)


@dataclass(frozen=True, slots=True)
class Approvals:
    """What an officer decided. `texts` and `values` are approved; `kept` and `taken_back` are no longer.

    `texts`: keys of texts (`text_key`) that leave as they stand, if the scanner finds nothing of the victim's in them.
    `values`: values that are held because they resemble the victim or belong to a third party, or that the report gives
    no owner. `confirmed`: values of which the officer says by --confirm that they serve an attack, regardless of their owner.
    `alone`: those of `values` that leave as lone indicators in any case. `kept`: keys that were decided to stay;
    `taken_back`: keys that were approved before and are not any more. `despite`: for each key with a suspicious finding,
    why it may leave nevertheless. `shown`: what stood beside a key where it was decided. `named_by`: who recorded the victim's consent to be named, and when. `tlp`: the level
    down to which the source agreed to have it marked.
    """

    officer: str = ""
    texts: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    confirmed: frozenset[str] = frozenset()
    alone: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    taken_back: frozenset[str] = frozenset()
    despite: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict, compare=False)
    named_by: str = ""
    tlp: TLP | None = None

    @property
    def keys(self) -> frozenset[str]:
        """Every key that something was decided about."""
        return self.texts | self.values | self.kept | self.taken_back

    def allows(self, text: str) -> bool:
        """Whether this very text was approved."""
        return text_key(text) in self.texts

    def lets_out(self, value: str) -> bool:
        """Whether this very value was approved, by itself or by its key."""
        return value in self.values or value_key(value) in self.values

    def keeps(self, value: str) -> bool:
        """Whether it was decided that this very value stays, although nothing else may hold it any more."""
        return not self.lets_out(value) and bool({value, value_key(value)} & self.kept)

    def reason(self, key: str) -> str:
        """Why a text or value with this key leaves, for the preview."""
        despite = self.despite.get(key)
        return f"approved, despite what looks suspicious: {despite}" if despite else "approved by an officer"

    def insists(self, key: str) -> bool:
        """Whether a second yes, with its reason, stands for this key."""
        return bool(self.despite.get(key))
