"""What a block does, said as SQL, so that it can be done to thousands of runs without Python seeing one.

A block that has such a form gives it in `Block.in_sql`; every other one is executed by `run_batch`. Both must
do and tell the same: a differential test on random workflows holds them to it. The SQL stands where the
place's source binds `r` (the run), `n` (its record) and `c` (the change that started it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whereupon.modules.catalog import Module
from whereupon.sdk.outcomes import Done, Fail
from whereupon.sdk.writing import Assignment


@dataclass(frozen=True, slots=True)
class Parting:
    """The run goes on by an exit that its record decides. It cannot fail.

    `port`: SQL text. `output`: SQL jsonb of what the history shows, in which `o.port` is that exit.
    """

    port: str
    output: str


@dataclass(frozen=True, slots=True)
class Writing:
    """The run's own record gets these values, each with the table's own constraints behind it."""

    module: Module
    assignments: Sequence[Assignment]


@dataclass(frozen=True, slots=True)
class Ending:
    """The same for every run, whatever its record."""

    outcome: Done | Fail


InSql = Parting | Writing | Ending
