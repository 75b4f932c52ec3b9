"""Mail servers of every temper, and a deliverer that works until its test ends."""

from __future__ import annotations

import asyncio
import datetime
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from whereupon.conditions.values import Scope
from whereupon.db.pool import Database
from whereupon.modules.catalog import Catalog
from whereupon.outbox.mail import mail_source
from whereupon.outbox.messages import NewMessage, queue, source_id
from whereupon.outbox.settings import Caps, MailSettings, save_caps, save_mail_settings
from whereupon.settings import Settings
from whereupon.templates.template import parse
from whereupon.workers.deliverer import deliver

NOWHERE = Scope(Catalog({}, 1), None)


@dataclass
class MailServer:
    """What it answers is set by a test; what it got is read by it."""

    answers: dict[str, str] = field(default_factory=dict)  # command → answer instead of the usual one
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    connections: int = 0
    drop_after_data: bool = False
    hang_seconds: float = 0
    port: int = 0
    certificate: str = ""

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answers.get(address) or self.answers.get("RCPT")
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.hang_seconds:
            await asyncio.sleep(self.hang_seconds)
        if "DATA" in self.answers:
            return self.answers["DATA"]
        mail: Any = message_from_bytes(envelope.content or b"", policy=policy.default)  # pyright: ignore[reportArgumentType]
        self.mails.append(mail)
        self.recipients.append(list(envelope.rcpt_tos))
        if self.drop_after_data:
            server.transport.abort()  # pyright: ignore[reportOptionalMemberAccess]
        return "250 OK"


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def started(server: MailServer, **options: Any) -> Controller:
    server.port = free_port()
    controller = Controller(server, hostname="127.0.0.1", port=server.port, **options)
    controller.start()
    return controller


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """Unencrypted, on this machine, accepts everything until told otherwise."""
    server = MailServer()
    controller = started(server, enable_SMTPUTF8=True)
    yield server
    controller.stop()


@pytest.fixture
def strict_server(tmp_path: Path) -> Iterator[MailServer]:
    """Wants STARTTLS, then a user name and a password."""
    context, pem = self_signed(tmp_path)

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"ada", b"s\xc3\xa9cret"), handled=False)

    server = MailServer(certificate=pem)
    controller = started(
        server, tls_context=context, require_starttls=True, authenticator=check, auth_required=True
    )
    yield server
    controller.stop()


def self_signed(folder: Path) -> tuple[ssl.SSLContext, str]:
    """A certificate for localhost that only who is told trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(1))
        .not_valid_after(now + datetime.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "server.pem"
    file.write_bytes(private + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, pem.decode()


@dataclass
class Post:
    """Queues mails and looks what became of them."""

    database: Database

    async def source(self, subject: str = "Hello", html: str = "<p>Hi</p>", **more: str) -> int:
        lists: Any = {key: [parse(text, NOWHERE)] for key, text in more.items()}
        source = mail_source(subject=parse(subject, NOWHERE), html=parse(html, NOWHERE, html=True), **lists)
        async with self.database.transaction() as db:
            return await source_id(db, "email", source)

    async def queue(self, *recipients: str, source: int | None = None, **options: Any) -> list[int]:
        number = source or await self.source()
        run = options.pop("run_id", None)
        messages = [
            NewMessage(run, options.get("workflow_id"), options.get("node"), to, number,
                       options.get("context", {}),
                       iteration=options.get("iteration", 0), awaited=options.get("awaited", False))
            for to in recipients
        ]  # fmt: skip
        async with self.database.transaction() as db:
            return await queue(db, messages)

    async def smtp(self, server: MailServer, **options: Any) -> None:
        settings = {
            "host": "localhost",
            "port": server.port,
            "security": "none",
            "from_address": "Shop <shop@example.com>",
        }
        async with self.database.transaction() as db:
            await save_mail_settings(db, MailSettings.model_validate(settings | options))

    async def caps(self, **caps: int | None) -> None:
        none = dict.fromkeys(Caps.model_fields)
        async with self.database.transaction() as db:
            await save_caps(db, Caps.model_validate(none | caps))

    async def all(self) -> list[dict[str, Any]]:
        async with self.database.connection() as db:
            return [dict(row) for row in await db.fetch("SELECT * FROM whereupon.messages ORDER BY id")]

    async def statuses(self) -> list[str]:
        return [message["status"] for message in await self.all()]

    async def until(self, settled: Callable[[list[str]], bool], seconds: float = 15) -> list[dict[str, Any]]:
        """Wait for the statuses; what there is then is in the failure."""
        ends = time.monotonic() + seconds
        while not settled(await self.statuses()):
            assert time.monotonic() < ends, await self.all()
            await asyncio.sleep(0.05)
        return await self.all()


@pytest.fixture
def post(database: Database) -> Post:
    return Post(database)


Delivering = Callable[..., AbstractAsyncContextManager[asyncio.Event]]


@pytest.fixture
def delivering(database: Database, tmp_path: Path) -> Delivering:
    """`async with delivering(): …`: a deliverer works meanwhile."""

    @asynccontextmanager
    async def run(**options: Any) -> AsyncIterator[asyncio.Event]:
        stop = asyncio.Event()
        work: Awaitable[None] = deliver(database, stop=stop, settings=Settings(data=tmp_path), **options)  # pyright: ignore[reportCallIssue]
        task = asyncio.ensure_future(work)
        try:
            yield stop
        finally:
            stop.set()
            await asyncio.wait_for(task, 30)

    return run
