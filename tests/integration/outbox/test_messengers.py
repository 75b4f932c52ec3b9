"""Text and chat messages, from a run to a service that really listens, whatever the service does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.integration.outbox.conftest import Delivering, Post
from tests.integration.outbox.test_delivery import all_are, hurry, settled_or_again
from tests.receiver import Receiver, ok, receiver

from whereupon.conditions.values import Scope
from whereupon.db.pool import Database
from whereupon.modules.catalog import Catalog
from whereupon.outbox.channels import messenger
from whereupon.outbox.channels.chat import chat_source
from whereupon.outbox.channels.text import text_source
from whereupon.outbox.messages import NewMessage, begin_sending, queue, source_id
from whereupon.outbox.networks import EgressSettings, save_egress
from whereupon.outbox.providers import Provider, save_provider
from whereupon.outbox.secrets import load_key
from whereupon.outbox.services import BY_KEY
from whereupon.settings import Settings
from whereupon.templates.template import parse

NOWHERE = Scope(Catalog({}, 1), None)
TOKEN = "c4n4ryc4n4ryc4n4ryc4n4ry12"  # 26 characters, as Mattermost has them
HOOK = f"/hooks/{TOKEN}"
SMS = "/jsonrpc/sms"
TAKEN = ok(b'{"result": {"message_id": "748", "status": "ok"}}')
LATER = ok(b"", "429 Too Many Requests", retry_after="300")


@pytest.fixture
async def service() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        made.answers = {SMS: TAKEN, HOOK: ok(b"ok")}
        yield made


class Telegraph(Post):
    """Queues texts and chats, and keeps the providers that they leave through."""

    def __init__(self, database: Database, settings: Settings) -> None:
        super().__init__(database)
        self.settings = settings

    async def allow(self, *networks: str) -> None:
        async with self.database.transaction() as db:
            await save_egress(db, EgressSettings(allowed_networks=list(networks)))

    async def provider(self, service: str, address: str, host: str = "127.0.0.1", key: str = "it") -> None:
        async with self.database.transaction() as db:
            wanted = Provider(key, "The room", BY_KEY[service], host, f"secret:provider.{key}", default=True)
            await save_provider(db, load_key(self.settings), wanted, address)

    async def sms(self, server: Receiver) -> None:
        await self.allow("127.0.0.0/8")
        await self.provider("smseagle", f"smseagle://{TOKEN}@127.0.0.1:{server.port}/")

    async def chat(self, server: Receiver) -> None:
        await self.allow("127.0.0.0/8")
        await self.provider("mattermost", f"mmost://127.0.0.1:{server.port}/{TOKEN}")

    async def write(self, *to: str, text: str = "Hello", channel: str = "text", **context: Any) -> list[int]:
        parsed = parse(text, NOWHERE)
        said = (
            text_source(parsed, provider=None)
            if channel == "text"
            else chat_source(parsed, title=None, provider=None)
        )
        async with self.database.transaction() as db:
            number = await source_id(db, channel, said)
            new = [NewMessage(None, None, None, one, number, context, channel=channel) for one in to]
            return await queue(db, new)


@pytest.fixture
def telegraph(database: Database, tmp_path: Any) -> Telegraph:
    return Telegraph(database, Settings(data=tmp_path))  # pyright: ignore[reportCallIssue]


# Both really arrive ----------------------------------------------------------------------------------


async def test_a_text_message_arrives_at_the_service(
    telegraph: Telegraph, delivering: Delivering, service: Receiver
) -> None:
    await telegraph.sms(service)
    await telegraph.write("+306941234567", text="Γειά {{ today }}", today="2026-11-22")
    async with delivering():
        [message] = await telegraph.until(all_are("sent"))
    [heard] = service.heard
    said: Any = heard.json
    assert said["params"]["to"] == "+306941234567"
    assert said["params"]["message"] == "Γειά 2026-11-22"
    assert message["rendered"] == {
        "to": ["+306941234567"], "text": "Γειά 2026-11-22", "provider": None, "encoding": "UCS-2",
        "characters": 15, "parts": 1,
    }  # fmt: skip


async def test_a_chat_message_arrives_in_the_room(
    telegraph: Telegraph, delivering: Delivering, service: Receiver
) -> None:
    await telegraph.chat(service)
    hostile = "@everyone <!channel> <@U123> [x](https://evil.example) \u202e<b>Ada</b>\r\nBye"
    context = {"organisation": {"name": hostile}}
    await telegraph.write("The room", text="{{ organisation.name }} @here", channel="chat", **context)
    async with delivering():
        await telegraph.until(all_are("sent"))
    [heard] = service.heard
    said: Any = heard.json
    first, last = said["text"].split("\n")
    assert (
        first == "@\u200beveryone <\u200b!channel> <\u200b@U123> [x]\u200b(https://evil.example)  <b>Ada</b>"
    )
    assert last == "Bye @here", "the builder's own words may call everybody"


async def test_without_a_provider_messages_are_kept_for_reading(
    telegraph: Telegraph, delivering: Delivering
) -> None:
    await telegraph.write("+306941234567")
    await telegraph.write("Chat", channel="chat")
    async with delivering():
        found = await telegraph.until(all_are("sent"))
    assert [message["rendered"]["text"] for message in found] == ["Hello", "Hello"]


async def test_a_provider_that_is_removed_fails_what_is_queued_for_it(
    telegraph: Telegraph, delivering: Delivering, service: Receiver
) -> None:
    await telegraph.sms(service)
    async with telegraph.database.transaction() as db:
        number = await source_id(db, "text", text_source(parse("Hi", NOWHERE), provider="gone"))
        await queue(db, [NewMessage(None, None, None, "+306941234567", number, {}, channel="text")])
    async with delivering():
        [message] = await telegraph.until(all_are("failed"))
    assert message["error"]["code"] == "no_provider"
    assert service.heard == []


# What the service answers ------------------------------------------------------------------------------


def refusing(body: bytes, status: str) -> bytes:
    return ok(body, status)


@pytest.mark.parametrize(
    ("answer", "status", "code", "says"),
    [
        (TAKEN, "sent", None, ""),
        (refusing(b"bad number", "400 Bad Request"), "failed", "refused", "answered 400: bad number"),
        (refusing(b"no", "404 Not Found"), "failed", "refused", "answered 404"),
        (ok(b"", "302 Found", location="http://127.0.0.1:1/"), "failed", "refused", "answered 302"),
        (refusing(b"who?", "401 Unauthorized"), "queued", "refused_for_now", "answered 401"),
        (LATER, "queued", "refused_for_now", "answered 429"),
        (refusing(b"", "503 Unavailable"), "queued", "refused_for_now", "answered 503"),
        (refusing(b"oops", "500 Error"), "uncertain", "uncertain", "Nobody can tell"),
        (ok(b"<html>hm</html>"), "failed", "refused", "did not take it"),
        (ok(b'{"result": {"message_id": null, "status": "err"}}'), "failed", "refused", "did not take it"),
    ],
)
async def test_each_answer_means_something(
    telegraph: Telegraph,
    delivering: Delivering,
    service: Receiver,
    answer: bytes,
    status: str,
    code: str | None,
    says: str,
) -> None:
    await telegraph.sms(service)
    service.answers[SMS] = answer
    await telegraph.write("+306941234567")
    async with delivering():
        [message] = await (telegraph.until(all_are("sent")) if code is None else settled_or_again(telegraph))
    assert (message["status"], (message["error"] or {}).get("code")) == (status, code)
    assert says in str(message["error"])
    assert len(service.heard) == 1
    assert TOKEN not in str(await telegraph.all())


async def test_retry_after_is_waited_for(
    telegraph: Telegraph, delivering: Delivering, service: Receiver
) -> None:
    await telegraph.sms(service)
    service.answers[SMS] = LATER
    await telegraph.write("+306941234567")
    async with delivering():
        [message] = await settled_or_again(telegraph)
        async with telegraph.database.connection() as db:
            wait = await db.fetchval("SELECT extract(epoch FROM due_at - now())::int FROM whereupon.messages")
        assert 250 < wait <= 300, message
        service.answers[SMS] = TAKEN
        await hurry(telegraph.database)
        await telegraph.until(all_are("sent"))


@pytest.mark.parametrize("temper", ["reset", "half", "gibberish"])
async def test_a_connection_that_breaks_leaves_it_uncertain(
    telegraph: Telegraph,
    delivering: Delivering,
    service: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    temper: str,
) -> None:
    misbehaving(service, monkeypatch, temper)
    await telegraph.sms(service)
    await telegraph.write("+306941234567")
    async with delivering():
        [message] = await telegraph.until(all_are("uncertain"))
        await asyncio.sleep(0.5)
    assert "Nobody can tell" in message["error"]["message"]
    assert len(service.heard) == 1, "it is never sent a second time by itself"


def misbehaving(service: Receiver, monkeypatch: pytest.MonkeyPatch, temper: str) -> None:
    """The service does on our path what the receiver has under another one."""
    monkeypatch.setattr(
        Receiver, "misbehave_jsonrpc/sms", getattr(Receiver, f"misbehave_{temper}"), raising=False
    )


async def test_a_service_that_goes_silent_is_left_alone_after_a_few(
    telegraph: Telegraph, delivering: Delivering, service: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whereupon.outbox.channels.wire.TOTAL_SECONDS", 0.3)
    monkeypatch.setattr(messenger, "AT_ONCE", 3)
    misbehaving(service, monkeypatch, "hang")
    await telegraph.sms(service)
    await telegraph.write(*(f"+3069412345{i:02}" for i in range(30)))
    async with delivering():
        found = await settled_or_again(telegraph)
    statuses = [message["status"] for message in found]
    assert statuses.count("uncertain") <= 8, "those that were under way"
    assert statuses.count("queued") >= 22
    assert len(service.heard) == statuses.count("uncertain")


async def test_a_service_that_is_not_there_is_tried_again(
    telegraph: Telegraph, delivering: Delivering, service: Receiver
) -> None:
    await telegraph.sms(service)
    await telegraph.provider("smseagle", f"smseagle://{TOKEN}@127.0.0.1:1/")
    await telegraph.write("+306941234567")
    async with delivering():
        [message] = await settled_or_again(telegraph)
    assert (message["status"], message["error"]["code"]) == ("queued", "unreachable")


# Where it may go -----------------------------------------------------------------------------------------


async def test_a_private_address_gets_nothing_unless_it_is_allowed(
    telegraph: Telegraph, delivering: Delivering, service: Receiver
) -> None:
    await telegraph.chat(service)
    await telegraph.allow()
    await telegraph.write("The room", channel="chat")
    async with delivering():
        [message] = await telegraph.until(all_are("failed"))
    assert message["error"]["code"] == "address_refused"
    assert service.connections == 0


async def test_a_service_reaches_no_host_but_its_own(
    telegraph: Telegraph, delivering: Delivering, service: Receiver
) -> None:
    """As if apprise's file had been changed, or could be talked into it by an address."""
    await telegraph.allow("127.0.0.0/8")
    await telegraph.provider(
        "mattermost", f"mmost://127.0.0.1:{service.port}/{TOKEN}", host="chat.example.com"
    )
    await telegraph.write("The room", channel="chat")
    async with delivering():
        [message] = await telegraph.until(all_are("failed"))
    assert message["error"]["code"] == "wrong_host"
    assert service.connections == 0


# When things die -----------------------------------------------------------------------------------------


async def test_what_a_dead_deliverer_had_begun_is_uncertain(
    telegraph: Telegraph, delivering: Delivering, service: Receiver
) -> None:
    await telegraph.sms(service)
    ids = await telegraph.write("+306941234567", "+306941234568")
    async with telegraph.database.connection() as db:
        await begin_sending(db, ids[:1])
    async with delivering():
        found = await telegraph.until(all_are("sent", "uncertain"))
    assert [message["status"] for message in found] == ["uncertain", "sent"]
    assert len(service.heard) == 1


async def test_a_hanging_service_does_not_keep_mails_from_leaving(
    telegraph: Telegraph, delivering: Delivering, service: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    misbehaving(service, monkeypatch, "hang")
    monkeypatch.setattr("whereupon.outbox.channels.wire.TOTAL_SECONDS", 4.0)
    await telegraph.sms(service)
    await telegraph.write(
        *(f"+3069412345{i:02}" for i in range(99)), *(f"+3069422345{i:02}" for i in range(99))
    )
    async with delivering():
        await telegraph.until(lambda _: len(service.heard) >= 3)
        await telegraph.queue("ada@example.com")
        await telegraph.until(lambda found: found[-1] == "sent", 3)
