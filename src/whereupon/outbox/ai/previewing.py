"""What a prompt would send for one record, counted before anything is published. Nobody is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from whereupon.db.pool import Connection
from whereupon.outbox.ai.documents import read_papers
from whereupon.outbox.ai.gathering import Gatherer, select_one
from whereupon.outbox.ai.parts import Part, fitted, parts_of, size_of, tokens_of
from whereupon.people.organisation import load_organisation
from whereupon.records.files import FileStore

LONGEST_SHOWN = 4_000  # characters of each part


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was found in the database; documents are still to be read."""

    parts: Sequence[Part]
    documents: Sequence[Mapping[str, Any]]
    texts: bool
    characters: int
    pictures: int


async def prepare(
    db: Connection, gatherer: Gatherer, record_id: str, characters: int, pictures: int
) -> Prepared | None:
    """What of the record goes along; None where there is no such record for this user."""
    row = await db.fetchrow(select_one(gatherer, record_id))
    if row is None or not row["own"]:
        return None
    along, organisation = gatherer.wanted.along, None
    if "organisation" in along:
        organisation = (await load_organisation(db))["organisation"].model_dump(exclude_none=True)
    parts = parts_of(dict(row), gatherer.module, gatherer.catalog, organisation)
    documents: list[Any] = list(row["documents"] or []) if gatherer.wanted.files else []
    return Prepared(parts, documents, "documents" in along, characters, pictures if "images" in along else 0)


async def preview(prepared: Prepared, files: FileStore) -> dict[str, Any]:
    """How much goes along, part by part, and what does not."""
    papers = await read_papers(
        files, prepared.documents, texts=prepared.texts, characters=prepared.characters,
        pictures=prepared.pictures,
    )  # fmt: skip
    whole = [*prepared.parts, *papers.parts]
    kept = fitted(whole, prepared.characters)
    size = size_of(kept)
    return {
        "characters": size, "of": sum(part.whole for part in whole), "tokens": tokens_of(size),
        "pictures": len(papers.pictures),
        "parts": [part.shown() | {"text": part.text[:LONGEST_SHOWN]} for part in kept],
        "left_out": [{"name": name, "why": why} for name, why in papers.left_out.items()],
    }  # fmt: skip
