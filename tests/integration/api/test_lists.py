"""What lists and pages of records need: names, counts, related records, bulk edits, files, and the search."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from python_calamine import load_workbook

ACCOUNTS = {
    "key": "accounts", "label": "Account", "label_plural": "Accounts", "title_field": "name",
    "fields": [{"key": "name", "type": "text", "required": True, "unique": True}],
}  # fmt: skip
CASES = {
    "key": "cases", "label": "Case", "label_plural": "Ärenden", "owner_field": "owner",
    "title_field": "subject",
    "fields": [
        {"key": "subject", "type": "text", "required": True, "indexed": True},
        {"key": "fee", "label": "Αμοιβή", "type": "money"},
        {"key": "due", "type": "date"},
        {"key": "status", "type": "select", "options": {"choices": [
            {"key": "new", "label": "Νέα"}, {"key": "done", "label": "Έτοιμη"}]}},
        {"key": "account", "type": "reference", "options": {"target": "accounts"}},
        {"key": "owner", "type": "user"},
        {"key": "code", "type": "text", "unique": True},
    ],
}  # fmt: skip
BASE = "/api/v1/records/cases"


@pytest.fixture
async def accounts(admin) -> dict[str, str]:
    for module in (ACCOUNTS, CASES):
        assert (await admin.post("/api/v1/modules", json=module)).status_code == 201
    found: dict[str, str] = {}
    for name in ("Acme", "Αθήνα ΑΕ", "Borealis 100%"):
        found[name] = (await admin.post("/api/v1/records/accounts", json={"name": name})).json()["id"]
    return found


async def add(client, subject: str, **values: Any) -> str:
    answer = await client.post(BASE, json={"subject": subject, **values})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def clerk(admin, client_of, email: str, extent: str = "own", **more: Any):
    key = email.partition("@")[0]
    grant = {"read": extent, "create": "all", "update": "own", **more}
    answer = await admin.post("/api/v1/roles", json={"key": key, "name": key, "modules": {"cases": grant}})
    assert answer.status_code == 201, answer.text
    return await client_of(email, key)


NAMES = [
    ("acm", ["Acme"]), ("ME", ["Acme"]), ("αθήνα", ["Αθήνα ΑΕ"]), ("100%", ["Borealis 100%"]),
    ("%", ["Borealis 100%"]),
    ("_", []), ("", ["Borealis 100%", "Αθήνα ΑΕ", "Acme"]), ("   ", ["Borealis 100%", "Αθήνα ΑΕ", "Acme"]),
    ("a", ["Acme", "Borealis 100%"]),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "found"), NAMES)
async def test_records_are_looked_up_by_what_names_them(admin, accounts, typed, found):
    answer = await admin.get("/api/v1/records/accounts/lookup", params={"q": typed})
    assert answer.status_code == 200, answer.text
    assert [one["title"] for one in answer.json()["items"]] == found
    assert answer.json()["complete"] is True


async def test_a_record_is_looked_up_by_its_id(admin, accounts):
    id = accounts["Acme"]
    answer = await admin.get("/api/v1/records/accounts/lookup", params={"q": id})
    assert answer.json()["items"][0] == {"id": id, "title": "Acme"}


async def test_people_find_each_other_and_their_own_records_only(admin, accounts, client_of):
    eve = await clerk(admin, client_of, "eve@example.org")
    await add(admin, "Secret matter")
    await add(admin, "Matter of Eve", owner=eve.user_id)
    found = (await eve.get(f"{BASE}/lookup", params={"q": "matter"})).json()["items"]
    assert [one["title"] for one in found] == ["Matter of Eve"]
    people = await eve.get("/api/v1/records/users/lookup", params={"q": "ada"})
    assert [one["title"] for one in people.json()["items"]] == ["Ada Ädel"]
    assert (await eve.get("/api/v1/records/accounts/lookup")).status_code == 403
    hits = (await eve.get("/api/v1/search", params={"q": "matter"})).json()["items"]
    assert [(hit["kind"], hit["title"]) for hit in hits] == [("record", "Matter of Eve")]
    assert (await eve.get(f"{BASE}/count")).json() == {"count": 1, "exact": True}


async def test_one_search_finds_modules_people_and_records(admin, accounts):
    await add(admin, "Account of the year")
    hits = (await admin.get("/api/v1/search", params={"q": "account"})).json()
    assert [(hit["kind"], hit["title"], hit["module"]) for hit in hits["items"]] == [
        ("module", "Accounts", "accounts"), ("record", "Account of the year", "cases"),
    ]  # fmt: skip
    [ada] = (await admin.get("/api/v1/search", params={"q": "ädel"})).json()["items"]
    assert (ada["kind"], ada["detail"]) == ("user", "root@example.org")


async def test_counts_take_conditions(admin, accounts):
    for n in range(3):
        await add(admin, f"Case {n}", fee=n)
    where = json.dumps({"field": "fee", "operator": "greater_than", "value": 0})
    assert (await admin.get(f"{BASE}/count", params={"where": where})).json() == {"count": 2, "exact": True}
    bad = await admin.get(f"{BASE}/count", params={"where": "{"})
    assert bad.status_code == 422


async def test_a_record_shows_what_refers_to_it(admin, accounts, client_of):
    for n in range(7):
        await add(admin, f"Case {n}", account=accounts["Acme"])
    answer = await admin.get(f"/api/v1/records/accounts/{accounts['Acme']}/related")
    assert answer.status_code == 200, answer.text
    [related] = answer.json()["items"]
    assert (related["module"], related["field"], related["count"], related["exact"]) == (
        "cases", "account", 7, True,
    )  # fmt: skip
    assert [one["title"] for one in related["records"]] == [f"Case {n}" for n in (6, 5, 4, 3, 2)]
    assert (await admin.get("/api/v1/records/accounts/999/related")).status_code == 404
    eve = await clerk(admin, client_of, "eve@example.org")
    assert (await eve.get(f"/api/v1/records/accounts/{accounts['Acme']}/related")).status_code == 403


async def test_many_records_are_changed_by_id_or_by_condition(admin, accounts):
    ids = [await add(admin, f"Case {n}", status="new", fee=n) for n in range(5)]
    tried = await admin.post(
        f"{BASE}/bulk-edit", json={"where": {}, "set": {"status": "done"}, "dry_run": True}
    )
    assert tried.json() == {"matched": 5, "changed": 5, "left_out": 0, "dry_run": True}
    assert (await status_counts(admin)) == {"new": 5}
    done = await admin.post(f"{BASE}/bulk-edit", json={"ids": [*ids[:2], "999"], "set": {"status": "done"}})
    assert done.json() == {"matched": 2, "changed": 2, "left_out": 0, "dry_run": False}
    condition = {"field": "fee", "operator": "greater_than", "value": 3}
    done = await admin.post(
        f"{BASE}/bulk-edit", json={"where": condition, "set": {"status": "done", "fee": 7}}
    )
    assert done.json()["changed"] == 1
    assert (await status_counts(admin)) == {"new": 2, "done": 3}


async def status_counts(client) -> dict[str, int]:
    found: dict[str, int] = {}
    for record in (await client.get(BASE)).json()["items"]:
        found[record["values"]["status"]] = found.get(record["values"]["status"], 0) + 1
    return found


BAD_EDITS: list[tuple[dict[str, Any], str]] = [
    ({"where": {}, "set": {"staus": "done"}}, "/set/staus"),
    ({"where": {}, "set": {"status": "gone"}}, "/set/status"),
    ({"where": {}, "set": {}}, "/set"),
    ({"where": {}, "set": {"code": "same"}}, "/set/code"),
    ({"where": {}, "set": {"subject": None}}, "/set/subject"),
    ({"where": {}, "set": {"owner": 999}}, "/set/owner"),
    ({"set": {"status": "done"}}, "/ids"),
    ({"ids": ["1"], "where": {}, "set": {"status": "done"}}, "/ids"),
    ({"where": {"field": "x"}, "set": {"status": "done"}}, ""),
]


@pytest.mark.parametrize(("sent", "path"), BAD_EDITS)
async def test_a_wrong_bulk_edit_changes_nothing(admin, accounts, sent, path):
    for n in range(3):
        await add(admin, f"Case {n}", status="new")
    answer = await admin.post(f"{BASE}/bulk-edit", json=sent)
    assert answer.status_code == 422, answer.text
    assert any(problem["path"].startswith(path) for problem in answer.json()["problems"])
    assert (await status_counts(admin)) == {"new": 3}


async def test_a_bulk_edit_leaves_out_what_is_not_ones_own(admin, accounts, client_of):
    eve = await clerk(admin, client_of, "eve@example.org", "all")
    await add(admin, "Ours", status="new")
    await add(admin, "Hers", status="new", owner=eve.user_id)
    done = await eve.post(f"{BASE}/bulk-edit", json={"where": {}, "set": {"status": "done"}})
    assert done.json() == {"matched": 2, "changed": 1, "left_out": 1, "dry_run": False}
    assert (await status_counts(admin)) == {"new": 1, "done": 1}


async def export(client, **params: Any) -> list[list[str]]:
    answer = await client.get(f"{BASE}/export", params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%C3%84renden-20")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""),
                           delimiter=";" if params.get("delimiter") == "semicolon" else ","))  # fmt: skip


async def test_a_csv_file_has_labels_names_and_nothing_that_runs(admin, accounts):
    await add(admin, "=1+1", fee="-1234.5", status="new", account=accounts["Αθήνα ΑΕ"], due="2026-11-22")
    await add(admin, "@x,\r\nτέλος", code="+358401234567")
    rows = await export(admin, columns="subject,fee,status,account,due,code", sort="subject")
    assert rows[0] == ["Subject", "Αμοιβή", "Status", "Account", "Due", "Code"]
    assert rows[1] == ["'=1+1", "-1234.50", "Νέα", "Αθήνα ΑΕ", "2026-11-22", ""] or rows[1][1] == "-1234.5"
    assert rows[2] == ["'@x,\r\nτέλος", "", "", "", "", "+358401234567"]
    with_ids = await export(admin, columns="account", ids=True, sort="subject", delimiter="semicolon")
    assert with_ids[0] == ["ID", "Account", "Account (ID)"]
    assert with_ids[1][1:] == ["Αθήνα ΑΕ", accounts["Αθήνα ΑΕ"]]
    where = json.dumps({"field": "status", "operator": "equals", "value": "new"})
    assert len(await export(admin, where=where)) == 2


async def test_a_workbook_has_typed_cells_and_no_formula(admin, accounts):
    await add(admin, "=1+1", fee="1234.5", due="2026-11-22")
    answer = await admin.get(f"{BASE}/export", params={"format": "xlsx", "columns": "subject,fee,due"})
    assert answer.status_code == 200, answer.text
    sheet = load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0)
    header, row = sheet.to_python()
    assert header == ["Subject", "Αμοιβή", "Due"]
    assert row[:2] == ["'=1+1", 1234.5]
    assert str(row[2]).startswith("2026-11-22")


async def test_an_export_shows_only_what_may_be_read(admin, accounts, client_of):
    eve = await clerk(admin, client_of, "eve@example.org", fields={"fee": "none"})
    await add(admin, "Ours", fee=1)
    await add(admin, "Hers", fee=2, owner=eve.user_id)
    rows = await export(eve)
    assert len(rows) == 2
    assert "Αμοιβή" not in rows[0]
    assert (await eve.get(f"{BASE}/export", params={"columns": "fee"})).status_code == 422
    assert (await eve.get("/api/v1/records/accounts/export")).status_code == 403


async def test_an_export_of_many_records_has_every_one_once(admin, accounts, database):
    async with database.connection() as db:
        await db.execute(
            "INSERT INTO data.cases (subject) SELECT 'Case ' || n FROM generate_series(1, 2500) n"
        )
    rows = await export(admin, columns="subject", sort="-subject")
    assert len({row[0] for row in rows[1:]}) == len(rows) - 1 == 2500


async def test_runs_are_exported(admin):
    answer = await admin.get("/api/v1/runs/export")
    assert answer.status_code == 200, answer.text
    assert answer.content.decode("utf-8-sig").startswith("id,workflow,")
