"""The steps in the store, in the form that the protocol's rules ask for (`protocol.steps.Held`), for one request's sender.

Each incident is looked through once, when the first step about it is judged; a step of the same request that may be taken
is added as if it were held. So the cost grows with the number of steps that are sent, and not with its square.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hub.community.index import BoardIndex, View, standing, visible, visible_versions
from hub.protocol.labels import ANSWERS, Say
from hub.protocol.steps import Step, asked_members
from hub.sharing.catalogue import Collection


class StandingSteps:
    """The steps about one incident that were not taken back."""

    def __init__(self, steps: Iterable[Step]) -> None:
        self._steps: dict[str, Step] = {}
        self._acknowledgements: dict[str, set[str]] = {}  # member -> its notes
        self._answers: dict[tuple[str, str], dict[str, Say]] = {}  # request, member -> notes in order
        for step in steps:
            self.add(step)

    def add(self, step: Step) -> None:
        """Take a step, or take it back where it is revoked."""
        if step.revoked:
            if (before := self._steps.get(step.id)) is not None:
                self._acknowledgements.get(before.member, set()).discard(before.id)
                self._answers.get((before.request, before.member), {}).pop(before.id, None)
        elif step.id not in self._steps:
            self._steps[step.id] = step
            if step.says is Say.ACKNOWLEDGED:
                self._acknowledgements.setdefault(step.member, set()).add(step.id)
            elif step.says in ANSWERS:
                self._answers.setdefault((step.request, step.member), {})[step.id] = step.says

    def acknowledged(self, member: str) -> bool:
        """Whether the member has acknowledged the incident."""
        return bool(self._acknowledgements.get(member))

    def answer(self, request: str, member: str) -> Say | None:
        """The member's latest answer to the request."""
        answers = self._answers.get((request, member))
        return answers[next(reversed(answers))] if answers else None


class HeldSteps:
    """Implements `protocol.steps.Held`. Ask only while holding the index's lock."""

    def __init__(
        self, index: BoardIndex, view: View, collection: Collection, reported: Mapping[str, str], members: Sequence[str]
    ) -> None:
        """`collection` is where the steps are published, `reported` the incidents of the same request with their reporters."""
        self._index = index
        self._view = view
        self._here = collection
        self._reported = reported
        self._members = members
        self._standing: dict[str, StandingSteps] = {}
        self._seen: dict[str, tuple[str | None, frozenset[str]]] = {}  # incident -> reporter, readers
        self._added: dict[str, Step] = {}
        self._open_requests: dict[str, set[str]] = {}

    def add(self, step: Step) -> None:
        """A step of this request that may be taken: those behind it are judged as if it were held."""
        self._added[step.id] = step
        self._about(step.incident).add(step)
        if step.says is Say.OPEN:
            requests = self._requests(step.member)
            (requests.discard if step.revoked else requests.add)(step.id)

    def reporter(self, incident: str) -> str | None:
        """See `protocol.steps.Held`."""
        return self._reported[incident] if incident in self._reported else self._of(incident)[0]

    def readers(self, incident: str) -> frozenset[str]:
        """See `protocol.steps.Held`."""
        readers = self._of(incident)[1]
        if incident in self._reported:
            readers |= self._here.readers
        return readers & self._here.readers

    def acknowledged(self, incident: str, member: str) -> bool:
        """See `protocol.steps.Held`."""
        return self._about(incident).acknowledged(member)

    def step(self, note: str) -> Step | None:
        """See `protocol.steps.Held`."""
        if note in self._added:
            return self._added[note]
        statements = self._index.steps.get(note, ())
        return next((version.step for version in reversed(statements) if visible(version, self._view)), None)

    def answer(self, request: str, member: str) -> Say | None:
        """See `protocol.steps.Held`."""
        step = self.step(request)
        return None if step is None else self._about(step.incident).answer(request, member)

    def open_requests(self, member: str) -> int:
        """How many requests of a member still wait for an answer, about incidents that are not closed."""
        return len(self._requests(member))

    def _requests(self, member: str) -> set[str]:
        if member not in self._open_requests:
            requests = self._index.requests.get(member, {})
            self._open_requests[member] = {note for note, step in requests.items() if self._waits(step)}
        return self._open_requests[member]

    def _waits(self, request: Step) -> bool:
        incident = self._index.incidents.get(request.incident)
        if incident is None or not incident.versions:
            return False
        last = max(incident.versions, key=lambda version: version.place)
        if last.revoked or last.status == "closed":
            return False
        members = asked_members(request, self._members, self._index.member_by_identity)
        about = self._about(request.incident)
        return any(about.answer(request.id, member) is None for member in members)

    def _about(self, incident: str) -> StandingSteps:
        if incident not in self._standing:
            entry = self._index.incidents.get(incident)
            statements = standing(entry.steps, self._view) if entry is not None else []
            self._standing[incident] = StandingSteps(version.step for version in statements)
        return self._standing[incident]

    def _of(self, incident: str) -> tuple[str | None, frozenset[str]]:
        if incident not in self._seen:
            entry = self._index.incidents.get(incident)
            versions = visible_versions(entry, self._view) if entry is not None else []
            reporter = None if not versions or versions[-1].revoked else versions[0].author
            readers: frozenset[str] = frozenset()
            self._seen[incident] = (
                reporter,
                readers.union(*(self._index.readers(collection) for collection in {v.collection for v in versions})),
            )
        return self._seen[incident]
