"""Saved templates of mails and PDFs, checked and shown with a real record before anything is sent."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import LIMIT_TIME, TheCall, response_of
from whereupon.api.declare import Out, operation
from whereupon.api.paging import Cursor, Limit, id_after, paged
from whereupon.api.reading import user_sql
from whereupon.api.route import routes_of
from whereupon.api.routes.editor import Variables
from whereupon.api.routes.shapes import Page, PathKey
from whereupon.conditions.values import Scope
from whereupon.db.pool import Connection
from whereupon.modules.catalog import Module, quote
from whereupon.outbox.mail import mail_source, render_bodies
from whereupon.people.rights import require_reads
from whereupon.records.files import FileStore
from whereupon.records.pictures import LOGO_SQL, pictures_sql, read_pictures
from whereupon.records.read import read_record
from whereupon.templates import saved
from whereupon.templates.pdf import (
    PageSetup,
    asks_for_pictures,
    file_name,
    pdf_source,
    render_pdf,
    render_title,
)
from whereupon.templates.printing import Picture, draw_pdf
from whereupon.templates.saved import Channel, NewTemplate, TemplateChange, Words
from whereupon.templates.template import context_sql, parse, render
from whereupon.workflows.document import blank, parse_document
from whereupon.workflows.plan import make_plan
from whereupon.workflows.variables import Names, as_json, variables

router = routes_of("templates", "/templates")
SHOWN_PAGES = 5


class Template(Out):
    """A mail or a PDF that several workflows may make. `subject` is a PDF's title."""

    id: int
    key: str
    name: str
    channel: Channel
    module: str | None
    subject: str | None
    html: str | None
    text: str | None
    header: str | None
    footer: str | None
    page: PageSetup | None
    created_at: datetime
    updated_at: datetime
    etag: str


class ToPreview(Words):
    """Words, and the record with which to show them."""

    module: str = Field(max_length=100)
    record_id: str = Field(min_length=1, max_length=1000)


class Preview(Out):
    """The mail as it would look for this record. The HTML is sanitised; show it in a sandboxed frame."""

    subject: str
    html: str | None
    text: str


@router.get("", **operation("list_templates", Page[Template], summary="Saved templates, by id."))
async def list_templates(
    call: TheCall, limit: Limit = 50, cursor: Cursor = None, channel: Channel | None = None
) -> Response:
    call.rights.require_builder()
    after = id_after(cursor)

    async def work(db: Connection) -> dict[str, Any]:
        found = saved.list_templates(db, after=after, limit=limit + 1, channel=channel)
        return await paged(found, limit)

    return await call.read(work)


@router.post(
    "", **operation("create_template", Template, status=201, summary="Save a template.", errors=[404])
)
async def create_template(call: TheCall, body: NewTemplate) -> Response:
    return await call.write(lambda db: saved.create_template(db, call.rights, body), status=201)


@router.post("/preview", **operation("preview_template", Preview, summary="How it would look.", errors=[404]))
async def preview_template(call: TheCall, body: ToPreview) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        module = catalog.module(body.module)
        record = await read_record(db, catalog, module.key, body.record_id, call.rights, lines=False)
        scope = Scope(catalog, module, user=user_sql(call.rights))
        saved.require_sound(catalog, module.key, body)
        parsed = {name: parse(text, scope, html=name == "html") for name, text in saved.stored(body).items()}
        require_reads(call.rights, {name for t in parsed.values() for name in t.reads}, catalog, module.key)
        source = mail_source(subject=parsed["subject"], html=parsed.get("html"), text=parsed.get("text"))
        gathered = context_sql(parsed.values(), scope)
        context = await db.fetchval(f"SELECT {gathered} FROM {module.sql} n WHERE {this(module)}", record.id)
        return {"subject": render(source["subject"], context), "html": None} | render_bodies(source, context)

    return await call.read(work, bounded=True)


class PdfPreview(Out):
    """A PDF as it would be for this record, and its first pages as pictures; both in base64."""

    name: str
    pages: int
    pictures: list[str]
    content: str


@router.post(
    "/preview-pdf", **operation("preview_pdf", PdfPreview, summary="How a PDF would look.", errors=[404])
)
async def preview_pdf(call: TheCall, body: ToPreview) -> Response:
    """It is drawn in a process of its own and kept nowhere."""

    async def gathered(db: Connection) -> Any:
        catalog = await call.catalog(db)
        module = catalog.module(body.module)
        record = await read_record(db, catalog, module.key, body.record_id, call.rights, lines=False)
        scope = Scope(catalog, module, user=user_sql(call.rights))
        saved.require_sound(catalog, module.key, body, "pdf")
        texts = saved.stored(body)
        parsed = {name: parse(text, scope, html=name in saved.RICH) for name, text in texts.items()}
        require_reads(call.rights, {name for t in parsed.values() for name in t.reads}, catalog, module.key)
        source = pdf_source(
            title=parsed["subject"], html=parsed["html"], header=parsed.get("header"),
            footer=parsed.get("footer"), page=body.page,
        )  # fmt: skip
        pictures = (
            pictures_sql(module, call.rights.readable(module)) if asks_for_pictures(source) else "'[]'::jsonb"
        )
        return source, await db.fetchrow(
            f"SELECT {context_sql(parsed.values(), scope)} AS context, {pictures} AS pictures, "
            f"{LOGO_SQL} AS logo FROM {module.sql} n WHERE {this(module)}",
            record.id,
        )

    async with call.database.transaction(readonly=True) as db:
        await db.execute(LIMIT_TIME)
        source, row = await gathered(db)
    html, title = render_pdf(source, row["context"]), render_title(source, row["context"])
    listed = [*row["pictures"], *([row["logo"]] if row["logo"] else [])]
    pictures = await asyncio.to_thread(read_pictures, FileStore.of(call.settings), listed, html)
    drawn = await draw_pdf(html, [Picture(*one) for one in pictures], title=title, show=SHOWN_PAGES)
    shown = {
        "name": file_name(title), "pages": drawn.pages,
        "pictures": [b64encode(page).decode() for page in drawn.shown],
        "content": b64encode(drawn.content).decode(),
    }  # fmt: skip
    return response_of(shown)


def this(module: Module) -> str:
    """The record whose id is $1."""
    if len(module.key_columns) > 1:
        return f"{module.key_sql('n')} = $1"
    return f"n.{quote(module.key_column)} = $1::text::{module.key_type}"


class ToName(BaseModel):
    """Whose records the names are about, and below which name to look."""

    model_config = ConfigDict(extra="forbid")

    module: str | None = Field(default=None, max_length=100)
    path: str = Field(default="", max_length=1000, description="Of a name before; none: the first level.")


@router.post(
    "/variables",
    **operation(
        "list_template_variables", Variables, summary="The names that a template may use.", errors=[404]
    ),
)
async def list_template_variables(call: TheCall, body: ToName) -> Response:
    call.rights.require_builder()

    async def work(db: Connection) -> dict[str, Any]:
        catalog = await call.catalog(db)
        scope = Scope(catalog, catalog.module(body.module) if body.module else None)
        names = Names(scope, make_plan(parse_document(blank())), call.rights)
        return {"items": [as_json(one) for one in variables(names, body.path)]}

    return await call.read(work)


@router.get("/{key}", **operation("get_template", Template, summary="One template."))
async def get_template(call: TheCall, key: PathKey) -> Response:
    call.rights.require_builder()
    return await call.read(lambda db: saved.get_template(db, key))


@router.put("/{key}", **operation("change_template", Template, summary="Change its words.", if_match=True))
async def change_template(call: TheCall, key: PathKey, body: TemplateChange) -> Response:
    etag = call.if_match()
    return await call.write(lambda db: saved.change_template(db, call.rights, key, body, etag=etag))


@router.delete(
    "/{key}", **operation("delete_template", status=204, summary="Remove a template.", errors=[409])
)
async def delete_template(call: TheCall, key: PathKey) -> Response:
    return await call.write(lambda db: saved.delete_template(db, call.rights, key))
