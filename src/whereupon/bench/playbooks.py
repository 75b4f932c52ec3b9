"""How long until a playbook that was started on very many records has its first step open on each."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from whereupon.bench.figures import Figure
from whereupon.bench.office import Office, open_office
from whereupon.bench.processes import workers
from whereupon.db.embedded import throwaway_server
from whereupon.playbooks import store
from whereupon.playbooks.store import NewPlaybook
from whereupon.runs.playbooks import ToStart, start_playbook

CLAIMS = 10_000
GROUP = """
WITH made AS (INSERT INTO whereupon.groups (key, name) VALUES ('agents', 'Agents') RETURNING id)
INSERT INTO whereupon.group_members (group_id, user_id) SELECT id, $1 FROM made
"""
STEP: Mapping[str, Any] = {
    "type": "manual", "key": "step_1", "name": "Call {{ record.name }}", "description": "Ask why.",
    "planned": {"amount": 2, "working": True}, "participant": {"group": "agents"},
}  # fmt: skip
DEFINITION: Mapping[str, Any] = {
    "format": 1, "exit": {"field": "status", "operator": "equals", "value": "done"},
    "phases": [{"key": "phase_1", "name": "Phase 1", "steps": [STEP, {**STEP, "key": "letter"}]}],
}  # fmt: skip
ALL_OPEN = "SELECT count(*) = $1 FROM whereupon.playbook_steps WHERE status = 'open'"


async def playbook_start_seconds() -> list[Figure]:
    """10,000 claims chosen at once: until the last one has its first step in somebody's inbox."""
    async with throwaway_server() as url:
        office = await open_office(url)
        try:
            asked, whole = await _measure(office)
        finally:
            await office.database.close()
    note = f"{CLAIMS:,} claims, all their first steps open, one worker; answered after {asked:.2f} s"
    return [Figure("playbook_start_seconds", round(whole, 2), note)]


async def _measure(office: Office) -> tuple[float, float]:
    """Seconds until the start was answered, and until every first step is open."""
    await office.insert_orders(CLAIMS)
    await office.execute(GROUP, office.rights.user_id)
    async with office.database.transaction() as db:
        new = NewPlaybook.model_validate(
            {"name": "Disputed", "module": "orders", "definition": dict(DEFINITION)}
        )
        made = await store.create_playbook(db, office.rights, new)
        await store.publish_playbook(db, office.rights, made["key"])
    chosen = [str(number) for number in range(1, CLAIMS + 1)]
    async with workers(office.url):
        began = time.perf_counter()
        async with office.database.transaction() as db:
            asked = ToStart(records=chosen, account=None, reason=None)
            found = await start_playbook(db, office.rights, made["key"], asked)
        answered = time.perf_counter() - began
        if len(found["started"]) != CLAIMS:
            raise AssertionError(f"{CLAIMS} should have been started; {len(found['started'])} were.")
        await office.until(ALL_OPEN, CLAIMS)
        return answered, time.perf_counter() - began
