"""`hub answer`: accept a request to this member, refuse it with a reason, or report that it is done."""

from __future__ import annotations

import argparse
from typing import Final

from hub.cli.respond import protection, respond_arguments, send_step
from hub.pages.texts import gettext, marked
from hub.producer.respond import ANSWER_WORDS, answer

EXAMPLE = (
    "  hub answer incident--8f2c… accepted\n"
    '  hub answer note--51aa… refused --why "The server is not in our country."\n'
)

# an answer in the protocol -> in words
ANSWERS: Final = {"accepted": marked("accepted"), "refused": marked("refused"), "done": marked("done")}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument(
        "subject", metavar="INCIDENT", help="id of the incident, or of the request if there are several"
    )
    parser.add_argument("says", choices=ANSWER_WORDS, metavar="accepted|refused|done", help="the answer")
    parser.add_argument("--why", default="", metavar="TEXT", help="the reason, which a refusal needs")
    respond_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Send the answer. Returns 1 if the hub refuses it."""
    message = gettext("Answered: {answer}.").format(answer=gettext(ANSWERS[args.says]))
    return send_step(
        args,
        lambda hub: answer(hub, args.subject, args.says, why=args.why, to=args.to, protection=protection(args)),
        message,
    )
