"""A member as a witness of the hub's audit trail: it stores the last checkpoint, and checks that each later one extends it.

The key that signed the first checkpoint must sign all others (as with SSH): compare it once with the operator's key,
`hub audit checkpoint --key`. Only a checkpoint that extends the stored one replaces it, so that a complaint is repeated
until somebody has looked.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hub.errors import ConfigurationError, ConnectionFailedError, HubError, MalformedError, RefusedError
from hub.home.files import write_atomically
from hub.producer.connection import HubConnection
from hub.protocol.checkpoint import Checkpoint, extends, open_note, parse_verifier_key
from hub.terminal import one_line

INTERVAL_SECONDS: Final = 3600.0  # between two checks of one process
_MOST_ANSWERS: Final = 1_000  # for one check: a million entries
_RESOURCE: Final = "checkpoint"


@dataclass(frozen=True, slots=True)
class _StoredCheckpoint:
    key: str
    note: str
    checkpoint: Checkpoint


def trail_file(home: Path, root_url: str) -> Path:
    """The file in a home for the checkpoint of an API root."""
    return home / "trails" / f"{hashlib.sha256(root_url.encode()).hexdigest()[:16]}.json"


class Witness:
    """Checks one hub's trail. `file` is created if it is missing; `tell` is called with a complaint."""

    def __init__(
        self,
        connection: HubConnection,
        file: Path,
        tell: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = connection
        self._file = file
        self._tell = tell
        self._clock = clock
        self._last_look = -INTERVAL_SECONDS

    def look(self) -> None:
        """Check now, unless the last check was within the hour; call `tell` with a complaint, and let following go on."""
        if self._clock() - self._last_look < INTERVAL_SECONDS:
            return
        self._last_look = self._clock()
        try:
            complaint = self.check()
        except (ConnectionFailedError, RefusedError):
            return  # a server without a trail, or out of reach: following reports that
        if complaint:
            self._tell(complaint)

    def check(self) -> str:
        """What is wrong with the hub's trail, as a message; "" if nothing is."""
        stored = self._load()
        content = self._connection.resource(_RESOURCE, "" if stored is None else f"?since={stored.checkpoint.size}")
        try:
            name, public = parse_verifier_key(str(content.get("key")) if stored is None else stored.key)
            later = open_note(str(content.get("checkpoint")), name, public)
            if stored is None:
                self._keep(str(content["key"]), str(content["checkpoint"]))
                return ""
            is_extension = extends(stored.checkpoint, later, self._digests(stored.checkpoint, later, content))
        except MalformedError as error:
            return self._complaint(f"{error}")
        if not is_extension:
            sizes = f"it had {stored.checkpoint.size} entries and has {later.size} now"
            return self._complaint(f"its audit trail does not go on from what this machine saw ({sizes})")
        if later.size > stored.checkpoint.size:
            self._keep(stored.key, str(content["checkpoint"]))
        return ""

    def _digests(self, earlier: Checkpoint, later: Checkpoint, content: dict[str, Any]) -> list[bytes]:
        """The digests of the entries between the two; requests further ones if the answer has too few."""
        digests: list[bytes] = []
        count = later.size - earlier.size
        for _ in range(_MOST_ANSWERS):
            part = _decode_digests(content.get("digests"))
            digests += part
            if len(digests) >= count or not part:
                break
            content = self._connection.resource(_RESOURCE, f"?since={earlier.size + len(digests)}")
        return digests[: max(0, count)]

    def _complaint(self, reason: str) -> str:
        return (
            f"THE HUB'S HISTORY MAY HAVE BEEN CHANGED: {one_line(reason)}. Tell its operator and the other members, by "
            f"telephone; once it is explained, remove {self._file} to begin again"
        )

    def _load(self) -> _StoredCheckpoint | None:
        try:
            text = self._file.read_text("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError):
            text = ""
        try:
            values = json.loads(text)
            name, public = parse_verifier_key(values["key"])
            return _StoredCheckpoint(values["key"], values["note"], open_note(values["note"], name, public))
        except (ValueError, LookupError, TypeError, AttributeError, HubError):
            raise ConfigurationError(
                f"{self._file}: this is no stored checkpoint of a hub, or it is damaged: remove it to begin again"
            ) from None

    def _keep(self, key: str, note: str) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(self._file, json.dumps({"key": key, "note": note}, ensure_ascii=False).encode())


def _decode_digests(texts: Any) -> list[bytes]:
    if texts is None:
        return []
    try:
        return [base64.b64decode(text, validate=True) for text in texts]
    except (binascii.Error, TypeError, ValueError):
        raise MalformedError("the digests beside its checkpoint cannot be read") from None
