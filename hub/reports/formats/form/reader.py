"""Read the form into a Report: one mapping of column to value, from CSV, XLSX, YAML or JSON.

A person fills in the form and can correct it, so it is read strictly: every value that cannot be read is an error that
names its column, and a row with an error gives no report. Formats that machines write are read more leniently.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from typing import Any, Final

from hub.protocol.labels import Stage
from hub.reports import rsit
from hub.reports.formats.form.columns import COLUMNS, LIST_COLUMNS, REQUIRED_COLUMNS
from hub.reports.formats.form.headings import is_victims_name
from hub.reports.formats.form.impacts import read_impacts
from hub.reports.formats.form.indicators import NamedParts, read_indicators
from hub.reports.formats.form.row import FormRow, Formula, standard_word, yes_or_no
from hub.reports.formats.form.synonyms import INCIDENT_CLASSES, INCIDENT_TYPES, UNKNOWN, synonym_key
from hub.reports.knowledge import Actor, Malware, Technique, Vulnerability
from hub.reports.losses import excerpt
from hub.reports.moments import Fidelity, Timeline
from hub.reports.reading import methods, values
from hub.reports.reading.countries import country_code
from hub.reports.reading.draft import PROTECTED_REASON, Draft, Problems, distinct
from hub.reports.reading.sectors import sector_word
from hub.reports.reading.spelling import spelling_key
from hub.reports.references import Reference
from hub.reports.report import Determination, Note, Report, ReportEvent, ReportStatus, Severity, Task
from hub.reports.victims import Consent, Contact, Victim
from hub.stix.incident import DETECTION_METHODS, RECOVERABILITIES
from hub.stix.vocabularies import (
    CONFIDENCE_WORDS,
    ROOT_CAUSES,
    SEVERITY_NUMBERS,
    SEVERITY_WORDS,
)


def read_row(cells: Mapping[str, Any], draft: Draft) -> Report:
    """Read one completed form. Raises Problems with every column that must be corrected."""
    row = FormRow(cells, draft, [])
    for column, value in cells.items():
        if column not in COLUMNS:
            reason = PROTECTED_REASON if is_victims_name(column) else "is no column of the form"
            draft.note_unused(column, value.text if isinstance(value, Formula) else value, reason)
    for column in REQUIRED_COLUMNS:
        if cells.get(column) in (None, "", []) or not str(cells.get(column)).strip():
            row.add_problem(column, None, f"{COLUMNS[column]} (this column must be filled)")
    report = _report(row)
    if row.problems or report is None:
        raise Problems(row.problems)
    return report


def identity(cells: Mapping[str, Any]) -> str | None:
    """Return the report_id of a row, for messages."""
    return str(cells.get("report_id") or "").strip() or None


def _report(row: FormRow) -> Report | None:
    """1. Classification. 2. Times. 3. Victims. 4. Impacts. 5. Attackers and methods. 6. Actions."""
    # 1.
    types = _classification(row)
    title = row.text("title") or ""
    malware = row.list("malware", values.plain_text)
    incident_types = [word for line in types for word in line.incident_types]
    names = (title, *malware, *map(str, row.items("incident_type")))
    if "infected-by-known-malware" in incident_types and any(_RANSOM.search(spelling_key(text)) for text in names):
        incident_types.insert(0, "ransomware")
    # 2.
    timeline = _timeline(row)
    # 3.
    consent = row.word("consent", Consent)
    countries = distinct((*row.list("country", country_code), *row.list("other_countries", country_code)))
    hosts: list[str] = []
    # 4.
    impacts = read_impacts(row, timeline)
    # 5.
    knowledge = _knowledge(row, malware)
    relations = read_indicators(row, types, hosts, NamedParts(**knowledge))
    victim = _victim(row, countries, hosts)
    cause = row.word("root_cause", ROOT_CAUSES)
    malicious = row.read(
        "suspected_malicious",
        lambda text: None if synonym_key(text) in UNKNOWN else yes_or_no(text),
    )
    determination, status, tlp = (
        row.word("determination", Determination),
        row.word("status", ReportStatus),
        row.read("tlp", lambda text: values.tlp(standard_word("tlp", text))),
    )
    stage = row.word("stage", Stage)
    report_id = row.read("report_id", _identity)
    contact = Contact(
        "reporter",
        row.text("contact_name"),
        emails=row.list("contact_email", values.email),
        phones=row.list("contact_phone", values.plain_text),
    )
    fields: dict[str, Any] = {
        "language": row.read("language", values.language),
        "severity": row.read("severity", _severity),
        "confidence": row.read("confidence", _confidence),
        "pap": row.read("pap", values.pap),
        "cross_border": row.yes_no("cross_border"),
        "detection_methods": row.list("detection_method", lambda text: values.vocabulary_word(text, DETECTION_METHODS)),
        "recoverability": row.word("recoverability", RECOVERABILITIES),
        "affected_counts": {
            entity: count
            for column, entity in (
                ("affected_individuals", "individual"),
                ("affected_systems", "system"),
                ("affected_organisations", "organization"),
            )
            if (count := row.read(column, values.whole_number)) is not None
        },
        "entry_vectors": row.list("entry_vector", methods.entry_vector),
        "software": row.list("packages", methods.software),
        "flood": methods.flood(row.list("attack_vector", methods.flood_vector), row.list("attack_rate", methods.rate)),
        "mitigations": row.list("mitigation", methods.mitigation),
        "fixes": row.list("fixed_in", methods.fix),
        "data_sources": row.list("detection_advice", methods.data_source),
        "recommended_actions": row.list("recommended_actions", str),
        "related_reports": row.list("related_reports", _identity),
    }
    # 6.
    actions, lessons = row.text("actions_taken"), row.text("lessons")
    if row.problems or not types or not report_id or not tlp or not determination or not status:
        return None
    return Report(
        report_id=report_id,
        source_format="form",
        title=title,
        description=row.text("description"),
        stage=Stage(stage) if stage else None,
        rsit=tuple((line.rsit_class, line.type) for line in types),
        incident_types=distinct(incident_types),
        labels=tuple(line.label for line in types),
        status=ReportStatus(status),
        determination=Determination(determination),
        tlp=tlp,
        countries=countries,
        timeline=timeline,
        suspected_malicious=malicious if malicious is not None else True if cause == "malicious-actions" else None,
        root_cause=cause,
        victims=(victim,) if victim != Victim() else (),
        consent=Consent(consent) if consent else None,
        impacts=impacts,
        events=(ReportEvent(f"Root cause: {cause.replace('-', ' ')}", ROOT_CAUSES[cause]),)
        if cause and ROOT_CAUSES[cause]
        else (),
        tasks=(Task("Actions taken", ("containment",), actions),) if actions else (),
        notes=(Note(lessons, "lesson"),) if lessons else (),
        references=(Reference("report", report_id),),
        contacts=(contact,) if contact != Contact("reporter") else (),
        relations=relations,
        secondary_victims=_other_victim_names(row),
        **knowledge,
        **fields,
    )


def _knowledge(row: FormRow, malware: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields of a Report that an indicator can indicate: actors, malware, techniques, vulnerabilities."""
    return {
        "actors": tuple(Actor(name) for name in row.list("actor", values.plain_text)),
        "malware": (
            *(Malware(name) for name in malware),
            *(Malware(name, kind="tool") for name in row.list("tool", values.plain_text) if name not in malware),
        ),
        "techniques": tuple(Technique(key, key) for key in row.list("attack_techniques", values.technique_id)),
        "vulnerabilities": tuple(Vulnerability(name) for name in row.list("cves", values.cve)),
    }


_RANSOM: Final = re.compile(
    spelling_key("ransom|tebusan|pemeras|tống tiền|แรนซัม|เรียกค่าไถ่|勒索|ចាប់ជំរិត|ແຣນຊຳ|ရန်ဆမ်း|ரான்சம்")
)


def _classification(row: FormRow) -> list[rsit.RsitType]:
    class_name = row.text("incident_class")
    class_name = INCIDENT_CLASSES.get(synonym_key(class_name), class_name) if class_name else None
    if class_name and "-".join(class_name.casefold().replace("_", " ").split()) not in rsit.CLASSES:
        row.add_problem("incident_class", class_name, "one of " + ", ".join(rsit.CLASSES))
        return []
    lines: list[rsit.RsitType] = []
    for item in row.items("incident_type"):
        # incident_class is the class of the first type; further types may have another class.
        line = _type_of(str(item), None if lines else class_name)
        if line is None:
            types_of_class = [
                key for rsit_class, key in rsit.RSIT if not class_name or rsit_class == class_name.casefold()
            ]
            row.add_problem(
                "incident_type", item, "one of " + ", ".join(types_of_class or [key for _, key in rsit.RSIT])
            )
        else:
            lines.append(line)
    return lines


def _type_of(text: str, rsit_class: str | None) -> rsit.RsitType | None:
    """Return the RSIT type for a word, a synonym, or any text with "ransom", in the given class or in any class."""
    line = rsit.find(text, rsit_class) or rsit.find(INCIDENT_TYPES.get(synonym_key(text), ""), rsit_class)
    return line or (rsit.find("infected-system", rsit_class) if _RANSOM.search(spelling_key(text)) else None)


def _timeline(row: FormRow) -> Timeline:
    times = {name: row.moment(f"{name}_at") for name in ("started", "ended", "detected", "reported", "resolved")}
    precision = row.word("started_precision", Fidelity)
    started, ended = times["started"], times["ended"]
    if precision and started:
        # The coarser precision counts: for the date 2026-03-01, "hour" does not make it more exact.
        times["started"] = started = replace(
            started, fidelity=max(started.fidelity, Fidelity(precision), key=list(Fidelity).index)
        )
    if (
        not times["detected"]
        and not times["reported"]
        and not any(p.key in {"detected_at", "reported_at"} for p in row.problems)
    ):
        row.add_problem("detected_at", None, "when it was detected or reported (one of the two must be filled)")
    if started and ended and ended.instant < started.instant and ended.fidelity is started.fidelity:
        row.add_problem("ended_at", row.cells.get("ended_at"), "a time after started_at")
    return Timeline(**times)


def _victim(row: FormRow, countries: tuple[str, ...], hosts: list[str]) -> Victim:
    size = row.text("victim_size")
    return Victim(
        name=row.text("victim_name"),
        registration_numbers=row.list("victim_registration_no", values.plain_text),
        short_names=row.list("victim_abbreviations", values.plain_text),
        brands=row.list("victim_brands", values.plain_text),
        people=row.list("victim_people", values.plain_text),
        hosts=distinct((*row.list("victim_hosts", values.plain_text), *hosts)),
        domains=row.list("victim_domain", values.site),
        ip_ranges=distinct(chain.from_iterable(row.list("victim_ip_ranges", values.address_range))),
        sectors=row.list("victim_sector", sector_word),
        subsector=row.text("victim_subsector"),
        size=row.read("victim_size", lambda text: values.size_band(standard_word("victim_size", text)))
        if size
        else None,
        size_text=size,
        countries=countries[:1],
        critical_infrastructure=row.yes_no("critical_infrastructure"),
    )


def _other_victim_names(row: FormRow) -> tuple[Victim, ...]:
    """Return the names in other columns for the victim's name; any of them may be the actual name."""
    names = (value for column, value in row.cells.items() if column not in COLUMNS and is_victims_name(column))
    return tuple(Victim(name=name) for name in distinct(value.strip() for value in names if isinstance(value, str)))


def _identity(text: str) -> str:
    if len(text) > 200 or not text.isprintable():
        raise ValueError("an id of at most 200 printable characters, unique at your CERT")
    return text


def _severity(text: str) -> Severity:
    word = standard_word("severity", text).casefold()
    if word in SEVERITY_WORDS:
        return Severity(SEVERITY_WORDS[word], "word", text)
    level = int(text[0]) if re.fullmatch(r"\d(?:\.0+)?", text, re.ASCII) else 0
    if level not in SEVERITY_NUMBERS:
        raise ValueError("1, 2, 3, 4 or 5 (or low, medium, high, critical)")
    return Severity(SEVERITY_NUMBERS[level], "national 1-5", text, float(level))


def _confidence(text: str) -> int:
    word = standard_word("confidence", text).casefold()
    if word in CONFIDENCE_WORDS:
        return CONFIDENCE_WORDS[word]
    try:
        return values.whole_number(text.removesuffix("%").rstrip(), most=100)
    except ValueError:
        raise ValueError("a whole number from 0 to 100, or low, medium, high") from None


def flatten(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document as one row. YAML and JSON may nest the columns of victim and contact, and may use lists."""
    row: dict[str, Any] = {}
    for key, value in document.items():
        name = str(key).strip().casefold()
        if name in {"victim", "contact"} and isinstance(value, Mapping):
            for inner, item in value.items():
                nested = f"{name}_{str(inner).strip().casefold()}"
                nested = nested if nested in COLUMNS else str(inner).strip().casefold()
                row[nested if nested in COLUMNS else f"{name}.{excerpt(inner)}"] = item
        else:
            row[name] = value
    return {key: _single_value(key, value) for key, value in row.items()}


def _single_value(column: str, value: Any) -> Any:
    """Replace a list of one by its value if the column has a single value; replace true and false by yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and len(value) == 1 and column not in LIST_COLUMNS:
        return _single_value(column, value[0])
    return value
