"""A password that workflows use is found nowhere: in no table, no log, no history, no answer of the API."""

from __future__ import annotations

import base64
import json
import socketserver
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.serving import ITEMS, Serving, data_folder, eventually, run, serving

from whereupon.db.backup import program

CANARY = "canary-9f2c-Κ7-never-to-be-seen"


class Receiver(BaseHTTPRequestHandler):
    """Refuses every request, and repeats what it was sent."""

    heard: list[str]

    def do_POST(self) -> None:
        said = self.headers.get("Authorization", "")
        type(self).heard.append(said)
        body = f"You said {said}, and that is wrong.".encode("latin-1")  # the bytes as they came
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-You-Said", said)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on our stderr, which is looked at."""


class MailServer(socketserver.StreamRequestHandler):
    """Takes nobody's password."""

    heard: list[str]

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            word = line.split()[0].upper() if line.split() else b""
            if word == b"EHLO":
                self.wfile.write(b"250-here\r\n250 AUTH PLAIN LOGIN\r\n")
            elif word == b"AUTH":
                type(self).heard.append(line.decode())
                self.wfile.write(b"535 5.7.8 Wrong user name or password.\r\n")
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"503 sign in first\r\n")


@pytest.fixture
def receiver() -> Iterator[tuple[int, list[str]]]:
    kind = type("Own", (Receiver,), {"heard": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], kind.heard
        server.shutdown()


@pytest.fixture
def mail_server() -> Iterator[tuple[int, list[str]]]:
    kind = type("Own", (MailServer,), {"heard": []})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), kind) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], kind.heard
        server.shutdown()


def forms(secret: str) -> dict[str, bytes]:
    """What it would look like if somebody had written it down."""
    raw = secret.encode()
    shifted = {f"base64 {n}": base64.b64encode(b"\0" * n + raw)[4:-4] for n in range(3)}
    escaped = json.dumps(secret)[1:-1].encode()
    return {"as it is": raw, "as JSON": escaped, "in hexadecimal": raw.hex().encode(), **shifted}


def workflow(port: int) -> dict[str, Any]:
    """It signs in with the secret, mails, and looks at the answer with a script."""
    call = {
        "url": f"http://127.0.0.1:{port}/hook", "auth": "bearer", "secret": "carrier", "tries": "once",
    }  # fmt: skip
    look = {
        "inputs": [{"name": "name", "value": {"field": "name"}}],
        "code": "console.log(Object.keys(globalThis), input); return { seen: JSON.stringify(input) };",
        "outputs": [{"name": "seen", "type": "text"}],
    }
    mail = {"to": [{"address": "somebody@example.org"}], "subject": "{{ record.name }}", "text": "Hello"}
    nodes = [
        {"key": "start", "block": "start", "config": {"trigger": "record_created"}},
        {"key": "call", "block": "http_request", "config": call, "on_error": {"policy": "continue"}},
        {"key": "look", "block": "script", "config": look},
        {"key": "mail", "block": "send_email", "config": mail},
    ]
    chain = [("start", "call"), ("call", "look"), ("look", "mail")]
    edges = [{"from": a, "port": "next", "to": b} for a, b in chain]
    document = {"format": 1, "settings": {}, "nodes": nodes, "edges": edges}
    return {"key": "tell", "name": "[Items] — Tell", "module": "items", "document": document}


def test_a_password_is_found_nowhere(
    receiver: tuple[int, list[str]], mail_server: tuple[int, list[str]], tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    told = list[str]()
    with data_folder() as folder, serving(folder, WHEREUPON_LOG_LEVEL="debug") as server:
        server.first_start()
        told += [json.dumps(one, ensure_ascii=False) for one in use_it(server, receiver[0], mail_server[0])]
        rotated = run(folder, "secrets", "rotate", "--json")
        assert (rotated.returncode, json.loads(rotated.stdout)["sealed"]) == (0, 2)
        told += [rotated.stdout, rotated.stderr, run(folder, "secrets", "check").stdout]
        later = server.add("after the change of the key")
        eventually(lambda: run_of(server, later), within=20)
        assert len(receiver[1]) == 2
        file = tmp_path / "all.backup"
        assert run(folder, "backup", str(file)).returncode == 0
    assert all(CANARY in said.encode("latin-1").decode() for said in receiver[1])
    assert mail_server[1]
    logs = capfd.readouterr()
    places = {
        "the database": dumped(file, tmp_path), "the logs": (logs.err + logs.out).encode(),
        "the API": "\n".join(told).encode(),
    }  # fmt: skip
    assert b"somebody@example.org" in places["the database"]
    found = [
        (place, form) for place, text in places.items() for form, it in forms(CANARY).items() if it in text
    ]
    assert found == []


def use_it(server: Serving, port: int, mail_port: int) -> list[Any]:
    """The secret is stored twice, used and refused twice; everything that the API tells of it."""
    told: list[Any] = [
        server.ask("POST", "/api/v1/modules", ITEMS),
        server.ask("PUT", "/api/v1/settings/egress", {"allowed_networks": ["127.0.0.0/8"]}),
        server.ask("POST", "/api/v1/secrets", {"key": "carrier", "host": "127.0.0.1", "value": CANARY}),
        server.ask("PUT", "/api/v1/settings/mail", {
            "host": "127.0.0.1", "port": mail_port, "security": "none", "username": "us",
            "password": CANARY, "from_address": "us@example.org",
        }),
        server.ask("POST", "/api/v1/settings/mail/test", {"to": "boss@example.org"}),
        server.ask("POST", "/api/v1/workflows", workflow(port)),
        server.ask("POST", "/api/v1/workflows/tell/publish", {}),
    ]  # fmt: skip
    record = server.add("Ωmega")
    ended = eventually(lambda: run_of(server, record), within=20)
    told.append(server.ask("GET", f"/api/v1/runs/{ended['id']}"))
    for path in ("runs", "messages", "secrets", "settings", "workflows/tell", "audit"):
        told.append(server.ask("GET", f"/api/v1/{path}"))
    return told


def run_of(server: Serving, record: str) -> Any:
    """The record's run, once it is over."""
    runs = server.ask("GET", "/api/v1/runs")["items"]
    return next((one for one in runs if str(one["record_id"]) == record and one["ended_at"]), None)


def dumped(file: Path, folder: Path) -> bytes:
    """Every row of the database, as SQL."""
    with tarfile.open(file) as archive:
        member = archive.extractfile("database.dump")
        assert member is not None
        (folder / "database.dump").write_bytes(member.read())
    command = [str(program("pg_restore")), "--file=-", str(folder / "database.dump")]
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
