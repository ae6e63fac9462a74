"""What one request adds to a collection, and what became of each object in it, as values.

What is made for each object that comes in is a value like all others here, and never changed; but it is not
frozen, since that would take three times as long to make.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from hub.store.records import BY_MARKING, NO_LEVEL


@dataclass(slots=True)
class Candidate:
    """An object that passed every check but those that need the collection as it stands at the commit."""

    index: int  # its position in the envelope
    id: str
    type: str
    version: int | None  # instant; None: an SCO, whose place becomes its version
    version_text: str | None  # as the producer wrote it
    level: int | None  # the highest that it says of itself; None: it is unmarked
    owner: str  # the member that alone may add versions, or NOBODY (law L4)
    revoked: bool
    names: tuple[str, ...]  # ids of possible SCOs that stand in it (law L5 e)
    body: bytes
    digest: bytes
    handed_to: str = (
        ""  # the member to which the operator gave the id; "": it belongs to the member that published it first
    )
    markings: tuple[str, ...] = ()  # marking definitions on it whose level only they themselves tell (law L5 a)
    contains: tuple[str, ...] = ()  # what it names as a container (law L5 b)
    describes: str = ""  # the object whose content it repeats (law L5 c)
    source: str = BY_MARKING  # where its level comes from, if it has one


@dataclass(frozen=True, slots=True)
class Bystander:
    """An object of the envelope that is refused already; what it says of levels bears on the others nevertheless."""

    id: str
    type: str
    level: int | None  # HIDDEN where what it says is not understood
    markings: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    raises: bool = True  # held objects, too; False: only what is in this envelope


class Verdict(Enum):
    """What became of one candidate."""

    ADDED = "added"
    REPEAT = "repeat"  # it was held already: a success that moves nothing (law L2)
    REFUSED = "refused"


@dataclass(slots=True)
class Outcome:
    """One candidate's verdict; `message` says what to do where it is refused, and what the sender should know else."""

    index: int
    id: str
    version_text: str | None  # of an SCO: its date_added
    verdict: Verdict
    message: str = ""
    stranded: tuple[Stranded, ...] = ()


@dataclass(frozen=True, slots=True)
class Stranded:
    """A record that was readable at `before`, and from now on only at `level`: who has it will not see what follows."""

    id: str
    place: int
    before: int
    level: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request adds to one collection: visible whole or not at all, its status with it (law L3)."""

    collection: str
    publisher: str  # member code, or NOBODY for the hub itself
    candidates: tuple[Candidate, ...]
    status_id: str | None  # None: no status is kept (the hub's own definitions)
    account: str
    describe: Callable[[Sequence[Outcome]], bytes]  # pure: the status resource's JSON, from all outcomes
    unmarked: int | None = None  # the level of unmarked objects that no container brings; None: they are refused
    highest: int = NO_LEVEL - 1  # nothing above is taken
    reads: Mapping[str, int] = field(
        default_factory=dict
    )  # other collections that the sender reads -> up to which level
    bystanders: tuple[Bystander, ...] = ()
    refused: int = 0  # objects of the request that are refused already; for the audit trail
    versions: int = 1 << 62  # of one object that the collection holds; a further one is refused, unless it revokes


@dataclass(frozen=True, slots=True)
class Appended:
    """The result of a batch: one outcome per candidate, and the status as it was kept, empty where none was."""

    outcomes: tuple[Outcome, ...]
    status: bytes


def describe_nothing(_outcomes: Sequence[Outcome]) -> bytes:
    """The status of a batch that keeps none."""
    return b""
