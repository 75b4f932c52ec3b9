"""Files brought in as records: looked at, tried, done by a worker, followed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from whereupon.api.call import Answer, TheCall, response_of
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_before, paged
from whereupon.api.route import routes_of
from whereupon.api.routes.exports import attachment
from whereupon.api.routes.shapes import Page, PathId
from whereupon.api.turns import turns_of
from whereupon.db.pool import Connection
from whereupon.modules.catalog import Module
from whereupon.people.rights import Rights
from whereupon.records import imports
from whereupon.records.documents import Document, get_document
from whereupon.records.exporting import csv_text
from whereupon.records.files import FileStore
from whereupon.records.import_guess import suggest
from whereupon.records.imports import ImportColumn, Key, NewImport, Reading
from whereupon.records.sheets import Cell, Row, Sheet, lettered, open_sheet, shown

router = routes_of("imports", "/imports")
LOOKED_AT = 200  # rows from which it is guessed what columns are


class ToPreview(Reading):
    """A file, and the module that it may be for: then columns are matched with fields."""

    module: Key | None = None


class ImportSuggestion(ImportColumn):
    """What a column seems to be; `column` is its own place."""


class ImportPreviewColumn(Out):
    """A column of the file: its header and its first values."""

    column: int
    header: str
    samples: list[str]
    suggestion: ImportSuggestion | None


class ImportPreviewRow(Out):
    """A row: its number in the file, and its cells as they read."""

    row: int
    cells: list[str]


class ImportPreview(Out):
    """How the file was read. `encoding` and `delimiter` are null for a workbook, `total` counts data rows."""

    format: Literal["csv", "workbook"]
    sheets: list[str]
    sheet: str | None
    encoding: str | None
    delimiter: str | None
    header_row: int
    total: int
    columns: list[ImportPreviewColumn]
    rows: list[ImportPreviewRow]


class ImportProblem(Out):
    """Why a row is not written. `column` is its header, null when it is about the row as a whole."""

    row: int
    column: str | None
    field: str | None
    value: str | None
    message: str
    suggestion: str | None


class ImportExample(Out):
    """What a dry run would do to a record: the imported fields before (null: it is new) and after."""

    row: int
    action: Literal["create", "update"]
    id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any]


class WouldStart(Out):
    """How many runs of a workflow would start."""

    workflow: str
    name: str
    count: int


class Import(Out):
    """An import. `done` of `total` rows are dealt with; of a dry run, counts say what would be."""

    id: int
    module: str
    user_id: int
    user_name: str
    document_id: int
    document_name: str
    status: Literal["queued", "running", "succeeded", "partial", "failed", "cancelled"]
    mapping: list[ImportColumn]
    key: list[str]
    on_existing: Literal["update", "skip", "fail"]
    empty_cells: Literal["keep", "clear"]
    fires: bool
    dry_run: bool
    total: int | None
    done: int
    created: int
    updated: int
    skipped: int
    failed: int
    rows_per_second: float | None
    seconds: float | None
    problems: list[ImportProblem] = Field(description="The first 100; empty in a list of imports.")
    examples: list[ImportExample]
    runs: list[WouldStart] = Field(description="Of a dry run whose import would start workflows.")
    error: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


@router.post(
    "/preview",
    **operation(
        "preview_import", ImportPreview, summary="What a file holds, and what it fits.", errors=[404, 429]
    ),
)
async def preview_import(call: TheCall, body: ToPreview) -> Response:
    async def work(db: Connection) -> Any:
        catalog = await call.catalog(db)
        if body.module is not None:
            call.rights.require("read", catalog.module(body.module).key)
        return catalog, await get_document(db, catalog, body.document_id, call.rights)

    async with call.database.connection() as db:
        catalog, document = await work(db)
    module = catalog.module(body.module) if body.module is not None else None
    store = FileStore.of(call.settings)
    async with turns_of(call).files.turn():
        return response_of(await asyncio.to_thread(look, store, document, body, module, call.rights))


def look(
    store: FileStore, document: Document, body: ToPreview, module: Module | None, rights: Rights
) -> dict[str, Any]:
    """The beginning of a file, and what its columns may be. It reads files: call it in a thread."""
    store.open(document.stored, document.name).close()
    opened = open_sheet(
        store.path(document.sha256), sheet=body.sheet, encoding=body.encoding, delimiter=body.delimiter,
        header_row=body.header_row,
    )  # fmt: skip
    with closing(opened) as sheet:
        return described(sheet, module, rights)


def described(sheet: Sheet, module: Module | None, rights: Rights) -> dict[str, Any]:
    """A sheet's columns and first rows."""
    header, first, total = sheet.header(), list[Row](), 0
    for row in sheet.rows():
        total += 1
        if total <= LOOKED_AT:
            first.append(row)
    header += [lettered(place) for place in range(len(header), max((len(r) for _, r in first), default=0))]
    found = suggest(module, rights, header, [cells for _, cells in first]) if module else {}
    return {
        "format": sheet.format, "sheets": sheet.sheets, "sheet": sheet.sheet, "encoding": sheet.encoding,
        "delimiter": sheet.delimiter, "header_row": sheet.header_row, "total": total,
        "columns": [
            {
                "column": place, "header": text, "suggestion": found.get(place),
                "samples": [cut(row[place]) for _, row in first[:5] if place < len(row)],
            }
            for place, text in enumerate(header)
        ],
        "rows": [{"row": number, "cells": [cut(cell) for cell in cells]} for number, cells in first[:20]],
    }  # fmt: skip


def cut(cell: Cell) -> str:
    """A cell as it is shown: long texts only in part."""
    return shown(cell)[:500]


@router.post(
    "",
    **operation("create_import", Import, status=201, summary="Import a file, or try it.", errors=[404]),
)
async def create_import(call: TheCall, body: NewImport) -> Response:
    async def work(db: Connection) -> Answer:
        made = await imports.create_import(db, await call.catalog(db), call.rights, body)
        return Answer(made, 201, {"Location": f"/api/v1/imports/{made['id']}"})

    return await call.write(work, status=201, defines=False)


@router.get("", **operation("list_imports", Page[Import], summary="One's imports, the newest first."))
async def list_imports(
    call: TheCall,
    limit: Limit = 50,
    cursor: Cursor = None,
    module: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    before = id_before(cursor)

    async def work(db: Connection) -> dict[str, Any]:
        rows = imports.list_imports(db, call.rights, before=before, module=module, limit=limit + 1)
        return await paged(rows, limit)

    return await call.read(work)


@router.get("/{import_id}", **operation("get_import", Import, summary="How far an import is."))
async def get_import(call: TheCall, import_id: PathId) -> Response:
    return await call.read(lambda db: imports.get_import(db, call.rights, import_id))


@router.post(
    "/{import_id}/cancel",
    **operation("cancel_import", Import, summary="End an import; rows that are written stay."),
)
async def cancel_import(call: TheCall, import_id: PathId) -> Response:
    return await call.write(lambda db: imports.cancel_import(db, call.rights, import_id), defines=False)


@router.get(
    "/{import_id}/problems.csv",
    **operation(
        "download_import_problems", summary="The rows that were not written, and why.", media_type="text/csv"
    ),
)
async def download_problems(call: TheCall, import_id: PathId) -> Response:
    async def work(db: Connection) -> Response:
        await imports.get_import(db, call.rights, import_id)
        lines: list[list[str]] = []
        width = 0
        async for row in imports.problem_rows(db, import_id):
            reasons = " ".join(reason(problem) for problem in row["problems"])
            lines.append([str(row["row_number"]), reasons, *row["cells"]])
            width = max(width, len(row["cells"]))
        header = await imports.header_of(db, import_id)
        header += [lettered(place) for place in range(len(header), width)]
        body = csv_text([["Row", "Problem", *header], *lines], ",", begins=True)
        return Response(
            body, media_type="text/csv", headers=attachment(f"Import {import_id} problems", "csv")
        )

    return await call.read(work)


def reason(problem: Mapping[str, Any]) -> str:
    """Why a row was not written, in a sentence that names the column."""
    where = f"{problem['column']}: " if problem.get("column") else ""
    return f"{where}{problem['message']}"
