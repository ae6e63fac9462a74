"""Verifies passwords outside the threads that answer requests.

One verification takes 64 MiB and tens of milliseconds on all cores. A client with wrong passwords must not make
others wait, guess quickly, or lock an account out:

1. Each address may have a number of failures in a window of time; beyond it, 429.
2. The same applies to each name, but only for addresses that have never logged in with that name, so that its owner still can.
3. The remaining passwords wait in a short queue, of which one address may use a part; beyond it, 429.
4. One thread verifies them, at a low priority.

Passwords that are remembered, and keys, are not verified here. Responses and times do not show which names exist.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import threading
import time
from collections import Counter, OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from hub.errors import TooManyRequestsError, UnauthenticatedError, seconds_in_words
from hub.settings import Limits
from hub.sharing.credentials import PasswordCheck
from hub.sharing.members import Account

_NICENESS: Final = 10  # of the verifying thread, so that requests go first (Linux counts it per thread)
_PAIRS_KEPT: Final = 10_000  # (name, network) pairs that have logged in
_QUEUE_RETRY_SECONDS: Final = 2


class PasswordQueue:
    """Verifies the passwords of one server process. Use it only on the process's event loop."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._window_minutes = limits.failure_minutes
        self._address_failures = RateLimitItemPerMinute(limits.address_failures, self._window_minutes)
        self._name_failures = RateLimitItemPerMinute(limits.name_failures, self._window_minutes)
        self._failures = FixedWindowRateLimiter(MemoryStorage())
        self._known_pairs: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._queued = Counter[str]()
        self.refusals = Counter[str]()  # how many passwords were refused without verification, by reason
        self._thread = ThreadPoolExecutor(1, "password", initializer=_be_nice)

    async def verify(self, check: PasswordCheck, address: str) -> Account:
        """Return the account. UnauthenticatedError if the password is wrong, TooManyRequestsError if a limit is reached."""
        network = network_of(address)
        self._must_not_be_throttled(check.name, network)
        # (3)
        if (
            self._queued.total() >= self._limits.password_queue
            or self._queued[network] >= self._limits.address_passwords
        ):
            self.refusals["passwords"] += 1
            raise TooManyRequestsError(
                "Too many passwords wait to be verified. Send the request again later, or use a key.",
                _QUEUE_RETRY_SECONDS,
            )
        self._queued[network] += 1
        try:
            # (4)
            account = await asyncio.get_running_loop().run_in_executor(self._thread, check.verify)
        except UnauthenticatedError:
            self._failures.hit(self._address_failures, "address", network)
            self._failures.hit(self._name_failures, "name", check.name)
            raise
        finally:
            self._queued[network] -= 1
            if not self._queued[network]:
                del self._queued[network]
        self._remember(check.name, network)
        return account

    @property
    def waiting_count(self) -> int:
        """How many passwords wait to be verified, or are being verified."""
        return self._queued.total()

    def close(self) -> None:
        """Stop verifying."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _must_not_be_throttled(self, name: str, network: str) -> None:
        # (1)
        if not self._failures.test(self._address_failures, "address", network):
            raise self._throttled("Too many wrong passwords came from this address.", "address", network)
        # (2)
        if (name, network) not in self._known_pairs and not self._failures.test(self._name_failures, "name", name):
            raise self._throttled("Too many wrong passwords came for this name.", "name", name)

    def _throttled(self, reason: str, kind: str, key: str) -> TooManyRequestsError:
        self.refusals["wrong passwords"] += 1
        item = self._address_failures if kind == "address" else self._name_failures
        reset_at = self._failures.get_window_stats(item, kind, key).reset_time
        wait = max(1, min(self._window_minutes * 60, int(reset_at - time.time())))
        return TooManyRequestsError(f"{reason} Try again in {seconds_in_words(wait)}, or use a key.", wait)

    def _remember(self, name: str, network: str) -> None:
        self._known_pairs[name, network] = None
        self._known_pairs.move_to_end((name, network))
        if len(self._known_pairs) > _PAIRS_KEPT:
            self._known_pairs.popitem(last=False)


def network_of(address: str) -> str:
    """The network for which failures are counted: the address itself, or the /64 of an IPv6 address."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def _be_nice() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
