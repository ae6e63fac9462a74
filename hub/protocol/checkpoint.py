"""Checkpoints of a hub's audit trail: what the hub signs, and how a member checks that a later one extends an earlier one.

A checkpoint is a signed note (C2SP, https://c2sp.org/signed-note) with an Ed25519 signature. Its text has three lines:

    threat-sharing-hub/trail/3f0c…   the trail, named by the first bytes of its first link
    1523                             the number of its entries
    base64                           the link of the last one

The links are a chain of hashes and no Merkle tree, so a proof that one checkpoint extends another is the list of the
digests in between (`extends`). The digests are salted, so they reveal nothing about the entries.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hub.errors import MalformedError

START: Final = hashlib.sha256(b"threat-sharing-hub audit trail\n").digest()  # the link before the first entry
HASH_BYTES: Final = 32
ORIGIN: Final = "threat-sharing-hub/trail/"
_LINK_MARK: Final = b"\x01"  # the first byte of a link's input; the input of an entry's digest begins with another byte
_ED25519: Final = b"\x01"  # the signature type of the signed-note specification
_KEY_ID_BYTES: Final = 4
_MOST_BYTES: Final = 100_000  # of a note
_MOST_SIGNATURES: Final = 100
_DASH: Final = "\N{EM DASH} "  # at the beginning of a signature's line
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_NAME: Final = re.compile(r"[^\s+]{1,200}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The size of a trail at one moment, and the link of its last entry."""

    origin: str
    size: int
    link: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.link).decode()}\n"


def link_of(link: bytes, digest: bytes) -> bytes:
    """The link of an entry: the hash of the previous link and the entry's digest."""
    return hashlib.sha256(_LINK_MARK + link + digest).digest()


def origin_of(first_link: bytes) -> str:
    """The name of the trail with this first link, which is also the name of the key that signs its checkpoints."""
    return ORIGIN + first_link[:8].hex()


def extends(earlier: Checkpoint, later: Checkpoint, digests: Iterable[bytes]) -> bool:
    """Whether `later` is exactly `earlier` plus entries with these digests."""
    size, link = earlier.size, earlier.link
    for digest in digests:
        size, link = size + 1, link_of(link, digest)
    return earlier.origin == later.origin and (size, link) == (later.size, later.link)


# --- the signed note ------------------------------------------------------------------------------------------------


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """The checkpoint as a signed note."""
    public = key.public_key()
    signature = _key_id(checkpoint.origin, public) + key.sign(checkpoint.text.encode())
    return f"{checkpoint.text}\n{_DASH}{checkpoint.origin} {base64.b64encode(signature).decode()}\n"


def verifier_key(name: str, public: Ed25519PublicKey) -> str:
    """The public key in the form that signed notes use: `name+key id+base64`."""
    encoded = base64.b64encode(_ED25519 + public.public_bytes_raw()).decode()
    return f"{name}+{_key_id(name, public).hex()}+{encoded}"


def parse_verifier_key(text: str) -> tuple[str, Ed25519PublicKey]:
    """The name and the key; MalformedError if the text is no key of this kind."""
    name, _, id_and_key = text.strip().partition("+")
    key_id, _, encoded = id_and_key.partition("+")
    raw = _base64(encoded)
    if raw is not None and len(raw) == 1 + HASH_BYTES and raw[:1] == _ED25519 and _NAME.fullmatch(name):
        public = Ed25519PublicKey.from_public_bytes(raw[1:])
        if _key_id(name, public).hex() == key_id:
            return name, public
    raise MalformedError("this is no Ed25519 key of a signed note: it should look like name+key-id+base64")


def open_note(note: str, name: str, public: Ed25519PublicKey) -> Checkpoint:
    """The checkpoint in a note; MalformedError if this key did not sign it.

    As the specification says, signatures by unknown keys are ignored, and a wrong signature by the known key makes the
    whole note invalid.
    """
    checkpoint, text, signatures = _read(note)
    is_signed_by_key = False
    for signer, raw in signatures:
        if signer != name or raw[:_KEY_ID_BYTES] != _key_id(name, public):
            continue
        try:
            public.verify(raw[_KEY_ID_BYTES:], text.encode())
        except InvalidSignature:
            raise MalformedError("the signature of the checkpoint is wrong") from None
        is_signed_by_key = True
    if not is_signed_by_key:
        raise MalformedError("the checkpoint is not signed with the key that is known for this hub")
    return checkpoint


def read_unverified(note: str) -> Checkpoint:
    """The checkpoint in a note, without checking its signature: to name it in a message, or if no key is known yet."""
    return _read(note)[0]


def _read(note: str) -> tuple[Checkpoint, str, list[tuple[str, bytes]]]:
    malformed = MalformedError("this is no checkpoint of a hub: a signed note with a trail, a size and a hash")
    if len(note) > _MOST_BYTES or any(character < " " and character != "\n" for character in note):
        raise malformed
    body, separator, lines = note.rpartition("\n\n")
    rows = lines.split("\n")
    if not separator or rows.pop() != "" or not 0 < len(rows) <= _MOST_SIGNATURES:
        raise malformed
    text = body + "\n"
    signatures: list[tuple[str, bytes]] = []
    for row in rows:
        signer, _, encoded = row.removeprefix(_DASH).partition(" ")
        raw = _base64(encoded)
        if not row.startswith(_DASH) or not _NAME.fullmatch(signer) or raw is None or len(raw) <= _KEY_ID_BYTES:
            raise malformed
        signatures.append((signer, raw))
    parts = text.split("\n")
    link = _base64(parts[2]) if len(parts) == 4 else None
    if link is None or len(link) != HASH_BYTES or not _SIZE.fullmatch(parts[1]) or not parts[0].startswith(ORIGIN):
        raise malformed
    return Checkpoint(parts[0], int(parts[1]), link), text, signatures


def _key_id(name: str, public: Ed25519PublicKey) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public.public_bytes_raw()).digest()[:_KEY_ID_BYTES]


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
