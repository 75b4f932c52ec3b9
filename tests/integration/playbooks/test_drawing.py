"""Drawing playbooks: what each step has, what stays, what is wrong, and what that becomes as a workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.integration.playbooks.conftest import CALL, PAID, Collecting

from whereupon.errors import Conflict, Invalid, NotFound, PreconditionFailed, Refused
from whereupon.playbooks import store
from whereupon.playbooks.definition import blank, parse_definition
from whereupon.playbooks.store import NewPlaybook, PlaybookChange
from whereupon.workflows import store as workflows

MAIL: Mapping[str, Any] = {
    "type": "email", "key": "mail", "name": "Mail",
    "message": {"to": [{"field": "email"}], "subject": "About {{ record.number }}", "text": "Hello"},
}  # fmt: skip
PAUSE: Mapping[str, Any] = {"type": "strategy", "key": "pause", "name": "Pause", "action": "pause"}


def drawn(*steps: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    first = {**CALL, "key": "step_1"}
    phases = [{"key": "phase_1", "name": "Phase 1", "steps": [first, *map(dict, steps)]}]
    return {"format": 1, "phases": phases, **more}


# What is refused as soon as it is drawn, and what when it is to be published: where, and what is said.
REFUSED: list[tuple[Mapping[str, Any], str, str]] = [
    ({**MAIL, "description": "Why"}, "/phases/0/steps/1", "has no description"),
    ({**PAUSE, "planned": {"amount": 1}, "participant": {"owner": True}}, "/phases/0/steps/1",
     "has no planned and participant"),
    ({"type": "fax", "key": "fax", "name": "Fax"}, "/phases/0/steps/1", "fax"),
    ({**CALL, "participant": {"owner": True, "group": "x"}}, "/phases/0/steps/1/participant", "exactly one"),
    ({**CALL, "key": "begin__"}, "/phases/0/steps/1/key", "match"),
    ({**CALL, "colour": "κόκκινο"}, "/phases/0/steps/1/colour", "not known"),
]  # fmt: skip
MISSING: list[tuple[dict[str, Any], str]] = [
    (drawn({"type": "manual", "key": "empty", "name": "Empty"}), "/phases/0/steps/1/description"),
    (drawn({"type": "file", "key": "empty", "name": "Empty"}), "/phases/0/steps/1/planned"),
    (drawn({"type": "decide", "key": "empty", "name": "Empty"}), "/phases/0/steps/1/participant"),
    (drawn({**MAIL, "message": {}}), "/phases/0/steps/1/message/to"),
    (drawn({**MAIL, "message": {**MAIL["message"], "subject": "{{ record.nmuber }}"}}),
     "/phases/0/steps/1/message/subject"),
    (drawn({**CALL, "name": "{{ record.όχι }}"}), "/phases/0/steps/1/name"),
    (drawn({**CALL, "participant": {"group": "nobody"}}), "/phases/0/steps/1/participant/group"),
    (drawn({**CALL, "planned": {"amount": 1, "base": "field", "field": "number"}}),
     "/phases/0/steps/1/planned/field"),
    (drawn({**CALL, "only_if": {"step": "later", "decision": "approved"}}), "/phases/0/steps/1/only_if/step"),
    (drawn({**CALL, "key": "step_1"}), "/phases/0/steps/1/key"),
    (drawn(exit={"field": "nothing", "operator": "is_empty"}), "/exit/field"),
    (drawn(filter={"field": "nothing", "operator": "is_empty"}), "/filter/field"),
    (drawn(account="number"), "/account"),
    (drawn(starters=["δικηγόροι"]), "/starters/0"),
    ({**drawn(), "phases": [*drawn()["phases"], {"key": "two", "name": "Two", "steps": []}]},
     "/phases/1/steps"),
]  # fmt: skip


@pytest.mark.parametrize(("step", "path", "said"), REFUSED)
def test_a_step_has_only_what_its_type_has(step: Mapping[str, Any], path: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_definition(drawn(step))
    (problem,) = refused.value.problems
    assert problem.path == path
    assert said in problem.message


async def test_a_new_playbook_has_a_phase_with_a_step_and_they_stay(collecting: Collecting) -> None:
    rights = collecting.office.rights
    async with collecting.office.database.transaction() as db:
        made = await store.create_playbook(db, rights, NewPlaybook(name="Διαφωνία", module="claims"))
    assert store.sketch(made["definition"]) == [
        {
            "key": "phase_1",
            "name": "Phase 1",
            "steps": [{"key": "step_1", "name": "Step 1", "type": "manual"}],
        }
    ]
    key = made["key"]
    other = {"key": "two", "name": "Δύο", "steps": [dict(CALL)]}
    renamed = {**blank()["phases"][0], "name": "Έγγραφα"}
    for phases, code in (([other], "first_phase"), ([{**renamed, "steps": [dict(CALL)]}], "first_step")):
        async with collecting.office.database.transaction() as db:
            change = PlaybookChange(definition={"phases": phases})
            with pytest.raises(Invalid) as refused:
                await store.change_playbook(db, rights, key, change)
        assert [problem.code for problem in refused.value.problems] == [code]
    async with collecting.office.database.transaction() as db:
        change = PlaybookChange(name="Άλλο", definition={"phases": [other, renamed]})
        changed = await store.change_playbook(db, rights, key, change, etag=made["etag"])
        assert (changed["name"], changed["definition"]["phases"][1]["name"]) == ("Άλλο", "Έγγραφα")
        with pytest.raises(PreconditionFailed):
            await store.change_playbook(db, rights, key, change, etag=made["etag"])
        with pytest.raises(Conflict, match="made from a playbook"):
            await workflows.publish(db, rights, key)
        with pytest.raises(Invalid):
            await store.publish_playbook(db, rights, key)
        assert [row["key"] for row in await workflows.list_workflows(db)] == []
        with pytest.raises(Refused):
            await store.change_playbook(db, await collecting.rights(collecting.agent), key, change)


async def test_everything_that_is_wrong_is_named_at_its_place(collecting: Collecting) -> None:
    rights = collecting.office.rights
    async with collecting.office.database.transaction() as db:
        made = await store.create_playbook(
            db, rights, NewPlaybook(name="Wrong", module="claims", definition=drawn())
        )
        assert await store.problems_of(db, rights, made["key"]) == []
        for definition, path in MISSING:
            found = await store.problems_in(db, rights, made["key"], definition)
            assert path in [problem.path for problem in found], (path, found)


async def test_what_is_under_way_keeps_to_its_version_and_its_playbook_may_go(collecting: Collecting) -> None:
    rights, claim = collecting.office.rights, await collecting.claim()
    key = await collecting.publish(CALL, exit=PAID)
    (track,) = (await collecting.start(key, claim))["started"]
    async with collecting.office.database.transaction() as db:
        known = await store.get_playbook(db, rights, key)
        phases = known["definition"]["phases"]
        phases[0]["steps"].append({**CALL, "key": "more"})
        await store.change_playbook(db, rights, key, PlaybookChange(definition={"phases": phases}))
        assert (await store.get_playbook(db, rights, key))["changed"]
        again = await store.publish_playbook(db, rights, key)
        assert (again["active_version"], again["changed"], again["under_way"]) == (2, False, 1)
    assert await collecting.steps(track) == {"call": "open"}
    async with collecting.office.database.transaction() as db:
        await store.delete_playbook(db, rights, key)
        with pytest.raises(NotFound):
            await store.get_playbook(db, rights, key)
    assert (await collecting.track(track))["status"] == "cancelled"
