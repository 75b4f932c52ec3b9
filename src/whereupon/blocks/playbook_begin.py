"""E4: the first block of every playbook: the record is this playbook's now, or waits for another to end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from whereupon.conditions.paths import compile_path
from whereupon.conditions.values import BROUGHT, TEXT, Scope
from whereupon.sdk.block import Batch, Block, Config, RunView
from whereupon.sdk.fields import Shown
from whereupon.sdk.outcomes import Done, Outcome, Wait
from whereupon.sdk.playbook_steps import RECHECK
from whereupon.sdk.playbooks import Mark, note

SECOND = {"refuse": "Refuse it", "queue": "Let it wait"}
AFTERWARDS = {
    "resume": "It resumes", "restart": "It begins again", "end": "It ends",
    "leave": "It stays as the steps left it",
}  # fmt: skip


class BeginConfig(Config):
    """Which playbook it is, and what it asks of its records."""

    playbook: int = Field(title="Playbook", description="The id of the playbook.")
    second: Annotated[Literal["refuse", "queue"], Shown(labels=SECOND)] = Field(
        "refuse", title="If the record has a playbook already"
    )
    exclusive: bool = Field(True, title="No steps of the strategy meanwhile")
    afterwards: Annotated[Literal["resume", "restart", "end", "leave"], Shown(labels=AFTERWARDS)] = Field(
        "resume", title="The strategy afterwards"
    )
    account: Annotated[str | None, Shown("path", types=["reference"])] = Field(None, title="Account")


class PlaybookBegin(Block[BeginConfig]):
    """Playbooks set it by themselves."""

    key = "playbook_begin"
    label = "Begin playbook"
    group = "People"
    icon = "player-play"
    description = "Begins a playbook on the record, once no other one is under way on it."
    Config = BeginConfig
    outputs: ClassVar = {"refused": TEXT}
    waits = True
    internal = True
    port_labels: ClassVar = {"refused": "Refused"}
    examples = ({"playbook": 1}, {"playbook": 1, "second": "queue", "afterwards": "end"})

    def ports(self, config: BeginConfig) -> tuple[str, ...]:
        return ("next", "refused")

    def describe(self, config: BeginConfig, scope: Scope) -> str:
        meanwhile = ", and the strategy keeps still" if config.exclusive else ""
        return f"The playbook begins{meanwhile}"

    def reads(self, config: BeginConfig, scope: Scope) -> frozenset[str]:
        return compile_path(config.account, scope).reads if config.account else frozenset()

    async def run_batch(self, config: BeginConfig, batch: Batch) -> list[Outcome]:
        known = {run.id: _track_of(run) for run in batch.runs}
        bound = {run.id: track for run in batch.runs if (track := known[run.id]) is not None}
        rows = await batch.db.fetch(BIND, list(bound), list(bound.values()))
        status = {row["run_id"]: row["status"] for row in rows}
        status |= await _claim(config, batch, [run for run in batch.runs if known[run.id] is None])
        # The one that was before may have ended since the place in the queue was given.
        status |= await _begin_next(batch, [run for run, stands in status.items() if stands == "queued"])
        again = await _again(batch) if "queued" in status.values() else None
        return [_outcome(status.get(run.id), again) for run in batch.runs]

    async def wake_batch(self, config: BeginConfig, batch: Batch) -> list[Outcome]:
        begun = await _begin_next(batch, batch.ids)
        again = await _again(batch)
        return [Done() if run.id in begun else Wait(again) for run in batch.runs]


async def _begin_next(batch: Batch, runs: Sequence[int]) -> dict[int, str]:
    """Those of the queued runs whose turn it is are running now."""
    rows = await batch.db.fetch(NEXT, runs) if runs else []
    await note(batch.db, None, "begun", [Mark(row["id"]) for row in rows])
    return {row["run_id"]: "running" for row in rows}


async def _again(batch: Batch) -> datetime:
    """Whoever ends wakes the next one, unless that is about to wait at the same moment: look now and then."""
    now: datetime = await batch.db.fetchval("SELECT clock_timestamp()")
    return now + RECHECK


# The tracks that were made when the playbook was started get their runs.
BIND = """
UPDATE whereupon.playbook_tracks t SET run_id = b.run_id
FROM unnest($1::bigint[], $2::bigint[]) AS b(run_id, track)
WHERE t.id = b.track AND t.ended_at IS NULL AND t.run_id IS NULL RETURNING t.run_id, t.status
"""
# Of runs that a block started: the record is claimed here. $9 are the accounts.
CLAIM = """
INSERT INTO whereupon.playbook_tracks (playbook_id, module_id, account_module_id, exclusive, afterwards,
  status, started_at, record_id, run_id, parent_run_id, account_id)
SELECT $1, $2, $3, $4, $5, $6, CASE WHEN $6 = 'running' THEN clock_timestamp() END, c.record_id, c.run_id,
  r.parent_run_id, c.account_id
FROM unnest($7::text[], $8::bigint[], $9::text[]) AS c(record_id, run_id, account_id)
JOIN whereupon.runs r ON r.id = c.run_id
ON CONFLICT (module_id, record_id) WHERE status = 'running' DO NOTHING RETURNING id, run_id, status
"""
# Those that are first in the queue of a record that nobody has.
NEXT = """
UPDATE whereupon.playbook_tracks t SET status = 'running', started_at = clock_timestamp()
WHERE t.run_id = ANY($1::bigint[]) AND t.status = 'queued' AND NOT EXISTS (
  SELECT FROM whereupon.playbook_tracks o WHERE o.module_id = t.module_id AND o.record_id = t.record_id
    AND (o.status = 'running' OR o.status = 'queued' AND o.id < t.id))
RETURNING t.id, t.run_id
"""


def _track_of(run: RunView) -> int | None:
    found: Any = run.data.get(BROUGHT)
    return found.get("track") if found else None


async def _claim(config: BeginConfig, batch: Batch, runs: Sequence[RunView]) -> dict[int, str]:
    """Make tracks for these runs: running, or queued; a run that gets neither is left out."""
    module = batch.place.module
    if not runs or module is None:
        return {}
    link = compile_path(config.account, batch.place.scope) if config.account else None
    rows = await batch.rows({"account": f"({link.sql})::text" if link else "NULL::text"})
    target = batch.place.catalog.modules.get(link.type.module or "") if link else None
    found: dict[int, str] = {}
    for status in ("running", "queued") if config.second == "queue" else ("running",):
        left = [run for run in runs if run.id not in found]
        made = await batch.db.fetch(
            CLAIM, config.playbook, module.id, target.id if target else None, config.exclusive,
            config.afterwards, status, [run.record_id for run in left], [run.id for run in left],
            [rows[run.id]["account"] for run in left],
        )  # fmt: skip
        await note(
            batch.db, None, "started" if status == "running" else "queued", [Mark(r["id"]) for r in made]
        )
        found |= {row["run_id"]: row["status"] for row in made}
    return found


def _outcome(status: str | None, again: datetime | None) -> Outcome:
    if status == "running":
        return Done()
    if status == "queued":
        return Wait(again, input={"waits_for": "another playbook on the record"})
    told = "The record has a playbook already, or this one was called off before it began."
    return Done("refused", {"refused": told})
