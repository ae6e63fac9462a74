"""The needles that the scanner looks for: what is made of each name, domain, mailbox, host … that somebody declared.

`of_…` gives what is the thing itself, however it is spelt; `like_…` what resembles it: distinctive words, initials,
abbreviations, transliterations, letters that look alike, and the name written backwards or in rot13.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import pairwise, permutations
from typing import Final

from hub.release import words
from hub.release.disguises import consonants, latin, looks, sound, sounds_across
from hub.release.names import UNSPACED, distinctive, generic, initials, own_part, person_parts
from hub.release.scan import MIN_SOUND, Bounds, Hashed, HitRule, Needle, View
from hub.release.spelling import fold, is_legal_form, squeeze, squeeze_words, without_legal_form
from hub.rendering.wording import observable_name
from hub.reports import rsit
from hub.reports.observables import ObservableType
from hub.stix.places import COUNTRIES, REGIONS, country_name, region_name

MIN_LETTERS: Final = 4  # of a name that is found inside longer words; shorter ones are found as words only
MIN_WORD: Final = 2
MIN_ANYWHERE: Final = 6  # letters of a part of a name that is found inside longer words
MIN_LISTED_ANYWHERE: Final = 6  # of a listed constituent, whose names are many
MIN_DISGUISED: Final = 5  # letters of a name that is looked for backwards and in rot13
MIN_UNSPACED: Final = 4  # characters in a row of a name in Thai, Khmer, Lao, Burmese or Chinese
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
_COMMON_LABELS: Final = frozenset(
    "www mail smtp imap webmail portal vpn remote login intranet example test local host home server gov govt edu ac co "
    "com net org mil or go info cloud shop bank news blog site online sch lan corp internal arpa invalid".split()
)
_ROLE_BOXES: Final = frozenset(
    "info admin contact support sales office webmaster postmaster abuse security hostmaster noreply hello help service "
    "services customer cert csirt soc helpdesk".split()
)
# Mailboxes that most organisations have, and that attacks are aimed at.
_USUAL_MAILBOXES: Final = (
    *sorted(_ROLE_BOXES),
    *"accounts account accounting billing careers cashier ceo cfo chairman cio ciso coo corporate cto customercare "
    "customerservice director enquiries enquiry feedback finance gm headoffice hr hrd humas invoice invoices it itsupport "
    "legal mail manager marketing md media news no-reply orders pa payment payments payroll pr president procurement "
    "purchasing reception recruitment secretary sekretariat server tax treasury user vp".split(),
)
_COMMON_ACCOUNTS: Final = frozenset(
    "admin administrator root guest user test system sysadmin operator service support backup oracle postgres mysql sa "
    "public default localadmin domainadmin everyone anonymous nobody www-data".split()
)
_TEMPLATES: Final = (
    "report reported seen shared stale from valid until unspecified adversary malware indicator name pattern value victim withheld publishing "
    "recipients identify contact questions incident criticality stage early update final suspected confirmed "
    "address domain network connection certificate user agent cryptocurrency wallet detection rule mutex key "
    "organisation organisations person people file hashes"
)


@lru_cache(maxsize=1)
def our_words() -> frozenset[str]:
    """The words that our own sentences are made of. A label or mailbox of that name ("phishing@", "report@") is no one's."""
    places = (*map(country_name, COUNTRIES), *map(region_name, frozenset(REGIONS.values())))
    types = map(observable_name, ObservableType)
    texts = (*words.NOT_TEXT, *(line.name for line in rsit.RSIT.values()), *types, *places, _TEMPLATES)
    return frozenset(word for text in texts for word in squeeze_words(text))


# -- the thing itself ------------------------------------------------------------------------------------------------


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
    outside = _BRACKETS.sub(" ", unicodedata.normalize("NFKC", name))  # wide brackets among them
    for form in dict.fromkeys((name, without_legal_form(name), outside, without_legal_form(outside))):
        text = squeeze(form)
        if len(text) >= MIN_WORD and text not in PLACEHOLDERS and not is_legal_form(form):
            yield text


_BRACKETS: Final = re.compile(r"[(\[]([^)\]]*)[)\]]")


def bracketed(name: str) -> list[str]:
    """The short names that stand in brackets in a name."""
    inside = _BRACKETS.findall(unicodedata.normalize("NFKC", name))
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
    return _COMMON_LABELS | our_words() | generic().affixes


def of_mailbox(mail: str, whose: str) -> Iterator[Needle]:
    """A mail address, its domain unless everybody has a mailbox there, and the name before the @."""
    local, _, domain = mail.rpartition("@")
    if len(squeeze(mail)) >= MIN_LETTERS:
        yield Needle(squeeze(mail), f"{whose} mailbox", mail, HitRule.OWN)
    if local and squeeze(local) not in _ROLE_BOXES | our_words():
        yield from of_account(local, f"{whose} mailbox", mail)
    yield from of_domain(domain, whose)


def of_account(account: str, why: str, declared: str | None = None) -> Iterator[Needle]:
    """The name of a user, with or without the domain before it."""
    name = account.rpartition("\\")[2]
    text = squeeze(name)
    if len(text) >= MIN_SHORT and name.lower() not in _COMMON_ACCOUNTS:
        bounds = Bounds.ANYTHING if len(text) >= MIN_NUMBER else Bounds.NOTHING
        yield Needle(text, why, declared or account, HitRule.OWN, bounds)


def of_host(host: str, whose: str) -> Iterator[Needle]:
    """A machine by its name, with or without its domain."""
    name = fold(host).strip().rstrip(".")
    first, _, domain = name.partition(".")
    if squeeze(first) not in _common():
        yield from of_number(first, f"{whose} host", host)
    if domain:
        yield from of_domain(name, whose)


def of_number(text: str, why: str, declared: str | None = None) -> Iterator[Needle]:
    """A registration number, a telephone number, a ticket, a host: found inside longer words where it is long enough.

    Of `201901000005 (1312345-A)` both numbers count by themselves.
    """
    outside = _BRACKETS.sub(" ", text)
    for squeezed in dict.fromkeys(map(squeeze, (text, outside, *_BRACKETS.findall(text)))):
        if len(squeezed) >= MIN_SHORT:
            bounds = Bounds.ANYTHING if len(squeezed) >= MIN_NUMBER else Bounds.NOTHING
            yield Needle(squeezed, why, declared or text, HitRule.OWN, bounds)


def of_place(place: str, whose: str) -> Iterator[Needle]:
    """An address: whole, and each line of it that is no town or country."""
    for part in dict.fromkeys((place, *re.split(r"[,;\n]", place))):
        text = squeeze(part)
        if len(text) >= MIN_ANYWHERE and " ".join(squeeze_words(part)) not in generic().places:
            yield Needle(text, f"{whose} place", place)


# -- what resembles it -----------------------------------------------------------------------------------------------


def like_name(name: str, whose: str) -> Iterator[Needle]:
    """What resembles the name of an organisation."""
    own = distinctive(name)
    telling = [word for word in own if word not in generic().places] or own
    whole = squeeze(without_legal_form(_BRACKETS.sub(" ", unicodedata.normalize("NFKC", name))))
    joined = dict.fromkeys(("".join(map(squeeze, own)), "".join(map(squeeze, telling))))
    pairs = (squeeze(first + second) for first, second in pairwise(telling))
    parts = dict.fromkeys([*joined, *map(squeeze, telling), *(pair for pair in pairs if len(pair) >= MIN_ANYWHERE)])
    for part in parts:
        yield from _part(part, f"a distinctive word of {whose} name", name)
    for window in dict.fromkeys(window for word in telling for window in _windows(squeeze(word))):
        yield _needle(window, f"a part of {whose} name", name)
    for form in dict.fromkeys((whole, *parts)):
        yield from _disguised(form, f"{whose} name", name)
    for part in parts:
        yield from _sounding(part, f"{whose} name")
    for text in sorted(initials(name)):
        yield _needle(text, f"the initials of {whose} name", name, Bounds.AFFIXES)


def _windows(word: str) -> Iterator[str]:
    """Every few characters in a row of a word in a script without blanks, which may be several words."""
    if UNSPACED.match(word) is not None and len(word) > MIN_UNSPACED:
        yield from (word[start : start + MIN_UNSPACED] for start in range(len(word) - MIN_UNSPACED + 1))


def like_listed_name(name: str, whose: str) -> Iterator[Needle]:
    """What resembles the name of one of many: the name or its distinctive words as a whole, in letters that look alike."""
    whole = squeeze(without_legal_form(name))
    joined = "".join(map(squeeze, distinctive(name)))
    if len(joined) >= MIN_LISTED_ANYWHERE:
        yield _needle(joined, f"the distinctive words of {whose} name", name)
    for form in dict.fromkeys((whole, joined)):
        if len(looks(form)) >= MIN_LISTED_ANYWHERE and form.isascii():
            yield _needle(looks(form), f"letters that look like {whose} name", name, view=View.LOOKS)


def like_listed_short_name(name: str, whose: str) -> Iterator[Needle]:
    """What looks like a brand or an abbreviation of one of many."""
    alike = looks(name)
    if len(alike) >= MIN_LISTED_ANYWHERE and name.isascii():
        yield _needle(alike, f"letters that look like {whose} short name", name, view=View.LOOKS)


def like_short_name(name: str, whose: str) -> Iterator[Needle]:
    """What resembles a brand or an abbreviation."""
    text = squeeze(name)
    if len(text) >= MIN_DISGUISED:
        yield from _disguised(text, f"{whose} short name", name)
        yield from _sounding(text, f"{whose} short name")


def like_person(name: str, whose: str) -> Iterator[Needle]:
    """What resembles the name of a person: each part of it, the parts joined as user names are, the initials."""
    parts = [squeeze(part) for part in person_parts(name)]
    why = f"a part of the name of {whose}"
    for part in parts:
        if part.isascii() and len(part) < MIN_LETTERS:
            yield _needle(part, why, name, Bounds.CAPITAL)
        else:
            yield from _part(part, why, name)
        if len(part) >= MIN_DISGUISED:
            yield from _disguised(part, f"the name of {whose}", name)
            yield from _sounding(part, f"the name of {whose}")
    for first, second in permutations(parts[:4], 2):
        for text in (first + second, first[:1] + second, first + second[:1]):
            if len(text) >= MIN_DISGUISED:
                yield _needle(text, f"the name of {whose} as a user name", name, Bounds.AFFIXES)
    text = "".join(part[0] for part in map(squeeze, name.split()) if part)
    if len(text) >= MIN_SHORT and text.isascii() and text.isalpha() and text not in generic().technical:
        yield _needle(text, f"the initials of {whose}", name, Bounds.AFFIXES)


def like_domain(domain: str, whose: str) -> Iterator[Needle]:
    """What resembles a domain: its own label without generic words, and what looks like it."""
    label = own_label(domain)
    part = own_part(label)
    if part and part != label:
        yield from _part(part, f"a part of {whose} domain", domain)
    for half in dict.fromkeys(_halves(part)):
        yield _needle(half, f"a part of {whose} domain", domain, Bounds.AFFIXES)
        yield _needle(half[::-1], f"a part of {whose} domain backwards", domain, Bounds.AFFIXES)
        alike = f"letters that look like a part of {whose} domain"
        yield _needle(looks(half), alike, domain, Bounds.AFFIXES, view=View.LOOKS)
    for form in dict.fromkeys((label, part)):
        if len(form) >= MIN_DISGUISED:
            yield from _disguised(form, f"{whose} domain", domain)
            yield from _sounding(form, f"{whose} domain")


def _halves(label: str) -> Iterator[str]:
    """The two words that a label may be made of: `melati` and `rinjani` of `melatirinjani`, wherever it is cut."""
    for cut in range(MIN_LETTERS, len(label) - MIN_LETTERS + 1):
        yield from (half for half in (label[:cut], label[cut:]) if len(half) >= MIN_ANYWHERE)


def like_listed_domain(domain: str, whose: str) -> Iterator[Needle]:
    """What looks like the domain of one of many."""
    label = own_label(domain)
    if len(looks(label)) >= MIN_LISTED_ANYWHERE:
        yield _needle(looks(label), f"letters that look like {whose} domain", domain, view=View.LOOKS)


def like_host(host: str, whose: str) -> Iterator[Needle]:
    """The parts of a machine's name: `cmpk` of `CMPK-HQ-FS02`."""
    yield from like_listed_host(host, whose)
    for part in re.findall(r"[a-z]{3,}", fold(host).partition(".")[0]):
        if part not in generic().affixes | our_words():
            yield _needle(part, f"a part of the name of {whose} host", host, Bounds.AFFIXES)


def like_listed_host(host: str, whose: str) -> Iterator[Needle]:
    """A machine's name backwards, in rot13, and in letters that look alike."""
    name = squeeze(fold(host).partition(".")[0])
    if len(name) >= MIN_NUMBER and name not in _COMMON_LABELS | generic().affixes | our_words():
        for form, how in ((name[::-1], "backwards"), (codecs.encode(name, "rot13"), "in rot13")):
            yield _needle(form, f"the name of {whose} host {how}", host)
        if len(looks(name)) >= MIN_NUMBER:
            yield _needle(looks(name), f"letters that look like the name of {whose} host", host, view=View.LOOKS)


def like_account(account: str, whose: str) -> Iterator[Needle]:
    """The parts of a user's name."""
    for part in re.findall(r"[a-z]{4,}", fold(account.rpartition("\\")[2])):
        if part not in generic().affixes | _ROLE_BOXES | our_words():
            yield _needle(part, f"a part of {whose} account", account, Bounds.AFFIXES)


def _part(text: str, why: str, declared: str) -> Iterator[Needle]:
    """A part of a name by itself."""
    script = text[:1]
    if UNSPACED.match(script):
        if len(text) >= MIN_WORD:
            yield _needle(text, why, declared)
    elif len(text) >= MIN_LETTERS:
        yield _needle(text, why, declared, _bounds(text))


def _bounds(text: str) -> Bounds:
    return Bounds.ANYTHING if len(text) >= MIN_ANYWHERE else Bounds.AFFIXES


def _disguised(form: str, what: str, declared: str) -> Iterator[Needle]:
    """A name in Latin letters if it is not, in letters that look alike, abbreviated, backwards, and in rot13."""
    plain = squeeze(latin(form))
    if not form.isascii() and len(plain) >= MIN_LETTERS:
        yield _needle(plain, f"{what} in Latin letters", declared, _bounds(plain))
    alike = looks(plain)
    if len(alike) >= MIN_LETTERS:
        yield _needle(alike, f"letters that look like {what}", declared, _bounds(alike), view=View.LOOKS)
    if len(plain) >= MIN_DISGUISED and plain.isascii():
        yield _needle(plain[::-1], f"{what} backwards", declared, _bounds(plain))
        yield _needle(looks(plain[::-1]), f"{what} backwards", declared, _bounds(plain), view=View.LOOKS)
        yield _needle(codecs.encode(plain, "rot13"), f"{what} in rot13", declared, _bounds(plain))
    short = consonants(plain)
    if len(short) >= MIN_SOUND and short != plain and short not in generic().technical:
        yield _needle(short, f"an abbreviation of {what}", declared, Bounds.AFFIXES)


def _sounding(form: str, what: str) -> Iterator[Needle]:
    """A word as it is said; the needle keeps the word, which the scanner compares with what it finds."""
    plain = squeeze(latin(form))
    why = f"a word that sounds like {what}"
    keys = [(View.OTHER, key) for key in sounds_across(plain)]
    keys += [(View.SOUND, sound(plain))] if form.isascii() else [(View.ACROSS, key) for _, key in keys]
    for view, key in keys:
        if len(key) >= MIN_SOUND:
            yield _needle(key, why, plain, view=view)


def _needle(
    text: str, why: str, declared: str, bounds: Bounds = Bounds.ANYTHING, *, view: View = View.LETTERS
) -> Needle:
    return Needle(text, why, declared, HitRule.NEVER, bounds, view)


# -- hash values -----------------------------------------------------------------------------------------------------


def hashed(texts: Collection[str], whose: str) -> Iterator[Hashed]:
    """The usual spellings of names, domains and mailboxes, whose hash values are looked for."""
    outside = (_BRACKETS.sub(" ", text) for text in texts)
    inside = (short for text in texts for short in bracketed(text))
    for declared in dict.fromkeys([*texts, *outside, *inside]):
        plain = " ".join(declared.split())
        bare = without_legal_form(plain)
        own = " ".join(distinctive(plain)) if "." not in plain and "@" not in plain else ""
        forms = dict.fromkeys((fold(plain), bare, own, *(latin(form) for form in (bare, own) if not form.isascii())))
        spellings = [plain, bare.title(), bare.title().replace(" ", "")]
        spellings += [sign.join(form.split()) for form in forms for sign in ("", " ", "-", "_", ".")]
        spellings += [own.title(), own.title().replace(" ", "")]
        if "." in plain and "@" not in plain and " " not in plain:
            domain = fold(plain)
            spellings += [f"www.{domain}", f"http://{domain}", f"https://{domain}", own_label(domain)]
            spellings += [f"{box}@{domain}" for box in _USUAL_MAILBOXES]
        for spelling in dict.fromkeys(spellings):
            if len(spelling) >= MIN_SHORT:
                for case in dict.fromkeys((spelling, spelling.lower(), spelling.upper())):
                    yield Hashed(case, f"a hash value of {whose} name, domain or mailbox")
