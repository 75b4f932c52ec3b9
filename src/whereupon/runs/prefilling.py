"""What a form has in it when it is opened: what the record has, where the form's author chose to show it."""

from __future__ import annotations

from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import NotFound, Refused
from whereupon.modules.catalog import load_catalog
from whereupon.records.read import read_record
from whereupon.runs.definitions import load_versions, organisation_time_zone

ASKED = """
SELECT q.details->'prefill' AS keys, q.module_id, q.record_id, r.version_id
FROM whereupon.questions q JOIN whereupon.runs r ON r.id = q.run_id AND r.ended_at IS NULL
WHERE q.id = $1 AND q.kind = 'form' AND q.status = 'open' AND jsonb_typeof(q.details->'prefill') = 'array'
"""


async def values_of_form(db: Connection, question_id: int) -> dict[str, Any]:
    """Field → value, as far as those as whom the run acts may read it now. Nothing for any other form."""
    row = await db.fetchrow(ASKED, question_id)
    if row is None:
        return {}
    catalog = await load_catalog(db)
    versions = await load_versions(db, [row["version_id"]], catalog, await organisation_time_zone(db))
    version, module = versions[row["version_id"]], catalog.by_id.get(row["module_id"] or 0)
    if version.rights is None or module is None:
        return {}
    try:
        record = await read_record(db, catalog, module.key, row["record_id"], version.rights, lines=False)
    except (NotFound, Refused):
        return {}
    return {key: record.values[key] for key in row["keys"] if record.values.get(key) is not None}
