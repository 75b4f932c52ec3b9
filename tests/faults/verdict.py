"""Afterwards: was anything lost, doubled, sent twice, or did it stand still? One row per invariant."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.faults.kills import DATABASE, Report
from tests.faults.plant import Plant

RESUME_SECONDS, RESTART_SECONDS = 5.0, 15.0
PATIENCE_SECONDS = 60.0

ALL_QUIET = """
SELECT NOT EXISTS (SELECT 1 FROM whereupon.pending_changes)
   AND NOT EXISTS (SELECT 1 FROM whereupon.runs WHERE ended_at IS NULL)
   AND NOT EXISTS (SELECT 1 FROM whereupon.messages WHERE status IN ('queued', 'sending'))
"""
COUNT_MESSAGES = "SELECT count(*) FROM whereupon.messages WHERE status = $1"
# Each counts what must not be.
COUNTS = {
    "acknowledged changes that are gone": "SELECT count(*) FROM data.orders WHERE status <> 'new'",
    "changes without a run": """
        SELECT count(*) FROM whereupon.changes c
        WHERE c.op = 'U' AND c.old->>'status' = 'open' AND c.new->>'status' = 'new'
          AND NOT EXISTS (SELECT 1 FROM whereupon.runs r WHERE r.change_id = c.id)""",
    "runs that did not succeed": "SELECT count(*) FROM whereupon.runs WHERE status <> 'succeeded'",
    "records without the effect": "SELECT count(*) FROM data.orders WHERE amount < 1",
    "record effects doubled": "SELECT count(*) FROM data.orders WHERE amount > 1",
    "changes with two runs": """
        SELECT count(*) FROM (SELECT FROM whereupon.runs GROUP BY change_id HAVING count(*) > 1) d""",
    "runs with two changes of their record": """
        SELECT count(*) FROM (SELECT FROM whereupon.changes WHERE run_id IS NOT NULL
                              GROUP BY run_id HAVING count(*) > 1) d""",
    "steps in history twice, or missing": """
        SELECT count(*) FROM (SELECT FROM whereupon.runs r LEFT JOIN whereupon.step_runs s ON s.run_id = r.id
                              GROUP BY r.id HAVING count(*) <> 3 OR count(DISTINCT s.node) <> 3) d""",
    "runs without exactly one message": """
        SELECT count(*) FROM (SELECT FROM whereupon.runs r LEFT JOIN whereupon.messages m ON m.run_id = r.id
                              GROUP BY r.id HAVING count(m.id) <> 1) d""",
    "messages neither sent nor uncertain": """
        SELECT count(*) FROM whereupon.messages WHERE status NOT IN ('sent', 'uncertain')""",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One invariant: what was counted, and how much of it is allowed."""

    name: str
    value: float
    allowed: float

    @property
    def ok(self) -> bool:
        return self.value <= self.allowed


async def judge(plant: Plant, report: Report) -> tuple[list[Finding], dict[str, Any]]:
    """The invariants, and the plain numbers beside them."""
    quiet = await come_to_rest(plant)
    found = [Finding("left undone", 0 if quiet else 1, 0)]
    found += [Finding(name, await plant.ask(sql), 0) for name, sql in COUNTS.items()]
    mails = Counter(plant.mails.read_text().split())
    sent: int = await plant.ask(COUNT_MESSAGES, "sent")
    found += [
        Finding("mails twice for a key", sum(1 for times in mails.values() if times > 1), 0),
        Finding("messages called sent that never came", max(0, sent - len(mails)), 0),
        *times_of(report),
    ]
    return found, {
        "runs": await plant.ask("SELECT count(*) FROM whereupon.runs"),
        "kills": dict(report.kills), "kills_total": report.kills.total(), "processes_killed": report.hit,
        "mails_received": mails.total(), "messages_sent": sent,
        "messages_uncertain": await plant.ask(COUNT_MESSAGES, "uncertain"),
    }  # fmt: skip


def times_of(report: Report) -> list[Finding]:
    """How long it took to go on, at worst."""
    slowest = {kind: max(times) for kind, times in report.resumed.items()}
    found = [
        Finding(
            f"seconds to resume after: {kind}",
            round(seconds, 2),
            RESTART_SECONDS if kind in DATABASE else RESUME_SECONDS,
        )
        for kind, seconds in sorted(slowest.items())
    ]
    if report.restarted:
        found.append(
            Finding("seconds until the database answered", round(max(report.restarted), 2), RESTART_SECONDS)
        )
    return found


async def come_to_rest(plant: Plant) -> bool:
    """Whether everything that was begun is finished soon."""
    gives_up = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while not await plant.ask(ALL_QUIET):
        if asyncio.get_running_loop().time() > gives_up:
            return False
        await asyncio.sleep(0.2)
    return True
