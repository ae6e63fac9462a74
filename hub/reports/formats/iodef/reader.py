"""IODEF incidents: version 1 (RFC 5070) and 2 (RFC 7970) in XML, and RFC 8727 in JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from hub.reports import rsit
from hub.reports.formats.iodef import tables
from hub.reports.formats.iodef.impacts import Effects, read_assessment
from hub.reports.formats.iodef.observables import ObservableReader
from hub.reports.formats.iodef.tree import LANG, Tree, json_incidents, xml_incidents
from hub.reports.knowledge import Actor, Malware, Technique, Vulnerability
from hub.reports.markings import TLP_WORDS, TlpWord
from hub.reports.moments import Moment, Timeline
from hub.reports.reading import values
from hub.reports.reading.draft import Draft, Problem, distinct
from hub.reports.reading.options import ReadOptions
from hub.reports.reading.reader import Format, Record, read_records
from hub.reports.reading.source import Source, as_utf8
from hub.reports.reading.times import parse_moment
from hub.reports.references import Reference
from hub.reports.report import Note, Reading, Report, ReportKind, ReportStatus, Severity, Task, Translation
from hub.reports.victims import Contact, Victim


def read_iodef(source: Source, options: ReadOptions) -> Iterator[Reading]:
    """Yield a report, or a RowError, for each incident. Raises ReadingError for bad XML."""
    return read_records(_FORMAT, _records(source), source, options)


def _records(source: Source) -> Iterator[Record]:
    is_xml = as_utf8(source.head).lstrip()[:1] == b"<"
    return xml_incidents(source) if is_xml else json_incidents(source)


def _identity(incident: Element) -> str | None:
    return incident.findtext("IncidentID")


# Elements whose observables have their own level in a report, and elements whose content has none.
_WITH_LEVEL: Final = frozenset({"EventData", "Flow", "System", "IndicatorData", "Indicator"})
_WITHOUT_LEVEL: Final = frozenset(
    {"Method", "Description", "Expectation", "Assessment", "Discovery", "History", "Counter"}
)


class _Incident:
    """An incident while it is read."""

    def __init__(self, element: Element, draft: Draft) -> None:
        self.element, self.draft, self.tree = element, draft, Tree(draft)
        restriction = element.get("restriction", "").casefold()
        self.level: TlpWord = tables.RESTRICTIONS.get(restriction, draft.options.default_tlp)
        if restriction and restriction not in tables.RESTRICTIONS:
            draft.note_unused("restriction", restriction, f"is unknown; {self.level} is used")
        self._remove_restricted(element, self.level, "Incident")
        self.is_watch = element.get("purpose", "").casefold() == "watch"
        self.reader = ObservableReader(self.tree, draft, self.level, is_watch=self.is_watch)
        self.actors: list[Actor] = []
        self.malware: list[Malware] = []
        self.techniques: list[Technique] = []
        self.vulnerabilities: list[Vulnerability] = []
        self.references: list[Reference] = []
        self.notes: list[Note] = []
        self.related: list[str] = []

    def _remove_restricted(self, element: Element, level: TlpWord, place: str) -> None:
        """Remove elements that are more restricted than their incident and have no level of their own in a report.

        Systems and indicators keep their level. A method, an effect or a text would leave at the level of the incident.
        """
        for child in list(element):
            own_level = tables.RESTRICTIONS.get(child.get("restriction", "").casefold())
            is_raised = own_level is not None and TLP_WORDS.index(own_level) > TLP_WORDS.index(level)
            path = f"{place}/{child.tag}"
            if child.tag == "Contact":  # never leaves at all
                continue
            has_level = child.tag in _WITH_LEVEL
            child_level = own_level if own_level and is_raised and has_level else level
            is_above_incident = TLP_WORDS.index(level) > TLP_WORDS.index(self.level)
            if (is_raised and not has_level) or (is_above_incident and child.tag in _WITHOUT_LEVEL):
                self.tree.note_unused(child, path, f"is restricted ({own_level or level}), more than its incident")
                element.remove(child)
            else:
                self._remove_restricted(child, child_level, path)

    def report(self) -> Report:
        """1. Names and times. 2. Texts. 3. Effects and classes. 4. Methods. 5. Contacts. 6. Observables. 7. Tasks."""
        tree, element, draft = self.tree, self.element, self.draft
        # 1.
        identity = self._identity()
        timeline = self._timeline()
        # 2.
        description, language, translations = self._texts()
        # 3.
        effects = Effects()
        for assessment in tree.children(element, "Assessment"):
            read_assessment(assessment, tree, draft, timeline, effects)
            effects.confidence = (
                self.reader.read_confidence(tree.first_child(assessment, "Confidence")) or effects.confidence
            )
        types = effects.classify()
        self.reader.types = tuple(types)
        self.reader.has_target = any(system.get("category") == "target" for system in element.iter("System"))
        # 4.
        for part in tree.children(element, "Discovery"):
            effects.detection.append(tables.DISCOVERY.get(part.get("source", "").casefold(), ""))
            text = tree.text(part, "Description")
            self.notes += [Note(text, title="Discovery")] if text else []
        for method in tree.children(element, "Method"):
            self._method(method)
        # 5.
        victims, contacts = self._contacts()
        # 6.
        for data in tree.children(element, "EventData"):
            self._event_data(data, self.reader.stricter_level(data))
        for parent in (element, *tree.children(element, "IndicatorData")):
            parent_level = self.reader.stricter_level(parent) if parent is not element else None
            for indicator in tree.children(parent, "Indicator"):
                self.reader.read_indicator(indicator, parent_level)
        # 7.
        tasks = tuple(
            self._task(item)
            for history in tree.children(element, "History")
            for item in tree.children(history, "HistoryItem")
        )
        tree.note_remaining(element)
        labels = distinct((*(line.label for line in types), *effects.labels))
        return Report(
            # A watch list may have the id of its incident, but it is a separate report.
            report_id=f"{identity}/watch" if self.is_watch else identity,
            source_format="iodef",
            title=_title(description, types[0]),
            kind=ReportKind.WATCH if self.is_watch else ReportKind.CASE,
            description=description,
            language=language,
            translations=translations,
            rsit=tuple((line.rsit_class, line.type) for line in types),
            incident_types=distinct([*(word for line in types for word in line.incident_types), *effects.event_types]),
            labels=labels,
            status=tables.STATUSES.get(element.get("status", "").casefold(), ReportStatus.NEW),
            determination=effects.determination(),
            severity=Severity(effects.criticality, "IODEF severity", effects.severity) if effects.severity else None,
            confidence=effects.confidence,
            tlp=self.level,
            countries=distinct(code for victim in victims for code in victim.countries),
            timeline=timeline,
            detection_methods=distinct(effects.detection),
            victims=victims,
            secondary_victims=(Victim(hosts=distinct(self.reader.machine_names)),) if self.reader.machine_names else (),
            impacts=tuple(effects.impacts),
            tasks=tasks,
            notes=(*self.notes, *effects.notes),
            actors=tuple(dict.fromkeys(self.actors)),
            malware=tuple(dict.fromkeys(self.malware)),
            techniques=tuple(dict.fromkeys(self.techniques)),
            vulnerabilities=tuple(dict.fromkeys(self.vulnerabilities)),
            sightings=tuple(self.reader.sightings),
            references=tuple(self.references),
            related_reports=distinct(self.related),
            contacts=contacts,
        )

    def _identity(self) -> str:
        tree = self.tree
        id_element = tree.first_child(self.element, "IncidentID")
        text = tree.full_text(id_element) if id_element is not None else None
        if id_element is None or text is None:
            raise Problem("IncidentID", None, "the incident's id, with the name of the CERT that gave it")
        name = id_element.get("name", "")
        self.references.append(Reference(name or "IODEF", text))
        for alternative in tree.children(self.element, "AlternativeID"):
            self.references += [
                Reference(part.get("name", "IODEF"), number)
                for part in tree.children(alternative, "IncidentID")
                if (number := tree.full_text(part))
            ]
        for activity in tree.children(self.element, "RelatedActivity"):
            self._related(activity, name)
        return f"{name}/{text}"[:300] if name else text[:300]

    def _related(self, activity: Element, own_name: str) -> None:
        tree = self.tree
        for part in tree.children(activity, "IncidentID"):
            text, name = tree.full_text(part), part.get("name", "")
            if text and name == own_name:
                self.related.append(f"{name}/{text}" if name else text)
            elif text:
                self.references.append(Reference(name or "IODEF", text, description="related incident"))
        for part in tree.children(activity, "URL"):
            page = self.draft.attempt(values.url, "RelatedActivity/URL", tree.full_text(part))
            self.references += [Reference("related activity", url=page)] if page else []
        for tag, kind in (("ThreatActor", "threat-actor"), ("Campaign", "campaign")):
            for part in tree.children(activity, tag):
                title = tree.text(part, f"{tag}ID") or tree.text(part, "Description")
                if title:
                    self.actors.append(Actor(title, kind, description=tree.text(part, "Description")))  # type: ignore[arg-type]  # one of the two kinds above

    def _moment(self, tag: str) -> Moment | None:
        zone = self.draft.options.zone
        return self.draft.attempt(lambda text: parse_moment(text, zone), tag, self.tree.text(self.element, tag))

    def _timeline(self) -> Timeline:
        return Timeline(
            started=self._moment("StartTime"),
            ended=self._moment("EndTime"),
            detected=self._moment("DetectTime"),
            reported=self._moment("ReportTime"),
            resolved=self._moment("RecoveryTime"),
            written=self._moment("GenerationTime"),
        )

    def _texts(self) -> tuple[str | None, str | None, tuple[Translation, ...]]:
        """Return the descriptions in the language of the report, joined; those in other languages become translations."""
        report_language = self._language(self.element)
        texts: dict[str, list[str]] = {}
        for part in self.tree.children(self.element, "Description"):
            text = self.tree.full_text(part)
            if text:
                texts.setdefault(self._language(part) or report_language or "", []).append(text)
        language = report_language if report_language in texts else next(iter(texts), None)
        description = "\n".join(texts.pop(language)) if language is not None and texts else None
        translations = tuple(
            Translation(code, "description", "\n".join(lines)) for code, lines in texts.items() if code
        )
        return description, report_language or language or None, translations

    def _language(self, element: Element) -> str | None:
        return self.draft.attempt(values.language, "lang", element.get(LANG) or element.get("lang"))

    def _method(self, method: Element) -> None:
        tree = self.tree
        for part in tree.children(method, "Reference"):
            name = (
                " ".join(text for title in tree.children(part, "ReferenceName") if (text := tree.full_text(title)))
                or None
            )
            pages = [
                self.draft.attempt(values.url, "Method/Reference/URL", tree.full_text(page))
                for page in tree.children(part, "URL")
            ]
            description = tree.text(part, "Description")
            self._add_named_thing(name, description)
            self.references += [
                Reference(name or "reference", url=page, description=description, public=True) for page in pages if page
            ]
        for part in tree.children(method, "AttackPattern"):
            name, description = tree.text(part, "AttackPatternID", "RawData"), tree.text(part, "Description")
            self.techniques += [_technique(name or description or "", description)] if name or description else []
        for part in tree.children(method, "Vulnerability"):
            self._add_named_thing(tree.text(part, "VulnerabilityID", "RawData") or tree.text(part, "Description"), None)
        for part in tree.children(method, "Weakness"):
            weakness = tree.text(part, "WeaknessID", "RawData") or tree.text(part, "Description")
            self.references += [Reference("cwe", weakness, public=True)] if weakness else []
        for part in tree.children(method, "Description"):
            text = tree.full_text(part)
            self.notes += [Note(text, title="Method")] if text else []

    def _add_named_thing(self, name: str | None, description: str | None) -> None:
        """Add what a name refers to: a CVE, a technique, an advisory, or else malware or a tool."""
        if not name:
            return
        for read in (values.cve, values.technique_id):
            try:
                number = read(name)
            except ValueError:
                continue
            if read is values.cve:
                self.vulnerabilities.append(Vulnerability(number, description))
            else:
                self.techniques.append(_technique(number, description))
            return
        if any(char.isdigit() for char in name) and "-" in name:
            self.references.append(Reference("advisory", name, description=description, public=True))
        else:
            self.malware.append(
                Malware(
                    name,
                    kind="tool" if name.casefold() in {"nmap", "masscan", "mimikatz"} else "malware",
                    description=description,
                )
            )

    def _contacts(self) -> tuple[tuple[Victim, ...], tuple[Contact, ...]]:
        victims: list[Victim] = []
        contacts: list[Contact] = []
        parents = (self.element, *self.element.iter("EventData"))
        queue = [contact for parent in parents for contact in self.tree.children(parent, "Contact")]
        while queue:
            element = queue.pop(0)
            queue += self.tree.children(element, "Contact")
            self._add_contact(element, victims, contacts)
        return tuple(victims), tuple(contacts)

    def _add_contact(self, element: Element, victims: list[Victim], contacts: list[Contact]) -> None:
        tree, role = self.tree, element.get("role", "").casefold()
        name = tree.text(element, "ContactName")
        emails = distinct(tree.full_text(part) or "" for part in tree.children(element, "Email"))
        phones = distinct(tree.full_text(part) or "" for part in tree.children(element, "Telephone"))
        numbers = distinct(tree.full_text(part) or "" for part in tree.children(element, "RegistryHandle"))
        places = distinct(tree.full_text(part) or "" for part in tree.children(element, "PostalAddress"))
        is_person = element.get("type") == "person"
        if role == "victim":
            people = [tree.text(part, "ContactName") or "" for part in element if part.tag == "Contact"]
            victims.append(
                Victim(
                    name=name,
                    is_person=is_person,
                    people=distinct(people),
                    registration_numbers=numbers,
                    emails=emails,
                    places=places,
                )
            )
        else:
            contacts.append(Contact(role, name if is_person else None, None if is_person else name, emails, phones))
        unused_tags = {"PostalAddress", "RegistryHandle", *(("Telephone",) if role == "victim" else ())}
        for part in element:
            if part.tag not in {"ContactName", "Email", "Telephone", "Contact"} or part.tag in unused_tags:
                self.draft.note_unused(
                    f"Contact/{part.tag}", tree.full_text(part), "describes a person or desk, and stays at the CERT"
                )

    def _event_data(self, data: Element, level: TlpWord | None) -> None:
        tree = self.tree
        for flow in tree.children(data, "Flow"):
            self.reader.read_flow(flow, self.reader.stricter_level(flow, level))
        if any(child.tag == "System" for child in data):  # in JSON, systems are not in a Flow
            self.reader.read_flow(data, level)
        for part in tree.children(data, "Expectation"):
            action, text = part.get("action", "other"), tree.text(part, "Description")
            self.notes.append(Note(f"requested: {action}" + (f" ({text})" if text else ""), "requested"))
        for part in tree.children(data, "Description"):
            text = tree.full_text(part)
            self.notes += [Note(text, title="Event")] if text else []
        for method in tree.children(data, "Method"):
            self._method(method)
        for nested in tree.children(data, "EventData"):
            self._event_data(nested, self.reader.stricter_level(nested, level))

    def _task(self, item: Element) -> Task:
        tree, action = self.tree, item.get("action", "other").casefold()
        zone = self.draft.options.zone
        start = self.draft.attempt(
            lambda text: parse_moment(text, zone), "HistoryItem/DateTime", tree.text(item, "DateTime")
        )
        kind = next((word for prefix, word in tables.TASKS.items() if action.startswith(prefix)), "administrative")
        description = (
            " ".join(text for part in tree.children(item, "Description") if (text := tree.full_text(part))) or None
        )
        return Task(action.replace("-", " ").capitalize(), (kind,), description, start, outcome="successful")


def _technique(name: str, description: str | None) -> Technique:
    try:
        technique_id = values.technique_id(name)
    except ValueError:
        capec = name.upper() if name.upper().startswith("CAPEC-") else None
        return Technique(name, capec_id=capec, description=description)
    return Technique(technique_id, technique_id, description=description)


def _title(description: str | None, line: rsit.RsitType) -> str:
    """Return the first sentence of the description, or the class: IODEF has no title."""
    sentence = (description or "").split("\n")[0].split(". ")[0].strip()
    return sentence[:120] if sentence else line.name


_FORMAT: Final = Format("iodef", lambda incident, draft: _Incident(incident, draft).report(), _identity)
