"""Whom a mail or a text message reaches: every kind of recipient, from the record to the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from tests.integration.outbox.conftest import Delivering, MailServer, Post
from tests.integration.outbox.test_delivery import all_are
from tests.office import Office, open_office

from whereupon.db.pool import Database
from whereupon.errors import Invalid
from whereupon.modules.definitions import FieldIn
from whereupon.people.organisation import Organisation, save_organisation
from whereupon.records.schema import DEFINER

CREATED = {"trigger": "record_created"}
MAIL = {"key": "mail", "block": "send_email", "subject": "Hi {{ record.name }}", "text": "There"}
TEXT = {"key": "sms", "block": "send_text", "text": "Hi {{ record.name }}"}


@pytest.fixture
async def office(database: Database) -> Office:
    """Ana leads Zoë, who owns the record; Ben is in the group with Zoë, and Eva left."""
    found = await open_office(database)
    async with database.transaction() as db:
        await DEFINER.add_field(db, "items", FieldIn.model_validate({"key": "phone", "type": "phone"}))
        await save_organisation(db, Organisation(phone_country="GR"), actor=None)
    ana = await found.user("ana@example.org")
    zoe = await found.user("zoe@example.org", manager=ana)
    ben = await found.user("ben@example.org")
    eva = await found.user("eva@example.org")
    await found.group("support", [zoe, ben, eva])
    await found.execute("UPDATE whereupon.users SET active = false WHERE id = $1", eva)
    phones = {ana: "694 000 0001", zoe: "694 000 0002", ben: None, eva: "694 000 0004"}
    for user, phone in phones.items():
        await found.execute("UPDATE whereupon.users SET phone = $2 WHERE id = $1", user, phone)
    found.keys = [str(ana), str(zoe)]
    return found


async def start(office: Office, node: Mapping[str, Any], **values: Any) -> Any:
    """Publish, make a record with a parent, and give its run."""
    await office.publish(
        {**CREATED, "filter": {"field": "name", "operator": "equals", "value": "Ωmega"}}, node
    )
    parent = await office.insert(name="Parent", email="parent@example.org", phone="694 000 0009")
    given = {"email": "omega@example.org", "phone": "+30 694 000 0005", "owner": int(office.keys[1])}
    item = await office.insert(name="Ωmega", parent=parent, **given | values)
    await office.settle()
    return (await office.runs(record_id=str(item)))[0]


KINDS: Sequence[tuple[str, dict[str, Any], list[str], list[str]]] = [
    ("field", {"field": "email"}, ["omega@example.org"], []),
    ("owner", {"owner": True}, ["zoe@example.org"], ["+306940000002"]),
    ("group", {"group": "support"}, ["ben@example.org", "zoe@example.org"], ["+306940000002"]),
    ("reference", {"field": "parent.email"}, ["parent@example.org"], []),
    ("manager", {"field": "owner.manager"}, ["ana@example.org"], ["+306940000001"]),
    ("address", {"address": "Office <office@example.org>"}, ["office@example.org"], []),
    ("formula", {"formula": 'LOWER(CONCAT(name, "@example.org"))'}, ["ωmega@example.org"], []),
    ("phone", {"field": "phone"}, [], ["+306940000005"]),
    ("parents phone", {"field": "parent.phone"}, [], ["+306940000009"]),
    ("number", {"number": "+44 7400 123456"}, [], ["+447400123456"]),
    ("phone formula", {"formula": 'CONCAT("69400000", "06")'}, [], ["+306940000006"]),
]
BY_MAIL = [(kind, to, mails) for kind, to, mails, _ in KINDS if mails]
BY_TEXT = [(kind, to, numbers) for kind, to, _, numbers in KINDS if numbers]


@pytest.mark.parametrize(("to", "reached"), [case[1:] for case in BY_MAIL], ids=[c[0] for c in BY_MAIL])
async def test_a_mail_reaches(
    office: Office,
    post: Post,
    delivering: Delivering,
    mail_server: MailServer,
    to: dict[str, Any],
    reached: list[str],
) -> None:
    await post.caps()
    await post.smtp(mail_server)
    await start(office, {**MAIL, "to": [to]})
    async with delivering():
        await post.until(all_are("sent"))
    assert sorted(mail_server.recipients[0]) == reached
    assert mail_server.mails[0]["Subject"] == "Hi Ωmega"


async def test_a_user_a_copy_a_hidden_copy_and_where_answers_go(
    office: Office, post: Post, delivering: Delivering, mail_server: MailServer
) -> None:
    await post.caps()
    await post.smtp(mail_server)
    people = {
        "to": [{"user": int(office.keys[0])}, {"owner": True}, {"address": "ANA@example.org"}],
        "cc": [{"group": "support"}], "bcc": [{"field": "email"}, {"field": "parent.email"}],
        "reply_to": [{"owner": True}], "from": "{{ record.name }} <desk@example.org>",
    }  # fmt: skip
    await start(office, MAIL | people)
    async with delivering():
        await post.until(all_are("sent"))
    [mail], [recipients] = mail_server.mails, mail_server.recipients
    assert str(mail["To"]) == "ANA@example.org, zoe@example.org", "each once, however it is written"
    assert str(mail["Cc"]) == "ben@example.org, zoe@example.org"
    assert mail["Bcc"] is None
    assert str(mail["Reply-To"]) == "zoe@example.org"
    assert str(mail["From"]) == "Ωmega <desk@example.org>"
    assert sorted(recipients) == sorted(
        ["ANA@example.org", "zoe@example.org", "ben@example.org", "omega@example.org", "parent@example.org"]
    )


async def test_a_saved_template_is_sent(
    office: Office, post: Post, delivering: Delivering, mail_server: MailServer
) -> None:
    await post.caps()
    await post.smtp(mail_server)
    source = {"subject": "Welcome {{ record.name }}", "html": "<p>Γειά <b>{{ record.name }}</b></p>"}
    await office.execute(
        "INSERT INTO whereupon.templates (key, name, source) VALUES ('welcome', 'Welcome', $1)", source
    )
    await office.execute("UPDATE whereupon.revision SET number = number + 1")
    await start(
        office, {"key": "m", "block": "send_email", "to": [{"field": "email"}], "template": "welcome"}
    )
    async with delivering():
        await post.until(all_are("sent"))
    [mail] = mail_server.mails
    assert mail["Subject"] == "Welcome Ωmega"
    html = mail.get_body(("html",))
    assert html is not None
    assert "Γειά <b>Ωmega</b>" in html.get_content()


@pytest.mark.parametrize(("to", "reached"), [case[1:] for case in BY_TEXT], ids=[c[0] for c in BY_TEXT])
async def test_a_text_message_reaches(
    office: Office, post: Post, delivering: Delivering, to: dict[str, Any], reached: list[str]
) -> None:
    run = await start(office, {**TEXT, "to": [to]})
    async with delivering():
        found = await post.until(all_are("sent"))
    assert [message["recipient"] for message in found] == reached
    [step] = await office.steps(run["id"])
    assert step["output"] | {"message_id": 0} == {
        "status": "queued", "message_id": 0, "messages": len(reached), "parts": 1, "characters": 8,
        "encoding": "GSM-7",
    }  # fmt: skip


async def test_a_number_that_is_meant_twice_gets_one_message(office: Office, post: Post) -> None:
    to = [{"field": "phone"}, {"number": "+30 6940000005"}, {"owner": True}]
    await start(office, {**TEXT, "to": to})
    assert [message["recipient"] for message in await post.all()] == ["+306940000005", "+306940000002"]


@pytest.mark.parametrize(
    ("phone", "text", "code", "says"),
    [
        ("12", "Hi", "bad_phone", 'Phone: "12" is not a phone number.'),
        ("Ωμέγα", "Hi", "bad_phone", 'Phone: "Ωμέγα" is not a phone number.'),
        ("", "Hi", "no_recipient", "the phone number is empty"),
        (None, "Hi", "no_recipient", "the phone number is empty"),
        ("6940000005", "{{ record.note }}", "text_too_long", "makes 7 parts; 3 are allowed"),
        ("6940000005", "{{ record.email }}", "text_too_long", "The text is empty"),
    ],
)
async def test_what_cannot_be_sent_fails_its_step_and_names_the_reason(
    office: Office, post: Post, phone: str | None, text: str, code: str, says: str
) -> None:
    run = await start(
        office, TEXT | {"to": [{"field": "phone"}], "text": text}, phone=phone, note="a" * 1_000, email=None
    )
    assert (run["status"], run["error"]["code"]) == ("failed", code)
    assert says in run["error"]["message"]
    assert await post.all() == []


async def test_a_run_that_needs_to_know_waits_for_what_became_of_its_texts(
    office: Office, post: Post, delivering: Delivering
) -> None:
    use = {"key": "use", "block": "update_record", "set": {"note": {"formula": "nodes.sms.status"}}}
    await office.publish(CREATED, {**TEXT, "to": [{"field": "phone"}]}, use)
    await office.insert(name="A", phone="6940000005")
    await office.settle()
    [run] = await office.runs()
    assert run["status"] == "waiting"
    async with delivering():
        await post.until(all_are("sent"))
    await office.settle()
    [run] = await office.runs()
    assert run["status"] == "succeeded", run["error"]
    assert (await office.item(int(run["record_id"])))["note"] == "sent"


@pytest.mark.parametrize(
    ("node", "path", "says"),
    [
        ({**TEXT, "to": [{"field": "phone"}], "provider": "slakc"}, "provider", "no provider"),
        ({**TEXT, "to": [{"number": "6940000005"}]}, "to/0/number", "no country code"),
        ({**TEXT, "to": [{"number": "twelve"}]}, "to/0/number", "not a phone number"),
        ({**TEXT, "to": [{"field": "amount"}]}, "to/0", "not a user or"),
        ({**TEXT, "to": [{"field": "phone"}], "text": "{{ record.phne }}"}, "text", "phne"),
        ({"key": "c", "block": "send_chat", "text": "x", "provider": "ops"}, "provider", "no provider"),
    ],
)
async def test_what_is_wrong_is_said_when_it_is_saved(
    office: Office, node: Mapping[str, Any], path: str, says: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await office.publish(CREATED, node)
    assert any(path in problem.path and says in problem.message for problem in refused.value.problems), (
        refused.value.problems
    )


async def test_a_chat_message_says_what_its_record_says(
    office: Office, post: Post, delivering: Delivering
) -> None:
    chat = {
        "key": "c", "block": "send_chat", "title": "{{ record.name }}", "text": "By {{ record.owner.name }}"
    }  # fmt: skip
    run = await start(office, chat)
    assert run["status"] == "succeeded"
    async with delivering():
        [message] = await post.until(all_are("sent"))
    assert message["recipient"] == "Chat"
    assert message["rendered"] == {
        "to": ["Chat"], "title": "Ωmega", "text": "By zoe", "provider": None
    }  # fmt: skip


# Caps --------------------------------------------------------------------------------------------------


async def test_copies_and_hidden_copies_are_counted(
    office: Office, post: Post, delivering: Delivering
) -> None:
    await post.caps(workflow_per_hour=5)
    await office.publish(
        CREATED,
        {**MAIL, "to": [{"field": "email"}], "cc": [{"group": "support"}], "bcc": [{"field": "email"}]},
    )
    for name in "ab":
        await office.insert(name=name, email=f"{name}@example.org")
    await office.settle()
    async with delivering():
        found = await post.until(all_are("sent", "held"))
    assert [message["status"] for message in found] == ["sent", "held"], "three recipients each, five allowed"
    async with post.database.connection() as db:
        count = await db.fetchval("SELECT count FROM whereupon.message_counters WHERE scope = 'workflow'")
    assert count == 3


async def test_a_person_in_copy_gets_no_more_than_anybody_in_a_day(
    office: Office, post: Post, delivering: Delivering
) -> None:
    await post.caps(recipient_per_day=2)
    await office.publish(
        CREATED, {**MAIL, "to": [{"field": "email"}], "bcc": [{"address": "BOSS@example.org"}]}
    )
    for name in "abc":
        await office.insert(name=name, email=f"{name}@example.org")
    await office.settle()
    async with delivering():
        found = await post.until(all_are("sent", "held"))
    assert [message["status"] for message in found] == ["sent", "sent", "held"]


@pytest.mark.parametrize(("channel", "held"), [("text", 1), ("chat", 0)])
async def test_a_number_has_a_cap_of_its_own_and_a_room_has_none(
    office: Office, post: Post, delivering: Delivering, channel: str, held: int
) -> None:
    await post.caps(recipient_per_day=2)
    node = {**TEXT, "to": [{"field": "phone"}]} if channel == "text" else {"key": "c", "block": "send_chat",
    "text": "Hi"}  # fmt: skip
    await office.publish(CREATED, node)
    for _ in range(3):
        await office.insert(name="a", phone="694 000 0005")
    await office.settle()
    async with delivering():
        found = await post.until(all_are("sent", "held"))
    assert [message["status"] for message in found].count("held") == held


async def test_a_condition_that_matches_5000_people_sends_50_mails_and_tells_one_owner(
    office: Office, post: Post, delivering: Delivering, mail_server: MailServer
) -> None:
    await post.caps(first_messages=50)
    await post.smtp(mail_server)
    await office.publish(
        {"trigger": "record_updated", "fields": ["status"]}, {**MAIL, "to": [{"field": "email"}]}
    )
    await office.execute(
        "INSERT INTO data.items (name, email, status) "
        "SELECT 'n' || i, 'p' || i || '@example.org', 'new' FROM generate_series(1, 5000) i"
    )
    await office.settle()
    await office.execute("UPDATE data.items SET status = 'open'")
    await office.settle()
    async with delivering(), delivering():
        await post.until(lambda found: len(found) == 5_000 and "queued" not in found, 60)
        found = await post.until(all_are("sent", "held"), 30)
    statuses = [message["status"] for message in found]
    assert (statuses.count("sent"), statuses.count("held")) == (50, 4_950)
    assert len(mail_server.mails) == 50
    assert await office.fetchval("SELECT count(*) FROM whereupon.notifications") == 1
