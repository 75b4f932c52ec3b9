"""What lists and pages of records need beside them: a name looked up, a count, related ones, a bulk edit."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import LIMIT_TIME, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.reading import condition_in_query, where_sql
from whereupon.api.route import routes_of
from whereupon.api.routes.records import PathRecord, writer_of
from whereupon.api.routes.shapes import PathKey
from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem
from whereupon.records.counting import count_quickly
from whereupon.records.editing import MOST, edit_records
from whereupon.records.lookup import LONGEST, Found, look_up
from whereupon.records.related import Related, related_to

router = routes_of("records", "/records")

Typed = Annotated[str, Query(max_length=LONGEST, description="What was typed; nothing: the newest records.")]
Few = Annotated[int, Query(ge=1, le=50, description="How many at most.")]
# No limits of length: what is too long for an address, the server refuses itself.
Where = Annotated[str | None, Query(description="A condition, as JSON.")]
Keys = Annotated[
    str | None, Query(description='Field keys with commas between; "-" before one to sort by: descending.')
]


class NamedRecord(Out):
    """A record, and what names it: its title, or its id where it has none."""

    id: str
    title: str


class LookedUpRecords(Out):
    """What was found. `complete` false: there was no time to look at every record."""

    items: list[NamedRecord]
    complete: bool


class RecordCount(Out):
    """How many. `exact` false: an estimate, as counting would take too long."""

    count: int
    exact: bool


class RelatedRecords(Out):
    """The records of a module whose field holds this record. `count` null: there was no time to count."""

    module: str
    label: str
    field: str
    field_label: str
    count: int | None
    exact: bool
    records: list[NamedRecord]


class RelatedList(Out):
    """One entry for each reference field that leads to the record."""

    items: list[RelatedRecords]


class BulkEdit(BaseModel):
    """Which records, and what to set in them: `ids`, or all that meet `where`."""

    model_config = ConfigDict(extra="forbid")

    ids: list[Annotated[str, Field(min_length=1, max_length=1000)]] | None = Field(
        default=None, max_length=MOST
    )
    where: dict[str, Any] | None = Field(default=None, description="A condition; {} means every record.")
    set: dict[str, Any] = Field(description="Values by field key.", examples=[{"status": "done"}])
    dry_run: bool = Field(default=False, description="Check and count, and change nothing.")


class BulkEdited(Out):
    """How many were meant, how many are changed (or would be), how many one may not change."""

    matched: int
    changed: int
    left_out: int
    dry_run: bool


def as_named(items: list[Found]) -> list[dict[str, str]]:
    """Records found, as they are answered."""
    return [{"id": one.id, "title": one.title} for one in items]


@router.get(
    "/{module}/lookup", **operation("look_up_records", LookedUpRecords, summary="Records by what names them.")
)
async def lookup(call: TheCall, module: PathKey, q: Typed = "", limit: Few = 10) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        hits = await look_up(db, await call.catalog(db), module, call.rights, q, limit=limit)
        return {"items": as_named(hits.items), "complete": hits.complete}

    return await call.read(work, bounded=True)


@router.get("/{module}/count", **operation("count_records", RecordCount, summary="How many there are."))
async def count(call: TheCall, module: PathKey, where: Where = None) -> Response:
    condition = condition_in_query(where)

    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        found = catalog.module(module)
        call.rights.require("read", module)
        sql = where_sql(catalog, found, condition, call.rights) if where is not None else None
        counted = await count_quickly(db, catalog, module, call.rights, where=sql)
        return {"count": counted.count, "exact": counted.exact}

    return await call.read(work, bounded=True)


@router.get(
    "/{module}/{record_id}/related",
    **operation("list_related_records", RelatedList, summary="Records of other modules that refer to it."),
)
async def related(call: TheCall, module: PathKey, record_id: PathRecord) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        found = await related_to(db, await call.catalog(db), module, record_id, call.rights)
        return {"items": [as_related(one) for one in found]}

    return await call.read(work, bounded=True)


def as_related(found: Related) -> dict[str, Any]:
    return {
        "module": found.module.key, "label": found.module.label_plural, "field": found.field.key,
        "field_label": found.field.label, "count": found.count.count if found.count else None,
        "exact": bool(found.count and found.count.exact), "records": as_named(found.records),
    }  # fmt: skip


@router.post(
    "/{module}/bulk-edit",
    **operation("edit_records", BulkEdited, summary="The same change to many records.", exact_numbers=True),
)
async def bulk_edit(call: TheCall, module: PathKey, body: BulkEdit) -> Response:
    writer = writer_of(call)
    if (body.ids is None) == (body.where is None):
        told = "Name the records by ids, or by a condition in where; one of the two."
        raise Invalid.of(Problem("ids_or_where", told, "/ids"))

    async def work(db: Connection) -> dict[str, Any]:
        await db.execute(LIMIT_TIME)
        catalog = await call.catalog(db)
        found = catalog.module(module)
        call.rights.require("read", found.key)
        sql = None if body.where is None else where_sql(catalog, found, body.where, call.rights)
        change = dict(call.json["set"])
        edited = await edit_records(
            db, catalog, module, change, writer, ids=body.ids, where=sql, dry_run=body.dry_run
        )
        counts = {"matched": edited.matched, "changed": edited.changed, "left_out": edited.left_out}
        return counts | {"dry_run": body.dry_run}

    return await call.write(work, defines=False, wakes=True)
