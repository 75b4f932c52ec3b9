"""AI providers over the API: set, tried for real, removed; no key is given back; what a prompt would send."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from tests.office import ITEMS

from whereupon.db.pool import Database
from whereupon.modules.define import defining
from whereupon.modules.definitions import ModuleIn
from whereupon.outbox.networks import EgressSettings, save_egress
from whereupon.packs.answering import Heard, Said, StandIn, completion, stand_in
from whereupon.records.schema import DEFINER

CANARY = "sk-canary-77c1"
LOCAL = {"name": "Τοπικός", "kind": "openai", "model": "tiny", "price_input": 3, "price_output": 15}


@pytest.fixture
async def server(database: Database) -> AsyncIterator[StandIn]:
    """A provider on this machine, and the permission to ask it."""
    async with database.transaction() as db:
        await save_egress(db, EgressSettings(allowed_networks=["127.0.0.0/8"]))

    def answer(heard: Heard) -> Said:
        if heard.headers.get("authorization") != f"Bearer {CANARY}":
            return Said({"error": {"message": f"bad key {heard.headers['authorization']}"}}, 401)
        return Said(completion({"kind": "fault"}, tokens=(1000, 100)))

    async with stand_in(answer) as found:
        yield found


async def put(admin: Any, key: str = "local", **more: Any) -> Any:
    return await admin.put(f"/api/v1/ai/providers/{key}", json=LOCAL | more)


async def test_a_provider_is_set_tried_and_removed(admin: Any, server: StandIn) -> None:
    assert (await admin.get("/api/v1/ai/providers")).json() == {"items": []}
    made = await put(admin, base_url=server.url, api_key=CANARY)
    [one] = made.json()["items"]
    assert (one["key"], one["name"], one["has_key"], one["url"]) == ("local", "Τοπικός", True, server.url)
    assert CANARY not in made.text
    tried = (await admin.post("/api/v1/ai/providers/local/test")).json()
    assert (tried["status"], tried["model"], tried["cost"]) == ("answered", "stand-in", 0.0045), tried
    assert "something does not work" in tried["message"]
    assert (await admin.delete("/api/v1/ai/providers/local")).status_code == 204
    assert (await admin.delete("/api/v1/ai/providers/local")).status_code == 404


async def test_a_key_stays_with_its_host_and_is_kept_when_left_out(
    admin: Any, server: StandIn, database: Database
) -> None:
    await put(admin, base_url=server.url, api_key=CANARY)
    kept = (await put(admin, base_url=server.url, model="other")).json()["items"][0]
    assert (kept["has_key"], kept["model"]) == (True, "other")
    moved = (await put(admin, base_url="https://api.example.org/v1")).json()["items"][0]
    assert moved["has_key"] is False
    async with database.connection() as db:
        assert await db.fetchval("SELECT count(*) FROM whereupon.secrets") == 0


async def test_a_refused_key_is_told_without_the_key(admin: Any, server: StandIn) -> None:
    await put(admin, base_url=server.url, api_key="sk-wrong-4711")
    tried = await admin.post("/api/v1/ai/providers/local/test")
    assert (tried.json()["status"], tried.json()["code"]) == ("failed", "ai_key")
    assert "did not accept the key" in tried.json()["message"]
    assert "4711" not in tried.text


@pytest.mark.parametrize(
    ("url", "code"),
    [("http://10.0.0.7/v1", "address_refused"), ("http://169.254.169.254", "address_refused"),
     ("http://127.0.0.1:9/v1", "ai_unreachable")],
)  # fmt: skip
async def test_a_server_that_may_not_be_asked_or_is_not_there(
    admin: Any, server: StandIn, url: str, code: str
) -> None:
    await put(admin, base_url=url)
    assert (await admin.post("/api/v1/ai/providers/local/test")).json()["code"] == code


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"base_url": "file:///etc/passwd"}, "/base_url"),
        ({"base_url": "https://user:pass@example.org"}, "/base_url"),
        ({"base_url": "https://example.org/v1?key=1"}, "/base_url"),
        ({"base_url": "https://exa mple.org"}, "/base_url"),
        ({"model": ""}, "/model"),
        ({"name": "  "}, "/name"),
        ({"price_output": None}, ""),
        ({"timeout_seconds": 0}, "/timeout_seconds"),
        ({"api_key": "line\nbreak"}, "/api_key"),
        ({"kind": "oracle"}, "/kind"),
    ],
)
async def test_what_cannot_be_is_refused(admin: Any, more: dict[str, Any], path: str) -> None:
    answer = await put(admin, **more)
    assert answer.status_code == 422
    assert path in [problem["path"] for problem in answer.json()["problems"]], answer.text


async def test_the_first_is_the_one_that_is_asked_unless_named(admin: Any) -> None:
    for key in ("one", "two", "three"):
        await put(admin, key)
    moved = await admin.post("/api/v1/ai/providers/three/first")
    assert [one["key"] for one in moved.json()["items"]] == ["three", "one", "two"]


async def test_builders_choose_among_them_and_see_no_address(
    admin: Any, client_of: Callable[..., Awaitable[Any]]
) -> None:
    await put(admin, base_url="https://internal.example.org/v1")
    await admin.post(
        "/api/v1/roles", json={"key": "builds", "name": "Builds", "builder": True, "modules": {}}
    )
    builder, clerk = await client_of("b@example.org", "builds"), await client_of("c@example.org")
    [one] = (await builder.get("/api/v1/ai/providers")).json()["items"]
    assert (one["name"], one["model"], one["base_url"], one["url"]) == ("Τοπικός", "tiny", None, None)
    assert (await clerk.get("/api/v1/ai/providers")).status_code == 403
    for refused in (
        await put(builder), await builder.delete("/api/v1/ai/providers/local"),
        await builder.post("/api/v1/ai/providers/local/test"),
    ):  # fmt: skip
        assert refused.status_code == 403


# What a prompt would send -----------------------------------------------------------------------------


@pytest.fixture
async def items(database: Database) -> None:
    await defining(database, lambda db: DEFINER.create_module(db, ModuleIn.model_validate(ITEMS)))


async def record(admin: Any, **values: Any) -> str:
    return str((await admin.post("/api/v1/records/items", json=values)).json()["id"])


async def attach(admin: Any, item: str, name: str, content: bytes) -> None:
    made = await admin.post("/api/v1/documents", files={"file": (name, content)})
    assert made.status_code == 201, made.text
    number = made.json()["id"]
    done = await admin.post(f"/api/v1/records/items/{item}/documents", json={"document_id": number})
    assert done.status_code < 300, done.text


def word_file(*paragraphs: str) -> bytes:
    """A docx with the parts that every reader looks for."""
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "word/document.xml", f'<w:document xmlns:w="{space}"><w:body>{body}</w:body></w:document>'
        )
    return content.getvalue()


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


@pytest.mark.usefixtures("items")
async def test_a_preview_counts_what_goes_along_and_says_what_does_not(admin: Any) -> None:
    item = await record(admin, name="Παραγγελία", note="x" * 1_000)
    await attach(admin, item, "Τιμολόγιο.txt", "Σύνολο: 12,50 €".encode())
    await attach(admin, item, "letter.docx", word_file("Dear Sir", "yours"))
    await attach(admin, item, "scan.png", PNG)
    await attach(admin, item, "second.png", PNG)
    await attach(admin, item, "broken.pdf", b"%PDF-1.7\nnothing of a PDF follows")
    asked = {"module": "items", "record_id": item, "along": ["fields", "documents", "images"], "pictures": 1}
    found = (await admin.post("/api/v1/ai/preview", json=asked)).json()
    parts = {part["title"]: part for part in found["parts"]}
    assert list(parts) == ["Item", "the document Τιμολόγιο.txt", "the document letter.docx"], found
    assert parts["the document letter.docx"]["text"] == "Dear Sir\nyours"
    assert parts["the document Τιμολόγιο.txt"]["text"] == "Σύνολο: 12,50 €"
    assert found["pictures"] == 1
    assert {one["name"] for one in found["left_out"]} == {"second.png", "broken.pdf"}
    assert found["characters"] == found["of"] == sum(part["characters"] for part in found["parts"])
    small = (await admin.post("/api/v1/ai/preview", json=asked | {"characters": 300})).json()
    assert (small["characters"], small["of"]) == (300, found["of"])
    assert [part["title"] for part in small["parts"]] == ["Item"]


@pytest.mark.usefixtures("items")
async def test_a_preview_is_of_what_its_reader_may_read(
    admin: Any, client_of: Callable[..., Awaitable[Any]], database: Database
) -> None:
    item = await record(admin, name="Secret")
    asked = {"module": "items", "record_id": item, "along": ["fields"]}
    await admin.post(
        "/api/v1/roles", json={"key": "builds", "name": "Builds", "builder": True, "modules": {}}
    )
    builder = await client_of("b@example.org", "builds")
    assert (await builder.post("/api/v1/ai/preview", json=asked)).status_code == 403
    assert (await admin.post("/api/v1/ai/preview", json=asked | {"record_id": "999"})).status_code == 404
    assert (await admin.post("/api/v1/ai/preview", json=asked | {"record_id": "x'"})).status_code == 404
    assert (await admin.post("/api/v1/ai/preview", json=asked | {"module": "nope"})).status_code == 404
