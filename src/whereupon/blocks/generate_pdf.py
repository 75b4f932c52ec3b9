"""D8: makes a PDF with the values of the record, and attaches it to the record as a document."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from whereupon.conditions.values import INTEGER, TEXT, Scope
from whereupon.conditions.words import shortened
from whereupon.errors import Problem, did_you_mean
from whereupon.outbox.calls import Call
from whereupon.outbox.messages import source_id
from whereupon.people.rights import require_reads
from whereupon.records.filing import clean_folder
from whereupon.records.pictures import LOGO_SQL, pictures_sql, read_pictures
from whereupon.sdk.block import Batch, Config
from whereupon.sdk.fields import Line, Shown, one_of
from whereupon.sdk.filing import NewFile, may_change, store_files
from whereupon.sdk.outcomes import Done, Fail, Outcome
from whereupon.sdk.outside import Ask, Got, OutsideBlock, Patience, Performed, World
from whereupon.templates.pdf import (
    PageSetup,
    asks_for_pictures,
    file_name,
    pdf_source,
    picture_problems,
    render_pdf,
    render_title,
)
from whereupon.templates.printing import Picture, draw_pdf
from whereupon.templates.template import Template, check, context_sql, parse, render

RICH = ("html", "header", "footer")
WORDS = {"A saved template": ["template"], "Written here": ["title", "html", "header", "footer", "page"]}
SAME_NAME = {"add": "Add another document", "version": "Make it a new version of that document"}
LOAD_SOURCE = "SELECT source FROM whereupon.message_sources WHERE id = $1"


class PdfConfig(Config):
    """What it says, and where it goes. Either a saved template, or the words themselves."""

    model_config = ConfigDict(json_schema_extra=one_of(WORDS))

    template: Annotated[str | None, Shown("saved-template", channel="pdf")] = Field(
        None, title="Saved template", description="The key of a saved template for PDFs."
    )
    title: Annotated[str | None, Shown("template")] = Field(
        None, max_length=1_000, title="Title", description="Of the document; may contain variables."
    )
    html: Annotated[str | None, Shown("html")] = Field(
        None, max_length=200_000, title="Text", description="Rich text with variables, tables and pictures."
    )
    header: Annotated[str | None, Shown("html", advanced=True)] = Field(
        None, max_length=20_000, title="Header", description="At the top of every page."
    )
    footer: Annotated[str | None, Shown("html", advanced=True)] = Field(
        None, max_length=20_000, title="Footer", description="At the bottom of every page."
    )
    page: Annotated[PageSetup | None, Shown(advanced=True)] = Field(
        None, title="Page", description="Paper and margins; none: A4 with page numbers."
    )
    name: Line | None = Field(
        None, max_length=500, title="File name", description="With variables; none: its title."
    )
    type: str = Field("", max_length=100, title="Document type", description="What it is: Invoice.")
    folder: Annotated[Line, Shown(advanced=True)] = Field(
        "", max_length=500, title="Folder", description="Where it goes: Invoices/2026."
    )
    same_name: Annotated[Literal["add", "version"], Shown(labels=SAME_NAME, advanced=True)] = Field(
        "add", title="If the record has one of this name"
    )

    @model_validator(mode="after")
    def has_words(self) -> PdfConfig:
        own = [name for name in WORDS["Written here"] if getattr(self, name) is not None]
        if self.template is not None and own:
            raise ValueError(f"choose a template or {' and '.join(own)}, not both")
        if self.template is None and (self.title is None or self.html is None):
            raise ValueError("a PDF needs a title and a text, or a template")
        return self


class GeneratePdf(OutsideBlock[PdfConfig]):
    """The values are those of when the block was reached; one document for each call, however often tried."""

    key = "generate_pdf"
    label = "Generate PDF"
    group = "Documents"
    icon = "file-text"
    description = "Makes a PDF such as an invoice, a letter or a certificate, and attaches it to the record."
    Config = PdfConfig
    outputs: ClassVar = {"document_id": INTEGER, "name": TEXT, "pages": INTEGER}
    patience = Patience(3, 5.0, 60.0)
    seconds = 90.0
    does_to_documents = "new"
    examples = (
        {
            "title": "Offer for {{ record.name }}",
            "html": "<h1>Offer</h1><p>Dear {{ record.name }}, the price is {{ record.amount | money }}.</p>",
            "footer": "{{ organisation.name }}", "name": "Offer {{ record.id }}", "type": "Offer",
            "folder": "Offers",
        },
    )  # fmt: skip

    def check(self, config: PdfConfig, scope: Scope) -> list[Problem]:
        found = list[Problem]()
        if scope.module is None:
            told = "A PDF is attached to a record, and this workflow is about no module."
            found.append(Problem("no_record", told, "", "Choose the workflow's module."))
        if config.template is not None and _saved(config, scope) is None:
            known = [key for key, one in scope.catalog.templates.items() if one.get("channel") == "pdf"]
            told = f'There is no template "{config.template}" for PDFs.'
            near = did_you_mean(config.template, known)
            return [*found, Problem("unknown_template", told, "/template", near)]
        for name, text in _words(config, scope).items():
            is_own = config.template is None or name in ("name", "folder")
            at = f"/{name}" if is_own else "/template"
            found += check(text, scope, html=name in RICH, path=at)
            found += picture_problems(text, at) if name in RICH else []
        return found

    def describe(self, config: PdfConfig, scope: Scope) -> str:
        return f"PDF: {shortened(config.name or config.title or f'“{config.template}”', 80)}"

    def reads(self, config: PdfConfig, scope: Scope) -> frozenset[str]:
        return frozenset[str]().union(*(t.reads for t in _templates(config, scope).values()))

    def adds_to(self, config: PdfConfig, scope: Scope) -> frozenset[str]:
        return frozenset({scope.module.key}) if scope.module else frozenset()

    async def prepare(self, config: PdfConfig, batch: Batch) -> Sequence[Ask | Fail]:
        source = await source_id(batch.db, "pdf", self.source(config, batch))
        allowed = await may_change(batch)
        rows = await self.gather(config, batch)
        return [
            self.ask(config, source, rows[run.id]) if run.id in allowed else NOT_ALLOWED for run in batch.runs
        ]

    def source(self, config: PdfConfig, batch: Batch) -> dict[str, Any]:
        return batch.place.once("source", lambda: _source(config, batch.place.scope))

    async def gather(self, config: PdfConfig, batch: Batch) -> Mapping[int, Any]:
        """For each run the values that its words name, and the pictures that it may show."""
        place, module = batch.place, batch.place.module
        assert module is not None
        require_reads(batch.rights, self.reads(config, place.scope), place.catalog, module.key)

        def columns() -> dict[str, str]:
            context = context_sql(_templates(config, place.scope).values(), place.scope)
            if not asks_for_pictures(self.source(config, batch)):
                return {"context": context}
            pictures = pictures_sql(module, batch.rights.readable(module))
            return {"context": context, "pictures": pictures, "logo": LOGO_SQL}

        return await batch.rows(place.once("columns", columns))

    def ask(self, config: PdfConfig, source: int, row: Any) -> Ask:
        context, pictures = row["context"], list[Any]()
        if "pictures" in row.keys():  # noqa: SIM118 - a record of asyncpg looks for values
            pictures = [*row["pictures"], *([row["logo"]] if row["logo"] else [])]
        request = {"source": source, "context": context, "pictures": pictures}
        return Ask(request, shown={"type": config.type} if config.type else {})

    async def perform(self, call: Call, world: World) -> Performed:
        async with world.database.connection() as db:
            source: Mapping[str, Any] = await db.fetchval(LOAD_SOURCE, call.request["source"])
        context = call.request["context"]
        html, named = render_pdf(source, context), _named(source, context)
        pictures = await asyncio.to_thread(read_pictures, world.files, call.request["pictures"], html)
        drawn = await draw_pdf(html, [Picture(*one) for one in pictures], title=named["title"])
        stored = await asyncio.to_thread(world.files.put, io.BytesIO(drawn.content))
        return Got(named | {"sha256": stored.sha256, "size": stored.size, "pages": drawn.pages})

    async def finish(
        self, config: PdfConfig, batch: Batch, got: Sequence[Mapping[str, Any]]
    ) -> list[Outcome]:
        allowed = await may_change(batch)
        given = [
            (
                run,
                NewFile(
                    one["sha256"], one["size"], one["name"], "application/pdf", config.type, one["folder"]
                ),
            )
            for run, one in zip(batch.runs, got, strict=True)
        ]
        kept = await store_files(
            batch, [(run, file) for run, file in given if run.id in allowed],
            replaces=config.same_name == "version",
        )  # fmt: skip
        pages = {run.id: one["pages"] for run, one in zip(batch.runs, got, strict=True)}
        return [
            Done("next", {"document_id": kept[run.id], "name": file.name, "pages": pages[run.id]})
            if run.id in kept else NOT_ALLOWED
            for run, file in given
        ]  # fmt: skip

    async def rehearse(self, config: PdfConfig, batch: Batch) -> list[Outcome]:
        """Drawn as it would be, but for pictures, and kept nowhere."""
        source, rows = self.source(config, batch), await self.gather(config, batch)
        outcomes: list[Outcome] = []
        for run in batch.runs:
            context = rows[run.id]["context"]
            drawn = await draw_pdf(render_pdf(source, context))
            name = _named(source, context)["name"]
            outcomes.append(Done("next", {"document_id": None, "name": name, "pages": drawn.pages}))
        return outcomes


NOT_ALLOWED = Fail(
    "The workflow may not change this record, so it cannot attach anything to it.", "refused",
    "Give the person who publishes the workflow the right to update it.",
)  # fmt: skip


def _saved(config: PdfConfig, scope: Scope) -> Mapping[str, Any] | None:
    found = scope.catalog.templates.get(config.template or "")
    return found if found is not None and found.get("channel") == "pdf" else None


def _words(config: PdfConfig, scope: Scope) -> dict[str, str]:
    """Its texts by name: its own or the saved template's, and where it goes."""
    saved = _saved(config, scope) or {}
    own = {"title": config.title, "html": config.html, "header": config.header, "footer": config.footer}
    kept = {"title": saved.get("subject"), **{name: saved.get(name) for name in RICH}}
    texts = (kept if config.template is not None else own) | {"name": config.name, "folder": config.folder}
    return {name: text for name, text in texts.items() if text}


def _templates(config: PdfConfig, scope: Scope) -> dict[str, Template]:
    return {name: parse(text, scope, html=name in RICH) for name, text in _words(config, scope).items()}


def _source(config: PdfConfig, scope: Scope) -> dict[str, Any]:
    parsed = _templates(config, scope)
    page = config.page or PageSetup.model_validate((_saved(config, scope) or {}).get("page") or {})
    title = parsed.get("title") or parse("", scope)
    source = pdf_source(
        title=title, html=parsed["html"], header=parsed.get("header"), footer=parsed.get("footer"), page=page
    )
    return source | {name: parsed[name].stored for name in ("name", "folder") if name in parsed}


def _named(source: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, str]:
    """Its title, its file name and its folder for these values. Raises RenderingFailed, Invalid."""
    title = render_title(source, context)
    name = render(source["name"], context) if "name" in source else title
    folder = clean_folder(render(source["folder"], context)) if "folder" in source else ""
    return {"title": title, "name": file_name(name), "folder": folder}
