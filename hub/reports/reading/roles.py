"""Whose a value is, and by what evidence: the rule that all formats share."""

from __future__ import annotations

from typing import Final

UNSURE: Final = "may be a sinkhole: the feed does not say"
"""Why the other end of an infected system is held."""
