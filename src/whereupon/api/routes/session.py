"""Signing in and out, and what the signed-in person may do."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from whereupon.api.call import Call, TheCall, response_of
from whereupon.api.declare import Out, operation
from whereupon.api.identity import COOKIE
from whereupon.api.route import routes_of
from whereupon.api.routes.users import User
from whereupon.db.pool import Connection
from whereupon.people import preferences, sessions, users
from whereupon.people.organisation import Organisation, load_organisation
from whereupon.people.preferences import Preferences, SelfChange
from whereupon.people.rights import Level, Rights

router = routes_of("session")


class SignIn(BaseModel):
    """Address and password."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(max_length=254, examples=["ada@example.org"])
    password: str = Field(max_length=200)


class PasswordChange(BaseModel):
    """One's own new password."""

    model_config = ConfigDict(extra="forbid")

    current: str = Field(max_length=200)
    password: str = Field(max_length=200)


class ModuleRightsNow(Out):
    """What one may do in a module. `fields`: those with less than the module gives."""

    read: str
    create: str
    update: str
    delete: str
    fields: dict[str, Level]


class Me(Out):
    """The signed-in user and their rights. An administrator may do everything, whatever `modules` says."""

    user: User
    administrator: bool
    builder: bool
    modules: dict[str, ModuleRightsNow]
    preferences: Preferences
    session: bool = Field(description="Signed in in a browser; false: an API token.")
    organisation: Organisation
    version: str = Field(description="Of this program.")
    server: str = Field(description="Another one after a restart, as in the live `hello`.")
    unread_notifications: int


class Session(Out):
    """One place where one is signed in. `agent`: what the browser calls itself."""

    id: str
    agent: str | None
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: bool


class Sessions(Out):
    """Every session of one's own, the one used last first."""

    items: list[Session]


UNREAD = """
SELECT count(*) FROM (SELECT FROM whereupon.notifications WHERE user_id = $1 AND read_at IS NULL LIMIT 1000) x
"""
SessionId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


@router.post(
    "/session",
    **operation(
        "sign_in", Me, summary="Sign in; the answer sets the session cookie.", errors=[401, 429], public=True
    ),
)
async def sign_in(call: TheCall, body: SignIn) -> Response:
    attempts = call.request.app.state.attempts
    address = call.request.client.host if call.request.client else "unknown"
    await attempts.count(address, body.email)
    async with call.database.transaction() as db:
        key = await sessions.sign_in(
            db, body.email, body.password, agent=call.request.headers.get("user-agent")
        )
        rights = await sessions.rights_of_session(db, key)
        response = response_of(await describe(call, db, rights, session=True))
    await attempts.succeeded(body.email)
    set_cookie(call, response, key)
    return response


def set_cookie(call: Call, response: Response, key: str) -> None:
    """The session's key, out of the reach of scripts and of other sites' requests."""
    address = call.settings.public_url or str(call.request.base_url)
    secure = address.startswith("https:")
    response.set_cookie(
        COOKIE, key, max_age=sessions.LASTS_SECONDS, httponly=True, samesite="lax", secure=secure, path="/"
    )


@router.delete("/session", **operation("sign_out", status=204, summary="End this session."))
async def sign_out(call: TheCall) -> Response:
    session = call.identity.session if call.identity else None

    async def work(db: Connection) -> None:
        if session is not None:
            await sessions.sign_out(db, session)

    response = await call.write(work)
    response.delete_cookie(COOKIE, path="/")
    return response


@router.delete(
    "/sessions", **operation("sign_out_everywhere", status=204, summary="End all of one's sessions.")
)
async def sign_out_everywhere(call: TheCall) -> Response:
    response = await call.write(lambda db: sessions.sign_out_everywhere(db, call.user_id))
    response.delete_cookie(COOKIE, path="/")
    return response


@router.get("/me", **operation("get_me", Me, summary="Who one is, and what one may do."))
async def get_me(call: TheCall) -> Response:
    in_browser = call.identity is not None and call.identity.session is not None
    response = await call.read(lambda db: describe(call, db, call.rights, session=in_browser))
    if call.identity is not None and call.identity.session is not None:
        set_cookie(call, response, call.identity.session)  # use prolongs the cookie as it does the session
    return response


@router.put(
    "/me/password",
    **operation(
        "change_password", status=204, summary="Change one's password; other sessions end.", errors=[429]
    ),
)
async def change_password(call: TheCall, body: PasswordChange) -> Response:
    session, who = call.identity.session if call.identity else None, f"user {call.user_id}"
    await call.request.app.state.attempts.count(who, who)
    return await call.write(
        lambda db: sessions.change_password(db, call.user_id, body.current, body.password, session=session)
    )


@router.patch("/me", **operation("change_me", Me, summary="Change one's own name, language, preferences."))
async def change_me(call: TheCall, body: SelfChange) -> Response:
    in_browser = call.identity is not None and call.identity.session is not None

    async def work(db: Connection) -> dict[str, Any]:
        await preferences.change_self(db, call.user_id, body)
        return await describe(call, db, call.rights, session=in_browser)

    return await call.write(work, defines=False)


@router.get("/sessions", **operation("list_sessions", Sessions, summary="Where one is signed in."))
async def list_sessions(call: TheCall) -> Response:
    current = call.identity.session if call.identity else None

    async def work(db: Connection) -> dict[str, Any]:
        return {"items": await sessions.list_sessions(db, call.user_id, current)}

    return await call.read(work)


@router.delete(
    "/sessions/{session_id}", **operation("end_session", status=204, summary="End one of one's sessions.")
)
async def end_session(call: TheCall, session_id: SessionId) -> Response:
    return await call.write(lambda db: sessions.end_session(db, call.user_id, session_id))


async def describe(call: Call, db: Connection, rights: Rights, *, session: bool) -> dict[str, Any]:
    """The user and the rights, as `get_me` shows them."""
    assert rights.user_id is not None
    return {
        "preferences": await preferences.get_preferences(db, rights.user_id),
        "session": session,
        "organisation": (await load_organisation(db))["organisation"],
        "version": version("whereupon"),
        "server": call.request.app.state.live.server,
        "unread_notifications": await db.fetchval(UNREAD, rights.user_id),
        "user": await users.get_user(db, rights.user_id),
        "administrator": rights.administrator,
        "builder": rights.builder,
        "modules": {
            key: {
                "read": g.read,
                "create": g.create,
                "update": g.update,
                "delete": g.delete,
                "fields": {name: g.level(name) for name in sorted(g.hidden | g.locked_on_update)},
            }
            for key, g in sorted(rights.grants.items())
        },
    }
