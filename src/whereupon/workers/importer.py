"""The importer writes files into modules, some rows at a time.

Rows, counters and position of a chunk commit together, so a worker that is killed leaves nothing half done:
whoever takes the import up goes on after the last chunk, and no row is lost or there twice.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from whereupon.db.pool import GONE, TRANSIENT, Connection, Database
from whereupon.errors import Problem, Refused, Unavailable, WhereuponError
from whereupon.people.rights import load_rights
from whereupon.records.documents import load
from whereupon.records.files import FileStore
from whereupon.records.import_matching import References
from whereupon.records.importing import MOST_EXAMPLES, Importing, Item, Order, Outcome, Seen
from whereupon.records.imports import CHANNEL, ImportColumn
from whereupon.records.sheets import Row, Sheet, open_sheet, shown
from whereupon.records.write import Writer
from whereupon.runs.definitions import Definitions, organisation_time_zone
from whereupon.runs.match import follow_quietly
from whereupon.runs.would_start import last_change, would_start
from whereupon.settings import Settings
from whereupon.workers.loop import Wake, keep_going

log = structlog.get_logger()
CHUNK = 500
POLL_SECONDS = 5.0
LOCK = 0x57484950  # "WHIP": who works on an import, with the import's id beside it
MOST_KEPT = 50_000  # rows of one import whose problems are kept
TRIES = 5

OPEN = "SELECT id FROM whereupon.imports WHERE ended_at IS NULL ORDER BY id LIMIT 100"
# An advisory lock of the session: it goes with the process, however that ends.
TAKE = "SELECT pg_try_advisory_lock($1::integer, ($2::bigint & 2147483647)::integer)"
GIVE_BACK = "SELECT pg_advisory_unlock($1::integer, ($2::bigint & 2147483647)::integer)"
BEGIN = """
UPDATE whereupon.imports SET status = 'running', started_at = coalesce(started_at, clock_timestamp())
WHERE id = $1 AND ended_at IS NULL RETURNING *
"""
# A dry run keeps nothing between chunks that another process could go on from: it begins anew.
BEGIN_ANEW = """
UPDATE whereupon.imports SET done = 0, created = 0, updated = 0, skipped = 0, failed = 0, examples = '[]',
  runs = '{}' WHERE id = $1 AND dry_run
"""
FORGET_PROBLEMS = "DELETE FROM whereupon.import_problems WHERE import_id = $1"
SET_TOTAL = "UPDATE whereupon.imports SET total = $2, header = $3 WHERE id = $1"
HERE = "SELECT done FROM whereupon.imports WHERE id = $1 AND ended_at IS NULL FOR UPDATE"
STEP = """
UPDATE whereupon.imports SET done = done + $2, created = created + $3, updated = updated + $4,
  skipped = skipped + $5, failed = failed + $6, examples = $7, runs = $8
WHERE id = $1
"""
KEEP_PROBLEMS = """
INSERT INTO whereupon.import_problems (import_id, row_number, cells, problems)
SELECT $1, p.row_number, p.cells, p.problems
FROM jsonb_to_recordset($2) AS p(row_number integer, cells jsonb, problems jsonb)
WHERE (SELECT count(*) FROM whereupon.import_problems WHERE import_id = $1) < $3
ON CONFLICT DO NOTHING
"""
END = """
UPDATE whereupon.imports SET ended_at = clock_timestamp(), error = $2,
  status = CASE WHEN $2::jsonb IS NOT NULL THEN 'failed' WHEN failed = 0 THEN 'succeeded'
                WHEN created + updated + skipped = 0 THEN 'failed' ELSE 'partial' END
WHERE id = $1 AND ended_at IS NULL
"""
TELL = "SELECT pg_notify($1, $2)"


class Over(Exception):
    """Somebody ended the import, or goes on with it elsewhere."""


@dataclass(slots=True)
class Work:
    """One import in hand: what was ordered, and what is remembered between chunks."""

    id: int
    user_id: int
    module_id: int
    fires: bool
    order: Order
    done: int
    examples: list[Any]
    runs: Counter[str]
    seen: Seen = field(default_factory=Seen)
    references: References | None = None


class Importer:
    """One per worker process; any number share the imports, each import is one's at a time."""

    def __init__(
        self,
        database: Database,
        definitions: Callable[[Connection], Awaitable[Definitions]],
        settings: Settings,
        *,
        wake: Wake | None = None,
        chunk: int = CHUNK,
    ) -> None:
        self.database = database
        self.definitions = definitions
        self.store = FileStore.of(settings)
        self.wake = wake or Wake()
        self.chunk = chunk
        self.stopping = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Do what is ordered until `stop`."""
        self.stopping = stop
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep_going("imports", self.step, self.wake, stop))
            await stop.wait()
            self.wake.ring()

    async def step(self) -> float:
        """Every import that waits and that nobody has. Answers how long to sleep."""
        async with self.database.connection() as db:
            for row in await db.fetch(OPEN):
                if self.stopping.is_set():
                    break
                if await db.fetchval(TAKE, LOCK, row["id"]):
                    try:
                        await self.work(db, row["id"])
                    finally:
                        if not db.is_closed():
                            await db.execute(GIVE_BACK, LOCK, row["id"])
        return POLL_SECONDS

    async def work(self, db: Connection, import_id: int) -> None:
        """One import, from where it stands to its end, or until this process is to stop."""
        try:
            await self.do(db, import_id)
        except Over:
            log.info("import ended early", id=import_id)
        except (*TRANSIENT, *GONE, Unavailable):
            raise
        except WhereuponError as error:
            await self.end(db, import_id, as_error(error))
        except Exception as error:
            log.error("import failed", id=import_id, exc_info=error)
            told = "Something went wrong inside Whereupon; it was written to the log."
            await self.end(db, import_id, {"code": "defect", "message": told})

    async def do(self, db: Connection, import_id: int) -> None:
        await db.execute(BEGIN_ANEW, import_id)
        row: Any = await db.fetchrow(BEGIN, import_id)
        if row is None:
            raise Over
        if row["done"] == 0:
            await db.execute(FORGET_PROBLEMS, import_id)
        with closing(await self.open(db, row)) as sheet:
            await self.read_on(db, row, sheet)

    async def read_on(self, db: Connection, row: Any, sheet: Sheet) -> None:
        """Chunk by chunk, to the end of the file or until this process is to stop."""
        import_id: int = row["id"]
        if row["total"] is None or row["done"] == 0:
            total = await asyncio.to_thread(lambda: sum(1 for _ in sheet.rows()))
            await db.execute(SET_TOTAL, import_id, total, await asyncio.to_thread(sheet.header))
            await db.execute(TELL, CHANNEL, str(import_id))
        work = await self.work_of(db, row, sheet)
        rows = sheet.rows(after=work.done)
        while not self.stopping.is_set():
            some = await asyncio.to_thread(take, rows, self.chunk)
            if not some:
                await self.end(db, import_id, None)
                break
            await self.patiently(lambda some=some: self.take_chunk(db, work, some))

    async def open(self, db: Connection, row: Any) -> Sheet:
        """The file, read as was ordered. Raises Invalid, FileMissing."""
        [document] = await load(db, [row["document_id"]])
        options: Mapping[str, Any] = row["options"]
        self.store.open(document.stored, document.name).close()
        return await asyncio.to_thread(
            open_sheet,
            self.store.path(document.sha256),
            sheet=options.get("sheet"),
            encoding=options.get("encoding"),
            delimiter=options.get("delimiter"),
            header_row=options.get("header_row", 1),
        )

    async def work_of(self, db: Connection, row: Any, sheet: Sheet) -> Work:
        options: Mapping[str, Any] = row["options"]
        order = Order(
            mapping=tuple(ImportColumn.model_validate(column) for column in row["mapping"]),
            key=tuple(options.get("key", ())),
            on_existing=options.get("on_existing", "update"),
            clears=options.get("empty_cells") == "clear",
            zone=ZoneInfo(options.get("time_zone") or await organisation_time_zone(db)),
            header=tuple(await asyncio.to_thread(sheet.header)),
            dry_run=row["dry_run"],
        )
        return Work(
            row["id"], row["user_id"], row["module_id"], row["fires"], order, row["done"],
            list(row["examples"]), Counter(row["runs"]),
        )  # fmt: skip

    async def patiently(self, attempt: Callable[[], Awaitable[None]]) -> None:
        """Again, when only a passing obstacle was in the way."""
        for tried in range(1, TRIES + 1):
            try:
                return await attempt()
            except TRANSIENT:
                if tried == TRIES:
                    raise
                await asyncio.sleep(0.02 * 2**tried)
        return None

    async def take_chunk(self, db: Connection, work: Work, rows: list[Row]) -> None:
        """Rows, counters and position in one transaction; of a dry run, only the latter two stay."""
        if work.order.dry_run:
            outcome, starts = await self.try_rows(db, work, rows)
            async with db.transaction():
                await self.stand_at(db, work)
                step = await self.note(db, work, len(rows), outcome, starts)
        else:
            async with db.transaction():
                definitions = await self.definitions(db)
                await self.stand_at(db, work)
                before = await last_change(db)
                outcome = await (await self.importing(db, work, definitions)).take(rows)
                if not work.fires:
                    await follow_quietly(db, definitions, work.module_id, before)
                step = await self.note(db, work, len(rows), outcome, Counter())
        work.done += len(rows)
        work.examples, work.runs = step

    async def stand_at(self, db: Connection, work: Work) -> None:
        """Hold the import's row. Raises Over when it was cancelled, or is further than we know."""
        if await db.fetchval(HERE, work.id) != work.done:
            raise Over

    async def importing(self, db: Connection, work: Work, definitions: Definitions) -> Importing:
        """As the user who ordered it, with the rights of now. Raises Refused."""
        rights = await load_rights(db, work.user_id)
        module = definitions.catalog.by_id.get(work.module_id)
        if module is None:
            raise Refused("The module is gone.")
        if work.references is None or work.references.rights != rights:
            work.references = References(rights)
        trial = work.order.dry_run
        fires = work.fires and not trial
        writer = Writer(rights, origin="import", match=fires, quiet=not fires, trial=trial)
        return Importing(db, definitions.catalog, module, writer, work.order, work.references, work.seen)

    async def try_rows(self, db: Connection, work: Work, rows: list[Row]) -> tuple[Outcome, Counter[int]]:
        """Write rows, see what would start, and take all of it back."""
        transaction = db.transaction(isolation="repeatable_read")
        await transaction.start()
        try:
            definitions = await self.definitions(db)
            before = await last_change(db)
            importing = await self.importing(db, work, definitions)
            outcome = await importing.take(rows)
            starts = await would_start(db, definitions, before) if work.fires else Counter[int]()
        finally:
            if not db.is_closed():
                await transaction.rollback()
        work.seen.add(importing.made)
        return outcome, starts

    async def note(
        self, db: Connection, work: Work, count: int, outcome: Outcome, starts: Counter[int]
    ) -> tuple[list[Any], Counter[str]]:
        """Write counters, position and problems of a chunk; gives examples and runs so far."""
        examples = [*work.examples, *outcome.examples][:MOST_EXAMPLES]
        runs = work.runs + Counter({str(workflow): runs for workflow, runs in starts.items()})
        await db.execute(
            STEP, work.id, count, len(outcome.created), len(outcome.updated), len(outcome.skipped),
            len(outcome.failed), examples, dict(runs),
        )  # fmt: skip
        if outcome.failed:
            kept = [as_kept(item) for item in outcome.failed]
            await db.execute(KEEP_PROBLEMS, work.id, kept, MOST_KEPT)
        await db.execute(TELL, CHANNEL, str(work.id))
        return examples, runs

    async def end(self, db: Connection, import_id: int, error: Mapping[str, Any] | None) -> None:
        await db.execute(END, import_id, error)
        await db.execute(TELL, CHANNEL, str(import_id))


def take(rows: Iterator[Row], most: int) -> list[Row]:
    """The next rows of a file."""
    return list(islice(rows, most))


def as_kept(item: Item) -> dict[str, Any]:
    """A row that was not written, for the report."""
    cells = [shown(cell) for cell in item.cells]
    return {"row_number": item.number, "cells": cells, "problems": item.problems}


def as_error(error: WhereuponError) -> dict[str, Any]:
    """Why an import ended, as JSON."""
    first: Problem | None = error.problems[0] if error.problems else None
    message, suggestion = error.message, error.suggestion
    if first is not None:
        message, suggestion = first.message, first.suggestion
    return {"code": error.code, "message": message} | ({"suggestion": suggestion} if suggestion else {})
