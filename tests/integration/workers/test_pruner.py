"""What is old goes, in small bites; what is not over stays, however old."""

from __future__ import annotations

import pytest
from tests.office import Office, open_office, work_off_bulk_runs

from whereupon.db.pool import Database
from whereupon.errors import WhereuponError
from whereupon.workers.pruner import LOCK, Pruner

NOTE = {"key": "note", "block": "update_record", "set": {"note": "seen"}}
WAIT = {"key": "wait", "block": "wait", "duration": {"amount": 3, "unit": "days"}}


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


async def count(office: Office, table: str) -> int:
    return int(await office.fetchval(f"SELECT count(*) FROM whereupon.{table}"))


async def age(office: Office, days: int) -> None:
    """As if so much time had passed since everything."""
    for table, columns in {
        "changes": ["at"],
        "runs": ["created_at", "ended_at"],
        "messages": ["created_at"],
    }.items():
        sets = ", ".join(f"{c} = {c} - interval '{days} days'" for c in columns)
        await office.execute(f"UPDATE whereupon.{table} SET {sets}")


async def test_what_is_old_goes_with_all_that_belongs_to_it(office: Office) -> None:
    await office.publish({"trigger": "record_created"}, NOTE)
    for n in range(25):
        await office.insert(name=f"n{n}")
    await office.settle()
    await age(office, 400)
    await office.insert(name="Νέο")
    await office.settle()
    counts = await Pruner(office.database, bite=7, pause=0).round()
    assert (counts["runs"], counts["changes"]) == (25, 50)
    assert [await count(office, t) for t in ("runs", "step_runs", "changes")] == [1, 1, 2]


async def test_what_is_young_enough_stays(office: Office) -> None:
    await office.publish({"trigger": "record_created"}, NOTE)
    await office.insert(name="a")
    await office.settle()
    await age(office, 364)
    assert sum((await Pruner(office.database, pause=0).round()).values()) == 0
    await office.execute("INSERT INTO whereupon.settings (key, value) VALUES ('retention', '{\"runs\": 30}')")
    counts = await Pruner(office.database, pause=0).round()
    assert (counts["runs"], counts["changes"]) == (1, 0)


async def test_runs_under_way_and_what_they_need_stay(office: Office) -> None:
    await office.publish({"trigger": "record_created"}, WAIT)
    await office.insert(name="a")
    await office.settle()
    await age(office, 4000)
    counts = await Pruner(office.database, pause=0).round()
    assert (counts["runs"], counts["changes"]) == (0, 0)
    await office.skip_time("4 days")
    await age(office, 4000)
    counts = await Pruner(office.database, pause=0).round()
    assert (counts["runs"], counts["changes"]) == (1, 1)


async def test_a_change_that_is_still_to_be_matched_stays(office: Office) -> None:
    await office.insert(name="a")
    await age(office, 4000)
    assert (await Pruner(office.database, pause=0).round())["changes"] == 0


@pytest.mark.parametrize(
    ("status", "goes"),
    [
        ("sent", True),
        ("failed", True),
        ("discarded", True),
        ("held", False),
        ("queued", False),
        ("uncertain", False),
    ],
)
async def test_messages_that_wait_for_a_person_stay(office: Office, status: str, goes: bool) -> None:
    await office.execute(
        "INSERT INTO whereupon.messages (channel, recipient, source_id, context, status, created_at) "
        "VALUES ('email', 'α@example.org', 1, '{}', $1, now() - interval '366 days')", status,
    )  # fmt: skip
    assert (await Pruner(office.database, pause=0).round())["messages"] == int(goes)


async def test_small_tables_are_swept(office: Office) -> None:
    await office.execute(
        "INSERT INTO whereupon.idempotency_keys (user_id, key, request_hash, created_at) "
        "SELECT 1, i::text, '', now() - i * interval '1 day' FROM generate_series(0, 4) i"
    )
    await office.execute(
        "INSERT INTO whereupon.sessions (token_hash, user_id, expires_at) "
        "VALUES ('a', $1, now() - interval '1 s'), ('b', $1, now() + interval '1 hour')", office.admin,
    )  # fmt: skip
    counts = await Pruner(office.database, bite=2, pause=0).round()
    assert (counts["idempotency keys"], counts["sessions"]) == (3, 1)
    assert [await count(office, t) for t in ("idempotency_keys", "sessions")] == [2, 1]


async def test_two_pruners_do_not_work_at_the_same_time(office: Office) -> None:
    await office.insert(name="a")
    await office.settle()
    await age(office, 400)
    async with office.database.transaction() as db:
        await db.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        assert sum((await Pruner(office.database, pause=0).round()).values()) == 0
    assert (await Pruner(office.database, pause=0).round())["changes"] == 1


async def test_a_setting_that_makes_no_sense_forgets_nothing(office: Office) -> None:
    await office.insert(name="a")
    await office.settle()
    await age(office, 400)
    await office.execute(
        "INSERT INTO whereupon.settings (key, value) VALUES ('retention', '{\"chnages\": 1}')"
    )
    with pytest.raises((ValueError, WhereuponError)):
        await Pruner(office.database, pause=0).round()
    assert await count(office, "changes") == 1


IMPORT = """
INSERT INTO whereupon.imports (module_id, user_id, document_id, mapping, created_at, ended_at)
SELECT m.id, $1, d.id, '[]', now() - $2::text::interval, now() - $3::text::interval
FROM whereupon.modules m, whereupon.documents d WHERE m.key = 'items' RETURNING id
"""
DOCUMENT = """
INSERT INTO whereupon.documents (name, sha256, size, media_type, created_by)
VALUES ('a.csv', '0', 1, 'text/csv', $1)
"""


async def test_imports_go_with_the_rows_that_they_could_not_write(office: Office) -> None:
    await office.execute(DOCUMENT, office.admin)
    old = await office.fetchval(IMPORT, office.admin, "401 days", "400 days")
    young = await office.fetchval(IMPORT, office.admin, "400 days", "1 day")
    under_way = await office.fetchval(IMPORT, office.admin, "400 days", None)
    for one in (old, young):
        await office.execute(
            "INSERT INTO whereupon.import_problems SELECT $1, n, '[]', '[]' FROM generate_series(1, 20) n",
            one,
        )
    counts = await Pruner(office.database, bite=7, pause=0).round()
    assert (counts["imports"], counts["import problems"]) == (1, 20)
    left = await office.fetch("SELECT id FROM whereupon.imports ORDER BY id")
    assert [row["id"] for row in left] == [young, under_way]
    assert await count(office, "import_problems") == 20


async def test_old_bulk_runs_go_with_their_lists_and_those_under_way_stay(office: Office) -> None:
    key = await office.publish({"trigger": "manual"}, NOTE)
    for n in range(25):
        await office.insert(name=f"n{n}")
    await office.by_hand(key)
    await work_off_bulk_runs(office)
    await office.by_hand(key)
    await office.execute("UPDATE whereupon.bulk_runs SET ended_at = ended_at - interval '400 days'")
    gone = await Pruner(office.database, bite=7, pause=0).round()
    assert (gone["bulk members"], gone["bulk chunks"], gone["bulk runs"]) == (25, 1, 1)
    assert [await count(office, t) for t in ("bulk_runs", "bulk_members", "bulk_chunks")] == [1, 25, 1]


TRACK = """
INSERT INTO whereupon.playbook_tracks (playbook_id, module_id, record_id, status, exclusive, afterwards,
  parent_run_id, created_at, ended_at)
SELECT 1, 1, $1, 'x', true, 'resume', $2, now() - interval '500 days', now() - $3::text::interval RETURNING id
"""
# A task of a track, done so long ago, with its step, a mark and a line of history.
TASK = """
WITH task AS (
  INSERT INTO whereupon.tasks (title, status, created_at, updated_at)
  VALUES ($1, $2, now() - interval '500 days', now() - $3::text::interval) RETURNING id),
said AS (INSERT INTO whereupon.inbox_history (task_id, kind) SELECT id, 'commented' FROM task),
step AS (
  INSERT INTO whereupon.playbook_steps (track_id, run_id, step, kind, task_id)
  SELECT $4::bigint, 0, 'step', 'manual', id FROM task WHERE $4::bigint IS NOT NULL)
INSERT INTO whereupon.playbook_events (track_id, what) SELECT $4::bigint, 'done' WHERE $4::bigint IS NOT NULL
"""
STRATEGY = """
INSERT INTO whereupon.strategy_changes (module_id, record_id, at, action, was, status)
VALUES (1, $1, now() - interval '400 days', $2, 'active', 'paused')
"""
NEWS = """
INSERT INTO whereupon.notifications (user_id, title, created_at, question_id)
VALUES ($1, $2, now() - $3::text::interval, $4)
"""


async def test_what_people_finished_goes_and_what_is_open_or_still_needed_stays(office: Office) -> None:
    await office.publish({"trigger": "record_created"}, WAIT)
    await office.insert(name="a")
    await office.settle()
    waits = await office.fetchval("SELECT id FROM whereupon.runs")
    over = await office.fetchval(TRACK, "1", None, "400 days")
    awaited = await office.fetchval(TRACK, "2", waits, "400 days")
    running = await office.fetchval(TRACK, "3", None, None)
    for title, status, ended, track in (
        ("παλιά", "done", "400 days", None), ("old of an old one", "cancelled", "400 days", over),
        ("open", "open", "400 days", None), ("young", "done", "2 days", None),
        ("of one under way", "done", "400 days", running),
    ):  # fmt: skip
        await office.execute(TASK, title, status, ended, track)
    await office.execute("INSERT INTO whereupon.strategy_records VALUES (1, '1', 'paused')")
    for record, action in (("1", "pause"), ("1", "resume"), ("9", "pause")):
        await office.execute(STRATEGY, record, action)
    question = await office.fetchval(
        "INSERT INTO whereupon.questions (kind, run_id, workflow_id, node, iteration, title) "
        "VALUES ('approval', $1, 1, 'wait', 0, 'Ναι;') RETURNING id", waits,
    )  # fmt: skip
    for title, ago, asked in (
        ("old", "400 days", None),
        ("asks", "400 days", question),
        ("new", "1 h", None),
    ):
        await office.execute(NEWS, office.admin, title, ago, asked)
    pruner = Pruner(office.database, bite=2, pause=0)
    gone = await pruner.round()
    names = ("playbooks", "tasks", "strategy changes", "notifications", "runs")
    assert [gone[name] for name in names] == [1, 2, 2, 1, 0]
    left = "SELECT array_agg({} ORDER BY id) FROM whereupon.{}"
    assert await office.fetchval(left.format("id", "playbook_tracks")) == [awaited, running]
    assert await office.fetchval(left.format("title", "tasks")) == ["open", "young", "of one under way"]
    assert await office.fetchval(left.format("track_id", "playbook_events")) == [running]
    assert [await count(office, t) for t in ("inbox_history", "playbook_steps")] == [3, 1]
    assert await office.fetchval(left.format("action", "strategy_changes")) == ["resume"]
    assert await office.fetchval(left.format("title", "notifications")) == ["asks", "new"]
    await office.execute("INSERT INTO whereupon.settings (key, value) VALUES ('retention', '{\"work\": 1}')")
    assert (await pruner.round())["tasks"] == 1


async def test_what_a_run_asked_is_withdrawn_when_it_is_over(office: Office) -> None:
    form = {
        "key": "ask", "block": "ask_form", "outside": {"address": "zoë@outside.example"}, "title": "Your day",
        "fields": [{"name": "day", "label": "Day"}], "time_limit": {"amount": 1, "unit": "days"},
    }  # fmt: skip
    edges = [["start", "next", "ask"], ["ask", "filled", "note"]]
    await office.publish({"trigger": "record_created"}, form, NOTE, edges=edges)
    await office.insert(name="a")
    await office.insert(name="b")
    await office.settle()
    await office.execute(
        "UPDATE whereupon.runs SET status = 'cancelled', ended_at = now(), node = NULL "
        "WHERE id = (SELECT min(id) FROM whereupon.runs)"
    )
    assert await Pruner(office.database, bite=1, pause=0).withdraw() == 1
    rows = await office.fetch(
        "SELECT q.status, m.context->'question'->>'link' AS link FROM whereupon.questions q "
        "JOIN whereupon.messages m USING (run_id) ORDER BY run_id"
    )
    assert [(row["status"], row["link"].endswith("/forms/…")) for row in rows] == [
        ("withdrawn", True), ("open", False),
    ]  # fmt: skip
