"""B13: a workflow starts when a document of a record is uploaded or changed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from whereupon.conditions.documents import OF_CHANGE
from whereupon.conditions.values import Scope, literal
from whereupon.records.filing import clean_folder
from whereupon.sdk.attachments import like
from whereupon.sdk.block import Config, Files
from whereupon.sdk.fields import Shown
from whereupon.sdk.trigger import Trigger

ON = {
    "uploaded": "A document is uploaded",
    "new_version": "A new version is uploaded",
    "uploaded_or_new_version": "Uploaded, or a new version of it",
    "changed": "Anything: also renamed, moved, given a type",
}
# What each means, in SQL over the change: a document that is new to its record has nothing before.
NEW, VERSION = "c.old IS NULL", "c.old->>'sha256' IS DISTINCT FROM c.new->>'sha256'"
MEANS = {
    "uploaded": NEW,
    "new_version": f"c.old IS NOT NULL AND {VERSION}",
    "uploaded_or_new_version": f"({NEW} OR {VERSION})",
    "changed": "true",
}
WORDS = {
    "uploaded": "is uploaded to", "new_version": "gets a new version in",
    "uploaded_or_new_version": "is uploaded to, or gets a new version in",
    "changed": "is uploaded or changed in",
}  # fmt: skip


class UploadedConfig(Config):
    """Which documents count."""

    on: Annotated[
        Literal["uploaded", "new_version", "uploaded_or_new_version", "changed"], Shown(labels=ON)
    ] = Field("uploaded_or_new_version", title="When")
    name: str | None = Field(
        None, min_length=1, max_length=200, title="Only with the name",
        description="Capitals or not: * is any text, ? any character. *.pdf are all PDFs.",
    )  # fmt: skip
    type: str | None = Field(
        None, min_length=1, max_length=100, title="Only of the type",
        description="The document's type as people gave it: Passport.",
    )  # fmt: skip
    folder: str | None = Field(
        None, min_length=1, max_length=200, title="Only in the folder",
        description="And in the folders in it.",
    )  # fmt: skip


class DocumentUploaded(Trigger[UploadedConfig]):
    """The workflow works on the record that the document is attached to; `document.name` is the document's.

    A document that is attached to a record counts as uploaded to it, whoever attached it.
    """

    key = "document_uploaded"
    label = "A document is uploaded"
    description = "Starts when a file is uploaded to a record, or a file of the record changes."
    Config = UploadedConfig
    has_document = True
    examples = ({}, {"on": "uploaded", "name": "*.pdf"}, {"on": "changed", "folder": "Contracts"})

    def operations(self, config: UploadedConfig) -> frozenset[str]:
        return frozenset(OF_CHANGE)

    def condition(self, config: UploadedConfig, scope: Scope, operation: str) -> str:
        parts = [MEANS[config.on]]
        if config.name is not None:
            parts.append(f"lower(c.new->>'name') LIKE lower({literal(like(config.name))})")
        if config.type is not None:
            parts.append(f"lower(c.new->>'type') = lower({literal(config.type.strip())})")
        if folder := clean_folder(config.folder or ""):
            parts.append(
                f"(lower(c.new->>'folder') = lower({literal(folder)}) "
                f"OR starts_with(lower(c.new->>'folder'), lower({literal(folder + '/')})))"
            )
        return " AND ".join(parts)

    def files(self, config: UploadedConfig) -> frozenset[Files]:
        return frozenset(("new", "changed") if config.on == "changed" else ("new",))

    def sample_document(self, config: UploadedConfig) -> dict[str, str]:
        name = (config.name or "Sample.pdf").replace("*", "Sample").replace("?", "x")
        return {"name": name, "type": config.type or "", "folder": clean_folder(config.folder or "")}

    def sentence(self, config: UploadedConfig, scope: Scope) -> str:
        named = f" “{config.name}”" if config.name else ""
        kind = f" of type “{config.type}”" if config.type else ""
        where = f", in the folder “{config.folder}”" if config.folder else ""
        module = f"a record of {scope.module.label_plural}" if scope.module else "a record"
        return f"a document{named}{kind} {WORDS[config.on]} {module}{where}"
