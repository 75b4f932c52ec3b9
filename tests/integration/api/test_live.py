"""Browsers hear of what concerns them, over a real server, and of nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
import uvicorn

from whereupon.api.live import MOST_WAITING, PER_USER, Stream
from whereupon.api.news import Heard, Shown, merged_progress
from whereupon.api.process import Server
from whereupon.people.rights import Rights
from whereupon.people.tokens import create_token
from whereupon.people.users import NewUser, create_user
from whereupon.workers.herald import Herald, payloads

CASES = {
    "key": "cases", "label": "Case", "label_plural": "Cases",
    "fields": [{"key": "subject", "type": "text", "required": True}],
}  # fmt: skip
PASSWORD = "violet teapot 9 walks"


class Listening:
    """An open stream, read event by event."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer = answer
        self.lines = answer.aiter_lines()

    async def next(self, within: float = 5.0) -> tuple[str, Any]:
        """The next event; StopAsyncIteration when the server has ended the stream."""
        name = ""
        while True:
            line = await asyncio.wait_for(anext(self.lines), within)
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                return name, json.loads(line.removeprefix("data: "))

    async def named(self, name: str) -> Any:
        """The data of the next event of that name; others are passed over."""
        while True:
            found, data = await self.next()
            if found == name:
                return data


@dataclass
class Running:
    """The application on a port, as `serve` runs it."""

    url: str
    stop: asyncio.Event
    ended: asyncio.Task[None]
    database: Any
    app: Any

    async def token(self, email: str, *roles: str) -> tuple[int, str]:
        async with self.database.transaction() as db:
            user = await create_user(db, NewUser(email=email, name=email, roles=list(roles)), actor=None)
            return user["id"], (await create_token(db, user["id"], "tests"))[0]

    async def execute(self, sql: str, *values: Any) -> None:
        async with self.database.connection() as db:
            await db.execute(sql, *values)

    def client(self, token: str | None = None) -> httpx2.AsyncClient:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=10)

    @contextlib.asynccontextmanager
    async def listen(self, client: httpx2.AsyncClient) -> AsyncIterator[Listening]:
        async with client.stream("GET", "/api/v1/live") as answer:
            assert answer.status_code == 200
            listening = Listening(answer)
            assert (await listening.next())[0] == "hello"
            yield listening


@pytest.fixture
async def server(app, database) -> AsyncIterator[Running]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    stop = asyncio.Event()
    config = uvicorn.Config(
        app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=8
    )
    ended = asyncio.create_task(Server(config, stop, app.state.live).serve(sockets=[listening]))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    running = Running(url, stop, ended, database, app)
    await until(lambda: app.state.memory.listening)
    yield running
    stop.set()
    await asyncio.wait_for(ended, 10)
    listening.close()


async def until(question: Callable[[], Any], within: float = 5.0) -> None:
    end = time.monotonic() + within
    while not question():
        assert time.monotonic() < end, "it did not come to that"
        await asyncio.sleep(0.02)


Ear = Callable[..., Awaitable[Listening]]


@pytest.fixture
async def ear(server: Running) -> AsyncIterator[Ear]:
    """Opens a stream for a token."""
    async with contextlib.AsyncExitStack() as stack:

        async def open_one(token: str) -> Listening:
            client = await stack.enter_async_context(server.client(token))
            return await stack.enter_async_context(server.listen(client))

        yield open_one


NOTE = "INSERT INTO whereupon.notifications (user_id, title) VALUES ($1, $2)"
TELL = "NOTIFY whereupon_notifications"


async def note(server: Running, user: int, title: str) -> None:
    await server.execute(NOTE, user, title)
    await server.execute(TELL)


async def test_hello_names_the_server_as_me_does_and_bears_no_caching(server, admin_token):
    async with server.client(admin_token) as client:
        me = (await client.get("/api/v1/me")).json()
        async with client.stream("GET", "/api/v1/live") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["cache-control"] == "no-store"
            name, data = await Listening(answer).next()
    assert (name, data["server"], data["version"]) == ("hello", me["server"], me["version"])


async def test_a_notification_reaches_its_person_once_and_nobody_else(server, ear, admin_token):
    eve, eves = await server.token("eve@example.org")
    bob, bobs = await server.token("bob@example.org")
    await server.execute(NOTE, eve, "from before")
    at_eve, at_bob = await ear(eves), await ear(bobs)
    for title in ("Ääni", "", "<b>τρία</b>"):
        await note(server, eve, title)
        assert (await at_eve.named("notification"))["title"] == title
    await note(server, bob, "for Bob")
    assert [(await at_bob.next())[1]["title"]] == ["for Bob"]


async def test_a_notification_that_commits_late_is_told_although_a_newer_one_was_told_before(server, ear):
    eve, eves = await server.token("eve@example.org")
    at_eve = await ear(eves)
    async with server.database.transaction() as slow:
        await slow.execute(NOTE, eve, "older")
        await note(server, eve, "newer")
        assert (await at_eve.named("notification"))["title"] == "newer"
        await slow.execute(TELL)
    assert (await at_eve.named("notification"))["title"] == "older"


async def test_tasks_are_told_to_who_has_them_had_them_or_shares_them(server, ear):
    eve, eves = await server.token("eve@example.org")
    bob, bobs = await server.token("bob@example.org")
    _, carols = await server.token("carol@example.org")
    await server.execute("INSERT INTO whereupon.groups (id, key, name) VALUES (7, 'g', 'G')")
    await server.execute("INSERT INTO whereupon.group_members (group_id, user_id) VALUES (7, $1)", bob)
    at_eve, at_bob, at_carol = await ear(eves), await ear(bobs), await ear(carols)
    await server.execute("INSERT INTO whereupon.tasks (title, assignee_user_id) VALUES ('Soita', $1)", eve)
    assert await at_eve.next() == ("tasks", {})
    await server.execute("UPDATE whereupon.tasks SET assignee_user_id = NULL, assignee_group_id = 7")
    assert await at_eve.next() == ("tasks", {})
    assert await at_bob.next() == ("tasks", {})
    await server.execute("INSERT INTO whereupon.tasks (title) VALUES ('nobody''s')")
    carol = at_carol.next(1.0)
    with pytest.raises(TimeoutError):
        await carol


async def test_runs_are_told_only_to_who_may_read_their_records(server, ear, admin_token):
    async with server.client(admin_token) as root:
        assert (await root.post("/api/v1/modules", json=CASES)).status_code == 201
        made = await root.post("/api/v1/workflows", json={"name": "[Cases] — Katto", "module": "cases"})
        role = {"key": "clerk", "name": "Clerk", "modules": {"cases": {"read": "all"}}}
        assert (await root.post("/api/v1/roles", json=role)).status_code == 201
    _, clerks = await server.token("clerk@example.org", "clerk")
    eve, eves = await server.token("eve@example.org")
    at_clerk, at_eve = await ear(clerks), await ear(eves)
    async with server.database.connection() as db:
        module = await db.fetchval("SELECT id FROM whereupon.modules WHERE key = 'cases'")
    herald = Herald(server.database)
    run = SimpleNamespace(workflow_id=made.json()["id"], module_id=module, record_id="7", id=11)
    herald.note_runs([run, run, SimpleNamespace(**{**vars(run), "id": 12})])
    await herald.tell()
    told = await at_clerk.named("runs")
    assert told["all"] is False
    assert told["items"] == [
        {"workflow": made.json()["key"], "module": "cases", "records": ["7"], "runs": [11, 12], "more": False}
    ]
    await note(server, eve, "marker")
    assert (await at_eve.next())[0] in ("notification", "revision")


async def test_runs_that_a_person_cancels_are_told_without_any_name(server, ear, admin_token):
    await server.execute(
        "INSERT INTO whereupon.runs (workflow_id, version_id, status, shard, started_by) "
        "VALUES (1, 1, 'waiting', 0, 'manual')"
    )
    at_root = await ear(admin_token)
    async with server.client(admin_token) as root:
        assert (await root.post("/api/v1/runs/cancel", json={"ids": [1]})).json() == {"ids": [1]}
    assert await at_root.named("runs") == {"items": [], "all": True}


async def test_bulk_runs_are_told_to_builders(server, ear, admin_token):
    _, eves = await server.token("eve@example.org")
    at_root, at_eve = await ear(admin_token), await ear(eves)
    await server.execute("SELECT pg_notify('whereupon_bulk_runs', '7')")
    assert await at_root.named("bulk_runs") == {"ids": [7]}
    with pytest.raises(TimeoutError):
        await at_eve.next(0.3)


async def test_saving_a_draft_is_told_to_builders_with_its_new_etag_and_who_it_was(server, ear, admin_token):
    _, eves = await server.token("eve@example.org")
    async with server.client(admin_token) as root:
        made = (await root.post("/api/v1/workflows", json={"name": "Kaksi"})).json()
        at_root, at_eve = await ear(admin_token), await ear(eves)
        saved = await root.patch(f"/api/v1/workflows/{made['key']}", json={"description": "toinen"})
    told = await at_root.named("workflow")
    assert (told["key"], told["etag"], told["by_name"]) == (made["key"], saved.json()["etag"], "Ada Ädel")
    with pytest.raises(TimeoutError):
        await at_eve.next(1.0)


async def test_a_session_that_ends_elsewhere_says_so_and_ends_the_stream(server, admin_token):
    async with server.client() as browser, server.client() as other:
        words = {"email": "root@example.org", "password": PASSWORD}
        assert (await browser.post("/api/v1/session", json=words)).status_code == 200
        assert (await other.post("/api/v1/session", json=words)).status_code == 200
        async with server.listen(browser) as listening:
            found = (await other.get("/api/v1/sessions")).json()["items"]
            [theirs] = [one["id"] for one in found if not one["current"]]
            assert (await other.delete(f"/api/v1/sessions/{theirs}")).status_code == 204
            assert (await listening.named("signed_out"))["code"] == "session_ended"
            with pytest.raises(StopAsyncIteration):
                await listening.next()
        assert (await browser.get("/api/v1/me")).json()["code"] == "session_ended"
        assert (await other.get("/api/v1/me")).status_code == 200


async def test_so_many_streams_are_enough_and_one_that_closes_makes_room(server, ear):
    _, eves = await server.token("eve@example.org")
    for _ in range(PER_USER - 1):
        await ear(eves)
    async with server.client(eves) as client, server.listen(client):
        refused = await client.get("/api/v1/live")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    await until(lambda: len(server.app.state.live.streams) == PER_USER - 1)
    await ear(eves)


async def test_a_lost_listening_connection_makes_every_page_read_anew(server, ear, admin_token):
    at_root = await ear(admin_token)
    await server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 "
        "AND datname = current_database()",
        "whereupon api listener",
    )
    assert (await at_root.next())[0] == "hello"


async def test_open_streams_do_not_hold_up_the_end(server, ear, admin_token):
    listening = await ear(admin_token)
    began = time.monotonic()
    server.stop.set()
    await asyncio.wait_for(asyncio.shield(server.ended), 5)
    assert time.monotonic() - began < 3
    with pytest.raises((StopAsyncIteration, httpx2.HTTPError)):
        await listening.next()


async def test_nobody_listens_without_signing_in(anyone):
    answer = await anyone.get("/api/v1/live")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_a_page_that_falls_behind_is_told_to_read_anew():
    stream = Stream(Rights(1), Shown(set(), 0), None)  # pyright: ignore[reportArgumentType]
    for _ in range(MOST_WAITING + 1):
        stream.tell("tasks", {})
    assert stream.queue.get_nowait() == ("hello", {"fell_behind": True})
    assert stream.queue.empty()


def test_a_page_whose_session_has_ended_is_told_nothing_more_however_slowly_it_reads():
    stream = Stream(Rights(1), Shown(set(), 0), None)  # pyright: ignore[reportArgumentType]
    stream.end(("signed_out", {}))
    for _ in range(2 * MOST_WAITING):
        stream.tell("notification", {"title": "ääni"})
    assert [stream.queue.get_nowait() for _ in range(2)] == [("signed_out", {}), None]
    assert stream.queue.empty()


async def test_of_too_many_streams_that_begin_at_the_same_moment_the_rest_ends(server):
    live = server.app.state.live
    streams = [
        Stream(Rights(7), Shown(set(), 0), None)  # pyright: ignore[reportArgumentType]
        for _ in range(PER_USER + 3)
    ]
    for stream in streams:
        live.open(stream)
    assert len(live.streams) == PER_USER
    assert [stream.ended for stream in streams[-4:]] == [False, True, True, True]
    live.streams.clear()


@pytest.mark.parametrize(
    ("channel", "payload"),
    [
        ("whereupon_progress", ""),
        ("whereupon_progress", "no JSON"),
        ("whereupon_progress", '{"items": 3}'),
        ("whereupon_progress", '{"items": [null, "ä"]}'),
        ("whereupon_tasks", '["x"]'),
        ("whereupon_imports", "ñ"),
        ("whereupon_imports", ""),
        ("whereupon_bulk_runs", "-1"),
        ("whereupon_workflows", "{}"),
        ("whereupon_elsewhere", "7"),
    ],
)
def test_what_is_no_notification_of_ours_is_harmless(channel, payload):
    heard = Heard()
    heard.note(channel, payload)
    assert (heard.progress, heard.imports, heard.workflows, heard.users) == ([], set(), {}, set())


def test_a_herald_names_a_few_records_and_says_that_there_were_more():
    herald = Herald(None)  # pyright: ignore[reportArgumentType]
    herald.note_runs(
        SimpleNamespace(workflow_id=1, module_id=2, record_id="ä" * 900, id=n) for n in range(100)
    )  # pyright: ignore[reportArgumentType]
    [payload] = payloads(herald.touched)
    assert len(payload.encode()) < 8000
    assert json.loads(payload)["items"][0]["more"] is True
    assert payloads({(n, None): {} for n in range(100)}) == ['{"items":[],"all":true}']


@pytest.mark.parametrize("item", [{}, {"w": None}, {"w": "1", "m": 2}, {"w": 1, "m": "ä"}])
def test_progress_without_a_workflow_is_left_out(item):
    assert merged_progress([item]) == {}
