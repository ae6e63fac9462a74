"""Domains under which anybody can register names: those of registries, hosters and similar services.

The package `publicsuffixlist` decides, with Mozilla's list. It gets the rules of one top-level domain at a time: parsing
all of them takes a tenth of a second, and a report names few top-level domains.
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
    """Whether the name belongs to a registry, such as `co.id`. It is in lower case, in Unicode or punycode."""
    return _suffixes(_listed_top(name), registries_only=True).is_public(name)


def is_public_suffix(name: str) -> bool:
    """Whether anybody can register names under this one: a registry's domain, or a service such as `github.io`."""
    return _suffixes(_listed_top(name), registries_only=False).is_public(name)


def _listed_top(name: str) -> str:
    """Return the top-level domain of the name; "" if the list does not have it, which keeps the cache small."""
    top = name.removesuffix(".").rpartition(".")[2]
    return top if any(top in rules for rules in _rules()) else ""


@cache
def _suffixes(top: str, *, registries_only: bool) -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - loaded when the first domain is checked

    registry_rules, other_rules = (rules.get(top, ()) for rules in _rules())
    return PublicSuffixList(registry_rules if registries_only else [*registry_rules, *other_rules])


@cache
def _rules() -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
    """Return the lines of the list by top-level domain: first those of registries, then the others."""
    from publicsuffixlist import PSLFILE  # noqa: PLC0415 - as above

    registry_text, _, other_text = Path(PSLFILE).read_text("utf-8").partition(_REGISTRIES_END)
    return _by_top(registry_text.splitlines()), _by_top(other_text.splitlines())


def _by_top(lines: Iterable[str]) -> Mapping[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for line in lines:
        if line and not line.startswith("//"):
            groups.setdefault(line.rstrip().rpartition(".")[2], []).append(line)
    for top in [top for top in groups if not top.isascii()]:  # a name may have either form
        groups[top.encode("idna").decode()] = groups[top]
    return groups
