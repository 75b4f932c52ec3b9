"""A test mail says within seconds what became of it, in words that help."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.integration.outbox.conftest import NOWHERE, MailServer, Post, free_port

from whereupon.outbox import trial
from whereupon.outbox.mail import mail_source
from whereupon.outbox.secrets import keep_secret, load_key
from whereupon.settings import Settings
from whereupon.templates.template import parse

SOURCE = mail_source(subject=parse("Koe ä", NOWHERE), text=parse("τρία", NOWHERE))


async def send(post: Post, tmp_path: Any, to: str = "ada@example.org") -> trial.Trial:
    settings = Settings(data=tmp_path)  # pyright: ignore[reportCallIssue]
    async with post.database.transaction() as db:
        return await trial.send_test(db, settings, SOURCE, to)


async def test_a_mail_that_the_server_takes_is_sent_and_is_among_the_messages(
    post: Post, mail_server: MailServer, tmp_path: Any
) -> None:
    await post.smtp(mail_server)
    tried = await send(post, tmp_path)
    assert (tried.status, tried.code) == ("sent", "sent")
    assert "ada@example.org" in tried.message
    [mail] = mail_server.mails
    assert (mail["Subject"], mail["To"]) == ("Koe ä", "ada@example.org")
    [stored] = await post.all()
    assert (stored["id"], stored["status"], stored["attempts"]) == (tried.message_id, "sent", 1)


async def test_without_a_server_it_is_kept_for_reading(post: Post, tmp_path: Any) -> None:
    tried = await send(post, tmp_path)
    assert (tried.status, tried.code) == ("kept", "no_mail_server")
    assert await post.statuses() == ["queued"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "did not accept the user name and password"),
        ({"ca_certificates": None}, "is not trusted"),
        ({"security": "tls"}, "TLS did not come about"),
        ({"host": "no.such.host.invalid"}, "there is no server called"),
        ({"port": 0}, "nothing listens on port"),
    ],
)
async def test_what_is_wrong_is_said_at_once_and_it_is_not_tried_again(
    post: Post, strict_server: MailServer, tmp_path: Any, options: dict[str, Any], says: str
) -> None:
    if "port" in options:
        options = {"port": free_port()}
    host = options.get("host", "localhost")
    settings = Settings(data=tmp_path)  # pyright: ignore[reportCallIssue]
    async with post.database.transaction() as db:
        handle = await keep_secret(db, load_key(settings), "mail", "wrong-ä", host=host)
    usual = {"security": "starttls", "username": "ada", "ca_certificates": strict_server.certificate}
    await post.smtp(strict_server, **{**usual, "password": handle, **options})
    began = time.monotonic()
    tried = await send(post, tmp_path)
    assert time.monotonic() - began < trial.TRY_SECONDS + 1
    assert tried.status == "failed"
    assert says in tried.message
    assert "wrong-ä" not in str(tried)
    [stored] = await post.all()
    assert (stored["status"], stored["due_at"]) == ("failed", None)


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [("550 5.1.1 Ei ole", "failed", "550 5.1.1 Ei ole"), ("451 later", "failed", "451 later")],
)
async def test_the_servers_own_refusal_is_told(
    post: Post, mail_server: MailServer, tmp_path: Any, answer: str, status: str, says: str
) -> None:
    mail_server.answers["RCPT"] = answer
    await post.smtp(mail_server)
    tried = await send(post, tmp_path)
    assert tried.status == status
    assert says in tried.message


async def test_a_server_that_says_nothing_is_not_waited_for(
    post: Post, mail_server: MailServer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "TRY_SECONDS", 1.0)
    mail_server.hang_seconds = 3
    await post.smtp(mail_server)
    began = time.monotonic()
    tried = await send(post, tmp_path)
    assert (tried.status, tried.code) == ("uncertain", "timeout")
    assert time.monotonic() - began < 2.5


async def test_a_secret_of_another_host_is_not_sent_to_this_one(
    post: Post, mail_server: MailServer, tmp_path: Any
) -> None:
    await post.smtp(mail_server, username="ada", password="secret:nowhere")
    tried = await send(post, tmp_path)
    assert (tried.status, mail_server.connections) == ("failed", 0)
