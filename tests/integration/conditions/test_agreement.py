"""Laws that hold for all data: NOT, De Morgan, has changed, and arithmetic to the last digit."""

# ruff: noqa: E501 -- the rows of a table of cases read better on one line

from decimal import ROUND_HALF_UP, Decimal, getcontext
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from whereupon.conditions import Scope, compile_condition
from whereupon.conditions.formula import compile_formula

LAWS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
words = st.one_of(st.none(), st.sampled_from(["a", "A", "ab", "β", "Β", "", " "]))
numbers = st.one_of(st.none(), st.sampled_from([0, 1, 2, -1]))
rows = st.fixed_dictionaries(
    {"name": words, "notes": words, "quantity": numbers, "accepted": st.sampled_from([None, True, False])}
)
one = st.sampled_from(["equals", "not_equals", "contains", "not_contains", "begins_with", "less_than"])
leaves = st.one_of(
    st.builds(lambda o, v: {"field": "name", "operator": o, "value": v}, one, st.sampled_from(["a", "B", "β", {"field": "notes"}])),
    st.builds(lambda o, v: {"field": "quantity", "operator": o, "value": v}, st.sampled_from(["equals", "not_equals", "at_least"]),
              st.sampled_from([0, 1, {"formula": "quantity / quantity"}])),
    st.builds(lambda f, o: {"field": f, "operator": o}, st.sampled_from(["name", "quantity", "accepted"]), st.sampled_from(["is_empty", "is_not_empty"])),
    st.builds(lambda v: {"field": "accepted", "operator": "equals", "value": v}, st.booleans()),
)  # fmt: skip
trees = st.recursive(leaves, lambda inner: st.one_of(
    st.builds(lambda p: {"all": p}, st.lists(inner, max_size=3)), st.builds(lambda p: {"any": p}, st.lists(inner, min_size=1, max_size=3)),
    st.builds(lambda p: {"not": p}, inner)), max_leaves=6)  # fmt: skip


def source(row: dict[str, Any], alias: str) -> str:
    from whereupon.conditions import literal

    pairs = ", ".join(f"'{k}', {literal(v)}" for k, v in row.items())
    return f"jsonb_populate_record(NULL::data.quotes, jsonb_build_object({pairs})) {alias}"


async def verdicts(world: Any, scope: Scope, row: dict[str, Any], *conditions: Any) -> list[bool]:
    """Each as a filter sees it: true, or not."""
    asked = ", ".join(f"CASE WHEN {compile_condition(c, scope)} THEN true ELSE false END" for c in conditions)
    return list((await world.fetchrow(f"SELECT {asked} FROM {source(row, 'n')}")).values())


@LAWS
@given(tree=trees, row=rows)
async def test_not_is_the_opposite_whatever_is_missing(
    world: Any, scope: Scope, tree: Any, row: dict[str, Any]
) -> None:
    held, negated, twice = await verdicts(world, scope, row, tree, {"not": tree}, {"not": {"not": tree}})
    assert held is not negated
    assert held is twice


@LAWS
@given(one=trees, other=trees, row=rows)
async def test_de_morgan_holds(world: Any, scope: Scope, one: Any, other: Any, row: dict[str, Any]) -> None:
    left, right, both, either = await verdicts(
        world, scope, row, {"not": {"all": [one, other]}}, {"any": [{"not": one}, {"not": other}]},
        {"not": {"any": [one, other]}}, {"all": [{"not": one}, {"not": other}]},
    )  # fmt: skip
    assert left is right
    assert both is either


OPPOSITES = {"equals": "not_equals", "contains": "not_contains", "is_empty": "is_not_empty"}


@LAWS
@given(row=rows, field=st.sampled_from(["name", "notes"]), key=st.sampled_from(list(OPPOSITES)))
async def test_opposite_operators_never_agree(
    world: Any, scope: Scope, row: dict[str, Any], field: str, key: str
) -> None:
    value = {} if key == "is_empty" else {"value": {"field": "name"}}
    one, other = await verdicts(
        world, scope, row, {"field": field, "operator": key, **value}, {"field": field, "operator": OPPOSITES[key], **value})  # fmt: skip
    assert one is not other


def stored(value: Any) -> Any:
    """Our own tables store an empty text as null (rule 2)."""
    return None if value == "" else value


@LAWS
@given(before=rows, after=rows, op=st.sampled_from("IUD"), value=st.sampled_from(["a", "β"]))
async def test_has_changed_is_what_a_person_says(
    world: Any, scope: Scope, before: dict[str, Any], after: dict[str, Any], op: str, value: str
) -> None:
    from dataclasses import replace

    old = {k: stored(v) if op != "I" else None for k, v in before.items()}
    new = {k: stored(v) for k, v in after.items()} if op != "D" else old
    is_now, was = (str(r["name"]).lower() == value if r["name"] is not None else False for r in (new, old))
    expected = {
        "has_changed": op != "D" and old["name"] != new["name"],
        "has_changed_to": op != "D" and is_now and not was,
        "has_changed_from": op != "D" and was and not is_now,
    }
    changing = replace(scope, old="o", op=f"'{op}'::\"char\"")
    for operator, holds in expected.items():
        more = {} if operator == "has_changed" else {"value": value}
        sql = compile_condition({"field": "name", "operator": operator, **more}, changing)
        found = await world.fetchval(f"SELECT ({sql}) IS TRUE FROM {source(new, 'n')}, {source(old, 'o')}")
        assert found is holds, operator


digits = st.decimals(min_value=-(10**9), max_value=10**9, places=4, allow_nan=False)


@LAWS
@given(
    terms=st.lists(st.tuples(st.sampled_from("+-*"), digits), min_size=1, max_size=8),
    places=st.integers(0, 4),
)
async def test_arithmetic_is_exact(
    world: Any, scope: Scope, terms: list[tuple[str, Decimal]], places: int
) -> None:
    getcontext().prec = 200
    total, text = Decimal("1.5"), "1.5"
    for operator, number in terms:  # parentheses, so that precedence is the test's own
        text = f"({text}) {operator} ({number:f})"
        total = {"+": total + number, "-": total - number, "*": total * number}[operator]
    value = compile_formula(f"ROUND({text}, {places})", scope)
    found = await world.fetchval(f"SELECT {value.sql}")
    assert found == total.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


@LAWS
@given(text=st.text(max_size=40))
async def test_any_text_as_a_formula_is_an_answer_or_a_problem(world: Any, scope: Scope, text: str) -> None:
    from whereupon.conditions.formula import check_formula

    if not check_formula(text, scope):
        await world.fetchval(f"SELECT {compile_formula(text, scope).sql} FROM data.accounts n LIMIT 0")


names = st.sampled_from(["name", "amount", "due", "sent_at", "stage", "accepted", "account", "tags", "opens"])


@LAWS
@given(field=names, operator=st.text(max_size=3) | st.sampled_from(["equals", "less_than", "contains", "between", "is_one_of", "begins_with"]),
       value=st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | names.map(lambda n: {"field": n}),
                          lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=3), v, max_size=2), max_leaves=4))  # fmt: skip
async def test_what_is_accepted_runs_and_the_rest_is_a_problem(
    world: Any, scope: Scope, field: str, operator: str, value: Any
) -> None:
    from whereupon.conditions import check_condition

    condition = {"field": field, "operator": operator, "value": value}
    if not check_condition(condition, scope):
        await world.execute(f"SELECT 1 FROM data.quotes n WHERE {compile_condition(condition, scope)}")
