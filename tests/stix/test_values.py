"""By which values an object is looked up, and that what means the same has one mark."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from hub.stix.values import MAX_CHARACTERS, MOST_MARKS, mark, marks_in, normalize, texts_of


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("BAD.Example.", "bad.example"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "b\u00fccher.example"),
        (" AB12 ", "ab12"),
    ],
)
def test_what_means_the_same_is_the_same(first: str, second: str) -> None:
    """Letters, dots at the end, forms of addresses, both spellings of a domain, both forms of an accent."""
    assert normalize(first) == normalize(second)


@pytest.mark.parametrize("text", ["", ":", "::::::::", "a" * 300 + "\u00fc.example", "\ud800.\u00fc", "..", "[x]:1"])
def test_odd_values_are_values(text: str) -> None:
    """Nothing that is pasted or published breaks a lookup."""
    assert isinstance(mark(normalize(text)), int)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[ipv4-addr:value = '198.51.100.7']", {"198.51.100.7"}),
        ("[ipv4-addr:value IN ('198.51.100.7', '198.51.100.8')]", {"198.51.100.7", "198.51.100.8"}),
        ("[file:hashes.'SHA-256' = 'AB']", {"ab"}),
        ("[url:value = 'http://u:p@Bad.example:8080/x']", {"http://u:p@bad.example:8080/x", "bad.example"}),
        ("[file:name = 'a' /* it's 'b' */ OR file:name = 'c'] // 'd'\n AND [file:name = 'e']", {"a", "c", "e"}),
        ("[file:name = 'a'] /* 'b'", {"a"}),
        ("[file:name = 'it\\'s'] START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'", {"it's"}),
    ],
)
def test_the_texts_of_a_pattern(pattern: str, expected: set[str]) -> None:
    """Every value that it compares with, and the host of a URL; no part of a path, no time, not the indicator's name."""
    indicator = {"type": "indicator", "name": "a sentence", "pattern_type": "stix", "pattern": pattern}
    assert set(texts_of(indicator)) == expected


@pytest.mark.parametrize("end", ["", "\\"])
def test_a_text_without_an_end_is_read_once(end: str) -> None:
    """Otherwise each of its quotes would be tried as the start of another one: a cost that grows with their square (law L9)."""
    pattern = "[a:b = 'c'] '" + "\\'" * 500 + end
    indicator = {"type": "indicator", "pattern_type": "stix", "pattern": pattern}
    assert [len(text) for text in texts_of(indicator)] == [1, 500 + len(end)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"type": "malware", "name": "Fox", "aliases": ["Red Fox", 7]}, {"fox", "red fox"}),
        (
            {"type": "vulnerability", "name": "x", "external_references": [{"external_id": "CVE-2026-1"}, 3]},
            {"x", "cve-2026-1"},
        ),
        ({"type": "file", "hashes": {"MD5": "AB", "odd": 1}, "name": "a.exe"}, {"ab", "a.exe"}),
        ({"type": "autonomous-system", "number": 64500}, {"as64500"}),
        ({"type": "indicator", "pattern_type": "yara", "pattern": "rule 'x'", "name": "Rule"}, {"rule"}),
        ({"type": "identity", "name": "Bank"}, set()),
        ({"type": "note", "content": "bad.example"}, set()),
        ({"type": "malware", "name": "x" * (MAX_CHARACTERS + 1)}, set()),
    ],
)
def test_the_texts_of_other_objects(content: dict[str, Any], expected: set[str]) -> None:
    """Names, aliases, hashes and numbers of lists; nothing of what connects or describes others."""
    assert set(texts_of(content)) == expected


def test_an_object_has_so_many_marks_at_most() -> None:
    """For any number of values; each once."""
    aliases = [f"a{number}" for number in range(MOST_MARKS + 10)]
    assert len(marks_in(orjson.dumps({"type": "malware", "aliases": aliases + aliases}))) == MOST_MARKS


def test_values_beyond_the_limit_cost_nothing() -> None:
    """Law L9: each value is brought into its normal form once, and no more of them than an object has marks."""
    aliases = [f"\u00fc{number}.example" for number in range(MOST_MARKS + 10)]
    assert len(list(texts_of({"type": "malware", "aliases": aliases * 2}))) == MOST_MARKS


def test_only_what_can_be_a_domain_is_written_in_letters_of_the_dns() -> None:
    """A text of thousands of dots takes no time for each of them."""
    domain = ("\u00fc." * 123) + "example"
    assert normalize(domain) == ("xn--tda." * 123) + "example"
    assert normalize("\u00fc." + domain) == "\u00fc." + domain
    assert normalize("\u00fc..example") == "\u00fc..example"
    assert normalize("\u00fc\u3002example.") == normalize("\u00fc.example") == "xn--tda.example"


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b"{}"])
def test_what_is_no_object_has_no_marks(body: bytes) -> None:
    """A damaged record stops neither the index nor a lookup."""
    assert marks_in(body) == ()
