"""HTML tables for notebooks, which `_repr_html_` methods return. Every text of a report or of another member is escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any, Final

MOST_ROWS: Final = 100  # shown of one table; the others are counted


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table under its caption, with at most MOST_ROWS rows."""
    all_rows = list(rows)
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in all_rows[:MOST_ROWS])
    remaining = len(all_rows) - MOST_ROWS
    foot = f"<p>and {remaining} more</p>" if remaining > 0 else ""
    table_html = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{foot}" if all_rows else ""
    return f"<p><b>{escape(caption)}</b></p>{table_html}"


def escape(value: Any) -> str:
    """The text of a value, escaped for HTML; empty for None."""
    return "" if value is None else html.escape(str(value), quote=True)
