"""API tokens: keys for programs, which act with the rights of the user who made them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, NotFound, NotSignedIn, Problem
from whereupon.modules.catalog import revise
from whereupon.people import audit
from whereupon.people.rights import LOAD_RIGHTS, Rights, rights_of_row
from whereupon.people.secrets import key_hash, new_key

PREFIX = "whu_"
USED_SECONDS = 60  # how often use is written down

COLUMNS = "id, name, hint, user_id, created_at, used_at, expires_at, revoked_at"
CREATE = f"""
INSERT INTO whereupon.api_tokens (token_hash, user_id, name, hint, expires_at)
VALUES ($1, $2, $3, $4, $5) RETURNING {COLUMNS}
"""
FIND = """
SELECT id, user_id, expires_at, used_at IS NULL OR used_at < now() - make_interval(secs => $2) AS is_due
FROM whereupon.api_tokens
WHERE token_hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
"""
LIST = f"""
SELECT {COLUMNS} FROM whereupon.api_tokens
WHERE ($1::bigint IS NULL OR user_id = $1) AND id > $2 ORDER BY id LIMIT $3
"""
REVOKE = f"""
UPDATE whereupon.api_tokens SET revoked_at = coalesce(revoked_at, now())
WHERE id = $1 AND ($2::bigint IS NULL OR user_id = $2) RETURNING {COLUMNS}
"""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token stands for, and until when."""

    rights: Rights
    expires_at: datetime | None


async def create_token(
    db: Connection, user_id: int, name: str, *, expires_at: datetime | None = None
) -> tuple[str, Mapping[str, Any]]:
    """The token, which is never shown again, and what is kept of it. Raises Invalid."""
    if expires_at is not None and not await db.fetchval("SELECT $1 > now()", expires_at):
        raise Invalid.of(Problem("past", "The token would have expired already.", "/expires_at"))
    token = new_key(PREFIX)
    hint = token[: len(PREFIX) + 4] + "…"
    row = await db.fetchrow(CREATE, key_hash(token), user_id, name, hint, expires_at)
    assert row is not None
    await audit.append(db, user_id, "create_token", f"token:{row['id']}", name=name)
    return token, dict(row)


async def bearer_of_token(db: Connection, token: str) -> Bearer:
    """Whose token this is, with their rights. Raises NotSignedIn."""
    found = await db.fetchrow(FIND, key_hash(token), USED_SECONDS) if token.startswith(PREFIX) else None
    if found is None:
        raise NotSignedIn("This token is unknown, expired or revoked.", suggestion="Make a new one.")
    if found["is_due"]:
        await db.execute("UPDATE whereupon.api_tokens SET used_at = now() WHERE id = $1", found["id"])
    row = await db.fetchrow(LOAD_RIGHTS, found["user_id"])
    if row is None or not row["active"]:
        raise NotSignedIn("The user of this token is disabled.", suggestion="Ask an administrator.")
    return Bearer(rights_of_row(row), found["expires_at"])


async def list_tokens(
    db: Connection, user_id: int | None = None, *, after: int = 0, limit: int = 50
) -> list[Mapping[str, Any]]:
    """A user's tokens, or everybody's for None; never the tokens themselves."""
    return [dict(row) for row in await db.fetch(LIST, user_id, after, limit)]


async def revoke_token(
    db: Connection, token_id: int, *, actor: int | None, owner: int | None = None
) -> Mapping[str, Any]:
    """End a token for good. `owner`: only if it is theirs. Raises NotFound."""
    row = await db.fetchrow(REVOKE, token_id, owner)
    if row is None:
        raise NotFound(f"There is no token {token_id}.")
    await audit.append(db, actor, "revoke_token", f"token:{token_id}", name=row["name"])
    await revise(db)
    return dict(row)
