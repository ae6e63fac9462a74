"""MISP events as JSON: one event, `{"response": […]}`, a list, or one a line. Each event is one incident.

Attributes and objects that come without an event are a `watch` report: indicators without an incident.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import orjson

from hub.reports import rsit
from hub.reports.formats.misp.tags import Tagged, read_galaxies, read_tags, tag_names, tlp_of
from hub.reports.formats.misp.values import Found, read_attribute, read_object
from hub.reports.losses import RowError
from hub.reports.markings import TLP_WORDS, TlpWord
from hub.reports.moments import Moment, Timeline
from hub.reports.observables import Observable, Sighting
from hub.reports.reading.draft import Draft, Fields, Problem, distinct
from hub.reports.reading.options import MAX_LIST_ITEMS, ReadOptions
from hub.reports.reading.source import BadValue, Source, json_values
from hub.reports.reading.times import parse_epoch, parse_moment
from hub.reports.report import Determination, Kind, Note, Reading, Reference, Report, Severity, Status
from hub.reports.victims import Consent, Victim

_THREAT_LEVELS: Final = {"1": (70, "high"), "2": (40, "medium"), "3": (15, "low")}
_ANALYSIS: Final = {"0": Status.NEW, "1": Status.OPEN, "2": Status.CLOSED}
_EVENT_KEYS: Final = frozenset({"info", "threat_level_id", "analysis", "date"})
_PRIVATE: Final = "names who wrote it, and stays at the CERT"
_LOCAL: Final = "is of the MISP it comes from"

_ALONE: Final = "Its distribution in MISP is 'your organisation only' (0): nothing leaves until that is changed there."


def read_misp(source: Source, options: ReadOptions) -> Iterator[Reading]:
    """Read event by event; a RowError stands for one that cannot be used."""
    for where, value in json_values(source):
        if isinstance(value, BadValue):
            yield RowError(source.name, where, "", value.value, value.expected)
            continue
        for place, event in _events(value, where):
            try:
                yield _report(event, source.name, place, options)
            except Problem as problem:
                identity = str(event.get("uuid") or event.get("id") or "") if isinstance(event, dict) else ""
                yield problem.as_error(source.name, place, identity or None)


def _events(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    """(place, event) of whatever wrapping; loose attributes and objects as an event without `info`."""
    if isinstance(value, dict) and "response" in value:
        value = value["response"]
        where = "response"
    if isinstance(value, list):
        loose = [
            item
            for item in value
            if isinstance(item, dict) and "Event" not in item and ("Object" in item or "Attribute" in item)
        ]
        if loose and len(loose) == len(value) and not any(_EVENT_KEYS & item.keys() for item in loose):
            yield (
                where,
                {
                    "Object": [item.get("Object") for item in loose if "Object" in item],
                    "Attribute": [item.get("Attribute") for item in loose if "Attribute" in item],
                },
            )
            return
        for index, item in enumerate(value):
            yield from _events(item, f"{where}[{index}]")
    elif isinstance(value, dict) and isinstance(value.get("Event"), dict):
        yield f"{where}.Event" if where != "document" else "Event", value["Event"]
    else:
        yield where, value


def _report(event: Any, name: str, where: str, options: ReadOptions) -> Report:
    """1. The event's own fields. 2. Tags and galaxies. 3. Attributes and objects. 4. What is around it."""
    if not isinstance(event, dict):
        raise Problem("", event, "a MISP event: a JSON object")
    if not _EVENT_KEYS & event.keys() and not event.get("Attribute") and not event.get("Object"):
        raise Problem("Event", ", ".join(event), "an event with info, or attributes")
    draft = Draft(options, where)
    found = Found(draft)
    # 1.
    fields = Fields(event, draft)
    title = fields.text("info")
    watch = title is None and not _EVENT_KEYS & event.keys()
    if title is None and not watch:
        raise Problem("info", event.get("info"), "the event's title")
    uuid, number = fields.text("uuid"), fields.text("id")
    identity = uuid or number or hashlib.sha256(orjson.dumps(event, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]
    started = fields.read("date", lambda text: parse_moment(text, options.zone))
    written = fields.read("timestamp", parse_epoch)
    level = _THREAT_LEVELS.get(fields.text("threat_level_id") or "")
    status = _ANALYSIS.get(fields.text("analysis") or "", Status.NEW)
    consent = _distribution(fields, draft)
    # 2.
    tagged = read_tags(tag_names(event), found, where)
    read_galaxies(event, found, tagged, where)
    for key in ("Tag", "Galaxy"):
        fields.take(key)
    tlp = tagged.tlp or options.default_tlp
    # 3.
    _attributes(fields, found, tagged, event, tlp)
    # 4.
    for item in fields.list("EventReport"):
        if isinstance(item, Mapping) and item.get("content"):
            found.notes.append(Note(str(item["content"]), "report", str(item.get("name") or "") or None))
    fields.drop("is a proposal that nobody accepted", "ShadowAttribute")
    fields.drop("is an automatic correlation, not a finding", "RelatedEvent")
    fields.drop(_PRIVATE, "Org", "Orgc", "event_creator_email")
    fields.rest(_LOCAL)
    if not uuid and not number:
        draft.warn("It has neither uuid nor id: the same event, once changed, will count as another report")
    classes = tuple(dict.fromkeys(tagged.rsit)) or (rsit.RSIT["other", "undetermined"],)
    incident_types = list(distinct(word for line in classes for word in line.incident_types))
    if (
        any("ransomware" in item.types for item in found.malware.values())
        or 'ransomware"' in " ".join(tagged.labels).casefold()
    ):
        incident_types.insert(0, "ransomware")
    victims = found.all_victims()
    if tagged.sectors:
        victims = (replace(victims[0] if victims else Victim(), sectors=tuple(tagged.sectors)), *victims[1:])
    return Report(
        report_id=identity,
        source_format="misp",
        title=title or f"MISP attributes and objects ({len(draft.observables)} observables)",
        kind=Kind.WATCH if watch else Kind.CASE,
        rsit=tuple((line.rsit_class, line.type) for line in classes),
        incident_types=distinct(incident_types),
        labels=distinct((*(line.label for line in classes), *tagged.labels)),
        status=status,
        determination=tagged.determination or Determination.SUSPECTED,
        severity=tagged.severity or (Severity(level[0], "MISP threat level", level[1]) if level else None),
        tlp=tlp,
        pap=tagged.pap,
        countries=distinct((options.default_country or "", *tagged.countries)),
        timeline=Timeline(started=started, written=written),
        victims=victims,
        consent=consent,
        withheld=_ALONE if consent is Consent.NONE else "",
        recommended_actions=distinct(tagged.courses),
        notes=tuple(found.notes),
        actors=tuple(found.actors.values()),
        malware=tuple(found.malware.values()),
        techniques=tuple(found.techniques.values()),
        vulnerabilities=tuple(found.vulnerabilities.values()),
        observables=draft.observables,
        sightings=tuple(found.sightings),
        references=(Reference("MISP", identity), *found.references),
        unused=draft.unused_rows,
        warnings=draft.warnings,
        source=f"{name}, {where}",
    )


def _distribution(fields: Fields, draft: Draft) -> Consent | None:
    distribution = fields.text("distribution")
    if fields.take("published") is False:
        draft.warn("The event is not yet published in MISP")
    if distribution == "0":
        draft.warn(_ALONE)
        return Consent.NONE
    if distribution == "4":
        draft.warn("Its distribution is a sharing group: choose a collection whose readers are in that group")
    return None


def _attributes(fields: Fields, found: Found, tagged: Tagged, event: Mapping[str, Any], tlp: TlpWord) -> None:
    draft = found.draft
    items: list[tuple[str, Mapping[str, Any], list[Observable]]] = []
    for key, read in (("Attribute", read_attribute), ("Object", read_object)):
        listed = fields.list(key)
        if len(listed) > MAX_LIST_ITEMS:
            raise Problem(key, f"{len(listed)} items", f"at most {MAX_LIST_ITEMS} in one event")
        for index, item in enumerate(listed):
            place = f"{key}[{index}]"
            made = read(item, place, found)
            if isinstance(item, Mapping):
                items.append((place, item, made))
    alone = event.get("distribution") == "0"
    for place, item, made in items:
        level = tlp_of(tag_names(item), draft, place)
        if str(item.get("distribution")) == "0" and not alone:
            level = "red"
            draft.warn("Attributes whose distribution is 'your organisation only' are marked TLP:RED")
        if level and TLP_WORDS.index(level) <= TLP_WORDS.index(tlp):
            level = None
        read_galaxies(item, found, tagged, place)
        if item.get("ShadowAttribute"):
            draft.unused("ShadowAttribute", item["ShadowAttribute"], "is a proposal that nobody accepted", where=place)
        for index, observable in enumerate(made):
            # A composite was seen once, not once for each of its parts.
            seen = _sighted(observable, item, found, counted=index == 0)
            draft.observe(replace(seen, tlp=level))


def _sighted(observable: Observable, item: Mapping[str, Any], found: Found, *, counted: bool) -> Observable:
    """Count what was seen; a false positive revokes, an expiry ends validity (MISP sighting types 0, 1, 2)."""
    sightings = item.get("Sighting")
    count, moments = 0, []
    for sighting in sightings if isinstance(sightings, list) else []:
        if not isinstance(sighting, Mapping):
            continue
        kind = str(sighting.get("type") or "0")
        moment = found.draft.attempt(parse_epoch, "Sighting.date_sighting", sighting.get("date_sighting"))
        if kind == "1":
            observable = replace(observable, revoked=True)
        elif kind == "2" and moment:
            observable = replace(observable, valid_until=moment)
        else:
            count += 1
            moments += [moment] if moment else []
    if count and counted:
        found.sightings.append(_sighting(observable, count, moments))
    return observable


def _sighting(observable: Observable, count: int, moments: list[Moment]) -> Sighting:
    return Sighting(
        "observable", " ".join(observable.key), count, min(moments, default=None), max(moments, default=None)
    )
