"""Send objects to a collection, and report the result for each.

1. Sort definitions, identities and observables first, so that the hub has them before the objects that name them.
2. Divide the objects into envelopes that the hub accepts: not longer than its max_content_length, and with at most
   ENVELOPE_OBJECTS objects.
3. Send one envelope after another. If the hub still refuses one as too large, halve it, down to the object that causes it.
4. Read the status of each envelope until it is complete; together they make the receipt.

Sending the same objects again is safe: the hub counts an object that it already has as a success.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from hub.errors import ConnectionFailedError, MalformedError, RefusedError, TooLargeError, UnprocessableError
from hub.notebook import table
from hub.pages.texts import gettext, ngettext
from hub.producer.bundles import StixDict, encoded, in_sending_order
from hub.producer.connection import HubConnection
from hub.taxii import protocol
from hub.taxii.resources import CollectionResource, StatusResource

ENVELOPE_OBJECTS: Final = 1000  # in one envelope: a broken connection loses little work, and a status stays readable
_SHOWN_REMARKS: Final = 20  # of one receipt
_HEAD: Final = b'{"objects":['
_TAIL: Final = b"]}"

Progress = Callable[[int, int], None]
"""Called with (finished objects, all objects) after each envelope."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An object that the hub refused, with the hub's reason."""

    id: str
    version: str
    reason: str


@dataclass(frozen=True, slots=True)
class Remark:
    """The hub's remark on an accepted object, for example about its readers, or about readers who lose access."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The result for the objects that were sent: each is in one of the three tuples, or counted in `pending`."""

    collection: str  # its title
    successes: tuple[str, ...] = ()  # ids of objects that the hub accepted
    repeats: tuple[str, ...] = ()  # ids of objects that the hub already had
    failures: tuple[Failure, ...] = ()
    pending: int = 0  # objects that the hub has not decided on yet
    statuses: tuple[str, ...] = ()  # ids of the status resources, for questions to the hub's operator
    remarks: tuple[Remark, ...] = ()  # on accepted objects and repeats

    @property
    def total(self) -> int:
        """How many objects were sent."""
        return len(self.successes) + len(self.repeats) + len(self.failures) + self.pending

    @property
    def complete(self) -> bool:
        """Whether the hub now has every object."""
        return not self.failures and not self.pending

    def in_words(self) -> str:
        """A sentence with the counts, a line for each refused object, and a line for each remark."""
        counts = [gettext("{n} taken").format(n=len(self.successes))]
        counts += [gettext("{n} held already").format(n=len(self.repeats))] if self.repeats else []
        counts += [gettext("{n} refused").format(n=len(self.failures))] if self.failures else []
        counts += [gettext("{n} not decided yet").format(n=self.pending)] if self.pending else []
        sentence = ngettext(
            "{n} object for {collection}: {counts}.", "{n} objects for {collection}: {counts}.", self.total
        )
        lines = [sentence.format(n=self.total, collection=repr(self.collection), counts=", ".join(counts))]
        refusal = gettext("refused: {object}: {reason}")
        lines += ["  " + refusal.format(object=failure.id, reason=failure.reason) for failure in self.failures]
        lines += self._remarks_in_words()
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """The HTML that a notebook shows."""
        outcomes = [(failure.id, "refused", failure.reason) for failure in self.failures]
        outcomes += [(remark.id, "taken", remark.text) for remark in self.remarks]
        return table(self.in_words().partition("\n")[0], ("object", "outcome", "why"), outcomes)

    def _remarks_in_words(self) -> list[str]:
        """The remarks as lines; equal remarks on several objects are one line."""
        objects: dict[str, list[str]] = {}
        for remark in self.remarks:
            objects.setdefault(remark.text, []).append(remark.id)
        note, plural = gettext("note: {object}: {text}"), gettext("{n} objects")
        lines = [
            "  " + note.format(object=ids[0] if len(ids) == 1 else plural.format(n=len(ids)), text=text)
            for text, ids in objects.items()
        ]
        more = len(lines) - _SHOWN_REMARKS
        if more <= 0:
            return lines
        remainder = gettext("and {n} more notes; see the status of the request").format(n=more)
        return [*lines[:_SHOWN_REMARKS], f"  {remainder}"]

    def as_dict(self) -> dict[str, Any]:
        """The receipt as JSON values."""
        return {
            "collection": self.collection,
            "successes": list(self.successes),
            "repeats": list(self.repeats),
            "failures": [
                {"id": failure.id, "version": failure.version, "reason": failure.reason} for failure in self.failures
            ],
            "pending": self.pending,
            "statuses": list(self.statuses),
            "remarks": [{"id": remark.id, "text": remark.text} for remark in self.remarks],
        }


def parse_receipt(values: Mapping[str, Any]) -> Receipt:
    """The receipt from the values of `as_dict`. LookupError or TypeError for other values."""
    return Receipt(
        collection=values["collection"],
        successes=tuple(values["successes"]),
        repeats=tuple(values["repeats"]),
        failures=tuple(Failure(failure["id"], failure["version"], failure["reason"]) for failure in values["failures"]),
        pending=values["pending"],
        statuses=tuple(values["statuses"]),
        remarks=tuple(Remark(remark["id"], remark["text"]) for remark in values.get("remarks", ())),
    )


def join_receipts(receipts: Sequence[Receipt]) -> Receipt:
    """One receipt for several bundles in the same collection."""
    return Receipt(
        collection=receipts[0].collection,
        successes=tuple(identifier for receipt in receipts for identifier in receipt.successes),
        repeats=tuple(identifier for receipt in receipts for identifier in receipt.repeats),
        failures=tuple(failure for receipt in receipts for failure in receipt.failures),
        pending=sum(receipt.pending for receipt in receipts),
        statuses=tuple(status for receipt in receipts for status in receipt.statuses),
        remarks=tuple(remark for receipt in receipts for remark in receipt.remarks),
    )


def publish(
    connection: HubConnection,
    collection: CollectionResource,
    objects: Iterable[StixDict],
    *,
    progress: Progress | None = None,
    envelope_objects: int = ENVELOPE_OBJECTS,
) -> Receipt:
    """Send the objects; return when the hub has decided on all of them, or after its time limit.

    ConnectionFailedError if the hub stays out of reach: some envelopes may have arrived, so send all of them again.
    UnauthenticatedError, ForbiddenError and NotFoundError as the hub answers; refusals of objects are in the receipt.
    """
    connection.must_write(collection)
    # (1)
    ordered = in_sending_order(objects)
    max_bytes = connection.max_content_length()
    # (2)
    tally = _Tally(collection.title, len(ordered), progress)
    for batch in _batches(ordered, max_bytes, envelope_objects):
        # (3)
        for part, outcome in _send(connection, collection, batch, max_bytes):
            # (4)
            tally.add(part, outcome)
    return tally.receipt()


@dataclass(frozen=True, slots=True)
class _Item:
    """An object with its JSON."""

    id: str
    version: str
    body: bytes


def _batches(objects: Sequence[StixDict], max_bytes: int, max_objects: int) -> Iterator[list[_Item]]:
    batch: list[_Item] = []
    size = len(_HEAD) + len(_TAIL)
    for item in objects:
        body = encoded(item)
        if batch and (len(batch) >= max_objects or size + len(body) + 1 > max_bytes):
            yield batch
            batch, size = [], len(_HEAD) + len(_TAIL)
        version = item.get("modified") or item.get("created") or ""
        batch.append(_Item(str(item.get("id", "")), str(version), body))
        size += len(body) + 1
    if batch:
        yield batch


def _send(
    connection: HubConnection, collection: CollectionResource, batch: list[_Item], max_bytes: int
) -> Iterator[tuple[list[_Item], StatusResource | str]]:
    """Send a batch, in halves if necessary; yield each part with its status, or with the reason why the whole part failed."""
    envelope = _HEAD + b",".join(item.body for item in batch) + _TAIL
    if len(envelope) > max_bytes:  # a single object, since larger batches are cut to fit
        yield batch, f"with {len(envelope)} bytes it is over the {max_bytes} bytes that the hub takes in one request"
        return
    try:
        yield batch, connection.add(collection, envelope)
    except (TooLargeError, UnprocessableError) as error:
        if len(batch) == 1:
            yield batch, str(error)
            return
        middle = len(batch) // 2
        yield from _send(connection, collection, batch[:middle], max_bytes)
        yield from _send(connection, collection, batch[middle:], max_bytes)
    except MalformedError as error:
        yield batch, str(error)
    except RefusedError as error:
        if type(error) is not RefusedError:  # credentials, rights or addresses, and no object, are the cause
            raise
        yield batch, str(error)


class _Tally:
    """Collects the results of envelopes into a receipt."""

    def __init__(self, title: str, total: int, progress: Progress | None) -> None:
        self.title = title
        self.total = total
        self.progress = progress
        self.finished = 0
        self.successes: list[str] = []
        self.repeats: list[str] = []
        self.failures: list[Failure] = []
        self.pending = 0
        self.statuses: list[str] = []
        self.remarks: list[Remark] = []

    def add(self, part: list[_Item], outcome: StatusResource | str) -> None:
        """Add the result of one envelope."""
        if isinstance(outcome, str):
            self.failures += [Failure(item.id, item.version, outcome) for item in part]
        else:
            self._add_status(part, outcome)
        self.finished += len(part)
        if self.progress is not None:
            self.progress(self.finished, self.total)

    def _add_status(self, part: list[_Item], status: StatusResource) -> None:
        count = status.success_count + status.failure_count + status.pending_count
        if count != len(part):
            raise ConnectionFailedError(
                f"{len(part)} objects were sent to {self.title!r}, and the hub's status {status.id} has {count}: "
                "send them again, and tell the hub's operator"
            )
        self.statuses.append(status.id)
        self.pending += status.pending_count
        ids = [(detail.id, detail.message or "") for detail in status.successes]
        if len(ids) != status.success_count:  # the lists are optional (TAXII 2.1, 4.3.1)
            failed_ids = {detail.id for detail in status.failures}
            ids = [(item.id, "") for item in part if item.id not in failed_ids][: status.success_count]
        self.repeats += [identifier for identifier, message in ids if message.startswith(protocol.HELD_ALREADY)]
        self.successes += [identifier for identifier, message in ids if not message.startswith(protocol.HELD_ALREADY)]
        texts = ((identifier, message.removeprefix(protocol.HELD_ALREADY).strip()) for identifier, message in ids)
        self.remarks += [Remark(identifier, text) for identifier, text in texts if text]
        failures = [
            Failure(detail.id, detail.version, detail.message or "the hub gives no reason")
            for detail in status.failures
        ]
        unnamed = status.failure_count - len(failures)
        failures += [Failure("an object", "", f"the hub does not say which; its status is {status.id}")] * unnamed
        self.failures += failures

    def receipt(self) -> Receipt:
        """The receipt of all envelopes so far."""
        return Receipt(
            collection=self.title,
            successes=tuple(self.successes),
            repeats=tuple(self.repeats),
            failures=tuple(self.failures),
            pending=self.pending,
            statuses=tuple(self.statuses),
            remarks=tuple(self.remarks),
        )
