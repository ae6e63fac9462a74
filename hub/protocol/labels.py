"""The labels of the joint protocol on STIX objects: stages of a report, steps of a note, and drills."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, StrEnum
from typing import Any, Final

EXERCISE: Final = "exercise"
"""The label of every object of a drill, and the profile of the collections for drills."""
DRILL: Final = "DRILL: "
"""The beginning of all names of a drill that tools show."""

OFFICER: Final = "release:officer"
"""The label by which a member states that an officer of its CERT has read the texts of an incident, a report or a note."""
VOUCHED_TYPES: Final = frozenset({"incident", "note", "report"})

_STAGE: Final = "stage:"
STEP_PREFIXES: Final = ("response:", "request:")


class Stage(StrEnum):
    """The stage of the reporting of an incident: the label `stage:…` of its report."""

    EARLY = "early"
    UPDATE = "update"
    FINAL = "final"

    @property
    def label(self) -> str:
        """The label of a report: `stage:early`."""
        return f"{_STAGE}{self.value}"


class Say(Enum):
    """The statement of a step: the label of its note."""

    ACKNOWLEDGED = "response:acknowledged"
    OPEN = "request:open"
    ACCEPTED = "response:accepted"
    REFUSED = "response:refused"
    DONE = "response:done"

    @property
    def word(self) -> str:
        """The label without its prefix: `accepted`."""
        return self.value.partition(":")[2]


SAY_BY_LABEL: Final = {say.value: say for say in Say}
ANSWERS: Final = (Say.ACCEPTED, Say.REFUSED, Say.DONE)


def stage_of(labels: Iterable[str]) -> str:
    """The stage that a report's labels name; "" if they name none or several."""
    stages = [label.removeprefix(_STAGE) for label in labels if label.startswith(_STAGE)]
    return stages[0] if len(stages) == 1 else ""


def may_be_step(labels: Any) -> bool:
    """Whether labels make a note a step, well formed or not."""
    return isinstance(labels, list) and any(
        isinstance(label, str) and label.startswith(STEP_PREFIXES) for label in labels
    )
