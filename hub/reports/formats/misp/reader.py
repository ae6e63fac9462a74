"""MISP events as JSON: one event, `{"response": […]}`, a list, or one a line; attributes as CSV. Each event is one incident.

Attributes and objects that come without an event are a `watch` report: indicators without an incident.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import orjson

from hub.errors import ReadingError
from hub.reports import rsit
from hub.reports.formats.misp.attributes import DISTRIBUTIONS, level_of, read_attribute, unwrapped
from hub.reports.formats.misp.claims import Scene, is_recipient
from hub.reports.formats.misp.content import VICTIM_FIELDS, Content
from hub.reports.formats.misp.dump import read_dump
from hub.reports.formats.misp.galaxies import read_galaxies
from hub.reports.formats.misp.objects import read_object
from hub.reports.formats.misp.tags import read_tags
from hub.reports.knowledge import Malware
from hub.reports.markings import TLP_WORDS, TlpWord
from hub.reports.moments import Timeline
from hub.reports.observables import Observable
from hub.reports.reading.draft import UNKNOWN_WORD, Draft, Fields, Problem, as_list, distinct
from hub.reports.reading.options import MAX_LIST_ITEMS, ReadOptions
from hub.reports.reading.reader import Format, Record, read_records
from hub.reports.reading.source import Source, as_utf8, json_values
from hub.reports.reading.times import parse_epoch, parse_moment
from hub.reports.references import Reference
from hub.reports.report import Determination, Note, Reading, Report, ReportKind, ReportStatus, Severity
from hub.reports.victims import Consent, Victim

_THREAT_LEVELS: Final = {"1": (70, "high"), "2": (40, "medium"), "3": (15, "low")}
_ANALYSIS: Final = {"0": ReportStatus.NEW, "1": ReportStatus.OPEN, "2": ReportStatus.CLOSED}
_WRAPPERS: Final = ("response", "events", "Events")
_EVENT_KEYS: Final = frozenset({"info", "threat_level_id", "analysis", "date"})
_PRIVATE: Final = "names who wrote it, and stays at the CERT"
_LOCAL: Final = "is of the MISP it comes from"

MAX_SEARCHED_ITEMS: Final = 200_000
"""Attributes and objects outside events in one file: they are held until its end."""
_ALONE: Final = "Its distribution in MISP is 'your organisation only' (0): nothing leaves until that is changed there."


def read_misp(source: Source, options: ReadOptions) -> Iterator[Reading]:
    """Read event by event; a RowError stands for one that cannot be used."""
    return read_records(_FORMAT, _records(source), source, options)


def _records(source: Source) -> Iterator[Record]:
    """(place, event) of whatever wrapping. What a search found is put back into its events, which come last.

    Loose attributes and objects are one event without `info`.
    """
    searched: dict[str, dict[str, Any]] = {}
    loose: dict[str, list[Any]] = {"Attribute": [], "Object": [], _PIECE: []}
    count = 0
    is_json = as_utf8(source.head).lstrip()[:1] in {b"{", b"["}
    for place, value in _unwrapped(json_values(source)) if is_json else read_dump(source):
        parts = _parts(value)
        count += len(parts)
        if count > MAX_SEARCHED_ITEMS:
            raise ReadingError(f"{source.name}: holds more than {MAX_SEARCHED_ITEMS} loose attributes; split the file")
        about = value.get("Event") if parts else None
        if isinstance(about, dict):
            name = str(about.get("uuid") or about.get("id") or "")
            event = searched.setdefault(name, {**about, "Attribute": [], "Object": [], _PIECE: []})
            for key, part in parts:
                event[key].append(part)
        elif parts:
            for key, part in parts:
                loose[key].append(part)
        elif isinstance(value, dict) and isinstance(value.get("Event"), dict):
            # In MISP's inner JSON attributes, tags and organisations stand beside the event.
            beside = {key: item for key, item in value.items() if key != "Event"}
            yield f"{place}.Event" if place != "document" else "Event", {**beside, **value["Event"]}
        else:
            yield place, value
    for whole in (*searched.values(), loose):
        whole["Object"] += _joined(whole.pop(_PIECE))
    yield from ((f"Event {name}", event) for name, event in searched.items())
    if any(loose.values()):
        yield "document", loose


def _unwrapped(records: Iterable[Record]) -> Iterator[Record]:
    """Each item inside `response` and lists, down to events and what a search found."""
    for place, value in records:
        wrapper = next((key for key in _WRAPPERS if isinstance(value, dict) and key in value), None)
        if wrapper:
            yield from _unwrapped([(wrapper, value[wrapper])])
        elif isinstance(value, list):
            yield from _unwrapped((f"{place}[{index}]", item) for index, item in enumerate(value))
        elif isinstance(value, dict) and not _EVENT_KEYS & value.keys() and _all_of_events(value.get("Attribute")):
            yield from ((f"{place}.Attribute[{index}]", item) for index, item in enumerate(value["Attribute"]))
        else:
            yield place, value


def _all_of_events(items: Any) -> bool:
    return isinstance(items, list) and bool(items) and all(isinstance(item, dict) and "Event" in item for item in items)


def _parts(value: Any) -> list[tuple[str, Any]]:
    """The attribute or object that an item of a search or a loose list holds, by its key; [] for an event."""
    if not isinstance(value, dict) or _EVENT_KEYS & value.keys():
        return []
    if value.get("type") and "value" in value:
        return [_piece("Attribute", {key: item for key, item in value.items() if key != "Event"})]
    return [_piece(key, value[key]) for key in ("Attribute", "Object") if isinstance(value.get(key), dict)]


_PIECE: Final = "Piece"  # of an object: one of its attributes, as a search for attributes returns it


def _piece(key: str, part: dict[str, Any]) -> tuple[str, Any]:
    """An attribute that says of which object it is, as an object of this attribute."""
    holder = part.get("Object") if key == "Attribute" else None
    if not isinstance(holder, dict):
        return key, part
    return _PIECE, {**holder, "Attribute": [{name: item for name, item in part.items() if name != "Object"}]}


def _joined(pieces: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The objects whole again: by its object's name alone it may be known whose a value is."""
    objects: dict[tuple[str, str], dict[str, Any]] = {}
    for number, piece in enumerate(pieces):
        key = (str(piece.get("uuid") or piece.get("id") or number), str(piece.get("name")))
        objects.setdefault(key, {**piece, "Attribute": []})["Attribute"] += piece["Attribute"]
    return list(objects.values())


def _report(event: Any, draft: Draft) -> Report:
    """1. The event's own fields. 2. Tags and galaxies. 3. Attributes and objects. 4. What is around it. 5. Its class."""
    if not isinstance(event, dict):
        raise Problem("", event, "a MISP event: a JSON object")
    if not _EVENT_KEYS & event.keys() and not event.get("Attribute") and not event.get("Object"):
        raise Problem("Event", ", ".join(event), "an event with info, or attributes")
    options, place = draft.options, draft.place
    content = Content(draft, declares_victim=_declares_victim(event))
    # 1.
    fields = Fields(event, draft)
    title = fields.text("info")
    watch = title is None and not _EVENT_KEYS & event.keys()
    if title is None and not watch:
        raise Problem("info", event.get("info"), "the event's title")
    uuid, number = fields.text("uuid"), fields.text("id")
    identity = uuid or number or hashlib.sha256(orjson.dumps(event, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]
    started = fields.read("date", lambda text: parse_moment(text, options.zone))
    write_time = fields.read("timestamp", parse_epoch)
    level = fields.word("threat_level_id", _THREAT_LEVELS, {"4", "undefined"})
    status = fields.word("analysis", _ANALYSIS) or ReportStatus.NEW
    consent = _distribution(fields, draft)
    # 2.
    read_tags(event, content, place)
    read_galaxies(event, content, place)
    tagged = content.tagged
    fields.ignore("Tag", "EventTag", "Galaxy")
    if tagged.status not in {None, status}:
        draft.note_unused("analysis", fields.peek("analysis"), f"a tag says that it is {tagged.status}")
    tlp = content.level = tagged.tlp or options.default_tlp
    # 3.
    content.scene = _scene(event, tagged.rsit)
    _attributes(fields, content, tlp)
    # 4.
    for item in fields.list("EventReport"):
        if isinstance(item, Mapping) and content.is_above(level_of(item, draft, place)):
            draft.note_unused("EventReport", item.get("content"), "is shared less widely than its event", place=place)
        elif isinstance(item, Mapping) and item.get("content"):
            content.notes.append(Note(str(item["content"]), "report", str(item.get("name") or "") or None))
    fields.drop("is a proposal that nobody accepted", "ShadowAttribute")
    fields.drop("is an automatic correlation, not a finding", "RelatedEvent")
    fields.drop(_PRIVATE, "Org", "Orgc", "event_creator_email")
    if not uuid and not number:
        draft.warn("It has neither uuid nor id: the same event, once changed, will count as another report")
    # 5.
    classes = tuple(dict.fromkeys(tagged.rsit)) or (rsit.RSIT["other", "undetermined"],)
    incident_types = [*tagged.event_types, *(word for line in classes for word in line.incident_types)]
    malware = _malware(content)
    if tagged.ransomware or any("ransomware" in item.types for item in malware):
        incident_types.insert(0, "ransomware")
    victims, others = _victims(content)
    extended = fields.text("extends_uuid")
    fields.note_remaining(_LOCAL)
    return Report(
        report_id=identity,
        source_format="misp",
        title=title or f"MISP attributes and objects ({len(draft.observables)} observables)",
        kind=ReportKind.WATCH if watch else ReportKind.CASE,
        rsit=tuple((line.rsit_class, line.type) for line in classes),
        incident_types=distinct(incident_types),
        labels=distinct((*(line.label for line in classes), *tagged.labels)),
        status=tagged.status or status,
        determination=tagged.determination or Determination.SUSPECTED,
        severity=tagged.severity or (Severity(level[0], "MISP threat level", level[1]) if level else None),
        confidence=tagged.confidence,
        tlp=tlp,
        pap=tagged.pap,
        countries=distinct((*tagged.countries, *(code for victim in victims for code in victim.countries))),
        timeline=Timeline(started=started, written=write_time),
        victims=victims,
        secondary_victims=others,
        consent=consent,
        withheld_reason=_ALONE if consent is Consent.NONE else "",
        root_cause=tagged.root_cause,
        recommended_actions=distinct(tagged.courses),
        mitigations=tuple(dict.fromkeys(tagged.mitigations)),
        data_sources=tuple(dict.fromkeys(tagged.data_sources)),
        notes=tuple(content.notes),
        actors=tuple(content.actors.values()),
        malware=malware,
        techniques=tuple(content.techniques.values()),
        vulnerabilities=tuple(content.vulnerabilities.values()),
        software=tuple(dict.fromkeys(content.software)),
        entry_vectors=tuple(dict.fromkeys(tagged.entry_vectors)),
        flood=content.flood,
        sightings=tuple(content.sightings),
        relations=content.links.relations(draft),
        related_reports=(extended,) if extended and extended != identity else (),
        references=(Reference("MISP", identity), *content.references),
    )


def _malware(content: Content) -> tuple[Malware, ...]:
    """The malware that the event names; where it names none, the kinds that its tags say."""
    if content.malware:
        return tuple(content.malware.values())
    return tuple(Malware(word, (word,), is_named=False) for word in distinct(content.tagged.malware_types))


def _victims(content: Content) -> tuple[tuple[Victim, ...], tuple[Victim, ...]]:
    """(the victims, others to protect), with the sectors, countries and size that tags and galaxies say.

    Sectors of nobody who is named are each a class of organisations.
    """
    victims, others = content.all_victims()
    tagged = content.tagged
    sectors, countries = distinct(tagged.sectors), distinct(tagged.countries)
    if not victims:
        listed = sectors or (("",) if tagged.size else ())
        victims = tuple(
            Victim(sectors=(word,) if word else (), countries=countries, size=tagged.size) for word in listed
        )
    else:
        first = victims[0]
        united = replace(
            first,
            sectors=distinct((*first.sectors, *sectors)),
            countries=first.countries or countries,
            size=first.size or tagged.size,
        )
        victims = (united, *victims[1:])
    return victims, others


def _distribution(fields: Fields, draft: Draft) -> Consent | None:
    text = (fields.text("distribution") or "5").casefold()
    distribution = DISTRIBUTIONS.get(text, "0")
    if text not in DISTRIBUTIONS:
        draft.note_unused("distribution", text, UNKNOWN_WORD)
    if str(fields.take("published")).casefold() in {"false", "0"}:
        draft.warn("The event is not yet published in MISP")
    if distribution == "0":
        draft.warn(_ALONE)
        return Consent.NONE
    if distribution == "4":
        draft.warn("Its distribution is a sharing group: choose a collection whose readers are in that group")
    return None


def _all_attributes(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every attribute of an event, loose or inside an object."""
    holders = [event, *(item for item in as_list(event.get("Object")) if isinstance(item, Mapping))]
    for holder in holders:
        yield from (unwrapped(item) for item in as_list(holder.get("Attribute")) if isinstance(item, Mapping))


def _declares_victim(event: Mapping[str, Any]) -> bool:
    names = [item.get("name") for item in as_list(event.get("Object")) if isinstance(item, Mapping)]
    return "victim" in names or any(item.get("type") == "target-org" for item in _all_attributes(event))


def _scene(event: Mapping[str, Any], types: Iterable[rsit.RsitType]) -> Scene:
    """The classes, and the mailboxes and domains of those whom mails were sent to or who are declared as victims."""
    recipients = {
        str(item.get("value")).strip().casefold()
        for item in _all_attributes(event)
        if is_recipient(str(item.get("type")), str(item.get("object_relation") or "").casefold())
        or VICTIM_FIELDS.get(str(item.get("type"))) == "emails"
        or (item.get("category") == "Targeting data" and item.get("type") == "domain")
    }
    has_source = any(str(item.get("type")).startswith("ip-src") for item in _all_attributes(event))
    return Scene(tuple(types), frozenset(recipients), has_source)


def _attributes(fields: Fields, content: Content, tlp: TlpWord) -> None:
    draft = content.draft
    for key in ("Attribute", "Object"):
        listed = fields.list(key)
        if len(listed) > MAX_LIST_ITEMS:
            raise Problem(key, f"{len(listed)} items", f"at most {MAX_LIST_ITEMS} in one event")
        for index, item in enumerate(listed):
            place = f"{key}[{index}]"
            item = unwrapped(item) if isinstance(item, Mapping) else item  # noqa: PLW2901  the same item, in one shape
            if key == "Attribute":
                observables = read_attribute(item, place, content)
            else:
                observables = read_object(item, place, content)
            for observable in observables:
                phases = observable.kill_chain_phases or (
                    tuple(dict.fromkeys(content.tagged.phases)) if observable.as_indicator else ()
                )
                draft.observe(replace(_raised(observable, tlp), kill_chain_phases=phases))


def _raised(observable: Observable, tlp: TlpWord) -> Observable:
    """The observable with its level only where that is stricter than the event's."""
    level = observable.tlp
    stricter = level is not None and TLP_WORDS.index(level) > TLP_WORDS.index(tlp)
    return observable if stricter or level is None else replace(observable, tlp=None)


_FORMAT: Final = Format("misp", _report, lambda event: str(event.get("uuid") or event.get("id") or ""))
