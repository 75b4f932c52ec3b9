"""From the queue to the mail server, whatever the server does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import asyncpg
import pytest
from tests.integration.outbox.conftest import Delivering, MailServer, Post

from whereupon.db.pool import Database
from whereupon.outbox.messages import begin_sending, discard, release, release_workflow, resolve_uncertain
from whereupon.outbox.secrets import keep_secret, load_key
from whereupon.settings import Settings


def all_are(*wanted: str) -> Callable[[list[str]], bool]:
    return lambda found: bool(found) and all(status in wanted for status in found)


# One suite, both transports -----------------------------------------------------------------------


@pytest.fixture(params=["preview", "smtp"])
async def either(request: pytest.FixtureRequest, post: Post, mail_server: MailServer) -> Post:
    await post.caps()
    if request.param == "smtp":
        await post.smtp(mail_server)
    return post


async def test_a_mail_is_sent_and_kept_as_it_was(either: Post, delivering: Delivering) -> None:
    source = await either.source(
        "Order {{ today }}",
        "<h1>Hi</h1><p>{{ organisation.name }} &amp; <b>you</b></p>",
        cc="c@example.com",
        reply_to="r@example.com",
        bcc="b@example.com",
    )
    context = {"today": "2026-11-22", "organisation": {"name": "<Ökologie>"}}
    await either.queue("Ada <ada@example.com>", "bob@example.com", source=source, context=context)
    async with delivering():
        first, second = await either.until(all_are("sent"))
    assert first["sent_at"] is not None
    assert first["attempts"] == 1
    assert first["rendered"] == {
        "to": ["Ada <ada@example.com>"], "cc": ["c@example.com"], "bcc": ["b@example.com"],
        "reply_to": ["r@example.com"], "subject": "Order 2026-11-22",
        "html": "<h1>Hi</h1><p>&lt;Ökologie&gt; &amp; <b>you</b></p>", "text": "Hi\n==\n\n<Ökologie> & you",
    }  # fmt: skip
    assert second["rendered"]["to"] == ["bob@example.com"]


@pytest.mark.parametrize(
    "recipient", ["", "nobody", "a@example.com\r\nBcc: x@y.example", "{{ record.email }}", "@"]
)
async def test_a_bad_address_fails_alone(either: Post, delivering: Delivering, recipient: str) -> None:
    await either.queue("ada@example.com", recipient, "δήμος@παράδειγμα.gr")
    async with delivering():
        found = await either.until(all_are("sent", "failed"))
    assert [m["status"] for m in found] == ["sent", "failed", "sent"]
    assert found[1]["error"]["code"] == "bad_address"


async def test_a_template_that_fails_for_one_record_fails_alone(either: Post, delivering: Delivering) -> None:
    source = await either.source("{{ 10 | divided_by: organisation.name }}")
    await either.queue("a@example.com", source=source, context={"organisation": {"name": "2"}})
    await either.queue("b@example.com", source=source, context={"organisation": {"name": "0"}})
    async with delivering():
        found = await either.until(all_are("sent", "failed"))
    assert [m["status"] for m in found] == ["sent", "failed"]
    assert found[1]["error"]["code"] == "template_failed"


async def test_the_same_key_is_queued_once(either: Post, delivering: Delivering) -> None:
    first = await either.queue("a@example.com", run_id=7, node="mail")
    again = await either.queue("a@example.com", "b@example.com", run_id=7, node="mail")
    assert len(first) == 1
    assert len(again) == 1
    async with delivering():
        found = await either.until(all_are("sent"))
    assert [m["recipient"] for m in found] == ["a@example.com", "b@example.com"]


async def test_many_are_sent_and_each_once(
    either: Post, delivering: Delivering, mail_server: MailServer
) -> None:
    await either.queue(*(f"a{i}@example.com" for i in range(205)))
    async with delivering(), delivering():
        await either.until(all_are("sent"), 30)
    got = [to for envelope in mail_server.recipients for to in envelope]
    assert len(got) == len(set(got))
    assert len(got) in (0, 205)


async def test_while_runs_wait_mail_goes_on_slowly(either: Post, delivering: Delivering) -> None:
    await either.queue(*(f"a{i}@example.com" for i in range(90)))
    async with delivering(busy=lambda: True):
        await either.until(lambda found: found.count("sent") >= 80, 10)


async def test_a_finished_step_wakes_its_run(
    either: Post, delivering: Delivering, database: Database
) -> None:
    runs = [await add_run(database) for _ in range(3)]
    await either.queue("a@example.com", "b@example.com", run_id=runs[0], node="mail", awaited=True)
    await either.queue("nobody", "b@example.com", run_id=runs[1], node="mail", awaited=True)
    await either.queue("a@example.com", run_id=runs[2], node="mail")
    async with delivering():
        await either.until(all_are("sent", "failed"))
    async with database.connection() as db:
        found = await db.fetch("SELECT data->'mail' AS mail, ready_at FROM whereupon.runs ORDER BY id")
    assert [row["ready_at"] is not None for row in found] == [True, True, False]
    assert found[0]["mail"]["status"] == "sent"
    assert found[1]["mail"]["status"] == "failed"
    assert found[1]["mail"]["error"]["code"] == "bad_address"
    assert found[2]["mail"] is None


async def add_run(database: Database) -> int:
    async with database.connection() as db:
        number: int = await db.fetchval(
            "INSERT INTO whereupon.runs (workflow_id, version_id, status, shard, started_by) "
            "VALUES (1, 1, 'waiting', 0, 'manual') RETURNING id"
        )
        return number


# Caps ----------------------------------------------------------------------------------------------


async def add_workflow(database: Database, **columns: Any) -> int:
    async with database.connection() as db:
        owner: int = await db.fetchval(
            "INSERT INTO whereupon.users (email, name) VALUES ('o@example.com', 'Owner') "
            "ON CONFLICT (email) DO UPDATE SET name = excluded.name RETURNING id"
        )
        number: int = await db.fetchval(
            "INSERT INTO whereupon.workflows (key, name, draft, owner_id, activated_at, messages_released) "
            "VALUES (gen_random_uuid()::text, $1, '{}', $2, now(), $3) RETURNING id",
            columns.get("name", "Welcome"),
            owner,
            columns.get("released", False),
        )
        return number


async def test_a_new_workflow_is_held_after_its_first_messages_until_released(
    either: Post, delivering: Delivering, database: Database
) -> None:
    await either.caps(first_messages=50)
    workflow = await add_workflow(database)
    await either.queue(*(f"a{i}@example.com" for i in range(120)), workflow_id=workflow)
    async with delivering(), delivering():
        found = await either.until(all_are("sent", "held"))
        assert [m["status"] for m in found].count("sent") == 50
        assert {m["hold_reason"] for m in found if m["status"] == "held"} == {"first_messages"}
        async with database.connection() as db:
            told = await db.fetch("SELECT title FROM whereupon.notifications")
            assert [row["title"] for row in told] == [
                "“Welcome” is new or was changed and wants to send more than 50 messages."
            ]
            assert len(await release_workflow(db, workflow)) == 70
        await either.until(all_are("sent"))
        await either.queue("later@example.com", workflow_id=workflow)
        await either.until(all_are("sent"))


@pytest.mark.parametrize(
    ("cap", "recipients", "sent"),
    [
        ({"workflow_per_hour": 3}, [f"a{i}@example.com" for i in range(5)], 3),
        (
            {"recipient_per_day": 2},
            ["a@example.com", "A@EXAMPLE.com", "Ada <a@example.com>", "b@example.com"],
            3,
        ),
        ({"organisation_per_day": 1}, ["a@example.com", "b@example.com"], 1),
        ({"organisation_per_day": 0}, ["a@example.com"], 0),
    ],
)
async def test_what_exceeds_a_cap_is_held_and_the_rest_goes(
    either: Post,
    delivering: Delivering,
    database: Database,
    cap: dict[str, int],
    recipients: list[str],
    sent: int,
) -> None:
    await either.caps(**cap)
    workflow = await add_workflow(database, released=True)
    for nr, to in enumerate(recipients):
        await either.queue(to, run_id=nr, node="mail", workflow_id=workflow)
    async with delivering():
        found = await either.until(all_are("sent", "held"))
        assert [m["status"] for m in found].count("sent") == sent
        held = [m["id"] for m in found if m["status"] == "held"]
        async with database.connection() as db:
            assert await db.fetchval("SELECT count(*) FROM whereupon.notifications") == 1
            assert await discard(db, held[:1]) == held[:1]
            assert await release(db, held) == held[1:]
        found = await either.until(all_are("sent", "discarded"))
        assert [m["status"] for m in found].count("discarded") == 1


async def test_held_messages_give_back_what_they_had_counted(
    either: Post, delivering: Delivering, database: Database
) -> None:
    await either.caps(workflow_per_hour=2, organisation_per_day=100)
    workflow = await add_workflow(database, released=True)
    await either.queue(*(f"a{i}@example.com" for i in range(10)), workflow_id=workflow)
    async with delivering():
        await either.until(all_are("sent", "held"))
    async with database.connection() as db:
        counts = dict(
            await db.fetch("SELECT scope, count FROM whereupon.message_counters WHERE scope <> 'told'")
        )
    assert counts == {"workflow": 2, "organisation": 2}


# The server's moods --------------------------------------------------------------------------------

POLYGLOT = (
    "<script>alert(1)</script>'\"{{ 7 | times: 7 }}{% for %}=1+1\r\n"
    "Bcc: evil@example.com\r\n\r\n.\r\nQUIT\r\n=?utf-8?q?x?=\u202e"
)


async def test_a_hostile_value_in_every_field_changes_nothing_but_the_text(
    post: Post, delivering: Delivering, mail_server: MailServer
) -> None:
    await post.caps()
    await post.smtp(mail_server)
    source = await post.source(
        "{{ organisation.name }}", "<p title='{{ organisation.name }}'>{{ organisation.name }}</p>"
    )
    await post.queue('"x" <a@example.com>', source=source, context={"organisation": {"name": POLYGLOT}})
    async with delivering():
        await post.until(all_are("sent"))
    [mail], [recipients] = mail_server.mails, mail_server.recipients
    assert recipients == ["a@example.com"]
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("<script>alert(1)</script>")
    assert "\n" not in mail["Subject"]
    assert set(mail.keys()) == {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted",
                                "X-Auto-Response-Suppress", "MIME-Version", "Content-Type"}  # fmt: skip
    html = body(mail, "html")
    assert "<script" not in html
    assert "{{ 7 | times: 7 }}" in html
    assert "QUIT" in body(mail, "plain")


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


async def test_the_mail_says_who_and_that_it_is_automatic(
    post: Post, delivering: Delivering, mail_server: MailServer
) -> None:
    await post.caps()
    await post.smtp(mail_server)
    source = await post.source("Γειά " * 40, "<p>.\n.leading dots\n</p><p>" + "ñ" * 2000 + "</p>")
    await post.queue("Ångström, Ada <å@bücher.example>", source=source, run_id=5, node="m")
    async with delivering():
        [found] = await post.until(all_are("sent", "failed"))
    assert found["status"] == "failed", "a comma outside quotes separates addresses"
    await post.queue('"Ångström, Ada" <ada@bücher.example>', source=source, run_id=5, node="m")
    async with delivering():
        await post.until(lambda s: s == ["failed", "sent"])
    mail = mail_server.mails[0]
    assert str(mail["To"]) == '"Ångström, Ada" <ada@xn--bcher-kva.example>'
    assert str(mail["From"]) == "Shop <shop@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"] == ("Γειά " * 40).strip()
    assert mail["Message-ID"].endswith("@example.com>")
    assert "ñ" * 2000 in body(mail, "plain")
    assert ".leading dots" in body(mail, "plain")


@pytest.mark.parametrize(
    ("answers", "status", "code"),
    [
        ({"RCPT": "550 no such user"}, "failed", "refused"),
        ({"RCPT": "451 come back later"}, "queued", "refused_for_now"),
        ({"MAIL": "452 full"}, "queued", "refused_for_now"),
        ({"MAIL": "550 not you"}, "failed", "refused"),
        ({"DATA": "554 spam"}, "failed", "refused"),
        ({"DATA": "451 busy"}, "queued", "refused_for_now"),
    ],
)
async def test_4xx_is_tried_again_later_and_5xx_is_final(
    post: Post,
    delivering: Delivering,
    mail_server: MailServer,
    answers: dict[str, str],
    status: str,
    code: str,
) -> None:
    await post.caps()
    await post.smtp(mail_server)
    mail_server.answers = answers
    await post.queue("a@example.com")
    async with delivering():
        [found] = await settled_or_again(post)
        assert (found["status"], found["error"]["code"]) == (status, code)
        if status == "queued":
            assert found["due_at"] is not None
            mail_server.answers = {}
            await hurry(post.database)
            await post.until(all_are("sent"))
    assert len(mail_server.mails) == (status == "queued")


async def settled_or_again(post: Post) -> list[dict[str, Any]]:
    for _ in range(200):
        found = await post.all()
        if found and all(m["error"] is not None for m in found):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(await post.all())


async def hurry(database: Database) -> None:
    """Make what is due later due now."""
    async with database.connection() as db:
        await db.execute("UPDATE whereupon.messages SET due_at = now() WHERE status = 'queued'")
        await db.execute("UPDATE whereupon.pgqueuer SET execute_after = now() WHERE status = 'queued'")


async def test_one_refused_recipient_of_several_is_told_and_the_others_get_it(
    post: Post, delivering: Delivering, mail_server: MailServer
) -> None:
    await post.caps()
    await post.smtp(mail_server)
    mail_server.answers = {"gone@example.com": "550 gone"}
    await post.queue("a@example.com, gone@example.com")
    async with delivering():
        [found] = await post.until(all_are("sent"))
    assert found["error"]["code"] == "partly_refused"
    assert mail_server.recipients == [["a@example.com"]]


async def test_a_connection_lost_after_the_mail_leaves_it_uncertain_and_nothing_is_resent(
    post: Post, delivering: Delivering, mail_server: MailServer, database: Database
) -> None:
    await post.caps()
    await post.smtp(mail_server)
    mail_server.drop_after_data = True
    ids = await post.queue("a@example.com", "b@example.com", "c@example.com")
    async with delivering():
        await post.until(all_are("uncertain"))
        mail_server.drop_after_data = False
        await asyncio.sleep(2)
        assert len(mail_server.mails) == 3
        async with database.connection() as db:
            assert await resolve_uncertain(db, ids[:1], "sent") == ids[:1]
            assert await resolve_uncertain(db, ids[1:2], "failed") == ids[1:2]
            assert await resolve_uncertain(db, ids, "again") == ids[2:]
        found = await post.until(all_are("sent", "failed"))
    assert [m["status"] for m in found] == ["sent", "failed", "sent"]
    assert len(mail_server.mails) == 4


async def test_a_server_that_hangs_leaves_it_uncertain(
    post: Post, delivering: Delivering, mail_server: MailServer
) -> None:
    await post.caps()
    await post.smtp(mail_server, timeout_seconds=0.5)
    mail_server.hang_seconds = 3
    await post.queue("a@example.com")
    async with delivering():
        [found] = await post.until(all_are("uncertain"))
    assert "Nobody can tell" in found["error"]["message"]


async def test_a_server_that_is_not_there_is_tried_again(
    post: Post, delivering: Delivering, mail_server: MailServer
) -> None:
    await post.caps()
    await post.smtp(mail_server, port=1)
    await post.queue(*(f"a{i}@example.com" for i in range(60)))
    async with delivering():
        found = await settled_or_again(post)
        assert {m["error"]["code"] for m in found} == {"unreachable"}
        assert {m["status"] for m in found} == {"queued"}
        await post.smtp(mail_server)
        await asyncio.sleep(2.1)
        await hurry(post.database)
        await post.until(all_are("sent"))


async def test_after_a_day_of_trying_it_fails(
    post: Post, delivering: Delivering, mail_server: MailServer
) -> None:
    await post.caps()
    await post.smtp(mail_server)
    mail_server.answers = {"RCPT": "451 later"}
    await post.queue("a@example.com")
    async with post.database.connection() as db:
        await db.execute("UPDATE whereupon.messages SET attempts = 17")
    async with delivering():
        await post.until(all_are("failed"))


async def test_connections_are_used_again(
    post: Post, delivering: Delivering, mail_server: MailServer
) -> None:
    await post.caps()
    await post.smtp(mail_server, connections=2)
    await post.queue(*(f"a{i}@example.com" for i in range(60)))
    async with delivering():
        await post.until(all_are("sent"))
    assert mail_server.connections <= 2


# Encrypted and signed in ---------------------------------------------------------------------------


async def strict(post: Post, server: MailServer, settings: Settings, password: str, **options: Any) -> None:
    async with post.database.connection() as db:
        handle = await keep_secret(db, load_key(settings), "mail.password", password, host="localhost")
    await post.caps()
    await post.smtp(
        server,
        **{
            "security": "starttls",
            "username": "ada",
            "password": handle,
            "ca_certificates": server.certificate,
        }
        | options,
    )


async def test_mail_goes_encrypted_and_signed_in(
    post: Post, delivering: Delivering, strict_server: MailServer, tmp_path: Any
) -> None:
    await strict(post, strict_server, Settings(data=tmp_path), "sécret")  # pyright: ignore[reportCallIssue]
    await post.queue("a@example.com", "b@example.com")
    async with delivering():
        await post.until(all_are("sent"))
    async with post.database.connection() as db:
        stored = await db.fetchval("SELECT string_agg(t::text, '') FROM whereupon.secrets t") + str(
            await post.all()
        )
    assert "sécret" not in stored


@pytest.mark.parametrize(
    ("password", "options", "says"),
    [
        ("wrong", {}, "did not accept the user name"),
        ("sécret", {"ca_certificates": None}, "is not trusted"),
        ("sécret", {"host": "127.0.0.1"}, "is not trusted"),
        ("sécret", {"security": "tls"}, "cannot be reached"),
    ],
)
async def test_what_is_wrong_with_the_connection_is_said_and_nothing_leaves(
    post: Post, delivering: Delivering, strict_server: MailServer, tmp_path: Any, password: str,
    options: dict[str, Any], says: str
) -> None:  # fmt: skip
    await strict(post, strict_server, Settings(data=tmp_path), password, **options)  # pyright: ignore[reportCallIssue]
    await post.queue("a@example.com")
    async with delivering():
        [found] = await settled_or_again(post)
    assert found["status"] == "queued"
    assert says in found["error"]["message"]
    assert password not in str(found["error"])
    assert strict_server.mails == []


async def test_a_server_without_starttls_gets_nothing(
    post: Post, delivering: Delivering, mail_server: MailServer
) -> None:
    await post.caps()
    await post.smtp(mail_server, security="starttls")
    await post.queue("a@example.com")
    async with delivering():
        [found] = await settled_or_again(post)
    assert "does not offer" in found["error"]["message"]
    assert mail_server.mails == []


# When things die -----------------------------------------------------------------------------------


async def test_what_a_dead_deliverer_had_begun_is_uncertain_and_the_rest_is_sent(
    post: Post, delivering: Delivering, database: Database
) -> None:
    await post.caps()
    ids = await post.queue(*(f"a{i}@example.com" for i in range(5)))
    async with database.connection() as db:
        await begin_sending(db, ids[:2])
        await db.execute(
            "UPDATE whereupon.pgqueuer SET status = 'picked', "
            "queue_manager_id = gen_random_uuid(), heartbeat = now()"
        )
    async with delivering():
        found = await post.until(all_are("sent", "uncertain"), 8)
    assert [m["status"] for m in found] == ["uncertain"] * 2 + ["sent"] * 3
    assert found[0]["error"]["code"] == "interrupted"


async def test_the_deliverer_outlives_its_connections(
    post: Post, delivering: Delivering, database: Database
) -> None:
    await post.caps()
    async with delivering():
        for nr in range(3):
            await post.queue(*(f"a{i}@example.com" for i in range(50)), run_id=nr, node="m")
            killer = await asyncpg.connect(database.url)
            await killer.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await killer.close()
            await asyncio.sleep(0.2)
        for _ in range(100):
            try:
                if all_are("sent")(await post.statuses()):
                    break
            except Exception:
                pass
            await asyncio.sleep(0.2)
        assert await post.statuses() == ["sent"] * 150


async def test_a_message_whose_job_is_lost_is_found_again(
    post: Post, delivering: Delivering, database: Database
) -> None:
    await post.caps()
    await post.queue("a@example.com")
    async with database.connection() as db:
        await db.execute("DELETE FROM whereupon.pgqueuer")
        await db.execute("UPDATE whereupon.messages SET created_at = now() - interval '2 minutes'")
    async with delivering():
        await post.until(all_are("sent"))


# Servers that go silent or away before the mail ---------------------------------------------------------


@dataclass
class Rude:
    """A server that speaks only as far as `says`, then hangs or hangs up; each connection gets the same."""

    says: list[bytes]  # its lines, one for each of the client's, the greeting first
    hangs: bool = False
    heard: list[bytes] = field(default_factory=list)
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    calls: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task: Any = asyncio.current_task()
        self.calls.add(task)
        with suppress(ConnectionError):
            for line in self.says:
                writer.write(line + b"\r\n")
                self.heard.append(await reader.readline())
            if self.hangs:
                await self.enough.wait()
            writer.close()
            await writer.wait_closed()


@asynccontextmanager
async def listening(rude: Rude) -> AsyncIterator[int]:
    server = await asyncio.start_server(rude.serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    rude.enough.set()
    server.close()
    await asyncio.wait_for(asyncio.gather(*rude.calls), 5)


async def tried(post: Post, delivering: Delivering, rude: Rude) -> dict[str, Any]:
    """What became of one mail to such a server."""
    async with listening(rude) as port:
        await post.caps()
        await post.smtp(MailServer(port=port), host="127.0.0.1", timeout_seconds=0.3)
        await post.queue("a@example.com")
        async with delivering():
            [found] = await settled_or_again(post)
    return found


@pytest.mark.parametrize("hangs", [False, True], ids=["drops", "hangs"])
@pytest.mark.parametrize(
    "answers", [[], [b"220 hi"], [b"220 hi", b"250 hi"], [b"220 hi", b"250 hi", b"250 ok"]]
)
async def test_what_goes_wrong_before_the_mail_is_tried_again_and_never_uncertain(
    post: Post, delivering: Delivering, answers: list[bytes], hangs: bool
) -> None:
    rude = Rude(answers, hangs)
    found = await tried(post, delivering, rude)
    assert found["status"] == "queued", found["error"]
    assert found["error"]["code"] in ("unreachable", "connection_lost")
    assert not any(line.startswith(b"DATA") for line in rude.heard)


@pytest.mark.parametrize(
    ("banner", "says"),
    [
        (b"554 go away", "554 go away"),
        (b"421 too busy", "421"),
        (b"garbage \xff", "does not answer as a mail server"),
    ],
)
async def test_a_server_that_greets_badly_is_told_with_its_words(
    post: Post, delivering: Delivering, banner: bytes, says: str
) -> None:
    found = await tried(post, delivering, Rude([banner]))
    assert (found["status"], found["error"]["code"]) == ("queued", "unreachable")
    assert says in found["error"]["message"]
