"""The declared members, and the accounts that act for them."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from hub.declarations import Table
from hub.stix.identifiers import type_of
from hub.stix.timestamps import parse_timestamp

# The sector of a national CERT (STIX 2.1, industry-sector-ov).
MEMBER_SECTOR: Final = "government-national"

_CODE: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_ZONE: Final = re.compile(r"[A-Z][A-Za-z_]+(?:/[A-Za-z0-9_+-]+){1,2}|UTC", re.ASCII)
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", re.ASCII)  # the common forms of BCP 47
_FINGERPRINT: Final = re.compile(r"[0-9A-F]{40}|[0-9A-F]{64}", re.ASCII)
_MAX_SILENT_HOURS: Final = 24 * 90


class MemberRole(StrEnum):
    """What a member does in the community. To change the coordinator, change members.toml."""

    MEMBER = "member"
    COORDINATOR = "coordinator"


@dataclass(frozen=True, slots=True)
class Member:
    """A country's national CERT: its single point of contact."""

    code: str  # ISO 3166-1 alpha-2, upper case
    country: str  # its English name
    cert: str  # the public name of the national CERT
    identities: tuple[str, ...]  # STIX identity ids that only this member may use; the hub itself uses the first one
    contact: str  # e-mail address of the duty desk
    duty_line: str  # telephone, day and night
    time_zone: str  # IANA name
    languages: tuple[str, ...]  # BCP 47 tags
    created: str  # STIX timestamps of its identity object
    modified: str
    role: MemberRole = MemberRole.MEMBER
    pgp_fingerprint: str = ""  # "" if none is declared
    silent_hours: int = 0  # hours without a request after which the operator gets a mail; 0: never

    @property
    def identity(self) -> str:
        """The id under which the hub itself names this member."""
        return self.identities[0]


class AccountKind(StrEnum):
    """The kind of an account, which decides what it may read (see collections/README.md)."""

    CERT = "cert"  # the national CERT's staff and tools
    CONSTITUENT = "constituent"  # an organisation in that country: its SOC platform
    PARTNER = "partner"  # outside the membership
    OPERATOR = "operator"  # runs the hub, reads no content


@dataclass(frozen=True, slots=True)
class Account:
    """An authenticated account. `member` is the code of its member, None for partners and operators."""

    name: str
    kind: AccountKind
    member: str | None = None


def identity_object(member: Member) -> dict[str, Any]:
    """The STIX identity (STIX 2.1, 4.5) that the hub adds for a member: public facts only, without the telephone number."""
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": member.identity,
        "created": member.created,
        "modified": member.modified,
        "name": member.cert,
        "description": f"National point of contact of {member.country}.",
        "identity_class": "organization",
        "sectors": [MEMBER_SECTOR],
        "contact_information": member.contact,
    }


def parse_member(table: Table) -> Member:
    """Read the member in a `[[member]]` table; ConfigurationError names the file and the key."""
    member = Member(
        code=_text(table, "code", _CODE, "a country code of two capitals, such as ID"),
        country=table.text("country"),
        cert=table.text("cert"),
        identities=_identities(table),
        contact=_contact(table),
        duty_line=table.text("duty_line"),
        time_zone=_time_zone(table),
        languages=_languages(table),
        created=_timestamp(table, "created"),
        modified=_timestamp(table, "modified"),
        role=_role(table),
        pgp_fingerprint=_fingerprint(table),
        silent_hours=table.number("silent_hours", least=0, most=_MAX_SILENT_HOURS, default=0),
    )
    if parse_timestamp(member.modified) < parse_timestamp(member.created):
        raise table.complaint("modified", "should not lie before `created`")
    table.finish()
    return member


def _text(table: Table, key: str, form: re.Pattern[str], expected: str) -> str:
    text = table.text(key)
    if form.fullmatch(text) is None:
        raise table.complaint(key, f"{text!r} should be {expected}")
    return text


def _identities(table: Table) -> tuple[str, ...]:
    identities = table.texts("identities")
    for identity in identities:
        if type_of(identity) != "identity":
            raise table.complaint("identities", f"{identity!r} is no STIX id like identity--… with a lower-case UUID")
    if not identities:
        raise table.complaint("identities", "the list is empty; its first id is the member's own here")
    return identities


def _contact(table: Table) -> str:
    contact = table.text("contact")
    if "@" not in contact or contact != contact.strip():
        raise table.complaint("contact", "should be an e-mail address")
    return contact


def _time_zone(table: Table) -> str:
    name = _text(table, "time_zone", _ZONE, "an IANA time zone such as Asia/Jakarta")
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, OSError):
        # a machine without any time zone data accepts all names
        if zoneinfo.available_timezones():
            raise table.complaint("time_zone", f"there is no time zone {name!r}") from None
    return name


def _languages(table: Table) -> tuple[str, ...]:
    languages = table.texts("languages")
    for language in languages:
        if _LANGUAGE.fullmatch(language) is None:
            raise table.complaint("languages", f"{language!r} is no BCP 47 language tag such as id or zh-Hans")
    if not languages:
        raise table.complaint("languages", "the list is empty")
    return languages


def _timestamp(table: Table, key: str) -> str:
    text = table.text(key)
    try:
        parse_timestamp(text)
    except ValueError as error:
        raise table.complaint(key, str(error)) from None
    return text


def _role(table: Table) -> MemberRole:
    word = table.text("role", MemberRole.MEMBER.value)
    if word not in {role.value for role in MemberRole}:
        raise table.complaint("role", f"should be one of {', '.join(role.value for role in MemberRole)}")
    return MemberRole(word)


def _fingerprint(table: Table) -> str:
    text = table.text("pgp_fingerprint", "").replace(" ", "").upper()
    if text and _FINGERPRINT.fullmatch(text) is None:
        raise table.complaint("pgp_fingerprint", "should be 40 or 64 hexadecimal digits")
    return text
