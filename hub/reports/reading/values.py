"""Read values as CERTs write them into canonical form: refanged addresses, names, hashes, numbers, words.

Each function takes text and returns the value. It raises ValueError with a message that completes "expected …".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final, cast
from urllib.parse import urlsplit, urlunsplit

from hub.reports.markings import PapWord, TlpWord
from hub.reports.observables import FileDetails, Observable, ObservableType, Role
from hub.reports.victims import SIZES, Size
from hub.stix.addresses import format_network, networks_of
from hub.stix.vocabularies import TLP_SPELLINGS

MAX_VALUE_CHARS: Final = 8_192
"""Characters of one observable's value."""

_FANGS: Final = (
    (re.compile(r"\s*[\[({<]\s*(?:\.|dot)\s*[\])}>]\s*", re.IGNORECASE), "."),
    (re.compile(r"\s*[\[({<]\s*(?:@|at)\s*[\])}>]\s*", re.IGNORECASE), "@"),
    (re.compile(r"[\[({<]\s*:\s*[\])}>]"), ":"),
    (re.compile(r"[\[({<]\s*(?:://|//)\s*[\])}>]"), "://"),
    (re.compile(r"^\s*(?:hxxp|h\*\*p|hXXp|meow)(s?)(?=:)", re.IGNORECASE), r"http\1"),
    (re.compile(r"^\s*fxp(s?)(?=:)", re.IGNORECASE), r"ftp\1"),
    # only one bracket: 198.51.100[.7 and example[.com
    (re.compile(r"(?<=[\w-])[\[({]\.(?=[\w-])|(?<=[\w-])\.[\])}](?=[\w-])"), "."),
)
_MAYBE_FANGED: Final = re.compile(r"[\[({<\])}>:]")  # each pattern above needs one of these characters
_INVISIBLE: Final = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_OCTET: Final = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_PLAIN_IPV4: Final = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_HASH_BY_LENGTH: Final = {32: "MD5", 40: "SHA-1", 64: "SHA-256", 128: "SHA-512", 56: "SHA-224", 96: "SHA-384"}
_HASH_LENGTHS: Final = {name: length for length, name in _HASH_BY_LENGTH.items()}
_HIVES: Final = {
    "HKLM": "HKEY_LOCAL_MACHINE", "HKCU": "HKEY_CURRENT_USER", "HKCR": "HKEY_CLASSES_ROOT", "HKU": "HKEY_USERS",
    "HKCC": "HKEY_CURRENT_CONFIG",
}  # fmt: skip


def refang(text: str) -> str:
    """Undo the defanging that keeps an address from being clicked: hxxp, [.], (.), {dot}, [@], (at), invisible characters."""
    text = (text if text.isascii() else text.translate(_INVISIBLE)).strip()
    if _MAYBE_FANGED.search(text) is None:
        return text
    for pattern, replacement in _FANGS:
        text = pattern.sub(replacement, text)
    return text.strip()


def address(text: str) -> tuple[ObservableType, str]:
    """Read an IPv4 or IPv6 address or network. The result is compressed, and the host bits of a network are cleared."""
    if _PLAIN_IPV4.fullmatch(text):  # the usual case, which is canonical already
        return ObservableType.IPV4, text
    text = refang(text)
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    if "%" in text:  # a zone index is valid only on one machine
        raise ValueError("an IP address without a zone index")
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise ValueError("an IPv4 or IPv6 address such as 198.51.100.7, or a network such as 198.51.100.0/24") from None
    kind = ObservableType.IPV4 if isinstance(network, IPv4Network) else ObservableType.IPV6
    return kind, format_network(network)


def address_range(text: str) -> tuple[str, ...]:
    """Read a range of addresses, in any common notation, as networks."""
    text = refang(text)
    try:
        return (address(text)[1],)
    except ValueError:
        return tuple(map(format_network, networks_of(text)))


def as_network(text: str) -> IPv4Network | IPv6Network | None:
    """Return the network of an address or network; None if the text is neither."""
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def domain(text: str) -> str:
    """Read a domain name: lower case, without a final dot, internationalised names in their ASCII form (RFC 5890)."""
    name = refang(text).rstrip(".").casefold()
    expectation = "a domain name such as host.example.com"
    if not name or len(name) > 1000:
        raise ValueError(expectation)
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii").lower()
        except UnicodeError:
            raise ValueError(expectation) from None
    name = name.removeprefix("*.")
    labels = name.split(".")
    if len(name) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(expectation)
    if labels[-1].isdigit():
        raise ValueError(f"{expectation} (this looks like a mistyped IP address)")
    return name


def site(text: str) -> str:
    """Read the domain of a site, given as a domain or as a URL that a person copied from the browser."""
    page = refang(text).strip()
    host = url_host(page) if "://" in page else page.partition("/")[0]
    return domain(host or text)


def url(text: str) -> str:
    """Read a URL with its scheme: scheme and host in lower case, the remainder unchanged."""
    text = refang(text)
    expectation = "a URL with its scheme, such as http://host.example.com/path"
    if not text or len(text) > MAX_VALUE_CHARS or any(c.isspace() or not c.isprintable() for c in text):
        raise ValueError(expectation)
    try:
        parts = urlsplit(text)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        raise ValueError(expectation) from None
    if not parts.scheme or not host or not re.fullmatch(r"[a-z][a-z0-9+.-]{1,20}", parts.scheme, re.ASCII):
        raise ValueError(expectation)
    login, at, place = parts.netloc.rpartition("@")
    try:
        return urlunsplit(parts._replace(netloc=f"{login}{at}{place.casefold()}"))
    except ValueError:
        raise ValueError(expectation) from None


def url_host(text: str) -> str | None:
    """Return the host of a URL; None if it has none or cannot be read."""
    try:
        return urlsplit(text).hostname
    except ValueError:
        return None


def email(text: str) -> str:
    """Read a mail address; its domain is in lower case."""
    text = refang(text)
    display = re.fullmatch(r"[^<>]{0,200}<([^<>]+)>", text)
    if display:
        text = display[1]
    local, at, place = text.rpartition("@")
    if not at or not local or len(local) > 64 or any(c.isspace() or not c.isprintable() for c in local):
        raise ValueError("a mail address such as name@example.com")
    try:
        return f"{local}@{domain(place)}"
    except ValueError:
        raise ValueError("a mail address such as name@example.com") from None


def file_hash(text: str, name: str | None = None) -> tuple[str, str]:
    """Read a hash: (STIX's name of the algorithm, lower-case hexadecimal). Without ``name``, its length decides."""
    digits = text.strip().lower()
    if not re.fullmatch(r"[0-9a-f]+", digits, re.ASCII):
        raise ValueError(f"a hash in hexadecimal digits{f' ({name})' if name else ''}")
    algorithm = _HASH_BY_LENGTH.get(len(digits))
    if name is None:
        if algorithm is None:
            raise ValueError("a hash of 32 (MD5), 40 (SHA-1), 64 (SHA-256) or 128 (SHA-512) digits")
        return algorithm, digits
    if name in _HASH_LENGTHS and len(digits) != _HASH_LENGTHS[name]:
        raise ValueError(f"the {_HASH_LENGTHS[name]} digits of a {name} hash")
    return name, digits


FINGERPRINT_PATTERNS: Final = {
    "ja3": r"[0-9a-f]{32}", "ja3s": r"[0-9a-f]{32}", "hassh": r"[0-9a-f]{32}", "hassh-server": r"[0-9a-f]{32}",
    "jarm": r"[0-9a-f]{62}", "ja4": r"[a-z]\d{2}[a-z]\d{4}[a-z0-9]{2}_[0-9a-f]{12}_[0-9a-f]{12}",
    "ja4s": r"[a-z]\d{4}[a-z0-9]{2}_[0-9a-f]{4}_[0-9a-f]{12}", "ja4x": r"[0-9a-f]{12}_[0-9a-f]{12}_[0-9a-f]{12}",
    "ja4h": r"[a-z]{2}\d{2}[a-z]{2}\d{2}[a-z0-9]{4}_[0-9a-f]{12}_[0-9a-f]{12}_[0-9a-f]{12}",
}  # fmt: skip
"""The forms of fingerprints of a client or server, by their algorithm: TLS, SSH or HTTP."""


def fingerprint(text: str, algorithm: str) -> str:
    """Read a fingerprint by one of the algorithms in FINGERPRINT_PATTERNS; lower case."""
    digits = text.strip().lower()
    if not re.fullmatch(FINGERPRINT_PATTERNS[algorithm], digits, re.ASCII):
        raise ValueError(f"a fingerprint as {algorithm} writes it")
    return digits


def bank_account(text: str) -> str:
    """Read an IBAN with correct check digits, without blanks; or another account number of 6 to 30 digits and letters."""
    from stdnum import iban  # noqa: PLC0415  loaded when the first account is read

    number = re.sub(r"[\s.-]", "", text).upper()
    if re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{8,30}", number, re.ASCII):
        if not iban.is_valid(number, check_country=False):
            raise ValueError("an IBAN whose check digits are right")
        return number
    if not re.fullmatch(r"(?=.*\d{5})[A-Z0-9/]{6,30}", number, re.ASCII):
        raise ValueError("an IBAN, or an account number of 6 to 30 digits")
    return number


def phone(text: str) -> str:
    """Read a telephone number with its country code, in the form of E.164: +62211234567."""
    number = re.sub(r"[\s().-]", "", re.sub(r"^\s*(?:tel:|00)", lambda match: "+" if "0" in match[0] else "", text))
    if not re.fullmatch(r"\+[1-9]\d{6,14}", number, re.ASCII):
        raise ValueError("a telephone number with its country, such as +62 21 1234567")
    return number


def mac(text: str) -> str:
    """Read a MAC address: lower case, with colons (STIX 2.1, 6.10)."""
    digits = re.sub(r"[:.\-\s]", "", text.strip()).lower()
    if not re.fullmatch(r"[0-9a-f]{12}", digits, re.ASCII):
        raise ValueError("a MAC address of twelve hexadecimal digits")
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def as_number(text: str) -> str:
    """Read the number of an autonomous system as "AS64496"."""
    match = re.fullmatch(r"(?:AS\s*)?(\d{1,10})", text.strip(), re.ASCII | re.IGNORECASE)
    if match is None or not 0 < int(match[1]) < 2**32:
        raise ValueError("the number of an autonomous system, such as AS64496")
    return f"AS{int(match[1])}"


def registry_key(text: str) -> str:
    """Read a Windows registry key; the name of its hive is written in full."""
    hive, slash, path = text.strip().partition("\\")
    hive = _HIVES.get(hive.upper(), hive)
    if not hive.upper().startswith("HKEY_"):
        raise ValueError(r"a registry key that begins with its hive, such as HKLM\Software\…")
    return f"{hive.upper()}{slash}{path}"


def plain_text(text: str) -> str:
    """Read a text that is not empty and not too long."""
    text = text.strip()
    if not text or len(text) > MAX_VALUE_CHARS:
        raise ValueError(f"text of 1 to {MAX_VALUE_CHARS} characters")
    return text


def cve(text: str) -> str:
    """Read a CVE id; upper case."""
    text = text.strip().upper().replace("\u2010", "-").replace("\u2011", "-").replace("\u2013", "-")
    if not re.fullmatch(r"CVE-(?:19|20)\d{2}-\d{4,19}", text, re.ASCII):
        raise ValueError("a CVE id such as CVE-2024-3400")
    return text


def technique_id(text: str) -> str:
    """Read the id of an ATT&CK technique; upper case."""
    text = text.strip().upper()
    if not re.fullmatch(r"T\d{4}(?:\.\d{3})?", text, re.ASCII):
        raise ValueError("an ATT&CK technique such as T1566 or T1566.001")
    return text


def language(text: str) -> str:
    """Read a language tag (BCP 47), also in the form of locales: en_US becomes en-US."""
    tag = text.strip().partition(".")[0].replace("_", "-")
    if not re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}", tag, re.ASCII):
        raise ValueError("a language tag (BCP 47) such as en, id or th")
    return tag


def tlp(text: str) -> TlpWord:
    """Read a TLP level in any common spelling as one of TLP 2.0."""
    word = re.sub(r"^tlp\s*[:_-]?\s*", "", text.strip().casefold())
    level = TLP_SPELLINGS.get(word)
    if level is None:
        raise ValueError("one of clear, green, amber, amber+strict, red")
    return cast(TlpWord, level)


def pap(text: str) -> PapWord:
    """Read a PAP level."""
    word = re.sub(r"^pap\s*[:_-]?\s*", "", text.strip().casefold())
    word = {"white": "clear"}.get(word, word)
    if word not in {"clear", "green", "amber", "red"}:
        raise ValueError("one of clear, green, amber, red")
    return cast(PapWord, word)


def whole_number(text: object, *, least: int = 0, most: int = 10**15) -> int:
    """Read a whole number, such as 1,000 or 1 000 or 1000.0. 1.000 is refused because it is ambiguous."""
    cleaned = str(text).strip()
    if re.fullmatch(r"\d{1,3}(?:[, \u00a0]\d{3})+", cleaned, re.ASCII):
        cleaned = re.sub(r"\D", "", cleaned)
    cleaned = re.sub(r"\.0+$", "", cleaned) if not re.fullmatch(r"[1-9]\d{0,2}\.000", cleaned) else cleaned
    if not re.fullmatch(r"\d{1,16}", cleaned, re.ASCII) or not least <= int(cleaned) <= most:
        raise ValueError(f"a whole number from {least} to {most} without separators")
    return int(cleaned)


def port(text: object) -> int:
    """Read a port of TCP or UDP."""
    return whole_number(text, most=65_535)


def number(text: object, *, least: float = 0, most: float = 1e15) -> float:
    """Read a number with a decimal point, such as 1,000,000.50."""
    cleaned = str(text).strip()
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", cleaned, re.ASCII):
        cleaned = cleaned.replace(",", "")
    if not re.fullmatch(r"\d{1,16}(?:\.\d{1,9})?", cleaned, re.ASCII) or not least <= float(cleaned) <= most:
        raise ValueError(f"a number from {least:g} to {most:g} with a decimal point and no currency sign")
    return float(cleaned)


def vocabulary_word(text: str, words: Iterable[str]) -> str:
    """Read one of ``words`` in upper or lower case, with blanks or underscores for hyphens."""
    word = "-".join(text.strip().casefold().replace("_", " ").split())
    choices = sorted(words)
    if word not in choices:
        raise ValueError("one of " + ", ".join(choices))
    return word


def file_observable(hashes: Mapping[str, str], name: str | None = None, role: Role = Role.UNKNOWN) -> Observable:
    """Return a file observable; its value is the strongest hash, or the name if there is no hash."""
    for algorithm in ("SHA-256", "SHA-512", "SHA-1", "MD5", *hashes):
        if algorithm in hashes:
            value = hashes[algorithm]
            break
    else:
        value = plain_text(name or "")
    return Observable(ObservableType.FILE, value, role, file=FileDetails(name=name or None, hashes=dict(hashes)))


def size_band(text: str) -> Size:
    """Read micro, small, medium or large, or a band of staff ("50-249", "1001 to 10000", "over 100000")."""
    word = text.strip().casefold()
    for size in SIZES:
        if word == size:
            return size
    numbers = [int(digits.replace(",", "")) for digits in re.findall(r"\d[\d,]{0,11}", word, re.ASCII)]
    if not numbers:
        raise ValueError("one of micro, small, medium, large, or a band of staff such as 50-249")
    lower = min(numbers) + (1 if word.startswith((">", "over", "more")) else 0)
    return "micro" if lower < 10 else "small" if lower < 50 else "medium" if lower < 250 else "large"
