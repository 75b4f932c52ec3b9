"""E4: starts a playbook on the record, or on one that it is linked to."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from whereupon.conditions.explain import label_of
from whereupon.conditions.paths import compile_path
from whereupon.conditions.values import BOOLEAN, TEXT, Kind, Scope
from whereupon.errors import Invalid, Problem
from whereupon.modules.catalog import Module
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.fields import Shown
from whereupon.sdk.outcomes import Fail, Outcome, Start


class StartConfig(Config):
    """Which playbook, on which record."""

    playbook: Annotated[str, Shown("playbook")] = Field(
        min_length=1, max_length=100, title="Playbook", description="It has to be active by then."
    )
    link: Annotated[str | None, Shown("path", types=["reference"])] = Field(
        None, title="On a linked record", description="The link to follow; none: this record."
    )


class StartPlaybook(Block[StartConfig]):
    """A record that has a playbook already gets none, or a place in the queue, as that playbook says."""

    key = "start_playbook"
    label = "Start playbook"
    group = "People"
    icon = "checklist"
    description = "Starts a playbook on this record or a linked one, and goes on at once."
    Config = StartConfig
    outputs: ClassVar = {"started": BOOLEAN, "run": TEXT}
    examples = ({"playbook": "helper"},)

    def starts(self, config: StartConfig) -> frozenset[str]:
        return frozenset({config.playbook})

    def check(self, config: StartConfig, scope: Scope) -> list[Problem]:
        try:
            _target(config, scope)
        except Invalid as error:
            return list(error.problems)
        return []

    def describe(self, config: StartConfig, scope: Scope) -> str:
        where = f" on {label_of(config.link, scope)}" if config.link else ""
        return f"Start {config.playbook}{where}"

    def reads(self, config: StartConfig, scope: Scope) -> frozenset[str]:
        return compile_path(config.link, scope).reads if config.link else frozenset()

    async def run_batch(self, config: StartConfig, batch: Batch) -> list[Outcome]:
        module, key = _target(config, batch.place.scope)
        rows = await batch.rows({"key": key})
        return [
            Start(config.playbook, module.id, rows[run.id]["key"], {}, awaited=False)
            if rows[run.id]["key"] is not None
            else Fail("There is no linked record.", "no_record", "Fill in the link, or ask for it before.")
            for run in batch.runs
        ]


def _target(config: StartConfig, scope: Scope) -> tuple[Module, str]:
    """On which module's record, and SQL for its key. Raises Invalid."""
    module = scope.module
    if module is None:
        raise Invalid.of(
            Problem("no_record", "There is no record here.", "", "Use it in a workflow of a module.")
        )
    if config.link is None:
        return module, module.key_sql("n")
    found = compile_path(config.link, scope)
    target = scope.catalog.modules.get(found.type.module or "")
    if found.type.kind is not Kind.REFERENCE or target is None:
        raise Invalid.of(Problem("wrong_type", f'"{config.link}" is {found.type.noun}, not a link.', "/link"))
    return target, f"({found.sql})::text"
