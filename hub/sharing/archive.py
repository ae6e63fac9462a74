"""Archives: what `hub export` writes and `hub import` reads, one JSON value a line, so that archives of any size stream.

    {"hub_archive": 1, …}                    first line; with the signing secret if the whole hub is exported
    {"account": {…}}                         an account: hashes only
    {"fact": "…", "key": "…", "value": "…"}  a fact: a delivery, a confirmation, a reminder, a drill
    {"status": {…}}                          a status resource that has not expired, and when it does
    {"collection": "…", "head": …}           a collection begins: the last place that it ever used
    {"record": {…}, "object": {…}}           one version of one object, with its place
    {"archive_end": 4711}                    last line: the number of lines before it, so that a truncated file is noticed

Archives of forms 1 and 2 were written by a hub that recognised fewer ways to state a level: each of their records is judged
by today's rules before it is restored (`hub.sharing.relevel`). The records of
later forms contain their levels; they are read once more (`hub.sharing.reread`), since an older version may have written them.

An import keeps all places and the secret, and needs empty collections: clients' cursors and `next` tokens stay valid (law
L8). A client can still get its status after a move, for as long as before.
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
from hub.sharing.relevel import Rules, rehearse, with_levels
from hub.sharing.reread import forget_reading, reread
from hub.stix.envelope import parse_json
from hub.stix.identifiers import DEFINITION_TYPES
from hub.stix.references import references
from hub.stix.tlp import TLP
from hub.store.base import Store
from hub.store.records import HIDDEN, NOBODY, UNKNOWN_SOURCE, AccountRow, Record, Status
from hub.store.sqlite.rehearsal import Rehearsal

# Increases when the lines change. Older forms are also read: 1 had no statuses, 2 no sources of levels, 3 no last line.
FORM: Final = 4
# Clients' cursors may contain places that were used after the export. Those are near the clock of that time, at most a bulk
# load ahead of it, so a restored collection continues at least an hour after now.
AHEAD: Final = 3600 * 1000  # milliseconds
FORM_WITH_LEVELS: Final = 3  # from this form on, records have the sources of their levels
_FORM_WITH_END: Final = 4
_END: Final = "archive_end"
_END_BYTES: Final = 100  # more than the last line has
_MAGIC: Final = b'{"hub_archive":'
_COLLECTION: Final = b'{"collection":'
_LIMITS: Final = Limits()


def write_archive(
    store: Store, collections: Iterable[Collection], *, secret: bytes | None, made_at: int, fact_kinds: Sequence[str]
) -> Iterator[bytes]:
    """The lines of an archive; the last one has their number. For the arguments see `_contents`."""
    count = 0
    for line in _contents(store, collections, secret=secret, made_at=made_at, fact_kinds=fact_kinds):
        count += 1
        yield line
    yield _line({_END: count})


def _contents(
    store: Store, collections: Iterable[Collection], *, secret: bytes | None, made_at: int, fact_kinds: Sequence[str]
) -> Iterator[bytes]:
    """All lines except the last. With a `secret` the whole hub is exported: accounts, facts and statuses, too.

    `fact_kinds` are the kinds of facts to export; facts that are about this store only are not exported.
    """
    header: dict[str, Any] = {"hub_archive": FORM, "made_at": made_at}
    if secret is not None:
        header["secret"] = secret.hex()
    yield _line(header)
    if secret is not None:
        for account in store.list_accounts():
            yield _line({"account": asdict(account)})
        for kind in fact_kinds:
            for fact in store.facts(kind):
                yield _line({"fact": kind, "key": fact.key, "value": fact.value.decode()})
        # before the collections: each object that a status reports as added is then among the records
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


def read_archive(  # noqa: PLR0913 - target, source, and the rules for old records
    store: Store,
    catalogue: Catalogue,
    path: Path,
    *,
    now: int,
    fact_kinds: Sequence[str],
    limits: Limits = _LIMITS,
    progress: Callable[[int, int], None] = lambda _read, _total: None,
) -> Iterator[str]:
    """Restore an archive, collection by collection; yield a sentence on each. `progress` gets the bytes read and the total.

    UnprocessableError if a collection already contains objects (that collection is then not changed), MalformedError if a
    line cannot be read.
    """
    with ExitStack() as open_values:
        file = _with_progress(open_values.enter_context(path.open("rb")), path.stat().st_size, progress)
        lines = _Lines(path, file, fact_kinds)
        header = next(lines, None)
        if header is None or header.get("hub_archive") not in range(1, FORM + 1):
            raise MalformedError(f"{path}: this is no archive that this version of the hub reads.")
        has_end = header["hub_archive"] >= _FORM_WITH_END
        if has_end and not _has_last_line(path):
            raise MalformedError(
                f"{path}: its last line is not that of an archive: a part is missing, or something was added. Export it again, or "
                "use another copy."
            )
        extras, value = _read_extras(lines)
        forget_reading(store)  # first, so that `hub init` reads the records if this import is interrupted
        rehearsal: Rehearsal | None = None
        if header["hub_archive"] < FORM_WITH_LEVELS:
            rehearsal = open_values.enter_context(closing(Rehearsal()))
            rehearse(rehearsal, Rules(catalogue, limits, now, {}), _records_by_collection(path, catalogue))
        while value is not None and _END not in value:
            name, head = lines.beginning(value)
            collection = catalogue.by_id(name)
            if collection is None:
                raise MalformedError(
                    f"{path}: line {lines.number}: collection {name} ({value.get('name')}) is not declared here: "
                    "declare it first, with that id."
                )
            _make_room(store, collection.id)
            records = lines.records(collection.id)
            if rehearsal is not None:
                records = with_levels(records, rehearsal.judgements(collection.id), collection)
            count = store.restore(collection.id, max(head, now + AHEAD), records)
            yield f"{collection.root}/{collection.alias}: {count} objects, each at its own place"
            value = lines.next_value
        if has_end and value is not None and value[_END] != lines.number - 1:
            raise MalformedError(
                f"{path}: {value[_END]} lines were written, and it has {lines.number - 1}: lines are missing."
            )
        for result in reread(store, catalogue):
            yield (
                f"{result.collection.root}/{result.collection.alias}: levels that the hub which wrote the archive did not read: "
                f"{result.raised_count} objects have a higher level, {result.hidden_count} are hidden"
            )
        # last, so that an archive that is refused changes nobody's key
        yield from _restore_extras(store, extras, path)
        if "secret" in header:
            store.put_secret(lines.secret(header))
            yield "the signing secret: restored, so readers' next tokens stay valid"


def _has_last_line(path: Path) -> bool:
    """Whether the last line of the file is the last line of an archive."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _END_BYTES))
        last_line = file.read().rpartition(b"\n{")[2]
    return last_line.startswith(f'"{_END}":'.encode()) and last_line.endswith(b"}\n")


def _records_by_collection(path: Path, catalogue: Catalogue) -> dict[str, Iterator[Record]]:
    """One iterator over the records of each declared collection: they are judged together, in the order of time."""
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
class _Extras:
    """What an archive contains before the first collection."""

    accounts: list[AccountRow]
    facts: dict[str, dict[str, bytes]]  # by kind and key
    lines_before: int  # lines before the first status; statuses are read again, since they may not fit into memory


def _read_extras(lines: _Lines) -> tuple[_Extras, dict[str, Any] | None]:
    """Read accounts, facts and statuses; return them and the line after them."""
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
    lines_before = lines.number - 1
    while value is not None and "status" in value:
        lines.status(value)  # raises if it cannot be read, before anything is changed
        value = next(lines, None)
    return _Extras(accounts, facts, lines_before), value


def _restore_extras(store: Store, extras: _Extras, path: Path) -> Iterator[str]:
    deleted_names = deleted_accounts(store)
    for account in extras.accounts:
        if account.name not in deleted_names:  # deleted since the export: its credentials stay deleted
            store.put_account(account)
    if extras.accounts:
        yield f"{len(extras.accounts)} accounts, with their passwords and keys"
    for kind, facts in extras.facts.items():
        if facts:
            store.put_facts(kind, facts)
            yield f"{len(facts)} notes of kind {kind}"
    with path.open("rb") as file:
        status_count = store.put_statuses(_Lines(path, file, ()).statuses(extras.lines_before))
    if status_count:
        yield f"{status_count} statuses of requests that have not expired"


def _make_room(store: Store, collection: str) -> None:
    """Remove what `hub init` added, if the collection has nothing else: the archive has it at the place that readers know."""
    ids: dict[str, None] = {}
    for record in store.records(collection):
        if record.publishers != (NOBODY,):
            return  # `restore` reports that the collection is not empty
        ids[record.id] = None
    for object_id in ids:
        store.delete(collection, object_id, NOBODY, TLP.RED)


def is_archive(path: Path) -> bool:
    """Whether the file begins like an archive; MalformedError if it cannot be read at all."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        raise MalformedError(f"{path}: this file cannot be read: {error.strerror}.") from None


def object_lists(path: Path) -> list[list[Any]]:
    """The lists of objects in a bundle, an envelope, or a medallion data file (there, one for each collection)."""
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
    """The marking and extension definitions and the members' identities, as one bundle that tools can import."""
    contents = {content["id"]: content for collection in catalogue for content in definitions(catalogue, collection)}
    sorted_contents = sorted(contents.values(), key=lambda content: content["type"] not in DEFINITION_TYPES)
    name = uuid.uuid5(uuid.NAMESPACE_URL, ",".join(sorted(contents)))  # the same objects get the same bundle id
    return {"type": "bundle", "id": f"bundle--{name}", "objects": sorted_contents}


def _with_progress(lines: Iterable[bytes], total: int, progress: Callable[[int, int], None]) -> Iterator[bytes]:
    read_bytes = 0
    for line in lines:
        read_bytes += len(line)
        yield line
        progress(read_bytes, total)


class _Lines(Iterator[dict[str, Any]]):
    """The lines of an archive as JSON objects. `next_value` has the line after a collection's records."""

    def __init__(self, path: Path, lines: Iterable[bytes], fact_kinds: Sequence[str], number: int = 0) -> None:
        self.fact_kinds = fact_kinds  # kinds of facts that it may contain
        self._path = path
        self._lines = iter(lines)
        self.number = number  # of lines that were read
        self.next_value: dict[str, Any] | None = None

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
        self.next_value = None
        for value in self:
            if "record" not in value:
                self.next_value = value
                return
            with self._read():
                record = _record(collection, value)
            yield record

    def account(self, value: dict[str, Any]) -> AccountRow:
        """The account in a line."""
        with self._read():
            row = value["account"]
            return AccountRow(**{**row, "key_hashes": tuple(row["key_hashes"])})

    def fact(self, value: dict[str, Any]) -> tuple[str, str, bytes]:
        """(kind, key, value) of the fact in a line; ValueError for a kind that this version does not know."""
        with self._read():
            kind = value["fact"]
            if kind not in self.fact_kinds:
                raise ValueError(kind)
            return kind, str(value["key"]), value["value"].encode()

    def statuses(self, lines_before: int) -> Iterator[Status]:
        """The statuses that follow after `lines_before` lines."""
        for value in islice(self, lines_before, None):
            if "status" not in value:
                return
            yield self.status(value)

    def status(self, value: dict[str, Any]) -> Status:
        """The status in a line."""
        with self._read():
            fields = value["status"]
            if type(fields["kept_at"]) is not int:
                raise TypeError("kept_at is no whole number")
            return Status(**{**fields, "body": fields["body"].encode()})

    def beginning(self, value: dict[str, Any]) -> tuple[str, int]:
        """(id, last place ever used) of the collection that begins with this line."""
        with self._read():
            return str(value["collection"]), int(value["head"])

    def secret(self, header: dict[str, Any]) -> bytes:
        """The signing secret in the first line."""
        with self._read():
            return bytes.fromhex(header["secret"])

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
        "reached": record.lowest_level,
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
    if wrong_names := [name for name in numbers if type(fields[name]) is not int]:
        raise TypeError(f"{wrong_names[0]} is no whole number")
    if not 0 <= fields["level"] <= HIDDEN:
        raise ValueError(f"{fields['level']} is no level")
    lowest_level = fields.pop("reached")
    body = orjson.dumps(value["object"])
    refs = references(value["object"], body)
    return Record(
        **{**fields, "publishers": tuple(fields["publishers"]), "digest": bytes.fromhex(fields["digest"])},
        collection=collection,
        body=body,
        lowest_level=lowest_level,
        named_ids=refs.named_ids,
        contained_ids=refs.contained_ids,
        described_id=refs.described_id,
    )


def _line(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value) + b"\n"
