"""Incidents, reports and steps in their smallest form, and a hub that accepts them, for these tests."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from hub.community.hub import Hub
from hub.protocol.labels import OFFICER
from hub.protocol.notes import REQUEST
from hub.settings import Limits
from hub.sharing.catalogue import Catalogue
from hub.sharing.declared import load_catalogue
from hub.sharing.members import Account, AccountKind
from hub.stix.incident import INCIDENT_CORE
from hub.stix.tlp import TLP, TLP2_IDS
from hub.taxii.filters import Filters, parse_filters
from tests import keeping
from tests.durations import HOUR, MINUTE
from tests.places import TOP
from tests.server.making import START, Clock, cheap_credentials

Content = dict[str, Any]

KINDS: Final = {
    "id-soc": Account("id-soc", AccountKind.CONSTITUENT, "ID"),
    "partner": Account("partner", AccountKind.PARTNER),
    "operator": Account("operator", AccountKind.OPERATOR),
}


def shipped() -> Catalogue:
    """What collections/ and profiles/ declare."""
    return load_catalogue(TOP / "collections", TOP / "profiles")


CATALOGUE: Final = shipped()
IDENTITIES: Final = {code: member.identity for code, member in CATALOGUE.members.items()}


def cert(member: str) -> Account:
    return Account(f"{member.lower()}-cert", AccountKind.CERT, member)


def open_hub(folder: Path, clock: Clock, catalogue: Catalogue = CATALOGUE) -> Hub:
    """The hub in that folder with an account for each member's CERT; opened again, as another process would."""
    folder.mkdir(exist_ok=True)
    accounts = (*(cert(code) for code in catalogue.members), *KINDS.values())
    keeping.put_accounts(folder, accounts, clock())
    store = keeping.open_store(folder, clock=clock, lock_seconds=5, status_milliseconds=72 * HOUR)
    return Hub(
        catalogue=catalogue,
        store=store,
        credentials=cheap_credentials(store, clock, MINUTE),
        limits=Limits(),
        secret=store.secret(secrets.token_bytes(32)),
        clock=clock,
        new_id=lambda: str(uuid.uuid4()),
    )


def stamp(second: int = 0) -> str:
    return f"2026-04-02T01:{second // 60:02d}:{second % 60:02d}.000Z"


def versioned(kind: str, number: int, member: str, version: int = 0, **properties: Any) -> Content:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--00000000-0000-4000-8000-{number:012d}",
        "created_by_ref": IDENTITIES[member],
        "created": stamp(),
        "modified": stamp(version),
        "object_marking_refs": [TLP2_IDS[TLP.AMBER]],
        **properties,
    }


def incident(
    number: int = 1,
    member: str = "ID",
    version: int = 0,
    criticality: int | None = 90,
    status: str = "open",
    **properties: Any,
) -> Content:
    core: Content = {
        "extension_type": "property-extension",
        "determination": "confirmed",
        "investigation_status": status,
    }
    if criticality is not None:
        core["criticality"] = criticality
    about = {"name": f"Incident {number}", "labels": [OFFICER], "extensions": {INCIDENT_CORE: core}}
    return versioned("incident", number, member, version, **about | properties)


def report(number: int = 1, member: str = "ID", stage: str = "early", version: int = 0, **properties: Any) -> Content:
    about = {
        "name": f"Incident {number} [{stage}]",
        "published": stamp(),
        "object_refs": [incident(number)["id"]],
        "labels": [f"stage:{stage}", OFFICER],
    }
    return versioned("report", number, member, version, **about | properties)


def note(number: int, member: str, label: str, about: Iterable[str], text: str = "text", **properties: Any) -> Content:
    content = {
        "content": text,
        "object_refs": list(about),
        "labels": [label],
        "object_marking_refs": [TLP2_IDS[TLP.AMBER_STRICT]],
    }
    return versioned("note", number, member, **content | properties)


def acknowledged(number: int, member: str, about: int = 1) -> Content:
    return note(number, member, "response:acknowledged", [incident(about)["id"]])


def request(
    number: int, member: str, members_asked: Iterable[str], due: str | None = "2026-04-02T04:10:00.000Z", about: int = 1
) -> Content:
    extension: Content = {
        "extension_type": "property-extension",
        "asked": [IDENTITIES.get(code, code) for code in members_asked],
        "what": "Take it down",
    } | ({} if due is None else {"due": due})
    return note(number, member, "request:open", [incident(about)["id"]], extensions={REQUEST: extension})


def answered(number: int, member: str, says: str, to: int, *, text: str = "because", about: int = 1) -> Content:
    ids = [incident(about)["id"], f"note--00000000-0000-4000-8000-{to:012d}"]
    return note(number, member, f"response:{says}", ids, text)


# ---------------------------------------------------------------------------------------------------------- at a hub


def send(hub: Hub, member: str, *objects: Content, to: str = "alerts", root: str = "asean") -> dict[str, str]:
    """Publish as that member; return id -> reason of what was refused."""
    body = json.dumps({"objects": list(objects)}).encode()
    status = json.loads(hub.add_objects(hub.may_add(cert(member), root, to), body).body)
    assert status["total_count"] == len(objects)
    return {failure["id"]: failure["message"] for failure in status.get("failures", ())}


def publish_as(hub: Hub, member: str, *objects: Content, to: str = "alerts", root: str = "asean") -> None:
    """Publish these objects as that member's CERT; all of them are accepted."""
    refused = send(hub, member, *objects, to=to, root=root)
    assert refused == {}, refused


def poll(
    hub: Hub, account: Account, after: str | None = None, *, to: str = "alerts", arrives: bool = True, **more: str
) -> str:
    """Send one page as the server does, and note it in the ledger; the date from which this client continues."""
    pairs = [(f"match[{name}]" if name in ("type", "id", "version") else name, value) for name, value in more.items()]
    pairs += [("added_after", after)] if after else []
    filters: Filters = parse_filters(pairs, max_values=100)
    delivered = hub.objects(account, "asean", to, filters)
    confirm_sent = hub.begin_sending(account, delivered)
    if confirm_sent is not None and arrives:
        confirm_sent()
    return delivered.date_added[1]


def board(hub: Hub, member: str = "SG", root: str = "asean") -> Content:
    whole_board: Content = json.loads(hub.community.board(cert(member), root))
    return whole_board


def entry(hub: Hub, number: int = 1, member: str = "SG") -> Content:
    """One incident on a member's board."""
    entries = [row for row in board(hub, member)["incidents"] if row["incident"] == incident(number)["id"]]
    assert len(entries) == 1
    first_entry: Content = entries[0]
    return first_entry


__all__ = ["START", "Clock"]
