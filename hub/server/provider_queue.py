"""Sends requests to the OpenID Connect provider, outside the threads that answer requests.

If the provider is slow or not available, clients that poll or sign in with a password must not have to wait.

1. Each address may have a number of refused sign-ins in a window of time; beyond it, 429.
2. There are few requests to the provider at a time, and half as many for one address; beyond it, 429.
3. They have their own threads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from hub.errors import TooManyRequestsError, UnauthenticatedError
from hub.server.logins import network_of
from hub.server.threads import Threads
from hub.settings import Limits

_RETRY_SECONDS: Final = 5


@dataclass(frozen=True, slots=True)
class ProviderCall:
    """A request to the provider that is still to be made; `ask` makes it, and returns its result or raises a HubError."""

    ask: Callable[[], Any] = field(repr=False)


class ProviderQueue:
    """The requests to the provider of one server process. Use it only on the process's event loop."""

    def __init__(self, limits: Limits) -> None:
        self._max_calls = limits.provider_calls
        self._window_minutes = limits.failure_minutes
        self._max_refusals = RateLimitItemPerMinute(limits.address_failures, self._window_minutes)
        self._refusals = FixedWindowRateLimiter(MemoryStorage())
        self._calls = Counter[str]()
        self.refusal_count = 0  # how many calls were refused
        self._threads: Threads | None = None  # until somebody signs in through a provider

    async def ask(self, call: ProviderCall, address: str) -> Any:
        """Return or raise what the call returns or raises; TooManyRequestsError if a limit is reached."""
        network = network_of(address)
        # (1)
        if not self._refusals.test(self._max_refusals, "provider", network):
            self.refusal_count += 1
            raise TooManyRequestsError("Too many failed sign-ins came from this address.", self._window_minutes * 60)
        # (2)
        if self.waiting_count >= self._max_calls or self._calls[network] >= max(1, self._max_calls // 2):
            self.refusal_count += 1
            raise TooManyRequestsError("Too many people are signing in. Try again in a moment.", _RETRY_SECONDS)
        self._calls[network] += 1
        try:
            # (3)
            if self._threads is None:
                self._threads = Threads(self._max_calls, "provider")
            return await self._threads.call(call.ask)
        except UnauthenticatedError:
            self._refusals.hit(self._max_refusals, "provider", network)
            raise
        finally:
            self._calls[network] -= 1
            if not self._calls[network]:
                del self._calls[network]

    @property
    def waiting_count(self) -> int:
        """How many calls are being made."""
        return self._calls.total()

    def close(self) -> None:
        """Make no more calls."""
        if self._threads is not None:
            self._threads.end()
