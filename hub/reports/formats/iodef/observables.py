"""Read observables of IODEF: systems and flows of EventData, and the observables of IndicatorData."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any, Final
from xml.etree.ElementTree import Element

from hub.reports.formats.iodef import tables
from hub.reports.formats.iodef.tree import Tree
from hub.reports.markings import TLP_WORDS, TlpWord
from hub.reports.observables import FileDetails, Observable, ObservableType, Role, Sighting
from hub.reports.reading import roles, values
from hub.reports.reading.composites import connection
from hub.reports.reading.draft import PROTECTED_REASON, Draft
from hub.reports.reading.indicators import KINDS
from hub.reports.reading.options import MAX_LIST_ITEMS
from hub.reports.reading.times import parse_moment
from hub.reports.rsit import RsitType

_HOSTS: Final = frozenset({ObservableType.IPV4, ObservableType.IPV6, ObservableType.DOMAIN})


class ObservableReader:
    """Reads observables into a draft. ``level`` is the TLP level of the report; its parts may only be stricter."""

    def __init__(self, tree: Tree, draft: Draft, level: TlpWord, *, is_watch: bool) -> None:
        self._tree, self._draft, self._level, self._is_watch = tree, draft, level, is_watch
        self.sightings: list[Sighting] = []
        self.machine_names: list[str] = []  # without a domain, of systems that are or may be the victim's
        self.types: tuple[RsitType, ...] = ()  # from the assessments; set before EventData is read
        self.has_target = False  # whether the incident names a target; set before EventData is read

    def stricter_level(self, element: Element, level: TlpWord | None = None) -> TlpWord | None:
        """Return the level of an element if it is stricter than its parent's; otherwise ``level``, the parent's."""
        own_level = tables.RESTRICTIONS.get(element.get("restriction", "").casefold())
        parent_level = level or self._level
        return own_level if own_level and TLP_WORDS.index(own_level) > TLP_WORDS.index(parent_level) else level

    def _observe(self, items: Iterable[Observable], level: TlpWord | None) -> None:
        for item in items:
            self._draft.observe(replace(item, tlp=level))

    def _read_value(self, kind: str, text: str | None, place: str) -> Observable | None:
        if not text or kind not in KINDS:
            self._draft.note_unused(place, text, "this kind of observable is not read")
            return None
        return self._draft.attempt(KINDS[kind], place, text)

    # -- EventData

    def read_flow(self, flow: Element, level: TlpWord | None) -> None:
        """Read the systems of a flow, and the connection if it has one source, one target and a port."""
        ends: dict[str, list[tuple[Observable, Element]]] = {"source": [], "target": []}
        systems = self._tree.children(flow, "System")
        target_is_hostile = any(_is_hostile(system) and system.get("category") == "target" for system in systems)
        for system in systems:
            category = system.get("category", "")
            items = self.read_system(system, self.stricter_level(system, level), target_is_hostile=target_is_hostile)
            if category in ends:
                ends[category] += [(item, system) for item in items if item.type in _HOSTS and "/" not in item.value]
        connected_systems: tuple[Element, ...] = ()
        if len(ends["source"]) == 1 and len(ends["target"]) == 1:
            (source, source_system), (target, target_system) = ends["source"][0], ends["target"][0]
            port, transport = self._read_port(target_system)
            source_port, _ = self._read_port(source_system)
            if port is not None:
                connected_systems = (source_system, target_system)
                item = connection(
                    protocols=(transport,),
                    src=source.value,
                    src_port=source_port,
                    dst=target.value,
                    dst_port=port,
                    src_role=source.role,
                    dst_role=target.role,
                )
                hostile_end = next((end for end in (source, target) if end.role is Role.ADVERSARY), None)
                claim = roles.adversary(hostile_end.evidence) if hostile_end else roles.unknown(source.evidence)
                # A connection names both ends, so its level is the stricter one of both.
                connection_level = self.stricter_level(target_system, self.stricter_level(source_system, level))
                self._observe([replace(claim.apply_to(item), as_indicator=False)], connection_level)
        for system in (system for system in systems if system not in connected_systems):
            for service in self._tree.children(system, "Service"):
                for part in self._tree.children(service, "Port", "Portlist"):
                    number = service.get("ip-protocol") or service.get("ip_protocol") or ""
                    text = f"{self._tree.full_text(part)} {tables.TRANSPORT.get(number, '')}".strip()
                    self._draft.note_unused("Service/Port", text, "belongs to no single connection")

    def read_system(
        self, system: Element, level: TlpWord | None, *, target_is_hostile: bool = False
    ) -> list[Observable]:
        """Read the addresses and names of one system. ``target_is_hostile``: the target of the flow is the attacker's system."""
        tree = self._tree
        category = system.get("category", "").casefold()
        if category == "sensor":
            self._draft.note_unused(
                "System (sensor)", tree.full_text(system), "describes a sensor of the CERT, and stays there"
            )
            return []
        claim = self._claim(system, category, target_is_hostile=target_is_hostile)
        items: list[Observable] = []
        for node in tree.children(system, "Node"):
            items += self._read_node(node, claim)
            for counter in tree.children(node, "Counter"):
                self._read_counter(counter, items)
        for counter in tree.children(system, "Counter"):
            self._read_counter(counter, items)
        # The description of a system may say whose it is (`roles.apply_comment`).
        texts = [text for part in tree.children(system, "Description") if (text := tree.full_text(part))]
        if texts:
            items = [replace(item, description=item.description or " ".join(texts)) for item in items]
        self._observe(items, level)
        return items

    def _claim(self, system: Element, category: str, *, target_is_hostile: bool) -> roles.Claim:
        """Return the claim on a system, from the status of its domains, the classification and its side in the attack."""
        if target_is_hostile and category in {"source", "target"}:
            if _is_hostile(system):
                return roles.adversary("DomainData@system-status says that the attacker set it up")
            return roles.victim("it talks to a system that DomainData@system-status calls the attacker's")
        if category not in {"source", "target"}:
            return roles.unknown(f"System@category={category or 'none'} does not say whose it is")
        source, target = roles.attack_claims(self.types, "Assessment", has_target=self.has_target)
        if self._is_watch:
            source = roles.adversary("Incident@purpose=watch: a list of what to look for")
        claim = source if category == "source" else target
        if system.get("spoofed", "").casefold() == "yes" and claim.role is Role.ADVERSARY:
            return roles.unknown("System@spoofed=yes: somebody else's address was used")
        return claim

    def _read_node(self, node: Element, claim: roles.Claim) -> list[Observable]:
        tree = self._tree
        status = next(
            (text for data in node.iter("DomainData") if "innocent" in (text := data.get("system-status", ""))), ""
        )
        if status and claim.role is not Role.VICTIM:
            claim = roles.third_party(f"DomainData@system-status={status}: an innocent host that was hacked")
        items: list[Observable | None] = []
        for address in tree.children(node, "Address"):
            kind = tables.kind(address, "category", "ipv4-addr")
            items.append(self._read_value(kind, tree.full_text(address), "System/Node/Address"))
        names = [tree.full_text(name) for name in tree.children(node, "NodeName")]
        names += [tree.text(data, "Name") for data in tree.children(node, "DomainData")]
        for name in (name for name in names if name):
            if "." not in name and claim.role is not Role.ADVERSARY:
                self.machine_names.append(name)
                self._draft.note_unused("System/Node", name, PROTECTED_REASON)
            else:
                items.append(self._draft.attempt(KINDS["domain"], "System/Node", name))
        return [claim.apply_to(item) for item in items if item]

    def _read_counter(self, counter: Element, items: list[Observable]) -> None:
        if counter.get("type") in {"event", "alert"} and items:
            count = self._draft.attempt(
                lambda text: values.whole_number(text, least=1), "Counter", self._tree.full_text(counter)
            )
            if count:
                self.sightings.append(Sighting("observable", " ".join(items[-1].key), count))
        else:
            self._draft.note_unused(
                f"Counter ({counter.get('type')})", self._tree.full_text(counter), "measures traffic"
            )

    def _read_port(self, system: Element) -> tuple[int | None, str]:
        """Return the first port of a system and its protocol; note other ports as unused."""
        port_and_protocol: tuple[int, str] | None = None
        for service in self._tree.children(system, "Service"):
            number = service.get("ip-protocol") or service.get("ip_protocol") or "6"
            for part in self._tree.children(service, "Port"):
                text = self._tree.full_text(part)
                port = self._draft.attempt(values.port, "Service/Port", text)
                if port_and_protocol is None and port is not None:
                    port_and_protocol = port, tables.TRANSPORT.get(number, "tcp")
                elif port is not None:
                    self._draft.note_unused("Service/Port", port, "a connection has one port")
        return port_and_protocol or (None, "tcp")

    # -- IndicatorData

    def read_indicator(self, indicator: Element, level: TlpWord | None) -> None:
        """Read an Indicator: its observables, with its times and its confidence."""
        tree, draft = self._tree, self._draft
        zone = draft.options.zone
        start, end = (
            draft.attempt(lambda text: parse_moment(text, zone), name, tree.text(indicator, name))
            for name in ("StartTime", "EndTime")
        )
        confidence = self.read_confidence(tree.first_child(indicator, "Confidence"))
        identity = tree.text(indicator, "IndicatorID")
        description = (
            " ".join(text for part in tree.children(indicator, "Description") if (text := tree.full_text(part))) or None
        )
        phase = tree.first_child(indicator, "AttackPhase")
        if phase is not None:
            draft.note_unused("Indicator/AttackPhase", tree.full_text(phase), "names a phase of an unknown kill chain")
        items = [item for part in tree.children(indicator, "Observable") for item in self._read_observable(part)]
        for expression in tree.children(indicator, "IndicatorExpression"):
            items += self._read_expression(expression)
        level = self.stricter_level(indicator, level)
        default_claim = roles.adversary("the value is in an Indicator")
        self._observe(
            (
                replace(
                    item if item.role is Role.VICTIM or item.evidence else default_claim.apply_to(item),
                    valid_from=start,
                    valid_until=end,
                    confidence=confidence,
                    description=description,
                    source_id=identity,
                )
                for item in items
            ),
            level,
        )

    def read_confidence(self, element: Element | None) -> int | None:
        """Return the Confidence element as a number from 0 to 100."""
        if element is None:
            return None
        rating = element.get("rating", "").casefold()
        text = self._tree.full_text(element)
        if rating == "numeric":
            number = self._draft.attempt(lambda text: values.number(text, most=100), "Confidence", text)
            # Version 1 has a share of 1, version 2 a number up to 100.
            return None if number is None else round(number * 100) if 0 < number < 1 else round(number)
        return tables.CONFIDENCE.get(rating)

    def _read_expression(self, expression: Element) -> list[Observable]:
        """Return the observables of an `or` one by one, and an `and` as one pattern. Other operators are not supported."""
        tree, operator = self._tree, expression.get("operator", "and").casefold()
        items = [item for part in tree.children(expression, "Observable") for item in self._read_observable(part)]
        for nested in tree.children(expression, "IndicatorExpression"):
            items += self._read_expression(nested)
        if operator in {"or", "xor"} or (len(items) <= 1 and operator == "and"):
            return items
        parts = [text for item in items if (text := _comparison(item))]
        if operator == "and" and len(parts) == len(items):
            pattern = " AND ".join(f"[{part}]" for part in parts)
            return [Observable(ObservableType.PATTERN, pattern, pattern=pattern, pattern_type="stix")]
        self._draft.note_unused("IndicatorExpression", operator, "has an operator that is not supported")
        return []

    def _read_observable(self, observable: Element) -> list[Observable]:
        tree = self._tree
        items: list[Observable | None] = []
        nodes = [node for system in tree.children(observable, "System") for node in tree.children(system, "Node")]
        for parent in (observable, *nodes):
            for address in tree.children(parent, "Address"):
                kind = tables.kind(address, "category", "ipv4-addr")
                items.append(self._read_value(kind, tree.full_text(address), "Observable/Address"))
            names = [tree.text(data, "Name") for data in tree.children(parent, "DomainData")]
            items += [self._read_value("domain", name, "Observable/DomainData") for name in names]
        for data in tree.children(observable, "FileData"):
            items += [self._read_file(part) for part in tree.children(data, "File")]
        for data in tree.children(observable, "EmailData"):
            items += self._read_mail(data)
        for data in tree.children(observable, "WindowsRegistryKeysModified"):
            for key in tree.children(data, "Key"):
                item = self._read_value("regkey", tree.text(key, "KeyName"), "WindowsRegistryKeysModified/Key")
                value = tree.text(key, "Value", "KeyValue")
                items.append(replace(item, data=value) if item else None)
        for bulk in tree.children(observable, "BulkObservable"):
            items += self._read_bulk(bulk)
        return [item for item in items if item is not None]

    def _read_mail(self, data: Element) -> list[Observable | None]:
        """Read a mail: its recipients are victims, and its sender may be forged."""
        tree = self._tree
        recipients = [
            self._read_value("email", tree.full_text(part), "EmailData/EmailTo")
            for part in tree.children(data, "EmailTo")
        ]
        senders = [
            self._read_value("email", tree.full_text(part), "EmailData/EmailFrom")
            for part in tree.children(data, "EmailFrom")
        ]
        recipient_addresses = [item.value for item in recipients if item]
        subjects = [tree.full_text(part) for part in tree.children(data, "EmailSubject")]
        mailers = [tree.full_text(part) for part in tree.children(data, "EmailX-Mailer")]
        return [
            *(roles.victim("EmailTo: a recipient").apply_to(item) for item in recipients if item),
            *(
                roles.sender_claim(item.value, "EmailFrom", protected=recipient_addresses).apply_to(item)
                for item in senders
                if item
            ),
            *(Observable(ObservableType.EMAIL_MESSAGE, text) for text in subjects if text),
            *(self._read_value("user-agent", text, "EmailData/EmailX-Mailer") for text in mailers),
        ]

    def _read_bulk(self, bulk: Element) -> list[Observable | None]:
        kind = tables.kind(bulk, "type")
        lists = self._tree.children(bulk, "BulkObservableList")
        lines = [line.strip() for part in lists for line in (part.text or "").splitlines() if line.strip()]
        if len(lines) > MAX_LIST_ITEMS:
            self._draft.note_unused("BulkObservableList", f"{len(lines)} lines", f"more than {MAX_LIST_ITEMS} lines")
            lines = lines[:MAX_LIST_ITEMS]
        if kind == "email-subject":
            return [Observable(ObservableType.EMAIL_MESSAGE, line) for line in lines]
        return [
            self._read_value(kind, line, f"BulkObservable ({bulk.get('ext-type') or bulk.get('type')})")
            for line in lines
        ]

    def _read_file(self, file: Element) -> Observable | None:
        tree = self._tree
        hashes: dict[str, str] = {}
        name = tree.text(file, "FileName")
        size = self._draft.attempt(values.whole_number, "File/FileSize", tree.text(file, "FileSize"))
        for data in tree.children(file, "HashData"):
            for part in tree.children(data, "Hash"):
                method = tree.first_child(part, "DigestMethod")
                algorithm = (method.get("Algorithm") or method.text or "") if method is not None else ""
                digest = tree.text(part, "DigestValue")
                pair = self._draft.attempt(partial(_digest, method=algorithm), "HashData/Hash", digest)
                if pair:
                    hashes[pair[0]] = pair[1]
                    if algorithm and not _algorithm(algorithm):
                        self._draft.note_unused(
                            "DigestMethod", algorithm, f"is unknown; the length of the hash shows {pair[0]}"
                        )
        if not hashes and not name:
            return None
        item = values.file_observable(hashes, name)
        return replace(item, file=replace(item.file or FileDetails(), size=size))


def _is_hostile(system: Element) -> bool:
    """Whether the attacker set up this system: IODEF calls its domain fraudulent or malicious."""
    return any(
        re.search(r"fraudulent|malicious|criminal", data.get("system-status", "").casefold()) is not None
        for data in system.iter("DomainData")
    )


def _algorithm(method: str) -> str | None:
    """Return STIX's name of a hash algorithm, from the name or URI that XML signatures use."""
    return tables.HASHES.get(re.sub(r"[^a-z0-9]", "", method.rpartition("#")[2].casefold() or method.casefold()))


def _digest(text: str, method: str) -> tuple[str, str]:
    """Read a digest. XML signatures write it in base64; some senders write hexadecimal."""
    algorithm = _algorithm(method)
    try:
        return values.file_hash(text, algorithm)
    except ValueError:
        pass
    try:
        return values.file_hash(base64.b64decode("".join(text.split()), validate=True).hex(), algorithm)
    except (binascii.Error, ValueError):
        raise ValueError("a digest in base64 or hexadecimal") from None


_PATHS: Final[dict[ObservableType, str]] = {
    ObservableType.IPV4: "ipv4-addr:value", ObservableType.IPV6: "ipv6-addr:value",
    ObservableType.DOMAIN: "domain-name:value", ObservableType.URL: "url:value",
    ObservableType.EMAIL: "email-addr:value", ObservableType.MUTEX: "mutex:name",
    ObservableType.REGISTRY_KEY: "windows-registry-key:key",
}  # fmt: skip


def _comparison(item: Observable) -> str | None:
    """Return a STIX comparison expression (STIX 2.1, 9.5) for one observable; None if there is none."""
    path: Any = _PATHS.get(item.type)
    value = item.value
    if item.type is ObservableType.FILE and item.file:
        name, value = next(iter(item.file.hashes.items()), ("", item.file.name or ""))
        path = f"file:hashes.'{name}'" if name else "file:name"
    if path is None:
        return None
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{path} = '{escaped}'"
