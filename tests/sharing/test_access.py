"""Who may see and publish what: account kinds by TLP levels by kinds of collection; and the level that an object says."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any, Final

import pytest

from hub.sharing.access import (
    Level,
    Refusal,
    level_of,
    may_know_of,
    may_write,
    readable_level,
)
from hub.sharing.members import Account, AccountKind
from hub.stix.tlp import TLP, TLP1_IDS, TLP2_IDS
from hub.store.records import BY_HUB, BY_MARKING
from tests.sharing.making import (
    CATALOGUE,
    ID_OWN,
    OPEN,
    OUTSIDER,
    SG_OPENCTI,
    identity,
    note,
)

NAMED = replace(OPEN, readers=frozenset({"ID", "SG"}), named=True)
COLLECTIONS: Final = {
    "members": OPEN,
    "constituents": replace(OPEN, constituents=True),
    "partners": replace(OPEN, partners=True),
    "public": replace(OPEN, public=True),
    "all": replace(OPEN, constituents=True, partners=True, public=True),
    "named": NAMED,
    "named red": replace(NAMED, highest_tlp=TLP.RED),
    "write-only": replace(OPEN, readers=frozenset()),
}
ACCOUNTS: Final = {
    "ID cert": Account("a", AccountKind.CERT, "ID"),
    "SG cert": Account("b", AccountKind.CERT, "SG"),
    "VN cert": Account("c", AccountKind.CERT, "VN"),
    "ID soc": Account("d", AccountKind.CONSTITUENT, "ID"),
    "VN soc": Account("e", AccountKind.CONSTITUENT, "VN"),
    "partner": Account("f", AccountKind.PARTNER),
    "operator": Account("g", AccountKind.OPERATOR),
    "nobody": None,
}
S, R, A, G, C = TLP.AMBER_STRICT, TLP.RED, TLP.AMBER, TLP.GREEN, TLP.CLEAR
KNOWN = "known"  # writes there, so may learn that it is there, and may not read

# ID writes everywhere; the columns are the accounts above: the highest level that each may read.
TABLE: Final[dict[str, tuple[Any, ...]]] = {
    #                ID     SG     VN     ID soc VN soc partner operator nobody
    "members":      (S,     S,     S,     None,  None,  None,   None,    None),
    "constituents": (S,     S,     S,     A,     A,     None,   None,    None),
    "partners":     (S,     S,     S,     None,  None,  G,      None,    None),
    "public":       (S,     S,     S,     C,     C,     C,      None,    C),
    "all":          (S,     S,     S,     A,     A,     G,      None,    C),
    "named":        (S,     S,     None,  None,  None,  None,   None,    None),
    "named red":    (R,     R,     None,  None,  None,  None,   None,    None),
    "write-only":   (KNOWN, None,  None,  None,  None,  None,   None,    None),
}  # fmt: skip
CELLS = [
    (collection, account, expected)
    for collection, row in TABLE.items()
    for account, expected in zip(ACCOUNTS, row, strict=True)
]


@pytest.mark.parametrize(("collection", "account", "expected"), CELLS)
@pytest.mark.parametrize("level", TLP)
def test_who_sees_which_level_where(collection: str, account: str, expected: TLP | str | None, level: TLP) -> None:
    """An account sees a level where its clearance reaches it, and nothing without one."""
    clearance = readable_level(ACCOUNTS[account], COLLECTIONS[collection])
    may_see = clearance is not None and level <= clearance
    assert may_see is (isinstance(expected, TLP) and level <= expected)


@pytest.mark.parametrize(("collection", "account", "expected"), CELLS)
def test_who_may_learn_that_a_collection_exists(collection: str, account: str, expected: TLP | str | None) -> None:
    """To all others it answers like a missing one (404)."""
    assert may_know_of(ACCOUNTS[account], COLLECTIONS[collection]) is (expected is not None)


@pytest.mark.parametrize(("collection", "account"), list(itertools.product(COLLECTIONS, ACCOUNTS)))
def test_only_the_certs_of_the_named_writers_publish(collection: str, account: str) -> None:
    """Neither another member, nor a constituent of the writer, nor an operator."""
    assert may_write(ACCOUNTS[account], COLLECTIONS[collection]) is (account == "ID cert")


def test_red_is_not_for_a_collection_that_all_members_read() -> None:
    """Even if such a collection existed, nobody would be shown what is RED in it."""
    assert readable_level(ACCOUNTS["ID cert"], replace(OPEN, highest_tlp=TLP.RED)) is TLP.AMBER_STRICT


@pytest.mark.parametrize("level", TLP)
def test_an_object_has_the_level_that_it_says(level: TLP) -> None:
    """Whichever version of TLP marks it; what a collection takes is decided with its containers, at the commit."""
    for ids in (TLP1_IDS, TLP2_IDS):
        if level in ids:
            assert level_of(note(object_marking_refs=[ids[level]]), OPEN, CATALOGUE) == Level(level, BY_MARKING)


def test_an_unmarked_object_has_none_by_itself() -> None:
    """Its containers, or the collection, give it one."""
    assert level_of(note(), OPEN, CATALOGUE) == Level(None, BY_MARKING)


def test_a_granular_marking_raises_the_whole_object() -> None:
    """It never lowers it."""
    granular = [{"marking_ref": TLP2_IDS[TLP.RED], "selectors": ["content"]}]
    obj = note(object_marking_refs=[TLP2_IDS[TLP.GREEN]], granular_markings=granular)
    assert level_of(obj, OPEN, CATALOGUE) == Level(TLP.RED, BY_MARKING)
    granular = [{"marking_ref": TLP2_IDS[TLP.GREEN], "selectors": ["content"]}]
    obj = note(object_marking_refs=[TLP2_IDS[TLP.RED]], granular_markings=granular)
    assert level_of(obj, OPEN, CATALOGUE) == Level(TLP.RED, BY_MARKING)


def test_a_label_in_the_form_of_tlp_that_names_no_level_is_refused() -> None:
    """What is not understood is never taken for unmarked; the words list the levels."""
    verdict = level_of(note(labels=["tlp:purple"]), OPEN, CATALOGUE)
    assert isinstance(verdict, Refusal)
    assert "TLP:AMBER+STRICT" in verdict.message


def test_members_identities_are_clear_marked_or_not() -> None:
    """Every reader needs them to know who speaks; a marking on them hides nothing, an outsider's identity stays marked."""
    red = [TLP2_IDS[TLP.RED]]
    assert level_of(identity(id=ID_OWN), OPEN, CATALOGUE) == Level(TLP.CLEAR, BY_HUB)
    assert level_of(identity(id=SG_OPENCTI, object_marking_refs=red), OPEN, CATALOGUE) == Level(TLP.CLEAR, BY_HUB)
    assert level_of(identity(id=OUTSIDER), OPEN, CATALOGUE) == Level(None, BY_MARKING)
