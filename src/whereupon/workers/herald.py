"""Tells browsers what workers did: twice a second at most, outside of every transaction that matters.

A batch only notes here what it touched. Nobody waits for the telling, and what is lost in a crash is seen
with the next look: browsers read everything anew when they connect again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any

import orjson

from whereupon.db.pool import Database
from whereupon.runs.travellers import Traveller
from whereupon.workers.loop import Wake, keep_going

PAUSE_SECONDS = 0.5
IDLE_SECONDS = 3600.0
MOST_NAMED = 40  # records, and runs, of one workflow and module
MOST_KINDS = 60  # pairs of workflow and module; more than that: "something changed"
MOST_BYTES = 7_500  # PostgreSQL takes less than 8,000
TELL = "SELECT pg_notify(channel, payload) FROM unnest($1::text[], $2::text[]) AS told (channel, payload)"

Kind = tuple[int, int | None]  # workflow, module


class Herald:
    """Collects what was touched, and notifies of it. `run` beside the loops that note."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.wake = Wake()
        self.touched: dict[Kind, dict[str, Any]] = {}
        self.messages = False
        self.told_at = float("-inf")

    def note_runs(self, travellers: Iterable[Traveller]) -> None:
        """These runs moved, and that is committed."""
        for traveller in travellers:
            kind = (traveller.workflow_id, traveller.module_id)
            if kind not in self.touched:
                self.touched[kind] = {"w": kind[0], "m": kind[1], "k": [], "r": [], "more": False}
            entry = self.touched[kind]
            if len(entry["r"]) >= MOST_NAMED:
                entry["more"] = True
                continue
            entry["r"].append(traveller.id)
            if traveller.record_id is not None:
                entry["k"].append(traveller.record_id)
        if self.touched:
            self.wake.ring()

    def note_messages(self) -> None:
        """Some messages went out, failed or were held."""
        self.messages = True
        self.wake.ring()

    async def run(self, stop: asyncio.Event) -> None:
        """Tell until `stop`."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keep_going("herald", self.tell, self.wake, stop))
            await stop.wait()
            self.wake.ring()

    async def tell(self) -> float:
        """Notify of everything noted. Answers how long to sleep."""
        if not (self.touched or self.messages):
            return IDLE_SECONDS
        rest = self.told_at + PAUSE_SECONDS - time.monotonic()
        if rest > 0:
            await asyncio.sleep(rest)
        touched, self.touched = self.touched, {}
        messages, self.messages = self.messages, False
        told = [("whereupon_progress", payload) for payload in payloads(touched)]
        told += [("whereupon_messages", "")] if messages else []
        self.told_at = time.monotonic()
        async with self.database.connection() as db:
            await db.execute(TELL, [channel for channel, _ in told], [payload for _, payload in told])
        return 0.0


def payloads(touched: dict[Kind, dict[str, Any]]) -> list[str]:
    """What to notify: each kind by itself, so that none is too long; an empty one for too many kinds.

    >>> payloads({(1, None): {"w": 1, "m": None, "k": [], "r": [7], "more": False}})
    ['{"items":[{"w":1,"m":null,"k":[],"r":[7],"more":false}]}']
    """
    if len(touched) > MOST_KINDS:
        return ['{"items":[],"all":true}']
    return [payload_of(entry) for entry in touched.values()]


def payload_of(entry: dict[str, Any]) -> str:
    """The entry, each record and run once; without records whose ids are too long (a key may be any text)."""
    entry = entry | {name: list(dict.fromkeys(entry[name])) for name in ("k", "r")}
    written = orjson.dumps({"items": [entry]})
    if len(written) > MOST_BYTES:
        written = orjson.dumps({"items": [entry | {"k": [], "more": True}]})
    return written.decode()
