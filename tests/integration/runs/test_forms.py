"""Forms: filled in by people of the office, or by somebody outside who has the link; answers go on."""

from typing import Any

import pytest
from tests.office import Office, draw

from whereupon.errors import Conflict, Gone, Invalid, NotFound
from whereupon.people.forms import Filled, accept_answers, fill_in, fill_in_by_link, form_of_link
from whereupon.people.questions import list_questions
from whereupon.people.rights import load_rights
from whereupon.runs.prefilling import values_of_form
from whereupon.runs.rehearsal import ToRehearse, rehearse

MANUAL = {"trigger": "manual"}
FIELDS = [
    {"name": "answer", "label": "Answer", "type": "select", "choices": ["Ναι", "Όχι"], "required": True},
    {"name": "days", "label": "Days", "type": "integer"},
]
FORM = {"key": "form", "block": "ask_form", "title": "What did {{ record.name }} say?", "fields": FIELDS}
WORDS = 'CONCAT(nodes.form.answer, " ", nodes.form.days + 1, " ", nodes.form.by)'
SAID = {"key": "note", "block": "update_record", "set": {"note": {"formula": WORDS}}}
EDGES = [["start", "next", "form"], ["form", "filled", "note"]]
WEEK = {"time_limit": {"amount": 7, "unit": "days"}}


async def asks(office: Office, *more: Any, **config: Any) -> int:
    key = await office.publish(
        MANUAL, FORM | config, SAID, *more, edges=[*EDGES, *(["form", "timeout", m["key"]] for m in more)]
    )
    item = await office.insert(name="Zoë", email="zoe@example.org")
    await office.by_hand(key, [str(item)])
    return item


async def fills(office: Office, user: int, **values: Any) -> None:
    async with office.database.transaction() as db:
        question = (await list_questions(db, office.rights, everyone=True, waiting=None))[0]
        await fill_in(db, await load_rights(db, user), question["id"], Filled(values=values))
    await office.settle()


async def token(office: Office) -> str:
    (message,) = await office.fetch("SELECT context FROM whereupon.messages")
    return str(message["context"]["question"]["link"]).rpartition("/")[2]


async def test_answers_are_there_for_later_blocks(office: Office) -> None:
    ana = await office.user("ana@example.org", name="Ána")
    item = await asks(office, ask=[{"user": ana}])
    assert (await office.runs())[0]["status"] == "waiting"
    await fills(office, ana, answer="Ναι", days=2)
    assert (await office.item(item))["note"] == "Ναι 3 Ána"
    with pytest.raises(Conflict):
        await fills(office, ana, answer="Ναι")


WRONG = [
    ({}, {"/values/answer": "missing"}),
    ({"answer": "Maybe"}, {"/values/answer": "unknown_choice"}),
    ({"answer": "Ναι", "days": "many"}, {"/values/days": "wrong_type"}),
    ({"answer": "Ναι", "dayz": 1}, {"/values/dayz": "unknown_field"}),
    ({"answer": "a\x00b"}, {"/values/answer": "bad_character"}),
]


@pytest.mark.parametrize(("values", "wrong"), WRONG)
async def test_what_does_not_fit_is_named_at_its_field(
    office: Office, values: dict[str, Any], wrong: dict[str, str]
) -> None:
    ana = await office.user("ana@example.org")
    await asks(office, ask=[{"user": ana}])
    with pytest.raises(Invalid) as refused:
        await fills(office, ana, **values)
    assert {problem.path for problem in refused.value.problems} == set(wrong)
    assert (await office.runs())[0]["status"] == "waiting"


async def test_fields_of_the_record_are_written_into_it_as_the_publisher(office: Office) -> None:
    ana = await office.user("ana@example.org")
    item = await asks(office, ask=[{"user": ana}], record_fields=["due_date", "amount", "status"])
    await fills(office, ana, answer="Ναι", days=1, due_date="2026-05-04", amount="12.50", status="open")
    row = await office.item(item)
    assert (str(row["due_date"]), str(row["amount"]), row["status"]) == ("2026-05-04", "12.50", "open")
    (change,) = await office.fetch(
        "SELECT actor_id, origin, run_id FROM whereupon.changes WHERE op = 'U' "
        "AND new->>'due_date' IS NOT NULL AND old->>'due_date' IS NULL"
    )
    assert (change["actor_id"], change["origin"]) == (office.admin, "workflow")
    assert change["run_id"] == (await office.runs())[0]["id"]


async def test_a_form_has_in_it_what_the_record_has_where_its_author_chose_that(office: Office) -> None:
    ana = await office.user("ana@example.org")
    for prefill, shown, left in (
        (False, {}, "open"),
        (True, {"status": "open", "email": "zoe@example.org"}, None),
    ):
        item = await asks(
            office, ask=[{"user": ana}], record_fields=["due_date", "status", "email"], prefill=prefill
        )
        await office.execute("UPDATE data.items SET status = 'open' WHERE id = $1", item)
        async with office.database.transaction() as db:
            (question,) = await list_questions(db, office.rights, everyone=True)
            assert await values_of_form(db, question["id"]) == shown
            # Not what those may read for whom the run does not act, and nothing once nobody waits for it.
            await db.execute("UPDATE whereupon.users SET active = false WHERE id = $1", office.admin)
            assert await values_of_form(db, question["id"]) == {}
            await db.execute("UPDATE whereupon.users SET active = true WHERE id = $1", office.admin)
        await fills(office, ana, answer="Ναι", days=1, due_date="2026-05-04")
        row = await office.item(item)
        # What was never shown stays, though nothing was said of it; what was shown and made empty is empty.
        assert (str(row["due_date"]), row["status"]) == ("2026-05-04", left)


async def test_somebody_outside_fills_it_in_by_a_link_that_works_once(office: Office) -> None:
    item = await asks(office, outside={"field": "email"}, text="Please answer", **WEEK)
    secret = await token(office)
    assert len(secret) >= 43  # 256 bits
    stored = await office.fetchval("SELECT questions::text FROM whereupon.questions")
    assert secret not in stored
    async with office.database.transaction() as db:
        form = await form_of_link(db, secret)
        assert (form["title"], [field["key"] for field in form["fields"]]) == (
            "What did Zoë say?",
            ["answer", "days"],
        )
        await fill_in_by_link(db, secret, Filled(values={"answer": "Όχι", "days": 4}))
    await office.settle()
    assert (await office.item(item))["note"] == "Όχι 5 "
    async with office.database.transaction() as db:
        with pytest.raises(Gone, match="filled in already"):
            await form_of_link(db, secret)
        with pytest.raises(NotFound):
            await form_of_link(db, secret[:-1])


async def test_the_link_ends_with_the_time(office: Office) -> None:
    late = {"key": "late", "block": "update_record", "set": {"note": "late"}}
    item = await asks(office, late, outside={"field": "email"}, **WEEK)
    secret = await token(office)
    await office.execute("UPDATE whereupon.questions SET due_at = due_at - interval '8 days'")
    async with office.database.transaction() as db:
        with pytest.raises(Gone, match="time for this form is up"):
            await fill_in_by_link(db, secret, Filled(values={"answer": "Ναι"}))
    await office.skip_time("8 days")
    assert (await office.item(item))["note"] == "late"


async def test_a_link_without_an_end_is_refused(office: Office) -> None:
    with pytest.raises(Invalid, match=r"has to end|cannot be published"):
        await asks(office, outside={"field": "email"})


async def test_a_test_sends_no_link_and_shows_the_questions(office: Office) -> None:
    item = await office.insert(name="Zoë", email="zoe@example.org")
    document = draw(MANUAL, FORM | {"outside": {"field": "email"}, **WEEK}, SAID, edges=EDGES)
    found = await rehearse(office.database, office.rights, ToRehearse(document, "items", [str(item)]))
    step = found["records"][0]["steps"][0]
    assert step["questions"][0]["kind"] == "form"
    assert step["messages"][0]["to"] == ["zoe@example.org"]
    assert await office.fetch("SELECT id FROM whereupon.messages") == []


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("decimal", "12.50", 12.5), ("decimal", 3, 3), ("integer", 7, 7), ("boolean", True, True),
        ("date", "2026-02-28", "2026-02-28"), ("text", "", None), ("email", "Ä@Example.org", "Ä@Example.org"),
    ],
)  # fmt: skip
def test_answers_are_kept_as_json(kind: str, value: Any, kept: Any) -> None:
    found = accept_answers([{"key": "x", "label": "X", "type": kind}], {"x": value})["x"]
    assert found == kept or (kind == "email" and found is not None)
