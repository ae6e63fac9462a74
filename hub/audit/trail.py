"""The audit trail as one object, for the server and the commands."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.audit.checkpoints import Checkpoints, derived_key
from hub.audit.recorder import Recorder
from hub.store.base import Store


class AuditTrail:
    """The recorder and the checkpoints; `key` signs them, or a key derived from the store's secret if it is None."""

    def __init__(
        self, store: Store, secret: bytes, clock: Callable[[], int], key: Ed25519PrivateKey | None = None
    ) -> None:
        self.recorder = Recorder(store, clock)
        self.checkpoints = Checkpoints(store, key or derived_key(secret))
