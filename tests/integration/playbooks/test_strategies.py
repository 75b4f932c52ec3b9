"""Strategies: steps by a date that a record gets unless it is paused or ended, or has a playbook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.integration.playbooks.conftest import CALL, Collecting

from whereupon.errors import Invalid
from whereupon.modules.catalog import load_catalog
from whereupon.playbooks import standing, strategies
from whereupon.playbooks.standing import StatusChange
from whereupon.playbooks.steering import CalledOff, StepDone
from whereupon.playbooks.strategies import NewStrategy, StrategyChange
from whereupon.playbooks.strategy_review import review_strategy
from whereupon.workers.reminder import Reminder

UNPAID: Mapping[str, Any] = {"field": "status", "operator": "not_equals", "value": "paid"}


def task(key: str, amount: int, **more: Any) -> dict[str, Any]:
    message = {"title": f"{key} {{{{ record.number }}}}", "assignee": {"owner": True}}
    return {"key": key, "name": key, "amount": amount, "type": "task", "message": message, **more}


async def publish(collecting: Collecting, *steps: Mapping[str, Any], **more: Any) -> str:
    about = {name: more.pop(name) for name in ("name", "position") if name in more}
    definition = {"date": "due_on", "segment": UNPAID, "steps": [dict(step) for step in steps], **more}
    new = NewStrategy.model_validate(
        {"name": "Dunning", "module": "claims", "definition": definition, **about}
    )
    async with collecting.office.database.transaction() as db:
        made = await strategies.create_strategy(db, collecting.office.rights, new)
        await strategies.publish_strategy(db, collecting.office.rights, made["key"])
    return str(made["key"])


async def days_pass(collecting: Collecting, days: int) -> None:
    """As if the dates of everybody's steps had come so much nearer."""
    office = collecting.office
    await office.settle()
    while await Reminder(office.database, office.engine.current).tick() == 0.0:
        pass
    await office.execute("UPDATE whereupon.due_dates SET due_at = due_at - make_interval(days => $1)", days)
    while await Reminder(office.database, office.engine.current).tick() == 0.0:
        pass
    await office.settle()


async def done(collecting: Collecting, claim: int) -> list[str]:
    """The titles of the tasks that the record's steps have made, without the record's number."""
    rows = await collecting.office.fetch(
        "SELECT title FROM whereupon.tasks WHERE record_id = $1 AND kind = 'task' ORDER BY id", str(claim)
    )
    return [row["title"].split()[0] for row in rows]


async def shown(collecting: Collecting, claim: int) -> dict[str, Any]:
    async with collecting.office.database.connection() as db:
        catalog = await load_catalog(db)
        return await standing.strategy_of(db, collecting.office.rights, catalog, "claims", str(claim))


async def change(collecting: Collecting, claim: int, action: Any, reason: str | None = None) -> None:
    async with collecting.office.database.transaction() as db:
        catalog = await load_catalog(db)
        said = StatusChange(action=action, reason=reason)
        await standing.change_strategy_status(
            db, collecting.office.rights, catalog, "claims", [str(claim)], said
        )


async def due_today(collecting: Collecting) -> int:
    claim = await collecting.claim()
    await collecting.office.execute("UPDATE data.claims SET due_on = current_date WHERE id = $1", claim)
    return claim


async def test_steps_come_at_their_days_until_the_record_leaves_the_segment(collecting: Collecting) -> None:
    await publish(collecting, task("remind", 5), task("call", 15), task("letter", 30))
    claim = await due_today(collecting)
    await days_pass(collecting, 6)
    assert await done(collecting, claim) == ["remind"]
    found = await shown(collecting, claim)
    assert (found["strategy"]["key"], [one["step"] for one in found["next"]]) == (
        "dunning",
        ["call", "letter"],
    )
    assert [one["step"] for one in found["taken"]] == ["remind"]
    await days_pass(collecting, 10)
    await collecting.office.execute("UPDATE data.claims SET status = 'paid' WHERE id = $1", claim)
    await days_pass(collecting, 20)
    assert await done(collecting, claim) == ["remind", "call"]
    assert (await shown(collecting, claim))["strategy"] is None


async def test_a_paused_record_gets_no_step_and_who_paused_it_is_known(collecting: Collecting) -> None:
    await publish(collecting, task("remind", 5), task("call", 15))
    claim, other = await due_today(collecting), await due_today(collecting)
    await change(collecting, claim, "pause", "disputed")
    await days_pass(collecting, 6)
    assert (await done(collecting, claim), await done(collecting, other)) == ([], ["remind"])
    assert (await shown(collecting, claim))["taken"][0]["skipped"] == "filter"
    await change(collecting, claim, "resume")
    await days_pass(collecting, 10)
    assert await done(collecting, claim) == ["call"]
    history = (await shown(collecting, claim))["history"]
    assert [(one["action"], one["status"], one["reason"], one["user_name"]) for one in history] == [
        ("resume", "active", None, "Boss"), ("pause", "paused", "disputed", "Boss"),
    ]  # fmt: skip


async def test_what_begins_again_is_counted_from_that_day(collecting: Collecting) -> None:
    await publish(collecting, task("remind", 5), task("call", 15))
    claim = await due_today(collecting)
    await days_pass(collecting, 20)
    assert await done(collecting, claim) == ["remind", "call"]
    await change(collecting, claim, "end")
    await change(collecting, claim, "pause")  # changes nothing: it is over
    assert (await shown(collecting, claim))["status"] == "ended"
    await change(collecting, claim, "restart")
    await days_pass(collecting, 6)
    assert await done(collecting, claim) == ["remind", "call", "remind"]
    await collecting.office.execute("UPDATE data.claims SET number = 'Ω' WHERE id = $1", claim)
    await days_pass(collecting, 10)
    assert await done(collecting, claim) == ["remind", "call", "remind", "call"]


async def test_a_playbook_has_the_record_for_itself(collecting: Collecting) -> None:
    follows = {"resume": ["call"], "restart": ["call", "remind"], "end": [], "leave": ["call"]}
    await publish(collecting, task("remind", 5), task("call", 15))
    other = await due_today(collecting)
    claims: dict[str, int] = {}
    tracks: dict[str, int] = {}
    for afterwards in follows:
        claims[afterwards] = await due_today(collecting)
        key = await collecting.publish(CALL, name=afterwards, afterwards=afterwards)
        (tracks[afterwards],) = (await collecting.start(key, claims[afterwards]))["started"]
    assert (await shown(collecting, claims["end"]))["held_by"]["track"] == tracks["end"]
    await days_pass(collecting, 6)
    assert [await done(collecting, claim) for claim in claims.values()] == [[], [], [], []]
    assert await done(collecting, other) == ["remind"]
    for track in tracks.values():
        await collecting.do("do_step", track, "call", StepDone(), by=collecting.agent)
    await days_pass(collecting, 16)
    assert {way: sorted(await done(collecting, claim)) for way, claim in claims.items()} == follows
    assert await done(collecting, other) == ["remind", "call"]


async def test_the_steps_of_a_playbook_change_the_status(collecting: Collecting) -> None:
    claim = await due_today(collecting)
    pause = {"type": "strategy", "key": "pause", "name": "Pause it", "action": "pause"}
    key = await collecting.publish(pause, CALL, exclusive=False, afterwards="leave")
    (track,) = (await collecting.start(key, claim))["started"]
    found = await shown(collecting, claim)
    assert (found["status"], found["history"][0]["workflow"]["name"]) == ("paused", "Disputed")
    off = CalledOff.model_validate({"reason": "By mistake", "strategy": "resume"})
    await collecting.do("cancel_track", track, off, by=collecting.manager)
    found = await shown(collecting, claim)
    assert (found["status"], found["history"][0]["user_name"]) == ("active", "Μαρία")


async def test_of_two_strategies_a_record_has_the_first_that_fits(collecting: Collecting) -> None:
    await publish(collecting, task("remind", 5), name="Others", segment=None)
    mine = {"field": "email", "operator": "is_not_empty"}
    gently = await publish(collecting, task("write", 5), name="Gently", position=10, segment=mine)
    claim, other = await due_today(collecting), await due_today(collecting)
    await collecting.office.execute("UPDATE data.claims SET email = 'a@b.example' WHERE id = $1", claim)
    await days_pass(collecting, 6)
    assert (await done(collecting, claim), await done(collecting, other)) == (["write"], ["remind"])
    async with collecting.office.database.transaction() as db:
        await strategies.set_strategy_state(db, collecting.office.rights, gently, "disabled")
    assert (await shown(collecting, claim))["strategy"]["name"] == "Others"


async def test_a_step_that_is_taken_out_stops_and_its_history_stays(collecting: Collecting) -> None:
    key = await publish(collecting, task("remind", 5), task("call", 15))
    claim = await due_today(collecting)
    await days_pass(collecting, 6)
    definition = {"date": "due_on", "segment": UNPAID, "steps": [task("remind", 5), task("write", 20)]}
    async with collecting.office.database.transaction() as db:
        rights = collecting.office.rights
        await strategies.change_strategy(db, rights, key, StrategyChange(definition=definition))
        await strategies.publish_strategy(db, rights, key)
    await days_pass(collecting, 20)
    assert await done(collecting, claim) == ["remind", "write"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"date": "", "steps": []}, "/date"),
    ({"date": "due_on", "steps": []}, "/steps"),
    ({"date": "number", "steps": [task("remind", 5)]}, "/date"),
    ({"date": "due_on", "segment": {"field": "ποσό", "operator": "is_empty"}, "steps": [task("a", 5)]},
     "/segment/field"),
    ({"date": "due_on", "steps": [task("remind", 5, message={})]}, "/steps/0/message/title"),
    ({"date": "due_on", "steps": [task("remind", 5), task("remind", 6)]}, "/steps/0/key"),
]  # fmt: skip


async def test_what_is_wrong_is_named_at_its_place(collecting: Collecting) -> None:
    rights = collecting.office.rights
    for definition, path in WRONG:
        async with collecting.office.database.transaction() as db:
            new = NewStrategy(name="Wrong", module="claims", definition=definition)
            made = await strategies.create_strategy(db, rights, new)
            with pytest.raises(Invalid) as refused:
                await strategies.publish_strategy(db, rights, made["key"])
        assert path in [problem.path for problem in refused.value.problems]


async def test_before_publishing_it_tells_what_would_be_different(collecting: Collecting) -> None:
    key = await publish(collecting, task("remind", 5), task("call", 15), task("letter", 30))
    said = task("letter", 30)
    said["message"] = {**said["message"], "title": "Πρώτα τηλεφωνούμε"}
    wanted = [task("remind", 5), task("call", 20), said, task("court", 60)]

    async def review(*steps: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        definition = {"date": "due_on", "segment": UNPAID, "steps": list(steps), **more}
        async with collecting.office.database.connection() as db:
            return await review_strategy(db, collecting.office.rights, key, definition)

    same = await review(task("remind", 5), task("call", 15), task("letter", 30))
    assert (same["published"], same["steps"], same["kept"]) == (True, [], 3)
    found = await review(*wanted)
    assert [(one["step"], one["change"]) for one in found["steps"]] == [
        ("call", "changed"), ("letter", "changed"), ("court", "added"),
    ]  # fmt: skip
    call, letter, _ = found["steps"]
    assert ("15 days" in call["was"][0], "20 days" in call["now"][0], call["parts"]) == (True, True, [])
    assert (letter["parts"], found["kept"]) == (["To do"], 1)
    gone = await review(task("remind", 5))
    assert [(one["step"], one["change"]) for one in gone["steps"]] == [
        ("call", "removed"), ("letter", "removed"),
    ]  # fmt: skip
    with pytest.raises(Invalid):
        await review(format=7)


async def test_who_may_change_own_records_only_pauses_no_others(collecting: Collecting) -> None:
    keeper = await collecting.office.user("keeper@example.org", role="keeper")
    theirs, other = await collecting.claim(agent=keeper), await collecting.claim()
    async with collecting.office.database.transaction() as db:
        rights, catalog = await collecting.rights(keeper), await load_catalog(db)
        pause = StatusChange(action="pause")
        with pytest.raises(Invalid):
            await standing.change_strategy_status(
                db, rights, catalog, "claims", [str(theirs), str(other)], pause
            )
        found = await standing.change_strategy_status(db, rights, catalog, "claims", [str(theirs)], pause)
    assert found == [str(theirs)]
