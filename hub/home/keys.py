"""The CERT's master key, and what is derived from it: keys for each purpose, tags, and ids that nobody else can compute.

Everything here is HMAC-SHA256. A plain hash of a name, an address or a registration number can be reversed by hashing
all candidates; a keyed hash cannot. The master key stays on the CERT's machine and is never printed, logged or sent.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b32encode
from datetime import datetime
from pathlib import Path
from typing import Final, NoReturn

from hub.errors import ConfigurationError
from hub.home.files import others_may_use, write_once

_UUID_FREE: Final = ~(0xF << 76 | 0x3 << 62)  # the bits of a UUID that are neither version nor variant
_UUID_VERSION_4: Final = 0x4 << 76 | 0x2 << 62
KEY_BYTES: Final = 32
_HEADING: Final = "threat-sharing-hub key 1"
_ADVICE: Final = (
    "# The key that makes your CERT's ids and pseudonyms. Anybody who has it can find out whom a pseudonym means.\n"
    "# Keep a copy off this machine, locked away: without it the next version of a report is a new report to the others.\n"
)


class Key:
    """A secret key whose bytes do not show in repr or str; it cannot be pickled."""

    __slots__ = ("_bytes",)

    def __init__(self, secret: bytes) -> None:
        if len(secret) < KEY_BYTES:
            raise ConfigurationError(f"A key needs at least {KEY_BYTES} bytes; this one has {len(secret)}.")
        self._bytes = secret

    def derive(self, purpose: str) -> Key:
        """Derive another key, for one purpose only (HKDF-SHA256, RFC 5869, without salt, one block)."""
        pseudorandom = hmac.digest(bytes(hashlib.sha256().digest_size), self._bytes, "sha256")
        return Key(hmac.digest(pseudorandom, purpose.encode() + b"\x01", "sha256"))

    def tag(self, *parts: str) -> bytes:
        """HMAC-SHA256 over the parts. Each part is preceded by its length, so that no two lists give the same message."""
        message = b"".join([b"%d:%b" % (len(raw), raw) for raw in map(str.encode, parts)])
        return hmac.digest(self._bytes, message, "sha256")

    def identifier(self, object_type: str, *parts: str) -> str:
        """`type--UUID` in the form of a UUIDv4: repeatable with this key, random to everybody else.

        Validators want version 4 on SDOs and SROs (STIX 2.1, 2.9); a UUIDv5 could be computed by anybody who guesses
        the parts.
        """
        # not uuid.UUID: it takes longer than the HMAC, and every object of a feed needs an id
        number = int.from_bytes(self.tag(object_type, *parts)[:16]) & _UUID_FREE | _UUID_VERSION_4
        digits = f"{number:032x}"
        return f"{object_type}--{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def groups(self, *parts: str) -> str:
        """80 bits of a tag as four groups of base32, for people to read aloud: `7QK3-9F2D-…` (never 0, 1, 8 or 9)."""
        text = b32encode(self.tag(*parts)[:10]).decode("ascii")
        return "-".join(text[start : start + 4] for start in range(0, 16, 4))

    def __repr__(self) -> str:
        return "Key('***')"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key cannot be pickled")


def load_key(path: Path, now: datetime) -> tuple[Key, bool]:
    """Read the key in the file; write a new one if there is no file. Returns the key, and whether it is new.

    A new file is readable by its owner only (mode 0600), and advises its reader to keep a copy elsewhere.
    ConfigurationError if others may read the file, or if it contains no valid key.
    """
    is_new = False
    if not path.exists():
        text = f"{_ADVICE}{_HEADING} {now:%Y-%m-%dT%H:%M:%SZ}\n{secrets.token_hex(KEY_BYTES)}\n"
        is_new = write_once(path, text.encode(), mode=0o600)
    if others_may_use(path):
        raise ConfigurationError(f"{path}: others on this machine may read the key; run: chmod 600 {path}")
    lines = [line for line in path.read_text("ascii", "replace").splitlines() if line and not line.startswith("#")]
    if len(lines) != 2 or not lines[0].startswith(_HEADING):
        raise ConfigurationError(f"{path}: this is no key file; put back the copy that you keep elsewhere")
    try:
        return Key(bytes.fromhex(lines[1])), is_new
    except ValueError:
        raise ConfigurationError(
            f"{path}: the key in it is damaged; put back the copy that you keep elsewhere"
        ) from None
