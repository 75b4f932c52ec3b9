"""`whereupon modules`: what kinds of records there are, and their fields."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from cyclopts import App

from whereupon.cli.output import print_json, show_facts, show_rows, stdout, tell
from whereupon.cli.reading import read_json_file
from whereupon.cli.session import Common, doing, opened
from whereupon.db.pool import Connection
from whereupon.modules.catalog import load_catalog
from whereupon.modules.definitions import ModuleIn, describe, read_definition
from whereupon.people.rights import Rights

app = App(name="modules", help="What kinds of records there are.")
COMMON = Common()


@app.command(name="list")
def list_(*, common: Common = COMMON) -> None:
    """All modules that one may read."""

    async def work(db: Connection, rights: Rights) -> list[dict[str, Any]]:
        catalog = await load_catalog(db)
        return [describe(module) for module in catalog.modules.values() if rights.may("read", module.key)]

    found = doing(common, work)
    if common.json:
        return print_json(found)
    rows = [module | {"fields": len(module["fields"])} for module in found]
    return show_rows(rows, ("key", "label_plural", "table", "fields", "attached", "read_only"), as_json=False)


@app.command
def show(key: str, *, common: Common = COMMON) -> None:
    """One module with its fields."""

    async def work(db: Connection, rights: Rights) -> dict[str, Any]:
        rights.require("read", key)
        return describe((await load_catalog(db)).module(key))

    found = doing(common, work)
    if common.json:
        return print_json(found)
    fields = found.pop("fields")
    show_facts({name: value for name, value in found.items() if value not in (None, "")}, as_json=False)
    stdout().print()
    columns = ("key", "label", "type", "required", "unique", "read_only", "options")
    return show_rows(fields, columns, as_json=False)


@app.command
def create(file: Path, *, common: Common = COMMON) -> None:
    """Make a module, its table and its fields from a JSON file; "-" reads standard input."""
    wanted = read_definition(ModuleIn, read_json_file(file))

    async def work() -> dict[str, Any]:
        from whereupon.modules.define import defining
        from whereupon.records.schema import DEFINER

        async with opened(common) as (database, rights):
            rights.require_builder()
            return describe(await defining(database, lambda db: DEFINER.create_module(db, wanted)))

    made = asyncio.run(work())
    tell(made, f"{made['label_plural']} ({made['key']}): {len(made['fields'])} fields.", as_json=common.json)
