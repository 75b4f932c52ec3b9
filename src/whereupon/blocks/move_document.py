"""D20: moves documents of the record to a folder of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from whereupon.conditions.values import INTEGER, TEXT, Scope
from whereupon.conditions.words import shortened
from whereupon.errors import Problem
from whereupon.people.rights import require_reads
from whereupon.records.filing import clean_folder
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


class MoveConfig(Documents):
    """Which documents, and where they go."""

    folder: Line = Field(
        max_length=500, title="Folder",
        description="With variables; a slash between folders: Papers/{{ document.type }}. Empty: none.",
        examples=["Papers/{{ document.type }}"],
    )  # fmt: skip


class MoveDocument(Block[MoveConfig]):
    """A folder is there as soon as a document is in it."""

    key = "move_document"
    label = "Move document"
    group = "Documents"
    icon = "folder"
    description = "Moves the document to a folder of the record; the folder is made when it is new."
    Config = MoveConfig
    about_documents = True
    does_to_documents = "changed"
    outputs: ClassVar = {"document_id": INTEGER, "folder": TEXT, "documents": INTEGER}
    examples = ({"which": "record", "folder": "Papers/{{ record.status }}"},)

    def check(self, config: MoveConfig, scope: Scope) -> list[Problem]:
        found = check_documents(config, scope, scope.document not in (None, "NULL::jsonb"))
        return found or check_texts({"folder": config.folder}, scope)

    def describe(self, config: MoveConfig, scope: Scope) -> str:
        where = f"to “{shortened(config.folder, 80)}”" if config.folder.strip() else "out of its folder"
        return f"Move {documents_words(config)} {where}"

    def reads(self, config: MoveConfig, scope: Scope) -> frozenset[str]:
        return (
            reads_of_documents(config, scope) | texts_about({"folder": config.folder}, scope)["folder"].reads
        )

    def adds_to(self, config: MoveConfig, scope: Scope) -> frozenset[str]:
        return frozenset({scope.module.key}) if scope.module else frozenset()

    async def run_batch(self, config: MoveConfig, batch: Batch) -> list[Outcome]:
        place, module = batch.place, batch.place.module
        assert module is not None
        require_reads(batch.rights, self.reads(config, place.scope), place.catalog, module.key)
        return await file_documents(
            config, batch, {"folder": config.folder}, moved, shown="folder", refused=REFUSED
        )


def moved(run: RunView, documents: list[Meant], templates: Mapping[str, Template]) -> list[Filed]:
    """The documents in their new folders."""
    return [
        Filed(one.id, one.name, folder=clean_folder(write(templates["folder"], one))) for one in documents
    ]


REFUSED = Fail(
    "The workflow may not change this record, so it cannot move its documents.", "refused",
    "Give the person who publishes the workflow the right to update it.",
)  # fmt: skip
