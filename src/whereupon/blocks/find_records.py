"""D18: reads records of any module that meet a condition, for the blocks after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

import orjson
from pydantic import Field

from whereupon.conditions.compile import check_condition, compile_condition, fields_read
from whereupon.conditions.paths import compile_path
from whereupon.conditions.rows import rows_of
from whereupon.conditions.tree import Condition
from whereupon.conditions.values import INTEGER, Compiled, Kind, Scope, ValueType, literal, reference
from whereupon.conditions.words import condition_words, shortened
from whereupon.errors import Invalid, Problem, did_you_mean
from whereupon.modules.catalog import Module, quote
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.fields import Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome
from whereupon.sdk.targets import candidate_scope, known_module
from whereupon.sdk.writing import own_sql

MOST_ROWS = 1_000
MOST_BYTES = 1_000_000  # of all rows that one run carries
COUNTED = 10_000  # beyond, counting stops
SHOWN = 20  # rows in the history
UNSORTED = ("line_items", "multi_select", "rich_text")
ORDER = {"ascending": "Smallest first", "descending": "Largest first"}


class SortConfig(Config):
    """One step of the order."""

    field: Annotated[str, Shown("field", module=["../module"])] = Field(title="Field")
    descending: bool = Field(False, title="Largest or latest first")


class FindConfig(Config):
    """What is looked for. In `where`, names are those of the records looked for; `record.…` is the run's."""

    module: Annotated[str, Shown("module")] = Field(title="Look in", description="Where to look for records.")
    where: Annotated[Condition | None, Shown("condition", module=["module"], others=["record"])] = Field(
        None, title="Only records where", description="Only those for which this holds; none: all."
    )
    columns: Annotated[list[str], Shown("fields", module=["module"])] = Field(
        default_factory=list[str],
        max_length=40,
        title="Fields to read",
        description="What later blocks may use of each record, besides its id.",
    )
    sort: list[SortConfig] = Field(default_factory=list[SortConfig], max_length=5, title="In the order of")
    limit: int = Field(100, ge=1, le=MOST_ROWS, title="At most", description="How many records are read.")


class FindRecords(Block[FindConfig]):
    """The rows are read once, as they are when the block runs, with its publisher's rights."""

    key = "find_records"
    label = "Find records"
    group = "Records"
    icon = "search"
    description = "Reads records of any module that meet a condition, for the blocks after it."
    Config = FindConfig
    outputs: ClassVar = {"count": INTEGER}
    examples = (
        {"module": "items", "columns": ["name", "amount"], "sort": [{"field": "amount", "descending": True}]},
        {
            "module": "items", "columns": ["name"], "limit": 5,
            "where": {"field": "owner", "operator": "equals", "value": {"field": "record.owner"}},
        },
    )  # fmt: skip

    def outputs_of(self, config: FindConfig) -> Mapping[str, ValueType]:
        columns = tuple(config.columns)
        return {
            "count": INTEGER,
            "first": rows_of(config.module, columns, many=False),
            "rows": rows_of(config.module, columns, many=True),
            "record": reference(config.module),
        }

    def check(self, config: FindConfig, scope: Scope) -> list[Problem]:
        try:
            module = known_module(config.module, "/module", scope)
        except Invalid as error:
            return list(error.problems)
        inner = candidate_scope(module, scope)
        found = check_condition(config.where, inner, "/where") if config.where is not None else []
        for index, column in enumerate(config.columns):
            found += _check_column(column, module, f"/columns/{index}")
        for index, step in enumerate(config.sort):
            found += _check_sort(step.field, module, f"/sort/{index}/field")
        return found

    def describe(self, config: FindConfig, scope: Scope) -> str:
        module = known_module(config.module, "/module", scope)
        inner = candidate_scope(module, scope)
        where = f" where {condition_words(config.where, inner)}" if config.where is not None else ""
        return shortened(f"Find {module.label_plural}{where}")

    def reads(self, config: FindConfig, scope: Scope) -> frozenset[str]:
        module = known_module(config.module, "/module", scope)
        inner = candidate_scope(module, scope)
        found = {module.key, *(f"{module.key}.{column}" for column in config.columns)}
        paths = [*config.columns, *(step.field for step in config.sort)]
        where = fields_read(config.where, inner) if config.where is not None else frozenset[str]()
        return frozenset(found).union(where, *(compile_path(path, inner).reads for path in paths))

    async def run_batch(self, config: FindConfig, batch: Batch) -> list[Outcome]:
        module = known_module(config.module, "/module", batch.place.scope)
        batch.rights.require("read", module.key, config.columns)
        sql = batch.place.once("find", lambda: _find_sql(config, module, batch))
        found = {row["run_id"]: row for row in await batch.db.fetch(sql, batch.ids)}
        return [_outcome(config, module, found.get(run.id)) for run in batch.runs]


def _check_column(column: str, module: Module, at: str) -> list[Problem]:
    found = module.fields.get(column)
    if found is None:
        advice = did_you_mean(column, module.fields)
        return [Problem("unknown_field", f'{module.label} has no field "{column}".', at, advice)]
    if found.type == "line_items":
        return [Problem("many_values", f'"{found.label}" is many lines, not one value.', at)]
    return []


def _check_sort(field: str, module: Module, at: str) -> list[Problem]:
    wrong = _check_column(field, module, at)
    if not wrong and module.fields[field].type in UNSORTED:
        return [Problem("cannot_sort", f'Records cannot be sorted by "{module.fields[field].label}".', at)]
    return wrong


def _find_sql(config: FindConfig, module: Module, batch: Batch) -> str:
    """For each run: how many there are, and the first of them as a JSON array."""
    scope, source = batch.place.scope, batch.place.source
    inner = candidate_scope(module, scope)
    where = compile_condition(config.where, inner) if config.where is not None else "true"
    where = f"({where}) AND {own_sql(batch, 'read', module, 't')}"
    order = ", ".join([*(_by(step, inner) for step in config.sort), *_key_order(module)])
    row = _row_sql(config, module, inner)
    return (
        f"SELECT r.id AS run_id, k.count, f.rows::text AS rows FROM {source}, LATERAL ("
        f"SELECT coalesce(jsonb_agg(x.item ORDER BY x.nr), '[]'::jsonb) AS rows FROM ("
        f"SELECT {row} AS item, row_number() OVER (ORDER BY {order}) AS nr "
        f"FROM {module.sql} t WHERE {where} ORDER BY {order} LIMIT {config.limit}) x) f, LATERAL ("
        f"SELECT count(*) AS count FROM (SELECT 1 FROM {module.sql} t WHERE {where} LIMIT {COUNTED}) y) k"
    )


def _row_sql(config: FindConfig, module: Module, inner: Scope) -> str:
    """The key and the columns as one jsonb. Decimals as text, because JSON's numbers lose digits."""
    columns = {column: compile_path(column, inner) for column in config.columns}
    pairs = [f"'id', {module.key_sql('t')}"]
    pairs += [f"{literal(key)}, {_exact(value)}" for key, value in columns.items() if key != "id"]
    return f"jsonb_build_object({', '.join(pairs)})"


def _exact(value: Compiled) -> str:
    return f"({value.sql}){'::text' if value.type.kind is Kind.DECIMAL else ''}"


def _by(step: SortConfig, inner: Scope) -> str:
    """Text ignoring case, as it is compared; what is missing comes last."""
    value = compile_path(step.field, inner)
    sql = f"lower({value.sql})" if value.type.kind is Kind.TEXT and not value.type.choices else value.sql
    return f"{sql} {'DESC' if step.descending else 'ASC'} NULLS LAST"


def _key_order(module: Module) -> list[str]:
    return [f"t.{quote(column)}" for column in module.key_columns]


def _outcome(config: FindConfig, module: Module, row: Mapping[str, object] | None) -> Outcome:
    text = str(row["rows"]) if row is not None else "[]"
    if len(text.encode()) > MOST_BYTES:
        told = f"The {module.label_plural} found have more than {MOST_BYTES // 1_000_000} MB of values."
        return Fail(told, "too_much_data", "Read fewer fields, or fewer records.")
    rows = orjson.loads(text)
    count = row["count"] if row is not None else 0
    first = rows[0] if rows else None
    output = {
        "count": count, "rows": rows, "first": first, "record": first["id"] if first else None,
        "module": module.key,
    }  # fmt: skip
    return Done("next", output, records=len(rows))
