"""How mail leaves, and how much of it may: the settings "mail" and "caps"."""

from __future__ import annotations

import ipaddress
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from whereupon.db.pool import Connection
from whereupon.outbox.addresses import BadAddress, read_mailboxes

Security = Literal["none", "starttls", "tls"]


class MailSettings(BaseModel):
    """The SMTP server. `password` is the handle of a secret (outbox/secrets.py), never the password."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(min_length=1, max_length=253, description="Name of the SMTP server.")
    port: int = Field(default=587, ge=1, le=65535)
    security: Security = Field(default="starttls", description="starttls (port 587), tls (465), or none.")
    username: str | None = None
    password: str | None = Field(default=None, description="Handle of the secret that holds the password.")
    from_address: str = Field(description="Who mails come from unless a block says otherwise.")
    connections: int = Field(
        default=4, ge=1, le=32, description="Connections open to the server at once, per worker."
    )
    timeout_seconds: float = Field(default=30, gt=0, le=300, description="For every answer of the server.")
    ca_certificates: str | None = Field(default=None, description="PEM of a private certificate authority.")

    @field_validator("host")
    @classmethod
    def is_a_host(cls, host: str) -> str:
        if any(c.isspace() or c in "/@\0" for c in host):
            raise ValueError("write only the name of the server, like smtp.example.com")
        return host

    @field_validator("from_address")
    @classmethod
    def is_an_address(cls, text: str) -> str:
        try:
            boxes = read_mailboxes(text)
        except BadAddress as error:
            raise ValueError(error.message) from error
        if len(boxes) != 1:
            raise ValueError("write one address, like Sales <sales@example.com>")
        return text

    @model_validator(mode="after")
    def keeps_the_password_secret(self) -> MailSettings:
        """A password is never sent unencrypted over a network."""
        if self.security == "none" and self.username and not is_loopback(self.host):
            raise ValueError("a user name and password need security: starttls or tls")
        return self


def is_loopback(host: str) -> bool:
    """Whether the server is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Caps(BaseModel):
    """What may leave without a person having looked (rule 26); None: no such cap."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first_messages: int | None = Field(
        default=50, ge=0, description="Of a new or changed workflow, until released."
    )
    workflow_per_hour: int | None = Field(default=1_000, ge=0)
    recipient_per_day: int | None = Field(default=20, ge=0)
    organisation_per_day: int | None = Field(default=20_000, ge=0)


# Both settings in one go.
LOAD_SETTINGS = "SELECT key, value FROM whereupon.settings WHERE key IN ('mail', 'caps')"
# One setting, written as a whole.
SAVE_SETTING = """
INSERT INTO whereupon.settings (key, value) VALUES ($1, $2)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now()
"""


async def load_settings(db: Connection) -> tuple[MailSettings | None, Caps]:
    """The SMTP server, None until one is set (then mails are only kept for reading), and the caps."""
    found: dict[str, Any] = {row["key"]: row["value"] for row in await db.fetch(LOAD_SETTINGS)}
    mail = MailSettings.model_validate(found["mail"]) if found.get("mail") else None
    return mail, Caps.model_validate(found.get("caps") or {})


async def save_mail_settings(db: Connection, settings: MailSettings | None) -> None:
    """Set the SMTP server; None goes back to keeping mails for reading."""
    await db.execute(SAVE_SETTING, "mail", settings.model_dump(mode="json") if settings else {})


async def save_caps(db: Connection, caps: Caps) -> None:
    """Set the caps; they hold from the next message on."""
    await db.execute(SAVE_SETTING, "caps", caps.model_dump(mode="json"))
