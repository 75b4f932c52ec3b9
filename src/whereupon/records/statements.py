"""The SQL that reads and writes records, its text made once per module and set of fields.

A write is one statement: the context for the capture trigger is set by a CTE of the same statement, so that
a single record costs one round trip and its own commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from whereupon.conditions import Scope, compile_value
from whereupon.modules.catalog import Catalog, Field, Module, quote
from whereupon.modules.field_types import FIELD_TYPES, show_scalar

# Every write begins so: who writes and why, for the trigger, until the transaction ends.
CONTEXT = "WITH context AS MATERIALIZED (SELECT set_config('whereupon.context', $1, true))\n"
ISO_KINDS = frozenset({"date", "datetime"})
# Column types that a parameter of the field's own type is not assigned to without a cast.
CAST_BY_TEXT = frozenset({"uuid", "inet", "cidr", "macaddr", "interval", "xml", "money"})


@dataclass(frozen=True, slots=True)
class Shown:
    """One field as it is read: the SQL, and what makes its value into JSON."""

    key: str
    sql: str
    show: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement and how its result reads: "id" and "etag" come first, then the fields in order."""

    sql: str
    shown: tuple[Shown, ...]


class Statements:
    """Remembers what was made for a catalog; another catalog (another revision) begins anew."""

    def __init__(self, most: int = 2000) -> None:
        self.most = most
        self.made: dict[tuple[object, ...], tuple[Catalog, Statement]] = {}

    def get(self, catalog: Catalog, key: tuple[object, ...], make: Callable[[], Statement]) -> Statement:
        found = self.made.get(key)
        if found is not None and found[0] is catalog:
            return found[1]
        if len(self.made) >= self.most:
            self.made.clear()
        statement = make()
        self.made[key] = (catalog, statement)
        return statement


STATEMENTS = Statements()


def shown_fields(catalog: Catalog, module: Module, keys: Iterable[str]) -> tuple[Shown, ...]:
    """What is read of the fields named; line items are read apart."""
    wanted = [f for key in keys if (f := module.fields[key]).type != "line_items"]
    return tuple(shown_field(catalog, module, f) for f in wanted)


def shown_field(catalog: Catalog, module: Module, field: Field, row: str = "n") -> Shown:
    """How a field is read from `row`: a column as it is, a formula inlined."""
    if field.type == "formula":
        compiled = compile_value({"formula": field.options["expression"]}, Scope(catalog, module, row=row))
        sql = f"({compiled.sql})"
        kind = compiled.type.kind.value
        sql = (
            f"(to_json({sql}) #>> '{{}}')" if kind in ISO_KINDS else f"{sql}::text" if kind == "time" else sql
        )
        return Shown(field.key, sql, show_scalar if kind not in ("json", "text_list") else as_it_is)
    kind, column = FIELD_TYPES[field.type], f"{row}.{quote(field.column or '')}"
    if field.options.get("sql_type") and field.type == "long_text":
        return Shown(field.key, f"{column}::text", as_it_is)
    show = kind.show if not field.options.get("sql_type") else show_scalar
    return Shown(
        field.key, kind.read.format(column=column), as_it_is if field.type == "multi_select" else show
    )


def as_it_is(value: Any) -> Any:
    return value


def parameter(field: Field, number: int, catalog: Catalog) -> str:
    """A value on its way into the field's column: $3::bigint."""
    return cast_to_column(field, f"${number}::{FIELD_TYPES[field.type].parameter}", catalog)


def cast_to_column(field: Field, sql: str, catalog: Catalog) -> str:
    """From the type as which values are sent to the column's, where assignment alone does not do it."""
    if field.type == "reference":
        return f"{sql}::{field.options.get('sql_type') or catalog.module(field.options['target']).key_type}"
    own_type = field.options.get("sql_type")
    return f"{sql}::text::{own_type}" if own_type in CAST_BY_TEXT else sql


def selected(module: Module, shown: Iterable[Shown]) -> str:
    """The columns of a SELECT: key, ETag, then the fields in order."""
    columns = [module.key_sql("n"), "n.xmin::text", *(s.sql for s in shown)]
    return ", ".join(columns)


def insert_statement(
    catalog: Catalog, module: Module, keys: tuple[str, ...], shown: tuple[str, ...]
) -> Statement:
    """$1 the context, $2 who creates (own tables), then the values of `keys`."""

    def make() -> Statement:
        read = shown_fields(catalog, module, shown)
        own = [] if module.attached else ["created_by"]
        columns = [quote(c) for c in own] + [quote(module.fields[k].column or "") for k in keys]
        first = 2 + len(own)
        values = ["$2::bigint"] * len(own)
        values += [parameter(module.fields[k], first + i, catalog) for i, k in enumerate(keys)]
        body = (
            f"({', '.join(columns)}) SELECT {', '.join(values)} FROM context" if columns else "DEFAULT VALUES"
        )
        sql = f"{CONTEXT}INSERT INTO {module.sql} AS n {body} RETURNING {selected(module, read)}"
        return Statement(sql, read)

    return STATEMENTS.get(catalog, ("insert", module.key, keys, shown), make)


def bulk_insert_statement(
    catalog: Catalog, module: Module, keys: tuple[str, ...], shown: tuple[str, ...]
) -> Statement:
    """$1 the context, $2 who creates (own tables only), then a JSON array of the records."""

    def make() -> Statement:
        read = shown_fields(catalog, module, shown)
        own = [] if module.attached else ["created_by"]
        types = [f"{quote(k)} {FIELD_TYPES[module.fields[k].type].parameter}" for k in keys]
        source = f"ROWS FROM (jsonb_to_recordset(${2 + len(own)}) AS ({', '.join(['_ boolean', *types])}))"
        names = ", ".join(["_", *(quote(k) for k in keys), "_place"])
        columns = [*own, *(module.fields[k].column or "" for k in keys)]
        values = ["$2::bigint"] * len(own)
        values += [cast_to_column(module.fields[k], f"v.{quote(k)}", catalog) for k in keys]
        sql = (
            f"{CONTEXT}INSERT INTO {module.sql} AS n ({', '.join(map(quote, columns))}) "
            f"SELECT {', '.join(values)} FROM context, {source} WITH ORDINALITY AS v ({names}) "
            f"ORDER BY v._place RETURNING {selected(module, read)}"
        )
        return Statement(sql, read)

    return STATEMENTS.get(catalog, ("insert many", module.key, keys, shown), make)


def update_statement(
    catalog: Catalog, module: Module, keys: tuple[str, ...], shown: tuple[str, ...], owned: bool
) -> Statement:
    """$1 the context, $2 the record, $3 the etag or null, $4 the owner or null, then the values of `keys`."""

    def make() -> Statement:
        read = shown_fields(catalog, module, shown)
        columns = [quote(module.fields[k].column or "") for k in keys]
        sets = [
            f"{c} = {parameter(module.fields[k], 5 + i, catalog)}"
            for i, (c, k) in enumerate(zip(columns, keys, strict=True))
        ]
        key = quote(module.key_column)
        sets = sets or [f"{key} = n.{key}"]  # nothing to change, yet every check is to be made
        sql = (
            f"{CONTEXT}UPDATE {module.sql} AS n SET {', '.join(sets)} FROM context "
            f"WHERE {this_record(module, owned)} RETURNING {selected(module, read)}"
        )
        return Statement(sql, read)

    return STATEMENTS.get(catalog, ("update", module.key, keys, shown, owned), make)


def bulk_update_statement(
    catalog: Catalog, module: Module, keys: tuple[str, ...], shown: tuple[str, ...], owned: bool
) -> Statement:
    """$1 the context, $2 a JSON array of {"_id", "_etag", values}, $3 the owner or null."""

    def make() -> Statement:
        read = shown_fields(catalog, module, shown)
        typed = ", ".join(f"{quote(k)} {FIELD_TYPES[module.fields[k].type].parameter}" for k in keys)
        values = [cast_to_column(module.fields[k], f"v.{quote(k)}", catalog) for k in keys]
        sets = [f"{quote(module.fields[k].column or '')} = {v}" for k, v in zip(keys, values, strict=True)]
        sql = (
            f"{CONTEXT}UPDATE {module.sql} AS n SET {', '.join(sets)} "
            f"FROM context, jsonb_to_recordset($2) AS v (_id text, _etag text, {typed}) "
            f"WHERE n.{quote(module.key_column)} = v._id::{module.key_type} "
            f"AND (v._etag IS NULL OR n.xmin::text = v._etag) "
            f"AND {owned_by(module, '$3') if owned else '$3::bigint IS NULL'} "
            f"RETURNING {selected(module, read)}"
        )
        return Statement(sql, read)

    return STATEMENTS.get(catalog, ("update many", module.key, keys, shown, owned), make)


def delete_statement(catalog: Catalog, module: Module, owned: bool) -> Statement:
    """$1 the context, $2 the record, $3 the etag or null, $4 the owner or null."""

    def make() -> Statement:
        where = this_record(module, owned)
        return Statement(
            f"{CONTEXT}DELETE FROM {module.sql} AS n USING context WHERE {where} RETURNING true", ()
        )

    return STATEMENTS.get(catalog, ("delete", module.key, owned), make)


def read_statement(catalog: Catalog, module: Module, shown: tuple[str, ...], owned: bool) -> Statement:
    """$1 nothing, $2 the record, $3 null, $4 the owner or null."""

    def make() -> Statement:
        read = shown_fields(catalog, module, shown)
        sql = f"SELECT {selected(module, read)} FROM {module.sql} AS n WHERE {this_record(module, owned)}"
        return Statement(f"{sql} AND $1::text IS NULL", read)

    return STATEMENTS.get(catalog, ("read", module.key, shown, owned), make)


def this_record(module: Module, owned: bool) -> str:
    """The record $2, as of $3 if that is not null, and of the owner $4 if that counts."""
    key = f"{module.key_sql('n')} = $2::text"
    if len(module.key_columns) == 1:
        key = f"n.{quote(module.key_column)} = $2::text::{module.key_type}"
    owner = owned_by(module, "$4") if owned else "$4::bigint IS NULL"
    return f"{key} AND ($3::text IS NULL OR n.xmin::text = $3) AND {owner}"


def owned_by(module: Module, user: str) -> str:
    """The user's own records: those that the owner field gives to the user. Without one there are none."""
    owner = module.fields[module.owner_field].column if module.owner_field else None
    return f"n.{quote(owner)} = {user}::bigint" if owner else f"({user}::bigint IS NULL AND false)"


def as_json(statement: Statement, row: Any) -> dict[str, Any]:
    """The flat record: id first, then the fields in order."""
    return {s.key: s.show(row[i]) for i, s in enumerate(statement.shown, 2)}
