"""Indicators for people and firewalls: the values in a pattern, defanged or not, and lists of values."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hub.pages.texts import marked

# One comparison of a STIX pattern (STIX 2.1, 9): type:property = 'value'.
_COMPARISON: Final = re.compile(
    r"([a-z0-9-]{2,60}):([A-Za-z0-9_.'\"\[\]*-]{1,200}?)\s*(?:=|IN\s*\()\s*'((?:[^'\\]|\\.){1,2000})'"
)
# Words for the kinds of values in patterns; other kinds are shown as the pattern names them.
_WORDS: Final = {
    "ipv4-addr:value": marked("IPv4 address"),
    "ipv6-addr:value": marked("IPv6 address"),
    "domain-name:value": marked("domain"),
    "url:value": marked("URL"),
    "email-addr:value": marked("mail address"),
    "file:hashes": marked("hash of a file"),
    "file:name": marked("name of a file"),
}
_SCHEME: Final = re.compile(r"^(h)tt(ps?)(?=:)", re.IGNORECASE)
# Positions at which a spreadsheet could read a formula: at the start of a cell, and after the characters that separate cells
# where the comma is the decimal sign, as in Indonesia and Viet Nam. In some languages wide signs also begin a formula.
_FORMULA: Final = re.compile(r"(?:\A\s*|(?<=[;\t\r\n]) {0,9})(?=[=+\-@＝＋－＠])|\A(?=[\t\r\n])")  # noqa: RUF001
# list -> kinds of values in it
LISTS: Final = {
    "addresses": ("ipv4-addr:value", "ipv6-addr:value"),
    "domains": ("domain-name:value",),
    "urls": ("url:value",),
    "hashes": ("file:hashes",),
}
CSV_HEADER: Final = (
    "type",
    "value",
    "name",
    "valid_from",
    "valid_until",
    "revoked",
    "confidence",
    "indicator",
    "pattern",
)


@dataclass(frozen=True, slots=True)
class Value:
    """A value that an indicator looks for; `kind` is `type:property` of the pattern."""

    kind: str
    text: str

    @property
    def kind_word(self) -> str:
        """The kind as a word, which is translated where it is shown."""
        return _WORDS.get(self.kind, self.kind)

    @property
    def defanged(self) -> str:
        """The value as it can be sent in a mail: no program makes a link of it."""
        text = _SCHEME.sub(r"\1xx\2", self.text)
        return text.replace(".", "[.]").replace("@", "[@]") if self.kind.partition(":")[0] in _NETWORK else text


_NETWORK: Final = frozenset({"ipv4-addr", "ipv6-addr", "domain-name", "url", "email-addr", "email-message"})


def values_of(indicator: Mapping[str, Any]) -> list[Value]:
    """The values in the indicator's pattern, each once; none if the pattern is not a STIX pattern."""
    if indicator.get("pattern_type") != "stix":
        return []
    comparisons = _COMPARISON.findall(str(indicator.get("pattern", "")))
    return list(dict.fromkeys(Value(f"{kind}:{_property(path)}", _unescaped(text)) for kind, path, text in comparisons))


def as_list(indicators: Iterable[Mapping[str, Any]], kinds: Iterable[str], now: str) -> str:
    """A text with one value per line, sorted, of indicators that are neither revoked nor expired."""
    kind_set = set(kinds)
    values = {
        value.text
        for indicator in indicators
        if indicator.get("revoked") is not True and indicator.get("valid_until", "9") > now
        for value in values_of(indicator)
        if value.kind in kind_set and value.text.isprintable()
    }
    return "".join(f"{text}\n" for text in sorted(values))


def as_csv(indicators: Iterable[Mapping[str, Any]]) -> str:
    """A CSV text (RFC 4180) with one row per value, or one for the pattern if it has no values."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_HEADER)
    for indicator in indicators:
        for value in values_of(indicator) or [Value("", "")]:
            writer.writerow([_cell(cell) for cell in _row(indicator, value)])
    return text.getvalue()


def _row(indicator: Mapping[str, Any], value: Value) -> Iterator[Any]:
    yield from (value.kind, value.text)
    yield from (
        indicator.get(key, "")
        for key in ("name", "valid_from", "valid_until", "revoked", "confidence", "id", "pattern")
    )


def _cell(value: Any) -> str:
    """The text, with an apostrophe before each part that a spreadsheet would run as a formula."""
    return _FORMULA.sub(r"'\g<0>", str(value))


def _property(path: str) -> str:
    return "hashes" if path.startswith("hashes") else path


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
