"""The column indicators: values, whose they are, and what they point to.

`ip:203.0.113.9 -> Akira, T1071.001` says what a value points to; YAML and JSON may say it under `indicates`.
The names are those of the report's own columns, so that a misspelt one is an error of its row and not a new family.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hub.reports import rsit
from hub.reports.formats.form.row import FormRow
from hub.reports.knowledge import Actor, Malware, Technique, Vulnerability
from hub.reports.observables import ObservableType, Relation
from hub.reports.reading import roles
from hub.reports.reading.draft import as_list
from hub.reports.reading.indicators import DEFAULT_EVIDENCE, read_indicator

End = tuple[str, str]
"""(kind, name) of something that the report names, as relations know it."""

_ARROW: Final = re.compile(r"\s+(?:->|=>)\s+|\s*[→⇒]\s*")
_NAMES_CHARS: Final = 1_000
POINTLESS: Final = "no -> after a value that is the victim's or unknown: only an indicator points to something"
NAMED: Final = "a name that stands in malware, tool, actor, attack_techniques or cves of the same report"


def split(item: Any) -> tuple[Any, tuple[str, ...]]:
    """(an indicator without what it points to, the names that it points to)."""
    if isinstance(item, Mapping):
        listed = [value for key, value in item.items() if _is_key(key)]
        texts = [text for value in listed for text in as_list(value) if text is not None]
        return {key: value for key, value in item.items() if not _is_key(key)}, _names(",".join(map(str, texts)))
    parts = _ARROW.split(str(item), maxsplit=1)
    return (parts[0], _names(parts[1])) if len(parts) > 1 else (item, ())


def _is_key(key: object) -> bool:
    return str(key).strip().casefold() == "indicates"


def _names(text: str) -> tuple[str, ...]:
    if len(text) > _NAMES_CHARS:
        raise ValueError(f"names of at most {_NAMES_CHARS} characters after ->")
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


class Names:
    """What one report names, by its names in small letters."""

    def __init__(
        self,
        malware: tuple[Malware, ...],
        actors: tuple[Actor, ...],
        techniques: tuple[Technique, ...],
        vulnerabilities: tuple[Vulnerability, ...],
    ) -> None:
        self._ends: dict[str, End] = {}
        for kind, items in (
            ("malware", malware), ("actor", actors), ("technique", techniques), ("vulnerability", vulnerabilities),
        ):  # fmt: skip
            for item in items:
                self._ends.setdefault(item.name.casefold(), (kind, item.name))

    def ends(self, names: tuple[str, ...]) -> tuple[End, ...]:
        """The objects that these names refer to. ValueError if a name refers to nothing in the report."""
        missing = [name for name in names if name.casefold() not in self._ends]
        if missing:
            raise ValueError(f"{NAMED} (not {', '.join(missing)})")
        return tuple(self._ends[name.casefold()] for name in names)


_HOSTS: Final = frozenset({ObservableType.IPV4, ObservableType.IPV6, ObservableType.DOMAIN, ObservableType.URL})
# A machine's name without a domain, which is no observable: it is the victim's nevertheless.
_OWN_HOST: Final = re.compile(r"(?:domain|hostname|host)\s*:\s*([\w-]{2,63})\s*@\s*(?:victim|target)", re.IGNORECASE)


def read_indicators(row: FormRow, types: list[rsit.RsitType], hosts: list[str], names: Names) -> tuple[Relation, ...]:
    """Read the indicators, and what they point to; names of the victim's machines go to ``hosts``.

    Where nobody has attacked (every type is of RSIT's class "vulnerable"), a host without a mark is the exposed one.
    """
    first, last = row.moment("indicator_first_seen"), row.moment("indicator_last_seen")
    exposed = bool(types) and all(line.rsit_class == roles.EXPOSED_CLASS for line in types)
    relations: list[Relation] = []
    for item in row.items("indicators"):
        machine = _OWN_HOST.fullmatch(str(item).strip())
        if machine:
            hosts.append(machine[1])
            continue
        try:
            text, pointed = split(item)
            ends = names.ends(pointed)
            observable, confirmed = read_indicator(text, row.draft.options.zone)
            if ends and not observable.as_indicator:
                raise ValueError(POINTLESS)  # noqa: TRY301  a problem of the row like the others
        except ValueError as error:
            row.add_problem("indicators", item, str(error))
            continue
        if exposed and observable.evidence == DEFAULT_EVIDENCE and observable.type in _HOSTS:
            listed = ", ".join(line.type for line in types)
            observable = roles.victim(f"incident_type {listed}: a host without a mark is the exposed one").apply_to(
                observable
            )
        # The columns on times are of indicators: others have a time where it stands beside the value.
        first_seen = observable.first_seen or (first if observable.as_indicator else None)
        family = next((name for kind, name in ends if kind == "malware"), None)
        indicator = row.draft.observe(
            replace(
                observable,
                first_seen=first_seen,
                valid_from=first_seen,
                last_seen=observable.last_seen or (last if observable.as_indicator else None),
                malware=family,
            ),
            confirmed=confirmed,
        )
        source = ("observable", " ".join(indicator.key))
        in_it = ("malware", indicator.malware) if indicator.as_indicator else None  # the observable itself names it
        relations += [Relation(source, "indicates", end) for end in ends if end != in_it]
    return tuple(dict.fromkeys(relations))
