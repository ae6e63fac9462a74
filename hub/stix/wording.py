"""How the product names a class of organisations, from a sector and a place alone: at the producer, and at the hub's door."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final

from hub.stix.places import COUNTRIES, REGIONS, country_name, region_name

# Sectors whose key does not read as an adjective.
_SECTORS: Final = {
    "government-national": "national government",
    "government-local": "local government",
    "government-regional": "regional government",
    "government-public-services": "public service",
    "hospitality-leisure": "hospitality and leisure",
    "non-profit": "non-profit",
}


def sector_words(sector: str) -> str:
    """`financial-services` -> `financial services`."""
    return _SECTORS.get(sector, sector.replace("-", " "))


def class_name(sector: str | None, country: str | None, region: str | None = None, *, person: bool = False) -> str:
    """The name of a class identity: `Healthcare organisations in Malaysia`."""
    who = f"{sector_words(sector)} organisations" if sector else "people" if person else "organisations"
    where = country_name(country) if country else region_name(region) if region else None
    text = f"{who} in {where}" if where else who
    return text[:1].upper() + text[1:]


@cache
def place_names() -> frozenset[str]:
    """The names of all countries and regions, as `class_name` writes them."""
    return frozenset(map(country_name, COUNTRIES)) | frozenset(map(region_name, REGIONS.values()))


def is_class_name(name: str, sectors: Iterable[str]) -> bool:
    """Whether `class_name` makes this name of one of the sectors, or of none, and any place."""
    who, separator, where = name.partition(" in ")
    class_names = {class_name(sector, None) for sector in sectors} | {
        class_name(None, None),
        class_name(None, None, person=True),
    }
    return who in class_names and (not separator or where in place_names())
