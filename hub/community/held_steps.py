"""The stored steps, in the form that the protocol's rules need (`protocol.steps.ProtocolState`), for the sender of one HTTP request.

The steps of an incident are read once, when the first step about it is judged; accepted steps of the same HTTP request are
added as if they were stored. So the cost grows with the number of steps that are sent, and not with its square.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hub.community.index import BoardIndex, View, current_steps, is_visible, visible_versions
from hub.protocol.labels import ANSWERS, Say
from hub.protocol.steps import Step, asked_members
from hub.sharing.catalogue import Collection


class CurrentSteps:
    """The steps about one incident that are not revoked."""

    def __init__(self, steps: Iterable[Step]) -> None:
        self._steps: dict[str, Step] = {}
        self._acknowledgements: dict[str, set[str]] = {}  # member -> its notes
        self._answers: dict[tuple[str, str], dict[str, Say]] = {}  # request, member -> notes in order
        for step in steps:
            self.add(step)

    def add(self, step: Step) -> None:
        """Add a step, or remove it if it is revoked."""
        if step.revoked:
            if (old_step := self._steps.get(step.id)) is not None:
                self._acknowledgements.get(old_step.member, set()).discard(old_step.id)
                self._answers.get((old_step.request, old_step.member), {}).pop(old_step.id, None)
        elif step.id not in self._steps:
            self._steps[step.id] = step
            if step.says is Say.ACKNOWLEDGED:
                self._acknowledgements.setdefault(step.member, set()).add(step.id)
            elif step.says in ANSWERS:
                self._answers.setdefault((step.request, step.member), {})[step.id] = step.says

    def has_acknowledged(self, member: str) -> bool:
        """Whether the member has acknowledged the incident."""
        return bool(self._acknowledgements.get(member))

    def answer(self, request: str, member: str) -> Say | None:
        """The member's latest answer to the request."""
        answers = self._answers.get((request, member))
        return answers[next(reversed(answers))] if answers else None


class HeldSteps:
    """Implements `protocol.steps.ProtocolState`. Call it only while holding the index's lock."""

    def __init__(
        self,
        index: BoardIndex,
        view: View,
        collection: Collection,
        new_reporters: Mapping[str, str],
        members: Sequence[str],
    ) -> None:
        """`collection`: to which the steps are sent; `new_reporters`: incident -> reporter, for incidents in the same envelope."""
        self._index = index
        self._view = view
        self._collection = collection
        self._new_reporters = new_reporters
        self._members = members
        self._current_steps: dict[str, CurrentSteps] = {}
        self._visibility: dict[str, tuple[str | None, frozenset[str]]] = {}  # incident -> reporter, readers
        self._new_steps: dict[str, Step] = {}
        self._open_requests: dict[str, set[str]] = {}

    def add(self, step: Step) -> None:
        """Add an accepted step, so that the steps after it are judged as if it were stored."""
        self._new_steps[step.id] = step
        self._steps_of(step.incident).add(step)
        if step.says is Say.OPEN:
            requests = self._requests(step.member)
            (requests.discard if step.revoked else requests.add)(step.id)

    def reporter(self, incident: str) -> str | None:
        """See `protocol.steps.ProtocolState`."""
        return (
            self._new_reporters[incident]
            if incident in self._new_reporters
            else self._reporter_and_readers(incident)[0]
        )

    def readers(self, incident: str) -> frozenset[str]:
        """See `protocol.steps.ProtocolState`."""
        readers = self._reporter_and_readers(incident)[1]
        if incident in self._new_reporters:
            readers |= self._collection.readers
        return readers & self._collection.readers

    def has_acknowledged(self, incident: str, member: str) -> bool:
        """See `protocol.steps.ProtocolState`."""
        return self._steps_of(incident).has_acknowledged(member)

    def step(self, note: str) -> Step | None:
        """See `protocol.steps.ProtocolState`."""
        if note in self._new_steps:
            return self._new_steps[note]
        statements = self._index.steps.get(note, ())
        return next((version.step for version in reversed(statements) if is_visible(version, self._view)), None)

    def answer(self, request: str, member: str) -> Say | None:
        """See `protocol.steps.ProtocolState`."""
        step = self.step(request)
        return None if step is None else self._steps_of(step.incident).answer(request, member)

    def open_requests(self, member: str) -> int:
        """How many requests of a member still lack an answer, about incidents that are not closed."""
        return len(self._requests(member))

    def _requests(self, member: str) -> set[str]:
        if member not in self._open_requests:
            requests = self._index.requests.get(member, {})
            self._open_requests[member] = {note for note, step in requests.items() if self._is_open(step)}
        return self._open_requests[member]

    def _is_open(self, request: Step) -> bool:
        incident = self._index.incidents.get(request.incident)
        if incident is None or not incident.versions:
            return False
        last = max(incident.versions, key=lambda version: version.place)
        if last.revoked or last.status == "closed":
            return False
        members = asked_members(request, self._members, self._index.member_by_identity)
        current = self._steps_of(request.incident)
        return any(current.answer(request.id, member) is None for member in members)

    def _steps_of(self, incident: str) -> CurrentSteps:
        if incident not in self._current_steps:
            entry = self._index.incidents.get(incident)
            statements = current_steps(entry.steps, self._view) if entry is not None else []
            self._current_steps[incident] = CurrentSteps(version.step for version in statements)
        return self._current_steps[incident]

    def _reporter_and_readers(self, incident: str) -> tuple[str | None, frozenset[str]]:
        if incident not in self._visibility:
            entry = self._index.incidents.get(incident)
            versions = visible_versions(entry, self._view) if entry is not None else []
            reporter = None if not versions or versions[-1].revoked else versions[0].author
            readers: frozenset[str] = frozenset()
            self._visibility[incident] = (
                reporter,
                readers.union(*(self._index.readers(collection) for collection in {v.collection for v in versions})),
            )
        return self._visibility[incident]
