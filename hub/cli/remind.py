"""`hub remind`: tell members of deadlines that have passed, once each. Run it by a timer on the hub's machine.

1. What is overdue in any API root and was not reminded of yet.
2. Each is written: as a line, as JSON, or by mail to the member's contact.
3. What was written is noted, one by one. Where the mail server does not take a member's mail, its telephone is told
   instead, and that counts as well; where the mail server is away nothing is noted, and the next run tries again.
4. The ledger's oldest intervals are joined, since this runs by a timer anyway.
"""

from __future__ import annotations

import argparse
import json
import os
import smtplib
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from hub.cli import AWAY, DONE
from hub.errors import ConfigurationError
from hub.settings import Settings, load_settings
from hub.sharing.reminders import Reminder, due_reminders, note
from hub.wiring import open_hub

EXAMPLE = "  hub remind\n  hub remind --mail\n  hub remind --json --keep | jq -r .member\n"
TIMEOUT_SECONDS: Final = 30
SECURITIES: Final = ("starttls", "tls", "none")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--mail", action="store_true", help="send them to the members' contacts (settings smtp_…)")
    parser.add_argument("--json", action="store_true", help="print each as one JSON object a line")
    parser.add_argument("--keep", action="store_true", help="note nothing: the next run tells them again")


def run(args: argparse.Namespace) -> int:
    """Write what is due; 4 where the mail server is away."""
    settings = load_settings(os.environ)
    hub = open_hub(settings)
    with closing(hub.store):
        # (1)
        reminders = due_reminders(hub)
        # (2)
        written = _mailed(reminders, settings, as_json=args.json) if args.mail else _printed(reminders, args.json)
        try:
            for one in written:
                # (3)
                if not args.keep:
                    note(hub, one)
        except (OSError, smtplib.SMTPException) as error:
            told = getattr(error, "strerror", None) or type(error).__name__
            print(f"hub remind: the mail server {settings.smtp_host} cannot be used: {told}", file=sys.stderr)
            for one in reminders:
                print(one.phone, file=sys.stderr)
            return AWAY
        # (4)
        hub.community.ledger.fold()
    return DONE


def _printed(reminders: list[Reminder], as_json: bool) -> Iterator[Reminder]:
    for one in reminders:
        print(json.dumps(one.as_dict(), ensure_ascii=False) if as_json else one.line, flush=True)
        yield one


def _mailed(reminders: list[Reminder], settings: Settings, *, as_json: bool) -> Iterator[Reminder]:
    if not reminders:
        return
    with _server(settings) as server:
        for one in reminders:
            try:
                server.send_message(_message(one, settings.smtp_from))
                reached = True
            except (smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError):
                reached = False
            if as_json:
                print(json.dumps({**one.as_dict(), "mailed": reached}, ensure_ascii=False), flush=True)
            else:
                print(one.line if reached else f"{one.line}\n  {one.phone}", flush=True)
            yield one


def _message(one: Reminder, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = one.member.contact
    message["Subject"] = one.subject
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices in answer to it
    message.set_content(one.body)
    return message


@contextmanager
def _server(settings: Settings) -> Iterator[smtplib.SMTP]:
    if not settings.smtp_host or not settings.smtp_from:
        raise ConfigurationError("--mail needs the settings smtp_host and smtp_from (HUB_SMTP_HOST, HUB_SMTP_FROM)")
    if settings.smtp_security not in SECURITIES:
        raise ConfigurationError(f"smtp_security is {settings.smtp_security!r}: one of {', '.join(SECURITIES)}")
    password = _password(settings.smtp_password_file) if settings.smtp_user else ""
    kind = smtplib.SMTP_SSL if settings.smtp_security == "tls" else smtplib.SMTP
    with kind(settings.smtp_host, settings.smtp_port, timeout=TIMEOUT_SECONDS) as server:
        if settings.smtp_security == "starttls":
            server.starttls()
        if settings.smtp_user:
            server.login(settings.smtp_user, password)
        yield server


def _password(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"smtp_password_file: {file!r} cannot be read") from None
