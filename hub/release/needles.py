"""The needles that the scanner looks for: what is made of each name, domain, mailbox, host … that somebody declared.

They are the things themselves, however they are spelt; what resembles them stands in `similar_needles`, and whose hash
values are looked for in `hash_spellings`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from hub.release import words
from hub.release.names import generic, person_parts
from hub.release.needle import Bounds, HitRule, Needle
from hub.release.patterns import COMMON_ACCOUNTS
from hub.release.spelling import fold, is_legal_form, squeeze, squeeze_words, without_legal_form
from hub.rendering.wording import observable_name
from hub.reports import rsit
from hub.reports.observables import ObservableType
from hub.stix.places import COUNTRIES, REGIONS, country_name, region_name

MIN_LETTERS: Final = 4  # of a name that is found inside longer words; shorter ones are found as words only
MIN_WORD: Final = 2
MIN_ANYWHERE: Final = 6  # letters of a part of a name that is found inside longer words
MIN_NUMBER: Final = 6  # characters of a ticket, account or number that is found inside longer words
MIN_SHORT: Final = 3
# What stands in a name's place where there is none, and names nobody.
PLACEHOLDERS: Final = frozenset(
    "unknown na none null multiple various several anonymous private confidential individual individuals person "
    "multiplevictims notapplicable undisclosed redacted other others victim organisation organization company test".split()
)
# Domains under which everybody has a mailbox: they name nobody, the whole address does.
_FREE_MAIL: Final = frozenset(
    "gmail.com googlemail.com yahoo.com hotmail.com outlook.com live.com icloud.com proton.me protonmail.com gmx.com "
    "mail.com aol.com yahoo.co.id yahoo.com.sg yahoo.com.ph yahoo.com.vn ymail.com msn.com qq.com 163.com".split()
)
# Labels that are no organisation's own, whatever the domain.
COMMON_LABELS: Final = frozenset(
    "www mail smtp imap webmail portal vpn remote login intranet example test local host home server gov govt edu ac co "
    "com net org mil or go info cloud shop bank news blog site online sch lan corp internal arpa invalid".split()
)
ROLE_BOXES: Final = frozenset(
    "info admin contact support sales office webmaster postmaster abuse security hostmaster noreply hello help service "
    "services customer cert csirt soc helpdesk".split()
)
_TEMPLATES: Final = (
    "report reported seen shared stale from valid until unspecified adversary malware indicator name pattern value victim withheld publishing "
    "recipients identify contact questions incident criticality stage early update final suspected confirmed "
    "address domain network connection certificate user agent cryptocurrency wallet detection rule mutex key "
    "organisation organisations person people officer file hashes "
    # markings, labels, addresses of public catalogues, and the names of properties and rules
    "abusive alert amber attack cert clear code condition crypto cve cverecord determination duty extensions facing global green "
    "header http https identity intrusion intrusions malicious mitre must officer red request role rsit scanner strict strings support "
    "techniques threat traffic type violence violent"
)


@lru_cache(maxsize=1)
def our_words() -> frozenset[str]:
    """The words that our own sentences are made of. A label or mailbox of that name ("phishing@", "report@") is no one's."""
    places = (*map(country_name, COUNTRIES), *map(region_name, frozenset(REGIONS.values())))
    types = map(observable_name, ObservableType)
    texts = (*words.NOT_TEXT, *(line.name for line in rsit.RSIT.values()), *types, *places, _TEMPLATES)
    return frozenset(word for text in texts for word in squeeze_words(text))


def of_name(name: str, whose: str) -> Iterator[Needle]:
    """The spellings of a name: whole, without legal forms, without what stands in brackets, and that by itself."""
    why = f"{whose} name"
    for text in _forms(name):
        short = len(text) < (MIN_LETTERS if text.isascii() else MIN_WORD)
        yield Needle(text, why, name, bounds=Bounds.NOTHING if short else Bounds.ANYTHING)
    for text in bracketed(name):
        yield from of_short_name(text, whose, name)


def _forms(name: str) -> Iterator[str]:
    if is_legal_form(name):
        return
    outside = BRACKETS.sub(" ", unicodedata.normalize("NFKC", name))  # wide brackets among them
    for form in dict.fromkeys((name, without_legal_form(name), outside, without_legal_form(outside))):
        text = squeeze(form)
        if len(text) >= MIN_WORD and text not in PLACEHOLDERS and not is_legal_form(form):
            yield text


BRACKETS: Final = re.compile(r"[(\[]([^)\]]*)[)\]]")


def bracketed(name: str) -> list[str]:
    """The short names that stand in brackets in a name."""
    inside = BRACKETS.findall(unicodedata.normalize("NFKC", name))
    like_a_name = (text for text in inside if any(map(str.isupper, text)) or not text.isascii())
    return [text for text in like_a_name if len(squeeze(text)) >= MIN_SHORT and not is_legal_form(text)]


def of_short_name(name: str, whose: str, declared: str | None = None) -> Iterator[Needle]:
    """An abbreviation or brand. A short one is found as a word, or beside a word like "login"."""
    text = squeeze(name)
    if len(text) < MIN_WORD or text in PLACEHOLDERS:
        return
    technical = text in generic().technical  # "php" is a file name's ending far more often than somebody's name
    yield Needle(
        text,
        f"{whose} short name",
        declared or name,
        HitRule.NEVER if technical else HitRule.NAME,
        Bounds.CAPITAL if technical else Bounds.AFFIXES if len(text) < MIN_ANYWHERE else Bounds.ANYTHING,
    )


def of_person(name: str, whose: str) -> Iterator[Needle]:
    """A person's name: whole, and without titles and particles."""
    why = f"the name of {whose}"
    for text in dict.fromkeys((squeeze(name), "".join(map(squeeze, person_parts(name))))):
        if len(text) >= MIN_LETTERS and text not in PLACEHOLDERS:
            bounds = Bounds.ANYTHING if len(text) >= MIN_NUMBER else Bounds.NOTHING
            yield Needle(text, why, name, HitRule.OWN, bounds)


def of_domain(domain: str, whose: str) -> Iterator[Needle]:
    """A domain, and the label that is the organisation's own in it: `contoh` of `www.contoh.co.id`."""
    plain = fold(domain).strip().rstrip(".").removeprefix("*.")
    if plain in _FREE_MAIL or "." not in plain:
        return
    yield Needle(squeeze(plain), f"{whose} domain", domain, HitRule.DOMAIN)
    label = own_label(plain)
    if len(label) >= MIN_WORD:
        bounds = Bounds.ANYTHING if len(label) >= MIN_LETTERS else Bounds.NOTHING
        yield Needle(label, f"{whose} domain", domain, bounds=bounds)


def is_own(mail: str) -> bool:
    """Whether the domain of a mail address is an organisation's own, and not one where everybody has a mailbox."""
    return fold(mail.rpartition("@")[2]) not in _FREE_MAIL


def own_label(domain: str) -> str:
    """The label of a domain that is its owner's own, squeezed; empty if there is none."""
    labels = map(squeeze, fold(domain).split(".")[:-1])
    own = [label for label in labels if label not in _common()]
    return own[-1] if own else ""


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    """Labels and hosts that are no organisation's own."""
    return COMMON_LABELS | our_words() | generic().affixes


def of_mailbox(mail: str, whose: str) -> Iterator[Needle]:
    """A mail address, its domain unless everybody has a mailbox there, and the name before the @."""
    local, _, domain = mail.rpartition("@")
    if len(squeeze(mail)) >= MIN_LETTERS:
        yield Needle(squeeze(mail), f"{whose} mailbox", mail, HitRule.OWN)
    if local and squeeze(local) not in ROLE_BOXES | our_words():
        yield from of_account(local, f"{whose} mailbox", mail)
    yield from of_domain(domain, whose)


def of_account(account: str, why: str, declared: str | None = None) -> Iterator[Needle]:
    """The name of a user, with or without the domain before it."""
    name = account.rpartition("\\")[2]
    text = squeeze(name)
    if len(text) >= MIN_SHORT and name.lower() not in COMMON_ACCOUNTS:
        bounds = Bounds.ANYTHING if len(text) >= MIN_NUMBER else Bounds.NOTHING
        yield Needle(text, why, declared or account, HitRule.OWN, bounds)


def of_host(host: str, whose: str) -> Iterator[Needle]:
    """A machine by its name, with or without its domain."""
    name = fold(host).strip().rstrip(".")
    first, _, domain = name.partition(".")
    # The label of a domain itself is a name, which a phishing domain imitates, and no machine's.
    if squeeze(first) not in _common() and not (domain and squeeze(first) == own_label(name)):
        yield from of_number(first, f"{whose} host", host)
    if domain:
        yield from of_domain(name, whose)


def of_number(text: str, why: str, declared: str | None = None) -> Iterator[Needle]:
    """A registration number, a telephone number, a ticket, a host: found inside longer words where it is long enough.

    Of `201901000005 (1312345-A)` both numbers count by themselves.
    """
    outside = BRACKETS.sub(" ", text)
    digits = _NUMBERS.findall(text) if " " in text else ()  # of `NIB 9120001234567` the number by itself
    branch = _BRANCH.fullmatch(text.strip())  # of `0312345678-001` the number of the whole company
    whole = (branch[1],) if branch else ()
    for squeezed in dict.fromkeys(map(squeeze, (text, outside, *BRACKETS.findall(text), *digits, *whole))):
        if len(squeezed) >= MIN_SHORT:
            bounds = Bounds.ANYTHING if len(squeezed) >= MIN_NUMBER else Bounds.NOTHING
            yield Needle(squeezed, why, declared or text, HitRule.OWN, bounds)


_BRANCH: Final = re.compile(r"(\d(?:[.-]?\d){8,})[.-]\d{3}")


def of_phone(number: str, why: str) -> Iterator[Needle]:
    """A telephone number, with the country's code or the zero in its place, and without both."""
    yield from of_number(number, why)
    digits = re.sub(r"\D", "", number)
    bare = digits.removeprefix("00") if digits.startswith("00") or "+" in number else digits
    code = next((code for code in _COUNTRY_CALLING_CODES if bare.startswith(code)), "")
    for national in dict.fromkeys((bare.removeprefix(code).removeprefix("0"), bare.removeprefix("0"))):
        if len(national) > MIN_NUMBER:
            yield Needle(f"0{national}", why, number, HitRule.OWN)
            yield Needle(national, why, number, HitRule.OWN)


_COUNTRY_CALLING_CODES: Final = ("60", "62", "63", "65", "66", "670", "673", "84", "855", "856", "95")
_NUMBERS: Final = re.compile(r"(?<!\w)\d[\d./ -]{4,}\d(?!\w)")


def of_place(place: str, whose: str) -> Iterator[Needle]:
    """An address: whole, and each line of it that is no town or country."""
    for part in dict.fromkeys((place, *re.split(r"[,;\n]", place))):
        text = squeeze(part)
        if len(text) >= MIN_ANYWHERE and " ".join(squeeze_words(part)) not in generic().places:
            yield Needle(text, f"{whose} place", place)
