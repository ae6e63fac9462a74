"""The needles for each declared name, domain, mailbox, host and so on, which the scanner searches for.

They find the declared text itself in any spelling. `similar_needles` makes the needles for what resembles it, and
`hash_spellings` the spellings whose hash values are searched for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from hub.release import allowed_words
from hub.release.names import BRACKETS, load_lexicon, person_parts, strip_brackets
from hub.release.needle import Bounds, HitRule, Needle
from hub.release.patterns import COMMON_ACCOUNTS
from hub.release.spelling import fold, is_legal_form, squeeze, squeeze_words, strip_legal_form
from hub.rendering.wording import observable_name
from hub.reports import rsit
from hub.reports.observables import ObservableType
from hub.stix.places import COUNTRIES, REGIONS, country_name, region_name

MIN_LETTERS: Final = 4  # of a name that is found inside longer words; a shorter name is found as a whole word only
MIN_WORD: Final = 2  # letters of a name that is searched for
MIN_ANYWHERE: Final = 6  # letters of a part of a name that is found inside longer words
MIN_NUMBER: Final = 6  # characters of a ticket, account or number that is found inside longer words
MIN_SHORT: Final = 3  # characters of a short name, account or number that is searched for
# Words that reports write where a name is missing.
PLACEHOLDERS: Final = frozenset(
    "unknown na none null multiple various several anonymous private confidential individual individuals person "
    "multiplevictims notapplicable undisclosed redacted other others victim organisation organization company test".split()
)
# Domains of public mail services: only the whole address identifies somebody.
_FREE_MAIL: Final = frozenset(
    "gmail.com googlemail.com yahoo.com hotmail.com outlook.com live.com icloud.com proton.me protonmail.com gmx.com "
    "mail.com aol.com yahoo.co.id yahoo.com.sg yahoo.com.ph yahoo.com.vn ymail.com msn.com qq.com 163.com".split()
)
# Labels that many domains have.
COMMON_LABELS: Final = frozenset(
    "www mail smtp imap webmail portal vpn remote login intranet example test local host home server gov govt edu ac co "
    "com net org mil or go info cloud shop bank news blog site online sch lan corp internal arpa invalid".split()
)
ROLE_BOXES: Final = frozenset(
    "info admin contact support sales office webmaster postmaster abuse security hostmaster noreply hello help service "
    "services customer cert csirt soc helpdesk".split()
)
_TEMPLATE_WORDS: Final = (
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
    """The words of the product's own sentences. A label or mailbox of that name ("phishing@", "report@") identifies nobody."""
    places = (*map(country_name, COUNTRIES), *map(region_name, frozenset(REGIONS.values())))
    types = map(observable_name, ObservableType)
    texts = (
        *allowed_words.VOCABULARY_WORDS,
        *(line.name for line in rsit.RSIT.values()),
        *types,
        *places,
        _TEMPLATE_WORDS,
    )
    return frozenset(word for text in texts for word in squeeze_words(text))


def name_needles(name: str, owner: str) -> Iterator[Needle]:
    """The spellings of a name: complete, without legal forms, without brackets; and the text in brackets by itself."""
    description = f"{owner} name"
    for text in _forms(name):
        is_short = len(text) < (MIN_LETTERS if text.isascii() else MIN_WORD)
        yield Needle(text, description, name, bounds=Bounds.NOTHING if is_short else Bounds.ANYTHING)
    for text in bracketed_names(name):
        yield from short_name_needles(text, owner, name)


def _forms(name: str) -> Iterator[str]:
    if is_legal_form(name):
        return
    text_outside_brackets = strip_brackets(name)  # NFKC turns wide brackets into ASCII
    for form in dict.fromkeys(
        (name, strip_legal_form(name), text_outside_brackets, strip_legal_form(text_outside_brackets))
    ):
        text = squeeze(form)
        if len(text) >= MIN_WORD and text not in PLACEHOLDERS and not is_legal_form(form):
            yield text


def bracketed_names(name: str) -> list[str]:
    """The short names in brackets in a name."""
    bracketed_texts = BRACKETS.findall(unicodedata.normalize("NFKC", name))
    candidates = (text for text in bracketed_texts if any(map(str.isupper, text)) or not text.isascii())
    return [text for text in candidates if len(squeeze(text)) >= MIN_SHORT and not is_legal_form(text)]


def short_name_needles(name: str, owner: str, declared_text: str | None = None) -> Iterator[Needle]:
    """An abbreviation or brand. A short one is found only as a word, or next to a word like "login"."""
    text = squeeze(name)
    if len(text) < MIN_WORD or text in PLACEHOLDERS:
        return
    # "php" is the ending of a file name far more often than a name
    is_technical = text in load_lexicon().technical_words
    yield Needle(
        text,
        f"{owner} short name",
        declared_text or name,
        HitRule.NEVER if is_technical else HitRule.NAME,
        Bounds.CAPITAL if is_technical else Bounds.AFFIXES if len(text) < MIN_ANYWHERE else Bounds.ANYTHING,
    )


def person_needles(name: str, owner: str) -> Iterator[Needle]:
    """A person's name: complete, and without titles and particles."""
    description = f"the name of {owner}"
    for text in dict.fromkeys((squeeze(name), "".join(map(squeeze, person_parts(name))))):
        if len(text) >= MIN_LETTERS and text not in PLACEHOLDERS:
            bounds = Bounds.ANYTHING if len(text) >= MIN_NUMBER else Bounds.NOTHING
            yield Needle(text, description, name, HitRule.WHOLE_WORDS, bounds)


def domain_needles(domain: str, owner: str) -> Iterator[Needle]:
    """A domain, and the label in it that belongs to the organisation: `contoh` of `www.contoh.co.id`."""
    plain_domain = fold(domain).strip().rstrip(".").removeprefix("*.")
    if plain_domain in _FREE_MAIL or "." not in plain_domain:
        return
    yield Needle(squeeze(plain_domain), f"{owner} domain", domain, HitRule.DOMAIN)
    label = own_label(plain_domain)
    if len(label) >= MIN_WORD:
        bounds = Bounds.ANYTHING if len(label) >= MIN_LETTERS else Bounds.NOTHING
        yield Needle(label, f"{owner} domain", domain, bounds=bounds)


def has_own_domain(mail: str) -> bool:
    """Whether the domain of a mail address belongs to an organisation, and not to a public mail service."""
    return fold(mail.rpartition("@")[2]) not in _FREE_MAIL


def own_label(domain: str) -> str:
    """The label of a domain that identifies its owner, squeezed; empty if there is none."""
    labels = map(squeeze, fold(domain).split(".")[:-1])
    own_labels = [label for label in labels if label not in _common_labels()]
    return own_labels[-1] if own_labels else ""


@lru_cache(maxsize=1)
def _common_labels() -> frozenset[str]:
    """Labels and host names that many organisations have."""
    return COMMON_LABELS | our_words() | load_lexicon().affixes


def mailbox_needles(mail: str, owner: str) -> Iterator[Needle]:
    """A mail address, its domain unless it is that of a public mail service, and the name before the @."""
    local, _, domain = mail.rpartition("@")
    if len(squeeze(mail)) >= MIN_LETTERS:
        yield Needle(squeeze(mail), f"{owner} mailbox", mail, HitRule.WHOLE_WORDS)
    if local and squeeze(local) not in ROLE_BOXES | our_words():
        yield from account_needles(local, f"{owner} mailbox", mail)
    yield from domain_needles(domain, owner)


def account_needles(account: str, description: str, declared_text: str | None = None) -> Iterator[Needle]:
    """The name of a user, with or without the domain before it."""
    name = account.rpartition("\\")[2]
    text = squeeze(name)
    if len(text) >= MIN_SHORT and name.lower() not in COMMON_ACCOUNTS:
        bounds = Bounds.ANYTHING if len(text) >= MIN_NUMBER else Bounds.NOTHING
        yield Needle(text, description, declared_text or account, HitRule.WHOLE_WORDS, bounds)


def host_needles(host: str, owner: str) -> Iterator[Needle]:
    """A machine's name, with and without its domain."""
    name = fold(host).strip().rstrip(".")
    first, _, domain = name.partition(".")
    # The label that identifies the domain's owner is not the name of a machine: phishing domains imitate it.
    if squeeze(first) not in _common_labels() and not (domain and squeeze(first) == own_label(name)):
        yield from number_needles(first, f"{owner} host", host)
    if domain:
        yield from domain_needles(name, owner)


def number_needles(text: str, description: str, declared_text: str | None = None) -> Iterator[Needle]:
    """A registration number, a telephone number, a ticket or a host. A long one is also found inside longer words.

    `201901000005 (1312345-A)` contains two numbers, and each is searched for by itself.
    """
    text_outside_brackets = BRACKETS.sub(" ", text)
    numbers = _NUMBERS.findall(text) if " " in text else ()  # the number in `NIB 9120001234567`
    branch = _BRANCH.fullmatch(text.strip())  # `0312345678-001` is a branch of company 0312345678
    company_numbers = (branch[1],) if branch else ()
    for squeezed in dict.fromkeys(
        map(squeeze, (text, text_outside_brackets, *BRACKETS.findall(text), *numbers, *company_numbers))
    ):
        if len(squeezed) >= MIN_SHORT:
            bounds = Bounds.ANYTHING if len(squeezed) >= MIN_NUMBER else Bounds.NOTHING
            yield Needle(squeezed, description, declared_text or text, HitRule.WHOLE_WORDS, bounds)


_BRANCH: Final = re.compile(r"(\d(?:[.-]?\d){8,})[.-]\d{3}")


def phone_needles(number: str, description: str) -> Iterator[Needle]:
    """A telephone number with the country's calling code, with a zero instead of it, and without both."""
    yield from number_needles(number, description)
    digits = re.sub(r"\D", "", number)
    international = digits.removeprefix("00") if digits.startswith("00") or "+" in number else digits
    code = next((code for code in _COUNTRY_CALLING_CODES if international.startswith(code)), "")
    for national in dict.fromkeys(
        (international.removeprefix(code).removeprefix("0"), international.removeprefix("0"))
    ):
        if len(national) > MIN_NUMBER:
            yield Needle(f"0{national}", description, number, HitRule.WHOLE_WORDS)
            yield Needle(national, description, number, HitRule.WHOLE_WORDS)


_COUNTRY_CALLING_CODES: Final = ("60", "62", "63", "65", "66", "670", "673", "84", "855", "856", "95")
_NUMBERS: Final = re.compile(r"(?<!\w)\d[\d./ -]{4,}\d(?!\w)")


def place_needles(place: str, owner: str) -> Iterator[Needle]:
    """A postal address: complete, and each line that is not a town or country."""
    for part in dict.fromkeys((place, *re.split(r"[,;\n]", place))):
        text = squeeze(part)
        if len(text) >= MIN_ANYWHERE and " ".join(squeeze_words(part)) not in load_lexicon().places:
            yield Needle(text, f"{owner} place", place)
