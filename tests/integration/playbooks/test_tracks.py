"""A playbook under way: steps are given to people, done, skipped, opened again; then the record is free."""

from __future__ import annotations

from typing import Any

from tests.integration.playbooks.conftest import CALL, PAID, Collecting

from whereupon.playbooks.steering import StepDone


def step(key: str, **more: Any) -> dict[str, Any]:
    return {**CALL, "key": key, "name": key, **more}


async def test_steps_follow_each_other_and_the_record_is_free_afterwards(collecting: Collecting) -> None:
    claim = await collecting.claim()
    key = await collecting.publish(CALL, step("letter"))
    found = await collecting.start(key, claim)
    (track,) = found["started"]
    first = await collecting.step(track, "call")
    assert (first["status"], first["assignee"]["user"]["name"]) == ("open", "Ægir")
    await collecting.do("do_step", track, "call", StepDone(comment="  Said yes  "), by=collecting.agent)
    assert await collecting.steps(track) == {"call": "done", "letter": "open"}
    await collecting.do("do_step", track, "letter", StepDone(), by=collecting.agent)
    over = await collecting.track(track)
    assert (over["status"], over["done"], over["total"]) == ("completed", 2, 2)
    assert (await collecting.step(track, "call"))["comment"] == "Said yes"
    assert (await collecting.start(key, claim))["refused"] == []


async def test_a_claim_that_is_paid_in_the_middle_leaves_the_playbook(collecting: Collecting) -> None:
    paid, other = await collecting.claim(), await collecting.claim()
    key = await collecting.publish(CALL, step("letter"), exit=PAID)
    one, two = (await collecting.start(key, paid, other))["started"]
    await collecting.office.execute("UPDATE data.claims SET status = 'paid' WHERE id = $1", paid)
    await collecting.office.settle()
    assert (await collecting.track(one))["status"] == "exited"
    assert await collecting.steps(one) == {"call": "cancelled", "letter": "left_out"}
    assert (await collecting.track(two))["status"] == "running"
    tasks = await collecting.office.fetch("SELECT record_id, status FROM whereupon.tasks ORDER BY id")
    assert [tuple(row) for row in tasks] == [(str(paid), "cancelled"), (str(other), "open")]
