"""`hub follow`: print each object of a collection when it is added, one JSON object a line."""

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
        type=_positive_number,
        default=INTERVAL_SECONDS,
        metavar="SECONDS",
        help="seconds between polls (default: 30)",
    )
    parser.add_argument(
        "--page", type=_positive_integer, default=PAGE_OBJECTS, metavar="OBJECTS", help="objects in one request"
    )
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
    """Print objects until nothing is new (`--once`) or a signal stops it. A stop is no failure unless `--once` was given."""
    previous_handler = signal.signal(signal.SIGTERM, _stop)
    try:
        count = _follow(args)
    except (KeyboardInterrupt, _Stopped):
        # the next run prints again the objects after the last position that was saved, as after a kill
        return INTERRUPTED if args.once else DONE
    finally:
        signal.signal(signal.SIGTERM, previous_handler)
    if args.out is not None:
        print(gettext("{file}: {n} new objects").format(file=args.out, n=count), file=sys.stderr)
    return DONE


def _follow(args: argparse.Namespace) -> int:
    count = 0
    request = Asked(types=tuple(args.types), all_versions=args.all_versions, page_objects=args.page)
    is_silent = args.out is None and sys.stdout.isatty()  # the user sees the objects themselves
    with client(args, environment()) as hub, Progress(gettext("objects"), silent=is_silent) as progress:
        rhythm = Rhythm(
            once=args.once, interval_seconds=args.interval, wait=time.sleep, tell=_print_note, up_to_date=progress.end
        )
        for item in hub.follow(
            args.collection,
            checkpoint=args.checkpoint,
            out=args.out,
            once=args.once,
            raw=True,
            asked=request,
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
    """Raised by SIGTERM. It is no Exception, so that no handler on the way takes it for a failure."""


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise _Stopped


def _print_note(sentence: str) -> None:
    print(f"hub follow: {sentence}", file=sys.stderr, flush=True)


def _positive_number(text: str) -> float:
    number = float(text)
    if not 0 < number < 1e6:
        raise ValueError
    return number


def _positive_integer(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number
