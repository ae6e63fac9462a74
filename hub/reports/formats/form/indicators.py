"""The column indicators: values, their roles, and what they indicate.

`ip:203.0.113.9 -> Akira, T1071.001` says what a value indicates; in YAML and JSON the key `indicates` may say it. The names
must be in other columns of the report, so that a misspelt name is an error of the row and not a new malware family.
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
"""(kind, name) of a part of the report, as in `Relation`."""

_ARROW: Final = re.compile(r"\s+(?:->|=>)\s+|\s*[→⇒]\s*")
_NAMES_CHARS: Final = 1_000
NOT_AN_INDICATOR: Final = "no -> after a value that is the victim's or unknown: only an indicator points to something"
EXPECTED_NAMES: Final = "a name that stands in malware, tool, actor, attack_techniques or cves of the same report"


def split_arrow(item: Any) -> tuple[Any, tuple[str, ...]]:
    """Return (an indicator without its arrow, the names after the arrow)."""
    if isinstance(item, Mapping):
        lists = [value for key, value in item.items() if _is_key(key)]
        texts = [text for value in lists for text in as_list(value) if text is not None]
        return {key: value for key, value in item.items() if not _is_key(key)}, _names(",".join(map(str, texts)))
    parts = _ARROW.split(str(item), maxsplit=1)
    return (parts[0], _names(parts[1])) if len(parts) > 1 else (item, ())


def _is_key(key: object) -> bool:
    return str(key).strip().casefold() == "indicates"


def _names(text: str) -> tuple[str, ...]:
    if len(text) > _NAMES_CHARS:
        raise ValueError(f"names of at most {_NAMES_CHARS} characters after ->")
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


class NamedParts:
    """The parts of one report that an indicator can indicate, by their names in lower case."""

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
        """Return the parts with these names. Raises ValueError if the report does not have one of them."""
        missing = [name for name in names if name.casefold() not in self._ends]
        if missing:
            raise ValueError(f"{EXPECTED_NAMES} (not {', '.join(missing)})")
        return tuple(self._ends[name.casefold()] for name in names)


_HOSTS: Final = frozenset({ObservableType.IPV4, ObservableType.IPV6, ObservableType.DOMAIN, ObservableType.URL})
# The name of a machine without a domain: no observable, but it identifies the victim.
_OWN_HOST: Final = re.compile(r"(?:domain|hostname|host)\s*:\s*([\w-]{2,63})\s*@\s*(?:victim|target)", re.IGNORECASE)


def read_indicators(
    row: FormRow, types: list[rsit.RsitType], hosts: list[str], names: NamedParts
) -> tuple[Relation, ...]:
    """Read the indicators and return what they indicate; add names of the victim's machines to ``hosts``.

    If nobody has attacked (every type is in RSIT's class "vulnerable"), a host without a mark is the exposed one.
    """
    row_first_seen, row_last_seen = row.moment("indicator_first_seen"), row.moment("indicator_last_seen")
    exposed = bool(types) and all(line.rsit_class == roles.EXPOSED_CLASS for line in types)
    relations: list[Relation] = []
    for item in row.items("indicators"):
        machine = _OWN_HOST.fullmatch(str(item).strip())
        if machine:
            hosts.append(machine[1])
            continue
        try:
            text, indicated_names = split_arrow(item)
            ends = names.ends(indicated_names)
            observable, confirmed = read_indicator(text, row.draft.options.zone)
            if ends and not observable.as_indicator:
                raise ValueError(NOT_AN_INDICATOR)  # noqa: TRY301  a problem of the row like the others
        except ValueError as error:
            row.add_problem("indicators", item, str(error))
            continue
        if exposed and observable.evidence == DEFAULT_EVIDENCE and observable.type in _HOSTS:
            type_list = ", ".join(line.type for line in types)
            observable = roles.victim(f"incident_type {type_list}: a host without a mark is the exposed one").apply_to(
                observable
            )
        # The columns for times apply to indicators only; other values have a time only if the item contains one.
        first_seen = observable.first_seen or (row_first_seen if observable.as_indicator else None)
        family = next((name for kind, name in ends if kind == "malware"), None)
        indicator = row.draft.observe(
            replace(
                observable,
                first_seen=first_seen,
                valid_from=first_seen,
                last_seen=observable.last_seen or (row_last_seen if observable.as_indicator else None),
                malware=family,
            ),
            confirmed=confirmed,
        )
        source = ("observable", " ".join(indicator.key))
        # The observable itself names its malware, so that end needs no relation.
        own_end = ("malware", indicator.malware) if indicator.as_indicator else None
        relations += [Relation(source, "indicates", end) for end in ends if end != own_end]
    return tuple(dict.fromkeys(relations))
