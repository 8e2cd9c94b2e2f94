"""How often somebody may ask: so many requests in a time, with a key, and from an address."""

import math
import time
from ipaddress import ip_address, ip_network

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

_SITE_BITS = 64
"""Bits of an address of IPv6 that tell one network from another; the rest is whatever a computer there chooses."""

_UNITS = (("hour", 3_600), ("minute", 60), ("second", 1))
"""Units of time, with their lengths in seconds."""


class Rate:
    """Counts requests by who sends them; many threads may count."""

    def __init__(self, limit: RateLimitItem) -> None:
        self._limit = limit
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def count(self, kind: str, name: str) -> None:
        """Count a request of a key or of an address. Raises TooManyRequests where there were too many before it."""
        if self._limiter.hit(self._limit, kind, name):
            return
        again = self._limiter.get_window_stats(self._limit, kind, name).reset_time - time.time()
        wait_s = max(1, math.ceil(again))
        raise TooManyRequests(
            f"No more than {self._limit} is taken from this {kind}: ask again in {_spoken(wait_s)}.", retry_after=wait_s
        )


def _spoken(seconds: int) -> str:
    """A time as people say it, rounded up."""
    name, length = next((name, length) for name, length in _UNITS if seconds > length or length == 1)
    number = math.ceil(seconds / length)
    return f"{number} {name}{'s' if number > 1 else ''}"


def rate_limit(text: str) -> RateLimitItem:
    """A limit such as 60/minute. Raises ValueError."""
    try:
        return parse(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no rate such as 60/minute") from error


def network_of(address: str) -> str:
    """The address of a computer, of IPv6 that of its network."""
    if ip_address(address).version == 4:
        return address
    return str(ip_network(f"{address}/{_SITE_BITS}", strict=False))
