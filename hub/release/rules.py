"""The rules that the allow-list (`allowed`) is made of: each takes a property's value and the case, and returns what leaves,
or None for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hub.release import rounding, words
from hub.release.policy import Profile
from hub.reports import rsit
from hub.stix import incident

if TYPE_CHECKING:
    from hub.release.case import Case


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of one property, and why, in the words of the preview."""

    change: Callable[[Any, Case], Any]
    why: str
    approvable: bool = False  # whether the report's own text may stay once an officer approved it
    shown: bool = True  # whether the preview has a row for it


def _keep(value: Any, _case: Case) -> Any:
    return value


def one_of(allowed: frozenset[str]) -> Rule:
    """For a word, or a list of words: those of the vocabulary."""

    def change(value: Any, _case: Case) -> Any:
        if isinstance(value, list):
            return [word for word in value if word in allowed] or None
        return value if value in allowed else None

    return Rule(change, "words of the vocabulary only")


def or_unknown(allowed: frozenset[str]) -> Rule:
    """For what the extension demands: a word of the vocabulary, else `unknown`."""
    return Rule(lambda value, _case: value if value in allowed else "unknown", "words of the vocabulary only")


def written(name: str) -> Rule:
    """The template of that name; the report's own text only if this very text was approved."""

    def change(value: Any, case: Case) -> Any:
        return value if case.approved(value) else getattr(case.texts, name)

    return Rule(change, "written anew from vocabulary words", approvable=True)


def _own_text(value: Any, case: Case) -> Any:
    return value if case.approved(value) else None


def _clean(value: Any, case: Case) -> Any:
    """Names of malware, techniques, actors: public knowledge, unless a deny-listed name stands in them."""
    if isinstance(value, list):
        return [item for item in value if case.clean(item)] or None
    return value if case.clean(value) else None


def rounded(name: str) -> Rule:
    """For `start_time` or `end_time`, which `name` says by its first word."""

    def change(value: str, case: Case) -> str:
        return rounding.floor(value, case.fidelity(name))

    return Rule(change, "rounded, as its fidelity says")


def exactness(name: str) -> Rule:
    """For the fidelity that stands beside that time."""

    def change(_value: str, case: Case) -> str:
        return case.fidelity(name).value

    return Rule(change, "how exact the rounded time is")


def _seen(value: str, case: Case) -> str:
    return rounding.floor(value, case.terms.indicator_times)


def _until(value: str, case: Case) -> str:
    return rounding.ceiling(value, case.terms.indicator_times)


def _labels(value: list[str], case: Case) -> list[str] | None:
    return [label for item in value if (label := _label(item, case))] or None


def _label(item: str, case: Case) -> str | None:
    if item in _RSIT_LABELS or item == "exercise":
        return item
    if case.audience.profile is Profile.PUBLIC:
        return None
    namespace, _, word = item.partition(":")
    if namespace == "criticality" and word.isdecimal():
        return f"criticality:{rounding.criticality(int(word))}"
    return item if word in _LABEL_WORDS.get(namespace, frozenset()) else None


def _references(value: list[dict[str, Any]], _case: Case) -> list[dict[str, Any]] | None:
    """Public catalogues, rebuilt from their numbers alone: nothing else of a reference leaves."""
    made = []
    for item in value:
        form = _CATALOGUES.get(item.get("source_name", ""))
        number = str(item.get("external_id", ""))
        if form and form[0].fullmatch(number):
            made.append({"source_name": item["source_name"], "url": form[1](number), "external_id": number})
    return made or None


def _phases(value: list[dict[str, Any]], case: Case) -> list[dict[str, Any]] | None:
    return [
        {"kill_chain_name": item["kill_chain_name"], "phase_name": item["phase_name"]}
        for item in value
        if all(_SLUG.fullmatch(item[key]) and case.clean(item[key]) for key in ("kill_chain_name", "phase_name"))
    ] or None


def _refs(value: list[str] | str, case: Case) -> Any:
    if isinstance(value, str):
        return case.mapped(value)
    return list(dict.fromkeys(ref for item in value if (ref := case.mapped(item)))) or None


def _counts(value: Mapping[str, int], _case: Case) -> dict[str, int] | None:
    return {kind: rounding.magnitude(number) for kind, number in value.items() if kind in words.ENTITY_TYPES} or None


def _band(value: int, _case: Case) -> int:
    return rounding.magnitude(value)


def _hashes(value: Mapping[str, str], _case: Case) -> dict[str, str]:
    return {name: text for name, text in value.items() if _HASH.fullmatch(text)}


def _file_name(value: str, _case: Case) -> str | None:
    return None if re.search(r"[\\/]", value) else value


_RSIT_LABELS: Final = frozenset(line.label for line in rsit.RSIT.values())
_LABEL_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "stage": frozenset({"early", "update", "final"}),
    "determination": frozenset(incident.DETERMINATIONS),
    "type": words.EVENT_TYPES,
    "note": frozenset({"lesson", "comment", "report", "requested"}),
    "role": frozenset({"adversary"}),
}
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,80}")
_HASH: Final = re.compile(r"[0-9a-fA-F]{32,128}|T1[0-9A-F]{70}|\d+:[A-Za-z0-9+/]+:[A-Za-z0-9+/]+")
_CATALOGUES: Final[Mapping[str, tuple[re.Pattern[str], Callable[[str], str]]]] = {
    "cve": (re.compile(r"CVE-\d{4}-\d{4,7}"), lambda number: f"https://www.cve.org/CVERecord?id={number}"),
    "capec": (
        re.compile(r"CAPEC-\d{1,4}"),
        lambda number: f"https://capec.mitre.org/data/definitions/{number.removeprefix('CAPEC-')}.html",
    ),
    "mitre-attack": (
        re.compile(r"T\d{4}(?:\.\d{3})?"),
        lambda number: f"https://attack.mitre.org/techniques/{number.replace('.', '/')}",
    ),
}

KEEP: Final = Rule(_keep, "leaves as it is", shown=False)
APPROVED: Final = Rule(_own_text, "free text: only what was scanned and approved", approvable=True)
CLEAN: Final = Rule(_clean, "a public name; scanned")
VALUE: Final = Rule(_keep, "the adversary's; scanned")
SEEN: Final = Rule(_seen, "rounded")
REFS: Final = Rule(_refs, "only what leaves, too", shown=False)
PHASES: Final = Rule(_phases, "kill chain phases")
BAND: Final = Rule(_band, "the power of ten at or below it")
COUNTS: Final = Rule(_counts, "each count as the power of ten at or below it")
CRITICALITY: Final = Rule(lambda value, _case: rounding.criticality(value), "the middle of its band")
LABELS: Final = Rule(_labels, "known machine tags only")
REFERENCES: Final = Rule(_references, "public catalogues only")
UNTIL: Final = Rule(_until, "rounded up")
HASHES: Final = Rule(_hashes, "hashes")
FILE_NAME: Final = Rule(_file_name, "without a path")
