"""Which domains belong to registries and hosters: what is read of the public suffix list is what its package says."""

from __future__ import annotations

from pathlib import Path

from publicsuffixlist import PSLFILE, PublicSuffixList

from hub.reports.reading.suffixes import is_public_suffix, is_registry_domain


def test_rules_of_one_top_level_domain_decide_as_the_whole_list_does() -> None:
    """Every rule of the list, names around it and names that no rule is about get the package's verdict on all rules."""
    registries, everybody = PublicSuffixList(only_icann=True), PublicSuffixList()
    names = {"unknown", "shop.unknown", "co.id.", "a..com", "xn--unknown", "bank-contoh.example", "xn--o3cw4h", ""}
    lines = Path(PSLFILE).read_text("utf-8").splitlines()
    rules = [line.split()[0] for line in lines if line.strip() and not line.startswith("//")]
    for rule in rules:
        suffix = rule.removeprefix("!").removeprefix("*.")
        names |= {
            form
            for name in (suffix, f"shop.{suffix}", f"a.shop.{suffix}", suffix.partition(".")[2])
            for form in _forms(name)
        }
    assert len(names) > 10_000
    assert not [name for name in names if is_registry_domain(name) is not registries.is_public(name)]
    assert not [name for name in names if is_public_suffix(name) is not everybody.is_public(name)]


def _forms(name: str) -> set[str]:
    return {name} if name.isascii() else {name, name.encode("idna").decode()}
