"""`hub remind` and `hub serve` send reminders: by mail, by lines of the log, and once, however many servers there are."""

from __future__ import annotations

import ssl
import time
from pathlib import Path

import trustme

from hub.community.hub import Hub
from hub.community.reminders import KIND
from hub.community.turn import KIND as TURN_KIND
from tests.community.mailing import MailServer, mailing
from tests.community.making import CATALOGUE, incident, publish_as, request
from tests.ports import free_port
from tests.server.process import HubProcess, command


def test_reminders_go_by_mail_and_the_telephone_number_is_printed_where_mail_fails(
    hub: Hub, tmp_path: Path, mail: MailServer
) -> None:
    """`hub remind --mail` as a timer runs it: the second run sends nothing; with the mail server away nothing is lost."""
    publish_as(hub, "SG", incident(member="SG"), request(20, "SG", ["ID"]))
    environment = mailing(tmp_path)
    without_server = command("remind", "--mail", environment=environment | {"HUB_SMTP_PORT": str(free_port())}, code=4)
    assert CATALOGUE.members["VN"].duty_line in without_server.stderr
    environment["HUB_SMTP_PORT"] = str(mail.server_address[1])
    mail.greeted_first = CATALOGUE.members["ID"].contact
    done = command("remind", "--mail", environment=environment)
    # the clock of the command is the real one: every member but the reporter let its hour pass, and ID was asked, too,
    # which is in the same mail
    reached = len(CATALOGUE.members) - 1 - len({"VN", "TH"})
    assert len(mail.mails) == reached - 1
    assert done.stderr.count("not yet") == 1
    for unreached in ("VN", "TH"):
        assert done.stdout.count(CATALOGUE.members[unreached].duty_line) == 1
    to_indonesia = f"To: {CATALOGUE.members['ID'].contact}"
    assert to_indonesia not in "\n".join(mail.mails)
    again = command("remind", "--mail", environment=environment)
    assert again.stdout.startswith("ID:")
    assert to_indonesia in mail.mails[-1]
    assert len(mail.mails) == reached
    assert command("remind", "--mail", environment=environment).stdout == ""
    assert command("remind", environment=environment).stdout == ""


def test_servers_remind_by_themselves_once_however_many_they_are(hub: Hub, tmp_path: Path, mail: MailServer) -> None:
    """Two `hub serve --remind` on one store, each with two workers; a kill and a restart send nothing again."""
    publish_as(hub, "SG", incident(member="SG"))
    mails_expected = len(CATALOGUE.members) - 1
    settings = mailing(tmp_path) | {
        "HUB_SMTP_PORT": str(mail.server_address[1]),
        "HUB_WORKERS": "2",
        "HUB_EVENTS": "false",
        "HUB_REMIND": "true",
    }
    servers = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        servers.append(HubProcess(tmp_path / name, settings=settings, forked=True))
    try:
        for server in servers:
            server.start()
        for _ in range(mails_expected - 2):
            assert mail.came.acquire(timeout=60)
        noted_by(hub, mails_expected)
        for server in servers:
            server.kill()
        end_turns(hub)
        publish_as(hub, "SG", incident(2, member="SG", criticality=95))
        for server in servers:
            server.start()
        for _ in range(mails_expected - 2):
            assert mail.came.acquire(timeout=60)
        noted_by(hub, 2 * mails_expected)
        recipients = [line for text in mail.mails for line in text.splitlines() if line.startswith("To: ")]
        assert sorted(recipients) == sorted(
            f"To: {member.contact}"
            for code, member in CATALOGUE.members.items()
            if code not in ("SG", "VN", "TH")
            for _ in range(2)
        )
        log = "".join(server.log for server in servers)
        assert log.count(CATALOGUE.members["VN"].duty_line) == 2
    finally:
        for server in servers:
            server.end()


def end_turns(hub: Hub) -> None:
    """A process that was killed in its turn keeps the others waiting for TURN_MILLISECONDS: here they have passed."""
    hub.store.put_facts(TURN_KIND, {}, [fact.key for fact in hub.store.facts(TURN_KIND)])


def test_a_mail_server_without_a_trusted_certificate_gets_nothing(hub: Hub, tmp_path: Path, mail: MailServer) -> None:
    """Its certificate has to be that of a known authority: the password is for the real one."""
    publish_as(hub, "SG", incident(member="SG"))
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    mail.secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(mail.secure)
    secured = {"HUB_SMTP_PORT": str(mail.server_address[1]), "HUB_SMTP_SECURITY": "tls"}
    environment = mailing(tmp_path) | secured
    assert "cannot be used" in command("remind", "--mail", environment=environment, code=4).stderr
    assert mail.mails == []
    command("remind", "--mail", environment=environment | {"SSL_CERT_FILE": str(tmp_path / "authority.pem")})
    assert len(mail.mails) == len(CATALOGUE.members) - 1 - len({"VN", "TH"})


def noted_by(hub: Hub, count: int) -> None:
    """Return when so many reminders are noted."""
    deadline = time.monotonic() + 60
    while len(hub.store.facts(KIND)) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)  # another process notes them, and cannot tell us


def test_a_server_without_mail_writes_lines_into_its_log(hub: Hub, tmp_path: Path) -> None:
    """A server without HUB_REMIND writes none."""
    publish_as(hub, "SG", incident(member="SG"))
    settings = mailing(tmp_path) | {"HUB_SMTP_HOST": "", "HUB_WORKERS": "1", "HUB_EVENTS": "false"}
    (tmp_path / "it").mkdir()
    server = HubProcess(tmp_path / "it", settings=settings, forked=True)
    try:
        server.start()
        assert server.stop() == 0
        assert hub.store.facts(KIND) == ()
        server.settings["HUB_REMIND"] = "true"
        server.start()
        noted_by(hub, len(CATALOGUE.members) - 1)
        assert server.stop() == 0
        assert '"logger":"hub.remind","message":"reminded: ID: batas waktu' in server.log
    finally:
        server.end()
