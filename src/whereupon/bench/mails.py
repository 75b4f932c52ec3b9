"""Personal mails, HTML and text, to a mail server on this machine: how many leave in a second?"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from whereupon.bench.bulk import CHANGE_ALL
from whereupon.bench.figures import Figure
from whereupon.bench.office import WHEN_STATUS_CHANGES, Office, draw, open_office
from whereupon.bench.processes import workers
from whereupon.db.embedded import throwaway_server
from whereupon.outbox.settings import MailSettings, save_mail_settings

MAILS, WARMING = 4_000, 300
LETTER: Mapping[str, Any] = {
    "key": "tell", "block": "send_email",
    "config": {
        "to": [{"field": "email"}],
        "subject": "Your order {{ record.name }}",
        "html": "<style>h1 { color: #0b7285 }</style><h1>Dear customer of {{ record.name }}</h1>"
        "<p>The amount is <b>{{ record.amount | money }}</b>, due on {{ record.due_date | date }}.</p>"
        "<table><tr><th>Order</th><th>State</th></tr>"
        "<tr><td>{{ record.name }}</td><td>{{ record.status }}</td></tr></table>"
        '<p>Questions? <a href="https://shop.example/orders/{{ record.id }}">Look here</a>.</p>',
        "text": "Your order {{ record.name }} over {{ record.amount | money }} is {{ record.status }}.",
    },
}  # fmt: skip
SENT = "SELECT count(*) >= $1 FROM whereupon.messages WHERE status = 'sent'"


async def mails_per_second() -> list[Figure]:
    """From the statement that changes the records until the last mail is with the server, and noted so."""
    async with throwaway_server() as url, mail_server() as server:
        office = await open_office(url)
        try:
            await settle_in(office, server.port)
            async with workers(url):
                await send(office, WARMING)
                seconds = await send(office, WARMING + MAILS)
        finally:
            await office.database.close()
    if server.mails != WARMING + MAILS:
        raise AssertionError(f"{WARMING + MAILS} mails should have arrived; it were {server.mails}.")
    note = f"{MAILS:,} mails of {server.size // server.mails:,} bytes, one worker: {seconds:.2f} s"
    return [Figure("mails_per_second", round(MAILS / seconds), note)]


async def settle_in(office: Office, port: int) -> None:
    """Records, a workflow that writes to each, and the server that takes it."""
    await office.insert_orders(WARMING + MAILS)
    await office.publish("Orders — Tell", draw(WHEN_STATUS_CHANGES, LETTER))
    settings = MailSettings(host="127.0.0.1", port=port, security="none", from_address="shop@example.org")
    async with office.database.transaction() as db:
        await save_mail_settings(db, settings)


async def send(office: Office, up_to: int) -> float:
    """Seconds until so many mails are sent."""
    began = time.perf_counter()
    await office.execute(CHANGE_ALL, up_to)
    await office.until(SENT, up_to)
    return time.perf_counter() - began


@dataclass(slots=True)
class MailServer:
    """Takes everything and keeps nothing but the count."""

    port: int = 0
    mails: int = 0
    size: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: RFC 5321, as little of it as a client needs."""
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            match line[:4].upper():
                case b"EHLO":
                    writer.write(b"250-here\r\n250 SMTPUTF8\r\n")
                case b"DATA":
                    writer.write(b"354 go on\r\n")
                    mail = await reader.readuntil(b"\r\n.\r\n")
                    self.mails, self.size = self.mails + 1, self.size + len(mail)
                    writer.write(b"250 taken\r\n")
                case b"QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                case _:
                    writer.write(b"250 ok\r\n")
        writer.close()


@asynccontextmanager
async def mail_server() -> AsyncGenerator[MailServer]:
    """One that listens on loopback until the end."""
    made = MailServer()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
