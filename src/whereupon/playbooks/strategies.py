"""The life of a strategy: written, checked, published as workflows that go by a date, switched off, deleted.

Of several strategies of a module the first whose segment a record is in is the record's. So the others'
conditions say "and not in a segment before", and all of them are published anew when one changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, PreconditionFailed, Problem, did_you_mean
from whereupon.modules.catalog import load_catalog
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.playbooks.strategy_definition import (
    StrategyDefinition,
    StrategyStep,
    blank_strategy,
    compile_step,
    faults_of,
    parse_strategy,
    place_in_strategy,
)
from whereupon.workflows import store
from whereupon.workflows.check import check_workflow
from whereupon.workflows.document import parse_document
from whereupon.workflows.kinds import changing


class NewStrategy(BaseModel):
    """What a new strategy is called, and whose records it is for."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200, pattern=r"\S")
    module: str = Field(min_length=1, max_length=100)
    key: str | None = Field(None, pattern=r"^[a-z][a-z0-9_]{0,40}$", description="None: made from the name.")
    description: str = Field("", max_length=5_000)
    position: int = Field(
        100, ge=0, le=1_000_000, description="Of those that fit a record, the lowest counts."
    )
    definition: dict[str, Any] | None = Field(None, description="None: one step, to be filled in.")


class StrategyChange(BaseModel):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(None, min_length=1, max_length=200, pattern=r"\S")
    description: str | None = Field(None, max_length=5_000)
    position: int | None = Field(None, ge=0, le=1_000_000)
    definition: dict[str, Any] | None = None


SELECT = """
SELECT s.id, s.key, s.name, s.description, m.key AS module, m.label_plural AS module_label, s.definition,
  s.state,
  s.position, s.etag::text AS etag, s.owner_id AS owner, u.name AS owner_name, s.created_at, s.updated_at,
  s.module_id,
  coalesce((SELECT jsonb_agg(jsonb_build_object('step', t.step, 'workflow', w.key, 'workflow_id', w.id,
              'active', t.active) ORDER BY t.nr)
            FROM whereupon.strategy_steps t JOIN whereupon.workflows w ON w.id = t.workflow_id
            WHERE t.strategy_id = s.id), '[]') AS workflows
FROM whereupon.strategies s JOIN whereupon.modules m ON m.id = s.module_id
LEFT JOIN whereupon.users u ON u.id = s.owner_id
"""
FIND = SELECT + "WHERE s.key = $1"
LIST = SELECT + "WHERE ($1::text IS NULL OR m.key = $1) AND s.id > $2 ORDER BY s.id LIMIT $3"
ACTIVE = SELECT + "WHERE s.module_id = $1 AND s.state = 'active' ORDER BY s.position, s.id"
INSERT = """
INSERT INTO whereupon.strategies (key, name, description, module_id, definition, position, owner_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
LOCK = "SELECT id, etag::text AS etag FROM whereupon.strategies WHERE key = $1 FOR UPDATE"
SAVE = """
UPDATE whereupon.strategies SET name = coalesce($2, name), description = coalesce($3, description),
  position = coalesce($4, position), definition = coalesce($5, definition), etag = etag + 1,
  updated_at = now()
WHERE id = $1
"""
SET_STATE = "UPDATE whereupon.strategies SET state = $2, etag = etag + 1, updated_at = now() WHERE id = $1"
PUT_STEP = """
INSERT INTO whereupon.strategy_steps (strategy_id, step, nr, name, workflow_id, amount, unit, time_of_day,
  zone)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::time, $9)
ON CONFLICT (strategy_id, step) DO UPDATE SET nr = excluded.nr, name = excluded.name,
  amount = excluded.amount, unit = excluded.unit,
  time_of_day = excluded.time_of_day, zone = excluded.zone, active = true
"""
RETIRE = "UPDATE whereupon.strategy_steps SET active = false WHERE strategy_id = $1 AND step = $2"


async def list_strategies(
    db: Connection, rights: Rights, *, module: str | None = None, after: int = 0, limit: int = 50
) -> list[dict[str, Any]]:
    """Strategies by age, of modules that this user may read."""
    rows = await db.fetch(LIST, module, after, limit)
    return [dict(row) for row in rows if rights.builder or rights.may("read", row["module"])]


async def get_strategy(db: Connection, rights: Rights, key: str) -> dict[str, Any]:
    """Raises NotFound with the nearest key."""
    row = await db.fetchrow(FIND, key)
    if row is None or not (rights.builder or rights.may("read", row["module"])):
        keys = [one["key"] for one in await db.fetch("SELECT key FROM whereupon.strategies LIMIT 5000")]
        near = did_you_mean(key, keys) if rights.builder else None
        raise NotFound(f'There is no strategy "{key}".', suggestion=near)
    return dict(row)


async def create_strategy(db: Connection, rights: Rights, new: NewStrategy) -> dict[str, Any]:
    """A draft. Raises Invalid for an unknown module or a definition that does not fit, Conflict for a key."""
    rights.require_builder()
    catalog = await load_catalog(db)
    if new.module not in catalog.modules:
        near = did_you_mean(new.module, catalog.modules)
        raise Invalid.of(Problem("unknown_module", f'There is no module "{new.module}".', "/module", near))
    raw = new.definition if new.definition is not None else blank_strategy()
    _parse(raw)
    key = await _free_key(db, new.key or store.key_of(new.name)[:40], chosen=new.key is not None)
    module_id = catalog.modules[new.module].id
    values = (key, new.name, new.description, module_id, raw, new.position, rights.user_id)
    await db.execute(INSERT, *values)
    await audit.append(db, rights.user_id, "create_strategy", f"strategy:{key}")
    return await get_strategy(db, rights, key)


async def _free_key(db: Connection, key: str, *, chosen: bool) -> str:
    rows = await db.fetch("SELECT key FROM whereupon.strategies WHERE key LIKE $1 || '%'", key)
    taken = {row["key"] for row in rows}
    if key not in taken:
        return key
    if chosen:
        raise Conflict(f'There is a strategy "{key}" already.', suggestion="Choose another key.")
    return next(name for n in range(2, 10_000) if (name := f"{key}_{n}") not in taken)


def _parse(raw: object) -> StrategyDefinition:
    try:
        return parse_strategy(raw)
    except Invalid as error:
        raise Invalid(error.message, problems=[one.under("/definition") for one in error.problems]) from None


async def _locked(db: Connection, key: str, etag: str | None) -> int:
    row = await db.fetchrow(LOCK, key)
    if row is None:
        raise NotFound(f'There is no strategy "{key}".')
    if etag is not None and etag != row["etag"]:
        raise PreconditionFailed(
            "Somebody else has changed this strategy meanwhile.",
            suggestion="Load it again and apply your change to what is there now.",
        )
    return int(row["id"])


async def change_strategy(
    db: Connection, rights: Rights, key: str, change: StrategyChange, *, etag: str | None = None
) -> dict[str, Any]:
    """Save what is written; what runs goes on as it was published."""
    rights.require_builder()
    strategy = await _locked(db, key, etag)
    if change.definition is not None:
        _parse(change.definition)
    await db.execute(SAVE, strategy, change.name, change.description, change.position, change.definition)
    await audit.append(db, rights.user_id, "change_strategy", f"strategy:{key}")
    return await get_strategy(db, rights, key)


async def problems_of(db: Connection, rights: Rights, key: str) -> list[Problem]:
    """What stands against publishing it as this user, each with its place in the definition."""
    known = await get_strategy(db, rights, key)
    return await check(db, rights, known, parse_strategy(known["definition"]))


async def problems_in(
    db: Connection, rights: Rights, key: str, definition: Mapping[str, Any]
) -> list[Problem]:
    """The same of a definition that is not saved, whatever is in it."""
    rights.require_builder()
    known = await get_strategy(db, rights, key)
    try:
        return await check(db, rights, known, parse_strategy(definition))
    except Invalid as error:
        return list(error.problems)


async def check(
    db: Connection, rights: Rights, known: Mapping[str, Any], definition: StrategyDefinition
) -> list[Problem]:
    """Its own faults, then those of its steps' workflows."""
    own = list(faults_of(definition))
    around = await store.surroundings(db, rights, known["module"])
    said = {problem.path for problem in own}
    found: list[Problem] = []
    for index, step in enumerate(definition.steps):
        document = parse_document(compile_step(definition, step, known["id"]))
        found += [place_in_strategy(one, index) for one in check_workflow(document, around)]
    return list(dict.fromkeys([*own, *(one for one in found if one.path not in said)]))


async def publish_strategy(
    db: Connection, rights: Rights, key: str, *, note: str = "", etag: str | None = None
) -> dict[str, Any]:
    """Let records get its steps from now on. Raises Invalid naming every fault."""
    rights.require_builder()
    strategy = await _locked(db, key, etag)
    if faults := await problems_of(db, rights, key):
        raise Invalid("The strategy cannot be published yet.", problems=faults)
    await db.execute(SET_STATE, strategy, "active")
    known = await get_strategy(db, rights, key)
    await _publish_module(db, rights, known["module_id"], note, strategy)
    await audit.append(db, rights.user_id, "publish_strategy", f"strategy:{key}")
    return await get_strategy(db, rights, key)


async def set_strategy_state(
    db: Connection, rights: Rights, key: str, state: Literal["active", "disabled"]
) -> dict[str, Any]:
    """Switch it on or off; records of a strategy that is off fall to the next one that fits them."""
    if state == "active":
        return await publish_strategy(db, rights, key)
    rights.require_builder()
    strategy = await _locked(db, key, None)
    known = await get_strategy(db, rights, key)
    if known["state"] == "draft":
        raise Conflict("It was not published yet.", suggestion="Publish it first.")
    await db.execute(SET_STATE, strategy, "disabled")
    await _stop(db, rights, known)
    await _publish_module(db, rights, known["module_id"], "Another strategy was switched off", None)
    await audit.append(db, rights.user_id, "set_strategy_state", f"strategy:{key}", state=state)
    return await get_strategy(db, rights, key)


async def delete_strategy(db: Connection, rights: Rights, key: str) -> None:
    """Its steps' workflows go with it; their history stays (F10)."""
    rights.require_builder()
    strategy = await _locked(db, key, None)
    known = await get_strategy(db, rights, key)
    with changing("strategy"):
        for one in known["workflows"]:
            await store.delete_workflow(db, rights, one["workflow"])
    await db.execute("DELETE FROM whereupon.strategies WHERE id = $1", strategy)
    await _publish_module(db, rights, known["module_id"], "Another strategy was removed", None)
    await audit.append(db, rights.user_id, "delete_strategy", f"strategy:{key}")


async def _stop(db: Connection, rights: Rights, known: Mapping[str, Any]) -> None:
    with changing("strategy"):
        for one in known["workflows"]:
            if one["active"]:
                await store.set_state(db, rights, one["workflow"], "disabled")


async def _publish_module(
    db: Connection, rights: Rights, module_id: int, note: str, asked: int | None
) -> None:
    """Publish the module's active strategies in their order, each without the segments before it.

    Only the one that was `asked` for, and those whose conditions change because of it.
    """
    before: list[Mapping[str, Any]] = []
    rows = await db.fetch(ACTIVE, module_id)
    for row in rows:
        definition = parse_strategy(row["definition"])
        await _publish_steps(db, rights, dict(row), definition, tuple(before), note, row["id"] == asked)
        # One without a segment takes every record: those after it get none.
        before.append(definition.segment or {"all": []})


async def _publish_steps(
    db: Connection,
    rights: Rights,
    known: Mapping[str, Any],
    definition: StrategyDefinition,
    before: tuple[Mapping[str, Any], ...],
    note: str,
    whole: bool,
) -> None:
    there = {one["step"]: one for one in known["workflows"]}
    zone = (await store.surroundings(db, rights, known["module"])).time_zone
    for nr, step in enumerate(definition.steps):
        document = compile_step(definition, step, known["id"], before)
        if whole or await _differs(db, there.get(step.key), document):
            workflow = await _publish_step(db, rights, known, step, there.get(step.key), document, note)
            await db.execute(
                PUT_STEP, known["id"], step.key, nr, step.name, workflow, step.amount, step.unit,
                step.time_of_day, zone,
            )  # fmt: skip
    wanted = {step.key for step in definition.steps}
    for key, one in there.items():
        if key not in wanted and one["active"]:
            with changing("strategy"):
                await store.set_state(db, rights, one["workflow"], "disabled")
            await db.execute(RETIRE, known["id"], key)


PUBLISHED = """
SELECT v.document FROM whereupon.workflows w JOIN whereupon.versions v ON v.id = w.active_version_id
WHERE w.id = $1 AND w.state = 'active'
"""


async def _differs(db: Connection, there: Mapping[str, Any] | None, document: Mapping[str, Any]) -> bool:
    return there is None or await db.fetchval(PUBLISHED, there["workflow_id"]) != document


IS_FREE = "SELECT NOT EXISTS (SELECT FROM whereupon.workflows WHERE key = $1)"


async def _publish_step(
    db: Connection,
    rights: Rights,
    known: Mapping[str, Any],
    step: StrategyStep,
    there: Mapping[str, Any] | None,
    document: dict[str, Any],
    note: str,
) -> int:
    """The step's workflow, published; its id."""
    name = f"{known['name']} — {step.name}"[:200]
    if there is None:
        wanted = f"{known['key']}_{step.key}"[:59]
        free = await db.fetchval(IS_FREE, wanted)
        new = store.NewWorkflow(
            name=name, module=known["module"], key=wanted if free else None, description=known["description"],
            category="customer", document=document,
        )  # fmt: skip
        made = await store.create_workflow(db, rights, new)
        await db.execute("UPDATE whereupon.workflows SET kind = 'strategy' WHERE id = $1", made["id"])
        key, workflow = made["key"], int(made["id"])
    else:
        key, workflow = there["workflow"], int(there["workflow_id"])
    with changing("strategy"):
        change = store.WorkflowChange.model_validate({"name": name, "document": document})
        await store.change_workflow(db, rights, key, change)
        await store.publish(db, rights, key, note=note)
    return workflow
