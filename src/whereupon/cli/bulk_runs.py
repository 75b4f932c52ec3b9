"""`whereupon bulk-runs`: one occasion, many records; how far they are, why records failed, what to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from cyclopts import App

from whereupon.cli.output import print_json, show_facts, show_rows, stdout, tell
from whereupon.cli.session import Common, doing
from whereupon.db.pool import Connection
from whereupon.modules.catalog import load_catalog
from whereupon.people.rights import Rights
from whereupon.runs.bulk import deeds, telling
from whereupon.runs.bulk.telling import Outcome, Status

app = App(name="bulk-runs", help="Workflows that go over many records: how far they are, and what failed.")
COMMON = Common()
COLUMNS = (
    "id", "workflow", "started_by", "status", "matched", "processed", "changed", "skipped", "failed",
    "still_matching", "created_at", "ended_at",
)  # fmt: skip
Deed = Callable[[Connection, Rights, int], Awaitable[None]]


@app.command(name="list")
def list_(
    *, workflow: str | None = None, status: Status | None = None, limit: int = 50, common: Common = COMMON
) -> None:
    """Bulk runs, the newest first.

    Parameters
    ----------
    workflow
        Only of this workflow.
    status
        Only those.
    limit
        At most so many.
    """

    async def work(db: Connection, rights: Rights) -> Any:
        return await telling.list_bulk_runs(db, rights, workflow=workflow, status=status, limit=limit)

    found: list[dict[str, Any]] = doing(common, work)
    rows = found if common.json else [row | {"workflow": name_of(row["workflow"])} for row in found]
    show_rows(rows, COLUMNS, as_json=common.json, empty="There are no such bulk runs.")


def name_of(thing: dict[str, Any] | None) -> str:
    """A workflow's or module's key; empty for none."""
    return thing["key"] if thing else ""


@app.command
def show(bulk_run: int, *, outcome: Outcome = "failed", limit: int = 20, common: Common = COMMON) -> None:
    """One bulk run: how far it is, why records failed, and which ones.

    Parameters
    ----------
    outcome
        Which records are listed.
    limit
        At most so many of them.
    """

    async def work(db: Connection, rights: Rights) -> Any:
        found = await telling.get_bulk_run(db, rights, bulk_run)
        catalog = await load_catalog(db)
        records = telling.list_records(db, rights, catalog, bulk_run, outcome=outcome, limit=limit)
        return found | {"records": await records}

    found = doing(common, work)
    if common.json:
        return print_json(found)
    causes, records = found.pop("causes"), found.pop("records")
    found |= {"workflow": name_of(found["workflow"]), "module": name_of(found["module"])}
    show_facts(
        {name: value for name, value in found.items() if value is not None and name != "edges"},
        as_json=False,
    )
    if causes:
        stdout().print()
        show_rows(causes, ("count", "code", "message", "suggestion", "fix_first"), as_json=False)
    if records:
        stdout().print()
        rows = [row_of(one) for one in records]
        show_rows(rows, ("nr", "record", "outcome", "run", "why"), as_json=False)
    return None


def row_of(member: dict[str, Any]) -> dict[str, Any]:
    """What became of a record, in one line."""
    record, error = member["record"], member["error"]
    return {
        "nr": member["nr"], "record": record["id"] if record else "", "outcome": member["outcome"],
        "run": member["run_id"], "why": error["message"] if error else "",
    }  # fmt: skip


@app.command
def pause(bulk_run: int, *, common: Common = COMMON) -> None:
    """Begin no more records for now."""
    _do(deeds.pause, bulk_run, common)


@app.command
def resume(bulk_run: int, *, common: Common = COMMON) -> None:
    """Go on where it was paused."""
    _do(deeds.resume, bulk_run, common)


@app.command
def cancel(bulk_run: int, *, common: Common = COMMON) -> None:
    """End it, with its runs that are not over. What was done stays."""
    _do(deeds.cancel, bulk_run, common)


def _do(deed: Deed, bulk_run: int, common: Common) -> None:
    async def work(db: Connection, rights: Rights) -> Any:
        await deed(db, rights, bulk_run)
        return await telling.get_bulk_run(db, rights, bulk_run)

    found = doing(common, work)
    tell(found, f"Bulk run {bulk_run} is {found['status']}.", as_json=common.json)


@app.command
def rerun(
    bulk_run: int,
    *,
    which: Literal["all", "failed", "remaining"] = "failed",
    fixed: bool = False,
    common: Common = COMMON,
) -> None:
    """Run again.

    Parameters
    ----------
    which
        All that meet the filter now, those that failed, or those that were not done.
    fixed
        What had to be put right first is put right.
    """

    async def work(db: Connection, rights: Rights) -> int:
        return await deeds.rerun(db, rights, bulk_run, which, fixed=fixed)

    new = doing(common, work)
    tell({"bulk_run": new}, f"Bulk run {new} is ordered.", as_json=common.json)
