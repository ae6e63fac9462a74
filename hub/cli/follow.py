"""`hub follow`: print each object of a collection as it comes, one JSON object a line."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

from hub.cli import DONE, INTERRUPTED
from hub.cli.client import client, connection_arguments, environment, home
from hub.cli.progress import Progress
from hub.pages.texts import gettext
from hub.producer.checkpoint import line
from hub.producer.follow import INTERVAL_SECONDS, PAGE_OBJECTS, Asked, Rhythm
from hub.producer.witness import trail_file

EXAMPLE = (
    "  export HUB_URL=https://hub.example/asean/ HUB_KEY=…\n"
    "  hub follow incidents --once --out incidents.jsonl\n"
    "  hub follow alerts --checkpoint alerts.state | jq -r .name\n"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("collection", metavar="COLLECTION", help="its id, alias or title")
    parser.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help="continue from the place in this file, and update it"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="append to this file instead of printing: each object exactly once"
    )
    parser.add_argument("--once", action="store_true", help="end when nothing is new, instead of waiting for more")
    parser.add_argument(
        "--interval",
        type=_above_zero,
        default=INTERVAL_SECONDS,
        metavar="SECONDS",
        help="seconds between polls (default: 30)",
    )
    parser.add_argument("--page", type=_whole, default=PAGE_OBJECTS, metavar="OBJECTS", help="objects in one request")
    parser.add_argument("--type", action="append", default=[], dest="types", metavar="TYPE", help="only these types")
    parser.add_argument(
        "--no-events", action="store_false", dest="events", help="only poll; do not listen for the hub's events"
    )
    parser.add_argument(
        "--all-versions", action="store_true", help="print every version, not only the last one of each object"
    )
    parser.add_argument(
        "--trail",
        type=Path,
        metavar="FILE",
        help="file for the hub's last signed checkpoint, which shows whether its history was changed (default: in HUB_HOME)",
    )
    connection_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Print objects until nothing is new, or until stopped: to be stopped is how following for ever ends well."""
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        count = _follow(args)
    except (KeyboardInterrupt, _Stopped):
        # whatever was printed and not yet asked beyond comes again, as after a kill
        return INTERRUPTED if args.once else DONE
    finally:
        signal.signal(signal.SIGTERM, before)
    if args.out is not None:
        print(gettext("{file}: {n} new objects").format(file=args.out, n=count), file=sys.stderr)
    return DONE


def _follow(args: argparse.Namespace) -> int:
    count = 0
    asked = Asked(types=tuple(args.types), all_versions=args.all_versions, page_objects=args.page)
    are_seen = args.out is None and sys.stdout.isatty()  # objects that are printed are progress enough
    with client(args, environment()) as hub, Progress(gettext("objects"), silent=are_seen) as progress:
        rhythm = Rhythm(
            once=args.once, interval_seconds=args.interval, wait=time.sleep, tell=_tell, up_to_date=progress.end
        )
        for item in hub.follow(
            args.collection,
            checkpoint=args.checkpoint,
            out=args.out,
            once=args.once,
            raw=True,
            asked=asked,
            rhythm=rhythm,
            events=args.events,
            trail=args.trail or trail_file(home(environment()), hub.connection.root_url),
        ):
            count += 1
            progress.show(count)
            if args.out is None:
                sys.stdout.buffer.write(line(item))
                sys.stdout.buffer.flush()
    return count


class _Stopped(BaseException):
    """SIGTERM has come. No Exception: nothing on the way may take it for a failure of its own."""


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise _Stopped


def _tell(words: str) -> None:
    print(f"hub follow: {words}", file=sys.stderr, flush=True)


def _above_zero(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e6:
        raise ValueError
    return number


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number
