"""`hub remind`: tell members of deadlines that have passed, once each. A timer runs it, or `hub serve --remind` does it.

1. What is overdue in any API root and was not reminded of yet.
2. Each is written: as a line, as JSON, or by mail to the member's contact.
3. What was written is noted, one by one. Where the mail server refuses a member's mail for good, its telephone is told
   instead, and that counts as well; where it says "later", or is away, nothing is noted, and the next run tries again.
4. The ledger's oldest intervals are joined, since this is done again and again anyway.

However many timers and servers do it, on however many machines: one at a time (`sharing.turn`).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import threading
import time
from contextlib import closing, nullcontext
from typing import Final, Self

from hub.cli import AWAY, DONE
from hub.errors import HubError
from hub.settings import Settings, load_settings
from hub.sharing import mail
from hub.sharing.hub import Hub
from hub.sharing.mail import Mailed, MailServer, Post
from hub.sharing.reminders import Reminder, catalogues, due_reminders, remind
from hub.wiring import open_hub

EXAMPLE = "  hub remind\n  hub remind --mail\n  hub remind --json --keep | jq -r .member\n"
LOOKS_SECONDS: Final = 60.0  # between two looks of a server
YIELDED_SECONDS: Final = 5.0  # until it looks again, where another process was at it
FOLDS_SECONDS: Final = 24 * 3600.0
ENDS_SECONDS: Final = 5.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--mail", action="store_true", help="send them to the members' contacts (settings smtp_…)")
    parser.add_argument("--json", action="store_true", help="print each as one JSON object a line")
    parser.add_argument("--keep", action="store_true", help="note nothing: the next run tells them again")


def run(args: argparse.Namespace) -> int:
    """Write what is due; 4 where the mail server is away."""
    settings = load_settings(os.environ)
    hub = open_hub(settings)
    with closing(hub.store), Post(mail_server(settings)) if args.mail else nullcontext() as post:

        def tell(one: Reminder) -> bool:
            became = post.send(one) if post is not None else None
            if became is Mailed.LATER:
                print(f"hub remind: not yet, the next run tries again: {one.line}", file=sys.stderr)
                return False
            if args.json:
                told = one.as_dict() | ({} if became is None else {"mailed": became is Mailed.TAKEN})
                print(json.dumps(told, ensure_ascii=False), flush=True)
            else:
                print(in_words(one, became), flush=True)
            return not args.keep

        try:
            # (1) to (3)
            if not remind(hub, tell):
                print("hub remind: another process is reminding just now; nothing is lost", file=sys.stderr)
        except mail.AWAY as error:
            print(f"hub remind: the mail server {_away(settings, error)}", file=sys.stderr)
            for one in due_reminders(hub):
                print(one.phone, file=sys.stderr)
            return AWAY
        # (4)
        hub.community.ledger.fold()
    return DONE


class Reminding:
    """The thread of `hub serve` that does it: by mail where smtp_host is set, else as lines in the log."""

    def __init__(self, settings: Settings) -> None:
        """ConfigurationError where the settings for mail, or a catalogue of words, cannot be used."""
        catalogues()
        self._settings = settings
        if settings.smtp_host:
            Post(mail_server(settings))
        self._hub = open_hub(settings)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="remind", daemon=True)
        self._folded = time.monotonic()
        self._trouble = ""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(ENDS_SECONDS)  # a mail under way may end; one that takes longer comes again after the start
        self._hub.store.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            # not all servers in the same moment
            self._stopping.wait((LOOKS_SECONDS if self._look(self._hub) else YIELDED_SECONDS) * random.uniform(0.5, 1))  # noqa: S311 - spreads, protects nothing

    def _look(self, hub: Hub) -> bool:
        """Remind once; False where another process was at it."""
        settings = self._settings
        try:
            with Post(mail_server(settings)) if settings.smtp_host else nullcontext() as post:

                def tell(one: Reminder) -> bool:
                    became = post.send(one) if post is not None else None
                    if became is not Mailed.LATER:
                        _say(f"reminded: {in_words(one, became)}")
                    return became is not Mailed.LATER

                mine = remind(hub, tell, go_on=lambda: not self._stopping.is_set())
            if mine and time.monotonic() - self._folded > FOLDS_SECONDS:
                hub.community.ledger.fold()
                self._folded = time.monotonic()
        except mail.AWAY as error:
            self._complain(f"reminders wait: the mail server {_away(settings, error)}")
        except HubError as error:
            self._complain(f"reminders wait: {error}")
        else:
            self._trouble = ""
            return mine
        return True

    def _complain(self, text: str) -> None:
        """Once, not at every look."""
        if text != self._trouble:
            _say(text)
        self._trouble = text


def mail_server(settings: Settings) -> MailServer:
    """The mail server that the settings name."""
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        sender=settings.smtp_from,
        user=settings.smtp_user,
        password_file=settings.smtp_password_file,
    )


def in_words(one: Reminder, became: Mailed | None) -> str:
    """The reminder as a line, with the telephone where mail does not reach the member."""
    return f"{one.line}\n  {one.phone}" if became is Mailed.REFUSED else one.line


def _away(settings: Settings, error: BaseException) -> str:
    return f"{settings.smtp_host} cannot be used: {mail.why_away(error)}"


def _say(text: str) -> None:
    print(f"hub: {text}", file=sys.stderr, flush=True)
