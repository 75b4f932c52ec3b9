"""What runs ask people: approvals and forms, listed and answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import Field
from starlette.responses import Response

from whereupon.api.call import Call, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_before, page
from whereupon.api.rates import rates_of
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import Page, PathId
from whereupon.db.pool import Connection
from whereupon.people import forms, questions
from whereupon.people.forms import Filled
from whereupon.people.questions import Decision, Reassignment, Status
from whereupon.runs.prefilling import values_of_form
from whereupon.workflows.listing import name_records

router = routes_of("inbox", "/questions")


class Asked(Out):
    """Somebody who is asked, and what they said; `decided_by`: who really decided, standing in for them."""

    user_id: int
    name: str
    decision: str | None
    comment: str | None
    decided_at: datetime | None
    decided_by: int | None
    decided_by_name: str | None


class QuestionOut(Out):
    """Something that a run waits for. `mine`: for this user's answer. `details`: how many have to approve
    and whether a comment is needed, or the form's fields. `withdrawn`: its run is over. `for_user_…`: in
    whose place the user answers."""

    id: int
    kind: Literal["approval", "form"]
    title: str
    body: str
    details: dict[str, Any]
    module: str | None
    record_id: str | None
    record_title: str | None
    run_id: int
    workflow: str
    workflow_name: str
    status: Status
    mine: bool
    for_user_id: int | None
    for_user_name: str | None
    people: list[Asked]
    answer: dict[str, Any] | None
    values: dict[str, Any] = Field(
        default_factory=dict, description="What an open form has in it already; only where one is asked for."
    )
    due_at: datetime | None
    created_at: datetime
    ended_at: datetime | None


class FormFieldOut(Out):
    """One thing that a form asks for. `options`: choices, the longest text, digits, the currency."""

    key: str
    label: str
    type: str
    required: bool
    help: str
    options: dict[str, Any]


class PublicForm(Out):
    """A form for somebody who is not signed in: what it asks, and nothing else."""

    title: str
    body: str
    fields: list[FormFieldOut]
    values: dict[str, Any] = Field(description="What it has in it already, by the field's key.")
    due_at: datetime | None
    organisation: str | None


class Counted(Out):
    """How many wait for one's answer, and how many of them are overdue."""

    count: int
    overdue: int


async def shown(call: Call, db: Connection, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With the names of the records that one may read."""
    await name_records(db, call.rights, await call.catalog(db), found)
    return found


@router.get("", **operation("list_questions", Page[QuestionOut], summary="What one is asked, newest first."))
async def list_questions(
    call: TheCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    waiting: Annotated[bool | None, Query(description="Only what waits for an answer, or does not.")] = None,
    kind: Annotated[Literal["approval", "form"] | None, Query()] = None,
    everyone: Annotated[bool, Query(description="Everybody's; administrators only.")] = False,
) -> Response:
    if everyone:
        call.rights.require_administrator()
    before = id_before(cursor)

    async def work(db: Connection) -> dict[str, Any]:
        rows = await questions.list_questions(
            db, call.rights, everyone=everyone, waiting=waiting, kind=kind, before=before, limit=limit + 1
        )
        return page(await shown(call, db, rows), limit)

    return await call.read(work)


@router.get("/count", **operation("count_questions", Counted, summary="How many wait for one's answer."))
async def count_questions(call: TheCall) -> Response:
    return await call.read(lambda db: questions.count_questions(db, call.rights))


@router.get("/{question_id}", **operation("get_question", QuestionOut, summary="One question."))
async def get_question(call: TheCall, question_id: PathId) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        found = await questions.get_question(db, call.rights, question_id)
        return {**(await shown(call, db, [found]))[0], "values": await values_of_form(db, question_id)}

    return await call.read(work)


@router.post(
    "/{question_id}/decide", **operation("decide_approval", QuestionOut, summary="Approve or reject.")
)
async def decide(call: TheCall, question_id: PathId, body: Decision) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return (await shown(call, db, [await questions.decide(db, call.rights, question_id, body)]))[0]

    return await call.write(work, defines=False, wakes=True)


@router.post(
    "/{question_id}/reassign",
    **operation("reassign_question", status=204, summary="Let somebody else answer instead."),
)
async def reassign(call: TheCall, question_id: PathId, body: Reassignment) -> Response:
    return await call.write(
        lambda db: questions.reassign(db, call.rights, question_id, body), defines=False, wakes=True
    )


@router.post(
    "/{question_id}/fill-in", **operation("fill_in_form", QuestionOut, summary="Answer a form in the inbox.")
)
async def fill_in(call: TheCall, question_id: PathId, body: Filled) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return (await shown(call, db, [await forms.fill_in(db, call.rights, question_id, body)]))[0]

    return await call.write(work, defines=False, wakes=True)


# By the secret link, without sign-in ---------------------------------------------------------------

links = routes_of("inbox", "/forms")
PathToken = Annotated[str, Path(min_length=1, max_length=200, description="The secret of the link.")]
PER_MINUTE = 30  # of one sender, whatever the links are


async def _count(call: Call) -> None:
    sender = call.request.client.host if call.request.client else "unknown"
    await rates_of(call.request).count("form", sender, PER_MINUTE)


@links.get(
    "/{token}",
    **operation("get_public_form", PublicForm, summary="What the holder of the link is asked.",
                public=True, errors=[410, 429]),
)  # fmt: skip
async def get_public_form(call: TheCall, token: PathToken) -> Response:
    await _count(call)

    async def work(db: Connection) -> dict[str, Any]:
        form = await forms.form_of_link(db, token)
        form["values"] = await values_of_form(db, form["id"])
        return {name: form[name] for name in PublicForm.model_fields}

    return await call.read(work)


@links.post(
    "/{token}",
    **operation("fill_in_public_form", summary="Answer the form of the link.", status=204,
                public=True, errors=[410, 429]),
)  # fmt: skip
async def fill_in_public_form(call: TheCall, token: PathToken, body: Filled) -> Response:
    await _count(call)
    return await call.write(lambda db: forms.fill_in_by_link(db, token, body), defines=False, wakes=True)
