"""The door of the joint protocol: each step is accepted from those who may take it, and refused to all others in words."""

from __future__ import annotations

import json
from typing import Final

import pytest

from hub.community.hub import Hub
from hub.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from hub.settings import Limits
from hub.stix.timestamps import parse_timestamp
from hub.stix.tlp import TLP
from hub.store.batch import Candidate
from tests.community.conftest import Reopen
from tests.community.making import (
    CATALOGUE,
    IDENTITIES,
    KINDS,
    Content,
    acknowledged,
    answered,
    cert,
    incident,
    note,
    publish_as,
    request,
    send,
    stamp,
)
from tests.stix.test_cost import GROWTH, steps_of

# What is held when each row is tried: Indonesia's incident 1, which MY acknowledged; ID's request 20 to SG and MY, which
# MY said is done; SG's request 21 about it to all; a request 22 that was taken back.
MEMBERS: Final = ("ID", "SG", "MY", "VN")
# step -> the members that may take it; all the other accounts there are may not
STEPS: Final[dict[str, tuple[str, ...]]] = {
    "acknowledge": ("SG", "VN"),  # not the reporter, and not who did already
    "ask": ("ID", "SG", "MY", "VN"),
    "accept 20": ("SG",),  # not who was not asked, and not after done
    "refuse 20": ("SG",),
    "done 20": ("SG",),
    "refuse 20 without a reason": (),
    "accept 21": ("ID", "MY", "VN"),  # to all: but not to the one that asked
    "accept 22": (),  # taken back
    "accept what is no request": (),
    "accept what does not exist": (),
    "acknowledge what does not exist": (),
    "acknowledge what was withdrawn": (),
    "speak for another member": (),
}


def _step(name: str, member: str) -> Content:
    if name == "speak for another member":
        other = "SG" if member != "SG" else "VN"
        return acknowledged(900, other)
    if name == "ask":
        return request(900, member, ["TH"])
    if name.startswith("acknowledge"):
        about = {"acknowledge": 1, "acknowledge what does not exist": 77}.get(name, 2)
        return acknowledged(900, member, about)
    if name == "accept what is no request":
        return answered(900, member, "accepted", 10)
    if name == "accept what does not exist":
        return answered(900, member, "accepted", 77)
    verb, number, *parts = name.split()
    says = {"accept": "accepted", "refuse": "refused", "done": "done"}[verb]
    return answered(900, member, says, int(number), text=" " if parts else "because")


@pytest.fixture
def played(hub: Hub) -> Hub:
    publish_as(hub, "ID", incident(1), incident(2))
    publish_as(hub, "ID", incident(2, version=1, revoked=True))
    publish_as(hub, "MY", acknowledged(10, "MY"))
    publish_as(hub, "ID", request(20, "ID", ["SG", "MY"]), request(22, "ID", ["SG"]))
    publish_as(hub, "MY", answered(11, "MY", "done", 20))
    publish_as(hub, "SG", request(21, "SG", ["all"]))
    publish_as(hub, "ID", request(22, "ID", ["SG"]) | {"revoked": True, "modified": stamp(9)})
    return hub


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("member", MEMBERS)
def test_each_step_is_accepted_from_those_who_may_take_it_and_from_nobody_else(
    played: Hub, step: str, member: str
) -> None:
    """The whole table; a refusal is a sentence."""
    refused = send(played, member, _step(step, member))
    if member in STEPS[step]:
        assert refused == {}
    else:
        (reason,) = refused.values()
        assert len(reason.split()) > 5


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("account", [*KINDS, None])
def test_an_account_of_no_national_cert_takes_no_step(played: Hub, account: str | None, step: str) -> None:
    """Each step of the table, as the reporter, its constituent's member and others would take it; nothing of it is kept."""
    alerts = played.catalogue.find("asean", "alerts")
    assert alerts is not None
    before = played.store.head(alerts.id)
    for member in MEMBERS:
        body = json.dumps({"objects": [_step(step, member)]}).encode()
        sender = None if account is None else KINDS[account]
        with pytest.raises((ForbiddenError, NotFoundError, UnauthenticatedError)):
            played.add_objects(played.may_add(sender, "asean", "alerts"), body)
    assert played.store.head(alerts.id) == before


def _reason(hub: Hub, member: str, content: Content) -> str:
    (reason,) = send(hub, member, content).values()
    return reason


def test_the_refusals_say_what_is_wrong(played: Hub) -> None:
    """The words are for the person who reads them."""
    assert "done" in _reason(played, "MY", answered(900, "MY", "accepted", 20))
    assert "was not asked" in _reason(played, "VN", answered(900, "VN", "accepted", 20))
    assert "taken back" in _reason(played, "SG", answered(900, "SG", "accepted", 22))
    assert "acknowledged this incident already" in _reason(played, "MY", acknowledged(900, "MY"))
    assert "own report" in _reason(played, "ID", acknowledged(900, "ID"))
    assert "no incident" in _reason(played, "SG", acknowledged(900, "SG", 77))
    assert "reason" in _reason(played, "SG", answered(900, "SG", "refused", 20, text=" "))


def test_an_answer_changes_by_legal_steps_only(played: Hub) -> None:
    """Accepted, then refused, then accepted again, then done; after that nothing."""
    publish_as(played, "SG", answered(901, "SG", "accepted", 20))
    assert "accepted" in _reason(played, "SG", answered(902, "SG", "accepted", 20))
    publish_as(played, "SG", answered(903, "SG", "refused", 20))
    assert "refused" in _reason(played, "SG", answered(904, "SG", "done", 20))
    publish_as(played, "SG", answered(905, "SG", "accepted", 20))
    publish_as(played, "SG", answered(906, "SG", "done", 20))
    for number, says in enumerate(("accepted", "refused", "done"), 907):
        assert "done" in _reason(played, "SG", answered(number, "SG", says, 20))


def test_the_same_note_sent_again_is_a_success(played: Hub) -> None:
    """A line that broke after the hub had stored it costs nothing (law L2), in every spelling of its time."""
    publish_as(played, "MY", acknowledged(10, "MY"))
    publish_as(played, "MY", acknowledged(10, "MY") | {"modified": stamp().replace(".000Z", "Z")})
    publish_as(played, "MY", answered(11, "MY", "done", 20))


def test_a_step_is_withdrawn_and_never_rewritten(played: Hub) -> None:
    """What others have acted on stays as it was."""
    changed = acknowledged(10, "MY") | {"modified": stamp(5), "content": "other"}
    assert "rewritten" in _reason(played, "MY", changed)
    publish_as(played, "MY", changed | {"revoked": True})
    publish_as(played, "MY", acknowledged(900, "MY"))
    never = acknowledged(901, "VN") | {"revoked": True}
    assert "never said" in _reason(played, "VN", never)


def test_an_incident_and_a_request_about_it_come_in_one_envelope(hub: Hub) -> None:
    """Two steps that exclude each other do not."""
    publish_as(hub, "ID", incident(), request(20, "ID", ["SG"]))
    refused = send(hub, "SG", acknowledged(10, "SG"), acknowledged(11, "SG"), answered(12, "SG", "done", 20))
    assert list(refused) == [acknowledged(11, "SG")["id"]]


def test_a_request_names_members_only(hub: Hub) -> None:
    """Not the asker alone, no unknown member, and nothing beside `all`."""
    publish_as(hub, "ID", incident())
    stranger = "identity--00000000-0000-4000-8000-000000000099"
    assert "nobody" in _reason(hub, "ID", request(900, "ID", ["ID"]))
    assert "does not know" in _reason(hub, "ID", request(901, "ID", [stranger]))
    assert "does not know" in _reason(hub, "ID", request(902, "ID", ["all", "SG"]))
    assert "due" in _reason(hub, "ID", request(903, "ID", ["SG"], due="2026-99-99T00:00:00Z"))


def test_what_is_not_for_a_member_answers_like_what_is_missing(hub: Hub, reopen: Reopen) -> None:
    """Law L5: a refusal does not show that the incident exists. Incidents of other API roots do not exist here, either."""
    drill = incident(5) | {"labels": ["exercise"]}
    publish_as(hub, "ID", drill, root="exercise")
    missing = _reason(hub, "SG", acknowledged(900, "SG", 77)).replace(incident(77)["id"], "X")
    hidden = _reason(reopen(), "SG", acknowledged(901, "SG", 5)).replace(incident(5)["id"], "X")
    assert missing == hidden


def test_notes_that_are_no_steps_are_accepted(hub: Hub) -> None:
    """A plain note in the same collection is nobody's answer."""
    publish_as(hub, "ID", incident())
    publish_as(hub, "SG", note(900, "SG", "note:comment", [incident()["id"]]))
    assert IDENTITIES["SG"] != IDENTITIES["ID"]
    assert cert("SG").member == "SG"


@pytest.mark.parametrize(
    "due", ["0001-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "2026-04-02T03:04:59Z", "9999-12-31T23:59:59Z"]
)
def test_a_request_is_due_after_it_is_made_and_within_a_year(played: Hub, due: str) -> None:
    """C6 and H11 of the attacks: one date in the year 1 ended all reminders, 300 of 2020 made 3,000 of them."""
    assert "lie ahead" in _reason(played, "SG", request(901, "SG", ["MY"], due=due))


def test_open_requests_of_a_member_are_bounded(played: Hub) -> None:
    """H11 of the attacks: each reminds all whom it asks. What is answered or withdrawn is not open."""
    most = Limits().open_requests
    requests = [request(1000 + number, "VN", ["SG"]) for number in range(most + 1)]
    refused = send(played, "VN", *requests)
    assert list(refused) == [requests[-1]["id"]]
    assert f"{most} requests open" in refused[requests[-1]["id"]]
    assert send(played, "MY", request(3000, "MY", ["SG"])) == {}, "another member's are its own"
    assert send(played, "VN", requests[-1]) != {}, "nor in a further envelope"
    publish_as(played, "SG", answered(2000, "SG", "refused", 1000))
    publish_as(played, "VN", requests[-1])
    assert send(played, "VN", request(2001, "VN", ["SG"])) != {}
    publish_as(played, "VN", requests[1] | {"revoked": True, "modified": stamp(1)}, request(2001, "VN", ["SG"]))


@pytest.mark.parametrize("label", ["acknowledged", "request"])
def test_ten_times_the_steps_take_ten_times_the_work(played: Hub, label: str) -> None:
    """Each step of an envelope was compared with all before it, and with all that is stored about its incident."""

    def notes(count: int) -> list[Candidate]:
        contents = [
            acknowledged(4000 + number, "VN") if label == "acknowledged" else request(4000 + number, "VN", ["SG"])
            for number in range(count)
        ]
        return [candidate(index, content) for index, content in enumerate(contents)]

    alerts = CATALOGUE.find("asean", "alerts")
    assert alerts is not None
    small, large = notes(30), notes(300)
    before, after = (
        steps_of(lambda envelope=envelope: played.refused_steps(cert("VN"), alerts, envelope))  # type: ignore[misc]
        for envelope in (small, large)
    )
    assert after <= GROWTH * before, f"{before} steps, then {after}"


def candidate(index: int, content: Content) -> Candidate:
    return Candidate(
        index=index,
        id=content["id"],
        type="note",
        version=parse_timestamp(content["modified"]),
        version_text=content["modified"],
        level=TLP.AMBER_STRICT,
        owner="VN",
        revoked=False,
        named_ids=(),
        body=json.dumps(content).encode(),
        digest=b"",
    )
