"""Lists as files for a spreadsheet."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, cast
from urllib.parse import quote

from fastapi import Query
from pydantic import AwareDatetime
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from whereupon.api.call import TheCall
from whereupon.api.declare import operation
from whereupon.api.reading import condition_in_query, where_sql
from whereupon.api.route import routes_of
from whereupon.api.routes.lists import Keys, Where
from whereupon.api.routes.records import names
from whereupon.api.routes.shapes import PathKey
from whereupon.api.turns import turns_of
from whereupon.records.exporting import XLSX, Chosen, csv_of, csv_text, workbook_of
from whereupon.runs import history

router = routes_of("exports")
RUN_COLUMNS = (
    "id", "workflow", "workflow_name", "version", "module", "record_id", "status", "node", "started_by",
    "created_at", "started_at", "ended_at", "executions", "error",
)  # fmt: skip
AT_ONCE = 500
# Who stops reading in the middle does not keep a connection, and old rows, for ever; and no condition takes
# the database more than a minute.
LIMIT_WAITING = """
SET LOCAL idle_in_transaction_session_timeout = '60s'; SET LOCAL statement_timeout = '60s'
"""
Status = Literal["queued", "running", "waiting", "held", "succeeded", "partial", "failed", "cancelled"]


def attachment(name: str, ending: str) -> dict[str, str]:
    """The header that has a file saved under a name with today's date (RFC 6266)."""
    full = f"{name}-{datetime.now(UTC):%Y-%m-%d}.{ending}"
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(full, safe='')}"}


@router.get(
    "/records/{module}/export",
    **operation(
        "export_records", summary="Records as a CSV file or a workbook.", media_type="*/*", errors=[429]
    ),
)
async def export_records(
    call: TheCall,
    module: PathKey,
    format: Annotated[Literal["csv", "xlsx"], Query()] = "csv",
    where: Where = None,
    sort: Keys = None,
    columns: Keys = None,
    ids: Annotated[bool, Query(description="Ids beside what names records, and each record's own.")] = False,
    delimiter: Annotated[Literal["comma", "semicolon", "tab"], Query(description="Of a CSV file.")] = "comma",
) -> Response:
    condition = condition_in_query(where)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(turns_of(call).exports.turn())
        transaction = call.database.transaction(isolation="repeatable_read", readonly=True)
        db = await stack.enter_async_context(transaction)
        await db.execute(LIMIT_WAITING)
        catalog = await call.catalog(db)
        found = catalog.module(module)
        call.rights.require("read", module)
        sql = where_sql(catalog, found, condition, call.rights) if where is not None else None
        chosen = Chosen.of(
            catalog,
            found,
            call.rights,
            sql,
            names(sort),
            names(columns) if columns is not None else None,
            ids,
        )
        if format == "xlsx":
            body = await workbook_of(db, chosen)
            return Response(body, media_type=XLSX, headers=attachment(found.label_plural, "xlsx"))
        parts = csv_of(db, chosen, {"comma": ",", "semicolon": ";", "tab": "\t"}[delimiter])
        stack.push_async_callback(parts.aclose)
        first = await anext(parts)
        kept = stack.pop_all()  # the transaction lasts as long as the file is being sent
    return FromDatabase(
        whole(first, parts),
        kept,
        media_type="text/csv",
        headers=attachment(found.label_plural, "csv"),
    )


class FromDatabase(StreamingResponse):
    """A file that is read while it is sent. What it is read with is closed however the sending ends, also
    when the browser has gone before it began."""

    def __init__(self, parts: AsyncGenerator[bytes], kept: AsyncExitStack, **more: Any) -> None:
        super().__init__(parts, **more)
        self.kept = kept

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self.kept:
            await super().__call__(scope, receive, send)


async def whole(first: bytes, parts: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The file, of which the first part was read before."""
    yield first
    async for part in parts:
        yield part


@router.get(
    "/runs/export",
    **operation("export_runs", summary="Runs as a CSV file, the newest first.", media_type="text/csv"),
)
async def export_runs(
    call: TheCall,
    workflow: Annotated[str | None, Query(max_length=100)] = None,
    module: Annotated[str | None, Query(max_length=100)] = None,
    record_id: Annotated[str | None, Query(max_length=1000)] = None,
    status: Annotated[Status | None, Query()] = None,
    started_by: Annotated[str | None, Query(max_length=100)] = None,
    since: Annotated[AwareDatetime | None, Query()] = None,
    until: Annotated[AwareDatetime | None, Query()] = None,
) -> Response:
    async def pages() -> AsyncGenerator[bytes]:
        yield csv_text([list(RUN_COLUMNS)], ",", begins=True)
        after: int | None = None
        while True:
            async with call.database.connection() as db:
                rows = await history.list_runs(
                    db, call.rights, await call.catalog(db), after=after, workflow=workflow, module=module,
                    record_id=record_id,
                    status=status, started_by=started_by, since=since, until=until, limit=AT_ONCE,
                )  # fmt: skip
            if rows:
                yield csv_text([[cell(row[key]) for key in RUN_COLUMNS] for row in rows], ",")
            if len(rows) < AT_ONCE:
                return
            after = rows[-1]["id"]

    return StreamingResponse(pages(), media_type="text/csv", headers=attachment("Runs", "csv"))


def cell(value: Any) -> Any:
    """A value of a run as it stands in a cell."""
    if isinstance(value, datetime):
        return value.isoformat()
    return cast("dict[str, Any]", value).get("message") if isinstance(value, dict) else value
