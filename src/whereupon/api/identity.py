"""Who sends a request: the bearer of an API token, or the person behind a session cookie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from starlette.requests import Request

from whereupon.api.memory import Memory
from whereupon.db.pool import Database
from whereupon.errors import NotSignedIn, Refused
from whereupon.people.rights import Rights
from whereupon.people.secrets import key_hash
from whereupon.people.sessions import rights_of_session
from whereupon.people.tokens import Bearer, bearer_of_token

COOKIE = "whereupon_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose rights apply. `session` is the key in the cookie, None for a token."""

    rights: Rights
    session: str | None = None


async def identify(request: Request, database: Database, memory: Memory) -> Identity:
    """Raises NotSignedIn, and Refused for a request that another site made the browser send."""
    header = request.headers.get("authorization")
    if header is not None:
        return await identify_bearer(header, database, memory)
    session = request.cookies.get(COOKIE)
    if session is None:
        raise NotSignedIn("Nobody is signed in.", suggestion="Sign in, or send Authorization: Bearer.")
    require_same_site(request)
    return await identify_session(session, database, memory)


async def identify_bearer(header: str, database: Database, memory: Memory) -> Identity:
    """Whose token the Authorization header holds. Raises NotSignedIn."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise NotSignedIn(
            f'"{scheme[:20]}" is no way to sign in here.', suggestion="Send Authorization: Bearer."
        )

    async def find() -> Bearer:
        async with database.connection() as db:
            return await bearer_of_token(db, token.strip())

    bearer = await memory.recall(key_hash(token.strip()), find)
    if bearer.expires_at is not None and bearer.expires_at <= datetime.now(UTC):
        raise NotSignedIn("This token has expired.", suggestion="Make a new one.")
    return Identity(bearer.rights)


async def identify_session(session: str, database: Database, memory: Memory) -> Identity:
    """Whose session the cookie names. Raises NotSignedIn."""

    async def find() -> Rights:
        async with database.connection() as db:
            return await rights_of_session(db, session)

    return Identity(await memory.recall(b"session " + key_hash(session), find), session)


def require_same_site(request: Request) -> None:
    """Raises Refused for a write that a page of another origin caused (CSRF).

    Browsers say where a request comes from in Sec-Fetch-Site, older ones in Origin; a program
    that says neither is no browser.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        allowed = site in ("same-origin", "none")
    else:
        origin = request.headers.get("origin")
        allowed = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not allowed:
        raise Refused("Another site made your browser send this; it was not done.")
