"""Secrets that workflows use to sign in elsewhere: known by a key, bound to a host, never shown again.

A definition names only the key. The value is sealed like every other secret (outbox/secrets.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, NotFound, did_you_mean
from whereupon.modules.catalog import SHARED, revise
from whereupon.outbox.egress import NotAllowed, read_url
from whereupon.outbox.secrets import HANDLE, Key, keep_secret
from whereupon.people import audit
from whereupon.people.rights import Rights

LIST = """
SELECT s.id, substr(s.name, $1) AS key, s.bound_to AS host, s.created_at AS changed_at
FROM whereupon.secrets s WHERE starts_with(s.name, $2) AND s.id > $3 ORDER BY s.id LIMIT $4
"""
GET = """
SELECT s.id, substr(s.name, $1) AS key, s.bound_to AS host, s.created_at AS changed_at
FROM whereupon.secrets s WHERE s.name = $2
"""
# Two at once for the same key: one after the other.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('secret ' || $1, 0))"
DELETE = "DELETE FROM whereupon.secrets WHERE name = $1"
# What is drafted or published names it somewhere below a node's configuration.
USED_BY = """
SELECT DISTINCT w.name FROM whereupon.workflows w
CROSS JOIN LATERAL (
  SELECT w.draft AS document
  UNION ALL SELECT v.document FROM whereupon.versions v WHERE v.id = w.active_version_id) d
WHERE w.state <> 'deleted' AND jsonb_path_exists(
  d.document, '$.nodes[*].config.** ? (@.type() == "object").keyvalue()
    ? (@.key like_regex "secret$" && @.value == $key)', jsonb_build_object('key', $1::text))
ORDER BY 1
"""


def is_host(text: str) -> str:
    """The host as it is compared. Raises ValueError."""
    try:
        if any(c in text for c in "/?#@") or ("[" in text) != (":" in text):
            raise ValueError("write only the name of the server, like api.example.com")
        return read_url(f"https://{text}/").host
    except NotAllowed as error:
        raise ValueError("write only the name of the server, like api.example.com") from error


Host = Annotated[
    str, Field(min_length=1, max_length=253, description="The only server that it is sent to."),
    AfterValidator(is_host),
]  # fmt: skip


class SecretValue(BaseModel):
    """A secret's value, and where it may go."""

    model_config = ConfigDict(extra="forbid")

    host: Host
    value: str = Field(
        min_length=4, max_length=4_000, pattern=r"^[^\x00-\x1f\x7f]+$", description="It is never shown again."
    )


class NewSecret(SecretValue):
    """A secret to keep."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,58}$", description="What workflows call it.")


class Kept(BaseModel):
    """What is said of a secret."""

    id: int
    key: str
    host: str
    changed_at: datetime


def handle_of(key: str) -> str:
    """What opens it."""
    return HANDLE + SHARED + key


async def list_secrets(
    db: Connection, rights: Rights, *, after: int = 0, limit: int = 50
) -> list[Mapping[str, Any]]:
    """Keys and hosts. Raises Refused."""
    rights.require_builder()
    return [dict(row) for row in await db.fetch(LIST, len(SHARED) + 1, SHARED, after, limit)]


async def get_secret(db: Connection, key: str) -> Mapping[str, Any]:
    """Key and host. Raises NotFound with the nearest key."""
    row = await db.fetchrow(GET, len(SHARED) + 1, SHARED + key)
    if row is None:
        known = [one["key"] for one in await db.fetch(LIST, len(SHARED) + 1, SHARED, 0, 1_000)]
        raise NotFound(f'There is no secret "{key}".', suggestion=did_you_mean(key, known))
    return dict(row)


async def create_secret(
    db: Connection, rights: Rights, sealed_with: Key, new: NewSecret
) -> Mapping[str, Any]:
    """Raises Refused; Conflict when the key is taken."""
    rights.require_administrator()
    await db.execute(LOCK, new.key)
    if await db.fetchrow(GET, len(SHARED) + 1, SHARED + new.key) is not None:
        raise Conflict(f'There is a secret "{new.key}" already.', suggestion="Choose another name.")
    return await _keep(db, rights, sealed_with, new.key, new, "create_secret")


async def replace_secret(
    db: Connection, rights: Rights, sealed_with: Key, key: str, new: SecretValue
) -> Mapping[str, Any]:
    """Another value, perhaps for another host. Raises Refused, NotFound."""
    rights.require_administrator()
    await db.execute(LOCK, key)
    await get_secret(db, key)
    return await _keep(db, rights, sealed_with, key, new, "replace_secret")


async def _keep(
    db: Connection, rights: Rights, sealed_with: Key, key: str, new: SecretValue, action: str
) -> Mapping[str, Any]:
    await keep_secret(db, sealed_with, SHARED + key, new.value, host=new.host)
    await audit.append(db, rights.user_id, action, f"secret:{key}", host=new.host)
    await revise(db)
    return await get_secret(db, key)


async def delete_secret(db: Connection, rights: Rights, key: str) -> None:
    """Raises Refused, NotFound; Conflict naming the workflows that use it."""
    rights.require_administrator()
    await db.execute(LOCK, key)
    await get_secret(db, key)
    users = [row["name"] for row in await db.fetch(USED_BY, key)]
    if users:
        raise Conflict(f"These workflows use it: {', '.join(users)}.", suggestion="Change them first.")
    await db.execute(DELETE, SHARED + key)
    await audit.append(db, rights.user_id, "delete_secret", f"secret:{key}")
    await revise(db)
