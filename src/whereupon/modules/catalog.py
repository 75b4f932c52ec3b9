"""What modules and fields there are: frozen, read from the database in one go, shared by everyone.

The catalog never changes in place. A process loads it again when `whereupon.revision` moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import NotFound, did_you_mean


def no_options() -> dict[str, Any]:
    return {}


def no_modules() -> dict[int, Module]:
    return {}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a module. `column` is None for formulas and line items.

    Options by type: text max_length; decimal/money precision, scale, currency; select/multi_select/stage
    choices [{key, label}]; reference target (module key), on_delete; formula expression, result;
    line_items target (module key of the lines); auto_number prefix, digits; any type: default.
    Fields of attached tables also have sql_type, the column's own type.
    """

    id: int
    key: str
    label: str
    type: str
    column: str | None
    required: bool = False
    unique: bool = False
    indexed: bool = False
    read_only: bool = False
    system: bool = False
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    position: int = 0
    description: str = ""

    @property
    def target(self) -> str | None:
        """The key of the module that this field leads to, if it leads anywhere."""
        return "users" if self.type == "user" else self.options.get("target")


@dataclass(frozen=True, slots=True)
class Module:
    """A kind of record, and the table that holds it."""

    id: int
    key: str
    label: str
    label_plural: str
    schema: str
    table: str
    key_columns: tuple[str, ...]
    key_type: str  # SQL type of the (single) key column, "text" for a composite one
    attached: bool
    read_only: bool
    system: bool
    captured: bool
    title_field: str | None
    owner_field: str | None
    parent_field: str | None
    fields: Mapping[str, Field]
    description: str = ""

    @property
    def sql(self) -> str:
        """The table, quoted for SQL: "data"."cases"."""
        return f"{quote(self.schema)}.{quote(self.table)}"

    @property
    def key_column(self) -> str:
        """The single key column. A module with a composite key is read-only and has none."""
        if len(self.key_columns) != 1:
            raise ValueError(f"{self.key} has a composite key")
        return self.key_columns[0]

    def key_sql(self, alias: str) -> str:
        """The record's key as text, as changes and runs name it."""
        if len(self.key_columns) == 1:
            key = f"{alias}.{quote(self.key_columns[0])}"
            # As JSON has it, which is what the capture trigger reads.
            return f"(to_json({key}) #>> '{{}}')" if self.key_type.startswith("timestamp") else f"{key}::text"
        return "concat_ws(',', " + ", ".join(f"{alias}.{quote(c)}" for c in self.key_columns) + ")"

    def field(self, key: str) -> Field:
        """Raises NotFound with the nearest name."""
        try:
            return self.fields[key]
        except KeyError:
            raise NotFound(
                f'{self.label} has no field "{key}".', suggestion=did_you_mean(key, self.fields)
            ) from None


@dataclass(frozen=True, slots=True)
class Catalog:
    """All modules, saved templates, roles, secrets and file stores, by key, as of one revision."""

    modules: Mapping[str, Module]
    revision: int
    by_id: Mapping[int, Module] = field(default_factory=dict[int, Module])
    templates: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict[str, Mapping[str, Any]]
    )  # key → source
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])  # key → the host that it is for
    providers: Mapping[str, str] = field(default_factory=dict[str, str])  # of messages: key → text, chat
    file_stores: Mapping[str, str] = field(default_factory=dict[str, str])  # key → name
    data_tasks: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict[str, Mapping[str, Any]]
    )  # key → definition
    task_names: Mapping[str, str] = field(default_factory=dict[str, str])  # of data tasks: key → name
    roles: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict[str, Mapping[str, Any]]
    )  # key → what it grants (people/service_roles.py)

    def module(self, key: str) -> Module:
        """Raises NotFound with the nearest name."""
        try:
            return self.modules[key]
        except KeyError:
            raise NotFound(
                f'There is no module "{key}".', suggestion=did_you_mean(key, self.modules)
            ) from None

    def children(self, key: str) -> list[tuple[Module, Field]]:
        """The reference fields of other modules that lead to this one."""
        return [
            (module, f)
            for module in self.modules.values()
            for f in module.fields.values()
            if f.type in ("reference", "user") and f.target == key
        ]


def quote(name: str) -> str:
    """An SQL identifier, whatever it contains.

    >>> quote('or"der')
    '"or""der"'
    """
    return '"' + name.replace('"', '""') + '"'


# Every module with the SQL type of its key, and the revision of the whole.
# Every module, with the revision and the SQL type of its key column: without its length, as a cast to
# varchar(5) would cut a longer id until it fits.
LOAD_MODULES = """
SELECT m.*, (
         SELECT CASE WHEN a.atttypid = 'bpchar'::regtype THEN 'bpchar' ELSE format_type(a.atttypid, NULL) END
         FROM pg_attribute a
         WHERE a.attrelid = to_regclass(format('%I.%I', m.table_schema, m.table_name))
           AND a.attname = m.key_columns[1] AND cardinality(m.key_columns) = 1
       ) AS key_type,
       (SELECT number FROM whereupon.revision) AS revision
FROM whereupon.modules m ORDER BY m.key
"""
LOAD_FIELDS = "SELECT * FROM whereupon.fields ORDER BY module_id, position, id"

LOAD_TEMPLATES = """
SELECT key, source || jsonb_build_object('channel', channel) AS source FROM whereupon.templates
"""
SHARED = "shared/"  # how the names of secrets begin that workflows may use
LOAD_SECRETS = "SELECT name, bound_to FROM whereupon.secrets WHERE starts_with(name, $1)"
LOAD_PROVIDERS = """
SELECT p->>'key' AS key, p->>'kind' AS kind
FROM whereupon.settings s, jsonb_array_elements(s.value->'items') p WHERE s.key = 'message_providers'
"""

LOAD_DATA_TASKS = "SELECT key, name, definition FROM whereupon.data_tasks"
LOAD_ROLES = """
SELECT r.key, r.name, r.administrator, r.builder, coalesce(
  (SELECT jsonb_agg(jsonb_build_object(
            'module', m.key, 'read', g.can_read, 'create', g.can_create, 'update', g.can_update,
            'delete', g.can_delete, 'fields', g.fields))
   FROM whereupon.role_modules g JOIN whereupon.modules m ON m.id = g.module_id
   WHERE g.role_id = r.id), '[]') AS grants
FROM whereupon.roles r
"""
LOAD_FILE_STORES = """
SELECT value->>'key' AS key, value->>'name' AS name
FROM whereupon.settings WHERE starts_with(key, 'file_store/')
"""


async def load_catalog(db: Connection) -> Catalog:
    """Read every module, field, saved template and role, and the keys of secrets."""
    module_rows, field_rows = await db.fetch(LOAD_MODULES), await db.fetch(LOAD_FIELDS)
    fields: dict[int, dict[str, Field]] = {}
    for row in field_rows:
        fields.setdefault(row["module_id"], {})[row["key"]] = Field(
            id=row["id"], key=row["key"], label=row["label"], type=row["type"], column=row["column_name"],
            required=row["required"], unique=row["is_unique"], indexed=row["indexed"],
            read_only=row["read_only"], system=row["system"], options=row["options"],
            position=row["position"], description=row["description"],
        )  # fmt: skip
    modules = {
        row["key"]: Module(
            id=row["id"], key=row["key"], label=row["label"], label_plural=row["label_plural"],
            schema=row["table_schema"], table=row["table_name"], key_columns=tuple(row["key_columns"]),
            key_type=row["key_type"] or "text", attached=row["attached"], read_only=row["read_only"],
            system=row["system"], captured=row["captured"], title_field=row["title_field"],
            owner_field=row["owner_field"], parent_field=row["parent_field"],
            fields=fields.get(row["id"], {}), description=row["description"],
        )
        for row in module_rows
    }  # fmt: skip
    revision = module_rows[0]["revision"] if module_rows else 0
    templates = {row["key"]: row["source"] for row in await db.fetch(LOAD_TEMPLATES)}
    rows = await db.fetch(LOAD_SECRETS, SHARED)
    secrets = {row["name"].removeprefix(SHARED): row["bound_to"] for row in rows}
    stores = {row["key"]: row["name"] for row in await db.fetch(LOAD_FILE_STORES)}
    providers = {row["key"]: row["kind"] for row in await db.fetch(LOAD_PROVIDERS)}
    tasks = await db.fetch(LOAD_DATA_TASKS)
    by_id = {m.id: m for m in modules.values()}
    return Catalog(
        modules, revision, by_id, templates, secrets, providers, stores,
        {row["key"]: row["definition"] for row in tasks}, {row["key"]: row["name"] for row in tasks},
        {row["key"]: dict(row) for row in await db.fetch(LOAD_ROLES)},
    )  # fmt: skip


async def revise(db: Connection) -> None:
    """Say that a definition changed, in the transaction that changes it: others reload on commit."""
    await db.execute("UPDATE whereupon.revision SET number = number + 1")
    await db.execute("NOTIFY whereupon_revision")
