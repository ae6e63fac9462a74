"""`hub remind`: remind members of deadlines that have passed, once each. A timer runs it, or `hub serve --remind` does it.

1. What is overdue in any API root and was not reminded of yet.
2. They are written: as lines, as JSON, or as one mail for each member to its contact.
3. What was written is noted, member by member. Where the mail server refuses a member's mail for good, its telephone number is printed
   instead, and that counts as well; where it says "later", or is away, nothing is noted, and the next run tries again.
4. The operator is mailed, once, about members that are silent and a certificate that ends soon; without mail these are lines on stderr.
5. The ledger's oldest intervals are joined, since this is done again and again anyway.

However many timers and servers do it, on however many machines: one at a time (`sharing.turn`).
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
    """Write what is due; 4 where the mail server is away."""
    settings = load_settings(os.environ)
    hub = open_hub(settings)
    with closing(hub.store), Mailer(mail_server(settings)) if args.mail else nullcontext() as mailer:

        def write(digest: Digest) -> bool:
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

        def alarm(alarms: Sequence[Alarm]) -> bool:
            was_sent = send_alarms(alarms, mailer, settings.operator_mail, lambda line: print(line, file=sys.stderr))
            return was_sent and not args.keep

        try:
            # (1) to (3)
            if not remind(hub, write):
                print("hub remind: another process is reminding just now; nothing is lost", file=sys.stderr)
            # (4)
            raise_alarms(hub, settings.tls_cert, alarm)
        except mail.UNAVAILABLE as error:
            print(f"hub remind: the mail server {unavailable(settings, error)}", file=sys.stderr)
            for digest in due_digests(hub):
                print(digest.phone, file=sys.stderr)
            return AWAY
        # (5)
        hub.community.ledger.fold()
    return DONE
