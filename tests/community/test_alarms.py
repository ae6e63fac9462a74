"""What the operator is mailed about: silent members and a certificate that ends soon, once each."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_string
from pathlib import Path

import pytest
import trustme

from hub.community.alarms import Alarm, due_alarms, raise_alarms, silences
from hub.community.hub import Hub
from hub.community.reminder_loop import send_alarms
from hub.errors import ConfigurationError
from hub.sharing.declared import load_catalogue
from hub.sharing.last_seen import LastSeen
from tests import keeping
from tests.community.mailing import MailServer, mailing
from tests.community.making import CATALOGUE, open_hub
from tests.durations import HOUR
from tests.places import TOP
from tests.server.making import Clock
from tests.server.process import command

DAY = 24 * HOUR


@pytest.fixture
def hub(tmp_path: Path, clock: Clock) -> Iterator[Hub]:
    """Singapore's CERT says that a day without a request is too long."""
    members = {**CATALOGUE.members, "SG": replace(CATALOGUE.members["SG"], silent_hours=24)}
    own_hub = open_hub(tmp_path, clock, replace(CATALOGUE, members=members))
    yield own_hub
    own_hub.store.close()
    keeping.DATABASES.take_back(tmp_path)


def raised(hub: Hub, certificate: str = "") -> list[str]:
    """The lines of the message that is sent now; none where nothing is due."""
    lines: list[str] = []

    def send(alarms: Sequence[Alarm]) -> bool:
        lines.extend(alarm.line for alarm in alarms)
        return True

    raise_alarms(hub, certificate, send)
    return lines


def test_a_member_that_asks_for_nothing_is_mailed_about_once(hub: Hub, clock: Clock) -> None:
    """Once for each silence: a member that came back and fell silent again counts once more. Members that declare nothing never are."""
    clock.now += 23 * HOUR
    assert raised(hub) == []
    clock.now += 2 * HOUR
    assert [silence.member.code for silence in silences(hub)] == ["SG"]
    (line,) = raised(hub)
    assert line.startswith("SG (")
    assert CATALOGUE.members["SG"].duty_line in line
    assert raised(hub) == []
    LastSeen(hub.store, clock).note("sg-cert")
    assert silences(hub) == []
    clock.now += 25 * HOUR
    assert len(raised(hub)) == 1
    assert raised(hub) == []


def test_a_member_without_an_account_in_use_is_not_silent(hub: Hub, clock: Clock) -> None:
    """It never came, or was disabled."""
    for row in hub.store.list_accounts():
        if row.member == "SG":
            hub.credentials.disable(row.name)
    clock.now += 1000 * HOUR
    assert silences(hub) == []


def test_a_certificate_is_mailed_about_as_its_end_comes_nearer(hub: Hub, clock: Clock, tmp_path: Path) -> None:
    """Three weeks, one week, one day before, and when it has ended; a renewed one not at all."""
    file = tmp_path / "chain.pem"
    issued = trustme.CA().issue_cert(
        "hub.example", not_after=datetime.fromtimestamp((clock.now + 30 * DAY) / 1000, UTC)
    )
    issued.cert_chain_pems[0].write_to_path(str(file))
    counts = []
    for _ in range(32):
        counts.append(len([line for line in raised(hub, str(file)) if "certificate" in line]))
        clock.now += DAY
    assert [day for day, count in enumerate(counts) if count] == [9, 23, 29, 30]
    trustme.CA().issue_cert("hub.example").cert_chain_pems[0].write_to_path(str(file))
    clock.now -= 31 * DAY
    assert [line for line in raised(hub, str(file)) if "certificate" in line] == []


def test_what_was_not_sent_is_sent_again(hub: Hub, clock: Clock) -> None:
    """The mail server asks to try later; then another process has the turn; nothing is lost."""
    clock.now += 25 * HOUR
    raise_alarms(hub, "", lambda _: False)
    assert len(due_alarms(hub, "")) == 1
    assert len(raised(hub)) == 1


def test_the_operator_is_mailed_by_the_timer(hub: Hub, clock: Clock, tmp_path: Path, mail: MailServer) -> None:
    """`hub remind --mail`, once; the words say what to do, and nothing of any incident."""
    file = tmp_path / "ending.pem"
    issued = trustme.CA().issue_cert("hub.example", not_after=datetime(2026, 1, 1, tzinfo=UTC))
    issued.cert_chain_pems[0].write_to_path(str(file))
    assert hub.catalogue.members["SG"].silent_hours
    environment = mailing(tmp_path) | {
        "HUB_SMTP_PORT": str(mail.server_address[1]),
        "HUB_OPERATOR_MAIL": "operator@hub.example",
        "HUB_TLS_CERT": str(file),
    }
    command("remind", "--mail", environment=environment)
    (message_text,) = mail.mails
    assert "To: operator@hub.example" in message_text
    assert "Subject: The hub needs you: 1 to look at" in message_text
    text = message_from_string(message_text).get_payload(
        decode=True
    )  # its lines end where the name of the file lets them
    assert isinstance(text, bytes)
    assert "SIGHUP to the hub" in " ".join(text.decode().split())
    command("remind", "--mail", environment=environment)
    assert len(mail.mails) == 1


def test_without_a_mail_address_of_the_operator_each_is_a_line() -> None:
    """In the log of `hub serve --remind`, or on stderr of `hub remind`."""
    lines: list[str] = []
    assert send_alarms([Alarm("a", "one"), Alarm("b", "two")], None, "operator@hub.example", lines.append)
    assert lines == ["one", "two"]


@pytest.mark.parametrize(
    ("hours", "words"), [("-1", "silent_hours"), ("2161", "silent_hours"), ('"24"', "silent_hours")]
)
def test_invalid_hours_are_refused_in_the_declaration(tmp_path: Path, hours: str, words: str) -> None:
    """And a good number is accepted."""
    folder = tmp_path / "collections"
    shutil.copytree(TOP / "collections", folder)
    file = folder / "asean" / "members.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("[[member]]", "[[member]]\nsilent_hours = 24", 1), encoding="utf-8")
    assert load_catalogue(folder, TOP / "profiles").members["BN"].silent_hours == 24
    file.write_text(text.replace("[[member]]", f"[[member]]\nsilent_hours = {hours}", 1), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=words):
        load_catalogue(folder, TOP / "profiles")
