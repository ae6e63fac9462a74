"""Domains under which anybody can register names: those of registries, hosters and similar services.

The package `publicsuffixlist` decides, by Mozilla's list. It is given the rules of one top-level domain at a time: to
take in all of them costs it a twentieth of a second, twice, and a report names few.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_REGISTRIES_END: Final = "// ===END ICANN DOMAINS==="


def is_registry_domain(name: str) -> bool:
    """Whether it is a whole registry's, such as `co.id`. The name is in lower case, in Unicode or punycode."""
    return _suffixes(_known_top(name), registries_only=True).is_public(name)


def is_public_suffix(name: str) -> bool:
    """Whether it is a registry's, or of somebody under whom anybody registers names, such as `github.io`."""
    return _suffixes(_known_top(name), registries_only=False).is_public(name)


def _known_top(name: str) -> str:
    """The top-level domain of the name; "" where the list has none of that name, of which there is no end."""
    top = name.removesuffix(".").rpartition(".")[2]
    return top if any(top in rules for rules in _rules()) else ""


@cache
def _suffixes(top: str, *, registries_only: bool) -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - loaded where a domain is met

    of_registries, of_others = (rules.get(top, ()) for rules in _rules())
    return PublicSuffixList(of_registries if registries_only else [*of_registries, *of_others])


@cache
def _rules() -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
    """The lines of the list by their top-level domain: those of registries, and the others."""
    from publicsuffixlist import PSLFILE  # noqa: PLC0415 - as above

    of_registries, _, of_others = Path(PSLFILE).read_text("utf-8").partition(_REGISTRIES_END)
    return _by_top(of_registries.splitlines()), _by_top(of_others.splitlines())


def _by_top(lines: Iterable[str]) -> Mapping[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for line in lines:
        if line and not line.startswith("//"):
            groups.setdefault(line.rstrip().rpartition(".")[2], []).append(line)
    for top in [top for top in groups if not top.isascii()]:  # names have either form
        groups[top.encode("idna").decode()] = groups[top]
    return groups
