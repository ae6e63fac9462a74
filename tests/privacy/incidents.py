"""Synthetic incidents: to whom, what, when, how big, in which format reported, and with which traces of the victim.

Victims are drawn from the whole register alike. So whatever a release says of one without naming it, each constituent
that fits is as likely as any other, and the bound is exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from tests.privacy.register import Constituent, Register, people_of
from tests.privacy.traces import Trace, draw_trace

BEGIN: Final = datetime(2026, 1, 5, tzinfo=UTC)
KINDS: Final = ("ransomware", "phishing", "ddos", "data-leak", "system-compromise")
FEED_KINDS: Final = ("infected-system", "phishing", "ddos")
FORMATS: Final[Mapping[str, int]] = {
    "yaml": 22, "csv": 18, "misp": 18, "iodef": 12, "xarf": 8, "intelmq": 8, "n6": 6, "veris": 8,
}  # fmt: skip
"""Formats with how often each is met."""
FEEDS: Final = frozenset({"intelmq", "n6"})
_FORM: Final = ("domain", "url", "filename", "malware", "actor", "mutex", "user-agent", "machine")
TRACE_PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "yaml": _FORM,
    "csv": _FORM,
    "misp": (*_FORM[:-1], "subject", "yara", "snort", "sender", "recipient", "website"),
    "iodef": ("domain", "url", "filename", "sender", "subject", "machine", "website"),
    "xarf": ("machine", "subject", "sender", "url"),
    "intelmq": ("machine", "url", "malware", "domain"),
    "n6": ("machine", "url", "domain"),
    "veris": ("domain", "url", "malware", "actor"),
}
"""Where a report of each format can carry a trace."""
_OF_NAME: Final = frozenset({"word", "words", "native"})
DECLARED: Final[Mapping[str, frozenset[str]]] = {
    "yaml": _OF_NAME | {"short", "host", "domain", "range", "registration", "mailbox"},
    "csv": _OF_NAME | {"short", "host", "domain", "range", "registration", "mailbox"},
    "misp": _OF_NAME | {"short", "host", "domain", "mailbox", "surname", "registration"},
    "iodef": _OF_NAME | {"short", "mailbox", "domain"},
    "xarf": frozenset({"range"}),
    "intelmq": frozenset({"range", "domain"}),
    "n6": frozenset({"range"}),
    "veris": _OF_NAME | {"short", "brand"},
}
"""What a report of each format itself says of its victim: all that can be searched for where the CERT declares nobody."""
DECLARED_BY_CERT: Final = _OF_NAME | {"short", "brand", "surname", "host", "domain", "range"}
"""What is searched for besides where the CERT has declared its constituents."""
_CONSENTS: Final = {"sector-only": 45, "": 25, "cert-only": 15, "pseudonym": 12, "named": 3}
_STAGED: Final = 0.2  # of the form's reports: sent early, and again when the incident was closed
_FOLLOWED: Final = 0.5  # of the victims that agreed to a pseudonym: hit again and again
_RELATED: Final = 0.1  # of the form's reports: of a victim that was hit before, and say so
_TRACES: Final = {0: 40, 1: 40, 2: 20}


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident, as the victim's CERT knows it."""

    number: int
    victim: Constituent
    kind: str
    format: str
    started: datetime
    released: datetime
    people: int  # concerned
    consent: str
    traces: tuple[Trace, ...] = ()
    has_register: bool = True  # whether the CERT has declared its constituents
    has_stages: bool = False  # released early, and again when it was closed
    earlier_report: str = ""  # the id of an earlier report of the same victim
    report: bytes = b""  # as it came; empty where it is to be written

    @property
    def report_id(self) -> str:
        """The CERT's own id of it."""
        return f"{self.victim.country}-2026-{self.number:05}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What incidents to draw. `undeclared` are the countries whose CERT declares counts only, and no constituents."""

    count: int
    days: int = 60
    formats: tuple[str, ...] = tuple(FORMATS)
    countries: tuple[str, ...] = ()
    undeclared: frozenset[str] = frozenset({"LA", "MM", "PH"})
    traces: Mapping[int, int] = field(default_factory=lambda: _TRACES)
    consents: Mapping[str, int] = field(default_factory=lambda: _CONSENTS)
    press_share: float = 0.4  # of the incidents, that the press writes of
    press_sector_share: float = 0.5  # of its items, that say the kind of organisation


def draw_incidents(register: Register, plan: Plan, random: Random) -> Iterator[Incident]:
    """As many incidents as planned; the same for the same generator."""
    countries = plan.countries or tuple(register)
    everybody = [constituent for country in countries for constituent in register[country]]
    incidents: list[Incident] = []
    frequent_victims = {country: register[country][:3] for country in countries}  # those hit again and again
    for number in range(plan.count):
        chosen = random.choices(plan.formats, [FORMATS[name] for name in plan.formats])[0]
        of_form = chosen in {"yaml", "csv"}
        consent = random.choices(list(plan.consents), list(plan.consents.values()))[0] if of_form else ""
        victim = random.choice(everybody)
        if consent == "pseudonym" and random.random() < _FOLLOWED:
            victim = random.choice(frequent_victims[victim.country])
        earlier_report = ""
        if of_form and incidents and random.random() < _RELATED:
            earlier = random.choice(incidents)
            victim, earlier_report = earlier.victim, earlier.report_id
        has_register = victim.country not in plan.undeclared
        started = BEGIN + timedelta(seconds=random.randrange(plan.days * 86_400))
        tokens = DECLARED[chosen] | (DECLARED_BY_CERT if has_register else frozenset())
        traces = [
            draw_trace(victim, TRACE_PLACES[chosen], tokens, random)
            for _ in range(random.choices(list(plan.traces), list(plan.traces.values()))[0])
        ]
        incident = Incident(
            number=number,
            victim=victim,
            kind=random.choice(FEED_KINDS if chosen in FEEDS else KINDS),
            format=chosen,
            started=started,
            released=started + timedelta(hours=random.randrange(4, 240)),
            people=random.randrange(*people_of(victim.size)),
            consent=consent,
            traces=tuple(trace for trace in traces if trace is not None),
            has_register=has_register,
            has_stages=of_form and random.random() < _STAGED,
            earlier_report=earlier_report,
        )
        incidents.append(incident)
        yield incident
