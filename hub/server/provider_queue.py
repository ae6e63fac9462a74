"""Questions to the OpenID Connect provider are asked here, apart from the threads that answer requests.

A provider that is slow or away must not make others wait: not those who poll, nor those who sign in with a password.

1. Each address has a number of refused sign-ins in a window of time; beyond it, 429.
2. Few questions are asked at a time, of one address half as many; beyond it, 429.
3. Threads of their own ask.
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
    """A question still to be asked; `ask` returns what the request is answered with, or raises a HubError."""

    ask: Callable[[], Any] = field(repr=False)


class ProviderQueue:
    """Asks the provider for one server process. To be used on its event loop."""

    def __init__(self, limits: Limits) -> None:
        self._most = limits.provider_calls
        self._window_minutes = limits.failure_minutes
        self._refusals_most = RateLimitItemPerMinute(limits.address_failures, self._window_minutes)
        self._refusals = FixedWindowRateLimiter(MemoryStorage())
        self._asking = Counter[str]()
        self.refused = 0  # how often somebody was sent away
        self._threads: Threads | None = None  # until somebody signs in through a provider

    async def ask(self, call: ProviderCall, address: str) -> Any:
        """What the call returns, or raises; TooManyRequestsError where it must wait."""
        network = network_of(address)
        # (1)
        if not self._refusals.test(self._refusals_most, "provider", network):
            self.refused += 1
            raise TooManyRequestsError(
                "From this address came too many sign-ins that failed.", self._window_minutes * 60
            )
        # (2)
        if self.waiting >= self._most or self._asking[network] >= max(1, self._most // 2):
            self.refused += 1
            raise TooManyRequestsError("Too many people are signing in. Try again in a moment.", _RETRY_SECONDS)
        self._asking[network] += 1
        try:
            # (3)
            if self._threads is None:
                self._threads = Threads(self._most, "provider")
            return await self._threads.call(call.ask)
        except UnauthenticatedError:
            self._refusals.hit(self._refusals_most, "provider", network)
            raise
        finally:
            self._asking[network] -= 1
            if not self._asking[network]:
                del self._asking[network]

    @property
    def waiting(self) -> int:
        """How many questions are being asked."""
        return self._asking.total()

    def close(self) -> None:
        """Ask nothing more."""
        if self._threads is not None:
            self._threads.end()
