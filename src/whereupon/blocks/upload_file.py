"""D19: sends documents of the record to a file store: a folder, an SFTP server, S3, or an HTTP address."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from whereupon.conditions.values import INTEGER, TEXT, Scope
from whereupon.errors import NotFound, Problem, WhereuponError, did_you_mean
from whereupon.outbox.calls import Call
from whereupon.outbox.egress import NoAnswer
from whereupon.outbox.stores.putting import File, Way, place_of, put
from whereupon.outbox.stores.settings import Store, get_store
from whereupon.people.rights import require_reads
from whereupon.records.files import Stored
from whereupon.records.filing import with_ending
from whereupon.sdk.block import Batch
from whereupon.sdk.documents import (
    Documents,
    Meant,
    allowed_runs,
    check_documents,
    check_texts,
    documents_words,
    find_documents,
    nothing_found,
    reads_of_documents,
    texts_about,
    write,
)
from whereupon.sdk.fields import Line, Shown
from whereupon.sdk.outcomes import Done, Fail, Outcome
from whereupon.sdk.outside import Again, Ask, Got, OutsideBlock, Patience, Performed, World
from whereupon.templates.template import Template

MOST_FILES = 20  # of one record at once
MOST_BYTES = 200_000_000  # of them together


class UploadConfig(Documents):
    """Which documents, and where they go."""

    store: Annotated[str, Shown("file-store")] = Field(
        min_length=1, max_length=60, title="File store", description="One that an administrator has set up."
    )
    folder: Line = Field(
        "",
        max_length=500,
        title="Folder",
        description="Below the store's own; with variables: Invoices/2026.",
    )
    file_name: Line | None = Field(
        None, max_length=500, title="File name", description="With variables; none: the document's own."
    )


class UploadFile(OutsideBlock[UploadConfig]):
    """At least once: the same file twice is one file, for it replaces one of its name."""

    key = "upload_file"
    label = "Upload file"
    group = "Documents"
    icon = "cloud-upload"
    description = "Sends the document to a folder, an SFTP server, an S3-like store or an HTTP address."
    Config = UploadConfig
    about_documents = True
    outputs: ClassVar = {"path": TEXT, "files": INTEGER}
    patience = Patience(8, 10.0, 1800.0)
    seconds = 300.0
    examples = (
        {
            "which": "record",
            "store": "archive",
            "folder": "{{ record.name }}",
            "file_name": "{{ document.name }}",
        },
    )

    def check(self, config: UploadConfig, scope: Scope) -> list[Problem]:
        found = check_documents(config, scope, scope.document not in (None, "NULL::jsonb"))
        if config.store not in scope.catalog.file_stores:
            near = did_you_mean(config.store, scope.catalog.file_stores)
            advice = near or "An administrator sets file stores up in the settings."
            found.append(
                Problem("unknown_store", f'There is no file store "{config.store}".', "/store", advice)
            )
        return found or check_texts(_texts(config), scope)

    def describe(self, config: UploadConfig, scope: Scope) -> str:
        return (
            f"Send {documents_words(config)} to {scope.catalog.file_stores.get(config.store, config.store)}"
        )

    def reads(self, config: UploadConfig, scope: Scope) -> frozenset[str]:
        texts = [template.reads for template in texts_about(_texts(config), scope).values()]
        return reads_of_documents(config, scope).union(*texts)

    async def prepare(self, config: UploadConfig, batch: Batch) -> Sequence[Ask | Fail]:
        try:
            store = await get_store(batch.db, config.store)
        except NotFound as error:
            return [Fail(error.message, "unknown_store", error.suggestion)] * len(batch.runs)
        return [
            found if isinstance(found, Fail) else asked(store, found)
            for found in await self.files(config, batch, store)
        ]

    async def files(
        self, config: UploadConfig, batch: Batch, store: Store | None
    ) -> list[list[dict[str, Any]] | Fail]:
        """For each run what would be sent where, or why nothing can be."""
        place, module = batch.place, batch.place.module
        assert module is not None
        require_reads(batch.rights, self.reads(config, place.scope), place.catalog, module.key)
        allowed = await allowed_runs(batch)
        documents = await find_documents(config, batch, _texts(config))
        templates: Mapping[str, Template] = place.memory["about"]
        found: list[list[dict[str, Any]] | Fail] = []
        for run in batch.runs:
            some = documents.get(run.id, [])
            if run.id not in allowed:
                found.append(REFUSED)
            elif not some:
                found.append(nothing_found(config))
            elif len(some) > MOST_FILES or sum(one.size for one in some) > MOST_BYTES:
                found.append(TOO_MANY)
            else:
                found.append(_written(some, templates, store))
        return found

    async def perform(self, call: Call, world: World) -> Performed:
        async with world.database.connection() as db:
            store = await get_store(db, call.request["store"])
        secret = await world.secret(store.secret, store.host) if store.secret else None
        way = Way(world.egress, world.settings.files_root, secret)
        path = ""
        for one in call.request["files"]:
            content = await asyncio.to_thread(
                world.files.read, Stored(one["sha256"], one["size"]), one["name"]
            )
            # The store's own folder may have been changed since.
            folder, name = place_of(store, one["folder"], one["name"])
            try:
                path = await put(store, way, File(folder, name, one["media_type"], content))
            except NoAnswer as error:
                return Again(error.message, error.code)
        return Got({"path": path, "files": len(call.request["files"])})

    async def rehearse(self, config: UploadConfig, batch: Batch) -> list[Outcome]:
        """Where it would go; nothing is sent."""
        outcomes: list[Outcome] = []
        for found in await self.files(config, batch, None):
            if isinstance(found, Fail):
                outcomes.append(found)
            else:
                last = found[-1]
                path = "/".join(part for part in (last["folder"], last["name"]) if part)
                outcomes.append(Done("next", {"path": path, "files": len(found)}))
        return outcomes


REFUSED = Fail(
    "The workflow may not read this record, so it cannot send its documents.", "refused",
    "Give the person who publishes the workflow the right to read it.",
)  # fmt: skip
TOO_MANY = Fail(
    f"At most {MOST_FILES} documents of {MOST_BYTES // 1_000_000} MB together are sent at once.", "too_many",
    "Choose fewer documents, by their names for example.",
)  # fmt: skip


def asked(store: Store, files: Sequence[Mapping[str, Any]]) -> Ask:
    """The call, and what the history shows of it."""
    shown = ["/".join(part for part in (one["folder"], one["name"]) if part) for one in files]
    return Ask(
        {"store": store.key, "files": list(files)}, store.destination, {"store": store.name, "files": shown}
    )


def _written(
    documents: Sequence[Meant], templates: Mapping[str, Template], store: Store | None
) -> list[dict[str, Any]] | Fail:
    found: list[dict[str, Any]] = []
    for one in documents:
        try:
            folder = write(templates["folder"], one) if "folder" in templates else ""
            name = (
                with_ending(write(templates["file_name"], one), one.name)
                if "file_name" in templates
                else one.name
            )
            if store is not None:
                place_of(store, folder, name)
        except WhereuponError as error:
            return Fail(error.message, error.code, error.suggestion)
        found.append(
            {
                "sha256": one.sha256,
                "size": one.size,
                "media_type": one.media_type,
                "name": name,
                "folder": folder,
            }
        )
    return found


def _texts(config: UploadConfig) -> dict[str, str]:
    return {name: text for name, text in (("folder", config.folder), ("file_name", config.file_name)) if text}
