"""One block of a stretch as one statement: judge or write all members that stand at it, and settle them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from whereupon.conditions.values import quote_json, quote_text
from whereupon.modules.catalog import Module, quote
from whereupon.runs.principal import not_theirs
from whereupon.runs.stretches.limits import Rule
from whereupon.runs.stretches.standing import COLUMNS, STANDING, SUSPECTS
from whereupon.sdk.block import Batch
from whereupon.sdk.outcomes import Done, Fail
from whereupon.sdk.stretch import Ending, Parting, Writing
from whereupon.sdk.writing import Assignment, context_sql, image_sql, not_allowed, own_sql, value_sqls

CARRIED = ", ".join(f"r.{name}" for name in COLUMNS)
AT_PLACE = f"{STANDING} s WHERE s.place = {{place}}"
IN_TURN = f"{SUSPECTS} s WHERE s.turn BETWEEN _first AND _last"


@dataclass(frozen=True, slots=True)
class Bearing:
    """What stands around a block of a stretch. `theirs`: SQL boolean, the publisher may read the record
    (None: every one); `settle`: the CTEs that write its history and say what comes next."""

    batch: Batch  # without runs
    module: Module
    theirs: str | None
    settle: str


def asking_sql(bearing: Bearing, form: Parting | Ending | Fail, place: int) -> str:
    """The statement of a block that writes no record."""
    source = source_sql(bearing.module, AT_PLACE.format(place=place))
    match form:
        case Parting():
            outcomes = _parting_sql(bearing, form, source)
        case Ending():
            outcomes = _same_sql(bearing, form.outcome, source)
        case Fail():
            outcomes = _same_sql(bearing, form, source)
    return f"WITH {outcomes}, {bearing.settle} SELECT 0"


def source_sql(module: Module, members: str) -> str:
    """SQL after FROM that binds `r`, `n` and `c` of the members that stand somewhere, as a place's source."""
    columns = ", ".join(f"s.{name}" for name in COLUMNS)
    return (
        f"(SELECT s.run_id AS id, {columns} FROM {members}) r "
        "LEFT JOIN whereupon.changes c ON c.id = r.change_id "
        f"JOIN {module.sql} n ON n.{quote(module.key_column)} = r.record_id::{module.key_type}"
    )


def failure_sql(failure: Fail) -> str:
    return quote_json(failure.as_json())


def _not_theirs(bearing: Bearing) -> str:
    """The first WHEN of a failure, where the publisher may read own records only."""
    return (
        f"WHEN NOT ({bearing.theirs}) THEN {failure_sql(not_theirs(bearing.batch.rights))}"
        if bearing.theirs
        else ""
    )


def _parting_sql(bearing: Bearing, form: Parting, source: str) -> str:
    failure = f"CASE {_not_theirs(bearing)} END" if bearing.theirs else "NULL"
    return (
        f"o AS MATERIALIZED ("
        f"SELECT {CARRIED}, {form.port} AS port, {failure}::jsonb AS failure FROM {source}), "
        f"outcomes AS (SELECT o.*, {form.output} AS output, '{{}}'::jsonb AS given FROM o)"
    )


def _same_sql(bearing: Bearing, outcome: Done | Fail, source: str) -> str:
    if isinstance(outcome, Done):
        port, output = quote_text(outcome.port), quote_json(outcome.output)
        failure = f"CASE {_not_theirs(bearing)} END" if bearing.theirs else "NULL"
    else:
        port, output = "NULL", "NULL"
        failure = f"CASE {_not_theirs(bearing)} ELSE {failure_sql(outcome)} END" if bearing.theirs \
            else failure_sql(outcome)  # fmt: skip
    return (
        f"outcomes AS MATERIALIZED (SELECT {CARRIED}, {port}::text AS port, {output}::jsonb AS output, "
        f"{quote_json(outcome.input)} AS given, ({failure})::jsonb AS failure FROM {source})"
    )


# Writing: first what is and what shall be (w), then who goes through (v), then all else from that.
WRITE = """
WITH w AS MATERIALIZED (
  SELECT {carried}, t.{key} AS key, v.*, {image} AS before, {differs} AS differs,
    CASE {not_theirs} WHEN NOT {allowed} THEN {not_allowed} END AS withheld, {broken} AS broken
  FROM {source} CROSS JOIN LATERAL (SELECT n.*) t CROSS JOIN LATERAL (SELECT {values} OFFSET 0) v),
v AS MATERIALIZED (
  SELECT w.*, coalesce(w.withheld, {said}) AS failure,
    w.differs AND w.withheld IS NULL AND w.broken = '{{}}' AS goes,
    w.differs AND w.withheld IS NULL AND w.broken <> '{{}}' AND ({said}) IS NULL AS suspect FROM w),
context AS MATERIALIZED ({context}),
written AS (UPDATE {table} t SET {sets} FROM v, context WHERE t.{key} = v.key AND v.goes),
apart AS (
  INSERT INTO {suspects} (turn, {columns})
  SELECT row_number() OVER (ORDER BY v.run_id), {of_v} FROM v WHERE v.suspect),
outcomes AS (
  SELECT v.run_id, v.record_id, v.nr, v.change_id, v.seq, v.data, v.error, v.changed OR v.goes AS changed,
    'next' AS port, '{{}}'::jsonb AS given, v.failure, jsonb_build_object('matched', 1, 'updated', 1,
      'changed', v.differs::int, 'failed', 0, 'before', v.before, 'after', {after}) AS output
  FROM v WHERE NOT v.suspect),
{settle}
SELECT count(*) FILTER (WHERE v.suspect) FROM v
"""


def writing_sql(bearing: Bearing, form: Writing, place: int, rules: Sequence[Rule]) -> str:
    """The statement of a block that writes the members' records. Of whom only the table can say what it would
    say is left for `in_turn_sql`; its answer is how many these are."""
    return _writing_sql(bearing, form, AT_PLACE.format(place=place), rules)


def in_turn_sql(bearing: Bearing, form: Writing) -> str:
    """The same for suspects from turn _first to turn _last, whatever the table says to it."""
    return _writing_sql(bearing, form, IN_TURN, ())


def _writing_sql(bearing: Bearing, form: Writing, members: str, rules: Sequence[Rule]) -> str:
    batch, module, fields = bearing.batch, form.module, [one.field for one in form.assignments]
    columns = [quote(field.column or "") for field in fields]
    values = ", ".join(f"{sql} AS v{i}" for i, sql in enumerate(value_sqls(batch, form.assignments)))
    differs = _differs(columns)
    return WRITE.format(
        carried=CARRIED, columns=", ".join(COLUMNS), of_v=", ".join(f"v.{name}" for name in COLUMNS),
        table=module.sql, suspects=SUSPECTS, key=quote(module.key_column), values=values, differs=differs,
        source=source_sql(module, members), image=image_sql(fields, "t"), not_theirs=_not_theirs(bearing),
        allowed=own_sql(batch, "update", module, "t"), not_allowed=_not_allowed(batch, module),
        broken=_broken(differs, rules), said=_said(rules),
        context=context_sql(batch.rights.user_id, "v WHERE v.goes", "key"),
        sets=", ".join(f"{column} = v.v{i}" for i, column in enumerate(columns)),
        after=_after(form.assignments), settle=bearing.settle,
    )  # fmt: skip


def _broken(differs: str, rules: Sequence[Rule]) -> str:
    """The numbers of the rules that the new values break."""
    if not rules:
        return "'{}'::integer[]"
    numbers = ", ".join(f"CASE WHEN {rule.broken} THEN {number} END" for number, rule in enumerate(rules))
    return f"CASE WHEN {differs} THEN array_remove(ARRAY[{numbers}], NULL) ELSE '{{}}' END"


def _said(rules: Sequence[Rule]) -> str:
    """What the table would say to the one rule that is broken, where that is known; else null."""
    cases = " ".join(
        f"WHEN ARRAY[{number}] THEN {failure_sql(rule.says)}"
        for number, rule in enumerate(rules)
        if rule.says is not None
    )
    return f"CASE w.broken {cases} END" if cases else "NULL::jsonb"


def _differs(columns: Sequence[str]) -> str:
    """Whether anything becomes other than it is (rule 2)."""
    now = ", ".join(f"t.{column}" for column in columns)
    then = ", ".join(f"v.v{i}" for i in range(len(columns)))
    return f"(({now}) IS DISTINCT FROM ({then}))"


def _after(assignments: Sequence[Assignment]) -> str:
    pairs = ", ".join(f"{quote_text(one.field.key)}, v.v{i}" for i, one in enumerate(assignments))
    return f"jsonb_build_object({pairs})"


def _not_allowed(batch: Batch, module: Module) -> str:
    """As the block says it (blocks/update_record.py), with the record."""
    before, after = quote_text(f"{module.label} "), quote_text(f": {not_allowed(batch)}")
    return f"jsonb_build_object('code', 'refused', 'message', {before} || r.record_id || {after})"
