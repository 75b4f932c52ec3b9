"""What people do with single things in their inbox: take them, put them back, say something, add a file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from whereupon.api.call import Call, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_after, page
from whereupon.api.route import routes_of
from whereupon.api.routes.inbox import Task
from whereupon.api.routes.shapes import Page, PathId
from whereupon.db.pool import Connection
from whereupon.people import questions, tasks
from whereupon.people.item_history import NewComment, Of, history_of
from whereupon.people.users import Id
from whereupon.records.documents import attach_document, get_document

router = routes_of("inbox")


class HistoryLine(Out):
    """One thing that happened to it; `for_user_…`: in whose place. `details`: from, to, document, name."""

    id: int
    at: datetime
    kind: str
    comment: str | None
    details: dict[str, Any]
    user_id: int | None
    user_name: str | None
    for_user_id: int | None
    for_user_name: str | None


class TaskFile(BaseModel):
    """A document that was uploaded (POST /documents)."""

    model_config = ConfigDict(extra="forbid")

    document_id: Id


@router.post(
    "/tasks/{task_id}/claim", **operation("claim_task", Task, summary="Take a task out of a group’s queue.")
)
async def claim_task(call: TheCall, task_id: PathId) -> Response:
    return await call.write(lambda db: tasks.claim_task(db, call.rights, task_id), defines=False, wakes=True)


@router.post(
    "/tasks/{task_id}/release",
    **operation("release_task", Task, summary="Put a task back into its group’s queue."),
)
async def release_task(call: TheCall, task_id: PathId) -> Response:
    return await call.write(
        lambda db: tasks.release_task(db, call.rights, task_id), defines=False, wakes=True
    )


@router.get(
    "/tasks/{task_id}/history",
    **operation("list_task_history", Page[HistoryLine], summary="What happened to a task, in order."),
)
async def list_task_history(
    call: TheCall, task_id: PathId, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        await tasks.get_task(db, call.rights, task_id)
        return await lines(db, "task", task_id, cursor, limit)

    return await call.read(work)


async def lines(db: Connection, of: Of, item: int, cursor: str | None, limit: int) -> dict[str, Any]:
    return page(await history_of(db, of, item, after=id_after(cursor), limit=limit + 1), limit)


@router.post(
    "/tasks/{task_id}/comments",
    **operation("comment_task", status=204, summary="Say something about a task."),
)
async def comment_task(call: TheCall, task_id: PathId, body: NewComment) -> Response:
    return await call.write(
        lambda db: tasks.comment_task(db, call.rights, task_id, body.comment), defines=False
    )


@router.post(
    "/tasks/{task_id}/files",
    **operation("add_task_file", status=204, summary="Add an uploaded document to a task and its record."),
)
async def add_task_file(call: TheCall, task_id: PathId, body: TaskFile) -> Response:
    async def work(db: Connection) -> None:
        task = await tasks.get_task(db, call.rights, task_id)
        await file_it(call, db, task, body.document_id)

    return await call.write(work, defines=False, wakes=True)


async def file_it(call: Call, db: Connection, task: Any, document_id: int) -> None:
    """To the record that the task is about, if it is about one; else to the task alone."""
    catalog = await call.catalog(db)
    document = await get_document(db, catalog, document_id, call.rights)
    if task["module"] and task["record_id"]:
        await attach_document(db, catalog, document_id, task["module"], task["record_id"], call.rights)
    await tasks.note_file(db, call.rights, task["id"], document.id, document.name)


@router.get(
    "/questions/{question_id}/history",
    **operation("list_question_history", Page[HistoryLine], summary="What happened to a question, in order."),
)
async def list_question_history(
    call: TheCall, question_id: PathId, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        await questions.get_question(db, call.rights, question_id)
        return await lines(db, "question", question_id, cursor, limit)

    return await call.read(work)


@router.post(
    "/questions/{question_id}/comments",
    **operation("comment_question", status=204, summary="Say something without deciding."),
)
async def comment_question(call: TheCall, question_id: PathId, body: NewComment) -> Response:
    return await call.write(
        lambda db: questions.comment_question(db, call.rights, question_id, body.comment), defines=False
    )
