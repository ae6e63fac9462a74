"""IODEF incidents: version 1 (RFC 5070) and 2 (RFC 7970) in XML, and RFC 8727 in JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from hub.reports import rsit
from hub.reports.formats.iodef import tables
from hub.reports.formats.iodef.impacts import Effects, read_assessment
from hub.reports.formats.iodef.observables import Observing
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
    """Read incident by incident; a RowError stands for one that cannot be used. Raises ReadingError for bad XML."""
    return read_records(_FORMAT, _records(source), source, options)


def _records(source: Source) -> Iterator[Record]:
    is_xml = as_utf8(source.head).lstrip()[:1] == b"<"
    return xml_incidents(source) if is_xml else json_incidents(source)


def _identity(incident: Element) -> str | None:
    return incident.findtext("IncidentID")


# Parts whose observables carry a level of their own, and parts of them that say something without one.
_CARRYING: Final = frozenset({"EventData", "Flow", "System", "IndicatorData", "Indicator"})
_SAYING: Final = frozenset({"Method", "Description", "Expectation", "Assessment", "Discovery", "History", "Counter"})


class _Incident:
    """An incident while it is read."""

    def __init__(self, element: Element, draft: Draft) -> None:
        self.element, self.draft, self.tree = element, draft, Tree(draft)
        restriction = element.get("restriction", "").casefold()
        self.level: TlpWord = tables.RESTRICTIONS.get(restriction, draft.options.default_tlp)
        if restriction and restriction not in tables.RESTRICTIONS:
            draft.note_unused("restriction", restriction, f"is not known; {self.level} is used")
        self._keep_back(element, self.level, "Incident")
        self.watch = element.get("purpose", "").casefold() == "watch"
        self.observing = Observing(self.tree, draft, self.level, watch=self.watch)
        self.actors: list[Actor] = []
        self.malware: list[Malware] = []
        self.techniques: list[Technique] = []
        self.vulnerabilities: list[Vulnerability] = []
        self.references: list[Reference] = []
        self.notes: list[Note] = []
        self.related: list[str] = []

    def _keep_back(self, element: Element, level: TlpWord, place: str) -> None:
        """Take out what is restricted more than what is around it and has no level of its own in a report.

        Systems and indicators carry theirs; a method, an effect or a text would leave at that of the incident.
        """
        for child in list(element):
            own = tables.RESTRICTIONS.get(child.get("restriction", "").casefold())
            is_raised = own is not None and TLP_WORDS.index(own) > TLP_WORDS.index(level)
            path = f"{place}/{child.tag}"
            if child.tag == "Contact":  # never leaves at all
                continue
            carries = child.tag in _CARRYING
            inside = own if own and is_raised and carries else level
            beyond = TLP_WORDS.index(level) > TLP_WORDS.index(self.level)
            if (is_raised and not carries) or (beyond and child.tag in _SAYING):
                self.tree.note_unused(child, path, f"is restricted ({own or level}), more than its incident")
                element.remove(child)
            else:
                self._keep_back(child, inside, path)

    def report(self) -> Report:
        """1. Names and times. 2. Text. 3. Effects and class. 4. How. 5. Who. 6. What was seen. 7. What was done."""
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
                self.observing.confidence(tree.first_child(assessment, "Confidence")) or effects.confidence
            )
        types = effects.classify()
        self.observing.types = tuple(types)
        self.observing.aimed = any(system.get("category") == "target" for system in element.iter("System"))
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
            self._event_data(data, self.observing.raised(data))
        for holder in (element, *tree.children(element, "IndicatorData")):
            around = self.observing.raised(holder) if holder is not element else None
            for indicator in tree.children(holder, "Indicator"):
                self.observing.indicator(indicator, around)
        # 7.
        tasks = tuple(
            self._task(item)
            for history in tree.children(element, "History")
            for item in tree.children(history, "HistoryItem")
        )
        tree.note_remaining(element)
        labels = distinct((*(line.label for line in types), *effects.labels))
        return Report(
            # A watch list may go out under the id of the incident it grew from; it is another report nevertheless.
            report_id=f"{identity}/watch" if self.watch else identity,
            source_format="iodef",
            title=_title(description, types[0]),
            kind=ReportKind.WATCH if self.watch else ReportKind.CASE,
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
            secondary_victims=(Victim(hosts=distinct(self.observing.machines)),) if self.observing.machines else (),
            impacts=tuple(effects.impacts),
            tasks=tasks,
            notes=(*self.notes, *effects.notes),
            actors=tuple(dict.fromkeys(self.actors)),
            malware=tuple(dict.fromkeys(self.malware)),
            techniques=tuple(dict.fromkeys(self.techniques)),
            vulnerabilities=tuple(dict.fromkeys(self.vulnerabilities)),
            sightings=tuple(self.observing.sightings),
            references=tuple(self.references),
            related_reports=distinct(self.related),
            contacts=contacts,
        )

    def _identity(self) -> str:
        tree = self.tree
        own = tree.first_child(self.element, "IncidentID")
        text = tree.full_text(own) if own is not None else None
        if own is None or text is None:
            raise Problem("IncidentID", None, "the incident's id, with the name of the CERT that gave it")
        name = own.get("name", "")
        self.references.append(Reference(name or "IODEF", text))
        for other in tree.children(self.element, "AlternativeID"):
            self.references += [
                Reference(part.get("name", "IODEF"), number)
                for part in tree.children(other, "IncidentID")
                if (number := tree.full_text(part))
            ]
        for activity in tree.children(self.element, "RelatedActivity"):
            self._related(activity, name)
        return f"{name}/{text}"[:300] if name else text[:300]

    def _related(self, activity: Element, own: str) -> None:
        tree = self.tree
        for part in tree.children(activity, "IncidentID"):
            text, name = tree.full_text(part), part.get("name", "")
            if text and name == own:
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
        """Descriptions in the report's language, joined; those in others become translations."""
        main = self._language(self.element)
        texts: dict[str, list[str]] = {}
        for part in self.tree.children(self.element, "Description"):
            text = self.tree.full_text(part)
            if text:
                texts.setdefault(self._language(part) or main or "", []).append(text)
        first = main if main in texts else next(iter(texts), None)
        description = "\n".join(texts.pop(first)) if first is not None and texts else None
        others = tuple(Translation(code, "description", "\n".join(lines)) for code, lines in texts.items() if code)
        return description, main or first or None, others

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
            described = tree.text(part, "Description")
            self._named(name, described)
            self.references += [
                Reference(name or "reference", url=page, description=described, public=True) for page in pages if page
            ]
        for part in tree.children(method, "AttackPattern"):
            name, described = tree.text(part, "AttackPatternID", "RawData"), tree.text(part, "Description")
            self.techniques += [_technique(name or described or "", described)] if name or described else []
        for part in tree.children(method, "Vulnerability"):
            self._named(tree.text(part, "VulnerabilityID", "RawData") or tree.text(part, "Description"), None)
        for part in tree.children(method, "Weakness"):
            weakness = tree.text(part, "WeaknessID", "RawData") or tree.text(part, "Description")
            self.references += [Reference("cwe", weakness, public=True)] if weakness else []
        for part in tree.children(method, "Description"):
            text = tree.full_text(part)
            self.notes += [Note(text, title="Method")] if text else []

    def _named(self, name: str | None, described: str | None) -> None:
        """A reference by name: a CVE, a technique, an advisory, or else malware or a tool."""
        if not name:
            return
        for read in (values.cve, values.technique_id):
            try:
                number = read(name)
            except ValueError:
                continue
            if read is values.cve:
                self.vulnerabilities.append(Vulnerability(number, described))
            else:
                self.techniques.append(_technique(number, described))
            return
        if any(char.isdigit() for char in name) and "-" in name:
            self.references.append(Reference("advisory", name, description=described, public=True))
        else:
            self.malware.append(
                Malware(
                    name,
                    kind="tool" if name.casefold() in {"nmap", "masscan", "mimikatz"} else "malware",
                    description=described,
                )
            )

    def _contacts(self) -> tuple[tuple[Victim, ...], tuple[Contact, ...]]:
        victims: list[Victim] = []
        contacts: list[Contact] = []
        holders = (self.element, *self.element.iter("EventData"))
        waiting = [contact for holder in holders for contact in self.tree.children(holder, "Contact")]
        while waiting:
            element = waiting.pop(0)
            waiting += self.tree.children(element, "Contact")
            self._contact(element, victims, contacts)
        return tuple(victims), tuple(contacts)

    def _contact(self, element: Element, victims: list[Victim], contacts: list[Contact]) -> None:
        tree, role = self.tree, element.get("role", "").casefold()
        name = tree.text(element, "ContactName")
        emails = distinct(tree.full_text(part) or "" for part in tree.children(element, "Email"))
        phones = distinct(tree.full_text(part) or "" for part in tree.children(element, "Telephone"))
        numbers = distinct(tree.full_text(part) or "" for part in tree.children(element, "RegistryHandle"))
        places = distinct(tree.full_text(part) or "" for part in tree.children(element, "PostalAddress"))
        person = element.get("type") == "person"
        if role == "victim":
            inner = [tree.text(part, "ContactName") or "" for part in element if part.tag == "Contact"]
            victims.append(
                Victim(
                    name=name,
                    is_person=person,
                    people=distinct(inner),
                    registration_numbers=numbers,
                    emails=emails,
                    places=places,
                )
            )
        else:
            contacts.append(Contact(role, name if person else None, None if person else name, emails, phones))
        dropped = {"PostalAddress", "RegistryHandle", *(("Telephone",) if role == "victim" else ())}
        for part in element:
            if part.tag not in {"ContactName", "Email", "Telephone", "Contact"} or part.tag in dropped:
                self.draft.note_unused(
                    f"Contact/{part.tag}", tree.full_text(part), "is of a person or desk, and stays at the CERT"
                )

    def _event_data(self, data: Element, level: TlpWord | None) -> None:
        tree = self.tree
        for flow in tree.children(data, "Flow"):
            self.observing.flow(flow, self.observing.raised(flow, level))
        if any(child.tag == "System" for child in data):  # JSON has no Flow around its systems
            self.observing.flow(data, level)
        for part in tree.children(data, "Expectation"):
            action, text = part.get("action", "other"), tree.text(part, "Description")
            self.notes.append(Note(f"requested: {action}" + (f" ({text})" if text else ""), "requested"))
        for part in tree.children(data, "Description"):
            text = tree.full_text(part)
            self.notes += [Note(text, title="Event")] if text else []
        for method in tree.children(data, "Method"):
            self._method(method)
        for nested in tree.children(data, "EventData"):
            self._event_data(nested, self.observing.raised(nested, level))

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


def _technique(name: str, described: str | None) -> Technique:
    try:
        technique_id = values.technique_id(name)
    except ValueError:
        capec = name.upper() if name.upper().startswith("CAPEC-") else None
        return Technique(name, capec_id=capec, description=described)
    return Technique(technique_id, technique_id, description=described)


def _title(description: str | None, line: rsit.RsitType) -> str:
    """IODEF has no title: the first sentence of the description, or the class."""
    first = (description or "").split("\n")[0].split(". ")[0].strip()
    return first[:120] if first else line.name


_FORMAT: Final = Format("iodef", lambda incident, draft: _Incident(incident, draft).report(), _identity)
