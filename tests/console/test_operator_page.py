"""The operator's page: who fetches and who is silent, what is in the trail, what was refused; without content."""

from __future__ import annotations

import re

import orjson
import pytest

from hub.audit import background
from hub.audit.result import KIND as VERIFIED
from hub.audit.result import VerificationResult, note_verification
from hub.community import drills, ledger, performance
from hub.community.hub import Hub
from hub.community.turn import KIND as TURN
from hub.community.turn import Turn
from hub.server import metrics
from hub.sharing.last_seen import KIND as LAST_SEEN
from hub.sharing.sessions import ENDED
from hub.sharing.volumes import KIND as VOLUMES
from hub.store.chain import Act
from tests.community.making import incident, publish_as, report
from tests.console.conftest import SignedIn
from tests.durations import DAY
from tests.server.making import Clock


def rows(page: str) -> dict[str, str]:
    """Account -> the text of its row."""
    matches = re.findall(r'<tr><th scope="row"><a [^>]*>([a-z-]+)</a></th>(.*?)</tr>', page)
    return {name: re.sub(r"<[^>]+>", " ", row_html) for name, row_html in matches}


def test_who_fetches_and_who_is_silent(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """By account, and by member where none of its CERT's accounts sent a request for a week."""
    publish_as(hub, "ID", incident(1), report(1))
    signed_in("sg-cert").get(f"/asean/board/{incident(1)['id']}/").close()
    operator = signed_in("operator")
    hub.credentials.disable("vn-cert")
    page = operator.text("/console/operator")
    assert "2026-04-02 03:10" in rows(page)["sg-cert"]
    assert "silent" not in rows(page)["sg-cert"]
    assert "silent" in rows(page)["my-cert"]
    assert "disabled" in rows(page)["vn-cert"]
    notice = page.partition('class="notice"')[2].partition("</p>")[0]
    assert "Malaysia" in notice
    assert "Singapore" not in notice
    clock.now += 8 * DAY
    assert (
        "Singapore"
        in signed_in("operator").text("/console/operator").partition('class="notice"')[2].partition("</p>")[0]
    )


def test_the_operators_page_has_no_content_no_credential_and_no_form_but_the_sign_out(
    hub: Hub, signed_in: SignedIn
) -> None:
    """An operator's key is in monitoring systems: it opens figures alone."""
    publish_as(hub, "ID", incident(1, name="Hospital"))
    page = signed_in("operator").text("/console/operator")
    assert "Hospital" not in page
    row = hub.store.get_account("sg-cert")
    assert row is not None
    assert not any(key_hash in page for key_hash in row.key_hashes)
    assert re.findall(r'action="([^"]+)"', page) == ["/console/logout"]


@pytest.mark.parametrize(("name", "status"), [("sg-cert", 403), ("id-soc", 403), ("partner", 403)])
def test_the_operators_page_is_for_operators(signed_in: SignedIn, name: str, status: int) -> None:
    """Nobody else learns of the accounts."""
    assert "my-cert" not in signed_in(name).text("/console/operator", status)


def trail_rows(page: str) -> list[tuple[str, str]]:
    """(what, about) of each entry that is shown."""
    part = page.partition('id="trail"')[2].partition("</section>")[0]
    return re.findall(r"<td>([a-z ]+)</td><td><bdi>(.*?)</bdi></td>", part)


def test_the_trail_is_searched_by_what_whom_and_when(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """The newest first; it names accounts and numbers, and nothing of what was published."""
    publish_as(hub, "ID", incident(1, name="Hospital"), report(1))
    clock.now += DAY
    publish_as(hub, "SG", incident(2, "SG", name="Bank"))
    operator = signed_in("operator")
    page = operator.text("/console/operator?what=published")
    assert [about.split()[0] for what, about in trail_rows(page) if what == "published"][:2] == [
        "account=sg-cert",
        "account=id-cert",
    ]
    assert "Hospital" not in page
    assert incident(1)["id"] not in page
    only = trail_rows(operator.text("/console/operator?what=published&account=id-cert"))
    assert len(only) == 1
    assert "added=2" in only[0][1]
    assert "status=" not in only[0][1]
    later = trail_rows(operator.text("/console/operator?what=published&day=2026-04-03"))
    assert [about.split()[0] for _, about in later] == ["account=sg-cert"]
    assert "No entry fits." in operator.text("/console/operator?account=nobody")
    assert "2" in rows(page)["id-cert"].split()


def test_a_search_is_text(signed_in: SignedIn) -> None:
    """What is searched for is shown again, as text, however long and odd it is."""
    operator = signed_in("operator")
    page = operator.text('/console/operator?account="><script>alert(1)</script>&what=%00&day=' + "9" * 500)
    assert "<script>alert" not in page
    assert "No entry fits." in page


def test_the_last_verification_is_shown(hub: Hub, signed_in: SignedIn, clock: Clock) -> None:
    """That there was none, that nothing was found, or how many findings."""
    operator = signed_in("operator")
    assert "It was never verified." in operator.text("/console/operator")
    note_verification(hub.store, VerificationResult(clock.now, 0))
    page = operator.text("/console/operator")
    assert "Verified last on 2026-04-02 03:10 UTC." in page
    assert "Nothing was found." in page
    note_verification(hub.store, VerificationResult(clock.now, 3))
    assert "3 findings" in operator.text("/console/operator")


def test_drills_and_refusals_are_counted(hub: Hub, signed_in: SignedIn) -> None:
    """A drill with its title and size; what limits refused, by status."""
    value = orjson.dumps({"title": "Night <shift>", "incidents": {"a": incident(1)["id"]}})
    hub.store.put_facts(drills.KIND, {"exercise/001775099400000": value})
    metrics.count_request("objects", 429, 0.1)
    page = signed_in("operator").text("/console/operator")
    assert "Night &lt;shift&gt;" in page
    assert "2026-04-02 03:10" in page.partition('id="drills"')[2]
    assert "429 <span" in page


def test_refused_logins_are_found_by_the_name_that_was_tried(hub: Hub, signed_in: SignedIn) -> None:
    """An operator looks for an account that somebody guesses at."""
    act = Act("refused login", {"since": 0, "logins": [["192.0.2.7", "sg-cert", 40]]})
    hub.store.add_to_trail([act])
    page = signed_in("operator").text("/console/operator?account=sg-cert&what=refused login")
    assert "192.0.2.7" in trail_rows(page)[0][1]


@pytest.mark.parametrize("value", ["x", -1, 10**18, None, [1], 1.5])
def test_an_entry_that_was_damaged_hides_no_other(hub: Hub, signed_in: SignedIn, value: object) -> None:
    """Each as it can be read."""
    hub.store.add_to_trail([Act("published", {"at": value, "added": value, "account": value, "logins": value})])
    publish_as(hub, "ID", incident(1))
    assert "account=id-cert" in signed_in("operator").text("/console/operator")


@pytest.mark.parametrize("value", [b"", b"x", b"[]", b'{"at": 1}', b"-1", b"9" * 30])
def test_notes_that_were_damaged_hide_nothing_else(hub: Hub, signed_in: SignedIn, clock: Clock, value: bytes) -> None:
    """The page is where the operator looks for what was damaged, and accounts go on to sign in."""
    operator = signed_in("operator")
    publish_as(hub, "ID", incident(1))
    signed_in("sg-cert").get(f"/asean/board/{incident(1)['id']}/").close()
    kinds = (ledger.KIND, LAST_SEEN, VOLUMES, VERIFIED, background.KIND, TURN, ENDED, performance.KIND, drills.KIND)
    for kind in kinds:
        keys = {"x", "last", "exercise/1", "exercise/x", "now", "verify/x", "drills/1", "sg-cert"} | {
            fact.key for fact in hub.store.facts(kind)
        }
        hub.store.put_facts(kind, dict.fromkeys(keys, value))
    page = operator.text("/console/operator")
    assert "silent" not in rows(page)["operator"]
    operator.text("/console/operator/accounts/sg-cert")
    assert signed_in("my-cert").get("/").status_code == 200
    with Turn(hub, "verify") as turn:
        assert turn.acquire()
    assert performance.find_performance(hub, "drills/1") is not None
