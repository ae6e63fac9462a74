"""Who reads in these tests, all that each of them can get out of a collection, and which facts are in that."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import requests

from hub.stix.tlp import TLP
from tests.server.making import CONTENT_TYPE, at
from tests.server.process import HubProcess

ROOT: Final = "asean"
ACCOUNTS: Final = {
    "id-cert": ("cert", "ID"),
    "sg-cert": ("cert", "SG"),
    "my-cert": ("cert", "MY"),
    "sg-soc": ("constituent", "SG"),
    "partner": ("partner", None),
    "operator": ("operator", None),
}
# the level up to which each reads; -1: nothing at all
IN_INDICATORS: Final[Mapping[str | None, int]] = {
    "id-cert": TLP.AMBER_STRICT,
    "sg-cert": TLP.AMBER_STRICT,
    "sg-soc": TLP.AMBER,
    "partner": TLP.GREEN,
    "operator": -1,
    None: -1,
}
IN_RED: Final[Mapping[str | None, int]] = {
    "id-cert": TLP.RED,
    "sg-cert": TLP.RED,
    "my-cert": -1,
    "sg-soc": -1,
    "partner": -1,
    "operator": -1,
    None: -1,
}
IN_PUBLIC: Final[Mapping[str | None, int]] = {
    "sg-cert": TLP.GREEN,
    "sg-soc": TLP.GREEN,
    "partner": TLP.GREEN,
    "operator": -1,
    None: TLP.CLEAR,
}
RED: Final = """
[collection]
id           = "c0ffee00-0000-4000-8000-00000000c001"
alias        = "red"
title        = "Red"
description  = "For two members, named one by one."
profiles     = ["live", "indicators"]
highest_tlp  = "red"
unmarked     = "amber+strict"
relay        = true
[access]
write = ["ID", "SG"]
read  = ["ID", "SG"]
"""
PUBLIC: Final = """
[collection]
id           = "c0ffee00-0000-4000-8000-00000000c002"
alias        = "public"
title        = "Public"
description  = "CLEAR is for everybody."
profiles     = ["live", "indicators"]
highest_tlp  = "green"
unmarked     = "refuse"
relay        = true
constituents = true
partners     = true
public       = true
[access]
write = "members"
read  = "members"
"""


def session(hub: HubProcess, account: str | None) -> requests.Session:
    """For one account, or for somebody without one."""
    if account is not None:
        return hub.session(account)
    client = requests.Session()
    client.trust_env = False
    client.headers["Accept"] = CONTENT_TYPE
    return client


def post(hub: HubProcess, client: requests.Session, collection: str, objects: Sequence[Any]) -> dict[str, Any]:
    """The status of one envelope."""
    answer = client.post(
        hub.url + at(collection, "objects", root=ROOT),
        data=json.dumps({"objects": list(objects)}),
        headers={"Content-Type": CONTENT_TYPE},
        timeout=60,
    )
    assert answer.status_code == 202, answer.text
    status: dict[str, Any] = answer.json()
    return status


def everything(hub: HubProcess, account: str | None, collection: str) -> str:
    """All that the account gets from a collection: objects in all versions, manifest, and each object by its id."""
    with session(hub, account) as client:
        texts: list[str] = []
        for resource in ("objects", "manifest"):
            query = "match[version]=all&match[spec_version]=2.0,2.1&limit=10000"
            while True:
                answer = client.get(f"{hub.url}{at(collection, resource, root=ROOT)}?{query}", timeout=60)
                if answer.status_code in (401, 404):
                    return answer.text
                assert answer.status_code == 200, answer.text
                texts.append(answer.text)
                page = answer.json()
                if not page.get("more"):
                    break
                query = f"limit=10000&next={page['next']}"
    return "\n".join(texts)


def asked_for(hub: HubProcess, account: str | None, collection: str, ids: Iterable[str]) -> dict[str, str]:
    """By id, what a reader gets who knows ids already and asks for each: as an object, and for its versions."""
    answers: dict[str, str] = {}
    with session(hub, account) as client:
        for identifier in ids:
            for endpoint in ((identifier,), (identifier, "versions")):
                path = at(collection, "objects", *endpoint, root=ROOT)
                answer = client.get(f"{hub.url}{path}?match[version]=all", timeout=60)
                if answer.status_code == 200 and answer.json() != {"more": False}:
                    answers[identifier] = answers.get(identifier, "") + answer.text
    return answers


def misplaced(
    facts: Mapping[str, TLP | None], text: str, clearance: int, *, default: TLP, highest: TLP
) -> dict[str, str]:
    """The facts that are in what a reader got and are above it, and those that are missing although it may have them."""
    wrong: dict[str, str] = {}
    for word, level in facts.items():
        meant = default if level is None else level
        seen, may = word in text, meant <= min(clearance, highest)
        if seen != may:
            wrong[word] = (
                f"{'seen' if seen else 'missing'} at {TLP(clearance).label if clearance >= 0 else 'nothing'}, {meant.label}"
            )
    return wrong
