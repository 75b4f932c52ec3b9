"""Both ways of doing a workflow to many records, for tests that hold them against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from tests.office import Office

from whereupon.db.pool import Connection
from whereupon.people.rights import Rights
from whereupon.runs import stretches
from whereupon.runs.advance import advance_batch
from whereupon.runs.definitions import Definitions, Version
from whereupon.runs.start import NewRun, insert_runs
from whereupon.workflows.document import parse_document
from whereupon.workflows.plan import make_plan

VERSION = 1_000_000  # of a workflow that nobody published
NEW_BULK = """
INSERT INTO whereupon.bulk_runs (workflow_id, version_id, module_id, started_by, user_id)
VALUES ($1, $2, $3, 'manual', $4) RETURNING id
"""
MEMBERS = """
INSERT INTO whereupon.bulk_members (bulk_id, nr, record_id)
SELECT $1, u.nr, u.key FROM unnest($2::text[]) WITH ORDINALITY AS u(key, nr)
"""
# What there is afterwards, without ids and times.
RECORDS = "SELECT to_jsonb(i) - 'updated_at' AS row FROM data.items i ORDER BY id"
RUNS = """
SELECT record_id, version_id, status, node, executions, attempts, data, waiting, error, depth, chain, serial,
  started_by, user_id, wakes_on_change, started_at IS NOT NULL AS started, ended_at IS NOT NULL AS ended,
  ready_at IS NOT NULL AS due
FROM whereupon.runs ORDER BY record_id
"""
STEPS = """
SELECT r.record_id, s.seq, s.node, s.block, s.status, s.port, s.input, s.output, s.error, s.records
FROM whereupon.step_runs s JOIN whereupon.runs r ON r.id = s.run_id ORDER BY r.record_id, s.seq
"""
CHANGES = """
SELECT c.module_id, c.record_id, c.op::text, c.old - '{updated_at}'::text[] AS old,
  c.new - '{updated_at}'::text[] AS new, c.actor_id, c.origin, r.record_id AS run_of
FROM whereupon.changes c JOIN whereupon.runs r ON r.id = c.run_id ORDER BY c.record_id, c.id
"""
LEFT_BEHIND = {"records": RECORDS, "runs": RUNS, "steps": STEPS, "changes": CHANGES}


class Undo(Exception):
    """Raised to take a transaction back."""


async def both_ways(
    office: Office,
    document: Mapping[str, Any],
    keys: Sequence[str],
    *,
    rights: Rights | None = None,
    before: Sequence[tuple[Any, ...]] = (),
    chunk: int = 7,
) -> tuple[Any, Any]:
    """What is left behind as a set (None: it cannot be done so), and one by one, each from the same state.

    `before`: statements with their values that make this state. Everything is taken back.
    """
    found: list[Any] = []
    for way in (_as_set, _one_by_one):
        try:
            async with office.database.transaction() as db:
                definitions = await office.engine.current(db)
                for sql, *values in before:
                    await db.execute(sql, *values)
                version = _version(definitions, document, rights or office.rights)
                done = await way(db, definitions, version, keys, chunk)
                left = {name: list(map(dict, await db.fetch(sql))) for name, sql in LEFT_BEHIND.items()}
                found.append(left if done else None)
                raise Undo
        except Undo:
            pass
    return found[0], found[1]


def _version(definitions: Definitions, document: Mapping[str, Any], rights: Rights) -> Version:
    """As if the document had been published."""
    # The same document again is the same version, with what is remembered of it.
    key = ("tried", orjson.dumps(document), rights.user_id, repr(rights.grants))
    if key in definitions.memory:
        definitions.versions[VERSION] = definitions.memory[key]
        return definitions.memory[key]
    known = definitions.active[0].version
    version = Version(
        id=VERSION, workflow_id=known.workflow_id, name="Random", module=known.module,
        plan=make_plan(parse_document(document)), user_id=rights.user_id, rights=rights, time_zone="UTC",
        catalog=definitions.catalog,
    )  # fmt: skip
    assert not version.plan.problems, version.plan.problems
    definitions.versions[VERSION] = definitions.memory[key] = version
    return version


async def _as_set(
    db: Connection, definitions: Definitions, version: Version, keys: Sequence[str], chunk: int
) -> bool:
    assert version.module is not None
    bulk: int = await db.fetchval(
        NEW_BULK, version.workflow_id, version.id, version.module.id, version.user_id
    )
    await db.execute(MEMBERS, bulk, list(keys))
    for first in range(1, len(keys) + 1, chunk):
        last = min(first + chunk - 1, len(keys))
        tally = await stretches.work_off(db, version, bulk, first, last)
        if tally is None:
            return False
        await _advance(db, definitions)  # those that go on by themselves
    return True


async def work_off_alone(
    db: Connection, version: Version, keys: Sequence[str], user: int
) -> stretches.Tally | None:
    """One chunk as a set, without the engine after it."""
    bulk = await _bulk(db, version, keys, user)
    return await stretches.work_off(db, version, bulk, 1, len(keys))


async def _bulk(db: Connection, version: Version, keys: Sequence[str], user: int | None) -> int:
    assert version.module is not None
    bulk: int = await db.fetchval(NEW_BULK, version.workflow_id, version.id, version.module.id, user)
    await db.execute(MEMBERS, bulk, list(keys))
    return bulk


async def _one_by_one(
    db: Connection, definitions: Definitions, version: Version, keys: Sequence[str], chunk: int
) -> bool:
    assert version.module is not None
    runs = [
        NewRun(version.workflow_id, version.id, version.plan.first, "manual", version.module.id, key,
               user_id=version.user_id)
        for key in keys
    ]  # fmt: skip
    await insert_runs(db, runs)
    await _advance(db, definitions)
    return True


async def _advance(db: Connection, definitions: Definitions) -> None:
    while (await advance_batch(db, definitions, careful=True)).runs:
        pass
