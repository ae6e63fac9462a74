"""`hub form`: write a blank sheet for reports."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from hub.cli import DONE
from hub.errors import UnprocessableError
from hub.home.files import write_once
from hub.pages.texts import chosen_language
from hub.reports.formats.form.blank import blank_form_csv, blank_form_xlsx

EXAMPLE = "  hub form --lang id --out laporan.xlsx\n  hub form > reports.csv\n"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to its parser."""
    parser.add_argument("--out", type=Path, metavar="FILE", help="a .csv or .xlsx file; without it, CSV goes to stdout")


def run(args: argparse.Namespace) -> int:
    """Write the sheet: the headings, a row that explains each, and an example. Rows that begin with # are not read."""
    if args.out is None:
        sys.stdout.buffer.write(blank_form_csv(chosen_language()))
        return DONE
    makers = {".csv": blank_form_csv, ".xlsx": blank_form_xlsx}
    if args.out.suffix.lower() not in makers:
        raise UnprocessableError(f"{args.out}: the name should end in .csv or .xlsx")
    try:
        args.out.parent.stat()  # raises if the folder does not exist: probably a typing error, so it is not created
        is_written = write_once(args.out, makers[args.out.suffix.lower()](chosen_language()), mode=0o644)
    except OSError as error:
        raise UnprocessableError(f"{args.out}: cannot be written: {error.strerror}") from None
    if not is_written:
        raise UnprocessableError(f"{args.out}: this file exists already, and may be filled in; name another")
    return DONE
