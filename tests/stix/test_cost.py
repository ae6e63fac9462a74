"""Law L9: what the door does to an object grows at most linearly with what is sent.

Steps are counted, not seconds: opcodes of the hub's own code and every call, with each dimension of an object ten times
as large. What the regular expressions do in C is judged by their form; what the validator does in Rust, by its memory.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from re import _constants as codes
from re import _parser as parser
from types import FrameType, ModuleType
from typing import Any, Final, Self

import pytest

from hub.profile.check import Context, check
from hub.settings import Limits
from hub.stix import level_words
from hub.stix.envelope import parse_envelope
from hub.stix.objects import StixObject, parse_object
from hub.stix.patterns import pattern_problem
from hub.stix.references import references
from tests.community.making import CATALOGUE

Content = dict[str, Any]
Shape = Callable[[int], list[Any]]

GREEN: Final = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
EXTENSION: Final = "extension-definition--ef765651-680c-498d-9894-99799f2fa126"
GROWTH: Final = 12  # times the steps for ten times the size: a quadratic cost would take a hundred
SMALL: Final = 30
LIMITS: Final = Limits()
PROFILES: Final = tuple(
    {p.name: p for collection in CATALOGUE for p in collection.profiles if p.name != "exercise"}.values()
)


def an_id(object_type: str, number: int) -> str:
    return f"{object_type}--00000000-0000-4000-8000-{number:012d}"


def objects_of(object_type: str, **content: Any) -> list[Content]:
    times = {} if object_type in OBSERVABLES else dict.fromkeys(("created", "modified"), "2026-01-01T00:00:00.000Z")
    common = {"type": object_type, "spec_version": "2.1", "id": an_id(object_type, 1), "object_marking_refs": [GREEN]}
    return [common | times | content]


def note(**content: Any) -> list[Content]:
    return objects_of("note", **{"content": "x", "object_refs": [an_id("indicator", 1)]} | content)


def incident(**core: Any) -> list[Content]:
    extension = {"extension_type": "property-extension", "determination": "confirmed", "investigation_status": "open"}
    return objects_of("incident", name="x", extensions={EXTENSION: extension | core})


OBSERVABLES: Final = frozenset({"file", "email-addr", "domain-name", "url", "windows-registry-key", "network-traffic"})
SHAPES: Final[dict[str, Shape]] = {
    "a text": lambda n: note(content="x" * n * 50),
    "texts like mail addresses": lambda n: objects_of("report", name="x", description="a@a." * n * 5 + "1", published="2026-01-01T00:00:00Z", object_refs=[an_id("indicator", 1)]),
    "texts of a translation": lambda n: objects_of("language-content", object_ref=an_id("indicator", 1), contents={"id": {f"x_{i}": "+62 1" for i in range(n)}}),
    "references": lambda n: note(object_refs=[an_id("indicator", i) for i in range(n)]),
    "references to observables": lambda n: note(object_refs=[an_id("ipv4-addr", i) for i in range(n)]),
    "references that are none": lambda n: note(object_refs=["x"] * n),
    "labels": lambda n: note(labels=[f"l{i}" for i in range(n)]),
    "labels that are none": lambda n: note(labels=[1] * n),
    "a custom list": lambda n: note(x_list=[f"l{i}" for i in range(n)]),
    "custom properties": lambda n: note(**{f"x_{i}": "v" for i in range(n)}),
    "properties with bad names": lambda n: note(**{f"X-{i}": "v" for i in range(n)}),
    "empty properties": lambda n: note(**{f"x_{i:04d}": None for i in range(n)}),
    "embedded references": lambda n: note(x_parts=[{"part_ref": an_id("indicator", i)} for i in range(n)]),
    "numbers": lambda n: note(x_numbers=[i / 2 for i in range(n)]),
    "external references": lambda n: note(external_references=[{"source_name": f"s{i}", "url": "x"} for i in range(n)]),
    "external references that are none": lambda n: note(external_references=[{}] * n),
    "extensions": lambda n: note(
        extensions={an_id("extension-definition", i): {"extension_type": "property-extension"} for i in range(n)}
    ),
    "extensions that are none": lambda n: note(extensions={f"x{i}": {} for i in range(n)}),
    "markings": lambda n: note(object_marking_refs=[GREEN] * n),
    "authors": lambda n: note(x_authors=[{"created_by_ref": "x"}] * n),
    "granular markings": lambda n: note(granular_markings=[{"marking_ref": GREEN, "selectors": ["content"]}] * n),
    "selectors": lambda n: note(granular_markings=[{"marking_ref": GREEN, "selectors": ["content"] * n}]),
    "a long selector": lambda n: note(granular_markings=[{"marking_ref": GREEN, "selectors": ["content" + ".a" * n]}]),
    "selectors into a list": lambda n: note(
        x_list=[{"a": i} for i in range(n)],
        granular_markings=[{"marking_ref": GREEN, "selectors": [f"x_list.[{i}].a" for i in range(n)]}],
    ),
    "selectors into embedded objects": lambda n: note(
        external_references=[{"source_name": f"s{i}", "url": "x"} for i in range(n)],
        granular_markings=[{"marking_ref": GREEN, "selectors": [f"external_references.[{i}]" for i in range(n)]}],
    ),
    "hashes": lambda n: objects_of("file", hashes={f"H{i}": "x" for i in range(n)}),
    "an e-mail address": lambda n: objects_of("email-addr", value="a@" + "b." * n + "!"),
    "a domain name": lambda n: objects_of("domain-name", value="a." * n + "!"),
    "a URL": lambda n: objects_of("url", value="h" * n * 50),
    "registry values": lambda n: objects_of(
        "windows-registry-key", key="k", values=[{"name": f"v{i}", "data": "d"} for i in range(n)]
    ),
    "socket options": lambda n: objects_of(
        "network-traffic",
        protocols=["tcp"],
        src_ref=an_id("ipv4-addr", 1),
        extensions={"socket-ext": {"address_family": "AF_INET", "options": {f"SO_{i}": i for i in range(n)}}},
    ),
    "contained observables": lambda n: objects_of(
        "observed-data",
        first_observed="2026-01-01T00:00:00Z",
        last_observed="2026-01-01T00:00:00Z",
        number_observed=1,
        objects={
            str(i): {"type": "ipv4-addr", "id": an_id("ipv4-addr", i), "value": "198.51.100.1"} for i in range(n)
        },
    ),
    "events of an incident": lambda n: incident(event_refs=[an_id("event", i) for i in range(n)]),
    "counts of an incident": lambda n: incident(impacted_entity_counts={f"e{i}": 1 for i in range(n)}),
    "sectors": lambda n: objects_of("identity", name="x", identity_class="class", sectors=["energy"] * n),
    "a name": lambda n: objects_of("identity", name="\u041c\u0443(" * n),
    "objects": lambda n: [content for i in range(n) for content in note(id=an_id("note", i))],
    "objects that are none": lambda n: [{}] * n,
}  # fmt: skip
PATTERNS: Final[dict[str, Callable[[int], str]]] = {
    "spaces": lambda n: "[a:b = 1" + " " * n * 10 + "]",
    "spaces before": lambda n: " " * n * 10 + "[a:b = 1]",
    "spaces in an index": lambda n: "[a:b[0" + " " * n * 10 + "] = 1]",
    "brackets": lambda n: "[" * n,
    "steps": lambda n: "[a:b" + ".c" * n + " = 1]",
    "indexes": lambda n: "[a:b" + "[0]" * n + " = 1]",
    "a text": lambda n: "[a:b  = '" + "x" * n * 10 + "']",
    "escaped quotation marks that do not end": lambda n: "[a:b  = '" + "\\'" * n,
    "backslashes before letters": lambda n: "[a:b  = " + "'\\x" * n + "']",
    "comments that do not end": lambda n: "[a:b  = 1] " + "/*" * n,
    "parentheses": lambda n: "(" * n + "[a:b = 1]" + ")" * n,
    "joined comparisons": lambda n: "[" + "  AND ".join(["a:b = 1"] * n) + "]",
    "a set": lambda n: "[a:b IN (" + ",".join(["'a'"] * n) + ")]",
    "signs": lambda n: "[a:b = 1] " + "] " * n,
    "other letters": lambda n: "[a:b = " + "\u00e9" * n + "]",
}


class Steps:
    """Counts opcodes of the hub's code, and every call, while it is entered."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Self:
        sys.settrace(self._trace)
        sys.setprofile(self._profile)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)
        sys.settrace(None)

    def _profile(self, _frame: FrameType, event: str, _argument: Any) -> None:
        self.count += event in ("call", "c_call")

    def _trace(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if "/hub/" not in frame.f_code.co_filename:
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        self.count += event == "opcode"
        return self._trace


def steps_of(work: Callable[[], object]) -> int:
    work()  # what is made once, such as compiled schemas, is no cost of an object
    with Steps() as steps:
        work()
    return steps.count


def through_the_door(body: bytes) -> None:
    """All that is done to an envelope before the store has it, except reading what is stored."""
    for value in parse_envelope(body, LIMITS).objects:
        parsed = parse_object(value, LIMITS)
        if isinstance(parsed, StixObject):
            assert isinstance(parsed.authors, frozenset)
            for profile in PROFILES:
                check(parsed.content, (profile,), Context(CATALOGUE.member_by_identity))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_ten_times_the_size_takes_ten_times_the_steps(shape: Shape) -> None:
    """For every part of an object that grows, accepted or refused."""
    small, large = (json.dumps({"objects": shape(size)}).encode() for size in (SMALL, 10 * SMALL))
    before, after = (steps_of(lambda body=body: through_the_door(body)) for body in (small, large))  # type: ignore[misc]
    assert after <= GROWTH * before, f"{before} steps, then {after}"


@pytest.mark.parametrize("shape", PATTERNS.values(), ids=PATTERNS)
def test_ten_times_the_pattern_takes_ten_times_the_steps(shape: Callable[[int], str]) -> None:
    """C4 of the attacks: 50,000 spaces took 4.4 seconds; as many escaped quotation marks, minutes in the library."""
    before, after = (steps_of(lambda size=size: pattern_problem(shape(size))) for size in (SMALL, 10 * SMALL))  # type: ignore[misc]
    assert after <= GROWTH * before, f"{before} steps, then {after}"


@pytest.mark.parametrize("item", ["x", 1, True, {}, ["x"]])
def test_a_long_name_of_a_list_is_not_read_for_each_item(monkeypatch: pytest.MonkeyPatch, item: Any) -> None:
    """36 kB with one name of 6,000 letters that contains TLP took three seconds, and a megabyte an hour."""
    lengths: list[int] = []
    folded = level_words.fold

    def counting(text: str) -> str:
        lengths.append(len(text))
        return folded(text)

    monkeypatch.setattr(level_words, "fold", counting)
    body = json.dumps({"objects": note(x_also={"tlp" * 1000: [item] * 1000})}).encode()
    through_the_door(body)
    assert 0 < sum(lengths) <= GROWTH * len(body)


def test_a_text_of_ids_is_searched_once() -> None:
    """A search backwards from each id for the quotation mark before the text took a second for half a megabyte."""
    searched = 0

    class Counting(bytes):
        def lower(self) -> Counting:
            return self

        def rfind(self, part: Any, start: Any = 0, end: Any = None, /) -> int:
            nonlocal searched
            place = super().rfind(part, start, end)
            searched += end - max(start, place)
            return place

    (content,) = note(content=" ".join([an_id("url", 1)] * 2_000))
    body = json.dumps(content).encode()
    assert references(content, Counting(body)).named_ids == (an_id("url", 1),)
    assert 0 < searched <= GROWTH * len(body)


def test_a_request_of_bad_values_does_not_fill_the_memory() -> None:
    """The validator makes an error for each bad value, with a copy of what it is in: 560 kB took all there was."""
    code = (
        "import json, resource; from tests.stix.test_cost import note, through_the_door; through_the_door(b'{\"objects\":[{}]}');"
        "used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024;"
        "resource.setrlimit(resource.RLIMIT_DATA, (used + 512 * 2**20,) * 2);"
        "through_the_door(json.dumps({'objects': note(extensions={f'x{i}': {'a': 1} for i in range(40000)})}).encode())"
    )
    assert resource.getrlimit(resource.RLIMIT_DATA)[1] == resource.RLIM_INFINITY
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-500:]


def test_prose_of_blank_lines_is_read_in_time_that_grows_with_it() -> None:
    """An expression that is tried again from each line would take minutes for what the largest text holds."""
    code = (
        "import resource, sys;"
        "from hub.stix.level_headings import heading_levels, levels_of_rule;"
        "resource.setrlimit(resource.RLIMIT_CPU, (60, 60));"
        f"heading_levels('tlp' + chr(10) * {LIMITS.string_characters} + 'x');"
        f"heading_levels('tlp' + '(' * {LIMITS.string_characters} + 'x');"
        f"[heading_levels((part * {LIMITS.string_characters})[:{LIMITS.string_characters}], title=title)"
        " for part in ('tlp red. ', '<b', '<p tlp', '[tlp ', 'tlp: ', '- tlp |') for title in (False, True)];"
        f"[levels_of_rule({{'pattern_type': 'yara', 'pattern': 'tlp' + (part * {LIMITS.string_characters})[:{LIMITS.string_characters}]}})"
        " for part in ('strings:', 'content:', 'tlp ', chr(10) + 'detection:')]"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-500:]


# --- regular expressions


def door_modules() -> Iterator[ModuleType]:
    """The modules whose regular expressions read what anybody sends."""
    for package in ("stix", "taxii", "protocol"):
        folder = importlib.import_module(f"hub.{package}")
        for module in pkgutil.iter_modules(folder.__path__):
            yield importlib.import_module(f"hub.{package}.{module.name}")
    for name in ("sharing.accept", "sharing.names", "profile.verbs", "profile.contacts"):
        yield importlib.import_module(f"hub.{name}")


def expressions() -> Iterator[tuple[str, re.Pattern[Any]]]:
    for module in door_modules():
        for name, value in vars(module).items():
            values = value.values() if isinstance(value, dict) else (value,)
            for expression in values:
                for item in expression if isinstance(expression, tuple) else (expression,):
                    if isinstance(item, re.Pattern):
                        yield f"{module.__name__}.{name}: {item.pattern!r}", item


# Unbounded repeats that may give back, and why that takes no time: by what is in the expression.
MAY_GIVE_BACK: Final = {
    r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*": "each part of a type begins with a hyphen, which no part may hold",
    r"\^\((.+)\)--\[0-9a-f\]": "reads the hub's own schemas, never what is sent",
}


def gives_back(tree: Any, above: bool = False) -> bool:
    """Whether an unbounded repeat is in it that is not possessive."""
    for code, argument in tree:
        if code in (codes.MAX_REPEAT, codes.MIN_REPEAT) and argument[1] == codes.MAXREPEAT:
            return True
        inner = argument if isinstance(argument, tuple) else (argument,)
        for part in inner:
            parts = part if isinstance(part, list) else [part]
            if any(isinstance(each, parser.SubPattern) and gives_back(each) for each in parts):
                return True
    return False


def test_expressions_at_the_door_never_give_back_what_they_took() -> None:
    """An unbounded repeat that may give back, and is tried from each place, is where the quadratic time comes from."""
    all_expressions = list(expressions())
    assert len(all_expressions) > 12
    for name, expression in all_expressions:
        text = expression.pattern if isinstance(expression.pattern, str) else expression.pattern.decode()
        for allowed in MAY_GIVE_BACK:
            text = text.replace(allowed, "")
        assert not gives_back(parser.parse(text, expression.flags & ~re.UNICODE)), name


def test_the_check_of_expressions_sees_what_was_wrong() -> None:
    """As the expression for long paths was."""
    assert gives_back(parser.parse(r"(?:\s*\.\s*[\w'-]+|\s*\[[^\]]*\]){21}"))
    assert not gives_back(parser.parse(r"(?:\s*+\.|[^\]]*+\]){21}"))
