"""`whereupon import`: bring a CSV file or a workbook into a module, tried first if you like."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from whereupon.cli.output import print_json, show_rows, stderr, tell
from whereupon.cli.running import settings_with
from whereupon.cli.session import Common, opened
from whereupon.db.pool import Connection, Database
from whereupon.errors import Invalid, NotFound, Problem, did_you_mean
from whereupon.modules.catalog import Catalog, load_catalog
from whereupon.people.rights import Rights
from whereupon.records.documents import Document, add_document, store_upload
from whereupon.records.files import FileStore
from whereupon.records.import_guess import suggest
from whereupon.records.imports import ImportColumn, NewImport, create_import, get_import
from whereupon.records.sheets import Sheet, open_sheet
from whereupon.runs.definitions import load_definitions
from whereupon.workers.importer import Importer

COMMON = Common()
LOOKED_AT = 200  # rows from which it is guessed what columns are
Choice = Literal["update", "skip", "fail"]


def import_(
    module: str,
    file: Path,
    *,
    map: Annotated[tuple[str, ...], Parameter(negative="", consume_multiple=True)] = (),
    key: Annotated[tuple[str, ...], Parameter(negative="", consume_multiple=True)] = (),
    on_existing: Choice = "update",
    clear: Annotated[bool, Parameter(negative="")] = False,
    fires: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    sheet: str | None = None,
    common: Common = COMMON,
) -> None:
    """Bring a CSV file or a workbook into a module.

    Columns go into the fields whose names their headers are like; --map says it for some. Rows that cannot be
    written are listed, and do not stop the others.

    Parameters
    ----------
    module
        The module's key.
    file
        A CSV file, or a workbook (xlsx, xls, ods).
    map
        header=field pairs; an empty field leaves the column out.
    key
        Fields on which existing records are found; without, every row is a new record.
    on_existing
        What becomes of a record that is there.
    clear
        Empty cells clear fields of records that are there.
    fires
        Workflows start.
    dry_run
        Check and count, and change nothing.
    sheet
        Of a workbook; the first one without.
    """
    options: dict[str, Any] = {
        "key": list(key), "on_existing": on_existing, "empty_cells": "clear" if clear else "keep",
        "fires": fires, "dry_run": dry_run, "sheet": sheet,
    }  # fmt: skip
    if not file.is_file():
        raise NotFound(f"There is no file {file}.")

    async def work() -> dict[str, Any]:
        async with opened(common) as (database, rights):
            return await carried_out(database, rights, module, file, map, options, common)

    show(asyncio.run(work()), dry_run=dry_run, common=common)


async def carried_out(
    database: Database, rights: Rights, module: str, file: Path, map: tuple[str, ...],
    options: dict[str, Any], common: Common,
) -> dict[str, Any]:  # fmt: skip
    """Order the import and do it here, as a worker would."""
    settings = settings_with(data=common.data)
    with file.open("rb") as source:
        upload = await store_upload(FileStore.of(settings), source, file.name)
    async with database.transaction() as db:
        catalog = await load_catalog(db)
        document = await add_document(db, upload, rights)
        with closing(open_sheet_of(settings, document, options["sheet"])) as opened_sheet:
            mapping = mapped(catalog, module, rights, opened_sheet, map)
        new = NewImport(document_id=document.id, module=module, mapping=mapping, **options)
        made = await create_import(db, catalog, rights, new)

    async def definitions(db: Connection) -> Any:
        return await load_definitions(db)

    importer = Importer(database, definitions, settings)
    async with database.connection() as db:
        await importer.work(db, made["id"])
        return await get_import(db, rights, made["id"])


def open_sheet_of(settings: Any, document: Document, sheet: str | None) -> Sheet:
    return open_sheet(FileStore.of(settings).path(document.sha256), sheet=sheet)


def mapped(
    catalog: Catalog, module: str, rights: Rights, sheet: Sheet, pairs: tuple[str, ...]
) -> list[ImportColumn]:
    """What each column becomes: as was said, else as it seems. Raises Invalid."""
    header = sheet.header()
    rows = [cells for (_, cells), _ in zip(sheet.rows(), range(LOOKED_AT), strict=False)]
    found = suggest(catalog.module(module), rights, header, rows)
    for pair in pairs:
        name, sign, field = pair.partition("=")
        if not sign or name not in header:
            told = f'"{pair}" names no column of the file.'
            hint = did_you_mean(name, header) or f"Its columns: {', '.join(header[:20])}."
            raise Invalid.of(Problem("unknown_column", told, "--map", hint))
        place = header.index(name)
        found = {p: c for p, c in found.items() if c.field != field and p != place}
        if field:
            guessed = suggest(
                catalog.module(module), rights, [field], [[r[place]] for r in rows if place < len(r)]
            )
            like = guessed.get(0)
            found[place] = ImportColumn(
                column=place, field=field, date_format=like.date_format if like else None,
                decimal=like.decimal if like else "point",
            )  # fmt: skip
    if not found:
        raise Invalid.of(
            Problem("nothing_mapped", "No column is like a field.", "--map", "Say it with --map.")
        )
    return [found[place] for place in sorted(found)]


def show(found: dict[str, Any], *, dry_run: bool, common: Common) -> None:
    """What became of the file."""
    if common.json:
        print_json(found)
    else:
        would = "would be " if dry_run else ""
        told = ", ".join(
            f"{found[count]:,} {would}{count}" for count in ("created", "updated", "skipped", "failed")
        )
        tell(None, f"{found['done']:,} rows: {told}.", as_json=False)
        for run in found["runs"]:
            stderr().print(f"{run['count']:,} runs of {run['name']} would start.")
        if found["problems"]:
            show_rows(found["problems"], ("row", "column", "value", "message"), as_json=False, empty="")
    if found["error"]:
        raise Invalid.of(Problem(found["error"]["code"], found["error"]["message"], "",
                                 found["error"].get("suggestion")))  # fmt: skip
