"""Find spans that identify a person, machine or organisation: mail addresses, telephone numbers, hosts, accounts and so on.

They are searched for in texts that an officer wants to approve, and in values where they should not occur. python-stdnum
verifies check digits; it is loaded for the first number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import unquote

EMAIL: Final = re.compile(r"(?<![\w.+%'-])[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+")
USER_PATH: Final = re.compile(
    r"[a-z]:[\\/](?:users|documents and settings)[\\/]+[^\\/\s\"'<>|]+|\\\\[\w.$-]+\\[^\s\"'<>|]+|/(?:home|Users)/[\w.-]+",
    re.IGNORECASE,
)
# Profiles that every Windows machine has.
_SHARED_PROFILE: Final = re.compile(
    r"[a-z]:[\\/]users[\\/]+(?:public|default|all users|%\w+%|\*)(?:[\\/]|$)", re.IGNORECASE
)
_URL: Final = re.compile(r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}://[^\s\"'<>]+", re.IGNORECASE)
_CALLING_CODES: Final = "60|61|62|63|65|66|84|855|856|95|673|670"
_PHONE: Final = re.compile(
    rf"(?:\+|\b00)(?:{_CALLING_CODES}|\d{{1,3}})[\s().-]*(?:\d[\s().-]*){{6,12}}\d|\b0\d{{1,3}}[\s-]\d{{3,4}}[\s-]?\d{{3,4}}\b"
)
_NRIC_MY: Final = re.compile(r"\b\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-?\d{2}-?\d{4}\b")
_NRIC_SG: Final = re.compile(r"\b[STFGM]\d{7}[A-Z]\b", re.IGNORECASE)
_NIK_ID: Final = re.compile(r"\b\d{16}\b")
_ID_TH: Final = re.compile(r"\b\d-?\d{4}-?\d{5}-?\d{2}-?\d\b")
_ID_PH: Final = re.compile(r"\b\d{4}-\d{4}-\d{4}-\d{4}\b|\b\d{2}-\d{7}-\d\b")
_ID_VN: Final = re.compile(r"\b\d{12}\b")
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?\b")
_CARD: Final = re.compile(r"\b(?:\d[ -]?){12,18}\d\b")
_IPV4: Final = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?![\w.]*\d)")
_IPV6: Final = re.compile(r"(?<![\w:])(?:[0-9a-f]{1,4}:){2,7}(?::|[0-9a-f]{1,4})[0-9a-f:]*(?:/\d{1,3})?", re.IGNORECASE)
_HOST: Final = re.compile(r"(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:[a-z]{2,24})(?![\w@-])", re.IGNORECASE)
_WALLET: Final = re.compile(
    r"\b(?:bc1[a-z0-9]{20,80}|[13][1-9A-HJ-NP-Za-km-z]{25,34}|0x[0-9a-fA-F]{40}|[48][1-9A-HJ-NP-Za-km-z]{94}"
    r"|T[1-9A-HJ-NP-Za-km-z]{33}|[LM][1-9A-HJ-NP-Za-km-z]{26,33}|ltc1[a-z0-9]{20,80})\b"
)
_DIGEST: Final = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_SID: Final = re.compile(r"\bS-1-5-21(?:-\d{1,10}){3,4}\b", re.IGNORECASE)
# A host in a domain for internal use, or with a name in the style of Windows or of administrators.
_INTERNAL_DOMAIN: Final = re.compile(
    r"(?<![\w.-])(?:[\w-]+\.)+(?:local|localdomain|lan|corp|internal|intranet|intra|private|priv|home\.arpa)(?![\w.-])",
    re.IGNORECASE,
)
_INTERNAL_NAME: Final = re.compile(
    r"(?<![\w-])(?:(?:DESKTOP|LAPTOP|WIN)-[A-Z0-9]{7,11}"
    r"|[A-Z][A-Z0-9]{1,7}-(?:[A-Z0-9]{2,8}-){0,2}(?:DC|FS|DB|SQL|EX|EXCH|MAIL|FILE|APP|WEB|PC|WS|NB|LT|SRV|SVR|VM)-?\d{1,3})"
    r"(?![\w-])"
)
_MACHINE_PARAMETER: Final = re.compile(
    r"[?&;](?:host|hostname|computer|computername|pc|pcname|machine|user|username|usr|uname)=([^&#;\s\"']{3,64})",
    re.IGNORECASE,
)
# Accounts at providers of cloud services: the number is enough to find the owner.
_TENANT: Final = re.compile(
    r"(?:login\.(?:microsoftonline|windows)\.(?:com|net)|sts\.windows\.net)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
    r"|\barn:aws[\w-]*:[\w-]*:[\w-]*:(\d{12}):|(?<!\d)(\d{12})\.dkr\.ecr\b|(?:subscriptions|tenants)/([0-9a-f-]{36})"
    r"|[?&;](?:tenant|tid)(?:_?id)?=([\w-]{8,64})",
    re.IGNORECASE,
)
# A page of a hidden service about one victim: on a leak site, or for the negotiation of a ransom.
_VICTIMS_PAGE: Final = re.compile(
    r"\b[a-z2-7]{16,56}\.onion(?::\d+)?(/(?:[\w.~%+-]+/){0,4}"
    r"(?:posts?|blogs?|topics?|articles?|news|views?|leaks?|leaked|victims?|compan(?:y|ies)|clients?|targets?|chats?|tickets?|"
    r"negotiat\w*|support|auctions?|publish\w*|disclos\w*|p|v|t|c)/[^\s\"'<>]+"
    r"|/[^\s\"'<>?]{0,80}\?(?:[^\s\"'<>]*&)?(?:id|uid|key|token|post|victim|company|client|chat|case|user|hash)(?:_?id)?=[^\s\"'<>]+"
    r"|/[\w-]{16,128}/?(?=[\s\"'<>]|$))",
    re.IGNORECASE,
)
_PLACE_PARAMETER: Final = r"(?:lat(?:itude)?|lng|long?|longitude|loc(?:ation)?|geo|coords?|gps|ll)"
_COORDINATES: Final = re.compile(
    rf"(?<![a-z]){_PLACE_PARAMETER}[=:/_ -]{{1,3}}-?\d{{1,3}}\.\d{{3,}}(?:[,;|_ /-]{{1,2}}-?\d{{1,3}}\.\d{{3,}})?"
    rf"|[@=(\[ ]-?\d{{1,2}}\.\d{{4,}}\s?[,;|]\s?-?\d{{1,3}}\.\d{{4,}}(?![\d.])",
    re.IGNORECASE,
)
_NETWORK_PARAMETER: Final = re.compile(
    r"(?:[?&;](?:b?ssid|wifi|workgroup|netbios|(?:ad|dns|logon|user|win)_?domain|logon_?server)=|\bssid[:=]\s?)([^&#;\s\"']{3,64})",
    re.IGNORECASE,
)
# Numbers of people and companies in the notation of each country: with separators, or with a check digit.
_NPWP: Final = re.compile(r"(?<![\d.])\d{2}\.\d{3}\.\d{3}\.\d[.-]\d{3}\.\d{3}(?!\.?\d)")
_DASHED_MY: Final = re.compile(r"(?<![\d-])\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-\d{2}-\d{4}(?![\d-])")
_UNBROKEN_SG: Final = re.compile(r"(?<![A-Za-z0-9])(?:[STFGM]\d{7}[A-Z]|[stfgm]\d{7}[a-z])(?![A-Za-z0-9])")
_UNBROKEN_UEN: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:\d{8,9}[A-Z]|[TSR]\d{2}[A-Z]{2}\d{4}[A-Z])(?![A-Za-z0-9])", re.IGNORECASE
)
_UNBROKEN_NIK: Final = re.compile(r"(?<!\d)\d{16}(?!\d)")
_DASHED_TH: Final = re.compile(r"(?<![\d-])\d-\d{4}-\d{5}-\d{2}-\d(?![\d-])")
# A number that begins with 1 may be a time in milliseconds.
_UNBROKEN_TH: Final = re.compile(r"(?<!\d)[2-8]\d{12}(?!\d)")
_DASHED_PH: Final = re.compile(r"(?<![\d-])(?:\d{3}-\d{3}-\d{3}(?:-\d{3,5})?|\d{2}-\d{7}-\d)(?![\d-])")
_PLUS_PHONE: Final = re.compile(
    r"(?:\+|%2B|(?:wa\.me|whatsapp\.com|\btel|\bsms)[/:]\+?|[?&;](?:phone|tel|mobile|msisdn|hp|telp|no_?hp)=(?:\+|%2B)?)"
    r"((?:60|61|62|63|65|66|84|855|856|95|673|670)[\d-]{7,13})(?!\d)",
    re.IGNORECASE,
)
_DIGITS: Final = r"\d(?:[\d -]{3,22}\d)"
_ACCOUNT: Final = re.compile(
    rf"\b(?:account|acct|a/c|acc|rekening|norek|no\.? ?rek|akaun|rekeningnya|số tài khoản|stk|conta)\b[^\d\n]{{0,20}}{_DIGITS}"
    rf"|(?:บัญชี|เลขที่บัญชี|账户|账号|帳戶|帳號|គណនី|ບັນຊີ|စာရင်း)[^\d\n]{{0,20}}{_DIGITS}",
    re.IGNORECASE,
)
_BIN: Final = re.compile(r"\b(?:BINs?|IINs?)\b[^\d\n]{0,12}\d{6,8}(?:(?:\s*(?:,|and|or|dan|/|&)\s*)\d{6,8})*")
# Bank identifiers (ISO 9362) of the members' countries: in capitals, or in small letters after a word such as "swift".
_COUNTRY: Final = "(?:BN|KH|ID|LA|MY|MM|PH|SG|TH|TL|VN)"
_BIC: Final = re.compile(
    rf"(?<![A-Za-z0-9])[A-Z]{{4}}{_COUNTRY}[A-Z0-9]{{2}}(?:[A-Z0-9]{{3}})?(?![A-Za-z0-9])"
    rf"|(?i:(?<![a-z])(?:bic|swift|swift[ _-]?code)[=:/ _-]{{1,3}}([a-z]{{4}}{_COUNTRY}[a-z0-9]{{2}}(?:[a-z0-9]{{3}})?)(?![a-z0-9]))"
)
# Words in capitals that have the form of a bank identifier.
_WORDS_LIKE_BICS: Final = frozenset(
    "PROVIDER PROVIDED PROVIDES CONSIDER OUTSIDER OUTSIDES PRESIDED PRESIDES TEMPLATE MAINLAND HIGHLAND PORTLAND FARMLAND "
    "PARKLAND WOODLAND MOORLAND HOMELAND SHUTTLES OVERLAND OVERLAPS OVERLAYS POPULATE SIMULATE REGULATE".split()
)
_REGISTRATION: Final = re.compile(
    r"\b(?:company|registration|reg\.?|regn|ssm|roc|uen|npwp|nib|siup|mst|mã số thuế|tin|nit|co\.? ?no|no\.? ?syarikat|"
    r"business)\b[^\d\n]{0,24}[A-Z]{0,3}\d[\dA-Z.-]{4,20}(?:\s*\(\d[\dA-Z-]{3,10}\))?"
    r"|\b(?:19|20)\d{2}0[1-6]\d{6}\b|\b\d{4,7}-[A-Z]\b"
    r"|\b\d{2}\.\d{3}\.\d{3}\.\d-\d{3}\.\d{3}\b|\b(?:\d{8,9}|[TSR]\d{2}[A-Z]{2}\d{4})[A-Z]\b",
    re.IGNORECASE,
)


COMMON_ACCOUNTS: Final = frozenset(
    "admin administrator root guest user test system sysadmin operator service support backup oracle postgres mysql sa "
    "public default localadmin domainadmin everyone anonymous nobody www-data".split()
)
"""User names that many machines have: they identify nobody."""


@dataclass(frozen=True, slots=True)
class Span:
    """A span of a text and its kind."""

    kind: str
    text: str
    start: int = 0
    end: int = 0

    def __str__(self) -> str:
        return f"{self.kind} “{self.text}”"


def _passes_luhn_check(text: str) -> bool:
    from stdnum import luhn  # noqa: PLC0415  loaded for the first candidate

    return bool(luhn.is_valid(re.sub(r"\D", "", text)))


def _is_thai_number(text: str) -> bool:
    from stdnum.th import pin  # noqa: PLC0415  as above

    return bool(pin.is_valid(text))


def _is_wallet(text: str) -> bool:
    """Whether letters and digits are the address of a wallet. Most kinds have a checksum."""
    if _DIGEST.fullmatch(text):
        return False
    if text[0] not in "13TLM":
        return True
    from stdnum.bitcoin import b58decode  # noqa: PLC0415  as above

    raw = b58decode(text)
    return raw[-4:] == sha256(sha256(raw[:-4]).digest()).digest()[:4]


def _names_a_user(parameter: str) -> bool:
    """Whether the value of a parameter is not the name of a common account."""
    return unquote(parameter.partition("=")[2]).casefold() not in COMMON_ACCOUNTS


def _is_nik(text: str) -> bool:
    from stdnum.id import nik  # noqa: PLC0415  as above

    return bool(nik.is_valid(text))


def _is_uen(text: str) -> bool:
    from stdnum.sg import uen  # noqa: PLC0415  as above

    return bool(uen.is_valid(text))


def _is_iban(text: str) -> bool:
    from stdnum import iban  # noqa: PLC0415  as above

    return bool(iban.is_valid(text, check_country=False))


Check = Callable[[str], bool]


class SpanKind(NamedTuple):
    """A kind of span and its expression. A text that contains none of the `hints` in lower case cannot match."""

    name: str
    pattern: re.Pattern[str]
    check: Check | None = None
    hints: tuple[str, ...] = ()


_TENANT_HINTS: Final = ("microsoftonline", "windows", "arn:aws", ".ecr", "subscriptions", "tenant", "tid")
_NETWORK_HINTS: Final = ("ssid", "wifi", "workgroup", "netbios", "domain=", "logon")

# Spans that should not occur in an adversary's URL, file name, key or rule.
_VALUE_KINDS: Final[tuple[SpanKind, ...]] = (
    SpanKind("e-mail address", EMAIL),
    SpanKind("path with a user's name", USER_PATH, lambda text: not _SHARED_PROFILE.match(text)),
    SpanKind("security identifier", _SID),
    SpanKind("internal host name", _INTERNAL_DOMAIN),
    SpanKind("internal host name", _INTERNAL_NAME),
    SpanKind("host or user in a parameter", _MACHINE_PARAMETER, _names_a_user),
    SpanKind("wallet", _WALLET, _is_wallet),
    SpanKind("account number", _ACCOUNT),
    SpanKind("bank account", _IBAN, _is_iban),
    SpanKind("card numbers' first digits", _BIN),
    SpanKind("bank's identifier", _BIC, lambda text: text not in _WORDS_LIKE_BICS),
    SpanKind("cloud account", _TENANT, hints=_TENANT_HINTS),
    SpanKind("page about one victim", _VICTIMS_PAGE, hints=(".onion",)),
    SpanKind(
        "coordinates", _COORDINATES, hints=("lat", "lng", "lon", "loc", "geo", "coord", "gps", "ll=", ",", ";", "|")
    ),
    SpanKind("name of a network", _NETWORK_PARAMETER, hints=_NETWORK_HINTS),
)
# Numbers in values; for texts there are other expressions.
_VALUE_NUMBER_KINDS: Final[tuple[SpanKind, ...]] = (
    SpanKind("registration number", _NPWP),
    SpanKind("identity number", _DASHED_MY),
    SpanKind("identity number", _UNBROKEN_SG),
    SpanKind("registration number", _UNBROKEN_UEN, _is_uen),
    SpanKind("identity number", _UNBROKEN_NIK, _is_nik),
    SpanKind("identity number", _DASHED_TH),
    SpanKind("identity number", _UNBROKEN_TH, _is_thai_number),
    SpanKind("identity number", _DASHED_PH),
    SpanKind("telephone number", _PLUS_PHONE),
)
# Digits in a hash value are not a number of this kind, even if the check digit is right by chance.
_HASH: Final = re.compile(r"(?<![0-9A-Fa-f])(?=\d{0,127}[A-Fa-f])[0-9A-Fa-f]{32,128}(?![0-9A-Fa-f])")
# A quick test: each of these numbers has seven digits, with or without separators, or the form of a Singapore number.
_SOME_NUMBER: Final = re.compile(r"(?:\d[.-]?){6}\d|[TSRtsr]\d\d[A-Za-z]{2}\d{4}")
_TEXT_KINDS: Final[tuple[SpanKind, ...]] = (
    *_VALUE_KINDS,
    SpanKind("URL", _URL),
    SpanKind("IPv4 address", _IPV4),
    SpanKind("IPv6 address", _IPV6),
    SpanKind("host name", _HOST),
    SpanKind("registration number", _REGISTRATION),
    SpanKind("identity number (MY)", _NRIC_MY),
    SpanKind("identity number (SG)", _NRIC_SG),
    SpanKind("identity number (TH)", _ID_TH, _is_thai_number),
    SpanKind("identity number (ID)", _NIK_ID),
    SpanKind("identity number (PH)", _ID_PH),
    SpanKind("identity number (VN)", _ID_VN),
    SpanKind("payment card", _CARD, _passes_luhn_check),
    SpanKind("telephone number", _PHONE),
)


APPROVABLE_KINDS: Final = frozenset({
    "security identifier", "internal host name", "host or user in a parameter", "card numbers' first digits",
    "registration number", "account number", "bank's identifier", "cloud account", "page about one victim", "coordinates",
    "name of a network",
    "identity number (VN)",  # twelve digits without a check digit are just as often a registration number
})  # fmt: skip
"""The kinds of spans that an officer may approve in a text with a reason. A text with any other kind is refused."""


def identifying_spans(text: str) -> Iterator[Span]:
    """The spans of a text that may identify a person, machine or organisation."""
    return _find_spans(text, _TEXT_KINDS)


@lru_cache(maxsize=10_000)  # an observable and its indicator have the same text
def identifying_spans_in_value(value: str) -> tuple[Span, ...]:
    """The spans of an adversary's value that an officer decides about: a mail address, a user, a machine, a wallet …"""
    if _SOME_NUMBER.search(value) is None:
        return tuple(_find_spans(value, _VALUE_KINDS))
    without_hashes = _HASH.sub(lambda match: " " * len(match[0]), value)
    return (*_find_spans(value, _VALUE_KINDS), *_find_spans(without_hashes, _VALUE_NUMBER_KINDS))


def _find_spans(text: str, kinds: tuple[SpanKind, ...]) -> Iterator[Span]:
    lower = text.lower()
    for kind in kinds:
        if kind.hints and not any(map(lower.__contains__, kind.hints)):
            continue
        for match in kind.pattern.finditer(text):
            if kind.check is None or kind.check(match[0]):
                group = match.lastindex or 0
                yield Span(kind.name, match[group], match.start(group), match.end(group))
