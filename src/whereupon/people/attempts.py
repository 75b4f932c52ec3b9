"""Limits on sign-in: so many tries per address of the network and per account, then wait."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from whereupon.errors import TooMany

PER_ADDRESS = parse("60 per 5 minutes")
PER_ACCOUNT = parse("10 per 15 minutes")


class Attempts:
    """Counted in this process: a start forgets them, and every further process adds its own allowance."""

    def __init__(self) -> None:
        self.limiter = MovingWindowRateLimiter(MemoryStorage())

    async def count(self, address: str, account: str) -> None:
        """Note one try, before the password is looked at. Raises TooMany."""
        await self.hit(PER_ADDRESS, "address", address)
        await self.hit(PER_ACCOUNT, "account", account.strip().lower())

    async def hit(self, limit: RateLimitItem, kind: str, key: str) -> None:
        if await self.limiter.hit(limit, kind, key):
            return
        window = await self.limiter.get_window_stats(limit, kind, key)
        seconds = max(1, math.ceil(window.reset_time - time.time()))
        minutes = math.ceil(seconds / 60)
        wait = f"Wait {minutes} minutes" if minutes > 1 else "Wait a minute"
        refused = TooMany("Too many tries to sign in.", suggestion=f"{wait}, then try again.")
        refused.retry_after = seconds
        raise refused

    async def succeeded(self, account: str) -> None:
        """The right person came: their account's tries are forgotten."""
        await self.limiter.clear(PER_ACCOUNT, "account", account.strip().lower())
