"""The spellings of names, domains and mailboxes whose hash values are searched for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from hub.release.addresses import interval_of
from hub.release.disguises import transliterate
from hub.release.names import BRACKETS, distinctive_words, person_parts, split_words
from hub.release.needle import HashedSpelling
from hub.release.needles import MIN_SHORT, ROLE_BOXES, bracketed_names, own_label
from hub.release.spelling import fold, strip_legal_form

MAX_HASHED_ADDRESSES: Final = 256  # addresses of a network whose hash values are searched for
MAX_WORDS: Final = 8  # words of a name whose rows of neighbouring words count as spellings
HASH_VALUE: Final = "a hash value of {} name, domain or mailbox"
# Mailboxes that most organisations have, and that attackers target.
_USUAL_MAILBOXES: Final = (
    *sorted(ROLE_BOXES),
    *"accounts account accounting billing careers cashier ceo cfo chairman cio ciso coo corporate cto customercare "
    "customerservice director enquiries enquiry feedback finance gm headoffice hr hrd humas invoice invoices it itsupport "
    "legal mail manager marketing md media news no-reply orders pa payment payments payroll pr president procurement "
    "purchasing reception recruitment secretary sekretariat server tax treasury user vp".split(),
)


def hashed_spellings(texts: Collection[str], owner: str) -> Iterator[HashedSpelling]:
    """The spellings of what a report declares: names, rows of neighbouring words of a name, domains and mailboxes."""
    description = HASH_VALUE.format(owner)
    for spelling in dict.fromkeys(form for text in texts for form in _spellings(text, every_row=True)):
        if len(spelling) >= MIN_SHORT:
            for case in dict.fromkeys((spelling, spelling.lower(), spelling.upper())):
                yield HashedSpelling(case, description)


def hashed_value_spellings(texts: Iterable[str], description: str) -> Iterator[HashedSpelling]:
    """The spellings of numbers, machines and accounts: as declared and without signs, in small letters and in capitals."""
    for text in texts:
        declared_text = " ".join(text.split())
        forms = (declared_text, "".join(filter(str.isalnum, declared_text)))
        for spelling in dict.fromkeys(case for form in forms for case in (form, form.lower(), form.upper())):
            if len(spelling) >= MIN_SHORT:
                yield HashedSpelling(spelling, description)


def hashed_address_spellings(network: str) -> Iterator[HashedSpelling]:
    """The addresses of a small network. A larger network has too many addresses to compute their hash values."""
    interval = interval_of(network.strip())
    if interval is not None and interval.last - interval.first < MAX_HASHED_ADDRESSES:
        address_class = IPv4Address if interval.version == 4 else IPv6Address
        for number in range(interval.first, interval.last + 1):
            yield HashedSpelling(str(address_class(number)), "a hash value of the victim's address")


def likely_mailboxes(people: Iterable[str], domains: Collection[str]) -> Iterator[str]:
    """The mailboxes that people of an organisation are likely to have: `aminah.yusof@`, `ayusof@`, `aminah@` …"""
    for person in people:
        parts = [part for part in person_parts(person) if part.isascii()]
        if parts and domains:
            first, last = parts[0], parts[-1]
            boxes = {sign.join(parts) for sign in ("", ".", "_", "-")} | {
                f"{first}{sign}{last}" for sign in ("", ".", "_", "-")
            }
            boxes |= {
                *parts,
                first[0] + last,
                f"{first[0]}.{last}",
                first + last[0],
                f"{last}.{first}",
                last + first[0],
            }
            yield from (f"{box}@{fold(domain)}" for box in sorted(boxes) for domain in domains)


def listed_spellings(texts: Iterable[str]) -> Iterator[str]:
    """The spellings of a long list of names and domains: fewer for each entry, in small letters and in capitals."""
    for text in texts:
        spellings = set(_spellings(text, every_row=False))
        spellings |= {spelling.lower() for spelling in spellings}
        spellings.add(text.upper())
        yield from (spelling for spelling in spellings if len(spelling) >= MIN_SHORT)


def _spellings(text: str, *, every_row: bool) -> Iterator[str]:
    for form in dict.fromkeys([text, BRACKETS.sub(" ", text), *bracketed_names(text)]):
        plain_form = " ".join(form.split())
        yield plain_form
        if "@" in plain_form or ("." in plain_form and " " not in plain_form):
            yield from _domain_spellings(fold(plain_form))
        else:
            yield from _name_spellings(plain_form, every_row=every_row)


def _domain_spellings(domain: str) -> Iterator[str]:
    yield domain
    if "@" in domain:
        return
    yield own_label(domain)
    for host in (domain, f"www.{domain}"):
        yield host
        for scheme in ("http", "https"):
            yield from (f"{scheme}://{host}", f"{scheme}://{host}/")
    suffix = f"@{domain}"
    yield from [box + suffix for box in _USUAL_MAILBOXES]


def _name_spellings(name: str, *, every_row: bool) -> Iterator[str]:
    bare_name = strip_legal_form(name)
    own_words = " ".join(distinctive_words(name))
    forms = [fold(name), bare_name, own_words]
    if not every_row:
        yield name.upper()
    if every_row:
        for all_words in dict.fromkeys((" ".join(split_words(name)), " ".join(name.lower().split()))):
            forms += _rows(all_words.split()[:MAX_WORDS])
    forms += [transliterate(form) for form in forms if not form.isascii()]
    for form in dict.fromkeys(forms):
        parts = form.split()
        yield from (sign.join(parts) for sign in ("", " ", "-", "_", "."))
        yield from (form.title(), form.title().replace(" ", ""))


def _rows(parts: list[str]) -> Iterator[str]:
    """Each row of two or more neighbouring words of a name."""
    for start in range(len(parts)):
        for end in range(start + 2, len(parts) + 1):
            yield " ".join(parts[start:end])
