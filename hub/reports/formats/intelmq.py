"""IntelMQ events (flat JSON with dotted keys, or their CSV dump), field list of IntelMQ 3.5.

`classification.type` decides on which side the adversary stands (see hub.reports.rsit): where the *source* is the
exposed party, it becomes a counted sighting, and the destination is the adversary's. What is at the other end of an
infected system is as often a sinkhole as a command server: a sinkhole is never published, and where the feed does not
say which it is, the value is held.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import orjson

from hub.errors import ReadingError
from hub.reports import rsit
from hub.reports.losses import RowError, excerpt
from hub.reports.observables import Observable, ObservableType, Role
from hub.reports.reading import values
from hub.reports.reading.composites import connection, file_by_hashes
from hub.reports.reading.draft import Draft, Fields, Problem, distinct
from hub.reports.reading.feed import Feed, Line
from hub.reports.reading.options import ReadOptions
from hub.reports.reading.roles import UNSURE
from hub.reports.reading.source import BadValue, Source, byte_lines, json_values
from hub.reports.reading.times import parse_moment
from hub.reports.report import Reading, Reference

_SUPPLIER: Final = "names the supplier of the feed, who stays unnamed"
_PRIVATE: Final = "names a person or desk, and stays at the CERT"
_RAW: Final = "raw data stays at the CERT"
_DROPPED: Final = {
    "feed.name": _SUPPLIER, "feed.provider": _SUPPLIER, "feed.url": _SUPPLIER, "feed.code": _SUPPLIER,
    "feed.documentation": _SUPPLIER, "source.abuse_contact": _PRIVATE, "destination.abuse_contact": _PRIVATE,
    "raw": _RAW, "screenshot_url": _RAW, "output": _RAW, "event_hash": _RAW, "rtir_id": _RAW,
}  # fmt: skip
_HASHES: Final = {"malware.hash.md5": "MD5", "malware.hash.sha1": "SHA-1", "malware.hash.sha256": "SHA-256"}
_SEVERITY: Final = {"info": 10, "low": 15, "medium": 40, "high": 70, "critical": 95}


def read_intelmq(source: Source, options: ReadOptions) -> Iterator[Reading]:
    """Read events one by one: feed reports, and a RowError for each that cannot be used."""
    feed = Feed("intelmq", source.name, options)
    rows = json_values(source) if source.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["} else _csv_rows(source)
    for where, value in rows:
        if isinstance(value, BadValue):
            yield RowError(source.name, where, "", value.value, value.expected)
            continue
        try:
            yield from feed.add(_line(value, where, options))
        except Problem as problem:
            yield problem.as_error(source.name, where)
    yield from feed.finish()


def _csv_rows(source: Source) -> Iterator[tuple[str, Any]]:
    lines = byte_lines(source)
    _, head = next(lines, (0, None))
    if not head:
        raise ReadingError(f"{source.name}: has no headings; an IntelMQ dump begins with them")
    text = head.decode("utf-8", "replace")
    delimiter = max(",;\t", key=text.count)
    try:
        columns = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error as error:
        raise ReadingError(f"{source.name}: has headings that cannot be read ({error})") from None
    for number, line in lines:
        where = f"line {number}"
        try:
            cells = next(csv.reader([(line or b"").decode("utf-8")], delimiter=delimiter), [])
        except (UnicodeDecodeError, csv.Error) as error:
            yield where, BadValue(where, excerpt((line or b"")[:60]), f"a row in UTF-8 ({error})")
            continue
        if len(cells) > len(columns) or line is None:
            yield where, BadValue(where, f"{len(cells)} cells", f"at most {len(columns)} cells in a row")
        elif any(cells):
            yield where, {column: cell for column, cell in zip(columns, cells, strict=False) if cell}


def _line(value: Any, where: str, options: ReadOptions) -> Line:
    if not isinstance(value, dict):
        raise Problem("", value, "an event: a JSON object with dotted keys")
    draft = Draft(options, where)
    event = Fields(value, draft)
    event.take("__type")
    kind = event.text("classification.type")
    if kind is None:
        raise Problem("classification.type", None, "a type such as c2-server or phishing")
    found = rsit.find(kind)
    if found is None:
        raise Problem("classification.type", kind, "a type of IntelMQ or RSIT")
    if found.rsit_class == "test":
        raise Problem("classification.type", kind, "a real event: tests are not shared")
    event.take("classification.taxonomy")
    first = event.read("time.source", lambda text: parse_moment(text, options.zone))
    last = event.read("time.observation", lambda text: parse_moment(text, options.zone))
    malware = event.text("malware.name")
    hint = event.text("classification.identifier")
    observables = _observables(event, draft, kind, found, f"{hint} {malware}".casefold())
    references = tuple(
        Reference("misp", external_id=text)
        for key in ("misp.event_uuid", "misp.attribute_uuid")
        if (text := event.text(key))
    )
    page = event.read("event_description.url", values.url)
    accuracy = event.read("feed.accuracy", lambda text: values.number(text, most=100))
    tlp = event.read("tlp", values.tlp) or options.default_tlp
    exposed = found.type in rsit.SOURCE_IS_EXPOSED
    side = "source" if exposed else "destination"
    where_seen = event.read(f"{side}.geolocation.cc", values.country)
    for key, reason in _DROPPED.items():
        event.drop(reason, key)
    event.drop("is of one observation; a feed report has no severity", "severity")
    event.rest()
    return Line(
        where,
        orjson.dumps(value, option=orjson.OPT_SORT_KEYS),
        found,
        tlp,
        observables=observables,
        first_seen=first or last,
        last_seen=last if first and last and last >= first else first,
        country=where_seen or options.default_country,
        malware=malware,
        service=hint if exposed and not malware else None,
        confidence=int(accuracy) if accuracy is not None else None,
        references=references + ((Reference("event description", url=page),) if page else ()),
        unused=draft.unused_rows,
    )


def _observables(event: Fields, draft: Draft, kind: str, found: rsit.RsitType, hints: str) -> tuple[Observable, ...]:
    """1. Who stands where. 2. The ends' addresses, names and pages. 3. Files. 4. The brand attacked."""
    # 1.
    if found.type in rsit.SOURCE_IS_EXPOSED:
        source, destination = Role.VICTIM, Role.ADVERSARY if found.type == "infected-system" else Role.UNKNOWN
    elif kind.casefold() in rsit.SOURCE_IS_ADVERSARY or found.type in rsit.SOURCE_IS_ADVERSARY:
        source, destination = Role.ADVERSARY, Role.VICTIM
    else:
        source, destination = Role.UNKNOWN, Role.UNKNOWN
    sinkhole = "sinkhole" in f"{hints} {event.text('feed.name')} {event.text('event_description.text')}".casefold()
    # 2.
    revoked = (event.text("status") or "").casefold() == "offline"
    made = _side(event, "source", source, revoked=revoked)
    other = _side(event, "destination", destination, revoked=revoked)
    if found.type == "infected-system" and sinkhole:
        for item in other:
            draft.unused(f"destination ({item.type})", item.value, "a sinkhole: never published")
        other = []
    elif found.type == "infected-system" and not {"c2", "c&c"} & set(hints.split()):
        other = [_held(item, draft) for item in other]
    made += other
    # 3.
    file = file_by_hashes(event, _HASHES)
    made += [file] if file else []
    # 4.
    brand = event.text("event_description.target")
    if brand:
        draft.unused("event_description.target", brand, "names whom the attack was aimed at")
    return tuple(made)


def _held(item: Observable, draft: Draft) -> Observable:
    options = draft.options
    if not item.as_indicator or options.confirm_all or item.value in options.confirmed:
        return item
    return Observable(item.type, item.value, item.role, as_indicator=True, held=UNSURE, traffic=item.traffic)


_SIMPLE: Final = (
    ("ip", None),
    ("fqdn", ObservableType.DOMAIN),
    ("url", ObservableType.URL),
    ("account", ObservableType.USER_ACCOUNT),
    ("asn", ObservableType.AS),
)


def _side(event: Fields, side: str, role: Role, *, revoked: bool) -> list[Observable]:
    """What one end of the event shows. Beside an address and port of the adversary's, the connection itself."""
    made: list[Observable] = []
    indicator = role is Role.ADVERSARY
    for key, kind in _SIMPLE:
        if kind is None:
            pair = event.read(f"{side}.{key}", values.address)
            if pair:
                made.append(Observable(pair[0], pair[1], role, as_indicator=indicator, revoked=revoked))
            continue
        reader = {"fqdn": values.domain, "url": values.url, "account": values.plain, "asn": values.as_number}[key]
        text = event.read(f"{side}.{key}", reader)
        if text and kind is ObservableType.AS:
            # A network operator serves the adversary; it is not the adversary.
            name = event.text(f"{side}.as_name")
            if indicator:
                made.append(Observable(kind, text, Role.UNKNOWN, display_name=name))
        elif text:
            made.append(
                Observable(
                    kind,
                    text,
                    role,
                    as_indicator=indicator and kind is not ObservableType.USER_ACCOUNT,
                    revoked=revoked,
                )
            )
    port = event.read(f"{side}.port", lambda text: values.whole(text, most=65_535))
    protocol = event.text("protocol.transport")
    event.take("protocol.application")
    host = next((item.value for item in made if item.type in {ObservableType.IPV4, ObservableType.IPV6}), None)
    if port is not None and host and protocol and indicator and event.take("classification.type") == "c2-server":
        layers = distinct((protocol.lower(), (event.text("protocol.application") or "").lower()))
        item = connection(protocols=layers, dst=host, dst_port=port)
        made.append(replace(item, role=Role.ADVERSARY, revoked=revoked))
    return made
