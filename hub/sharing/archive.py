"""Archives: what `hub export` writes and `hub import` reads, one JSON value a line, so that any size streams.

    {"hub_archive": 1, …}                    first line; with the signing secret where the whole hub is exported
    {"account": {…}}                         an account: hashes only
    {"fact": "…", "key": "…", "value": "…"}  what was delivered, confirmed, reminded of, or played as a drill
    {"status": {…}}                          a status resource that still answers, and until when
    {"collection": "…", "head": …}           a collection begins: the last place that it ever gave out
    {"record": {…}, "object": {…}}           one version of one object, with its place
    {"archive_end": 4711}                    last line: how many come before it, so that no part is taken for the whole

Archives of forms 1 and 2 were written by a hub that took levels in fewer words: each of their records is judged by the
rules of today before it is put back (`hub.sharing.relevel`).

Places come back as they were, into empty collections only, and the secret with them: readers' checkpoints and `next`
tokens stay good (law L8). A client that asks for its status after a move gets it as before, for as long as before.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import orjson

from hub.errors import MalformedError
from hub.settings import Limits
from hub.sharing.catalogue import Catalogue, Collection
from hub.sharing.credentials import deleted_accounts
from hub.sharing.definitions import definitions
from hub.sharing.relevel import Rules, levelled, rehearse
from hub.stix.envelope import parse_json
from hub.stix.identifiers import DEFINITION_TYPES
from hub.stix.references import references
from hub.stix.tlp import TLP
from hub.store.base import Store
from hub.store.records import HIDDEN, NOBODY, UNKNOWN_SOURCE, AccountRow, Record, Status
from hub.store.sqlite.rehearsal import Rehearsal

# Rises when the lines change; older ones are read, too: 1 had no statuses, 2 no sources of levels, 3 no last line.
FORM: Final = 4
# Places given out after the archive was made are in readers' checkpoints. They lie near the clock of that time, ahead of
# it by a bulk load at most, so a restored collection goes on beyond an hour from now.
AHEAD: Final = 3600 * 1000  # milliseconds
FORM_WITH_LEVELS: Final = 3  # from this form on, records tell where their levels come from
_FORM_WITH_END: Final = 4
_END: Final = "archive_end"
_END_BYTES: Final = 100  # more than the last line has
_MAGIC: Final = b'{"hub_archive":'
_COLLECTION: Final = b'{"collection":'
_LIMITS: Final = Limits()


def write_archive(
    store: Store, collections: Iterable[Collection], *, secret: bytes | None, made_at: int, fact_kinds: Sequence[str]
) -> Iterator[bytes]:
    """The lines of an archive, the last one with their number; arguments as `_contents` has them."""
    count = 0
    for line in _contents(store, collections, secret=secret, made_at=made_at, fact_kinds=fact_kinds):
        count += 1
        yield line
    yield _line({_END: count})


def _contents(
    store: Store, collections: Iterable[Collection], *, secret: bytes | None, made_at: int, fact_kinds: Sequence[str]
) -> Iterator[bytes]:
    """All lines but the last; with the secret, and what is kept beside the objects, where the whole hub moves.

    `fact_kinds` are the kinds of facts that move; those of one store alone are not among them.
    """
    head: dict[str, Any] = {"hub_archive": FORM, "made_at": made_at}
    if secret is not None:
        head["secret"] = secret.hex()
    yield _line(head)
    if secret is not None:
        for account in store.list_accounts():
            yield _line({"account": asdict(account)})
        for kind in fact_kinds:
            for fact in store.facts(kind):
                yield _line({"fact": kind, "key": fact.key, "value": fact.value.decode()})
        # before the collections: what a status says was added is among the records that are read after it
        for status in store.statuses():
            yield _line({"status": asdict(status) | {"body": status.body.decode()}})
    for collection in collections:
        yield _line(
            {
                "collection": collection.id,
                "name": f"{collection.root}/{collection.alias}",
                "head": store.head(collection.id),
            }
        )
        for record in store.records(collection.id):
            yield _record_line(record)


def read_archive(  # noqa: PLR0913 - where to, from where, and by what it is judged
    store: Store,
    catalogue: Catalogue,
    path: Path,
    *,
    now: int,
    fact_kinds: Sequence[str],
    limits: Limits = _LIMITS,
    progress: Callable[[int, int], None] = lambda _read, _total: None,
) -> Iterator[str]:
    """Restore an archive, collection by collection; yields a sentence on each. `progress` is told the bytes read, of how many.

    UnprocessableError where a collection holds anything already (nothing of that collection is then changed),
    MalformedError where a line cannot be read.
    """
    with ExitStack() as open_values:
        file = _watched(open_values.enter_context(path.open("rb")), path.stat().st_size, progress)
        lines = _Lines(path, file, fact_kinds)
        head = next(lines, None)
        if head is None or head.get("hub_archive") not in range(1, FORM + 1):
            raise MalformedError(f"{path}: this is no archive that this version of the hub reads.")
        has_end = head["hub_archive"] >= _FORM_WITH_END
        if has_end and not _ends(path):
            raise MalformedError(
                f"{path}: its last line is not that of an archive: a part is missing, or something was added. Export it again, or "
                "take another copy."
            )
        beside, value = _read_beside(lines)
        rehearsal: Rehearsal | None = None
        if head["hub_archive"] < FORM_WITH_LEVELS:
            rehearsal = open_values.enter_context(closing(Rehearsal()))
            rehearse(rehearsal, Rules(catalogue, limits, now, {}), _records_by_collection(path, catalogue))
        while value is not None and _END not in value:
            name, last = lines.beginning(value)
            collection = catalogue.by_id(name)
            if collection is None:
                raise MalformedError(
                    f"{path}: line {lines.number}: collection {name} ({value.get('name')}) is not declared here: "
                    "declare it first, with that id."
                )
            _make_room(store, collection.id)
            records = lines.records(collection.id)
            if rehearsal is not None:
                records = levelled(records, rehearsal.judged(collection.id), collection)
            count = store.restore(collection.id, max(last, now + AHEAD), records)
            yield f"{collection.root}/{collection.alias}: {count} objects, each at its own place"
            value = lines.waiting
        if has_end and value is not None and value[_END] != lines.number - 1:
            raise MalformedError(
                f"{path}: {value[_END]} lines were written, and {lines.number - 1} are in it: lines are missing."
            )
        # last, so that an archive that is refused changes nobody's key
        yield from _put_beside(store, beside, path)
        if "secret" in head:
            store.put_secret(lines.secret(head))
            yield "the signing secret: taken over, so readers' next tokens stay good"


def _ends(path: Path) -> bool:
    """Whether the last line is the one that ends an archive."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END_BYTES))
        last = file.read().rpartition(b"\n{")[2]
    return last.startswith(f'"{_END}":'.encode()) and last.endswith(b"}\n")


def _records_by_collection(path: Path, catalogue: Catalogue) -> dict[str, Iterator[Record]]:
    """The records of each declared collection, read by itself: to judge them, all go side by side in the order of time."""
    beginnings: dict[str, tuple[int, int]] = {}  # (bytes, lines) before its first record
    with path.open("rb") as file:
        offset = 0
        for number, line in enumerate(file, 1):
            offset += len(line)
            if line.startswith(_COLLECTION):
                name = orjson.loads(line).get("collection")
                if isinstance(name, str) and catalogue.by_id(name) is not None:
                    beginnings[name] = offset, number
    return {name: _records_after(path, name, *beginning) for name, beginning in beginnings.items()}


def _records_after(path: Path, collection: str, offset: int, number: int) -> Iterator[Record]:
    with path.open("rb") as file:
        file.seek(offset)
        yield from _Lines(path, file, (), number).records(collection)


@dataclass(frozen=True, slots=True)
class _Beside:
    """What stands in an archive before the first collection."""

    accounts: list[AccountRow]
    facts: dict[str, dict[str, bytes]]  # by kind and key
    before: int  # lines before the first status: there may be more statuses than fit into memory


def _read_beside(lines: _Lines) -> tuple[_Beside, dict[str, Any] | None]:
    """What is kept beside the objects, and the line behind it."""
    accounts: list[AccountRow] = []
    facts: dict[str, dict[str, bytes]] = {kind: {} for kind in lines.fact_kinds}
    value = next(lines, None)
    while value is not None and "account" in value:
        accounts.append(lines.account(value))
        value = next(lines, None)
    while value is not None and "fact" in value:
        kind, key, text = lines.fact(value)
        facts[kind][key] = text
        value = next(lines, None)
    before = lines.number - 1
    while value is not None and "status" in value:
        lines.status(value)  # one that cannot be read is told before anything is changed
        value = next(lines, None)
    return _Beside(accounts, facts, before), value


def _put_beside(store: Store, beside: _Beside, path: Path) -> Iterator[str]:
    deleted = deleted_accounts(store)
    for account in beside.accounts:
        if account.name not in deleted:  # here, since the archive was written: its credentials stay forgotten
            store.put_account(account)
    if beside.accounts:
        yield f"{len(beside.accounts)} accounts, with the passwords and keys that they had"
    for kind, facts in beside.facts.items():
        if facts:
            store.put_facts(kind, facts)
            yield f"{len(facts)} notes of kind {kind}"
    with path.open("rb") as file:
        put = store.put_statuses(_Lines(path, file, ()).statuses(beside.before))
    if put:
        yield f"{put} statuses of requests, for those who still ask"


def _make_room(store: Store, collection: str) -> None:
    """Take out what `hub init` put there, if there is nothing else: the archive brings it, where readers met it."""
    ids: dict[str, None] = {}
    for record in store.records(collection):
        if record.publishers != (NOBODY,):
            return  # and `restore` says that the collection is not empty
        ids[record.id] = None
    for object_id in ids:
        store.delete(collection, object_id, NOBODY, TLP.RED)


def is_archive(path: Path) -> bool:
    """Whether the file begins as archives do; MalformedError where it cannot be read at all."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        raise MalformedError(f"{path}: this file cannot be read: {error.strerror}.") from None


def object_lists(path: Path) -> list[list[Any]]:
    """The lists of objects in a bundle, an envelope, or a medallion data file (one per collection of its)."""
    root = parse_json(path.read_bytes())
    if isinstance(root, dict) and isinstance(root.get("objects"), list):
        return [root["objects"]]
    if isinstance(root, dict):
        api_roots = [value for value in root.values() if isinstance(value, dict)]
        collections = [c for api_root in api_roots for c in api_root.get("collections", ()) if isinstance(c, dict)]
        if collections:
            return [c["objects"] for c in collections if isinstance(c.get("objects"), list) and c["objects"]]
    raise MalformedError(f"{path}: this is no bundle, envelope, archive or medallion data file.")


def definitions_bundle(catalogue: Catalogue) -> dict[str, Any]:
    """The marking and extension definitions, and the members' identities, as one bundle: for tools to import."""
    contents = {content["id"]: content for collection in catalogue for content in definitions(catalogue, collection)}
    ordered = sorted(contents.values(), key=lambda content: content["type"] not in DEFINITION_TYPES)
    name = uuid.uuid5(uuid.NAMESPACE_URL, ",".join(sorted(contents)))  # the same content makes the same bundle
    return {"type": "bundle", "id": f"bundle--{name}", "objects": ordered}


def _watched(lines: Iterable[bytes], total: int, progress: Callable[[int, int], None]) -> Iterator[bytes]:
    read = 0
    for line in lines:
        read += len(line)
        yield line
        progress(read, total)


class _Lines(Iterator[dict[str, Any]]):
    """The lines of an archive as JSON objects; the one that ends a collection's records waits for the caller."""

    def __init__(self, path: Path, lines: Iterable[bytes], fact_kinds: Sequence[str], number: int = 0) -> None:
        self.fact_kinds = fact_kinds  # those that may stand in it
        self._path = path
        self._lines = iter(lines)
        self.number = number  # of lines that were read
        self.waiting: dict[str, Any] | None = None

    def __next__(self) -> dict[str, Any]:
        line = next(self._lines)
        self.number += 1
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise MalformedError(
                f"{self._path}: line {self.number} is not JSON ({error}); is the file whole?"
            ) from None
        if not isinstance(value, dict):
            raise MalformedError(f"{self._path}: line {self.number} is no JSON object.")
        return value

    def records(self, collection: str) -> Iterator[Record]:
        self.waiting = None
        for value in self:
            if "record" not in value:
                self.waiting = value
                return
            with self._read():
                record = _record(collection, value)
            yield record

    def account(self, value: dict[str, Any]) -> AccountRow:
        """The account that a line tells."""
        with self._read():
            row = value["account"]
            return AccountRow(**{**row, "key_hashes": tuple(row["key_hashes"])})

    def fact(self, value: dict[str, Any]) -> tuple[str, str, bytes]:
        """(kind, key, value) of what a line notes; only of kinds that this version keeps."""
        with self._read():
            kind = value["fact"]
            if kind not in self.fact_kinds:
                raise ValueError(kind)
            return kind, str(value["key"]), value["value"].encode()

    def statuses(self, before: int) -> Iterator[Status]:
        """The statuses that stand after so many lines."""
        for value in islice(self, before, None):
            if "status" not in value:
                return
            yield self.status(value)

    def status(self, value: dict[str, Any]) -> Status:
        """The status that a line tells."""
        with self._read():
            fields = value["status"]
            if type(fields["kept_at"]) is not int:
                raise TypeError("kept_at is no whole number")
            return Status(**{**fields, "body": fields["body"].encode()})

    def beginning(self, value: dict[str, Any]) -> tuple[str, int]:
        """(id, last place ever given out) of the collection that begins with this line."""
        with self._read():
            return str(value["collection"]), int(value["head"])

    def secret(self, head: dict[str, Any]) -> bytes:
        """The signing secret in the first line."""
        with self._read():
            return bytes.fromhex(head["secret"])

    @contextmanager
    def _read(self) -> Iterator[None]:
        try:
            yield
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise MalformedError(
                f"{self._path}: line {self.number} is not as the hub writes it ({error}); was the file changed?"
            ) from None


def _record_line(record: Record) -> bytes:
    fields = {
        "place": record.place,
        "id": record.id,
        "type": record.type,
        "version": record.version,
        "version_text": record.version_text,
        "level": record.level,
        "source": record.source,
        "reached": record.reached,
        "owner": record.owner,
        "publishers": record.publishers,
        "revoked": record.revoked,
        "accepted_at": record.accepted_at,
        "digest": record.digest.hex(),
    }  # fmt: skip - one field after the other, as the record has them
    return b"".join((b'{"record":', orjson.dumps(fields), b',"object":', record.body, b"}\n"))


def _record(collection: str, value: dict[str, Any]) -> Record:
    fields = {"source": UNKNOWN_SOURCE, "reached": value["record"]["level"], **value["record"]}
    numbers = ("place", "version", "level", "reached", "accepted_at")
    if wrong := [name for name in numbers if type(fields[name]) is not int]:
        raise TypeError(f"{wrong[0]} is no whole number")
    if not 0 <= fields["level"] <= HIDDEN:
        raise ValueError(f"{fields['level']} is no level")
    body = orjson.dumps(value["object"])
    refs = references(value["object"], body)
    return Record(
        **{**fields, "publishers": tuple(fields["publishers"]), "digest": bytes.fromhex(fields["digest"])},
        collection=collection,
        body=body,
        names=refs.names,
        contains=refs.contains,
        describes=refs.describes,
    )


def _line(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value) + b"\n"
