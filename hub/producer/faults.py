"""The failure of one report as a sentence, so that the other reports of its file can go on."""

from __future__ import annotations

import logging

from hub.errors import HubError
from hub.reports.losses import excerpt

_log = logging.getLogger(__name__)


def describe_error(error: Exception) -> str:
    """The sentence for the officer. An unexpected error is logged with its traceback; nothing of the report leaves."""
    if isinstance(error, HubError):
        return str(error)
    _log.debug("a report could not be used", exc_info=error)
    return (
        f"This program failed on it ({type(error).__name__}: {excerpt(error)}), and nothing of it leaves. Tell the program's "
        "maintainers; the other reports are not affected."
    )
