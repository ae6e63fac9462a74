"""Whether a STIX pattern (STIX 2.1, 9) is one: an exact expression for the common simple ones, stix2-patterns for the rest.

A pattern passes exactly when stix2 accepts it. The expression below may only say "valid" where stix2-patterns does;
it never says "invalid". Size is bounded first: stix2-patterns answers 1,000 joined comparisons with a RecursionError
under Python's default stack, so what every reader must be able to parse has to stay well below that.
"""

from __future__ import annotations

import re
from threading import Lock
from typing import Final

MAX_LENGTH: Final = 50_000  # characters of one pattern
MAX_COMPARISONS: Final = 500  # comparisons, observations and qualifiers joined in one pattern
MAX_NESTING: Final = 20  # parentheses within parentheses
MAX_STEPS: Final = 20  # steps of one object path

# Lower-case names only, and none that the grammar reserves; anything else goes the long way.
_NAME: Final = r"(?!(?:true|false)\b)[a-z][a-z0-9_]*+"
_TEXT: Final = r"'(?:[^'\\]|\\['\\])*+'"
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

_LITERAL: Final = re.compile(_TEXT)
_JOINT: Final = re.compile(r"\b(?:AND|OR|FOLLOWEDBY|WITHIN|REPEATS|START)\b")
_LONG_PATH: Final = re.compile(rf"(?:\s*\.\s*[\w'-]+|\s*\[[^\]]*\]){{{MAX_STEPS + 1}}}")

# ANTLR's Python runtime keeps its tables in classes that all threads share: whoever has it parse holds this.
PARSER_LOCK: Final = Lock()


def pattern_problem(
    pattern: str,
    version: str = "2.1",
    *,
    max_length: int = MAX_LENGTH,
    max_comparisons: int = MAX_COMPARISONS,
) -> str | None:
    """What is wrong with this STIX pattern, in words, or None. `version` is the indicator's pattern_version.

    `max_length` counts characters, `max_comparisons` the comparisons, observations and qualifiers joined in it.
    """
    if len(pattern) > max_length:
        return f"has {len(pattern)} characters, and the limit is {max_length}: split the indicator into several"
    # A joined comparison takes more than four characters, so most patterns need no counting.
    bare = None if len(pattern) < 4 * max_comparisons else _LITERAL.sub("''", pattern)
    if bare is not None and (joined := len(_JOINT.findall(bare)) + 1) > max_comparisons:
        return (
            f"joins {joined} comparisons, and the limit is {max_comparisons} (common STIX libraries cannot read many "
            "more): split the indicator into several"
        )
    if _SIMPLE.fullmatch(pattern):
        return None
    bare = _LITERAL.sub("''", pattern) if bare is None else bare
    if _nesting(bare) > MAX_NESTING:
        return f"nests parentheses deeper than {MAX_NESTING}: write it flatter"
    if _LONG_PATH.search(bare):
        return f"holds an object path of more than {MAX_STEPS} steps: shorten it"
    return _parser_problem(pattern, version)


def _nesting(bare: str) -> int:
    depth = deepest = 0
    for character in bare:
        if character == "(":
            depth += 1
            deepest = max(deepest, depth)
        elif character == ")":
            depth -= 1
    return deepest


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
