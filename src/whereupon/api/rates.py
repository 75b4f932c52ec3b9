"""So many requests in a minute at an address that needs no sign-in, then wait."""

from __future__ import annotations

import math
import time

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.requests import Request

from whereupon.errors import TooMany


class Rates:
    """Counted in this process: a start forgets them, and every further process adds its own allowance."""

    def __init__(self) -> None:
        self.limiter = MovingWindowRateLimiter(MemoryStorage())

    async def count(self, kind: str, key: str, per_minute: int) -> None:
        """Note one request. Raises TooMany."""
        limit = RateLimitItemPerMinute(per_minute)
        if await self.limiter.hit(limit, kind, key):
            return
        window = await self.limiter.get_window_stats(limit, kind, key)
        refused = TooMany(
            f"More than {per_minute} requests came to this address within a minute.",
            suggestion="Send the rest later.",
        )
        refused.retry_after = max(1, math.ceil(window.reset_time - time.time()))
        raise refused


def rates_of(request: Request) -> Rates:
    """Those of the application that was called."""
    return request.app.state.rates
