"""Conditions and formulas before they are saved: are they right, whom do they meet, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.problems import FieldProblem
from whereupon.api.reading import user_sql, where_sql
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import Anything
from whereupon.conditions.compile import compile_tree
from whereupon.conditions.explain import explain
from whereupon.conditions.expressions import compile_value
from whereupon.conditions.values import Scope
from whereupon.db.pool import Connection
from whereupon.errors import Invalid
from whereupon.people.rights import require_reads
from whereupon.people.users import Id
from whereupon.records.matching import find_matches
from whereupon.records.read import read_record

router = routes_of("conditions")


class AboutModule(BaseModel):
    """A condition, and the module whose records it is about."""

    model_config = ConfigDict(extra="forbid")

    module: str = Field(max_length=100)
    condition: Any = Field(examples=[{"field": "status", "operator": "equals", "value": "new"}])


class ToCheck(AboutModule):
    """`of_change`: it will see a change, so that "has changed" can be asked."""

    of_change: bool = False


class ToExplain(AboutModule):
    """For which record, as it is or as a change left it."""

    record_id: str = Field(min_length=1, max_length=1000)
    change_id: Id | None = None


class ToCheckFormula(BaseModel):
    """A formula over the fields of a module."""

    model_config = ConfigDict(extra="forbid")

    module: str = Field(max_length=100)
    formula: str = Field(max_length=10_000, examples=["ROUND(fee * 1.24, 2)"])


class Checked(Out):
    """What is wrong; nothing, if `problems` is empty. `reads`: the fields that it depends on."""

    problems: list[FieldProblem]
    reads: list[str]


class CheckedFormula(Checked):
    """`gives`: the type of its value, null while it is wrong."""

    gives: str | None


class ExampleOut(Out):
    """A record that meets the condition."""

    id: str
    title: str | None


class Count(Out):
    """How many of the records that one may read meet the condition, of how many, and some of them.

    `count` null: more than `at_least`, or it would take too long to tell. `total_exact` false: an estimate.
    """

    count: int | None
    at_least: int
    total: int
    total_exact: bool
    examples: list[ExampleOut]


@router.post(
    "/conditions/check",
    **operation("check_condition", Checked, summary="What is wrong with a condition.", errors=[404]),
)
async def check_condition(call: TheCall, body: ToCheck) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        module = catalog.module(body.module)
        bare = Scope(catalog, module, user=user_sql(call.rights))
        scope = with_change(bare) if body.of_change else bare
        try:
            reads = compile_tree(body.condition, scope).reads
        except Invalid as error:
            return {"problems": [p.as_json() for p in error.problems], "reads": []}
        require_reads(call.rights, () if call.rights.builder else reads, catalog, module.key)
        return {"problems": [], "reads": sorted(reads)}

    return await call.read(work)


@router.post(
    "/conditions/count",
    **operation("count_matches", Count, summary="How many records meet it, and some of them.", errors=[404]),
)
async def count_matches(call: TheCall, body: AboutModule) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        module = catalog.module(body.module)
        call.rights.require("read", module.key)
        sql = where_sql(catalog, module, body.condition, call.rights)
        found = await find_matches(db, catalog, module.key, call.rights, sql)
        return {
            "count": found.count, "at_least": found.at_least, "total": found.total.count,
            "total_exact": found.total.exact, "examples": found.examples,
        }  # fmt: skip

    return await call.read(work, bounded=True)


@router.post(
    "/conditions/explain",
    **operation("explain_condition", Anything, summary="Why a record meets it, or not.", errors=[404]),
)
async def explain_condition(call: TheCall, body: ToExplain) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        module = catalog.module(body.module)
        call.rights.require("read", module.key)
        scope = Scope(catalog, module, user=user_sql(call.rights))
        reads = compile_tree(body.condition, with_change(scope)).reads
        require_reads(call.rights, reads, catalog, module.key)
        if call.rights.own_only("read", module.key):
            await read_record(db, catalog, module.key, body.record_id, call.rights, lines=False)
        return await explain(db, body.condition, scope, body.record_id, body.change_id, rights=call.rights)

    return await call.read(work, bounded=True)


def with_change(scope: Scope) -> Scope:
    """The same, where "has changed" can be asked."""
    return replace(scope, old="o", op="c.op")


@router.post(
    "/formulas/check",
    **operation("check_formula", CheckedFormula, summary="What is wrong with a formula.", errors=[404]),
)
async def check_formula(call: TheCall, body: ToCheckFormula) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        module = catalog.module(body.module)
        try:
            value = compile_value(
                {"formula": body.formula}, Scope(catalog, module, user=user_sql(call.rights))
            )
        except Invalid as error:
            return {"problems": [p.as_json() for p in error.problems], "reads": [], "gives": None}
        require_reads(call.rights, () if call.rights.builder else value.reads, catalog, module.key)
        return {"problems": [], "reads": sorted(value.reads), "gives": value.type.noun}

    return await call.read(work)
