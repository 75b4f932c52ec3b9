"""Modules, fields and the catalogue over HTTP."""

from __future__ import annotations

CASES = {
    "key": "cases",
    "label": "Case",
    "label_plural": "Cases",
    "owner_field": "owner",
    "fields": [
        {"key": "subject", "type": "text", "required": True},
        {"key": "fee", "type": "money"},
        {
            "key": "status",
            "type": "select",
            "options": {"choices": ["new", "väntar", "done"], "default": "new"},
        },
        {"key": "owner", "type": "user"},
        {"key": "gross", "type": "formula", "options": {"expression": "ROUND(fee * 1.24, 2)"}},
    ],
}


async def test_a_builder_makes_a_module_and_its_fields(admin):
    made = await admin.post("/api/v1/modules", json=CASES)
    assert made.status_code == 201, made.text
    assert made.json()["table"] == "data.cases"
    added = await admin.post("/api/v1/modules/cases/fields", json={"key": "note", "type": "long_text"})
    assert added.status_code == 201, added.text
    changed = await admin.patch("/api/v1/modules/cases/fields/note", json={"label": "Muistiinpano"})
    assert changed.json()["label"] == "Muistiinpano"
    renamed = await admin.patch("/api/v1/modules/cases", json={"label_plural": "Asiat"})
    assert renamed.json()["label_plural"] == "Asiat"
    assert (await admin.delete("/api/v1/modules/cases/fields/note")).status_code == 204
    fields = {f["key"]: f for f in (await admin.get("/api/v1/modules/cases")).json()["fields"]}
    assert "note" not in fields
    assert fields["gross"]["options"]["result"] == "decimal"
    assert (await admin.delete("/api/v1/modules/cases")).status_code == 204
    assert (await admin.get("/api/v1/modules/cases")).status_code == 404


async def test_every_fault_of_a_module_is_named_at_once(admin):
    wrong = CASES | {"fields": [*CASES["fields"], {"key": "x", "type": "txt"}, {"key": "y", "type": "formula",
                     "options": {"expression": "fee +"}}, {"key": "1", "type": "text"}]}  # fmt: skip
    answer = await admin.post("/api/v1/modules", json=wrong)
    assert answer.status_code == 422, answer.text
    assert len(answer.json()["problems"]) >= 2


async def test_a_wrong_formula_is_named_where_it_stands_and_a_circle_as_one(admin):
    await admin.post("/api/v1/modules", json=CASES)
    wrong = {"key": "brutto", "type": "formula", "options": {"expression": "fe * 2"}}
    refused = await admin.post("/api/v1/modules/cases/fields", json=wrong)
    assert [(p["code"], p["path"]) for p in refused.json()["problems"]] == [
        ("unknown_field", "/options/expression")
    ]
    fields = [{"key": "a", "type": "text"}, wrong]
    made = {"key": "others", "label": "Other", "label_plural": "Others", "fields": fields}
    refused = await admin.post("/api/v1/modules", json=made)
    assert [p["path"] for p in refused.json()["problems"]] == ["/fields/1/options/expression"]
    double = {"key": "double", "type": "formula", "options": {"expression": "gross * 2"}}
    assert (await admin.post("/api/v1/modules/cases/fields", json=double)).status_code == 201
    for expression in ("double + 1", "gross + 1"):
        change = {"options": {"expression": expression}}
        refused = await admin.patch("/api/v1/modules/cases/fields/gross", json=change)
        assert refused.status_code == 422
        assert refused.json()["problems"][0]["code"] == "circle", refused.text
        assert refused.json()["problems"][0]["message"] == '"gross" would be computed from itself.'


async def test_one_sees_only_modules_and_fields_that_one_may_read(admin, client_of):
    await admin.post("/api/v1/modules", json=CASES)
    role = {"key": "clerk", "name": "Clerk", "modules": {"cases": {"read": "own", "fields": {"fee": "none"}}}}
    assert (await admin.post("/api/v1/roles", json=role)).status_code == 201
    clerk, nobody = await client_of("clerk@example.org", "clerk"), await client_of("nobody@example.org")
    shown = (await clerk.get("/api/v1/modules/cases")).json()["fields"]
    assert "subject" in {f["key"] for f in shown}
    assert "fee" not in {f["key"] for f in shown}
    assert (await nobody.get("/api/v1/modules")).json() == {"items": []}
    assert (await nobody.get("/api/v1/modules/cases")).status_code == 404
    for c in (clerk, nobody):
        assert (await c.post("/api/v1/modules", json={"key": "x"})).status_code == 403
        assert (await c.delete("/api/v1/modules/cases")).status_code == 403


async def test_the_catalogue_names_blocks_triggers_operators_and_functions(client_of):
    anyone = await client_of("nobody@example.org")
    catalogue = (await anyone.get("/api/v1/catalogue")).json()
    assert {"record_created", "schedule"} <= {t["key"] for t in catalogue["triggers"]}
    assert "update_record" in {b["key"] for b in catalogue["blocks"]}
    assert "has_changed" in {o["key"] for o in catalogue["operators"]}
    assert "ROUND" in {f["name"] for f in catalogue["functions"]}
    assert all(b["config"]["type"] == "object" for b in catalogue["blocks"])


async def test_settings_are_for_administrators_and_keep_their_secrets(admin, client_of, tmp_path, app):
    app.state.settings = app.state.settings.model_copy(update={"data": tmp_path})
    mail = {
        "host": "smtp.example.org",
        "from_address": "office@example.org",
        "username": "u",
        "password": "hunter22-x",
    }
    answer = await admin.put("/api/v1/settings/mail", json=mail)
    assert answer.status_code == 200, answer.text
    assert answer.json()["mail"]["has_password"] is True
    assert "hunter22" not in answer.text
    again = await admin.put(
        "/api/v1/settings/mail", json={**mail, "password": None, "port": 465, "security": "tls"}
    )
    assert again.json()["mail"]["has_password"] is True
    moved = await admin.put(
        "/api/v1/settings/mail", json={**mail, "password": None, "host": "evil.example.org"}
    )
    assert moved.json()["mail"]["has_password"] is False
    zone = await admin.put(
        "/api/v1/settings/organisation", json={"name": "Ääniä", "time_zone": "Europe/Helsinki"}
    )
    assert zone.json()["organisation"]["time_zone"] == "Europe/Helsinki"
    assert (await admin.put("/api/v1/settings/caps", json={"first_messages": -1})).status_code == 422
    assert (await admin.delete("/api/v1/settings/mail")).status_code == 204
    test = await admin.post("/api/v1/settings/mail/test", json={"to": "Ada@example.org"})
    assert (test.status_code, test.json()["status"]) == (200, "kept"), test.text
    message = (await admin.get(f"/api/v1/messages/{test.json()['message_id']}")).json()
    assert (message["status"], message["recipient"]) == ("queued", "ada@example.org")
    eve = await client_of("eve@example.org")
    assert (await eve.get("/api/v1/settings")).status_code == 403
    assert (await eve.put("/api/v1/settings/mail", json=mail)).status_code == 403


async def test_tasks_and_notifications_are_ones_own(admin, client_of, database):
    eve, bob = await client_of("eve@example.org"), await client_of("bob@example.org")
    async with database.transaction() as db:
        task = await db.fetchval(
            "INSERT INTO whereupon.tasks (title, assignee_user_id) VALUES ('Soita', $1) RETURNING id",
            eve.user_id,
        )
        await db.execute(
            "INSERT INTO whereupon.notifications (user_id, title) VALUES ($1, 'Hei')", eve.user_id
        )
    assert [t["title"] for t in (await eve.get("/api/v1/tasks")).json()["items"]] == ["Soita"]
    assert (await bob.get("/api/v1/tasks")).json()["items"] == []
    assert (await bob.get(f"/api/v1/tasks/{task}")).status_code == 404
    assert (await bob.patch(f"/api/v1/tasks/{task}", json={"status": "done"})).status_code == 404
    done = await eve.patch(f"/api/v1/tasks/{task}", json={"status": "done"})
    assert done.json()["done_at"] is not None
    given = await eve.patch(f"/api/v1/tasks/{task}", json={"assignee_user_id": bob.user_id, "status": "open"})
    assert (given.status_code, given.json()["done_at"]) == (200, None)
    assert (await bob.post("/api/v1/notifications/read", json={})).json() == {"ids": []}
    assert len((await eve.post("/api/v1/notifications/read", json={})).json()["ids"]) == 1
    assert (await eve.get("/api/v1/notifications?unread=true")).json()["items"] == []


async def test_held_messages_are_released_or_discarded_by_builders(admin, client_of, database):
    async with database.transaction() as db:
        source = await db.fetchval("""
            INSERT INTO whereupon.message_sources (sha256, channel, source)
            VALUES ('x', 'email', '{}') RETURNING id""")
        ids = [
            await db.fetchval(
                """
            INSERT INTO whereupon.messages (run_id, node, channel, recipient, source_id, context, status)
            VALUES ($1, 'mail', 'email', 'a@example.org', $2, '{}', $3) RETURNING id""",
                i,
                source,
                status,
            )
            for i, status in enumerate(["held", "held", "uncertain"])
        ]
    eve = await client_of("eve@example.org")
    assert (await eve.get("/api/v1/messages")).status_code == 403
    assert (await eve.post("/api/v1/messages/release", json={"ids": ids})).status_code == 403
    held = (await admin.get("/api/v1/messages?status=held")).json()["items"]
    assert [m["id"] for m in held] == [ids[1], ids[0]]
    assert (await admin.post("/api/v1/messages/release", json={"ids": ids[:1]})).json() == {"ids": ids[:1]}
    assert (await admin.post("/api/v1/messages/discard", json={"ids": ids[1:2]})).json() == {"ids": ids[1:2]}
    resolved = await admin.post("/api/v1/messages/resolve", json={"ids": ids, "resolution": "sent"})
    assert resolved.json() == {"ids": ids[2:]}
    assert (await admin.get(f"/api/v1/messages/{ids[2]}")).json()["status"] == "sent"
