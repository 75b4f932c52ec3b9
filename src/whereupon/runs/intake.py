"""What arrived at a workflow's address becomes a record and a run, in one transaction (B8).

The record is found or created as the workflow's publisher, with their rights (rule 28). Whatever is written
knows the run that it was written for, so a chain of causes goes on through it (rule 19).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
import orjson

from whereupon.conditions.explain import explain
from whereupon.conditions.tree import FieldValue
from whereupon.conditions.values import BROUGHT, LONGEST_TEXT, literal, quote_json
from whereupon.db.pool import Connection, encode_json
from whereupon.errors import Conflict, Invalid, NotFound, Problem, Refused, Unavailable
from whereupon.modules.catalog import Catalog, Module, quote
from whereupon.outbox.secrets import Key
from whereupon.outbox.signing import CHAIN_HEADER, read_chain
from whereupon.people.rights import Rights
from whereupon.records.import_matching import find_existing
from whereupon.records.write import Writer, create_record, update_record
from whereupon.runs.actions import CLAIM, filter_sql
from whereupon.runs.arrivals import KEEP, KEPT_BYTES, Arrival, Hook, former_answer
from whereupon.runs.definitions import Definitions, Version, load_versions, organisation_time_zone
from whereupon.runs.loops import Ancestry, Verdict, judge_chain
from whereupon.runs.start import SKIPPED, NewRun, insert_reserved, reserve_run
from whereupon.sdk.writing import compile_assignments
from whereupon.triggers.webhook import WebhookConfig, before_the_record, creates, read_variables
from whereupon.workflows.plan import scope_at

NAME = "SELECT id, name FROM whereupon.workflows WHERE id = ANY($1::bigint[])"
NOT_MET = {"code": SKIPPED["code"], "message": "The record does not meet the workflow's conditions."}
HAD_ITS_TIME = {"code": SKIPPED["code"], "message": "The workflow runs once for each record, and it has."}


@dataclass(slots=True)
class Intake:
    """One arrival on its way. `data`: what the run will carry; `run_id` is reserved from the beginning."""

    db: Connection
    catalog: Catalog
    key: Key
    arrival: Arrival
    version: Version
    config: WebhookConfig
    data: dict[str, Any]
    run_id: int
    record_id: str | None = None
    wrote: str | None = None  # created, updated

    @property
    def rights(self) -> Rights:
        """What its runs may do. Raises Unavailable while its publisher is disabled (rule 28)."""
        if self.version.rights is None:
            told = "The user who published this workflow is disabled"
            if self.version.lost_role:
                told = "The role with whose rights this workflow acts is gone"
            raise Unavailable(
                f"{told}, so nothing can be done in their name.",
                suggestion="Send it again when somebody else has published the workflow.",
            )
        return self.version.rights

    @property
    def module(self) -> Module | None:
        return self.version.module


async def take_in(db: Connection, catalog: Catalog, key: Key, arrival: Arrival) -> Mapping[str, Any]:
    """What is answered: {"run", "status", "record"}; the same again for a delivery that came before.

    Inside the caller's transaction. Raises NotFound, Conflict, Invalid, Unavailable.
    """
    former = await former_answer(db, arrival)
    if former is not None:
        return former
    intake = await _begin(db, catalog, key, arrival)
    try:
        values = await _find(intake)
        verdict = await _place_in_chain(intake)
        if verdict.error is None:
            await _write(intake, values)
    except Refused as error:
        raise Conflict(
            "The workflow may not do what it was made to do with this.",
            suggestion=f"Tell whoever looks after it: {error.message}",
        ) from None
    born = await _start(intake, verdict)
    return await _keep(intake, born)


async def _begin(db: Connection, catalog: Catalog, key: Key, arrival: Arrival) -> Intake:
    hook = arrival.hook
    if hook.version_id is None or hook.state == "draft":
        raise NotFound("The workflow behind this address is not published yet.")
    versions = await load_versions(db, [hook.version_id], catalog, await organisation_time_zone(db))
    version = versions[hook.version_id]
    start = version.plan.start
    if start is None or not isinstance(start.config, WebhookConfig):
        raise NotFound("The workflow behind this address is started in another way now.")
    if hook.state != "active":
        raise Conflict(
            f"The workflow behind this address is {hook.state}.", suggestion="Send it again later."
        )
    values = read_variables(start.config, arrival.payload)
    data = {BROUGHT: values}
    return Intake(db, catalog, key, arrival, version, start.config, data, await reserve_run(db))


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test of an arrival came to: its record, what became of that, and whether a run began.

    `explained`: the filter, part by part, with what it saw.
    """

    record_id: str | None
    wrote: str | None
    taken: bool
    explained: Mapping[str, Any] | None


async def take_in_for_test(
    db: Connection, version: Version, payload: dict[str, Any], *, anyway: bool
) -> Tested:
    """The same for a draft that is being tried, in a transaction that is taken back. Raises Invalid.

    `anyway`: also where the filter says no.
    """
    start = version.plan.start
    if start is None or not isinstance(start.config, WebhookConfig):
        raise Invalid.of(Problem("wrong_trigger", "This workflow is not started by another program."))
    data = {BROUGHT: read_variables(start.config, payload)}
    hook = Hook(version.workflow_id, "", version.name, "active", version.id, None, 1)
    arrival = Arrival(hook, b"", {}, payload, None)
    intake = Intake(
        db, version.catalog, Key(bytes(32)), arrival, version, start.config, data, await reserve_run(db)
    )
    await _write(intake, await _find(intake))
    born = await _start(intake, Verdict(), anyway=anyway)
    taken = born is not None and born.error is None
    return Tested(intake.record_id, intake.wrote, taken, await _explained(intake))


async def _explained(intake: Intake) -> Mapping[str, Any] | None:
    """Where there is a filter, and a record that it was asked of."""
    version, start = intake.version, intake.version.plan.start
    written = encode_json(intake.data)
    if start is None or start.filter is None or intake.record_id is None or len(written) > LONGEST_TEXT // 2:
        return None
    here = scope_at(
        version.plan, start.node.key, intake.catalog, version.module, version.user_id, version.time_zone
    )
    seen = replace(here, old=None, op=None, data=quote_json(orjson.loads(written)))
    return await explain(intake.db, start.filter, seen, intake.record_id, rights=intake.rights)


# The chain of causes ---------------------------------------------------------------------------------


async def _place_in_chain(intake: Intake) -> Verdict:
    """Whether this may follow, if one of our own workflows sent it (rule 19). What it says is its state."""
    chain = read_chain(intake.key, intake.arrival.headers.get(CHAIN_HEADER))
    if not chain:
        return Verdict()
    state = hashlib.md5(intake.arrival.raw, usedforsecurity=False).hexdigest()
    module_id = intake.module.id if intake.module else 0
    ids = {link[0] for link in chain} | {intake.version.workflow_id}
    names = {row["id"]: row["name"] for row in await intake.db.fetch(NAME, list(ids))}
    known = Definitions(-1, intake.catalog, intake.version.time_zone, (), (), {}, names)
    link = (intake.version.workflow_id, module_id, intake.record_id or "")
    return judge_chain(Ancestry(state, len(chain), chain), link, known)


# The record ------------------------------------------------------------------------------------------

# Two deliveries about the same new record: the second finds what the first has made.
LOCK_VALUE = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"


async def _find(intake: Intake) -> dict[str, Any]:
    """The values for the record, which is looked for; nothing for a run without one."""
    module = intake.module
    if module is None:
        return {}
    values = await _values(intake, module)
    if intake.config.match is not None:
        intake.record_id = await _look_for(intake, module, values)
    return values


async def _write(intake: Intake, values: dict[str, Any]) -> None:
    """Create the record, or fill in what arrived. Raises Invalid, with places in what was sent."""
    module, config = intake.module, intake.config
    if module is None:
        return
    try:
        if intake.record_id is None:
            await _create(intake, module, values)
        elif config.found == "update":
            await _update(intake, module, values)
    except Invalid as error:
        raise Invalid.of(*(_where_it_came_from(problem, config) for problem in error.problems)) from None


async def _values(intake: Intake, module: Module) -> dict[str, Any]:
    """Field → value, as the API would take it; without those that did not arrive. Raises Invalid."""
    version, config = intake.version, intake.config
    start = version.plan.start
    assert start is not None
    whole = scope_at(version.plan, start.node.key, intake.catalog, module, version.user_id, version.time_zone)
    compiled = compile_assignments(config.set, module, before_the_record(config, whole))
    parts = [f"{literal(one.field.key)}, {_as_sent(one.value.sql, one.value.type.sql)}" for one in compiled]
    chunks = [parts[i : i + 40] for i in range(0, len(parts), 40)]
    built = " || ".join(f"jsonb_build_object({', '.join(chunk)})" for chunk in chunks)
    try:
        found: dict[str, Any] = await intake.db.fetchval(
            f"SELECT {built} FROM (SELECT $1::jsonb AS data) r", intake.data
        )
    except asyncpg.DataError as error:
        told = f"The values of the record cannot be computed: {str(error).splitlines()[0]}."
        raise Invalid.of(Problem("cannot_compute", told)) from None
    return {key: value for key, value in found.items() if value is not None}


def _as_sent(sql: str, kind: str) -> str:
    """Numbers with a point as text: JSON's would lose digits."""
    return f"({sql})::numeric::text" if kind == "numeric" else f"({sql})::{kind}"


async def _look_for(intake: Intake, module: Module, values: Mapping[str, Any]) -> str | None:
    """The one record that has the value. Raises Invalid when there are several, or none where one must be."""
    config, match = intake.config, intake.config.match or ""
    field, value = module.fields[match], values.get(match)
    if value is None:
        problem = Problem("required", f"Without {field.label} no record can be found.", f"/{match}")
        raise Invalid.of(_where_it_came_from(problem, config))
    intake.rights.require("read", module.key, [match])
    await intake.db.execute(LOCK_VALUE, f"whereupon.intake {module.id} {match} {str(value).casefold()}")
    found = await find_existing(intake.db, intake.catalog, module, [match], [{match: value}], intake.rights)
    ids = found.get(0, [])
    if len(ids) > 1:
        many = f"{len(ids)} {module.label_plural.lower()} have this {field.label.lower()}"
        told = f"{many}, so it is not clear which."
        raise Invalid.of(_where_it_came_from(Problem("several_records", told, f"/{match}"), config))
    if not ids and not creates(config):
        told = f"There is no {module.label.lower()} with this {field.label.lower()}."
        raise Invalid.of(_where_it_came_from(Problem("no_such_record", told, f"/{match}"), config))
    return ids[0] if ids else None


def _writer(intake: Intake) -> Writer:
    return Writer(intake.rights, origin="workflow", run=intake.run_id)


async def _create(intake: Intake, module: Module, values: dict[str, Any]) -> None:
    made = await create_record(intake.db, intake.catalog, module.key, values, _writer(intake))
    intake.record_id, intake.wrote = made.id, "created"


async def _update(intake: Intake, module: Module, values: dict[str, Any]) -> None:
    rest = {key: value for key, value in values.items() if key != intake.config.match}
    if rest:
        record = intake.record_id or ""
        await update_record(intake.db, intake.catalog, module.key, record, rest, _writer(intake))
        intake.wrote = "updated"


def _where_it_came_from(problem: Problem, config: WebhookConfig) -> Problem:
    """The problem of a field at the place of the JSON from which its value was taken."""
    key = problem.path.split("/")[1] if problem.path.startswith("/") else ""
    value: Any = config.set.get(key)
    name = value.field if isinstance(value, FieldValue) else ""
    pointers = {f"trigger.{one.name}": one.pointer for one in config.variables}
    return Problem(problem.code, problem.message, pointers.get(name, ""), problem.suggestion)


# The run ---------------------------------------------------------------------------------------------


async def _start(intake: Intake, verdict: Verdict, *, anyway: bool = False) -> NewRun | None:
    """The run as it was born; None where nothing was to be started and nothing was written."""
    version, module = intake.version, intake.module
    error = verdict.error or (None if anyway else await _objection(intake))
    if error is not None and error["code"] == SKIPPED["code"] and intake.wrote is None:
        return None
    chain = verdict.chain
    if chain is not None and intake.record_id is not None:
        chain = [*chain[:-1], [*chain[-1][:2], intake.record_id, chain[-1][3]]]
    run = NewRun(
        workflow_id=version.workflow_id, version_id=version.id, node=version.plan.first,
        started_by="webhook", module_id=module.id if module else None, record_id=intake.record_id,
        data=intake.data, depth=verdict.depth, chain=chain, error=error,
        concurrency=version.plan.document.settings.concurrency,
    )  # fmt: skip
    born = await insert_reserved(intake.db, intake.run_id, run)
    await intake.db.execute("NOTIFY whereupon_runs")
    return born


async def _objection(intake: Intake) -> dict[str, Any] | None:
    """Why no run begins on the record: its filter, or its only time (rule 9)."""
    if not await _met(intake):
        return NOT_MET
    if intake.version.plan.document.settings.recurrence == "first_time" and intake.record_id is not None:
        claimed = await intake.db.fetch(CLAIM, intake.version.workflow_id, [intake.record_id])
        return None if claimed else HAD_ITS_TIME
    return None


async def _met(intake: Intake) -> bool:
    """Whether the filter lets it in, with what arrived and the record as it is now."""
    start, module = intake.version.plan.start, intake.module
    if start is None or start.filter is None:
        return True
    source, values = "(SELECT $1::jsonb AS data) r", list[Any]([intake.data])
    if module is not None:
        source += f" JOIN {module.sql} n ON n.{quote(module.key_column)} = $2::text::{module.key_type}"
        values.append(intake.record_id)
    sql = filter_sql(intake.version, "r.data")
    return bool(await intake.db.fetchval(f"SELECT coalesce(({sql}), false) FROM {source}", *values))


async def _keep(intake: Intake, run: NewRun | None) -> Mapping[str, Any]:
    """Note the delivery with its answer, in the transaction of its effects."""
    module, arrival = intake.module, intake.arrival
    record = (
        {"module": module.key, "id": intake.record_id, "created": intake.wrote == "created"}
        if module and intake.record_id is not None
        else None
    )
    status = "skipped" if run is None or run.status == "cancelled" else run.status
    answer: dict[str, Any] = {"run": intake.run_id if run else None, "status": status, "record": record}
    kept = arrival.payload if run is None and len(arrival.raw) <= KEPT_BYTES else None
    await intake.db.execute(
        KEEP, arrival.hook.workflow_id, 202, arrival.id, arrival.fingerprint, answer["run"],
        module.id if module else None, intake.record_id, answer, kept,
    )  # fmt: skip
    return answer
