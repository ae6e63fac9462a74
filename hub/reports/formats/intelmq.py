"""IntelMQ events, field list of IntelMQ 3.5: flat JSON with dotted keys, hierarchical JSON, or a CSV dump of either.

The type of an event decides which side is the adversary's (hub/reports/reading/roles.py). Types of older versions are
converted by IntelMQ's own table; the unclear types "malware" and "ransomware" are decided by other fields of the event.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import orjson

from hub.errors import ReadingError
from hub.reports import rsit
from hub.reports.losses import excerpt
from hub.reports.moments import Moment
from hub.reports.observables import Observable, ObservableType, Role
from hub.reports.reading import roles, values
from hub.reports.reading.composites import NO_CONNECTION, attacker_connection, file_by_hashes
from hub.reports.reading.countries import country_code
from hub.reports.reading.draft import PROTECTED_REASON, Draft, Fields, Problem, distinct
from hub.reports.reading.feed import FeedLine
from hub.reports.reading.named_victims import named_victims
from hub.reports.reading.options import ReadOptions
from hub.reports.reading.reader import Format, Record, read_records
from hub.reports.reading.source import BadValue, Source, byte_lines, json_values
from hub.reports.reading.times import parse_moment
from hub.reports.references import Reference
from hub.reports.report import Reading
from hub.reports.victims import Victim

_SUPPLIER: Final = "names the supplier of the feed, who stays unnamed"
_NO_INDICATOR: Final = "describes the event, which has no indicator to carry it"
_PRIVATE: Final = "names a person or desk, and stays at the CERT"
_NETWORK: Final = "describes the network's owner or place"
_UNUSED_KEYS: Final = {
    _SUPPLIER: ("feed.name", "feed.provider", "feed.url", "feed.code", "feed.documentation"),
    _PRIVATE: ("source.abuse_contact", "destination.abuse_contact"),
    _NETWORK: tuple(
        f"{side}.{key}" for side in ("source", "destination") for key in ("network", "registry", "allocated")
    ),
    "is of one observation; a feed report has no severity": ("severity",),
}
_IGNORED_KEYS: Final = ("__type", "raw", "screenshot_url", "output", "event_hash", "rtir_id")
"""Keys that are ignored without a note: raw data and ids of other systems (hub/docs/roles.md)."""
_HASHES: Final = {"malware.hash.md5": "MD5", "malware.hash.sha1": "SHA-1", "malware.hash.sha256": "SHA-256"}
_GROUPS: Final = (
    "classification", "destination", "event_description", "feed", "malware", "misp", "product", "protocol", "source",
    "time",
)  # fmt: skip
_SUBGROUPS: Final = ("geolocation", "hash")
# How IntelMQ itself converted the types of its versions 1 and 2. (Aliases of RSIT are in hub/reports/rsit.py.)
_OLDER_TYPES: Final = {
    "vulnerable-service": "vulnerable-system", "vulnerable-client": "vulnerable-system", "unknown": "undetermined",
    "unauthorized-login": "unprivileged-account-compromise", "unauthorized-command": "application-compromise",
    "harmful-content": "harmful-speech", "botnet-drone": "infected-system", "c&c-server": "c2-server",
}  # fmt: skip
_UNCLEAR_TYPES: Final = frozenset({"malware", "ransomware"})
_FAMILY_TYPES: Final = frozenset({
    "infected-system", "c2-server", "malware-distribution", "malware-configuration", "dga-domain",
})  # fmt: skip


def read_intelmq(source: Source, options: ReadOptions) -> Iterator[Reading]:
    """Read events one by one: yield feed reports, and a RowError for each event that cannot be used."""
    return read_records(_FORMAT, _records(source), source, options)


def _records(source: Source) -> Iterator[Record]:
    if source.head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
        return json_values(source)
    return _csv_rows(source)


def _csv_rows(source: Source) -> Iterator[Record]:
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
        place = f"line {number}"
        try:
            cells = next(csv.reader([(line or b"").decode("utf-8")], delimiter=delimiter), [])
        except (UnicodeDecodeError, csv.Error) as error:
            yield place, BadValue(place, excerpt((line or b"")[:60]), f"a row in UTF-8 ({error})")
            continue
        if len(cells) > len(columns) or line is None:
            yield place, BadValue(place, f"{len(cells)} cells", f"at most {len(columns)} cells in a row")
        elif any(cells):
            yield place, {column: cell for column, cell in zip(columns, cells, strict=False) if cell}


def with_dotted_keys(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event with dotted keys instead of nested ones (hierarchical output) or underscores (SQL)."""
    flat: dict[str, Any] = {}
    for key, value in event.items():
        if isinstance(value, Mapping) and key in _GROUPS:
            flat |= {f"{key}.{inner}": item for inner, item in _flatten(value)}
        else:
            flat[_dotted_key(key)] = value
    return flat


def _flatten(group: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in group.items():
        if isinstance(value, Mapping) and key in _SUBGROUPS:
            yield from ((f"{key}.{inner}", item) for inner, item in value.items())
        else:
            yield key, value


def _dotted_key(key: str) -> str:
    if "." in key:
        return key
    group = next((group for group in _GROUPS if key.startswith(f"{group}_")), None)
    if group is None:
        return key
    name = key[len(group) + 1 :]
    subgroup = next((word for word in _SUBGROUPS if name.startswith(f"{word}_")), None)
    return f"{group}.{subgroup}.{name[len(subgroup) + 1 :]}" if subgroup else f"{group}.{name}"


def _line(value: Any, draft: Draft) -> FeedLine:
    """1. Classification. 2. Times. 3. Observables. 4. All other fields."""
    if not isinstance(value, dict):
        raise Problem("", value, "an event: a JSON object with dotted keys")
    options = draft.options
    event = Fields(with_dotted_keys(value), draft)
    event.ignore(*_IGNORED_KEYS)
    # 1.
    kind, line = _classify(event)
    # 2.
    first_seen, last_seen = _times(event, draft)
    # 3.
    identifier = event.text("classification.identifier")
    family = event.text("malware.name")
    is_sinkhole = (
        "sinkhole"
        in " ".join(
            event.text(key) or ""
            for key in ("classification.identifier", "malware.name", "feed.name", "event_description.text")
        ).casefold()
    )
    if family is None and identifier and type_for_roles(kind, line) in _FAMILY_TYPES and "sinkhole" not in identifier:
        family = identifier
    service = event.text("protocol.application")
    observables = _observables(event, draft, kind, line, is_sinkhole=is_sinkhole)
    observables = _with_description(event, draft, observables)
    # 4.
    target = event.text("event_description.target")
    machines = tuple(text for side in ("source", "destination") if (text := event.text(f"{side}.local_hostname")))
    for key in ("event_description.target", "source.local_hostname", "destination.local_hostname"):
        event.drop(PROTECTED_REASON, key)
    accuracy = event.read("feed.accuracy", lambda text: values.number(text, most=100))
    host_is_victim = line.type in roles.VICTIM_TYPES
    if identifier and family and identifier != family and line.type in _FAMILY_TYPES:
        draft.note_unused("classification.identifier", identifier, f"the malware is called {family}")
        identifier = None
    if service and identifier and identifier != family:
        draft.note_unused("protocol.application", service, f"the service is called {identifier}")
    country = event.read(f"{'source' if host_is_victim else 'destination'}.geolocation.cc", country_code)
    version = event.text("malware.version")
    if not family:
        draft.note_unused("malware.version", version, "belongs to malware without a name")
    references = tuple(
        Reference("misp", external_id=text)
        for key in ("misp.event_uuid", "misp.attribute_uuid")
        if (text := event.text(key))
    )
    tlp = event.read("tlp", values.tlp) or options.default_tlp
    for reason, keys in _UNUSED_KEYS.items():
        event.drop(reason, *keys)
    vulnerabilities = [
        name
        for text in re.split(r"[;,\s]+", event.text("product.vulnerabilities") or "")
        if text
        for name in [draft.attempt(values.cve, "product.vulnerabilities", text)]
        if name
    ]
    for name in vulnerabilities[1:]:
        draft.note_unused(
            "product.vulnerabilities", name, f"only the first vulnerability of a line is used: {vulnerabilities[0]}"
        )
    event.note_remaining()
    return FeedLine(
        draft.place,
        orjson.dumps(value, option=orjson.OPT_SORT_KEYS),
        line,
        tlp,
        observables=observables,
        first_seen=first_seen,
        last_seen=last_seen,
        country=country or options.default_country,
        malware=f"{family} {version}" if family and version else family,
        vulnerability=vulnerabilities[0] if vulnerabilities else None,
        service=(identifier if identifier != family else None) or service,
        confidence=int(accuracy) if accuracy is not None else None,
        references=references,
        target_victims=(
            *((Victim(name=target, hosts=machines),) if target or machines else ()),
            *named_victims(value.get("extra")),
        ),
        host_is_victim=host_is_victim,
        unused=draft.unused_rows,
        warnings=draft.warnings,
    )


def _times(event: Fields, draft: Draft) -> tuple[Moment | None, Moment | None]:
    """Return when it was first and last seen: at the source, and by the feed."""
    first, last = (
        event.read(key, lambda text: parse_moment(text, draft.options.zone))
        for key in ("time.source", "time.observation")
    )
    if first and last and last < first:
        draft.note_unused("time.observation", last.stix(), "is before time.source, which is used")
        return first, first
    return first or last, last if first and last else first


def _with_description(event: Fields, draft: Draft, observables: tuple[Observable, ...]) -> tuple[Observable, ...]:
    """Return the observables; the indicators get the description of the event and the URL of its page."""
    texts = (event.text("event_description.text"), event.text("comment"))  # the comment may say whose a value is
    text = ". ".join(dict.fromkeys(part for part in texts if part)) or None
    page = event.read("event_description.url", values.url)
    if not any(item.as_indicator for item in observables):
        draft.note_unused("event_description.text", text, _NO_INDICATOR)
        draft.note_unused("event_description.url", page, _NO_INDICATOR)
        return observables
    pages = (Reference("event description", url=page, public=True),) if page else ()
    return tuple(
        replace(roles.apply_comments(item, texts), description=text, references=pages) if item.as_indicator else item
        for item in observables
    )


def type_for_roles(kind: str, line: rsit.RsitType) -> str:
    """Return the type that decides the roles: one of the four that only IntelMQ has, which are "other" in RSIT; else RSIT's."""
    return kind if kind in roles.ATTACKER_TYPES else line.type


def _classify(event: Fields) -> tuple[str, rsit.RsitType]:
    """Return (the type in the words of the current IntelMQ, its entry in RSIT)."""
    text = event.text("classification.type")
    event.ignore("classification.taxonomy")
    if text is None:
        raise Problem("classification.type", None, "a type such as c2-server or phishing")
    kind = "-".join(text.casefold().replace("_", " ").replace("-", " ").split())
    kind = _OLDER_TYPES.get(kind, kind)
    if kind in _UNCLEAR_TYPES and (event.text("source.url") or event.text("source.fqdn")):
        kind = "malware-distribution"  # a page or a name serves the malware; an infected system has only an address
    line = rsit.find(kind)
    if line is None:
        raise Problem("classification.type", text, "a type of IntelMQ or RSIT")
    if line.rsit_class == "test":
        raise Problem("classification.type", text, "a real event: tests are not shared")
    return kind, line


def _observables(
    event: Fields, draft: Draft, kind: str, line: rsit.RsitType, *, is_sinkhole: bool
) -> tuple[Observable, ...]:
    """1. Addresses, names and pages of both ends. 2. The host that an infected system called; the connection. 3. Files."""
    # 1.
    role_type = type_for_roles(kind, line)
    source, destination = roles.observation_claims(role_type, "classification.type")
    country = event.peek("source.geolocation.cc").upper()
    source = roles.adjust_for_country(
        source, role_type, "source.geolocation.cc", country=country, home=draft.options.default_country
    )
    names = [event.peek(f"source.{key}").strip(".") for key in ("fqdn", "reverse_dns")]
    source = roles.adjust_for_names(source, role_type, names)
    source = roles.adjust_for_reflection(source, "classification.identifier", event.peek("classification.identifier"))
    status = (event.text("status") or "").casefold()
    revoked = status == "offline"
    if status not in {"", "online", "offline"}:
        draft.note_unused("status", status, "is neither online nor offline")
    observables = list(roles.mark_hacked_sites(_side(event, "source", source), one_observation=True))
    destination_items = _side(event, "destination", destination)
    # 2.
    if line.type == "infected-system":
        words = set(f"{event.text('classification.identifier')} {event.text('malware.name')}".casefold().split())
        is_command_server = bool({"c2", "c&c"} & words) or bool(event.peek("malware.name"))
        destination_items = [
            item
            for end in destination_items
            if (
                item := roles.check_called_host(
                    end,
                    draft,
                    f"destination ({end.type})",
                    is_command_server=is_command_server,
                    is_sinkhole=is_sinkhole,
                )
            )
        ]
    observables += destination_items
    observables += _connection(event, draft, role_type, observables, destination_items)
    # 3.
    file = file_by_hashes(event, _HASHES)
    if file:
        observables.append(roles.adversary("malware.hash is of malware").apply_to(file))
    if revoked:
        return tuple(replace(item, revoked=True) if item.role is Role.ADVERSARY else item for item in observables)
    return tuple(observables)


_END_READERS: Final[tuple[tuple[str, Callable[[str], Observable]], ...]] = (
    ("ip", lambda text: Observable(*values.address(text))),
    ("fqdn", lambda text: Observable(ObservableType.DOMAIN, values.domain(text))),
    ("url", lambda text: Observable(ObservableType.URL, values.url(text))),
    ("reverse_dns", lambda text: Observable(ObservableType.DOMAIN, values.domain(text))),
    ("local_ip", lambda text: Observable(*values.address(text))),
    ("account", lambda text: Observable(ObservableType.USER_ACCOUNT, values.plain_text(text))),
)
_NEVER_INDICATORS: Final = frozenset({"reverse_dns", "local_ip", "account"})


def _side(event: Fields, side: str, claim: roles.Claim) -> list[Observable]:
    """Return the observables of one end of the event."""
    observables: list[Observable] = []
    side_claim = replace(claim, evidence=f"{side}: {claim.evidence}")
    for key, reader in _END_READERS:
        item = event.read(f"{side}.{key}", reader)
        if item is not None:
            # A provider gives an address its reverse name, so the name is not the adversary's.
            is_provided = key == "reverse_dns" and claim.role in {Role.ADVERSARY, Role.THIRD_PARTY}
            item = (roles.unknown(f"{side}.{key} is given by a provider") if is_provided else side_claim).apply_to(item)
            observables.append(replace(item, as_indicator=False) if key in _NEVER_INDICATORS else item)
    if claim.role is not Role.ADVERSARY:
        event.drop(_NETWORK, f"{side}.asn")
    elif number := event.read(f"{side}.asn", values.as_number):
        owner = event.text(f"{side}.as_name")
        observables.append(Observable(ObservableType.AS, number, display_name=owner))
    return observables


def _connection(
    event: Fields, draft: Draft, role_type: str, source_items: list[Observable], destination_items: list[Observable]
) -> list[Observable]:
    """Return the connection of the adversary's end, if its port is known; note other ports and protocols as unused."""
    ports = {side: event.read(f"{side}.port", values.port) for side in ("source", "destination")}
    layers = distinct((event.text(key) or "").lower() for key in ("protocol.transport", "protocol.application"))
    layers = layers if event.peek("protocol.transport") else ("tcp", *layers)
    is_client = role_type in roles.CLIENT_TYPES
    item = attacker_connection(
        source_items, is_client=is_client, protocols=layers, own_port=ports["source"], other_port=ports["destination"]
    )
    if item:
        used_sides = {"source", "destination"} if is_client else {"source"}
    else:
        item = attacker_connection(destination_items, is_client=False, protocols=layers, own_port=ports["destination"])
        used_sides = {"destination"} if item else set()
    for side in ("source", "destination"):
        if side not in used_sides:
            draft.note_unused(f"{side}.port", ports[side], NO_CONNECTION)
    if not item:
        draft.note_unused("protocol.transport", event.peek("protocol.transport"), NO_CONNECTION)
    return [item] if item else []


_FORMAT: Final = Format("intelmq", _line, lambda record: record.get("event_hash"))
