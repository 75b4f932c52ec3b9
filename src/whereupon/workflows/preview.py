"""What a text, formula, value or condition gives for a real record, before anything is published.

Outputs of earlier blocks do not exist yet: a text shows ‹node.output› for them, a formula sees nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import asyncpg

from whereupon.conditions.compile import compile_tree
from whereupon.conditions.explain import explain
from whereupon.conditions.expressions import as_text, compile_value
from whereupon.conditions.rows import column_type
from whereupon.conditions.values import BROUGHT, TEXT, Compiled, Scope, ValueType, literal, quote_json
from whereupon.conditions.values import Kind as ValueKind
from whereupon.db.pool import Connection
from whereupon.errors import Invalid, NotFound, Problem
from whereupon.modules.catalog import Module
from whereupon.outbox.sanitise import clean_html
from whereupon.people.rights import Rights, require_reads
from whereupon.records.read import read_record
from whereupon.templates.template import parse, render

Kind = Literal["text", "html", "formula", "value", "condition"]


async def preview(
    db: Connection, rights: Rights, scope: Scope, kind: Kind, content: Any, record_id: str | None
) -> dict[str, Any]:
    """{"rendered": words, "type": noun, "held": whether, "explained": tree}; what does not apply is None.

    Raises Invalid for what is wrong with it, NotFound, Refused.
    """
    if record_id is not None and scope.module is not None:
        await read_record(db, scope.catalog, scope.module.key, record_id, rights, lines=False)
    elif scope.module is not None:
        raise Invalid.of(Problem("missing", "Choose a record to look at.", "/record_id"))
    here = replace(scope, data="r.data")
    match kind:
        case "text" | "html":
            return _answer(await _text(db, rights, here, str(content), kind == "html", record_id))
        case "formula" | "value":
            asked = {"formula": content} if kind == "formula" else content
            return await _value(db, rights, here, asked, record_id)
        case "condition":
            return await _condition(db, rights, here, content, record_id)


def _answer(rendered: str | None, noun: str | None = None, tree: Any = None) -> dict[str, Any]:
    held = tree["held"] if tree else None
    return {"rendered": rendered, "type": noun, "held": held, "explained": tree}


async def _text(
    db: Connection, rights: Rights, scope: Scope, text: str, html: bool, record_id: str | None
) -> str:
    # Whatever type an output will have, for now it is the text that stands for it; rows stay rows.
    shown = replace(
        scope,
        outputs={
            node: {name: kind if _has_names(kind) else TEXT for name, kind in outputs.items()}
            for node, outputs in scope.outputs.items()
        },
    )
    template = parse(text, shown, html=html)
    _require(rights, template.reads, scope)
    context = await _one(db, template.context_sql(shown), shown, record_id)
    written = render(template.stored, context)
    return clean_html(written) if html else written


async def _value(
    db: Connection, rights: Rights, scope: Scope, value: Any, record_id: str | None
) -> dict[str, Any]:
    compiled = compile_value(value, replace(scope, data="'{}'::jsonb"))
    _require(rights, compiled.reads, scope)
    words = as_text(Compiled(f"({compiled.sql})::{compiled.type.sql}", compiled.type), scope)
    return _answer(await _one(db, words, scope, record_id), compiled.type.noun)


async def _condition(
    db: Connection, rights: Rights, scope: Scope, condition: Any, record_id: str | None
) -> dict[str, Any]:
    alone = replace(scope, data="'{}'::jsonb")
    _require(rights, compile_tree(condition, alone).reads, scope)
    if scope.module is None or record_id is None:
        raise Invalid.of(Problem("no_record", "A condition is asked of a record.", "/record_id"))
    return _answer(None, None, await explain(db, condition, alone, record_id, rights=rights))


def _require(rights: Rights, reads: frozenset[str], scope: Scope) -> None:
    require_reads(rights, reads, scope.catalog, scope.module.key if scope.module else None)


async def _one(db: Connection, sql: str, scope: Scope, record_id: str | None) -> Any:
    """The value of an SQL expression for one record. Raises NotFound, Invalid."""
    source = f"(SELECT {_placeholders(scope)} AS data) r"
    if scope.module is not None:
        source += _record_sql(scope.module, record_id or "")
    try:
        rows = await db.fetch(f"SELECT {sql} AS found FROM {source}")
    except asyncpg.DataError as error:
        raise Invalid.of(Problem("cannot_compute", f"It cannot be computed: {error}.")) from None
    if not rows:
        raise NotFound(f'There is no record "{record_id}".')
    return rows[0]["found"]


def _record_sql(module: Module, record_id: str) -> str:
    """SQL that joins the record `n` and its latest change `c`, if it has one."""
    key = f"{module.key_sql('n')} = {literal(record_id)}"
    latest = (
        f"SELECT * FROM whereupon.changes x WHERE x.module_id = {module.id} "
        f"AND x.record_id = {literal(record_id)} ORDER BY x.id DESC LIMIT 1"
    )
    return f" JOIN {module.sql} n ON {key} LEFT JOIN LATERAL ({latest}) c ON true"


def _placeholders(scope: Scope) -> str:
    """What stands for the outputs of earlier blocks, as jsonb."""
    data: Mapping[str, Any] = {
        node: {
            name: _placeholder(f"{'trigger' if node == BROUGHT else node}.{name}", kind, scope)
            for name, kind in outputs.items()
        }
        for node, outputs in scope.outputs.items()
    }
    return quote_json(data)


def _has_names(kind: ValueType) -> bool:
    """Whether names stand below it: the columns of rows, the fields of a record."""
    return kind.columns is not None or kind.kind is ValueKind.REFERENCE


def _placeholder(name: str, kind: ValueType, scope: Scope) -> Any:
    """A text that stands for the output; a row has such a text in each column that holds texts."""
    if kind.columns is None:
        return None if kind.kind is ValueKind.REFERENCE else f"‹{name}›"
    types = {column: column_type(kind, column, scope.catalog) for column in kind.columns}
    row = {
        c: f"‹{name}.{c}›" if t.kind is ValueKind.TEXT and not t.choices else None for c, t in types.items()
    }
    return [row] if kind.many else row
