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
import sys
from contextlib import closing, nullcontext

from hub.cli import AWAY, DONE
from hub.community import mail
from hub.community.mail import Mailed, Post
from hub.community.reminder_loop import in_words, mail_server, unavailable
from hub.community.reminders import Reminder, due_reminders, remind
from hub.settings import load_settings
from hub.wiring import open_hub

EXAMPLE = "  hub remind\n  hub remind --mail\n  hub remind --json --keep | jq -r .member\n"


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
            print(f"hub remind: the mail server {unavailable(settings, error)}", file=sys.stderr)
            for one in due_reminders(hub):
                print(one.phone, file=sys.stderr)
            return AWAY
        # (4)
        hub.community.ledger.fold()
    return DONE
