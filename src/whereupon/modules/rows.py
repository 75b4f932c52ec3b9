"""The rows that say what modules and fields there are, and the catalog as it will be once they change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from whereupon.db.pool import Connection
from whereupon.modules.catalog import Catalog, Field, Module

SYSTEM_FIELDS = (
    ("id", "ID", "integer"),
    ("created_at", "Created", "datetime"),
    ("updated_at", "Last modified", "datetime"),
    ("created_by", "Created by", "user"),
)
# A module's row.
ADD_MODULE = """
INSERT INTO whereupon.modules
  (key, label, label_plural, description, table_schema, table_name, key_columns,
   attached, read_only, title_field, owner_field, parent_field)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id
"""
# Many fields' rows at once; gives id and key.
ADD_FIELDS = """
INSERT INTO whereupon.fields
  (module_id, key, label, description, type, column_name, required, is_unique, indexed,
   read_only, system, options, position)
SELECT $1, f.key, f.label, f.description, f.type, f.column, f.required, f.unique, f.indexed,
       f.read_only, f.system, f.options, f.position
FROM jsonb_to_recordset($2) AS f(
  key text, label text, description text, type text, "column" text, required boolean, "unique" boolean,
  indexed boolean, read_only boolean, system boolean, options jsonb, position integer)
RETURNING id, key
"""
CHANGE_FIELD = """
UPDATE whereupon.fields SET key = $2, label = $3, description = $4, type = $5, column_name = $6,
  required = $7, is_unique = $8, indexed = $9, read_only = $10, options = $11, position = $12 WHERE id = $1
"""
CHANGE_MODULE = """
UPDATE whereupon.modules SET key = $2, label = $3, label_plural = $4, description = $5, table_name = $6,
  title_field = $7, owner_field = $8 WHERE id = $1
"""
# What refers to a module by its key follows when the key changes.
RETARGET = """
UPDATE whereupon.fields SET options = jsonb_set(options, '{target}', to_jsonb($2::text))
WHERE options->>'target' = $1
"""
# A module's title, owner and parent field follow the key ($3 null: the field went).
RENAME_NAMED_FIELDS = """
UPDATE whereupon.modules SET title_field = CASE WHEN title_field = $2 THEN $3 ELSE title_field END,
  owner_field = CASE WHEN owner_field = $2 THEN $3 ELSE owner_field END,
  parent_field = CASE WHEN parent_field = $2 THEN $3 ELSE parent_field END
WHERE id = $1
"""
# Rights on a field follow its key ($3 null: the field went, and so do they).
RENAME_RIGHTS = """
UPDATE whereupon.role_modules
SET fields = (fields - $2::text)
  || CASE WHEN $3::text IS NULL THEN '{}' ELSE jsonb_build_object($3::text, fields->$2::text) END
WHERE module_id = $1 AND fields ? $2::text
"""
STORED = (
    *("key", "label", "description", "type", "column", "required", "unique", "indexed"),
    *("read_only", "system", "position"),
)


async def add_module_row(db: Connection, module: Module) -> int:
    """Store a module; gives its id."""
    id: int = await db.fetchval(
        ADD_MODULE,
        *(module.key, module.label, module.label_plural, module.description, module.schema, module.table),
        *(list(module.key_columns), module.attached, module.read_only),
        *(module.title_field, module.owner_field, module.parent_field),
    )
    return id


async def add_field_rows(db: Connection, module: Module, fields: Iterable[Field]) -> dict[str, Field]:
    """Store fields; gives them by key, with their ids, in the order given."""
    given = list(fields)
    rows: list[Any] = await db.fetch(ADD_FIELDS, module.id, [row_of(f) for f in given])
    ids: dict[str, int] = {row["key"]: row["id"] for row in rows}
    return {f.key: replace(f, id=ids[f.key]) for f in given}


def row_of(field: Field) -> dict[str, Any]:
    """The field's row as it is stored."""
    return {name: getattr(field, name) for name in STORED} | {"options": dict(field.options)}


async def store_field(db: Connection, field: Field) -> None:
    """Write what is known of a field; its id tells which."""
    await db.execute(
        CHANGE_FIELD,
        *(field.id, field.key, field.label, field.description, field.type, field.column, field.required),
        *(field.unique, field.indexed, field.read_only, dict(field.options), field.position),
    )


async def store_module(db: Connection, module: Module) -> None:
    """Write what is known of a module; its id tells which."""
    await db.execute(
        CHANGE_MODULE,
        *(module.id, module.key, module.label, module.label_plural, module.description, module.table),
        *(module.title_field, module.owner_field),
    )


async def forget_key(db: Connection, module: Module, old: str, new: str | None) -> None:
    """What named a field by its key follows it, or lets go of it (`new` None)."""
    await db.execute(RENAME_NAMED_FIELDS, module.id, old, new)
    await db.execute(RENAME_RIGHTS, module.id, old, new)


def system_fields() -> list[Field]:
    """What every record of a module of ours has."""
    return [
        Field(
            id=0,
            key=key,
            label=label,
            type=type,
            column=key,
            required=key != "created_by",
            unique=key == "id",
            indexed=key == "id",
            read_only=True,
            system=True,
            position=position,
        )
        for position, (key, label, type) in enumerate(SYSTEM_FIELDS)
    ]


def with_module(catalog: Catalog, module: Module) -> Catalog:
    """The catalog in which this module is there, or is as given."""
    modules = {**catalog.modules, module.key: module}
    return replace(catalog, modules=modules, by_id={m.id: m for m in modules.values()})
