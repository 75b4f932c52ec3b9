"""The operators of conditions, one row each: what they take, what stands on the right, their SQL and words.

Positive operators are plain SQL comparisons, null (so not held) for a missing value, and leave columns
bare for indexes. Negative ones are the complement of a positive one, `(…) IS NOT TRUE`: a missing value
is not equal to anything (rule 7 of the semantics).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from whereupon.conditions.compare import Symbol, compare, folded, is_among, refuse_missing
from whereupon.conditions.expressions import convert, mismatch, moment, today
from whereupon.conditions.tree import Offset
from whereupon.conditions.values import DECIMAL, TEXT, TEXT_LIST, Compiled, Kind, Scope, literal, refuse
from whereupon.errors import Invalid


class Right(StrEnum):
    """What stands on the right of an operator."""

    NONE = "none"
    ONE = "one"
    LIST = "list"
    PAIR = "pair"
    DAYS = "days"  # a number of days, negative for the past


@dataclass(frozen=True, slots=True)
class Operands:
    """What an operator compares; `before` is the left side before the change, where there is one."""

    left: Compiled
    rights: list[Compiled]
    before: Compiled | None
    scope: Scope

    @property
    def right(self) -> Compiled:
        return self.rights[0]


Sql = Callable[[Operands], str]


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator. `label` completes a sentence: "Status is equal to Sent"."""

    key: str
    label: str
    takes: frozenset[Kind]
    right: Right
    sql: Sql
    of_change: bool = False  # needs the record before the change
    part: bool = False  # the right side is a part of a text, not a whole value such as a choice


ANY = frozenset(Kind) - {Kind.NOTHING}
SCALAR = ANY - {Kind.TEXT_LIST}
TEXTS = frozenset({Kind.TEXT, Kind.JSON})
HOLDING = TEXTS | {Kind.TEXT_LIST}
ORDERED = frozenset({Kind.TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.TIME, Kind.DATETIME, Kind.JSON})
DAYS = frozenset({Kind.DATE, Kind.DATETIME})


# The SQL of each -----------------------------------------------------------------------------------


def compares(symbol: Symbol, *, exactly: bool = False) -> Sql:
    return lambda o: compare(symbol, o.left, o.right, o.scope, exactly=exactly)


def complement(positive: Sql) -> Sql:
    """Holds exactly when the positive operator does not, a missing value included."""
    return lambda o: f"({positive(o)}) IS NOT TRUE"


def among(*, exactly: bool = False) -> Sql:
    def sql(o: Operands) -> str:
        if o.left.type.kind is not Kind.TEXT_LIST:
            return is_among(o.left, o.rights, o.scope, exactly=exactly)
        refuse_missing(*o.rights)
        lists = [convert(r, TEXT_LIST, o.scope).sql for r in o.rights]
        return f"{o.left.sql} && ({' || '.join(lists)})"

    return sql


def starts(*, exactly: bool = False) -> Sql:
    return lambda o: "starts_with({}, {})".format(*_texts(o, exactly))


def ends(*, exactly: bool = False) -> Sql:
    return lambda o: "starts_with(reverse({}), reverse({}))".format(*_texts(o, exactly))


def holds(*, exactly: bool = False) -> Sql:
    def sql(o: Operands) -> str:
        if o.left.type.kind is Kind.TEXT_LIST:
            refuse_missing(o.right)
            return f"{o.left.sql} @> {convert(o.right, TEXT_LIST, o.scope).sql}"
        return "strpos({}, {}) > 0".format(*_texts(o, exactly))

    return sql


def _texts(o: Operands, exactly: bool) -> tuple[str, str]:
    """Both sides as text; nothing begins with, ends with or contains a missing text."""
    refuse_missing(o.right)
    left, right = _textual(o.left, o.scope), _textual(o.right, o.scope)
    if not exactly:
        return folded(left), folded(right, ordered=True)
    return left.sql, right.sql if right.constant is not None else f"nullif({right.sql}, '')"


def _textual(value: Compiled, scope: Scope) -> Compiled:
    if value.type.kind is Kind.JSON:
        return convert(value, TEXT, scope)
    if value.type.kind is not Kind.TEXT:
        raise Invalid.of(mismatch(value, TEXT))
    return value


def empty(o: Operands) -> str:
    match o.left.type.kind:
        case Kind.TEXT | Kind.JSON:
            return f"({_textual(o.left, o.scope).sql} = '') IS NOT FALSE"
        case Kind.TEXT_LIST:
            return f"(cardinality({o.left.sql}) > 0) IS NOT TRUE"
        case _:
            return f"{o.left.sql} IS NULL"


def not_empty(o: Operands) -> str:
    match o.left.type.kind:
        case Kind.TEXT | Kind.JSON:
            return f"{_textual(o.left, o.scope).sql} <> ''"
        case Kind.TEXT_LIST:
            return f"cardinality({o.left.sql}) > 0"
        case _:
            return f"{o.left.sql} IS NOT NULL"


def between(o: Operands) -> str:
    low, high = o.rights
    return f"({compare('>=', o.left, low, o.scope)} AND {compare('<=', o.left, high, o.scope)})"


def changed(o: Operands) -> str:
    """Old and new differ; on creation the old row is all nulls, so: it has a value (rule 6)."""
    assert o.before is not None
    old, new = o.before.sql, o.left.sql
    if o.left.type.kind is Kind.TEXT and o.scope.module and o.scope.module.attached:
        old, new = f"nullif({old}, '')", f"nullif({new}, '')"  # our own tables store no empty texts
    return _of_change(f"{old} IS DISTINCT FROM {new}", o.scope)


def changed_to(o: Operands) -> str:
    """It is so now and was not before."""
    was, now = _was_and_is(o)
    return _of_change(f"{now} AND ({was}) IS NOT TRUE", o.scope)


def changed_from(o: Operands) -> str:
    was, now = _was_and_is(o)
    return _of_change(f"{was} AND ({now}) IS NOT TRUE", o.scope)


def _was_and_is(o: Operands) -> tuple[str, str]:
    assert o.before is not None
    return compare("=", o.before, o.right, o.scope), compare("=", o.left, o.right, o.scope)


def _of_change(sql: str, scope: Scope) -> str:
    """Nothing has changed in a record that is deleted; where the operation is known, it is not asked."""
    match scope.op:
        case None | "'I'" | "'U'":
            return f"({sql})"
        case "'D'":
            return "false"
        case op:
            return f"({op} <> 'D' AND {sql})"


def days_away(symbol: Symbol) -> Sql:
    def sql(o: Operands) -> str:
        return f"{o.left.sql} {symbol} {_days_from_now(o)}"

    return sql


def _days_from_now(o: Operands) -> str:
    """A day for a date, a moment for a date with time."""
    days, zone = o.right, literal(o.scope.time_zone)
    whole = isinstance(days.constant, int)
    if whole and abs(days.constant) > 100_000:
        refuse("too_large", f"{days.constant} days is too far away.")
    number = convert(days, DECIMAL, o.scope).sql
    if o.left.type.kind is Kind.DATE:
        now = today(o.scope)
        return f"({now} + {days.sql})" if whole else f"whereupon.formula_add_days({now}, {number})"
    if whole:
        return moment(Offset(plus=days.constant), o.scope)
    return f"whereupon.formula_add_time(now(), {number}, {zone})"


# The table -----------------------------------------------------------------------------------------

O = Operator  # noqa: E741 -- one letter keeps the rows readable
ROWS = (
    O("equals", "is equal to", ANY, Right.ONE, compares("=")),
    O("not_equals", "is not equal to", ANY, Right.ONE, complement(compares("="))),
    O("equals_exactly", "is exactly", TEXTS, Right.ONE, compares("=", exactly=True)),
    O("not_equals_exactly", "is not exactly", TEXTS, Right.ONE, complement(compares("=", exactly=True))),
    O("begins_with", "begins with", TEXTS, Right.ONE, starts(), part=True),
    O("begins_with_exactly", "begins exactly with", TEXTS, Right.ONE, starts(exactly=True), part=True),
    O("ends_with", "ends with", TEXTS, Right.ONE, ends(), part=True),
    O("ends_with_exactly", "ends exactly with", TEXTS, Right.ONE, ends(exactly=True), part=True),
    O("contains", "contains", HOLDING, Right.ONE, holds(), part=True),
    O("contains_exactly", "contains exactly", TEXTS, Right.ONE, holds(exactly=True), part=True),
    O("not_contains", "does not contain", HOLDING, Right.ONE, complement(holds()), part=True),
    O("not_contains_exactly", "does not contain exactly", TEXTS, Right.ONE,
      complement(holds(exactly=True)), part=True),
    O("less_than", "is less than", ORDERED, Right.ONE, compares("<")),
    O("greater_than", "is greater than", ORDERED, Right.ONE, compares(">")),
    O("at_most", "is less than or equal to", ORDERED, Right.ONE, compares("<=")),
    O("at_least", "is greater than or equal to", ORDERED, Right.ONE, compares(">=")),
    O("between", "is between", ORDERED, Right.PAIR, between),
    O("is_empty", "is empty", ANY, Right.NONE, empty),
    O("is_not_empty", "is not empty", ANY, Right.NONE, not_empty),
    O("is_one_of", "is one of", ANY, Right.LIST, among()),
    O("is_not_one_of", "is not one of", ANY, Right.LIST, complement(among())),
    O("is_one_of_exactly", "is exactly one of", TEXTS, Right.LIST, among(exactly=True)),
    O("is_not_one_of_exactly", "is not exactly one of", TEXTS, Right.LIST, complement(among(exactly=True))),
    O("before_days_from_now", "is before this many days from now", DAYS, Right.DAYS, days_away("<")),
    O("after_days_from_now", "is after this many days from now", DAYS, Right.DAYS, days_away(">")),
    O("has_changed", "has changed", ANY, Right.NONE, changed, of_change=True),
    O("has_changed_to", "has changed to", ANY, Right.ONE, changed_to, of_change=True),
    O("has_changed_from", "has changed from", ANY, Right.ONE, changed_from, of_change=True),
)  # fmt: skip
OPERATORS: Mapping[str, Operator] = {row.key: row for row in ROWS}
