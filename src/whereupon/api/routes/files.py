"""Workflows, templates and data tasks as files: an archive to download, a plan, putting them in place."""

from __future__ import annotations

import io
import zipfile
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.api.routes.exports import attachment
from whereupon.db.pool import Connection
from whereupon.packs import as_files

router = routes_of("files", "/files")
ZIP = "application/zip"
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


@router.get(
    "", **operation("export_files", summary="Workflows, templates and tasks as YAML files.", media_type=ZIP)
)
async def export(call: TheCall) -> Response:
    async with call.database.connection() as db:
        texts = await as_files.export(db, call.rights)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path, text in texts.items():
            packed.writestr(zipfile.ZipInfo(path, EPOCH), text, zipfile.ZIP_DEFLATED)
    return Response(archive.getvalue(), media_type=ZIP, headers=attachment("Workflows", "zip"))


@router.post(
    "/plan", **operation("plan_files", FilePlan, summary="What these files would change.", errors=[409])
)
async def plan(call: TheCall, sent: Files) -> Response:
    call.rights.require_builder()
    wanted = as_files.read_files(sent.files)

    async def work(db: Connection) -> dict[str, Any]:
        return (await as_files.plan(db, call.rights, wanted)).as_json()

    return await call.write(work)


@router.post(
    "/apply",
    **operation("apply_files", FilePlan, summary="Make what is there as the files say.", errors=[409]),
)
async def apply(call: TheCall, sent: FilesToApply) -> Response:
    call.rights.require_builder()
    wanted = as_files.read_files(sent.files)

    async def work(db: Connection) -> dict[str, Any]:
        found = await as_files.apply(db, call.rights, wanted, accept_loss=sent.accept_loss)
        return found.as_json()

    return await call.write(work)
