"""The outbox: a folder where bundles wait until the hub has them. A crash at any point neither loses nor repeats one.

    outbox/
    ├── 1763800000123-4f0c….json       waiting; the name gives the order
    ├── sent/      the same file, when the hub has every object in it, and its receipt (….receipt.json)
    └── refused/   the same file, when the hub refused an object in it, and its receipt with the reasons

1. `put` writes a bundle as one file: first under another name, then synced and renamed. After that it cannot get lost.
2. A process has the lock while it sends, so two processes never send one file at the same time.
3. Files are sent completely and in their order; if the hub is out of reach, the round ends and the files stay.
4. The receipt is written before the file is moved: after a crash in between the file is sent again. Objects that the hub
   already has then count as a success (TAXII 2.1, 5.5), and nothing is stored twice.

A file is sent only to the hub for which it was put, so that a bundle of a drill never reaches another hub.
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
from hub.producer.publish import Failure, Progress, Receipt, parse_receipt, publish

SENT: Final = "sent"
REFUSED: Final = "refused"
_RECEIPT: Final = ".receipt.json"
_NAME: Final = re.compile(r"\d{13,}-[0-9a-f]{16}\.json")
_FORM: Final = 1  # of the files
_MILLISECOND: Final = 1_000_000  # nanoseconds
LOCK_SECONDS: Final = 600.0  # for which one process waits until another has finished its round


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A file in the outbox."""

    name: str
    hub: str  # the address of its hub
    to: str  # the name of the collection, as given to `put`
    source: str  # its origin, for people: a file's name, a report's id
    objects: Sequence[StixDict]


@dataclass(frozen=True, slots=True)
class OutboxDelivery:
    """The result for one bundle: its file is in `sent/` or, if `refused`, in `refused/`. Without an outbox `name` is ""."""

    name: str
    source: str
    receipt: Receipt
    refused: bool


class Outbox:
    """The outbox in a folder, which the first `put` creates. `clock` returns nanoseconds since 1970."""

    def __init__(self, folder: Path, *, clock: Callable[[], int] = time.time_ns) -> None:
        self.folder = folder
        self._clock = clock

    def __repr__(self) -> str:
        return f"Outbox({str(self.folder)!r})"

    def put(self, objects: Sequence[StixDict], *, hub: str, to: str, source: str = "") -> str:
        """Store a bundle for the collection `to` of the hub at the address `hub`; return the name of its file.

        When this returns, the bundle is on disk and survives a power failure.
        """
        # (1)
        head = json.dumps({"form": _FORM, "hub": hub, "to": to, "source": source}, ensure_ascii=False)
        body = b",\n".join(encoded(item) for item in objects)
        # after all waiting files, even if the clock was set back
        latest = max((int(name.partition("-")[0]) for name in self.waiting()), default=0)
        name = f"{max(self._clock() // _MILLISECOND, latest + 1):013d}-{secrets.token_hex(8)}.json"
        try:
            write_atomically(self.folder / name, head[:-1].encode() + b', "objects": [\n' + body + b"\n]}\n")
        except OSError as error:
            raise ProducerError(f"{self.folder}: the bundle cannot be kept here: {error.strerror}") from None
        return name

    def waiting(self) -> list[str]:
        """The names of the waiting files, in their order."""
        return _names(self.folder)

    def refused(self) -> list[str]:
        """The names of the files in which the hub refused an object, in their order."""
        return _names(self.folder / REFUSED)

    def entry(self, name: str) -> OutboxEntry:
        """A waiting or refused file. ReadingError if it is damaged, or if there is none."""
        path = self._path(name)
        try:
            return _entry(name, json.loads(path.read_bytes()))
        except (ValueError, LookupError, TypeError):
            raise ReadingError(f"{path}: the file is damaged; publish its bundle again") from None
        except OSError as error:
            raise ReadingError(f"{path}: {error.strerror}") from None

    def delivery(self, name: str) -> OutboxDelivery | None:
        """The result for a file; None while it waits."""
        for subfolder in (SENT, REFUSED):
            folder = self.folder / subfolder
            if (folder / name).exists() and not (self.folder / name).exists():
                try:
                    values = json.loads((folder / (name + _RECEIPT)).read_bytes())
                    return OutboxDelivery(name, values["source"], parse_receipt(values), subfolder == REFUSED)
                except (OSError, ValueError, LookupError, TypeError):
                    raise ReadingError(f"{folder / (name + _RECEIPT)}: the receipt is gone or damaged") from None
        return None

    def send(
        self, connection: HubConnection, *, progress: Progress | None = None, lock_seconds: float = LOCK_SECONDS
    ) -> Iterator[OutboxDelivery]:
        """Send all waiting files for this connection's hub; yield the result for each file when it has left the outbox.

        ConnectionFailedError or UnauthenticatedError ends the round: the remaining files stay. BusyError if another process
        sends for longer than `lock_seconds`.
        """
        busy = f"another process is sending from {self.folder}; what waits there is not lost"
        # (2)
        if not self.folder.is_dir():
            return
        with locked(self.folder / ".lock", busy, wait_seconds=lock_seconds):
            names = self.waiting()
            if names:
                _ = connection.root_url  # find out whether the hub answers before a file is blamed
            # (3)
            for name in names:
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
        """Send all waiting files for this connection's hub; yield the result for each.

        The results always include those for `names`, even if another process sent these files. ConnectionFailedError says
        how many files still wait.
        """
        missing = dict.fromkeys(names)
        try:
            for delivery in self.send(connection, progress=progress):
                missing.pop(delivery.name, None)
                yield delivery
        except ConnectionFailedError as error:
            raise ConnectionFailedError(f"{error}. {self._waiting_message()}") from None
        for name in missing:
            earlier_delivery = self.delivery(name)
            if earlier_delivery is None:
                raise ReadingError(f"{self.folder / name}: the file has disappeared from the outbox; publish it again")
            yield earlier_delivery

    def retry(self, name: str) -> None:
        """Move a refused file back to the waiting ones, to its old place in the order."""
        with self._locked():
            self.entry(name)
            self._move(self.folder / REFUSED / name, self.folder / name)

    def discard(self, name: str) -> None:
        """Delete a waiting or refused file."""
        with self._locked():
            self._path(name).unlink(missing_ok=True)
            (self.folder / REFUSED / (name + _RECEIPT)).unlink(missing_ok=True)

    def _waiting_message(self) -> str:
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
            raise  # not because of the file
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
