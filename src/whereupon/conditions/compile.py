"""Conditions become SQL: one tree in, one boolean expression out, every wrong place named at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn, TypeVar

from whereupon.conditions.coerce import as_parameter
from whereupon.conditions.expressions import compile_operand
from whereupon.conditions.operators import OPERATORS, Operands, Operator, Right
from whereupon.conditions.paths import Collection, compile_path, find_collection, linked
from whereupon.conditions.tree import All, AnyOf, Children, Comparison, ConditionNode, Not, parse_condition
from whereupon.conditions.values import DECIMAL, INTEGER, TEXT, Compiled, Kind, Scope, ValueType, refuse
from whereupon.errors import Invalid, Problem, did_you_mean

T = TypeVar("T")
LONGEST_SQL = 200_000  # of a whole condition


@dataclass(frozen=True, slots=True)
class Verdict:
    """One part of a condition as SQL; a comparison also with its two sides, which `explain` shows."""

    node: ConditionNode
    pointer: str
    sql: str
    reads: frozenset[str]
    parts: tuple[Verdict, ...] = ()
    operator: Operator | None = None
    left: Compiled | None = None
    before: Compiled | None = None
    rights: list[Compiled] = field(default_factory=list[Compiled])


def compile_condition(condition: object, scope: Scope) -> str:
    """The SQL boolean of a condition; null counts as not held. Raises Invalid naming every problem."""
    return compile_tree(condition, scope).sql


def check_condition(condition: object, scope: Scope, path: str = "") -> list[Problem]:
    """What is wrong with a condition found at `path` of a document; an empty list when nothing is."""
    try:
        compile_tree(condition, scope)
    except Invalid as error:
        return [p.under(path) for p in error.problems]
    return []


def fields_read(condition: object, scope: Scope) -> frozenset[str]:
    """Every "module.field" that the condition depends on, linked and child records' included."""
    return compile_tree(condition, scope).reads


def compile_tree(condition: object, scope: Scope) -> Verdict:
    """The condition with the SQL of each of its parts. Raises Invalid."""
    verdict = _compile(parse_condition(condition), scope, "")
    if len(verdict.sql) > LONGEST_SQL:
        refuse("too_large", "This condition is too large.", "Move parts of it into formula fields or blocks.")
    return verdict


def _compile(node: ConditionNode, scope: Scope, pointer: str) -> Verdict:
    match node:
        case All(all=parts):
            return _group(node, parts, " AND ", scope, f"{pointer}/all")
        case AnyOf(any=parts):
            if not parts:
                _fail("empty_group", 'An empty "any" group never holds.', f"{pointer}/any", "Remove it.")
            return _group(node, parts, " OR ", scope, f"{pointer}/any")
        case Not(negated=negated):
            part = _compile(negated, scope, f"{pointer}/not")
            return Verdict(node, pointer, f"({part.sql}) IS NOT TRUE", part.reads, (part,))
        case Comparison():
            return _comparison(node, scope, pointer)
        case Children():
            return _children(node, scope, pointer)


def _group(node: ConditionNode, nodes: list[Any], joint: str, scope: Scope, pointer: str) -> Verdict:
    """All parts are compiled before any problem is reported."""
    problems: list[Problem] = []
    parts = [
        _try(problems, lambda n=n, i=i: _compile(n, scope, f"{pointer}/{i}")) for i, n in enumerate(nodes)
    ]
    if problems:
        raise Invalid.of(*problems, what="The condition is not valid.")
    done = tuple(p for p in parts if p is not None)
    sql = joint.join(p.sql for p in done) or "true"
    reads = frozenset[str]().union(*(p.reads for p in done))
    return Verdict(node, pointer.rpartition("/")[0], f"({sql})" if len(done) > 1 else sql, reads, done)


def _try(problems: list[Problem], work: Callable[[], T]) -> T | None:
    try:
        return work()
    except Invalid as error:
        problems.extend(error.problems)
        return None


def _fail(code: str, message: str, path: str, suggestion: str | None = None) -> NoReturn:
    refuse(code, message, suggestion, path)


def _at(path: str, work: Callable[[], T]) -> T:
    """What `work` gives; its problems are those of the place `path`."""
    try:
        return work()
    except Invalid as error:
        raise Invalid.of(
            *(p.under(path) for p in error.problems), what="The condition is not valid."
        ) from None


# A comparison --------------------------------------------------------------------------------------


def _comparison(node: Comparison, scope: Scope, pointer: str) -> Verdict:
    problems: list[Problem] = []
    left = _try(problems, lambda: _at(f"{pointer}/field", lambda: compile_path(node.field, scope)))
    operator = _try(problems, lambda: _at(f"{pointer}/operator", lambda: _operator(node.operator)))
    if left is None or operator is None:
        raise Invalid.of(*problems, what="The condition is not valid.")
    before = _at(f"{pointer}/operator", lambda: _before(node.field, scope)) if operator.of_change else None
    return _apply(node, operator, left, before, scope, pointer)


def _operator(key: str) -> Operator:
    found = OPERATORS.get(key)
    if found is None:
        near = did_you_mean(key, OPERATORS) or f"Known: {', '.join(OPERATORS)}."
        refuse("unknown_operator", f'There is no operator "{key}".', near)
    return found


def _before(path: str, scope: Scope) -> Compiled:
    """The field as it was before the change; only the record's own fields are known as they were."""
    if scope.old is None:
        message = "Whether it has changed cannot be asked here: there is no change to look at."
        refuse("no_change", message, "On a schedule, by hand or of child records, compare values instead.")
    if "." in path:
        hint = f'Ask whether "{path.partition(".")[0]}" has changed, or start from the linked module.'
        refuse("no_change", f'Whether "{path}" of another record has changed is not known here.', hint)
    return compile_path(path, replace(scope, row=scope.old))


def _apply(
    node: Comparison | Children,
    operator: Operator,
    left: Compiled,
    before: Compiled | None,
    scope: Scope,
    pointer: str,
) -> Verdict:
    if left.type.kind not in operator.takes:
        hint = _other_operators(left.type)
        _fail(
            "wrong_type",
            f'"{operator.label}" cannot be asked of {left.type.noun}.',
            f"{pointer}/operator",
            hint,
        )
    rights = _rights(node.value, operator, left.type, scope, f"{pointer}/value")
    operands = Operands(left, rights, before, scope)
    sql = _at(f"{pointer}/value" if rights else pointer, lambda: operator.sql(operands))
    reads = left.reads.union(*(r.reads for r in rights))
    return Verdict(node, pointer, sql, reads, operator=operator, left=left, before=before, rights=rights)


def _other_operators(kind: ValueType) -> str:
    return (
        f"Operators for {kind.noun}: {', '.join(o.key for o in OPERATORS.values() if kind.kind in o.takes)}."
    )


def _rights(value: Any, operator: Operator, left: ValueType, scope: Scope, pointer: str) -> list[Compiled]:
    """What stands on the right, as many values as the operator takes."""
    if operator.right is Right.NONE:
        if value is not None:
            _fail("unknown_key", f'"{operator.label}" takes no value.', pointer, "Leave the value out.")
        return []
    if value is None:
        hint = 'For a missing value use "is_empty" or "is_not_empty".'
        _fail("missing", f'"{operator.label}" needs a value.', pointer, hint)
    expected = _expected(operator, left)
    if operator.right in (Right.LIST, Right.PAIR):
        return _several(value, operator, expected, scope, pointer)
    if isinstance(value, list) and left.kind is not Kind.TEXT_LIST:
        hint = 'Use "is_one_of" for a list.'
        _fail("wrong_type", f'"{operator.label}" takes one value, not a list.', pointer, hint)
    return [_at(pointer, lambda: compile_operand(value, scope, expected))]


def _expected(operator: Operator, left: ValueType) -> ValueType:
    """How a constant on the right is to be read."""
    if operator.right is Right.DAYS:
        return DECIMAL
    if left.kind is Kind.JSON:
        return ValueType(Kind.NOTHING)  # as it looks
    return TEXT if operator.part and left.kind is Kind.TEXT else left


def _several(
    value: Any, operator: Operator, expected: ValueType, scope: Scope, pointer: str
) -> list[Compiled]:
    if not isinstance(value, list):
        _fail("wrong_type", f'"{operator.label}" takes a list.', pointer, 'For example ["new", "open"].')
    items = list[Any](value)  # pyright: ignore[reportUnknownArgumentType]
    if not items or (operator.right is Right.PAIR and len(items) != 2):
        wanted = "two values, from and to" if operator.right is Right.PAIR else "at least one value"
        _fail("wrong_count", f'"{operator.label}" takes {wanted}.', pointer)
    problems: list[Problem] = []
    found = [
        _try(problems, lambda v=v, i=i: _at(f"{pointer}/{i}", lambda: compile_operand(v, scope, expected)))
        for i, v in enumerate(items)
    ]
    if problems:
        raise Invalid.of(*problems, what="The condition is not valid.")
    return [c for c in found if c is not None]


# Child records -------------------------------------------------------------------------------------


def _children(node: Children, scope: Scope, pointer: str) -> Verdict:
    rows = _at(f"{pointer}/children", lambda: _collection(node.children, scope))
    child = linked(scope, rows.module)
    where = _compile(node.where, child, f"{pointer}/where") if node.where is not None else None
    reads = rows.reads | (where.reads if where else rows.reads)
    link = rows.joined(child, scope)
    if node.aggregate in ("all", "any", "none"):
        _check_quantifier(node, pointer)
        sql = _quantified(node.aggregate, rows, child, link, where)
        return Verdict(node, pointer, sql, reads, left=_how_many(rows, child, link, where))
    both = f"{link} AND {where.sql}" if where else link
    left = _aggregated(node, rows, child, both, pointer)
    if node.operator is None:
        _fail("missing", '"operator" is missing.', f"{pointer}/operator", 'For example "greater_than".')
    key = node.operator
    operator = _at(f"{pointer}/operator", lambda: _operator(key))
    if operator.of_change:
        _fail("no_change", "Whether child records have changed is not known here.", f"{pointer}/operator")
    return _apply(node, operator, replace(left, reads=left.reads | reads), None, scope, pointer)


def _collection(path: str, scope: Scope) -> Collection:
    names = path.split(".")
    found = find_collection(names, scope)
    if found is None or len(found.head) != len(names):
        known = _known_collections(scope)
        hint = did_you_mean(path, known) or f"Known: {', '.join(known[:12]) or 'none'}."
        refuse("unknown_children", f'"{path}" names no child records.', hint)
    return found


def _known_collections(scope: Scope) -> list[str]:
    if scope.module is None:
        return []
    lines = [f.key for f in scope.module.fields.values() if f.type == "line_items"]
    return lines + [f"{m.key}.{f.key}" for m, f in scope.catalog.children(scope.module.key)]


def _check_quantifier(node: Children, pointer: str) -> None:
    for name in ("field", "operator", "value"):
        if getattr(node, name) is not None:
            message = f'"{node.aggregate}" takes no {name}; what is asked of each child stands in "where".'
            _fail("unknown_key", message, f"{pointer}/{name}")
    if node.aggregate == "all" and node.where is None:
        _fail("missing", '"all" needs "where": what all are to meet.', f"{pointer}/where")


def _quantified(name: str, rows: Collection, child: Scope, link: str, where: Verdict | None) -> str:
    """All of no children does not hold: a project without tasks is not one whose tasks are all done."""
    source = f"FROM {rows.module.sql} {child.row} WHERE {link}"
    if name == "all" and where is not None:
        return f"(SELECT bool_and(({where.sql}) IS TRUE) {source})"
    found = f"EXISTS (SELECT 1 {source}{f' AND {where.sql}' if where else ''})"
    return found if name == "any" else f"NOT {found}"


def _how_many(rows: Collection, child: Scope, link: str, where: Verdict | None) -> Compiled:
    """For `explain`: how many of the children meet what was asked, "2 of 5"."""
    met = where.sql if where else "true"
    counts = f"count(*) FILTER (WHERE {met}) || ' of ' || count(*)"
    return Compiled(f"(SELECT {counts} FROM {rows.module.sql} {child.row} WHERE {link})", TEXT)


def _aggregated(node: Children, rows: Collection, child: Scope, where: str, pointer: str) -> Compiled:
    """The count, sum and so on, as a value: a sum over none is 0, a least of none is missing."""
    source = f"FROM {rows.module.sql} {child.row} WHERE {where}"
    if node.aggregate == "count":
        if node.field is not None:
            _fail("unknown_key", '"count" takes no field.', f"{pointer}/field", 'Use "where".')
        return Compiled(f"(SELECT count(*) {source})", INTEGER)
    if node.field is None:
        _fail("missing", f'"{node.aggregate}" needs a field of {rows.module.key}.', f"{pointer}/field")
    path = node.field
    return _at(
        f"{pointer}/field", lambda: _of_field(node.aggregate, compile_path(path, child), source, child)
    )


def _of_field(aggregate: str, value: Compiled, source: str, scope: Scope) -> Compiled:
    if aggregate in ("sum", "average"):
        number = as_parameter(value, "number", scope)
        call = f"coalesce(sum({number}), 0)" if aggregate == "sum" else f"avg({number})"
        return Compiled(f"(SELECT {call} {source})", DECIMAL, value.reads)
    if value.type.kind not in (Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.DATETIME, Kind.TIME):
        refuse("wrong_type", f"The {aggregate} of {value.type.noun} cannot be asked.")
    return Compiled(f"(SELECT {aggregate}({value.sql}) {source})", value.type, value.reads)
