"""Which workflows a person may start by hand, as buttons on a record or over a list (B7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import NotFound
from whereupon.modules.catalog import Catalog, Module, quote
from whereupon.people.rights import Rights
from whereupon.records.keys import fits_key
from whereupon.runs.actions import filter_sql, own_records
from whereupon.runs.definitions import load_versions, organisation_time_zone

# Active workflows of the module whose START is a button.
BY_HAND = """
SELECT w.id, w.key, w.name, w.description, w.paused, v.id AS version_id,
       coalesce(s.node->'config'->>'button', 'Run') AS button
FROM whereupon.workflows w JOIN whereupon.versions v ON v.id = w.active_version_id
CROSS JOIN LATERAL (
  SELECT node FROM jsonb_array_elements(v.document->'nodes') node
  WHERE node->>'block' = 'start' AND node->'config'->>'trigger' = 'manual' LIMIT 1) s
WHERE w.state = 'active' AND w.module_id IS NOT DISTINCT FROM $1
ORDER BY lower(w.name), w.id LIMIT 200
"""
CLAIMED = "SELECT workflow_id FROM whereupon.claims WHERE workflow_id = ANY($1::bigint[]) AND record_id = $2"
SHOWN = ("key", "name", "description", "button", "paused")


async def startable(
    db: Connection, catalog: Catalog, rights: Rights, module_key: str
) -> list[dict[str, Any]]:
    """The buttons over a list of the module's records. Raises NotFound, Refused."""
    module = catalog.module(module_key)
    rights.require("read", module.key)
    return [shown(row) for row in await db.fetch(BY_HAND, module.id)]


async def startable_on(
    db: Connection, catalog: Catalog, rights: Rights, module_key: str, record_id: str
) -> list[dict[str, Any]]:
    """The buttons on one record: workflows whose filter it meets. Raises NotFound, Refused."""
    module = catalog.module(module_key)
    rights.require("read", module.key)
    if not fits_key(module.key_type, record_id):
        raise no_record(module, record_id)
    rows = await db.fetch(BY_HAND, module.id)
    met = await filters_met(db, catalog, rights, module, record_id, rows)
    return [shown(row) for row in rows if row["id"] in met]


async def filters_met(
    db: Connection, catalog: Catalog, rights: Rights, module: Module, record_id: str, rows: list[Any]
) -> set[int]:
    """The workflows whose entry filter the record meets, in one statement. Raises NotFound."""
    versions = await load_versions(
        db, [row["version_id"] for row in rows], catalog, await organisation_time_zone(db)
    )
    filters = [f"coalesce(({filter_sql(versions[row['version_id']])}), false)" for row in rows]
    found = await db.fetchrow(
        f"SELECT {', '.join(['true', *filters])} FROM {module.sql} n "
        f"WHERE {this(module)} AND ({own_records(rights, module)})",
        record_id,
    )
    if found is None:
        raise no_record(module, record_id)
    met = {row["id"] for row, yes in zip(rows, list(found)[1:], strict=True) if yes}
    return met - await had_their_only_time(db, rows, versions, record_id)


def no_record(module: Module, record_id: str) -> NotFound:
    return NotFound(f'There is no {module.label} "{record_id}".')


def this(module: Module) -> str:
    """The record whose id is $1."""
    if len(module.key_columns) > 1:
        return f"{module.key_sql('n')} = $1"
    return f"n.{quote(module.key_column)} = $1::text::{module.key_type}"


async def had_their_only_time(
    db: Connection, rows: list[Any], versions: Mapping[int, Any], record_id: str
) -> set[int]:
    """Workflows that run once per record, and did (rule 9)."""
    once = [
        row["id"]
        for row in rows
        if versions[row["version_id"]].plan.document.settings.recurrence == "first_time"
    ]
    return {row["workflow_id"] for row in await db.fetch(CLAIMED, once, record_id)} if once else set()


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a button needs to know."""
    return {name: row[name] for name in SHOWN}
