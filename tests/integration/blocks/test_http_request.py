"""Requests leave after the commit, say what the publisher may read, and come back as values or failures.

Against a real server on loopback, which misbehaves when asked to.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook
from tests.office import Office, draw
from tests.receiver import Heard, Receiver, ok, receiver

from whereupon.db.pool import Database
from whereupon.errors import Invalid
from whereupon.modules.catalog import load_catalog
from whereupon.modules.define import defining
from whereupon.modules.definitions import ModuleIn
from whereupon.outbox.networks import EgressSettings, save_egress
from whereupon.outbox.secrets import load_key
from whereupon.outbox.shared_secrets import NewSecret, create_secret
from whereupon.outbox.signing import CHAIN_HEADER, read_chain
from whereupon.people.rights import load_rights
from whereupon.records.schema import DEFINER
from whereupon.runs.arrivals import find_hook, read_arrival
from whereupon.runs.hooks import make_address
from whereupon.runs.intake import take_in
from whereupon.runs.rehearsal import ToRehearse, rehearse
from whereupon.sdk.outside import Patience
from whereupon.settings import Settings
from whereupon.workers.caller import Caller

CREATED = {"trigger": "record_created"}
CANARY = "canary-κλειδί-9f8e7d6c5b4a"
SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EVERYWHERE = """
SELECT format('SELECT %L AS place, count(*) AS hits FROM %I.%I t WHERE t::text LIKE ''%%'' || $1 || ''%%''',
  schemaname || '.' || relname, schemaname, relname) AS sql
FROM pg_stat_user_tables WHERE schemaname IN ('whereupon', 'data')
"""


@pytest.fixture
async def other() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        yield made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)  # pyright: ignore[reportCallIssue]


@pytest.fixture
async def caller(office: Office, database: Database, settings: Settings) -> AsyncIterator[Caller]:
    """A worker's caller, in an office that allows requests to this machine."""
    async with database.transaction() as db:
        await save_egress(db, EgressSettings(allowed_networks=["127.0.0.0/8"]))
        for key, value in (("token", CANARY), ("signing", SIGNING)):
            new = NewSecret(key=key, host="127.0.0.1", value=value)
            await create_secret(db, office.rights, load_key(settings), new)
    stop = asyncio.Event()
    made = Caller(database, settings)
    task = asyncio.create_task(made.run(stop))
    yield made
    stop.set()
    await task


async def settle(office: Office, caller: Caller, *, seconds: float = 10.0, tried: int = 0) -> None:
    """Until no call is open; with `tried`, until one has been tried so often."""
    for _ in range(int(seconds / 0.02)):
        await office.settle()
        caller.wake.ring()
        rows = await office.fetch(
            "SELECT attempts, status FROM whereupon.calls WHERE status IN ('queued', 'calling')"
        )
        if tried and any(row["attempts"] >= tried and row["status"] == "queued" for row in rows):
            return
        if not rows:
            await office.settle()
            return
        await asyncio.sleep(0.02)
    raise AssertionError("It does not come to rest.")


def request(url: str, **config: Any) -> Mapping[str, Any]:
    return {"key": "call", "block": "http_request", "url": url, "tries": "once", **config}


async def made(office: Office, caller: Caller, node: Mapping[str, Any], **values: Any) -> Any:
    """The run of one new record."""
    await office.publish(CREATED, node)
    await office.insert(**{"name": "Ωmega", **values})
    await settle(office, caller)
    return (await office.runs())[0]


# What is sent -------------------------------------------------------------------------------------------


async def test_the_record_goes_along_with_all_its_fields_and_its_type(
    office: Office, other: Receiver, caller: Caller
) -> None:
    parent = await office.insert(name="Parent")
    run = await made(office, caller, request(f"{other.url}/hook"), amount=12.5, status="new", parent=parent)
    [heard] = other.heard
    assert (run["status"], heard.method, heard.path) == ("succeeded", "POST", "/hook")
    assert heard.headers["content-type"] == "application/json"
    assert heard.headers["idempotency-key"] == f"{run['id']}-call-0"
    sent: Any = heard.json
    record = sent["record"]
    assert (sent["type"], str(record["id"])) == ("items", run["record_id"])
    assert (record["name"], record["amount"], record["status"]) == ("Ωmega", 12.5, "new")
    assert (record["parent"], record["email"]) == (parent, None)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_each_method_says_what_it_should(
    office: Office, other: Receiver, caller: Caller, method: str
) -> None:
    query = {"q": "{{ record.name }} & more=1#x", "a b": "c"}
    node = request(
        f"{other.url}/items/{{{{ record.name }}}}?x=1", method=method, query=query, body="json",
        values={
            "title": {"field": "name"}, "customer.email": {"field": "email"}, "customer.kind": "office",
            "total": {"formula": "amount * 2"}, "due": {"field": "due_date"}, "fixed": 5, "yes": True,
            "told": "New: {{ record.name }}",
        },
        headers={"X-Name": "{{ record.status }}"},
    )  # fmt: skip
    run = await made(office, caller, node, name="a/b?c&d", amount="12.34", status="open", email="a@b.example")
    [heard] = other.heard
    assert run["status"] == "succeeded"
    assert heard.path == "/items/a%2Fb%3Fc%26d?x=1&q=a%2Fb%3Fc%26d%20%26%20more%3D1%23x&a%20b=c"
    assert (heard.method, heard.headers["x-name"]) == (method, "open")
    if method in ("GET", "DELETE"):
        assert heard.body == b""
        return
    assert heard.json == {
        "title": "a/b?c&d", "customer": {"email": "a@b.example", "kind": "office"}, "total": 24.68,
        "due": None, "fixed": 5, "yes": True, "told": "New: a/b?c&d",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("config", "content_type", "body"),
    [
        ({"body": "form", "values": {"name": {"field": "name"}, "n": 1, "e": {"field": "email"}}},
         "application/x-www-form-urlencoded", "e=&n=1&name=%CE%A9mega"),
        ({"body": "text", "text": "<item>{{ record.name }}</item>", "content_type": "application/xml"},
         "application/xml", "<item>Ωmega</item>"),
        ({"body": "none"}, None, ""),
        ({"body": "record", "values": {"event": "created"}}, "application/json", None),
    ],
)  # fmt: skip
async def test_each_kind_of_body_says_what_it_should(
    office: Office,
    other: Receiver,
    caller: Caller,
    config: dict[str, Any],
    content_type: str | None,
    body: str | None,
) -> None:
    await made(office, caller, request(other.url, **config))
    [heard] = other.heard
    assert heard.headers.get("content-type") == content_type
    if body is None:
        sent: Any = heard.json
        assert (sent["event"], sent["record"]["name"]) == ("created", "Ωmega")
    else:
        assert heard.body.decode() == body


INVOICES = {
    "key": "invoices", "label_plural": "Invoices",
    "fields": [
        {"key": "number", "type": "text", "required": True},
        {"key": "secret_margin", "type": "decimal", "options": {"precision": 9, "scale": 2}},
        {"key": "lines", "type": "line_items", "options": {"fields": [
            {"key": "what", "type": "text"},
            {"key": "price", "type": "money", "options": {"currency": "EUR"}},
        ]}},
    ],
}  # fmt: skip


async def test_line_items_go_along_and_what_the_publisher_may_not_read_does_not(
    office: Office, other: Receiver, caller: Caller, database: Database
) -> None:
    await defining(database, lambda db: DEFINER.create_module(db, ModuleIn.model_validate(INVOICES)))
    clerk = await office.user("clerk@example.org")
    await office.execute(CLERK, clerk)
    async with database.connection() as db:
        rights = await load_rights(db, clerk)
    changed = {"trigger": "record_updated", "fields": ["number"]}
    await office.publish(changed, request(other.url), module="invoices", rights=rights)
    invoice = await office.fetchval(
        "INSERT INTO data.invoices (number, secret_margin) VALUES ('1', 7) RETURNING id"
    )
    await lines_of(office, invoice)
    await office.execute("UPDATE data.invoices SET number = '2' WHERE id = $1", invoice)
    await settle(office, caller)
    [heard] = other.heard
    sent: Any = heard.json
    assert "secret_margin" not in sent["record"]
    assert sent["record"]["number"] == "2"
    assert [(line["what"], line["price"]) for line in sent["record"]["lines"]] == [
        ("Τσάι", 2.5),
        ("Kaffee", 3),
    ]


async def lines_of(office: Office, invoice: int) -> None:
    column = await office.fetchval(
        "SELECT f.column_name FROM whereupon.modules m JOIN whereupon.fields f ON f.module_id = m.id "
        "AND f.key = m.parent_field WHERE m.key = 'invoices_lines'"
    )
    await office.execute(
        f"INSERT INTO data.invoices_lines ({column}, what, price) "
        f"VALUES ($1, 'Τσάι', 2.50), ($1, 'Kaffee', 3)",
        invoice,
    )


CLERK = """
WITH role AS (INSERT INTO whereupon.roles (key, name, builder) VALUES ('clerk', 'Clerk', true) RETURNING id),
given AS (INSERT INTO whereupon.user_roles SELECT $1, id FROM role)
INSERT INTO whereupon.role_modules (role_id, module_id, can_read, can_create, can_update, can_delete, fields)
SELECT role.id, m.id, 'all', 'all', 'all', 'none',
  CASE WHEN m.key = 'invoices' THEN '{"secret_margin": "none"}'::jsonb ELSE '{}' END
FROM role, whereupon.modules m WHERE m.key IN ('invoices', 'invoices_lines')
"""


# Signing in, and signatures -----------------------------------------------------------------------------

BASIC = base64.b64encode(f"bób:{CANARY}".encode()).decode()


@pytest.mark.parametrize(
    ("config", "name", "value"),
    [
        ({"auth": "none"}, "authorization", None),
        ({"auth": "bearer", "secret": "token"}, "authorization", f"Bearer {CANARY}"),
        ({"auth": "basic", "username": "bób", "secret": "token"}, "authorization", f"Basic {BASIC}"),
        ({"auth": "header", "header": "X-API-Key", "secret": "token"}, "x-api-key", CANARY),
    ],
)  # fmt: skip
async def test_it_signs_in_and_the_secret_is_kept_nowhere(
    office: Office, other: Receiver, caller: Caller, caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    config: dict[str, Any], name: str, value: str | None,
) -> None:  # fmt: skip
    """The receiver repeats everything that it was sent, in its answer and in its headers."""

    def repeat(heard: Heard) -> bytes:
        said = heard.headers.get(name, "").encode("latin-1").decode()
        packed = base64.b64encode(CANARY.encode()).decode() if said else ""
        body = f'{{"you": "{said}", "packed": "{packed}"}}'.encode()
        return ok(body, x_request_id=said.encode().decode("latin-1"), content_type="application/json")

    other.answers["/ok"], other.answers["/no"] = (
        repeat,
        lambda heard: repeat(heard).replace(b"200 OK", b"400 No"),
    )
    wanted = [{"name": "you", "path": "you"}, {"name": "packed", "path": "packed"}]
    note = {"key": "note", "block": "update_record", "set": {"note": {"field": "nodes.call.you"}}}
    await office.publish(CREATED, request(f"{other.url}/ok", answer=wanted, **config), note)
    await office.publish(CREATED, request(f"{other.url}/no", **config), name="Second")
    await office.insert(name="One")
    await settle(office, caller)
    assert [run["status"] for run in await office.runs()] == ["succeeded", "failed"]
    heard = other.heard[0].headers.get(name)
    assert (heard.encode("latin-1").decode() if heard else None) == value
    assert await hits(office, CANARY) == []
    assert await hits(office, BASIC) == []
    assert await hits(office, base64.b64encode(CANARY.encode()).decode()) == []
    written = capsys.readouterr()
    assert CANARY not in caplog.text + written.out + written.err


async def hits(office: Office, text: str) -> list[str]:
    """The tables in which a text stands anywhere."""
    found: list[str] = []
    for row in await office.fetch(EVERYWHERE):
        [counted] = await office.fetch(row["sql"], text)
        found += [counted["place"]] if counted["hits"] else []
    return found


async def test_a_secret_goes_to_its_own_host_alone(office: Office, other: Receiver, caller: Caller) -> None:
    """Where the address comes from the record, nobody could tell when it was saved."""
    node = request("{{ record.note }}", auth="bearer", secret="token")
    run = await made(office, caller, node, note=other.url.replace("127.0.0.1", "localhost"))
    assert (run["status"], run["error"]["code"], other.connections) == ("failed", "conflict", 0)
    with pytest.raises(Invalid) as refused:
        await office.publish(
            CREATED, request("https://evil.example/", auth="bearer", secret="token"), name="Other"
        )
    assert [p.code for p in refused.value.problems] == ["other_host"]


async def test_a_receiver_can_check_the_signature_and_the_chain_is_for_us_alone(
    office: Office, other: Receiver, caller: Caller, settings: Settings
) -> None:
    run = await made(office, caller, request(other.url, signing_secret="signing"))
    [heard] = other.heard
    Webhook(SIGNING).verify(heard.body, heard.headers)
    assert heard.headers["webhook-id"] == f"{run['id']}-call-0"
    [[workflow, _, record, state]] = read_chain(load_key(settings), heard.headers[CHAIN_HEADER]) or []
    assert (workflow, record, len(state)) == (run["workflow_id"], run["record_id"], 32)
    assert await hits(office, SIGNING.removeprefix("whsec_")) == []


def at_once(attempts: int, after: float | None, patience: Patience) -> float:
    """Instead of a pause before the next attempt."""
    return 0.01


async def test_the_same_id_goes_along_at_every_attempt(
    office: Office, other: Receiver, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [
        ok(b"busy", "503 Service Unavailable"),
        ok(b"busy", "429 Too Many Requests", retry_after="0"),
        ok(b"{}"),
    ]
    other.answers["/"] = lambda heard: answers.pop(0)
    monkeypatch.setattr("whereupon.workers.caller.pause_before", at_once)
    run = await made(office, caller, request(f"{other.url}/", signing_secret="signing", tries="three_days"))
    assert run["status"] == "succeeded"
    assert [heard.headers["webhook-id"] for heard in other.heard] == [f"{run['id']}-call-0"] * 3
    for heard in other.heard:
        Webhook(SIGNING).verify(heard.body, heard.headers)


# What comes back ----------------------------------------------------------------------------------------

INVOICE = b'{"id": 17, "total": "12.50", "paid": true, "at": "2026-03-01", "lines": [{"sku": "\xce\xa9"}]}'


async def test_the_answer_is_there_for_later_blocks(office: Office, other: Receiver, caller: Caller) -> None:
    other.answers["/"] = ok(INVOICE, "201 Created", content_type="application/json", x_request_id="r-1")
    wanted = [
        {"name": "number", "path": "id", "type": "integer"},
        {"name": "total", "path": "$.total", "type": "number"},
        {"name": "sku", "path": "lines[0].sku"}, {"name": "missing", "path": "lines[5].sku"},
        {"name": "at", "path": "at", "type": "datetime"},
        {"name": "trace", "path": "X-Request-Id", "source": "header"},
        {"name": "paid", "path": "paid", "type": "boolean"}, {"name": "all", "path": "", "type": "json"},
    ]  # fmt: skip
    write = {
        "key": "write", "block": "update_record",
        "set": {
            "amount": {"formula": "nodes.call.total * 2"},
            "note": {"formula": "nodes.call.sku & nodes.call.number"},
        },
    }  # fmt: skip
    await office.publish(CREATED, request(f"{other.url}/", answer=wanted), write)
    item = await office.insert(name="One")
    await settle(office, caller)
    [run] = await office.runs()
    assert run["status"] == "succeeded", run["error"]
    found = await office.item(item)
    assert (float(found["amount"]), found["note"]) == (25.0, "Ω17")
    [step, _] = await office.steps(run["id"])
    assert step["output"]["status"] == 201
    assert (step["output"]["trace"], step["output"]["missing"]) == ("r-1", None)
    assert step["output"]["all"]["lines"] == [{"sku": "Ω"}]
    assert step["input"]["body"]["type"] == "items"


SHAPES = [
    (b"<html>", "text"), (b'{"id": "x"}', "integer"), (b'{"id": [1]}', "number"),
    (b'{"id": "tomorrow"}', "date"),
    (b'{"id": 1e300}', "integer"), (b'{"id": "\\ud800"}', "text"), (b"[" * 2_000 + b"]" * 2_000, "text"),
    (b"\xff\xfe{}", "text"), (b'{"id": "soon"}', "datetime"), (b'{"id": 2}', "boolean"),
    (b'{"id": {}}', "number"),
]  # fmt: skip


async def test_an_answer_of_another_shape_is_a_failure_that_shows_it(
    office: Office, other: Receiver, caller: Caller
) -> None:
    for index, (answer, kind) in enumerate(SHAPES):
        other.answers[f"/{index}"] = ok(answer)
        wanted = [{"name": "number", "path": "id", "type": kind}]
        await office.publish(CREATED, request(f"{other.url}/{index}", answer=wanted), name=f"W{index}")
    await office.insert(name="One")
    await settle(office, caller)
    runs = await office.runs()
    assert {(run["status"], run["error"]["code"]) for run in runs} == {("failed", "unexpected_answer")}
    for run in runs:
        assert ('"number"' in run["error"]["message"]) or ("no JSON" in run["error"]["message"])


async def test_what_is_not_in_the_answer_is_nothing(office: Office, other: Receiver, caller: Caller) -> None:
    for index, answer in enumerate([b"", b"{}", b"null", b'{"number": null}', b'"text"', b"[]"]):
        other.answers[f"/{index}"] = ok(answer)
    told = {"note": {"formula": 'IF(ISBLANK(nodes.call.number), "none", "some")'}}
    node = request("{{ record.note }}", answer=[{"name": "number", "path": "number.x"}])
    await office.publish(CREATED, node, {"key": "note", "block": "update_record", "set": told})
    items = [await office.insert(name="One", note=f"{other.url}/{index}") for index in range(6)]
    await settle(office, caller)
    assert [(await office.item(item))["note"] for item in items] == ["none"] * 6


REFUSING = [
    ("400 Bad Request", "http_400"), ("401 Unauthorized", "http_401"), ("403 Forbidden", "http_403"),
    ("404 Not Found", "http_404"), ("409 Conflict", "http_409"), ("410 Gone", "http_410"),
    ("418 Teapot", "http_418"), ("302 Found", "http_302"), ("304 Not Modified", "http_304"),
]  # fmt: skip


async def test_a_refusal_is_final_and_its_words_are_in_the_history(
    office: Office, other: Receiver, caller: Caller
) -> None:
    for status, code in REFUSING:
        body = b"" if "304" in status else "Λάθος: no such account".encode()
        other.answers[f"/{code}"] = ok(body, status, location="http://169.254.169.254/?token=x")
    await office.publish(CREATED, request("{{ record.note }}", tries="three_days"))
    for _, code in REFUSING:
        await office.insert(name=code, note=f"{other.url}/{code}")
    await settle(office, caller)
    runs = await office.runs()
    assert [(run["status"], run["error"]["code"]) for run in runs] == [("failed", c) for _, c in REFUSING]
    assert len(other.heard) == len(REFUSING)
    for run in runs:
        assert ("Λάθος" in run["error"]["message"]) == (run["error"]["code"] != "http_304")
        assert "token=x" not in str(run["error"])


PASSING = {
    "/500": ("http_500", 5), "/408": ("http_408", 5), "/429": ("http_429", 100), "/425": ("http_425", 5),
    "/reset": ("broken_off", 5), "/half": ("broken_off", 5), "/drip": ("timeout", 5), "/hang": ("timeout", 5),
    "/headers": ("timeout", 5), "/gibberish": ("broken_off", 5),
}  # fmt: skip
QUEUED = """
SELECT c.request->>'url' AS url, c.attempts, c.error, c.status,
  extract(epoch FROM c.due_at - clock_timestamp())::float8 AS pause
FROM whereupon.calls c WHERE c.status IN ('queued', 'calling')
"""


async def test_what_may_pass_is_tried_again_later_and_other_runs_are_unharmed(
    office: Office, other: Receiver, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each misbehaves in its way, all at once, beside one that does not."""
    monkeypatch.setattr("whereupon.workers.destinations.FAILURES", 1_000)  # all are one host here
    other.answers |= {
        "/500": ok(b"oops", "500 Internal Server Error"), "/408": ok(b"", "408 Request Timeout"),
        "/429": ok(b"slowly", "429 Too Many Requests", retry_after="120"), "/425": ok(b"", "425 Too Early"),
    }  # fmt: skip
    await office.publish(CREATED, request("{{ record.note }}", tries="an_hour", timeout_seconds=1))
    for path in PASSING:
        await office.insert(name=path, note=other.url + path)
    async with receiver() as good:
        well = [await office.insert(name="well", note=f"{good.url}/{i}") for i in range(5)]
        calls = await all_tried(office, caller)
    found = {call["url"].removeprefix(other.url): call for call in calls}
    assert found.keys() == PASSING.keys()
    for path, (code, least) in PASSING.items():
        assert (found[path]["error"]["code"], found[path]["attempts"]) == (code, 1)
        assert found[path]["pause"] > least - 4
        assert "127.0.0.1" in found[path]["error"]["message"]
    statuses = {run["record_id"]: run["status"] for run in await office.runs()}
    assert [statuses[str(item)] for item in well] == ["succeeded"] * 5
    assert set(statuses.values()) == {"succeeded", "waiting"}


async def all_tried(office: Office, caller: Caller) -> list[Any]:
    """The calls that are to be made again, when each has been tried."""
    for _ in range(1_000):
        await office.settle()
        caller.wake.ring()
        calls = await office.fetch(QUEUED)
        if calls and all(call["status"] == "queued" and call["attempts"] for call in calls):
            return calls
        await asyncio.sleep(0.02)
    raise AssertionError("Not each was tried.")


async def test_a_gigabyte_is_a_failure(office: Office, other: Receiver, caller: Caller) -> None:
    await office.publish(CREATED, request("{{ record.note }}", tries="three_days"))
    for path in ("/large", "/endless"):
        await office.insert(name=path, note=other.url + path)
    await settle(office, caller)
    assert [run["error"]["code"] for run in await office.runs()] == ["answer_too_large"] * 2
    assert other.sent < 100_000_000


ELSEWHERE = {
    "http://10.0.0.1/": "address_refused", "http://169.254.169.254/latest": "address_refused",
    "http://[::1]/": "address_refused", "ftp://127.0.0.1/": "bad_url", "": "bad_url",
    "http://127.0.0.1@10.0.0.1/": "bad_url", "http://0x7f.1/": "bad_url", "http://a\r\nb/": "bad_url",
    "javascript:alert(1)": "bad_url", "file:///etc/passwd": "bad_url",
}  # fmt: skip


async def test_an_address_from_a_record_goes_nowhere_that_it_should_not(
    office: Office, caller: Caller
) -> None:
    await office.publish(CREATED, request("{{ record.note }}", tries="three_days"))
    for note in ELSEWHERE:
        await office.insert(name="One", note=note)
    await settle(office, caller)
    assert [run["error"]["code"] for run in await office.runs()] == list(ELSEWHERE.values())


@pytest.mark.parametrize("value", ["a\r\nx-evil: 1", "a\nb", "a\0b".replace("\0", "\x01")])
async def test_a_value_cannot_begin_another_header(
    office: Office, other: Receiver, caller: Caller, value: str
) -> None:
    run = await made(office, caller, request(other.url, headers={"X-Note": "{{ record.note }}"}), note=value)
    assert (run["status"], run["error"]["code"], other.connections) == ("failed", "bad_header", 0)


async def test_the_error_exit_is_taken_and_knows_why(office: Office, other: Receiver, caller: Caller) -> None:
    other.answers["/"] = ok(b"no such account", "404 Not Found")
    node = {**request(f"{other.url}/"), "on_error": {"policy": "exit"}}
    note = {"key": "note", "block": "update_record", "set": {"note": "it failed"}}
    await office.publish(CREATED, node, note, edges=[["start", "next", "call"], ["call", "error", "note"]])
    item = await office.insert(name="One")
    await settle(office, caller)
    assert (await office.item(item))["note"] == "it failed"


# Before anything is sent --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ({"url": "ftp://example.com"}, "bad_url"), ({"url": "https://user:pw@example.com"}, "bad_url"),
        ({"url": "https://example.com/{{ record.nothing }}"}, None), ({"auth": "bearer"}, None),
        ({"auth": "bearer", "secret": "tokn"}, "unknown_secret"),
        ({"auth": "basic", "secret": "token"}, None),
        ({"headers": {"Authorization": "Bearer x"}}, "own_header"),
        ({"headers": {"Host": "x"}}, "own_header"),
        ({"headers": {"a b": "x"}}, "bad_header"), ({"headers": {"webhook-id": "x"}}, "own_header"),
        ({"answer": [{"name": "status", "path": ""}]}, "duplicate"),
        ({"answer": [{"name": "a", "path": "a..b"}]}, "bad_path"),
        ({"answer": [{"name": "a b", "path": "a"}]}, None),
        ({"body": "json", "values": {"a": 1, "a.b": 2}}, "bad_name"),
        ({"body": "json", "values": {"a": {"field": "nope"}}}, None), ({"timeout_seconds": 0}, None),
        ({"body": "text", "text": "{{ record.nope }}"}, None), ({"method": "TRACE"}, None),
    ],
)  # fmt: skip
async def test_what_cannot_work_is_refused_when_it_is_saved(
    office: Office, caller: Caller, config: dict[str, Any], code: str | None
) -> None:
    with pytest.raises(Invalid) as refused:
        await office.publish(CREATED, {**request("https://example.com/"), **config})
    assert code is None or code in [problem.code for problem in refused.value.problems]


async def test_a_test_shows_the_request_with_its_secrets_as_dots_and_sends_nothing(
    office: Office, other: Receiver, caller: Caller
) -> None:
    item = await office.insert(name="Ωmega")
    node = request(f"{other.url}/hook", auth="bearer", secret="token", signing_secret="signing")
    asked = ToRehearse(document=draw(CREATED, node), module="items", records=[str(item)])
    found = await rehearse(office.database, office.rights, asked)
    [one] = found["records"]
    [step] = one["steps"]
    assert (one["status"], step["status"]) == ("succeeded", "succeeded")
    shown = step["input"]
    assert (shown["method"], shown["url"]) == ("POST", f"{other.url}/hook")
    assert shown["headers"]["authorization"] == "Bearer ••••••"
    assert shown["body"]["record"]["name"] == "Ωmega"
    assert "chain" not in shown
    assert await office.fetchval("SELECT count(*) FROM whereupon.calls") == 0
    assert other.connections == 0


# Our own webhooks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("counts", [True, False])
async def test_a_workflow_that_calls_itself_through_its_own_webhook_is_stopped_with_the_path(
    office: Office, other: Receiver, caller: Caller, settings: Settings, counts: bool
) -> None:
    """Rule 19, with and without something that changes each time; the receiver hands on what it is sent."""
    variable = {"name": "number", "type": "integer"}
    said = {"formula": "trigger.number + 1"} if counts else {"field": "trigger.number"}
    node = request(f"{other.url}/back", body="json", values={"number": said})
    workflow = await office.publish(
        {"trigger": "webhook", "variables": [variable]}, node, name="Echo", module=None
    )
    async with office.database.transaction() as db:
        address, _ = await make_address(db, office.rights, workflow)
    await arrive(office, settings, address, b'{"number": 1}', {})
    taken = 0
    for _ in range(20):
        await settle(office, caller)
        if len(other.heard) == taken:
            break
        taken = len(other.heard)
        await arrive(office, settings, address, other.heard[-1].body, other.heard[-1].headers)
    runs = await office.runs()
    assert [run["status"] for run in runs[:-1]] == ["succeeded"] * (len(runs) - 1)
    assert (runs[-1]["status"], runs[-1]["error"]["code"]) == ("failed", "loop")
    assert runs[-1]["error"]["message"].count("Echo") == len(runs)
    assert 2 <= len(runs) <= 6


async def arrive(
    office: Office, settings: Settings, address: str, body: bytes, headers: Mapping[str, str]
) -> None:
    """What the API does with what is sent to a workflow's address."""
    async with office.database.transaction() as db:
        arrival = read_arrival(await find_hook(db, address), body, json.loads(body), headers)
        await take_in(db, await load_catalog(db), load_key(settings), arrival)
