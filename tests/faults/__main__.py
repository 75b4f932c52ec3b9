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
from typing import Any

from tests.faults.kills import KINDS, plan, under_fire
from tests.faults.plant import LOG, planted
from tests.faults.verdict import Finding, judge

PLANTED_RUNS, PLANTED_KILLS = 12_000, 40  # of workers alone: that is where the bug is


async def trial(
    runs: int, kills: int, seed: int, *, bug: bool, kinds: Sequence[str] = tuple(KINDS)
) -> tuple[list[Finding], dict[str, Any]]:
    """One installation, its faults, and what came of it."""
    dice, began = random.Random(seed), time.perf_counter()
    async with planted(runs, bug=bug) as plant:
        report = await under_fire(plant, runs, plan(kills, dice, kinds), dice)
        findings, counts = await judge(plant, report)
    return findings, counts | {"seed": seed, "seconds": round(time.perf_counter() - began, 1)}


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
    real = await trial(options.runs, options.kills, options.seed, bug=False)
    if not options.json:
        show("The product under fire", *real)
    bugged = await trial(PLANTED_RUNS, PLANTED_KILLS, options.seed, bug=True, kinds=("worker",))
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
