"""Providers of text and chat messages: set by administrators, shown without their secrets, tried at once."""

from __future__ import annotations

from typing import Any

import pytest
from tests.receiver import ok, receiver

from whereupon.outbox.networks import EgressSettings, save_egress

CANARY = "c4n4ryc4n4ryc4n4ryc4n4ry12"
HERE = "/api/v1/settings/providers"
SLACK = {"name": "Ops", "service": "slack", "address": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"}


async def hooked(admin: Any, database: Any, port: int, key: str = "room") -> Any:
    async with database.transaction() as db:
        await save_egress(db, EgressSettings(allowed_networks=["127.0.0.1/32"]))
    words = {"name": "Room Δ", "service": "mattermost", "address": f"mmost://127.0.0.1:{port}/{CANARY}"}
    return await admin.put(f"{HERE}/{key}", json=words)


async def test_at_first_there_is_none_and_every_service_says_how_its_address_is_written(admin):
    found = (await admin.get(HERE)).json()
    assert found["items"] == []
    assert {service["kind"] for service in found["services"]} == {"text", "chat"}
    assert all("://" in service["example"] for service in found["services"])


async def test_a_provider_is_kept_and_its_address_never_shown(admin, database):
    saved = (await hooked(admin, database, 4242)).json()["items"]
    assert saved == [
        {
            "key": "room", "name": "Room Δ", "kind": "chat", "service": "mattermost",
            "service_label": "Mattermost (own server)", "host": "127.0.0.1", "default": True,
        }
    ]  # fmt: skip
    renamed = await admin.put(f"{HERE}/room", json={"name": "Room Ω", "service": "mattermost"})
    assert renamed.json()["items"][0]["name"] == "Room Ω", "without an address the stored one stays"
    async with database.connection() as db:
        tables = await db.fetch(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name "
            "FROM pg_tables WHERE schemaname IN ('whereupon', 'data')"
        )
        for table in tables:
            rows = await db.fetch(f"SELECT t::text AS row FROM {table['name']} t")
            assert not any(CANARY in row["row"] for row in rows), table["name"]


async def test_the_first_of_a_kind_is_the_default_until_another_one_is_chosen(admin):
    await admin.put(f"{HERE}/a", json=SLACK)
    await admin.put(f"{HERE}/b", json=SLACK)
    twilio = f"twilio://AC{'a' * 32}:{'b' * 32}@+15017122661"
    await admin.put(f"{HERE}/sms", json={"name": "SMS", "service": "twilio", "address": twilio})
    chosen = (await admin.put(f"{HERE}/c", json=SLACK | {"default": True})).json()["items"]
    assert {item["key"]: item["default"] for item in chosen} == {
        "a": False, "b": False, "c": True, "sms": True,
    }  # fmt: skip
    assert (await admin.delete(f"{HERE}/c")).status_code == 204
    left = (await admin.get(HERE)).json()["items"]
    assert [item["key"] for item in left if item["default"]] == ["a", "sms"]
    assert (await admin.delete(f"{HERE}/c")).status_code == 404


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"address": None}, "/address"),
        ({"address": ""}, "/address"),
        ({"address": "json://127.0.0.1/"}, "/address"),
        ({"address": "twilio://x"}, "/address"),
        ({"address": "slack://Ωμέγα"}, "/address"),
        ({"service": "slakc"}, "/service"),
        ({"name": " "}, "/name"),
    ],
)
async def test_what_is_no_provider_is_refused(admin, change, path):
    refused = await admin.put(f"{HERE}/it", json=SLACK | change)
    assert refused.status_code == 422
    assert [problem["path"] for problem in refused.json()["problems"]] == [path]
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in refused.text


async def test_a_key_stays_with_its_kind(admin):
    await admin.put(f"{HERE}/it", json=SLACK)
    twilio = f"twilio://AC{'a' * 32}:{'b' * 32}@+15017122661"
    other = await admin.put(f"{HERE}/it", json={"name": "x", "service": "twilio", "address": twilio})
    assert other.status_code == 409


async def test_a_test_really_goes_out_and_is_found_among_the_messages(admin, database):
    async with receiver() as room:
        room.answers[f"/hooks/{CANARY}"] = ok(b"ok")
        await hooked(admin, database, room.port)
        tried = (await admin.post(f"{HERE}/room/test", json={})).json()
        assert (tried["status"], tried["message"]) == ("sent", "Room Δ took the message for the room.")
        [heard] = room.heard
        assert "messages leave Whereupon" in heard.body.decode()
        room.answers[f"/hooks/{CANARY}"] = ok(f"no such hook {CANARY}".encode(), "403 Forbidden")
        failed = (await admin.post(f"{HERE}/room/test", json={})).json()
    assert (failed["status"], failed["code"]) == ("failed", "refused")
    assert failed["message"] == "Room Δ answered 403: no such hook …"
    listed = (await admin.get("/api/v1/messages?channel=chat")).json()["items"]
    assert [(m["channel"], m["status"]) for m in listed] == [("chat", "failed"), ("chat", "sent")]
    whole = (await admin.get(f"/api/v1/messages/{listed[1]['id']}")).json()
    assert whole["preview"]["text"].startswith("If you can read this")
    assert (await admin.get("/api/v1/messages?channel=text")).json()["items"] == []


@pytest.mark.parametrize("to", [None, "", "12", "Ωμέγα", "694 123 4567"])
async def test_a_test_text_needs_a_number(admin, to):
    address = "smseagle://" + "a" * 32 + "@127.0.0.1/"
    await admin.put(f"{HERE}/sms", json={"name": "SMS", "service": "smseagle", "address": address})
    refused = await admin.post(f"{HERE}/sms/test", json={"to": to})
    assert refused.status_code == 422
    assert refused.json()["problems"][0]["path"] == "/to"


async def test_a_private_server_is_told_to_be_allowed_first(admin):
    words = {"name": "Room", "service": "mattermost", "address": f"mmost://127.0.0.1:1/{CANARY}"}
    await admin.put(f"{HERE}/room", json=words)
    tried = (await admin.post(f"{HERE}/room/test", json={})).json()
    assert (tried["status"], tried["code"]) == ("failed", "address_refused")


async def test_only_administrators_set_them(client_of):
    member = await client_of("clerk@example.org")
    assert (await member.put(f"{HERE}/it", json=SLACK)).status_code == 403
    assert (await member.delete(f"{HERE}/it")).status_code == 403
    assert (await member.post(f"{HERE}/it/test", json={})).status_code == 403
    assert (await member.get(HERE)).status_code == 403
