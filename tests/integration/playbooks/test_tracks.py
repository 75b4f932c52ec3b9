"""A playbook under way: steps are given to people, done, skipped, opened again; then the record is free."""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.integration.playbooks.conftest import CALL, PAID, Collecting, refused_codes

from whereupon.errors import Conflict, Gone, Invalid, NotFound, Refused
from whereupon.modules.catalog import load_catalog
from whereupon.people import absences, tasks
from whereupon.people.duty import Roster, on_duty, set_roster
from whereupon.people.organisation import WEEKDAYS
from whereupon.people.questions import Decision
from whereupon.people.roles import NewRole, create_role
from whereupon.people.users import UserChange, change_user
from whereupon.playbooks import steering
from whereupon.playbooks.steering import Because, CalledOff, HandedOn, Reopened, StepDone
from whereupon.playbooks.uploads import upload_by_link, upload_of_link
from whereupon.records.documents import store_upload
from whereupon.records.files import FileStore
from whereupon.runs.advance import advance_batch
from whereupon.runs.playbooks import ToStart, start_playbook

WHY = Because(reason="Δεν χρειάζεται")
AGAIN = Reopened(reason="Πάλι")


def step(key: str, **more: Any) -> dict[str, Any]:
    return {**CALL, "key": key, "name": key, **more}


DECIDE = step("decide", type="decide", participant={"manager": True})
AFTER_YES = step("write", only_if={"step": "decide", "decision": "approved"})
AFTER_NO = step("close", only_if={"step": "decide", "decision": "rejected"})


async def test_steps_follow_each_other_and_the_record_is_free_afterwards(collecting: Collecting) -> None:
    claim = await collecting.claim()
    key = await collecting.publish(CALL, step("letter"))
    found = await collecting.start(key, claim)
    (track,) = found["started"]
    first = await collecting.step(track, "call")
    assert (first["status"], first["assignee"]["user"]["name"]) == ("open", "Ægir")
    with pytest.raises(Refused):
        await collecting.do("do_step", track, "call", StepDone(), by=collecting.manager)
    await collecting.do("do_step", track, "call", StepDone(comment="  Said yes  "), by=collecting.agent)
    assert await collecting.steps(track) == {"call": "done", "letter": "open"}
    await collecting.office.execute("UPDATE whereupon.tasks SET status = 'done' WHERE status = 'open'")
    await collecting.office.settle()
    over = await collecting.track(track)
    assert (over["status"], over["done"], over["total"], over["account"]["title"]) == (
        "completed", 2, 2, "Ørsted ApS",
    )  # fmt: skip
    done = await collecting.step(track, "call")
    assert (done["comment"], done["by"]["name"]) == ("Said yes", "Ægir")
    assert (await collecting.start(key, claim))["refused"] == []


async def test_a_claim_that_is_paid_in_the_middle_leaves_the_playbook(collecting: Collecting) -> None:
    paid, other = await collecting.claim(), await collecting.claim()
    mail = {"type": "email", "key": "mail", "name": "Mail", "message": {
        "to": [{"field": "email"}], "subject": "Hello", "text": "Hello"}}  # fmt: skip
    key = await collecting.publish(CALL, mail, step("letter"), exit=PAID)
    one, two = (await collecting.start(key, paid, other))["started"]
    await collecting.office.execute("UPDATE data.claims SET status = 'paid' WHERE id = $1", paid)
    await collecting.office.settle()
    assert (await collecting.track(one))["status"] == "exited"
    assert await collecting.steps(one) == {"call": "cancelled", "mail": "left_out", "letter": "left_out"}
    tasks = await collecting.office.fetch("SELECT record_id, status FROM whereupon.tasks ORDER BY id")
    assert [tuple(row) for row in tasks] == [(str(paid), "cancelled"), (str(other), "open")]
    await collecting.do("do_step", two, "call", StepDone(), by=collecting.agent)
    # The mail cannot go, for nobody has an address: that is seen, and stops nothing.
    assert await collecting.steps(two) == {"call": "done", "mail": "failed", "letter": "open"}


async def test_a_second_playbook_is_refused_or_waits_as_it_is_set(collecting: Collecting) -> None:
    claim, free = await collecting.claim(), await collecting.claim()
    first = await collecting.publish(CALL)
    refused = await collecting.publish(CALL, name="Refused")
    waits = await collecting.publish(CALL, name="Waits", second="queue")
    (track,) = (await collecting.start(first, claim))["started"]
    found = await collecting.start(refused, claim, free)
    assert (len(found["started"]), refused_codes(found)) == (1, ["has_playbook"])
    assert "Disputed" in found["refused"][0]["message"]
    (queued,) = (await collecting.start(waits, claim))["queued"]
    (later,) = (await collecting.start(waits, claim))["queued"]
    assert (await collecting.track(queued))["status"] == "queued"
    await collecting.do("do_step", track, "call", StepDone(), by=collecting.agent)
    assert (await collecting.track(queued))["status"] == "running"
    await collecting.do("cancel_track", queued, CalledOff(reason="Enough"), by=collecting.manager)
    assert (await collecting.track(later))["status"] == "running"
    gone = await collecting.start(first, 999)
    assert refused_codes(gone) == ["does_not_fit"]


async def test_records_that_do_not_get_it_are_named_each_with_why(collecting: Collecting) -> None:
    busy, paid, strange = [await collecting.claim(number=name) for name in ("Ω-1", "Ω-2", "Ω-3")]
    other = await collecting.office.fetchval("INSERT INTO data.accounts (name) VALUES ('Ζήτα') RETURNING id")
    sql = "UPDATE data.claims SET {} WHERE id = $1"
    await collecting.office.execute(sql.format("status = 'paid'"), paid)
    await collecting.office.execute(sql.format(f"account = {other}"), strange)
    still_open = {"field": "status", "operator": "equals", "value": "open"}
    key = await collecting.publish(CALL, filter=still_open)
    await collecting.start(key, busy)
    found = await collecting.start(key, busy, paid, strange, 999, account=str(collecting.account))
    assert [(one["record_title"], one["message"]) for one in found["refused"]] == [
        ("Ω-1", "It has a playbook already: Disputed."),
        ("Ω-2", "The playbook is for Claims where Status is equal to Open."),
        ("Ω-3", "It belongs to another account."),
        (None, "There is no such Claim, or it is not yours to see."),
    ]
    keeper = await collecting.office.user("keeper@example.org", role="keeper")
    free = await collecting.claim(number="Ω-4")
    (one,) = (await collecting.start(key, free, by=keeper))["refused"]
    assert (one["module"], one["record_title"], one["message"]) == (
        "claims",
        "Ω-4",
        "It is not yours to change.",
    )


async def test_a_block_starts_a_playbook_on_its_record(collecting: Collecting) -> None:
    key = await collecting.publish(CALL, name="Disputed")
    node = {"key": "it", "block": "start_playbook", "playbook": key}
    await collecting.office.publish(
        {"trigger": "record_updated", "fields": ["status"]}, node, module="claims"
    )
    claim, other = await collecting.claim(), await collecting.claim()
    await collecting.office.settle()
    for _ in range(2):  # the second time it is refused: the record has one
        await collecting.office.execute("UPDATE data.claims SET status = 'paid' WHERE id = $1", claim)
        await collecting.office.execute("UPDATE data.claims SET status = 'open' WHERE id = $1", claim)
        await collecting.office.settle()
    rows = await collecting.office.fetch("SELECT id, record_id, account_id FROM whereupon.playbook_tracks")
    assert [row["record_id"] for row in rows] == [str(claim)]
    assert rows[0]["account_id"] == str(collecting.account)
    assert await collecting.steps(rows[0]["id"]) == {"call": "open"}
    assert (await collecting.start(key, account=str(collecting.account)))["refused"][0]["record_id"] == str(
        claim
    )
    assert await collecting.office.fetchval(
        "SELECT count(*) FROM whereupon.playbook_tracks WHERE record_id = $1", str(other)
    ) == 1  # fmt: skip


async def test_steps_of_somebody_who_is_disabled_go_to_somebody_else(collecting: Collecting) -> None:
    claim = await collecting.claim()
    (track,) = (await collecting.start(await collecting.publish(CALL, DECIDE), claim))["started"]
    async with collecting.office.database.transaction() as db:
        await change_user(db, collecting.agent, UserChange(active=False), actor=collecting.office.admin)
    await collecting.office.settle()
    found = await collecting.step(track, "call")
    assert (found["assignee"]["user"]["name"], found["given_as"]) == ("Μαρία", "manager")
    told = await collecting.office.fetch("SELECT user_id, title FROM whereupon.notifications")
    assert [tuple(row) for row in told] == [(collecting.manager, "Now yours: Call C-1")]
    async with collecting.office.database.transaction() as db:
        await change_user(db, collecting.manager, UserChange(active=False), actor=collecting.office.admin)
    await collecting.office.settle()
    assert (await collecting.step(track, "call"))["given_as"] == "starter"
    await collecting.do("do_step", track, "call", StepDone())
    assert (await collecting.step(track, "decide"))["asked"] == [
        {"id": collecting.office.admin, "name": "Boss"}
    ]


async def test_whoever_is_missing_is_replaced_by_the_group_that_helps_out(collecting: Collecting) -> None:
    await collecting.office.group("helpers", [collecting.manager])
    await collecting.office.group("empty", [])
    claim = await collecting.claim(agent=None)
    key = await collecting.publish(
        CALL, step("second", participant={"group": "empty"}),
        step("third", participant={"on_duty": "helpers"}), step("last"), fallback="helpers",
    )  # fmt: skip
    (track,) = (await collecting.start(key, claim))["started"]
    for one in ("call", "second", "third"):
        found = await collecting.step(track, one)
        assert (found["status"], found["assignee"]["group"]["key"]) == ("open", "helpers"), one
        await collecting.do("do_step", track, one, StepDone(), by=collecting.manager)
    async with collecting.office.database.transaction() as db:
        await change_user(db, collecting.manager, UserChange(active=False), actor=collecting.office.admin)
    await collecting.office.settle()
    assert (await collecting.step(track, "last"))["given_as"] == "starter"  # nobody is left in the group
    await collecting.do("do_step", track, "last", StepDone())
    assert (await collecting.track(track))["status"] == "completed"


async def test_a_late_step_is_told_of_passed_up_left_or_left_alone(collecting: Collecting) -> None:
    cases = {
        "escalate": ("open", ["manager@example.org"]), "remind": ("open", ["agent@example.org"]),
        "go_on": ("lapsed", []), "nothing": ("open", []),
    }  # fmt: skip
    tracks: dict[str, int] = {}
    for late in cases:
        more = step("letter", planned={"amount": 30})
        key = await collecting.publish({**CALL, "late": late}, more, name=late)
        (tracks[late],) = (await collecting.start(key, await collecting.claim()))["started"]
    for table in ("tasks", "playbook_steps"):  # not at five o'clock: whatever time it is now
        await collecting.office.execute(f"UPDATE whereupon.{table} SET due_at = now() + interval '3 days'")
    await collecting.later("1 day")
    for track in tracks.values():
        assert await collecting.steps(track) == {"call": "open", "letter": "to_do"}
    await collecting.later("2 days 1 hour")
    for late, (stands, told) in cases.items():
        assert (await collecting.steps(tracks[late]))["call"] == stands, late
        assert await told_of(collecting, tracks[late]) == told, late
    await collecting.later("1 day")  # reminded again, and escalated once
    for late, (_, told) in cases.items():
        assert await told_of(collecting, tracks[late]) == (told * 2 if late == "remind" else told), late
    await collecting.do("do_step", tracks["escalate"], "call", StepDone(), by=collecting.manager)


async def told_of(collecting: Collecting, track: int) -> list[str]:
    """Who was notified of a track's steps."""
    sql = """
SELECT u.email FROM whereupon.notifications n JOIN whereupon.users u ON u.id = n.user_id
JOIN whereupon.playbook_tracks t ON t.run_id = n.run_id WHERE t.id = $1 ORDER BY n.id
"""
    return [row["email"] for row in await collecting.office.fetch(sql, track)]


async def test_steps_are_skipped_opened_again_and_handed_on_with_a_reason(collecting: Collecting) -> None:
    claim = await collecting.claim()
    outsider = await collecting.office.user("nobody@example.org", role="collector")
    (track,) = (await collecting.start(await collecting.publish(CALL, step("letter"), DECIDE), claim))[
        "started"
    ]
    await collecting.do("skip_step", track, "call", WHY, by=collecting.agent)
    found = await collecting.step(track, "call")
    assert (found["status"], found["comment"], found["by"]["name"]) == ("skipped", WHY.reason, "Ægir")
    await collecting.do("reopen_step", track, "call", AGAIN, by=collecting.agent)
    await collecting.do("do_step", track, "letter", StepDone(), by=collecting.agent)
    # It goes no further while a step is open again.
    assert await collecting.steps(track) == {"call": "open", "letter": "done", "decide": "to_do"}
    to = HandedOn.model_validate({"user_id": collecting.manager, "reason": "You know them"})
    await collecting.do("hand_on_step", track, "call", to, by=collecting.agent)
    await collecting.do("do_step", track, "call", StepDone(), by=collecting.manager)
    assert (await collecting.steps(track))["decide"] == "open"
    with pytest.raises(Conflict):
        await collecting.do("reopen_step", track, "decide", AGAIN)
    with pytest.raises(Invalid):
        await collecting.do("hand_on_step", track, "decide", HandedOn.model_validate({"group": "κανείς"}))
    to = HandedOn.model_validate({"user_id": collecting.agent})
    await collecting.do("hand_on_step", track, "decide", to, by=collecting.manager)
    with pytest.raises(NotFound):
        await collecting.do("decide_step", track, "decide", Decision(decision="approved"), by=outsider)
    await collecting.do("decide_step", track, "decide", Decision(decision="rejected"), by=collecting.agent)
    over = await collecting.track(track)
    assert over["status"] == "completed"
    assert [event["what"] for event in over["events"] if event["user_id"]] == [
        "started", "skipped", "reopened", "done", "reassigned", "done", "reassigned", "rejected",
    ]  # fmt: skip
    with pytest.raises(Conflict):
        await collecting.do("reopen_step", track, "call", AGAIN)


# How a step is planned, and in how many days it is due when it is opened again two weeks later: a date of the
# record stays as long as it is to come. The record's date is `due_on` days away; None: it has none.
PLANS: list[tuple[dict[str, Any], int | None, int]] = [
    ({"amount": 2}, None, 2),
    ({"amount": 3, "base": "start"}, None, 3),
    ({"amount": 0, "unit": "weeks", "at": "00:00"}, None, 1),
    ({"amount": -5, "base": "field", "field": "due_on"}, 30, 25),
    ({"amount": -5, "base": "field", "field": "due_on"}, 3, 1),
    ({"amount": 4, "base": "field", "field": "due_on"}, -30, 4),
    ({"amount": 4, "base": "field", "field": "due_on"}, None, 4),
]


async def test_a_step_that_is_opened_again_is_not_overdue(collecting: Collecting) -> None:
    today = datetime.now(UTC).date()
    tracks: list[int] = []
    for nr, (planned, days, _) in enumerate(PLANS):
        due_on = today + timedelta(days=days) if days is not None else None
        key = await collecting.publish(step("it", planned=planned), step("next"), name=f"Plan {nr}")
        tracks += (await collecting.start(key, await collecting.claim(due_on=due_on)))["started"]
        await collecting.do("skip_step", tracks[nr], "it", WHY)
    await collecting.later("14 days")
    for track, (planned, days, expected) in zip(tracks, PLANS, strict=True):
        await collecting.do("reopen_step", track, "it", AGAIN)
        found = await collecting.step(track, "it")
        assert (found["due_at"].date() - today).days == expected, (planned, days)
        assert (found["status"], found["late"]) == ("open", False)
        assert (await collecting.step(track, "next"))["late"]
    chosen = datetime.now(UTC) + timedelta(hours=5)
    await collecting.do("skip_step", tracks[0], "it", WHY)
    past = Reopened(reason="Πάλι", due_at=chosen - timedelta(days=1))
    with pytest.raises(Invalid):
        await collecting.do("reopen_step", tracks[0], "it", past)
    await collecting.do("reopen_step", tracks[0], "it", Reopened(reason="Πάλι", due_at=chosen))
    assert (await collecting.step(tracks[0], "it"))["due_at"] == chosen


async def test_what_was_decided_says_which_steps_follow(collecting: Collecting) -> None:
    key = await collecting.publish(DECIDE, AFTER_YES, AFTER_NO)
    claims = [await collecting.claim(), await collecting.claim()]
    yes, no = (await collecting.start(key, *claims))["started"]
    await collecting.later("9 days")  # late, and still to be decided
    said = Decision(decision="approved", comment="Ναι")
    await collecting.do("decide_step", yes, "decide", said, by=collecting.manager)
    await collecting.do("decide_step", no, "decide", Decision(decision="rejected"), by=collecting.manager)
    decided = await collecting.step(yes, "decide")
    assert (decided["decision"], decided["comment"], decided["by"]["name"]) == ("approved", "Ναι", "Μαρία")
    assert await collecting.steps(yes) == {"decide": "done", "write": "open", "close": "to_do"}
    assert await collecting.steps(no) == {"decide": "done", "write": "left_out", "close": "open"}
    await collecting.do("do_step", yes, "write", StepDone(), by=collecting.agent)
    assert (await collecting.steps(yes))["close"] == "left_out"


async def test_calling_it_off_closes_what_is_open_and_says_why(collecting: Collecting) -> None:
    claim = await collecting.claim()
    stranger = await collecting.office.user("stranger@example.org")
    reader = await collecting.office.user("reader@example.org", role="reader")
    key = await collecting.publish(CALL, step("letter"), DECIDE)
    (track,) = (await collecting.start(key, claim, by=collecting.agent))["started"]
    off = CalledOff(reason="They paid in cash")
    with pytest.raises(Exception, match="no playbook under way"):
        await collecting.do("cancel_track", track, off, by=stranger)
    with pytest.raises(Refused):
        await collecting.do("cancel_track", track, off, by=reader)
    keeper = await collecting.office.user("keeper@example.org", role="keeper")
    for what, said in (("cancel_track", (off,)), ("skip_step", ("call", WHY))):
        with pytest.raises(Refused, match="only your own claims"):
            await collecting.do(what, track, *said, by=keeper)
    theirs = await collecting.claim(agent=keeper)
    found = await collecting.start(key, claim, theirs, by=keeper)  # of two that they see, their own one
    assert (len(found["started"]), refused_codes(found)) == (1, ["does_not_fit"])
    await collecting.do("cancel_track", track, off, by=collecting.manager)
    over = await collecting.track(track)
    assert (over["status"], over["reason"], over["ended_by"]["name"]) == ("cancelled", off.reason, "Μαρία")
    assert await collecting.steps(track) == {"call": "cancelled", "letter": "left_out", "decide": "left_out"}
    with pytest.raises(Conflict):
        await collecting.do("cancel_track", track, off, by=collecting.manager)
    with pytest.raises(Refused):
        await collecting.start(key, claim, by=reader)
    (again,) = (await collecting.start(key, claim))["started"]
    await collecting.office.execute("DELETE FROM data.claims WHERE id = $1", claim)
    await collecting.do("skip_step", again, "call", WHY)
    assert (await collecting.track(again))["status"] == "cancelled"


async def test_only_the_groups_that_are_named_start_it(collecting: Collecting) -> None:
    await collecting.office.group("lawyers", [collecting.manager])
    claim = await collecting.claim()
    key = await collecting.publish(CALL, starters=["lawyers"])
    with pytest.raises(Refused, match="lawyers"):
        await collecting.start(key, claim, by=collecting.agent)
    assert (await collecting.start(key, claim, by=collecting.manager))["started"]


async def test_a_document_comes_by_a_link(collecting: Collecting, tmp_path: Path) -> None:
    paper = step("proof", type="file", document_type="Proof of payment", outside={"field": "email"})
    claim = await collecting.claim(email="debtor@mail.example")
    (track,) = (await collecting.start(await collecting.publish(paper), claim))["started"]
    with pytest.raises(Invalid):
        await collecting.do("do_step", track, "proof", StepDone(), by=collecting.agent)
    context = await collecting.office.fetchval("SELECT context FROM whereupon.messages")
    token = context["question"]["link"].rpartition("/")[2]
    pdf = io.BytesIO(b"%PDF-1.4 Paid")
    upload = await store_upload(FileStore(tmp_path), pdf, "Απόδειξη.pdf")
    async with collecting.office.database.transaction() as db:
        asked = await upload_of_link(db, token)
        assert asked["title"] == "proof"
        shift = "UPDATE whereupon.playbook_steps SET opened_at = opened_at + $1 * interval '1 day'"
        late = shift.replace("playbook_steps SET opened_at = opened_at", "tasks SET due_at = due_at")
        for statement in (shift, late):
            await db.execute(statement, -100)
        with pytest.raises(Gone, match="time for this link"):
            await upload_of_link(db, token)
        for statement in (shift, late):
            await db.execute(statement, 100)
        await upload_by_link(db, await load_catalog(db), token, upload)
        with pytest.raises(Gone):
            await upload_of_link(db, token)
    await collecting.office.settle()
    found = await collecting.step(track, "proof")
    assert (found["status"], len(found["documents"])) == ("done", 1)
    context = await collecting.office.fetchval("SELECT context FROM whereupon.messages")
    assert context["question"]["link"].endswith("/uploads/…")
    kept = await collecting.office.fetch("SELECT name, type, record_id FROM whereupon.documents")
    assert [tuple(row) for row in kept] == [("Απόδειξη.pdf", "Proof of payment", str(claim))]


async def test_working_days_leave_out_weekends_and_holidays(collecting: Collecting) -> None:
    friday = datetime(2026, 6, 5, 10, tzinfo=UTC)  # and Monday, June 8, is a holiday
    await collecting.office.execute(
        "INSERT INTO whereupon.settings (key, value) VALUES ('holidays', "
        """'{"days": [{"date": "2026-06-08", "name": "Δευτέρα"}]}')"""
    )
    planned = (
        "SELECT whereupon.planned($1, $2, $3, $4, '17:00', 'Europe/Athens') AT TIME ZONE 'Europe/Athens'"
    )
    cases = [
        ((1, "days", True), date(2026, 6, 9)), ((1, "days", False), date(2026, 6, 6)),
        ((2, "days", True), date(2026, 6, 10)), ((0, "days", True), date(2026, 6, 5)),
        ((1, "weeks", True), date(2026, 6, 15)), ((1, "months", False), date(2026, 7, 5)),
        ((-1, "days", True), date(2026, 6, 4)),
    ]  # fmt: skip
    for (amount, unit, working), day in cases:
        found = await collecting.office.fetchval(planned, friday, amount, unit, working)
        assert (found.date(), found.hour) == (day, 17), (amount, unit, working)


async def test_reminders_come_when_and_to_whom_the_step_says(collecting: Collecting) -> None:
    claim = await collecting.claim()
    reminders = [
        {"amount": 90, "side": "before"},  # long before it was opened: nobody is told
        {"amount": 1, "side": "before"},
        {"amount": 2, "unit": "hours", "side": "after", "whom": "manager"},
        {"amount": 3, "side": "after", "whom": "starter"},
    ]
    call = step("call", reminders=reminders, late="nothing", planned={"amount": 100, "unit": "hours"})
    (track,) = (await collecting.start(await collecting.publish(call), claim))["started"]
    told = "SELECT user_id, title FROM whereupon.notifications ORDER BY id"
    boss, agent, manager = collecting.office.admin, collecting.agent, collecting.manager
    for interval, whom in (("24 hours", []), ("53 hours", [agent]), ("26 hours", [agent, manager])):
        await collecting.later(interval)
        assert [row["user_id"] for row in await collecting.office.fetch(told)] == whom
    await collecting.later("3 days")
    await collecting.later("9 days")
    assert [tuple(row) for row in await collecting.office.fetch(told)] == [
        (agent, "Due soon: call"), (manager, "Late: call"), (boss, "Late: call"),
    ]  # fmt: skip
    events = (await collecting.track(track))["events"]
    assert [one["to_name"] for one in events if one["what"] == "reminded"] == ["Ægir", "Μαρία", "Boss"]
    assert (await collecting.step(track, "call"))["status"] == "open"


# Interleavings ---------------------------------------------------------------------------------------


async def start_only(collecting: Collecting, key: str, claim: int) -> dict[str, Any]:
    """Start it; no worker has looked yet."""
    async with collecting.office.database.transaction() as db:
        return await start_playbook(db, collecting.office.rights, key, ToStart(records=[str(claim)]))


async def test_a_place_in_the_queue_is_not_forgotten_when_the_other_one_ends_first(
    collecting: Collecting,
) -> None:
    claim = await collecting.claim()
    first = await collecting.publish(CALL)
    waits = await collecting.publish(CALL, name="Waits", second="queue")
    (track,) = (await collecting.start(first, claim))["started"]
    (queued,) = (await start_only(collecting, waits, claim))["queued"]
    (later,) = (await start_only(collecting, waits, claim))["queued"]
    park = "UPDATE whereupon.runs SET ready_at = {} WHERE (data #>> '{{@trigger,track}}')::bigint = $1"
    await collecting.office.execute(park.format("NULL"), queued)  # the one behind it comes first to look
    await collecting.do("cancel_track", track, CalledOff(reason="Paid"), by=collecting.manager)
    assert (await collecting.track(later))["status"] == "queued"
    await collecting.office.execute(park.format("now()"), queued)
    await collecting.office.settle()
    assert [(await collecting.track(one))["status"] for one in (queued, later)] == ["running", "queued"]
    await collecting.do("do_step", queued, "call", StepDone(), by=collecting.agent)
    assert (await collecting.track(later))["status"] == "running"


async def test_what_the_engine_ends_at_the_same_moment_is_over(collecting: Collecting) -> None:
    office, claim = collecting.office, await collecting.claim()
    (track,) = (await collecting.start(await collecting.publish(CALL), claim))["started"]
    async with office.database.transaction() as db:
        await steering.do_step(
            db, await collecting.rights(collecting.agent), await load_catalog(db), track, "call", StepDone()
        )

    async def asks(what: str, *said: Any) -> None:
        async with office.database.transaction() as db:
            rights = await collecting.rights(collecting.manager)
            await getattr(steering, what)(db, rights, await load_catalog(db), track, *said)

    deeds = [("reopen_step", "call", WHY), ("cancel_track", CalledOff(reason="Enough", strategy="end"))]
    async with office.database.transaction() as db:
        await advance_batch(db, await office.engine.current(db))  # the playbook ends, which nobody sees yet
        tasks = [asyncio.create_task(asks(*deed)) for deed in deeds]
        await asyncio.sleep(0.3)
    for task in tasks:
        with pytest.raises(Conflict):
            await task
    await office.settle()
    found = await collecting.track(track)
    assert (found["status"], found["reason"], await collecting.steps(track)) == (
        "completed", None, {"call": "done"},
    )  # fmt: skip
    assert await office.fetch("SELECT FROM whereupon.tasks WHERE status = 'open'") == []
    assert await office.fetch("SELECT FROM whereupon.strategy_records WHERE status = 'ended'") == []


async def test_a_step_of_a_group_that_loses_its_last_member_goes_to_somebody_else(
    collecting: Collecting,
) -> None:
    await collecting.office.group("lawyers", [collecting.agent])
    claim = await collecting.claim()
    key = await collecting.publish(step("call", participant={"group": "lawyers"}, late="nothing"))
    (track,) = (await collecting.start(key, claim))["started"]
    assert (await collecting.step(track, "call"))["assignee"]["group"]["key"] == "lawyers"
    async with collecting.office.database.transaction() as db:
        await change_user(db, collecting.agent, UserChange(groups=[]), actor=collecting.office.admin)
    await collecting.office.settle()
    found = await collecting.step(track, "call")
    assert (found["assignee"]["user"]["name"], found["given_as"]) == ("Ægir", "owner")


async def test_what_is_late_goes_past_a_manager_who_is_disabled(collecting: Collecting) -> None:
    office = collecting.office
    above = await office.user("above@example.org")
    await office.execute(
        "UPDATE whereupon.users SET manager_id = $1 WHERE id = $2", above, collecting.manager
    )
    await office.execute("UPDATE whereupon.users SET active = false WHERE id = $1", collecting.manager)
    claim = await collecting.claim()
    (track,) = (await collecting.start(await collecting.publish({**CALL, "late": "escalate"}), claim))[
        "started"
    ]
    await collecting.later("30 days")
    assert await told_of(collecting, track) == ["above@example.org"]
    assert await office.fetchval("SELECT escalated_to FROM whereupon.tasks") == above


async def test_of_two_who_take_a_step_at_the_same_moment_one_has_it(collecting: Collecting) -> None:
    await collecting.office.group("lawyers", [collecting.agent, collecting.manager])
    key = await collecting.publish(step("call", participant={"group": "lawyers"}))
    (track,) = (await collecting.start(key, await collecting.claim()))["started"]
    task = (await collecting.step(track, "call"))["task_id"]

    async def take(user: int) -> None:
        async with collecting.office.database.transaction() as db:
            await tasks.claim_task(db, await collecting.rights(user), task)
            await asyncio.sleep(0.2)

    first = asyncio.create_task(take(collecting.agent))
    await asyncio.sleep(0.1)
    with pytest.raises(Conflict, match="Ægir has taken this"):
        await take(collecting.manager)
    await first
    boss = await collecting.office.user("above@example.org")
    await collecting.office.execute(
        "UPDATE whereupon.tasks SET assignee_user_id = NULL, escalated_to = $1 WHERE id = $2", boss, task
    )
    with pytest.raises(Refused, match="people of its group"):  # who only sees it beside the group
        await take(boss)
    await take(collecting.agent)
    reader = await collecting.office.user("reader@example.org", role="reader")
    with pytest.raises(Refused):
        await collecting.do(
            "hand_on_step", track, "call", HandedOn.model_validate({"user_id": reader}), by=reader
        )
    assert (await collecting.step(track, "call"))["assignee"]["user"]["name"] == "Ægir"


async def test_nobody_who_is_disabled_is_on_duty(collecting: Collecting) -> None:
    await collecting.office.group("helpers", [collecting.agent, collecting.manager])
    shifts = [{"weekday": day, "user_id": collecting.agent} for day in WEEKDAYS]
    roster = Roster.model_validate({"shifts": shifts, "otherwise": collecting.manager})
    async with collecting.office.database.transaction() as db:
        now = await db.fetchval("SELECT now()")
        await set_roster(db, "helpers", roster, actor=None)
        assert await on_duty(db, "helpers", now) == collecting.agent
        for user, stands_in in ((collecting.agent, collecting.manager), (collecting.manager, None)):
            await change_user(db, user, UserChange(active=False), actor=collecting.office.admin)
            assert await on_duty(db, "helpers", now) == stands_in


async def test_who_reads_own_records_only_sees_no_playbook_of_others(collecting: Collecting) -> None:
    async with collecting.office.database.transaction() as db:
        owns = {"key": "owner", "name": "Owner", "modules": {"claims": {"read": "own", "update": "own"}}}
        await create_role(db, NewRole.model_validate(owns), actor=None)
    owner = await collecting.office.user("owner@example.org", role="owner")
    theirs, other = await collecting.claim(agent=owner), await collecting.claim()
    one, two = (await collecting.start(await collecting.publish(CALL), theirs, other))["started"]
    assert (await collecting.track(one, by=owner))["status"] == "running"
    with pytest.raises(NotFound):
        await collecting.track(two, by=owner)
    with pytest.raises(NotFound):
        await collecting.do("skip_step", two, "call", WHY, by=owner)


async def test_a_link_ends_with_the_playbook(collecting: Collecting) -> None:
    paper = step("proof", type="file", document_type="Proof", outside={"field": "email"})
    claim = await collecting.claim(email="debtor@mail.example")
    (track,) = (await collecting.start(await collecting.publish(paper), claim))["started"]
    context = await collecting.office.fetchval("SELECT context FROM whereupon.messages")
    token = context["question"]["link"].rpartition("/")[2]
    await collecting.do("cancel_track", track, CalledOff(reason="Paid"), by=collecting.manager)
    async with collecting.office.database.connection() as db:
        with pytest.raises(Gone, match="not needed any more"):
            await upload_of_link(db, token)


async def test_nobody_calls_somebody_else_back_from_an_absence(collecting: Collecting) -> None:
    async with collecting.office.database.transaction() as db:
        agent, manager = [await collecting.rights(one) for one in (collecting.agent, collecting.manager)]
        days = {"first_day": "2090-01-01", "last_day": "2090-01-05", "delegate_id": collecting.manager}
        made = await absences.add_absence(db, agent, absences.NewAbsence.model_validate(days))
        with pytest.raises(NotFound):
            await absences.remove_absence(db, manager, made["id"])
        await absences.remove_absence(db, agent, made["id"])
