"""What is costly is done by a few at once; who comes meanwhile waits a moment, then is asked to come again.

A test, a workbook or a long download holds memory or a connection to the database: without a limit a few
people could leave nothing for all the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from whereupon.api.call import Call
from whereupon.errors import TooMany

PATIENCE_SECONDS = 10.0
COME_AGAIN_SECONDS = 15


class Turns:
    """So many at once in this process; `what`: what they do, in words."""

    def __init__(self, what: str, most: int, patience: float = PATIENCE_SECONDS) -> None:
        self.what = what
        self.most = most
        self.patience = patience
        self.free = asyncio.Semaphore(most)

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Wait for one's turn. Raises TooMany when it does not come soon."""
        try:
            await asyncio.wait_for(self.free.acquire(), self.patience)
        except TimeoutError:
            refused = TooMany(
                f"{self.most} {self.what} are under way.", suggestion="Try again when one of them is done."
            )
            refused.retry_after = COME_AGAIN_SECONDS
            raise refused from None
        try:
            yield
        finally:
            self.free.release()


@dataclass(frozen=True, slots=True)
class Costly:
    """Everything that one has to take turns for."""

    tests: Turns = field(default_factory=lambda: Turns("tests", 3))
    files: Turns = field(default_factory=lambda: Turns("files that are looked at before an import", 2))
    exports: Turns = field(default_factory=lambda: Turns("exports", 4))


def turns_of(call: Call) -> Costly:
    """Those of the application that was called."""
    return call.request.app.state.turns
