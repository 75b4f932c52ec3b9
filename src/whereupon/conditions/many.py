"""Formulas over several values at once: SUM, COUNT, AVERAGE, MIN and MAX, of values or of child records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from whereupon.conditions.coerce import as_parameter, common
from whereupon.conditions.functions import Function
from whereupon.conditions.paths import Collection, find_collection, linked
from whereupon.conditions.syntax import Call, Name, Node, children
from whereupon.conditions.values import DECIMAL, INTEGER, Compiled, Kind, Scope, ValueType, refuse

AGGREGATES = ("SUM", "AVERAGE", "COUNT", "MIN", "MAX")
ORDERED = (Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.DATETIME, Kind.TIME)


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a part of a formula stands: the record around it, and inside SUM(lines.…) the line."""

    scope: Scope
    text: str
    rows: Collection | None = None
    row_scope: Scope | None = None


Compile = Callable[[Node, Frame], Compiled]


def aggregate(function: Function, node: Call, frame: Frame, compile_part: Compile) -> Compiled:
    """The SQL of one of the five, over child records if its argument names any."""
    found = [c for argument in node.arguments for c in _collections(argument, frame.scope)]
    collections = {".".join(c.head): c for c in found}
    if not collections:
        return _over_values(function, [compile_part(a, frame) for a in node.arguments], frame.scope)
    if len(collections) > 1:
        names = " and ".join(sorted(collections))
        refuse("many_values", f"{function.name} goes over one kind of child records; here are {names}.")
    if len(node.arguments) > 1:
        refuse("wrong_count", f"{function.name} over child records takes one value.")
    return _over_children(function, next(iter(node.arguments)), frame, found[0], compile_part)


def _collections(node: Node, scope: Scope) -> Iterator[Collection]:
    """The child records that a part names, those of an aggregate inside it apart."""
    if isinstance(node, Name) and (found := find_collection(list(node.names), scope)):
        yield found
    if not (isinstance(node, Call) and node.name in AGGREGATES):
        for part in children(node):
            yield from _collections(part, scope)


def _over_values(function: Function, values: list[Compiled], scope: Scope) -> Compiled:
    reads = frozenset[str]().union(*(v.reads for v in values))
    if function.name == "COUNT":
        sqls = [f"nullif({v.sql}, '')" if v.type.kind is Kind.TEXT else v.sql for v in values]
        return Compiled(f"num_nonnulls({', '.join(sqls)})", INTEGER, reads)
    if function.name in ("MIN", "MAX"):
        sqls, kind = common(values, scope)
        _check_ordered(kind, function)
        return Compiled(
            f"{'least' if function.name == 'MIN' else 'greatest'}({', '.join(sqls)})", kind, reads
        )
    rows = ", ".join(f"({as_parameter(v, 'number', scope)})" for v in values)
    return Compiled(
        f"(SELECT {_call(function, '_v')} FROM (VALUES {rows}) _t(_v))", _sum_type(function, values), reads
    )


def _call(function: Function, argument: str) -> str:
    if function.name == "SUM":
        return f"coalesce(sum({argument}), 0)"
    return f"{'avg' if function.name == 'AVERAGE' else function.name.lower()}({argument})"


def _sum_type(function: Function, values: list[Compiled]) -> ValueType:
    whole = function.name == "SUM" and all(v.type.kind is Kind.INTEGER for v in values)
    return INTEGER if whole else DECIMAL


def _check_ordered(kind: ValueType, function: Function) -> None:
    if kind.kind not in ORDERED:
        refuse("wrong_type", f"{function.name} takes numbers, dates or times; this is {kind.noun}.")


def _over_children(
    function: Function, node: Node, frame: Frame, rows: Collection, compile_part: Compile
) -> Compiled:
    child = linked(frame.row_scope or frame.scope, rows.module)
    where = rows.joined(child, frame.scope)
    if function.name == "COUNT" and isinstance(node, Name) and node.names == rows.head:
        return _select("count(*)", rows, child, where, Compiled("", INTEGER))
    value = compile_part(node, replace(frame, rows=rows, row_scope=child))
    match function.name:
        case "COUNT":
            counted = f"nullif({value.sql}, '')" if value.type.kind is Kind.TEXT else value.sql
            return _select(f"count({counted})", rows, child, where, replace(value, type=INTEGER))
        case "MIN" | "MAX":
            _check_ordered(value.type, function)
            return _select(_call(function, value.sql), rows, child, where, value)
        case _:
            sql = _call(function, as_parameter(value, "number", frame.scope))
            return _select(sql, rows, child, where, replace(value, type=_sum_type(function, [value])))


def _select(sql: str, rows: Collection, child: Scope, where: str, value: Compiled) -> Compiled:
    selected = f"(SELECT {sql} FROM {rows.module.sql} {child.row} WHERE {where})"
    return Compiled(selected, value.type, value.reads | rows.reads)
