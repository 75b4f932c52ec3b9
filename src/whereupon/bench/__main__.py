"""`python -m whereupon.bench [names …] [--json]`: measure, and end with 1 when a target is missed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

import orjson

from whereupon.bench.figures import Figure
from whereupon.bench.suite import measure


async def main(arguments: Sequence[str]) -> int:
    """Print a line per figure as it comes, or one JSON list at the end."""
    as_json = "--json" in arguments
    figures: list[Figure] = []
    async for figure in measure([name for name in arguments if name != "--json"]):
        figures.append(figure)
        if not as_json:
            sys.stdout.write(line_of(figure))
            sys.stdout.flush()
    if as_json:
        sys.stdout.write(
            orjson.dumps([figure.as_json() for figure in figures], option=orjson.OPT_INDENT_2).decode() + "\n"
        )
    return 0 if all(figure.ok for figure in figures) else 1


def line_of(figure: Figure) -> str:
    """One row of the table."""
    mark = "✓" if figure.ok else "✗"
    value = f"{figure.value:,g}" if figure.value < 1_000 else f"{figure.value:,.0f}"
    goal = f"{figure.target} {figure.target.unit}"
    return f"{mark} {figure.name:<33}{value:>9} {figure.target.unit:<9} {goal:<18} {figure.note}\n"


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
