"""How blocks make, rename and move documents: set-based, as the run's principal, each change with its run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from whereupon.people.rights import Rights
from whereupon.records.filing import KEEP_VERSION
from whereupon.sdk.block import Batch, RunView
from whereupon.sdk.writing import context_sql, own_sql


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is in the store and is about to become a document."""

    sha256: str
    size: int  # bytes
    name: str
    media_type: str
    type: str = ""
    folder: str = ""


async def may_change(batch: Batch) -> set[int]:
    """The runs whose record the run's principal may change (rule 28). Raises Refused when it may none."""
    module = batch.place.module
    assert module is not None
    rights: Rights = batch.rights
    rights.require("update", module.key)
    rows = await batch.rows({"allowed": own_sql(batch, "update", module, "n")})
    return {run for run, row in rows.items() if row["allowed"]}


# Who writes and why, for the capture trigger, until the transaction ends: $1 runs, $2 their records.
GIVEN = "SELECT * FROM unnest($1::bigint[], $2::text[]) AS g(run_id, record_id)"


async def tell_causes(batch: Batch, runs: Sequence[RunView]) -> None:
    """Say which run causes what happens to the documents of which record."""
    said = context_sql(batch.rights.user_id, f"({GIVEN}) g", "record_id")
    await batch.db.execute(said, [run.id for run in runs], [run.record_id or "" for run in runs])


ADD = """
INSERT INTO whereupon.documents (sha256, size, name, media_type, type, folder, module_id, record_id,
                                 created_by, uploaded_by, run_id)
SELECT decode(g.sha256, 'hex'), g.size, g.name, g.media_type, g.type, g.folder, $1, g.record_id,
       $2, $2, g.run_id
FROM unnest($3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[], $9::text[],
            $10::text[]) AS g(run_id, record_id, sha256, size, name, media_type, type, folder)
RETURNING run_id, id
"""
SAME_NAME = """
SELECT id FROM whereupon.documents
WHERE module_id = $1 AND record_id = $2 AND lower(name) = lower($3) AND folder = $4
ORDER BY id DESC LIMIT 1 FOR UPDATE
"""
REPLACE = """
UPDATE whereupon.documents d SET sha256 = decode($2, 'hex'), size = $3, media_type = $4,
  type = coalesce(nullif($5, ''), d.type), version = d.version + 1, uploaded_by = $6, uploaded_at = now(),
  run_id = $7
WHERE d.id = $1 RETURNING d.id
"""


async def store_files(
    batch: Batch, files: Sequence[tuple[RunView, NewFile]], *, replaces: bool = False
) -> dict[int, int]:
    """Attach each file to its run's record: run → document.

    `replaces`: where the record has a document of that name in that folder, it becomes its newest version.
    """
    if not files:
        return {}
    await tell_causes(batch, [run for run, _ in files])
    kept: dict[int, int] = {}
    if replaces:
        for run, file in files:
            found = await _replace(batch, run, file)
            kept |= {run.id: found} if found is not None else {}
    new = [(run, file) for run, file in files if run.id not in kept]
    module = batch.place.module
    assert module is not None
    rows: list[Any] = await batch.db.fetch(
        ADD, module.id, batch.rights.user_id, [run.id for run, _ in new], [run.record_id for run, _ in new],
        [f.sha256 for _, f in new], [f.size for _, f in new], [f.name for _, f in new],
        [f.media_type for _, f in new], [f.type for _, f in new], [f.folder for _, f in new],
    )  # fmt: skip
    return kept | {row["run_id"]: row["id"] for row in rows}


async def _replace(batch: Batch, run: RunView, file: NewFile) -> int | None:
    """The document that has a new version now; None when there is none of that name."""
    module = batch.place.module
    assert module is not None
    found: int | None = await batch.db.fetchval(SAME_NAME, module.id, run.record_id, file.name, file.folder)
    if found is not None:
        await batch.db.execute(KEEP_VERSION, found)
        await batch.db.execute(
            REPLACE, found, file.sha256, file.size, file.media_type, file.type, batch.rights.user_id, run.id
        )
    return found
