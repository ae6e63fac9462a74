"""Accounts: a key may overlap with the one that replaces it, a deleted account is gone permanently, silent ones are listed."""

from __future__ import annotations

import json

import pytest

from hub.community.hub import Hub
from hub.errors import StoreUnavailableError, UnauthenticatedError, UnprocessableError
from hub.settings import Limits
from hub.sharing.credentials import OVERLAP, Credentials, deleted_accounts
from hub.sharing.last_seen import AGAIN_MILLISECONDS, LastSeen, last_seen
from hub.sharing.members import Account, AccountKind
from hub.sharing.sessions import Sessions
from hub.store.base import Store
from tests.commands import Command
from tests.conftest import ClientOf
from tests.durations import HOUR
from tests.server.making import PASSWORD, Clock, basic

CERT = Account("th-duty", AccountKind.CERT, "TH")
DAY = 24 * HOUR


def opens(credentials: Credentials, key: str | None) -> bool:
    """Whether the key opens the account, as Bearer and as password alike."""
    answers = set()
    for header in (f"Bearer {key}", basic(CERT.name, str(key))):
        try:
            answers.add(credentials.authenticate(header) == CERT)
        except UnauthenticatedError:
            answers.add(False)
    (answer,) = answers
    return answer


def test_an_old_key_opens_the_hub_until_the_overlap_ends(credentials: Credentials, clock: Clock) -> None:
    """And not a millisecond longer; the new one opens it from the start."""
    old = credentials.add(CERT, None)
    new = credentials.rotate(CERT.name, None, overlap_milliseconds=DAY)
    assert (opens(credentials, old), opens(credentials, new)) == (True, True)
    proof = credentials.fingerprint(CERT)
    clock.now += DAY - 1
    assert opens(credentials, old)
    clock.now += 1
    assert (opens(credentials, old), opens(credentials, new)) == (False, True)
    assert credentials.fingerprint(CERT) != proof  # who listens since the old key opened the hub has to come again


def test_who_signed_in_with_an_old_key_signs_in_again_when_it_ends(
    credentials: Credentials, account_store: Store, clock: Clock
) -> None:
    """Else the old key would go on for as long as a session does."""
    credentials.add(CERT, None)
    credentials.rotate(CERT.name, None, overlap_milliseconds=HOUR)
    sessions = Sessions(account_store, b"secret", clock, Limits())
    session = sessions.begin(CERT)
    assert session is not None
    clock.now += HOUR - 1
    assert sessions.find(sessions.cookie(session)) is not None
    clock.now += 1
    assert sessions.find(sessions.cookie(session)) is None
    session = sessions.begin(CERT)
    assert session is not None
    assert sessions.find(sessions.cookie(session)) == (session, CERT)


def test_only_one_old_key_goes_on(credentials: Credentials) -> None:
    """A second rotation within the overlap ends the oldest; one without an overlap ends all."""
    first = credentials.add(CERT, None)
    second = credentials.rotate(CERT.name, None, overlap_milliseconds=DAY)
    third = credentials.rotate(CERT.name, None, overlap_milliseconds=DAY)
    assert [opens(credentials, key) for key in (first, second, third)] == [False, True, True]
    fourth = credentials.rotate(CERT.name, None)
    assert [opens(credentials, key) for key in (second, third, fourth)] == [False, False, True]


def test_an_old_key_whose_end_is_not_known_opens_nothing(credentials: Credentials, account_store: Store) -> None:
    """Where the note of the end is lost, the key is."""
    old = credentials.add(CERT, None)
    new = credentials.rotate(CERT.name, None, overlap_milliseconds=DAY)
    account_store.put_facts(OVERLAP, {}, [fact.key for fact in account_store.facts(OVERLAP)])
    assert (opens(credentials, old), opens(credentials, new)) == (False, True)


def test_a_password_has_no_overlap(credentials: Credentials) -> None:
    """There is one at a time."""
    credentials.add(CERT, PASSWORD)
    with pytest.raises(UnprocessableError, match="leave --overlap out"):
        credentials.rotate(CERT.name, None, overlap_milliseconds=DAY)


def test_a_deleted_account_is_gone_for_good(credentials: Credentials, account_store: Store) -> None:
    """No credential of it is kept, nothing brings it back, and its name is never another's."""
    key = credentials.add(CERT, None)
    credentials.delete(CERT.name)
    assert not opens(credentials, key)
    row = account_store.get_account(CERT.name)
    assert row is not None
    assert (row.key_hashes, row.password_hash, row.disabled) == ((), "", True)
    assert deleted_accounts(account_store) == {CERT.name}
    for again in (credentials.enable, credentials.delete, lambda name: credentials.rotate(name, None)):
        with pytest.raises(UnprocessableError, match="no account"):
            again(CERT.name)
    with pytest.raises(UnprocessableError, match="choose another"):
        credentials.add(CERT, None)


def test_deleting_agrees_with_the_audit_trail(command_with_store: Command) -> None:
    """The trail says who did it, and the store is as the hub wrote it."""
    command_with_store("account", "add", "id-duty", "--member", "ID", "--kind", "cert")
    command_with_store("account", "rotate", "id-duty", "--overlap", "24h")
    command_with_store("account", "delete", "id-duty", "--yes")
    assert json.loads(command_with_store("account", "list", "--json").out) == []
    assert [row["deleted"] for row in json.loads(command_with_store("account", "list", "--all", "--json").out)] == [
        True
    ]
    assert json.loads(command_with_store("audit", "verify", "--json").out)["findings"] == []
    assert "account delete" in command_with_store("audit", "show").out


@pytest.mark.parametrize("span", ["soon", "1", "-1h", "0h", ""])
def test_an_overlap_that_says_no_time_changes_nothing(command_with_store: Command, span: str) -> None:
    command_with_store("account", "add", "id-duty", "--member", "ID", "--kind", "cert")
    before = command_with_store("export").out.splitlines()[1:]
    command_with_store("account", "rotate", "id-duty", f"--overlap={span}", code=3)
    assert command_with_store("export").out.splitlines()[1:] == before


class Busy:
    """A store that takes no note."""

    def put_facts(self, *_: object, **__: object) -> None:
        raise StoreUnavailableError("busy")


def test_an_account_is_noted_once_an_hour(account_store: Store, clock: Clock) -> None:
    """So that a poll with nothing new stays as cheap as it is."""
    seen = LastSeen(account_store, clock)
    start = clock.now
    seen.note("sg-soc")
    clock.now += AGAIN_MILLISECONDS - 1
    seen.note("sg-soc")
    assert last_seen(account_store) == {"sg-soc": start}
    clock.now += 1
    seen.note("sg-soc")
    assert last_seen(account_store) == {"sg-soc": start + AGAIN_MILLISECONDS}


def test_a_busy_store_answers_all_the_same(clock: Clock) -> None:
    """The note is put off; the request is not."""
    LastSeen(Busy(), clock).note("sg-soc")  # type: ignore[arg-type] # a store that can do nothing else


def test_who_asked_is_seen(as_account: ClientOf, hub: Hub) -> None:
    """A request of an account, whatever it asks for, is a sign of life; one without credentials is nobody's."""
    as_account("sg-soc").get("/taxii2/")
    as_account(None).get("/taxii2/")
    assert last_seen(hub.store).keys() == {"sg-soc"}


def test_who_never_asked_is_listed_first(command_with_store: Command) -> None:
    """An account that nobody uses is one to delete."""
    command_with_store("account", "add", "id-duty", "--member", "ID", "--kind", "cert")
    assert json.loads(command_with_store("account", "last-seen", "--json").out) == [
        {"name": "id-duty", "member": "ID", "last_seen": None, "fetched_objects": 0, "fetched_bytes": 0}
    ]
    assert "never" in command_with_store("account", "last-seen").out
