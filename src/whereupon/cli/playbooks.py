"""`whereupon playbooks`: what they are, starting them, how far they are, and what people do about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from cyclopts import App

from whereupon.cli.output import print_json, show_facts, show_rows, stdout, tell
from whereupon.cli.reading import read_json_file
from whereupon.cli.session import Common, doing
from whereupon.db.pool import Connection
from whereupon.modules.catalog import Catalog, load_catalog
from whereupon.modules.definitions import read_definition
from whereupon.people.questions import Decision
from whereupon.people.rights import Rights
from whereupon.playbooks import steering, store, tracks
from whereupon.playbooks.steering import Because, CalledOff, HandedOn, Reopened, StepDone
from whereupon.playbooks.store import NewPlaybook, PlaybookChange
from whereupon.runs.playbooks import ToStart
from whereupon.runs.playbooks import start_playbook as start_on

app = App(name="playbooks", help="Phases of steps that people do on a record.")
COMMON = Common()
Status = Literal["queued", "running", "completed", "exited", "cancelled", "failed"]


@app.command(name="list")
def list_(*, module: str | None = None, common: Common = COMMON) -> None:
    """All playbooks.

    Parameters
    ----------
    module
        Only those that are started on records of this module.
    """

    async def work(db: Connection, rights: Rights) -> Any:
        return await store.list_playbooks(db, rights, module=module, limit=500)

    columns = ("key", "name", "module", "state", "active_version", "under_way")
    show_rows(doing(common, work), columns, as_json=common.json, empty="There are no playbooks yet.")


@app.command
def show(key: str, *, common: Common = COMMON) -> None:
    """One playbook, with its phases and steps."""

    async def work(db: Connection, rights: Rights) -> Any:
        return await store.get_playbook(db, rights, key)

    found = doing(common, work)
    if common.json:
        return print_json(found)
    phases = store.sketch(found.pop("definition"))
    show_facts(found, as_json=False)
    stdout().print()
    rows = [{"phase": phase["name"], **step} for phase in phases for step in phase["steps"]]
    return show_rows(rows, ("phase", "key", "type", "name"), as_json=False)


@app.command
def check(key: str, *, common: Common = COMMON) -> int:
    """What stands against publishing it; exit code 2 when something does."""

    async def work(db: Connection, rights: Rights) -> Any:
        return await store.problems_of(db, rights, key)

    faults = [problem.as_json() | {"suggestion": problem.suggestion} for problem in doing(common, work)]
    show_rows(faults, ("path", "message", "suggestion"), as_json=common.json, empty="It can be published.")
    return 2 if faults else 0


@app.command
def draw(
    file: Path, *, key: str | None = None, name: str | None = None, module: str | None = None,
    common: Common = COMMON,
) -> None:  # fmt: skip
    """Make a playbook, or change one, from a JSON file that holds its definition.

    Parameters
    ----------
    file
        {"phases": [...], ...}, as `whereupon playbooks show --json` has it under "definition".
    key
        The playbook that is to change; none: a new one is made.
    name
        What it is called; needed for a new one.
    module
        For a new one: whose records it is started on.
    """
    definition = read_json_file(file)

    async def work(db: Connection, rights: Rights) -> Any:
        if key is not None:
            change = read_definition(PlaybookChange, {"name": name, "definition": definition})
            return await store.change_playbook(db, rights, key, change)
        new = {"name": name or file.stem, "module": module or "", "definition": definition}
        return await store.create_playbook(db, rights, read_definition(NewPlaybook, new))

    found = doing(common, work)
    tell(found, f"{found['name']} is saved. Publish it: whereupon playbooks publish {found['key']}",
         as_json=common.json)  # fmt: skip


@app.command
def publish(key: str, *, note: str = "", common: Common = COMMON) -> None:
    """Start it as it is drawn from now on; it acts with the rights of the user who publishes it.

    Parameters
    ----------
    note
        What has changed, for those who read the list of versions.
    """

    async def work(db: Connection, rights: Rights) -> Any:
        return await store.publish_playbook(db, rights, key, note=note)

    found = doing(common, work)
    tell(found, f"{found['name']}: version {found['active_version']} is active.", as_json=common.json)


@app.command
def start(
    key: str, *records: str, account: str | None = None, reason: str | None = None, common: Common = COMMON
) -> None:
    """Start it on records, or on all records of an account that fit.

    Parameters
    ----------
    records
        Their ids.
    account
        The id of the account.
    reason
        Why, for its history.
    """

    async def work(db: Connection, rights: Rights) -> Any:
        asked = ToStart(records=list(records) or None, account=account, reason=reason)
        return await start_on(db, rights, key, asked)

    found = doing(common, work)
    if common.json:
        return print_json(found)
    counted = f"Started on {len(found['started']):,} records; {len(found['queued']):,} wait."
    stdout().print(counted, markup=False)
    refused = found["refused"]
    return show_rows(
        refused, ("record_id", "record_title", "message"), as_json=False, empty="None was refused."
    )


@app.command(name="tracks")
def tracks_(
    *,
    playbook: str | None = None,
    module: str | None = None,
    record: str | None = None,
    status: Status | None = None,
    limit: int = 50,
    common: Common = COMMON,
) -> None:
    """Where playbooks are under way, the newest first.

    Parameters
    ----------
    playbook
        Only of this playbook.
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
        return await tracks.list_tracks(
            db, rights, await load_catalog(db), playbook=playbook, module=module, record_id=record,
            statuses=[status] if status else None, limit=limit,
        )  # fmt: skip

    found: list[dict[str, Any]] = doing(common, work)
    rows = [
        {**row, "at": row["step"]["name"] if row["step"] else None, "steps": f"{row['done']}/{row['total']}"}
        for row in found
    ]
    columns = ("id", "playbook", "module", "record_id", "status", "phase", "at", "steps", "due_at", "late")
    show_rows(found if common.json else rows, columns, as_json=common.json, empty="None is under way.")


@app.command
def track(number: int, *, common: Common = COMMON) -> None:
    """One playbook on its record, step by step."""

    async def work(db: Connection, rights: Rights) -> Any:
        return await tracks.get_track(db, rights, await load_catalog(db), number)

    _show(doing(common, work), common)


def _show(found: dict[str, Any], common: Common) -> None:
    if common.json:
        return print_json(found)
    stdout().print(
        f"{found['playbook_name']} on {found['module']} {found['record_id']}: {found['status']}", markup=False
    )
    rows = [
        {
            "phase": phase["name"], "step": step["key"], "name": step["name"], "status": step["status"],
            "who": _who(step), "due_at": step["due_at"], "comment": step["comment"],
        }
        for phase in found["phases"]
        for step in phase["steps"]
    ]  # fmt: skip
    columns = ("phase", "step", "name", "status", "who", "due_at", "comment")
    return show_rows(rows, columns, as_json=False)


def _who(step: dict[str, Any]) -> str | None:
    assignee: dict[str, Any] = step["assignee"] or {}
    found: dict[str, Any] | None = assignee.get("user") or assignee.get("group")
    return found["name"] if found else ", ".join(one["name"] for one in step["asked"]) or None


Deed = Callable[[Connection, Rights, Catalog], Awaitable[None]]


def _do(number: int, common: Common, deed: Deed) -> None:
    """Do it, and show how the playbook stands."""

    async def work(db: Connection, rights: Rights) -> Any:
        catalog = await load_catalog(db)
        await deed(db, rights, catalog)
        return await tracks.get_track(db, rights, catalog, number)

    _show(doing(common, work), common)


@app.command
def done(number: int, step: str, *, comment: str | None = None, common: Common = COMMON) -> None:
    """Say that a step is done.

    Parameters
    ----------
    comment
        What is to be known about it.
    """
    said = StepDone(comment=comment)
    _do(number, common, lambda db, rights, c: steering.do_step(db, rights, c, number, step, said))


@app.command
def decide(
    number: int, step: str, decision: Literal["approved", "rejected"], *, comment: str | None = None,
    common: Common = COMMON,
) -> None:  # fmt: skip
    """Approve or reject.

    Parameters
    ----------
    comment
        Why.
    """
    said = Decision(decision=decision, comment=comment)
    _do(number, common, lambda db, rights, c: steering.decide_step(db, rights, c, number, step, said))


@app.command
def skip(number: int, step: str, *, reason: str, common: Common = COMMON) -> None:
    """Leave an open step undone and go on.

    Parameters
    ----------
    reason
        Why.
    """
    why = read_definition(Because, {"reason": reason})
    _do(number, common, lambda db, rights, c: steering.skip_step(db, rights, c, number, step, why))


@app.command
def reopen(
    number: int, step: str, *, reason: str, due: datetime | None = None, common: Common = COMMON
) -> None:
    """A step is to be done again.

    Parameters
    ----------
    reason
        Why.
    due
        By when, in UTC where it names no time zone; without it, it is counted anew by the step's own rule.
    """
    by = due.replace(tzinfo=UTC) if due is not None and due.tzinfo is None else due
    again = read_definition(Reopened, {"reason": reason, "due_at": by})
    _do(number, common, lambda db, rights, c: steering.reopen_step(db, rights, c, number, step, again))


@app.command
def reassign(
    number: int, step: str, *, user: int | None = None, group: str | None = None, reason: str | None = None,
    common: Common = COMMON,
) -> None:  # fmt: skip
    """Give a step to a user or a group.

    Parameters
    ----------
    user
        The user's id.
    group
        The group's key.
    reason
        Why.
    """
    to = read_definition(HandedOn, {"user_id": user, "group": group, "reason": reason})
    _do(number, common, lambda db, rights, c: steering.hand_on_step(db, rights, c, number, step, to))


@app.command
def cancel(
    number: int, *, reason: str, strategy: Literal["resume", "restart", "end", "leave"] | None = None,
    common: Common = COMMON,
) -> None:  # fmt: skip
    """Call a playbook off on its record.

    Parameters
    ----------
    reason
        Why.
    strategy
        What becomes of the record's strategy; none: what the playbook says.
    """
    off = read_definition(CalledOff, {"reason": reason, "strategy": strategy})
    _do(number, common, lambda db, rights, c: steering.cancel_track(db, rights, c, number, off))
