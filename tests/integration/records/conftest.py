"""Accounts and cases with lines, made the way a builder makes them."""

from dataclasses import dataclass
from typing import Any

import pytest
from tests.conftest import filled

from whereupon.db.pool import Connection, Database
from whereupon.modules.catalog import Catalog, load_catalog
from whereupon.modules.definitions import ModuleIn
from whereupon.people.rights import Grant, Rights, everything
from whereupon.records.schema import DEFINER, defining
from whereupon.records.write import Writer

PEOPLE = "INSERT INTO whereupon.users (id, email, name) VALUES (1, 'anna@x.se', 'Anna'), (2, 'bo@x.se', 'Bo')"
ACCOUNTS = {
    "key": "accounts",
    "label": "Account",
    "fields": [{"key": "name", "type": "text", "required": True, "unique": True}],
}
CASES = {
    "key": "cases",
    "label": "Case",
    "label_plural": "Cases",
    "owner_field": "owner",
    "fields": [
        {"key": "subject", "type": "text", "required": True, "options": {"max_length": 50}},
        {"key": "status", "type": "stage", "options": {"choices": ["new", "done"], "default": "new"}},
        {"key": "amount", "type": "money"},
        {"key": "rate", "type": "decimal"},
        {"key": "due", "type": "date"},
        {"key": "seen", "type": "datetime"},
        {"key": "at", "type": "time"},
        {"key": "urgent", "type": "boolean"},
        {"key": "tags", "type": "multi_select", "options": {"choices": ["a", "ä"]}},
        {"key": "account", "type": "reference", "options": {"target": "accounts"}},
        {"key": "parent", "type": "reference", "options": {"target": "cases"}},
        {"key": "owner", "type": "user"},
        {"key": "number", "type": "auto_number", "options": {"prefix": "C-"}},
        {"key": "double", "type": "formula", "options": {"expression": "amount * 2"}},
        {"key": "company", "type": "formula", "options": {"expression": "account.name"}},
        {
            "key": "lines",
            "type": "line_items",
            "options": {"fields": [
                {"key": "product", "type": "text", "required": True}, {"key": "quantity", "type": "integer"},
            ]},
        },
    ],
}  # fmt: skip


@dataclass(frozen=True)
class World:
    """A catalog, and two people who may do different things."""

    catalog: Catalog
    admin: Writer

    def writer(self, user_id: int = 2, **grants: Any) -> Writer:
        return Writer(Rights(user_id, grants={key: Grant(**g) for key, g in grants.items()}))


@pytest.fixture(scope="session")
def with_world(server_url: str, template: str) -> str:
    """The name of a database with Anna, Bo, accounts and cases."""
    return filled(server_url, "world", make_world)


@pytest.fixture
def copied(request: pytest.FixtureRequest, template: str) -> str:
    """The world is made once."""
    return request.getfixturevalue("with_world") if "world" in request.fixturenames else template


async def make_world(database: Database) -> None:
    async with database.connection() as db:
        await db.execute(PEOPLE)
    for module in (ACCOUNTS, CASES):
        wanted = ModuleIn.model_validate(module)
        await defining(database, lambda db, wanted=wanted: DEFINER.create_module(db, wanted))


@pytest.fixture
async def world(db: Connection) -> World:
    return World(await load_catalog(db), Writer(everything(1)))
