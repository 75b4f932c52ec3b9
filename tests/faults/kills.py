"""The faults themselves: bursts of work, a kill in the middle of each, and how long until work goes on."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.faults.plant import Plant, kill

# How often each kind comes, of a hundred.
KINDS = {"worker": 64, "all workers": 10, "postmaster": 13, "backend": 13}
DATABASE = ("postmaster", "backend")
BREATH = 0.5  # seconds between two faults, at least

# One statement, one commit; done again it changes nothing, so it may be asked again after a lost answer.
CHANGE = """
WITH changed AS (
  UPDATE data.orders SET status = 'new' WHERE id BETWEEN $1 AND $2 AND status = 'open' RETURNING id)
SELECT count(*) FROM changed
"""
DOUBLED = "SELECT EXISTS (SELECT 1 FROM data.orders WHERE amount > 1)"
HAS_RUN = "SELECT EXISTS (SELECT 1 FROM data.orders WHERE id = $1 AND amount > 0)"


@dataclass(slots=True)
class Report:
    """What was done to it, and how it took it. Times in seconds."""

    kills: Counter[str] = field(default_factory=Counter[str])
    hit: int = 0
    resumed: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    restarted: list[float] = field(default_factory=list[float])


@dataclass(slots=True)
class Work:
    """Records still to be changed, in bursts; what was acknowledged is what must have run."""

    plant: Plant
    last: int
    next: int = 1

    async def burst(self, count: int) -> int:
        """Change so many more; the last id of them."""
        first, last = self.next, min(self.last, self.next + count - 1)
        await self.plant.ask(CHANGE, first, last)
        self.next = last + 1
        return last


def plan(kills: int, dice: random.Random, kinds: Sequence[str] = tuple(KINDS)) -> list[str]:
    """Which faults, in which order: every kind in its share, shuffled."""
    total = sum(KINDS[kind] for kind in kinds)
    found = [kind for kind in kinds for _ in range(-(-kills * KINDS[kind] // total))][:]
    dice.shuffle(found)
    return found


async def under_fire(
    plant: Plant, records: int, faults: Sequence[str], dice: random.Random, delay: float
) -> Report:
    """Change every record once, in as many bursts as there are faults; each kill comes within `delay` s."""
    report, work = Report(), Work(plant, records)
    size = max(1, records // len(faults) - 1)
    for kind in faults:
        await work.burst(size)
        await asyncio.sleep(dice.uniform(0, delay))
        await strike(plant, work, kind, dice, report)
        if await plant.ask(DOUBLED):
            break  # there is nothing more to find out
        await asyncio.sleep(dice.uniform(BREATH, 2 * BREATH))
    await work.burst(records)
    return report


async def strike(plant: Plant, work: Work, kind: str, dice: random.Random, report: Report) -> None:
    """Kill, then change one more record and see how long its run takes to have effect."""
    victims = plant.victims(kind, dice)
    began = time.perf_counter()
    hit = kill(victims)
    if not hit:
        return  # nobody of that kind was there: the former fault is still being repaired
    report.kills[kind] += 1
    report.hit += hit
    if kind in DATABASE:
        await plant.hang_up()
        await asyncio.sleep(0.01)
        await plant.ask("SELECT 1")
        report.restarted.append(time.perf_counter() - began)
    probe = await work.burst(1)
    while not await plant.ask(HAS_RUN, probe):
        if time.perf_counter() - began > 60:
            break
        await asyncio.sleep(0.02)
    report.resumed.setdefault(kind, []).append(time.perf_counter() - began)
