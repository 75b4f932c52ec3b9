"""Create, change and delete records: checked whole, written in one statement, refused in plain words.

A single record without line items costs one round trip and commits by itself, or joins the transaction
that the connection is in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import orjson

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, PreconditionFailed, Problem, Refused
from whereupon.modules.catalog import Catalog, Module
from whereupon.people.rights import Action, Rights
from whereupon.records.accept import Accepted, accept, refuse_read_only
from whereupon.records.documents import refuse_strange_documents
from whereupon.records.lines import write_lines
from whereupon.records.parents import refuse_strange_parents
from whereupon.records.read import Record, check_id, not_found, read_lines, read_record, visible, with_lines
from whereupon.records.statements import (
    Statement,
    as_json,
    delete_statement,
    insert_statement,
    owned_by,
    update_statement,
)
from whereupon.records.violations import BROKEN, explain


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, and what the capture trigger is told of it.

    `origin`: api, ui, import, workflow; `match` False: no workflow starts; `quiet`: the workers are not
    woken, the caller does that; `trial`: all of it will be taken back, so no numbers are drawn.
    """

    rights: Rights
    origin: str = "api"
    run: int | None = None
    match: bool = True
    quiet: bool = False
    trial: bool = False

    def context(self) -> str:
        """The JSON that the capture trigger reads from whereupon.context."""
        told: dict[str, Any] = {"origin": self.origin}
        if self.rights.user_id is not None:
            told["actor"] = self.rights.user_id
        if self.run is not None:
            told["run"] = self.run
        if not self.match:
            told["match"] = False
        if self.quiet:
            told["quiet"] = True
        if self.trial:
            told["trial"] = True
        return orjson.dumps(told).decode()


async def create_record(
    db: Connection, catalog: Catalog, module_key: str, data: Any, writer: Writer
) -> Record:
    """Create one record, with its lines. Raises Refused, or Invalid naming every wrong field."""
    module = catalog.module(module_key)
    accepted = accept(catalog, module, data, writer.rights, "create")
    refuse_empty(module, accepted)
    await refuse_strange_documents(db, catalog, module, [accepted], writer.rights)
    await refuse_strange_parents(db, catalog, module, [accepted.values], writer.rights)
    if not accepted.lines:
        record = await insert(db, catalog, module, accepted.values, writer)
        return await lines_if_any(db, catalog, module, record, writer.rights)
    async with explained(db, catalog, module, [accepted.values]), db.transaction():
        record = await insert(db, catalog, module, accepted.values, writer, explains=False)
        await write_lines(db, catalog, module, record.id, accepted.lines, writer.context(), writer.rights)
        return await with_lines(db, catalog, module, record, writer.rights)


async def lines_if_any(
    db: Connection, catalog: Catalog, module: Module, record: Record, rights: Rights
) -> Record:
    """A record without lines shows that it has none; modules without line items cost nothing here."""
    if all(f.type != "line_items" for f in module.fields.values()):
        return record
    return await with_lines(db, catalog, module, record, rights)


async def insert(
    db: Connection,
    catalog: Catalog,
    module: Module,
    values: Mapping[str, Any],
    writer: Writer,
    *,
    explains: bool = True,
) -> Record:
    """One statement, one round trip."""
    statement = insert_statement(catalog, module, tuple(values), visible(module, writer.rights))
    own = () if module.attached else (writer.rights.user_id,)
    try:
        row: Any = await db.fetchrow(statement.sql, writer.context(), *own, *values.values())
    except BROKEN as error:
        if not explains:
            raise
        raise await explain(db, catalog, module, error, [values]) from None
    return record_of(statement, row)


def record_of(statement: Statement, row: Any) -> Record:
    """The record that a row of the statement's result is."""
    return Record(row[0], row[1], as_json(statement, row))


def refuse_empty(module: Module, accepted: Accepted) -> None:
    """A table of somebody else's takes no record without any value."""
    if module.attached and not accepted.values:
        raise Invalid.of(Problem("nothing_to_write", "A record without any value cannot be created here."))


@asynccontextmanager
async def explained(db: Connection, catalog: Catalog, module: Module, values: Sequence[Mapping[str, Any]]):
    """What PostgreSQL refuses inside is raised in the words of the module."""
    try:
        yield
    except BROKEN as error:
        raise await explain(db, catalog, module, error, values) from None


async def update_record(
    db: Connection,
    catalog: Catalog,
    module_key: str,
    record_id: str,
    data: Any,
    writer: Writer,
    *,
    if_match: str | None = None,
) -> Record:
    """Change the fields that were sent; lines sent replace the lines.

    Raises NotFound, Refused, Invalid; PreconditionFailed when the record is not the one of `if_match`.
    """
    module = catalog.module(module_key)
    accepted = accept(catalog, module, data, writer.rights, "update")
    check_id(module, record_id)
    await refuse_strange_documents(db, catalog, module, [accepted], writer.rights)
    await refuse_strange_parents(db, catalog, module, [accepted.values], writer.rights)
    if not accepted.lines:
        async with explained(db, catalog, module, [accepted.values]):
            record = await change(db, catalog, module, record_id, accepted.values, writer, if_match)
        return await lines_if_any(db, catalog, module, record, writer.rights)
    async with explained(db, catalog, module, [accepted.values]), db.transaction():
        return await change_with_lines(db, catalog, module, record_id, accepted, writer, if_match)


async def change(
    db: Connection,
    catalog: Catalog,
    module: Module,
    record_id: str,
    values: Mapping[str, Any],
    writer: Writer,
    if_match: str | None,
) -> Record:
    """One statement; the key column set to itself when no field was sent, so that every check is made."""
    rights = writer.rights
    owned = rights.own_only("update", module.key)
    owner = rights.user_id if owned else None
    keys = tuple(values)
    statement = update_statement(catalog, module, keys, visible(module, rights), owned)
    row: Any = await db.fetchrow(
        statement.sql, writer.context(), record_id, if_match, owner, *values.values()
    )
    if row is None:
        raise await why_not(db, catalog, module, record_id, rights, "update", if_match)
    return record_of(statement, row)


async def change_with_lines(
    db: Connection,
    catalog: Catalog,
    module: Module,
    record_id: str,
    accepted: Accepted,
    writer: Writer,
    if_match: str | None,
) -> Record:
    """Lines that changed make the record itself a changed one: two people editing lines must notice."""
    record = await change(db, catalog, module, record_id, accepted.values, writer, if_match)
    moved = False
    for key, lines in accepted.lines.items():
        before = await read_lines(db, catalog, module.fields[key], record_id, writer.rights)
        await write_lines(db, catalog, module, record_id, {key: lines}, writer.context(), writer.rights)
        moved = moved or before != await read_lines(db, catalog, module.fields[key], record_id, writer.rights)
    if moved and not accepted.values:
        await db.execute(f"UPDATE {module.sql} SET updated_at = now() WHERE id = $1::text::bigint", record_id)
    if not writer.rights.may("read", module.key):
        return record
    return await read_record(db, catalog, module.key, record_id, replace_scope(writer.rights, module))


def replace_scope(rights: Rights, module: Module) -> Rights:
    """What was just written is shown to its writer, also when the writer gave it away by that."""
    grants = dict(rights.grants)
    if module.key in grants:
        grants[module.key] = replace(grants[module.key], read="all")
    return replace(rights, grants=grants)


async def why_not(
    db: Connection,
    catalog: Catalog,
    module: Module,
    record_id: str,
    rights: Rights,
    action: Action,
    if_match: str | None,
) -> Exception:
    """Why a statement found no record: gone, not the user's, or changed meanwhile."""
    key = f"{module.key_sql('n')} = $1"
    owns = owned_by(module, "$2") if module.owner_field else "$2::bigint IS NULL AND false"
    row: Any = await db.fetchrow(
        f"SELECT n.xmin::text AS etag, coalesce({owns}, false) AS own FROM {module.sql} AS n WHERE {key}",
        record_id,
        rights.user_id,
    )
    if (
        row is None
        or not rights.may("read", module.key)
        or (rights.own_only("read", module.key) and not row["own"])
    ):
        return not_found(module, record_id)
    if rights.own_only(action, module.key) and not row["own"]:
        return Refused(f"You may {action} only your own {module.label_plural.lower()}.")
    return PreconditionFailed(
        f"This {module.label.lower()} was changed by somebody else meanwhile.",
        suggestion="Read it again, then make your change to what is there now.",
    )


async def delete_record(
    db: Connection,
    catalog: Catalog,
    module_key: str,
    record_id: str,
    writer: Writer,
    *,
    if_match: str | None = None,
) -> None:
    """Delete one record and its lines. Raises NotFound, Refused, PreconditionFailed, or Conflict naming
    the field by which other records refer to it."""
    module, rights = catalog.module(module_key), writer.rights
    refuse_read_only(module)
    rights.require("delete", module.key)
    check_id(module, record_id)
    owned = rights.own_only("delete", module.key)
    statement = delete_statement(catalog, module, owned)
    async with explained(db, catalog, module, []):
        found: Any = await db.fetchval(
            statement.sql, writer.context(), record_id, if_match, rights.user_id if owned else None
        )
    if found is None:
        raise await why_not(db, catalog, module, record_id, rights, "delete", if_match)
