"""For whom a release is made, and what an officer allowed: the values that decide it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hub.reports.moments import Fidelity
from hub.stix.tlp import TLP


class Profile(StrEnum):
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


TERMS: Final[Mapping[Profile, Terms]] = {
    Profile.REGIONAL: Terms(
        k=5, sector_k=5, incident_times=Fidelity.DAY, feed_times=Fidelity.HOUR, least_count=0, lowest=TLP.GREEN
    ),
    Profile.PUBLIC: Terms(
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
    profile: Profile = Profile.REGIONAL
    highest_tlp: TLP = TLP.AMBER_STRICT
    protected: bool = True
    incidents: bool = True
    title: str = ""

    @property
    def terms(self) -> Terms:
        """The numbers of its profile."""
        return TERMS[self.profile]

    @property
    def purpose(self) -> str:
        """What its keys are derived for."""
        return f"{self.collection}|{self.profile}"


def text_key(text: str) -> str:
    """How the preview names a text, and how an officer approves exactly this text: a change needs a new approval."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Approvals:
    """What an officer looked at and lets out.

    `texts`: keys of texts (`text_key`) that may leave as they stand, if the scanner finds nothing in them.
    `values`: adversary values that contain a victim's name, or belong to a hacked third party: they leave as lone
    indicators. `taken_back`: texts and values that were approved earlier, and shall not leave any more. `named_by`: who
    recorded the victim's yes to being named, and when. `tlp`: the level down to which the source gave leave to mark it.
    """

    officer: str = ""
    texts: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    taken_back: frozenset[str] = frozenset()
    named_by: str = ""
    tlp: TLP | None = None

    def allows(self, text: str) -> bool:
        """Whether this very text was approved."""
        return text_key(text) in self.texts
