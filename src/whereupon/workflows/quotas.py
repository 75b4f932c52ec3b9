"""How many workflows there may be (A12): active and disabled ones together, and scheduled ones among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Conflict
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.sdk import registry
from whereupon.workflows.document import Document
from whereupon.workflows.plan import make_plan

COUNTED = ("active", "disabled")
LOCK = "SELECT pg_advisory_xact_lock(1464881489)"  # "WPLQ": two that publish at once do not both find room
GET = "SELECT value FROM whereupon.settings WHERE key = 'quotas'"
PUT = """
INSERT INTO whereupon.settings (key, value) VALUES ('quotas', $1)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now()
"""
# Those that count, without the one that is asked about ($1); $2 are the triggers that go by the clock.
USED = """
SELECT count(*) AS workflows,
  count(*) FILTER (WHERE EXISTS (
    SELECT FROM jsonb_array_elements(v.document->'nodes') n
    WHERE n->>'block' = 'start' AND n->'config'->>'trigger' = ANY($2::text[]))) AS scheduled
FROM whereupon.workflows w LEFT JOIN whereupon.versions v ON v.id = w.active_version_id
WHERE w.state IN ('active', 'disabled') AND w.id IS DISTINCT FROM $1
"""
DOCUMENT = """
SELECT v.document FROM whereupon.workflows w JOIN whereupon.versions v ON v.id = w.active_version_id
WHERE w.id = $1
"""


class Quotas(BaseModel):
    """The limits; None: there is none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    active_and_disabled: int | None = Field(
        None, ge=0, le=1_000_000, description="Workflows that are active or disabled; null: no limit."
    )
    scheduled: int | None = Field(
        None, ge=0, le=1_000_000, description="Of these, those that start by the clock; null: no limit."
    )


@dataclass(frozen=True, slots=True)
class Used:
    """How many count."""

    workflows: int
    scheduled: int


async def load_quotas(db: Connection) -> Quotas:
    """The limits as they are set."""
    return Quotas.model_validate(await db.fetchval(GET) or {})


async def save_quotas(db: Connection, rights: Rights, quotas: Quotas) -> None:
    """Set the limits. What is there already stays, also when it is more."""
    rights.require_administrator()
    await db.execute(PUT, quotas.model_dump())
    await audit.append(db, rights.user_id, "set_quotas", "settings:quotas", **quotas.model_dump())


async def load_used(db: Connection, but: int | None = None) -> Used:
    """How many count now; `but`: the id of one that is left out."""
    clocked = [key for key, trigger in registry.triggers().items() if trigger.scheduled]
    row: Any = await db.fetchrow(USED, but, clocked)
    return Used(row["workflows"], row["scheduled"])


async def shown(db: Connection) -> dict[str, Any]:
    """{"active_and_disabled": {"used", "limit", "full"}, "scheduled": …}."""
    quotas, used = await load_quotas(db), await load_used(db)
    return {
        "active_and_disabled": _state(used.workflows, quotas.active_and_disabled),
        "scheduled": _state(used.scheduled, quotas.scheduled),
    }


def _state(used: int, limit: int | None) -> dict[str, Any]:
    return {"used": used, "limit": limit, "full": limit is not None and used >= limit}


async def require_room(
    db: Connection, workflow_id: int | None = None, document: Document | None = None
) -> None:
    """Raises Conflict unless one more may be active: this workflow, or a new one.

    `document`: what it is going to be; None: what it is.
    """
    quotas = await load_quotas(db)
    if quotas.active_and_disabled is None and quotas.scheduled is None:
        return
    await db.execute(LOCK)
    others = await load_used(db, workflow_id)
    if quotas.active_and_disabled is not None and others.workflows >= quotas.active_and_disabled:
        raise _full("are active or disabled", quotas.active_and_disabled)
    if quotas.scheduled is not None and others.scheduled >= quotas.scheduled:
        found = document or await _document(db, workflow_id)
        if found is not None and _goes_by_the_clock(found):
            raise _full("start by the clock", quotas.scheduled)


async def _document(db: Connection, workflow_id: int | None) -> Document | None:
    raw = await db.fetchval(DOCUMENT, workflow_id) if workflow_id is not None else None
    return Document.model_validate(raw) if raw is not None else None


def _goes_by_the_clock(document: Document) -> bool:
    start = make_plan(document).start
    return start is not None and start.trigger.scheduled


def _full(what: str, limit: int) -> Conflict:
    return Conflict(
        f"There is no room for another workflow: {limit} may be there that {what}, and as many are.",
        suggestion="Archive one that is not needed any more, or ask an administrator for a higher limit.",
    )
