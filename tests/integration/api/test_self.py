"""What people set for themselves, where they are signed in, and whom they can choose."""

from __future__ import annotations

import pytest

PASSWORD = "violet teapot 9 walks"


async def test_preferences_are_merged_and_null_removes_a_key(admin):
    first = {"color_scheme": "dark", "columns": {"cases": ["subject", "Ääni"]}}
    saved = await admin.patch("/api/v1/me", json={"preferences": first})
    assert saved.json()["preferences"] == first
    saved = await admin.patch("/api/v1/me", json={"preferences": {"columns": None, "τρία": ""}})
    assert saved.json()["preferences"] == {"color_scheme": "dark", "τρία": ""}
    assert (await admin.get("/api/v1/me")).json()["preferences"] == {"color_scheme": "dark", "τρία": ""}


async def test_a_person_changes_their_own_name_and_language_but_not_their_roles(client_of):
    eve = await client_of("eve@example.org")
    words = {"name": "Εύα", "time_zone": "Europe/Athens", "locale": "el", "phone": None}
    me = (await eve.patch("/api/v1/me", json=words)).json()
    assert {key: me["user"][key] for key in words} == words
    for refused in ({"roles": ["administrator"]}, {"active": False}, {"email": "a@example.org"}):
        assert (await eve.patch("/api/v1/me", json=refused)).status_code == 422


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"name": None}, "/name"),
        ({"name": ""}, "/name"),
        ({"time_zone": "Europe/Helsinky"}, "/time_zone"),
        ({"preferences": None}, "/preferences"),
        ({"preferences": {"color_scheme": "pink"}}, "/preferences/color_scheme"),
        ({"preferences": {"k": "ä" * 15_000}}, "/preferences"),
    ],
)
async def test_what_cannot_be_set_is_refused_with_its_place(admin, body, path):
    refused = await admin.patch("/api/v1/me", json=body)
    assert refused.status_code == 422
    assert refused.json()["problems"][0]["path"] == path


async def test_one_sees_and_ends_ones_own_sessions_and_nobody_elses(connect, admin, client_of, admin_token):
    del admin_token
    async with connect() as here, connect() as there:
        words = {"email": "root@example.org", "password": PASSWORD}
        for client, agent in ((here, "Browser/1"), (there, "")):
            assert (
                await client.post("/api/v1/session", json=words, headers={"user-agent": agent})
            ).is_success
        found = (await here.get("/api/v1/sessions")).json()["items"]
        assert sorted((s["agent"] or "", s["current"]) for s in found) == [("", False), ("Browser/1", True)]
        [other] = [s["id"] for s in found if not s["current"]]
        eve = await client_of("eve@example.org")
        assert (await eve.delete(f"/api/v1/sessions/{other}")).status_code == 404
        assert (await here.delete(f"/api/v1/sessions/{other}")).status_code == 204
        assert (await there.get("/api/v1/me")).status_code == 401
        assert (await here.get("/api/v1/me")).status_code == 200


async def test_everybody_finds_active_people_and_groups_by_name(admin, client_of):
    eve = await client_of("eve@example.org")
    gone = await client_of("gone@example.org")
    await admin.patch(f"/api/v1/users/{gone.user_id}", json={"active": False})
    await admin.post("/api/v1/groups", json={"key": "myynti", "name": "Myynti", "members": [eve.user_id]})
    found = (await eve.get("/api/v1/people", params={"q": "MY"})).json()
    assert found == {"users": [], "groups": [{"id": 1, "key": "myynti", "name": "Myynti", "members": 1}]}
    everybody = (await eve.get("/api/v1/people")).json()
    assert [one["email"] for one in everybody["users"]] == ["root@example.org", "eve@example.org"]
    assert set(everybody["users"][0]) == {"id", "name", "email"}
    named = (await eve.get("/api/v1/people", params={"ids": [gone.user_id]})).json()
    assert [one["id"] for one in named["users"]] == [gone.user_id]


async def test_the_audit_log_is_narrowed_by_actor_action_and_subject(admin, client_of):
    await admin.post("/api/v1/groups", json={"key": "yksi", "name": "Yksi"})
    await admin.post("/api/v1/groups", json={"key": "kaksi", "name": "Kaksi"})
    me = (await admin.get("/api/v1/me")).json()["user"]["id"]

    async def subjects(**params):
        answer = await admin.get("/api/v1/audit", params=params)
        return [one["subject"] for one in answer.json()["items"]]

    assert await subjects(subject="group:yksi") == ["group:yksi"]
    assert await subjects(subject="group") == ["group:kaksi", "group:yksi"]
    assert await subjects(action="create_group", actor=me) == ["group:kaksi", "group:yksi"]
    assert await subjects(subject="gro") == []
    assert await subjects(actor=me + 1000) == []
    assert await subjects(until="2020-01-01T00:00:00Z") == []
    assert "create_group" in (await admin.get("/api/v1/audit/actions")).json()["items"]
    eve = await client_of("eve@example.org")
    assert (await eve.get("/api/v1/audit/actions")).status_code == 403
