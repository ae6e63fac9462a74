"""Whether a STIX pattern (STIX 2.1, 9) is valid: a regular expression for common simple ones, stix2-patterns for others.

A pattern passes exactly when stix2 accepts it. The expression only says "valid" if stix2-patterns does, and never says
"invalid". The size is limited first: with 1,000 joined comparisons stix2-patterns raises a RecursionError under Python's
default stack, so patterns that every reader can parse must stay well below that; it needs about 30 µs for a token.
Every expression here takes time linear in the text, since its repeats are possessive (`*+`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from threading import Lock
from typing import Final

MAX_LENGTH: Final = 50_000  # characters of one pattern
MAX_COMPARISONS: Final = 500  # comparisons, observations and qualifiers joined in one pattern
MAX_NESTING: Final = 20  # parentheses within parentheses
MAX_STEPS: Final = 20  # steps of one object path
MAX_TOKENS: Final = 10_000  # words, numbers and signs of one pattern; a text in quotation marks counts as one

# Lower-case names only, and none that the grammar reserves; stix2-patterns checks all others.
_NAME: Final = r"(?!(?:true|false)\b)[a-z][a-z0-9_]*+"
_TEXT: Final = r"'(?:[^'\\]++|\\['\\])*+'"  # a run of letters at once: one by one took a microsecond for 80 of them
_STEP: Final = rf"(?:\.(?!'?hashes\b)(?:{_NAME}|'[a-z0-9_-]++')|\[(?:\*|0|[1-9][0-9]{{0,5}}+)\])"
_PATH: Final = rf"(?!true\b|false\b)[a-z][a-z0-9-]*+:(?!hashes\b){_NAME}{_STEP}{{0,9}}+"
_PLAIN: Final = rf"{_PATH} ?(?:=|!=) ?(?:{_TEXT}|0|-?[1-9][0-9]{{0,15}}+|true|false)"
# stix2-patterns checks the values of the hashes that it knows, so these are spelt out.
_HASH: Final = (
    r"file:hashes\.(?:(?:MD5|'MD5') ?= ?'[0-9a-fA-F]{32}'|'SHA-1' ?= ?'[0-9a-fA-F]{40}'"
    r"|'SHA-256' ?= ?'[0-9a-fA-F]{64}'|'SHA-512' ?= ?'[0-9a-fA-F]{128}')"
)
_COMPARISON: Final = rf"(?:{_HASH}|{_PLAIN})"
_OBSERVATION: Final = rf"\[ ?{_COMPARISON}(?: (?:AND|OR) {_COMPARISON})*+ ?\]"
_SIMPLE: Final = re.compile(rf"{_OBSERVATION}(?: (?:AND|OR|FOLLOWEDBY) {_OBSERVATION})*+", re.ASCII)

_TOKEN: Final = re.compile(
    rf"(?P<skip>\s++|/\*(?:[^*]|\*(?!/))*+\*/|//[^\r\n]*+)|(?P<text>{_TEXT})|(?P<open>'|/\*)"
    r"|(?P<index>\[\s*+(?:\*|[\w-]++)\s*+\])|(?P<word>[\w-]++)|(?P<sign>.)",
    re.ASCII | re.DOTALL,
)
_JOINTS: Final = frozenset("AND OR FOLLOWEDBY WITHIN REPEATS START".split())

# ANTLR's Python runtime keeps its tables in classes that all threads share: a thread holds this lock while it parses.
PARSER_LOCK: Final = Lock()


def pattern_problem(
    pattern: str,
    version: str = "2.1",
    *,
    max_length: int = MAX_LENGTH,
    max_comparisons: int = MAX_COMPARISONS,
) -> str | None:
    """The fault of this STIX pattern, in words, or None. `version` is the indicator's pattern_version.

    `max_length` counts characters, `max_comparisons` the comparisons, observations and qualifiers joined in it.
    """
    if len(pattern) > max_length:
        return f"has {len(pattern)} characters, and the limit is {max_length}: split the indicator into several"
    # each joined comparison has more than four characters, so most patterns need no counting
    if len(pattern) < 4 * max_comparisons and _SIMPLE.fullmatch(pattern):
        return None
    size = _measure(pattern)
    if size is None:
        return "contains a text or comment that does not end, or a backslash in a text before another character than ' and \\"
    if size.joined > max_comparisons:
        return (
            f"joins {size.joined} comparisons, and the limit is {max_comparisons} (common STIX libraries cannot read many "
            "more): split the indicator into several"
        )
    if _SIMPLE.fullmatch(pattern):
        return None
    if size.nesting > MAX_NESTING:
        return f"nests parentheses deeper than {MAX_NESTING}: write it flatter"
    if size.steps > MAX_STEPS:
        return f"contains an object path of more than {MAX_STEPS} steps: shorten it"
    if size.tokens > MAX_TOKENS:
        return f"holds more than {MAX_TOKENS} words, texts, numbers and signs: split the indicator into several"
    return _parser_problem(pattern, version)


@dataclass(slots=True)
class _Size:
    """The size of a pattern."""

    tokens: int = 0
    joined: int = 1  # comparisons, observations and qualifiers
    nesting: int = 0  # parentheses within parentheses
    steps: int = 0  # of the longest object path


def _measure(pattern: str) -> _Size | None:
    """The size of a pattern, in one pass; None if a text or comment does not end.

    ANTLR's lexer would read such a pattern to its end again from each of its quotation marks.
    """
    size = _Size()
    depth = steps = 0
    after_dot = False
    for match in _TOKEN.finditer(pattern):
        kind = match.lastgroup
        if kind == "skip":
            continue
        if kind == "open":
            return None
        size.tokens += 1
        text = match[0]
        if kind == "index" or (after_dot and kind in ("word", "text")):
            steps += 1
        else:
            size.joined += text in _JOINTS
            depth += (text == "(") - (text == ")")
            size.nesting = max(size.nesting, depth)
            if text != ".":
                steps = 0
        size.steps = max(size.steps, steps)
        after_dot = text == "."
    return size


def _parser_problem(pattern: str, version: str) -> str | None:
    from stix2patterns.validator import run_validator  # noqa: PLC0415 - slow to import, and rarely needed

    try:
        with PARSER_LOCK:
            errors = run_validator(pattern, version)
    except RecursionError:
        return "is too complex for the STIX libraries that will read it: split the indicator into several"
    except Exception as error:  # noqa: BLE001 - stix2-patterns raises errors of many kinds on broken input
        return f"is not a STIX pattern ({type(error).__name__} where it was read)"
    if not errors:
        return None
    return f"is not a STIX pattern: {str(errors[0]).removeprefix('FAIL: Error found at ')[:160]}"
