"""`whereupon runs`: what ran, what it did, why it failed; cancelling, running again, releasing."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast

from cyclopts import App, Parameter

from whereupon.cli.output import print_json, show_facts, show_rows, stdout, tell
from whereupon.cli.reading import read_json
from whereupon.cli.session import Common, doing
from whereupon.db.pool import Connection
from whereupon.errors import Invalid, NotFound
from whereupon.modules.catalog import load_catalog
from whereupon.people.rights import Rights
from whereupon.runs import actions, again, history

app = App(name="runs", help="What ran, what it did, and why it failed.")
COMMON = Common()
Status = Literal["queued", "running", "waiting", "held", "succeeded", "partial", "failed", "cancelled"]


@app.command(name="list")
def list_(
    *,
    workflow: str | None = None,
    module: str | None = None,
    record: str | None = None,
    status: Status | None = None,
    limit: int = 50,
    common: Common = COMMON,
) -> None:
    """Runs, the newest first.

    Parameters
    ----------
    workflow
        Only of this workflow.
    module
        Only on records of this module.
    record
        Only on the record with this id.
    status
        Only those.
    limit
        At most so many.
    """

    async def work(db: Connection, rights: Rights) -> Any:
        return await history.list_runs(
            db,
            rights,
            await load_catalog(db),
            workflow=workflow,
            module=module,
            record_id=record,
            status=status,
            limit=limit,
        )

    found: list[dict[str, Any]] = [dict(row) for row in doing(common, work)]
    rows = [row | {"why": row["error"]["message"] if row["error"] else ""} for row in found]
    columns = ("id", "workflow", "module", "record_id", "status", "node", "created_at", "ended_at", "why")
    show_rows(rows, columns, as_json=common.json, empty="There are no such runs.")


@app.command
def show(run: int, *, common: Common = COMMON) -> None:
    """One run: its steps with what went in and came out, and its messages."""

    async def work(db: Connection, rights: Rights) -> Any:
        return await history.get_run(db, rights, await load_catalog(db), run)

    found = doing(common, work)
    if common.json:
        return print_json(found)
    steps, messages = found.pop("steps"), found.pop("messages")
    show_facts({name: value for name, value in found.items() if value is not None}, as_json=False)
    stdout().print()
    columns = ("seq", "node", "block", "status", "port", "started_at", "input", "output", "error")
    show_rows(steps, columns, as_json=False, empty="It has not done anything yet.")
    if messages:
        stdout().print()
        show_rows(messages, ("id", "channel", "recipient", "status", "sent_at"), as_json=False)
    return None


@app.command
def cancel(*runs: int, workflow: str | None = None, common: Common = COMMON) -> None:
    """End runs that are under way.

    Parameters
    ----------
    runs
        Their ids.
    workflow
        Instead: all of this workflow.
    """
    if bool(runs) == bool(workflow):
        raise Invalid("Say which runs.", suggestion="Name their ids, or a --workflow, but not both.")

    async def work(db: Connection, rights: Rights) -> int:
        if workflow:
            return await actions.cancel_waiting(db, rights, workflow)
        return len(await actions.cancel_runs(db, rights, runs))

    _told("cancelled", doing(common, work), len(runs) or None, common)


@app.command
def rerun(
    run: int,
    *,
    start_at: Literal["start", "failed"] = "start",
    from_: Annotated[str | None, Parameter(name="--from")] = None,
    fixed: Annotated[bool, Parameter(negative="")] = False,
    common: Common = COMMON,
) -> None:
    """Run again: what its blocks send, call and write is sent, called and written once more.

    Parameters
    ----------
    start_at
        From the start, or from the block that failed.
    from_
        From this block, by its key, with what the blocks before it gave. `whereupon runs show` lists them.
    fixed
        What had to be put right first is put right.
    """
    if from_ is not None and start_at == "failed":
        raise Invalid("--from says already where it begins.", suggestion="Leave --start-at out.")

    async def work(db: Connection, rights: Rights) -> int:
        if from_ is not None:
            return await again.rerun_from(db, rights, run, from_, fixed=fixed)
        return await actions.rerun(db, rights, run, start_at, fixed=fixed)

    new = doing(common, work)
    where = f", from {from_}" if from_ else ""
    tell({"run": new}, f"Run {new} is queued{where}.", as_json=common.json)


@app.command
def release(*runs: int, common: Common = COMMON) -> None:
    """Let held runs go on."""
    if not runs:
        raise Invalid("Say which runs.", suggestion="`whereupon runs list --status held` shows them.")

    async def work(db: Connection, rights: Rights) -> int:
        return len(await actions.release_runs(db, rights, runs))

    _told("released", doing(common, work), len(runs), common)


@app.command
def signal(run: int, name: str, *, values: str = "{}", common: Common = COMMON) -> None:
    """Tell a waiting run something.

    Parameters
    ----------
    run
        Its id.
    name
        The signal that its block waits for.
    values
        What it brings along for later blocks, as a JSON object.
    """
    payload = read_json(values, "What --values says")
    if not isinstance(payload, dict):
        raise Invalid("Values are a JSON object.", suggestion='An example: {"reason": "paid"}')

    async def work(db: Connection, rights: Rights) -> bool:
        rights.require_builder()
        await history.get_run(db, rights, await load_catalog(db), run)
        return await actions.signal(db, run, name, cast(dict[str, Any], payload), by=rights.user_id)

    waiting = doing(common, work)
    said = f"Run {run} was told." if waiting else f"Run {run} is not waiting."
    tell({"waiting": waiting}, said, as_json=common.json)


def _told(deed: str, done: int, asked: int | None, common: Common) -> None:
    if asked and not done:
        raise NotFound(f"None of these runs could be {deed}.", suggestion="Are they over already?")
    tell({deed: done}, f"{done} {deed}.", as_json=common.json)
