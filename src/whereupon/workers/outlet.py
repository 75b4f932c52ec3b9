"""Which transport is used now, and under which caps: the settings, looked at again every other second."""

from __future__ import annotations

import time

from whereupon.db.pool import Connection
from whereupon.errors import WhereuponError
from whereupon.outbox.channels.preview import Preview
from whereupon.outbox.channels.transport import Transport
from whereupon.outbox.secrets import load_key, open_secret
from whereupon.outbox.settings import Caps, MailSettings, load_settings
from whereupon.records.files import FileStore
from whereupon.settings import Settings

LOOK_SECONDS = 2.0


class Outlet:
    """The way out. A transport whose settings changed is closed when its last letter is done."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.mail: MailSettings | None = None
        self.caps = Caps()
        self.files = FileStore.of(settings)
        self.transport: Transport = Preview(self.files)
        self.replaced: list[Transport] = []
        self.looked_at = float("-inf")
        self.password: str | None = None

    async def refresh(self, db: Connection) -> None:
        """Look at the settings, unless that was just done."""
        if time.monotonic() - self.looked_at < LOOK_SECONDS:
            return
        mail, self.caps = await load_settings(db)
        password = await self.password_for(db, mail)
        if (mail, password) != (self.mail, self.password):
            self.replaced.append(self.transport)
            self.mail, self.password = mail, password
            self.transport = transport_for(mail, password, self.files)
        self.looked_at = time.monotonic()
        await self.close_replaced()

    async def password_for(self, db: Connection, mail: MailSettings | None) -> str | None:
        """Without the password the server refuses, which is said there; nothing is lost meanwhile."""
        if mail is None or not mail.password:
            return None
        try:
            return await open_secret(db, load_key(self.settings), mail.password, host=mail.host)
        except WhereuponError:
            return None

    async def close_replaced(self) -> None:
        for transport in [t for t in self.replaced if t.users == 0]:
            self.replaced.remove(transport)
            await transport.close()

    async def close(self) -> None:
        """Close everything."""
        for transport in (*self.replaced, self.transport):
            await transport.close()


def transport_for(mail: MailSettings | None, password: str | None, files: FileStore) -> Transport:
    """SMTP is loaded only where it is used."""
    if mail is None:
        return Preview(files)
    from whereupon.outbox.channels.email import Smtp

    return Smtp(mail, files, password)
