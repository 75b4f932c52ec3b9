"""schemathesis on the whole OpenAPI document, as an administrator: no 500, no answer that is not declared."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.integration.api.test_definitions import CASES
from tests.integration.api.test_workflows import DOCUMENT

from whereupon.api.app import create_app
from whereupon.api.protocol import Protocol
from whereupon.db.pool import Database
from whereupon.people.first_start import create_administrator
from whereupon.people.tokens import create_token
from whereupon.people.users import NewUser
from whereupon.settings import Settings

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
# Per operation, and for valid and invalid requests each; with FUZZ_EXAMPLES, other ones every time.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))
PARTS = 6  # of the document, for as many workers as there are
# What there is, so that not everything ends with "not found".
REAL = {
    "module": "cases", "field": "subject", "key": "cases_sulje", "record_id": "1", "user_id": 2, "run_id": 1,
    "task_id": 1, "message_id": 1, "token_id": 2, "number": 1, "document_id": 1,
}  # fmt: skip


@dataclass
class Running:
    """A server in a thread of its own, and what a client needs."""

    url: str
    loop: asyncio.AbstractEventLoop
    database: Database
    user_id: int
    session: requests.Session = field(default_factory=requests.Session)

    def sign_in(self) -> None:
        """A new token: the one before may have been revoked by what was tried."""

        async def make() -> str:
            async with self.database.transaction() as db:
                return (await create_token(db, self.user_id, "fuzzing"))[0]

        token = asyncio.run_coroutine_threadsafe(make(), self.loop).result(10)
        self.session.headers["authorization"] = f"Bearer {token}"


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Running]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work):
        return asyncio.run_coroutine_threadsafe(work, loop)

    async def start() -> tuple[Database, int]:
        database = await Database.connect(database_url)
        async with database.transaction() as db:
            user = await create_administrator(db, NewUser(email="root@example.org", name="Root"))
        return database, user["id"]

    database, user_id = run(start()).result(20)
    config = uvicorn.Config(
        create_app(database, Settings(data=tmp_path)),
        http=Protocol,
        log_config=None,
        access_log=False,
        lifespan="on",
    )
    served = uvicorn.Server(config)
    ended = run(served.serve(sockets=[listening]))
    running = Running(f"http://127.0.0.1:{listening.getsockname()[1]}", loop, database, user_id)
    running.sign_in()
    yield running
    running.session.close()
    served.should_exit = True
    with contextlib.suppress(TimeoutError):
        ended.result(10)
    run(database.close()).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
    listening.close()


def prepare(server: Running) -> None:
    """A module, a record, a workflow and a person to try things on."""
    for path, body in [
        ("modules", CASES), ("records/cases", {"subject": "katto"}),
        ("workflows", {"name": "[Cases] — Sulje", "key": "cases_sulje", "module": "cases",
                       "document": DOCUMENT}),
        ("users", {"email": "eve@example.org", "name": "Eve"}), ("tokens", {"name": "t"}),
    ]:  # fmt: skip
        answer = server.session.post(f"{server.url}/api/v1/{path}", json=body)
        assert answer.status_code in (201, 409, 422), answer.text  # there already, or made now


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_is_sent_the_answer_is_a_declared_one(server: Running, part: int):
    document = server.session.get(f"{server.url}/api/v1/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    failures: list[str] = []
    tried, spoilt = 0, True
    for result in list(schema.get_all_operations())[part::PARTS]:
        operation = result.ok()
        if operation.definition.raw["operationId"] == "listen":
            continue  # its answer has no end; test_live.py listens
        if spoilt:
            server.sign_in()
            prepare(server)
        spoilt = operation.method != "get"  # who only reads takes nothing away
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                tried += try_operation(server, operation, mode)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                failures.append(f"{operation.label} ({mode.value}): {error}"[:3000])
    assert not failures, f"{len(failures)} failures\n\n" + "\n\n".join(failures)
    assert tried > 600 / PARTS


def try_operation(server: Running, operation, mode: GenerationMode) -> int:
    """Send what schemathesis thinks of; how many requests that was."""
    sent = 0

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize="FUZZ_EXAMPLES" not in os.environ,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
    def send(case, real: bool) -> None:
        nonlocal sent
        if real:
            case.path_parameters = {**(case.path_parameters or {}), **here(operation.path)}
        answer = case.call(base_url=server.url, session=server.session)
        case.validate_response(answer, checks=CHECKS)
        sent += 1

    with contextlib.suppress(Unsatisfiable):  # nothing about a request without parameters can be wrong
        send()
    return sent


def here(path: str) -> dict[str, object]:
    return {name: value for name, value in REAL.items() if "{" + name + "}" in path}
