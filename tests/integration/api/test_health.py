"""What anybody may ask of an installation's health, what a scraper gets, and what administrators are told."""

from __future__ import annotations

import re
from typing import Any

import pytest

from whereupon.api.routes.health import require_scraper
from whereupon.db.pool import Database
from whereupon.settings import Settings
from whereupon.workers.metrics import METRICS, PREFIX
from whereupon.workers.process import Heart
from whereupon.workers.report import report, summary

TOKEN = "a-token-for-the-scraper"


async def execute(database: Database, sql: str) -> None:
    async with database.connection() as db:
        await db.execute(sql)


async def codes(database: Database) -> dict[str, str]:
    async with database.connection() as db:
        return {one["code"]: one["message"] for one in (await summary(db))["findings"]}


async def test_anybody_may_ask_whether_it_lives_and_whether_things_happen(anyone, database, app):
    found = (await anyone.get("/health")).json()
    assert (found["status"], found["ready"]) == ("down", True)
    assert found["checks"] == {"database": "ok", "workers": "down", "scheduler": "down"}
    heart = Heart(database)
    await heart.beat()
    assert (await anyone.get("/health")).json() == found, "it is asked of the database once in two seconds"
    app.state.summary = None
    answer = await anyone.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert answer.json()["checks"] == {"database": "ok", "workers": "ok", "scheduler": "ok"}
    assert set(answer.json()) == {"status", "live", "ready", "checks", "findings"}


async def test_every_figure_is_told_in_the_form_that_scrapers_read(anyone):
    answer = await anyone.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    values = [line for line in lines if not line.startswith("#")]
    for line in values:
        assert re.fullmatch(r'whereupon_[a-z0-9_]+(\{[a-z]+="[a-z_]+"\})? -?[0-9.e+-]+', line), line
    told = {re.split(r"[{ ]", line)[0] for line in values}
    assert told == {PREFIX + metric.name for metric in METRICS}
    assert 'whereupon_schedule_occurrences{kind="skipped"} 0' in lines


ASKED: list[tuple[str | None, dict[str, str], str, int]] = [
    (None, {}, "127.0.0.1", 200),
    (None, {}, "::1", 200),
    (None, {}, "192.0.2.7", 403),
    (None, {"x-forwarded-for": "127.0.0.1"}, "127.0.0.1", 403),
    (None, {"forwarded": "for=127.0.0.1"}, "127.0.0.1", 403),
    (None, {"authorization": f"Bearer {TOKEN}"}, "192.0.2.7", 403),
    (TOKEN, {}, "127.0.0.1", 403),
    (TOKEN, {"authorization": f"Bearer {TOKEN}"}, "192.0.2.7", 200),
    (TOKEN, {"authorization": f"Bearer {TOKEN}", "x-forwarded-for": "192.0.2.7"}, "127.0.0.1", 200),
    (TOKEN, {"authorization": "Bearer άλλο"}, "192.0.2.7", 403),
    (TOKEN, {"authorization": "Bearer "}, "192.0.2.7", 403),
]


class Asking:
    """A request, as far as its right to the figures goes."""

    def __init__(self, app: Any, headers: dict[str, str], host: str) -> None:
        self.app, self.headers = app, headers
        self.client = type("Client", (), {"host": host})()


@pytest.mark.parametrize(("token", "headers", "host", "expected"), ASKED)
async def test_who_gets_the_figures(app, token, headers, host, expected):
    app.state.settings = Settings(data=app.state.settings.data, metrics_token=token)
    asking: Any = Asking(app, headers, host)
    if expected == 200:
        require_scraper(asking)
    else:
        with pytest.raises(Exception, match="this machine alone"):
            require_scraper(asking)


async def test_a_refused_scraper_is_told_how(app, anyone):
    app.state.settings = Settings(data=app.state.settings.data, metrics_token=TOKEN)
    answer = await anyone.get("/metrics")
    assert answer.status_code == 403
    assert "WHEREUPON_METRICS_TOKEN" in answer.json()["suggestion"]
    assert TOKEN not in answer.text
    assert (await anyone.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})).status_code == 200


async def test_what_is_wrong_is_said_with_for_how_long(database: Database):
    assert (await codes(database))["no_worker"].startswith("No worker is there")
    heart = Heart(database)
    await heart.beat()
    assert await codes(database) == {}
    await execute(database, "UPDATE whereupon.worker_processes SET ticked_at = now() - interval '5 minutes'")
    assert "5 minutes" in (await codes(database))["clock_stopped"]
    await execute(database, "UPDATE whereupon.worker_processes SET seen_at = now() - interval '130 minutes'")
    found = await codes(database)
    assert "2 hours" in found["no_worker"]
    assert "clock_stopped" not in found, "one thing is wrong, not two"


async def test_destinations_that_a_worker_holds_back_are_named(database: Database, admin):
    heart = Heart(database)
    await heart.beat()
    heart.circuits = lambda: [("hooks.example:443", 200.0), ("παράδειγμα.example:443", 90.0)]
    await heart.beat()
    async with database.connection() as db:
        found = await report(db)
    assert [one["destination"] for one in found["circuits"]] == [
        "hooks.example:443",
        "παράδειγμα.example:443",
    ]
    assert "hooks.example:443" in (await codes(database))["circuits_open"]
    assert len((await admin.get("/api/v1/health/report")).json()["circuits"]) == 2
    heart.circuits = list
    await heart.beat()
    assert "circuits_open" not in await codes(database)


async def test_late_and_skipped_times_are_counted(database: Database):
    await execute(
        database,
        """
        WITH w AS (INSERT INTO whereupon.workflows (key, name, draft) VALUES ('k', 'Νύχτα', '{}')
                   RETURNING id)
        INSERT INTO whereupon.occurrences (workflow_id, nominal_at, fired_at, status)
        SELECT w.id, now() - n * interval '1 hour',
          CASE WHEN n < 3 THEN now() - n * interval '1 hour' + n * interval '10 minutes' END,
          CASE WHEN n < 3 THEN 'fired' ELSE 'skipped' END
        FROM w, generate_series(0, 4) n
        """,
    )
    async with database.connection() as db:
        found = await report(db)
    assert found["occurrences"] == {"on_time": 1, "late": 2, "skipped": 2}
    assert {one["kind"] for one in found["troubled_occurrences"]} == {"late", "skipped"}
