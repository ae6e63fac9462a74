"""X-ARF: whose is what that a report names."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from hub.reports import rsit
from hub.reports.observables import FileDetails, Observable, ObservableType, Role
from hub.reports.reading import values
from hub.reports.reading.draft import Draft, Fields
from hub.reports.reading.indicators import guess
from hub.reports.reading.roles import UNSURE
from hub.reports.victims import Victim

_HASH: Final = re.compile(r"(?P<name>md5|sha1|sha256|sha512):(?P<digits>[0-9a-fA-F]+)")


_HASH_NAMES: Final = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha512": "SHA-512"}


def read_sides(
    report: Fields, draft: Draft, kind: str, found: rsit.RsitType
) -> tuple[tuple[Observable, ...], Victim | None]:
    """What is reported is the adversary's; but of exposed and hacked systems it is the victim."""
    exposed = found.type in rsit.SOURCE_IS_EXPOSED or kind.startswith(("vulnerability-", "infrastructure-"))
    role = Role.VICTIM if exposed else Role.UNKNOWN if found.type == "copyright" else Role.ADVERSARY
    made: list[Observable] = []
    readers = (
        ("source_identifier", guess),
        ("url", _url),
        ("smtp_from", _email),
        ("subject", _subject),
        ("user_agent", _agent),
    )
    for key, reader in (*readers, ("infringing_url", _url), ("domain", _domain)):
        item = report.read(key, reader)
        if item:
            made.append(
                replace(item, role=role, as_indicator=role is Role.ADVERSARY and key not in {"subject", "user_agent"})
            )
    report.read("source_port", lambda text: values.whole(text, most=65_535))
    for key in ("protocol", "destination_port", "service_port", "port"):
        report.take(key)
    file = _file(report)
    if file:
        made.append(replace(file, role=Role.ADVERSARY, as_indicator=found.type != "copyright"))
    controls = [
        report.read("c2_server", guess),
        *(draft.attempt(_host, "c2_communications", text) for text in report.list("c2_communications")),
    ]
    made += [replace(item, role=Role.ADVERSARY, as_indicator=True) for item in controls if item]
    other = report.read("destination_ip", guess)
    if other and found.type == "infected-system":
        made.append(
            replace(other, role=Role.ADVERSARY, as_indicator=True, held=None if draft.options.confirm_all else UNSURE)
        )
    elif other:
        made.append(replace(other, role=Role.VICTIM))
    hurt = [item for item in made if item.role is Role.VICTIM]
    victim = Victim(
        domains=tuple(item.value for item in hurt if item.type is ObservableType.DOMAIN),
        ip_ranges=tuple(item.value for item in hurt if item.type in {ObservableType.IPV4, ObservableType.IPV6}),
        countries=(draft.options.default_country,) if draft.options.default_country else (),
    )
    return tuple(made), victim if hurt else None


def _url(text: str) -> Observable:
    return Observable(ObservableType.URL, values.url(text))


def _email(text: str) -> Observable:
    return Observable(ObservableType.EMAIL, values.email(text))


def _subject(text: str) -> Observable:
    return Observable(ObservableType.EMAIL_MESSAGE, values.plain(text))


def _agent(text: str) -> Observable:
    return Observable(ObservableType.USER_AGENT, values.plain(text))


def _domain(text: str) -> Observable:
    return Observable(ObservableType.DOMAIN, values.domain(text))


def _host(text: str) -> Observable:
    """A host, perhaps with a port."""
    return guess(re.sub(r"^([^:/]+):\d{1,5}$", r"\1", text.strip()))


def _file(report: Fields) -> Observable | None:
    text = report.text("file_hash")
    size = report.read("file_size", values.whole)
    match = _HASH.fullmatch(text or "")
    if match is None:
        return None
    pair = (
        values.file_hash(match["digits"], _HASH_NAMES[match["name"]])
        if len(match["digits"]) in {32, 40, 64, 128}
        else None
    )
    if pair is None:
        return None
    return Observable(ObservableType.FILE, pair[1], file=FileDetails(hashes=dict([pair]), size=size))
