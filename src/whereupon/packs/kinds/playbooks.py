"""Playbooks and strategies: what they are called, their definition, and whether they run.

In a file people are named by their address, because a user's number means somebody else elsewhere.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Conflict
from whereupon.packs.kinds.kind import Content, Kind
from whereupon.packs.kinds.workflows import USERS, addresses_of, numbers_of, people
from whereupon.people.rights import Rights
from whereupon.playbooks import store, strategies
from whereupon.playbooks.store import NewPlaybook, PlaybookChange
from whereupon.playbooks.strategies import NewStrategy, StrategyChange

PLAYBOOKS = """
SELECT w.key, w.name, w.description, m.key AS module, w.state, p.definition
FROM whereupon.playbooks p JOIN whereupon.workflows w ON w.id = p.workflow_id
JOIN whereupon.modules m ON m.id = w.module_id WHERE w.state <> 'deleted' ORDER BY w.key
"""
STRATEGIES = """
SELECT s.key, s.name, s.description, m.key AS module, s.state, s.position, s.definition
FROM whereupon.strategies s JOIN whereupon.modules m ON m.id = s.module_id ORDER BY s.key
"""
UNDER_WAY = """
SELECT count(*) FROM whereupon.playbook_tracks t JOIN whereupon.playbooks p ON p.id = t.playbook_id
JOIN whereupon.workflows w ON w.id = p.workflow_id WHERE w.key = $1 AND t.ended_at IS NULL
"""


class PlaybookFile(BaseModel):
    """A playbook as a file has it."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,58}$")
    name: str = Field(min_length=1, max_length=200)
    description: str = Field("", max_length=5_000)
    module: str
    state: Literal["draft", "active", "disabled", "archived"] = "active"
    definition: dict[str, Any]


class StrategyFile(BaseModel):
    """A strategy as a file has it."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    name: str = Field(min_length=1, max_length=200)
    description: str = Field("", max_length=5_000)
    module: str
    position: int = Field(100, ge=0, le=1_000_000)
    state: Literal["draft", "active", "disabled"] = "active"
    definition: dict[str, Any]


class Playbooks(Kind):
    """A playbook, by its key."""

    key = "playbook"
    label = "Playbook"
    folder = "playbooks"
    model: ClassVar = PlaybookFile

    async def now(self, db: Connection) -> dict[str, Content]:
        return await _now(self, db, PLAYBOOKS)

    async def write(
        self, db: Connection, rights: Rights, key: str, content: Content, now: Content | None
    ) -> None:
        full = PlaybookFile.model_validate({"key": key, **content})
        definition = await _with_numbers(db, full.definition)
        said: dict[str, Any] = {"name": full.name, "description": full.description, "definition": definition}
        if now is None:
            new = NewPlaybook.model_validate({"key": key, "module": full.module, **said})
            await store.create_playbook(db, rights, new)
        else:
            _require_same_module(key, now, full.module)
            await store.change_playbook(db, rights, key, PlaybookChange.model_validate(said))
        if full.state != "draft":
            await store.publish_playbook(db, rights, key, note="From a file")
        if full.state in ("disabled", "archived"):
            await store.set_playbook_state(db, rights, key, full.state)

    async def remove(self, db: Connection, rights: Rights, key: str) -> None:
        await store.delete_playbook(db, rights, key)

    async def loss(self, db: Connection, key: str, now: Content, new: Content | None) -> list[str]:
        tracks = await db.fetchval(UNDER_WAY, key) if new is None else 0
        return [f"It is called off on {tracks:,} records."] if tracks else []

    def normal(self, content: Content) -> Content:
        return _normal(content)


class Strategies(Kind):
    """A strategy, by its key."""

    key = "strategy"
    label = "Strategy"
    folder = "strategies"
    model: ClassVar = StrategyFile

    async def now(self, db: Connection) -> dict[str, Content]:
        return await _now(self, db, STRATEGIES)

    async def write(
        self, db: Connection, rights: Rights, key: str, content: Content, now: Content | None
    ) -> None:
        full = StrategyFile.model_validate({"key": key, **content})
        said: dict[str, Any] = {
            "name": full.name, "description": full.description, "position": full.position,
            "definition": await _with_numbers(db, full.definition),
        }  # fmt: skip
        if now is None:
            new = NewStrategy.model_validate({"key": key, "module": full.module, **said})
            await strategies.create_strategy(db, rights, new)
        else:
            _require_same_module(key, now, full.module)
            await strategies.change_strategy(db, rights, key, StrategyChange.model_validate(said))
        if full.state != "draft":
            await strategies.publish_strategy(db, rights, key, note="From a file")
        if full.state == "disabled":
            await strategies.set_strategy_state(db, rights, key, "disabled")

    async def remove(self, db: Connection, rights: Rights, key: str) -> None:
        await strategies.delete_strategy(db, rights, key)

    def normal(self, content: Content) -> Content:
        return _normal(content)


async def _now(one: Kind, db: Connection, sql: str) -> dict[str, Content]:
    named = {row["id"]: row["email"] for row in await db.fetch(USERS)}
    found: dict[str, Content] = {}
    for row in await db.fetch(sql):
        content = dict(row)
        key = content.pop("key")
        content["definition"] = people(content["definition"], addresses_of(named), "")
        found[key] = one.normal(content)
    return found


async def _with_numbers(db: Connection, definition: dict[str, Any]) -> dict[str, Any]:
    users = {row["email"]: row["id"] for row in await db.fetch(USERS)}
    return people(definition, numbers_of(users), "/definition")


def _require_same_module(key: str, now: Content, module: str) -> None:
    if now["module"] != module:
        raise Conflict(
            f'"{key}" is for other records, and what it did belongs to them.',
            suggestion="Give the one in the file another key.",
        )


DEFAULTS: dict[str, Any] = {"description": "", "state": "active", "position": 100}


def _normal(content: Content) -> Content:
    return {k: v for k, v in content.items() if v is not None and DEFAULTS.get(k, ...) != v}
