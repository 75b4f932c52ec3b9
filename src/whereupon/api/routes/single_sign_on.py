"""Signing in with OpenID Connect: there and back, and the settings of the provider."""

from __future__ import annotations

import secrets
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote, urlencode

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from whereupon.api.call import Call, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.rates import rates_of
from whereupon.api.route import routes_of
from whereupon.api.routes.session import set_cookie
from whereupon.db.pool import Connection, set_context
from whereupon.errors import Conflict, WhereuponError
from whereupon.outbox.egress import Egress
from whereupon.outbox.networks import Policy, load_policy
from whereupon.outbox.openid import Client, NotBelieved, Providers, challenge_of, with_question
from whereupon.outbox.secrets import keep_secret, load_key, open_secret
from whereupon.people import elsewhere
from whereupon.people.elsewhere import NotLetIn, SingleSignOn, load_single_sign_on, save_single_sign_on
from whereupon.people.secrets import key_hash, new_key

router = routes_of("session")
COOKIE, COOKIE_SECONDS, PATH = "whereupon_sign_in", 600, "/api/v1/sign-in"
PER_MINUTE = 30  # of one sender
SECRET = "single_sign_on"


class SignInWays(Out):
    """How one may sign in. `provider`: what the button says; null: there is none."""

    passwords: bool
    provider: str | None


class SingleSignOnIn(SingleSignOn):
    """The provider. The secret is sealed when it arrives, and never shown again."""

    client_secret: str | None = Field(
        default=None, max_length=1000, description="Left out: the one kept already."
    )


class SingleSignOnOut(Out):
    """What is set; null: nothing. `redirect_uri` is to be told to the provider."""

    provider: dict[str, Any] | None
    redirect_uri: str


class IssuerToCheck(BaseModel):
    """Which issuer to ask."""

    model_config = ConfigDict(extra="forbid")

    issuer: str = Field(min_length=8, max_length=500)


class IssuerChecked(Out):
    """What the issuer says of itself."""

    issuer: str
    authorization_endpoint: str
    keys: int


def redirect_uri(call: Call) -> str:
    """Where the provider sends people back to."""
    base = call.settings.public_url or str(call.request.base_url)
    return base.rstrip("/") + PATH + "/callback"


def providers(call: Call) -> Providers:
    """Those that this process remembers."""
    state = call.request.app.state
    if not hasattr(state, "openid"):

        async def policy() -> Policy:
            async with call.database.connection() as db:
                return await load_policy(db, call.settings)

        state.openid = Providers(Egress(policy))
    return state.openid


def safe_path(wanted: str | None) -> str:
    """A page of this installation, never one elsewhere.

    >>> safe_path("/runs?x=1"), safe_path("//evil.example"), safe_path("/\\\\evil.example"), safe_path(None)
    ('/runs?x=1', '/', '/', '/')
    """
    if wanted is None or not wanted.startswith("/") or wanted.startswith("//"):
        return "/"
    return wanted if wanted.isprintable() and "\\" not in wanted else "/"


async def _count(call: Call) -> None:
    sender = call.request.client.host if call.request.client else "unknown"
    await rates_of(call.request).count("sign in elsewhere", sender, PER_MINUTE)


# Signing in ---------------------------------------------------------------------------------------------


@router.get(
    "/sign-in", **operation("get_sign_in_ways", SignInWays, summary="How one may sign in.", public=True)
)
async def get_sign_in_ways(call: TheCall) -> Response:
    async def work(db: Connection) -> dict[str, Any]:
        sso = await load_single_sign_on(db)
        if sso is None or not sso.enabled:
            return {"passwords": True, "provider": None}
        return {"passwords": sso.passwords, "provider": sso.name}

    return await call.read(work)


@router.get(
    "/sign-in/start",
    **operation("start_sign_in", summary="Go to the provider to sign in there.", status=303, public=True,
                errors=[409, 429, 502]),
)  # fmt: skip
async def start_sign_in(
    call: TheCall,
    return_to: Annotated[str | None, Query(max_length=2000, description="Which page comes next.")] = None,
) -> Response:
    await _count(call)
    async with call.database.connection() as db:
        sso = await _enabled(db)
    metadata = await providers(call).describe(sso.issuer)
    state, browser, nonce, verifier = new_key(), new_key(), new_key(), secrets.token_urlsafe(48)
    async with call.database.transaction() as db:
        kept = (key_hash(state), key_hash(browser), nonce, verifier, safe_path(return_to))
        await db.execute(elsewhere.BEGIN, *kept)
    question = {
        "response_type": "code", "client_id": sso.client_id, "redirect_uri": redirect_uri(call),
        "scope": " ".join(sso.scopes), "state": state, "nonce": nonce,
        "code_challenge": challenge_of(verifier), "code_challenge_method": "S256",
    }  # fmt: skip
    address = with_question(str(metadata["authorization_endpoint"]), question)
    response = RedirectResponse(address, 303)
    secure = redirect_uri(call).startswith("https:")
    response.set_cookie(
        COOKIE, browser, max_age=COOKIE_SECONDS, httponly=True, samesite="lax", secure=secure, path=PATH
    )
    return response


async def _enabled(db: Connection) -> SingleSignOn:
    sso = await load_single_sign_on(db)
    if sso is None or not sso.enabled:
        raise Conflict("There is no sign-in elsewhere here.", suggestion="Sign in with your password.")
    return sso


@router.get(
    "/sign-in/callback",
    **operation("finish_sign_in", summary="Come back from the provider.", status=303, public=True,
                errors=[429], any_query=True),
)  # fmt: skip
async def finish_sign_in(
    call: TheCall,
    code: Annotated[str | None, Query(max_length=4000)] = None,
    state: Annotated[str | None, Query(max_length=200)] = None,
    error: Annotated[str | None, Query(max_length=200)] = None,
    iss: Annotated[str | None, Query(max_length=500, description="RFC 9207.")] = None,
) -> Response:
    """Whatever goes wrong is told on the sign-in page, by a code that the page has words for."""
    await _count(call)
    try:
        response = await _come_back(call, Back(code, state, error, iss))
    except (NotBelieved, NotLetIn) as problem:
        response = _tell(problem.why)
    except WhereuponError as problem:
        response = _tell("no_answer" if problem.status >= 500 or problem.code == "no_answer" else "failed")
    response.delete_cookie(COOKIE, path=PATH)
    return response


def _tell(why: str) -> Response:
    return RedirectResponse(f"/sign-in?{urlencode({'problem': why})}", 303)


class Back(NamedTuple):
    """What the provider sent the browser back with."""

    code: str | None
    state: str | None
    error: str | None
    issuer: str | None


async def _come_back(call: Call, back: Back) -> Response:
    browser = call.request.cookies.get(COOKIE)
    async with call.database.transaction() as db:
        begun = await db.fetchrow(elsewhere.COME_BACK, key_hash(back.state or ""), key_hash(browser or ""))
        sso = await _enabled(db)
        secret = await _secret(call, db, sso)
    if begun is None or not begun["good"]:
        raise NotBelieved("state", "This sign-in was not begun in this browser, or too long ago.")
    if back.issuer is not None and back.issuer != sso.issuer:
        raise NotBelieved("state", "Another provider answered than the one that was asked.")
    if back.error is not None or not back.code:
        why = "cancelled" if back.error == "access_denied" else "provider"
        raise NotBelieved(why, "The provider refused.")
    client = Client(sso.issuer, sso.client_id, secret)
    there = providers(call)
    tokens = await there.exchange(
        client, code=back.code, verifier=begun["verifier"], redirect_uri=redirect_uri(call)
    )
    access = tokens.get("access_token")
    claims = await there.verify(client, tokens.get("id_token"), nonce=begun["nonce"], access_token=access)
    if any(elsewhere.claim(claims, name) is None for name in (sso.email_claim, sso.role_claim) if name):
        claims = {**await there.userinfo(client, access, claims["sub"]), **claims}
    agent = call.request.headers.get("user-agent")
    async with call.database.transaction() as db:
        await set_context(db, **call.context())
        key = await elsewhere.sign_in_elsewhere(db, sso, claims, agent=agent)
    call.memory.forget()
    response = RedirectResponse(quote(begun["return_to"], safe="/?&=%#:;,+@!$'()*~-._[]"), 303)
    set_cookie(call, response, key)
    return response


async def _secret(call: Call, db: Connection, sso: SingleSignOn) -> str | None:
    if sso.client_secret is None:
        return None
    return await open_secret(db, load_key(call.settings), sso.client_secret, host=sso.host)


# Settings -------------------------------------------------------------------------------------------------


async def _shown(call: Call, db: Connection) -> dict[str, Any]:
    sso = await load_single_sign_on(db)
    shown = None
    if sso is not None:
        shown = sso.model_dump(mode="json", exclude={"client_secret"})
        shown["has_secret"] = sso.client_secret is not None
    return {"provider": shown, "redirect_uri": redirect_uri(call)}


@router.get(
    "/settings/single-sign-on",
    **operation("get_single_sign_on", SingleSignOnOut, summary="The provider, without its secret."),
)
async def get_single_sign_on(call: TheCall) -> Response:
    call.rights.require_administrator()
    return await call.read(lambda db: _shown(call, db))


@router.put(
    "/settings/single-sign-on",
    **operation("set_single_sign_on", SingleSignOnOut, summary="Set the provider to sign in with."),
)
async def set_single_sign_on(call: TheCall, body: SingleSignOnIn) -> Response:
    call.rights.require_administrator()

    async def work(db: Connection) -> dict[str, Any]:
        before = await load_single_sign_on(db)
        handle = before.client_secret if before is not None and before.host == body.host else None
        if body.client_secret:
            handle = await keep_secret(
                db, load_key(call.settings), SECRET, body.client_secret, host=body.host
            )
        wanted = SingleSignOn.model_validate(body.model_dump() | {"client_secret": handle})
        await save_single_sign_on(db, wanted, actor=call.user_id)
        return await _shown(call, db)

    return await call.write(work)


@router.delete(
    "/settings/single-sign-on",
    **operation("unset_single_sign_on", status=204, summary="Go back to passwords alone."),
)
async def unset_single_sign_on(call: TheCall) -> Response:
    call.rights.require_administrator()
    return await call.write(lambda db: save_single_sign_on(db, None, actor=call.user_id))


@router.post(
    "/settings/single-sign-on/check",
    **operation(
        "check_single_sign_on", IssuerChecked, summary="Ask an issuer what it says of itself.", errors=[502]
    ),
)
async def check_single_sign_on(call: TheCall, body: IssuerToCheck) -> Response:
    call.rights.require_administrator()
    there = providers(call)
    metadata = await there.describe(body.issuer, again=True)
    keys = await there.keys(body.issuer)
    found = {
        "issuer": body.issuer,
        "authorization_endpoint": str(metadata["authorization_endpoint"]),
        "keys": len(keys.keys),
    }

    async def work(_: Connection) -> dict[str, Any]:
        return found

    return await call.read(work)
