"""E2: pauses, resumes, restarts or ends the default strategy of the record."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from whereupon.conditions.values import BOOLEAN, TEXT, Scope
from whereupon.errors import Problem
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.fields import Line, Shown
from whereupon.sdk.filing import may_change
from whereupon.sdk.outcomes import Done, Fail, Outcome
from whereupon.sdk.strategies import ACTIONS, STATUS_AFTER, Action, change_status
from whereupon.sdk.texts import check_text, reads_of_text, render_texts


class StatusConfig(Config):
    """What is to become of it."""

    action: Annotated[Action, Shown(labels=ACTIONS)] = Field(title="The strategy")
    reason: Line = Field(
        "", max_length=500, title="Why", description="For its history. May contain variables."
    )


class ChangeStrategyStatus(Block[StatusConfig]):
    """What an ended strategy needs to go on is said by a restart or a resume, never by a pause."""

    key = "strategy_status"
    label = "Change strategy status"
    group = "People"
    icon = "player-pause"
    description = "Pauses, resumes, restarts or ends the default strategy of the record."
    Config = StatusConfig
    outputs: ClassVar = {"status": TEXT, "changed": BOOLEAN}
    examples = ({"action": "pause", "reason": "{{ record.name }} is disputed"}, {"action": "restart"})

    def check(self, config: StatusConfig, scope: Scope) -> list[Problem]:
        if scope.module is None:
            return [Problem("no_record", "There is no record here.", "", "Use it in a workflow of a module.")]
        return check_text(config.reason, scope, "/reason")

    def describe(self, config: StatusConfig, scope: Scope) -> str:
        return f"{config.action.capitalize()} the strategy"

    def reads(self, config: StatusConfig, scope: Scope) -> frozenset[str]:
        return reads_of_text(config.reason, scope)

    def adds_to(self, config: StatusConfig, scope: Scope) -> frozenset[str]:
        return frozenset({scope.module.key}) if scope.module else frozenset()

    async def run_batch(self, config: StatusConfig, batch: Batch) -> list[Outcome]:
        module = batch.place.module
        assert module is not None
        batch.rights.require("update", module.key)
        own_only = batch.rights.own_only("update", module.key)
        allowed = await may_change(batch) if own_only else {run.id for run in batch.runs}
        texts = await render_texts(batch, {"reason": config.reason})
        by_reason: dict[str, list[int]] = {}
        for run in (run for run in batch.runs if run.id in allowed):
            by_reason.setdefault(texts[run.id]["reason"], []).append(run.id)
        records = {run.id: run.record_id or "" for run in batch.runs}
        changed: set[str] = set()
        for reason, runs in by_reason.items():
            keys = [records[run] for run in runs]
            changed |= set(
                await change_status(
                    batch.db, module.id, keys, config.action, runs=runs, reason=reason or None
                )
            )  # fmt: skip
        status = STATUS_AFTER[config.action]
        refused = Fail(f"{batch.rights.run_subject} may not change this record.", "refused")
        return [
            Done("next", {"status": status, "changed": run.record_id in changed})
            if run.id in allowed else refused
            for run in batch.runs
        ]  # fmt: skip
