"""Workflows, templates and data tasks as files: an archive to download, a plan, putting them in place."""

from __future__ import annotations

import asyncio
import io
import zipfile
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import Call, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.exports import attachment
from whereupon.api.routes.shapes import PathKey
from whereupon.api.turns import turns_of
from whereupon.db.pool import Connection
from whereupon.packs import as_files

router = routes_of("files", "/files")
ZIP = "application/zip"
YAML = "application/yaml"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the same content is the same archive
Text = Annotated[str, Field(max_length=2_000_000)]


class Files(BaseModel):
    """Texts of files by their path: workflows/case_welcome.yaml."""

    model_config = ConfigDict(extra="forbid")

    files: dict[str, Text] = Field(max_length=as_files.MOST_FILES)


class FilesToApply(Files):
    """`accept_loss`: runs under way may be cancelled, and drafts that were not published may go."""

    accept_loss: bool = False


class FileChange(Out):
    """One thing that differs. `diff`: lines that go (-) and come (+); `lost`: what would be lost."""

    kind: str
    key: str
    file: str
    action: str
    diff: list[str]
    lost: list[str]


class FilePlan(Out):
    """All that differs, and how many files are as they say."""

    changes: list[FileChange]
    same: int


class ListedFile(Out):
    """Something that can be written as a file. `file`: its path in a folder of files."""

    file: str
    kind: str
    key: str
    name: str
    state: str | None


class ListedFiles(Out):
    """All of them, by kind."""

    items: list[ListedFile]


@router.get("/list", **operation("list_files", ListedFiles, summary="What can be written as a file."))
async def list_files(call: TheCall) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        return {"items": await as_files.listed(db, call.rights)}

    return await call.read(work)


@router.get(
    "", **operation("export_files", summary="Workflows, templates and tasks as YAML files.", media_type=ZIP,
                    errors=[404]),
)  # fmt: skip
async def export(
    call: TheCall,
    file: Annotated[
        list[Annotated[str, Field(max_length=200)]] | None,
        Query(max_length=1_000, description="Only these, by path: workflows/case_welcome.yaml; none: all."),
    ] = None,
) -> Response:
    async with call.database.connection() as db:
        texts = await as_files.export(db, call.rights, file or ())
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path, text in texts.items():
            packed.writestr(zipfile.ZipInfo(path, EPOCH), text, zipfile.ZIP_DEFLATED)
    return Response(archive.getvalue(), media_type=ZIP, headers=attachment("Workflows", "zip"))


async def read(call: Call, sent: Files) -> as_files.Wanted:
    """What they say. It takes a while for many, so others go on meanwhile."""
    async with turns_of(call).files.turn():
        return await asyncio.to_thread(as_files.read_files, sent.files)


@router.get(
    "/{folder}/{name}",
    **operation("export_file", summary="One of them as a YAML file.", media_type=YAML),
)
async def export_one(call: TheCall, folder: PathKey, name: PathKey) -> Response:
    async with call.database.connection() as db:
        texts = await as_files.export(db, call.rights, [f"{folder}/{name}"])
    ((_, text),) = texts.items()
    told = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return Response(text, media_type=YAML, headers=told)


@router.post(
    "/plan", **operation("plan_files", FilePlan, summary="What these files would change.", errors=[409, 429])
)
async def plan(call: TheCall, sent: Files) -> Response:
    call.rights.require_builder()
    wanted = await read(call, sent)

    async def work(db: Connection) -> dict[str, Any]:
        return (await as_files.plan(db, call.rights, wanted)).as_json()

    return await call.write(work)


@router.post(
    "/apply",
    **operation("apply_files", FilePlan, summary="Make what is there as the files say.", errors=[409, 429]),
)
async def apply(call: TheCall, sent: FilesToApply) -> Response:
    call.rights.require_builder()
    wanted = await read(call, sent)

    async def work(db: Connection) -> dict[str, Any]:
        found = await as_files.apply(db, call.rights, wanted, accept_loss=sent.accept_loss)
        return found.as_json()

    return await call.write(work)
