"""A small office for tests: modules, people and workflows made the way a product person would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import asyncpg

from whereupon.db.pool import Database
from whereupon.modules.define import defining
from whereupon.modules.definitions import FieldIn, ModuleIn
from whereupon.outbox.ai.providers import AiProvider, save_providers
from whereupon.people.duty import Roster, set_roster
from whereupon.people.rights import Rights, load_rights
from whereupon.records.schema import DEFINER
from whereupon.runs.by_hand import start_by_hand
from whereupon.workers.bulk import BulkWorker
from whereupon.workers.engine import Engine
from whereupon.workflows import store
from whereupon.workflows.saved_tasks import NewDataTask, create_task

# What a wait has noted as its end is moved together with the time at which it wakes.
EARLIER = """
UPDATE whereupon.runs SET ready_at = ready_at - $1::text::interval, waiting =
  CASE WHEN waiting #> '{memo,limit}' <> 'null'
  THEN jsonb_set(waiting, '{memo,limit}',
    to_jsonb(((waiting #>> '{memo,limit}')::timestamptz - $1::text::interval)::text))
  ELSE waiting END
WHERE ready_at IS NOT NULL
"""
ITEMS: Mapping[str, Any] = {
    "key": "items",
    "label": "Item",
    "label_plural": "Items",
    "owner_field": "owner",
    "fields": [
        {"key": "name", "type": "text", "required": True},
        {"key": "status", "type": "select", "options": {"choices": [{"key": k, "label": k} for k in ("new",
        "open", "done")]}},
        {"key": "email", "type": "email"},
        {"key": "amount", "type": "decimal", "options": {"precision": 12, "scale": 2}},
        {"key": "due_date", "type": "date"},
        {"key": "owner", "type": "user"},
        {"key": "note", "type": "long_text"},
        {"key": "parent", "type": "reference", "options": {"target": "items", "on_delete": "set_null"}},
    ],
}  # fmt: skip


@dataclass
class Office:
    """One database with an administrator, a module "items", and an engine that is driven by hand."""

    database: Database
    admin: int
    rights: Rights
    engine: Engine
    keys: list[str] = field(default_factory=list)

    async def module(self, definition: Mapping[str, Any]) -> None:
        await defining(
            self.database, lambda db: DEFINER.create_module(db, ModuleIn.model_validate(definition))
        )

    async def user(
        self, email: str, *, manager: int | None = None, role: str | None = None, name: str = ""
    ) -> int:
        user: int = await self.fetchval(
            "INSERT INTO whereupon.users (email, name, manager_id) VALUES ($1, $2, $3) RETURNING id",
            email, name or email.partition("@")[0], manager,
        )  # fmt: skip
        if role:
            await self.execute(
                "INSERT INTO whereupon.user_roles SELECT $1, id FROM whereupon.roles WHERE key = $2",
                user,
                role,
            )
        return user

    async def group(self, key: str, members: Sequence[int]) -> None:
        group = await self.fetchval(
            "INSERT INTO whereupon.groups (key, name) VALUES ($1, $1) RETURNING id", key
        )
        for member in members:
            await self.execute(
                "INSERT INTO whereupon.group_members (group_id, user_id) VALUES ($1, $2)", group, member
            )

    async def publish(
        self,
        trigger: Mapping[str, Any],
        *nodes: Mapping[str, Any],
        edges: Sequence[Sequence[str]] | None = None,
        name: str = "A workflow",
        module: str | None = "items",
        rights: Rights | None = None,
        **settings: Any,
    ) -> str:
        """Publish a workflow; its nodes follow each other unless `edges` ([from, port, to]) say otherwise."""
        document = draw(trigger, *nodes, edges=edges, **settings)
        async with self.database.transaction() as db:
            new = store.NewWorkflow(name=name, module=module, document=document)
            made = await store.create_workflow(db, self.rights, new)
            await store.publish(db, rights or self.rights, made["key"])
        return str(made["key"])

    async def settle(self, most: int = 200) -> None:
        """Match and advance until there is nothing to do now."""
        for _ in range(most):
            matched = await self.engine._match_or_find_the_bad_one()
            advanced = await self.engine._advance_or_find_the_bad_one()
            if not matched.changes and not advanced.runs:
                return
        raise AssertionError("It does not come to rest.")

    async def skip_time(self, interval: str) -> None:
        """As if so much time had passed for the runs that wait."""
        await self.execute(EARLIER, interval)
        await self.settle()

    async def by_hand(self, workflow: str, records: Sequence[str] | None = None) -> dict[str, Any]:
        async with self.database.transaction() as db:
            found = await start_by_hand(db, self.rights, workflow, records)
        await self.settle()
        return found

    async def insert(self, **values: Any) -> int:
        columns, marks = (
            ", ".join(f'"{c}"' for c in values),
            ", ".join(f"${i}" for i in range(1, len(values) + 1)),
        )
        return await self.fetchval(
            f"INSERT INTO data.items ({columns}) VALUES ({marks}) RETURNING id", *values.values()
        )

    async def item(self, key: int) -> asyncpg.Record:
        rows = await self.fetch("SELECT * FROM data.items WHERE id = $1", key)
        return rows[0]

    async def runs(self, **where: Any) -> list[asyncpg.Record]:
        rows = await self.fetch(
            "SELECT r.*, w.key AS workflow FROM whereupon.runs r "
            "JOIN whereupon.workflows w ON w.id = r.workflow_id ORDER BY r.id"
        )
        return [row for row in rows if all(row[key] == value for key, value in where.items())]

    async def steps(self, run: int) -> list[asyncpg.Record]:
        return await self.fetch("SELECT * FROM whereupon.step_runs WHERE run_id = $1 ORDER BY seq", run)

    async def execute(self, sql: str, *values: Any) -> None:
        async with self.database.connection() as db:
            await db.execute(sql, *values)

    async def fetch(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        async with self.database.connection() as db:
            return await db.fetch(sql, *values)

    async def fetchval(self, sql: str, *values: Any) -> Any:
        async with self.database.connection() as db:
            return await db.fetchval(sql, *values)


def draw(
    trigger: Mapping[str, Any],
    *nodes: Mapping[str, Any],
    edges: Sequence[Sequence[str]] | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """A workflow document. A node is {"key", "block", …config}; on_error and label may stand beside them."""
    placed = [{"key": "start", "block": "start", "config": dict(trigger)}]
    for node in nodes:
        rest = {k: v for k, v in node.items() if k not in ("key", "block", "on_error", "label")}
        beside = {name: node[name] for name in ("on_error", "label") if name in node}
        placed.append({"key": node["key"], "block": node["block"], "config": rest, **beside})
    keys = [node["key"] for node in placed]
    chain = [[a, "next", b] for a, b in pairwise(keys)]
    drawn = [{"from": a, "port": port, "to": b} for a, port, b in (chain if edges is None else edges)]
    return {"format": 1, "nodes": placed, "edges": drawn, "settings": settings}


STAGE = {"key": "stage", "type": "stage", "options": {"choices": ["new", "ready"]}}
STORE = {"key": "archive", "name": "Archive", "kind": "folder", "folder": "", "secret": None}


async def set_up_for_examples(office: Office) -> None:
    """What examples of blocks name: a phone, a provider, a file store, a workflow and a saved data task."""
    phone = FieldIn.model_validate({"key": "phone", "type": "phone"})
    tidy = {"name": "Tidy up", "definition": {"module": "items", "set": {"note": "tidy"}}}
    async with office.database.transaction() as db:
        await DEFINER.add_field(db, "items", phone)
        await save_providers(db, [AiProvider(key="local", name="Local", model="m")])
        await create_task(db, office.rights, NewDataTask.model_validate(tidy))
    await office.execute(
        "INSERT INTO whereupon.settings (key, value) VALUES ('file_store/archive', $1)", STORE
    )
    called = {"trigger": "called", "inputs": [{"name": "reason"}]}
    await office.publish(called, {"key": "stop", "block": "stop"}, name="helper")  # for run_workflow


async def make_bulk_runs(office: Office) -> None:
    """What the bulk worker does, as far as it can without runs that are advanced."""
    worker = BulkWorker(office.database, office.engine.current)
    while await worker.step() == 0.0:
        pass


async def work_off_bulk_runs(office: Office, most: int = 200) -> None:
    """Work off all bulk runs that can be, to their ends."""
    worker = BulkWorker(office.database, office.engine.current)
    for _ in range(most):
        await make_bulk_runs(office)
        await office.settle()
        await worker.reckon()
        moving = await office.fetchval(
            "SELECT count(*) FROM whereupon.bulk_runs WHERE status IN ('queued', 'running')"
        )
        if not moving:
            return
    raise AssertionError("A bulk run does not come to its end.")


async def open_office(database: Database) -> Office:
    """An office with an administrator and the module "items"; what is there already stays."""
    async with database.connection() as db:
        found: int | None = await db.fetchval(
            "SELECT id FROM whereupon.users WHERE email = 'boss@example.org'"
        )
        admin: int = found or await db.fetchval(
            "INSERT INTO whereupon.users (email, name) VALUES ('boss@example.org', 'Boss') RETURNING id"
        )
        if found is None:
            await db.execute("INSERT INTO whereupon.user_roles SELECT $1, id FROM whereupon.roles", admin)
        rights = await load_rights(db, admin)
    office = Office(database, admin, rights, Engine(database))
    if found is None:
        await office.module(ITEMS)
    return office


async def open_peopled_office(database: Database) -> None:
    """What tests of every block's example begin with: somebody for each way to name a person."""
    office = await open_office(database)
    async with database.transaction() as db:
        await DEFINER.add_field(db, "items", FieldIn.model_validate(STAGE))
    await set_up_for_examples(office)
    manager = await office.user("ana@example.org", name="Ana")
    owner = await office.user("zoë@example.org", name="Zoë", manager=manager)
    await office.group("support", [manager, owner])
    async with database.transaction() as db:
        await set_roster(db, "support", Roster(otherwise=owner), actor=None)
    await office.execute("UPDATE whereupon.users SET phone = '+30 210 123 4567' WHERE id = $1", owner)
