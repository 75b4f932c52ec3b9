"""Duty rosters over HTTP: set by administrators, read by all who are signed in."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.integration.api.conftest import Client

ROSTER: dict[str, Any] = {
    "shifts": [{"weekday": "monday", "start": "09:00", "end": "17:00"}],
    "exceptions": [],
    "on_holidays": "otherwise",
    "otherwise": None,
}


async def test_a_roster_is_set_and_says_who_is_on_duty(
    admin: Client, client_of: Callable[..., Awaitable[Client]]
) -> None:
    clerk = await client_of("ann@example.org")
    await admin.post("/api/v1/groups", json={"key": "support", "name": "Support", "members": [clerk.user_id]})
    wanted = {**ROSTER, "shifts": [{**ROSTER["shifts"][0], "user_id": clerk.user_id}]}
    empty = await clerk.get("/api/v1/groups/support/duty")
    assert (empty.status_code, empty.json()["shifts"], empty.headers["etag"]) == (200, [], '"0"')

    assert (await clerk.put("/api/v1/groups/support/duty", json=wanted)).status_code == 403
    kept = await admin.put("/api/v1/groups/support/duty", json=wanted, headers={"if-match": '"0"'})
    assert kept.status_code == 200, kept.text
    late = await admin.put("/api/v1/groups/support/duty", json=wanted, headers={"if-match": '"0"'})
    assert late.status_code == 412

    days = (await clerk.get("/api/v1/groups/support/duty/days?first=2026-11-23&days=1")).json()["items"]
    assert [(one["starts_at"], one["name"]) for one in days] == [
        ("2026-11-23T00:00:00Z", None), ("2026-11-23T09:00:00Z", "ann@example.org"),
        ("2026-11-23T17:00:00Z", None),
    ]  # fmt: skip
    preview = {**wanted, "otherwise": clerk.user_id}
    found = await clerk.post("/api/v1/groups/support/duty/preview?first=2026-11-23&days=1", json=preview)
    assert [one["user_id"] for one in found.json()["items"]] == [clerk.user_id]
    assert (await clerk.get("/api/v1/duty")).json()["items"][0]["group"] == "support"


async def test_unknown_groups_and_users_are_named(admin: Client) -> None:
    assert (await admin.get("/api/v1/groups/ποτέ/duty")).status_code in (404, 422)
    assert (await admin.get("/api/v1/groups/never/duty")).status_code == 404
    await admin.post("/api/v1/groups", json={"key": "support", "name": "Support"})
    wrong = await admin.put("/api/v1/groups/support/duty", json={**ROSTER, "shifts": [], "otherwise": 99})
    assert (wrong.status_code, wrong.json()["problems"][0]["path"]) == (422, "/otherwise")
