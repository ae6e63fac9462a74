"""Decide whose the values of an X-ARF report are."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from hub.reports import rsit
from hub.reports.knowledge import Flood
from hub.reports.observables import FileDetails, Observable, ObservableType, Role
from hub.reports.reading import methods, roles, values
from hub.reports.reading.composites import NO_CONNECTION, attacker_connection
from hub.reports.reading.draft import PROTECTED_REASON, Draft, Fields, distinct, observable_reader
from hub.reports.reading.indicators import guess_observable
from hub.reports.victims import Victim

_HASH: Final = re.compile(r"(?P<name>md5|sha1|sha256|sha512):(?P<digits>[0-9a-fA-F]+)")
_HASH_NAMES: Final = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha512": "SHA-512"}
_IMITATED_NAMES: Final = (
    "target_brand", "targeted_brands", "affected_brand", "affected_organization", "impersonated_entity",
    "trademark_violated", "infringed_trademark",
)  # fmt: skip
_IMITATED_PAGES: Final = ("target_url", "legitimate_site", "legitimate_url")
_VECTORS: Final = ("attack_vector", "amplification_vector", "attack_type")
_VICTIM_CATEGORIES: Final = ("vulnerability-", "infrastructure-")


# Keys that name the host, page or mail that is reported.
_HOST_READERS: Final[tuple[tuple[str, Callable[[str], Observable]], ...]] = (
    ("source_identifier", guess_observable),
    ("url", observable_reader(ObservableType.URL, values.url)),
    ("infringing_url", observable_reader(ObservableType.URL, values.url)),
    ("domain", observable_reader(ObservableType.DOMAIN, values.domain)),
)
# Keys that describe what was sent: useful to know, but nothing to block.
_CONTENT_READERS: Final[tuple[tuple[str, Callable[[str], Observable]], ...]] = (
    ("subject", observable_reader(ObservableType.EMAIL_MESSAGE, values.plain_text)),
    ("user_agent", observable_reader(ObservableType.USER_AGENT, values.plain_text)),
)
_EMAIL: Final = observable_reader(ObservableType.EMAIL, values.email)


def is_victim_host(kind: str, line: rsit.RsitType) -> bool:
    """Whether the reported host is a victim's by its category or its RSIT type: exposed, infected or hacked."""
    return line.type in roles.VICTIM_TYPES or kind.startswith(_VICTIM_CATEGORIES)


def read_sides(
    report: Fields, draft: Draft, kind: str, line: rsit.RsitType
) -> tuple[tuple[Observable, ...], tuple[Victim, ...], tuple[Victim, ...]]:
    """Return (observables, victims, imitated victims).

    1. Claims on the hosts. 2. Senders and recipients. 3. The reported host. 4. Content. 5. The other end, and command
    servers. 6. The victim. 7. Imitated victims.
    """
    # 1.
    field = f"type {kind}"
    role_type = "blacklist" if kind.startswith("reputation-") else line.type
    host, other_end = roles.observation_claims(role_type, field, host_is_victim=is_victim_host(kind, line))
    for key in _VECTORS:
        host = roles.adjust_for_reflection(host, key, report.peek(key))
    source_country = report.peek("source_country").upper()
    host = roles.adjust_for_country(
        host, line.type, "source_country", country=source_country, home=draft.options.default_country
    )
    host = roles.adjust_for_description(host, "description", report.peek("description"))
    # 2.
    recipients = [item for text in _list(report, "smtp_to") if (item := draft.attempt(_EMAIL, "smtp_to", text))]
    sender = report.read("smtp_from", _EMAIL)
    mail: list[Observable] = [roles.victim("smtp_to: a recipient").apply_to(item) for item in recipients]
    if sender:
        claim = roles.sender_claim(sender.value, "smtp_from", protected=[item.value for item in recipients])
        mail.append((claim if host.role is Role.ADVERSARY else host).apply_to(sender))
        if claim.role is not Role.ADVERSARY and host.role is Role.ADVERSARY and kind.startswith("messaging-"):
            # The sender may be a victim, so the server may be a hacked server of the victim.
            host = roles.unknown(f"{field}, but {claim.evidence}: the server may be theirs")
    # 3.
    reported_items = [item for key, reader in _HOST_READERS if (item := report.read(key, reader))]
    host = roles.adjust_for_names(
        host, line.type, [item.value for item in reported_items if item.type is ObservableType.DOMAIN]
    )
    observables = list(roles.mark_hacked_sites(map(host.apply_to, reported_items), one_observation=True))
    observables += mail
    # 4.
    content_items = [item for key, reader in _CONTENT_READERS if (item := report.read(key, reader))]
    observables += [replace(host.apply_to(item), as_indicator=False) for item in content_items]
    file = _file(report, draft)
    if file:
        served = roles.adversary("file_hash is of what the reported host served")
        observables.append(replace(served.apply_to(file), as_indicator=line.type != "copyright"))
    # 5.
    command_servers = [
        draft.attempt(_host, key, text) for key in ("c2_server", "c2_communications") for text in _list(report, key)
    ]
    observables += [roles.adversary("c2_server: a command server").apply_to(item) for item in command_servers if item]
    attackers = [draft.attempt(guess_observable, "attacker_ip", text) for text in _list(report, "attacker_ip")]
    observables += [
        roles.adversary("AttackerIp: it took over the account").apply_to(item) for item in attackers if item
    ]
    end = report.read("destination_ip", guess_observable)
    if (item := _connection(report, draft, line.type, observables)) is not None:
        observables.append(item)
    if end is not None:
        end = other_end.apply_to(end)
        if line.type == "infected-system":
            family = report.peek("malware_family").casefold()
            end = roles.check_called_host(
                end, draft, "destination_ip", is_command_server=bool(family), is_sinkhole="sinkhole" in family
            )
        observables += [end] if end else []
    # 6.
    accounts = tuple(str(text) for text in _list(report, "account"))
    for text in accounts:
        draft.note_unused("account", text, PROTECTED_REASON)
    victim_items = [item for item in observables if item.role is Role.VICTIM]
    victims: tuple[Victim, ...] = ()
    if victim_items or accounts:
        country = draft.options.default_country
        victims = (
            Victim(
                domains=tuple(item.value for item in victim_items if item.type is ObservableType.DOMAIN),
                ip_ranges=tuple(
                    item.value for item in victim_items if item.type in {ObservableType.IPV4, ObservableType.IPV6}
                ),
                emails=tuple(item.value for item in victim_items if item.type is ObservableType.EMAIL),
                accounts=accounts,
                countries=(country,) if country else (),
            ),
        )
    # 7.
    return tuple(observables), victims, _imitated_victims(report, draft)


def _connection(report: Fields, draft: Draft, rsit_type: str, hosts: list[Observable]) -> Observable | None:
    """Return the connection of the adversary's end, if its port is known; note other ports as unused."""
    ports = {key: report.read(key, values.port) for key in ("source_port", "destination_port", "service_port", "port")}
    protocol = (report.text("protocol") or "").lower()
    is_client = rsit_type in roles.CLIENT_TYPES
    item = attacker_connection(
        hosts, is_client=is_client, protocols=(protocol or "tcp",), own_port=ports["source_port"],
        other_port=ports["destination_port"],
    )  # fmt: skip
    used_keys = set() if item is None else {"source_port", "destination_port"} if is_client else {"source_port"}
    for key in (key for key in ports if key not in used_keys):
        draft.note_unused(key, ports[key], NO_CONNECTION)
    draft.note_unused("protocol", protocol if item is None else None, NO_CONNECTION)
    return item


def read_flood(report: Fields, draft: Draft) -> Flood | None:
    """Return the vectors and highest rates of a denial of service."""
    bits, packets, requests = (report.read(key, values.whole_number) for key in ("peak_bps", "peak_pps", "peak_rps"))
    seconds = report.read("duration_seconds", values.whole_number)
    vectors = [
        word for key in _VECTORS if (word := draft.attempt(methods.flood_vector, key, report.peek(key))) is not None
    ]
    return methods.flood(distinct(vectors), (Flood((), bits, packets, requests),), seconds)


def _imitated_victims(report: Fields, draft: Draft) -> tuple[Victim, ...]:
    names = [str(text) for key in _IMITATED_NAMES for text in _list(report, key)]
    pages = [draft.attempt(values.url, key, text) for key in _IMITATED_PAGES for text in _list(report, key)]
    for key in (*_IMITATED_NAMES, *_IMITATED_PAGES):
        report.drop(PROTECTED_REASON, key)
    hosts = tuple(host for page in pages if page and (host := values.url_host(page)))
    if not names and not hosts:
        return ()
    return (Victim(name=names[0] if names else None, other_names=tuple(names[1:]), domains=hosts),)


def _list(report: Fields, key: str) -> list[Any]:
    return [item for item in report.list(key) if isinstance(item, str | int) and str(item).strip()]


def _host(text: str) -> Observable:
    """Read a host, with or without a port."""
    return guess_observable(re.sub(r"^([^:/]+):\d{1,5}$", r"\1", text.strip()))


def _file(report: Fields, draft: Draft) -> Observable | None:
    text = report.text("file_hash")
    size = report.read("file_size", values.whole_number)
    match = _HASH.fullmatch(text or "")
    if match is None:
        draft.note_unused("file_size", size, "belongs to a file without a known hash")
        draft.note_unused("file_hash", text, "expected an algorithm and a hash, such as sha256:…")
        return None
    pair = draft.attempt(
        lambda digits: values.file_hash(digits, _HASH_NAMES[match["name"]]), "file_hash", match["digits"]
    )
    if pair is None:
        return None
    return Observable(ObservableType.FILE, pair[1], file=FileDetails(hashes=dict([pair]), size=size))
