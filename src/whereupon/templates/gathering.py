"""From a tree of names to SQL: one jsonb expression that gathers exactly the values named.

So that thousands of messages are queued by one INSERT … SELECT, each with its own values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from whereupon.conditions.paths import compile_path, linked
from whereupon.conditions.rows import column_field, column_value, rows_of
from whereupon.conditions.values import Compiled, Kind, Scope, literal
from whereupon.modules.catalog import Field, Module, quote
from whereupon.templates.names import EACH, Group, Lines, Name, Row, Rows, Value

MAX_LINES = 1_000  # child records that one message can show
KEYS_PER_OBJECT = 45  # jsonb_build_object takes at most 100 arguments
TITLE = ""  # the key under which a link's own title is kept


@dataclass(frozen=True, slots=True)
class Gathered:
    """SQL giving the values as one jsonb, what kinds they are, and the fields read."""

    sql: str
    kinds: Any  # {key: kinds below} or [kind, options], as templates.values.converter knows them
    reads: frozenset[str] = frozenset()


def gather(tree: Group, scope: Scope) -> Gathered:
    """One jsonb of exactly the names in the tree. The scope says which SQL row each name is read from."""
    return gathered({key: root(key, name, scope) for key, name in tree.below.items()})


def gathered(parts: Mapping[str, Gathered]) -> Gathered:
    """Several as one object."""
    sql = build_object({key: part.sql for key, part in parts.items()})
    kinds = {key: part.kinds for key, part in parts.items() if part.kinds}
    return Gathered(sql, kinds, frozenset[str]().union(*(part.reads for part in parts.values())))


def root(key: str, name: Name, scope: Scope) -> Gathered:
    match key:
        case "record":
            return fields(name, scope)
        case "old":
            return fields(name, scope, prefix="old.")
        case "user":  # the acting user, also where the record has a field called "user"
            return linked_row(name, compile_path("user", replace(scope, module=None)), "users", scope)
        case "nodes":
            return gathered({node: block(outputs, scope) for node, outputs in name.below.items()})
        case "trigger" | "document":
            return block(name, scope)
        case "organisation":
            return gathered({k: Gathered(organisation(k), {}) for k in name.below})
        case "today":
            return Gathered(f"(now() AT TIME ZONE {literal(scope.time_zone)})::date", ["date", {}])
        case _:
            return Gathered("now()", ["datetime", {}])


def organisation(key: str) -> str:
    return f"(SELECT value->>{literal(key)} FROM whereupon.settings WHERE key = 'organisation')"


def block(outputs: Name, scope: Scope) -> Gathered:
    """What an earlier block gave: its values, its rows, the values of a row, a record."""
    return gathered(dict(given(outputs, scope)))


def given(outputs: Name, scope: Scope) -> Iterator[tuple[str, Gathered]]:
    for key, below in outputs.below.items():
        match below:
            case Value():
                yield key, value(below, scope)
            case Rows():
                yield key, rows(below, scope)
            case Row(module=Module() as module):
                yield key, linked_row(below, compile_path(below.label, scope), module.key, scope)
            case Group():
                yield key, block(below, scope)
            case _:
                pass


def rows(name: Rows, scope: Scope) -> Gathered:
    """The rows that an earlier block read, each with the columns that are named."""
    kind, catalog = name.row
    found = compile_path(name.path, scope)
    keys = list(name.below[EACH].below) if EACH in name.below else []
    row = Compiled("_r.item", rows_of(kind.module or "", kind.columns or (), many=False))
    parts = {key: column_value(row, key, scope) for key in keys}
    kinds = {
        key: of for key, part in parts.items() if (of := kind_of(column_field(kind, key, catalog), part))
    }
    item = build_object({key: f"(_r.item -> {literal(key)})" for key in keys})
    source = f"jsonb_array_elements(nullif({found.sql}, 'null')) WITH ORDINALITY _r(item, nr)"
    sql = f"(SELECT coalesce(jsonb_agg({item} ORDER BY _r.nr), '[]'::jsonb) FROM {source})"
    return Gathered(sql, {EACH: kinds} if kinds else {}, found.reads)


def fields(name: Name, scope: Scope, prefix: str = "") -> Gathered:
    """The names below a row, read from `scope.row`."""
    return gathered(dict(each(name, scope, prefix)))


def each(name: Name, scope: Scope, prefix: str) -> Iterator[tuple[str, Gathered]]:
    for key, below in name.below.items():
        match below:
            case Value():
                yield key, value(below, scope, prefix)
            case Row(link=Field() as link):
                yield key, linked_row(below, compile_path(prefix + link.key, scope), link.target or "", scope)
            case Lines():
                yield key, lines(below, scope)
            case _:
                pass


def value(name: Value, scope: Scope, prefix: str = "") -> Gathered:
    compiled = compile_path(prefix + name.path, scope)
    if name.field is not None and name.field.type == "file":
        sql = f"(SELECT _d.name FROM whereupon.documents _d WHERE _d.id = {compiled.sql})"
        return Gathered(sql, {}, compiled.reads)
    # As text: JSON numbers would pass through floating point.
    exact = "::text" if compiled.type.kind is Kind.DECIMAL else ""
    return Gathered(f"({compiled.sql}){exact}", kind_of(name.field, compiled), compiled.reads)


def linked_row(name: Name, link: Compiled, target_key: str, scope: Scope) -> Gathered:
    """{field: …} of the record that a link leads to, null when it leads nowhere."""
    target = scope.catalog.modules[target_key]
    inner = linked(scope, target)
    found = fields(name, inner)
    if name.wanted:
        found = with_title(found, compile_path(target.title_field or "id", inner))
    where = f"{inner.row}.{quote(target.key_column)} = {link.sql}"
    sql = f"(SELECT {found.sql} FROM {target.sql} {inner.row} WHERE {where})"
    return Gathered(sql, found.kinds, found.reads | link.reads)


def with_title(found: Gathered, title: Compiled) -> Gathered:
    own = build_object({TITLE: f"({title.sql})::text"})
    return Gathered(
        f"({own} || {found.sql})", {TITLE: ["linked", {}], **found.kinds}, found.reads | title.reads
    )


def lines(name: Lines, scope: Scope) -> Gathered:
    """A JSON array of the child records, in the order of their keys; at most MAX_LINES."""
    assert name.collection is not None
    module = name.collection.module
    inner = linked(scope, module)
    found = fields(name.below[EACH], inner) if EACH in name.below else gathered({})
    order = ", ".join(f"{inner.row}.{quote(column)}" for column in module.key_columns)
    sql = (
        f"(SELECT coalesce(jsonb_agg(_i.item ORDER BY _i.nr), '[]'::jsonb) FROM ("
        f"SELECT {found.sql} AS item, row_number() OVER (ORDER BY {order}) AS nr "
        f"FROM {module.sql} {inner.row} "
        f"WHERE {name.collection.joined(inner, scope)} ORDER BY {order} LIMIT {MAX_LINES}) _i)"
    )
    return Gathered(sql, {EACH: found.kinds} if found.kinds else {}, found.reads | name.collection.reads)


def build_object(parts: Mapping[str, str]) -> str:
    """jsonb_build_object of any number of keys."""
    if not parts:
        return "'{}'::jsonb"
    pairs = [f"{literal(key)}, {sql}" for key, sql in parts.items()]
    chunks = [pairs[i : i + KEYS_PER_OBJECT] for i in range(0, len(pairs), KEYS_PER_OBJECT)]
    return "(" + " || ".join(f"jsonb_build_object({', '.join(chunk)})" for chunk in chunks) + ")"


KINDS = {
    Kind.DATE: "date", Kind.DATETIME: "datetime", Kind.TIME: "time", Kind.DECIMAL: "number",
    Kind.INTEGER: "number", Kind.TEXT_LIST: "list",
}  # fmt: skip


def kind_of(found: Field | None, compiled: Compiled) -> Any:
    """[kind, options] for templates.values.converter; {} for what JSON says well enough itself."""
    options: Mapping[str, Any] = found.options if found is not None else {}
    match found.type if found is not None else "":
        case "money":
            return ["number", {"places": 2, "currency": options.get("currency")}]
        case "decimal":
            return ["number", {"places": min(int(options.get("scale") or 0), 2)}]
        case "select" | "stage":
            return ["choice", {"labels": choice_labels(options)}]
        case "multi_select":
            return ["choices", {"labels": choice_labels(options)}]
        case "rich_text":
            return ["rich", {}]
        case _:
            kind = KINDS.get(compiled.type.kind)
            return [kind, {}] if kind else {}


def choice_labels(options: Mapping[str, Any]) -> dict[str, str]:
    """{key: label} where the two differ; a choice may be written as just its key."""
    choices: list[Any] = list(options.get("choices") or [])
    labelled: list[Mapping[str, Any]] = [choice for choice in choices if isinstance(choice, Mapping)]
    return {str(c["key"]): str(c["label"]) for c in labelled if c.get("label") and c["label"] != c["key"]}
