"""Profiles and their rules, as declared in TOML: the conditions under which a collection accepts an object.

[[rule]]
id      = "incident-has-determination"      # unique in its profile
type    = "incident"                        # a type, a list of types, or "*"
when    = { path = …, must = … }            # or a list of them: the rule applies only if all are met
path    = "extensions.….determination"      # keys joined by dots; a number for one item of a list, * for each
must    = "exist"                           # a verb of `hub.profile.verbs`, with its `value` or `values`
because = "…"                               # the message to the sender; without it the profile does not load
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hub.declarations import Table
from hub.profile.patterns import hazard
from hub.profile.verbs import VERBS, Context, Operands, Spec
from hub.stix.identifiers import TYPE
from hub.stix.tlp import BY_WORD

EVERY_TYPE: Final = "*"
_OPERANDS: Final = ("value", "values")
_RULE_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_TYPE: Final = re.compile(TYPE, re.ASCII)
_MONTH: Final = 31 * 24  # hours

Values = list[Any]
Path = Callable[[Mapping[str, Any]], Values]


@dataclass(frozen=True, slots=True)
class Demand:
    """A path and a verb: what must be true of the values at the path. Also a condition of a rule (`when`)."""

    path: str
    verb: str
    operands: Operands
    _find: Path = field(repr=False, compare=False)
    _spec: Spec = field(repr=False, compare=False)

    def problem(self, content: Mapping[str, Any], context: Context) -> str:
        """What is wrong, without repeating a value; empty if the object meets the demand."""
        return self._spec.check(self._find(content), self.operands, context)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `because` is the message to the sender of an object that breaks it."""

    id: str
    types: tuple[str, ...]  # EVERY_TYPE alone: all types
    conditions: tuple[Demand, ...]
    demand: Demand
    because: str

    def applies(self, content: Mapping[str, Any], context: Context) -> bool:
        """Whether all its conditions are met, so that the object has to meet its demand."""
        for condition in self.conditions:  # noqa: SIM110 - runs for every incoming object; a generator doubles its time
            if condition.problem(content, context):
                return False
        return True


@dataclass(frozen=True, slots=True)
class Deadline:
    """The hours within which members must acknowledge and answer an incident of at least this criticality (0 to 100)."""

    criticality: int
    acknowledge_hours: int
    answer_hours: int


@dataclass(frozen=True, slots=True)
class Profile:
    """Rules under one name. `deadlines` go from the highest criticality down to 0; empty: this profile sets no deadlines."""

    name: str
    title: str
    rules: tuple[Rule, ...]
    deadlines: tuple[Deadline, ...] = ()
    _by_type: Mapping[str, tuple[Rule, ...]] = field(init=False, repr=False, compare=False)
    _for_other_types: tuple[Rule, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        types = {object_type for rule in self.rules for object_type in rule.types}
        by_type = {
            object_type: tuple(r for r in self.rules if object_type in r.types or EVERY_TYPE in r.types)
            for object_type in types
        }
        object.__setattr__(self, "_by_type", by_type)
        object.__setattr__(self, "_for_other_types", tuple(r for r in self.rules if EVERY_TYPE in r.types))

    def rules_for(self, object_type: str) -> tuple[Rule, ...]:
        """The rules for objects of this type, in the order of the file."""
        return self._by_type.get(object_type, self._for_other_types)

    def takes(self, object_type: str) -> bool:
        """Whether the profile accepts objects of this type: False if a rule without conditions refuses the type itself."""
        content, context = {"type": object_type}, Context({})
        rules = self.rules_for(object_type)
        return not any(
            rule.demand.path == "type" and not rule.conditions and rule.demand.problem(content, context)
            for rule in rules
        )

    def deadline(self, criticality: int) -> Deadline | None:
        """The deadline for an incident of this criticality, None if the profile has none."""
        return next((d for d in self.deadlines if criticality >= d.criticality), None)


def parse_profile(name: str, table: Table) -> Profile:
    """The profile in a file; ConfigurationError names the file and the key that cannot be used."""
    title = table.text("title")
    rules: list[Rule] = []
    for entry in table.tables("rule"):
        rule = _parse_rule(entry)
        if any(rule.id == other.id for other in rules):
            raise entry.complaint("id", f"{rule.id!r} is the id of another rule in this file")
        rules.append(rule)
    deadlines = _parse_deadlines(table.table("deadlines")) if "deadlines" in table else ()
    table.finish()
    return Profile(name, title, tuple(rules), deadlines)


def _parse_rule(table: Table) -> Rule:
    rule_id = table.text("id")
    if _RULE_ID.fullmatch(rule_id) is None:
        raise table.complaint("id", "should be lower-case words joined by hyphens")
    because = table.text("because")
    types = _parse_types(table)
    conditions: tuple[Demand, ...] = ()
    if "when" in table:
        entries = table.tables("when") if isinstance(table.value("when"), list) else (table.table("when"),)
        conditions = tuple(_parse_demand(entry) for entry in entries)
        for entry in entries:
            entry.finish()
    demand = _parse_demand(table)
    table.finish()
    return Rule(rule_id, types, conditions, demand, because)


def _parse_types(table: Table) -> tuple[str, ...]:
    types = table.texts("type") if isinstance(table.value("type"), list) else (table.text("type"),)
    if types == (EVERY_TYPE,):
        return types
    for object_type in types:
        if _TYPE.fullmatch(object_type) is None:
            raise table.complaint("type", f'{object_type!r} is no STIX type; one type, a list of types, or "*"')
    if not types:
        raise table.complaint("type", 'the list is empty; "*" means every type')
    return types


def _parse_demand(table: Table) -> Demand:
    verb = table.text("must")
    spec = VERBS.get(verb)
    if spec is None:
        raise table.complaint("must", f"there is no verb {verb!r}; there are {', '.join(VERBS)}")
    for operand in _OPERANDS:
        if operand in spec.needs and operand not in table:
            raise table.complaint(operand, f"is missing; {verb!r} needs it")
        if operand in table and operand not in spec.needs | spec.allows:
            raise table.complaint(operand, f"{verb!r} takes no such key")
    path = "" if verb == "be_marked" else table.text("path")  # a marking belongs to the whole object
    return Demand(path, verb, _parse_operands(table, verb), _compile_path(table, path), spec)


def _parse_operands(table: Table, verb: str) -> Operands:
    value = table.value("value") if "value" in table else None
    if verb in ("start_with", "contain_prefix", "be_labelled"):
        value = table.text("value")
    values: tuple[Any, ...] = ()
    if "values" in table:
        items = table.value("values")
        if not isinstance(items, list) or not items:
            raise table.complaint("values", "should be a list with at least one value")
        values = tuple(items)
    if verb == "match":
        pattern = table.text("value")
        if problem := hazard(pattern):
            raise table.complaint("value", problem)
        return Operands(value=pattern, pattern=re.compile(pattern, re.ASCII))
    if verb == "be_marked" and value is not None:
        if value not in BY_WORD:
            raise table.complaint("value", f"should be one of {', '.join(BY_WORD)}")
        return Operands(value=value, level=BY_WORD[value])
    return Operands(value=value, values=values)


def _compile_path(table: Table, path: str) -> Path:
    """The function that finds the values at a path; "." is the object itself."""
    if path in ("", "."):
        return lambda content: [content]
    steps = path.split(".")
    if not all(steps):
        raise table.complaint("path", 'should be keys joined by single dots, or "." for the object itself')
    if len(steps) == 1 and steps[0] != "*":
        key = steps[0]
        return lambda content: [content[key]] if key in content else []
    return lambda content: _follow([content], steps)


def _follow(values: Values, steps: list[str]) -> Values:
    for step in steps:
        next_values: Values = []
        for value in values:
            if isinstance(value, dict):
                if step == "*":
                    next_values += value.values()
                elif step in value:
                    next_values.append(value[step])
            elif isinstance(value, list):
                if step == "*":
                    next_values += value
                elif step.isdecimal() and int(step) < len(value):
                    next_values.append(value[int(step)])
        values = next_values
    return values


def _parse_deadlines(table: Table) -> tuple[Deadline, ...]:
    deadlines: list[Deadline] = []
    for key in table:
        if not key.isdecimal() or not 0 <= int(key) <= 100:
            raise table.complaint(key, "should be a criticality from 0 to 100")
        hours = table.table(key)
        deadlines.append(
            Deadline(
                criticality=int(key),
                acknowledge_hours=hours.number("acknowledge_hours", least=1, most=_MONTH),
                answer_hours=hours.number("answer_hours", least=1, most=_MONTH),
            )
        )
        hours.finish()
    deadlines.sort(key=lambda deadline: -deadline.criticality)
    if not deadlines or deadlines[-1].criticality != 0:
        raise table.complaint("0", "is missing; it is the deadline of everything below the next criticality")
    for higher, lower in itertools.pairwise(deadlines):
        if higher.acknowledge_hours > lower.acknowledge_hours or higher.answer_hours > lower.answer_hours:
            raise table.complaint(str(higher.criticality), f"gives more time than criticality {lower.criticality} has")
    return tuple(deadlines)
