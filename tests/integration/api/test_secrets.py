"""Secrets of workflows: keys and hosts are listed, values never; where requests may go is set beside them."""

from __future__ import annotations

import pytest

from whereupon.errors import Conflict
from whereupon.outbox.secrets import load_key, open_secret
from whereupon.outbox.shared_secrets import handle_of
from whereupon.settings import Settings

CANARY = "canary-κλειδί-9f8e7d6c"
NEW = {"key": "accounting", "host": "API.Example.com", "value": CANARY}


@pytest.fixture
def settings(tmp_path):
    return Settings(data=tmp_path)


async def test_a_secret_is_kept_and_only_its_key_and_host_are_told(admin, database, settings):
    made = await admin.post("/api/v1/secrets", json=NEW)
    assert made.status_code == 201, made.text
    listed = await admin.get("/api/v1/secrets")
    assert [(one["key"], one["host"]) for one in listed.json()["items"]] == [
        ("accounting", "api.example.com")
    ]
    audit = await admin.get("/api/v1/audit")
    assert "create_secret" in audit.text
    for answer in (made, listed, audit):
        assert CANARY not in answer.text
    async with database.connection() as db:
        opened = await open_secret(db, load_key(settings), handle_of("accounting"), host="api.example.com")
        assert opened == CANARY
        with pytest.raises(Conflict):
            await open_secret(db, load_key(settings), handle_of("accounting"), host="evil.example.com")


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": ""}, {"host": "https://api.example.com"}, {"host": "api.example.com/path"}, {"host": "a b"},
        {"host": "user@host"}, {"host": "0x7f.1"}, {"value": "abc"}, {"value": ""}, {"value": "a\r\nb-c"},
        {"key": "No"}, {"key": ""}, {"key": "../mail"}, {"more": 1}, {"value": None}, {"host": "[::1"},
    ],
)  # fmt: skip
async def test_what_is_no_secret_is_refused(admin, wrong):
    assert (await admin.post("/api/v1/secrets", json={**NEW, **wrong})).status_code == 422


async def test_a_key_is_taken_once_and_its_value_can_be_replaced(admin, database, settings):
    assert (await admin.post("/api/v1/secrets", json=NEW)).status_code == 201
    assert (await admin.post("/api/v1/secrets", json=NEW)).status_code == 409
    change = {"host": "other.example.com", "value": "another value"}
    assert (await admin.put("/api/v1/secrets/accounting", json=change)).json()["host"] == "other.example.com"
    assert (await admin.put("/api/v1/secrets/acounting", json=change)).status_code == 404
    async with database.connection() as db:
        opened = await open_secret(db, load_key(settings), handle_of("accounting"), host="other.example.com")
    assert opened == "another value"


async def test_a_secret_in_use_is_not_forgotten(admin):
    await admin.post("/api/v1/secrets", json=NEW)
    node = {
        "key": "call", "block": "http_request",
        "config": {"url": "https://api.example.com/", "auth": "bearer", "secret": "accounting"},
    }  # fmt: skip
    start = {"key": "start", "block": "start", "config": {"trigger": "manual"}}
    edges = [{"from": "start", "port": "next", "to": "call"}]
    document = {"format": 1, "nodes": [start, node], "edges": edges, "settings": {}}
    made = await admin.post("/api/v1/workflows", json={"name": "Tell them", "document": document})
    refused = await admin.delete("/api/v1/secrets/accounting")
    assert (refused.status_code, "Tell them" in refused.json()["detail"]) == (409, True)
    await admin.delete(f"/api/v1/workflows/{made.json()['key']}")
    assert (await admin.delete("/api/v1/secrets/accounting")).status_code == 204
    assert (await admin.delete("/api/v1/secrets/accounting")).status_code == 404


async def test_other_secrets_of_the_installation_are_out_of_reach(admin):
    mail = {"host": "smtp.example.com", "from_address": "a@example.com", "username": "u", "password": CANARY}
    assert (await admin.put("/api/v1/settings/mail", json=mail)).status_code == 200
    assert (await admin.get("/api/v1/secrets")).json()["items"] == []
    assert (await admin.delete("/api/v1/secrets/mail")).status_code == 404


async def test_who_is_no_administrator_changes_nothing(client_of):
    clerk = await client_of("clerk@example.org")
    for method, path, body in (
        ("GET", "/secrets", None), ("POST", "/secrets", NEW), ("DELETE", "/secrets/accounting", None),
        ("GET", "/settings/egress", None), ("PUT", "/settings/egress", {"allowed_networks": []}),
    ):  # fmt: skip
        answer = await clerk.request(method, f"/api/v1{path}", json=body)
        assert answer.status_code == 403, (method, path)


async def test_networks_are_allowed_by_administrators(admin):
    assert (await admin.get("/api/v1/settings/egress")).json() == {"allowed_networks": []}
    sent = {"allowed_networks": ["10.1.0.0/16", "127.0.0.1", "fd00::/8"]}
    kept = (await admin.put("/api/v1/settings/egress", json=sent)).json()
    assert kept == {"allowed_networks": ["10.1.0.0/16", "127.0.0.1/32", "fd00::/8"]}
    assert "set_egress" in (await admin.get("/api/v1/audit")).text


@pytest.mark.parametrize("text", ["10.0.0.1/8", "everything", "", "::/129"])
async def test_what_is_no_network_is_not_allowed(admin, text):
    answer = await admin.put("/api/v1/settings/egress", json={"allowed_networks": [text]})
    assert answer.status_code == 422
    assert "no network" in answer.text
