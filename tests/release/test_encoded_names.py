"""A victim's name, domain or mailbox is found encoded, in a shifted alphabet, and as a hash value."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import uuid
import zlib
from collections.abc import Callable

import pytest

from hub.release.encodings import MAX_READINGS
from hub.release.policy import Audience
from hub.release.scan import TOO_MANY
from hub.reports.observables import FileDetails, Observable, ObservableType
from hub.reports.victims import Victim
from tests.release.releasing import must_release
from tests.release.scanning import LATIN, hits
from tests.reports.making_reports import a_watch, seen

ENCODINGS: dict[str, Callable[[str], str]] = {
    "bytes of YARA, half of one unknown": lambda text: (
        f"{{ {text[0].encode().hex()[0]}? {text[1:].encode().hex(' ')} }}"
    ),
    "base16": lambda text: text.encode().hex(),
    "upper case base16": lambda text: text.encode().hex().upper(),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "base32 in a host name": lambda text: base64.b32encode(text.encode()).decode().rstrip("=").lower() + ".c2.example",
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of more": lambda text: base64.b64encode(b"id=7;host=" + text.encode() + b";").decode(),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base85": lambda text: base64.b85encode(text.encode()).decode(),
    "ascii85": lambda text: base64.a85encode(text.encode()).decode(),
    "adobe's ascii85": lambda text: base64.a85encode(text.encode(), adobe=True).decode(),
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "percent, twice": lambda text: "".join(f"%25{byte:02X}" for byte in text.encode()),
    "UTF-16 in base64": lambda text: base64.b64encode(text.encode("utf-16-le")).decode(),
    "UTF-16 in base16": lambda text: text.encode("utf-16-be").hex(),
    "YARA": lambda text: f"{{ {text.encode().hex(' ').upper()} }}",
    "YARA, wide": lambda text: "".join(f"{character}\\x00" for character in text),
    "Snort": lambda text: f'content:"|{text.encode().hex(" ")}|"',
    "Snort, without spaces": lambda text: f'content:"|{text.encode().hex()}|"',
    "Snort, in part": lambda text: f'content:"{text[:3]}|{text[3:5].encode().hex(" ")}|{text[5:]}"',
    "C": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    "an array": lambda text: ", ".join(f"0x{byte:02x}" for byte in text.encode()),
    "JavaScript": lambda text: f"String.fromCharCode({','.join(str(byte) for byte in text.encode())})",
    "HTML": lambda text: "".join(f"&#{ord(character)};" for character in text),
    "spaced": " ".join,
    "quoted-printable": lambda text: "".join(f"={byte:02X}" for byte in text.encode()),
    "base32hex": lambda text: base64.b32hexencode(text.encode()).decode(),
    "base64, backwards": lambda text: base64.b64encode(text.encode() + b";" * (2 - len(text) % 3)).decode()[::-1],
    "gzip in base64": lambda text: base64.b64encode(gzip.compress(text.encode())).decode(),
    "zlib in base64": lambda text: base64.b64encode(zlib.compress(text.encode())).decode(),
    "deflate in base64": lambda text: base64.b64encode(zlib.compress(text.encode())[2:-4]).decode(),
    "UTF-32 in base16": lambda text: text.encode("utf-32-le").hex(),
    "octal": lambda text: "".join(f"\\{byte:03o}" for byte in text.encode()),
    "eight digits": lambda text: "".join(f"\\U{ord(character):08x}" for character in text),
    "percent of scripts": lambda text: "".join(f"%u{ord(character):04x}" for character in text),
    "decimal": lambda text: " ".join(str(byte) for byte in text.encode()),
    "Visual Basic": lambda text: "&".join(f"chr({byte})" for byte in text.encode()),
    "binary": lambda text: " ".join(f"{byte:08b}" for byte in text.encode()),
    "base64, twice": lambda text: base64.b64encode(base64.b64encode(text.encode())).decode(),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("text", ["Bank Melorindah", "melorindah", "MLRD-HQ-FS02", "M3lorindah"])
def test_a_name_is_found_in_every_usual_encoding(encoding: str, text: str) -> None:
    encoded = ENCODINGS[encoding](text)
    assert hits(LATIN, encoded)
    assert hits(LATIN, f"http://192.0.2.1/gate.php?d={encoded}")


def test_a_text_with_too_many_encodings_is_held() -> None:
    """An attacker, or a long rule, could hide a name behind hundreds of meaningless runs."""
    encoded_runs = " ".join(
        base64.b64encode(f"nothing {number} here".encode()).decode() for number in range(MAX_READINGS)
    )
    assert [hit for hit in hits(LATIN, encoded_runs) if hit.description == TOO_MANY]
    assert not hits(LATIN, encoded_runs[:200])


@pytest.mark.parametrize("places", range(1, 26))
def test_a_name_is_found_in_a_shifted_alphabet(places: int) -> None:
    shifted = "".join(chr((ord(letter) - 97 + places) % 26 + 97) for letter in "melorindah")
    assert hits(LATIN, f"{shifted}.example")


def test_a_cut_or_rare_hash_value_is_an_exact_hit_and_a_short_one_a_similar_hit() -> None:
    digest = hashlib.md5(b"melorindah.example").hexdigest()
    for value in (
        digest[:16],
        digest[8:24],
        hashlib.sha512(b"Bank Melorindah").hexdigest(),
        f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}",
    ):
        assert any(hit.is_exact for hit in hits(LATIN, f"http://192.0.2.1/?v={value}")), value
    for value in (digest[:8], f"{zlib.crc32(b'melorindah'):08x}"):
        assert hits(LATIN, f"http://192.0.2.1/?v={value}")
        assert not any(hit.is_exact for hit in hits(LATIN, f"http://192.0.2.1/?v={value}"))
    raw = hashlib.sha256(b"melorindah").digest()
    assert any(hit.is_exact for hit in hits(LATIN, f"id={base64.b64encode(raw).decode()}"))
    assert any(hit.is_exact for hit in hits(LATIN, f"run-{uuid.uuid5(uuid.NAMESPACE_DNS, 'melorindah.example')}"))


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256"])
@pytest.mark.parametrize(
    "text",
    [
        "Bank Melorindah Berhad", "bank melorindah", "BANK MELORINDAH BERHAD", "bankmelorindah", "bank-melorindah",
        "melorindah.example", "www.melorindah.example", "https://melorindah.example", "melorindah",
        "farid.osman@melorindah.example", "ceo@melorindah.example", "melorindah.example\n", "MelorPay",
        "198001004321 (54321-K)", "MLRD-HQ-FS02", "mlrd-hq-fs02", "198.51.100.77", r"HQ\kassim.a",
    ],
)  # fmt: skip
def test_a_hash_value_of_what_is_declared_is_an_exact_hit(algorithm: str, text: str) -> None:
    digest = hashlib.new(algorithm, text.encode()).hexdigest()
    for value in (f"http://192.0.2.1/v?u={digest}", f"http://192.0.2.1/{digest.upper()}/index.php", digest):
        assert any(hit.is_exact and hit.text.lower() == digest for hit in hits(LATIN, value))


def assert_only_the_other_leaves(observables: tuple[Observable, ...], digest: str, other_digest: str) -> None:
    """Of a report of these observables with the victim LATIN."""
    result = must_release(a_watch(observables=observables, victims=(LATIN,)), Audience("one"))
    text = json.dumps(result.contents)
    assert digest not in text
    assert other_digest in text


def test_a_value_that_is_the_hash_value_of_a_domain_stays() -> None:
    digest = hashlib.md5(b"melorindah.example", usedforsecurity=False).hexdigest()
    other_digest = hashlib.md5(b"something else", usedforsecurity=False).hexdigest()
    mutexes = tuple(seen(ObservableType.MUTEX, value) for value in (digest, other_digest))
    assert_only_the_other_leaves(mutexes, digest, other_digest)


def test_the_hash_value_of_a_domain_in_a_certificate_stays_and_others_leave() -> None:
    """The hashes of an object are searched even if it has no indicator."""
    digest, other_digest = (
        hashlib.sha1(name, usedforsecurity=False).hexdigest() for name in (b"melorindah.example", b"something else")
    )
    certificates = tuple(
        seen(ObservableType.CERTIFICATE, value, file=FileDetails(hashes={"SHA-1": value}), as_indicator=False)
        for value in (digest, other_digest)
    )
    assert_only_the_other_leaves(certificates, digest, other_digest)


def test_the_hash_of_a_domain_is_searched_for_if_a_mailbox_or_host_gives_the_domain() -> None:
    for victim in (
        Victim(domains=("melatirinjani.example",)),
        Victim(emails=("duty@melatirinjani.example",)),
        Victim(hosts=("www.melatirinjani.example",)),
    ):
        assert hits(victim, hashlib.sha256(b"melatirinjani.example").hexdigest())


def test_the_hash_of_a_likely_mailbox_and_a_name_based_uuid_are_searched_for() -> None:
    victim = Victim(domains=("melatirinjani.example",), people=("Aminah binti Yusof",))
    for box in ("aminah.yusof", "ayusof", "aminahy", "yusof.aminah"):
        assert hits(victim, hashlib.md5(f"{box}@melatirinjani.example".encode()).hexdigest())
    for make in (uuid.uuid3, uuid.uuid5):
        assert hits(victim, f"http://192.0.2.1/t/{make(uuid.NAMESPACE_DNS, 'melatirinjani.example')}")
