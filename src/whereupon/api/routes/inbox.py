"""What is there for a person to do and to know: one list of everything, tasks, and notifications."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import (
    Cursor,
    Limit,
    decode_cursor,
    encode_cursor,
    id_after,
    id_before,
    paged,
    wrong_cursor,
)
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import Page, PathId
from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem
from whereupon.people import inbox, notifications, tasks
from whereupon.people.tasks import Status, TaskChange
from whereupon.people.users import Id
from whereupon.workflows.listing import name_records

router = routes_of("inbox")


class Task(Out):
    """Something to do, given to a person or to a group."""

    id: int
    kind: str
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
    needs_file: bool
    created_at: datetime
    updated_at: datetime
    done_at: datetime | None
    done_by: int | None
    escalate_at: datetime | None
    escalated_at: datetime | None
    escalated_to: int | None
    etag: str


class InboxItem(Out):
    """Something that waits. `id` is that of the task, question or notification, as `kind` says.

    `for_user_…`: whose it is, when the reader stands in for them. `assignee_…`: who has a task; nobody of a
    group yet: it is in the group's queue. `escalated_to_me`: it is late, and was passed up to the reader.
    """

    kind: inbox.Kind
    id: int
    title: str
    body: str | None
    due_at: datetime | None
    overdue: bool
    status: str
    priority: str | None
    needs_file: bool | None
    module: str | None
    record_id: str | None
    record_title: str | None
    run_id: int | None
    workflow_name: str | None
    assignee_user_id: int | None
    assignee: str | None
    group_id: int | None
    group_name: str | None
    for_user_id: int | None
    for_user_name: str | None
    escalated_at: datetime | None
    escalated_to_me: bool | None
    created_at: datetime
    etag: str | None


class Queue(Out):
    """A group of one's own, and how many of its tasks nobody has taken."""

    id: int
    key: str
    name: str
    waiting: int


class InboxCount(Out):
    """How much waits; a thousand means that or more."""

    count: int
    overdue: int
    tasks: int
    questions: int
    notifications: int
    queues: list[Queue]


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


Kinds = Annotated[list[inbox.Kind] | None, Query(description="Only those; none: everything.")]
Group = Annotated[int | None, Query(ge=1, le=2**63 - 1, description="Only out of this group’s queue.")]


@router.get(
    "/inbox",
    **operation("list_inbox", Page[InboxItem], summary="Everything that waits, overdue first."),
)
async def list_inbox(
    call: TheCall, limit: Limit = 50, cursor: Cursor = None, kind: Kinds = None, group: Group = None
) -> Response:
    after = place_after(cursor)

    async def work(db: Connection) -> dict[str, Any]:
        rows = await inbox.list_inbox(db, call.rights, kinds=kind, group=group, after=after, limit=limit + 1)
        shown = rows[:limit]
        last = inbox.place_of(shown[-1]) if len(rows) > limit else None
        for row in shown:
            del row["rank"], row["number"]
        await name_records(db, call.rights, await call.catalog(db), shown)
        return {"items": shown, "next_cursor": encode_cursor(list(last)) if last else None}

    return await call.read(work)


def place_after(cursor: str | None) -> inbox.Place | None:
    """Where the page begins. Raises Invalid for what no answer of ours held."""
    match decode_cursor(cursor):
        case None if cursor is None:
            return None
        case [str(due), int(rank), int(number)] if abs(number) < 2**63 and 0 <= rank < 10:
            if due == "infinity" or is_moment(due):
                return inbox.Place(due, rank, number)
        case _:
            pass
    raise wrong_cursor()


def is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


@router.get("/inbox/count", **operation("count_inbox", InboxCount, summary="How much waits for one."))
async def count_inbox(call: TheCall) -> Response:
    return await call.read(lambda db: inbox.count_inbox(db, call.rights))


@router.get("/tasks", **operation("list_tasks", Page[Task], summary="One's own tasks, and one's groups'."))
async def list_tasks(
    call: TheCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    status: Annotated[Status | None, Query(description="Only those.")] = None,
    everyone: Annotated[bool, Query(description="Everybody's; administrators only.")] = False,
    due_since: Annotated[AwareDatetime | None, Query(description="Due then or later.")] = None,
    due_until: Annotated[AwareDatetime | None, Query(description="Due before then.")] = None,
) -> Response:
    if everyone:
        call.rights.require_administrator()
    after, due = id_after(cursor), (in_utc(due_since), in_utc(due_until))
    return await call.read(
        lambda db: paged(
            tasks.list_tasks(
                db, call.rights, everyone=everyone, status=status, due=due, after=after, limit=limit + 1
            ),
            limit,
        )
    )


def in_utc(moment: datetime | None) -> datetime | None:
    """Raises Invalid out of the years that there are."""
    try:
        return moment.astimezone(UTC) if moment else None
    except OverflowError:
        raise Invalid.of(Problem("out_of_range", "This time is out of range.", "?due_since")) from None


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
