"""VERIS incidents (VCDB 1.3.x and schema 1.4): one JSON object, a list, or one on each line.

Times are dates, whose month and day may be missing, and durations after them; the reader keeps their precision.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from hub.reports import rsit
from hub.reports.formats.veris import tables
from hub.reports.formats.veris.effects import (
    NOTES,
    read_availability,
    read_confidentiality,
    read_discovery,
    read_impact,
    read_integrity,
    time_after,
)
from hub.reports.knowledge import Actor, Malware, Technique, VerisWord, Vulnerability
from hub.reports.moments import Timeline
from hub.reports.observables import Observable
from hub.reports.reading import roles, values
from hub.reports.reading.countries import country_code
from hub.reports.reading.draft import PROTECTED_REASON, Draft, Fields, Problem, distinct
from hub.reports.reading.indicators import guess_observable
from hub.reports.reading.options import ReadOptions
from hub.reports.reading.reader import Format, Record, read_records
from hub.reports.reading.source import Source, json_values
from hub.reports.reading.times import partial_date
from hub.reports.reading.veris_classes import RSIT_TYPES, rsit_type_of
from hub.reports.references import Reference
from hub.reports.report import Determination, Note, Reading, Report, ReportEvent, ReportStatus
from hub.reports.victims import Size, Victim
from hub.stix.methods import VERIS_WORDS
from hub.stix.vocabularies import CONFIDENCE_WORDS

FILLERS: Final = frozenset({"unknown", "na", "other", ""})


def read_veris(source: Source, options: ReadOptions) -> Iterator[Reading]:
    """Yield a report, or a RowError, for each incident."""
    return read_records(_FORMAT, _records(source), source, options)


def _records(source: Source) -> Iterator[Record]:
    for place, value in json_values(source):
        if isinstance(value, list):
            yield from ((f"{place}[{index}]", _unwrap(item)) for index, item in enumerate(value))
        else:
            yield place, _unwrap(value)


def _unwrap(value: Any) -> Any:
    inner = value.get("incident") if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else value


def _report(value: Any, draft: Draft) -> Report:
    """1. Id and determination. 2. Times. 3. Victims. 4. Actors. 5. Actions. 6. Impacts. 7. Lessons and other fields."""
    if not isinstance(value, dict):
        raise Problem("", value, "a VERIS incident: a JSON object")
    incident = Fields(value, draft)
    # 1.
    identity = incident.text("incident_id")
    if identity is None:
        raise Problem("incident_id", value.get("incident_id"), "an id of the incident")
    verdict = (incident.text("security_incident") or "").casefold()
    if verdict not in tables.DETERMINATIONS:
        raise Problem(
            "security_incident", value.get("security_incident"), "Confirmed, Suspected, Near miss or False positive"
        )
    description = incident.text("summary")
    # 2.
    timeline = _timeline(incident.mapping("timeline"), draft)
    # 3.
    victims, secondary_victims, affected_counts = _victims(incident.mappings("victim"), draft)
    # 4.
    actors, events = _actors(incident.mapping("actor"), draft)
    # 5.
    malware, vulnerabilities, techniques, incident_types, types, entry_vectors = _actions(
        incident.mapping("action"), draft
    )
    affected_counts |= _assets(incident.mapping("asset"), draft)
    # 6.
    attribute = incident.mapping("attribute")
    impacts = [
        *read_confidentiality(attribute.mapping("confidentiality"), draft),
        *read_integrity(attribute, timeline, draft),
        *read_availability(attribute, timeline, draft),
    ]
    attribute.note_remaining()
    severity, costs = read_impact(incident.mapping("impact"), draft)
    # 7.
    lessons = incident.text("control_failure")
    corrective_action = incident.text("corrective_action")
    for item in incident.list("ioc"):
        _indicator(item, draft)
    references = [Reference("VERIS", identity), *_references(incident.text("reference") or "", draft)]
    incident.ignore("schema_version", "schema_name")
    incident.drop(NOTES, "notes", "discovery_notes", "plus")
    incident.drop("has no place in an incident report", "targeted", "value_chain", "cost_corrective_action", "extra")
    methods = read_discovery(incident.take("discovery_method"), draft)
    certainty = incident.text("confidence") or ""
    confidence = CONFIDENCE_WORDS.get(certainty.casefold())
    if confidence is None:
        draft.note_unused("confidence", certainty, "is none of High, Medium, Low, None")
    incident.note_remaining()
    return Report(
        report_id=identity,
        source_format="veris",
        title=_title(types, victims[0]),
        description=description,
        rsit=tuple((line.rsit_class, line.type) for line in types),
        incident_types=incident_types,
        labels=tuple(line.label for line in types),
        status=ReportStatus.CLOSED,
        determination=Determination(tables.DETERMINATIONS[verdict]),
        severity=severity,
        confidence=confidence,
        tlp=draft.options.default_tlp,
        countries=distinct(code for victim in victims for code in victim.countries),
        timeline=timeline,
        detection_methods=methods,
        suspected_malicious=True if actors else None,
        secondary_victims=secondary_victims,
        victims=tuple(victim for victim in victims if victim != Victim()),
        affected_counts=affected_counts,
        impacts=(*impacts, *costs),
        events=events,
        recommended_actions=(corrective_action,) if corrective_action else (),
        notes=(Note(lessons, "lesson"),) if lessons else (),
        actors=actors,
        malware=malware,
        techniques=techniques,
        vulnerabilities=vulnerabilities,
        entry_vectors=entry_vectors,
        references=tuple(references),
    )


def _title(types: tuple[rsit.RsitType, ...], victim: Victim) -> str:
    """Return a title that names nobody: VERIS has no title."""
    place = f" in {victim.countries[0]}" if victim.countries else ""
    return f"{types[0].name}: {(victim.sectors or ('an',))[0].replace('-', ' ')} organisation{place}"


def without_fillers(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words except Unknown, NA and Other, which VERIS uses for missing values."""
    return tuple(text for text in words if text.casefold() not in FILLERS)


def _timeline(fields: Fields, draft: Draft) -> Timeline:
    incident = fields.mapping("incident")
    parts = [incident.read(key, lambda text: values.whole_number(text, least=1)) for key in ("year", "month", "day")]
    incident.drop("is a local time in an unknown zone", "time")
    started = None
    if parts[0] is not None:
        try:
            started = partial_date(parts[0], parts[1], parts[2])
        except ValueError as error:
            raise Problem("timeline.incident", "-".join(str(part) for part in parts if part), str(error)) from None
    incident.note_remaining()
    # The durations to exfiltration and discovery begin at the compromise, the duration to containment at the discovery.
    compromise = fields.mapping("compromise")
    compromise_time = time_after(started, compromise, draft) or started
    draft.note_unused(
        compromise.path("value"),
        compromise.text("value"),
        "has no field of its own; later times are calculated from it",
    )
    exfiltrated = time_after(compromise_time, fields.mapping("exfiltration"), draft)
    detected = time_after(compromise_time, fields.mapping("discovery"), draft)
    contained = time_after(detected, fields.mapping("containment"), draft)
    fields.note_remaining()
    return Timeline(started=started, exfiltrated=exfiltrated, detected=detected, contained=contained)


def _victims(items: list[Fields], draft: Draft) -> tuple[list[Victim], tuple[Victim, ...], dict[str, int]]:
    """Return (victims, secondary victims, their number). Schema 1.2 has a list of victims, later schemas have one."""
    results = [_victim(fields, draft) for fields in items]
    counts = [count for _, _, count in results if count is not None]
    secondary = tuple(victim for _, group, _ in results for victim in group)
    return [victim for victim, _, _ in results], secondary, {"organization": sum(counts)} if counts else {}


def _victim(fields: Fields, draft: Draft) -> tuple[Victim, tuple[Victim, ...], int | None]:
    """Return (victim, secondary victims, their number)."""
    industry = fields.text("industry") or ""
    prefix = next((code for code in sorted(tables.SECTORS, key=len, reverse=True) if industry.startswith(code)), None)
    sector = tables.SECTORS[prefix] if prefix else None
    level = next((tables.GOVERNMENT[word] for word in fields.words("government", tables.GOVERNMENT, FILLERS)), None)
    if sector == "government-national" and level:
        sector = level
    if sector is None and industry and industry not in {"00", "000000", "Unknown"}:
        draft.note_unused(fields.path("industry"), industry, "is no known NAICS code")
    size = fields.text("employee_count")
    size = None if (size or "").casefold() in FILLERS else size
    countries = tuple(
        code
        for text in without_fillers(fields.texts("country"))
        if (code := draft.attempt(country_code, fields.path("country"), text))
    )
    secondary = fields.mapping("secondary")
    secondary_count = secondary.read("amount", values.whole_number)
    names = without_fillers(tuple(part for text in secondary.texts("victim_id") for part in _names(text)))
    secondary.drop(PROTECTED_REASON, "victim_id")
    secondary.drop(NOTES, "notes")
    secondary.note_remaining()
    names_of_victim = tuple(name for text in fields.texts("victim_id") if (name := _name(text)))
    state = _name(fields.text("state"))
    fields.drop("is too exact to be shared", "state", "region", "revenue", "locations_affected")
    fields.drop(NOTES, "notes")
    words: dict[str, Size] = {"small": "small", "large": "large"}
    victim = Victim(
        name=names_of_victim[0] if names_of_victim else None,
        other_names=names_of_victim[1:],
        sectors=(sector,) if sector else (),
        size=words.get((size or "").casefold())
        or (draft.attempt(values.size_band, fields.path("employee_count"), size) if size else None),
        size_text=size,
        countries=countries,
        places=(state,) if state else (),
    )
    fields.note_remaining()
    count = secondary_count if secondary_count is not None else len(names) or None
    return victim, tuple(Victim(name=name) for name in names), count


def _names(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;\n]", text)]


def _name(text: str | None) -> str | None:
    return None if (text or "").casefold() in FILLERS else text


def _actors(fields: Fields, draft: Draft) -> tuple[tuple[Actor, ...], tuple[ReportEvent, ...]]:
    actors: list[Actor] = []
    events: list[ReportEvent] = []
    for side in ("external", "internal", "partner"):
        if fields.take(side) is None:
            continue
        actor = fields.mapping(side)
        varieties, names = without_fillers(actor.texts("variety")), without_fillers(actor.texts("name"))
        motive = next((tables.MOTIVES[word] for word in actor.words("motive", tables.MOTIVES, FILLERS)), None)
        types = tuple(dict.fromkeys(tables.ACTOR_TYPES[word] for word in varieties if tables.ACTOR_TYPES.get(word)))
        if side == "internal":
            types = (
                ("insider-disgruntled",)
                if motive in {"revenge", "personal-gain"}
                else ("insider-accidental",)
                if not motive
                else ()
            )
            events.append(ReportEvent("An insider took part", ("unauthorized-use",)))
        countries = tuple(
            code
            for text in without_fillers(actor.texts("country"))
            if (code := draft.attempt(country_code, actor.path("country"), text))
        )
        shown_names = names or ((varieties or types or (f"{side} actor",))[0],)
        for word in varieties:
            if not tables.ACTOR_TYPES.get(word) and word not in shown_names:
                draft.note_unused(actor.path("variety"), word, "is no type of threat actor in STIX")
        actors += [Actor(name, types=types, motivation=motive, countries=countries) for name in shown_names]
        actor.drop("is too exact to be shared", "region", "job_change", "industry")
        actor.drop(NOTES, "notes")
        actor.note_remaining()
    fields.take("unknown")
    fields.note_remaining()
    return tuple(actors), tuple(events)


_ENTRIES: Final = frozenset(VERIS_WORDS)
_VARIETIES: Final = {
    action: frozenset((
        *tables.EXACT_EVENTS[action], *RSIT_TYPES.get(action, ()),
        *(tables.MALWARE_TYPES if action == "malware" else ()),
        *(word for kind, name, word in VERIS_WORDS if (kind, name) == (action, "variety")),
    ))
    for action in tables.ACTION_EVENTS
}  # fmt: skip
_VECTORS: Final = {
    action: frozenset(word for kind, name, word in VERIS_WORDS if (kind, name) == (action, "vector"))
    for action in tables.ACTION_EVENTS
}


def _actions(
    fields: Fields, draft: Draft
) -> tuple[
    tuple[Malware, ...],
    tuple[Vulnerability, ...],
    tuple[Technique, ...],
    tuple[str, ...],
    tuple[rsit.RsitType, ...],
    tuple[VerisWord, ...],
]:
    malware: list[Malware] = []
    cves: list[str] = []
    techniques: list[Technique] = []
    words: list[str] = []
    types: list[rsit.RsitType] = []
    entries: list[VerisWord] = []
    for kind in (key for key in tables.ACTION_EVENTS if fields.take(key) is not None):
        action = fields.mapping(kind)
        varieties = action.words("variety", _VARIETIES[kind], FILLERS)
        vectors = action.words("vector", _VECTORS[kind], FILLERS)
        entries += [VerisWord(kind, "variety", word) for word in varieties if (kind, "variety", word) in _ENTRIES]
        entries += [VerisWord(kind, "vector", word) for word in vectors]
        exact_events = [tables.EXACT_EVENTS[kind][word] for word in varieties if word in tables.EXACT_EVENTS[kind]]
        words += exact_events or [tables.ACTION_EVENTS[kind]]
        line = rsit_type_of(kind, varieties)
        types += [line] if line else []
        if kind == "malware":
            malware = _malware(action, varieties)
        if kind in {"hacking", "social"}:
            techniques += [Technique(f"VERIS {kind}: {word}") for word in without_fillers(varieties)]
        for text in re.split(r"[,;\s]+", action.text("cve") or ""):
            name = draft.attempt(values.cve, action.path("cve"), text)
            cves += [name] if name else []
        action.drop("has no place in an incident report", "result", "target")
        action.drop(NOTES, "notes")
        action.note_remaining()
    fields.note_remaining()
    types = types or [rsit.RSIT["other", "undetermined"]]
    return (
        tuple(malware),
        tuple(Vulnerability(name) for name in dict.fromkeys(cves)),
        tuple(dict.fromkeys(techniques)),
        distinct(words),
        tuple(dict.fromkeys(types)),
        tuple(dict.fromkeys(entries)),
    )


def _malware(action: Fields, varieties: tuple[str, ...]) -> list[Malware]:
    types = distinct(tables.MALWARE_TYPES.get(word, "") for word in varieties)
    names = without_fillers(tuple(text.strip() for text in re.split(r"[;,]", action.text("name") or "")))
    return [Malware(name, types) for name in names] or [Malware((types or ("malware",))[0], types, is_named=False)]


def _assets(fields: Fields, draft: Draft) -> dict[str, int]:
    counts: dict[str, int] = {}
    for item in fields.list("assets"):
        asset = Fields(item if isinstance(item, Mapping) else {}, draft, fields.path("assets"))
        variety, amount = asset.text("variety") or "", asset.read("amount", values.whole_number)
        entity = tables.ASSETS.get(variety.partition(" - ")[0])
        if entity and amount is not None:
            counts[entity] = counts.get(entity, 0) + amount
        reason = f"is counted as {entity}" if entity and amount is not None else "is counted only with its amount"
        draft.note_unused(asset.path("variety"), variety if variety.casefold() not in FILLERS else "", reason)
        asset.note_remaining()
    fields.drop(NOTES, "notes")
    fields.note_remaining()
    return counts


def _references(text: str, draft: Draft) -> Iterator[Reference]:
    for part in re.split(r"[;\s]+", text):
        page = draft.attempt(values.url, "reference", part)
        if page:
            yield Reference("press", url=page)


def _indicator(item: Any, draft: Draft) -> None:
    text = item.get("indicator") if isinstance(item, Mapping) else item
    read: Callable[[str], Observable] = guess_observable
    observable = draft.attempt(read, "ioc", text)
    if observable:
        draft.observe(roles.adversary("ioc: an indicator of compromise").apply_to(observable))
    if isinstance(item, Mapping):
        ioc = Fields(item, draft, "ioc")
        ioc.ignore("indicator")
        ioc.drop(NOTES, "comment")
        ioc.note_remaining()


_FORMAT: Final = Format("veris", _report, lambda incident: str(incident.get("incident_id") or ""))
