"""The database goes away and comes back: 503 with Retry-After meanwhile, and all is well afterwards."""

from __future__ import annotations

import asyncio

import asyncpg

TERMINATE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


async def becomes(app, *, listening):
    """Whether the process hears of changes, or does not, before long."""
    for _ in range(1000):
        if app.state.memory.listening is listening:
            return True
        await asyncio.sleep(0.01)
    return False


async def test_requests_while_the_database_is_gone_are_told_to_come_back(app, admin, database, monkeypatch):
    assert (await admin.get("/api/v1/users")).status_code == 200

    async def refused(*_args, **_options):
        raise ConnectionRefusedError("gone")

    with monkeypatch.context() as gone:
        await database.pool.expire_connections()
        gone.setattr("asyncpg.pool.Pool._get_new_connection", refused)
        for path in ("/api/v1/users", "/healthz", "/metrics"):
            answer = await admin.get(path)
            assert answer.status_code == 503, (path, answer.text)
            assert int(answer.headers["retry-after"]) > 0
            assert answer.json()["code"] == "unavailable"
    assert (await admin.get("/api/v1/users")).status_code == 200


async def test_lost_connections_are_replaced_and_nothing_stale_is_remembered(
    app, admin, database, database_url
):
    assert (await admin.get("/api/v1/roles")).status_code == 200
    assert await becomes(app, listening=True)
    other = await asyncpg.connect(database_url)
    await other.execute(TERMINATE)
    await other.close()
    assert await becomes(app, listening=False)
    assert app.state.memory.kept == {}
    statuses = {(await admin.get("/api/v1/roles")).status_code for _ in range(5)}
    assert statuses <= {200, 503}
    assert await becomes(app, listening=True)
    assert (await admin.get("/api/v1/roles")).status_code == 200
