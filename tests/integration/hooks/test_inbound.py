"""Another program starts a workflow: what is taken, what is refused, and that it is done once."""

from __future__ import annotations

import asyncio
import base64
import time
from typing import Any

import pytest
from tests.integration.hooks.conftest import BODY, LEAD, NOTE, Receiver, token_of
from tests.office import draw

from whereupon.outbox.secrets import load_key
from whereupon.outbox.signing import CHAIN_HEADER, sign_chain, sign_webhook
from whereupon.people.rights import load_rights
from whereupon.settings import Settings
from whereupon.workers.pruner import Pruner


async def test_what_arrives_becomes_a_record_and_variables_of_the_run(receiver: Receiver):
    await receiver.open()
    answer = await receiver.send({**BODY, "tags": ["α", 1.5]})
    assert answer.status_code == 202, answer.text
    taken = answer.json()
    assert taken["status"] == "queued"
    assert taken["record"] == {"module": "items", "id": taken["record"]["id"], "created": True}
    await receiver.office.settle()
    item = await receiver.office.item(int(taken["record"]["id"]))
    assert (item["name"], item["email"], str(item["amount"])) == ("Ζωή Παππά", "zoe@example.org", "12.50")
    assert item["note"] == "From Ζωή Παππά"
    (run,) = await receiver.office.runs(workflow=receiver.workflow)
    assert (run["id"], run["status"], run["started_by"]) == (taken["run"], "succeeded", "webhook")
    assert run["data"]["@trigger"]["tags"] == ["α", 1.5]
    made = await receiver.office.fetch("SELECT * FROM whereupon.changes WHERE op = 'I' ORDER BY id")
    assert [(c["run_id"], c["actor_id"]) for c in made] == [(run["id"], receiver.office.admin)]


async def test_a_record_that_is_there_is_found_whatever_the_case_of_its_letters(receiver: Receiver):
    await receiver.open()
    item = await receiver.office.insert(name="Zoë", email="Zoe@Example.org")
    await receiver.office.settle()
    answer = (await receiver.send()).json()
    assert answer["record"] == {"module": "items", "id": str(item), "created": False}
    await receiver.office.settle()
    found = await receiver.office.item(item)
    assert (found["name"], found["amount"], found["note"]) == ("Zoë", None, "From Ζωή Παππά")


async def test_a_found_record_is_filled_in_with_what_arrived_and_keeps_the_rest(receiver: Receiver):
    await receiver.open({**LEAD, "found": "update"})
    item = await receiver.office.insert(name="Zoë", email="zoe@example.org", amount=3)
    body = {"name": "Zoe P.", "contact": {"email": "zoe@example.org"}, "amount": None}
    assert (await receiver.send(body)).status_code == 202
    found = await receiver.office.item(item)
    assert (found["name"], found["amount"]) == ("Zoe P.", 3)


async def test_without_a_module_the_run_has_no_record(receiver: Receiver):
    trigger = {"trigger": "webhook", "variables": [{"name": "kind"}, {"name": "n", "type": "integer"}]}
    tell = {"key": "tell", "block": "notify", "to": [{"user": receiver.office.admin}],
            "title": "{{ trigger.kind }}: {{ trigger.n }}"}  # fmt: skip
    await receiver.open({**trigger, "filter": {"field": "trigger.n", "operator": "greater_than", "value": 2}},
                        tell, module=None)  # fmt: skip
    assert (await receiver.send({"kind": "ring", "n": 3})).json()["record"] is None
    skipped = await receiver.send({"kind": "ring", "n": 1})
    assert (skipped.status_code, skipped.json()) == (202, {"run": None, "status": "skipped", "record": None})
    await receiver.office.settle()
    assert await receiver.office.fetchval("SELECT array_agg(title) FROM whereupon.notifications") == [
        "ring: 3"
    ]
    assert [one["outcome"] for one in await receiver.deliveries()] == ["skipped", "queued"]


WRONG: list[tuple[str, Any, list[tuple[str, str]]]] = [
    ("nothing", {}, [("/name", "required"), ("/contact/email", "required")]),
    ("empty", {"name": "", "contact": {"email": ""}},
     [("/name", "required"), ("/contact/email", "required")]),
    ("no address", {"name": "Ω", "contact": {"email": "Ω"}}, [("/contact/email", "not_an_email")]),
    ("a list", {"name": ["Ω"], "contact": []}, [("/name", "wrong_type"), ("/contact/email", "required")]),
    ("two wrong", {"name": 5, "contact": {"email": "a@b.example"}, "amount": "ten"},
     [("/name", "wrong_type"), ("/amount", "wrong_type")]),
    ("too many digits", {"name": "x", "contact": {"email": "a@b.example"}, "amount": "1.12345"},
     [("/amount", "too_precise")]),
    ("no object", ["name"], [("", "not_an_object")]),
    ("null", None, [("", "not_an_object")]),
    ("nested", {"name": "x", "contact": {"email": "a@b.example"}, "tags": 0}, [("", "too_deep")]),
    ("control character", {"name": "a\x07b", "contact": {"email": "a@b.example"}},
     [("/name", "bad_character")]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "wrong"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
async def test_every_wrong_part_is_named_where_it_stands(receiver: Receiver, body: Any, wrong: Any):
    await receiver.open()
    if isinstance(body, dict) and body.get("tags") == 0:
        for _ in range(40):
            body = {**body, "tags": [body["tags"]]}
    answer = await receiver.send("null" if body is None else body)
    assert answer.status_code == 422, answer.text
    assert [(p["path"], p["code"]) for p in answer.json()["problems"]] == wrong
    assert await receiver.office.fetchval("SELECT count(*) FROM data.items") == 0
    (kept,) = await receiver.deliveries()
    assert (kept["status"], kept["run_id"]) == (422, None)
    assert [p["path"] for p in kept["problems"]] == [path for path, _ in wrong]


MALFORMED = [
    ("no JSON", b"{", {}, 400),
    ("not UTF-8", b'{"name": "\xff"}', {}, 400),
    ("NaN", b'{"name": NaN}', {}, 400),
    ("NUL", b'{"name": "\\u0000"}', {}, 422),
    ("half a surrogate pair", b'{"name": "\\ud800"}', {}, 400),
    ("a bomb of brackets", b"[" * 200_000, {}, 400),
    ("a form", b"name=x", {"content-type": "application/x-www-form-urlencoded"}, 415),
    ("compressed", b"{}", {"content-encoding": "gzip"}, 415),
    ("too large", b'{"name": "' + b"x" * 1_000_001 + b'"}', {}, 413),
    ("nothing", b"", {}, 400),
]


@pytest.mark.parametrize(
    ("raw", "headers", "status"), [c[1:] for c in MALFORMED], ids=[c[0] for c in MALFORMED]
)
async def test_what_is_no_json_is_refused_and_noted(
    receiver: Receiver, raw: bytes, headers: dict[str, str], status: int
):
    await receiver.open()
    answer = await receiver.send(raw, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert [one["status"] for one in await receiver.deliveries()] == [status]


async def test_no_secret_no_entry(receiver: Receiver):
    await receiver.open()
    for path, status in [
        ("/api/v1/hooks", 401), ("/api/v1/hooks/x", 404), (receiver.path[:-1], 404),
        (receiver.path.replace("whk_", "whk-"), 404), (receiver.path + "x", 404),
        ("/api/v1/hooks/" + "é" * 40, 404),
    ]:  # fmt: skip
        answer = await receiver.client.post(path, json=dict(BODY))
        assert answer.status_code == status, (path, answer.text)
    assert await receiver.office.fetchval("SELECT count(*) FROM data.items") == 0
    stored = await receiver.office.fetchval("SELECT row_to_json(h)::text FROM whereupon.hooks h")
    assert receiver.path.rpartition("/")[2][8:] not in stored


async def test_a_new_address_ends_the_one_before(receiver: Receiver):
    await receiver.open()
    old, address = receiver.path, f"/api/v1/workflows/{receiver.workflow}/hook"
    receiver.path = (await receiver.builder.post(address)).json()["path"]
    assert (await receiver.client.post(old, json=dict(BODY))).status_code == 404
    assert (await receiver.send()).status_code == 202
    assert (await receiver.builder.delete(address)).status_code == 204
    assert (await receiver.send()).status_code == 404
    actions = await receiver.office.fetch(
        "SELECT action FROM whereupon.audit WHERE action LIKE '%hook' ORDER BY id"
    )
    assert [row["action"] for row in actions] == ["create_hook", "rotate_hook", "remove_hook"]


# Signatures ------------------------------------------------------------------------------------------


async def signing(receiver: Receiver) -> str:
    made = await receiver.builder.post(f"/api/v1/workflows/{receiver.workflow}/hook/signature")
    assert made.status_code == 201, made.text
    return made.json()["secret"]


RAW = b'{"name": "Zoe", "contact": {"email": "zoe@example.org"}}'


def tampered(name: str, secret: str) -> tuple[bytes, dict[str, str]]:
    """A request that is wrong in one way."""
    now = int(time.time())
    good = dict(sign_webhook(secret, "msg_1", now, RAW))
    other = "whsec_" + base64.b64encode(b"x" * 32).decode()
    match name:
        case "not signed":
            return RAW, {}
        case "no id":
            return RAW, {k: v for k, v in good.items() if k != "webhook-id"}
        case "no time":
            return RAW, {k: v for k, v in good.items() if k != "webhook-timestamp"}
        case "no signature":
            return RAW, {k: v for k, v in good.items() if k != "webhook-signature"}
        case "another body":
            return RAW.replace(b"Zoe", b"Eve"), good
        case "another id":
            return RAW, good | {"webhook-id": "msg_2"}
        case "another time":
            return RAW, good | {"webhook-timestamp": str(now + 1)}
        case "another secret":
            return RAW, dict(sign_webhook(other, "msg_1", now, RAW))
        case "too old":
            return RAW, dict(sign_webhook(secret, "msg_1", now - 301, RAW))
        case "from the future":
            return RAW, dict(sign_webhook(secret, "msg_1", now + 302, RAW))
        case "another version":
            return RAW, good | {"webhook-signature": good["webhook-signature"].replace("v1,", "v2,")}
        case "empty signature":
            return RAW, good | {"webhook-signature": "v1,"}
        case "a time that is none":
            return RAW, good | {"webhook-timestamp": "1e9"}
        case _:
            return RAW, good | {"webhook-signature": "v1," + "A" * 5000}


TAMPERED = ("not signed", "no id", "no time", "no signature", "another body", "another id", "another time",
            "another secret", "too old", "from the future", "another version", "empty signature",
            "a time that is none", "nonsense")  # fmt: skip


async def test_what_is_not_soundly_signed_is_refused_and_nothing_of_it_is_kept(receiver: Receiver):
    await receiver.open()
    secret = await signing(receiver)
    for name in TAMPERED:
        raw, headers = tampered(name, secret)
        answer = await receiver.send(raw, headers=headers)
        assert answer.status_code == 401, (name, answer.text)
    assert await receiver.office.fetchval("SELECT count(*) FROM data.items") == 0
    kept = await receiver.deliveries()
    assert [one["status"] for one in kept] == [401] * len(TAMPERED)
    assert all(one["payload"] is None for one in kept)


async def test_a_signed_delivery_is_done_once_and_its_repetition_gets_the_same_answer(receiver: Receiver):
    await receiver.open({**LEAD, "match": None})
    secret = await signing(receiver)
    headers = dict(sign_webhook(secret, "msg_1", int(time.time()), RAW))
    first, again = await receiver.send(RAW, headers=headers), await receiver.send(RAW, headers=headers)
    later = dict(sign_webhook(secret, "msg_1", int(time.time()) + 5, RAW))
    third = await receiver.send(RAW, headers=later)
    assert [a.status_code for a in receiver.answers] == [202, 202, 202]
    assert first.json() == again.json() == third.json()
    assert await receiver.office.fetchval("SELECT count(*) FROM data.items") == 1
    other = RAW.replace(b"Zoe", b"Eve")
    clash = await receiver.send(other, headers=dict(sign_webhook(secret, "msg_1", int(time.time()), other)))
    assert clash.status_code == 409


async def test_many_at_once_with_one_id_make_one_record_and_about_one_person_too(receiver: Receiver):
    await receiver.open()
    same = [receiver.send(headers={"webhook-id": "one"}) for _ in range(5)]
    others = [receiver.send(headers={"webhook-id": f"n{n}"}) for n in range(5)]
    answers = await asyncio.gather(*same, *others)
    assert {a.status_code for a in answers} == {202}
    assert await receiver.office.fetchval("SELECT count(*) FROM data.items") == 1
    assert await receiver.office.fetchval("SELECT count(*) FROM whereupon.runs") == 6


async def test_a_signing_secret_is_nowhere_in_the_database(receiver: Receiver):
    await receiver.open()
    secret = await signing(receiver)
    rows = await receiver.office.fetch("SELECT row_to_json(s)::text AS row FROM whereupon.secrets s")
    assert len(rows) == 1
    assert secret.removeprefix("whsec_") not in rows[0]["row"]
    left = await receiver.builder.request("DELETE", f"/api/v1/workflows/{receiver.workflow}/hook/signature")
    assert left.json()["signed"] is False
    assert await receiver.office.fetch("SELECT * FROM whereupon.secrets") == []
    assert (await receiver.send()).status_code == 202


# Whose rights, which state ---------------------------------------------------------------------------


async def test_too_many_in_a_minute_have_to_wait(receiver: Receiver):
    await receiver.open()
    address = f"/api/v1/workflows/{receiver.workflow}/hook"
    assert (await receiver.builder.patch(address, json={"per_minute": 2})).json()["per_minute"] == 2
    answers = [await receiver.send() for _ in range(3)]
    assert [a.status_code for a in answers] == [202, 202, 429]
    assert int(answers[2].headers["retry-after"]) > 0


async def test_a_workflow_that_is_not_active_takes_nothing(receiver: Receiver):
    await receiver.open()
    await receiver.office.execute("UPDATE whereupon.workflows SET state = 'disabled'")
    assert (await receiver.send()).status_code == 409
    await receiver.office.execute("UPDATE whereupon.workflows SET state = 'deleted'")
    assert (await receiver.send()).status_code == 404


async def test_nothing_is_done_in_the_name_of_somebody_who_is_disabled(receiver: Receiver):
    await receiver.open()
    await receiver.office.execute("UPDATE whereupon.users SET active = false")
    answer = await receiver.send()
    assert answer.status_code == 503
    assert await receiver.office.fetchval("SELECT count(*) FROM data.items") == 0


async def test_the_record_is_written_with_the_publishers_rights(receiver: Receiver):
    office = receiver.office
    await office.execute("INSERT INTO whereupon.roles (key, name, builder) VALUES ('maker', 'Maker', true)")
    grant = """INSERT INTO whereupon.role_modules (role_id, module_id, can_read, can_create, can_update)
    SELECT r.id, m.id, 'all', 'all', 'all' FROM whereupon.roles r, whereupon.modules m
    WHERE r.key = 'maker' AND m.key = 'items'"""
    await office.execute(grant)
    maker = await office.user("maker@example.org", role="maker")
    async with office.database.connection() as db:
        rights = await load_rights(db, maker)
    await receiver.open(rights=rights)
    assert (await receiver.send()).status_code == 202
    await office.execute("UPDATE whereupon.role_modules SET can_create = 'none'")
    await office.execute("UPDATE whereupon.revision SET number = number + 1")
    other = {"name": "Nobody", "contact": {"email": "new@example.org"}}
    answer = await receiver.send(other)
    assert answer.status_code == 409, answer.text
    assert await office.fetchval("SELECT count(*) FROM data.items") == 1


async def test_a_chain_of_our_own_goes_on_and_a_forged_one_is_not_believed(receiver: Receiver, tmp_path: Any):
    await receiver.open({"trigger": "webhook"}, {"key": "end", "block": "stop"}, module=None)
    key = load_key(Settings(data=tmp_path))
    workflow = await receiver.office.fetchval("SELECT id FROM whereupon.workflows")
    await receiver.send({}, headers={CHAIN_HEADER: sign_chain(key, [[workflow, 0, "", None]])})
    await receiver.send({}, headers={CHAIN_HEADER: "AAAA"})
    long = [[n + 100, 1, "1", None] for n in range(16)]
    stopped = await receiver.send({"deep": 1}, headers={CHAIN_HEADER: sign_chain(key, long)})
    runs = await receiver.office.runs()
    assert [run["depth"] for run in runs][:2] == [2, 1]
    assert (stopped.status_code, stopped.json()["status"]) == (202, "failed")
    assert runs[2]["error"]["code"] == "loop"
    state = runs[0]["chain"][-1][3]
    back = [[workflow, 0, "", state]]
    assert (await receiver.send({}, headers={CHAIN_HEADER: sign_chain(key, back)})).json()[
        "status"
    ] == "failed"


async def test_values_are_shown_only_to_those_who_may_read_them(receiver: Receiver):
    await receiver.open()
    await receiver.send({"name": 5, "contact": {"email": "Ω canary"}})
    (seen,) = await receiver.deliveries()
    assert seen["whole"]
    assert "canary" in str(seen)
    office = receiver.office
    await office.execute("INSERT INTO whereupon.roles (key, name, builder) VALUES ('maker', 'Maker', true)")
    maker = await office.user("maker@example.org", role="maker")
    token = await token_of(office.database, maker)
    address = f"/api/v1/workflows/{receiver.workflow}/hook/deliveries"
    theirs = await receiver.client.get(address, headers={"authorization": f"Bearer {token}"})
    assert theirs.status_code == 200
    assert "canary" not in theirs.text
    assert theirs.json()["items"][0]["problems"][0]["path"] == "/name"


async def test_only_the_latest_refusals_are_kept(receiver: Receiver):
    await receiver.open()
    address = f"/api/v1/workflows/{receiver.workflow}/hook"
    await receiver.builder.patch(address, json={"per_minute": 1000})
    for _ in range(55):
        await receiver.send({})
    assert await receiver.office.fetchval("SELECT count(*) FROM whereupon.hook_deliveries") == 50


async def test_what_came_long_ago_is_forgotten(receiver: Receiver):
    await receiver.open()
    await receiver.send()
    await receiver.send({})
    old = "UPDATE whereupon.hook_deliveries SET received_at = now() - interval '15 days' WHERE status = 422"
    await receiver.office.execute(old)
    assert (await Pruner(receiver.office.database).round())["hook deliveries"] == 1
    assert [one["status"] for one in await receiver.deliveries()] == [202]


async def test_several_records_with_the_value_are_no_match(receiver: Receiver):
    await receiver.open()
    for _ in range(2):
        await receiver.office.insert(name="Twin", email="zoe@example.org")
    answer = await receiver.send()
    assert answer.status_code == 422
    assert [(p["path"], p["code"]) for p in answer.json()["problems"]] == [
        ("/contact/email", "several_records")
    ]


async def test_where_a_record_must_be_there_none_is_made(receiver: Receiver):
    await receiver.open({**LEAD, "missing": "refuse"})
    answer = await receiver.send()
    assert [p["code"] for p in answer.json()["problems"]] == ["no_such_record"]


async def test_a_run_again_keeps_what_arrived(receiver: Receiver):
    await receiver.open()
    taken = (await receiver.send()).json()
    await receiver.office.settle()
    await receiver.office.execute("UPDATE data.items SET note = NULL")
    again = await receiver.builder.post(f"/api/v1/runs/{taken['run']}/rerun", json={})
    assert again.status_code in (200, 201), again.text
    await receiver.office.settle()
    assert (await receiver.office.item(int(taken["record"]["id"])))["note"] == "From Ζωή Παππά"


async def test_a_draft_is_tried_with_what_would_arrive_and_nothing_is_kept(receiver: Receiver):
    document = draw({**LEAD, "filter": {"field": "trigger.name", "operator": "contains", "value": "Ζ"}}, NOTE)
    asked = {"document": document, "module": "items"}
    tried = await receiver.builder.post("/api/v1/workflows/test", json={**asked, "arrived": BODY})
    assert tried.status_code == 200, tried.text
    (record,) = tried.json()["records"]
    assert (record["taken"], record["happened"], record["status"]) == (True, "created", "succeeded")
    written = [change["operation"] for change in record["steps"][0]["changes"]]
    assert written == ["created", "updated"]
    assert "From Ζωή Παππά" in str(record["steps"][0]["changes"])
    other = {**BODY, "name": "Adam"}
    told = (await receiver.builder.post("/api/v1/workflows/test", json={**asked, "arrived": other})).json()
    assert (told["records"][0]["taken"], told["records"][0]["steps"]) == (False, [])
    assert told["records"][0]["explained"]["held"] is False
    assert record["explained"]["held"] is True
    anyway = {**asked, "arrived": other, "anyway": True}
    told = (await receiver.builder.post("/api/v1/workflows/test", json=anyway)).json()
    assert told["records"][0]["status"] == "succeeded"
    wrong = await receiver.builder.post("/api/v1/workflows/test", json={**asked, "arrived": {"name": "Ω"}})
    assert [p["path"] for p in wrong.json()["problems"]] == ["/arrived/contact/email"]
    assert await receiver.office.fetchval("SELECT count(*) FROM data.items") == 0
    assert await receiver.office.fetchval("SELECT count(*) FROM whereupon.runs") == 0
