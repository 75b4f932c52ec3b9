"""Saved templates over HTTP, and tables attached."""

from __future__ import annotations

from tests.integration.api.test_definitions import CASES

WORDS = {"subject": "Hei {{ record.subject }}", "html": "<p>{{ record.fee }}</p><script>x</script>"}
NEW = WORDS | {"key": "hei", "name": "Hei", "module": "cases"}


async def test_a_template_is_checked_saved_shown_and_removed(admin, client_of):
    await admin.post("/api/v1/modules", json=CASES)
    wrong = await admin.post("/api/v1/templates", json=NEW | {"subject": "{{ record.sbject }}"})
    assert wrong.status_code == 422
    assert wrong.json()["problems"][0]["path"] == "/subject"
    assert (await admin.post("/api/v1/templates", json=NEW | {"html": None})).status_code == 422
    made = await admin.post("/api/v1/templates", json=NEW)
    assert made.status_code == 201, made.text
    assert (await admin.post("/api/v1/templates", json=NEW)).status_code == 409
    await admin.post("/api/v1/records/cases", json={"subject": "Ää <b>", "fee": 5})
    shown = await admin.post("/api/v1/templates/preview", json=WORDS | {"module": "cases", "record_id": "1"})
    assert shown.status_code == 200, shown.text
    assert shown.json()["subject"] == "Hei Ää <b>"
    assert "script" not in shown.json()["html"]
    missing = await admin.post(
        "/api/v1/templates/preview", json=WORDS | {"module": "cases", "record_id": "9"}
    )
    assert missing.status_code == 404
    eve = await client_of("eve@example.org")
    peek = await eve.post("/api/v1/templates/preview", json=WORDS | {"module": "cases", "record_id": "1"})
    assert peek.status_code == 403
    changed = await admin.put("/api/v1/templates/hei", json=WORDS | {"name": "Terve"})
    assert changed.json()["name"] == "Terve"
    late = await admin.put("/api/v1/templates/hei", json=WORDS, headers={"if-match": made.headers["etag"]})
    assert late.status_code == 412
    document = {
        "format": 1, "edges": [{"from": "start", "to": "mail"}],
        "nodes": [
            {"key": "start", "block": "start", "config": {"trigger": "record_created"}},
            {"key": "mail", "block": "send_email", "config": {"to": [{"owner": True}], "template": "hei"}},
        ],
    }  # fmt: skip
    sends = {"name": "Lähetä", "key": "sends", "module": "cases", "document": document}
    assert (await admin.post("/api/v1/workflows", json=sends)).status_code == 201
    used = await admin.delete("/api/v1/templates/hei")
    assert (used.status_code, "Lähetä" in used.text) == (409, True)
    await admin.delete("/api/v1/workflows/sends")
    assert (await admin.delete("/api/v1/templates/hei")).status_code == 204
    assert (await admin.get("/api/v1/templates/hei")).status_code == 404


async def test_tables_that_were_there_before_become_modules_and_go_again(admin, client_of, database):
    async with database.transaction() as db:
        await db.execute("""
            CREATE SCHEMA vanha;
            CREATE TABLE vanha.asiakkaat (tunnus text PRIMARY KEY, nimi text);
            CREATE TABLE vanha.tilaukset (id int PRIMARY KEY, asiakas_id text REFERENCES vanha.asiakkaat);
            CREATE TABLE vanha.ilman_avainta (x int)""")
    eve = await client_of("eve@example.org")
    assert (await eve.post("/api/v1/modules/attach", json={"schema": "vanha"})).status_code == 403
    attached = await admin.post("/api/v1/modules/attach", json={"schema": "vanha"})
    assert attached.status_code == 201, attached.text
    assert [m["key"] for m in attached.json()["items"]] == ["asiakkaat", "tilaukset"]
    assert list(attached.json()["left_out"]) == ["ilman_avainta"]
    made = await admin.post("/api/v1/records/asiakkaat", json={"tunnus": "ÄÄ", "nimi": "Ääniä Oy"})
    assert made.status_code == 201, made.text
    assert (await admin.get("/api/v1/records/asiakkaat/ÄÄ")).json()["values"]["nimi"] == "Ääniä Oy"
    assert (await admin.post("/api/v1/modules/tilaukset/detach")).status_code == 204
    assert (await admin.get("/api/v1/modules/tilaukset")).status_code == 404
    again = await admin.post(
        "/api/v1/modules/attach", json={"schema": "vanha", "table": "tilaukset", "key": "orders"}
    )
    assert [m["key"] for m in again.json()["items"]] == ["orders"]
    for body, status in [
        ({"schema": "whereupon"}, 201),
        ({"schema": "ei_ole"}, 404),
        ({"schema": "vanha", "table": "x"}, 404),
        ({"schema": "vanha", "key": "x"}, 422),
        ({"schema": ""}, 422),
        ({"schema": "pg_catalog", "table": "pg_class"}, 403),
    ]:
        answer = await admin.post("/api/v1/modules/attach", json=body)
        assert answer.status_code == status, (body, answer.text)
        assert status != 201 or answer.json()["items"] == []
