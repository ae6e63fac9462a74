"""Observables and sightings of a report, as indicators, SCOs, observed-data and sightings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from hub.rendering import versions, wording
from hub.rendering.builder import Builder, Origin
from hub.rendering.patterns import good_hashes, host_type, pattern_of
from hub.rendering.pointers import external_reference
from hub.reports import rsit
from hub.reports.markings import TlpWord
from hub.reports.moments import Moment
from hub.reports.observables import FileDetails, Observable, ObservableType, Role, Sighting
from hub.stix import tlp
from hub.stix.patterns import pattern_problem
from hub.stix.timestamps import parse_timestamp

# For how long an indicator is believed where the report does not say, in days: addresses change hands in weeks.
VALID_DAYS: Final[Mapping[ObservableType, int]] = {
    ObservableType.IPV4: 30,
    ObservableType.IPV6: 30,
    ObservableType.TRAFFIC: 30,
    ObservableType.DOMAIN: 90,
    ObservableType.URL: 90,
    ObservableType.EMAIL: 90,
    ObservableType.EMAIL_MESSAGE: 90,
    ObservableType.USER_AGENT: 180,
}
OTHER_DAYS: Final = 365
NAME_CHARS: Final = 200  # characters of a value in an indicator's name


def render_observables(builder: Builder, malware: Mapping[str, str]) -> dict[str, str]:
    """Add what was observed; `malware` has the ids of the report's malware by name.

    Returns the ids of indicators by "type value", which is how sightings name them.
    """
    indicators: dict[str, str] = {}
    groups: dict[tuple[str, TlpWord | None], list[str]] = {}
    # (1) each observable's SCO, in the group of its role; (2) its indicator
    for item in builder.report.observables:
        origin = Origin(item.role, item.held, item)
        sco = render_sco(builder, item, origin)
        if sco is not None:
            word = item.tlp if item.tlp and tlp.BY_WORD[item.tlp] > builder.level else None
            groups.setdefault(("held" if item.held else item.role.value, word), []).append(sco)
        if item.as_indicator and item.held is None:
            indicator = _indicator(builder, item, origin, malware)
            if indicator is not None:
                indicators[" ".join(item.key)] = indicator
    # (3) what is known of the victim's own addresses and names, at the CERT only
    for sco in _victims_own(builder):
        groups.setdefault((Role.VICTIM.value, None), []).append(sco)
    # (4) the observation of each group
    for (role, word), scos in groups.items():
        _observed_data(builder, role, word, list(dict.fromkeys(scos)))
    return indicators


def render_sco(builder: Builder, item: Observable, origin: Origin) -> str | None:
    """The SCO of an observable, with those that it refers to; None for what is only a pattern."""
    word = item.tlp
    if item.type is ObservableType.TRAFFIC:
        return _traffic(builder, item, origin)
    content = _sco_content(builder, item)
    if content is None:
        return None
    identifier = builder.observe(item.type.value, origin, word, **content)
    if identifier is not None:
        for host in item.resolves_to:
            # Where the report does not list the address by itself, it does not say whose it is.
            listed = builder.listed.get((host_type(host), host))
            owner = Origin(listed.role, listed.held, listed) if listed else Origin(Role.UNKNOWN, observable=item)
            target = builder.observe(host_type(host), owner, listed.tlp if listed else word, value=host)
            if target is not None:
                builder.relate(identifier, "resolves-to", target, _stricter(word, listed.tlp if listed else None))
    return identifier


def _stricter(first: TlpWord | None, second: TlpWord | None) -> TlpWord | None:
    """The stricter of two levels, of which each counts only where it is stricter than the report's."""
    return max((first, second), key=lambda word: tlp.BY_WORD[word] if word else -1)


def _sco_content(builder: Builder, item: Observable) -> dict[str, Any] | None:
    match item.type:
        case ObservableType.FILE | ObservableType.CERTIFICATE:
            return _file_content(builder, item)
        case ObservableType.AS:
            digits = item.value.upper().removeprefix("AS")
            return {"number": int(digits), "name": item.display_name} if digits.isdecimal() else None
        case ObservableType.EMAIL | ObservableType.IPV4 | ObservableType.IPV6 | ObservableType.DOMAIN:
            shown = item.display_name if item.type is ObservableType.EMAIL else None
            return {"value": item.value, "display_name": shown}
        case ObservableType.URL | ObservableType.MAC:
            return {"value": item.value}
        case ObservableType.EMAIL_MESSAGE:
            return {"is_multipart": False, "subject": item.value}
        case ObservableType.MUTEX:
            return {"name": item.value}
        case ObservableType.SOFTWARE:
            return {"name": item.value, "cpe": item.data if item.data and item.data.startswith("cpe:2.3:") else None}
        case ObservableType.REGISTRY_KEY:
            name, separator, data = (item.data or "").partition("=")
            return {"key": item.value, "values": [{"name": name, "data": data}] if separator else None}
        case ObservableType.USER_ACCOUNT:
            return {"account_login": item.value, "display_name": item.display_name}
        case _:
            return None


def _file_content(builder: Builder, item: Observable) -> dict[str, Any] | None:
    details = item.file or FileDetails(name=item.value)
    hashes = good_hashes(details)
    for algorithm in sorted(details.hashes.keys() - hashes.keys()):
        builder.unusable(f"hash {algorithm}", details.hashes[algorithm], "no such algorithm there, or no such hash")
    if item.type is ObservableType.CERTIFICATE:
        return {"hashes": hashes} if hashes else None
    name = details.name or (None if hashes or details.imphash else item.value)
    return {"hashes": hashes, "size": details.size, "name": name, "mime_type": details.mime_type}


def _traffic(builder: Builder, item: Observable, origin: Origin) -> str | None:
    details = item.traffic
    if details is None:
        return None
    ends: dict[str, Any] = {}
    for end, host, port, role in (
        ("src", details.src, details.src_port, details.src_role),
        ("dst", details.dst, details.dst_port, details.dst_role),
    ):
        if host:
            ref = builder.observe(host_type(host), Origin(role, item.held, item), item.tlp, value=host)
            ends[f"{end}_ref"] = ref
        # A port counts without its host: which service the adversary reached for is known, and whose it is stays.
        ends[f"{end}_port"] = port
    protocols = [word for word in details.protocols if word] or ["tcp"]
    return (
        builder.observe("network-traffic", origin, item.tlp, **ends, protocols=protocols)
        if details.src or details.dst
        else None
    )


def _victims_own(builder: Builder) -> Iterable[str]:
    for victim in builder.report.victims:
        origin = Origin(Role.VICTIM)
        for kind, texts in (("domain-name", victim.domains), ("email-addr", victim.emails)):
            for value in texts:
                if identifier := builder.observe(kind, origin, value=value):
                    yield identifier
        for value in victim.ip_ranges:
            if identifier := builder.observe(host_type(value), origin, value=value):
                yield identifier


def _observed_data(builder: Builder, role: str, word: TlpWord | None, scos: list[str]) -> None:
    seen = builder.report.timeline
    first = seen.started or seen.detected or seen.reported
    last = seen.ended or first
    start = first.stix() if first else builder.first
    end = last.stix() if last and first and last.instant >= first.instant else start
    builder.add(
        "observed-data",
        role,
        word or "",
        tlp_word=word,
        first_observed=start,
        last_observed=end,
        number_observed=1,
        object_refs=scos,
        labels=[f"role:{role.replace('_', '-')}"],
    )


def _indicator(builder: Builder, item: Observable, origin: Origin, malware: Mapping[str, str]) -> str | None:
    rule = pattern_of(item)
    if rule is None:
        builder.unusable(item.type.value, item.value, "nothing in it can be matched")
        return None
    pattern, pattern_type = rule
    if pattern_type == "stix" and (problem := pattern_problem(pattern)):
        builder.unusable(item.type.value, item.value, problem)
        return None
    valid_from, valid_until = validity(item, builder)
    report = builder.report
    what = wording.observable_name(item.type)
    family = item.malware or (report.malware[0].name if len(report.malware) == 1 and report.malware[0].named else None)
    own = [line for label in item.labels if (line := _rsit_of(label))]
    kind = own[0].name if own else wording.incident_kind(report)
    text = wording.indicator_description(
        what,
        f"{kind} ({report.determination})",
        builder.member.name,
        family,
        valid_until,
        wording=builder.record.wording,
    )
    identifier = builder.add(
        "indicator",
        item.type.value,
        item.value,
        tlp_word=item.tlp,
        name=f"{what} {item.value}"[:NAME_CHARS],
        description=f"{item.description} {text}" if item.description else text,
        indicator_types=item.indicator_types or ("malicious-activity",),
        pattern=pattern,
        pattern_type=pattern_type,
        pattern_version="2.1" if pattern_type == "stix" else None,
        valid_from=valid_from,
        valid_until=valid_until,
        kill_chain_phases=[{"kill_chain_name": chain, "phase_name": phase} for chain, phase in item.kill_chain_phases],
        labels=item.labels,
        external_references=[pointer for source in item.references if (pointer := external_reference(source))],
        confidence=item.confidence if item.confidence is not None else report.confidence,
        revoked=item.revoked or None,
    )
    builder.own(identifier, origin)
    if item.malware is not None and item.malware in malware and not item.revoked:
        builder.relate(identifier, "indicates", malware[item.malware], item.tlp)
    return identifier


def validity(item: Observable, builder: Builder) -> tuple[str, str]:
    """`valid_from` and `valid_until`, the second always later: an indicator without an end is blocked for ever."""
    timeline = builder.report.timeline
    begins = item.valid_from or item.first_seen or timeline.started or timeline.detected or timeline.reported
    start = begins.stix() if begins else builder.first
    if item.valid_until is not None:
        end = item.valid_until.stix()
        if parse_timestamp(end) > parse_timestamp(start):
            return start, end
        # Its end stands, and what began after it is the odd one: it was valid up to there.
        return versions.timestamp(item.valid_until.instant - timedelta(days=1)), end
    last = max((item.last_seen.stix() if item.last_seen else start), start)
    days = timedelta(days=VALID_DAYS.get(item.type, OTHER_DAYS))
    return start, versions.timestamp(datetime.fromisoformat(last) + days)


def _rsit_of(label: str) -> rsit.RsitType | None:
    return _BY_LABEL.get(label)


_BY_LABEL: Final = {line.label: line for line in rsit.RSIT.values()}


def render_sightings(builder: Builder, known: Mapping[tuple[str, str], str]) -> list[str]:
    """Add the report's sightings. `known`: ids by (kind of target, its name). Returns ids; the rest is in the table."""
    sightings = []
    for item in builder.report.sightings:
        target = known.get((item.of_type, item.of)) or _classified(builder, item)
        if target is None:
            builder.unusable(f"sighting of {item.of_type}", item.of, "nothing of that name stands in the bundle")
            continue
        first, last = _span(item.first_seen, item.last_seen)
        where = (
            class_identity(builder, item.sector, item.country)
            if item.sector or item.country
            else builder.member.identity
        )
        parts = (item.of_type, item.of, item.country or "", item.sector or "", item.detail or "", *item.labels)
        sightings.append(
            builder.add(
                "sighting",
                *parts,
                tlp_word=_word_of(builder, target),
                sighting_of_ref=target,
                count=min(item.count, 999_999_999),
                first_seen=first,
                last_seen=last,
                where_sighted_refs=[where],
                description=f"Seen at: {item.detail}" if item.detail else None,
                labels=item.labels,
                confidence=item.confidence,
            )
        )
    return sightings


def _classified(builder: Builder, item: Sighting) -> str | None:
    """What stands for an RSIT type where nothing more exact is known: its own name as STIX's nearest object."""
    if item.of_type == "malware":
        return builder.add("malware", item.of, name=item.of, is_family=True)
    rsit_class, _, rsit_type = item.of.partition("/")
    line = rsit.RSIT.get((rsit_class, rsit_type))
    if item.of_type == "observable":
        # What was seen is held or was no indicator: that it was seen, and how often, is still worth telling.
        line = next((known for label in item.labels if (known := _rsit_of(label))), None)
    if line is None:
        return None
    rsit_class, rsit_type = line.rsit_class, line.type
    if rsit_class == "vulnerable":
        return builder.add_common("vulnerability", name=line.name, labels=[line.label])
    if rsit_type == "infected-system":
        return builder.add_common(
            "malware", name=wording.unspecified_malware(builder.record.wording), is_family=True, labels=[line.label]
        )
    return builder.add_common("attack-pattern", name=line.name, labels=[line.label])


def _word_of(builder: Builder, target: str) -> TlpWord | None:
    """A sighting is not marked lower than what was seen."""
    draft = builder.drafts.get(target) or builder.common.get(target)
    level = tlp.level(draft) if draft else None
    return level.word if level is not None else None  # type: ignore[return-value]  # the words of TLP are TlpWord's


def _span(first: Moment | None, last: Moment | None) -> tuple[str | None, str | None]:
    if first is None or last is None or last.instant >= first.instant:
        return (first.stix() if first else None), (last.stix() if last else None)
    return last.stix(), first.stix()


def class_identity(builder: Builder, sector: str | None, country: str | None) -> str:
    """The organisations of a sector in a country, as one identity that all reports of this CERT share."""
    identifier = builder.add_common(
        "identity",
        name=wording.class_name(sector, country),
        identity_class="class",
        sectors=[sector] if sector else None,
    )
    builder.classes[identifier] = (sector, country)
    return identifier
