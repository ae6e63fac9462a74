"""How the hub reads a body: quickly where nothing is lost by it, and so that no key that appears twice goes unseen."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import MalformedError
from hub.stix.envelope import parse_json
from hub.stix.objects import DuplicateKeys

_LETTERS = st.sampled_from(['"', "\\", "u0022", "a", "é", "\u2028", "{", ":", ",", "\n", "\U0001f600"])
_TEXTS = st.lists(_LETTERS, max_size=5).map("".join)


@st.composite
def _spelt(draw: st.DrawFn, text: str) -> str:
    """The text as JSON, in one of the ways in which libraries write it."""
    mark = draw(st.sampled_from(['\\"', "\\u0022"]))
    ascii_only = draw(st.booleans())
    parts = (json.dumps(part, ensure_ascii=ascii_only)[1:-1] for part in text.split('"'))
    return f'"{mark.join(parts)}"'


@st.composite
def _written(draw: st.DrawFn, depth: int = 0) -> str:
    """Some JSON, in which keys may occur twice."""
    kind = draw(st.sampled_from(["text", "number", "object", "list"] if depth < 3 else ["text", "number"]))
    if kind == "text":
        return draw(_spelt(draw(_TEXTS)))
    if kind == "number":
        return draw(st.sampled_from(["0", "-7", "1.50", "1e3", "true", "null"]))
    inside = draw(st.lists(_written(depth + 1), max_size=4))
    if kind == "list":
        return f"[{' , '.join(inside)}]"
    keys = st.sampled_from(["a", "b", '"', 'a"'])
    return "{" + ", ".join(f"{draw(_spelt(draw(keys)))} : {value}" for value in inside) + "}"


@given(_written())
def test_the_fast_parser_finds_what_the_slow_one_does_keys_that_occur_twice_included(text: str) -> None:
    """Parsers disagree on which of two equal keys counts, so none may be dropped without a word."""
    assert _with_marks(parse_json(text.encode())) == _with_marks(json.loads(text, object_pairs_hook=_marked))


def _marked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(pairs) if len(dict(pairs)) == len(pairs) else DuplicateKeys(pairs)


def _with_marks(value: Any) -> Any:
    if isinstance(value, dict):
        inside = {key: _with_marks(item) for key, item in value.items()}
        return ("twice", inside) if type(value) is DuplicateKeys else inside
    return [_with_marks(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 2}',
        b'{"a": 1, "\\u0061": 2}',
        b'{"a": "", "a": "\\u0022"}',  # one mark fewer for the key, and one more than was written
        b'\xef\xbb\xbf{"a": 1, "a": 1}',
    ],
)
def test_a_key_that_occurs_twice_is_seen_however_it_is_written(body: bytes) -> None:
    """Also where its parts are written as escapes, or a byte order mark is in front."""
    assert type(parse_json(body)) is DuplicateKeys


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b'{"a": 1', "line 1, column 8"),
        (b'{"a": "\xff"}', "not UTF-8: byte 7"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_json_is_reported_in_words_that_show_the_place(body: bytes, message: str) -> None:
    """The message comes from the parser that can say where the body breaks."""
    with pytest.raises(MalformedError, match=message):
        parse_json(body)


def test_what_is_nested_beyond_the_fast_parser_is_still_read() -> None:
    """It refuses to write what is nested more than some 250 levels deep; whether that is too deep is for the limits."""
    deep = b"[" * 400 + b"]" * 400
    assert json.dumps(parse_json(deep)).encode() == deep
