"""A user found by an address that a formula makes: for tables that know people by other names."""

from __future__ import annotations

from typing import Any

import pytest
from tests.office import Office, open_office

from whereupon.db.pool import Database
from whereupon.errors import Invalid

CREATED = {"trigger": "record_created"}


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


def task(formula: str) -> dict[str, Any]:
    return {"key": "task", "block": "create_task", "title": "See to it", "assignee": {"formula": formula}}


@pytest.mark.parametrize(
    ("email", "status"),
    [
        ("Ada@Example.org", "succeeded"),
        (None, "failed"),
        ("nobody@example.org", "failed"),
        ("άδα@example.org", "failed"),
    ],
)
async def test_the_task_goes_to_the_user_with_the_address(
    office: Office, email: str | None, status: str
) -> None:
    ada = await office.user("ada@example.org")
    await office.publish(CREATED, task("email"))
    await office.insert(name="a", email=email)
    await office.settle()
    (run,) = await office.runs()
    assert run["status"] == status
    assert await office.fetchval("SELECT array_agg(assignee_user_id) FROM whereupon.tasks") == (
        [ada] if status == "succeeded" else None
    )


async def test_a_disabled_user_is_not_found(office: Office) -> None:
    await office.user("ada@example.org")
    await office.execute("UPDATE whereupon.users SET active = false WHERE email = 'ada@example.org'")
    await office.publish(
        CREATED, {"key": "tell", "block": "notify", "title": "x", "to": [{"formula": "LOWER(email)"}]}
    )
    await office.insert(name="a", email="ada@example.org")
    await office.settle()
    assert await office.fetchval("SELECT count(*) FROM whereupon.notifications") == 0


async def test_a_formula_that_gives_no_text_or_names_no_field_is_refused(office: Office) -> None:
    for formula in ("amount", "emial"):
        with pytest.raises(Invalid) as refused:
            await office.publish(CREATED, task(formula))
        assert refused.value.problems[0].path.startswith("/nodes/1/config/assignee")
