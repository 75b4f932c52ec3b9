"""Says that a workflow was saved, so that whoever has it open in another editor hears of it at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from whereupon.db.pool import Connection
from whereupon.people.rights import Rights

TELL = "SELECT pg_notify('whereupon_workflows', $1)"


async def told(db: Connection, rights: Rights, workflow: Mapping[str, Any]) -> Mapping[str, Any]:
    """Notify of the workflow's new ETag when the transaction commits; gives the workflow."""
    said = {"key": workflow["key"], "etag": workflow["etag"], "by": rights.user_id}
    await db.execute(TELL, orjson.dumps(said).decode())
    return workflow
