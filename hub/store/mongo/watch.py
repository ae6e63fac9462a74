"""Telling that something was committed."""

from __future__ import annotations


class Glances:
    """See `Watch`: this store does not tell by itself, so that its heads are asked for now and then."""

    pause_seconds = 0.2
    later_looks = 5  # a batch is shown a moment after its head moved

    def moved(self) -> bool:
        """See `Watch.moved`."""
        return True

    def close(self) -> None:
        """See `Watch.close`."""
