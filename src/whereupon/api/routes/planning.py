"""Planning sheets: a template to fill in, a look at what its rows would become, drafts, and the way back."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import Answer, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.exports import attachment
from whereupon.api.turns import turns_of
from whereupon.api.upload import uploaded_file
from whereupon.db.pool import Connection
from whereupon.planning import drafts, writing
from whereupon.planning.rows import LONGEST, Office, Planned, load_office, plan_row
from whereupon.planning.sheet import HEADERS, MOST_ROWS, Read, read_sheet
from whereupon.records.exporting import XLSX

router = routes_of("planning", "/planning")
MOST_BYTES = 10_000_000


class Cells(BaseModel):
    """What stands in a row, by column."""

    model_config = ConfigDict(extra="forbid")

    what: str = Field("", max_length=LONGEST)
    update: str = Field("", max_length=LONGEST)
    who: str = Field("", max_length=LONGEST)
    when: str = Field("", max_length=LONGEST)
    content: str = Field("", max_length=LONGEST)
    attachments: str = Field("", max_length=LONGEST)
    category: str = Field("", max_length=LONGEST)


class PlanningRows(BaseModel):
    """Rows to look at, or to make drafts of."""

    model_config = ConfigDict(extra="forbid")

    rows: list[Cells] = Field(min_length=1, max_length=MOST_ROWS)


class PlanningFault(Out):
    """A cell that is not understood. `instead`: the text that could stand there."""

    column: str
    message: str
    suggestion: str | None
    instead: str | None


class PlannedWorkflow(Out):
    """The workflow that a row would become, in words."""

    name: str
    module: str
    module_label: str
    category: str
    trigger: str
    steps: list[str]
    subject: str
    template: str | None


class PlannedRow(Out):
    """A row: its number in the file, its cells, and the workflow or the reasons why there is none.

    `carried`: columns that were empty, as below a merged cell, and were taken from the row above.
    """

    row: int
    cells: Cells
    carried: list[str]
    faults: list[PlanningFault]
    workflow: PlannedWorkflow | None


class PlanningPreview(Out):
    """A sheet as it was read. `unknown`: headers that are no column of a planning sheet."""

    sheet: str | None
    sheets: list[str]
    unknown: list[str]
    rows: list[PlannedRow]


class MadeDraft(Out):
    """A draft that was made."""

    key: str
    name: str


class MadeDrafts(Out):
    """In the order of the rows."""

    items: list[MadeDraft]


@router.get(
    "/template",
    **operation("get_planning_template", summary="An empty planning sheet to fill in.", media_type=XLSX),
)
async def template(call: TheCall) -> Response:
    async with call.database.connection() as db:
        content = await writing.empty_sheet(db, call.rights)
    return Response(content, media_type=XLSX, headers=attachment("Planning sheet", "xlsx"))


@router.get(
    "/export",
    **operation("export_planning_sheet", summary="Workflows as a planning sheet.", media_type=XLSX),
)
async def export(
    call: TheCall,
    workflow: Annotated[
        list[str] | None, Query(max_length=1_000, description="Only these; none: all.")
    ] = None,
) -> Response:
    async with call.database.connection() as db:
        content = await writing.filled_sheet(db, call.rights, workflow or ())
    return Response(content, media_type=XLSX, headers=attachment("Workflows", "xlsx"))


@router.post(
    "/preview",
    **operation(
        "preview_planning_sheet",
        PlanningPreview,
        upload=True,
        errors=[413, 415, 429],
        summary="What each row of a filled-in sheet would become.",
    ),
)
async def preview(
    call: TheCall,
    sheet: Annotated[str | None, Query(max_length=100, description="Of a workbook; none: its first.")] = None,
) -> Response:
    call.rights.require_builder()
    async with turns_of(call).files.turn(), uploaded_file(call, MOST_BYTES) as file:
        read = await asyncio.to_thread(kept_and_read, file.file, sheet)

    async def work(db: Connection) -> dict[str, Any]:
        office = await load_office(db, call.rights)
        return await asyncio.to_thread(seen, read, office)

    return await call.read(work)


def kept_and_read(file: Any, sheet: str | None) -> Read:
    """Workbooks are read by a process of its own, which needs a file with a name."""
    with tempfile.NamedTemporaryFile(prefix="whereupon-planning-") as kept:
        shutil.copyfileobj(file, kept)
        kept.flush()
        return read_sheet(Path(kept.name), sheet)


def seen(read: Read, office: Office) -> dict[str, Any]:
    """What each row would become, as JSON."""
    rows = [
        planned(row.number, row.cells, row.carried, plan_row(row.cells, office), office) for row in read.rows
    ]
    return {"sheet": read.sheet, "sheets": read.sheets, "unknown": read.unknown, "rows": rows}


@router.post(
    "/rows",
    **operation("check_planning_rows", PlanningPreview, summary="What rows would become, as they are now."),
)
async def check_rows(call: TheCall, sent: PlanningRows) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        office = await load_office(db, call.rights)
        rows = [
            planned(nr, cells.model_dump(), [], plan_row(cells.model_dump(), office), office)
            for nr, cells in enumerate(sent.rows, 1)
        ]
        return {"sheet": None, "sheets": [], "unknown": [], "rows": rows}

    return await call.read(work)


@router.post(
    "/drafts",
    **operation(
        "create_planned_drafts", MadeDrafts, status=201, summary="Draft workflows with their mail templates."
    ),
)
async def create(call: TheCall, sent: PlanningRows) -> Response:
    async def work(db: Connection) -> Answer:
        made = await drafts.create_drafts(db, call.rights, [cells.model_dump() for cells in sent.rows])
        return Answer({"items": [{"key": one["key"], "name": one["name"]} for one in made]}, 201)

    return await call.write(work)


def planned(
    nr: int, cells: dict[str, str], carried: list[str], row: Planned, office: Office
) -> dict[str, Any]:
    """A row as it is answered."""
    workflow = None
    if not row.faults and row.module is not None:
        saved = office.catalog.templates.get(row.content.template or "", {})
        workflow = {
            "name": row.name, "module": row.module.key, "module_label": row.module.label,
            "category": row.category, "trigger": row.trigger, "steps": row.steps,
            "subject": row.content.subject or saved.get("subject", ""), "template": row.content.template,
        }  # fmt: skip
    faults = [
        {"column": f.column, "message": f.message, "suggestion": f.suggestion, "instead": f.instead}
        for f in row.faults
    ]
    return {
        "row": nr, "cells": {name: cells.get(name, "") for name in HEADERS}, "carried": carried,
        "faults": faults, "workflow": workflow,
    }  # fmt: skip
