"""Test mode shows everything and keeps nothing (F6, rule 27)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from tests.office import Office, draw

from whereupon.errors import Invalid, NotFound, Refused
from whereupon.modules.definitions import FieldIn
from whereupon.outbox.channels.transport import Letter
from whereupon.outbox.rehearsing import rehearsal
from whereupon.people.rights import Rights
from whereupon.records.schema import DEFINER
from whereupon.runs import rehearsal as rehearsing
from whereupon.runs.rehearsal import ToRehearse, rehearse
from whereupon.sdk import registry

CREATED = {"trigger": "record_created"}
MAIL = {
    "key": "mail", "block": "send_email", "to": [{"field": "email"}],
    "subject": "Välkommen {{ record.name }}", "html": "<p>{{ record.status }}</p>",
}  # fmt: skip
CLOSE = {"key": "close", "block": "update_record", "set": {"status": "done"}}
NUMBER = {"key": "number", "type": "auto_number", "options": {"prefix": "I-"}}
TABLES = """
SELECT format('%I.%I', schemaname, relname) AS name FROM pg_stat_user_tables
WHERE schemaname IN ('whereupon', 'data') ORDER BY 1
"""
LOCKS = """
SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid() AND locktype IN ('relation', 'tuple', 'advisory')
  AND (relation IS NULL OR relation > 16000) AND database = (SELECT oid FROM pg_database
  WHERE datname = current_database())
"""


async def whole(office: Office) -> dict[str, Any]:
    """A checksum of every row of every table, and the next number of every numbering, in one question."""
    tables = [row["name"] for row in await office.fetch(TABLES)]
    numbered = await office.fetch("SELECT id FROM whereupon.fields WHERE type = 'auto_number'")
    questions = [
        f"SELECT '{name}', md5(string_agg(t.v, '|' ORDER BY t.v)) FROM "
        f"(SELECT x::text || x.xmin AS v FROM {name} x) t"
        for name in tables
    ]
    questions += [
        f"SELECT 'number {row['id']}', (last_value + is_called::integer)::text "
        f"FROM data.f{row['id']}_sequence"
        for row in numbered
    ]
    found = {row[0]: row[1] for row in await office.fetch("\nUNION ALL ".join(questions))}
    assert len(found) == len(questions) > 50
    return found


@pytest.fixture
async def peopled(peopled: Office) -> Office:
    async with peopled.database.transaction() as db:
        await DEFINER.add_field(db, "items", FieldIn.model_validate(NUMBER))
    return peopled


async def item(office: Office, **values: Any) -> str:
    given = {
        "name": "Ωmega",
        "status": "new",
        "email": "omega@example.org",
        "stage": "new",
        "phone": "+30 694 123 4567",
    } | values
    made = await office.insert(**given, owner=int(office.keys[0]))
    await office.settle()
    return str(made)


async def try_out(
    office: Office, trigger: Mapping[str, Any], *nodes: Mapping[str, Any], **more: Any
) -> dict[str, Any]:
    """Test it, and see that nothing was kept."""
    edges, settings = more.pop("edges", None), more.pop("settings", {})
    document = draw(trigger, *nodes, edges=edges, **settings)
    rights = more.pop("rights", office.rights)
    before = await whole(office)
    found = await rehearse(
        office.database, rights, ToRehearse(document=document, **{"module": "items"} | more)
    )
    assert await whole(office) == before
    assert found["proof"]["rolled_back"] is True
    assert await office.fetchval(LOCKS) == 0
    return found


async def test_a_test_shows_steps_values_and_messages_and_keeps_nothing(peopled: Office) -> None:
    one = await item(peopled)
    wait = {"key": "pause", "block": "wait", "duration": {"amount": 3}}
    task = {
        "key": "task",
        "block": "create_task",
        "title": "Ring {{ record.name }}",
        "assignee": {"owner": True},
    }
    told = {"key": "tell", "block": "notify", "to": [{"group": "support"}], "title": "Öppen"}
    found = await try_out(peopled, CREATED, wait, CLOSE, MAIL, task, told, records=[one])
    record = found["records"][0]
    assert (record["taken"], record["status"]) == (True, "succeeded")
    steps = {step["node"]: step for step in record["steps"]}
    assert list(steps) == ["pause", "close", "mail", "task", "tell"]
    assert steps["pause"]["wait"]["reason"] == "time"
    assert steps["pause"]["wait"]["until"] is not None
    change = steps["close"]["changes"][0]
    assert (change["module"], change["record_id"], change["operation"]) == ("items", one, "updated")
    assert change["fields"] == [{"field": "status", "label": "Status", "before": "new", "after": "done"}]
    letter = steps["mail"]["messages"][0]
    assert (letter["subject"], letter["to"]) == ("Välkommen Ωmega", ["omega@example.org"])
    assert "done" in letter["html"]
    assert (steps["task"]["tasks"][0]["title"], steps["task"]["tasks"][0]["assignee"]) == (
        "Ring Ωmega",
        "Zoë",
    )
    assert {n["user"] for n in steps["tell"]["notifications"]} == {"Ana", "Zoë"}
    assert {"table": "whereupon.tasks", "inserted": 1, "updated": 0, "deleted": 0} in found["proof"]["undone"]


BLOCKS = [(key, example) for key, block in registry.blocks().items() for example in block.examples]


@pytest.mark.parametrize(("key", "example"), BLOCKS, ids=[f"{key}-{i}" for i, (key, _) in enumerate(BLOCKS)])
async def test_every_block_can_be_tested(peopled: Office, key: str, example: Mapping[str, Any]) -> None:
    parent = await item(peopled)
    one = await item(peopled, parent=int(parent))
    node = {"key": "it", "block": key, **example}
    ports = list(registry.block(key).ports(registry.block(key).Config.model_validate(example)))
    after = [] if not ports else [CLOSE]
    edges = [["start", "next", "it"], *(["it", port, "close"] for port in ports[:1])]
    await peopled.execute(
        "INSERT INTO whereupon.documents (sha256, name, media_type, size, module_id, record_id) "
        "SELECT sha256('a'), 'scan.pdf', 'application/pdf', 1, m.id, $1 FROM whereupon.modules m "
        "WHERE m.key = 'items'", one,
    )  # fmt: skip
    found = await try_out(peopled, CREATED, node, *after, edges=edges, records=[one])
    record = found["records"][0]
    expected = "failed" if example.get("result") == "failed" else "succeeded"
    assert (record["status"], record["steps"][0]["node"]) == (expected, "it")


HOLDS = {"field": "status", "operator": "equals", "value": "new"}
NOT = {"field": "status", "operator": "equals", "value": "done"}
TRIGGERS: list[tuple[dict[str, Any], dict[str, Any], bool, str]] = [
    ({"trigger": "record_created"}, {}, True, "nothing"),
    ({"trigger": "record_created", "filter": NOT}, {}, False, "nothing"),
    ({"trigger": "record_updated", "fields": ["status"]}, {}, False, "nothing"),
    ({"trigger": "record_updated", "fields": ["status"]}, {"change": {"status": "open"}}, True, "updated"),
    ({"trigger": "record_updated", "fields": ["note"]}, {"change": {"status": "open"}}, False, "updated"),
    ({"trigger": "stage_entered", "field": "stage", "to": "ready"}, {}, True, "updated"),
    ({"trigger": "record_deleted", "filter": HOLDS}, {}, True, "deleted"),
    ({"trigger": "document_uploaded", "name": "*.pdf", "filter": HOLDS}, {}, True, "nothing"),
    ({"trigger": "document_uploaded", "filter": NOT}, {}, False, "nothing"),
    ({"trigger": "manual", "filter": HOLDS}, {}, True, "nothing"),
    ({"trigger": "manual", "filter": NOT}, {}, False, "nothing"),
    ({"trigger": "schedule", "cron": "0 8 * * *", "filter": HOLDS}, {}, True, "nothing"),
    ({"trigger": "date_reached", "field": "due_date"}, {}, True, "nothing"),
]


@pytest.mark.parametrize(("trigger", "more", "taken", "happened"), TRIGGERS)
async def test_a_test_says_whether_the_trigger_would_take_the_record(
    peopled: Office, trigger: Mapping[str, Any], more: Mapping[str, Any], taken: bool, happened: str
) -> None:
    one = await item(peopled)
    stop = {"key": "stop", "block": "stop"}
    found = (await try_out(peopled, trigger, stop, records=[one], **more))["records"][0]
    assert (found["taken"], found["happened"]) == (taken, happened)
    assert found["status"] == ("succeeded" if taken else None)
    if "filter" in trigger:
        assert found["explained"]["held"] is taken
    anyway = (await try_out(peopled, trigger, stop, records=[one], anyway=True, **more))["records"][0]
    assert anyway["status"] == "succeeded"


async def test_a_record_can_be_made_up_without_using_a_number(peopled: Office) -> None:
    make = {"key": "make", "block": "create_record", "module": "items", "set": {"name": {"field": "name"}}}
    found = await try_out(peopled, CREATED, make, form={"name": "Påhittad"})
    change = found["records"][0]["steps"][0]["changes"][0]
    fields = {one["field"]: one["after"] for one in change["fields"]}
    assert (change["operation"], fields["name"], fields["number"]) == ("created", "Påhittad", "I-0002")
    with pytest.raises(Invalid) as error:
        await try_out(peopled, CREATED, make, form={"nmae": "x"})
    assert error.value.problems[0].path == "/form/nmae"


async def test_other_workflows_that_it_would_start_are_named_and_not_run(peopled: Office) -> None:
    one = await item(peopled)
    other = await peopled.publish(
        {"trigger": "record_updated", "fields": ["status"]}, {"key": "n", "block": "stop"}, name="Other"
    )
    found = await try_out(peopled, CREATED, CLOSE, records=[one])
    assert found["others"] == [{"workflow": other, "name": "Other", "starts": 1}]


async def test_one_bad_record_fails_alone(peopled: Office) -> None:
    good, bad = await item(peopled), await item(peopled, email=None)
    found = await try_out(peopled, CREATED, MAIL, CLOSE, records=[bad, good])
    assert [one["status"] for one in found["records"]] == ["failed", "succeeded"]
    assert found["records"][0]["steps"][0]["error"]["code"] == "no_recipient"


async def test_a_mail_that_a_later_block_waits_for_counts_as_sent(peopled: Office) -> None:
    one = await item(peopled)
    note = {"key": "note", "block": "update_record", "set": {"note": {"field": "nodes.mail.status"}}}
    found = await try_out(peopled, CREATED, MAIL, note, records=[one])
    steps = found["records"][0]["steps"]
    assert steps[1]["changes"][0]["fields"][0]["after"] == "sent"
    assert (steps[0]["wait"]["reason"], len(steps[0]["messages"])) == ("outcome", 1)


async def test_a_retry_and_a_way_round_with_waits_come_to_an_end(peopled: Office) -> None:
    one = await item(peopled, email=None)
    policy = {"policy": "retry", "retries": 2, "backoff_seconds": 60}
    found = await try_out(peopled, CREATED, {**MAIL, "on_error": policy}, records=[one])
    assert [step["status"] for step in found["records"][0]["steps"]] == ["retried", "retried", "failed"]
    pause = {"key": "pause", "block": "wait", "duration": {"amount": 1}}
    edges = [["start", "next", "pause"], ["pause", "next", "close"], ["close", "next", "pause"]]
    found = await try_out(peopled, CREATED, pause, CLOSE, edges=edges, records=[one])
    assert found["records"][0]["error"]["code"] == "stopped"


async def test_a_test_has_the_rights_of_who_tests(peopled: Office) -> None:
    one = await item(peopled)
    user = await peopled.user("bo@example.org", role="administrator")
    clerk = replace(Rights(user), builder=True)
    for rights, error in ((Rights(user), Refused), (clerk, (Refused, Invalid))):
        with pytest.raises(error):
            await try_out(peopled, CREATED, CLOSE, records=[one], rights=rights)


async def test_what_cannot_be_tested_says_why(peopled: Office) -> None:
    with pytest.raises(NotFound):
        await try_out(peopled, CREATED, CLOSE, records=["99"])
    with pytest.raises(Invalid) as error:
        await try_out(peopled, CREATED, {"key": "x", "block": "if"}, records=["1"])
    assert error.value.problems[0].path.startswith("/document/nodes/1")


async def test_a_test_that_takes_too_long_is_stopped(peopled: Office, monkeypatch: Any) -> None:
    one = await item(peopled)
    monkeypatch.setattr("whereupon.runs.rehearsal.SECONDS", 0.01)
    with pytest.raises(Invalid) as error:
        await try_out(peopled, CREATED, CLOSE, records=[one])
    assert error.value.problems[0].code == "too_slow"
    assert await peopled.fetchval("SELECT status FROM data.items WHERE id = 1") == "new"


async def test_no_connection_is_made_and_no_transport_could_be_given_anything(
    peopled: Office, monkeypatch: Any
) -> None:
    one = await item(peopled)
    async with AsyncExitStack() as kept:  # as many connections to the database as it could need
        for _ in range(4):
            await kept.enter_async_context(peopled.database.connection())

    def refuse(*_: Any) -> None:
        raise AssertionError("a socket was opened")

    with monkeypatch.context() as closed:  # and open again before the database is dropped
        closed.setattr(socket.socket, "connect", refuse)
        closed.setattr(socket, "create_connection", refuse)
        found = await try_out(peopled, CREATED, MAIL, records=[one])
    assert found["records"][0]["status"] == "succeeded"
    with rehearsal(), pytest.raises(RuntimeError):
        Letter(1, "key", 1, {})


NUMBERED = "INSERT INTO data.items (name) VALUES ('Άλλη') RETURNING number"


async def test_nobody_waits_for_a_number_while_a_test_goes_on(peopled: Office, monkeypatch: Any) -> None:
    await item(peopled)
    drawn: list[str] = []
    walk = rehearsing._walk

    async def walk_and_look(*given: Any) -> None:
        await walk(*given)
        drawn.append(await asyncio.wait_for(peopled.fetchval(NUMBERED), 2))

    monkeypatch.setattr(rehearsing, "_walk", walk_and_look)
    make = {"key": "make", "block": "create_record", "module": "items", "set": {"name": "x"}}
    asked = ToRehearse(document=draw(CREATED, make), module="items", form={"name": "Påhittad"})
    found = await rehearse(peopled.database, peopled.rights, asked)
    undone = {row["table"]: row["inserted"] for row in found["proof"]["undone"]}
    assert (found["proof"]["rolled_back"], undone["data.items"]) == (True, 2)
    drawn.append(await peopled.fetchval(NUMBERED))
    assert drawn == ["I-0004", "I-0005"]


async def test_a_test_shows_texts_and_chats_as_they_would_look(peopled: Office) -> None:
    nodes = [
        {"key": "sms", "block": "send_text", "to": [{"field": "phone"}], "text": "Γειά {{ record.name }}"},
        {"key": "chat", "block": "send_chat", "title": "{{ record.name }}", "text": "Look @here"},
    ]
    key = await item(peopled)
    answer = await rehearse(
        peopled.database,
        peopled.rights,
        ToRehearse(module="items", document=draw(CREATED, *nodes), records=[key]),
    )
    [record] = answer["records"]
    sms, chat = [step["messages"][0] for step in record["steps"]]
    assert (sms["channel"], sms["to"], sms["text"]) == ("text", ["+306941234567"], "Γειά Ωmega")
    assert (sms["encoding"], sms["parts"]) == ("UCS-2", 1)
    assert (chat["channel"], chat["title"], chat["text"]) == ("chat", "Ωmega", "Look @here")
    assert await peopled.fetchval("SELECT count(*) FROM whereupon.messages") == 0
