"""What is there for a person to do and to know: tasks and notifications."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_after, id_before, paged
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import Page, PathId
from whereupon.db.pool import Connection
from whereupon.people import notifications, tasks
from whereupon.people.tasks import Status, TaskChange
from whereupon.people.users import Id

router = routes_of("inbox")


class Task(Out):
    """Something to do, given to a person or to a group."""

    id: int
    title: str
    description: str | None
    status: str
    priority: str
    due_at: datetime | None
    assignee_user_id: int | None
    assignee_group_id: int | None
    module: str | None
    record_id: str | None
    run_id: int | None
    created_at: datetime
    updated_at: datetime
    done_at: datetime | None
    etag: str


class Notification(Out):
    """Something to know."""

    id: int
    title: str
    body: str | None
    module: str | None
    record_id: str | None
    run_id: int | None
    created_at: datetime
    read_at: datetime | None


class ToMark(BaseModel):
    """Which notifications were read; none named: all."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[Id], Field(max_length=1000)] | None = None


class Marked(Out):
    """Those that had not been read before."""

    ids: list[int]


@router.get("/tasks", **operation("list_tasks", Page[Task], summary="One's own tasks, and one's groups'."))
async def list_tasks(
    call: TheCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: Annotated[Status | None, Query(description="Only those.")] = None,
    everyone: Annotated[bool, Query(description="Everybody's; administrators only.")] = False,
) -> Response:
    if everyone:
        call.rights.require_administrator()
    after = id_after(cursor)
    return await call.read(
        lambda db: paged(
            tasks.list_tasks(db, call.rights, everyone=everyone, status=status, after=after, limit=limit + 1),
            limit,
        )
    )


@router.get("/tasks/{task_id}", **operation("get_task", Task, summary="One task."))
async def get_task(call: TheCall, task_id: PathId) -> Response:
    return await call.read(lambda db: tasks.get_task(db, call.rights, task_id))


@router.patch(
    "/tasks/{task_id}",
    **operation("change_task", Task, summary="Do, reassign or move a task.", if_match=True),
)
async def change_task(call: TheCall, task_id: PathId, body: TaskChange) -> Response:
    etag = call.if_match()
    return await call.write(
        lambda db: tasks.change_task(db, call.rights, task_id, body, etag=etag), defines=False, wakes=True
    )


@router.get(
    "/notifications",
    **operation("list_notifications", Page[Notification], summary="One's own, the newest first."),
)
async def list_notifications(
    call: TheCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    unread: Annotated[bool, Query(description="Only those that were not read.")] = False,
) -> Response:
    before = id_before(cursor)
    return await call.read(
        lambda db: paged(
            notifications.list_notifications(db, call.user_id, unread=unread, before=before, limit=limit + 1),
            limit,
        )
    )


@router.post(
    "/notifications/read",
    **operation("mark_notifications_read", Marked, summary="Mark some, or all, as read."),
)
async def mark_read(call: TheCall, body: ToMark) -> Response:
    async def work(db: Connection) -> dict[str, list[int]]:
        return {"ids": await notifications.mark_read(db, call.user_id, body.ids)}

    return await call.write(work, defines=False)
