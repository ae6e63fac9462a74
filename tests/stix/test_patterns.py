"""STIX patterns: the fast expression says "valid" only where stix2-patterns does, and size is bounded."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stix2patterns.validator import run_validator

from hub.stix import patterns
from hub.stix.patterns import MAX_COMPARISONS, MAX_LENGTH, MAX_NESTING, pattern_problem

NAMES = st.sampled_from(
    "a file ipv4-addr x-foo value true false name hashes AND START t h b id a_b is_x like A1 true-x a- a--b _a hashes_x".split()
)
STEPS = st.one_of(
    NAMES.map(".{}".format),
    NAMES.map(".'{}'".format),
    st.sampled_from(["[*]", "[0]", "[12]", "[01]", "[-1]", ".'SHA-256'", ".MD5", ".'a b'", ".hashes", ".'hashes'"]),
)
LITERALS = st.sampled_from(
    ["'x'", "''", r"'a\'b'", r"'a\\'", r"'a\b'", "'a\nb'", "'é'", "5", "-5", "0", "-0", "05", "1.5", "+5", "true", "false",
     "TRUE", "t'2020-01-01T00:00:00Z'", "h'ab'", "'" + "a" * 32 + "'", "'" + "ab" * 32 + "'", "'[x]'", "' AND '", "9" * 20]
)  # fmt: skip
PATHS = st.builds(lambda kind, name, steps: f"{kind}:{name}{''.join(steps)}", NAMES, NAMES, st.lists(STEPS, max_size=3))
COMPARISONS = st.builds(
    lambda path, operator, literal: f"{path}{operator}{literal}",
    PATHS | st.sampled_from(["file:hashes.MD5", "file:hashes.'SHA-256'", "file:hashes.'MD5'"]),
    st.sampled_from([" = ", "=", " != ", " == ", " <> ", " > ", " LIKE ", "  = "]),
    LITERALS,
)
OBSERVATIONS = st.builds(
    lambda joint, parts: f"[{joint.join(parts)}]",
    st.sampled_from([" AND ", " OR ", " AND", "  OR "]),
    st.lists(COMPARISONS, min_size=1, max_size=3),
)
PATTERNS = st.builds(
    lambda joint, parts: joint.join(parts),
    st.sampled_from([" AND ", " OR ", " FOLLOWEDBY ", " ", "OR"]),
    st.lists(OBSERVATIONS, min_size=1, max_size=2),
)


def read_by_the_library(pattern: str, version: str) -> bool:
    try:
        return not run_validator(pattern, version)
    except (AttributeError, ValueError):  # it stumbles over negative indexes
        return False


@settings(max_examples=400, derandomize=True, deadline=None, database=None)
@given(PATTERNS, st.sampled_from(["2.1", "2.0"]))
def test_the_hub_and_stix2_patterns_agree_on_every_pattern(pattern: str, version: str) -> None:
    """In both grammars that stix2 uses, by pattern_version."""
    assert (pattern_problem(pattern, version) is None) == read_by_the_library(pattern, version)


@pytest.mark.parametrize(
    "pattern",
    [
        "[ipv4-addr:value = '198.51.100.3']",
        "[domain-name:value = 'a.example' OR domain-name:value = 'b.example']",
        "[file:hashes.'SHA-256' = '" + "ab" * 32 + "' AND file:name = 'a\\'b.exe']",
        "[file:hashes.MD5 = '" + "ab" * 16 + "'] FOLLOWEDBY [network-traffic:dst_ref.value = '198.51.100.3']",
        "[email-message:from_ref.value = 'a@example.com' AND email-message:body_multipart[*].body_raw_ref.name = 'x']",
        "[file:extensions.'windows-pebinary-ext'.imphash = 'x' AND file:size = 5 AND file:x_ok = true]",
    ],
)
def test_the_common_simple_patterns_take_the_fast_way(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are most of what is shared, and a hundred times cheaper that way."""
    assert run_validator(pattern, "2.1") == []
    monkeypatch.setattr(patterns, "_parser_problem", lambda *_: "came to the parser")
    assert pattern_problem(pattern) is None


@pytest.mark.parametrize(
    "pattern",
    [
        "[network-traffic:dst_port > 1024] WITHIN 5 SECONDS",
        "([a:b = 'x'] AND [c:d LIKE 'y%']) REPEATS 5 TIMES",
        "[a:b IN ('x', 'y') AND (a:c = 1 OR a:d NOT MATCHES '^x')]",
        "[EXISTS a:b]",
        "[a:b = t'2026-01-01T00:00:00Z'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'",
    ],
)
def test_all_other_patterns_of_the_standard_pass_too(pattern: str) -> None:
    """They go the long way, to stix2-patterns."""
    assert pattern_problem(pattern) is None


@pytest.mark.parametrize(
    "pattern", ["", "[", "a:b = 'c'", "[a:b = ]", "[a:b = 'c'] AND", "[file:hashes.MD5 = 'x']", "([a:b = 'c']"]
)
def test_what_is_no_pattern_is_refused_in_words(pattern: str) -> None:
    """The words say where it breaks, where stix2-patterns knows."""
    problem = pattern_problem(pattern)
    assert problem is not None
    assert problem.startswith("is not a STIX pattern")


def joined(count: int, joint: str = " OR ") -> str:
    return "[" + joint.join(f"a:b = '{number}'" for number in range(count)) + "]"


def test_the_number_of_comparisons_is_bounded_below_what_breaks_readers() -> None:
    """2,000 ORs are a RecursionError in stix2-patterns, and so in every reader; the limit itself is still parsed."""
    assert pattern_problem(joined(MAX_COMPARISONS)) is None
    assert run_validator(joined(MAX_COMPARISONS), "2.1") == []
    for count in (MAX_COMPARISONS + 1, 2_000):
        assert f"the limit is {MAX_COMPARISONS}" in str(pattern_problem(joined(count)))
    observations = " AND ".join(["[a:b = 'c']"] * (MAX_COMPARISONS + 1))
    assert "split the indicator" in str(pattern_problem(observations))
    qualifiers = "[a:b = 'c']" + " REPEATS 2 TIMES" * MAX_COMPARISONS
    assert "split the indicator" in str(pattern_problem(qualifiers))
    assert pattern_problem(joined(3), max_comparisons=2) is not None
    assert pattern_problem("[a:b = '" + " AND " * 600 + "']") is None, "what stands in a text joins nothing"


def test_length_nesting_and_steps_are_bounded() -> None:
    """Each refusal names its limit."""
    assert f"the limit is {MAX_LENGTH}" in str(pattern_problem("[a:b = '" + "x" * MAX_LENGTH + "']"))
    assert pattern_problem("[a:b = 'xx']", max_length=5) is not None
    for depth in (MAX_NESTING + 1, 5_000):
        assert "nests parentheses" in str(pattern_problem("[" + "(" * depth + "a:b = 'c'" + ")" * depth + "]"))
    assert pattern_problem("[" + "(" * MAX_NESTING + "a:b = 'c'" + ")" * MAX_NESTING + "]") is None
    for path in (".x" * 2_000, "[0]" * 2_000, ".'x'" * 2_000):
        assert "steps" in str(pattern_problem(f"[a:b{path} = 'c']"))


def test_a_pattern_that_exhausts_the_stack_is_a_refusal_and_no_error() -> None:
    """Even when the caller is deep in its own stack."""

    def deep(levels: int) -> str | None:
        return deep(levels - 1) if levels else pattern_problem(joined(MAX_COMPARISONS - 1).replace("= '0'", "> 0"))

    answers: list[str | None] = []
    thread = threading.Thread(target=lambda: answers.append(deep(700)))
    thread.start()
    thread.join()
    assert answers[0] is not None
    assert "too complex" in answers[0]
