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
import logging
import os
import random
import sys
import time
from contextlib import closing, nullcontext
from typing import Final

from hub.cli import AWAY, DONE
from hub.community import mail
from hub.community.mail import Mailed, MailServer, Post
from hub.community.reminders import Reminder, catalogues, due_reminders, remind
from hub.errors import HubError
from hub.settings import Settings, load_settings
from hub.sharing.hub import Hub
from hub.wiring import open_hub

EXAMPLE = "  hub remind\n  hub remind --mail\n  hub remind --json --keep | jq -r .member\n"
LOOKS_SECONDS: Final = 60.0  # between two looks of a server
YIELDED_SECONDS: Final = 5.0  # until it looks again, where another process was at it
FOLDS_SECONDS: Final = 24 * 3600.0
_lots: Final = random.Random()  # noqa: S311 - spreads, protects nothing; the module's own state is left alone
_log = logging.getLogger("hub.remind")


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


def check_reminding(settings: Settings) -> None:
    """ConfigurationError where the settings for mail, or a catalogue of words, cannot be used by `hub serve --remind`."""
    catalogues()
    if settings.smtp_host:
        Post(mail_server(settings))


class Reminding:
    """What a thread of each worker of `hub serve` does: by mail where smtp_host is set, else as lines in the log.

    Of the workers, since their parent forks: a thread of its own could leave them locks that nobody lets go of.
    """

    def __init__(self, hub: Hub, settings: Settings) -> None:
        self._hub = hub
        self._settings = settings
        self._folded = time.monotonic()
        self._trouble = ""

    def run(self) -> None:
        """For as long as the process lives; whoever is killed in the middle repeats one reminder at most."""
        while True:
            # not all workers in the same moment
            pause = LOOKS_SECONDS if self._look() else YIELDED_SECONDS
            time.sleep(pause * _lots.uniform(0.5, 1))

    def _look(self) -> bool:
        """Remind once; False where another process was at it."""
        hub, settings = self._hub, self._settings
        try:
            with Post(mail_server(settings)) if settings.smtp_host else nullcontext() as post:

                def tell(one: Reminder) -> bool:
                    became = post.send(one) if post is not None else None
                    if became is not Mailed.LATER:
                        _log.info("reminded: %s", in_words(one, became))
                    return became is not Mailed.LATER

                mine = remind(hub, tell)
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
            _log.warning("%s", text)
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
