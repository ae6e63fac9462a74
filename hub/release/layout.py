"""Lay out text for terminals. Lines are wrapped by display cells, so that wide and combining characters line up.

A word is never split, because the reader may have to copy a key or a command. A word longer than the line extends past it.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable, Sequence
from typing import Final

from hub.pages.texts import gettext

WIDTH: Final = 100  # columns of a terminal that does not say how wide it is
LEAST_WIDTH: Final = 40  # columns; a narrower terminal gets lines of this width
_POWERSHELL_WORD: Final = re.compile(r"[\w.:/\\+=-]+")  # a word that PowerShell accepts without quotes


def paragraph(text: str, width: int, *, first: str = "", indent: str = "") -> list[str]:
    """The lines of a text. The first line begins with `first`, the others with `indent`."""
    import wcwidth  # noqa: PLC0415 - loaded where something is laid out for a terminal

    return wcwidth.wrap(
        text,
        max(width, LEAST_WIDTH),
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        control_codes="ignore",
    ) or [first.rstrip()]


def shorten(text: str, cells: int) -> str:
    """The text in at most so many cells, cut between words. A single word is not cut."""
    from wcwidth import width  # noqa: PLC0415 - as above

    if width(text, control_codes="ignore") <= cells:
        return text
    words: list[str] = []
    used_cells = 2
    for word in text.split():
        used_cells += width(word, control_codes="ignore") + 1
        if words and used_cells > cells:
            break
        words.append(word)
    return " ".join(words) + " …"


def command_lines(words: Sequence[str], width: int, indent: str) -> list[str]:
    """The lines of a shell command that can be copied: quoted, and continued on another line if it is long.

    It is for PowerShell on Windows, and for a POSIX shell elsewhere.
    """
    import wcwidth  # noqa: PLC0415 - as above

    quote, continuation = (_quote_for_powershell, " `") if sys.platform == "win32" else (shlex.quote, " \\")
    lines: list[str] = []
    line = indent
    for word in map(quote, words):
        fits = wcwidth.width(line) + wcwidth.width(word) + len(continuation) + 1 <= max(width, LEAST_WIDTH)
        if line.strip() and not fits:
            lines.append(line + continuation)
            line = f"{indent}  "
        line += word if not line.strip() else f" {word}"
    return [*lines, line]


def _quote_for_powershell(word: str) -> str:
    return word if _POWERSHELL_WORD.fullmatch(word) else "'" + word.replace("'", "''") + "'"


def listing(items: Iterable[str], limit: int) -> str:
    """Items separated by commas; beyond `limit` items, the number of the others."""
    names = list(items)
    remainder = [gettext("and {n} more").format(n=f"{len(names) - limit:,}")] if len(names) > limit else []
    return ", ".join([*names[:limit], *remainder])
