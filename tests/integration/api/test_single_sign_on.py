"""Sign-in with OpenID Connect, against a provider on loopback that is right, wrong, and a liar."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi import FastAPI
from tests import openid_provider
from tests.integration.api.conftest import Client, client
from tests.openid_provider import CLIENT_ID, CLIENT_SECRET, Provider

from whereupon.api.routes import single_sign_on
from whereupon.db.pool import Database
from whereupon.outbox import openid

SETTINGS = "/api/v1/settings/single-sign-on"
START = "/api/v1/sign-in/start"


@pytest.fixture(scope="module")
def one_provider() -> Iterator[Provider]:
    with openid_provider.running() as provider:
        yield provider


@pytest.fixture
def provider(one_provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """As new for each test; nobody counts how often it is asked."""
    monkeypatch.setattr(single_sign_on, "PER_MINUTE", 1_000)
    as_new(one_provider)
    return one_provider


def as_new(p: Provider) -> None:
    p.people.clear()
    p.codes.clear()
    p.client.redirect_uris = ["http://test/api/v1/sign-in/callback"]
    p.twist, p.algorithm, p.said_issuer, p.refuses, p.in_userinfo = (
        (lambda c: None),
        "RS256",
        None,
        False,
        set(),
    )
    p.person = p.knows("u-1", email="Anna@Example.org", email_verified=True, name="Άννα Παππά")


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[Client]:
    async with client(app) as c:
        yield c


def settings(provider: Provider, **more: Any) -> dict[str, Any]:
    return {
        "name": "Example ID", "issuer": provider.issuer, "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET, "create_people": True, **more,
    }  # fmt: skip


async def set_up(admin: Client, provider: Provider, **more: Any) -> None:
    await admin.put("/api/v1/settings/egress", json={"allowed_networks": ["127.0.0.0/8"]})
    answer = await admin.put(SETTINGS, json=settings(provider, **more))
    assert answer.status_code == 200, answer.text


async def go_there(browser: Client, **params: str) -> str:
    """Start, and sign in at the provider; where it sends the browser back to."""
    answer = await browser.get(START, params=params)
    assert answer.status_code == 303, answer.text
    async with httpx2.AsyncClient() as outside:
        there = await outside.get(answer.headers["location"])
    assert there.status_code == 302, there.text
    return there.headers["location"]


async def sign_in(browser: Client, **params: str) -> str:
    """The whole way; the page on which one ends."""
    back = await browser.get(await go_there(browser, **params))
    assert back.status_code == 303, back.text
    return back.headers["location"]


async def me(browser: Client) -> dict[str, Any] | None:
    answer = await browser.get("/api/v1/me")
    return answer.json()["user"] if answer.status_code == 200 else None


async def test_a_person_signs_in_elsewhere_and_is_made_at_first(admin, browser, provider, database) -> None:
    assert (await browser.get("/api/v1/sign-in")).json() == {"passwords": True, "provider": None}
    assert (await browser.get(START)).status_code == 409
    await set_up(admin, provider)
    assert (await browser.get("/api/v1/sign-in")).json() == {"passwords": True, "provider": "Example ID"}
    assert await sign_in(browser, return_to="/runs?status=failed") == "/runs?status=failed"
    user = await me(browser)
    assert user is not None
    assert (user["email"], user["name"], user["roles"]) == ("anna@example.org", "Άννα Παππά", [])
    assert await sign_in(browser) == "/"
    async with database.connection() as db:
        assert await db.fetchval("SELECT count(*) FROM whereupon.users") == 2, "and not again"
        dump = str(await db.fetch("SELECT row_to_json(a) FROM whereupon.audit a"))
        dump += str(await db.fetch("SELECT row_to_json(s) FROM whereupon.settings s"))
    shown = (await admin.get(SETTINGS)).json()
    assert shown["provider"]["has_secret"] is True
    assert "canary-9183" not in dump + str(shown)


async def test_the_provider_is_asked_with_everything_that_protects_the_way(admin, browser, provider) -> None:
    await set_up(admin, provider)
    answer = await browser.get(START)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    assert asked["scope"] == "openid profile email"
    cookie = answer.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=lax", "Path=/api/v1/sign-in", "Max-Age=600"))


def changed(**claims: Any) -> Callable[[Provider], None]:
    def change(provider: Provider) -> None:
        provider.twist = lambda _: claims

    return change


def signs_with(algorithm: str) -> Callable[[Provider], None]:
    def change(provider: Provider) -> None:
        provider.algorithm = algorithm

    return change


def is_somebody(**claims: Any) -> Callable[[Provider], None]:
    def change(provider: Provider) -> None:
        provider.person = provider.knows("u-2", **claims)

    return change


def refuses(provider: Provider) -> None:
    provider.refuses = True


LIES = [
    ("another nonce", changed(nonce="x" * 43), "token"),
    ("no nonce", changed(nonce=None), "token"),
    ("for another client", changed(aud="somebody-else"), "token"),
    ("for us and another, who is party", changed(aud=[CLIENT_ID, "b"], azp="b"), "token"),
    ("no audience", changed(aud=None), "token"),
    ("by another issuer", changed(iss="https://evil.example"), "token"),
    ("expired", changed(exp=1_700_000_000), "token"),
    ("never expires", changed(exp=None), "token"),
    ("from the future", changed(iat=4_000_000_000), "token"),
    ("about nobody", changed(sub=None), "token"),
    ("about something else than a name", changed(sub=["u-1"]), "token"),
    ("about a name that no database holds", changed(sub="u\x00-1"), "token"),
    ("of another access token", changed(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), "token"),
    ("unsigned", signs_with("none"), "token"),
    ("signed with the public key as a password", signs_with("HS256"), "token"),
    ("an address that is not verified", is_somebody(email="x@example.org"), "not_verified"),
    (
        "an address said not to be verified",
        is_somebody(email="x@a.org", email_verified=False),
        "not_verified",
    ),
    ("no address", is_somebody(name="x", email_verified=True), "no_address"),
    ("an address that is none", is_somebody(email="@", email_verified=True), "no_address"),
    ("an address with a NUL", is_somebody(email="x\x00@a.org", email_verified=True), "no_address"),
    ("the person said no", refuses, "cancelled"),
]


async def test_what_does_not_prove_who_somebody_is_lets_nobody_in(admin, browser, provider) -> None:
    """One after the other, as each costs little; then the truth, with a signature of another kind."""
    await set_up(admin, provider)
    for name, lie, why in LIES:
        as_new(provider)
        lie(provider)
        assert await sign_in(browser) == f"/sign-in?problem={why}", name
        assert await me(browser) is None, name
    as_new(provider)
    provider.algorithm = "ES256"
    assert await sign_in(browser) == "/"


async def test_new_keys_are_fetched_when_a_token_names_one_that_is_not_known(
    admin, browser, provider, monkeypatch
) -> None:
    await set_up(admin, provider)
    assert await sign_in(browser) == "/"
    asked = provider.key_requests
    provider.rotate()
    assert await sign_in(browser) == "/sign-in?problem=token", "not more often than every ten seconds"
    monkeypatch.setattr(openid, "KEYS_AGAIN_SECONDS", 0.0)
    assert await sign_in(browser) == "/"
    assert provider.key_requests == asked + 1


async def test_the_way_back_works_once_and_in_the_same_browser(app, admin, browser, provider) -> None:
    await set_up(admin, provider)
    back = await go_there(browser)
    async with client(app) as thief:
        assert (await thief.get(back)).headers["location"] == "/sign-in?problem=state"
        assert await me(thief) is None
    assert (await browser.get(back)).headers["location"] == "/sign-in?problem=state", "it was tried already"
    back = await go_there(browser)
    assert (await browser.get(back)).headers["location"] == "/"
    assert (await browser.get(back)).headers["location"] == "/sign-in?problem=state"
    for wanted in ("//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a\nb"):
        assert await sign_in(browser, return_to=wanted) == "/", "nobody is sent to another site"
    other = (await go_there(browser)) + "&iss=https%3A%2F%2Fevil.example"
    assert (await browser.get(other)).headers["location"] == "/sign-in?problem=state"
    for address in ("/api/v1/sign-in/callback", "/api/v1/sign-in/callback?code=a&state=b"):
        assert (await browser.get(address)).headers["location"] == "/sign-in?problem=state"


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a\nb"]
)
async def test_nobody_is_sent_to_another_site_afterwards(admin, browser, provider, wanted) -> None:
    await set_up(admin, provider)
    assert await sign_in(browser, return_to=wanted) == "/"


async def test_roles_follow_the_claim_and_others_stay(admin, browser, provider) -> None:
    for key in ("clerk", "boss", "by_hand"):
        await admin.post("/api/v1/roles", json={"key": key, "name": key.title()})
    roles = {"Υπάλληλοι": ["clerk"], "managers": ["clerk", "boss"]}
    wrong = await admin.put(SETTINGS, json=settings(provider, roles={"x": ["no_such"]}))
    assert (wrong.status_code, wrong.json()["problems"][0]["path"]) == (422, "/roles/x")
    await set_up(admin, provider, role_claim="realm_access.roles", roles=roles, first_roles=["by_hand"])
    for said, wanted in (
        (["managers", "unknown"], ["boss", "by_hand", "clerk"]),
        (["Υπάλληλοι"], ["by_hand", "clerk"]),
        (None, ["by_hand", "clerk"]),
        ([], ["by_hand"]),
    ):
        provider.person["realm_access"] = {"roles": said} if said is not None else {}
        assert await sign_in(browser) == "/"
        user = await me(browser)
        assert user is not None
        assert user["roles"] == wanted


async def test_what_the_token_leaves_out_is_asked_of_userinfo(admin, browser, provider) -> None:
    await set_up(admin, provider)
    provider.in_userinfo = {"email", "email_verified", "name"}
    assert await sign_in(browser) == "/"
    user = await me(browser)
    assert user is not None
    assert user["email"] == "anna@example.org"


async def test_a_verified_address_leads_to_whoever_has_it_here_and_to_nobody_else(
    admin, browser, provider, client_of
) -> None:
    anna = await client_of("anna@example.org")
    await set_up(admin, provider, create_people=False)
    assert await sign_in(browser) == "/"
    user = await me(browser)
    assert user is not None
    assert user["id"] == anna.user_id
    provider.person = provider.knows("u-9", email="anna@example.org", email_verified=True)
    assert await sign_in(browser) == "/sign-in?problem=other_person"
    provider.person = provider.knows("u-8", email="new@example.org", email_verified=True)
    assert await sign_in(browser) == "/sign-in?problem=not_known"
    provider.person = provider.people["u-1"]
    await admin.patch(f"/api/v1/users/{anna.user_id}", json={"active": False})
    assert await sign_in(browser) == "/sign-in?problem=disabled"


async def test_passwords_can_be_turned_off_but_for_one_administrator(
    admin, browser, provider, client_of
) -> None:
    clerk = await client_of("clerk@example.org")
    await admin.patch(f"/api/v1/users/{clerk.user_id}", json={"password": "violet teapot 9 walks"})
    await set_up(admin, provider)
    for glass in (None, clerk.user_id, 999):
        refused = await admin.put(SETTINGS, json=settings(provider, passwords=False, break_glass=glass))
        assert refused.status_code == 422
    root = (await admin.get("/api/v1/me")).json()["user"]["id"]
    await set_up(admin, provider, passwords=False, break_glass=root)
    assert (await browser.get("/api/v1/sign-in")).json()["passwords"] is False
    password = {"email": "clerk@example.org", "password": "violet teapot 9 walks"}
    refused = await browser.post("/api/v1/session", json=password)
    assert (refused.status_code, refused.json()["detail"]) == (
        401, "Passwords are turned off here. Sign in with Example ID.",
    )  # fmt: skip
    known = await browser.post("/api/v1/session", json=password | {"email": "root@example.org"})
    assert known.status_code == 200
    assert (await admin.delete(SETTINGS)).status_code == 204
    assert (await browser.post("/api/v1/session", json=password)).status_code == 200


async def test_an_issuer_is_checked_before_it_is_trusted(admin, provider, client_of) -> None:
    await admin.put("/api/v1/settings/egress", json={"allowed_networks": ["127.0.0.0/8"]})
    check = f"{SETTINGS}/check"
    good = await admin.post(check, json={"issuer": provider.issuer})
    assert (good.status_code, good.json()["keys"]) == (200, 2)
    provider.said_issuer = "https://evil.example"
    assert (await admin.post(check, json={"issuer": provider.issuer})).status_code == 502
    nobody = await admin.post(check, json={"issuer": "http://127.0.0.1:1"})
    assert nobody.status_code in (422, 502)
    clerk = await client_of("clerk@example.org")
    assert (await clerk.post(check, json={"issuer": provider.issuer})).status_code == 403
    assert (await clerk.get(SETTINGS)).status_code == 403


async def test_our_own_networks_are_not_asked_unless_they_are_allowed(admin, browser, provider) -> None:
    assert (await admin.put(SETTINGS, json=settings(provider))).status_code == 200
    refused = await browser.get(START)
    assert (refused.status_code, refused.json()["code"]) == (422, "address_refused")


async def test_another_host_gets_no_secret_that_was_meant_for_the_first(
    admin: Client, provider: Provider, database: Database
) -> None:
    await set_up(admin, provider)
    other = settings(provider, issuer="https://elsewhere.example")
    del other["client_secret"]
    kept = await admin.put(SETTINGS, json=other)
    assert (kept.status_code, kept.json()["provider"]["has_secret"]) == (200, False)
