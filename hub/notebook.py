"""Tables for notebooks: what `_repr_html_` returns. Every text of a report or of another member is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any, Final

MOST_ROWS: Final = 100  # of one table; the rest is counted


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table under its caption, with at most MOST_ROWS rows."""
    every = list(rows)
    head = "".join(f"<th>{escaped(name)}</th>" for name in header)
    body = "".join(f"<tr>{''.join(f'<td>{escaped(cell)}</td>' for cell in row)}</tr>" for row in every[:MOST_ROWS])
    more = len(every) - MOST_ROWS
    foot = f"<p>and {more} more</p>" if more > 0 else ""
    shown = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{foot}" if every else ""
    return f"<p><b>{escaped(caption)}</b></p>{shown}"


def escaped(value: Any) -> str:
    """The text of a value, for HTML; nothing and None are empty."""
    return "" if value is None else html.escape(str(value), quote=True)
