"""People over HTTP: users, groups, roles, tokens, sessions, and the ways in which this is refused."""

from __future__ import annotations

import asyncio

import pytest

from whereupon.db.pool import Database
from whereupon.people.first_start import prepare_first_start

PASSWORD = "violet teapot 9 walks"
JSON = {"content-type": "application/json"}
EVE = {"email": "eve@example.org", "name": "Eve", "password": PASSWORD}
SIGN_IN = {"email": "eve@example.org", "password": PASSWORD}


async def test_an_administrator_adds_changes_and_disables_a_person(admin):
    made = await admin.post("/api/v1/users", json={"email": "Zoë@Example.org", "name": "Zoë Ünal"})
    assert made.status_code == 201, made.text
    user = made.json()
    assert user["email"] == "zoë@example.org"
    assert made.headers["location"] == f"/api/v1/users/{user['id']}"
    seen = {"if-match": made.headers["etag"]}
    changed = await admin.patch(
        f"/api/v1/users/{user['id']}", json={"active": False, "phone": None}, headers=seen
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["active"] is False
    late = await admin.patch(f"/api/v1/users/{user['id']}", json={"name": "Zoe"}, headers=seen)
    assert late.status_code == 412
    assert late.headers["content-type"] == "application/problem+json"


BAD_BODIES = [
    ("malformed", b'{"email": ', 400, "malformed"),
    ("nothing", b"", 422, "missing"),
    ("a list", b"[]", 422, "invalid"),
    ("an unknown key", b'{"email": "a@b.org", "name": "A", "emial": 1}', 422, "unknown_key"),
    ("a wrong type", b'{"email": 5, "name": "A"}', 422, "invalid"),
    ("a NUL character", b'{"email": "a@b.org", "name": "A\\u0000"}', 422, "nul"),
    ("a lone surrogate", b'{"email": "a@b.org", "name": "\\ud800"}', 400, "malformed"),
    ("bytes that are no UTF-8", b'{"email": "a@b.org", "name": "\xff"}', 400, "malformed"),
    ("a huge number", b'{"email": "a@b.org", "name": "A", "manager_id": 1e400}', 400, "malformed"),
    (
        "a manager out of range",
        b'{"email": "a@b.org", "name": "A", "manager_id": 9223372036854775808}',
        422,
        "invalid",
    ),
    ("an unknown manager", b'{"email": "a@b.org", "name": "A", "manager_id": 77}', 422, "unknown_user"),
    ("an unknown role", b'{"email": "a@b.org", "name": "A", "roles": ["administrater"]}', 422, "unknown"),
    ("a short password", b'{"email": "a@b.org", "name": "A", "password": "short"}', 422, "short_password"),
    (
        "a common password",
        b'{"email": "a@b.org", "name": "A", "password": "P4ssw0rd1234"}',
        422,
        "common_password",
    ),
    ("an empty name", b'{"email": "a@b.org", "name": "  "}', 422, "invalid"),
    ("no address", '{"email": "кто-то", "name": "A"}'.encode(), 422, "invalid"),
]


@pytest.mark.parametrize(("what", "body", "status", "code"), BAD_BODIES, ids=[b[0] for b in BAD_BODIES])
async def test_a_bad_body_is_a_problem_document_that_names_the_place(admin, what, body, status, code):
    answer = await admin.post("/api/v1/users", content=body, headers=JSON)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status
    assert code in [document["code"], *(p["code"] for p in document.get("problems", []))], document


async def test_an_unknown_key_comes_with_a_suggestion(admin):
    answer = await admin.post("/api/v1/users", json={"email": "a@b.org", "naem": "A"})
    by_path = {p["path"]: p for p in answer.json()["problems"]}
    assert by_path["/naem"]["suggestion"] == 'Did you mean "name"?'
    assert by_path["/name"]["code"] == "missing"


async def test_other_media_types_large_bodies_and_wrong_methods_are_refused(admin):
    text = await admin.post("/api/v1/users", content=b"a=1", headers={"content-type": "text/plain"})
    assert text.status_code == 415
    big = b'{"email": "' + b"x" * 10_000_000 + b'"}'
    assert (await admin.post("/api/v1/users", content=big, headers=JSON)).status_code == 413

    async def chunks():
        for _ in range(100):
            yield b"x" * 100_000

    assert (await admin.post("/api/v1/users", content=chunks(), headers=JSON)).status_code == 413
    wrong = await admin.put("/api/v1/users", json={})
    assert wrong.status_code == 405
    assert wrong.headers["allow"] == "GET, POST"
    missing = await admin.get("/api/v1/uzers")
    assert missing.status_code == 404
    assert missing.json()["code"] == "not_found"
    unknown = await admin.get("/api/v1/users?limt=5")
    assert unknown.status_code == 422
    assert unknown.json()["problems"][0]["suggestion"] == 'Did you mean "limit"?'
    assert (await admin.get("/api/v1/users?search=%00")).status_code == 422


async def test_lists_come_in_pages(admin):
    for i in range(5):
        await admin.post("/api/v1/users", json={"email": f"u{i}@example.org", "name": f"U{i}"})
    seen, params = [], {"limit": 2}
    while params:
        page = (await admin.get("/api/v1/users", params=params)).json()
        seen += [u["email"] for u in page["items"]]
        params = {"limit": 2, "cursor": page["next_cursor"]} if page["next_cursor"] else None
    assert seen == ["root@example.org", *(f"u{i}@example.org" for i in range(5))]


@pytest.mark.parametrize("cursor", ["", "x", "bnVsbA", "LTE", "Ä", "'", "MA", "MWU5", "eyJhIjoxfQ"])
async def test_a_cursor_that_no_answer_held_is_refused(admin, cursor):
    assert (await admin.get("/api/v1/users", params={"cursor": cursor})).status_code == 422


async def test_nobody_becomes_their_own_manager(admin):
    a = (await admin.post("/api/v1/users", json={"email": "a@example.org", "name": "A"})).json()["id"]
    below = {"email": "b@example.org", "name": "B", "manager_id": a}
    b = (await admin.post("/api/v1/users", json=below)).json()["id"]
    answer = await admin.patch(f"/api/v1/users/{a}", json={"manager_id": b})
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["code"] == "manager_cycle"
    assert (await admin.patch(f"/api/v1/users/{a}", json={"manager_id": a})).status_code == 422


async def test_the_last_administrator_stays(admin):
    me = (await admin.get("/api/v1/me")).json()["user"]["id"]
    for change in ({"active": False}, {"roles": []}):
        answer = await admin.patch(f"/api/v1/users/{me}", json=change)
        assert answer.status_code == 409, answer.text


async def test_groups_are_made_changed_and_removed(admin):
    me = (await admin.get("/api/v1/me")).json()["user"]["id"]
    group = await admin.post("/api/v1/groups", json={"key": "sales", "name": "Myynti", "members": [me]})
    assert group.status_code == 201, group.text
    assert (await admin.post("/api/v1/groups", json={"key": "sales", "name": "Again"})).status_code == 409
    assert (await admin.patch("/api/v1/groups/sales", json={"members": [me, 99]})).status_code == 422
    assert (await admin.patch("/api/v1/groups/sales", json={"members": []})).json()["members"] == []
    assert (await admin.delete("/api/v1/groups/sales")).status_code == 204
    assert (await admin.delete("/api/v1/groups/sales")).status_code == 404


async def test_roles_are_made_changed_and_removed(admin):
    rights = {"users": {"read": "all", "fields": {"phone": "none"}}}
    role = await admin.post("/api/v1/roles", json={"key": "clerk", "name": "Clerk", "modules": rights})
    assert role.status_code == 201, role.text
    assert role.json()["modules"]["users"]["fields"] == {"phone": "none"}
    wrong = {"modules": {"users": {"fields": {"fone": "none"}}, "uses": {}}}
    problems = (await admin.patch("/api/v1/roles/clerk", json=wrong)).json()["problems"]
    assert [p["suggestion"] for p in problems] == ['Did you mean "phone"?', 'Did you mean "users"?']
    assert (await admin.delete("/api/v1/roles/administrator")).status_code == 409
    assert (await admin.delete("/api/v1/roles/clerk")).status_code == 204


async def test_a_person_signs_in_works_and_signs_out(admin, anyone):
    await admin.post("/api/v1/users", json=EVE)
    wrong = await anyone.post("/api/v1/session", json=SIGN_IN | {"password": "not this one"})
    unknown = await anyone.post("/api/v1/session", json=SIGN_IN | {"email": "nobody@example.org"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    signed_in = await anyone.post("/api/v1/session", json=SIGN_IN | {"email": " EVE@example.org"})
    assert signed_in.status_code == 200, signed_in.text
    cookie = signed_in.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    me = await anyone.get("/api/v1/me")
    assert me.json()["user"]["name"] == "Eve"
    assert "max-age=1209600" in me.headers["set-cookie"].lower()
    stolen = dict(anyone.cookies)
    assert (await anyone.delete("/api/v1/session")).status_code == 204
    anyone.cookies.update(stolen)
    assert (await anyone.get("/api/v1/me")).status_code == 401


async def test_a_new_password_ends_all_other_sessions(connect, admin, anyone):
    await admin.post("/api/v1/users", json=EVE)
    async with connect() as elsewhere:
        for c in (anyone, elsewhere):
            assert (await c.post("/api/v1/session", json=SIGN_IN)).status_code == 200
            assert (await c.get("/api/v1/me")).status_code == 200
        wanted = {"current": PASSWORD, "password": "nine purple stoves"}
        changed = await anyone.put("/api/v1/me/password", json=wanted)
        assert changed.status_code == 204, changed.text
        assert (await anyone.get("/api/v1/me")).status_code == 200
        assert (await elsewhere.get("/api/v1/me")).status_code == 401
        assert (await elsewhere.post("/api/v1/session", json=SIGN_IN)).status_code == 401


FROM_WHERE = [
    ({"sec-fetch-site": "cross-site"}, 403),
    ({"sec-fetch-site": "same-site"}, 403),
    ({"sec-fetch-site": ""}, 403),
    ({"origin": "https://evil.example"}, 403),
    ({"origin": "null"}, 403),
    ({"origin": ""}, 403),
    ({"sec-fetch-site": "same-origin"}, 201),
    ({"origin": "http://test"}, 201),
    ({}, 201),
]


async def test_another_site_cannot_use_the_session(admin, anyone):
    await admin.post("/api/v1/users", json=EVE)
    await anyone.post("/api/v1/session", json=SIGN_IN)
    for headers, status in FROM_WHERE:
        answer = await anyone.post("/api/v1/tokens", json={"name": "t"}, headers=headers)
        assert answer.status_code == status, headers
    refused = await anyone.post("/api/v1/session", json=SIGN_IN, headers={"sec-fetch-site": "cross-site"})
    assert refused.status_code == 403


async def test_many_tries_to_sign_in_are_stopped(anyone):
    body = {"email": "x@example.org", "password": "no"}
    tries = [(await anyone.post("/api/v1/session", json=body)).status_code for _ in range(11)]
    assert tries == [401] * 10 + [429]
    answer = await anyone.post("/api/v1/session", json=body | {"email": "X@example.org"})
    assert int(answer.headers["retry-after"]) > 0


async def test_a_token_is_shown_once_and_ends_when_revoked(admin, connect):
    made = (await admin.post("/api/v1/tokens", json={"name": "Öinen ajo"})).json()
    async with connect(made["token"]) as program:
        assert (await program.get("/api/v1/me")).status_code == 200
        listed = (await admin.get("/api/v1/tokens")).json()["items"]
        assert made["token"] not in str(listed)
        assert (await admin.delete(f"/api/v1/tokens/{made['id']}")).status_code == 200
        assert (await program.get("/api/v1/me")).status_code == 401
    past = await admin.post("/api/v1/tokens", json={"name": "t", "expires_at": "2020-01-01T00:00:00Z"})
    assert past.status_code == 422


async def test_a_disabled_user_is_out_at_once(admin, client_of):
    eve = await client_of("eve@example.org")
    assert (await eve.get("/api/v1/me")).status_code == 200
    await admin.patch(f"/api/v1/users/{eve.user_id}", json={"active": False})
    assert (await eve.get("/api/v1/me")).status_code == 401


async def test_another_process_that_takes_a_role_is_heard(app, client_of, database: Database):
    eve = await client_of("eve@example.org", "administrator")
    assert (await eve.get("/api/v1/roles")).status_code == 200
    async with database.transaction() as db:
        await db.execute("DELETE FROM whereupon.user_roles WHERE user_id = $1", eve.user_id)
        await db.execute("NOTIFY whereupon_revision")
    for _ in range(100):
        if (await eve.get("/api/v1/roles")).status_code == 403:
            break
        await asyncio.sleep(0.01)
    else:
        pytest.fail("the role was still honoured after a second")


NOT_FOR_EVERYONE = [
    ("POST", "/users", {"email": "a@b.org", "name": "A"}),
    ("PATCH", "/users/1", {"roles": ["administrator"]}),
    ("POST", "/groups", {"key": "g", "name": "G"}),
    ("PATCH", "/groups/g", {"name": "G"}),
    ("DELETE", "/groups/g", None),
    ("POST", "/roles", {"key": "r", "name": "R", "administrator": True}),
    ("PATCH", "/roles/r", {"name": "R"}),
    ("DELETE", "/roles/r", None),
    ("GET", "/roles", None),
    ("GET", "/audit", None),
    ("GET", "/tokens?everyone=true", None),
]


async def test_only_administrators_change_people(client_of):
    eve = await client_of("eve@example.org")
    for method, path, body in NOT_FOR_EVERYONE:
        answer = await eve.request(method, "/api/v1" + path, json=body)
        assert answer.status_code == 403, (method, path, answer.text)


async def test_nobody_revokes_anothers_token(admin, client_of):
    token = (await admin.post("/api/v1/tokens", json={"name": "mine"})).json()["id"]
    eve = await client_of("eve@example.org")
    assert (await eve.delete(f"/api/v1/tokens/{token}")).status_code == 404


async def test_the_same_key_does_it_once(admin):
    body, key = {"email": "once@example.org", "name": "Once"}, {"idempotency-key": "k-1"}
    first = await admin.post("/api/v1/users", json=body, headers=key)
    again = await admin.post("/api/v1/users", json=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["content-type"] == "application/json"
    other = await admin.post("/api/v1/users", json=body | {"name": "Other"}, headers=key)
    assert other.status_code == 422
    failed = await admin.post("/api/v1/users", json=body, headers={"idempotency-key": "k-2"})
    assert failed.status_code == 409
    for bad in ("", "x" * 201):
        assert (
            await admin.post("/api/v1/users", json=body, headers={"idempotency-key": bad})
        ).status_code == 422


async def test_many_at_once_with_one_key_make_one(admin):
    body, key = {"key": "race", "name": "Race"}, {"idempotency-key": "race"}
    answers = await asyncio.gather(*(admin.post("/api/v1/groups", json=body, headers=key) for _ in range(8)))
    made = {a.content for a in answers if a.status_code == 201}
    assert {a.status_code for a in answers} <= {201, 409}
    assert len(made) == 1


async def test_a_secret_answer_is_not_kept(admin, database: Database):
    key = {"idempotency-key": "s"}
    assert (await admin.post("/api/v1/tokens", json={"name": "t"}, headers=key)).status_code == 201
    assert (await admin.post("/api/v1/tokens", json={"name": "t"}, headers=key)).status_code == 409
    async with database.connection() as db:
        assert await db.fetchval("SELECT response FROM whereupon.idempotency_keys WHERE key = 's'") is None


async def test_the_first_administrator_is_made_with_the_printed_token_once(anyone, database: Database):
    assert (await anyone.get("/api/v1/setup")).json()["needs_administrator"] is True
    async with database.transaction() as db:
        token = await prepare_first_start(db)
    body = EVE | {"token": token, "organisation": "Ääniä Oy", "time_zone": "Europe/Helsinki"}
    assert (await anyone.post("/api/v1/setup", json=body | {"token": "wrong"})).status_code == 403
    zone = await anyone.post("/api/v1/setup", json=body | {"time_zone": "Europe/Helsinky"})
    assert '"Europe/Helsinki"' in zone.json()["problems"][0]["message"]
    made = await anyone.post("/api/v1/setup", json=body)
    assert made.status_code == 201, made.text
    assert made.json()["roles"] == ["administrator"]
    assert (await anyone.post("/api/v1/setup", json=body)).status_code == 409
    assert (await anyone.get("/api/v1/setup")).json() == {"needs_administrator": False, "packs": []}
    async with database.transaction() as db:
        assert await prepare_first_start(db) is None


async def test_every_answer_carries_the_security_headers(anyone):
    for path in ("/api/v1/me", "/api/v1/setup", "/nothing", "/healthz", "/api/v1/docs"):
        answer = await anyone.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"


async def test_the_audit_log_tells_who_did_what_without_secrets(admin):
    user = (await admin.post("/api/v1/users", json=EVE)).json()
    await admin.patch(f"/api/v1/users/{user['id']}", json={"password": "nine purple stoves"})
    entries = (await admin.get("/api/v1/audit")).json()["items"]
    assert [e["action"] for e in entries[:2]] == ["change_user", "create_user"]
    assert entries[0]["actor_name"] == "Ada Ädel"
    assert PASSWORD not in str(entries)
    assert "purple" not in str(entries)
