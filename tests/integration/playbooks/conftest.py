"""An office that collects money: accounts with claims, and people who do steps of playbooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.office import EARLIER, Office, open_office

from whereupon.db.pool import Database
from whereupon.modules.catalog import load_catalog
from whereupon.people.rights import Rights, load_rights
from whereupon.people.roles import NewRole, create_role
from whereupon.playbooks import steering, store, tracks
from whereupon.playbooks.store import NewPlaybook
from whereupon.runs.playbooks import ToStart, start_playbook

ACCOUNTS: Mapping[str, Any] = {
    "key": "accounts", "label": "Account", "label_plural": "Accounts", "title_field": "name",
    "fields": [{"key": "name", "type": "text"}],
}  # fmt: skip
CLAIMS: Mapping[str, Any] = {
    "key": "claims", "label": "Claim", "label_plural": "Claims", "title_field": "number",
    "owner_field": "agent",
    "fields": [
        {"key": "number", "type": "text"},
        {"key": "account", "type": "reference", "options": {"target": "accounts"}},
        {"key": "status", "type": "select", "options": {"choices": ["open", "paid"], "default": "open"}},
        {"key": "due_on", "type": "date"},
        {"key": "email", "type": "email"},
        {"key": "agent", "type": "user"},
    ],
}  # fmt: skip
CALL: Mapping[str, Any] = {
    "type": "manual", "key": "call", "name": "Call {{ record.number }}", "description": "Ask why.",
    "planned": {"amount": 2}, "participant": {"owner": True},
}  # fmt: skip
PAID: Mapping[str, Any] = {"field": "status", "operator": "equals", "value": "paid"}


@dataclass
class Collecting:
    """The office with accounts and claims; what people do goes through the functions of their pages."""

    office: Office
    agent: int
    manager: int
    account: int
    claims: list[int] = field(default_factory=list)

    async def claim(self, **values: Any) -> int:
        given = {"number": f"C-{len(self.claims) + 1}", "account": self.account, "agent": self.agent} | values
        columns = ", ".join(f'"{name}"' for name in given)
        marks = ", ".join(f"${i}" for i in range(1, len(given) + 1))
        made: int = await self.office.fetchval(
            f"INSERT INTO data.claims ({columns}) VALUES ({marks}) RETURNING id", *given.values()
        )
        self.claims.append(made)
        return made

    async def publish(self, *steps: Mapping[str, Any], name: str = "Disputed", **more: Any) -> str:
        phases = [{"key": "phase_1", "name": "Phase 1", "steps": [dict(step) for step in steps]}]
        definition = {"format": 1, "phases": phases, "account": "account", **more}
        async with self.office.database.transaction() as db:
            new = NewPlaybook(name=name, module="claims", definition=definition)
            made = await store.create_playbook(db, self.office.rights, new)
            await store.publish_playbook(db, self.office.rights, made["key"])
        return str(made["key"])

    async def start(self, key: str, *claims: int, by: int | None = None, **more: Any) -> dict[str, Any]:
        asked = ToStart(records=[str(one) for one in claims] if claims else None, **more)
        async with self.office.database.transaction() as db:
            found = await start_playbook(db, await self.rights(by), key, asked)
        await self.office.settle()
        return found

    async def rights(self, user: int | None) -> Rights:
        if user is None:
            return self.office.rights
        async with self.office.database.connection() as db:
            return await load_rights(db, user)

    async def track(self, track: int, by: int | None = None) -> dict[str, Any]:
        async with self.office.database.connection() as db:
            return await tracks.get_track(db, await self.rights(by), await load_catalog(db), track)

    async def steps(self, track: int) -> dict[str, str]:
        """Step → how it stands."""
        found = await self.track(track)
        return {step["key"]: step["status"] for phase in found["phases"] for step in phase["steps"]}

    async def step(self, track: int, key: str) -> dict[str, Any]:
        found = await self.track(track)
        return next(step for phase in found["phases"] for step in phase["steps"] if step["key"] == key)

    async def do(self, what: str, track: int, *more: Any, by: int | None = None) -> None:
        """What `steering` offers, by its name."""
        async with self.office.database.transaction() as db:
            catalog = await load_catalog(db)
            await getattr(steering, what)(db, await self.rights(by), catalog, track, *more)
        await self.office.settle()

    async def later(self, interval: str) -> None:
        """As if so much time had passed for open steps and their runs."""
        await self.office.execute(
            "UPDATE whereupon.tasks SET due_at = due_at - $1::text::interval WHERE due_at IS NOT NULL",
            interval,
        )
        await self.office.execute(
            "UPDATE whereupon.playbook_steps SET due_at = due_at - $1::text::interval, "
            "opened_at = opened_at - $1::text::interval, reminded_at = reminded_at - $1::text::interval",
            interval,
        )
        await self.office.execute(EARLIER, interval)
        await self.office.settle()


@pytest.fixture
async def collecting(database: Database) -> Collecting:
    office = await open_office(database)
    await office.module(ACCOUNTS)
    await office.module(CLAIMS)
    rights = {key: {"read": "all", "update": "all"} for key in ("accounts", "claims")}
    async with database.transaction() as db:
        role = NewRole.model_validate({"key": "collector", "name": "Collector", "modules": rights})
        await create_role(db, role, actor=None)
        reads = {"key": "reader", "name": "Reader", "modules": {"claims": {"read": "all"}}}
        await create_role(db, NewRole.model_validate(reads), actor=None)
        own = {"key": "keeper", "name": "Keeper", "modules": {"claims": {"read": "all", "update": "own"}}}
        await create_role(db, NewRole.model_validate(own), actor=None)
    manager = await office.user("manager@example.org", name="Μαρία", role="collector")
    agent = await office.user("agent@example.org", manager=manager, name="Ægir", role="collector")
    account = await office.fetchval("INSERT INTO data.accounts (name) VALUES ('Ørsted ApS') RETURNING id")
    return Collecting(office, agent, manager, account)


def refused_codes(found: Mapping[str, Any]) -> Sequence[str]:
    return [one["code"] for one in found["refused"]]
