"""Records of any module: read, searched, written one by one or many at once, and their timeline."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, cast

from fastapi import Path, Query
from pydantic import Field
from starlette.responses import Response

from whereupon.api.call import Answer, Call, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit
from whereupon.api.reading import condition_in_query, where_sql
from whereupon.api.route import routes_of
from whereupon.api.routes.shapes import PathKey
from whereupon.changes.timeline import read_timeline
from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem, did_you_mean
from whereupon.records.bulk import create_records, delete_records, update_records
from whereupon.records.read import Record, list_records, read_record
from whereupon.records.write import Writer, create_record, delete_record, update_record
from whereupon.runs.erasing import erase_record

router = routes_of("records", "/records")


class RecordOut(Out):
    """A record: its key as text, the ETag of this state of it, and its fields as far as they may be read."""

    id: str
    etag: str
    values: dict[str, Any]


class RecordPage(Out):
    """Some records. `titles`: by reference field and id, what names the other record."""

    items: list[RecordOut]
    next_cursor: str | None
    titles: dict[str, dict[str, Any]]


class Difference(Out):
    """A field before and after."""

    before: Any
    after: Any


class Who(Out):
    """A person."""

    id: int
    name: str | None


class ByRun(Out):
    """A run, and the workflow that it belongs to."""

    id: int
    workflow: Any


class DocumentChange(Out):
    """What happened to a file of the record: uploaded, replaced, renamed, moved, typed, changed."""

    id: int
    name: str
    happened: str
    before: str | None
    now: str | None


class ChangeOut(Out):
    """One change: what differs, and who or which run made it. Operation "document" tells of a file."""

    id: int
    at: datetime
    operation: str
    fields: dict[str, Difference]
    document: DocumentChange | None = None
    origin: str
    actor: Who | None
    run: ByRun | None


class ChangePage(Out):
    """Some changes, the newest first."""

    items: list[ChangeOut]
    next_cursor: str | None


class BulkDone(Out):
    """What was created and changed, in the order sent, and how many were deleted."""

    created: list[RecordOut]
    updated: list[RecordOut]
    deleted: int = Field(ge=0)


class Erased(Out):
    """How many rows of each kind went: records, runs, messages, changes …"""

    erased: dict[str, int]


VALUES: dict[str, Any] = {
    "type": "object", "description": "Values by field key, line items as lists of objects.",
    "additionalProperties": True, "example": {"subject": "A leaking roof"},
}  # fmt: skip
BULK: dict[str, Any] = {
    "type": "object", "additionalProperties": False, "description": "All of it is done, or nothing.",
    "properties": {
        "create": {"type": "array", "maxItems": 10_000, "items": VALUES},
        "update": {
            "type": "array", "maxItems": 10_000,
            "items": {
                "type": "object", "required": ["id"], "additionalProperties": True,
                "properties": {"id": {"type": ["string", "integer"]}, "etag": {"type": "string"}},
            },
        },
        "delete": {"type": "array", "maxItems": 10_000, "items": {"type": ["string", "integer"]}},
    },
}  # fmt: skip
PathRecord = Annotated[str, Path(min_length=1, max_length=1000, pattern=r"^[^/\x00]+$")]
Names = Annotated[str | None, Query(max_length=5000, description="Field keys with commas between.")]


def as_json(record: Record) -> dict[str, Any]:
    """A record as it is answered."""
    return {"id": record.id, "etag": record.etag, "values": record.values}


def shown(records: Iterable[Record]) -> list[dict[str, Any]]:
    """Records as they are answered."""
    return [as_json(record) for record in records]


def names(text: str | None) -> list[str]:
    """What stands between the commas."""
    return [name.strip() for name in text.split(",") if name.strip()] if text else []


def writer_of(call: Call) -> Writer:
    """Who writes; the workers are woken once for many writes (wake.py)."""
    context = call.context()
    return Writer(call.rights, origin=context["origin"], quiet=True)


@router.post(
    "/{module}",
    **operation(
        "create_record",
        RecordOut,
        status=201,
        summary="Create a record.",
        body=VALUES,
        exact_numbers=True,
        direct=True,
    ),
)
async def create(call: TheCall, module: PathKey) -> Response:
    writer = writer_of(call)

    async def work(db: Connection) -> Answer:
        record = await create_record(db, await call.catalog(db), module, call.json, writer)
        return Answer(as_json(record), 201, {"Location": f"/api/v1/records/{module}/{record.id}"})

    return await call.write_at_once(work)


@router.get("/{module}", **operation("list_records", RecordPage, summary="Records that one may read."))
async def list_(
    call: TheCall,
    module: PathKey,
    limit: Limit = 50,
    cursor: Cursor = None,
    where: Annotated[str | None, Query(max_length=50_000, description="A condition, as JSON.")] = None,
    sort: Annotated[
        str | None, Query(max_length=1000, description='Field keys; "-" before one: descending.')
    ] = None,
    fields: Names = None,
    titles: Annotated[bool, Query(description="What names the records referred to, too.")] = False,
) -> Response:
    condition = condition_in_query(where)

    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        found = catalog.module(module)
        call.rights.require("read", module)
        sql = where_sql(catalog, found, condition, call.rights) if where is not None else None
        page = await list_records(
            db, catalog, module, call.rights, where=sql, sort=names(sort), limit=limit, cursor=cursor,
            fields=names(fields) if fields is not None else None, titles=titles,
        )  # fmt: skip
        return {"items": shown(page.records), "next_cursor": page.next, "titles": page.titles}

    return await call.read(work, bounded=where is not None)


@router.post(
    "/{module}/bulk",
    **operation("write_records", BulkDone, summary="Write many at once.", body=BULK, exact_numbers=True),
)
async def bulk(call: TheCall, module: PathKey) -> Response:
    writer = writer_of(call)
    gone, changes, new = bulk_of(call.json)

    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        key = catalog.module(module).key
        # What is not asked for needs no right either.
        with placed_under("/delete"):
            deleted = await delete_records(db, catalog, key, gone, writer) if gone else 0
        with placed_under("/update"):
            updated = await update_records(db, catalog, key, changes, writer) if changes else []
        with placed_under("/create"):
            created = await create_records(db, catalog, key, new, writer) if new else []
        return {"created": shown(created), "updated": shown(updated), "deleted": deleted}

    return await call.write(work, defines=False, wakes=True)


@contextmanager
def placed_under(prefix: str) -> Generator[None]:
    """What is wrong inside is named by its place in the body that was sent."""
    try:
        yield
    except Invalid as error:
        raise Invalid.of(*(p.under(prefix) for p in error.problems), what=error.message) from None


def bulk_of(sent: Any) -> tuple[list[Any], list[Any], list[Any]]:
    """What to delete, to update and to create; empty lists where left out. Raises Invalid."""
    known = ("delete", "update", "create")
    if not isinstance(sent, dict):
        raise Invalid.of(Problem("wrong_type", "An object with create, update or delete is expected."))
    lists = cast(dict[str, Any], sent)
    problems = [
        Problem("unknown_key", f'"{key}" is not known here.', f"/{key}", did_you_mean(key, known))
        for key in lists if key not in known
    ]  # fmt: skip
    problems += [
        Problem("wrong_type", "A list is expected.", f"/{key}")
        for key in known if not isinstance(lists.get(key, []), list)
    ]  # fmt: skip
    if problems:
        raise Invalid.of(*problems)
    return lists.get("delete", []), lists.get("update", []), lists.get("create", [])


@router.get("/{module}/{record_id}", **operation("get_record", RecordOut, summary="One record."))
async def get(call: TheCall, module: PathKey, record_id: PathRecord) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return as_json(await read_record(db, await call.catalog(db), module, record_id, call.rights))

    return await call.read(work)


@router.patch(
    "/{module}/{record_id}",
    **operation(
        "change_record", RecordOut, summary="Change the fields that are sent.", if_match=True, body=VALUES,
        exact_numbers=True,
    ),
)  # fmt: skip
async def change(call: TheCall, module: PathKey, record_id: PathRecord) -> Response:
    etag, writer = call.if_match(), writer_of(call)

    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        return as_json(await update_record(db, catalog, module, record_id, call.json, writer, if_match=etag))

    return await call.write_at_once(work)


@router.delete(
    "/{module}/{record_id}",
    **operation("delete_record", status=204, summary="Delete a record.", if_match=True),
)
async def delete(call: TheCall, module: PathKey, record_id: PathRecord) -> Response:
    etag, writer = call.if_match(), writer_of(call)

    async def work(db: Connection) -> None:
        await delete_record(db, await call.catalog(db), module, record_id, writer, if_match=etag)

    return await call.write_at_once(work)


@router.post(
    "/{module}/{record_id}/erase",
    **operation("erase_record", Erased, summary="Delete a record and all that is known of it."),
)
async def erase(call: TheCall, module: PathKey, record_id: PathRecord) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return {"erased": await erase_record(db, await call.catalog(db), module, record_id, call.rights)}

    return await call.write(work, defines=False, wakes=False)


@router.get(
    "/{module}/{record_id}/changes",
    **operation("list_record_changes", ChangePage, summary="What happened to a record, the newest first."),
)
async def list_changes(
    call: TheCall, module: PathKey, record_id: PathRecord, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        found = catalog.module(module)
        call.rights.require("read", module)
        readable = call.rights.readable(found)
        timeline = await read_timeline(db, found, record_id, readable=readable, limit=limit, cursor=cursor)
        # Who may read only their own may not know of others'; and what never was has no timeline.
        if call.rights.own_only("read", module) or not timeline.entries:
            await read_record(db, catalog, module, record_id, call.rights, lines=False)
        return {"items": timeline.entries, "next_cursor": timeline.next}

    return await call.read(work)
