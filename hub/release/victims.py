"""Victims and places on their way out: each becomes what its rung of the ladder allows, and no more than that is said anywhere.

1. The rung of the report as a whole is the most careful of its victims': titles and places speak by it.
2. A victim becomes its name, a pseudonym, a class of organisations, or nothing; whoever refers to it refers to that.
3. Where something was sighted, a class is named as k allows, else the CERT.
4. Every rung that was spoken by is noted in `Rewritten.rungs`, for the last look.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from hub.release import ladder, preview
from hub.release.ladder import Level, Rung
from hub.release.policy import Profile
from hub.release.pseudonym import canonical, period, pseudonym
from hub.rendering import wording
from hub.rendering.versions import Content
from hub.reports.victims import Victim
from hub.stix import tlp
from hub.stix.places import REGIONS

if TYPE_CHECKING:
    from hub.release.rewrite import Rewriter

_ACTORS: Final = frozenset({"threat-actor", "intrusion-set"})


class Victims:
    """The victims of one release; `rung` is what may be said of the incident as a whole."""

    def __init__(self, rewriter: Rewriter) -> None:
        self._rewriter = rewriter
        self._top = self._highest()
        self.rung = self._whole_rung()

    def _highest(self) -> tuple[Level, str]:
        rewriter = self._rewriter
        if rewriter.bare:
            return Level.NOTHING, "this collection takes no incidents, and so no victims"
        top = ladder.highest(rewriter.report.consent, rewriter.audience, rewriter.approvals)
        if top[0] is Level.NAMED and len(rewriter.report.victims) != 1:
            return Level.PSEUDONYM, "a yes to being named is one victim's own, and the report has several"
        return top

    def _choose(self, victim: Victim, top: tuple[Level, str]) -> Rung:
        rung = ladder.choose(victim, top, self._rewriter.member.constituents, self._rewriter.audience.terms.k)
        self._rewriter.out.rungs.append(rung)
        return rung

    def _whole_rung(self) -> Rung:
        """What may be said of the incident as a whole: the most careful of its victims' rungs."""
        rungs = [self._choose(victim, self._top) for victim in self._rewriter.report.victims]
        if rungs:
            return max(rungs, key=lambda rung: (rung.level, rung.country is None, rung.sector is None))
        level, why = self._top
        return self._choose(Victim(countries=self._rewriter.report.countries), (max(level, Level.CLASS), why))

    def rewrite(self) -> tuple[tuple[str, ...], str]:
        """Rewrite each victim; the pseudonyms that stand for some, and the period in which they do."""
        names = []
        first = datetime.fromisoformat(self._rewriter.first)
        span = period(first, self._rewriter.member.pseudonym_months)
        contents = {content["id"]: content for content in self._rewriter.rendered.contents}
        for ref, number in self._rewriter.rendered.victims.items():
            victim = self._rewriter.report.victims[number]
            rung = self._choose(victim, self._top)
            made = self._victim(contents[ref], victim, rung, span)
            here = victim.name or preview.shown(contents[ref].get("name", ""))
            leaves = self._shown(made) if made else None
            self._rewriter.out.rows.append(
                preview.Row("identity", ref, "", here, leaves, f"{rung.level.name.lower()}: {rung.why}")
            )
            if made is None:
                continue
            self._rewriter.out.mapping[ref] = made
            if (name := self._shown(made)).startswith("victim-"):
                names.append(name)
        return tuple(dict.fromkeys(names)), span

    def _shown(self, identifier: str) -> str:
        found = self._rewriter.out.common.get(identifier) or next(
            draft for draft in self._rewriter.out.drafts if draft["id"] == identifier
        )
        return str(found["name"])

    def _victim(self, content: Content, victim: Victim, rung: Rung, span: str) -> str | None:
        level = self._rewriter.gate.level(content)
        if level is None or rung.level is Level.NOTHING:
            return None
        kind = "individual" if victim.is_person else "organization"
        who = canonical(victim, rung.country) if rung.country else None
        made: Content = {"type": "identity", "spec_version": "2.1"}
        if rung.level is Level.NAMED and victim.name:
            made |= {"name": victim.name, "identity_class": kind}
            made |= {"sectors": [rung.sector]} if rung.sector else {}
            self._rewriter.own(content, made, level)
            return self._rewriter.out.mapping[content["id"]]
        if rung.level <= Level.PSEUDONYM and who is not None and rung.country is not None:
            name = pseudonym(self._rewriter.member.key, self._rewriter.audience.collection, span, rung.country, who)
            made |= {"name": name, "identity_class": kind}
            made |= {"sectors": [rung.sector]} if rung.sector else {}
            return self._rewriter.common(made, level)
        return self._class(rung, level)

    def _class(self, rung: Rung, level: tlp.TLP) -> str:
        made: Content = {"type": "identity", "spec_version": "2.1"}
        made |= {
            "name": wording.class_name(rung.sector, rung.country, rung.region, person=rung.person),
            "identity_class": "class",
        }
        made |= {"sectors": [rung.sector]} if rung.sector else {}
        return self._rewriter.common(made, level)

    def sighted_at(self, ref: str, level: tlp.TLP) -> str:
        """For `where_sighted_refs`: the class of sector and country as k allows, else the CERT; never a victim."""
        sector, country = self._rewriter.rendered.classes.get(ref, (None, None))
        if sector is None and country is None:
            return self._rewriter.member.identity
        top = (max(self._top[0], Level.CLASS), self._top[1])
        victim = Victim(sectors=(sector,) if sector else (), countries=(country,) if country else ())
        rung = self._choose(victim, top)
        return self._rewriter.member.identity if rung.level is Level.NOTHING else self._class(rung, level)

    def located(self, relationship: Content, level: tlp.TLP) -> str | None:
        """The location that a relationship may point to: the incident's as the ladder says, an actor's country."""
        source = relationship["source_ref"].partition("--")[0]
        code = next(
            (c.get("country", "") for c in self._rewriter.rendered.contents if c["id"] == relationship["target_ref"]),
            "",
        )
        public = self._rewriter.audience.profile is Profile.PUBLIC
        keep = source in _ACTORS and not public
        if source == "incident":
            if self.rung.level is Level.NOTHING:
                return None
            keep = self.rung.country == code
        elif source not in _ACTORS:
            return None
        if not keep and code not in REGIONS:
            return None
        where = {"country": code} if keep else {"region": REGIONS[code]}
        return self._rewriter.common({"type": "location", "spec_version": "2.1", **where}, level)
