"""The register: invented constituents of the eleven member CERTs, as a public directory would list them.

The attacker has all of it. Addresses are of the documentation ranges, and so are used again in each country, which does
no harm: whose constituent a victim is, its author tells anyway.
"""

from __future__ import annotations

import ipaddress
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from random import Random
from typing import Final

from tests.privacy.tongues import ENGLISH, SECTORS, TONGUES, Tongue, Word

COUNTS: Final[Mapping[str, int]] = {
    "BN": 45, "ID": 250, "KH": 80, "LA": 50, "MM": 90, "MY": 180, "PH": 200, "SG": 140, "TH": 200, "TL": 35, "VN": 210,
}  # fmt: skip
"""Constituents of each country: a few thousand in all would be truer, and only slower."""
SIZES: Final = ("micro", "small", "medium", "large")
_SECTOR_WEIGHTS: Final = (16, 20, 16, 14, 10, 10, 4, 4, 4, 3, 2, 1)
_SIZE_WEIGHTS: Final = (2, 4, 3, 2)
_MAX_IPV4: Final = 120  # constituents of a country with IPv4 addresses, a /30 each
_SITES: Final = ("hq", "dc", "jkt", "east", "br2")
_MACHINES: Final = ("fs", "web", "mail", "hr", "scada", "db")


@dataclass(frozen=True, slots=True)
class Constituent:
    """One organisation, with everything by which it could be known."""

    key: int
    country: str
    sector: str
    size: str
    name: str  # as registered, in its own script, with its legal form
    latin: str  # as its letterhead has it in Latin letters
    words: tuple[Word, ...]  # the distinctive ones of the name
    short: str  # its initials
    brands: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    domain: str = ""
    range: str = ""
    hosts: tuple[str, ...] = ()
    registration: str = ""

    @property
    def mailboxes(self) -> tuple[str, ...]:
        """The addresses of its people."""
        return tuple(f"{person.lower().replace(' ', '.')}@{self.domain}" for person in self.people)

    @property
    def address(self) -> str:
        """The first address of its range that a machine can have."""
        return str(ipaddress.ip_network(self.range)[1])


Register = Mapping[str, tuple[Constituent, ...]]
"""The constituents of each country."""


def make_register(seed: str) -> Register:
    """The same register for the same seed."""
    register: dict[str, tuple[Constituent, ...]] = {}
    first = 0
    for country, count in COUNTS.items():
        random = Random(f"{seed} {country}")
        register[country] = tuple(_constituents(country, TONGUES[country], count, first, random))
        first += count
    return register


def sizes_of(constituents: tuple[Constituent, ...]) -> Mapping[tuple[str, str], int]:
    """How many constituents there are of each sector and size: what a CERT declares for k."""
    return Counter((constituent.sector, constituent.size) for constituent in constituents)


def size_for(people: int) -> str:
    """10 to 99 people are a micro organisation's customers, 100 to 999 a small one's, and so on."""
    return SIZES[min(max(len(str(people)) - 2, 0), len(SIZES) - 1)]


def people_of(size: str) -> tuple[int, int]:
    """How many customers an organisation of this size has: at least, and fewer than."""
    lowest = 10 ** (SIZES.index(size) + 1)
    return lowest, 10 * lowest


def _constituents(country: str, tongue: Tongue, count: int, first: int, random: Random) -> Iterator[Constituent]:
    pairs = list(permutations(tongue.words, 2))
    random.shuffle(pairs)
    shorts: set[str] = set()
    for number, words in zip(range(count), pairs, strict=False):
        sector = random.choices(SECTORS, _SECTOR_WEIGHTS)[0]
        noun = tongue.generic[SECTORS.index(sector)]
        short = _short(noun if in_latin(noun) else ENGLISH[SECTORS.index(sector)], words, shorts)
        people = [f"{random.choice(tongue.given_names)} {random.choice(tongue.family)}" for _ in range(2)]
        yield Constituent(
            key=first + number,
            country=country,
            sector=sector,
            size=random.choices(SIZES, _SIZE_WEIGHTS)[0],
            name=_name(tongue, sector, words),
            latin=" ".join([ENGLISH[SECTORS.index(sector)], *(word.latin.capitalize() for word in words)]),
            words=words,
            short=short,
            brands=(f"{words[0].latin.capitalize()}{random.choice(('Pay', 'Go', 'Net', 'Care', 'Plus'))}",),
            people=tuple(dict.fromkeys(people)),
            domain=f"{words[0].latin}{words[1].latin}.example",
            range=_range(number),
            hosts=tuple(f"{short}-{random.choice(_SITES)}-{random.choice(_MACHINES)}0{n}".upper() for n in (1, 2)),
            registration=f"{random.randrange(10**5, 10**6)}-{country}{random.randrange(10**3, 10**4)}",
        )


def _name(tongue: Tongue, sector: str, words: tuple[Word, ...]) -> str:
    blank = " " if tongue.spaced else ""
    return tongue.form.format(blank.join([tongue.generic[SECTORS.index(sector)], *(word.native for word in words)]))


def _short(noun: str, words: tuple[Word, ...], used: set[str]) -> str:
    """Initials of the name in Latin letters, longer by letters of its last word until nobody else has them."""
    parts = [noun, *(word.native if in_latin(word.native) else word.latin for word in words)]
    initials = "".join(part[0] for part in _plain(" ".join(parts)).split())
    more = words[-1].latin[1:]
    short = next(name for end in range(len(more) + 1) if (name := (initials + more[:end]).upper()) not in used)
    used.add(short)
    return short


def in_latin(text: str) -> bool:
    """Whether the text is written in Latin letters, with or without marks."""
    return unicodedata.name(text[0]).startswith("LATIN")


def _plain(text: str) -> str:
    """Without the marks of Vietnamese and Portuguese."""
    decomposed = unicodedata.normalize("NFD", text.replace("Đ", "D").replace("đ", "d"))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _range(number: int) -> str:
    if number < _MAX_IPV4:
        block = ("198.51.100", "203.0.113")[number % 2]
        return f"{block}.{number // 2 * 4}/30"
    return f"2001:db8:{number:x}::/48"
