"""A scenario of a pack, played as a user's day: who does what, and what must have come of it.

A pack's story.py lists its scenarios. Each plays through the functions that people's and programs' own
work goes through, and checks what is in the database afterwards; `whereupon demo` and the tests run the same.
"""

from __future__ import annotations

import io
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import asyncpg
import orjson

from whereupon.db.pool import Connection, Database, set_context
from whereupon.modules.catalog import Field, Module, load_catalog
from whereupon.outbox.secrets import Key
from whereupon.packs.contents import pack_keys
from whereupon.packs.loading import Loaded, user_id
from whereupon.packs.why import Why, why, why_not
from whereupon.people.rights import Rights, load_rights
from whereupon.records.documents import Document, add_document, attach_document, store_upload
from whereupon.records.files import FileStore
from whereupon.records.filing import add_version
from whereupon.records.read import Record, read_record
from whereupon.records.write import Writer, create_record, update_record
from whereupon.runs.arrivals import find_hook, read_arrival
from whereupon.runs.bulk.deeds import rerun, run_on_all
from whereupon.runs.bulk.telling import get_bulk_run
from whereupon.runs.by_hand import start_by_hand
from whereupon.runs.definitions import load_definitions
from whereupon.runs.hooks import make_address
from whereupon.runs.intake import take_in
from whereupon.settings import Settings
from whereupon.workers.reminder import Reminder

DOMAIN = "@harbour.example"

# What came of a workflow since a run id: its runs with what they made.
RUNS = """
SELECT r.id, r.record_id, r.status, r.change_id, r.error, r.started_by FROM whereupon.runs r
JOIN whereupon.workflows w ON w.id = r.workflow_id WHERE w.key = $1 AND r.id > $2 ORDER BY r.id
"""
MESSAGES = """
SELECT m.id, m.run_id, m.channel, m.recipient, m.status, m.rendered FROM whereupon.messages m
WHERE m.run_id = ANY($1) ORDER BY m.id
"""
TASKS = """
SELECT t.run_id, t.record_id, t.title, t.due_at, t.status, u.email AS assignee FROM whereupon.tasks t
LEFT JOIN whereupon.users u ON u.id = t.assignee_user_id WHERE t.run_id = ANY($1) ORDER BY t.id
"""
NOTIFICATIONS = """
SELECT n.run_id, n.record_id, n.title, n.body, u.email AS "to" FROM whereupon.notifications n
JOIN whereupon.users u ON u.id = n.user_id WHERE n.run_id = ANY($1) ORDER BY n.id
"""
# What was written to records.
WRITES = """
SELECT s.run_id, s.block, s.output, coalesce(m.label, own.label) AS module FROM whereupon.step_runs s
JOIN whereupon.runs r ON r.id = s.run_id LEFT JOIN whereupon.modules own ON own.id = r.module_id
LEFT JOIN whereupon.modules m ON m.key = s.output->>'module'
WHERE s.run_id = ANY($1) AND s.block IN ('create_record', 'update_record', 'ai_prompt')
ORDER BY s.run_id, s.seq
"""
MADE = (MESSAGES, TASKS, NOTIFICATIONS, WRITES)
LAST_RUN = "SELECT coalesce(max(id), 0) FROM whereupon.runs"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One promise of a pack: its number, what it is called, the workflows that keep it, and its story.

    `needs`: the library of an extra, without which it is not played.
    """

    number: int
    name: str
    workflows: tuple[str, ...]
    play: Callable[[Day], Awaitable[None]]
    needs: str | None = None

    @property
    def playable(self) -> bool:
        """Whether what it needs is installed."""
        return self.needs is None or find_spec(self.needs) is not None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scenario's workflows made since it began."""

    runs: list[Any]
    messages: list[Any]
    tasks: list[Any]
    notifications: list[Any]
    writes: list[Any]


@dataclass(slots=True)
class Day:
    """One playing of a scenario: acts as people and programs, notes what they did, checks what came of it."""

    database: Database
    loaded: Loaded
    administrator: Rights
    settle: Callable[[], Awaitable[None]]
    scenario: Scenario
    settings: Settings
    since: int = 0
    events: list[str] = field(default_factory=list[str])
    problems: list[str] = field(default_factory=list[str])
    whys: list[Why] = field(default_factory=list[Why])
    fails: set[str] = field(default_factory=set[str])  # records whose runs are to fail: the story wants it
    addresses: dict[str, str] = field(default_factory=dict[str, str])

    # Who acts ------------------------------------------------------------------------------------

    async def create(self, who: str, module: str, values: Mapping[str, Any]) -> Record:
        """A person creates a record. `who` is the address before the @."""
        async with self.database.connection() as db:
            catalog = await load_catalog(db)
            writer, name = await self.acting(db, who)
            record = await create_record(db, catalog, module, dict(values), writer)
            self.events.append(f"{name} creates {titled(catalog.module(module), record)}")
            return record

    async def change(self, who: str, module: str, record_id: str, values: Mapping[str, Any]) -> Record:
        """A person changes a record."""
        async with self.database.connection() as db:
            catalog = await load_catalog(db)
            writer, name = await self.acting(db, who)
            record = await update_record(db, catalog, module, record_id, dict(values), writer)
            what = catalog.module(module)
            changed = " and ".join(
                f"{f.label} to “{worded(f, v)}”" for k, v in values.items() if (f := what.field(k))
            )
            self.events.append(f"{name} sets {changed} in {titled(what, record)}")
            return record

    async def upload(
        self, who: str, module: str, record_id: str, name: str, content: bytes, *, type: str | None = None
    ) -> Document:
        """A person uploads a file to a record, and may say what it is."""
        upload = await store_upload(FileStore.of(self.settings), io.BytesIO(content), name)
        async with self.database.transaction() as db:
            catalog = await load_catalog(db)
            writer, person = await self.acting(db, who)
            await set_context(db, actor=writer.rights.user_id, origin="ui")
            made = await add_document(db, upload, writer.rights)
            found = await attach_document(db, catalog, made.id, module, record_id, writer.rights, type=type)
            self.events.append(
                f"{person} uploads {upload.name} to {catalog.module(module).label} {record_id}"
            )
            return found

    async def replace(self, who: str, document: Document, content: bytes) -> None:
        """A person uploads a newer version of a document."""
        upload = await store_upload(FileStore.of(self.settings), io.BytesIO(content), document.name)
        async with self.database.transaction() as db:
            writer, person = await self.acting(db, who)
            await set_context(db, actor=writer.rights.user_id, origin="ui")
            made = await add_version(db, await load_catalog(db), document.id, upload, writer.rights)
            self.events.append(f"{person} uploads a newer version of {made.name}")

    async def acting(self, db: Connection, who: str) -> tuple[Writer, str]:
        """The person's writer, with their own rights, and their name."""
        rights = await load_rights(db, await user_id(db, who + DOMAIN))
        name: str = await db.fetchval("SELECT name FROM whereupon.users WHERE id = $1", rights.user_id)
        return Writer(rights, origin="ui"), name

    async def program(self, does: str, sql: str, *values: Any) -> Any:
        """Another program, which knows nothing of us, writes by plain SQL; gives what it returns."""
        connection = await asyncpg.connect(self.database.url)
        try:
            self.events.append(does)
            return await connection.fetchval(sql, *values)
        finally:
            await connection.close()

    async def send(
        self, workflow: str, does: str, body: Mapping[str, Any], *, delivery: str | None = None
    ) -> Mapping[str, Any]:
        """Another program sends data to the workflow's address; what it is answered. Raises Invalid.

        `delivery`: the sender's id of it.
        """
        self.events.append(does)
        raw = orjson.dumps(body)
        async with self.database.transaction() as db:
            if workflow not in self.addresses:
                self.addresses[workflow], _ = await make_address(db, self.administrator, workflow)
            hook = await find_hook(db, self.addresses[workflow])
            sent = {"webhook-id": delivery} if delivery else {}
            arrival = read_arrival(hook, raw, orjson.loads(raw), sent)
            return await take_in(db, await load_catalog(db), Key(os.urandom(32)), arrival)

    async def start(self, workflow: str, does: str, records: Sequence[str] | None = None) -> None:
        """A person runs a workflow now, on these records, or on all that meet its filter."""
        async with self.database.transaction() as db:
            await start_by_hand(db, self.administrator, workflow, records)
        self.events.append(does)

    async def on_all(self, workflow: str, does: str) -> int:
        """Run a workflow on every record that meets its filter, as its schedule does; the bulk run's id."""
        self.events.append(does)
        async with self.database.transaction() as db:
            return await run_on_all(db, self.administrator, workflow)

    async def on_failed(self, bulk_run: int, does: str) -> int:
        """A person runs a bulk run again on the records that failed; the new one's id."""
        self.events.append(does)
        async with self.database.transaction() as db:
            return await rerun(db, self.administrator, bulk_run, "failed")

    async def bulk_run(self, bulk_run: int) -> dict[str, Any]:
        """What became of a bulk run, with why records failed."""
        async with self.database.connection() as db:
            return await get_bulk_run(db, self.administrator, bulk_run)

    async def dates(self, does: str, sql: str, *values: Any) -> None:
        """Time goes by: a record's date comes nearer, and what falls due by it starts."""
        await self.program(does, sql, *values)
        await self.quiet()
        reminder = Reminder(self.database, load_definitions)
        while await reminder.tick() == 0.0:
            pass
        await self.quiet()

    async def user(self, who: str) -> int:
        """A person's id."""
        async with self.database.connection() as db:
            return await user_id(db, who + DOMAIN)

    async def quiet(self) -> None:
        """Wait until everything that follows from what was done is done."""
        await self.settle()

    # What came of it -----------------------------------------------------------------------------

    async def read(self, module: str, record_id: str) -> dict[str, Any]:
        """A record as the administrator sees it."""
        async with self.database.connection() as db:
            found = await read_record(db, await load_catalog(db), module, record_id, self.administrator)
            return found.values

    async def value(self, sql: str, *values: Any) -> Any:
        """One value from the database."""
        async with self.database.connection() as db:
            return await db.fetchval(sql, *values)

    async def outcome(self, *workflows: str, record_id: str | None = None) -> Outcome:
        """What these workflows (none: the scenario's) made since it began, of one record or of all."""
        async with self.database.connection() as db:
            runs = [
                row
                for key in workflows or self.scenario.workflows
                for row in await db.fetch(RUNS, key, self.since)
            ]
            runs = [run for run in runs if record_id in (None, run["record_id"])]
            ids = [run["id"] for run in runs]
            return Outcome(runs, *[list(await db.fetch(sql, ids)) for sql in MADE])

    async def why(self, workflow: str, record_id: str) -> None:
        """Tell why the workflow's last run on this record began."""
        async with self.database.connection() as db:
            self.whys.append(await why(db, workflow, record_id))

    async def why_not(self, workflow: str, record_id: str) -> Why:
        """Tell why the record's last change did not start the workflow."""
        async with self.database.connection() as db:
            found = await why_not(db, workflow, record_id)
            self.whys.append(found)
            return found

    def expect(self, what: str, found: object, wanted: object) -> None:
        """Note a problem unless what was found is what was wanted."""
        if found != wanted:
            self.problems.append(f"{what}: expected {wanted!r}, found {found!r}")

    def expect_in(self, what: str, found: object, part: str) -> None:
        """Note a problem unless the text holds the part."""
        if part not in str(found):
            self.problems.append(f"{what}: expected “{part}” in {found!r}")

    def expect_runs(self, what: str, outcome: Outcome, succeeded: int) -> None:
        """So many runs, all of them succeeded."""
        self.expect(what, [run["status"] for run in outcome.runs], ["succeeded"] * succeeded)

    def expect_mails(self, what: str, outcome: Outcome, *recipients: str) -> None:
        """Exactly these mails, all sent."""
        found = [(message["recipient"], message["status"]) for message in outcome.messages]
        self.expect(what, found, [(recipient, "sent") for recipient in recipients])


def titled(module: Module, record: Record) -> str:
    """A record as people call it: “Case CASE-0001”."""
    title = record.values.get(module.title_field or "")
    return f"{module.label} {title or record.id}"


def worded(field: Field, value: object) -> str:
    """A value as the form shows it: a choice by its label."""
    choices: list[dict[str, str]] = field.options.get("choices") or []
    labels = {choice["key"]: choice["label"] for choice in choices}
    return labels.get(str(value), str(value))


@dataclass(frozen=True, slots=True)
class Result:
    """What a scenario came to."""

    scenario: Scenario
    events: list[str]
    outcome: Outcome
    whys: list[Why]
    problems: list[str]

    @property
    def passed(self) -> bool:
        return not self.problems

    @property
    def runs(self) -> dict[str, int]:
        """How many runs have each status."""
        statuses = [run["status"] for run in self.outcome.runs]
        return {status: statuses.count(status) for status in dict.fromkeys(statuses)}

    def as_json(self) -> dict[str, Any]:
        """For `whereupon demo --json`."""
        return {
            "number": self.scenario.number,
            "name": self.scenario.name,
            "events": len(self.events),
            "runs": self.runs,
            "messages": len(self.outcome.messages),
            "tasks": len(self.outcome.tasks),
            "notifications": len(self.outcome.notifications),
            "passed": self.passed,
            "problems": self.problems,
            "story": self.events,
            "why": [found.sentence for found in self.whys],
        }


async def play(
    database: Database,
    loaded: Loaded,
    administrator: Rights,
    settle: Callable[[], Awaitable[None]],
    scenario: Scenario,
    settings: Settings,
) -> Result:
    """Play one scenario to its end. Whatever goes wrong is one of its problems."""
    day = Day(database, loaded, administrator, settle, scenario, settings)
    day.since = await day.value(LAST_RUN)
    try:
        await scenario.play(day)
        await day.quiet()
    except Exception as error:
        day.problems.append(f"{type(error).__name__}: {error}")
    outcome = await day.outcome()
    day.problems += [
        f"Run {run['id']} failed: {run['error']}"
        for run in outcome.runs
        if run["status"] == "failed" and run["record_id"] not in day.fails
    ]
    if not outcome.runs:
        day.problems.append("No workflow ran.")
    return Result(scenario, day.events, outcome, day.whys, day.problems)


def scenarios_of(pack: str) -> tuple[Scenario, ...]:
    """The scenarios that the pack's story tells."""
    found: tuple[Scenario, ...] = import_module(f"whereupon.packs.{pack}.story").SCENARIOS
    return found


def all_scenarios() -> list[tuple[str, Scenario]]:
    """Pack and scenario, by number: those that can be played here."""
    found = [(pack, one) for pack in pack_keys() for one in scenarios_of(pack) if one.playable]
    return sorted(found, key=lambda pair: pair[1].number)
