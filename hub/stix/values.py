"""The values by which people look up an object: addresses, domains, URLs, hashes, mailboxes, names, external ids. Pure.

A store keeps a mark, a short hash, of each value beside the object. Two values can have the same mark, so a lookup compares
the objects that it finds with `texts_of` before it shows them.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from typing import Any, Final

import orjson

MAX_CHARACTERS: Final = 2_000  # characters of a value; longer ones cannot be looked up
MOST_MARKS: Final = 5_000  # of one object: enough for a pattern of 50,000 characters with values of eight characters
# Types that describe, connect or mark other objects, or that are like an address book.
_TYPES_WITHOUT_VALUES: Final = frozenset(
    "extension-definition identity language-content location marking-definition note observed-data opinion relationship "
    "sighting".split()
)
_TEXT_PROPERTIES: Final = (
    "value name key path url account_login user_id display_name subject message_id serial_number command_line cpe iban "
    "account_number"
).split()
_LIST_PROPERTIES: Final = ("aliases", "x_mitre_aliases", "x_opencti_aliases")
# A text of a pattern (STIX 2.1, 9.6), or a comment, in which quotes mean nothing. One without an end reaches to the end of
# the pattern; otherwise each quote in it would be tried as another start. A text after a dot is part of a path, one after
# the letter t is a time.
_LITERAL: Final = re.compile(r"'((?:[^'\\]++|\\.?)*+)'?|/(?:\*(?:[^*]++|\*(?!/))*+(?:\*/)?|/[^\r\n]*+)", re.DOTALL)
_DOT: Final = re.compile("[.\u3002\uff0e\uff61]")  # all characters that IDNA reads as dots
_DOMAIN_LONGEST: Final = 253  # characters
_HOST: Final = re.compile(r"[a-z][a-z0-9+.-]*+://(?:[^/?#@]*+@)?(?:\[([^\]]*+)\]|([^/?#:]*+))")
_ADDRESS_6: Final = re.compile(r"[0-9a-f:.]{2,45}")


def normalize(value: str) -> str:
    """The normal form of a value: lower case, addresses in their short form, no dot at the end."""
    text = value.strip()
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
        if "." in text and " " not in text:
            text = _as_ascii(text)
    text = text.casefold()
    if ":" in text and _ADDRESS_6.fullmatch(text):
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            return text
    return text.rstrip(".")


def texts_of(content: Mapping[str, Any]) -> Iterator[str]:
    """The values of an object in their normal form, some of them twice; at most MOST_MARKS values are read."""
    if content.get("type") in _TYPES_WITHOUT_VALUES:
        return
    for text in islice(dict.fromkeys(_raw_texts(content)), MOST_MARKS):
        if 0 < len(text) <= MAX_CHARACTERS:
            yield (value := normalize(text))
            if "://" in value and (host := _HOST.match(value)):
                yield normalize(host[1] or host[2])


def mark(text: str) -> int:
    """The mark of a value in its normal form: 64 bits with a sign, as stores keep numbers."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), signed=True)


def marks(texts: Iterable[str]) -> tuple[int, ...]:
    """The marks of texts, each once, at most `MOST_MARKS`."""
    return tuple(dict.fromkeys(mark(text) for text in dict.fromkeys(texts) if text))[:MOST_MARKS]


def marks_in(body: bytes) -> tuple[int, ...]:
    """The marks of an object, from its JSON; none if it is no JSON object, which a damaged store may contain."""
    try:
        content = orjson.loads(body)
    except ValueError:
        return ()
    return marks(texts_of(content)) if isinstance(content, dict) else ()


def _raw_texts(content: Mapping[str, Any]) -> Iterator[str]:
    if content.get("pattern_type") == "stix" and isinstance(pattern := content.get("pattern"), str):
        yield from _literals(pattern)  # the name of such an indicator only repeats the value, or is a sentence
    else:
        yield from (text for key in _TEXT_PROPERTIES if isinstance(text := content.get(key), str))
    for key in _LIST_PROPERTIES:
        yield from _texts_in(content.get(key))
    if isinstance(hashes := content.get("hashes"), dict):
        yield from _texts_in(list(hashes.values()))
    if isinstance(references := content.get("external_references"), list):
        yield from _texts_in([reference.get("external_id") for reference in references if isinstance(reference, dict)])
    if content.get("type") == "autonomous-system" and isinstance(number := content.get("number"), int):
        yield f"AS{number}"


def _literals(pattern: str) -> Iterator[str]:
    for literal in _LITERAL.finditer(pattern):
        text, start = literal[1], literal.start()
        if text is not None and pattern[start - 1 : start] not in (".", "t"):
            yield re.sub(r"\\(.)", r"\1", text) if "\\" in text else text


def _texts_in(values: Any) -> Iterator[str]:
    return (value for value in (values if isinstance(values, list) else ()) if isinstance(value, str))


def _as_ascii(text: str) -> str:
    """A domain in its ASCII form (`xn--`); any other text unchanged."""
    if len(text) > _DOMAIN_LONGEST:
        return text
    labels = [_label_as_ascii(label) for label in _DOT.split(text.rstrip("."))]
    return ".".join(labels) if all(labels) else text


@lru_cache(maxsize=10_000)
def _label_as_ascii(label: str) -> str:
    """One label of a domain in ASCII; empty if it is no label. Cached, since Python needs ten microseconds for each."""
    try:
        return label.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
