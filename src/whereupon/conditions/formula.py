"""Formulas become SQL: every part typed, every function from the list, every mistake with its place.

A formula never fails for a record: what has no answer (1 / 0, VALUE of "abc") is a missing value, because
a list, or a batch of a thousand conditions, must not fail for one record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from whereupon.conditions.coerce import as_parameter, common, joinable
from whereupon.conditions.compare import Symbol, compare
from whereupon.conditions.expressions import convert, local_day
from whereupon.conditions.functions import FUNCTIONS, INSTEAD, Function
from whereupon.conditions.many import AGGREGATES, Frame, aggregate
from whereupon.conditions.paths import bounded, compile_path, find_collection
from whereupon.conditions.patterns import compile_pattern
from whereupon.conditions.syntax import (
    Call,
    Chain,
    Comparison,
    Name,
    Node,
    Number,
    Signed,
    Text,
    Truth,
    located,
    parse,
)
from whereupon.conditions.values import (
    BOOLEAN,
    DATE,
    DATETIME,
    DECIMAL,
    INTEGER,
    TEXT,
    Compiled,
    Kind,
    Scope,
    ValueType,
    literal,
    refuse,
)
from whereupon.errors import Invalid, Problem, did_you_mean

ISBLANK_TEXT = "(({0} = '') IS NOT FALSE)"


def compile_formula(text: str, scope: Scope, expected: ValueType | None = None) -> Compiled:
    """The SQL of a formula, of the expected type if one is given. Raises Invalid with line and column."""
    value = _compile(parse(text), Frame(scope, text))
    value = replace(value, sql=f"{value.sql}::text") if value.constant and value.type == TEXT else value
    return convert(value, expected, scope) if expected is not None else value


def check_formula(text: str, scope: Scope, expected: ValueType | None = None) -> list[Problem]:
    """What is wrong with a formula; an empty list when nothing is."""
    try:
        compile_formula(text, scope, expected)
    except Invalid as error:
        return list(error.problems)
    return []


def _compile(node: Node, frame: Frame) -> Compiled:
    """One part, with every problem placed at the innermost part that has it."""
    try:
        value = _COMPILERS[type(node)](node, frame)
        return replace(value, sql=bounded(value.sql))
    except Invalid as error:
        problems = (
            p if p.message.startswith("Line ") else located(frame.text, node.position, p)
            for p in error.problems
        )
        raise Invalid.of(*problems, what="The formula is not valid.") from None


def _number(node: Number, frame: Frame) -> Compiled:
    written = literal(node.value)
    return Compiled(written, DECIMAL if "." in written else INTEGER, constant=node.value)


def _text(node: Text, frame: Frame) -> Compiled:
    return Compiled(literal(node.value), TEXT, constant=node.value)


def _truth(node: Truth, frame: Frame) -> Compiled:
    return Compiled(literal(node.value), BOOLEAN, constant=node.value)


def _name(node: Name, frame: Frame) -> Compiled:
    """A path; inside SUM(lines.…) one of the lines' own fields is read from the line."""
    if frame.rows and frame.row_scope and node.names[: len(frame.rows.head)] == frame.rows.head:
        rest = node.names[len(frame.rows.head) :]
        if not rest:
            refuse("many_values", f'"{node.path}" is many records; name one of their fields.')
        return compile_path(".".join(rest), frame.row_scope)
    if find_collection(list(node.names), frame.scope) is not None:
        refuse("many_values", f'"{node.path}" is many records, not one value.',
               f"Count or sum them: COUNT({node.path}), SUM({node.path}).")  # fmt: skip
    if len(node.names) == 1 and node.names[0].upper() in FUNCTIONS and not _is_field(node.names[0], frame):
        refuse("unknown_field", f'"{node.path}" is a function.', f"Write {node.path.upper()}(…).")
    return compile_path(node.path, frame.scope)


def _is_field(name: str, frame: Frame) -> bool:
    return frame.scope.module is not None and name in frame.scope.module.fields


def _signed(node: Signed, frame: Frame) -> Compiled:
    value = _compile(node.value, frame)
    number = as_parameter(value, "number", frame.scope)
    if node.sign == "%":
        return Compiled(f"({number} / 100)", DECIMAL, value.reads)
    kind = value.type if value.type.is_number else DECIMAL
    return Compiled(f"(- {number})" if node.sign == "-" else number, kind, value.reads)


def _comparison(node: Comparison, frame: Frame) -> Compiled:
    """Two-valued, as conditions are: a missing value satisfies nothing but <>."""
    left, right = _compile(node.left, frame), _compile(node.right, frame)
    symbol: Symbol = "=" if node.operator == "<>" else node.operator  # pyright: ignore[reportAssignmentType]
    sql = compare(symbol, left, right, frame.scope)
    verdict = "IS NOT TRUE" if node.operator == "<>" else "IS TRUE"
    return Compiled(f"(({sql}) {verdict})", BOOLEAN, left.reads | right.reads)


# Sums, products, joined texts ----------------------------------------------------------------------


def _chain(node: Chain, frame: Frame) -> Compiled:
    parts = [_compile(part, frame) for part in (node.first, *(part for _, part in node.rest))]
    operators = [operator for operator, _ in node.rest]
    if operators[0] == "&":
        return joinable(parts, frame.scope)
    if operators[0] in "+-" and any(p.type.kind in (Kind.DATE, Kind.DATETIME) for p in parts):
        return _dates(parts, operators, frame.scope)
    return _numbers(parts, operators, frame.scope)


def _numbers(parts: list[Compiled], operators: list[str], scope: Scope) -> Compiled:
    """One flat expression, calculated in numeric from the first term on, so that nothing overflows."""
    if operators[0] == "+" and any(p.type.kind is Kind.TEXT for p in parts):
        refuse(
            "wrong_type",
            "Texts are not added with +.",
            "Join texts with &; read a text as a number with VALUE.",
        )
    sql = as_parameter(parts[0], "number", scope)
    for operator, part in zip(operators, parts[1:], strict=True):
        number = as_parameter(part, "number", scope)
        match operator:
            case "/":
                sql = f"{sql} / nullif({number}, 0)"
            case "^":
                sql = f"whereupon.formula_power({sql}, {number})"
            case _:
                sql = f"{sql} {operator} {number}"
    whole = all(p.type.kind is Kind.INTEGER for p in parts) and not {"/", "^"} & set(operators)
    reads = frozenset[str]().union(*(p.reads for p in parts))
    return Compiled(f"({sql})", INTEGER if whole else DECIMAL, reads)


def _dates(parts: list[Compiled], operators: list[str], scope: Scope) -> Compiled:
    """Dates move by days and differ by days, from left to right."""
    value = parts[0]
    for operator, part in zip(operators, parts[1:], strict=True):
        moved = _moved(value, operator, part, scope) if operator == "+" else _less(value, part, scope)
        value = replace(moved, reads=value.reads | part.reads)
    return value


TEMPORAL = (Kind.DATE, Kind.DATETIME)


def _moved(one: Compiled, operator: str, other: Compiled, scope: Scope) -> Compiled:
    if one.type.kind in TEMPORAL and other.type.kind in TEMPORAL:
        refuse("wrong_type", "Two dates cannot be added.", "Subtract them to get the days between.")
    date, days = (one, other) if one.type.kind in TEMPORAL else (other, one)
    if date.type.kind not in TEMPORAL:
        return _numbers([one, other], [operator], scope)
    number = as_parameter(days, "number", scope)
    number = number if operator == "+" else f"(- {number})"
    if date.type.kind is Kind.DATE:
        return Compiled(f"whereupon.formula_add_days({date.sql}, {number})", DATE)
    return Compiled(f"whereupon.formula_add_time({date.sql}, {number}, {literal(scope.time_zone)})", DATETIME)


def _less(one: Compiled, other: Compiled, scope: Scope) -> Compiled:
    kinds = (one.type.kind, other.type.kind)
    if kinds == (Kind.DATETIME, Kind.DATETIME):
        return Compiled(f"(extract(epoch FROM {one.sql} - {other.sql}) / 86400)", DECIMAL)
    if kinds[0] in TEMPORAL and kinds[1] in TEMPORAL:
        return Compiled(f"({local_day(one, scope)} - {local_day(other, scope)})", INTEGER)
    if kinds[1] in TEMPORAL:
        refuse("wrong_type", "A date cannot be taken from a number.")
    return _moved(one, "-", other, scope)


# Functions -----------------------------------------------------------------------------------------


def _call(node: Call, frame: Frame) -> Compiled:
    function = FUNCTIONS.get(node.name)
    if function is None:
        hint = INSTEAD.get(node.name) or did_you_mean(node.name, FUNCTIONS)
        refuse("unknown_function", f'There is no function "{node.name}".', hint)
    _check_count(function, len(node.arguments))
    if function.name in AGGREGATES:
        return aggregate(function, node, frame, _compile)
    values = [_compile(argument, frame) for argument in node.arguments]
    reads = frozenset[str]().union(*(v.reads for v in values))
    builder = _BUILDERS.get(function.name)
    value = builder(values, frame.scope) if builder else _from_template(function, values, frame.scope)
    return replace(value, reads=reads)


def _check_count(function: Function, given: int) -> None:
    parameters = function.parameters
    least = sum(p.default is None for p in parameters) - (function.name == "IF")
    most = 100 if function.repeats else len(parameters)
    if not least <= given <= most:
        wanted = (
            f"{least}" if least == most else f"{least} or more" if function.repeats else f"{least} to {most}"
        )
        refuse("wrong_count", f"{function.name} takes {wanted} values; this has {given}.",
               f"For example {function.example}.")  # fmt: skip


def _from_template(function: Function, values: list[Compiled], scope: Scope) -> Compiled:
    parameters = list(function.parameters)
    if function.repeats:
        parameters += [parameters[-1]] * (len(values) - len(parameters))
    given = [*values, *(p.default for p in parameters[len(values) :] if p.default)]
    sqls = [as_parameter(v, p.kind, scope) for v, p in zip(given, parameters, strict=True)]
    assert function.sql is not None
    assert function.gives is not None
    if function.repeats:
        return Compiled(f"(({function.sql.join(sqls)}) IS TRUE)", function.gives)
    return Compiled(function.sql.format(*sqls, zone=literal(scope.time_zone)), _given_type(function, values))


def _given_type(function: Function, values: list[Compiled]) -> ValueType:
    """Whole numbers stay whole where a function keeps them so."""
    assert function.gives is not None
    keeps = function.name in ("ABS", "MOD") and all(v.type.kind is Kind.INTEGER for v in values)
    rounds = function.name in ("ROUND", "ROUNDUP", "ROUNDDOWN") and (
        len(values) == 1 or values[1].constant == 0
    )
    return INTEGER if keeps or rounds else function.gives


def _if(values: list[Compiled], scope: Scope) -> Compiled:
    condition = as_parameter(values[0], "boolean", scope)
    branches, kind = common(values[1:], scope)
    otherwise = f" ELSE {branches[1]}" if len(branches) == 2 else ""
    return Compiled(f"(CASE WHEN {condition} THEN {branches[0]}{otherwise} END)", kind)


def _is_blank(values: list[Compiled], scope: Scope) -> Compiled:
    (value,) = values
    text = value.type.kind is Kind.TEXT
    return Compiled(ISBLANK_TEXT.format(value.sql) if text else f"({value.sql} IS NULL)", BOOLEAN)


def _first_not_blank(values: list[Compiled], scope: Scope) -> Compiled:
    sqls, kind = common(values, scope)
    if kind.kind is Kind.TEXT:
        sqls = [f"nullif({s}, '')" for s in sqls]
    return Compiled(f"coalesce({', '.join(sqls)})", kind)


def _formatted(values: list[Compiled], scope: Scope) -> Compiled:
    return Compiled(compile_pattern(values[0], values[1], scope), TEXT)


DIFFERENCES = {
    "D": "({last} - {first})",
    "M": "whereupon.formula_months_between({first}, {last})",
    "Y": "(whereupon.formula_months_between({first}, {last}) / 12)",
}


def _date_difference(values: list[Compiled], scope: Scope) -> Compiled:
    first, last = (as_parameter(v, "day", scope) for v in values[:2])
    template = DIFFERENCES.get(str(values[2].constant).upper())
    if template is None:
        refuse("wrong_value", 'DATEDIF counts in "D" days, "M" months or "Y" years, written out.')
    return Compiled(template.format(first=first, last=last), INTEGER)


_BUILDERS: dict[str, Callable[[list[Compiled], Scope], Compiled]] = {
    "IF": _if, "ISBLANK": _is_blank, "IFBLANK": _first_not_blank, "COALESCE": _first_not_blank,
    "CONCAT": joinable, "TEXT": _formatted, "DATEDIF": _date_difference,
}  # fmt: skip
_COMPILERS: dict[type, Callable[..., Compiled]] = {
    Number: _number, Text: _text, Truth: _truth, Name: _name, Call: _call, Chain: _chain,
    Comparison: _comparison, Signed: _signed,
}  # fmt: skip
