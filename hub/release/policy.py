"""The audience of a release, and the decisions of an officer about it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from hub.reports.moments import Fidelity
from hub.stix.tlp import TLP

KEY_CHARS: Final = 200  # characters of a value that is used as its own key


class AudienceProfile(StrEnum):
    """How much a release reveals: to the other member CERTs, or to everybody."""

    REGIONAL = "regional"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Terms:
    """The numbers of a profile, with their units."""

    k: int  # organisations that must share a victim's country and size before these are said
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

    `collection` is its id: pseudonyms and ids differ between collections, so that nobody can link them. `protected` says
    whether the collection has the profile of that name; a victim may be named only if it has not. `incidents` says whether
    it takes incidents, or indicators only. `title` is for people.
    """

    collection: str
    profile: AudienceProfile = AudienceProfile.REGIONAL
    highest_tlp: TLP = TLP.AMBER_STRICT
    protected: bool = True
    incidents: bool = True
    title: str = ""
    hub: str = ""  # the address of the hub; "" if the release is sent to none

    @property
    def terms(self) -> Terms:
        """The numbers of the profile."""
        return TERMS[self.profile]

    @property
    def purpose(self) -> str:
        """The purpose for which the audience's keys are derived."""
        return f"{self.collection}|{self.profile}"


def text_key(text: str) -> str:
    """The key by which the preview names a text and an officer approves it. A changed text has another key."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Decision(StrEnum):
    """An officer's decision about a text or value that is held."""

    RELEASE = "release"  # it leaves
    LONE = "lone"  # it leaves alone, in an indicator that nothing links to the incident
    KEEP = "keep"  # it stays


def value_key(value: str) -> str:
    """The key by which the preview names a value: the value itself if it fits on a command line, else as for a text."""
    return value if len(value) <= KEY_CHARS and value.isprintable() else text_key(value)


@dataclass(frozen=True, slots=True)
class Approvals:
    """The decisions of an officer.

    * `texts`: keys of texts (`text_key`) that are approved. They leave unchanged unless the scanner finds something that
      belongs to the victim.
    * `values`: approved values that were held because they resemble the victim, belong to a third party, or have no known
      owner.
    * `confirmed`: values that serve an attack according to the officer (--confirm), regardless of their owner.
    * `alone`: those of `values` that leave as lone indicators in any case.
    * `kept`: keys of texts and values that stay at the CERT.
    * `taken_back`: keys that were approved before, and are no longer.
    * `despite`: for each key with a suspicious finding, the reason why it may leave nevertheless.
    * `shown`: the text or value that was next to a key when the officer decided.
    * `named_by`: who recorded the victim's consent to be named, and when.
    * `tlp`: the lowest level at which the source agreed to have the report marked.
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
        """Every key about which there is a decision."""
        return self.texts | self.values | self.kept | self.taken_back

    def allows(self, text: str) -> bool:
        """Whether exactly this text was approved."""
        return text_key(text) in self.texts

    def lets_out(self, value: str) -> bool:
        """Whether exactly this value was approved, by itself or by its key."""
        return value in self.values or value_key(value) in self.values

    def keeps(self, value: str) -> bool:
        """Whether an officer decided that exactly this value stays. It stays even if no other reason to hold it remains."""
        return not self.lets_out(value) and bool({value, value_key(value)} & self.kept)

    def reason(self, key: str) -> str:
        """The reason why a text or value with this key leaves, for the preview."""
        despite = self.despite.get(key)
        return f"approved, despite what looks suspicious: {despite}" if despite else "approved by an officer"

    def insists(self, key: str) -> bool:
        """Whether the officer gave a reason to approve this key despite a suspicious finding."""
        return bool(self.despite.get(key))
