"""How many facts of the twenty incidents are in the bundle at the CERT, in what leaves by default, and in what leaves after
an officer approved everything that is held; for MISP events also in what misp-stix makes of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hub.home.keys import Key
from hub.home.member import OwnMember
from hub.release.policy import Approvals, Audience
from hub.release.space import confirm_values
from hub.release.step import Released, release
from hub.rendering.render import render
from hub.reports.read import ReadOptions
from hub.reports.report import Report
from tests.facts.bundle import Bundle, Fact
from tests.facts.events import EVENTS
from tests.facts.forms import FORMS
from tests.reports.reading_reports import only_report

NOW: Final = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
REGIONAL: Final = Audience("7f0c7a0e-0000-4000-8000-0000000000f1")
SECTORS: Final = (
    "healthcare utilities education energy financial-services transportation technology telecommunications insurance "
    "government-national"
).split()
MEMBER: Final = OwnMember(
    home=Path("nowhere"),
    identity="identity--5d1f3f2a-5e0f-4a2c-9b1d-1c2f0a7b6e11",
    name="CERT Utama",
    country="MY",
    key=Key(b"a key for the facts, of thirty-two bytes or more"),
    contact="duty@cert-utama.example",
    constituents={("MY", sector, size): 12 for sector in SECTORS for size in ("small", "medium", "large")},
)


@dataclass(frozen=True, slots=True)
class Incident:
    """One of the twenty: its kind, how to read it, and its facts."""

    title: str
    read: Callable[[], Report]
    facts: tuple[Fact, ...]


def forms(*, newer: bool = False) -> list[Incident]:
    """The ten of the form, with its newer columns or without."""

    def reader(cells: Mapping[str, Any], title: str) -> Callable[[], Report]:
        return lambda: _read(json.dumps(cells).encode(), f"{title}.json", "json")

    return [Incident(form.title, reader(form.cells(newer=newer), form.title), form.facts) for form in FORMS]


def events() -> list[Incident]:
    """The ten MISP events."""

    def reader(event: Mapping[str, Any], title: str) -> Callable[[], Report]:
        return lambda: _read(json.dumps({"Event": event}).encode(), f"{title}.json", "misp")

    return [Incident(event.title, reader(event.content, event.title), event.facts) for event in EVENTS]


def _read(body: bytes, name: str, file_format: str) -> Report:
    options = ReadOptions(default_country="MY")
    return only_report(body, name=name, format=file_format, options=options)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One incident, as it is, as it leaves by default, and as it leaves with everything approved."""

    incident: Incident
    standing: Bundle
    regional: Bundle
    answered: Bundle

    def missing(self, bundle: Bundle) -> list[str]:
        """The facts that this bundle does not hold, in words."""
        return [fact.words for fact in self.incident.facts if not fact.holds(bundle)]


def outcome_of(incident: Incident) -> Outcome:
    """Render and release one incident, by default and with all held values approved."""
    report = incident.read()
    rendered = render(report, MEMBER, now=NOW)
    by_default = release(rendered, report, MEMBER, REGIONAL, now=NOW)
    assert isinstance(by_default, Released), f"{incident.title}: {by_default.reason}"
    held_rows = by_default.preview.held()
    keys = frozenset(row.key for row in held_rows if not row.refused)
    approvals = Approvals(
        "Officer",
        texts=keys,
        values=keys,
        despite={row.key: "it is told to members" for row in held_rows if row.insist},
    )
    # As the publishing pipeline has it: an approved value is an indicator, whatever the report says of it.
    confirmed = confirm_values(report, approvals.values)
    rendered_again = render(confirmed, MEMBER, now=NOW)
    answered = release(rendered_again, confirmed, MEMBER, REGIONAL, approvals=approvals, now=NOW)
    assert isinstance(answered, Released), f"{incident.title}: {answered.reason}"
    return Outcome(
        incident,
        Bundle(rendered.contents),
        Bundle((*by_default.contents, *by_default.lone_contents)),
        Bundle((*answered.contents, *answered.lone_contents)),
    )


# In a process of its own, as MISP runs it: nothing of our types is registered there.
_BY_MISP_STIX: Final = """
import json, sys, warnings
warnings.simplefilter("ignore")
from misp_stix_converter import MISPtoSTIX21Parser
bundles = []
for event in json.load(sys.stdin):
    parser = MISPtoSTIX21Parser()
    parser.parse_misp_event({"Event": event})
    bundles.append(json.loads(parser.bundle.serialize())["objects"])
print(json.dumps(bundles))
"""


def by_misp_stix() -> list[Bundle]:
    """What misp-stix makes of the events, by its own rules for STIX 2.1."""
    done = subprocess.run(
        [sys.executable, "-c", _BY_MISP_STIX],
        input=json.dumps([event.content for event in EVENTS]),
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    )
    return [Bundle(objects) for objects in json.loads(done.stdout)]


@dataclass(frozen=True, slots=True)
class Row:
    """The incidents of one kind: how many facts are true as they are, by default, when all is answered, and by misp-stix."""

    name: str
    outcomes: tuple[Outcome, ...]
    misp_stix: int | None = None

    @property
    def facts(self) -> int:
        """All facts."""
        return sum(len(outcome.incident.facts) for outcome in self.outcomes)

    @property
    def standing(self) -> int:
        """The facts in the bundle at the CERT."""
        return self._held(lambda outcome: outcome.standing)

    @property
    def regional(self) -> int:
        """The facts in what leaves by default."""
        return self._held(lambda outcome: outcome.regional)

    @property
    def answered(self) -> int:
        """The facts in what leaves with all held values approved."""
        return self._held(lambda outcome: outcome.answered)

    def _held(self, bundle: Callable[[Outcome], Bundle]) -> int:
        return self.facts - sum(len(outcome.missing(bundle(outcome))) for outcome in self.outcomes)


def rows() -> list[Row]:
    """The three rows of the table; of a form without newer columns and with them the same facts are asked."""
    pairs = zip(EVENTS, by_misp_stix(), strict=True)
    by_others = (fact.holds(bundle) for event, bundle in pairs for fact in event.facts)
    return [
        Row("form", tuple(map(outcome_of, forms()))),
        Row("form, newer columns", tuple(map(outcome_of, forms(newer=True)))),
        Row("MISP", tuple(map(outcome_of, events())), sum(by_others)),
    ]


def table(measured: Iterable[Row]) -> str:
    """The table, for people."""
    lines = [f"{'':<22}{'facts':>6}{'standing':>10}{'default':>9}{'answered':>10}{'misp-stix':>11}"]
    for row in measured:
        other = "" if row.misp_stix is None else str(row.misp_stix)
        lines.append(
            f"{row.name:<22}{row.facts:>6}{row.standing:>10}{row.regional:>9}{row.answered:>10}{other:>11}".rstrip()
        )
    return "\n".join(lines)
