"""What the office tells its accounting system. A stand-in on this machine takes it."""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson

from whereupon.db.pool import Connection
from whereupon.outbox.secrets import load_key
from whereupon.outbox.shared_secrets import NewSecret, create_secret, delete_secret
from whereupon.outbox.signing import sign_webhook
from whereupon.packs.answering import Heard, Said, StandIn, stand_in
from whereupon.packs.scenarios import Day, Scenario
from whereupon.workflows.store import WorkflowChange, change_workflow, get_workflow, publish

WORKFLOW = "invoice_booked"
TOKEN, SIGNING = "scenario_token", "scenario_signing"  # what the secrets are called


@asynccontextmanager
async def accounting(day: Day, server: StandIn, secrets: Mapping[str, str]) -> AsyncGenerator[None]:
    """The workflow sends to the stand-in and signs in there; afterwards it is as the pack has it."""
    async with day.database.transaction() as db:
        for key, value in secrets.items():
            new = NewSecret(key=key, host="127.0.0.1", value=value)
            await create_secret(db, day.administrator, load_key(day.settings), new)
        before: Any = (await get_workflow(db, WORKFLOW))["draft"]
        url = f"http://127.0.0.1:{server.port}/api/invoices"
        more = {"url": url, "auth": "bearer", "secret": TOKEN, "signing_secret": SIGNING}
        await republish(db, day, with_config(before, "tell", more))
    day.events.append("The administrator connects the accounting system")
    try:
        yield
    finally:
        async with day.database.transaction() as db:
            await republish(db, day, before)
            for key in secrets:
                await delete_secret(db, day.administrator, key)


async def republish(db: Connection, day: Day, document: Mapping[str, Any]) -> None:
    """Make this the active version."""
    await change_workflow(
        db, day.administrator, WORKFLOW, WorkflowChange.model_validate({"document": dict(document)})
    )
    await publish(db, day.administrator, WORKFLOW)


def with_config(document: Mapping[str, Any], node: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """The document with some of a node's configuration changed."""
    nodes = [
        {**one, "config": {**one["config"], **more}} if one["key"] == node else one
        for one in document["nodes"]
    ]
    return {**document, "nodes": nodes}


async def invoice_booked(day: Day) -> None:
    """17: the accounting system gets the invoice once, can check who sent it, and answers with a number."""
    who, account = "tomas.ferreira", day.loaded.records["brunnen"]
    token, signing = os.urandom(16).hex(), "whsec_" + base64.b64encode(os.urandom(32)).decode()
    heard: list[Heard] = []

    def answer(one: Heard) -> Said:
        heard.append(one)
        return Said({"booking": {"number": f"2026-{len(heard):04}"}}, 201)

    async with stand_in(answer) as server, accounting(day, server, {TOKEN: token, SIGNING: signing}):
        invoice = await day.create(who, "invoices", {"account": account, "amount": 1845.5})
        await day.quiet()
        day.expect("Requests before it is sent", len(heard), 0)
        await day.change(who, "invoices", invoice.id, {"status": "sent"})
        await day.quiet()
        await day.change(who, "invoices", invoice.id, {"due_on": "2027-01-31"})
        await day.change(who, "invoices", invoice.id, {"status": "draft"})
        await day.change(who, "invoices", invoice.id, {"status": "sent"})
        await day.quiet()

    day.expect("Requests", len(heard), 1)
    if heard:
        check_request(day, heard[0], token, signing)
    day.expect("The booking number", (await day.read("invoices", invoice.id))["booking_number"], "2026-0001")
    day.expect_runs("Runs for the invoice", await day.outcome(record_id=invoice.id), 1)
    await day.why(WORKFLOW, invoice.id)
    await day.why_not(WORKFLOW, invoice.id)


def check_request(day: Day, one: Heard, token: str, signing: str) -> None:
    """What the accounting system got, and whether it could trust it."""
    record = one.body["record"]
    day.expect("Where it went", one.path, "/api/invoices")
    day.expect("What it is", (one.body["type"], one.body["customer"]), ("invoices", "Brunnen & Söhne GmbH"))
    day.expect("Amount and status", (record["amount"], record["status"]), (1845.5, "sent"))
    day.expect("Who signs in", one.headers.get("authorization"), f"Bearer {token}")
    sent = orjson.dumps(one.body)
    timestamp = int(one.headers.get("webhook-timestamp", "0"))
    expected = sign_webhook(signing, one.headers.get("webhook-id", ""), timestamp, sent)
    day.expect("The signature", one.headers.get("webhook-signature"), expected["webhook-signature"])


SCENARIOS = (
    Scenario(17, "Invoice finalised → webhook to the accounting system", (WORKFLOW,), invoice_booked),
)
