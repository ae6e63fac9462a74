"""The attacker: has every release, the register, the press and the code, and guesses each victim.

1. A release says on purpose: its author, perhaps sector and size, and how many people it concerned, from which a size
   follows. Whoever does not fit is out.
2. It says more than it should where one of the register's tokens stands in it (`clues`).
3. An item of the press that may be of the same incident says what it says.
4. Releases that show the same pseudonym are of one victim: what is known from each of them is known of it.
5. The guess is whoever is the likeliest; among equals, any, by lot.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from hub.home.keys import Key
from hub.release.pseudonym import canonical, period, pseudonym
from hub.reports.victims import Victim
from tests.privacy.clues import SUREST, Clue, Clues
from tests.privacy.press import MAX_DELAY, PressItem, printed
from tests.privacy.register import SIZES, Constituent, Register, people_of
from tests.privacy.releasing import AUDIENCES, Case, Object

_WIDER: Final = {"government-local": "government", "water": "infrastructure"}
_PRESS_TRUST: Final = 0.8  # that an item that fits is of this incident
_COMMON: Final = 0.03  # a word in more than this share of all releases is the product's own
_KINDS: Final = {
    "ransomware": "ransomware", "phishing": "phishing", "denial of service": "ddos", "leak of": "data-leak",
    "system compromise": "system-compromise", "infected": "infected-system",
}  # fmt: skip
_PSEUDONYM: Final = re.compile(r"victim-[A-Z]{2}(?:-[A-Z2-7]{4}){4}")
_SIZE: Final = re.compile(rf"\b({'|'.join(SIZES)})\b[\w -]* organisation")
_UNITS: Final = {
    "second": timedelta(seconds=1), "minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1),
    "month": timedelta(days=31), "year": timedelta(days=366),
}  # fmt: skip
TRIED_KEY: Final = Key(bytes(32))
"""The key that the attacker tries on pseudonyms, having none of a CERT's."""
_AMOUNTS: Final = (7, 9)  # dollars a person, as the world knows


@dataclass(frozen=True, slots=True)
class View:
    """What stands in the releases of one incident, as the attacker reads it."""

    author: str
    sectors: frozenset[str]  # that it may be; empty: not said
    size: str  # empty: not said
    people: tuple[int, float]  # at least, and below
    kind: str  # empty: not understood
    began: tuple[datetime, datetime]
    texts: tuple[str, ...] = field(repr=False)
    pseudonyms: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()  # that are no pseudonym

    def fits(self, constituent: Constituent) -> bool:
        """Whether all that is said on purpose is true of the constituent."""
        of_sector = {constituent.sector, _WIDER.get(constituent.sector)}
        if self.sectors and not self.sectors & of_sector:
            return False
        if not constituent.size:  # the register does not say
            return True
        low, high = self.people
        lowest, beyond = people_of(constituent.size)
        return self.size in ("", constituent.size) and low < beyond and high > lowest

    def may_be(self, item: PressItem) -> bool:
        """Whether an item of the press can be of this incident."""
        low, high = self.people
        day = datetime.combine(item.day, datetime.min.time(), UTC)
        exact = high - low <= 1
        return (
            item.country == self.author
            and self.kind in ("", item.kind)
            and self.began[0].replace(hour=0, minute=0, second=0) <= day <= self.began[1] + timedelta(days=MAX_DELAY)
            and (printed(low) == item.people if exact else low <= item.people < high)
        )


@dataclass(frozen=True, slots=True)
class Guess:
    """Whom the attacker takes for the victim, the chance that it is right, and what it had found."""

    case: Case
    key: int
    chance: float
    clues: tuple[Clue, ...]

    @property
    def right(self) -> bool:
        """Whether it is the victim."""
        return self.key == self.case.incident.victim.key


def view(objects: Iterable[Object]) -> View:
    """Read what left of one incident."""
    contents = list(objects)
    names = [str(content.get("name", "")) for content in contents if content["type"] in ("incident", "report")]
    identities = [content for content in contents if content["type"] == "identity"]
    author = next(name[-2:] for content in identities if (name := content["name"]).startswith("CERT-"))
    victims = [content for content in identities if not content["name"].startswith("CERT-")]
    prose = " ".join([*names, *(str(content.get("description", "")) for content in contents)])
    return View(
        author=author,
        sectors=frozenset(sector for content in victims for sector in content.get("sectors", ())),
        size=match[1] if (match := _SIZE.search(prose)) else "",
        people=_people(contents),
        kind=next((kind for words, kind in _KINDS.items() if words in " ".join(names).lower()), ""),
        began=_began(contents),
        texts=tuple(text for content in contents for text in _texts(content)),
        pseudonyms=frozenset(_PSEUDONYM.findall(" ".join(content["name"] for content in victims))),
        names=frozenset(
            content["name"]
            for content in victims
            if content["identity_class"] == "organization" and not _PSEUDONYM.fullmatch(content["name"])
        ),
    )


def _people(contents: Sequence[Object]) -> tuple[int, float]:
    """From counts and amounts: a power of ten stands for all numbers up to the next one, any other for itself."""
    low, high = 0, math.inf
    for content in contents:
        for name, number in _numbers(content):
            per_person = _AMOUNTS[0] if name == "min_amount" else _AMOUNTS[1] if name == "max_amount" else 1
            exact = number > 0 and number != 10 ** (len(str(int(number))) - 1)
            if name in ("individual", "record_count", "min_amount", "max_amount") and number > 0:
                low = max(low, math.ceil(number / per_person))
                high = min(high, math.floor(number / per_person) + 1 if exact else 10 * number / per_person)
    return low, high


def _numbers(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _numbers(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _numbers(item, name)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, value


def _began(contents: Sequence[Object]) -> tuple[datetime, datetime]:
    """The narrowest that is said of when it began; it cannot have begun after it was released."""
    released = min(
        _moment(content["created"])
        for content in contents
        if content["type"] in ("report", "incident", "indicator", "sighting")
    )
    best = (datetime.min.replace(tzinfo=UTC), released)
    for content in contents:
        if content["type"] == "event" and "start_time" in content:
            low = _moment(content["start_time"])
            high = min(low + _UNITS[content.get("start_time_fidelity", "second")], released)
            best = min(best, (low, high), key=lambda span: span[1] - span[0])
    return best


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _texts(value: Any, name: str = "") -> Iterator[str]:
    """Whatever people or their tools wrote: no ids, times and words of vocabularies."""
    if isinstance(value, str):
        if (
            name
            in (
                "name",
                "value",
                "pattern",
                "description",
                "content",
                "abstract",
                "subject",
                "key",
                "definition",
                "statement",
                "url",
            )
            or name.isupper()
        ):
            yield value
    elif isinstance(value, Mapping):
        if value.get("type") != "marking-definition":
            for key, item in value.items():
                yield from _texts(item, "name" if key in ("aliases", "hashes") else key)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, name)


class Attacker:
    """Guesses with everything at hand. `lot` decides among equals: another lot, other guesses among them."""

    def __init__(self, register: Register, press: Iterable[PressItem], lot: str) -> None:
        self._register = register
        self._press: dict[str, list[PressItem]] = defaultdict(list)
        for item in press:
            self._press[item.country].append(item)
        self._clues: dict[str, Clues] = {}
        self._lot = lot

    def guess(self, cases: Iterable[Case]) -> Iterator[tuple[View, Guess]]:
        """A guess for each case of which something left. The releases are read as a whole first."""
        seen = [(case, view(case.objects)) for case in cases if case.versions]
        common = _common_words(read.texts for _, read in seen)
        weighed = [self._weigh(read, common) for _, read in seen]
        of_pseudonym: dict[str, list[Mapping[int, float]]] = defaultdict(list)
        for (_, read), (weights, _) in zip(seen, weighed, strict=True):
            for name in read.pseudonyms:
                of_pseudonym[name].append(weights)
        for (case, read), (weights, clues) in zip(seen, weighed, strict=True):
            followed = [weights for name in read.pseudonyms for weights in of_pseudonym[name]]
            lot = "".join(sorted(read.pseudonyms)) or str(case.incident.number)
            yield read, self._choose(case, _joined(followed) if followed else weights, clues, lot)

    def _weigh(self, read: View, common: frozenset[str]) -> tuple[Mapping[int, float], tuple[Clue, ...]]:
        """The logarithm of each candidate's likelihood."""
        everybody = self._register[read.author]
        candidates = [one for one in everybody if read.fits(one)] or everybody
        weights = {one.key: 0.0 for one in candidates}
        if read.author not in self._clues:
            self._clues[read.author] = Clues(everybody)
        found = tuple(self._clues[read.author].find(_without(text, common) for text in read.texts))
        for clue in found:
            for key in clue.keys & weights.keys():
                weights[key] += clue.weight
        for one in everybody:
            if one.key in weights and read.pseudonyms & _pseudonyms(
                one.registration, read.author, period(read.began[1], 12)
            ):
                weights[one.key] += SUREST
        items = [item for item in self._press[read.author] if read.may_be(item)]
        for one in candidates:
            if items:
                weights[one.key] += math.log(
                    1 - _PRESS_TRUST + _PRESS_TRUST / len(items) * sum(_odds(one, item, candidates) for item in items)
                )
        return weights, tuple(clue for clue in found if clue.keys & weights.keys())

    def _choose(self, case: Case, weights: Mapping[int, float], clues: tuple[Clue, ...], lot: str) -> Guess:
        highest = max(weights.values())
        equals = sorted(key for key, weight in weights.items() if weight > highest - 1e-9)
        draw = hashlib.sha256(f"{self._lot} {lot}".encode()).digest()
        key = equals[int.from_bytes(draw[:8], "big") % len(equals)]
        chance = 1 / len(equals) if case.incident.victim.key in equals else 0.0
        return Guess(case, key, chance, tuple(clue for clue in clues if key in clue.keys))


@cache
def _pseudonyms(number: str, country: str, year: str) -> frozenset[str]:
    """The pseudonyms of the constituent with this registration number under the key that is tried."""
    who = canonical(Victim(registration_numbers=(number,)), country) or ""
    return frozenset(pseudonym(TRIED_KEY, audience.collection, year, country, who) for audience in AUDIENCES.values())


def _odds(one: Constituent, item: PressItem, candidates: Sequence[Constituent]) -> float:
    return len(candidates) / sum(map(item.fits, candidates)) if item.fits(one) else 0.0


def _joined(weights: Sequence[Mapping[int, float]]) -> Mapping[int, float]:
    """What several releases of one victim say together; who is out in one of them is out."""
    keys = set(weights[0]).intersection(*weights)
    return {key: sum(one[key] for one in weights) for key in keys} if keys else weights[0]


def _common_words(texts: Iterable[Sequence[str]]) -> frozenset[str]:
    """The words of the product's own sentences: they are in many releases."""
    counted: Counter[str] = Counter()
    number = 0
    for of_one in texts:
        number += 1
        counted.update({word for text in of_one for word in text.split()})
    return frozenset(word for word, times in counted.items() if times > max(3, _COMMON * number))


def _without(text: str, common: frozenset[str]) -> str:
    return " ".join(word for word in text.split() if word not in common)
