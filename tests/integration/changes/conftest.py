"""A module to write to, and what came of it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from whereupon.changes.capture import arm
from whereupon.db.pool import Connection, Database
from whereupon.errors import Invalid
from whereupon.modules.catalog import Catalog, Module
from whereupon.modules.define import Definer, Formula, defining
from whereupon.modules.definitions import ModuleIn


def no_formula(catalog: Catalog, module: Module, expression: str) -> Formula:
    raise Invalid("These tests have no formulas.")


DEFINER = Definer(arm=arm, check_formula=no_formula)


@pytest.fixture
async def cases(database: Database) -> Module:
    """subject, status, amount, and a column that is named like an alias."""
    fields = [
        {"key": "subject", "type": "text"},
        {"key": "status", "type": "select", "options": {"choices": ["open", "closed"]}},
        {"key": "amount", "type": "decimal"},
        {"key": "n", "type": "integer"},
    ]
    wanted = ModuleIn.model_validate({"key": "cases", "fields": fields})
    return await defining(database, lambda db: DEFINER.create_module(db, wanted))


@pytest.fixture
def changes(db: Connection) -> Callable[[], Awaitable[list[Any]]]:
    """What was captured since the last look: (op, record, old, new)."""
    seen = 0

    async def look() -> list[Any]:
        nonlocal seen
        rows = await db.fetch(
            "SELECT id, op::text, record_id, old, new FROM whereupon.changes WHERE id > $1 ORDER BY id", seen
        )
        seen = rows[-1]["id"] if rows else seen
        return [tuple(row)[1:] for row in rows]

    return look
