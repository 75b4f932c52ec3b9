"""Bulk runs: the list is taken once, each record has one run, the counters are exact, and people can act."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from tests.integration.runs.test_dates import NO_CHECKS
from tests.office import Office, make_bulk_runs, work_off_bulk_runs

from whereupon.errors import Conflict, NotFound, Refused, Unavailable
from whereupon.people.rights import Rights, load_rights
from whereupon.runs.bulk import chunks, deeds, opening, telling
from whereupon.runs.bulk.deeds import FixFirst, version_of
from whereupon.workers.bulk import BulkWorker
from whereupon.workflows import store

BY_HAND = {"trigger": "manual"}
OPEN = {"filter": {"field": "status", "operator": "equals", "value": "open"}}
DONE = {"key": "done", "block": "update_record", "set": {"status": "done"}}
WAIT = {"key": "wait", "block": "wait", "duration": {"amount": 3, "unit": "days"}}
NOTE = {"key": "note", "block": "update_record", "set": {"note": "seen"}}
# The database refuses notes on records of 13.
UNLUCKY = "ALTER TABLE data.items ADD CONSTRAINT unlucky CHECK (note IS NULL OR amount <> 13)"


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.setattr(opening, "CHUNK", 4)
    if getattr(request, "param", "") == "one by one":
        monkeypatch.setattr(chunks, "as_set", nothing_as_a_set)


async def nothing_as_a_set(*_: object) -> None:
    return None


def ways(*ways: str) -> pytest.MarkDecorator:
    """How chunks are worked off: whichever way, the outcome is the same."""
    return pytest.mark.parametrize("small_chunks", ways, indirect=True)


either_way, one_by_one = ways("as a set", "one by one"), ways("one by one")


async def fill(office: Office, count: int, **values: Any) -> None:
    columns = {"name": "'Άννα ' || n", "status": "'open'"} | values
    await office.execute(
        f"INSERT INTO data.items ({', '.join(columns)}) SELECT {', '.join(columns.values())} "
        f"FROM generate_series(1, {count}) n"
    )


async def order(office: Office, workflow: str) -> int:
    async with office.database.transaction() as db:
        return await deeds.run_on_all(db, office.rights, workflow)


async def told(office: Office, bulk: int) -> dict[str, Any]:
    async with office.database.connection() as db:
        return await telling.get_bulk_run(db, office.rights, bulk)


async def records(office: Office, bulk: int, **wanted: Any) -> list[dict[str, Any]]:
    async with office.database.connection() as db:
        catalog = (await office.engine.current(db)).catalog
        return await telling.list_records(db, office.rights, catalog, bulk, **wanted)


def counts(bulk: Mapping[str, Any]) -> dict[str, Any]:
    names = ("status", "matched", "processed", "changed", "skipped", "failed", "waiting", "still_matching")
    return {name: bulk[name] for name in names if bulk[name]}


@either_way
async def test_every_record_of_the_list_has_one_run_and_nobody_matches_afterwards(office: Office) -> None:
    await fill(office, 10)
    await office.insert(name="closed", status="done")
    key = await office.publish(BY_HAND | OPEN, DONE)
    bulk = await order(office, key)
    assert (await told(office, bulk))["status"] == "queued"
    await work_off_bulk_runs(office)
    found = await told(office, bulk)
    assert counts(found) == {"status": "succeeded", "matched": 10, "processed": 10, "changed": 10}
    assert (found["still_matching"], found["seconds_left"]) == (0, None)
    assert found["edges"] == [{"from": "done", "port": "next", "count": 10}]
    first = (await records(office, bulk))[0]
    assert first["record"]["title"] == "Άννα 1"
    assert first["changes"] == [{"field": "status", "label": "Status", "before": "open", "after": "done"}]
    again = await order(office, key)
    await work_off_bulk_runs(office)
    assert counts(await told(office, again)) == {"status": "succeeded"}


# What fails ------------------------------------------------------------------------------------------


@either_way
async def test_one_bad_record_in_ten_fails_alone_and_is_named_with_the_reason(office: Office) -> None:
    await fill(office, 30, amount="CASE WHEN n % 10 = 3 THEN 13 ELSE 1 END")
    await office.execute(UNLUCKY)
    key = await office.publish(BY_HAND | OPEN, NOTE)
    bulk = await order(office, key)
    await work_off_bulk_runs(office)
    found = await told(office, bulk)
    unlucky = 3
    assert counts(found) == {
        "status": "partial", "matched": 30, "processed": 30, "changed": 27, "failed": 3, "still_matching": 30
    }  # fmt: skip
    (cause,) = found["causes"]
    assert (cause["code"], cause["count"], cause["fix_first"]) == ("database_23514", unlucky, False)
    failed = await records(office, bulk, outcome="failed", cause=cause["cause"])
    assert [one["record"]["title"] for one in failed] == ["Άννα 3", "Άννα 13", "Άννα 23"]
    assert all("unlucky" in one["error"]["message"] for one in failed)
    assert await records(office, bulk, outcome="failed", cause="another") == []
    await office.execute("UPDATE data.items SET amount = 1 WHERE amount = 13")
    again = await rerun(office, bulk, "failed")
    with pytest.raises(Conflict, match="run again already"):
        await rerun(office, bulk, "failed")
    await work_off_bulk_runs(office)
    assert counts(await told(office, again)) == {
        "status": "succeeded", "matched": unlucky, "processed": unlucky, "changed": unlucky,
        "still_matching": unlucky,
    }  # fmt: skip
    assert (await told(office, again))["rerun_of"] == bulk
    with pytest.raises(Conflict, match="nothing to run again"):
        await rerun(office, again, "failed")


async def rerun(office: Office, bulk: int, which: Any, **more: Any) -> int:
    async with office.database.transaction() as db:
        return await deeds.rerun(db, office.rights, bulk, which, **more)


async def test_what_is_set_up_wrongly_is_to_be_fixed_before_a_rerun(office: Office) -> None:
    await fill(office, 5)
    publisher = await builder(office, "all")
    key = await office.publish(BY_HAND | OPEN, DONE, rights=publisher)
    await office.execute("UPDATE whereupon.role_modules SET can_update = 'none'")
    await office.execute("UPDATE whereupon.revision SET number = number + 1")
    bulk = await order(office, key)
    await work_off_bulk_runs(office)
    found = await told(office, bulk)
    assert counts(found) == {
        "status": "failed", "matched": 5, "processed": 5, "failed": 5, "still_matching": 5
    }  # fmt: skip
    assert [(one["code"], one["fix_first"]) for one in found["causes"]] == [("refused", True)]
    with pytest.raises(FixFirst):
        await rerun(office, bulk, "failed")
    await office.execute("UPDATE whereupon.role_modules SET can_update = 'all'")
    await office.execute("UPDATE whereupon.revision SET number = number + 1")
    again = await rerun(office, bulk, "failed", fixed=True)
    await work_off_bulk_runs(office)
    assert (await told(office, again))["changed"] == 5


async def builder(office: Office, extent: str) -> Rights:
    """Somebody who makes workflows, and may read and update items so far."""
    user = await office.user("anna@example.org")
    role = await office.fetchval(
        "INSERT INTO whereupon.roles (key, name, builder) VALUES ('b', 'B', true) RETURNING id"
    )
    await office.execute(
        "INSERT INTO whereupon.role_modules (role_id, module_id, can_read, can_update) "
        "SELECT $1, id, $2, $2 FROM whereupon.modules WHERE key = 'items'", role, extent,
    )  # fmt: skip
    await office.execute("INSERT INTO whereupon.user_roles VALUES ($1, $2)", user, role)
    async with office.database.connection() as db:
        return await load_rights(db, user)


async def test_a_filter_that_cannot_be_asked_ends_the_bulk_run_and_no_other(office: Office) -> None:
    await fill(office, 2)
    broken = await office.publish(BY_HAND | OPEN, NOTE, name="Broken")
    well = await office.publish(BY_HAND, NOTE, name="Well")
    async with office.database.connection() as db:
        await office.engine.current(db)  # knows the column, which somebody drops behind our back
    bulks = [await order(office, key) for key in (broken, well)]
    await office.execute("ALTER TABLE data.items DROP COLUMN status CASCADE")
    await work_off_bulk_runs(office)
    found = [await told(office, bulk) for bulk in bulks]
    assert [one["status"] for one in found] == ["failed", "succeeded"]
    assert "status" in found[0]["error"]["message"]


@either_way
async def test_who_carries_more_than_ten_megabytes_fails_and_says_so(office: Office) -> None:
    await office.execute(NO_CHECKS)  # as a table of somebody else's
    await fill(office, 3, note="CASE WHEN n = 2 THEN repeat('ö', 2000000) || n ELSE 'short' END")
    longer = {"key": "longer", "block": "update_record", "set": {"note": {"formula": "CONCAT(note, note)"}}}
    counted = {
        "key": "count",
        "block": "update_record",
        "set": {"amount": {"formula": "nodes.longer.updated"}},
    }
    bulk = await order(office, await office.publish(BY_HAND | OPEN, longer, counted))
    await work_off_bulk_runs(office)
    (failed,) = [run for run in await office.runs() if run["status"] != "succeeded"]
    assert (failed["status"], failed["node"], failed["executions"]) == ("failed", "longer", 1)
    assert failed["error"] == {"code": "too_much_data", "node": "longer",
                               "message": "The run carries more than 10 MB of outputs."}  # fmt: skip
    assert counts(await told(office, bulk))["status"] == "partial"


# What people do --------------------------------------------------------------------------------------


async def act(office: Office, deed: Any, bulk: int) -> None:
    async with office.database.transaction() as db:
        await deed(db, office.rights, bulk)


@either_way
async def test_paused_nothing_more_begins_and_resumed_it_goes_on(office: Office) -> None:
    await fill(office, 12)
    key = await office.publish(BY_HAND | OPEN, DONE)
    bulk = await order(office, key)
    worker = BulkWorker(office.database, office.engine.current)
    await worker.step()  # the list
    await worker.step()  # a chunk
    await act(office, deeds.pause, bulk)
    with pytest.raises(Conflict):
        await act(office, deeds.pause, bulk)
    assert await worker.step() > 0
    await office.settle()
    await worker.reckon()
    at_rest = await told(office, bulk)
    assert at_rest["status"] == "paused"
    assert at_rest["processed"] in (0, 4)  # those that were made and had not begun wait as well
    done = await office.fetchval("SELECT count(*) FROM data.items WHERE status = 'done'")
    assert done == at_rest["processed"]
    await act(office, deeds.resume, bulk)
    await work_off_bulk_runs(office)
    assert counts(await told(office, bulk)) == {
        "status": "succeeded", "matched": 12, "processed": 12, "changed": 12
    }  # fmt: skip
    with pytest.raises(Conflict):
        await act(office, deeds.resume, bulk)


@either_way
async def test_cancelled_what_was_done_stays_and_the_remaining_can_be_run_again(office: Office) -> None:
    await fill(office, 12)
    key = await office.publish(BY_HAND | OPEN, DONE)
    bulk = await order(office, key)
    worker = BulkWorker(office.database, office.engine.current)
    await worker.step()
    await worker.step()
    await office.settle()
    await act(office, deeds.cancel, bulk)
    await worker.reckon()
    assert await worker.step() > 0
    found = await told(office, bulk)
    assert counts(found) == {"status": "cancelled", "matched": 12, "processed": 4, "changed": 4}
    assert len(await records(office, bulk, outcome="cancelled")) == 8
    with pytest.raises(Conflict):
        await act(office, deeds.cancel, bulk)
    await office.execute("UPDATE data.items SET status = 'new' WHERE name = 'Άννα 12'")
    again = await rerun(office, bulk, "remaining")
    await work_off_bulk_runs(office)
    assert counts(await told(office, again)) == {
        "status": "succeeded", "matched": 7, "processed": 7, "changed": 7
    }  # fmt: skip
    assert len(await office.runs()) == 11


@one_by_one
async def test_runs_that_are_under_way_end_when_their_bulk_run_is_cancelled(office: Office) -> None:
    await fill(office, 3)
    key = await office.publish(BY_HAND | OPEN, WAIT, DONE)
    bulk = await order(office, key)
    worker = BulkWorker(office.database, office.engine.current)
    await make_bulk_runs(office)
    await office.settle()
    await act(office, deeds.cancel, bulk)
    await worker.reckon()
    assert counts(await told(office, bulk)) == {"status": "cancelled", "matched": 3, "processed": 3}
    assert {run["status"] for run in await office.runs()} == {"cancelled"}


async def test_a_chunk_that_was_found_before_the_pause_is_not_begun(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(office, 4)
    bulk = await order(office, await office.publish(BY_HAND | OPEN, DONE))
    worker = BulkWorker(office.database, office.engine.current)
    await worker.step()
    # The statement that looks for a chunk has seen it run still.
    seen_before = chunks.TAKE_CHUNK.replace("b.status = 'running' AND ", "")
    assert seen_before != chunks.TAKE_CHUNK
    monkeypatch.setattr(chunks, "TAKE_CHUNK", seen_before)
    await act(office, deeds.pause, bulk)
    assert not await worker.work_off_one()
    await act(office, deeds.resume, bulk)
    assert await worker.work_off_one()


@one_by_one
async def test_a_chunk_in_hand_is_waited_for_and_its_runs_are_cancelled_with_the_others(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(office, 8)
    bulk = await order(office, await office.publish(BY_HAND | OPEN, WAIT, DONE))
    worker, whole = BulkWorker(office.database, office.engine.current), chunks.work_off
    await worker.step()
    begun = asyncio.Event()

    async def slowly(*everything: Any) -> bool:
        done = await whole(*everything)
        begun.set()
        await asyncio.sleep(0.3)  # its runs are made, and nobody sees them yet
        return done

    monkeypatch.setattr(chunks, "work_off", slowly)
    working = asyncio.create_task(worker.work_off_one())
    await begun.wait()
    await act(office, deeds.cancel, bulk)
    await working
    await worker.reckon()
    assert {run["status"] for run in await office.runs()} == {"cancelled"}
    assert counts(await told(office, bulk)) == {"status": "cancelled", "matched": 8, "processed": 4}


@pytest.mark.parametrize("in_flight", ["finish", "cancel"])
async def test_a_disabled_workflow_lets_its_bulk_run_finish_or_ends_it(
    office: Office, in_flight: Any
) -> None:
    await fill(office, 6)
    key = await office.publish(BY_HAND | OPEN, DONE)
    bulk = await order(office, key)
    await BulkWorker(office.database, office.engine.current).step()
    async with office.database.transaction() as db:
        await store.set_state(db, office.rights, key, "disabled", in_flight=in_flight)
    await work_off_bulk_runs(office)
    status = {"finish": "succeeded", "cancel": "cancelled"}[in_flight]
    assert (await told(office, bulk))["status"] == status


async def test_without_its_publisher_it_pauses_and_says_why(office: Office) -> None:
    await fill(office, 3)
    publisher = await builder(office, "all")
    key = await office.publish(BY_HAND | OPEN, DONE, rights=publisher)
    bulk = await order(office, key)
    await BulkWorker(office.database, office.engine.current).step()
    activate = "UPDATE whereupon.users SET active = {} WHERE id = $1"
    await office.execute(activate.format("false"), publisher.user_id)
    await office.execute("UPDATE whereupon.revision SET number = number + 1")
    await make_bulk_runs(office)
    found = await told(office, bulk)
    assert (found["status"], found["error"]["code"]) == ("paused", "publisher_disabled")
    await office.execute(activate.format("true"), publisher.user_id)
    await office.execute("UPDATE whereupon.revision SET number = number + 1")
    await act(office, deeds.resume, bulk)
    await work_off_bulk_runs(office)
    assert (await told(office, bulk))["changed"] == 3


# Each record once ------------------------------------------------------------------------------------


@either_way
async def test_any_number_of_workers_share_the_chunks(office: Office) -> None:
    await fill(office, 40)
    key = await office.publish(BY_HAND | OPEN, DONE)
    bulk = await order(office, key)
    workers = [BulkWorker(office.database, office.engine.current) for _ in range(3)]
    for _ in range(20):
        await asyncio.gather(*(worker.step() for worker in workers), office.settle())
        await asyncio.gather(*(worker.reckon() for worker in workers))
    found = await told(office, bulk)
    assert counts(found) == {"status": "succeeded", "matched": 40, "processed": 40, "changed": 40}
    changes = "SELECT count(*), count(DISTINCT record_id) FROM whereupon.changes WHERE op = 'U'"
    assert [tuple(row) for row in await office.fetch(changes)] == [(40, 40)]


@either_way
async def test_a_worker_that_dies_in_the_middle_leaves_nothing_half_done(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(office, 8)
    key = await office.publish(BY_HAND | OPEN, DONE)
    bulk = await order(office, key)
    worker, whole = BulkWorker(office.database, office.engine.current), chunks.work_off

    async def dies(*everything: Any) -> bool:
        await whole(*everything)
        raise ConnectionResetError("killed")

    await worker.step()
    monkeypatch.setattr(chunks, "work_off", dies)
    with pytest.raises(Unavailable):
        await worker.step()
    assert await office.runs() == []
    monkeypatch.setattr(chunks, "work_off", whole)
    await work_off_bulk_runs(office)
    assert counts(await told(office, bulk)) == {
        "status": "succeeded", "matched": 8, "processed": 8, "changed": 8
    }  # fmt: skip
    assert len(await office.runs()) == 8


async def test_a_step_of_the_clock_changes_nothing(office: Office) -> None:
    await fill(office, 8)
    key = await office.publish(BY_HAND | OPEN, DONE)
    bulk = await order(office, key)
    worker = BulkWorker(office.database, office.engine.current)
    await worker.step()
    for step in ("1 hour", "-2 hours"):
        await office.execute(
            "UPDATE whereupon.bulk_runs SET started_at = started_at + $1::text::interval, "
            "pace_at = pace_at + $1::text::interval", step,
        )  # fmt: skip
        await worker.step()
        await office.settle()
        await worker.reckon()
    await work_off_bulk_runs(office)
    found = await told(office, bulk)
    assert counts(found) == {"status": "succeeded", "matched": 8, "processed": 8, "changed": 8}
    assert found["per_second"] >= 0


async def test_its_own_updates_make_it_neither_skip_nor_repeat_a_record(office: Office) -> None:
    """Every record is moved to the end of the list, and meets the filter still (rule 23)."""
    await fill(office, 10)
    key = await office.publish(BY_HAND | OPEN, {"key": "u", "block": "update_record", "set": {"name": "z"}})
    bulk = await order(office, key)
    await BulkWorker(office.database, office.engine.current).step()
    await fill(office, 5)
    await work_off_bulk_runs(office)
    assert counts(await told(office, bulk)) == {
        "status": "succeeded", "matched": 10, "processed": 10, "changed": 10, "still_matching": 15
    }  # fmt: skip


@either_way
async def test_a_record_that_is_gone_by_then_is_skipped(office: Office) -> None:
    await fill(office, 3)
    key = await office.publish(BY_HAND | OPEN, DONE)
    bulk = await order(office, key)
    await BulkWorker(office.database, office.engine.current).step()
    await office.execute("DELETE FROM data.items WHERE name = 'Άννα 2'")
    await work_off_bulk_runs(office)
    assert counts(await told(office, bulk)) == {
        "status": "succeeded", "matched": 3, "processed": 3, "changed": 2, "skipped": 1
    }  # fmt: skip
    (skipped,) = await records(office, bulk, outcome="skipped")
    assert (skipped["nr"], skipped["error"]["code"]) == (2, "record_deleted")


# What the workflow wants -----------------------------------------------------------------------------


@either_way
async def test_the_first_time_is_the_only_one_and_lists_know_that(office: Office) -> None:
    await fill(office, 5)
    key = await office.publish(BY_HAND, NOTE, recurrence="first_time")
    bulk = await order(office, key)
    await BulkWorker(office.database, office.engine.current).step()
    await office.execute(
        "INSERT INTO whereupon.claims (workflow_id, record_id) "
        "SELECT w.id, i.id::text FROM whereupon.workflows w, data.items i WHERE i.name = 'Άννα 4'"
    )
    await work_off_bulk_runs(office)
    assert counts(await told(office, bulk)) == {
        "status": "succeeded", "matched": 5, "processed": 5, "changed": 4, "skipped": 1
    }  # fmt: skip
    again = await order(office, key)
    await work_off_bulk_runs(office)
    assert (await told(office, again))["matched"] == 0


@one_by_one
@pytest.mark.parametrize(
    ("concurrency", "skipped"), [("parallel", 0), ("queue", 0), ("skip", 2), ("restart", 0)]
)
async def test_a_run_under_way_on_the_record_counts(office: Office, concurrency: str, skipped: int) -> None:
    await fill(office, 2)
    key = await office.publish(BY_HAND, WAIT, concurrency=concurrency)
    bulks: list[int] = []
    for _ in range(2):
        bulks.append(await order(office, key))
        await make_bulk_runs(office)
        await office.settle()
        await BulkWorker(office.database, office.engine.current).reckon()
    found = [await told(office, bulk) for bulk in bulks]
    assert [one["skipped"] for one in found] == [0, skipped]
    assert {one["status"] for one in found} == {"succeeded"}  # who stands behind one that waits, rests
    first = {run["status"] for run in (await office.runs())[:2]}
    assert first == {"cancelled" if concurrency == "restart" else "waiting"}


@one_by_one
async def test_who_waits_is_not_waited_for_and_is_counted_when_it_ends(office: Office) -> None:
    await fill(office, 6, amount="CASE WHEN n = 3 THEN 13 ELSE 1 END")
    await office.execute(UNLUCKY)
    key = await office.publish(BY_HAND | OPEN, WAIT, NOTE)
    bulk = await order(office, key)
    await work_off_bulk_runs(office)
    assert counts(await told(office, bulk)) == {
        "status": "succeeded", "matched": 6, "waiting": 6, "still_matching": 6
    }  # fmt: skip
    assert len(await records(office, bulk, outcome="waiting")) == 6
    await office.skip_time("3 days")
    await BulkWorker(office.database, office.engine.current).reckon()
    assert counts(await told(office, bulk)) == {
        "status": "partial", "matched": 6, "processed": 6, "changed": 5, "failed": 1, "still_matching": 6
    }  # fmt: skip


async def test_a_limit_takes_the_first_and_the_next_one_goes_on_after_them(office: Office) -> None:
    await fill(office, 9)
    await office.publish(BY_HAND | OPEN, NOTE)
    seen: list[list[str]] = []
    stages: list[int] = []
    for limit in (2, 3, None):
        async with office.database.transaction() as db:
            version = await version_of(db, await db.fetchval("SELECT max(id) FROM whereupon.versions"))
            stages.append(
                await opening.open_bulk_run(
                    db, version, started_by="stage", user_id=office.admin, limit=limit, leave_out=stages
                )
            )
        await work_off_bulk_runs(office)
        seen.append([one["record"]["title"] for one in await records(office, stages[-1])])
    assert [len(some) for some in seen] == [2, 3, 4]
    assert [one for some in seen for one in some] == [f"Άννα {n}" for n in range(1, 10)]
    assert (await told(office, stages[0]))["still_matching"] == 2


async def test_a_selection_is_what_of_it_meets_the_filter(office: Office) -> None:
    await fill(office, 30)
    other = str(await office.insert(name="closed", status="done"))
    key = await office.publish(BY_HAND | OPEN, DONE)
    ids = [row["key"] for row in await office.fetch("SELECT id::text AS key FROM data.items ORDER BY id")]
    started = await office.by_hand(key, [*ids[5:], "999999"])
    assert (started["started"], started["left_out"]) == (25, sorted([other, "999999"]))
    await work_off_bulk_runs(office)
    assert counts(await told(office, started["bulk_run"])) == {
        "status": "succeeded", "matched": 25, "processed": 25, "changed": 25
    }  # fmt: skip


# Rights ----------------------------------------------------------------------------------------------


async def test_only_builders_see_bulk_runs_and_act_on_them(office: Office) -> None:
    bulk = await order(office, await office.publish(BY_HAND, NOTE))
    nobody = Rights(await office.user("nobody@example.org"))
    async with office.database.transaction() as db:
        for deed in (
            deeds.pause(db, nobody, bulk), deeds.resume(db, nobody, bulk), deeds.cancel(db, nobody, bulk),
            deeds.rerun(db, nobody, bulk, "all"), deeds.run_on_all(db, nobody, "a_workflow"),
            telling.get_bulk_run(db, nobody, bulk), telling.list_bulk_runs(db, nobody),
        ):  # fmt: skip
            with pytest.raises(Refused):
                await deed
        with pytest.raises(NotFound):
            await deeds.pause(db, office.rights, 99)


async def test_who_reads_only_own_records_runs_on_these_and_sees_no_values_of_others(office: Office) -> None:
    rights = await builder(office, "own")
    await fill(office, 3)
    await office.insert(name="mine", status="open", owner=rights.user_id)
    key = await office.publish(BY_HAND | OPEN, NOTE)
    async with office.database.transaction() as db:
        bulk = await deeds.run_on_all(db, rights, key)
    everybodys = await order(office, key)
    await work_off_bulk_runs(office)
    assert (await told(office, bulk))["matched"] == 1
    async with office.database.connection() as db:
        catalog = (await office.engine.current(db)).catalog
        seen = await telling.list_records(db, rights, catalog, everybodys)
    assert [one["record"] and one["record"]["title"] for one in seen] == [None, None, None, "mine"]
