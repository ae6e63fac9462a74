"""The patterns that a rule may use: only those with a bounded worst case, since anyone may send the texts.

Python's matcher tries one way after another. With few choices, and none inside a repeated group, the number of tries is at
most (length of text) to the power of (choices); `hub.profile.verbs` limits the length.
"""

from __future__ import annotations

import re
from typing import Final

MAX_CHARACTERS: Final = 200  # of a pattern
MOST_CHOICES: Final = 3  # repeats of varying length, `?` and `|` together
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
    """Why the pattern may not be used; empty if it may."""
    if len(pattern) > MAX_CHARACTERS:
        return f"a pattern has at most {MAX_CHARACTERS} characters"
    try:
        re.compile(pattern, re.ASCII)
    except (re.error, RecursionError, OverflowError) as error:
        return f"this is no pattern: {error}"
    choices = 0
    choices_before_item = 0  # before the item to which a repeat would apply
    choices_before_groups: list[int] = []  # before each open group
    for token in _TOKEN.finditer(pattern):
        kind = token.lastgroup
        if kind in _FORBIDDEN:
            return _FORBIDDEN[kind]
        if kind == "repeat":
            if choices > choices_before_item and token[0][0] != "?":
                return "a group that is repeated may hold no `|` and no repeat of varying length"
            choices += _FIXED.fullmatch(token[0]) is None
        elif kind == "either":
            choices += 1
        elif kind == "open":
            choices_before_groups.append(choices)
        else:
            choices_before_item = choices_before_groups.pop() if kind == "close" else choices
    if choices > MOST_CHOICES:
        return f"a pattern may leave at most {MOST_CHOICES} choices: repeats of varying length, `?` and `|` together"
    return ""
