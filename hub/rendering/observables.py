"""Render the observables of a report as SCOs, with the SCOs that they refer to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from hub.rendering.builder import Builder, Origin
from hub.rendering.patterns import account_property, host_type, package_of, valid_hashes
from hub.reports.markings import strictest
from hub.reports.observables import FileDetails, Observable, ObservableType, Role
from hub.stix.identifiers import OPENCTI_EXTENSION

_OPENCTI: Final = {OPENCTI_EXTENSION: {"extension_type": "new-sco"}}


def render_sco(builder: Builder, item: Observable, origin: Origin) -> str | None:
    """Add the SCO of an observable and those that it refers to; return its id, or None if STIX has only a pattern for it."""
    word = item.tlp
    if item.type is ObservableType.TRAFFIC:
        return _traffic(builder, item, origin)
    content = _sco_content(builder, item)
    if content is None:
        return None
    identifier = builder.observe(item.type.value, origin, word, **content)
    if identifier is not None:
        for host in item.resolves_to:
            # The role of the address is known only if the report also has it as an observable.
            observable = builder.observables_by_key.get((host_type(host), host))
            host_origin = (
                Origin(observable.role, observable.hold_reason, observable)
                if observable
                else Origin(Role.UNKNOWN, observable=item)
            )
            target = builder.observe(host_type(host), host_origin, observable.tlp if observable else word, value=host)
            if target is not None:
                builder.relate(
                    identifier, "resolves-to", target, strictest(word, observable.tlp if observable else None)
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
    """Return the content of an SCO for which only OpenCTI has a type; None if there is no type."""
    match item.type:
        case ObservableType.WALLET | ObservableType.PHONE | ObservableType.USER_AGENT:
            return {"value": item.value, "extensions": _OPENCTI}
        case ObservableType.BANK_ACCOUNT:
            return {account_property(item.value): item.value, "extensions": _OPENCTI}
        case _:
            return None


def _file_content(builder: Builder, item: Observable) -> dict[str, Any] | None:
    details = item.file or FileDetails(name=item.value)
    hashes = valid_hashes(details)
    for algorithm in sorted(details.hashes.keys() - hashes.keys()):
        builder.note_unusable(
            f"hash {algorithm}", details.hashes[algorithm], "the algorithm is unknown, or the hash is malformed"
        )
    if item.type is ObservableType.CERTIFICATE:
        return {"hashes": hashes} if hashes else None
    if details.imphash and not hashes and not details.name:
        # A file object needs a hash of the whole file or a name (STIX 2.1, 6.7). The pattern has the imphash.
        return None
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
        # The port is kept without its host: it shows the attacked service, but not the victim.
        ends[f"{end}_port"] = port
    protocols = [word for word in details.protocols if word] or ["tcp"]
    if not details.src and not details.dst:
        return None
    return builder.observe("network-traffic", origin, item.tlp, **ends, protocols=protocols)


def render_victim_values(builder: Builder) -> Iterable[str]:
    """Add the domains, mailboxes and addresses of the victims; yield their ids."""
    for victim in builder.report.victims:
        origin = Origin(Role.VICTIM)
        for kind, texts in (("domain-name", victim.domains), ("email-addr", victim.emails)):
            for value in texts:
                if identifier := builder.observe(kind, origin, value=value):
                    yield identifier
        for value in victim.ip_ranges:
            if identifier := builder.observe(host_type(value), origin, value=value):
                yield identifier
