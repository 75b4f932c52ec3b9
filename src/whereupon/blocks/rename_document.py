"""D20: gives documents of the record a name made after a pattern."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from whereupon.conditions.values import INTEGER, TEXT, Scope
from whereupon.conditions.words import shortened
from whereupon.errors import Problem
from whereupon.people.rights import require_reads
from whereupon.records.filing import clean_type, with_ending
from whereupon.sdk.block import Batch, Block, RunView
from whereupon.sdk.documents import (
    Documents,
    Filed,
    Meant,
    check_documents,
    check_texts,
    documents_words,
    file_documents,
    reads_of_documents,
    texts_about,
    write,
)
from whereupon.sdk.fields import Line
from whereupon.sdk.outcomes import Fail, Outcome
from whereupon.templates.template import Template


class RenameConfig(Documents):
    """Which documents, and what they are called then."""

    pattern: Line = Field(
        min_length=1, max_length=500, title="New name",
        description="With variables: {{ document.type }} - {{ today }}. The ending of the file stays.",
        examples=["{{ record.id }} - {{ document.type }} - {{ today }}"],
    )  # fmt: skip
    type: Line | None = Field(
        None, max_length=200, title="Document type", description="None: it stays as it is."
    )


class RenameDocument(Block[RenameConfig]):
    """A name that is taken gets a number after it, so that no two files of a record look alike."""

    key = "rename_document"
    label = "Rename document"
    group = "Documents"
    icon = "pencil"
    description = "Gives the document a name made of the record's values, and says what it is."
    Config = RenameConfig
    about_documents = True
    does_to_documents = "changed"
    outputs: ClassVar = {"document_id": INTEGER, "name": TEXT, "documents": INTEGER}
    examples = (
        {
            "which": "record",
            "pattern": "{{ record.name }} - {{ document.type }} - {{ today }}",
            "type": "Offer",
        },
        {"which": "record", "name": "*.pdf", "pattern": "{{ record.id }} {{ document.name }}"},
    )

    def check(self, config: RenameConfig, scope: Scope) -> list[Problem]:
        found = check_documents(config, scope, scope.document not in (None, "NULL::jsonb"))
        return found or check_texts(_texts(config), scope)

    def describe(self, config: RenameConfig, scope: Scope) -> str:
        return f"Rename {documents_words(config)}: {shortened(config.pattern, 80)}"

    def reads(self, config: RenameConfig, scope: Scope) -> frozenset[str]:
        texts = [template.reads for template in texts_about(_texts(config), scope).values()]
        return reads_of_documents(config, scope).union(*texts)

    def adds_to(self, config: RenameConfig, scope: Scope) -> frozenset[str]:
        return frozenset({scope.module.key}) if scope.module else frozenset()

    async def run_batch(self, config: RenameConfig, batch: Batch) -> list[Outcome]:
        place, module = batch.place, batch.place.module
        assert module is not None
        require_reads(batch.rights, self.reads(config, place.scope), place.catalog, module.key)
        taken = await names_taken(batch)

        def name(run: RunView, documents: list[Meant], templates: Mapping[str, Template]) -> list[Filed]:
            return renamed(documents, templates, taken.get(run.record_id or "", {}))

        return await file_documents(config, batch, _texts(config), name, shown="name", refused=REFUSED)


REFUSED = Fail(
    "The workflow may not change this record, so it cannot rename its documents.", "refused",
    "Give the person who publishes the workflow the right to update it.",
)  # fmt: skip
TAKEN = """
SELECT d.record_id, d.id, lower(d.name) AS name FROM whereupon.documents d
WHERE d.module_id = $1 AND d.record_id = ANY($2::text[])
"""


async def names_taken(batch: Batch) -> dict[str, dict[int, str]]:
    """Record → document → its name in small letters."""
    module = batch.place.module
    assert module is not None
    rows = await batch.db.fetch(TAKEN, module.id, [run.record_id for run in batch.runs])
    found: dict[str, dict[int, str]] = {}
    for row in rows:
        found.setdefault(row["record_id"], {})[row["id"]] = row["name"]
    return found


def renamed(documents: list[Meant], templates: Mapping[str, Template], taken: dict[int, str]) -> list[Filed]:
    """The documents with their new names, each different from every other of the record."""
    filed: list[Filed] = []
    for one in documents:
        kind = clean_type(write(templates["type"], one)) if "type" in templates else None
        name = with_ending(write(templates["pattern"], one.typed(kind)), one.name)
        others = {other for number, other in taken.items() if number != one.id}
        name = free_name(name, others)
        taken[one.id] = name.lower()
        filed.append(Filed(one.id, name, kind))
    return filed


def free_name(name: str, taken: set[str]) -> str:
    """The name, with a number before its ending when another document has it.

    >>> free_name("A.pdf", {"a.pdf", "a (2).pdf"}), free_name("B.pdf", {"a.pdf"})
    ('A (3).pdf', 'B.pdf')
    """
    stem, dot, ending = name.rpartition(".")
    if not stem:
        stem, dot, ending = name, "", ""
    number, free = 1, name
    while free.lower() in taken:
        number += 1
        free = f"{stem} ({number}){dot}{ending}"
    return free


def _texts(config: RenameConfig) -> dict[str, str]:
    return {"pattern": config.pattern} | ({"type": config.type} if config.type is not None else {})
