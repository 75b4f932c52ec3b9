"""Lists at an address (scenario 24): never more than their publisher may read, never for ever."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.integration.hooks.conftest import client_of, token_of
from tests.office import Office

MEMBERS = {
    "key": "members", "label": "Member", "label_plural": "Members", "owner_field": "owner",
    "fields": [
        {"key": "name", "type": "text", "required": True},
        {"key": "member_type", "type": "select",
         "options": {"choices": [{"key": k, "label": k.capitalize()} for k in ("active", "lapsed")]}},
        {"key": "fee", "type": "decimal", "options": {"precision": 28, "scale": 10}},
        {"key": "joined", "type": "date"}, {"key": "pays", "type": "boolean"},
        {"key": "owner", "type": "user"},
        {"key": "sponsor", "type": "reference", "options": {"target": "members"}},
        {"key": "diagnosis", "type": "text"},
    ],
}  # fmt: skip
ACTIVE = {"field": "member_type", "operator": "equals", "value": "active"}
COLUMNS = ["name", "member_type", "fee", "joined", "pays", "sponsor"]
NEW = {
    "name": "Active members", "module": "members", "days": 30,
    "definition": {"where": ACTIVE, "sort": ["name"], "columns": COLUMNS},
}  # fmt: skip


@dataclass
class Club:
    """An office with members, a person who publishes lists of them, and somebody who reads these."""

    office: Office
    app: FastAPI
    anyone: httpx2.AsyncClient
    publisher: httpx2.AsyncClient
    publisher_id: int

    async def publish(self, **changes: Any) -> dict[str, Any]:
        answer = await self.publisher.post("/api/v1/feeds", json={**NEW, **changes})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def add(self, **values: Any) -> int:
        names, marks = ", ".join(values), ", ".join(f"${i}" for i in range(1, len(values) + 1))
        sql = f"INSERT INTO data.members ({names}) VALUES ({marks}) RETURNING id"
        return await self.office.fetchval(sql, *values.values())


GRANT = """
INSERT INTO whereupon.role_modules (role_id, module_id, can_read, fields)
SELECT r.id, m.id, 'all', '{"diagnosis": "none"}' FROM whereupon.roles r, whereupon.modules m
WHERE r.key = 'registrar' AND m.key = 'members'
"""


@pytest.fixture
async def club(app: FastAPI, office: Office) -> AsyncIterator[Club]:
    await office.module(MEMBERS)
    await office.execute("INSERT INTO whereupon.roles (key, name, builder) VALUES ('registrar', 'R', true)")
    await office.execute(GRANT)
    user = await office.user("registrar@example.org", role="registrar")
    token = await token_of(office.database, user)
    async with client_of(app) as anyone, client_of(app, token) as publisher:
        yield Club(office, app, anyone, publisher, user)


async def test_active_members_can_be_read_as_csv_and_json_by_whoever_has_the_address(club: Club):
    first = await club.add(name="Ζωή", member_type="active", joined=None, pays=True)
    await club.add(name="=cmd|' /C calc'!A0", member_type="active", sponsor=first)
    await club.add(name="Lapsed", member_type="lapsed")
    await club.office.execute(
        "UPDATE data.members SET fee = 12345678901234567.0123456789, joined = '2026-02-28'"
    )
    made = await club.publish()
    table = await club.anyone.get(made["csv_path"])
    assert (table.status_code, table.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [row["Name"] for row in rows] == ["'=cmd|' /C calc'!A0", "Ζωή"]
    assert (rows[0]["Sponsor"], rows[0]["Member type"]) == ("Ζωή", "Active")
    told = await club.anyone.get(made["json_path"])
    assert told.headers["content-type"] == "application/json"
    assert b'"fee":12345678901234567.0123456789' in told.content
    assert [column["key"] for column in told.json()["columns"]] == COLUMNS
    assert told.json()["rows"][1] == {
        "name": "Ζωή", "member_type": "Active", "fee": 12345678901234567.0123456789, "joined": "2026-02-28",
        "pays": True, "sponsor": None,
    }  # fmt: skip
    assert told.headers["cache-control"] == "no-store"
    assert told.headers["x-robots-tag"] == "noindex"


async def test_an_empty_list_is_a_list(club: Club):
    made = await club.publish(ids=True)
    assert (await club.anyone.get(made["json_path"])).json()["rows"] == []
    header = (await club.anyone.get(made["csv_path"])).content.decode("utf-8-sig")
    assert header == "ID,Name,Member type,Fee,Joined,Pays,Sponsor,Sponsor (ID)\r\n"


async def test_who_has_the_newest_already_gets_nothing_again(club: Club):
    made = await club.publish()
    etag = (await club.anyone.get(made["csv_path"])).headers["etag"]
    same = await club.anyone.get(made["csv_path"], headers={"if-none-match": f'"x", W/{etag}'})
    assert (same.status_code, same.content) == (304, b"")
    await club.add(name="Ada", member_type="active")
    changed = await club.anyone.get(made["csv_path"], headers={"if-none-match": etag})
    assert changed.status_code == 200
    facts = (await club.publisher.get(f"/api/v1/feeds/{made['id']}")).json()
    assert facts["uses"] == 3
    assert facts["used_at"] is not None


async def test_an_address_is_not_guessed_and_not_stored(club: Club):
    made = await club.publish()
    secret = made["csv_path"].split("/")[4]
    assert len(secret) >= 43
    for wrong in (secret[:-1], secret + "A", "whf_", "x", secret.lower(), "é" * 20):
        assert (await club.anyone.get(f"/api/v1/feeds/{wrong}/rows.csv")).status_code == 404
    rows = await club.office.fetch("SELECT row_to_json(f)::text AS row FROM whereupon.feeds f")
    audit = await club.office.fetch("SELECT row_to_json(a)::text AS row FROM whereupon.audit a")
    assert secret[8:] not in str(rows) + str(audit)
    listed = await club.publisher.get("/api/v1/feeds")
    assert secret[8:] not in listed.text
    assert [one["name"] for one in listed.json()["items"]] == ["Active members"]


ENDS = [
    ("taken back", "DELETE", None),
    ("a day that has passed", None, "UPDATE whereupon.feeds SET expires_at = now()"),
    ("its publisher is disabled", None, "UPDATE whereupon.users SET active = false WHERE email LIKE 'reg%'"),
    ("no roles any more", None, "DELETE FROM whereupon.user_roles"),
    ("builds no more", None, "UPDATE whereupon.roles SET builder = false WHERE key = 'registrar'"),
    ("a column that is closed", None, """UPDATE whereupon.role_modules SET fields = '{"fee": "none"}'"""),
    ("a field of its condition that is closed", None,
     """UPDATE whereupon.role_modules SET fields = '{"member_type": "none"}'"""),
    ("the module is closed", None, "UPDATE whereupon.role_modules SET can_read = 'none'"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "sql"), [case[1:] for case in ENDS], ids=[case[0] for case in ENDS])
async def test_it_ends_with(club: Club, method: str | None, sql: str | None):
    await club.add(name="Ada", member_type="active")
    made = await club.publish()
    assert (await club.anyone.get(made["json_path"])).status_code == 200
    if method:
        assert (await club.publisher.request(method, f"/api/v1/feeds/{made['id']}")).json()[
            "state"
        ] == "revoked"
    else:
        await club.office.execute(sql)
    for path in (made["json_path"], made["csv_path"]):
        answer = await club.anyone.get(path)
        assert answer.status_code == 410, answer.text
        assert "Ada" not in answer.text
        assert "fee" not in answer.text


async def test_a_publisher_who_reads_only_their_own_publishes_only_their_own(club: Club):
    await club.office.execute("UPDATE whereupon.role_modules SET can_read = 'own'")
    await club.add(name="Mine", member_type="active", owner=club.publisher_id)
    await club.add(name="Not mine", member_type="active", owner=club.office.admin)
    made = await club.publish()
    assert [row["name"] for row in (await club.anyone.get(made["json_path"])).json()["rows"]] == ["Mine"]


WRONG = [
    ({"definition": {"columns": []}}, "/definition/columns"),
    ({"definition": {"columns": ["diagnosis"]}}, "/definition/columns/0"),
    ({"definition": {"columns": ["nmae"]}}, "/definition/columns/0"),
    ({"definition": {"columns": ["name"], "where": {"field": "diagnosis", "operator": "is_not_empty"}}},
     "/definition/where"),
    ({"definition": {"columns": ["name"], "sort": ["diagnosis"]}}, "/definition/sort/0"),
    ({"days": 0}, "/days"), ({"days": 367}, "/days"), ({"name": ""}, "/name"),
    ({"per_minute": 0}, "/per_minute"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "path"), WRONG)
async def test_what_its_publisher_may_not_read_is_not_published(club: Club, changes: Any, path: str):
    answer = await club.publisher.post("/api/v1/feeds", json={**NEW, **changes})
    assert answer.status_code == 422, answer.text
    assert [p["path"] for p in answer.json()["problems"]] == [path]


async def test_only_those_who_build_publish_and_each_sees_their_own(club: Club):
    made = await club.publish()
    await club.office.execute("UPDATE whereupon.roles SET builder = false WHERE key = 'registrar'")
    await club.office.execute("UPDATE whereupon.revision SET number = number + 1")
    clerk = await club.office.user("clerk@example.org", role="registrar")
    boss = await token_of(club.office.database, club.office.admin)
    async with client_of(club.app, await token_of(club.office.database, clerk)) as theirs:
        assert (await theirs.post("/api/v1/feeds", json=NEW)).status_code == 403
    async with client_of(club.app, boss) as administrator:
        assert [one["id"] for one in (await administrator.get("/api/v1/feeds")).json()["items"]] == [
            made["id"]
        ]
    await club.office.execute("UPDATE whereupon.roles SET builder = true WHERE key = 'registrar'")
    async with client_of(club.app, await token_of(club.office.database, clerk)) as theirs:
        assert (await theirs.get("/api/v1/feeds")).json()["items"] == []
        assert (await theirs.delete(f"/api/v1/feeds/{made['id']}")).status_code == 404


async def test_who_reads_too_often_has_to_wait(club: Club):
    made = await club.publish(per_minute=2)
    answers = [(await club.anyone.get(made["json_path"])).status_code for _ in range(3)]
    assert answers == [200, 200, 429]


async def test_publishing_and_taking_back_are_in_the_audit_log(club: Club):
    made = await club.publish()
    for _ in range(2):
        await club.publisher.request("DELETE", f"/api/v1/feeds/{made['id']}")
    rows = await club.office.fetch(
        "SELECT action, subject FROM whereupon.audit WHERE subject LIKE 'feed:%' ORDER BY id"
    )
    assert [(row["action"], row["subject"]) for row in rows] == [
        ("publish_feed", f"feed:{made['id']}"), ("revoke_feed", f"feed:{made['id']}"),
    ]  # fmt: skip
