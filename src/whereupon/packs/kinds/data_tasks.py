"""Saved data tasks."""

from __future__ import annotations

from typing import ClassVar

from whereupon.db.pool import Connection
from whereupon.packs.kinds.kind import Content, Kind
from whereupon.people.rights import Rights
from whereupon.workflows.saved_tasks import (
    DataTaskChange,
    NewDataTask,
    change_task,
    create_task,
    delete_task,
)

ALL = "SELECT key, name, description, definition FROM whereupon.data_tasks ORDER BY key"


class DataTasks(Kind):
    """A data task, by its key."""

    key = "data_task"
    label = "Data task"
    folder = "data_tasks"
    model: ClassVar = NewDataTask

    async def now(self, db: Connection) -> dict[str, Content]:
        rows = [dict(row) for row in await db.fetch(ALL)]
        return {row.pop("key"): self.normal(row) for row in rows}

    async def write(
        self, db: Connection, rights: Rights, key: str, content: Content, now: Content | None
    ) -> None:
        if now is None:
            await create_task(db, rights, NewDataTask.model_validate({"key": key, **content}))
        else:
            await change_task(db, rights, key, DataTaskChange.model_validate(content))

    async def remove(self, db: Connection, rights: Rights, key: str) -> None:
        await delete_task(db, rights, key)

    def normal(self, content: Content) -> Content:
        full = NewDataTask.model_validate({"key": "x", **content})
        return full.model_dump(
            mode="json", by_alias=True, exclude={"key"}, exclude_none=True, exclude_defaults=True
        )
