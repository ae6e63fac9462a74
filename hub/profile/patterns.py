"""Which patterns a rule may use: those whose worst case is bounded, since the texts they meet come from anyone.

Python's matcher tries one way after the other. With few places where it has a choice, none of them inside a repeated
group, the tries are at most (length of text) to the power of (choices); `hub.profile.verbs` bounds the length.
"""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 200  # characters of a pattern
MOST_CHOICES: Final = 3  # repeats of varying length, `?` and `|`, all together
_TOKEN: Final = re.compile(
    r"""(?P<back>\\[0-9])
      | (?P<escaped>\\.)
      | (?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])
      | (?P<special>\(\?(?!:))
      | (?P<open>\((?:\?:)?)
      | (?P<close>\))
      | (?P<either>\|)
      | (?P<repeat>(?:\*|\+|\?|\{\d*,?\d*\})[?+]?)
      | (?P<plain>.)""",
    re.ASCII | re.DOTALL | re.VERBOSE,
)
_FORBIDDEN: Final = {
    "back": "a pattern may not refer back to a group",
    "special": "of the groups that begin with (? a pattern may use (?: only",
}
_FIXED: Final = re.compile(r"\{(\d+)(?:,\1)?\}[?+]?", re.ASCII)


def hazard(pattern: str) -> str:
    """Why the pattern may not be used; an empty text if it may."""
    if len(pattern) > LONGEST:
        return f"a pattern has at most {LONGEST} characters"
    try:
        re.compile(pattern, re.ASCII)
    except (re.error, RecursionError, OverflowError) as error:
        return f"this is no pattern: {error}"
    choices = 0
    before = 0  # choices met before the item that a repeat would repeat
    groups: list[int] = []  # choices met before each group that is open
    for token in _TOKEN.finditer(pattern):
        kind = token.lastgroup
        if kind in _FORBIDDEN:
            return _FORBIDDEN[kind]
        if kind == "repeat":
            if choices > before and token[0][0] != "?":
                return "a group that is repeated may hold no `|` and no repeat of varying length"
            choices += _FIXED.fullmatch(token[0]) is None
        elif kind == "either":
            choices += 1
        elif kind == "open":
            groups.append(choices)
        else:
            before = groups.pop() if kind == "close" else choices
    if choices > MOST_CHOICES:
        return f"a pattern may leave at most {MOST_CHOICES} choices: repeats of varying length, `?` and `|` together"
    return ""
