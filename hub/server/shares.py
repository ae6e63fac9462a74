"""How much of a server process one client may use in a minute: requests, bytes and objects, each with a token bucket.

A bucket fills evenly within a minute; its size is what a client may use at once. The bytes and objects of a request are known
only after it was answered, so a bucket may go below zero; the client then waits until it is above zero again.
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
_CLIENTS_KEPT: Final = 20_000  # in one process, about 300 bytes each; the least recently used is dropped first


class Bucket:
    """Tokens of one kind for one client."""

    __slots__ = ("_filled_at", "_tokens", "capacity")

    def __init__(self, capacity: int, now: float) -> None:
        self.capacity = capacity
        self._tokens = float(capacity)
        self._filled_at = now

    def take(self, count: int, now: float) -> None:
        """Take `count` tokens, even if there are fewer."""
        elapsed = now - self._filled_at
        self._filled_at = now
        self._tokens = min(self.capacity, self._tokens + elapsed * self.capacity / _MINUTE) - count

    @property
    def is_empty(self) -> bool:
        """Whether the bucket was below zero after the last `take`."""
        return self._tokens < 0

    def is_empty_at(self, now: float) -> bool:
        """Whether the bucket is below zero now."""
        self.take(0, now)
        return self.is_empty

    @property
    def wait_seconds(self) -> float:
        """Seconds until the bucket is at zero again; 0 if it is not below zero."""
        return max(0.0, -self._tokens * _MINUTE / self.capacity)


class Shares:
    """The buckets of all clients, each an account or an address. Use it in one thread only."""

    def __init__(
        self, limits: Limits, clock: Callable[[], float], clients: Mapping[str, Limits] = MappingProxyType({})
    ) -> None:
        """`clock` is monotonic, in seconds; `clients` maps names to their own limits."""
        self._clock = clock
        self._limits = limits
        self._client_limits = clients
        self._clients: OrderedDict[str, tuple[Bucket, Bucket, Bucket]] = OrderedDict()
        self.refusals = Counter[str]()  # how often a client was refused, by kind

    def request(self, client: str) -> None:
        """Count one request; TooManyRequestsError if the client has used up its share."""
        now = self._clock()
        request_bucket, byte_bucket, object_bucket = self._buckets(client, now)
        request_bucket.take(1, now)
        if request_bucket.is_empty:
            raise self._refusal(request_bucket, request_bucket.capacity, "requests")
        if byte_bucket.is_empty and byte_bucket.is_empty_at(now):
            raise self._refusal(byte_bucket, byte_bucket.capacity // MEGABYTE, "megabytes")
        if object_bucket.is_empty and object_bucket.is_empty_at(now):
            raise self._refusal(object_bucket, object_bucket.capacity, "published objects")

    def count(self, client: str, *, size: int = 0, objects: int = 0) -> None:
        """Count the bytes and objects of a request and its response; if that is too much, the next request is refused."""
        now = self._clock()
        _, byte_bucket, object_bucket = self._buckets(client, now)
        byte_bucket.take(size, now)
        if objects:
            object_bucket.take(objects, now)

    def _refusal(self, bucket: Bucket, limit: int, kind: str) -> TooManyRequestsError:
        self.refusals[kind] += 1
        seconds = max(1, math.ceil(bucket.wait_seconds))
        return TooManyRequestsError(
            f"The limit is {limit} {kind} a minute for this account or address. Go on in {seconds_in_words(seconds)}.",
            seconds,
        )

    def _buckets(self, client: str, now: float) -> tuple[Bucket, Bucket, Bucket]:
        buckets = self._clients.get(client)
        if buckets is None:
            limits = self._client_limits.get(client, self._limits)
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
