"""The deny-list of a release: whom the CERT protects, and all that this report declares of its victims and reporters.

* Of this report's victims, secondary victims and reporters everything is searched for: what is their own (`needles.of_…`),
  what resembles it (`similar_needles.like_…`), hash values, addresses.
* Of organisations that the report's texts name (`names_in_texts`), what resembles the name; so, too, of persons and places in
  fields without a place in a report (`named_things`).
* Of the CERT's own list (`[deny]` and the register in `member.toml`), which may have thousands of entries, what is their
  own is searched for, and names and domains in letters that look alike. Where the victim is one of the register, all
  that the register says of it counts as declared.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from hub.home.member import OwnMember
from hub.home.register import Constituent
from hub.release import constituents, hash_spellings, needles, similar_needles
from hub.release.addresses import interval_of
from hub.release.digests import DeclaredDigests, ListedDigests
from hub.release.named_things import named_things, needles_of
from hub.release.names_in_texts import names_in_texts
from hub.release.needle import Hashed, Needle
from hub.release.needle_index import NeedleIndex
from hub.release.needles import our_words
from hub.release.scan import Scanner
from hub.release.spelling import squeeze
from hub.reports.observables import Observable, ObservableType, Role
from hub.reports.reading.values import url_host
from hub.reports.report import Report
from hub.reports.victims import Contact, Victim

_ORGANISATIONS: Final = frozenset({"name", "other_names", "subsidiaries"})
_SHORT_NAMES: Final = frozenset({"brands", "short_names"})
MAX_LISTS: Final = 4  # lists of members whose index is kept in memory


def scanner_for(member: OwnMember, report: Report, *, named: Victim | None = None) -> Scanner:
    """The scanner for a release of this report: the CERT's own list, and whatever the report says of people and hosts.

    `named`: the victim that agreed to be named, whose name (and nothing else of it) may be said.
    """
    declared = _Declared()
    for victim in (*report.victims, *report.secondary_victims):
        declared.victim(victim)
    for constituent in constituents.of_report(report, member.register):
        declared.constituent(constituent)
    declared.mailboxes_of_people((*report.victims, *report.secondary_victims))
    for contact in report.contacts:
        declared.contact(contact)
    for ticket in _tickets(report):
        declared.needles += needles.of_number(ticket, "a ticket")
    for item in report.observables:
        declared.observable(item)
    for name in names_in_texts(report):
        declared.needles += similar_needles.like_name_in_text(name)
    for thing in named_things(report):
        declared.needles += needles_of(thing)
    index = NeedleIndex(declared.needles, DeclaredDigests(lambda: declared.hashed))
    networks = [*_listed_networks(member), *declared.networks]
    own = [member.name, member.contact or "", (named.name or "") if named else ""]
    return Scanner((_listed_index(member), index), networks, own=own, harmless=our_words())


def listed(member: OwnMember) -> Scanner:
    """The scanner for what is no report: the CERT's own list alone."""
    own = [member.name, member.contact or ""]
    return Scanner((_listed_index(member),), _listed_networks(member), own=own, harmless=our_words())


# -- the CERT's own list ---------------------------------------------------------------------------------------------

_indexes: OrderedDict[tuple[int, int], tuple[OwnMember, NeedleIndex]] = OrderedDict()


def _listed_index(member: OwnMember) -> NeedleIndex:
    """The index of a member's list, built once: a feed is released in many batches."""
    key = (id(member.deny), id(member.register))  # the entry keeps the member, and so nothing else gets these ids
    if key not in _indexes:
        digests = ListedDigests(lambda: _listed_spellings(member), hash_spellings.HASH_VALUE.format("a constituent's"))
        _indexes[key] = (member, NeedleIndex(_listed_needles(member), digests, listed=True))
        if len(_indexes) > MAX_LISTS:
            _indexes.popitem(last=False)
    return _indexes[key][1]


def _listed_networks(member: OwnMember) -> list[str]:
    return [*member.deny.ip_ranges, *(network for constituent in member.register for network in constituent.ip_ranges)]


def _listed_needles(member: OwnMember) -> Iterator[Needle]:
    deny, whose = member.deny, "a constituent's"
    also = [
        name for constituent in member.register for name in constituent.short_names
    ]  # one of several words is a name by itself
    for name in (*deny.names, *(constituent.name for constituent in member.register), *filter(_is_whole, also)):
        yield from needles.of_name(name, whose)
        yield from similar_needles.like_listed_name(name, whose)
    for name in (*deny.brands, *deny.abbreviations, *(name for name in also if not _is_whole(name))):
        yield from needles.of_short_name(name, whose)
        yield from similar_needles.like_listed_short_name(name, whose)
    for person in deny.people:
        yield from needles.of_person(person, "a protected person")
        yield from similar_needles.like_person(person, "a protected person")
    for host in deny.hosts:
        yield from needles.of_host(host, whose)
        yield from similar_needles.like_listed_host(host, whose)
    for domain in (*deny.domains, *(domain for constituent in member.register for domain in constituent.domains)):
        yield from needles.of_domain(domain, whose)
        yield from similar_needles.like_listed_domain(domain, whose)


def _listed_spellings(member: OwnMember) -> Iterator[str]:
    deny = member.deny
    registered = (text for constituent in member.register for text in (constituent.name, *constituent.domains))
    return hash_spellings.listed(chain(deny.names, deny.brands, deny.domains, registered))


def _is_whole(name: str) -> bool:
    """Whether a short name is a name in another script or language rather than an abbreviation or a brand."""
    return len(name.split()) > 1


# -- what the report declares ----------------------------------------------------------------------------------------


class _Declared:
    """Gathers what a report declares of those whom it is about."""

    def __init__(self) -> None:
        self.needles: list[Needle] = []
        self.hashed: list[Hashed] = []
        self.networks: list[str] = []

    def victim(self, victim: Victim) -> None:
        whose = "the victim's"
        for field, text in victim.identifiers():
            if squeeze(text) in needles.PLACEHOLDERS:
                continue
            if field in _ORGANISATIONS:
                self._person(text, "the victim") if victim.is_person else self._name(text, whose)
            elif field in _SHORT_NAMES:
                self._short_name(text, whose)
            else:
                self._other(field, text, whose)

    def mailboxes_of_people(self, victims: Iterable[Victim]) -> None:
        """The mailboxes that the people of a victim are likely to have, of which only hash values are looked for."""
        for victim in victims:
            mails = hash_spellings.mailboxes_of(victim.people, victim.domains)
            self.hashed += hash_spellings.hashed(list(mails), "the victim's")

    def _other(self, field: str, text: str, whose: str) -> None:
        match field:
            case "people":
                self._person(text, "a person of the victim")
            case "registration_numbers":
                self.needles += needles.of_number(text, f"{whose} registration number")
            case "accounts":
                self._account(text, whose)
            case "emails":
                self._mailbox(text, whose)
            case "domains":
                self._domain(text, whose)
            case "hosts":
                self._host(text, whose)
            case "ip_ranges":
                self.networks.append(text)
            case _:
                self.needles += needles.of_place(text, whose)
                self.needles += similar_needles.like_place(text, whose)

    def constituent(self, constituent: Constituent) -> None:
        whose = "the victim's"
        self._name(constituent.name, whose)
        for name in constituent.short_names:
            (self._name if _is_whole(name) else self._short_name)(name, whose)
        for domain in constituent.domains:
            self._domain(domain, whose)

    def contact(self, contact: Contact) -> None:
        if contact.name:
            self._person(contact.name, "the reporter")
        if contact.organisation:
            self._name(contact.organisation, "the reporter's")
        for mail in contact.emails:
            self._mailbox(mail, "the reporter's")
        for phone in contact.phones:
            self.needles += needles.of_phone(phone, "a telephone number")

    def observable(self, item: Observable) -> None:
        """Add needles and networks for a value that belongs to the victim."""
        whose, traffic = "the victim's", item.traffic
        ends = ((traffic.src, traffic.src_role), (traffic.dst, traffic.dst_role)) if traffic else ()
        for host, role in ends:
            if host and role is Role.VICTIM:
                self._host(host, whose)
        if item.role is not Role.VICTIM:
            return
        match item.type:
            case ObservableType.IPV4 | ObservableType.IPV6 | ObservableType.DOMAIN:
                self._host(item.value, whose)
            case ObservableType.URL:
                self._host(url_host(item.value) or "", whose)
            case ObservableType.EMAIL:
                self._mailbox(item.value, whose)
            case ObservableType.USER_ACCOUNT:
                self._account(item.value, whose)
            case ObservableType.FILE | ObservableType.BANK_ACCOUNT | ObservableType.PHONE:
                of_value = needles.of_phone if item.type is ObservableType.PHONE else needles.of_number
                self.needles += of_value(item.value, "a file or number of the victim's")
            case _:
                return
        if item.display_name:
            self._person(item.display_name, "a person of the victim")

    def _name(self, name: str, whose: str) -> None:
        self.needles += needles.of_name(name, whose)
        self.needles += similar_needles.like_name(name, whose)
        for short in needles.bracketed(name):
            self.needles += similar_needles.like_short_name(short, whose)
        self.hashed += hash_spellings.hashed((name,), whose)

    def _short_name(self, name: str, whose: str) -> None:
        self.needles += needles.of_short_name(name, whose)
        self.needles += similar_needles.like_short_name(name, whose)
        self.hashed += hash_spellings.hashed((name,), whose)

    def _person(self, name: str, who: str) -> None:
        self.needles += needles.of_person(name, who)
        self.needles += similar_needles.like_person(name, who)
        self.hashed += hash_spellings.hashed((name,), f"{who}'s")

    def _domain(self, domain: str, whose: str) -> None:
        self.needles += needles.of_domain(domain, whose)
        self.needles += similar_needles.like_domain(domain, whose)
        self.hashed += hash_spellings.hashed((domain,), whose)

    def _mailbox(self, mail: str, whose: str) -> None:
        self.needles += needles.of_mailbox(mail, whose)
        self.needles += similar_needles.like_account(mail.rpartition("@")[0], whose)
        domain = mail.rpartition("@")[2] if needles.is_own(mail) else ""
        self.needles += similar_needles.like_domain(domain, whose) if domain else ()
        self.hashed += hash_spellings.hashed((mail, domain) if domain else (mail,), whose)

    def _account(self, account: str, whose: str) -> None:
        self.needles += needles.of_account(account, f"{whose} account")
        self.needles += similar_needles.like_account(account, whose)

    def _host(self, host: str, whose: str) -> None:
        if interval_of(host) is not None:
            self.networks.append(host)
            return
        self.needles += needles.of_host(host, whose)
        self.needles += similar_needles.like_host(host, whose)
        if "." in host:
            self.needles += similar_needles.like_domain(host, whose)
            parent = host.partition(".")[2]
            self.hashed += hash_spellings.hashed((host, parent) if "." in parent else (host,), whose)


def _tickets(report: Report) -> Iterator[str]:
    yield from (report.report_id, *report.related_reports)
    for reference in report.references:
        if not reference.public:
            yield from (text for text in (reference.external_id, reference.url) if text)
