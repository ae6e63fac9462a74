"""A catalogue of two members, and STIX objects, for tests of who may see and say what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hub.settings import Limits
from hub.sharing.catalogue import ApiRoot, Catalogue, Collection
from hub.sharing.members import Member
from hub.stix.objects import StixObject, parse_object
from hub.stix.tlp import TLP

MEMBERS = frozenset({"ID", "SG", "MY", "VN"})

OPEN: Final = Collection(
    id="a1111111-1111-4111-8111-111111111111",
    alias="x",
    root="asean",
    title="X",
    description="X",
    profiles=(),
    highest_tlp=TLP.AMBER_STRICT,
    unmarked=None,
    relay=False,
    constituents=False,
    partners=False,
    public=False,
    writers=frozenset({"ID"}),
    readers=MEMBERS,
    named=False,
    exercise=False,
)

ID_OWN = "identity--11111111-1111-4111-8111-111111111111"

ID_MISP = "identity--11111111-1111-4111-8111-222222222222"

SG_OWN = "identity--33333333-3333-4333-8333-333333333333"

SG_OPENCTI = "identity--33333333-3333-5333-8333-444444444444"

OUTSIDER = "identity--55555555-5555-4555-8555-555555555555"


def member(code: str, *identities: str) -> Member:
    stamp = "2026-01-01T00:00:00.000Z"
    return Member(code, code, code, identities, "a@b.example", "+0", "UTC", ("en",), stamp, stamp)


CATALOGUE = Catalogue(
    title="T",
    description="D",
    contact="C",
    default="asean",
    roots={"asean": ApiRoot("asean", "A", "D", 10**6, exercise=False, members=("ID", "SG"), collections=(OPEN,))},
    members={"ID": member("ID", ID_OWN, ID_MISP), "SG": member("SG", SG_OWN, SG_OPENCTI)},
    member_by_identity={ID_OWN: "ID", ID_MISP: "ID", SG_OWN: "SG", SG_OPENCTI: "SG"},
)

RELAY = replace(OPEN, relay=True)


def parsed(content: Mapping[str, Any]) -> StixObject:
    obj = parse_object(dict(content), Limits())
    assert isinstance(obj, StixObject), obj
    return obj


def stix_object(object_type: str, **content: Any) -> StixObject:
    common = {
        "type": object_type,
        "spec_version": "2.1",
        "id": f"{object_type}--77777777-7777-4777-8777-777777777777",
        "created": "2026-03-02T03:10:00.000Z",
        "modified": "2026-03-02T03:10:00.000Z",
    }
    return parsed({k: v for k, v in (common | content).items() if v is not None})


def note(**content: Any) -> StixObject:
    return stix_object("note", content="x", object_refs=[ID_OWN], **content)


def identity(**content: Any) -> StixObject:
    return stix_object("identity", **({"name": "x"} | content))


def address(value: str, **content: Any) -> StixObject:
    return stix_object("ipv4-addr", value=value, created=None, modified=None, **content)
