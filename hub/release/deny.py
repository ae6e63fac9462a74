"""The deny-list of a release: the organisations that the CERT protects, and the victims and reporters of this report.

* For victims, secondary victims and reporters of the report, the scanner searches for everything: their names and values
  (`needles`), what resembles them (`similar_needles`), hash values and addresses.
* For organisations named in the report's texts (`names_in_texts`), and for persons and places in unused fields
  (`named_things`), it searches for what resembles the name.
* For the CERT's own list (`[deny]` and the register in `member.toml`), which may have thousands of entries, it searches for
  the names and values, and for names and domains in lookalike letters. If the victim is in the register, everything that
  the register says about it counts as declared in the report.
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
from hub.release.generic_names import initials_with_country
from hub.release.named_things import named_things, thing_needles
from hub.release.names_in_texts import names_in_texts
from hub.release.needle import Bounds, HashedSpelling, HitRule, Needle
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
MAX_LISTS: Final = 4  # members' lists whose index stays in memory


def scanner_for(member: OwnMember, report: Report, *, named_victim: Victim | None = None) -> Scanner:
    """The scanner for a release of this report: for the CERT's own list and for what the report declares.

    `named_victim` is the victim that agreed to be named; its name, and nothing else about it, may leave.
    """
    declared_needles = _DeclaredNeedles()
    for victim in (*report.victims, *report.secondary_victims):
        declared_needles.add_victim(victim)
    for constituent in constituents.report_constituents(report, member.register):
        declared_needles.add_constituent(constituent)
    declared_needles.add_likely_mailboxes((*report.victims, *report.secondary_victims))
    for contact in report.contacts:
        declared_needles.add_contact(contact)
    for ticket in _tickets(report):
        declared_needles.needles += needles.number_needles(ticket, "a ticket")
    for item in report.observables:
        declared_needles.add_observable(item)
    for name in names_in_texts(report):
        declared_needles.needles += similar_needles.text_name_variants(name)
    for thing in named_things(report):
        declared_needles.needles += thing_needles(thing)
    index = NeedleIndex(declared_needles.needles, DeclaredDigests(lambda: declared_needles.hashed_spellings))
    networks = [*_listed_networks(member), *declared_needles.networks]
    allowed_texts = [member.name, member.contact or "", (named_victim.name or "") if named_victim else ""]
    return Scanner((_listed_index(member), index), networks, allowed_texts=allowed_texts, harmless_words=our_words())


def list_scanner(member: OwnMember) -> Scanner:
    """The scanner for the CERT's own list alone, for texts that belong to no report."""
    allowed_texts = [member.name, member.contact or ""]
    return Scanner(
        (_listed_index(member),), _listed_networks(member), allowed_texts=allowed_texts, harmless_words=our_words()
    )


# -- the CERT's own list ---------------------------------------------------------------------------------------------

_indexes: OrderedDict[tuple[int, int], tuple[OwnMember, NeedleIndex]] = OrderedDict()


def _listed_index(member: OwnMember) -> NeedleIndex:
    """The index of a member's list. It is built once, because a feed is released in many batches."""
    key = (id(member.deny), id(member.register))  # the entry keeps the member alive, so no other object gets these ids
    if key not in _indexes:
        digests = ListedDigests(lambda: _listed_spellings(member), hash_spellings.HASH_VALUE.format("a constituent's"))
        _indexes[key] = (member, NeedleIndex(_listed_needles(member), digests, is_listed=True))
        if len(_indexes) > MAX_LISTS:
            _indexes.popitem(last=False)
    return _indexes[key][1]


def _listed_networks(member: OwnMember) -> list[str]:
    return [*member.deny.ip_ranges, *(network for constituent in member.register for network in constituent.ip_ranges)]


def _listed_needles(member: OwnMember) -> Iterator[Needle]:
    deny, owner = member.deny, "a constituent's"
    # A short name of several words is treated as a name.
    short_names = [name for constituent in member.register for name in constituent.short_names]
    for name in (
        *deny.names,
        *(constituent.name for constituent in member.register),
        *filter(_has_several_words, short_names),
    ):
        yield from needles.name_needles(name, owner)
        yield from similar_needles.listed_name_variants(name, owner)
    for name in (*deny.brands, *deny.abbreviations, *(name for name in short_names if not _has_several_words(name))):
        yield from needles.short_name_needles(name, owner)
        yield from similar_needles.listed_short_name_variants(name, owner)
    for person in deny.people:
        yield from needles.person_needles(person, "a protected person")
        yield from similar_needles.person_variants(person, "a protected person")
    for host in deny.hosts:
        yield from needles.host_needles(host, owner)
        yield from similar_needles.listed_host_variants(host, owner)
    for domain in (*deny.domains, *(domain for constituent in member.register for domain in constituent.domains)):
        yield from needles.domain_needles(domain, owner)
        yield from similar_needles.listed_domain_variants(domain, owner)


def _listed_spellings(member: OwnMember) -> Iterator[str]:
    deny = member.deny
    registered_texts = (text for constituent in member.register for text in (constituent.name, *constituent.domains))
    return hash_spellings.listed_spellings(chain(deny.names, deny.brands, deny.domains, registered_texts))


def _has_several_words(name: str) -> bool:
    """Whether a short name is a name in another script or language rather than an abbreviation or a brand."""
    return len(name.split()) > 1


# -- what the report declares ----------------------------------------------------------------------------------------


class _DeclaredNeedles:
    """Collects the needles, hash spellings and networks that a report declares."""

    def __init__(self) -> None:
        self.needles: list[Needle] = []
        self.hashed_spellings: list[HashedSpelling] = []
        self.networks: list[str] = []

    def add_victim(self, victim: Victim) -> None:
        owner = "the victim's"
        for field, text in victim.identifiers():
            if squeeze(text) in needles.PLACEHOLDERS:
                continue
            if field in _ORGANISATIONS:
                if victim.is_person:
                    self._add_person(text, "the victim")
                else:
                    self._add_name(text, owner)
                    self._add_initials_with_country(text, victim.countries)
            elif field in _SHORT_NAMES:
                self._add_short_name(text, owner)
            else:
                self._add_field(field, text, owner)

    def add_likely_mailboxes(self, victims: Iterable[Victim]) -> None:
        """Add the mailboxes that the people of a victim are likely to have. Only their hash values are searched for."""
        for victim in victims:
            mails = hash_spellings.likely_mailboxes(victim.people, victim.domains)
            self.hashed_spellings += hash_spellings.hashed_spellings(list(mails), "the victim's")

    def _add_field(self, field: str, text: str, owner: str) -> None:
        match field:
            case "people":
                self._add_person(text, "a person of the victim")
            case "registration_numbers":
                description = f"{owner} registration number"
                self.needles += needles.number_needles(text, description)
                self.hashed_spellings += hash_spellings.hashed_value_spellings(
                    (text,), f"a hash value of {description}"
                )
            case "accounts":
                self._add_account(text, owner)
            case "emails":
                self._add_mailbox(text, owner)
            case "domains":
                self._add_domain(text, owner)
            case "hosts":
                self._add_host(text, owner)
            case "ip_ranges":
                self.networks.append(text)
                self.hashed_spellings += hash_spellings.hashed_address_spellings(text)
            case _:
                self.needles += needles.place_needles(text, owner)
                self.needles += similar_needles.place_variants(text, owner)

    def add_constituent(self, constituent: Constituent) -> None:
        owner = "the victim's"
        self._add_name(constituent.name, owner)
        for name in constituent.short_names:
            (self._add_name if _has_several_words(name) else self._add_short_name)(name, owner)
        for domain in constituent.domains:
            self._add_domain(domain, owner)

    def add_contact(self, contact: Contact) -> None:
        if contact.name:
            self._add_person(contact.name, "the reporter")
        if contact.organisation:
            self._add_name(contact.organisation, "the reporter's")
        for mail in contact.emails:
            self._add_mailbox(mail, "the reporter's")
        for phone in contact.phones:
            self.needles += needles.phone_needles(phone, "a telephone number")

    def add_observable(self, item: Observable) -> None:
        """Add needles and networks for a value that belongs to the victim."""
        owner, traffic = "the victim's", item.traffic
        ends = ((traffic.src, traffic.src_role), (traffic.dst, traffic.dst_role)) if traffic else ()
        for host, role in ends:
            if host and role is Role.VICTIM:
                self._add_host(host, owner)
        if item.role is not Role.VICTIM:
            return
        match item.type:
            case ObservableType.IPV4 | ObservableType.IPV6 | ObservableType.DOMAIN:
                self._add_host(item.value, owner)
            case ObservableType.URL:
                self._add_host(url_host(item.value) or "", owner)
            case ObservableType.EMAIL:
                self._add_mailbox(item.value, owner)
            case ObservableType.USER_ACCOUNT:
                self._add_account(item.value, owner)
            case ObservableType.FILE | ObservableType.BANK_ACCOUNT | ObservableType.PHONE:
                value_needles = needles.phone_needles if item.type is ObservableType.PHONE else needles.number_needles
                self.needles += value_needles(item.value, "a file or number of the victim's")
            case _:
                return
        if item.display_name:
            self._add_person(item.display_name, "a person of the victim")

    def _add_name(self, name: str, owner: str) -> None:
        self.needles += needles.name_needles(name, owner)
        self.needles += similar_needles.name_variants(name, owner)
        for short_name in needles.bracketed_names(name):
            self.needles += similar_needles.short_name_variants(short_name, owner)
        self.hashed_spellings += hash_spellings.hashed_spellings((name,), owner)

    def _add_initials_with_country(self, name: str, countries: Iterable[str]) -> None:
        for text in sorted(initials_with_country(name, countries)):
            description = "the initials of the victim's name and country"
            self.needles.append(Needle(text, description, name, HitRule.NEVER, Bounds.AFFIXES))

    def _add_short_name(self, name: str, owner: str) -> None:
        self.needles += needles.short_name_needles(name, owner)
        self.needles += similar_needles.short_name_variants(name, owner)
        self.hashed_spellings += hash_spellings.hashed_spellings((name,), owner)

    def _add_person(self, name: str, person: str) -> None:
        self.needles += needles.person_needles(name, person)
        self.needles += similar_needles.person_variants(name, person)
        self.hashed_spellings += hash_spellings.hashed_spellings((name,), f"{person}'s")

    def _add_domain(self, domain: str, owner: str) -> None:
        self.needles += needles.domain_needles(domain, owner)
        self.needles += similar_needles.domain_variants(domain, owner)
        self.hashed_spellings += hash_spellings.hashed_spellings((domain,), owner)

    def _add_mailbox(self, mail: str, owner: str) -> None:
        self.needles += needles.mailbox_needles(mail, owner)
        self.needles += similar_needles.account_variants(mail.rpartition("@")[0], owner)
        domain = mail.rpartition("@")[2] if needles.has_own_domain(mail) else ""
        self.needles += similar_needles.domain_variants(domain, owner) if domain else ()
        self.hashed_spellings += hash_spellings.hashed_spellings((mail, domain) if domain else (mail,), owner)

    def _add_account(self, account: str, owner: str) -> None:
        self.needles += needles.account_needles(account, f"{owner} account")
        self.needles += similar_needles.account_variants(account, owner)
        self.hashed_spellings += hash_spellings.hashed_value_spellings((account,), f"a hash value of {owner} account")

    def _add_host(self, host: str, owner: str) -> None:
        if interval_of(host) is not None:
            self.networks.append(host)
            self.hashed_spellings += hash_spellings.hashed_address_spellings(host)
            return
        self.needles += needles.host_needles(host, owner)
        self.needles += similar_needles.host_variants(host, owner)
        self.hashed_spellings += hash_spellings.hashed_value_spellings((host,), f"a hash value of {owner} host")
        if "." in host:
            self.needles += similar_needles.domain_variants(host, owner)
            parent = host.partition(".")[2]
            self.hashed_spellings += hash_spellings.hashed_spellings(
                (host, parent) if "." in parent else (host,), owner
            )


def _tickets(report: Report) -> Iterator[str]:
    yield from (report.report_id, *report.related_reports)
    for reference in report.references:
        if not reference.public:
            yield from (text for text in (reference.external_id, reference.url) if text)
