"""When a thread should look again whether something was committed to MongoDB."""

from __future__ import annotations


class MongoWatch:
    """See `Watch`. MongoDB does not tell cheaply about commits, so the heads are read again after each pause."""

    pause_seconds = 0.2
    extra_looks = 5  # a batch becomes visible a moment after its head moved

    def has_moved(self) -> bool:
        """See `Watch.has_moved`."""
        return True

    def close(self) -> None:
        """See `Watch.close`."""
