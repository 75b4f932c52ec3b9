"""Lists of workflows as people look through them: filtered, sorted, each with its last runs as bars."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from whereupon.db.pool import Connection
from whereupon.modules.catalog import Catalog, Module, quote
from whereupon.people.rights import Rights
from whereupon.records.statements import owned_by

Sort = Literal["created", "name", "updated", "last_run"]
# What a list is sorted by, as something that a cursor can hold; then by id, in the same direction.
SORTS: Mapping[Sort, tuple[str, str, str]] = {
    "created": ("w.id", "bigint", "DESC"),
    "name": ("lower(w.name)", "text", "ASC"),
    "updated": ("(extract(epoch FROM w.updated_at) * 1000000)::bigint", "bigint", "DESC"),
    "last_run": ("coalesce(last.id, 0)", "bigint", "DESC"),
}


class Wanted(BaseModel):
    """Which workflows; what is null is not asked for. `after`: sort value and id of the last one before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    module: str | None = None
    state: str | None = None
    category: str | None = None
    owner: int | None = None
    search: str | None = None
    sort: Sort = "created"
    after: tuple[int | str, int] | None = None
    drafts: bool = True
    limit: int = 50


COLUMNS = """
w.id, w.key, w.name, w.description, w.category, m.key AS module, m.label_plural AS module_label, w.state,
w.paused, w.draft_etag::text AS etag, v.number AS active_version, v.id AS active_version_id, w.activated_at,
w.messages_released, w.owner_id AS owner, u.name AS owner_name, w.created_at, w.updated_at,
last.created_at AS last_run_at
"""
# One look at the end of an index per workflow.
SOURCE = """
FROM whereupon.workflows w
LEFT JOIN whereupon.modules m ON m.id = w.module_id
LEFT JOIN whereupon.versions v ON v.id = w.active_version_id
LEFT JOIN whereupon.users u ON u.id = w.owner_id
LEFT JOIN LATERAL (SELECT r.id, r.created_at FROM whereupon.runs r WHERE r.workflow_id = w.id
                   ORDER BY r.id DESC LIMIT 1) last ON true
"""
FILTERS = """
w.state <> 'deleted' AND w.kind = 'workflow' AND ($1::text IS NULL OR m.key = $1)
  AND ($2::text IS NULL OR w.category = $2)
AND ($3::bigint IS NULL OR w.owner_id = $3)
AND ($4::text IS NULL OR w.name ILIKE $4 OR w.description ILIKE $4)
"""
COUNTS = f"""
SELECT w.state, count(*) AS workflows FROM whereupon.workflows w
LEFT JOIN whereupon.modules m ON m.id = w.module_id WHERE {FILTERS} GROUP BY 1
"""


async def list_workflows(db: Connection, wanted: Wanted) -> list[dict[str, Any]]:
    """Up to `limit` workflows; each has `position`, which a cursor may hold."""
    value, kind, direction = SORTS[wanted.sort]
    beyond = "<" if direction == "DESC" else ">"
    statement = (
        f"SELECT {COLUMNS}, {'w.draft' if wanted.drafts else 'NULL::jsonb AS draft'}, {value} AS position "
        f"{SOURCE} WHERE {FILTERS} AND ($5::text IS NULL OR w.state = $5) "
        f"AND ($6::{kind} IS NULL OR ({value}, w.id) {beyond} ($6::{kind}, $7::bigint)) "
        f"ORDER BY {value} {direction}, w.id {direction} LIMIT $8"
    )
    after = wanted.after or (None, None)
    return [
        dict(row) for row in await db.fetch(statement, *values_of(wanted), wanted.state, *after, wanted.limit)
    ]


def values_of(wanted: Wanted) -> tuple[Any, ...]:
    """The values of FILTERS."""
    escaped = re.sub(r"([\\%_])", r"\\\1", wanted.search) if wanted.search else None
    return wanted.module, wanted.category, wanted.owner, f"%{escaped}%" if escaped else None


async def count_by_state(db: Connection, wanted: Wanted) -> dict[str, int]:
    """How many there are of each state, by the same filters but that of the state."""
    counts = dict.fromkeys(("draft", "active", "disabled", "archived"), 0)
    rows = await db.fetch(COUNTS, *values_of(wanted))
    return counts | {row["state"]: row["workflows"] for row in rows}


# Bars -------------------------------------------------------------------------------------------

# The last runs of each workflow, the newest first, by indexes on (workflow_id, id). A bulk run is one bar.
BARS = """
SELECT r.* FROM unnest($1::bigint[]) w (id), LATERAL (
  SELECT * FROM (
    (SELECT x.id, false AS bulk, x.workflow_id, x.status, x.created_at AS at, x.module_id, x.record_id,
       NULL::bigint AS matched, NULL::bigint AS failed,
       extract(epoch FROM x.ended_at - coalesce(x.started_at, x.created_at))::float8 AS seconds
     FROM whereupon.runs x WHERE x.workflow_id = w.id AND x.bulk_id IS NULL ORDER BY x.id DESC LIMIT $2)
    UNION ALL
    (SELECT b.id, true, b.workflow_id, b.status, b.created_at, b.module_id, NULL, b.matched, b.failed,
       extract(epoch FROM b.ended_at - coalesce(b.started_at, b.created_at))::float8
     FROM whereupon.bulk_runs b WHERE b.workflow_id = w.id ORDER BY b.id DESC LIMIT $2)) both_kinds
  ORDER BY at DESC, bulk, id DESC LIMIT $2) r
"""


async def bars_of(
    db: Connection, rights: Rights, catalog: Catalog, workflows: Iterable[int], count: int
) -> dict[int, list[dict[str, Any]]]:
    """The last runs of each workflow, the oldest first. Records that may not be read are not named."""
    bars = [dict(row) for row in await db.fetch(BARS, sorted(set(workflows)), count)]
    await name_records(db, rights, catalog, bars)
    found: dict[int, list[dict[str, Any]]] = {}
    for bar in reversed(bars):
        found.setdefault(bar.pop("workflow_id"), []).append(bar)
    return found


async def name_records(
    db: Connection, rights: Rights, catalog: Catalog, runs: Sequence[dict[str, Any]]
) -> None:
    """Put `module` and `record_title` into each run that has `module_id` and `record_id`."""
    by_module: dict[int, set[str]] = {}
    for run in runs:
        if run["module_id"] is not None and run["record_id"] is not None:
            by_module.setdefault(run["module_id"], set()).add(run["record_id"])
    titles: dict[int, Mapping[str, str | None]] = {}
    for module_id, keys in by_module.items():
        module = catalog.by_id.get(module_id)
        if module is not None and (rights.sees([module.key]) or rights.own_only("read", module.key)):
            titles[module_id] = await titles_of(db, rights, module, keys)
    for run in runs:
        module = catalog.by_id.get(run.pop("module_id") or 0)
        known = titles.get(module.id) if module else None
        run["module"] = module.key if module else None
        run["record_title"] = known.get(run["record_id"]) if known else None
        others = module is not None and rights.own_only("read", module.key)
        if module is not None and (known is None or (others and run["record_id"] not in known)):
            run["record_id"] = None


async def titles_of(
    db: Connection, rights: Rights, module: Module, keys: Iterable[str]
) -> dict[str, str | None]:
    """What records are called, if that may be read; only one's own, where only these may be."""
    title, own = module.fields.get(module.title_field or ""), rights.own_only("read", module.key)
    named = title is not None and title.column is not None and title.key in rights.readable(module)
    if not named and not own:
        return {}
    shown = f"left(n.{quote(title.column)}::text, 200)" if named and title and title.column else "NULL::text"
    if len(module.key_columns) == 1:
        where = f"n.{quote(module.key_column)} = ANY($1::text[]::{module.key_type}[])"
    else:
        where = f"{module.key_sql('n')} = ANY($1::text[])"
    statement = (
        f"SELECT {module.key_sql('n')} AS key, {shown} AS title FROM {module.sql} n "
        f"WHERE {where} AND {owned_by(module, str(rights.user_id)) if own else 'true'}"
    )
    return {row["key"]: row["title"] for row in await db.fetch(statement, sorted(keys))}
