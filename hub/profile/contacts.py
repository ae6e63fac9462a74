"""Contact data in a text: a mail address, a telephone number, or a link to somebody's messenger.

It finds all usual spellings, also defanged ones (`name[at]example[.]org`, `hxxps://wa[.]me/…`), since readers can still
use a defanged address. Every expression takes time linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final

_DOT: Final = r"(?:\.|\s?+[\[({]\s?+(?:\.|dot)\s?+[\])}]\s?+)"
_AT: Final = r"(?:@|\s?+[\[({]\s?+(?:@|at)\s?+[\])}]\s?+)"
# possessive, and only after a character that cannot be part of an address: no part of a text is read twice
_MAIL: Final = re.compile(rf"(?<![\w.+%'-])[\w.+%'-]++{_AT}[\w-]++(?:{_DOT}[\w-]++)++", re.IGNORECASE)
_LAST_LABEL: Final = re.compile(
    r"(?:xn--[\w-]++|[^\W\d_]{2,63}+)\Z"
)  # the end of a host name; a version (`lodash@4.17.21`) has no such end
_PACKAGE: Final = re.compile(r"(?<![\w.])pkg:[a-z][a-z0-9.+-]{1,30}+/(?:[\w.~%-]{1,80}+/){0,3}\Z")
_PACKAGE_CHARS: Final = 160  # of a package URL before the package's name
_VERSION: Final = re.compile(r"@v?\d")
_MESSENGER: Final = re.compile(
    r"(?<![\w-])(?:(?:mailto|tel|sms|callto|skype|viber|whatsapp|xmpp|sips?|facetime):/{0,2}+[\w+%(-]|(?:line|tg)://\w"
    rf"|(?:wa{_DOT}me|(?:api|chat){_DOT}whatsapp{_DOT}com|t{_DOT}me|telegram{_DOT}me|line{_DOT}me|lin{_DOT}ee|m{_DOT}me"
    rf"|signal{_DOT}me|zalo{_DOT}me)/[\w+~%-])",
    re.IGNORECASE,
)
_GAP: Final = r"[ ().\u2010-\u2015-]"
# +62 21 555 0100, 0062-21-5550100: a number with a country code
_INTERNATIONAL: Final = re.compile(
    rf"(?<![\w.,:/-])(?:\+|00)(?=[1-9])\d{{1,3}}+(?:{_GAP}{{0,3}}+\d{{1,12}}+){{1,8}}+(?![\w:])"
)
# Tel. 021-555-0100, hotline: 1500 1234: a number after a word for a telephone, in English and the region's languages
_AFTER_WORD: Final = re.compile(
    r"(?:(?<!\w)(?:telephone|telepon|telpon|telp|tel|phone|mobile|cellphone|cell|handphone|hotline|duty line|fax|whatsapp|"
    r"viber|call|hubungi|điện thoại|sđt|dien thoai|sdt)|โทรศัพท์|โทร|ໂທລະສັບ|ໂທ|ទូរស័ព្ទ|ဖုန်း|电话|電話)"
    rf"[ .:]{{0,3}}+(?:(?:no|number|nomor|us)[ .:]{{1,3}}+)?[(+]?\d(?:\d|{_GAP}){{4,24}}",
    re.IGNORECASE,
)
_NO_TELEPHONE_NUMBER: Final = re.compile(r"(?:19|20)\d\d-\d\d-\d\d|\d{1,3}(?:\.\d{1,3}){3}")  # a date, an IPv4 address
_FEWEST_DIGITS: Final = 7  # of a telephone number with a country code or after a word
_MOST_DIGITS: Final = 15  # E.164


def contact_in(value: Any) -> str:
    """The kind of contact data in a text, or in any text inside a list or an object; empty if there is none."""
    return next((kind for text in _texts(value) if (kind := _contact_kind(text))), "")


def _contact_kind(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if any(_LAST_LABEL.search(match[0]) and not _is_version(text, match) for match in _MAIL.finditer(text)):
        return "a mail address"
    if _MESSENGER.search(text):
        return "a link to a messenger or telephone"
    for pattern in (_INTERNATIONAL, _AFTER_WORD):
        for match in pattern.finditer(text):
            digits = sum(character.isdigit() for character in match[0])
            if _FEWEST_DIGITS <= digits <= _MOST_DIGITS and not _NO_TELEPHONE_NUMBER.search(match[0]):
                return "a telephone number"
    return ""


def _is_version(text: str, match: re.Match[str]) -> bool:
    """Whether this is name and version of a package URL: `pkg:maven/org.example/core@2.14.1.Final` is no mailbox."""
    beginning = text[max(0, match.start() - _PACKAGE_CHARS) : match.start()]
    return bool(_VERSION.search(match[0])) and _PACKAGE.search(beginning) is not None


def _texts(value: Any) -> Iterator[str]:
    """Every text, found in a loop, since a generator for each level would cost time."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            stack += item.values()
        elif isinstance(item, list):
            stack += item
