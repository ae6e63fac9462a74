"""A member as a witness of the hub's audit trail: it keeps the last checkpoint, and sees when a later one does not extend it.

The key that signed the first checkpoint is the one that must sign the others (as with SSH): compare it once with the
operator's, `hub audit checkpoint --key`. What is kept is replaced only by a checkpoint that extends it, so that a
complaint stays until somebody has looked.
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

INTERVAL_SECONDS: Final = 3600.0  # between two looks of one process
_ANSWERS_MOST: Final = 1_000  # for one look: a million entries
_RESOURCE: Final = "checkpoint"


@dataclass(frozen=True, slots=True)
class _Known:
    key: str
    note: str
    checkpoint: Checkpoint


def trail_file(home: Path, root_url: str) -> Path:
    """The file in a home for the checkpoint of an API root."""
    return home / "trails" / f"{hashlib.sha256(root_url.encode()).hexdigest()[:16]}.json"


class Witness:
    """See the module. `file` is made where it is missing; `tell` is called with what is wrong."""

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
        self._looked_at = -INTERVAL_SECONDS

    def look(self) -> None:
        """Check now, unless that was done within the hour; what is wrong is told, and following goes on."""
        if self._clock() - self._looked_at < INTERVAL_SECONDS:
            return
        self._looked_at = self._clock()
        try:
            complaint = self.check()
        except (ConnectionFailedError, RefusedError):
            return  # a server without a trail, or none at the moment: following says what there is to say
        if complaint:
            self._tell(complaint)

    def check(self) -> str:
        """What is wrong with the hub's trail, in words; "" if nothing is."""
        known = self._load()
        content = self._connection.resource(_RESOURCE, "" if known is None else f"?since={known.checkpoint.size}")
        try:
            name, public = parse_verifier_key(str(content.get("key")) if known is None else known.key)
            later = open_note(str(content.get("checkpoint")), name, public)
            if known is None:
                self._keep(str(content["key"]), str(content["checkpoint"]))
                return ""
            extended = extends(known.checkpoint, later, self._digests(known.checkpoint, later, content))
        except MalformedError as error:
            return self._complaint(f"{error}")
        if not extended:
            sizes = f"it had {known.checkpoint.size} entries and has {later.size} now"
            return self._complaint(f"its audit trail does not go on from what this machine saw ({sizes})")
        if later.size > known.checkpoint.size:
            self._keep(known.key, str(content["checkpoint"]))
        return ""

    def _digests(self, earlier: Checkpoint, later: Checkpoint, content: dict[str, Any]) -> list[bytes]:
        """The digests of the entries between the two; further ones are asked for."""
        digests: list[bytes] = []
        count = later.size - earlier.size
        for _ in range(_ANSWERS_MOST):
            some = _decoded(content.get("digests"))
            digests += some
            if len(digests) >= count or not some:
                break
            content = self._connection.resource(_RESOURCE, f"?since={earlier.size + len(digests)}")
        return digests[: max(0, count)]

    def _complaint(self, why: str) -> str:
        return (
            f"THE HUB'S HISTORY MAY HAVE BEEN CHANGED: {one_line(why)}. Tell its operator and the other members, by "
            f"telephone; once it is explained, remove {self._file} to begin again"
        )

    def _load(self) -> _Known | None:
        try:
            text = self._file.read_text("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError):
            text = ""
        try:
            values = json.loads(text)
            name, public = parse_verifier_key(values["key"])
            return _Known(values["key"], values["note"], open_note(values["note"], name, public))
        except (ValueError, LookupError, TypeError, AttributeError, HubError):
            raise ConfigurationError(
                f"{self._file}: this is no checkpoint that was kept of a hub, or a damaged one: remove it to begin again"
            ) from None

    def _keep(self, key: str, note: str) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(self._file, json.dumps({"key": key, "note": note}, ensure_ascii=False).encode())


def _decoded(texts: Any) -> list[bytes]:
    if texts is None:
        return []
    try:
        return [base64.b64decode(text, validate=True) for text in texts]
    except (binascii.Error, TypeError, ValueError):
        raise MalformedError("the digests beside its checkpoint cannot be read") from None
