"""What one client may use of a server process in a minute: requests, bytes, objects, each a token bucket.

A bucket is filled evenly within a minute; its size is what a client may use in one moment. What a request brings is known only
after it was answered, so a bucket may go below zero; the client waits until it is full enough again.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from hub.errors import TooManyRequestsError, seconds_in_words
from hub.settings import Limits

MEGABYTE: Final = 1_000_000
_MINUTE: Final = 60.0  # seconds
_CLIENTS_KEPT: Final = 20_000  # in one process, about 300 bytes each; the one longest away goes first


class Bucket:
    """Tokens of one kind for one client."""

    __slots__ = ("_filled_at", "_tokens", "capacity")

    def __init__(self, capacity: int, now: float) -> None:
        self.capacity = capacity
        self._tokens = float(capacity)
        self._filled_at = now

    def take(self, count: int, now: float) -> None:
        """Take so many tokens, whether they are there or not."""
        passed = now - self._filled_at
        self._filled_at = now
        self._tokens = min(self.capacity, self._tokens + passed * self.capacity / _MINUTE) - count

    @property
    def is_empty(self) -> bool:
        """Whether more was taken than there was, when something was taken last."""
        return self._tokens < 0

    def still_empty(self, now: float) -> bool:
        """The same as of now."""
        self.take(0, now)
        return self.is_empty

    @property
    def wait(self) -> float:
        """Seconds until there is a token again; 0 where there is one."""
        return max(0.0, -self._tokens * _MINUTE / self.capacity)


class Shares:
    """The buckets of all clients, each an account or an address. To be used on one thread."""

    def __init__(
        self, limits: Limits, clock: Callable[[], float], clients: Mapping[str, Limits] = MappingProxyType({})
    ) -> None:
        """`clock` in seconds, monotonic; `clients` have limits of their own, by name."""
        self._clock = clock
        self._limits = limits
        self._own_limits = clients
        self._clients: OrderedDict[str, tuple[Bucket, Bucket, Bucket]] = OrderedDict()
        self.refused = Counter[str]()  # how often a client was refused, by kind

    def request(self, client: str) -> None:
        """Count one request; TooManyRequestsError where the client has used up its share."""
        now = self._clock()
        of_requests, of_bytes, of_objects = self._of(client, now)
        of_requests.take(1, now)
        if of_requests.is_empty:
            raise self._refusal(of_requests, of_requests.capacity, "requests")
        if of_bytes.is_empty and of_bytes.still_empty(now):
            raise self._refusal(of_bytes, of_bytes.capacity // MEGABYTE, "megabytes")
        if of_objects.is_empty and of_objects.still_empty(now):
            raise self._refusal(of_objects, of_objects.capacity, "published objects")

    def count(self, client: str, *, size: int = 0, objects: int = 0) -> None:
        """Count the bytes and objects of a request or an answer; the next request is refused where that was too much."""
        now = self._clock()
        _, of_bytes, of_objects = self._of(client, now)
        of_bytes.take(size, now)
        if objects:
            of_objects.take(objects, now)

    def _refusal(self, bucket: Bucket, limit: int, kind: str) -> TooManyRequestsError:
        self.refused[kind] += 1
        seconds = max(1, math.ceil(bucket.wait))
        return TooManyRequestsError(
            f"The limit is {limit} {kind} a minute for this account or address. Go on in {seconds_in_words(seconds)}.",
            seconds,
        )

    def _of(self, client: str, now: float) -> tuple[Bucket, Bucket, Bucket]:
        buckets = self._clients.get(client)
        if buckets is None:
            limits = self._own_limits.get(client, self._limits)
            buckets = self._clients[client] = (
                Bucket(limits.requests_per_minute, now),
                Bucket(limits.megabytes_per_minute * MEGABYTE, now),
                Bucket(limits.objects_per_minute, now),
            )
            if len(self._clients) > _CLIENTS_KEPT:
                self._clients.popitem(last=False)
        else:
            self._clients.move_to_end(client)
        return buckets
