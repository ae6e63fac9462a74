"""The check of one object against the profiles of its collection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.profile.rules import Profile
from hub.profile.verbs import Context

__all__ = ["Context", "Finding", "check"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that an object breaks, with a message for its sender."""

    rule: str
    object_id: str
    message: str  # the rule's `because`, then the problem and its place; never a value from the object


def check(content: Mapping[str, Any], profiles: Iterable[Profile], context: Context) -> tuple[Finding, ...]:
    """All rules that the (valid) object breaks, in the order of the profiles and their files; none: it is accepted."""
    findings: list[Finding] = []
    for profile in profiles:
        for rule in profile.rules_for(content["type"]):
            if not rule.applies(content, context):
                continue
            if problem := rule.demand.problem(content, context):
                place = f"{rule.demand.path}: " if rule.demand.path not in ("", ".") else ""
                findings.append(Finding(rule.id, content["id"], f"{rule.because} ({rule.id}: {place}{problem})"))
    return tuple(findings)
