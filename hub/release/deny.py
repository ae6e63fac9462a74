"""The deny-list of a release: the CERT's constituents and people, and all that this report says of its victims,
reporters, tickets and the victims' own machines.

A name is looked for whole, without its legal form, and by its short form in brackets; a domain also by the label that
is its owner's own (`contoh` of `www.contoh.co.id`), a mail address also by what stands before the @.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from hub.home.member import Member
from hub.release import words
from hub.release.scan import Needle, Rule, Scanner
from hub.release.spelling import fold, is_legal_form, squeeze, squeeze_words, without_legal_form
from hub.reports import rsit
from hub.reports.observables import ObservableType, Role
from hub.reports.report import Report
from hub.reports.victims import Victim

MIN_SQUEEZED: Final = 4  # letters and digits; shorter names are looked for as whole words only
MIN_WORD: Final = 2
MIN_TICKET: Final = 6
# What stands in a name's place where there is none, and names nobody.
_PLACEHOLDERS: Final = frozenset(
    "unknown na none null multiple various several anonymous private confidential individual individuals person "
    "multiplevictims notapplicable undisclosed redacted other others victim organisation organization company test".split()
)
# Domains under which everybody has a mailbox: they name nobody, the whole address does.
_FREE_MAIL: Final = frozenset(
    "gmail.com googlemail.com yahoo.com hotmail.com outlook.com live.com icloud.com proton.me protonmail.com gmx.com "
    "mail.com aol.com yahoo.co.id yahoo.com.sg yahoo.com.ph yahoo.com.vn ymail.com msn.com qq.com 163.com".split()
)
# Labels that are no organisation's own, whoever's domain they stand in.
_COMMON_LABELS: Final = frozenset(
    "www mail smtp imap webmail portal vpn remote login intranet example test local host home server gov govt edu ac co "
    "com net org mil or go info cloud shop bank news blog site online".split()
)
_ROLE_BOXES: Final = frozenset(
    "info admin contact support sales office webmaster postmaster abuse security hostmaster noreply hello help service "
    "services customer cert csirt soc helpdesk".split()
)

_TEMPLATES: Final = (
    "report reported seen shared stale from adversary malware indicator name pattern value victim withheld publishing "
    "recipients identify contact questions incident criticality stage early update final suspected confirmed "
    "address domain network connection certificate user agent cryptocurrency wallet detection rule mutex key"
)
# The words that our own sentences are made of. A label or mailbox of that name ("phishing@", "report@") is no one's.
_OUR_WORDS: Final = frozenset(
    word
    for text in (
        *words.NOT_TEXT,
        *(line.name for line in rsit.RSIT.values()),
        _TEMPLATES,
    )
    for word in squeeze_words(text)
)


def scanner_for(member: Member, report: Report, *, named: Victim | None = None) -> Scanner:
    """The scanner for a release of this report: the CERT's own list, and whatever the report says of people and hosts.

    `named`: the victim that agreed to be named, whose name (and nothing else of it) is let through.
    """
    needles = _listed_needles(member)
    networks = _listed_networks(member)
    for victim in (*report.victims, *report.secondary_victims):
        needles += _victim_needles(victim)
        networks += victim.ip_ranges
    for contact in report.contacts:
        for who in (contact.name, contact.organisation):
            needles += name_needles(who, "reporter") if who else []
        for mail in contact.emails:
            needles += email_needles(mail, "reporter's address")
        needles += [needle for phone in contact.phones for needle in name_needles(phone, "telephone number")]
    needles += _ticket_needles(report)
    needles += _observed_needles(report, networks)
    # What the CERT says of itself anyway, and the one name that its owner agreed to.
    own = [squeeze(member.name), squeeze(member.contact or ""), squeeze(named.name or "") if named else ""]
    return Scanner((needle for needle in needles if not any(needle.text in text for text in own)), networks)


def listed(member: Member) -> Scanner:
    """The scanner for what is no report: the CERT's own list alone."""
    own = [squeeze(member.name), squeeze(member.contact or "")]
    needles = (needle for needle in _listed_needles(member) if not any(needle.text in text for text in own))
    return Scanner(needles, _listed_networks(member))


def _listed_networks(member: Member) -> list[str]:
    return [*member.deny.ip_ranges, *(network for one in member.register for network in one.ip_ranges)]


def _listed_needles(member: Member) -> list[Needle]:
    found: list[Needle] = []
    for name in (*member.deny.names, *member.deny.brands):
        found += name_needles(name, "constituent")
    for name in member.deny.abbreviations:
        found += short_name_needles(name, "constituent")
    for person in member.deny.people:
        found += name_needles(person, "person")
    for domain in member.deny.domains:
        found += domain_needles(domain, "constituent's domain")
    for host in member.deny.hosts:
        found += [Needle(squeeze(host), "constituent's host", host, Rule.OWN, whole=True)]
    for one in member.register:
        found += name_needles(one.name, "constituent")
        found += [needle for name in one.short_names for needle in short_name_needles(name, "constituent")]
        found += [needle for domain in one.domains for needle in domain_needles(domain, "constituent's domain")]
    return [replace(needle, listed=True) for needle in found]


def name_needles(name: str, kind: str) -> list[Needle]:
    """The spellings of a name: whole, without legal forms, without what stands in brackets, and that by itself."""
    if is_legal_form(name):
        return []
    plain = unicodedata.normalize("NFKC", name)  # wide brackets among them
    outside = re.sub(r"[(\[][^)\]]*[)\]]", " ", plain)
    inside = re.findall(r"[(\[]([^)\]]*)[)\]]", plain)
    forms = {name, without_legal_form(name), outside, without_legal_form(outside), *inside}
    found = []
    for form in sorted(forms):
        text = squeeze(form)
        if not text or text in _PLACEHOLDERS or is_legal_form(form) or len(text) < MIN_WORD:
            continue
        short = len(text) < (MIN_SQUEEZED if text.isascii() else MIN_WORD)
        if form in inside and (len(text) < 3 or not _like_a_name(form)):
            continue
        found.append(Needle(text, kind, name, whole=short))
    return found


def short_name_needles(name: str, kind: str) -> list[Needle]:
    """An abbreviation: as a word only."""
    text = squeeze(name)
    return [Needle(text, kind, name, whole=True)] if len(text) >= MIN_WORD else []


def _like_a_name(text: str) -> bool:
    return any(character.isupper() for character in text) or not text.isascii()


def domain_needles(domain: str, kind: str) -> list[Needle]:
    """A domain, and the label that is the organisation's own in it: `contoh` of `www.contoh.co.id`."""
    plain = fold(domain).strip().rstrip(".").removeprefix("*.")
    if plain in _FREE_MAIL or "." not in plain:
        return []
    found = [Needle(squeeze(plain), kind, domain, Rule.DOMAIN)]
    labels = [label for label in plain.split(".")[:-1] if squeeze(label) not in _COMMON_LABELS | _OUR_WORDS]
    if labels and len(squeeze(labels[-1])) >= MIN_SQUEEZED:
        found.append(Needle(squeeze(labels[-1]), kind, domain))
    elif labels and len(squeeze(labels[-1])) >= MIN_WORD:
        found.append(Needle(squeeze(labels[-1]), kind, domain, whole=True))
    return found


def email_needles(mail: str, kind: str) -> list[Needle]:
    """A mail address, its domain unless everybody has a mailbox there, and the name before the @."""
    local, _, domain = mail.rpartition("@")
    found = [Needle(squeeze(mail), kind, mail, Rule.OWN)] if len(squeeze(mail)) >= MIN_SQUEEZED else []
    if local and squeeze(local) not in _ROLE_BOXES | _OUR_WORDS and len(squeeze(local)) >= MIN_TICKET:
        found.append(Needle(squeeze(local), kind, mail, Rule.OWN))
    return found + domain_needles(domain, kind)


def _victim_needles(victim: Victim) -> list[Needle]:
    found: list[Needle] = []
    for name in (victim.name, *victim.other_names, *victim.brands, *victim.subsidiaries):
        found += name_needles(name, "victim") if name else []
    for number in victim.registration_numbers:
        found += name_needles(number, "registration number")
    for person in victim.people:
        found += name_needles(person, "person")
    for domain in victim.domains:
        found += domain_needles(domain, "victim's domain")
    for mail in victim.emails:
        found += email_needles(mail, "victim's address")
    return found


def _ticket_needles(report: Report) -> list[Needle]:
    tickets = [report.report_id, *report.related_reports]
    for reference in report.references:
        if not reference.public:
            tickets += [text for text in (reference.external_id, reference.url) if text]
    return [Needle(squeeze(text), "ticket", text, Rule.OWN) for text in tickets if len(squeeze(text)) >= MIN_TICKET]


def _observed_needles(report: Report, networks: list[str]) -> list[Needle]:
    """What the victims' own machines and accounts are called, and their addresses into `networks`."""
    found: list[Needle] = []
    for item in report.observables:
        traffic = item.traffic
        ends = ((traffic.src, traffic.src_role), (traffic.dst, traffic.dst_role)) if traffic else ()
        for host, role in ends:
            if host and role is Role.VICTIM:
                found += _host_needles(host, networks)
        if item.role is not Role.VICTIM:
            continue
        match item.type:
            case ObservableType.IPV4 | ObservableType.IPV6 | ObservableType.DOMAIN:
                found += _host_needles(item.value, networks)
            case ObservableType.URL:
                found += _host_needles(_host_of(item.value), networks)
            case ObservableType.EMAIL:
                found += email_needles(item.value, "victim's address")
            case ObservableType.USER_ACCOUNT | ObservableType.FILE if len(squeeze(item.value)) >= MIN_TICKET:
                found.append(Needle(squeeze(item.value), "victim's own", item.value, Rule.OWN))
            case _:
                continue
        if item.display_name:
            found += name_needles(item.display_name, "victim's own")
    return found


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _host_needles(host: str, networks: list[str]) -> list[Needle]:
    try:
        ipaddress.ip_network(host, strict=False)
    except ValueError:
        return domain_needles(host, "victim's host")
    networks.append(host)
    return []
