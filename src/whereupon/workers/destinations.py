"""How many calls each destination gets at once: many while it answers, few while slow, none while down.

The limit grows by one with each answer and is halved by each failure (additive increase, multiplicative
decrease, as in RFC 5681); after several failures in a row the circuit is open for a while (Nygard,
Release It!, 2007). Known to one process alone: another one learns it by itself, within a few calls.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from whereupon.outbox.calls import Room

AT_ONCE = 160  # calls of one process under way
# One that has waited so long costs nothing but memory: it keeps its destination's place, and nobody else's.
SLOW_AFTER, MOST_WAITING = 2.0, 2_000
FIRST, MOST = 8, 64  # of one destination: to begin with, and when it answers well
FAILURES = 5  # in a row, that open the circuit
OPEN_FIRST, OPEN_LONGEST = 5.0, 300.0  # seconds; doubled each time
FORGET_AFTER = 600.0  # seconds without a call


@dataclass(slots=True)
class Destination:
    """One host, or one kind of work on our own machine."""

    limit: int = FIRST
    begun: dict[int, float] = field(default_factory=dict[int, float])  # calls under way, and since when
    failures: int = 0  # in a row
    opened: int = 0  # times in a row
    open_until: float = 0.0
    seen_at: float = 0.0

    @property
    def under_way(self) -> int:
        """How many calls there are now."""
        return len(self.begun)

    def places(self, now: float) -> int:
        """How many calls may begin now. After an open circuit, one that finds out."""
        if now < self.open_until:
            return 0
        limit = 1 if self.opened else self.limit
        return max(0, limit - self.under_way)

    def answered(self) -> None:
        """It does its work."""
        self.limit = min(MOST, self.limit + 1)
        self.failures = self.opened = 0
        self.open_until = 0.0

    def failed(self, now: float) -> None:
        """It did not answer, or said that it cannot. Calls that were under way when the circuit opened say
        nothing new."""
        if now < self.open_until:
            return
        self.limit = max(1, self.limit // 2)
        self.failures += 1
        if self.failures >= FAILURES or self.opened:
            self.open_until = now + min(OPEN_LONGEST, OPEN_FIRST * 2**self.opened)
            self.opened += 1
            self.failures = 0


@dataclass(slots=True)
class Destinations:
    """All that were called lately."""

    clock: Callable[[], float] = time.monotonic
    known: dict[str, Destination] = field(default_factory=dict[str, Destination])

    def room(self) -> Room:
        """How many calls may begin now."""
        now = self.clock()
        self.known = {
            name: one for name, one in self.known.items() if one.under_way or now - one.seen_at < FORGET_AFTER
        }
        places = {name: one.places(now) for name, one in self.known.items()}
        return Room(self.total(now), places, FIRST)

    def total(self, now: float) -> int:
        """How many calls may begin now, whoever they are for."""
        begun = [since for one in self.known.values() for since in one.begun.values()]
        busy = sum(now - since < SLOW_AFTER for since in begun)
        return min(AT_ONCE - busy, MOST_WAITING - len(begun))

    def begin(self, name: str, call: int) -> None:
        """A call to it begins."""
        found = self.known.setdefault(name, Destination())
        found.begun[call] = found.seen_at = self.clock()

    def end(self, name: str, call: int, *, answered: bool) -> None:
        """A call to it is over."""
        found = self.known[name]
        del found.begun[call]
        if answered:
            found.answered()
        else:
            found.failed(self.clock())

    def closed_off(self) -> list[tuple[str, float]]:
        """Destinations whose circuit is open, and for how many more seconds."""
        now = self.clock()
        return sorted(
            (name, one.open_until - now) for name, one in self.known.items() if one.open_until > now
        )

    def opens_in(self) -> float | None:
        """Seconds until the next open circuit may be tried; None when none is open."""
        now = self.clock()
        waits = [one.open_until - now for one in self.known.values() if one.open_until > now]
        return min(waits, default=None)
