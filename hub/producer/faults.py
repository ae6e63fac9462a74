"""What went wrong with one report, in a sentence: it is named, and the others of its file go on."""

from __future__ import annotations

import logging

from hub.errors import HubError
from hub.reports.losses import excerpt

_log = logging.getLogger(__name__)


def in_words(error: Exception) -> str:
    """The sentence for the officer. What no part of the program foresaw is logged with its traceback, and lets nothing out."""
    if isinstance(error, HubError):
        return str(error)
    _log.debug("a report could not be used", exc_info=error)
    return (
        f"This program failed on it ({type(error).__name__}: {excerpt(error)}), and nothing of it leaves. Tell the program's "
        "maintainers; the other reports are not affected."
    )
