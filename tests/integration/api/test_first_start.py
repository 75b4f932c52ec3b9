"""The first start in a browser: an administrator, an organisation and packs, and then one is signed in."""

from __future__ import annotations

import pytest

from whereupon.people import attempts
from whereupon.people.first_start import prepare_first_start

PERSON = {"email": "Boss@example.org", "name": "Η Μαρία", "password": "violet teapot 9 walks"}


async def token(database) -> str:
    async with database.transaction() as db:
        return await prepare_first_start(db)


async def test_packs_are_offered_only_while_nobody_administers(anyone, database):
    offered = (await anyone.get("/api/v1/setup")).json()
    assert {"cases", "sales", "northwind"} <= {pack["key"] for pack in offered["packs"]}
    assert all(pack["name"] and pack["description"] for pack in offered["packs"])
    body = PERSON | {"token": await token(database)}
    assert (await anyone.post("/api/v1/setup", json=body)).status_code == 201
    assert (await anyone.get("/api/v1/setup")).json() == {"needs_administrator": False, "packs": []}


async def test_who_sets_up_is_signed_in_and_finds_what_was_chosen(anyone, database):
    chosen = {"organisation": "Οργανισμός", "time_zone": "Europe/Helsinki", "packs": ["cases", "cases"]}
    body = PERSON | chosen | {"token": await token(database)}
    made = await anyone.post("/api/v1/setup", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["packs"] == [{"key": "cases", "loaded": True, "problem": None, "problems": []}]
    assert "httponly" in made.headers["set-cookie"].lower()
    me = (await anyone.get("/api/v1/me")).json()
    assert (me["user"]["email"], me["administrator"], me["session"]) == ("boss@example.org", True, True)
    assert me["organisation"]["name"] == "Οργανισμός"
    assert me["organisation"]["time_zone"] == "Europe/Helsinki"
    packs = (await anyone.get("/api/v1/packs")).json()["items"]
    assert {p["key"]: p["loaded"] for p in packs}["cases"] is True
    workflows = (await anyone.get("/api/v1/workflows")).json()["items"]
    assert workflows
    home = (await anyone.get("/api/v1/home")).json()
    assert home["getting_started"]["packs"] is True
    again = await anyone.post("/api/v1/packs/cases")
    assert (again.status_code, again.json()["again"]) == (200, True)


async def test_a_pack_that_does_not_exist_is_said_before_anybody_is_made(anyone, database):
    body = PERSON | {"packs": ["casess"], "token": await token(database)}
    refused = await anyone.post("/api/v1/setup", json=body)
    [problem] = refused.json()["problems"]
    assert (refused.status_code, problem["path"]) == (422, "/packs/0")
    assert "cases" in problem["suggestion"]
    assert (await anyone.get("/api/v1/setup")).json()["needs_administrator"] is True


async def test_packs_are_for_administrators(client_of, anyone):
    eve = await client_of("eve@example.org")
    assert (await eve.get("/api/v1/packs")).status_code == 403
    assert (await eve.post("/api/v1/packs/cases")).status_code == 403
    assert (await anyone.get("/api/v1/packs")).status_code == 401


async def test_a_pack_that_does_not_exist_is_not_found(admin):
    missing = await admin.post("/api/v1/packs/ei-ole")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("tries", [11])
async def test_too_many_tries_say_when_to_go_on(anyone, tries):
    words = {"email": "ada@example.org", "password": "wrong"}
    answers = [await anyone.post("/api/v1/session", json=words) for _ in range(tries)]
    assert [a.status_code for a in answers] == [401] * 10 + [429]
    seconds = int(answers[-1].headers["retry-after"])
    assert 0 < seconds <= attempts.PER_ACCOUNT.get_expiry()
    assert "minutes" in answers[-1].json()["suggestion"]


async def test_never_signed_in_and_session_ended_are_told_apart(anyone):
    assert (await anyone.get("/api/v1/me")).json()["code"] == "not_signed_in"
    ended = await anyone.get("/api/v1/me", headers={"cookie": "whereupon_session=ended-long-ago"})
    assert (ended.status_code, ended.json()["code"]) == (401, "session_ended")
