"""Observables of a report as SCOs: the values themselves, with those that they refer to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from hub.rendering.builder import Builder, Origin
from hub.rendering.patterns import account_property, good_hashes, host_type, package_of
from hub.reports.observables import FileDetails, Observable, ObservableType, Role
from hub.stix.identifiers import OPENCTI_EXTENSION

_OPENCTI: Final = {OPENCTI_EXTENSION: {"extension_type": "new-sco"}}


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
            listed = builder.observables_by_key.get((host_type(host), host))
            owner = Origin(listed.role, listed.hold_reason, listed) if listed else Origin(Role.UNKNOWN, observable=item)
            target = builder.observe(host_type(host), owner, listed.tlp if listed else word, value=host)
            if target is not None:
                builder.relate(
                    identifier, "resolves-to", target, builder.stricter(word, listed.tlp if listed else None)
                )
    return identifier


def _sco_content(builder: Builder, item: Observable) -> dict[str, Any] | None:
    match item.type:
        case ObservableType.FILE | ObservableType.CERTIFICATE:
            return _file_content(builder, item)
        case ObservableType.AS:
            digits = item.value.upper().removeprefix("AS")
            return {"number": int(digits), "name": item.display_name} if digits.isdecimal() else None
        case ObservableType.EMAIL | ObservableType.IPV4 | ObservableType.IPV6 | ObservableType.DOMAIN:
            display_name = item.display_name if item.type is ObservableType.EMAIL else None
            return {"value": item.value, "display_name": display_name}
        case ObservableType.URL | ObservableType.MAC:
            return {"value": item.value}
        case ObservableType.EMAIL_MESSAGE:
            return {"is_multipart": False, "subject": item.value}
        case ObservableType.MUTEX:
            return {"name": item.value}
        case ObservableType.SOFTWARE:
            package = package_of(item.data or "")
            cpe = item.data if item.data and item.data.startswith("cpe:2.3:") else None
            return {"name": item.value, "version": package.version if package else None, "cpe": cpe}
        case ObservableType.REGISTRY_KEY:
            name, separator, data = (item.data or "").partition("=")
            return {"key": item.value, "values": [{"name": name, "data": data}] if separator else None}
        case ObservableType.USER_ACCOUNT:
            return {"account_login": item.value, "display_name": item.display_name}
        case _:
            return _content_beyond_stix(item)


def _content_beyond_stix(item: Observable) -> dict[str, Any] | None:
    """The content of an observable that only OpenCTI's types can express; None for what is only a pattern."""
    match item.type:
        case ObservableType.WALLET | ObservableType.PHONE | ObservableType.USER_AGENT:
            return {"value": item.value, "extensions": _OPENCTI}
        case ObservableType.BANK_ACCOUNT:
            return {account_property(item.value): item.value, "extensions": _OPENCTI}
        case _:
            return None


def _file_content(builder: Builder, item: Observable) -> dict[str, Any] | None:
    details = item.file or FileDetails(name=item.value)
    hashes = good_hashes(details)
    for algorithm in sorted(details.hashes.keys() - hashes.keys()):
        builder.note_unusable(
            f"hash {algorithm}", details.hashes[algorithm], "no such algorithm there, or no such hash"
        )
    if item.type is ObservableType.CERTIFICATE:
        return {"hashes": hashes} if hashes else None
    if details.imphash and not hashes and not details.name:
        return None  # STIX's file needs a hash of the whole, or a name (STIX 2.1, 6.7); the pattern has the imphash
    name = details.name or (None if hashes else item.value)
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
            ref = builder.observe(host_type(host), Origin(role, item.hold_reason, item), item.tlp, value=host)
            ends[f"{end}_ref"] = ref
        # A port counts without its host: which service the adversary reached for is known, and whose it is stays.
        ends[f"{end}_port"] = port
    protocols = [word for word in details.protocols if word] or ["tcp"]
    if not details.src and not details.dst:
        return None
    return builder.observe("network-traffic", origin, item.tlp, **ends, protocols=protocols)


def render_victim_values(builder: Builder) -> Iterable[str]:
    """Add the victims' own domains, mailboxes and addresses; yields their ids."""
    for victim in builder.report.victims:
        origin = Origin(Role.VICTIM)
        for kind, texts in (("domain-name", victim.domains), ("email-addr", victim.emails)):
            for value in texts:
                if identifier := builder.observe(kind, origin, value=value):
                    yield identifier
        for value in victim.ip_ranges:
            if identifier := builder.observe(host_type(value), origin, value=value):
                yield identifier
