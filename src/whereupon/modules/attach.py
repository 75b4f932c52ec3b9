"""Attach tables that are already in the database, in any schema: they become modules, and are never altered.

Each column becomes a field, each foreign key to an attached table a reference. A table whose key has several
columns can be read and fires workflows, but is not written to from here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, Problem, Refused
from whereupon.modules.catalog import Catalog, Field, Module, load_catalog, quote, revise
from whereupon.modules.define import Arm
from whereupon.modules.names import free_key, key_from, label_from, shown
from whereupon.modules.rows import add_field_rows, add_module_row, store_module
from whereupon.modules.uses import refuse_used_module

OWN_SCHEMAS = frozenset({"whereupon", "data", "pg_catalog", "information_schema", "pg_toast"})
KINDS = {"r": "table", "p": "table", "v": "view", "m": "materialized view", "f": "foreign table"}
# PostgreSQL's type (without length) → field type. What is not here is read as text and not written.
TYPES: Mapping[str, str] = {
    "text": "text", "character varying": "text", "bpchar": "text", "name": "text", "citext": "text",
    "uuid": "text", "inet": "text", "smallint": "integer", "integer": "integer", "bigint": "integer",
    "numeric": "decimal", "real": "decimal", "double precision": "decimal", "money": "decimal",
    "boolean": "boolean", "date": "date", "time without time zone": "time",
    "timestamp with time zone": "datetime", "timestamp without time zone": "datetime",
}  # fmt: skip
UNREAD = frozenset({"bytea", "tsvector"})  # no use to anybody in a list
BOUNDS = {"smallint": (-(2**15), 2**15 - 1), "integer": (-(2**31), 2**31 - 1)}
# One relation: what it is, whose, its key.
RELATION = """
SELECT c.oid::bigint AS oid, c.relkind::text AS kind, c.relispartition AS partition,
       pg_get_userbyid(c.relowner)::text AS owner, current_user::text AS me,
       has_table_privilege(c.oid, 'TRIGGER') AND has_table_privilege(c.oid, 'SELECT') AS watchable,
       has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')
         AND has_table_privilege(c.oid, 'DELETE') AS writable,
       has_schema_privilege(n.oid, 'USAGE') AS reachable, obj_description(c.oid, 'pg_class') AS comment,
       (SELECT array_agg(a.attname::text ORDER BY k.place)
        FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
        WHERE i.indrelid = c.oid AND i.indisprimary) AS key
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2
"""
# The columns of a relation.
COLUMNS = """
SELECT a.attname::text AS name,
       CASE WHEN a.atttypid = 'bpchar'::regtype THEN 'bpchar' ELSE format_type(a.atttypid, NULL) END AS type,
       a.attnotnull AS not_null, a.atthasdef OR a.attidentity <> '' AS has_default,
       a.attgenerated <> '' OR a.attidentity = 'a' AS generated,
       col_description(a.attrelid, a.attnum) AS comment,
       CASE WHEN a.atttypid IN ('varchar'::regtype, 'bpchar'::regtype) AND a.atttypmod > 4
            THEN a.atttypmod - 4 END AS max_length,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indpred IS NULL
               AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum) AS is_unique,
       EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indkey[0] = a.attnum) AS indexed
FROM pg_attribute a WHERE a.attrelid = $1::bigint::oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
# Foreign keys of one column: the column, and where it leads.
FOREIGN_KEYS = """
SELECT a.attname::text AS column, n.nspname::text AS schema, c.relname::text AS table,
       t.attname::text AS target_column,
       CASE k.confdeltype WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set_null' ELSE 'restrict' END AS on_delete
FROM pg_constraint k
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
JOIN pg_attribute t ON t.attrelid = k.confrelid AND t.attnum = k.confkey[1]
JOIN pg_class c ON c.oid = k.confrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.conrelid = $1::bigint::oid AND k.contype = 'f' AND cardinality(k.conkey) = 1
ORDER BY k.conname
"""
# The tables of a schema that could be attached.
TABLES = """
SELECT c.relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
"""
# Which table of a schema refers to which other one of it.
REFERENCES = """
SELECT DISTINCT f.relname::text AS table, t.relname::text AS target FROM pg_constraint k
JOIN pg_class f ON f.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid
JOIN pg_namespace n ON n.oid = f.relnamespace
WHERE k.contype = 'f' AND n.nspname = $1 AND t.relnamespace = f.relnamespace AND f.oid <> t.oid
"""
CHANGE_TO_REFERENCE = """
UPDATE whereupon.fields SET type = 'reference', key = $2, label = $3, options = $4, indexed = $5 WHERE id = $1
"""


@dataclass(frozen=True, slots=True)
class Attached:
    """What `attach_schema` did: the modules made, and why the other tables were left out."""

    modules: tuple[Module, ...]
    left_out: Mapping[str, str]


async def attach_table(
    db: Connection, arm: Arm, schema: str, table: str, *, key: str | None = None
) -> Module:
    """Make a module of a table. In a transaction.

    Raises NotFound, Conflict when it is attached already, Refused with the reason and the way out.
    """
    catalog = await load_catalog(db)
    relation = await inspect(db, catalog, schema, table)
    module = planned(catalog, schema, table, relation, key)
    module = replace(module, id=await add_module_row(db, module))
    columns: list[Any] = await db.fetch(COLUMNS, relation["oid"])
    fields = fields_of(columns, module)
    module = replace(
        module, title_field=title_of(fields, module), fields=await add_field_rows(db, module, fields)
    )
    await store_module(db, module)
    await arm(db, module)
    await link(db, relation["oid"], module)
    await revise(db)
    return (await load_catalog(db)).module(module.key)


async def inspect(db: Connection, catalog: Catalog, schema: str, table: str) -> Any:
    """The relation, after every reason against attaching it was asked for."""
    relation: Any = await db.fetchrow(RELATION, schema, table) if "\x00" not in schema + table else None
    name = f"{shown(schema)}.{shown(table)}"
    if relation is None:
        raise NotFound(f'There is no table "{name}" in this database.')
    if schema in OWN_SCHEMAS or schema.startswith("pg_"):
        raise Refused(f'"{name}" belongs to Whereupon or to PostgreSQL itself.')
    attached = next((m for m in catalog.modules.values() if (m.schema, m.table) == (schema, table)), None)
    if attached:
        raise Conflict(f'"{name}" is attached already, as "{attached.key}".')
    refuse_kind(name, relation)
    sql = f"{quote(schema)}.{quote(table)}"
    if not (relation["reachable"] and relation["watchable"]):
        me = quote(relation["me"])
        raise Refused(
            f'Whereupon may not watch "{name}", which belongs to {relation["owner"]}.',
            suggestion=f"Let its owner run: GRANT USAGE ON SCHEMA {quote(schema)} TO {me}; "
            f"GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER ON {sql} TO {me};",
        )
    return relation


def refuse_kind(name: str, relation: Mapping[str, Any]) -> None:
    kind = KINDS.get(relation["kind"])
    if kind != "table":
        told = f'"{name}" is a {kind or "relation of another kind"}; only tables can be attached.'
        raise Refused(told, suggestion="Attach the tables that it reads from.")
    if relation["partition"]:
        raise Refused(f'"{name}" is a partition.', suggestion="Attach the table that it is a part of.")
    if not relation["key"]:
        told = f'"{name}" has no primary key, so no record of it could be told from another.'
        raise Refused(told, suggestion="Give it a primary key first.")


def planned(
    catalog: Catalog, schema: str, table: str, relation: Mapping[str, Any], key: str | None
) -> Module:
    wanted = key or key_from(table)
    if key is not None and (key in catalog.modules or key != key_from(key)):
        told = f'"{shown(key)}" is taken or cannot be a key.'
        raise Invalid.of(
            Problem("bad_key", told, "/key", f'Try "{free_key(key_from(key), catalog.modules)}".')
        )
    wanted = free_key(wanted, catalog.modules)
    label = label_from(wanted)
    return Module(
        id=0,
        key=wanted,
        label=label,
        label_plural=label,
        schema=schema,
        table=table,
        key_columns=tuple(relation["key"]),
        key_type="text",
        attached=True,
        read_only=len(relation["key"]) > 1 or not relation["writable"],
        system=False,
        captured=True,
        title_field=None,
        owner_field=None,
        parent_field=None,
        fields={},
        description=(relation["comment"] or "")[:5000],
    )


def fields_of(columns: Sequence[Mapping[str, Any]], module: Module) -> list[Field]:
    """A field for each column, in order; raw bytes are left out."""
    fields: list[Field] = []
    taken: set[str] = set()
    for column in columns:
        if column["type"] not in UNREAD:
            field = field_of(column, module, free_key(key_from(column["name"]), taken), len(fields))
            taken.add(field.key)
            fields.append(field)
    return fields


def field_of(column: Mapping[str, Any], module: Module, key: str, position: int) -> Field:
    """The field that shows a column of another program's table, under this key."""
    kind = TYPES.get(column["type"], "long_text")
    options: dict[str, Any] = {"sql_type": column["type"]}
    if column["max_length"] and kind == "text":
        options["max_length"] = column["max_length"]
    elif kind == "text":
        options["max_length"] = 1_000_000
    if column["type"] in BOUNDS:
        options["minimum"], options["maximum"] = BOUNDS[column["type"]]
    if column["has_default"]:
        options["has_default"] = True
    is_key = module.key_columns == (column["name"],)
    return Field(
        id=0,
        key=key,
        label=label_from(key),
        type=kind,
        column=column["name"],
        required=column["not_null"],
        unique=column["is_unique"] or is_key,
        indexed=column["indexed"],
        read_only=bool(column["generated"]) or column["type"] not in TYPES or module.read_only,
        system=False,
        options=options,
        position=position,
        description=(column["comment"] or "")[:5000],
    )


def title_of(fields: Sequence[Field], module: Module) -> str | None:
    """The field that names a record: one called name or title, else the first text that is not a key."""
    texts = [f.key for f in fields if f.type == "text" and f.column not in module.key_columns]
    named = (k for word in ("name", "title", "subject") for k in texts if k.endswith(word))
    plain = (k for k in texts if not k.endswith("_id"))
    return next(named, None) or next(plain, None) or next((f.key for f in fields), None)


async def link(db: Connection, oid: int, module: Module) -> None:
    """Foreign keys become references: this table's to attached ones, and attached ones' to this table."""
    await link_columns(db, oid, module)
    catalog = await load_catalog(db)
    for other in catalog.modules.values():
        if other.attached and not other.system and other.key != module.key:
            relation: Any = await db.fetchrow(RELATION, other.schema, other.table)
            if relation is not None:
                await link_columns(db, relation["oid"], other)


async def link_columns(db: Connection, oid: int, module: Module) -> None:
    catalog = await load_catalog(db)
    module = catalog.module(module.key)
    by_table = {(m.schema, m.table): m for m in catalog.modules.values()}
    taken = set(module.fields)
    for foreign in await db.fetch(FOREIGN_KEYS, oid):
        target = by_table.get((foreign["schema"], foreign["table"]))
        field = next((f for f in module.fields.values() if f.column == foreign["column"]), None)
        if target is None or field is None or field.type == "reference":
            continue
        if target.key_columns != (foreign["target_column"],):
            continue
        key = reference_key(field.key, taken)
        taken = taken - {field.key} | {key}
        options = {**field.options, "target": target.key, "on_delete": foreign["on_delete"]}
        options.pop("max_length", None)
        await db.execute(CHANGE_TO_REFERENCE, field.id, key, label_from(key), options, field.indexed)
        if module.title_field == field.key:
            await db.execute("UPDATE whereupon.modules SET title_field = $2 WHERE id = $1", module.id, key)


def reference_key(key: str, taken: set[str]) -> str:
    """customer_id → customer, if that is free.

    >>> reference_key("customer_id", {"customer_id"}), reference_key("customer_id", {"customer"})
    ('customer', 'customer_id')
    """
    short = key.removesuffix("_id")
    return short if short and short not in taken else key


async def attach_schema(db: Connection, arm: Arm, schema: str) -> Attached:
    """Attach every table of a schema that can be, those referred to first. In a transaction."""
    names: list[str] = [row["name"] for row in await db.fetch(TABLES, schema)]
    if not names:
        raise NotFound(f'There is no schema "{shown(schema)}" with tables in this database.')
    edges = [(row["table"], row["target"]) for row in await db.fetch(REFERENCES, schema)]
    modules: list[Module] = []
    left_out: dict[str, str] = {}
    for name in in_order(names, edges):
        try:
            modules.append(await attach_table(db, arm, schema, name))
        except (Refused, Conflict) as reason:
            left_out[name] = f"{reason.message} {reason.suggestion or ''}".strip()
    catalog = await load_catalog(db)
    return Attached(tuple(catalog.module(m.key) for m in modules), left_out)


def in_order(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> list[str]:
    """Tables after those that they refer to; a circle is broken at its first name.

    >>> in_order(["a", "b", "c"], [("a", "b"), ("b", "c"), ("c", "a")])
    ['c', 'b', 'a']
    """
    done: dict[str, None] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        for target in sorted(t for n, t in edges if n == name):
            if target in names and target not in done and target not in (*path, name):
                visit(target, (*path, name))
        done.setdefault(name)

    for name in names:
        visit(name, ())
    return list(done)


async def detach(db: Connection, disarm: Arm, key: str) -> None:
    """Let go of a table: it stays as it is, with its rows; its history stays too. In a transaction.

    Raises Conflict naming what uses the module.
    """
    catalog = await load_catalog(db)
    module = catalog.module(key)
    if not module.attached or module.system:
        raise Refused(f'"{key}" is no attached table.', suggestion="Remove the module instead.")
    await refuse_used_module(db, unlinked(catalog, key), module, "detached")
    if await db.fetchval("SELECT to_regclass($1::text) IS NOT NULL", module.sql):
        await disarm(db, module)
    for other in catalog.modules.values():
        for field in other.fields.values():
            if other.attached and field.type == "reference" and field.target == key:
                await unlink(db, field)
    await db.execute("DELETE FROM whereupon.modules WHERE id = $1", module.id)
    await revise(db)


def unlinked(catalog: Catalog, key: str) -> Catalog:
    """The catalog without other attached tables' references: these become plain columns again."""
    modules = {
        m.key: replace(m, fields={k: f for k, f in m.fields.items() if not (m.attached and f.target == key)})
        for m in catalog.modules.values()
    }
    return replace(catalog, modules=modules)


async def unlink(db: Connection, field: Field) -> None:
    options = {k: v for k, v in field.options.items() if k not in ("target", "on_delete")}
    kind = TYPES.get(options["sql_type"], "long_text")
    await db.execute(
        "UPDATE whereupon.fields SET type = $2, options = $3 WHERE id = $1", field.id, kind, options
    )
