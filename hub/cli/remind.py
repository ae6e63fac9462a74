"""`hub remind`: remind members, once, of each deadline that has passed. Run it from a timer, or use `hub serve --remind`.

1. Collect what is overdue in any API root and was not reminded of yet.
2. Write the reminders: as lines, as JSON, or as one mail for each member to its contact.
3. Note what was written, member by member. If the mail server refuses a member's mail permanently, print its telephone number
   instead, and note that, too. If the server refuses temporarily or cannot be reached, note nothing: the next run tries again.
4. Mail the operator, once, about silent members and a certificate that expires soon; without mail, print lines on stderr.
5. Join the ledger's oldest intervals: this command runs regularly, so it is a good place for that.

Only one process at a time does this, even with several timers and servers on several machines (`sharing.turn`).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import closing, nullcontext

from hub.cli import AWAY, DONE
from hub.community import mail
from hub.community.alarms import Alarm, raise_alarms
from hub.community.digests import Digest, due_digests, remind
from hub.community.mail import Mailer, MailResult
from hub.community.reminder_loop import describe, mail_server, send_alarms, unavailable
from hub.settings import load_settings
from hub.wiring import open_hub

EXAMPLE = "  hub remind\n  hub remind --mail\n  hub remind --json --keep | jq -r .member\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument(
        "--mail", action="store_true", help="send the reminders to the members' contacts (settings smtp_…)"
    )
    parser.add_argument("--json", action="store_true", help="print each as one JSON object a line")
    parser.add_argument("--keep", action="store_true", help="do not note them as sent: the next run repeats them")


def run(args: argparse.Namespace) -> int:
    """Write the reminders that are due. Returns 4 if the mail server cannot be reached."""
    settings = load_settings(os.environ)
    hub = open_hub(settings)
    with closing(hub.store), Mailer(mail_server(settings)) if args.mail else nullcontext() as mailer:

        def write_digest(digest: Digest) -> bool:
            result = mailer.send(digest) if mailer is not None else None
            if result is MailResult.LATER:
                print(f"hub remind: not yet, the next run tries again: {digest.line}", file=sys.stderr)
                return False
            if args.json:
                mailed = {} if result is None else {"mailed": result is MailResult.TAKEN}
                for reminder in digest.reminders:
                    print(json.dumps(reminder.as_dict() | mailed, ensure_ascii=False), flush=True)
            else:
                print(describe(digest, result), flush=True)
            return not args.keep

        def send_alarm_mail(alarms: Sequence[Alarm]) -> bool:
            was_sent = send_alarms(alarms, mailer, settings.operator_mail, lambda line: print(line, file=sys.stderr))
            return was_sent and not args.keep

        try:
            # (1) to (3)
            if not remind(hub, write_digest):
                print("hub remind: another process is reminding just now; nothing is lost", file=sys.stderr)
            # (4)
            raise_alarms(hub, settings.tls_cert, send_alarm_mail)
        except mail.UNAVAILABLE as error:
            print(f"hub remind: the mail server {unavailable(settings, error)}", file=sys.stderr)
            for digest in due_digests(hub):
                print(digest.phone, file=sys.stderr)
            return AWAY
        # (5)
        hub.community.ledger.fold()
    return DONE
