"""Which ways runs took: the drawing that a run followed, and how many runs took each exit of a workflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import NotFound
from whereupon.modules.catalog import Catalog
from whereupon.people.rights import Rights
from whereupon.runs.history import get_run, readable_modules

MOST_RUNS = 10_000

# The version that a run follows, and the module that it is about.
DRAWING = """
SELECT v.number, v.document, m.key AS module FROM whereupon.runs r
JOIN whereupon.versions v ON v.id = r.version_id LEFT JOIN whereupon.modules m ON m.id = r.module_id
WHERE r.id = $1
"""
OF_BULK_RUN = """
SELECT v.number, v.document, v.uses, m.key AS module FROM whereupon.bulk_runs b
JOIN whereupon.versions v ON v.id = b.version_id LEFT JOIN whereupon.modules m ON m.id = b.module_id
WHERE b.id = $1 AND ($2::text[] IS NULL OR m.key IS NULL OR m.key = ANY($2))
"""
# The last runs of a workflow that one may know of; $3: of one version only.
LAST = """
WITH last AS MATERIALIZED (
  SELECT r.id, r.status, r.node FROM whereupon.runs r
  JOIN whereupon.workflows w ON w.id = r.workflow_id
  LEFT JOIN whereupon.versions v ON v.id = r.version_id
  LEFT JOIN whereupon.modules m ON m.id = r.module_id
  WHERE w.key = $1 AND ($2::text[] IS NULL OR m.key IS NULL OR m.key = ANY($2))
    AND ($3::integer IS NULL OR v.number = $3) AND ($4::timestamptz IS NULL OR r.created_at >= $4)
  ORDER BY r.id DESC LIMIT $5)
"""
TOOK = (
    LAST
    + """
SELECT s.node, s.port, s.status, count(*) AS runs FROM last JOIN whereupon.step_runs s ON s.run_id = last.id
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
)
STAND = (
    LAST
    + """
SELECT last.status, count(*) AS runs,
  CASE WHEN last.status IN ('queued', 'running', 'waiting', 'held') THEN last.node END AS node
FROM last GROUP BY 1, 3 ORDER BY 1, 3
"""
)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a run follows. `whole`: its texts and values may be seen, too."""

    number: int
    document: Mapping[str, Any]
    module: str | None
    whole: bool


async def drawing_of(db: Connection, rights: Rights, catalog: Catalog, run_id: int) -> Drawing:
    """The drawing of the version that a run started on. Raises NotFound where the run may not be known."""
    run = await get_run(db, rights, catalog, run_id)
    row = await db.fetchrow(DRAWING, run_id)
    if row is None:
        raise NotFound(f"The version that run {run_id} followed is no longer there.")
    document: Mapping[str, Any] = row["document"]
    if not run["whole"]:
        document = outline(document)
    return Drawing(row["number"], document, row["module"], run["whole"])


async def drawing_of_bulk_run(db: Connection, rights: Rights, bulk_id: int) -> Drawing:
    """The same of a bulk run, for who may read the module that it goes over. Raises NotFound."""
    row = await db.fetchrow(OF_BULK_RUN, bulk_id, readable_modules(rights))
    if row is None:
        raise NotFound(f"There is no drawing of bulk run {bulk_id}.")
    uses: list[str] = row["uses"]
    whole = rights.administrator or rights.sees(uses)
    document: Mapping[str, Any] = row["document"] if whole else outline(row["document"])
    return Drawing(row["number"], document, row["module"], whole)


def outline(document: Mapping[str, Any]) -> dict[str, Any]:
    """The drawing without what its blocks say and compare: for those who may not read the fields."""
    nodes: list[Mapping[str, Any]] = document["nodes"]
    return {**document, "nodes": [{**node, "config": {}} for node in nodes]}


async def count_paths(
    db: Connection, rights: Rights, workflow: str, *, version: int | None = None, since: Any = None
) -> dict[str, Any]:
    """How many of the last 10,000 runs took each exit, how they ended, and where the others stand."""
    asked = (workflow, readable_modules(rights), version, since, MOST_RUNS)
    took = [dict(row) for row in await db.fetch(TOOK, *asked)]
    stand = await db.fetch(STAND, *asked)
    statuses: dict[str, int] = {}
    for row in stand:
        statuses[row["status"]] = statuses.get(row["status"], 0) + row["runs"]
    return {
        "runs": sum(statuses.values()),
        "statuses": statuses,
        "exits": took,
        "standing": [dict(row) for row in stand if row["node"] is not None],
    }
