"""E4: the last block of every playbook: what becomes of the record's strategy, once nothing is open."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, cast

from pydantic import Field

from whereupon.conditions.values import TEXT, Scope
from whereupon.conditions.words import condition_words
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.fields import AskedCondition, Shown
from whereupon.sdk.outcomes import Done, Outcome, Wait
from whereupon.sdk.playbooks import Mark, note
from whereupon.sdk.strategies import Action, change_status

OUTCOMES = {"completed": "Every step was done", "exited": "Its exit condition holds"}


class EndConfig(Config):
    """How it ended."""

    outcome: Annotated[Literal["completed", "exited"], Shown(labels=OUTCOMES)] = Field(
        "completed", title="Because"
    )
    because: Annotated[AskedCondition | None, Shown("condition", advanced=True)] = Field(
        None, title="Exit condition", description="What came to hold; the history tells it."
    )


class PlaybookEnd(Block[EndConfig]):
    """Playbooks set it by themselves. A step that was opened again is waited for."""

    key = "playbook_end"
    label = "End playbook"
    group = "People"
    icon = "flag"
    description = "Ends a playbook on the record; the record's strategy goes on as the playbook says."
    Config = EndConfig
    outputs: ClassVar = {"outcome": TEXT}
    waits = True
    internal = True
    examples = ({}, {"outcome": "exited"})

    def describe(self, config: EndConfig, scope: Scope) -> str:
        return "The playbook is completed" if config.outcome == "completed" else "The playbook ends early"

    async def run_batch(self, config: EndConfig, batch: Batch) -> list[Outcome]:
        tracks = {row["run_id"]: row for row in await batch.db.fetch(FIND, batch.ids)}
        waiting = {run for run, row in tracks.items() if row["open"] and config.outcome == "completed"}
        ending = [row for run, row in tracks.items() if run not in waiting]
        await batch.db.execute(END, [row["id"] for row in ending], config.outcome)
        told = batch.place.once("because", lambda: _because(config, batch.place.scope))
        await note(batch.db, None, config.outcome, [Mark(row["id"], comment=told) for row in ending])
        for afterwards in sorted({row["afterwards"] for row in ending} - {"leave"}):
            await _afterwards(batch, afterwards, [row for row in ending if row["afterwards"] == afterwards])
        return [
            Wait() if run.id in waiting else Done("next", {"outcome": config.outcome}) for run in batch.runs
        ]

    async def wake_batch(self, config: EndConfig, batch: Batch) -> list[Outcome]:
        return await self.run_batch(config, batch)


def _because(config: EndConfig, scope: Scope) -> str | None:
    return condition_words(config.because, scope) if config.because is not None else None


# `open`: steps that were opened again and are to be done first.
FIND = """
SELECT t.run_id, t.id, t.record_id, t.module_id, t.afterwards, EXISTS (
  SELECT FROM whereupon.playbook_steps s WHERE s.track_id = t.id AND s.status = 'open') AS open
FROM whereupon.playbook_tracks t WHERE t.run_id = ANY($1::bigint[]) AND t.ended_at IS NULL
"""
END = "UPDATE whereupon.playbook_tracks SET outcome = $2 WHERE id = ANY($1::bigint[])"


async def _afterwards(batch: Batch, afterwards: str, rows: list[Any]) -> None:
    """Set-based: one statement for all records."""
    await change_status(
        batch.db, rows[0]["module_id"], [row["record_id"] for row in rows], cast(Action, afterwards),
        runs=[row["run_id"] for row in rows], reason="The playbook is over.", gently=afterwards == "resume",
    )  # fmt: skip
