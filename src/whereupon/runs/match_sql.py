"""The conditions of all active workflows on one kind of change, as one query (rule 8)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from whereupon.conditions.compile import compile_condition
from whereupon.conditions.documents import OF_CHANGE
from whereupon.conditions.values import Scope, type_of_field
from whereupon.modules.catalog import Module, quote
from whereupon.runs.definitions import Active, Definitions

WORKFLOWS_PER_STATEMENT = 1_000


@dataclass(frozen=True, slots=True)
class Statement:
    """Conditions of some workflows on one kind of change, as one query; hits are indexes of `workflows`."""

    sql: str
    workflows: tuple[Active, ...]


def statements(definitions: Definitions, module_id: int, op: str) -> Sequence[Statement]:
    """The statements for one kind of change, made once per revision."""
    key = ("match", module_id, op)
    if key not in definitions.memory:
        definitions.memory[key] = _make_statements(definitions, module_id, op)
    return definitions.memory[key]


def _make_statements(definitions: Definitions, module_id: int, op: str) -> list[Statement]:
    module = definitions.catalog.by_id.get(module_id)
    if module is None:
        return []
    listening = [active for active in definitions.active if listens(active, module_id, op)]
    starts = range(0, len(listening), WORKFLOWS_PER_STATEMENT)
    chunks = [listening[i : i + WORKFLOWS_PER_STATEMENT] for i in starts]
    return [Statement(match_sql(module, op, chunk, definitions), tuple(chunk)) for chunk in chunks]


def listens(active: Active, module_id: int, op: str) -> bool:
    """Whether the workflow's trigger goes by such changes of that module."""
    start, module = active.version.plan.start, active.version.module
    if module is None or module.id != module_id or start is None:
        return False
    return op in start.trigger.operations(start.config)


def match_sql(module: Module, op: str, listening: Sequence[Active], definitions: Definitions) -> str:
    """The query: for each change ($1), the indexes of the workflows that it starts.

    `n` is the row as the change left it (the last one, for a delete), `o` the row before.
    """
    if op == OF_CHANGE:
        return _document_sql(module, listening, definitions)
    cases = ", ".join(
        f"CASE WHEN {start_condition(active, module, op, definitions)} THEN {index} END"
        for index, active in enumerate(listening)
    )
    return (
        f"SELECT c.id AS change_id, array_remove(ARRAY[{cases}]::int[], NULL) AS hits "
        f"FROM unnest($1::bigint[]) AS p(id) JOIN whereupon.changes c ON c.id = p.id"
        f"{_row_sql('n', 'c.old' if op == 'D' else 'c.new', module, cases, definitions)}"
        f"{_row_sql('o', 'c.old', module, cases, definitions)}"
    )


def _document_sql(module: Module, listening: Sequence[Active], definitions: Definitions) -> str:
    """The same for changes that are about a document: the record is as it is now, for it did not change."""
    cases = ", ".join(
        f"CASE WHEN {start_condition(active, module, OF_CHANGE, definitions)} THEN {index} END"
        for index, active in enumerate(listening)
    )
    key = f"{module.key_sql('n')} = c.record_id"
    if len(module.key_columns) == 1 and module.key_type in ("bigint", "integer", "smallint"):
        # By number, for the index. Another program may have written anything there, and must stop nobody.
        number = "CASE WHEN c.record_id ~ '^-?[0-9]{1,18}$' THEN c.record_id::bigint END"
        key = f"n.{quote(module.key_column)} = {number}"
    return (
        f"SELECT c.id AS change_id, array_remove(ARRAY[{cases}]::int[], NULL) AS hits "
        f"FROM unnest($1::bigint[]) AS p(id) JOIN whereupon.changes c ON c.id = p.id "
        f"JOIN {module.sql} n ON {key}"
    )


def _row_sql(alias: str, image: str, module: Module, used_in: str, definitions: Definitions) -> str:
    """SQL that joins a row made from a change's image, with only the columns that the conditions read."""
    named = set(re.findall(rf'\b{alias}\."((?:[^"]|"")+)"', used_in))
    columns = ", ".join(
        f"{quote(f.column)} {type_of_field(f, definitions.catalog).sql}"
        for f in module.fields.values()
        if f.column is not None and f.column.replace('"', '""') in named
    )
    key = module.key_columns[0]
    if len(module.key_columns) == 1 and key in named and f"{quote(key)} " not in columns:
        columns = ", ".join(filter(None, [f"{quote(key)} {module.key_type}", columns]))
    return f" CROSS JOIN LATERAL jsonb_to_record({image}) AS {alias}({columns})" if columns else ""


def start_condition(active: Active, module: Module, op: str, definitions: Definitions) -> str:
    """SQL boolean: the trigger says yes, the filter holds, and (when_met) it did not hold before."""
    start = active.version.plan.start
    assert start is not None
    user_id = active.version.user_id
    scope = Scope(
        catalog=definitions.catalog,
        module=module,
        row="n",
        old="o" if op != OF_CHANGE else None,
        op="c.op",
        document="c.new" if op == OF_CHANGE else None,
        user=f"{user_id}::bigint" if user_id is not None else None,
        time_zone=active.version.plan.document.settings.time_zone or definitions.time_zone,
    )
    parts = [start.trigger.condition(start.config, scope, op)]
    if start.filter is not None:
        parts.append(compile_condition(start.filter, scope))
        if active.recurrence == "when_met" and op == "U":
            before = compile_condition(start.filter, replace(scope, row="o"))
            parts.append(f"({before}) IS NOT TRUE")
    return " AND ".join(f"({part})" for part in parts)
