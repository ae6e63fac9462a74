"""What the hub does for the members' CERTs beyond TAXII: the board, the directory, and the check of the joint protocol's steps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from hub.community.board import Board, OpenIncidents, view_of
from hub.community.entry import Entry, Overdue
from hub.community.held_steps import HeldSteps
from hub.community.index import BoardIndex, View, board_selection, has_steps, is_visible
from hub.community.ledger import Ledger
from hub.errors import ForbiddenError
from hub.protocol.labels import STEP_PREFIXES, Say, may_be_step
from hub.protocol.notes import parse_step
from hub.protocol.steps import Step, refusal
from hub.settings import Limits
from hub.sharing import access, gate
from hub.sharing.catalogue import ApiRoot, Catalogue, Collection
from hub.sharing.events import CollectionView
from hub.sharing.members import Account, AccountKind, Member
from hub.stix.timestamps import format_place
from hub.stix.tlp import TLP
from hub.store.base import Store
from hub.store.batch import Candidate

CONFIRMED: Final = "confirmed"  # kind of facts with the time at which a member last confirmed its contact
CONFIRMED_DAYS: Final = 90  # after which a contact counts as not confirmed
_DAY: Final = 24 * 3600 * 1000  # milliseconds
_STEP_MARKS: Final = tuple(prefix.encode() for prefix in STEP_PREFIXES)  # a note without any of them is no step


class Community:
    """The board, the directory and the check of steps for all API roots. Safe for several threads."""

    def __init__(self, store: Store, catalogue: Catalogue, clock: Callable[[], int], limits: Limits) -> None:
        self._store = store
        self._limits = limits
        self._catalogue = catalogue
        self._clock = clock
        self._lock = threading.Lock()
        self._indexes: dict[str, BoardIndex] = {}
        self._boards: dict[str, Board] = {}
        self._board_selection = board_selection(catalogue)
        self.ledger = Ledger(store, clock)

    # --- the board ------------------------------------------------------------------------------------------------

    def board(self, account: Account | None, root: str, page: int = 1) -> bytes:
        """A page of an API root's board as JSON. ForbiddenError unless the account is the national CERT of one of its members."""
        reader, api_root = self._must_be_cert(account, root)
        return self._board(api_root).as_json(view_of(reader, api_root), self._head_fields(reader, api_root), page)

    def open_incidents(self, account: Account | None, root: str, *, max_age_milliseconds: int = 0) -> OpenIncidents:
        """All incidents that the board shows to this reader; ForbiddenError as for the board.

        The result may be `max_age_milliseconds` old.
        """
        reader, api_root = self._must_be_cert(account, root)
        head_fields = self._head_fields(reader, api_root)
        return self._board(api_root).open_incidents(
            view_of(reader, api_root), head_fields, max_age_milliseconds=max_age_milliseconds
        )

    def board_views(self, account: Account | None, root: str) -> tuple[CollectionView, ...]:
        """The views in which a new record changes this reader's board, to listen to; ForbiddenError as for the board."""
        reader, api_root = self._must_be_cert(account, root)
        levels = view_of(reader, api_root).items()
        return tuple(CollectionView(collection, TLP(level), self._board_selection) for collection, level in levels)

    def _head_fields(self, reader: Account, root: ApiRoot) -> dict[str, Any]:
        """The fields at the head of a board: its reader's member, and the members whose contacts were not confirmed lately."""
        confirmed_at = self._confirmation_times()
        stale_members = [code for code in root.members if self._is_stale(confirmed_at.get(code))]
        return {"member": reader.member, "unconfirmed": stale_members}

    def incident(self, account: Account | None, root: str, incident: str) -> dict[str, Any] | None:
        """The board's entry for one incident, open or closed (field `open`); None if the reader may not see the incident.

        ForbiddenError as for the board.
        """
        reader, api_root = self._must_be_cert(account, root)
        entries, _ = self._board(api_root).incidents(view_of(reader, api_root), [incident])
        return entries[0] if entries else None

    def reported_since(self, account: Account | None, root: str, since: int) -> list[Entry]:
        """The incidents that came at `since` (milliseconds since 1970) or later, open or closed; ForbiddenError as for the board."""
        reader, api_root = self._must_be_cert(account, root)
        return self._board(api_root).reported_since(view_of(reader, api_root), since)

    def reports_of(self, account: Account | None, root: str, incident: str) -> tuple[str, ...]:
        """The ids of the reports about an incident that this account may see; for accounts of every kind (law L5)."""
        api_root = gate.find_root(self._catalogue, account, root)
        levels = {collection.id: access.readable_level(account, collection) for collection in api_root.collections}
        view = {collection: int(level) for collection, level in levels.items() if level is not None}
        index = self._index(api_root)
        with index.lock:
            index.refresh()
            entry = index.incidents.get(incident)
            stages = () if entry is None else tuple(stage for stage in entry.stages if is_visible(stage, view))
        return tuple(dict.fromkeys(stage.report for stage in sorted(stages, key=lambda stage: stage.place)))

    def overdue(self, root: ApiRoot) -> list[Overdue]:
        """Every deadline that has passed, at all levels: for the reminders."""
        return self._board(root).overdue(self._full_view(root))

    def incidents(self, root: ApiRoot, incident_ids: Sequence[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """These incidents and their statistics, at all levels: for the report of a drill."""
        return self._board(root).incidents(self._full_view(root), incident_ids)

    def prepare(self) -> None:
        """Fill the boards: with 10,000 incidents that takes seconds, and no reader should have to wait for it."""
        for root in self._catalogue.roots.values():
            board = self._board(root)
            for code in root.members:  # most members have the same view, which is computed once
                board.overdue(view_of(Account("", AccountKind.CERT, code), root))

    def _full_view(self, root: ApiRoot) -> View:
        return dict.fromkeys((collection.id for collection in root.collections), int(TLP.RED))

    def _index(self, root: ApiRoot) -> BoardIndex:
        with self._lock:
            if root.name not in self._indexes:
                self._indexes[root.name] = BoardIndex(self._store, self._catalogue, root)
            return self._indexes[root.name]

    def _board(self, root: ApiRoot) -> Board:
        index = self._index(root)
        with self._lock:
            if root.name not in self._boards:
                self._boards[root.name] = Board(index, root, self._catalogue, self._clock)
            return self._boards[root.name]

    # --- the directory --------------------------------------------------------------------------------------------

    def contacts(self, account: Account | None, root: str) -> bytes:
        """The members' points of contact as JSON, with duty lines; only for the members' national CERTs."""
        reader, api_root = self._must_be_cert(account, root)
        confirmed_at = self._confirmation_times()
        rows = [self._contact(self._catalogue.members[code], confirmed_at.get(code)) for code in api_root.members]
        return orjson.dumps(
            {"api_root": api_root.name, "exercise": api_root.exercise, "member": reader.member, "contacts": rows}
        )

    def confirm(self, account: Account | None, root: str) -> bytes:
        """Note that a member's CERT confirmed its declared contact; return the contact as JSON."""
        reader, _ = self._must_be_cert(account, root)
        assert reader.member is not None  # a CERT has one
        now = self._clock()
        self._store.put_facts(CONFIRMED, {reader.member: str(now).encode()})
        return orjson.dumps(self._contact(self._catalogue.members[reader.member], now))

    def _contact(self, member: Member, confirmed_at: int | None) -> dict[str, Any]:
        return {
            "member": member.code,
            "country": member.country,
            "cert": member.cert,
            "identity": member.identity,
            "role": member.role.value,
            "contact": member.contact,
            "duty_line": member.duty_line,
            "time_zone": member.time_zone,
            "languages": list(member.languages),
            "pgp_fingerprint": member.pgp_fingerprint or None,
            "confirmed_at": None if confirmed_at is None else format_place(confirmed_at),
            "confirmed": not self._is_stale(confirmed_at),
        }

    def _confirmation_times(self) -> dict[str, int]:
        facts = self._store.facts(CONFIRMED)
        return {fact.key: moment for fact in facts if (moment := fact.milliseconds) is not None}

    def _is_stale(self, confirmed_at: int | None) -> bool:
        return confirmed_at is None or self._clock() - confirmed_at > CONFIRMED_DAYS * _DAY

    # --- steps of the joint protocol ------------------------------------------------------------------------------

    def refused_steps(
        self, account: Account, collection: Collection, candidates: Sequence[Candidate]
    ) -> Mapping[int, str]:
        """The steps of the joint protocol that are not allowed, by their index in the envelope, each with the reason.

        `candidates` passed all other checks. Each is judged as if the ones before it were stored: a member may report an
        incident and ask for help in one envelope.

        Two requests at the same time may each pass and both be stored, such as two acknowledgements of one member, since this
        check runs before the store's lock is taken. It does no harm: the board counts the first one of each kind.
        """
        if not has_steps(collection):
            return {}
        contents = {
            candidate.index: content
            for candidate in candidates
            if candidate.type == "note" and any(mark in candidate.body for mark in _STEP_MARKS)
            if may_be_step((content := orjson.loads(candidate.body)).get("labels"))
        }
        if not contents:
            return {}
        root = self._catalogue.roots[collection.root]
        index = self._index(root)
        refusals: dict[int, str] = {}
        with index.lock:
            index.refresh()
            held_steps = HeldSteps(index, view_of(account, root), collection, _reporters(candidates), root.members)
            for candidate in candidates:
                if candidate.index not in contents:
                    continue
                if held_steps.step(candidate.id) is not None and _is_repeat(index, candidate, collection.id):
                    continue  # the exact repeat is a success (law L2)
                step = parse_step(contents[candidate.index], self._catalogue.member_by_identity)
                if step is None:
                    continue  # malformed: the collection's profiles decide about it
                is_new = held_steps.step(step.id) is None
                reason = refusal(
                    step,
                    held_steps,
                    members=root.members,
                    member_by_identity=self._catalogue.member_by_identity,
                    now=self._clock(),
                )
                reason = reason or (self._over_quota(step, held_steps) if is_new else "")
                if reason:
                    refusals[candidate.index] = reason
                else:
                    held_steps.add(step)
        return refusals

    def _over_quota(self, step: Step, held_steps: HeldSteps) -> str:
        """Why the member may open no further request. Each one causes reminders, so their number is limited (law L9)."""
        max_requests = self._limits.open_requests
        if step.says is not Say.OPEN or held_steps.open_requests(step.member) < max_requests:
            return ""
        return (
            f"Your member has {max_requests} requests open, which is the limit: revoke those that are settled (revoked: true), or "
            "close their incidents, then send this one again."
        )

    def _must_be_cert(self, account: Account | None, name: str) -> tuple[Account, ApiRoot]:
        root = gate.find_root(self._catalogue, account, name)
        if account is None:
            raise gate.no_credentials()
        if account.kind is not AccountKind.CERT or account.member not in root.members:
            raise ForbiddenError("This is for the national CERTs of the members.")
        return account, root


def _reporters(candidates: Sequence[Candidate]) -> dict[str, str]:
    """The incidents in the same envelope that are not revoked, with the member that reports each."""
    return {
        candidate.id: candidate.owner
        for candidate in candidates
        if candidate.type == "incident" and not candidate.revoked
    }


def _is_repeat(index: BoardIndex, candidate: Candidate, collection: str) -> bool:
    return any(
        version.collection == collection and version.version == candidate.version
        for version in index.steps.get(candidate.id, ())
    )
