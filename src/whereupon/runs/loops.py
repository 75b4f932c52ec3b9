"""The loop guard (rule 19): workflows may call each other through records, but not for ever.

Every run knows the chain of (workflow, record, state) that led to it. The same pair may come back
only with a state that it has not had in that chain, and at most three times; a chain is at most
16 deep. It goes through waits, created records and other modules, because it follows causes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from whereupon.runs.definitions import Definitions

MAX_DEPTH = 16
MAX_RETURNS = 3

# For each change that a run caused: the run, its chain so far, and the state that the change left.
LOAD_ANCESTRY = """
SELECT c.id AS change_id, md5((coalesce(c.new, c.old) - '{updated_at}'::text[])::text) AS state,
       p.id AS run_id, p.depth, p.chain, p.workflow_id, p.module_id, p.record_id,
       md5((coalesce(pc.new, pc.old) - '{updated_at}'::text[])::text) AS parent_state
FROM unnest($1::bigint[], $2::bigint[]) AS caused(change_id, run_id)
JOIN whereupon.changes c ON c.id = caused.change_id
JOIN whereupon.runs p ON p.id = caused.run_id
LEFT JOIN whereupon.changes pc ON pc.id = p.change_id
"""

Link = list[Any]  # [workflow id, module id, record id, state]


@dataclass(frozen=True, slots=True)
class Ancestry:
    """Where a change comes from: the chain up to and including the run that caused it."""

    state: str
    depth: int
    chain: list[Link]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The new run's place in the chain, or the error that ends it before it begins."""

    depth: int = 1
    chain: list[Link] | None = None
    error: dict[str, Any] | None = None


async def load_ancestry(db: asyncpg.Connection[Any], causes: Mapping[int, int | None]) -> dict[int, Ancestry]:
    """By change id, for the changes that runs caused."""
    if not causes:
        return {}
    rows = await db.fetch(LOAD_ANCESTRY, list(causes.keys()), list(causes.values()))
    return {row["change_id"]: _ancestry(row) for row in rows}


def _ancestry(row: asyncpg.Record) -> Ancestry:
    own: Link = [row["workflow_id"], row["module_id"], row["record_id"], row["parent_state"]]
    return Ancestry(row["state"], row["depth"], row["chain"] or [own])


def judge_chain(ancestry: Ancestry | None, link: tuple[int, int, str], definitions: Definitions) -> Verdict:
    """Whether a run of (workflow, module, record) may follow, and its chain. No ancestry: the first."""
    if ancestry is None:
        return Verdict()
    chain = [*ancestry.chain, [*link, ancestry.state]]
    reason = _objection(ancestry, chain)
    return Verdict(ancestry.depth + 1, chain, _loop(reason, chain, definitions) if reason else None)


def _objection(ancestry: Ancestry, chain: list[Link]) -> str | None:
    *earlier, last = chain
    same = [link for link in earlier if link[:3] == last[:3]]
    if any(link[3] == last[3] for link in same):
        return "It came back to a state that it had already."
    if len(same) > MAX_RETURNS:
        return f"It came back more than {MAX_RETURNS} times."
    if ancestry.depth + 1 > MAX_DEPTH:
        return f"One change led to another {MAX_DEPTH} times over."
    return None


def _loop(reason: str, chain: list[Link], definitions: Definitions) -> dict[str, Any]:
    path = [_name(link, definitions) for link in chain]
    return {
        "code": "loop",
        "message": f"Stopped a loop. {reason} The path: {' → '.join(path)}.",
        "path": path,
        "suggestion": "Narrow the trigger or the filter of one of these workflows, "
        "so that its own effect does not start it.",
    }


def _name(link: Link, definitions: Definitions) -> str:
    workflow_id, module_id, record_id, _ = link
    module = definitions.catalog.by_id.get(module_id)
    name = definitions.names.get(workflow_id, f"workflow {workflow_id}")
    return f"{name} ({module.label if module else 'record'} {record_id})" if record_id else name
