"""The spellings of names, domains and mailboxes whose hash values are looked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from hub.release.disguises import latin
from hub.release.names import distinctive, person_parts, words
from hub.release.needle import Hashed
from hub.release.needles import BRACKETS, MIN_SHORT, ROLE_BOXES, bracketed, own_label
from hub.release.spelling import fold, without_legal_form

MAX_WORDS: Final = 8  # of a name, each row of whose words is a spelling
HASH_VALUE: Final = "a hash value of {} name, domain or mailbox"
# Mailboxes that most organisations have, and that attacks are aimed at.
_USUAL_MAILBOXES: Final = (
    *sorted(ROLE_BOXES),
    *"accounts account accounting billing careers cashier ceo cfo chairman cio ciso coo corporate cto customercare "
    "customerservice director enquiries enquiry feedback finance gm headoffice hr hrd humas invoice invoices it itsupport "
    "legal mail manager marketing md media news no-reply orders pa payment payments payroll pr president procurement "
    "purchasing reception recruitment secretary sekretariat server tax treasury user vp".split(),
)


def hashed(texts: Collection[str], whose: str) -> Iterator[Hashed]:
    """The spellings of what a report declares: names, with each row of their words by itself, domains and mailboxes."""
    why = HASH_VALUE.format(whose)
    for spelling in dict.fromkeys(written for text in texts for written in _spellings(text, every_row=True)):
        if len(spelling) >= MIN_SHORT:
            for case in dict.fromkeys((spelling, spelling.lower(), spelling.upper())):
                yield Hashed(case, why)


def mailboxes_of(people: Iterable[str], domains: Collection[str]) -> Iterator[str]:
    """The mailboxes that people of an organisation are likely to have: `aminah.yusof@`, `ayusof@`, `aminah@` …"""
    for person in people:
        parts = [part for part in person_parts(person) if part.isascii()]
        if parts and domains:
            first, last = parts[0], parts[-1]
            boxes = {sign.join(parts) for sign in ("", ".", "_", "-")} | {
                f"{first}{sign}{last}" for sign in ("", ".", "_", "-")
            }
            boxes |= {
                first,
                last,
                first[0] + last,
                f"{first[0]}.{last}",
                first + last[0],
                f"{last}.{first}",
                last + first[0],
            }
            yield from (f"{box}@{fold(domain)}" for box in sorted(boxes) for domain in domains)


def listed(texts: Iterable[str]) -> Iterator[str]:
    """The spellings of a long list of names and domains: fewer of each, as declared, in small letters and in capitals."""
    for text in texts:
        spellings = set(_spellings(text, every_row=False))
        spellings |= {spelling.lower() for spelling in spellings}
        spellings.add(text.upper())
        yield from (spelling for spelling in spellings if len(spelling) >= MIN_SHORT)


def _spellings(text: str, *, every_row: bool) -> Iterator[str]:
    for declared in dict.fromkeys([text, BRACKETS.sub(" ", text), *bracketed(text)]):
        plain = " ".join(declared.split())
        yield plain
        if "@" in plain or ("." in plain and " " not in plain):
            yield from _of_domain(fold(plain))
        else:
            yield from _of_name(plain, every_row=every_row)


def _of_domain(domain: str) -> Iterator[str]:
    yield domain
    if "@" in domain:
        return
    yield own_label(domain)
    for host in (domain, f"www.{domain}"):
        yield host
        for scheme in ("http", "https"):
            yield from (f"{scheme}://{host}", f"{scheme}://{host}/")
    at = f"@{domain}"
    yield from [box + at for box in _USUAL_MAILBOXES]


def _of_name(name: str, *, every_row: bool) -> Iterator[str]:
    bare = without_legal_form(name)
    own = " ".join(distinctive(name))
    forms = [fold(name), bare, own]
    if not every_row:
        yield name.upper()
    if every_row:
        for whole in dict.fromkeys((" ".join(words(name)), " ".join(name.lower().split()))):
            forms += _rows(whole.split()[:MAX_WORDS])
    forms += [latin(form) for form in forms if not form.isascii()]
    for form in dict.fromkeys(forms):
        parts = form.split()
        yield from (sign.join(parts) for sign in ("", " ", "-", "_", "."))
        yield from (form.title(), form.title().replace(" ", ""))


def _rows(parts: list[str]) -> Iterator[str]:
    """Each row of neighbouring words of a name: two of them, or one that tells whose it is."""
    for start in range(len(parts)):
        for end in range(start + 2, len(parts) + 1):
            yield " ".join(parts[start:end])
