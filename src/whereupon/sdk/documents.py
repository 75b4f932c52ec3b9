"""Which documents a block works on: the one that started the run, one of a block before, or the record's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from whereupon.conditions.expressions import compile_value
from whereupon.conditions.tree import Value
from whereupon.conditions.values import INTEGER, Scope, literal
from whereupon.errors import Invalid, Problem, WhereuponError
from whereupon.sdk.attachments import like
from whereupon.sdk.block import Batch, Config, RunView
from whereupon.sdk.fields import Shown
from whereupon.sdk.filing import may_change, tell_causes
from whereupon.sdk.outcomes import Done, Fail, Outcome
from whereupon.sdk.writing import own_sql
from whereupon.templates.template import Template, check, context_sql, parse, render

MOST = 200  # documents of one record at once
WHICH = {
    "this": "The document that started it",
    "record": "The record's documents",
    "number": "A document of a block before",
}


class Documents(Config):
    """The documents of a block. Those of other records are never meant."""

    which: Annotated[Literal["this", "record", "number"], Shown(labels=WHICH)] = Field(
        "this", title="Which documents"
    )
    name: Annotated[str | None, Shown(when={"which": ["record"]})] = Field(
        None, min_length=1, max_length=200, title="Only with the name",
        description="Capitals or not: * is any text, ? any character.",
    )  # fmt: skip
    document: Annotated[Value | None, Shown("value", when={"which": ["number"]})] = Field(
        None, title="Document", description="Its number, as the block Generate PDF gives it."
    )

    @model_validator(mode="after")
    def fits(self) -> Documents:
        if (self.document is not None) != (self.which == "number"):
            verb = "is required" if self.which == "number" else "does not go"
            raise ValueError(f'"document" {verb} with which = "{self.which}"')
        if self.name is not None and self.which != "record":
            raise ValueError('"name" goes with which = "record"')
        return self


def check_documents(config: Documents, scope: Scope, starts_with_one: bool) -> list[Problem]:
    """What is wrong with the choice: no record, no document that started it, a number that is none."""
    if scope.module is None:
        told = "Documents belong to records, and this workflow is about no module."
        return [Problem("no_record", told, "", "Choose the workflow's module.")]
    if config.which == "this" and not starts_with_one:
        advice = 'Start it with "A document is uploaded", or choose other documents.'
        return [Problem("no_document", "No document starts this workflow.", "/which", advice)]
    try:
        _where(config, scope)
    except Invalid as error:
        return [problem.under("/document") for problem in error.problems]
    return []


def reads_of_documents(config: Documents, scope: Scope) -> frozenset[str]:
    """The "module.field" names that finding them reads."""
    if config.document is None:
        return frozenset()
    return compile_value(config.document, scope, INTEGER).reads


def documents_words(config: Documents) -> str:
    """In a sentence: "the document", "the record's documents *.pdf"."""
    named = f" “{config.name}”" if config.name else ""
    return {"this": "the document", "record": f"the record's documents{named}", "number": "a document"}[
        config.which
    ]


@dataclass(frozen=True, slots=True)
class Meant:
    """One document of one run, and the values that the block's texts name."""

    run_id: int
    id: int
    sha256: str
    name: str
    media_type: str
    size: int
    type: str
    folder: str
    context: Mapping[str, Any]

    def typed(self, type: str | None) -> Meant:
        """The same once it has this type, for texts that name it; None: it keeps its own."""
        known: Mapping[str, Any] = self.context.get("document") or {}
        if type is None or "type" not in known:
            return self
        return replace(self, context={**self.context, "document": {**known, "type": type}})


def texts_about(texts: Mapping[str, str], scope: Scope) -> dict[str, Template]:
    """The texts, parsed where `document.…` means each of the documents."""
    here = about(scope)
    return {name: parse(text, here) for name, text in texts.items()}


def check_texts(texts: Mapping[str, str], scope: Scope) -> list[Problem]:
    """What is wrong with texts that may name the document; paths by their names."""
    here = about(scope)
    return [problem for name, text in texts.items() for problem in check(text, here, path=f"/{name}")]


def about(scope: Scope) -> Scope:
    """The scope in which `document` is the row `d`."""
    return replace(scope, document="to_jsonb(d.*)")


async def find_documents(config: Documents, batch: Batch, texts: Mapping[str, str]) -> dict[int, list[Meant]]:
    """Run → its documents, oldest first, locked, with what the texts need. At most MOST of each record."""
    place, module = batch.place, batch.place.module
    assert module is not None
    templates = place.once("about", lambda: texts_about(texts, place.scope))
    context = context_sql(templates.values(), about(place.scope)) if templates else "'{}'::jsonb"
    rows: list[Any] = await batch.db.fetch(
        f"SELECT r.id AS run_id, d.id, encode(d.sha256, 'hex') AS sha256, d.name, d.media_type, d.size, "
        f"d.type, d.folder, {context} AS context FROM {place.source} "
        f"JOIN whereupon.documents d ON d.module_id = {module.id} AND d.record_id = {module.key_sql('n')} "
        f"AND {_where(config, place.scope)} ORDER BY d.id LIMIT {MOST * len(batch.runs)} FOR UPDATE OF d",
        batch.ids,
    )
    found: dict[int, list[Meant]] = {}
    for row in rows:
        found.setdefault(row["run_id"], []).append(Meant(**dict(row)))
    return found


def _where(config: Documents, scope: Scope) -> str:
    """SQL over the document `d`."""
    match config.which:
        case "this":
            return f"d.id = (({scope.document})->>'id')::bigint"
        case "record":
            return f"lower(d.name) LIKE lower({literal(like(config.name))})" if config.name else "true"
        case _:
            assert config.document is not None
            return f"d.id = ({compile_value(config.document, scope, INTEGER).sql})"


def write(template: Template, meant: Meant) -> str:
    """One text for one document. Raises RenderingFailed."""
    return render(template.stored, meant.context)


async def allowed_runs(batch: Batch) -> set[int]:
    """The runs whose record their principal may read (rule 28). Raises Refused when it may none."""
    module = batch.place.module
    assert module is not None
    batch.rights.require("read", module.key)
    rows = await batch.rows({"allowed": own_sql(batch, "read", module, "n")})
    return {run for run, row in rows.items() if row["allowed"]}


def nothing_found(config: Documents) -> Fail:
    """How a run fails whose documents are not there."""
    told = f"There is nothing to work on: {documents_words(config)} cannot be found on the record."
    return Fail(told, "no_document", "It may have been removed, or have another name.")


RENAME = """
UPDATE whereupon.documents d SET name = g.name, type = coalesce(g.type, d.type),
  folder = coalesce(g.folder, d.folder)
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS g(id, name, type, folder)
WHERE d.id = g.id AND (d.name, d.type, d.folder) IS DISTINCT FROM
  (g.name, coalesce(g.type, d.type), coalesce(g.folder, d.folder))
"""


@dataclass(frozen=True, slots=True)
class Filed:
    """What a document is to become; None leaves as it is."""

    id: int
    name: str
    type: str | None = None
    folder: str | None = None


async def write_filed(batch: Batch, filed: Sequence[Filed]) -> None:
    """Write the names, types and folders; the caller has said which runs cause it (sdk/filing.py)."""
    await batch.db.execute(
        RENAME,
        [f.id for f in filed],
        [f.name for f in filed],
        [f.type for f in filed],
        [f.folder for f in filed],
    )


File = Callable[[RunView, list[Meant], Mapping[str, Template]], list[Filed]]


async def file_documents(
    config: Documents, batch: Batch, texts: Mapping[str, str], file: File, *, shown: str, refused: Fail
) -> list[Outcome]:
    """File the documents of each run as `file` says, as far as its principal may change the record.

    `shown`: the attribute of the first one that later blocks see. A text that fails, fails its run alone.
    """
    allowed = await may_change(batch)
    found = await find_documents(config, batch, texts)
    templates: Mapping[str, Template] = batch.place.memory["about"]
    outcomes: list[Outcome] = []
    writing: list[Filed] = []
    for run in batch.runs:
        if run.id not in allowed:
            outcomes.append(refused)
        elif run.id not in found:
            outcomes.append(nothing_found(config))
        else:
            try:
                filed = file(run, found[run.id], templates)
            except WhereuponError as error:
                outcomes.append(Fail(error.message, error.code, error.suggestion))
                continue
            writing += filed
            first = {"document_id": filed[0].id, shown: getattr(filed[0], shown), "documents": len(filed)}
            outcomes.append(Done("next", first, records=len(filed)))
    await tell_causes(batch, batch.runs)
    await write_filed(batch, writing)
    return outcomes
