"""People who prove elsewhere who they are: which user that is, and which roles come of what is said there.

The provider's word is taken for who somebody is (issuer and subject, OpenID Connect Core 5.7), never an
address alone: an address leads to a user only when the provider says that it was verified.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem, Refused
from whereupon.people import audit
from whereupon.people.first_start import PUT_SETTING
from whereupon.people.sessions import start_session
from whereupon.people.users import Id, NewUser, UserChange, change_user, create_user, get_user, unknown

SETTING = "single_sign_on"
Claim = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^\S+$", examples=["realm_access.roles"])]
Text = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]


class SingleSignOn(BaseModel):
    """The provider, and what is believed of what it says. `client_secret` is a secret's handle."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool = True
    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"\S", examples=["Keycloak"])]
    issuer: Annotated[
        str, Field(min_length=8, max_length=500, examples=["https://login.example.com/realms/x"])
    ]
    client_id: Text
    client_secret: str | None = Field(default=None, max_length=200)
    scopes: list[
        Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\x21\x23-\x5b\x5d-\x7e]+$")]
    ] = Field(default=["openid", "profile", "email"], max_length=20)
    email_claim: Claim = "email"
    name_claim: Claim = "name"
    trust_addresses: bool = Field(
        default=False,
        description="Believe addresses also when the provider does not say that it verified them.",
    )
    create_people: bool = Field(default=False, description="Whether a first sign-in adds the person.")
    first_roles: Annotated[list[str], Field(max_length=50)] = []
    role_claim: Claim | None = None
    roles: dict[Annotated[str, Field(min_length=1, max_length=200)], list[str]] = Field(
        default={}, max_length=200, description="By a value of the claim: the keys of the roles it gives."
    )
    passwords: bool = Field(default=True, description="Whether people may sign in with a password as well.")
    break_glass: Id | None = Field(
        default=None, description="The administrator whose password always works; needed without passwords."
    )

    @field_validator("issuer")
    @classmethod
    def is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("write the issuer's whole address, like https://login.example.com")
        return value

    @model_validator(mode="after")
    def somebody_can_get_in(self) -> SingleSignOn:
        if not self.passwords and self.break_glass is None:
            raise ValueError("choose an administrator whose password still works")
        if "openid" not in self.scopes:
            raise ValueError('the scope "openid" is needed')
        return self

    @property
    def host(self) -> str:
        """The host to which the client's secret is bound."""
        return urlsplit(self.issuer).hostname or ""


GET = "SELECT value FROM whereupon.settings WHERE key = 'single_sign_on'"
GLASS = """
SELECT true FROM whereupon.users u JOIN whereupon.user_roles x ON x.user_id = u.id
JOIN whereupon.roles r ON r.id = x.role_id AND r.administrator
WHERE u.id = $1 AND u.active AND u.password_hash IS NOT NULL
"""


async def load_single_sign_on(db: Connection) -> SingleSignOn | None:
    """The provider; None until one is set."""
    found = await db.fetchval(GET)
    return SingleSignOn.model_validate(found) if found else None


async def save_single_sign_on(db: Connection, wanted: SingleSignOn | None, *, actor: int | None) -> None:
    """Set the provider, or forget it. Raises Invalid for roles that do not exist, or nobody who gets in."""
    if wanted is None:
        await db.execute("DELETE FROM whereupon.settings WHERE key = 'single_sign_on'")
        await audit.append(db, actor, "unset_single_sign_on", "settings:single_sign_on")
        return
    named = [("/first_roles", wanted.first_roles), *((f"/roles/{k}", v) for k, v in wanted.roles.items())]
    problems = [
        Problem(one.code, one.message, path, one.suggestion)
        for path, keys in named
        for one in await unknown(db, "roles", keys)
    ]
    if wanted.break_glass is not None and not await db.fetchval(GLASS, wanted.break_glass):
        message = "This must be an active administrator who has a password."
        problems.append(Problem("no_way_in", message, "/break_glass", "Choose somebody else."))
    if problems:
        raise Invalid.of(*problems)
    value = wanted.model_dump(mode="json")
    await db.execute(PUT_SETTING, SETTING, value)
    await audit.append(db, actor, "set_single_sign_on", "settings:single_sign_on", **value)


# Signing in ---------------------------------------------------------------------------------------------

FIND = """
SELECT u.id, u.active, u.name FROM whereupon.identities i JOIN whereupon.users u ON u.id = i.user_id
WHERE i.issuer = $1 AND i.subject = $2
"""
BY_EMAIL = "SELECT id, active, name FROM whereupon.users WHERE email = $1"
OTHERS = "SELECT EXISTS (SELECT FROM whereupon.identities WHERE issuer = $1 AND user_id = $2)"
LINK = "INSERT INTO whereupon.identities (issuer, subject, user_id, seen_at) VALUES ($1, $2, $3, now())"
SEEN = "UPDATE whereupon.identities SET seen_at = now() WHERE issuer = $1 AND subject = $2"


class NotLetIn(Refused):
    """Somebody has proved who they are, and may not come in. `why` is for the page that tells them."""

    def __init__(self, why: str, message: str) -> None:
        super().__init__(message, suggestion="Ask an administrator.")
        self.why = why


async def sign_in_elsewhere(
    db: Connection, sso: SingleSignOn, claims: Mapping[str, Any], *, agent: str | None = None
) -> str:
    """The key of a session for whoever these claims, verified before, are about. Raises NotLetIn."""
    user = await _find_or_make(db, sso, claims)
    if not user["active"]:
        raise NotLetIn("disabled", f"{user['name']} is disabled here.")
    await _set_roles(db, sso, user["id"], claims)
    await db.execute(SEEN, sso.issuer, claims["sub"])
    await audit.append(db, user["id"], "sign_in_elsewhere", f"user:{user['id']}", issuer=sso.issuer)
    return await start_session(db, user["id"], agent=agent)


async def _find_or_make(db: Connection, sso: SingleSignOn, claims: Mapping[str, Any]) -> Mapping[str, Any]:
    subject = str(claims["sub"])
    known = await db.fetchrow(FIND, sso.issuer, subject)
    if known is not None:
        return dict(known)
    email = _address(sso, claims)
    user = await db.fetchrow(BY_EMAIL, email)
    if user is None:
        user = await _make(db, sso, claims, email)
    elif await db.fetchval(OTHERS, sso.issuer, user["id"]):
        raise NotLetIn("other_person", f"{email} belongs to somebody else at {sso.name}.")
    await db.execute(LINK, sso.issuer, subject, user["id"])
    await audit.append(db, user["id"], "link_identity", f"user:{user['id']}", issuer=sso.issuer)
    return dict(user)


def _address(sso: SingleSignOn, claims: Mapping[str, Any]) -> str:
    found = claim(claims, sso.email_claim)
    if not isinstance(found, str) or "@" not in found or not found.strip().isprintable():
        raise NotLetIn("no_address", f"{sso.name} did not say what your e-mail address is.")
    if not sso.trust_addresses and claims.get("email_verified") not in (True, "true"):
        raise NotLetIn("not_verified", f"{sso.name} has not verified your e-mail address.")
    return found.strip().lower()


async def _make(
    db: Connection, sso: SingleSignOn, claims: Mapping[str, Any], email: str
) -> Mapping[str, Any]:
    if not sso.create_people:
        raise NotLetIn("not_known", f"Nobody here has the address {email}.")
    said = claim(claims, sso.name_claim)
    told = "".join(one for one in said if one.isprintable()).strip() if isinstance(said, str) else ""
    name = told[:200] or email.partition("@")[0]
    try:
        new = NewUser(email=email, name=name, roles=sso.first_roles)
    except ValueError:
        raise NotLetIn("no_address", f"{sso.name} gave no e-mail address that can be used.") from None
    return await create_user(db, new, actor=None)


async def _set_roles(db: Connection, sso: SingleSignOn, user: int, claims: Mapping[str, Any]) -> None:
    """What the claim gives is given, what it no longer gives is taken; other roles stay as they are.

    A provider that says nothing of the claim changes nothing.
    """
    said = claim(claims, sso.role_claim) if sso.role_claim else None
    if said is None:
        return
    values: list[Any] = cast("list[Any]", said) if isinstance(said, list) else [said]
    now = set((await get_user(db, user))["roles"])
    wanted = (now - _keys(sso.roles.values())) | _keys(sso.roles.get(str(v), []) for v in values)
    if wanted != now:
        await change_user(db, user, UserChange(roles=sorted(wanted)), actor=None)


def _keys(lists: Iterable[Iterable[str]]) -> set[str]:
    return {key for keys in lists for key in keys}


def claim(claims: Mapping[str, Any], path: str) -> Any:
    """What a claim says; a name with dots leads into what lies within, unless there is a claim of that name.

    >>> claim({"realm_access": {"roles": ["boss"]}}, "realm_access.roles")
    ['boss']
    >>> claim({"https://example.org/groups": "a"}, "https://example.org/groups"), claim({}, "a.b")
    ('a', None)
    """
    if path in claims:
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = cast("Mapping[str, Any]", found).get(part)
    return found


# On the way -----------------------------------------------------------------------------------------------

BEGIN = """
INSERT INTO whereupon.sign_ins_elsewhere (state_hash, browser_hash, nonce, verifier, return_to)
VALUES ($1, $2, $3, $4, $5)
"""
# Each comes back once, in the browser in which it began, within ten minutes.
COME_BACK = """
DELETE FROM whereupon.sign_ins_elsewhere WHERE state_hash = $1
RETURNING browser_hash = $2 AND created_at > now() - interval '10 minutes' AS good, nonce, verifier, return_to
"""
