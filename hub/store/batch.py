"""What one request adds to a collection, and the result for each object, as values.

Classes built once per incoming object are immutable by convention: freezing them would triple their construction time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from hub.store.records import BY_MARKING, NO_LEVEL


@dataclass(slots=True)
class Candidate:
    """An object that passed every check except those that need the state of the collection at the commit."""

    index: int  # its position in the envelope
    id: str
    type: str
    version: int | None  # instant; None: an SCO, whose place becomes its version
    version_text: str | None  # as the producer wrote it
    level: int | None  # the highest level that it states of itself; None: it is unmarked
    owner: str  # the member that alone may add versions, or NOBODY (law L4)
    revoked: bool
    named_ids: tuple[str, ...]  # ids of possible SCOs that appear in it (law L5 e)
    body: bytes
    digest: bytes
    assigned_member: str = ""  # the member to which the operator gave the id; "": its first publisher keeps it
    markings: tuple[str, ...] = ()  # its marking definitions whose level only the definition itself tells (law L5 a)
    contained_ids: tuple[str, ...] = ()  # the objects that it names as a container (law L5 b)
    described_id: str = ""  # the object whose content it repeats (law L5 c)
    source: str = BY_MARKING  # the origin of its level, if it has one


@dataclass(frozen=True, slots=True)
class Bystander:
    """An object of the envelope that is refused already; its statements about levels still apply to the other objects."""

    id: str
    type: str
    level: int | None  # HIDDEN: its marking is not understood
    markings: tuple[str, ...] = ()
    contained_ids: tuple[str, ...] = ()
    raises_held: bool = True  # whether it also raises held objects; False: only objects of this envelope


class Verdict(Enum):
    """The result for one candidate."""

    ADDED = "added"
    REPEAT = "repeat"  # it is held already: a success that changes nothing (law L2)
    REFUSED = "refused"


@dataclass(slots=True)
class Outcome:
    """One candidate's verdict; `message` says what to do if it is refused, otherwise what the sender should know."""

    index: int
    id: str
    version_text: str | None  # an SCO has its date_added here
    verdict: Verdict
    message: str = ""
    stranded: tuple[Stranded, ...] = ()


@dataclass(frozen=True, slots=True)
class Stranded:
    """A record whose governing level rose to `level`: readers who got it at `old_level` will not see newer versions."""

    id: str
    place: int
    old_level: int
    level: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request adds to one collection: visible completely or not at all, together with its status (law L3)."""

    collection: str
    publisher: str  # member code, or NOBODY for the hub itself
    candidates: tuple[Candidate, ...]
    status_id: str | None  # None: keep no status (the hub's own definitions)
    account: str
    describe: Callable[[Sequence[Outcome]], bytes]  # pure: the status resource's JSON, from all outcomes
    unmarked_level: int | None = None  # the level of unmarked objects in no container; None: they are refused
    highest_level: int = NO_LEVEL - 1  # objects above it are refused
    readable_levels: Mapping[str, int] = field(
        default_factory=dict
    )  # other collections -> the sender's highest level there
    bystanders: tuple[Bystander, ...] = ()
    refused_count: int = 0  # objects of the request that were refused earlier; for the audit trail
    most_versions: int = (
        1 << 62
    )  # of one object in the collection; a further version is refused, unless it is a revocation


@dataclass(frozen=True, slots=True)
class Appended:
    """The result of a batch: one outcome per candidate, and the stored status, empty if none is kept."""

    outcomes: tuple[Outcome, ...]
    status: bytes


def describe_nothing(_outcomes: Sequence[Outcome]) -> bytes:
    """The status of a batch that keeps none."""
    return b""
