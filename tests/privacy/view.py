"""What is in the releases of one incident, as a reader who knows the product understands it.

Nothing here is the product's own knowledge of the victim: all of it is read from the objects that left.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.privacy.press import MAX_DELAY, PressItem, press_number
from tests.privacy.register import SIZES, Constituent, people_of
from tests.privacy.releasing import Object

_WIDER: Final = {"government-local": "government", "water": "infrastructure"}
_KINDS: Final = {
    "ransomware": "ransomware", "phishing": "phishing", "denial of service": "ddos", "leak of": "data-leak",
    "system compromise": "system-compromise", "infected": "infected-system",
}  # fmt: skip
_PSEUDONYM: Final = re.compile(r"victim-[A-Z]{2}(?:-[A-Z2-7]{4}){4}")
_ID: Final = re.compile(r"[a-z0-9-]+--[0-9a-f-]{36}")
_SIZE: Final = re.compile(rf"\b({'|'.join(SIZES)})\b[\w -]* organisation")
_UNITS: Final = {
    "second": timedelta(seconds=1), "minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1),
    "month": timedelta(days=31), "year": timedelta(days=366),
}  # fmt: skip
_AMOUNTS: Final = (7, 9)  # dollars a person, as the world knows
_TEXTS: Final = frozenset(
    "name aliases value pattern description content abstract subject key account_login url hashes goal".split()
)


@dataclass(frozen=True, slots=True)
class View:
    """What is in the releases of one incident, as the attacker reads it."""

    author: str
    sectors: frozenset[str]  # all of them are the victim's, one wider than the other; empty: not said
    size: str  # empty: not said
    people: tuple[int, float]  # at least, and below
    kind: str  # empty: not understood
    began: tuple[datetime, datetime]
    texts: tuple[str, ...] = field(repr=False)
    ids: frozenset[str] = field(repr=False)  # wherever one is
    handles: frozenset[str] = frozenset()  # by which other releases of the same victim are known: pseudonyms, incidents
    pseudonyms: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()  # that are no pseudonym

    def fits(self, constituent: Constituent) -> bool:
        """Whether all that is said on purpose is true of the constituent."""
        if not self.sectors <= {constituent.sector, _WIDER.get(constituent.sector)}:
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
            and (press_number(low) == item.people if exact else low <= item.people < high)
        )


def read_view(objects: Iterable[Object]) -> View:
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
        ids=frozenset(_ID.findall(json.dumps(contents))),
        handles=frozenset(
            [identifier for identifier in _ID.findall(json.dumps(contents)) if identifier.startswith("incident--")]
            + _PSEUDONYM.findall(prose)
        ),
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
        if name in _TEXTS:
            yield value
    elif isinstance(value, Mapping):
        if value.get("type") != "marking-definition":
            for key, item in value.items():
                yield from _texts(item, name if name == "hashes" else key)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, name)
