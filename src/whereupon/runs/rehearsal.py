"""Test mode (F6, rule 27): a draft is run by the engine's own code, in one transaction that is rolled back.

Waits end at once, with the time at which they would have ended; messages are written and shown, and
are never there for a deliverer. What it did is gathered before the transaction is taken back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg

from whereupon.db.pool import Connection, Database
from whereupon.errors import Invalid, Problem
from whereupon.modules.catalog import Catalog, Module, load_catalog
from whereupon.outbox.rehearsing import rehearsal
from whereupon.people.rights import Rights
from whereupon.runs.advance import Advance, execute_next, set_off
from whereupon.runs.definitions import Active, Definitions, Version, load_versions, organisation_time_zone
from whereupon.runs.intake import take_in_for_test
from whereupon.runs.match import create_runs
from whereupon.runs.numbering import give_back, next_numbers
from whereupon.runs.staging import Occasion, Staged, stage
from whereupon.runs.start import NewRun, insert_runs
from whereupon.runs.travellers import Traveller, take_these
from whereupon.runs.witness import Witness, written_so_far
from whereupon.runs.write_back import write_back
from whereupon.workflows.check import Surroundings, check_workflow
from whereupon.workflows.document import parse_document

SECONDS = 15.0
MOST_WAITS = 100  # rounds of waiting that one test goes through
LIMITS = "SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '2s'"
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ToRehearse:
    """What is tested. `records`: on which records; or `form`: one that is made up for the test.

    `change`: what is changed before, where the trigger listens to updates. `anyway`: also where the
    trigger or the filter says no. `workflow`: the key of the workflow that the draft is of.
    """

    document: Mapping[str, Any]
    module: str | None
    records: Sequence[str] = ()
    form: Mapping[str, Any] | None = None
    change: Mapping[str, Any] = field(default_factory=dict[str, Any])
    anyway: bool = False
    workflow: str | None = None
    arrived: Mapping[str, Any] | None = None  # what another program would send, instead of records and form

    @property
    def made_up(self) -> bool:
        """Whether a record may be made for the test before the run begins."""
        return self.form is not None or self.arrived is not None


async def rehearse(database: Database, rights: Rights, asked: ToRehearse) -> dict[str, Any]:
    """What the draft would do, as this user. Raises Invalid, NotFound, Refused; nothing is ever kept."""
    rights.require_builder()
    try:
        async with asyncio.timeout(SECONDS), database.connection() as db:
            told = await _taken_back(db, rights, asked)
            await give_back(db, told["numbers"], told["undone"])
            still = await db.fetchval("SELECT count(*) FROM whereupon.workflows WHERE key = $1", told["key"])
    except (TimeoutError, asyncpg.QueryCanceledError):
        raise _too_long() from None
    except asyncpg.LockNotAvailableError:
        told = "Somebody else is changing one of these records just now."
        raise Invalid.of(Problem("locked", told, "", "Try again in a moment.")) from None
    proof = {"rolled_back": still == 0, "undone": told["undone"]}
    return {"records": told["records"], "others": told["others"], "proof": proof}


def _too_long() -> Invalid:
    message = f"The test took longer than {SECONDS:.0f} seconds and was stopped; nothing was changed."
    return Invalid.of(
        Problem("too_slow", message, "", "Test on fewer records, or narrow what is looked for.")
    )


async def _taken_back(db: Connection, rights: Rights, asked: ToRehearse) -> dict[str, Any]:
    """The work, inside a transaction that ends by a rollback however it goes."""
    transaction = db.transaction()
    await transaction.start()
    try:
        with rehearsal():
            await db.execute(LIMITS)
            return await _play(db, rights, asked)
    finally:
        await transaction.rollback()


async def _play(db: Connection, rights: Rights, asked: ToRehearse) -> dict[str, Any]:
    key = f"test-{uuid4()}"
    written = await written_so_far(db)
    definitions, active = await _published(db, rights, asked, key)
    witness = await Witness.here(db, active.version, rights, written)
    numbers = await next_numbers(db, _made_in(active.version, asked))
    if asked.arrived is not None:
        staged = [await _arrive(db, active, asked)]
    else:
        staged = [await stage(db, definitions, active, rights, one) for one in _occasions(asked)]
        await _start(db, definitions, staged, anyway=asked.anyway)
    runs = await _run_of_each(db, active, staged)
    await _walk(db, definitions, witness, list(runs.values()))
    records = [await witness.told(one, runs.get(index)) for index, one in enumerate(staged)]
    claimed = await _claimed(db, asked)
    for one in records:
        one["first_time_was"] = claimed.get(one["record_id"])
    return {
        "key": key,
        "records": records,
        "others": await witness.would_start(list(runs.values())),
        "undone": await witness.undone(),
        "numbers": numbers,
    }


def _occasions(asked: ToRehearse) -> list[Occasion]:
    if asked.form is not None:
        return [Occasion(None, asked.form, asked.change)]
    if asked.module is None:
        return [Occasion(None, None, {})]
    return [Occasion(key, None, asked.change) for key in dict.fromkeys(asked.records)]


# Published for as long as the test takes --------------------------------------------------------------

# Neither active nor ended: no worker could take its runs for those of a workflow that people know.
ADD_WORKFLOW = """
INSERT INTO whereupon.workflows (key, name, module_id, draft, owner_id, state)
VALUES ($1, $2, $3, $4, $5, 'draft') RETURNING id
"""
ADD_VERSION = """
INSERT INTO whereupon.versions (workflow_id, number, document, published_by) VALUES ($1, 1, $2, $3)
RETURNING id
"""


async def _published(
    db: Connection, rights: Rights, asked: ToRehearse, key: str
) -> tuple[Definitions, Active]:
    """The draft as the only workflow that there is. Raises Invalid naming every fault."""
    catalog, zone = await load_catalog(db), await organisation_time_zone(db)
    module = _module(catalog, asked.module)
    document = parse_document(asked.document)
    around = Surroundings(catalog, module, rights, zone)
    if faults := check_workflow(document, around):
        under = [problem.under("/document") for problem in faults]
        raise Invalid("The workflow cannot be tested yet.", problems=under)
    workflow_id: int = await db.fetchval(
        ADD_WORKFLOW, key, "This workflow", module.id if module else None, dict(asked.document),
        rights.user_id,
    )  # fmt: skip
    version_id: int = await db.fetchval(ADD_VERSION, workflow_id, dict(asked.document), rights.user_id)
    versions = await load_versions(db, [version_id], catalog, zone)
    version, settings = versions[version_id], document.settings
    active = Active(version, settings.priority, settings.recurrence, settings.concurrency, ALWAYS)
    names = {workflow_id: version.name}
    return Definitions(-1, catalog, zone, (active,), (), versions, names), active


def _module(catalog: Catalog, key: str | None) -> Module | None:
    if key is not None and key not in catalog.modules:
        raise Invalid.of(Problem("unknown_module", f'There is no module "{key}".', "/module"))
    return catalog.modules[key] if key is not None else None


def _made_in(version: Version, asked: ToRehearse) -> list[Module]:
    """The modules in which records may come to be."""
    names: set[str] = {version.module.key} if version.module and asked.made_up else set()
    for key, step in version.plan.steps.items():
        written = step.block.writes(step.config, version.place(key).scope)
        names |= {name for name in written if "." not in name}
    modules = version.catalog.modules
    return [modules[name] for name in sorted(names) if name in modules]


async def _arrive(db: Connection, active: Active, asked: ToRehearse) -> Staged:
    """What another program would send has come: the record that it is about, and its run."""
    try:
        found = await take_in_for_test(db, active.version, dict(asked.arrived or {}), anyway=asked.anyway)
    except Invalid as error:
        raise Invalid.of(*(problem.under("/arrived") for problem in error.problems)) from None
    happened = found.wrote or "nothing"
    return Staged(active, found.record_id, None, found.taken, True, happened, found.explained)


# Running it -------------------------------------------------------------------------------------------


async def _start(db: Connection, definitions: Definitions, staged: Sequence[Staged], *, anyway: bool) -> None:
    """Runs for those that the trigger and the filter take; with `anyway` for the others, too."""
    pairs = [one.pair for one in staged if one.pair is not None and one.taken]
    await create_runs(db, definitions, pairs)
    others = [one for one in staged if (one.pair is None or not one.taken) and (one.taken or anyway)]
    await insert_runs(db, [_plain_run(one) for one in others])


def _plain_run(one: Staged) -> NewRun:
    version = one.active.version
    start = version.plan.start
    assert start is not None
    return NewRun(
        workflow_id=version.workflow_id, version_id=version.id, node=version.plan.first,
        started_by=start.trigger.key, module_id=version.module.id if version.module else None,
        record_id=one.record_id, change_id=one.change.id if one.change else None,
        user_id=version.user_id,
    )  # fmt: skip


async def _run_of_each(db: Connection, active: Active, staged: Sequence[Staged]) -> dict[int, int]:
    """Place in the list → run id."""
    rows = await db.fetch(
        "SELECT id, record_id FROM whereupon.runs WHERE workflow_id = $1 ORDER BY id", active.workflow_id
    )
    by_record = {row["record_id"]: row["id"] for row in rows}
    return {i: by_record[one.record_id] for i, one in enumerate(staged) if one.record_id in by_record}


async def _walk(db: Connection, definitions: Definitions, witness: Witness, runs: list[int]) -> None:
    """Take the runs as far as they come, waits skipped, noting what each block did."""
    for _ in range(MOST_WAITS):
        runs = await _with_branches(db, runs)
        travellers = await take_these(db, runs)
        if not travellers:
            return
        now: datetime = await db.fetchval("SELECT clock_timestamp()")
        advance = Advance(db, definitions, True, now, rehearsal=True)
        await set_off(advance, travellers)
        while advance.standing:
            node, some = await execute_next(advance)
            await witness.note(node, some)
        await write_back(db, travellers, now)
        _note_locked(travellers)
    witness.stopped = f"The test was stopped after {MOST_WAITS} waits."


BRANCHES = """
SELECT id FROM whereupon.runs
WHERE parent_run_id = ANY($1::bigint[]) AND branch_node IS NOT NULL
  AND NOT (status = 'queued' AND ready_at IS NULL)
"""


async def _with_branches(db: Connection, runs: list[int]) -> list[int]:
    """The runs, and those that their blocks started: items of a loop, other workflows."""
    found = list(runs)
    while True:
        rows = await db.fetch(BRANCHES, found)
        new = sorted({row["id"] for row in rows} - set(found))
        if not new:
            return found
        found += new


def _note_locked(travellers: Sequence[Traveller]) -> None:
    """A record that another program holds would let the test go round for ever."""
    tries_again = [t for t in travellers if t.waiting and t.waiting.get("retry")]
    if any(not t.steps or t.steps[-1].status != "retried" for t in tries_again):
        told = "Another program holds one of these records just now."
        raise Invalid.of(Problem("locked", told, "", "Try again in a moment."))


CLAIMS = """
SELECT c.record_id, c.claimed_at FROM whereupon.claims c JOIN whereupon.workflows w ON w.id = c.workflow_id
JOIN whereupon.modules m ON m.id = w.module_id
WHERE w.key = $1 AND c.record_id = ANY($2::text[]) AND m.key = $3
"""


async def _claimed(db: Connection, asked: ToRehearse) -> dict[str, datetime]:
    """When records had their first and only time under the workflow that the draft is of (rule 9)."""
    if asked.workflow is None or not asked.records:
        return {}
    rows = await db.fetch(CLAIMS, asked.workflow, list(asked.records), asked.module)
    return {row["record_id"]: row["claimed_at"] for row in rows}
