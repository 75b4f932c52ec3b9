"""Modules and their fields: the kinds of records that there are, made and changed while everything runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import Answer, Call, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import PathKey
from whereupon.changes.capture import arm, disarm
from whereupon.db.pool import Connection
from whereupon.errors import Invalid, NotFound, Problem
from whereupon.modules.attach import attach_schema, attach_table, detach
from whereupon.modules.catalog import Module, load_catalog
from whereupon.modules.define import defining
from whereupon.modules.definitions import (
    FieldChange,
    FieldIn,
    ModuleChange,
    ModuleIn,
    describe,
    describe_field,
)
from whereupon.people import audit
from whereupon.people.rights import Rights, require_reads
from whereupon.records.schema import DEFINER

router = routes_of("modules", "/modules")


class FieldOut(Out):
    """One field. `options` depend on the type."""

    key: str
    label: str
    description: str
    type: str
    required: bool
    unique: bool
    indexed: bool
    read_only: bool
    system: bool
    position: int
    options: dict[str, Any]


class ModuleOut(Out):
    """A kind of record, and the table that holds it."""

    id: int
    key: str
    label: str
    label_plural: str
    description: str
    table: str
    key_columns: list[str]
    attached: bool
    read_only: bool
    system: bool
    captured: bool
    title_field: str | None
    owner_field: str | None
    parent_field: str | None = Field(description="The reference field whose line items these are.")
    fields: list[FieldOut]


class ModuleList(Out):
    """Every module that one may see."""

    items: list[ModuleOut]


class ToAttach(BaseModel):
    """A table that was here before; without `table`, every one of the schema that can be attached."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    schema_name: str = Field(alias="schema", min_length=1, max_length=100, examples=["public"])
    table: str | None = Field(default=None, min_length=1, max_length=100)
    key: str | None = Field(default=None, min_length=1, max_length=60, description="The key of the module.")


class Attached(ModuleList):
    """The modules made; `left_out`: why other tables of the schema are none."""

    left_out: dict[str, str]


def visible(rights: Rights, module: Module) -> dict[str, Any] | None:
    """The module as this user may know it, without fields that they may not read; None: not at all."""
    if rights.builder or rights.administrator:
        return describe(module)
    readable = rights.readable(module)
    if not readable:
        return None
    described = describe(module)
    return described | {"fields": [f for f in described["fields"] if f["key"] in readable]}


async def seen(call: Call, db: Connection, key: str) -> dict[str, Any]:
    """One module. Raises NotFound for one that this user may not know of."""
    found = visible(call.rights, (await call.catalog(db)).module(key))
    if found is None:
        raise NotFound(f'There is no module "{key}".')
    return found


async def require_formulas(call: Call, db: Connection, module: str, fields: Iterable[str]) -> None:
    """Raises Refused where a formula would show what its author may not read, in line items, too.

    In a module that the author cannot read at all, it shows the author nothing of that module.
    """
    catalog = await load_catalog(db)
    closed = {module} if not call.rights.may("read", module) else set[str]()
    for field in (catalog.module(module).field(key) for key in fields):
        for read in field.options.get("reads", ()):
            if read.partition(".")[0] not in closed:
                require_reads(call.rights, [read], catalog, module)
        if field.type == "line_items":
            lines = catalog.module(field.options["target"])
            await require_formulas(call, db, lines.key, lines.fields)


async def define(call: Call, work: Callable[[Connection], Awaitable[Any]]) -> Response:
    """Do `work` on definitions, by a builder, in its own kind of transaction."""
    call.rights.require_builder()
    return await call.write(work, transaction=lambda within: defining(call.database, within))


@router.get(
    "", **operation("list_modules", ModuleList, summary="Every module that one may see, with its fields.")
)
async def list_modules(call: TheCall) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        modules = (await call.catalog(db)).modules.values()
        return {"items": [found for m in modules if (found := visible(call.rights, m))]}

    return await call.read(work)


@router.post(
    "", **operation("create_module", ModuleOut, status=201, summary="Make a module, its table and fields.")
)
async def create_module(call: TheCall, body: ModuleIn) -> Response:
    async def work(db: Connection) -> Answer:
        module = await DEFINER.create_module(db, body)
        await require_formulas(call, db, module.key, module.fields)
        return Answer(describe(module), 201, {"Location": f"/api/v1/modules/{module.key}"})

    return await define(call, work)


@router.post(
    "/attach",
    **operation("attach_tables", Attached, status=201, summary="Make modules of tables.", errors=[404]),
)
async def attach_tables(call: TheCall, body: ToAttach) -> Response:
    """One table, or every table of a schema that can be."""
    call.rights.require_administrator()

    async def work(db: Connection) -> Answer:
        left_out: Mapping[str, str] = {}
        if body.table is None:
            if body.key is not None:
                raise Invalid.of(Problem("unfit", "A key is for one table.", "/key", "Name the table, too."))
            done = await attach_schema(db, arm, body.schema_name)
            modules, left_out = done.modules, done.left_out
        else:
            modules = (await attach_table(db, arm, body.schema_name, body.table, key=body.key),)
        tables = sorted(f"{module.schema}.{module.table}" for module in modules)
        await audit.append(db, call.user_id, "attach_tables", f"schema:{body.schema_name}", tables=tables)
        return Answer({"items": [describe(module) for module in modules], "left_out": left_out}, 201)

    return await define(call, work)


@router.post("/{module}/detach", **operation("detach_module", status=204, summary="Let go of a table."))
async def detach_module(call: TheCall, module: PathKey) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> None:
        await detach(db, disarm, module)
        await audit.append(db, call.user_id, "detach_module", f"module:{module}")

    return await define(call, work)


@router.get("/{module}", **operation("get_module", ModuleOut, summary="One module."))
async def get_module(call: TheCall, module: PathKey) -> Response:
    return await call.read(lambda db: seen(call, db, module))


@router.patch(
    "/{module}", **operation("change_module", ModuleOut, summary="Change labels or the key.", errors=[409])
)
async def change_module(call: TheCall, module: PathKey, body: ModuleChange) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return describe(await DEFINER.change_module(db, module, body))

    return await define(call, work)


@router.delete(
    "/{module}",
    **operation(
        "remove_module", status=204, summary="Remove a module, its table and its records.", errors=[409]
    ),
)
async def remove_module(call: TheCall, module: PathKey) -> Response:
    return await define(call, lambda db: DEFINER.remove_module(db, module))


@router.post("/{module}/fields", **operation("add_field", FieldOut, status=201, summary="Add a field."))
async def add_field(call: TheCall, module: PathKey, body: FieldIn) -> Response:
    async def work(db: Connection) -> Answer:
        added = await DEFINER.add_field(db, module, body)
        await require_formulas(call, db, module, [added.key])
        return Answer(describe_field(added), 201)

    return await define(call, work)


@router.patch(
    "/{module}/fields/{field}", **operation("change_field", FieldOut, summary="Change a field.", errors=[409])
)
async def change_field(call: TheCall, module: PathKey, field: PathKey, body: FieldChange) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        changed = await DEFINER.change_field(db, module, field, body)
        if body.options is not None:
            await require_formulas(call, db, module, [changed.key])
        return describe_field(changed)

    return await define(call, work)


@router.delete(
    "/{module}/fields/{field}",
    **operation("remove_field", status=204, summary="Remove a field and its values.", errors=[409]),
)
async def remove_field(call: TheCall, module: PathKey, field: PathKey) -> Response:
    return await define(call, lambda db: DEFINER.remove_field(db, module, field))
