"""Reminders: each deadline once, in the member's language and time, without a word of the incident's content."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.sharing.hub import Hub
from hub.sharing.reminders import KEYS, catalogue_for, catalogues, due_reminders, note
from tests.community.making import CATALOGUE, HOUR, TOP, acknowledged, incident, request, stamp, taken
from tests.ports import free_port
from tests.server.making import Clock
from tests.server.process import command


def test_what_is_overdue_is_reminded_of_once(hub: Hub, clock: Clock) -> None:
    """Whoever acknowledged is left alone; a later deadline of the same incident is another."""
    taken(hub, "ID", incident(criticality=90), request(20, "ID", ["SG"], due="2026-04-02T05:00:00Z"))
    assert due_reminders(hub) == []
    clock.now += HOUR
    taken(hub, "MY", acknowledged(10, "MY"))
    first = due_reminders(hub)
    assert {one.member.code for one in first} == set(CATALOGUE.members) - {"ID", "MY"}
    for one in first:
        note(hub, one)
    assert due_reminders(hub) == []
    clock.now += HOUR
    (second,) = due_reminders(hub)
    assert (second.member.code, second.overdue.what) == ("SG", "answer")


def test_a_reminder_tells_the_members_own_time_and_utc(hub: Hub, clock: Clock) -> None:
    """Indonesia's desk reads Indonesian, and Jakarta's clock; mail travels in the open, so the name is not in it."""
    taken(hub, "SG", incident(member="SG", name="A secret bank was hit"))
    clock.now += HOUR
    found = {one.member.code: one for one in due_reminders(hub)}
    assert "2026-04-02 11:10 (Asia/Jakarta), 2026-04-02 04:10 UTC" in found["ID"].line
    assert "konfirmasi penerimaan" in found["ID"].body
    assert "2026-04-02 10:40 (Asia/Yangon), 2026-04-02 04:10 UTC" in found["MM"].line
    assert "acknowledgement" in found["MM"].body
    for one in found.values():
        assert "secret" not in f"{one.subject}{one.body}{one.line}{json.dumps(one.as_dict())}"
        assert incident()["id"] in one.body
        assert one.member.duty_line in one.phone


def test_a_drill_says_that_it_is_one(hub: Hub, clock: Clock) -> None:
    """Nobody takes it for real."""
    taken(hub, "SG", incident(member="SG", labels=["exercise"]), root="exercise")
    clock.now += HOUR
    found = {one.member.code: one for one in due_reminders(hub)}
    assert found["ID"].subject.startswith("[LATIHAN]")
    assert found["MM"].line.startswith("[EXERCISE]")


def test_every_catalogue_has_the_same_words_and_the_same_places_in_them() -> None:
    """So that a further language cannot lack any."""
    assert {"en", "id"} <= catalogues().keys()
    for words in catalogues().values():
        assert words.keys() == KEYS
        for key in KEYS:
            assert words[key].strip()
    assert catalogue_for(("fil", "id-ID")) == catalogues()["id"]
    assert catalogue_for(("my",)) == catalogues()["en"]


class _Mailbox(socketserver.StreamRequestHandler):
    """A mail server that takes mail for all but one address."""

    def handle(self) -> None:
        server = self.server
        assert isinstance(server, _MailServer)
        self.say("220 ready")
        while line := self.rfile.readline().decode().strip():
            word = line[:4].upper()
            if word == "RCPT" and server.refused in line:
                self.say("550 no such user")
            elif word == "DATA":
                self.say("354 go on")
                lines = []
                while (text := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                    lines.append(text)
                server.mails.append("\n".join(lines))
                self.say("250 taken")
            else:
                self.say("221 bye" if word == "QUIT" else "250 ok")

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, refused: str) -> None:
        super().__init__(("127.0.0.1", 0), _Mailbox)
        self.refused = refused
        self.mails: list[str] = []


@pytest.fixture
def mail() -> Iterator[_MailServer]:
    server = _MailServer(CATALOGUE.members["VN"].contact)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_reminders_go_by_mail_and_the_telephone_is_told_where_mail_fails(
    hub: Hub, tmp_path: Path, mail: _MailServer
) -> None:
    """`hub remind --mail` as a timer runs it: the second run sends nothing; with the mail server away nothing is lost."""
    taken(hub, "SG", incident(member="SG"), request(20, "SG", ["ID"], due=stamp()))
    environment = {
        "HUB_STORE": f"sqlite:///{tmp_path}/hub.sqlite",
        "HUB_COLLECTIONS": str(TOP / "collections"),
        "HUB_PROFILES": str(TOP / "profiles"),
        "HUB_SMTP_HOST": "127.0.0.1",
        "HUB_SMTP_FROM": "hub@hub.example",
        "HUB_SMTP_SECURITY": "none",
    }
    away = command("remind", "--mail", environment=environment | {"HUB_SMTP_PORT": str(free_port())}, code=4)
    assert CATALOGUE.members["VN"].duty_line in away.stderr
    environment["HUB_SMTP_PORT"] = str(mail.server_address[1])
    done = command("remind", "--mail", environment=environment)
    # the clock of the command is the real one: every member but the reporter let its hour pass, and ID was asked, too
    assert len(mail.mails) == len(CATALOGUE.members) - 1
    assert done.stdout.count(CATALOGUE.members["VN"].duty_line) == 1
    assert f"To: {CATALOGUE.members['ID'].contact}" in "\n".join(mail.mails)
    assert command("remind", "--mail", environment=environment).stdout == ""
    assert command("remind", environment=environment).stdout == ""
