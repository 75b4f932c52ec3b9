"""Rule 19 over the network: workflows that call each other through their own addresses come to an end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from tests.calling import calling, settle
from tests.integration.hooks.conftest import Receiver
from tests.office import draw

from whereupon.api.protocol import Protocol
from whereupon.outbox.networks import EgressSettings, save_egress
from whereupon.runs.loops import MAX_DEPTH
from whereupon.workflows import store

AGAIN = {"trigger": "webhook", "set": {"name": "Once more"}}


@pytest.fixture
async def address(app: FastAPI) -> AsyncIterator[str]:
    """The same application, listening on this machine."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=Protocol, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await task


def call(url: str, **config: Any) -> dict[str, Any]:
    return {"key": "call", "block": "http_request", "url": url, "tries": "once", **config}


async def allow_this_machine(receiver: Receiver) -> None:
    async with receiver.office.database.transaction() as db:
        await save_egress(db, EgressSettings(allowed_networks=["127.0.0.0/8"]))


async def republish(receiver: Receiver, document: dict[str, Any]) -> None:
    office = receiver.office
    async with office.database.transaction() as db:
        change = store.WorkflowChange(document=document)
        await store.change_workflow(db, office.rights, receiver.workflow, change)
        await store.publish(db, office.rights, receiver.workflow)


async def test_a_workflow_that_calls_its_own_address_is_stopped_at_once(
    receiver: Receiver, address: str, tmp_path: Path
):
    await allow_this_machine(receiver)
    await receiver.open({"trigger": "webhook"}, {"key": "end", "block": "stop"}, module=None)
    itself = call(address + receiver.path, body="json", values={"n": 1})
    await republish(receiver, draw({"trigger": "webhook"}, itself))
    async with calling(receiver.office.database, tmp_path) as caller:
        assert (await receiver.send({})).status_code == 202
        await settle(receiver.office, caller)
    runs = await receiver.office.runs()
    assert [run["status"] for run in runs] == ["succeeded", "succeeded", "failed"]
    assert [run["depth"] for run in runs] == [1, 2, 3]
    assert runs[-1]["error"]["code"] == "loop"
    assert runs[-1]["error"]["path"] == ["A workflow"] * 3


async def test_records_made_over_and_over_through_an_address_come_to_an_end(
    receiver: Receiver, address: str, tmp_path: Path
):
    await allow_this_machine(receiver)
    await receiver.open(AGAIN, {"key": "end", "block": "stop"}, name="Makes a record")
    created = {"trigger": "record_created"}
    await receiver.office.publish(created, call(address + receiver.path), name="Tells of a record")
    async with calling(receiver.office.database, tmp_path) as caller:
        await receiver.office.insert(name="The first")
        await settle(receiver.office, caller, seconds=60)
    runs = await receiver.office.runs()
    assert len(runs) == MAX_DEPTH + 1
    assert [run["error"]["code"] for run in runs if run["status"] == "failed"] == ["loop"]
    assert await receiver.office.fetchval("SELECT count(*) FROM data.items") <= MAX_DEPTH
