"""Files reach folders, SFTP servers, S3 and HTTP addresses; what is wrong is told, and nothing leaks."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from tests.calling import OPEN, settle
from tests.office import Office, open_office

from whereupon.db.pool import Database
from whereupon.errors import Conflict, Invalid, Refused, WhereuponError
from whereupon.outbox.egress import Egress
from whereupon.outbox.networks import networks
from whereupon.outbox.secrets import Key
from whereupon.outbox.stores.putting import File, Way, attempt, place_of, put
from whereupon.outbox.stores.settings import AnyStore, delete_store, list_stores, save_store
from whereupon.people.rights import Rights
from whereupon.records.files import FileStore
from whereupon.settings import Settings
from whereupon.workers.caller import Caller

CANARY = "canary-Σ-5e1f"
KEY = Key(b"k" * 32)
HERE = networks("127.0.0.0/8")


async def allowed() -> Any:
    return HERE


def way(root: Path | None = None, secret: str | None = CANARY, policy: Callable[[], Any] = allowed) -> Way:
    return Way(Egress(policy), root, secret)


def store(kind: str, **more: Any) -> Any:
    return AnyStore.validate_python({"key": "archive", "name": "Archive", "kind": kind, **more})


def file(name: str = "Τιμολόγιο 7.pdf", folder: str = "2026/Ω", content: bytes = b"hello") -> File:
    return File(folder, name, "application/pdf", content)


async def refusal(where: Any, going: Way, what: File | None = None) -> str:
    with pytest.raises(WhereuponError) as refused:
        await put(where, going, what or file())
    assert CANARY not in refused.value.message + str(refused.value.suggestion)
    await going.egress.aclose()
    return refused.value.code


# A folder of this machine ----------------------------------------------------------------------------


async def test_a_file_is_whole_in_a_folder_and_replaces_one_of_its_name(tmp_path: Path) -> None:
    for content in (b"first", b"second"):
        assert await put(store("folder"), way(tmp_path), file(content=content)) == "2026/Ω/Τιμολόγιο 7.pdf"
    assert (tmp_path / "2026" / "Ω" / "Τιμολόγιο 7.pdf").read_bytes() == b"second"
    assert len([one for one in tmp_path.rglob("*") if one.is_file()]) == 1


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("../../etc", "../passwd"), ("/etc", "/etc/passwd"), ("..\\..", "..\\x"), ("a/../../b", ".."),
        ("\0", "a\0b"), (".", "."), ("...", "\u202efdp.exe"), ("~root", "~"), ("%2e%2e/%2e%2e", "%2e%2e"),
        ("C:\\Windows", "\\\\server\\share\\x"), ("a\r\nb", "c\r\nd"),
    ],
)  # fmt: skip
async def test_no_name_leads_out_of_the_folder(tmp_path: Path, folder: str, name: str) -> None:
    root, outside = tmp_path / "root", tmp_path / "passwd"
    root.mkdir()
    where = store("folder", folder=folder)
    inner, clean = place_of(where, folder, name)
    await put(where, way(root), File(inner, clean, "text/plain", b"x"))
    assert not outside.exists()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["root"]
    assert len([one for one in root.rglob("*") if one.is_file()]) == 1


async def test_a_link_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "2026").symlink_to(outside)
    assert await refusal(store("folder"), way(root)) == "not_a_folder"
    (root / "2027").mkdir()
    (root / "2027" / "x.pdf").symlink_to(outside / "x.pdf")
    await put(store("folder"), way(root), file("x.pdf", "2027"))
    assert list(outside.iterdir()) == []


async def test_without_a_folder_of_the_operator_nothing_is_written() -> None:
    assert await refusal(store("folder"), way(None)) == "no_root"


async def test_a_folder_that_is_gone_may_come_back(tmp_path: Path) -> None:
    assert await refusal(store("folder"), way(tmp_path / "gone")) == "no_folder"


# SFTP ------------------------------------------------------------------------------------------------


class Server(asyncssh.SSHServer):
    """One user, with a password and a key."""

    keys: Any = None

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("ada", CANARY)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == "ada" and key == self.keys


@pytest.fixture
async def sftp(tmp_path: Path) -> AsyncIterator[Mapping[str, Any]]:
    root = tmp_path / "sftp"
    root.mkdir()
    host_key, Server.keys = asyncssh.generate_private_key("ssh-ed25519"), None

    def factory(channel: Any) -> asyncssh.SFTPServer:
        return asyncssh.SFTPServer(channel, chroot=str(root).encode())

    server = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[host_key], server_factory=Server, sftp_factory=factory
    )
    public = host_key.export_public_key().decode()
    config = {"server": "127.0.0.1", "port": server.get_port(), "username": "ada", "host_key": public}
    yield {"config": config, "root": root}
    server.close()
    await server.wait_closed()


async def test_a_file_goes_over_sftp_and_replaces_one_of_its_name(sftp: Mapping[str, Any]) -> None:
    where = store("sftp", **sftp["config"])
    for content in (b"first", b"second" * 100_000):
        await put(where, way(), file(content=content))
    assert (sftp["root"] / "2026" / "Ω" / "Τιμολόγιο 7.pdf").read_bytes() == b"second" * 100_000
    assert len([one for one in sftp["root"].rglob("*") if one.is_file()]) == 1
    assert (await attempt(where, way())).ok
    assert len([one for one in sftp["root"].rglob("*") if one.is_file()]) == 1


async def test_a_private_key_signs_in(sftp: Mapping[str, Any]) -> None:
    own = asyncssh.generate_private_key("ssh-ed25519")
    Server.keys = own.convert_to_public()
    where = store("sftp", **sftp["config"], sign_in="key")
    await put(where, way(secret=own.export_private_key().decode()), file())
    assert await refusal(where, way(secret="no key at all")) == "bad_private_key"
    other = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    assert await refusal(where, way(secret=other)) == "sign_in_refused"


async def test_a_server_with_another_key_gets_nothing(sftp: Mapping[str, Any]) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    where = store("sftp", **(sftp["config"] | {"host_key": other}))
    assert await refusal(where, way()) == "unknown_host_key"
    assert list(sftp["root"].rglob("*")) == []


async def test_sftp_goes_only_where_requests_may_go_and_tells_what_is_wrong(sftp: Mapping[str, Any]) -> None:
    async def public() -> Any:
        return networks()

    where = store("sftp", **sftp["config"])
    assert await refusal(where, way(policy=public)) == "address_refused"
    assert await refusal(where, way(secret="wrong")) == "sign_in_refused"
    nowhere = store("sftp", **(sftp["config"] | {"port": 1}))
    assert await refusal(nowhere, way()) == "connect_failed"


# S3 --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


async def call(url: str, method: str) -> tuple[int, bytes]:
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    def ask() -> tuple[int, bytes]:
        try:
            with urlopen(Request(url, method=method), timeout=10) as answer:
                return answer.status, answer.read()
        except HTTPError as error:
            with error:
                return error.code, error.read()

    return await asyncio.to_thread(ask)


async def test_a_file_goes_to_a_bucket(s3: str) -> None:
    import obstore
    from obstore.store import S3Store

    assert (await call(f"{s3}/papers", "PUT"))[0] == 200
    where = store("s3", endpoint=s3, bucket="papers", access_key_id="AKIA1")
    going = way()
    await put(where, going, file())
    library: Any = obstore
    options: Any = {"allow_http": True}
    bucket = S3Store("papers", endpoint=s3, region="us-east-1", access_key_id="AKIA1",
                     secret_access_key=CANARY, client_options=options)  # fmt: skip
    assert bytes((await library.get_async(bucket, "2026/Ω/Τιμολόγιο 7.pdf")).bytes()) == b"hello"
    assert (await attempt(where, going)).ok
    missing = store("s3", endpoint=s3, bucket="no-such", access_key_id="AKIA1")
    assert await refusal(missing, going) == "refused"


async def test_a_signed_address_shows_no_secret() -> None:
    from whereupon.outbox.stores.s3 import signed

    where = store("s3", endpoint="https://s3.example.org", bucket="papers", access_key_id="AKIA1")
    url = await signed(where, CANARY, "PUT", "a/b c.pdf")
    assert url.startswith("https://s3.example.org/papers/a/b%20c.pdf?")
    assert CANARY not in url


# HTTP ------------------------------------------------------------------------------------------------


class Dav(BaseHTTPRequestHandler):
    """Takes files by PUT."""

    got: dict[str, tuple[str, str | None, bytes]]
    status = 201

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        type(self).got[self.path] = (self.headers["content-type"], self.headers["authorization"], body)
        self.answer(type(self).status)

    def do_DELETE(self) -> None:
        type(self).got.pop(self.path, None)
        self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://169.254.169.254/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def dav() -> Iterator[tuple[type[Dav], str]]:
    handler = type("Handler", (Dav,), {"got": {}, "status": 201})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield handler, f"http://127.0.0.1:{server.server_address[1]}/files"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_a_file_is_put_at_an_address(dav: tuple[type[Dav], str]) -> None:
    handler, url = dav
    going = way()
    await put(store("http", url=url, sign_in="bearer"), going, file("a b.pdf", "x"))
    await put(store("http", url=url, sign_in="basic", username="ada"), going, file("c.pdf", ""))
    kind, signed, body = handler.got["/files/x/a%20b.pdf"]
    assert (kind, body) == ("application/pdf", b"hello")
    assert (signed or "").encode("latin-1").decode() == f"Bearer {CANARY}"
    assert handler.got["/files/c.pdf"][1].startswith("Basic ")
    assert (await attempt(store("http", url=url), going)).ok
    assert len(handler.got) == 2
    await going.egress.aclose()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (302, "refused"),
        (401, "refused"),
        (409, "refused"),
        (429, "refused_for_now"),
        (503, "refused_for_now"),
    ],
)
async def test_what_an_address_says_decides_whether_it_is_tried_again(
    dav: tuple[type[Dav], str], status: int, code: str
) -> None:
    dav[0].status = status
    assert await refusal(store("http", url=dav[1]), way()) == code


# The settings ----------------------------------------------------------------------------------------


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


FOLDER: Mapping[str, Any] = {"key": "archive", "name": "Archive", "kind": "folder"}
HTTP: Mapping[str, Any] = {
    "key": "web", "name": "Web", "kind": "http", "url": "https://files.example.org/in", "sign_in": "bearer",
}  # fmt: skip


async def test_a_secret_is_kept_for_its_host_only_and_shown_nowhere(office: Office) -> None:
    async with office.database.transaction() as db:
        with pytest.raises(Invalid):
            await save_store(db, office.rights, KEY, HTTP, None)
        await save_store(db, office.rights, KEY, HTTP, CANARY)
        kept = await save_store(db, office.rights, KEY, {**HTTP, "name": "Other"}, None)
        assert (kept.name, kept.secret) == ("Other", "secret:file-store-web")
        with pytest.raises(Invalid):
            await save_store(db, office.rights, KEY, {**HTTP, "url": "https://evil.example.org/"}, None)
        assert [one.key for one in await list_stores(db)] == ["web"]
    for table in ("settings", "audit", "secrets"):
        rows = await office.fetch(f"SELECT t::text AS text FROM whereupon.{table} t")
        assert not [row for row in rows if CANARY in row["text"]]


async def test_only_administrators_set_stores_up(office: Office) -> None:
    async with office.database.transaction() as db:
        with pytest.raises(Refused):
            await save_store(db, Rights(99, False, True, {}), KEY, FOLDER, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "ftp"}, {"key": "../x"}, {"kind": "http", "url": "file:///etc/passwd"},
        {"kind": "http", "url": "https://u:p@example.org/"}, {"kind": "http", "url": "https://example.org/?a=1"},
        {"kind": "s3", "endpoint": "https://example.org/x", "bucket": "ab", "access_key_id": "a"},
        {"kind": "sftp", "server": "h/x", "username": "a", "host_key": "ssh-ed25519 AAAA" + "x" * 30},
        {"kind": "sftp", "server": "h.example", "username": "a", "host_key": "not a key of any server"},
        {"surprise": True},
    ],
)  # fmt: skip
async def test_what_is_no_store_is_refused(office: Office, wrong: Mapping[str, Any]) -> None:
    async with office.database.transaction() as db:
        with pytest.raises(ValueError):
            await save_store(db, office.rights, KEY, {**FOLDER, **wrong}, "s")


# The block -------------------------------------------------------------------------------------------


@pytest.fixture
async def caller(database: Database, tmp_path: Path) -> AsyncIterator[Caller]:
    (tmp_path / "out").mkdir()
    stop = asyncio.Event()
    settings = Settings(data=tmp_path / "data", files_root=tmp_path / "out", allowed_networks="127.0.0.0/8")  # pyright: ignore[reportCallIssue]
    made = Caller(database, settings)
    task = asyncio.create_task(made.run(stop))
    yield made
    stop.set()
    await task


async def add(office: Office, caller: Caller, item: int, name: str, content: bytes = b"hello") -> int:
    stored = FileStore.of(caller.world.settings).put(io.BytesIO(content))
    return await office.fetchval(
        "INSERT INTO whereupon.documents (sha256, name, type, media_type, size, module_id, record_id) "
        "SELECT decode($1, 'hex'), $2, 'Invoice', 'application/pdf', $3, m.id, $4 FROM whereupon.modules m "
        "WHERE m.key = 'items' RETURNING id", stored.sha256, name, stored.size, str(item),
    )  # fmt: skip


async def set_up(office: Office, **more: Any) -> None:
    async with office.database.transaction() as db:
        await save_store(db, office.rights, KEY, {**FOLDER, **more}, None)


async def test_documents_are_sent_when_they_are_uploaded(
    office: Office, caller: Caller, tmp_path: Path
) -> None:
    await set_up(office, folder="invoices")
    send = {"key": "send", "block": "upload_file", "store": "archive", "folder": "{{ document.type }}",
            "file_name": "{{ record.name }}"}  # fmt: skip
    say = {"key": "say", "block": "update_record", "set": {"note": {"field": "nodes.send.path"}}}
    await office.publish({"trigger": "document_uploaded"}, send, say)
    item = await office.insert(name="A/../../Ω")
    await add(office, caller, item, "scan.pdf")
    await settle(office, caller)
    assert (await office.item(item))["note"] == "invoices/Invoice/A-..-..-Ω.pdf"
    assert (tmp_path / "out" / "invoices" / "Invoice" / "A-..-..-Ω.pdf").read_bytes() == b"hello"
    async with office.database.transaction() as db:
        with pytest.raises(Conflict):
            await delete_store(db, office.rights, "archive")


async def test_what_cannot_be_sent_fails_with_the_reason(office: Office, caller: Caller) -> None:
    await set_up(office)
    send = {"key": "send", "block": "upload_file", "store": "archive", "which": "record"}
    workflow = await office.publish({"trigger": "manual"}, send)
    empty, lost = await office.insert(name="None"), await office.insert(name="Lost")
    number = await add(office, caller, lost, "lost.pdf")
    await office.execute("UPDATE whereupon.documents SET sha256 = sha256('gone') WHERE id = $1", number)
    await office.by_hand(workflow, [str(empty), str(lost)])
    await settle(office, caller)
    assert [run["error"]["code"] for run in await office.runs()] == ["no_document", "file_missing"]
    with pytest.raises(Invalid, match="no file store"):
        await office.publish({"trigger": "manual"}, {**send, "store": "other"}, name="Other")
    assert await office.fetchval(OPEN) == 0
