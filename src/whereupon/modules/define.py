"""Make, change and remove modules and fields while everything runs: each in one transaction.

A lock that cannot be had within moments is given up and asked for again, so that one long reader never
makes everybody else wait behind us.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import asyncpg

from whereupon.db.pool import Connection, Database
from whereupon.errors import Conflict, Invalid, Problem, Refused
from whereupon.modules import ddl
from whereupon.modules.casts import cast_between, ways_out
from whereupon.modules.catalog import Catalog, Field, Module, load_catalog, quote, revise
from whereupon.modules.checks import check_field
from whereupon.modules.definitions import FieldChange, FieldIn, ModuleChange, ModuleIn, read_definition
from whereupon.modules.plan import plan_change, plan_module, plan_module_change, refuse_fixed
from whereupon.modules.refusals import (
    refuse_duplicates,
    refuse_foreign_table,
    refuse_missing,
    refuse_system,
    refuse_unfitting,
)
from whereupon.modules.rows import (
    RETARGET,
    add_field_rows,
    add_module_row,
    forget_key,
    store_field,
    store_module,
    with_module,
)
from whereupon.modules.uses import refuse_used_field, refuse_used_module

T = TypeVar("T")
PATIENCE = 30.0  # seconds of asking for locks again, before the caller is told
# One definition change at a time; asked for before any lock on a table.
LOCK_DEFINITIONS = "SELECT pg_advisory_xact_lock(7238001)"
BRIEF_LOCKS = "SET LOCAL lock_timeout = '200ms'"


@dataclass(frozen=True, slots=True)
class Formula:
    """What is known of a formula that was found right: the type of its result, and what it reads."""

    result: str
    reads: frozenset[str]  # "module.field"


class CheckFormula(Protocol):
    def __call__(self, catalog: Catalog, module: Module, expression: str) -> Formula:
        """Raises Invalid when the formula is wrong."""
        ...


class Arm(Protocol):
    """What puts the capture triggers on a module's table."""

    async def __call__(self, db: Connection, module: Module) -> None:
        """Make the module's triggers fit its columns."""
        ...


async def defining(database: Database, work: Callable[[Connection], Awaitable[T]]) -> T:
    """Do `work` in one transaction, again from the start while tables are in use.

    Raises Conflict when a table stays in use for PATIENCE seconds.
    """
    clock = asyncio.get_running_loop().time
    until, pause = clock() + PATIENCE, 0.05
    while True:
        try:
            async with database.transaction() as db:
                await db.execute(LOCK_DEFINITIONS)
                await db.execute(BRIEF_LOCKS)
                return await work(db)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
            if clock() > until:
                raise Conflict(
                    "The table is in use by another statement that does not end; nothing was changed.",
                    suggestion="Try again when long reports or transactions on it have ended.",
                ) from None
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 1.0)


@dataclass(frozen=True, slots=True)
class Definer:
    """The verbs on definitions. What lies above this package is passed in.

    Every method must run inside a transaction (see `defining`) and leaves it to be committed.
    """

    arm: Arm
    check_formula: CheckFormula

    async def create_module(
        self, db: Connection, wanted: ModuleIn, *, parent_field: str | None = None
    ) -> Module:
        """Make a module, its table and its fields. Raises Invalid naming every fault at once."""
        catalog = await load_catalog(db)
        module = plan_module(catalog, wanted, parent_field)
        await refuse_foreign_table(db, module)
        computed = [f for f in module.fields.values() if f.column is None]
        stored = [f for f in module.fields.values() if f.column is not None]
        module = replace(module, id=await add_module_row(db, module))
        module = replace(module, fields=await add_field_rows(db, module, stored))
        catalog = with_module(catalog, module)
        columns = {f.id: ddl.column_of(f, catalog) for f in module.fields.values() if not f.system}
        await execute(db, ddl.create_table(module, columns))
        await self.arm(db, module)
        await revise(db)
        await self.add_computed(db, module, computed)
        return (await load_catalog(db)).module(wanted.key)

    async def add_computed(self, db: Connection, module: Module, fields: list[Field]) -> None:
        """Line items, then formulas; a formula may read another one, in whatever order they were sent."""
        for field in fields:
            if field.type == "line_items":
                await self.add_line_items(db, module, field)
        waiting = [f for f in fields if f.type == "formula"]
        while waiting:
            refused = [(f, i) for f in waiting if (i := await self.try_formula(db, module, f))]
            if len(refused) == len(waiting):
                raise Invalid.of(*(p for field, invalid in refused for p in formula_problems(field, invalid)))
            waiting = [field for field, _ in refused]

    async def try_formula(self, db: Connection, module: Module, field: Field) -> Invalid | None:
        catalog = await load_catalog(db)
        try:
            checked = self.checked_formula(catalog, catalog.module(module.key), field)
        except Invalid as invalid:
            return invalid
        await add_field_rows(db, module, [checked])
        return None

    def checked_formula(self, catalog: Catalog, module: Module, field: Field) -> Field:
        """The field with what the check found out. Raises Invalid."""
        expression: str = field.options["expression"]
        try:
            found = self.check_formula(catalog, module, expression)
        except Invalid as invalid:
            raise Invalid.of(*(p.under("/options/expression") for p in invalid.problems)) from None
        options = {"expression": expression, "result": found.result, "reads": sorted(found.reads)}
        return replace(field, options=options)

    async def add_line_items(self, db: Connection, module: Module, field: Field) -> None:
        """Make the module of the lines; each line leads to its record and goes with it."""
        child = field.options.get("target") or f"{module.key}_{field.key}"
        parent: str = field.options["parent"]
        given = enumerate(field.options["fields"])
        lines = [read_definition(FieldIn, line, f"/options/fields/{i}") for i, line in given]
        target = {"target": module.key, "on_delete": "cascade"}
        own = [FieldIn(key=parent, type="reference", label=module.label, required=True, options=target)]
        if all(line.key != "position" for line in lines):
            own.append(FieldIn(key="position", type="integer", label="Position"))
        label = f"{module.label}: {field.label}"[:200]
        wanted = ModuleIn(key=child, label=label, label_plural=field.label, fields=[*own, *lines])
        await self.create_module(db, wanted, parent_field=parent)
        await add_field_rows(db, module, [replace(field, options={"target": child, "parent": parent})])

    async def add_field(self, db: Connection, module_key: str, wanted: FieldIn) -> Field:
        """Add one field. Raises Invalid, or Refused on a table that is not ours."""
        catalog = await load_catalog(db)
        module = catalog.module(module_key)
        if module.attached and wanted.type != "formula":
            raise Refused(
                f'"{module.key}" is a table that was here before Whereupon; it is never altered.',
                suggestion="Add the column there, then attach the table again; formulas can be added here.",
            )
        position = max((f.position for f in module.fields.values()), default=0) + 1
        checked = check_field(catalog, wanted, "", module.fields, position)
        if checked.problems:
            raise Invalid.of(*checked.problems)
        match checked.field.type:
            case "formula":
                await add_field_rows(db, module, [self.checked_formula(catalog, module, checked.field)])
            case "line_items":
                await self.add_line_items(db, module, checked.field)
            case _:
                await self.add_column(db, catalog, module, checked.field)
        await revise(db)
        return (await load_catalog(db)).module(module_key).field(wanted.key)

    async def add_column(self, db: Connection, catalog: Catalog, module: Module, field: Field) -> None:
        if field.required and field.options.get("default") is None:
            await refuse_missing(db, module, field, "true")
        added = (await add_field_rows(db, module, [field]))[field.key]
        module = replace(module, fields={**module.fields, added.key: added})
        await execute(
            db, ddl.add_column(module, added.id, ddl.column_of(added, with_module(catalog, module)))
        )
        await self.arm(db, module)

    async def change_module(self, db: Connection, key: str, change: ModuleChange) -> Module:
        """Change labels, the title or owner field, or the key (then the table is renamed)."""
        catalog = await load_catalog(db)
        module = catalog.module(key)
        new = plan_module_change(catalog, module, change)
        if new.key != key:
            new = await self.rename_module(db, catalog, module, new)
        await store_module(db, new)
        await revise(db)
        return (await load_catalog(db)).module(new.key)

    async def rename_module(self, db: Connection, catalog: Catalog, module: Module, new: Module) -> Module:
        refuse_system(module)
        await refuse_used_module(db, without_references(catalog, module.key), module, "renamed")
        await db.execute(RETARGET, module.key, new.key)
        if module.attached:
            return new
        renamed = replace(new, table=new.key)
        await refuse_foreign_table(db, renamed)
        await db.execute(f"ALTER TABLE {module.sql} RENAME TO {quote(new.key)}")
        return renamed

    async def change_field(
        self, db: Connection, module_key: str, field_key: str, change: FieldChange
    ) -> Field:
        """Change a field in place. Raises Invalid saying what stands in the way, and the way out."""
        catalog = await load_catalog(db)
        module = catalog.module(module_key)
        old = module.field(field_key)
        new = self.changed_field(catalog, module, old, change)
        if (new.key, new.type) != (old.key, old.type):
            await refuse_used_field(db, catalog, module, old, "renamed or given another type")
        if old.column and not module.attached and not old.system:
            await self.change_column(db, catalog, module, old, new)
        await store_field(db, new)
        if new.key != old.key:
            await forget_key(db, module, old.key, new.key)
        await revise(db)
        return (await load_catalog(db)).module(module_key).field(new.key)

    def changed_field(self, catalog: Catalog, module: Module, old: Field, change: FieldChange) -> Field:
        new = plan_change(catalog, module, old, change)
        if (new.column is None) != (old.column is None):
            told = "A field with values of its own and one without cannot become each other."
            raise Invalid.of(Problem("no_such_change", told, "/type", "Add a new field."))
        if new.type != "formula" or new.options == old.options:
            return new
        others = {k: f for k, f in module.fields.items() if k != old.key}  # it cannot read itself
        rest = replace(module, fields=others)
        try:
            return self.checked_formula(with_module(catalog, rest), rest, new)
        except Invalid as invalid:
            raise named_circle(module, old, invalid) from None

    async def change_column(
        self, db: Connection, catalog: Catalog, module: Module, old: Field, new: Field
    ) -> None:
        before, after, here = ddl.column_of(old, catalog), ddl.column_of(new, catalog), quote(old.key)
        using = None
        if new.type != old.type:
            using = await self.conversion(db, module, old, new)
            using = None if using == quote(new.key) and before.type == after.type else using
        else:
            await refuse_unfitting(db, module, old, " AND ".join(ddl.limits(new, here)), "be kept then")
        if new.required and not old.required:
            await refuse_missing(db, module, new, f"{here} IS NULL")
        if after.unique and not before.unique:
            await refuse_duplicates(db, module, here, ddl.unique_of(new, here) or here)
        others = {k: f for k, f in module.fields.items() if k != old.key}
        await self.arm(db, replace(module, fields=others))  # no trigger may hold on to the column meanwhile
        try:
            await execute(db, ddl.change_column(module, new.id, before, after, using))
        except asyncpg.DataError as error:
            raise Invalid.of(
                Problem("values_in_the_way", f"Not every value fits: {error}.", "/type")
            ) from None
        await self.arm(db, replace(module, fields={**others, new.key: new}))

    async def conversion(self, db: Connection, module: Module, old: Field, new: Field) -> str:
        """The SQL that makes the old values into new ones. Raises Invalid where some would be lost."""
        here, there = cast_between(old, new, quote(old.key)), cast_between(old, new, quote(new.key))
        if here is None or there is None:
            told, ways = f"A {old.type} field cannot become {new.type}.", ", ".join(ways_out(old.type))
            way_out = f"It can become {ways or 'no other type'}; or add a new field and copy the values over."
            raise Invalid.of(Problem("no_such_change", told, "/type", way_out))
        await refuse_unfitting(db, module, old, here.fits, f"be kept as {new.type}")
        return there.using

    async def remove_field(self, db: Connection, module_key: str, field_key: str) -> None:
        """Remove a field and its values. Raises Conflict naming what uses it."""
        catalog = await load_catalog(db)
        module = catalog.module(module_key)
        field = module.field(field_key)
        if field.type != "line_items":
            refuse_fixed(module, field, {"key": None})
        await refuse_used_field(db, catalog, module, field, "removed")
        if field.type == "line_items":
            await self.remove_module(db, field.options["target"], with_parent=True)
        await db.execute("DELETE FROM whereupon.fields WHERE id = $1", field.id)
        if field.column:
            fields = {k: f for k, f in module.fields.items() if k != field_key}
            await self.arm(db, replace(module, fields=fields))
            await db.execute(f"ALTER TABLE {module.sql} DROP COLUMN {quote(field.column)}")
        await forget_key(db, module, field_key, None)
        await revise(db)

    async def remove_module(self, db: Connection, key: str, *, with_parent: bool = False) -> None:
        """Remove a module, its table and its lines. Raises Conflict naming what uses it."""
        catalog = await load_catalog(db)
        module = catalog.module(key)
        refuse_system(module)
        if module.attached:
            told = f'"{key}" is a table that was here before Whereupon.'
            raise Refused(told, suggestion="Detach it instead.")
        if module.parent_field and not with_parent:
            told = f'"{key}" holds the lines of another module.'
            raise Conflict(told, suggestion="Remove the line items field of that module.")
        await refuse_used_module(db, without_lines_to(catalog, key), module, "removed")
        for field in module.fields.values():
            if field.type == "line_items":
                await self.remove_module(db, field.options["target"], with_parent=True)
        await db.execute(f"DROP TABLE {module.sql}")
        await db.execute("DELETE FROM whereupon.modules WHERE id = $1", module.id)
        await revise(db)


def formula_problems(field: Field, invalid: Invalid) -> list[Problem]:
    """A formula's faults, placed where the formula stands in the module that was sent."""
    return [p.under(f"/fields/{field.position - 10}") for p in invalid.problems]


def named_circle(module: Module, field: Field, invalid: Invalid) -> Invalid:
    """The same, where what is missing is the field itself: its formula would read its own result."""
    missing, told = f'"{field.key}"', f'"{field.key}" would be computed from itself.'
    advice = "Take it out of this formula, or out of the formula fields that this one reads."
    return Invalid.of(
        *(
            Problem("circle", told, p.path, advice)
            if p.code == "unknown_field" and missing in p.message and module.label in p.message
            else p
            for p in invalid.problems
        )
    )


def without_references(catalog: Catalog, key: str) -> Catalog:
    """The catalog without what merely refers to a module: a reference follows when the key changes."""
    modules = {
        m.key: replace(m, fields={k: f for k, f in m.fields.items() if f.target != key})
        for m in catalog.modules.values()
    }
    return replace(catalog, modules=modules)


def without_lines_to(catalog: Catalog, key: str) -> Catalog:
    """The catalog without the line items field whose lines this module holds."""
    modules = {
        m.key: replace(
            m, fields={k: f for k, f in m.fields.items() if f.type != "line_items" or f.target != key}
        )
        for m in catalog.modules.values()
    }
    return replace(catalog, modules=modules)


async def execute(db: Connection, statements: list[str]) -> None:
    """Raises Invalid when the table has more columns than PostgreSQL can hold."""
    for statement in statements:
        try:
            await db.execute(statement)
        except (asyncpg.TooManyColumnsError, asyncpg.ProgramLimitExceededError) as error:
            way_out = "Spread the fields over two modules."
            raise Invalid.of(
                Problem("too_large", f"PostgreSQL cannot hold that: {error}.", "/fields", way_out)
            ) from None
