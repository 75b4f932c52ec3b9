"""Stretches: a chunk of a bulk run worked off by a few statements over all its members at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from whereupon.db.pool import Connection
from whereupon.runs.definitions import Version


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a chunk's members. Each has a run, told by runs.bulk_id and runs.bulk_nr.

    `processed`: all that are over, those skipped and failed included. `changed`: whose own record is not as
    it was. `edges`: how often the runs left a block by an exit, as {"from", "port", "count"}; None: unknown.
    """

    processed: int
    changed: int
    skipped: int
    failed: int
    edges: Sequence[Mapping[str, Any]] | None = None


async def work_off(
    db: Connection, version: Version, bulk_id: int, first_nr: int, last_nr: int
) -> Tally | None:
    """Members first_nr to last_nr, done and written down; None: they cannot be done this way.

    Called inside a transaction, in which it leaves nothing behind when it answers None. Members are rows of
    whereupon.bulk_members; started_by and user_id of the runs are those of whereupon.bulk_runs. Never asked
    for a version whose runs look at others on their record (concurrency) or that runs once per record.
    """
    return None
