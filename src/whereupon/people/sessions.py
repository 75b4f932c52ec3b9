"""Sessions of people in a browser: begun by a password, prolonged by use, ended by either side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import NotFound, NotSignedIn, SessionEnded
from whereupon.people.passwords import hash_password, password_matches, require_good
from whereupon.people.rights import LOAD_RIGHTS, Rights, rights_of_row
from whereupon.people.secrets import key_hash, new_key

LASTS_SECONDS = 14 * 24 * 3600  # without use
TOUCH_SECONDS = 300  # how often use is written down

FIND_PASSWORD = "SELECT id, name, email, password_hash, active FROM whereupon.users WHERE email = $1"
# What the provider is called, where a user's password opens nothing (people/elsewhere.py).
ELSEWHERE_ONLY = """
SELECT value->>'name' FROM whereupon.settings WHERE key = 'single_sign_on' AND (value->>'enabled')::boolean
  AND NOT (value->>'passwords')::boolean AND (value->>'break_glass')::bigint IS DISTINCT FROM $1
"""
START = """
INSERT INTO whereupon.sessions (token_hash, user_id, expires_at, agent)
VALUES ($1, $2, now() + make_interval(secs => $3), $4)
"""
# The user behind a session key, and whether it is time to prolong the session.
FIND = """
SELECT user_id, seen_at < now() - make_interval(secs => $2) AS is_due
FROM whereupon.sessions WHERE token_hash = $1 AND expires_at > now()
"""
PROLONG = """
UPDATE whereupon.sessions SET seen_at = now(), expires_at = now() + make_interval(secs => $2)
WHERE token_hash = $1
"""
# A session is named by the beginning of its key's hash, which opens nothing.
LIST = """
SELECT left(encode(token_hash, 'hex'), 32) AS id, agent, created_at, seen_at, expires_at,
       token_hash = $2 AS current
FROM whereupon.sessions WHERE user_id = $1 AND expires_at > now() ORDER BY seen_at DESC, id LIMIT 200
"""
END = """
DELETE FROM whereupon.sessions WHERE user_id = $1 AND left(encode(token_hash, 'hex'), 32) = $2
RETURNING true
"""
SET_PASSWORD = "UPDATE whereupon.users SET password_hash = $2, updated_at = now() WHERE id = $1"
# Everybody else's copy of these rights is dropped; no definition changed.
FORGET = "NOTIFY whereupon_revision"


async def sign_in(db: Connection, email: str, password: str, *, agent: str | None = None) -> str:
    """The key of a new session. Raises NotSignedIn, in the same words and time whatever was wrong."""
    row = await db.fetchrow(FIND_PASSWORD, email.strip().lower())
    matches = await password_matches(password, row["password_hash"] if row else None)
    if row is None or not matches or not row["active"]:
        raise NotSignedIn(
            "Address and password do not belong together.",
            suggestion="Check both; an administrator can set a new password.",
        )
    sso = await db.fetchval(ELSEWHERE_ONLY, row["id"])
    if sso is not None:
        raise NotSignedIn(f"Passwords are turned off here. Sign in with {sso}.")
    return await start_session(db, row["id"], agent=agent)


async def start_session(db: Connection, user_id: int, *, agent: str | None = None) -> str:
    """A session for a user who has proved who they are; returns its key."""
    key = new_key()
    await db.execute(START, key_hash(key), user_id, LASTS_SECONDS, agent[:300] if agent else None)
    return key


async def rights_of_session(db: Connection, key: str, *, prolong: bool = True) -> Rights:
    """Whose session this is, with their rights; use prolongs it. Raises NotSignedIn, SessionEnded."""
    found = await db.fetchrow(FIND, key_hash(key), TOUCH_SECONDS)
    if found is None:
        raise SessionEnded("This session has ended.", suggestion="Sign in again.")
    if found["is_due"] and prolong:
        await db.execute(PROLONG, key_hash(key), LASTS_SECONDS)
    row = await db.fetchrow(LOAD_RIGHTS, found["user_id"])
    if row is None or not row["active"]:
        raise NotSignedIn("This user is disabled.", suggestion="Ask an administrator.")
    return rights_of_row(row)


async def list_sessions(db: Connection, user_id: int, current: str | None) -> list[Mapping[str, Any]]:
    """A user's sessions, the one used last first. `current`: the key of the one that asks."""
    return [dict(row) for row in await db.fetch(LIST, user_id, key_hash(current) if current else b"")]


async def end_session(db: Connection, user_id: int, session_id: str) -> None:
    """End one of a user's sessions, by the id that `list_sessions` gives. Raises NotFound."""
    if not await db.fetchval(END, user_id, session_id):
        raise NotFound("There is no such session of yours.", suggestion="It may have ended already.")
    await db.execute(FORGET)


async def sign_out(db: Connection, key: str) -> None:
    """End one session; it is no error when it has ended already."""
    await db.execute("DELETE FROM whereupon.sessions WHERE token_hash = $1", key_hash(key))
    await db.execute(FORGET)


async def sign_out_everywhere(db: Connection, user_id: int, *, but: str | None = None) -> None:
    """End all of a user's sessions, except the one whose key is given."""
    kept = key_hash(but) if but else b""
    await db.execute("DELETE FROM whereupon.sessions WHERE user_id = $1 AND token_hash <> $2", user_id, kept)
    await db.execute(FORGET)


async def change_password(
    db: Connection, user_id: int, current: str, wanted: str, *, session: str | None = None
) -> None:
    """A person's own new password; all their other sessions end. Raises NotSignedIn, Invalid."""
    row = await db.fetchrow("SELECT name, email, password_hash FROM whereupon.users WHERE id = $1", user_id)
    if row is None or not await password_matches(current, row["password_hash"]):
        raise NotSignedIn("The current password is not right.")
    require_good(wanted, (row["name"], row["email"]))
    await set_password(db, user_id, wanted, session=session)


async def set_password(db: Connection, user_id: int, wanted: str, *, session: str | None = None) -> None:
    """Store a password that was found good, and end the sessions that the old one began."""
    await db.execute(SET_PASSWORD, user_id, await hash_password(wanted))
    await sign_out_everywhere(db, user_id, but=session)
