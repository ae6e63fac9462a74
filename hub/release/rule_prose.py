"""Search the prose in a detection rule: descriptions, messages and comments that an analyst wrote about the case.

The prose leaves with the rule, without an approval as for other texts of the report. So an officer decides about a rule
whose prose contains what looks like a place, a person or an organisation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from hub.release.names_in_texts import organisation_names
from hub.release.suspicious import suspicious_spans
from hub.reports.observables import Observable, ObservableType

MAX_TEXT: Final = 20_000  # characters of one rule that are read
_KINDS: Final = {"place": "a place", "person": "what looks like a person's name"}
# Strings match before comments, so that the sign of a comment inside a string does not count.
_YARA: Final = re.compile(
    r'\b(?:description|desc|comment|title|info|note|notes|context|campaign|incident|case|victim)\s*=\s*"((?:[^"\\]|\\.){1,1000})"'
    r'|"(?:[^"\\]|\\.)*"|//([^\n]{1,1000})|/\*(.{1,1000}?)\*/',
    re.IGNORECASE | re.DOTALL,
)
_SIGMA: Final = re.compile(
    r"^\s*(?:title|description|name)\s*:[ \t]*([^\n]{1,1000})|(?:^|\s)#([^\n]{1,1000})", re.IGNORECASE | re.MULTILINE
)
_SNORT: Final = re.compile(r'\bmsg\s*:\s*"((?:[^"\\]|\\.){1,1000})"|^\s*#([^\n]{1,1000})', re.MULTILINE)
_PROSE: Final = {"yara": _YARA, "sigma": _SIGMA, "snort": _SNORT, "suricata": _SNORT}


def prose(pattern: str, pattern_type: str) -> Iterator[str]:
    """The texts in the prose of a rule."""
    expression = _PROSE.get(pattern_type)
    for match in expression.finditer(pattern[:MAX_TEXT]) if expression else ():
        yield from (text for text in match.groups() if text)


def prose_findings(item: Observable) -> Iterator[str]:
    """Clauses for the officer about what in the prose of a rule may identify the victim."""
    if item.type is not ObservableType.PATTERN or item.pattern is None:
        return
    for text in prose(item.pattern, item.pattern_type or ""):
        yield from (f"an organisation's name “{name}” in the rule's own words" for name in organisation_names(text))
        for suspicion in suspicious_spans(text):
            if suspicion.kind in _KINDS:
                yield f"{_KINDS[suspicion.kind]} “{suspicion.text}” in the rule's own words"
