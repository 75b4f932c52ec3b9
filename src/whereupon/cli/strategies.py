"""`whereupon strategies`: what they are, and how a record stands to its strategy."""

from __future__ import annotations

from typing import Any, Literal

from cyclopts import App

from whereupon.cli.output import print_json, show_facts, show_rows, stdout, tell
from whereupon.cli.session import Common, doing
from whereupon.db.pool import Connection
from whereupon.modules.catalog import load_catalog
from whereupon.people.rights import Rights
from whereupon.playbooks import standing, strategies
from whereupon.playbooks.standing import StatusChange
from whereupon.playbooks.strategy_definition import parse_strategy

app = App(name="strategies", help="What is done with records so long after a date.")
COMMON = Common()


@app.command(name="list")
def list_(*, module: str | None = None, common: Common = COMMON) -> None:
    """All strategies.

    Parameters
    ----------
    module
        Only those for records of this module.
    """

    async def work(db: Connection, rights: Rights) -> Any:
        return await strategies.list_strategies(db, rights, module=module, limit=500)

    columns = ("key", "name", "module", "state", "position")
    show_rows(doing(common, work), columns, as_json=common.json, empty="There are no strategies yet.")


@app.command
def show(key: str, *, common: Common = COMMON) -> None:
    """One strategy, with its steps."""

    async def work(db: Connection, rights: Rights) -> Any:
        return await strategies.get_strategy(db, rights, key)

    found = doing(common, work)
    if common.json:
        return print_json(found)
    steps = [step.model_dump() for step in parse_strategy(found.pop("definition")).steps]
    found.pop("workflows")
    show_facts(found, as_json=False)
    stdout().print()
    return show_rows(steps, ("key", "amount", "unit", "type", "name"), as_json=False)


@app.command
def check(key: str, *, common: Common = COMMON) -> int:
    """What stands against publishing it; exit code 2 when something does."""

    async def work(db: Connection, rights: Rights) -> Any:
        return await strategies.problems_of(db, rights, key)

    faults = [problem.as_json() | {"suggestion": problem.suggestion} for problem in doing(common, work)]
    show_rows(faults, ("path", "message", "suggestion"), as_json=common.json, empty="It can be published.")
    return 2 if faults else 0


@app.command
def publish(key: str, *, common: Common = COMMON) -> None:
    """Let records get its steps from now on."""

    async def work(db: Connection, rights: Rights) -> Any:
        return await strategies.publish_strategy(db, rights, key)

    found = doing(common, work)
    tell(found, f"{found['name']} is active.", as_json=common.json)


@app.command
def disable(key: str, *, common: Common = COMMON) -> None:
    """Switch it off; its records fall to the next strategy that fits them."""

    async def work(db: Connection, rights: Rights) -> Any:
        return await strategies.set_strategy_state(db, rights, key, "disabled")

    found = doing(common, work)
    tell(found, f"{found['name']} is disabled.", as_json=common.json)


@app.command
def record(module: str, id: str, *, common: Common = COMMON) -> None:
    """How a record stands to its strategy: its status, the next steps, and who changed it."""

    async def work(db: Connection, rights: Rights) -> Any:
        return await standing.strategy_of(db, rights, await load_catalog(db), module, id)

    found = doing(common, work)
    if common.json:
        return print_json(found)
    held = found["held_by"]["playbook_name"] if found["held_by"] else None
    name = found["strategy"]["name"] if found["strategy"] else None
    show_facts({"strategy": name, "status": found["status"], "held_by": held}, as_json=False)
    stdout().print()
    show_rows(found["next"], ("step", "name", "due_at"), as_json=False, empty="No step is to come.")
    stdout().print()
    columns = ("at", "action", "status", "user_name", "reason")
    return show_rows(found["history"], columns, as_json=False, empty="Nobody has changed it.")


@app.command
def status(
    action: Literal["pause", "resume", "restart", "end"], module: str, *records: str,
    reason: str | None = None, common: Common = COMMON,
) -> None:  # fmt: skip
    """Pause, resume, restart or end the strategy of records.

    Parameters
    ----------
    module
        Whose records they are.
    records
        Their ids.
    reason
        Why, for the history.
    """

    async def work(db: Connection, rights: Rights) -> Any:
        change = StatusChange(action=action, reason=reason)
        return await standing.change_strategy_status(
            db, rights, await load_catalog(db), module, list(records), change
        )

    changed = doing(common, work)
    tell({"records": changed}, f"Changed for {len(changed):,} records.", as_json=common.json)
