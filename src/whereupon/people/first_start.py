"""The first administrator: made once, by whoever holds the one-time token that `serve` prints."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Refused
from whereupon.people.roles import ADMINISTRATOR
from whereupon.people.secrets import key_hash, new_key
from whereupon.people.users import ADMINISTRATORS, Email, Name, NewUser, TimeZone, create_user

SETTING = "first_start"
PUT_SETTING = """
INSERT INTO whereupon.settings (key, value) VALUES ($1, $2)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now()
"""
GET_HASH = "SELECT value->>'token_hash' FROM whereupon.settings WHERE key = $1"


class FirstStart(BaseModel):
    """The first administrator, and what the organisation is called."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(max_length=200, description="As printed by `whereupon serve`.")
    email: Email
    name: Name
    password: str = Field(max_length=200)
    organisation: Name | None = None
    time_zone: TimeZone | None = None


async def needs_administrator(db: Connection) -> bool:
    """Whether nobody can sign in with all rights yet."""
    return not await db.fetchval(ADMINISTRATORS)


async def prepare_first_start(db: Connection) -> str | None:
    """A new one-time token, the former one void; None when there is an administrator."""
    if not await needs_administrator(db):
        await db.execute("DELETE FROM whereupon.settings WHERE key = $1", SETTING)
        return None
    token = new_key()
    await db.execute(PUT_SETTING, SETTING, {"token_hash": key_hash(token).hex()})
    return token


async def first_start(db: Connection, start: FirstStart) -> Mapping[str, Any]:
    """Make the administrator with the token, in one transaction. Raises Refused, Conflict, Invalid."""
    # Two who come first at the same moment: one is.
    await db.execute("SELECT pg_advisory_xact_lock(hashtext('whereupon.first_start'))")
    if not await needs_administrator(db):
        raise Conflict("There is an administrator already.", suggestion="Sign in, or ask that person.")
    stored = await db.fetchval(GET_HASH, SETTING)
    if stored is None or not hmac.compare_digest(stored, key_hash(start.token).hex()):
        raise Refused(
            "This is not the token of this installation.",
            suggestion="`whereupon serve` prints it at every start until it is used.",
        )
    new = NewUser(email=start.email, name=start.name, password=start.password, time_zone=start.time_zone)
    user = await create_administrator(db, new)
    await db.execute("DELETE FROM whereupon.settings WHERE key = $1", SETTING)
    organisation = {"name": start.organisation, "time_zone": start.time_zone}
    await db.execute(PUT_SETTING, "organisation", {k: v for k, v in organisation.items() if v is not None})
    return user


async def create_administrator(
    db: Connection, new: NewUser, *, actor: int | None = None
) -> Mapping[str, Any]:
    """A user with the administrator role, whoever else there is: for the command line and tests."""
    roles = sorted({*new.roles, ADMINISTRATOR})
    return await create_user(db, new.model_copy(update={"roles": roles}), actor=actor)
