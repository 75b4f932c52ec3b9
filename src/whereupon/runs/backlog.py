"""The question at activation of a workflow that goes by dates: what of records whose time has passed?

Rule 22: the default is to leave them. Who activates it sees how many there are, and some of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from whereupon.conditions.values import Scope
from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Refused
from whereupon.people.rights import Rights
from whereupon.records.matching import Matches, find_matches
from whereupon.runs.review import entry_filter
from whereupon.triggers.date_reached import DateConfig, countable_sql, date_sql, due_sql
from whereupon.workflows.check import Surroundings
from whereupon.workflows.document import Document
from whereupon.workflows.drafting import readable
from whereupon.workflows.plan import make_plan
from whereupon.workflows.store import get_workflow, surroundings

MILLISECONDS = 1_500
ACTIVE = "SELECT document FROM whereupon.versions WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Backlog:
    """Records that meet the filter, whose time has passed, and for whose date nothing has started.

    What was due before and only waits for a worker is done in any case, so it is not among them.
    `trigger`: what the trigger itself says of them. `late_hours`: beyond that they are not started even if
    one says so; None: there is no such limit.
    """

    matches: Matches
    trigger: Literal["skip", "run"]
    late_hours: int | None


async def find_backlog(db: Connection, rights: Rights, key: str, *, of_draft: bool) -> Backlog | None:
    """Of the draft, or of the version that would be enabled; None where no date is asked for."""
    rights.require_builder()
    row = await get_workflow(db, key)
    raw = row["draft"] if of_draft else await db.fetchval(ACTIVE, row["active_version_id"])
    if raw is None or row["module"] is None:
        return None
    document = readable(raw)[0]
    around = (await surroundings(db, rights, row["module"])).acting(document)
    start, module = make_plan(document).start, around.module
    if start is None or not isinstance(start.config, DateConfig) or module is None:
        return None
    try:
        where = _passed(document, around, start.config, row["id"])
        matches = await find_matches(
            db, around.catalog, module.key, around.rights, where, milliseconds=MILLISECONDS
        )
    except (Invalid, Refused):
        return None  # what is wrong with it is told elsewhere
    return Backlog(matches, start.config.passed, start.config.late_hours)


def _passed(document: Document, around: Surroundings, config: DateConfig, workflow_id: int) -> str:
    module = around.module
    assert module is not None
    zone = document.settings.time_zone or around.time_zone
    scope = Scope(catalog=around.catalog, module=module, time_zone=zone)
    return (
        f"({entry_filter(document, around)}) AND CASE WHEN {countable_sql(config, scope)} "
        f"THEN {due_sql(config, scope)} <= clock_timestamp() ELSE false END "
        f"AND NOT EXISTS (SELECT FROM whereupon.due_dates d WHERE d.workflow_id = {int(workflow_id)} "
        f"AND d.record_id = {module.key_sql('n')} AND d.date_value = {date_sql(config, scope)} "
        f"AND (d.fired_at IS NOT NULL OR d.due_at <= clock_timestamp()))"
    )
