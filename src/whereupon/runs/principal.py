"""A run acts as its workflow's publisher (rule 28): a block reads nothing that the publisher may not read.

What it writes, the block asks for itself. Rights are those of now: a field that is closed to the publisher
after publishing is closed to the workflow, too. Where it acts as a role, `batch.rights` are what that leaves
of them (people/service_roles.py).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from whereupon.people.rights import WIDEN_ROLE, Rights, require_reads
from whereupon.runs.definitions import Version
from whereupon.sdk.block import Batch
from whereupon.sdk.outcomes import Fail, Outcome
from whereupon.sdk.writing import own_sql
from whereupon.workflows.check import start_reads
from whereupon.workflows.plan import Step

Work = Callable[[Batch], Awaitable[list[Outcome]]]
NOT_THEIRS = Fail(
    "The workflow's publisher may read only their own records, and this is not one of them.",
    "refused",
    "Let somebody publish it who may read every record.",
)


def not_theirs(rights: Rights) -> Fail:
    """How a run fails on a record that its workflow may not read."""
    if rights.acts_as is None:
        return NOT_THEIRS
    told = f"{rights.run_subject} may read only its publisher's own records, and this is not one of them."
    return Fail(told, "refused", WIDEN_ROLE)


async def as_publisher(version: Version, step: Step, batch: Batch, work: Work) -> list[Outcome]:
    """The block's outcomes, one per run. Raises Refused when the publisher may not read what the block does.

    Where only own records may be read, runs on other records fail; that costs one statement per batch.
    """
    theirs = theirs_sql(version, step, batch)
    if theirs is None:
        return await work(batch)
    rows = await batch.rows({"own": theirs})
    own = [run for run in batch.runs if rows[run.id]["own"]]
    outcomes = iter(await work(replace(batch, runs=own)) if own else [])
    return [next(outcomes) if rows[run.id]["own"] else not_theirs(batch.rights) for run in batch.runs]


def theirs_sql(version: Version, step: Step, batch: Batch) -> str | None:
    """SQL boolean: the publisher may read the record `n` at this block; None: every one, or none is read.

    Raises Refused when the publisher may not read what the block does, of any record.
    """
    reads = batch.place.once("reads", lambda: _checked_reads(version, step, batch))
    module = batch.place.module
    if module is None or not reads or not batch.rights.own_only("read", module.key):
        return None
    return own_sql(batch, "read", module, "n")


def _checked_reads(version: Version, step: Step, batch: Batch) -> frozenset[str]:
    """What the block reads; the first one answers for START, whose filter has let the record in."""
    scope = batch.place.scope
    reads = step.block.reads(step.config, scope)
    if version.plan.start and version.plan.first == step.node.key:
        reads |= start_reads(version.plan.start, scope)
    module = batch.place.module
    require_reads(batch.rights, reads, version.catalog, module.key if module else None)
    return reads
