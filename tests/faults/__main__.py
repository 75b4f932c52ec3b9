"""`make faults`: the product must withstand it, and the product with a planted bug must not.

python -m tests.faults [--runs 20000] [--kills 110] [--seed 1] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.kills import KINDS, plan, under_fire
from tests.faults.plant import LOG, planted
from tests.faults.verdict import Finding, judge


@dataclass(frozen=True, slots=True)
class Trial:
    """One installation and what is done to it. `delay`: seconds within which a kill follows its burst."""

    runs: int
    kills: int
    kinds: Sequence[str] = tuple(KINDS)
    workers: int = 3
    delay: float = 0.25  # while runs advance, or while their mails leave
    bug: bool = False

    async def take_place(self, seed: int) -> tuple[list[Finding], dict[str, Any]]:
        """What came of it."""
        dice, began = random.Random(seed), time.perf_counter()
        async with planted(self.runs, self.workers, bug=self.bug) as plant:
            report = await under_fire(plant, self.runs, plan(self.kills, dice, self.kinds), dice, self.delay)
            findings, counts = await judge(plant, report)
        return findings, counts | {"seed": seed, "seconds": round(time.perf_counter() - began, 1)}


# Kills of workers alone, while runs advance: that is where the bug is. It ends at the first trace of it.
PLANTED = Trial(runs=9_000, kills=45, kinds=("worker",), workers=2, delay=0.12, bug=True)


def show(title: str, findings: Sequence[Finding], counts: dict[str, Any]) -> None:
    print(title)
    print("  " + ", ".join(f"{name} {value}" for name, value in counts.items()))
    for one in findings:
        print(f"  {'✓' if one.ok else '✗'} {one.name:<42}{one.value:>8g}   allowed {one.allowed:g}")
    sys.stdout.flush()


def as_json(findings: Sequence[Finding], counts: dict[str, Any]) -> dict[str, Any]:
    rows = [{"name": f.name, "value": f.value, "allowed": f.allowed, "ok": f.ok} for f in findings]
    return {**counts, "invariants": rows, "ok": all(f.ok for f in findings)}


async def main(options: argparse.Namespace) -> int:
    """0 when the product withstood and the planted bug was found."""
    real = await Trial(options.runs, options.kills).take_place(options.seed)
    if not options.json:
        show("The product under fire", *real)
    bugged = await PLANTED.take_place(options.seed)
    withstood, noticed = all(f.ok for f in real[0]), not all(f.ok for f in bugged[0])
    if options.json:
        told = {"product": as_json(*real), "planted_bug": as_json(*bugged), "ok": withstood and noticed}
        print(json.dumps(told, indent=2))
    else:
        show("The same with a planted bug: the commit of an advance split in two", *bugged)
        print("✓ the product withstood" if withstood else "✗ the product did not withstand")
        print("✓ the planted bug was noticed" if noticed else "✗ the planted bug was not noticed")
    if withstood and noticed:
        LOG.unlink(missing_ok=True)
        return 0
    print(f"What the processes said: {LOG}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=110)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--json", action="store_true")
    sys.exit(asyncio.run(main(parser.parse_args())))
