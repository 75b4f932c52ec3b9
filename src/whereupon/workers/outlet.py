"""Which transport each channel has now, and under which caps: the settings, looked at every other second."""

from __future__ import annotations

import time
from typing import Any

from whereupon.db.pool import Connection, Database
from whereupon.errors import WhereuponError
from whereupon.outbox.channels.preview import Preview
from whereupon.outbox.channels.transport import Transport
from whereupon.outbox.egress import Egress
from whereupon.outbox.networks import Policy, load_policy
from whereupon.outbox.providers import load_providers, open_providers
from whereupon.outbox.secrets import load_key, open_secret
from whereupon.outbox.services import KINDS
from whereupon.outbox.settings import Caps, MailSettings, load_settings
from whereupon.records.files import FileStore
from whereupon.settings import Settings

LOOK_SECONDS = 2.0


class Outlet:
    """The ways out. A transport whose settings changed is closed when its last letter is done."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings = settings
        self.database = database
        self.mail: MailSettings | None = None
        self.caps = Caps()
        self.files = FileStore.of(settings)
        self.preview = Preview(self.files)
        self.transports: dict[str, Transport] = {}
        self.replaced: list[Transport] = []
        self.looked_at = float("-inf")
        self.password: str | None = None
        self.providers_as_of: Any = None
        self.egress = Egress(self.policy)

    def transport(self, channel: str) -> Transport:
        """The way out for a channel; until one is set its messages are only kept for reading."""
        return self.transports.get(channel, self.preview)

    async def refresh(self, db: Connection) -> None:
        """Look at the settings, unless that was just done."""
        if time.monotonic() - self.looked_at < LOOK_SECONDS:
            return
        await self.refresh_mail(db)
        await self.refresh_providers(db)
        self.looked_at = time.monotonic()
        await self.close_replaced()

    async def refresh_mail(self, db: Connection) -> None:
        mail, self.caps = await load_settings(db)
        password = await self.password_for(db, mail)
        if (mail, password) == (self.mail, self.password):
            return
        self.mail, self.password = mail, password
        self.replace("email", smtp(mail, self.files, password) if mail else None)

    async def password_for(self, db: Connection, mail: MailSettings | None) -> str | None:
        """Without the password the server refuses, which is said there; nothing is lost meanwhile."""
        if mail is None or not mail.password:
            return None
        try:
            return await open_secret(db, load_key(self.settings), mail.password, host=mail.host)
        except WhereuponError:
            return None

    async def refresh_providers(self, db: Connection) -> None:
        """A way out for each kind of message that has a provider."""
        providers, as_of = await load_providers(db)
        if as_of == self.providers_as_of:
            return
        self.providers_as_of = as_of
        opened = await open_providers(db, load_key(self.settings), providers)
        for kind in KINDS:
            if not any(provider.kind == kind for provider in providers.values()):
                self.replace(kind, None)
                continue
            from whereupon.outbox.channels.messenger import Messenger

            self.replace(kind, Messenger(kind, opened, self.egress))

    async def policy(self) -> Policy:
        """Where providers of one's own may be."""
        async with self.database.connection() as db:
            return await load_policy(db, self.settings)

    def replace(self, channel: str, new: Transport | None) -> None:
        """Whoever holds the old one finishes with it."""
        old = self.transports.pop(channel, None)
        if old is not None:
            self.replaced.append(old)
        if new is not None:
            self.transports[channel] = new

    async def close_replaced(self) -> None:
        for transport in [t for t in self.replaced if t.users == 0]:
            self.replaced.remove(transport)
            await transport.close()

    async def close(self) -> None:
        """Close everything."""
        for transport in (*self.replaced, *self.transports.values()):
            await transport.close()
        await self.egress.aclose()


def smtp(mail: MailSettings, files: FileStore, password: str | None) -> Transport:
    """SMTP is loaded only where it is used."""
    from whereupon.outbox.channels.email import Smtp

    return Smtp(mail, files, password)
