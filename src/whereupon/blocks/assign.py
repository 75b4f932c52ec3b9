"""D7: makes somebody the owner: a named user, one of a group by turn, load or duty roster, or a manager."""

from __future__ import annotations

import heapq
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from whereupon.conditions.compile import check_condition, compile_condition, fields_read
from whereupon.conditions.paths import compile_path
from whereupon.conditions.tree import Condition
from whereupon.conditions.values import Compiled, Scope, reference
from whereupon.errors import Invalid, NotFound, Problem
from whereupon.modules.catalog import Field as ModuleField
from whereupon.modules.catalog import Module, quote
from whereupon.people.duty import on_duty
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.fields import Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome
from whereupon.sdk.writing import Assignment, update_records, update_sql

USER = reference("users")
NEEDS = {"user": ("user",), "group": ("round_robin", "least_loaded", "on_duty")}
WAYS = {
    "user": "A user",
    "round_robin": "The next one of a group",
    "least_loaded": "The one of a group who has the least",
    "on_duty": "The one of a group who is on duty",
    "owners_manager": "The owner's manager",
}


class AssignConfig(Config):
    """Who becomes the owner, or is written to another user field."""

    to: Annotated[
        Literal["user", "round_robin", "least_loaded", "on_duty", "owners_manager"], Shown(labels=WAYS)
    ] = Field(title="Assign to")
    user: Annotated[int | None, Shown("user", when={"to": NEEDS["user"]})] = Field(
        None, title="User", description="Who gets it: the user's id."
    )
    group: Annotated[str | None, Shown("group", when={"to": NEEDS["group"]})] = Field(
        None, title="Group", description="Among whom: the group's key."
    )
    open: Annotated[Condition | None, Shown("condition", when={"to": ["least_loaded"]})] = Field(
        None,
        title="Count only records where",
        description="Which records count as load; none: all.",
    )
    field: Annotated[str | None, Shown("field", types=["user"], advanced=True)] = Field(
        None,
        title="Field to write",
        description="The user field that is written; none: the module's owner field.",
    )

    @model_validator(mode="after")
    def fits(self) -> AssignConfig:
        for name, kinds in NEEDS.items():
            needed = self.to in kinds
            if (getattr(self, name) is not None) != needed:
                raise ValueError(
                    f'"{name}" {"is required" if needed else "does not go"} with to = "{self.to}"'
                )
        return self


class Assign(Block[AssignConfig]):
    """Only active users are chosen. With nobody to choose from, the block fails and says so."""

    key = "assign"
    label = "Assign to user"
    group = "People"
    icon = "user-check"
    description = "Makes a user the owner: a named one, one of a group by turn, load or roster, or a manager."
    Config = AssignConfig
    outputs: ClassVar = {"user": USER}
    examples = (
        {"to": "round_robin", "group": "support"},
        {"to": "on_duty", "group": "support"},
        {"to": "owners_manager"},
    )

    def check(self, config: AssignConfig, scope: Scope) -> list[Problem]:
        try:
            _field(config, scope)
        except Invalid as error:
            return list(error.problems)
        return check_condition(config.open, _load_scope(scope), "/open") if config.open is not None else []

    def describe(self, config: AssignConfig, scope: Scope) -> str:
        match config.to:
            case "user":
                return "Assign to a user"
            case "round_robin":
                return f"Assign to the next one of {config.group}"
            case "least_loaded":
                return f"Assign to the one of {config.group} who has the least"
            case "on_duty":
                return f"Assign to the one of {config.group} who is on duty"
            case "owners_manager":
                return "Assign to the owner's manager"

    def reads(self, config: AssignConfig, scope: Scope) -> frozenset[str]:
        return fields_read(config.open, _load_scope(scope)) if config.open is not None else frozenset()

    def writes(self, config: AssignConfig, scope: Scope) -> frozenset[str]:
        module, field = _field(config, scope)
        return frozenset({f"{module.key}.{field.key}"})

    async def run_batch(self, config: AssignConfig, batch: Batch) -> list[Outcome]:
        module, field = _field(config, batch.place.scope)
        batch.rights.require("update", module.key, [field.key])
        chosen = await _choose(config, module, field, batch)
        if isinstance(chosen, Fail):
            return [chosen for _ in batch.runs]
        refused = await _write(batch, module, field, chosen)
        return [_refused(batch) if run.id in refused else _outcome(chosen.get(run.id)) for run in batch.runs]


NOBODY = Fail("There is nobody to assign to.", "no_user", "Set the owner, and the owner's manager.")


def _refused(batch: Batch) -> Fail:
    return Fail(f"{batch.rights.run_subject} may not update this record.", "refused")


def _field(config: AssignConfig, scope: Scope) -> tuple[Module, ModuleField]:
    module = scope.module
    if module is None:
        raise Invalid.of(Problem("no_record", "There is no record to assign.", "/field"))
    key = config.field or module.owner_field
    if key is None:
        message = f"{module.label} has no owner field."
        raise Invalid.of(Problem("no_owner", message, "/field", "Name a user field."))
    field = module.fields.get(key)
    if field is None or field.column is None or field.target != "users" or field.read_only:
        message = f'"{key}" is no user field that can be written.'
        raise Invalid.of(Problem("wrong_type", message, "/field", "Choose a field of type user."))
    return module, field


def _load_scope(scope: Scope) -> Scope:
    return Scope(
        catalog=scope.catalog, module=scope.module, row="t", user=scope.user, time_zone=scope.time_zone
    )


async def _choose(
    config: AssignConfig, module: Module, field: ModuleField, batch: Batch
) -> dict[int, int] | Fail:
    """Run → user id."""
    match config.to:
        case "user":
            return await _named(config.user or 0, batch)
        case "owners_manager":
            return await _managers(field, batch)
        case "round_robin":
            return await _in_turn(config.group or "", batch)
        case "least_loaded":
            return await _least_loaded(config, module, field, batch)
        case "on_duty":
            return await _on_duty(config.group or "", batch)


async def _named(user: int, batch: Batch) -> dict[int, int] | Fail:
    if not await batch.db.fetchval("SELECT active FROM whereupon.users WHERE id = $1", user):
        message = "The user to assign to is disabled or does not exist."
        return Fail(message, "no_user", "Choose another user.")
    return {run.id: user for run in batch.runs}


async def _managers(field: ModuleField, batch: Batch) -> dict[int, int]:
    sql = compile_path(f"{field.key}.manager", batch.place.scope).sql
    active = f"(SELECT u.id FROM whereupon.users u WHERE u.active AND u.id = {sql})"
    rows = await batch.rows({"user": active})
    return {run: row["user"] for run, row in rows.items() if row["user"] is not None}


# Locked, so that two workers deal from the same pack.
MEMBERS = """
SELECT m.user_id FROM whereupon.group_members m
JOIN whereupon.groups g ON g.id = m.group_id JOIN whereupon.users u ON u.id = m.user_id
WHERE g.key = $1 AND u.active ORDER BY m.last_assigned_at NULLS FIRST, m.user_id FOR UPDATE OF m
"""
# Remember who had the last turn, and in which order.
DEALT = """
UPDATE whereupon.group_members m SET last_assigned_at = clock_timestamp() + v.turn * interval '1 microsecond'
FROM unnest($2::bigint[]) WITH ORDINALITY AS v(user_id, turn), whereupon.groups g
WHERE g.key = $1 AND m.group_id = g.id AND m.user_id = v.user_id
"""


async def _members(group: str, batch: Batch) -> list[int] | Fail:
    members = [row["user_id"] for row in await batch.db.fetch(MEMBERS, group)]
    return members or Fail(
        f'The group "{group}" has no active member.', "no_user", "Add somebody to the group."
    )


async def _in_turn(group: str, batch: Batch) -> dict[int, int] | Fail:
    members = await _members(group, batch)
    if isinstance(members, Fail):
        return members
    chosen = {run.id: members[turn % len(members)] for turn, run in enumerate(batch.runs)}
    latest_last = list(dict.fromkeys(reversed(list(chosen.values()))))[::-1]
    await batch.db.execute(DEALT, group, latest_last)
    return chosen


async def _on_duty(group: str, batch: Batch) -> dict[int, int] | Fail:
    """By the roster at this moment, as the database's clock has it."""
    try:
        user = await on_duty(batch.db, group, await batch.db.fetchval("SELECT clock_timestamp()"))
    except NotFound as error:
        return Fail(error.message, "no_user", "Choose another group.")
    if user is None:
        message = f'Nobody of the group "{group}" is on duty now.'
        return Fail(message, "no_user", "Look at the roster in Settings, Duty roster.")
    return {run.id: user for run in batch.runs}


async def _least_loaded(
    config: AssignConfig, module: Module, field: ModuleField, batch: Batch
) -> dict[int, int] | Fail:
    members = await _members(config.group or "", batch)
    if isinstance(members, Fail):
        return members
    loads = await _loads(config, module, field, batch, members)
    heap = [(loads.get(user, 0), turn, user) for turn, user in enumerate(members)]
    heapq.heapify(heap)
    chosen: dict[int, int] = {}
    for run in batch.runs:
        load, turn, user = heapq.heappop(heap)
        chosen[run.id] = user
        heapq.heappush(heap, (load + 1, turn, user))
    return chosen


async def _loads(
    config: AssignConfig, module: Module, field: ModuleField, batch: Batch, members: list[int]
) -> dict[int, int]:
    """How many records each member has already, of those that count."""
    column = quote(field.column or "")
    counted = (
        compile_condition(config.open, _load_scope(batch.place.scope)) if config.open is not None else "true"
    )
    sql = (
        f"SELECT t.{column} AS user_id, count(*) AS load FROM {module.sql} t "
        f"WHERE t.{column} = ANY($1::bigint[]) AND ({counted}) GROUP BY 1"
    )
    return {row["user_id"]: row["load"] for row in await batch.db.fetch(sql, members)}


async def _write(batch: Batch, module: Module, field: ModuleField, chosen: dict[int, int]) -> frozenset[int]:
    """One update per chosen user, over all the runs that got that user. The runs that may not."""
    records = {run.id: run.record_id for run in batch.runs if run.record_id is not None}
    by_user: dict[int, list[tuple[int, str]]] = {}
    for run, user in chosen.items():
        by_user.setdefault(user, []).append((run, records[run]))
    refused: set[int] = set()
    for user, pairs in by_user.items():
        sql = update_sql(batch, module, [Assignment(field, Compiled(str(int(user)), USER))])
        refused |= {one.run_id for one in await update_records(batch, module, sql, pairs) if not one.allowed}
    return frozenset(refused)


def _outcome(user: int | None) -> Outcome:
    return NOBODY if user is None else Done("next", {"user": user})
