"""The outbox: a folder where bundles wait until the hub has them. A crash at any point neither loses nor doubles one.

    outbox/
    ├── 1763800000123-4f0c….json       waiting; the name is the order
    ├── sent/      the same file, when the hub holds every object of it, and its receipt (….receipt.json)
    └── refused/   the same file, when the hub refused something of it, and its receipt, with the reasons

1. A bundle is put as one file: written beside, synced, renamed. From here on it is not lost.
2. A process holds the lock while it sends: two processes never send one file at the same time.
3. Files go in their order, each whole; the first that meets a hub out of reach ends the round, and waits on.
4. The receipt is written, then the file is moved: after a crash before the move the file is sent again, and what the
   hub holds already is a success (TAXII 2.1, 5.5) and nothing is there twice.

A file goes only to the hub that it was put for, whatever hub this round is for: a drill's bundle stays a drill's.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hub.errors import ConnectionFailedError, ProducerError, ReadingError, RefusedError, UnauthenticatedError
from hub.home.files import sync_folder, write_atomically
from hub.home.locks import locked
from hub.producer.bundles import StixDict, encoded
from hub.producer.connection import HubConnection
from hub.producer.publish import Failure, Progress, Receipt, publish, receipt_from

SENT: Final = "sent"
REFUSED: Final = "refused"
_RECEIPT: Final = ".receipt.json"
_NAME: Final = re.compile(r"\d{13,}-[0-9a-f]{16}\.json")
_FORM: Final = 1  # of the files
_MILLISECOND: Final = 1_000_000  # nanoseconds
LOCK_SECONDS: Final = 600.0  # that one process waits for another to finish its round


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A file in the outbox."""

    name: str
    hub: str  # the address that it is for
    to: str  # the collection, as it was named
    source: str  # where it came from, for people: a file's name, a report's id
    objects: Sequence[StixDict]


@dataclass(frozen=True, slots=True)
class OutboxDelivery:
    """What became of one bundle: its file is in `sent/` or, where `refused`, in `refused/`. Without an outbox `name` is ""."""

    name: str
    source: str
    receipt: Receipt
    refused: bool


class Outbox:
    """The outbox in a folder, which is made at the first `put`. `clock` returns nanoseconds since 1970."""

    def __init__(self, folder: Path, *, clock: Callable[[], int] = time.time_ns) -> None:
        self.folder = folder
        self._clock = clock

    def __repr__(self) -> str:
        return f"Outbox({str(self.folder)!r})"

    def put(self, objects: Sequence[StixDict], *, hub: str, to: str, source: str = "") -> str:
        """Keep a bundle for the collection `to` of the hub at the address `hub`; the name of its file.

        When this returns, the bundle is on disk and outlasts a power cut.
        """
        # (1)
        head = json.dumps({"form": _FORM, "hub": hub, "to": to, "source": source}, ensure_ascii=False)
        body = b",\n".join(encoded(item) for item in objects)
        # later than all that waits, even where the clock was set back
        latest = max((int(name.partition("-")[0]) for name in self.waiting()), default=0)
        name = f"{max(self._clock() // _MILLISECOND, latest + 1):013d}-{secrets.token_hex(8)}.json"
        try:
            write_atomically(self.folder / name, head[:-1].encode() + b', "objects": [\n' + body + b"\n]}\n")
        except OSError as error:
            raise ProducerError(f"{self.folder}: the bundle cannot be kept here: {error.strerror}") from None
        return name

    def waiting(self) -> list[str]:
        """The names of the files that wait, in their order."""
        return _names(self.folder)

    def refused(self) -> list[str]:
        """The names of the files of which the hub refused something, in their order."""
        return _names(self.folder / REFUSED)

    def entry(self, name: str) -> OutboxEntry:
        """A file that waits or was refused. ReadingError where it is damaged, or there is none."""
        path = self._path(name)
        try:
            return _entry(name, json.loads(path.read_bytes()))
        except (ValueError, LookupError, TypeError):
            raise ReadingError(f"{path}: the file is damaged; publish its bundle again") from None
        except OSError as error:
            raise ReadingError(f"{path}: {error.strerror}") from None

    def delivery(self, name: str) -> OutboxDelivery | None:
        """What became of a file; None while it waits."""
        for place in (SENT, REFUSED):
            folder = self.folder / place
            if (folder / name).exists() and not (self.folder / name).exists():
                try:
                    values = json.loads((folder / (name + _RECEIPT)).read_bytes())
                    return OutboxDelivery(name, values["source"], receipt_from(values), place == REFUSED)
                except (OSError, ValueError, LookupError, TypeError):
                    raise ReadingError(f"{folder / (name + _RECEIPT)}: the receipt is gone or damaged") from None
        return None

    def send(
        self, connection: HubConnection, *, progress: Progress | None = None, lock_seconds: float = LOCK_SECONDS
    ) -> Iterator[OutboxDelivery]:
        """Send what waits for this connection's hub; yield each file when it has left the outbox.

        ConnectionFailedError or UnauthenticatedError ends the round: the rest waits on. BusyError where another process
        is at it for longer than `lock_seconds`.
        """
        busy = f"another process is sending from {self.folder}; what waits there is not lost"
        # (2)
        if not self.folder.is_dir():
            return
        with locked(self.folder / ".lock", busy, wait_seconds=lock_seconds):
            waiting = self.waiting()
            if waiting:
                _ = connection.root_url  # a hub that is not there is no file's fault: find out before the first
            # (3)
            for name in waiting:
                try:
                    entry = self.entry(name)
                except ReadingError as error:
                    yield self._settle(name, "", _refusal("", str(error)), refused=True)
                    continue
                if entry.hub == connection.url:
                    yield self._send(connection, entry, progress)

    def deliver(
        self, connection: HubConnection, names: Sequence[str], *, progress: Progress | None = None
    ) -> Iterator[OutboxDelivery]:
        """Send what waits for this connection's hub, and yield what became of each file.

        Those of `names` are always among them, also where another process held the lock and sent them. ConnectionFailedError
        says how many files wait on.
        """
        missing = dict.fromkeys(names)
        try:
            for delivery in self.send(connection, progress=progress):
                missing.pop(delivery.name, None)
                yield delivery
        except ConnectionFailedError as error:
            raise ConnectionFailedError(f"{error}. {self._waiting_in_words()}") from None
        for name in missing:
            settled = self.delivery(name)
            if settled is None:
                raise ReadingError(f"{self.folder / name}: the file has disappeared from the outbox; publish it again")
            yield settled

    def retry(self, name: str) -> None:
        """Let a refused file wait again, in its old place in the order."""
        with self._locked():
            self.entry(name)
            self._move(self.folder / REFUSED / name, self.folder / name)

    def discard(self, name: str) -> None:
        """Delete a file that waits or was refused."""
        with self._locked():
            self._path(name).unlink(missing_ok=True)
            (self.folder / REFUSED / (name + _RECEIPT)).unlink(missing_ok=True)

    def _waiting_in_words(self) -> str:
        count = len(self.waiting())
        files = "1 file waits" if count == 1 else f"{count} files wait"
        return f"{files} in {self.folder}, and nothing is lost: `hub outbox send` sends them"

    def _locked(self) -> Any:
        return locked(
            self.folder / ".lock", f"another process is sending from {self.folder}; try again when it is done"
        )

    def _path(self, name: str) -> Path:
        if _NAME.fullmatch(name) is not None:
            for path in (self.folder / name, self.folder / REFUSED / name):
                if path.exists():
                    return path
        raise ReadingError(f"{self.folder}: no file {name!r} waits here, and none was refused")

    def _send(self, connection: HubConnection, entry: OutboxEntry, progress: Progress | None) -> OutboxDelivery:
        try:
            receipt = publish(connection, connection.collection(entry.to), entry.objects, progress=progress)
        except UnauthenticatedError:
            raise  # the file is not the cause
        except RefusedError as error:
            return self._settle(entry.name, entry.source, _refusal(entry.to, str(error)), refused=True)
        if receipt.pending:
            raise ConnectionFailedError(
                f"the hub has yet to decide on {receipt.pending} of the objects of {entry.source or entry.name}; "
                "they wait in the outbox: send them again later"
            )
        return self._settle(entry.name, entry.source, receipt, refused=bool(receipt.failures))

    def _settle(self, name: str, source: str, receipt: Receipt, *, refused: bool) -> OutboxDelivery:
        # (4)
        folder = self.folder / (REFUSED if refused else SENT)
        record = {"source": source, **receipt.as_dict()}
        text = json.dumps(record, ensure_ascii=False, indent=1) + "\n"
        try:
            write_atomically(folder / (name + _RECEIPT), text.encode("utf-8", "replace"))
        except OSError as error:
            raise ProducerError(f"{folder}: the receipt cannot be written here: {error.strerror}") from None
        self._move(self.folder / name, folder / name)
        return OutboxDelivery(name, source, receipt, refused)

    def _move(self, path: Path, target: Path) -> None:
        try:
            path.replace(target)
        except OSError as error:
            raise ProducerError(f"{path}: cannot be moved to {target.parent}: {error.strerror}") from None
        sync_folder(target.parent)
        sync_folder(path.parent)


def _entry(name: str, values: Any) -> OutboxEntry:
    objects = values["objects"]
    if not isinstance(objects, list) or not all(isinstance(item, dict) for item in objects):
        raise TypeError
    return OutboxEntry(name, values["hub"], values["to"], values["source"], objects)


def _names(folder: Path) -> list[str]:
    try:
        return sorted((path.name for path in folder.iterdir() if _NAME.fullmatch(path.name)), key=_order)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ProducerError(f"{folder}: {error.strerror}") from None


def _order(name: str) -> tuple[int, str]:
    return int(name.partition("-")[0]), name


def _refusal(collection: str, reason: str) -> Receipt:
    """The receipt of a file that was refused as a whole."""
    return Receipt(collection=collection, failures=(Failure("the whole bundle", "", reason),))
