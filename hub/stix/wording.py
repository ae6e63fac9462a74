"""Names of classes of organisations, made only from a sector and a place; used by producers and checked by the hub."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final

from hub.stix.places import COUNTRIES, REGIONS, country_name, region_name

# Sectors whose key is not an adjective.
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
    group = f"{sector_words(sector)} organisations" if sector else "people" if person else "organisations"
    place = country_name(country) if country else region_name(region) if region else None
    text = f"{group} in {place}" if place else group
    return text[:1].upper() + text[1:]


@cache
def place_names() -> frozenset[str]:
    """The names of all countries and regions, as `class_name` writes them."""
    return frozenset(map(country_name, COUNTRIES)) | frozenset(map(region_name, REGIONS.values()))


def is_class_name(name: str, sectors: Iterable[str]) -> bool:
    """Whether `class_name` makes this name from one of the sectors, or none, and any place."""
    group, separator, place = name.partition(" in ")
    class_names = {class_name(sector, None) for sector in sectors} | {
        class_name(None, None),
        class_name(None, None, person=True),
    }
    return group in class_names and (not separator or place in place_names())
