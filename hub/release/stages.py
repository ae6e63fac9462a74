"""Declarations of earlier stages of a report about victims and others, which a later stage need not repeat.

An update often contains only what is new. The scanner still searches for what an earlier stage declared, the victim's
consent is valid until another one is recorded, and the victim's size still counts in k. Otherwise the difference between
two stages would reveal the victim.

1. Each import of a case adds its declarations to the record: victims, contacts, values of the victim.
2. The next stage is released together with these, and with the declarations of its related reports.
3. A value that an officer confirms as the adversary's (--confirm, --approve) no longer counts as the victim's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, cast

from hub.errors import ReleaseError
from hub.home.member import OwnMember
from hub.release.victims import add_register_size
from hub.reports.observables import Observable, ObservableType, Role
from hub.reports.reading.values import url_host
from hub.reports.report import Report, ReportKind
from hub.reports.victims import IDENTIFYING_FIELDS, Consent, Contact, Size, Victim

# The field of a victim for each type of a value of its own.
_FIELD_OF_VALUE: Final[Mapping[ObservableType, str]] = {
    **dict.fromkeys((ObservableType.IPV4, ObservableType.IPV6, ObservableType.DOMAIN, ObservableType.URL), "hosts"),
    ObservableType.EMAIL: "emails",
    ObservableType.USER_ACCOUNT: "accounts",
    **dict.fromkeys((ObservableType.FILE, ObservableType.BANK_ACCOUNT, ObservableType.PHONE), "registration_numbers"),
}
_RECORDED_FIELDS: Final = (*IDENTIFYING_FIELDS, "is_person", "size")  # fields of a victim
MAX_VALUES: Final = 100_000  # values of the victim in one record


@dataclass(frozen=True, slots=True)
class Declarations:
    """The declarations of the stages of one report so far. `values` are pairs (field of a victim, value)."""

    victims: tuple[Victim, ...] = ()
    other_victims: tuple[Victim, ...] = ()
    contacts: tuple[Contact, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    consent: Consent | None = None

    def as_json(self) -> dict[str, Any]:
        """The declarations as JSON values, for the record."""
        return {
            "victims": [_as_json(victim, _RECORDED_FIELDS) for victim in self.victims],
            "others": [_as_json(victim, _RECORDED_FIELDS) for victim in self.other_victims],
            "contacts": [_as_json(contact, [column.name for column in fields(Contact)]) for contact in self.contacts],
            "values": [list(pair) for pair in self.values],
            "consent": str(self.consent or ""),
        }


def collect_declarations(
    report: Report, member: OwnMember, earlier: Declarations | None = None, confirmed: Collection[str] = frozenset()
) -> Declarations:
    """The declarations of this stage and earlier ones (1); empty for a feed, which has no stages.

    ReleaseError if there are more than `MAX_VALUES` values: a later stage would not be searched for the others.
    """
    if report.kind is ReportKind.FEED:
        return Declarations()
    earlier_declarations = earlier or Declarations()
    pairs = [*earlier_declarations.values, *(pair for item in report.observables for pair in _victim_values(item))]
    values = tuple(dict.fromkeys(pair for pair in pairs if pair[1] not in confirmed))
    if len(values) > MAX_VALUES:
        raise ReleaseError(
            f"this report and its earlier stages name {len(values):,} values of the victim's, and {MAX_VALUES:,} is the most: "
            "divide it into several reports"
        )
    return Declarations(
        victims=tuple(
            dict.fromkeys(
                [
                    *earlier_declarations.victims,
                    *(_recorded_part(add_register_size(victim, member)) for victim in report.victims),
                ]
            )
        ),
        other_victims=tuple(
            dict.fromkeys([*earlier_declarations.other_victims, *map(_recorded_part, report.secondary_victims)])
        ),
        contacts=tuple(dict.fromkeys([*earlier_declarations.contacts, *report.contacts])),
        values=values,
        consent=report.consent or earlier_declarations.consent,
    )


def add_earlier_declarations(
    report: Report, earlier: Iterable[Declarations], confirmed: Collection[str] = frozenset()
) -> Report:
    """The report with the declarations of earlier stages and related reports (2), without `confirmed` values (3).

    The first of `earlier` belongs to this report. Consent and size of the others do not count.
    """
    stages = list(earlier)
    if report.kind is ReportKind.FEED or not stages:
        return report
    own_declarations = stages[0]
    values: dict[str, list[str]] = {}
    for field, value in (pair for stage in stages for pair in stage.values):
        if value not in confirmed:
            values.setdefault(field, []).append(value)
    value_holders = [Victim(**{field: tuple(texts) for field, texts in values.items()})] if values else []  # type: ignore[arg-type]
    other_victims = [victim for stage in stages for victim in (*stage.victims, *stage.other_victims)]
    return replace(
        report,
        victims=tuple(_add_earlier_size(victim, own_declarations.victims) for victim in report.victims),
        secondary_victims=tuple(dict.fromkeys([*report.secondary_victims, *other_victims, *value_holders])),
        contacts=tuple(dict.fromkeys([*report.contacts, *(contact for stage in stages for contact in stage.contacts)])),
        consent=report.consent or own_declarations.consent,
    )


def _add_earlier_size(victim: Victim, earlier: Iterable[Victim]) -> Victim:
    """The victim with the size from an earlier stage, if this stage gives none."""
    if victim.size is not None:
        return victim
    sizes = [
        earlier_victim.size
        for earlier_victim in earlier
        if earlier_victim.size is not None and (victim.name in (None, earlier_victim.name) or not earlier_victim.name)
    ]
    return replace(victim, size=sizes[-1]) if sizes else victim


def _victim_values(item: Observable) -> Iterable[tuple[str, str]]:
    """The values of the victim in an observable, as pairs (field of a victim, value)."""
    traffic = item.traffic
    if traffic is not None:
        ends = ((traffic.src, traffic.src_role), (traffic.dst, traffic.dst_role))
        yield from (("hosts", host) for host, role in ends if host and role is Role.VICTIM)
    if item.role is not Role.VICTIM:
        return
    if field := _FIELD_OF_VALUE.get(item.type):
        value = url_host(item.value) if item.type is ObservableType.URL else item.value
        yield from ((field, text) for text in (value,) if text)
    if item.display_name and item.type is not ObservableType.AS:
        yield "people", item.display_name


def _recorded_part(victim: Victim) -> Victim:
    return Victim(**{name: getattr(victim, name) for name in _RECORDED_FIELDS})


# -- in the record ---------------------------------------------------------------------------------------------------


def _as_json(item: Victim | Contact, names: Iterable[str]) -> dict[str, Any]:
    values = {name: getattr(item, name) for name in names}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items() if value}


def parse_declarations(data: Mapping[str, Any]) -> Declarations:
    """The declarations from the result of `Declarations.as_json`; empty for a record without them."""
    return Declarations(
        victims=tuple(_victim(item) for item in data.get("victims", ())),
        other_victims=tuple(_victim(item) for item in data.get("others", ())),
        contacts=tuple(Contact(**_tuples(item)) for item in data.get("contacts", ())),
        values=tuple((str(field), str(value)) for field, value in data.get("values", ())),
        consent=Consent(data["consent"]) if data.get("consent") else None,
    )


def _victim(item: Mapping[str, Any]) -> Victim:
    return replace(
        Victim(**_tuples({name: item[name] for name in item if name != "size"})),
        size=cast(Size | None, item.get("size")),
    )


def _tuples(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in item.items()}
