"""Signed checkpoints of this hub's trail, and the digests with which a member checks that one checkpoint extends another."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from hub.errors import ConfigurationError, StoreUnavailableError
from hub.protocol.checkpoint import Checkpoint, origin_of, sign, verifier_key
from hub.store.base import Store

DIGESTS_AT_ONCE: Final = 1_000  # in one response; 44 bytes each
_INFO: Final = b"threat-sharing-hub checkpoint key"
_KEY_BYTES: Final = 32


def derived_key(secret: bytes) -> Ed25519PrivateKey:
    """The signing key if no key file is configured: derived from the store's secret, so that it moves with the store."""
    seed = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=_INFO).derive(secret)
    return Ed25519PrivateKey.from_private_bytes(seed)


def read_key(file: Path) -> Ed25519PrivateKey:
    """Read the signing key from a PEM file. ConfigurationError if the file contains no Ed25519 private key."""
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        raise ConfigurationError(f"HUB_CHECKPOINT_KEY: {file} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError(
            f"HUB_CHECKPOINT_KEY: {file} holds no Ed25519 private key without a passphrase; "
            "`openssl genpkey -algorithm ed25519` makes one"
        )
    return key


class Checkpoints:
    """The checkpoints of one store."""

    def __init__(self, store: Store, key: Ed25519PrivateKey) -> None:
        self._store = store
        self._key = key
        self._origin = ""

    @property
    def origin(self) -> str:
        """The name of the trail. StoreUnavailableError if the trail has no entry yet."""
        if not self._origin:
            first = next(iter(self._store.trail()), None)
            if first is None:
                raise StoreUnavailableError("the store has no audit trail yet: run `hub init`, which begins it")
            self._origin = origin_of(first.link)
        return self._origin

    def current(self) -> Checkpoint:
        """The checkpoint of the newest entry."""
        head = self._store.trail_head()
        return Checkpoint(self.origin, head.size, head.link)

    def note(self) -> str:
        """The current checkpoint as a signed note."""
        return sign(self.current(), self._key)

    def verifier(self) -> str:
        """The public key, as signed notes write it."""
        return verifier_key(self.origin, self._key.public_key())

    def with_digests(self, since: int | None) -> dict[str, Any]:
        """A signed checkpoint; with `since`, also the digests of the entries after that number, at most DIGESTS_AT_ONCE."""
        content: dict[str, Any] = {"checkpoint": self.note(), "key": self.verifier()}
        if since is not None:
            digests = self._store.trail_digests(since, DIGESTS_AT_ONCE)
            content["since"] = since
            if digests:  # as in TAXII, no list is empty
                content["digests"] = [base64.b64encode(digest).decode() for digest in digests]
        return content
