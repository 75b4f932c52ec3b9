"""People decide whether a run goes on: those who are asked, once, in time."""

import asyncio
from typing import Any

import pytest
from tests.office import Office, draw

from whereupon.errors import Conflict, Invalid, NotFound
from whereupon.people.questions import (
    Decision,
    Reassignment,
    count_questions,
    decide,
    list_questions,
    reassign,
)
from whereupon.people.rights import load_rights
from whereupon.people.users import UserChange, change_user
from whereupon.runs.actions import cancel_runs
from whereupon.runs.rehearsal import ToRehearse, rehearse

MANUAL = {"trigger": "manual"}
SAID = 'CONCAT(nodes.ask.decision, " by ", nodes.ask.by, ": ", nodes.ask.comment)'
NODES = [{"key": key, "block": "update_record", "set": {"note": {"formula": SAID}, "status": status}}
         for key, status in (("yes", "open"), ("no", "done"), ("late", "new"))]  # fmt: skip
EDGES = [["start", "next", "ask"], ["ask", "approved", "yes"], ["ask", "rejected", "no"]]


async def asks(office: Office, *people: Any, **config: Any) -> tuple[str, int]:
    """A workflow that asks these people, and an item on which it waits."""
    late = [["ask", "timeout", "late"]] if "time_limit" in config else []
    node = {
        "key": "ask",
        "block": "approval",
        "ask": list(people),
        "title": "Discount for {{ record.name }}?",
    }
    nodes = NODES if late else NODES[:2]
    key = await office.publish(MANUAL, {**node, **config}, *nodes, edges=[*EDGES, *late])
    item = await office.insert(name="Zoë")
    await office.by_hand(key, [str(item)])
    return key, item


async def says(office: Office, user: int, decision: str, comment: str | None = None) -> Any:
    async with office.database.transaction() as db:
        rights = await load_rights(db, user)
        question = (
            await list_questions(db, await load_rights(db, office.admin), everyone=True, waiting=None)
        )[0]
        found = await decide(db, rights, question["id"], Decision(decision=decision, comment=comment))  # type: ignore[arg-type]
    await office.settle()
    return found


async def status(office: Office) -> str:
    return (await office.runs())[-1]["status"]


@pytest.mark.parametrize(("decision", "left_by"), [("approved", "open"), ("rejected", "done")])
async def test_what_is_decided_leads_to_its_exit_and_is_told_to_later_blocks(
    office: Office, decision: str, left_by: str
) -> None:
    ana = await office.user("ana@example.org", name="Ána")
    _, item = await asks(office, {"user": ana})
    assert await status(office) == "waiting"
    await says(office, ana, decision, "Fine, ok")
    row = await office.item(item)
    assert (row["status"], row["note"]) == (left_by, f"{decision} by Ána: Fine, ok")
    step = (await office.steps((await office.runs())[0]["id"]))[0]
    assert (step["port"], step["output"]["by"], step["input"]["asked"]) == (decision, "Ána", [ana])


async def test_who_is_asked_hears_of_it_and_sees_it_with_its_record(office: Office) -> None:
    ana, ben = await office.user("ana@example.org"), await office.user("ben@example.org")
    await office.group("support", [ana])
    _, item = await asks(office, {"group": "support"}, {"user": ana}, text="It is **large**", mail=True)
    notes = await office.fetch("SELECT user_id, title, record_id FROM whereupon.notifications")
    assert [tuple(n) for n in notes] == [(ana, "Discount for Zoë?", str(item))]
    mails = await office.fetch("SELECT recipient, context FROM whereupon.messages")
    assert [m["recipient"] for m in mails] == ["ana@example.org"]
    assert mails[0]["context"]["question"]["link"].endswith("/inbox")
    async with office.database.connection() as db:
        hers, his = await load_rights(db, ana), await load_rights(db, ben)
        (question,) = await list_questions(db, hers)
        assert (question["title"], question["record_id"], question["mine"]) == (
            "Discount for Zoë?",
            str(item),
            True,
        )
        assert await list_questions(db, his) == []
        assert await count_questions(db, hers) == {"count": 1, "overdue": 0}


async def test_only_those_who_are_asked_or_administrators_decide_and_once(office: Office) -> None:
    ana, ben = await office.user("ana@example.org"), await office.user("ben@example.org")
    await asks(office, {"user": ana}, {"user": ben}, needs="all")
    with pytest.raises(NotFound):
        await says(office, await office.user("eve@example.org"), "approved")
    await says(office, ana, "approved")
    with pytest.raises(Conflict, match="decided this already"):
        await says(office, ana, "rejected")
    assert await status(office) == "waiting"
    await says(office, office.admin, "rejected", "No")
    assert (await office.runs())[-1]["status"] == "succeeded"
    with pytest.raises(Conflict, match="answered already"):
        await says(office, ben, "approved")


@pytest.mark.parametrize(
    ("votes", "result"),
    [
        (["approved", "approved"], "open"),
        (["rejected"], "done"),
        (["approved", "rejected"], "done"),
    ],
)
async def test_everybody_must_approve_and_one_may_reject(
    office: Office, votes: list[str], result: str
) -> None:
    people = [await office.user(f"{name}@example.org", name=name) for name in ("ana", "ben")]
    gone = await office.user("gone@example.org")
    _, item = await asks(office, *({"user": one} for one in (*people, gone)), needs="all")
    await office.execute("UPDATE whereupon.users SET active = false WHERE id = $1", gone)
    for user, vote in zip(people, votes, strict=False):
        await says(office, user, vote)
    row = await office.item(item)
    assert row["status"] == result
    if votes == ["approved", "approved"]:
        assert row["note"].startswith("approved by ana, ben")


@pytest.mark.parametrize(
    ("rule", "decision", "refused"),
    [
        ("required", "approved", True),
        ("on_rejection", "approved", False),
        ("on_rejection", "rejected", True),
        ("optional", "rejected", False),
    ],
)
async def test_a_comment_is_asked_for_where_the_rule_says_so(
    office: Office, rule: str, decision: str, refused: bool
) -> None:
    ana = await office.user("ana@example.org")
    await asks(office, {"user": ana}, comment=rule)
    if refused:
        with pytest.raises(Invalid) as error:
            await says(office, ana, decision, "  ")
        assert error.value.problems[0].path == "/comment"
        assert await status(office) == "waiting"
        await says(office, ana, decision, "Because")
    else:
        await says(office, ana, decision)
    assert await status(office) == "succeeded"


async def test_when_the_time_is_up_the_run_leaves_by_its_own_exit_and_nobody_decides(office: Office) -> None:
    ana = await office.user("ana@example.org")
    _, item = await asks(office, {"user": ana}, time_limit={"amount": 2, "unit": "days"})
    await office.execute("UPDATE whereupon.questions SET due_at = due_at - interval '1 day'")
    await office.skip_time("1 day")
    assert await status(office) == "waiting"
    await office.execute("UPDATE whereupon.questions SET due_at = due_at - interval '1 day'")
    with pytest.raises(Conflict, match="time for this is up"):
        await says(office, ana, "approved")
    await office.skip_time("1 day")
    assert (await office.item(item))["status"] == "new"
    (question,) = await office.fetch("SELECT status FROM whereupon.questions")
    assert question["status"] == "timed_out"


async def test_a_run_that_is_cancelled_asks_nobody_any_more(office: Office) -> None:
    ana = await office.user("ana@example.org")
    await asks(office, {"user": ana})
    async with office.database.transaction() as db:
        await cancel_runs(db, office.rights, [(await office.runs())[0]["id"]])
        hers = await load_rights(db, ana)
        assert await list_questions(db, hers) == []
        assert [q["status"] for q in await list_questions(db, hers, waiting=None)] == ["withdrawn"]
    with pytest.raises(Conflict, match="run that asked this is over"):
        await says(office, ana, "approved")


async def test_somebody_else_may_be_asked_instead(office: Office) -> None:
    ana, ben = await office.user("ana@example.org"), await office.user("ben@example.org", name="Ben")
    _, item = await asks(office, {"user": ana})
    async with office.database.transaction() as db:
        question = (await list_questions(db, await load_rights(db, ana)))[0]["id"]
        await reassign(db, await load_rights(db, ana), question, Reassignment(user_id=ben))
    with pytest.raises(NotFound):
        await says(office, ana, "approved")
    await says(office, ben, "approved")
    assert (await office.item(item))["note"].startswith("approved by Ben")


async def test_nobody_to_ask_is_a_failure_with_advice(office: Office) -> None:
    await asks(office, {"owner": True})
    (run,) = await office.runs()
    assert (run["status"], run["error"]["code"]) == ("failed", "no_user")


async def test_a_test_shows_what_would_be_asked_and_goes_on_as_if_approved(office: Office) -> None:
    ana = await office.user("ana@example.org", name="Ána")
    node = {"key": "ask", "block": "approval", "ask": [{"user": ana}], "title": "Yes, {{ record.name }}?"}
    item = await office.insert(name="Zoë")
    document = draw(MANUAL, node, *NODES[:2], edges=EDGES)
    found = await rehearse(office.database, office.rights, ToRehearse(document, "items", [str(item)]))
    steps = found["records"][0]["steps"]
    assert [(step["node"], step["port"]) for step in steps] == [("ask", "approved"), ("yes", "next")]
    (question,) = steps[0]["questions"]
    assert (question["title"], question["asked"]) == ("Yes, Zoë?", ["Ána"])
    assert await office.fetch("SELECT * FROM whereupon.questions") == []


async def test_a_failure_that_ends_nothing_is_never_an_approval(office: Office) -> None:
    node = {"key": "ask", "block": "approval", "ask": [{"owner": True}], "title": "x"}
    policy = {"on_error": {"policy": "continue"}}
    key = await office.publish(MANUAL, node | policy, *NODES[:2], edges=EDGES)
    item = await office.insert(name="a")
    await office.by_hand(key, [str(item)])
    assert ((await office.runs())[0]["status"], (await office.item(item))["status"]) == ("partial", "done")


async def test_two_answers_of_one_person_at_the_same_moment_are_one(office: Office) -> None:
    ana, ben = await office.user("ana@example.org"), await office.user("ben@example.org")
    await asks(office, {"user": ana}, {"user": ben}, needs="all")
    (question,) = await office.fetch("SELECT id FROM whereupon.questions")

    async def answers(decision: str, pause: float) -> None:
        async with office.database.transaction() as db:
            rights = await load_rights(db, ana)
            await decide(db, rights, question["id"], Decision(decision=decision))  # type: ignore[arg-type]
            await asyncio.sleep(pause)

    first = asyncio.create_task(answers("approved", 0.4))
    await asyncio.sleep(0.2)
    with pytest.raises(Conflict, match="decided this already"):
        await answers("rejected", 0)
    await first
    assert await status(office) == "waiting"


async def disable(office: Office, user: int) -> None:
    async with office.database.transaction() as db:
        await change_user(db, user, UserChange(active=False), actor=office.admin)
    await office.settle()


async def test_a_question_to_somebody_who_is_disabled_goes_to_whoever_is_above(office: Office) -> None:
    above = await office.user("above@example.org", name="Above")
    gone = await office.user("gone@example.org", manager=above)
    ana = await office.user("ana@example.org", manager=gone)
    _, item = await asks(office, {"user": ana})
    await office.execute("UPDATE whereupon.users SET active = false WHERE id = $1", gone)
    await disable(office, ana)
    async with office.database.connection() as db:
        (question,) = await list_questions(db, await load_rights(db, above))
    assert question["mine"]
    await disable(office, above)  # and in the end to the workflow's owner
    async with office.database.connection() as db:
        (question,) = await list_questions(db, await load_rights(db, office.admin))
    assert question["mine"]
    await says(office, office.admin, "approved")
    assert (await office.item(item))["status"] == "open"
    told = "SELECT count(*) FROM whereupon.notifications WHERE user_id = ANY($1::bigint[])"
    assert await office.fetchval(told, [above, office.admin]) == 2


async def test_where_everybody_must_approve_those_who_are_gone_do_not_count(office: Office) -> None:
    ana, ben = await office.user("ana@example.org", name="Ana"), await office.user("ben@example.org")
    _, item = await asks(office, {"user": ana}, {"user": ben}, needs="all")
    await says(office, ana, "approved")
    await disable(office, ben)
    row = await office.item(item)
    assert (row["status"], row["note"].partition(":")[0]) == ("open", "approved by Ana")
