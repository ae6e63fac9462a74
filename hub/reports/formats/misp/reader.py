"""Read MISP events as JSON: one event, `{"response": […]}`, a list, or one on each line; and attributes as CSV.

Each event becomes one incident. Attributes and objects without an event become a `watch` report: indicators without an
incident.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import orjson

from hub.errors import ReadingError
from hub.reports import rsit
from hub.reports.formats.misp.attributes import DISTRIBUTIONS, level_of, read_attribute, unwrap
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
_PRIVATE: Final = "names the author, and stays at the CERT"
_LOCAL: Final = "is used only by its MISP"

MAX_LOOSE_ITEMS: Final = 200_000
"""Attributes and objects outside events in one file; they are in memory until its end."""
_ORGANISATION_ONLY: Final = (
    "Its distribution in MISP is 'your organisation only' (0): nothing leaves until that is changed there."
)


def read_misp(source: Source, options: ReadOptions) -> Iterator[Reading]:
    """Yield a report, or a RowError, for each event."""
    return read_records(_FORMAT, _records(source), source, options)


def _records(source: Source) -> Iterator[Record]:
    """Yield (place, event) from any wrapping. Attributes of a search are put back into their events, which come last.

    Attributes and objects without an event become one event without `info`.
    """
    events_found: dict[str, dict[str, Any]] = {}
    loose_items: dict[str, list[Any]] = {"Attribute": [], "Object": [], _PIECE: []}
    count = 0
    is_json = as_utf8(source.head).lstrip()[:1] in {b"{", b"["}
    for place, value in _unwrap_records(json_values(source)) if is_json else read_dump(source):
        parts = _parts(value)
        count += len(parts)
        if count > MAX_LOOSE_ITEMS:
            raise ReadingError(f"{source.name}: contains more than {MAX_LOOSE_ITEMS} loose attributes; split the file")
        event_fields = value.get("Event") if parts else None
        if isinstance(event_fields, dict):
            name = str(event_fields.get("uuid") or event_fields.get("id") or "")
            event = events_found.setdefault(name, {**event_fields, "Attribute": [], "Object": [], _PIECE: []})
            for key, part in parts:
                event[key].append(part)
        elif parts:
            for key, part in parts:
                loose_items[key].append(part)
        elif isinstance(value, dict) and isinstance(value.get("Event"), dict):
            # In MISP's internal JSON, attributes, tags and organisations are beside the event.
            siblings = {key: item for key, item in value.items() if key != "Event"}
            yield f"{place}.Event" if place != "document" else "Event", {**siblings, **value["Event"]}
        else:
            yield place, value
    for event in (*events_found.values(), loose_items):
        event["Object"] += _join_pieces(event.pop(_PIECE))
    yield from ((f"Event {name}", event) for name, event in events_found.items())
    if any(loose_items.values()):
        yield "document", loose_items


def _unwrap_records(records: Iterable[Record]) -> Iterator[Record]:
    """Yield each item inside `response` and lists: events and results of a search."""
    for place, value in records:
        wrapper = next((key for key in _WRAPPERS if isinstance(value, dict) and key in value), None)
        if wrapper:
            yield from _unwrap_records([(wrapper, value[wrapper])])
        elif isinstance(value, list):
            yield from _unwrap_records((f"{place}[{index}]", item) for index, item in enumerate(value))
        elif isinstance(value, dict) and not _EVENT_KEYS & value.keys() and _are_search_results(value.get("Attribute")):
            yield from ((f"{place}.Attribute[{index}]", item) for index, item in enumerate(value["Attribute"]))
        else:
            yield place, value


def _are_search_results(items: Any) -> bool:
    return isinstance(items, list) and bool(items) and all(isinstance(item, dict) and "Event" in item for item in items)


def _parts(value: Any) -> list[tuple[str, Any]]:
    """Return [(key, attribute or object)] for an item of a search or of a list without an event; [] for an event."""
    if not isinstance(value, dict) or _EVENT_KEYS & value.keys():
        return []
    if value.get("type") and "value" in value:
        return [_piece("Attribute", {key: item for key, item in value.items() if key != "Event"})]
    return [_piece(key, value[key]) for key in ("Attribute", "Object") if isinstance(value.get(key), dict)]


_PIECE: Final = "Piece"  # an object with one attribute, as a search for attributes returns it


def _piece(key: str, part: dict[str, Any]) -> tuple[str, Any]:
    """Return the key and the part; an attribute that names its object becomes that object with one attribute."""
    misp_object = part.get("Object") if key == "Attribute" else None
    if not isinstance(misp_object, dict):
        return key, part
    return _PIECE, {**misp_object, "Attribute": [{name: item for name, item in part.items() if name != "Object"}]}


def _join_pieces(pieces: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Join the pieces to complete objects: the name of an object may decide whose its values are."""
    objects: dict[tuple[str, str], dict[str, Any]] = {}
    for number, piece in enumerate(pieces):
        key = (str(piece.get("uuid") or piece.get("id") or number), str(piece.get("name")))
        objects.setdefault(key, {**piece, "Attribute": []})["Attribute"] += piece["Attribute"]
    return list(objects.values())


def _report(event: Any, draft: Draft) -> Report:
    """1. Fields of the event. 2. Tags and galaxies. 3. Attributes and objects. 4. All other fields. 5. Classification."""
    if not isinstance(event, dict):
        raise Problem("", event, "a MISP event: a JSON object")
    if not _EVENT_KEYS & event.keys() and not event.get("Attribute") and not event.get("Object"):
        raise Problem("Event", ", ".join(event), "an event with info, or attributes")
    options, place = draft.options, draft.place
    content = Content(draft, declares_victim=_declares_victim(event))
    # 1.
    fields = Fields(event, draft)
    title = fields.text("info")
    is_watch = title is None and not _EVENT_KEYS & event.keys()
    if title is None and not is_watch:
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
    event_tags = content.event_tags
    fields.ignore("Tag", "EventTag", "Galaxy")
    if event_tags.status not in {None, status}:
        draft.note_unused("analysis", fields.peek("analysis"), f"a tag says that it is {event_tags.status}")
    tlp = content.level = event_tags.tlp or options.default_tlp
    # 3.
    content.scene = _scene(event, event_tags.rsit)
    _read_parts(fields, content, tlp)
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
        draft.warn("It has neither uuid nor id: if the event changes, it will become another report")
    # 5.
    classes = tuple(dict.fromkeys(event_tags.rsit)) or (rsit.RSIT["other", "undetermined"],)
    incident_types = [*event_tags.event_types, *(word for line in classes for word in line.incident_types)]
    malware = _malware(content)
    if event_tags.ransomware or any("ransomware" in item.types for item in malware):
        incident_types.insert(0, "ransomware")
    victims, secondary_victims = _victims(content)
    extended_id = fields.text("extends_uuid")
    fields.note_remaining(_LOCAL)
    return Report(
        report_id=identity,
        source_format="misp",
        title=title or f"MISP attributes and objects ({len(draft.observables)} observables)",
        kind=ReportKind.WATCH if is_watch else ReportKind.CASE,
        rsit=tuple((line.rsit_class, line.type) for line in classes),
        incident_types=distinct(incident_types),
        labels=distinct((*(line.label for line in classes), *event_tags.labels)),
        status=event_tags.status or status,
        determination=event_tags.determination or Determination.SUSPECTED,
        severity=event_tags.severity or (Severity(level[0], "MISP threat level", level[1]) if level else None),
        confidence=event_tags.confidence,
        tlp=tlp,
        pap=event_tags.pap,
        countries=distinct((*event_tags.countries, *(code for victim in victims for code in victim.countries))),
        timeline=Timeline(started=started, written=write_time),
        victims=victims,
        secondary_victims=secondary_victims,
        consent=consent,
        withheld_reason=_ORGANISATION_ONLY if consent is Consent.NONE else "",
        root_cause=event_tags.root_cause,
        recommended_actions=distinct(event_tags.courses),
        mitigations=tuple(dict.fromkeys(event_tags.mitigations)),
        data_sources=tuple(dict.fromkeys(event_tags.data_sources)),
        notes=tuple(content.notes),
        actors=tuple(content.actors.values()),
        malware=malware,
        techniques=tuple(content.techniques.values()),
        vulnerabilities=tuple(content.vulnerabilities.values()),
        software=tuple(dict.fromkeys(content.software)),
        entry_vectors=tuple(dict.fromkeys(event_tags.entry_vectors)),
        flood=content.flood,
        sightings=tuple(content.sightings),
        relations=content.links.relations(draft),
        related_reports=(extended_id,) if extended_id and extended_id != identity else (),
        references=(Reference("MISP", identity), *content.references),
    )


def _malware(content: Content) -> tuple[Malware, ...]:
    """Return the malware that the event names; without a name, the malware types in its tags."""
    if content.malware:
        return tuple(content.malware.values())
    return tuple(Malware(word, (word,), is_named=False) for word in distinct(content.event_tags.malware_types))


def _victims(content: Content) -> tuple[tuple[Victim, ...], tuple[Victim, ...]]:
    """Return (victims, other protected parties), with the sectors, countries and size from tags and galaxies.

    If no victim is named, each sector becomes a victim without a name.
    """
    victims, secondary_victims = content.all_victims()
    event_tags = content.event_tags
    sectors, countries = distinct(event_tags.sectors), distinct(event_tags.countries)
    if not victims:
        words = sectors or (("",) if event_tags.size else ())
        victims = tuple(
            Victim(sectors=(word,) if word else (), countries=countries, size=event_tags.size) for word in words
        )
    else:
        main_victim = victims[0]
        completed_victim = replace(
            main_victim,
            sectors=distinct((*main_victim.sectors, *sectors)),
            countries=main_victim.countries or countries,
            size=main_victim.size or event_tags.size,
        )
        victims = (completed_victim, *victims[1:])
    return victims, secondary_victims


def _distribution(fields: Fields, draft: Draft) -> Consent | None:
    text = (fields.text("distribution") or "5").casefold()
    distribution = DISTRIBUTIONS.get(text, "0")
    if text not in DISTRIBUTIONS:
        draft.note_unused("distribution", text, UNKNOWN_WORD)
    if str(fields.take("published")).casefold() in {"false", "0"}:
        draft.warn("The event is not yet published in MISP")
    if distribution == "0":
        draft.warn(_ORGANISATION_ONLY)
        return Consent.NONE
    if distribution == "4":
        draft.warn("Its distribution is a sharing group: choose a collection whose readers are in that group")
    return None


def _all_attributes(event: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield every attribute of an event, alone or in an object."""
    parents = [event, *(item for item in as_list(event.get("Object")) if isinstance(item, Mapping))]
    for parent in parents:
        yield from (unwrap(item) for item in as_list(parent.get("Attribute")) if isinstance(item, Mapping))


def _declares_victim(event: Mapping[str, Any]) -> bool:
    names = [item.get("name") for item in as_list(event.get("Object")) if isinstance(item, Mapping)]
    return "victim" in names or any(item.get("type") == "target-org" for item in _all_attributes(event))


def _scene(event: Mapping[str, Any], types: Iterable[rsit.RsitType]) -> Scene:
    """Return the scene: the classes, and the mailboxes and domains of recipients and declared victims."""
    recipients = {
        str(item.get("value")).strip().casefold()
        for item in _all_attributes(event)
        if is_recipient(str(item.get("type")), str(item.get("object_relation") or "").casefold())
        or VICTIM_FIELDS.get(str(item.get("type"))) == "emails"
        or (item.get("category") == "Targeting data" and item.get("type") == "domain")
    }
    has_source = any(str(item.get("type")).startswith("ip-src") for item in _all_attributes(event))
    return Scene(tuple(types), frozenset(recipients), has_source)


def _read_parts(fields: Fields, content: Content, tlp: TlpWord) -> None:
    draft = content.draft
    for key in ("Attribute", "Object"):
        items = fields.list(key)
        if len(items) > MAX_LIST_ITEMS:
            raise Problem(key, f"{len(items)} items", f"at most {MAX_LIST_ITEMS} in one event")
        for index, item in enumerate(items):
            place = f"{key}[{index}]"
            item = unwrap(item) if isinstance(item, Mapping) else item  # noqa: PLW2901  the same item, in one shape
            if key == "Attribute":
                observables = read_attribute(item, place, content)
            else:
                observables = read_object(item, place, content)
            for observable in observables:
                phases = observable.kill_chain_phases or (
                    tuple(dict.fromkeys(content.event_tags.phases)) if observable.as_indicator else ()
                )
                draft.observe(replace(_with_stricter_level(observable, tlp), kill_chain_phases=phases))


def _with_stricter_level(observable: Observable, tlp: TlpWord) -> Observable:
    """Return the observable; its level is removed unless it is stricter than the level of the event."""
    level = observable.tlp
    is_stricter = level is not None and TLP_WORDS.index(level) > TLP_WORDS.index(tlp)
    return observable if is_stricter or level is None else replace(observable, tlp=None)


_FORMAT: Final = Format("misp", _report, lambda event: str(event.get("uuid") or event.get("id") or ""))
