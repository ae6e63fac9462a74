"""Mark what leaves in a drill: every name that a tool shows says DRILL, and no value is a real one.

Many tools drop the label `exercise` but keep the name and the observable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from hub.protocol.labels import DRILL, EXERCISE
from hub.rendering.versions import Content
from hub.reports.observables import Observable, ObservableType, Role
from hub.reports.report import Report
from hub.stix.documentation import is_documentation

_HOST_TYPES: Final = frozenset(
    {ObservableType.IPV4, ObservableType.IPV6, ObservableType.DOMAIN, ObservableType.URL, ObservableType.EMAIL}
)
# Types that keep their names in a drill because they are public knowledge, such as a technique.
_PUBLIC_TYPES: Final = frozenset({"attack-pattern", "course-of-action", "identity", "location", "vulnerability"})


def is_drill(contents: Iterable[Content]) -> bool:
    """Whether the objects belong to a drill."""
    return any(EXERCISE in content.get("labels", ()) for content in contents)


def mark_as_drill(content: Content) -> Content:
    """The object with DRILL in its name and aliases, if it belongs to a drill and is not public knowledge."""
    if EXERCISE not in content.get("labels", ()) or content["type"] in _PUBLIC_TYPES:
        return content
    changed: dict[str, Any] = {name: content[name] for name in ("name", "aliases") if name in content}
    if "name" in changed:
        changed["name"] = _mark_name(changed["name"])
    if "aliases" in changed:
        changed["aliases"] = [_mark_name(alias) for alias in changed["aliases"]]
    return {**content, **changed}


def _mark_name(name: str) -> str:
    return name if name.startswith(DRILL) else f"{DRILL}{name}"


def real_values(report: Report) -> list[str]:
    """The report's addresses and host names, except the victim's, that are not reserved for documentation."""
    values = (value for item in report.observables if item.role is not Role.VICTIM for value in _hosts(item))
    return list(dict.fromkeys(value for value in values if not is_documentation(value)))


def _hosts(item: Observable) -> Iterator[str]:
    if item.type in _HOST_TYPES:
        yield item.value
    elif item.traffic is not None:
        ends = ((item.traffic.src, item.traffic.src_role), (item.traffic.dst, item.traffic.dst_role))
        yield from (host for host, role in ends if host is not None and role is not Role.VICTIM)
