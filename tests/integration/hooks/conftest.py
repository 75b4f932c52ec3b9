"""An office with an application in front of it, and a workflow that another program starts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.office import Office, open_office

from whereupon.api.app import create_app
from whereupon.db.pool import Database
from whereupon.people.tokens import create_token
from whereupon.settings import Settings

LEAD: Mapping[str, Any] = {
    "trigger": "webhook",
    "variables": [
        {"name": "name", "required": True},
        {"name": "email", "type": "email", "path": "contact.email", "required": True},
        {"name": "amount", "type": "decimal"},
        {"name": "tags", "type": "json"},
    ],
    "set": {
        "name": {"field": "trigger.name"}, "email": {"field": "trigger.email"},
        "amount": {"field": "trigger.amount"},
    },
    "match": "email",
}  # fmt: skip
NOTE = {"key": "note", "block": "update_record", "set": {"note": {"formula": '"From " & trigger.name'}}}
BODY: Mapping[str, Any] = {"name": "Ζωή Παππά", "contact": {"email": "zoe@example.org"}, "amount": "12.50"}


@dataclass
class Receiver:
    """A workflow's address, and the office behind it."""

    office: Office
    client: httpx2.AsyncClient
    builder: httpx2.AsyncClient
    workflow: str = ""
    path: str = ""
    answers: list[httpx2.Response] = field(default_factory=list)

    async def open(self, trigger: Mapping[str, Any] = LEAD, *nodes: Mapping[str, Any], **more: Any) -> None:
        self.workflow = await self.office.publish(trigger, *(nodes or (NOTE,)), **more)
        made = await self.builder.post(f"/api/v1/workflows/{self.workflow}/hook")
        assert made.status_code == 201, made.text
        self.path = made.json()["path"]

    async def send(self, body: Any = BODY, *, headers: Mapping[str, str] | None = None, **more: Any) -> Any:
        sent = {"content": body} if isinstance(body, (bytes, str)) else {"json": body}
        known = {"content-type": "application/json"} if "content" in sent else {}
        answer = await self.client.post(self.path, headers={**known, **(headers or {})}, **sent, **more)
        self.answers.append(answer)
        return answer

    async def deliveries(self) -> list[dict[str, Any]]:
        found = await self.builder.get(f"/api/v1/workflows/{self.workflow}/hook/deliveries")
        assert found.status_code == 200, found.text
        return found.json()["items"]


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


@pytest.fixture
async def app(database: Database, tmp_path: Path) -> AsyncIterator[FastAPI]:
    app = create_app(database, Settings(data=tmp_path))
    async with app.router.lifespan_context(app):
        yield app


def client_of(app: FastAPI, token: str | None = None) -> httpx2.AsyncClient:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://test", headers=headers)


async def token_of(database: Database, user: int) -> str:
    async with database.transaction() as db:
        return (await create_token(db, user, "tests"))[0]


@pytest.fixture
async def receiver(app: FastAPI, office: Office) -> AsyncIterator[Receiver]:
    token = await token_of(office.database, office.admin)
    async with client_of(app) as anyone, client_of(app, token) as builder:
        yield Receiver(office, anyone, builder)
