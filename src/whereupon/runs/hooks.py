"""The secret address of a workflow that another program starts (B8): made, changed, taken away, looked at.

The address holds 256 random bits, of which only the SHA-256 is stored, so it is shown once. What came to it
lately is kept, so that people see what was wrong.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, NotFound
from whereupon.modules.catalog import Catalog
from whereupon.outbox.secrets import Key, keep_secret
from whereupon.outbox.signing import SECRET_PREFIX
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.people.secrets import key_hash, new_key
from whereupon.workflows.store import get_workflow

PREFIX = "whk_"
HINT = 4  # characters of the secret part that are shown to tell addresses apart

FACTS = """
SELECT h.hint, h.signing_secret IS NOT NULL AS signed, h.per_minute, h.made_at, u.name AS made_by, h.used_at
FROM whereupon.hooks h LEFT JOIN whereupon.users u ON u.id = h.made_by WHERE h.workflow_id = $1
"""
SET_TOKEN = """
INSERT INTO whereupon.hooks (workflow_id, token_hash, hint, made_by) VALUES ($1, $2, $3, $4)
ON CONFLICT (workflow_id) DO UPDATE SET token_hash = excluded.token_hash, hint = excluded.hint,
  made_by = excluded.made_by, made_at = now(), used_at = NULL
"""
DROP = "DELETE FROM whereupon.hooks WHERE workflow_id = $1 RETURNING signing_secret"
DROP_SECRET = "DELETE FROM whereupon.secrets WHERE name = $1"
SET_SIGNING = "UPDATE whereupon.hooks SET signing_secret = $2 WHERE workflow_id = $1"
SET_RATE = "UPDATE whereupon.hooks SET per_minute = $2 WHERE workflow_id = $1"
ALL = """
SELECT w.key AS workflow, w.name AS workflow_name, w.state, h.hint, h.signing_secret IS NOT NULL AS signed,
  h.per_minute, h.made_at, u.name AS made_by, h.used_at,
  (SELECT count(*) FROM whereupon.hook_deliveries d WHERE d.workflow_id = h.workflow_id AND d.status >= 300
   AND d.received_at > now() - interval '1 day') AS refused_today
FROM whereupon.hooks h JOIN whereupon.workflows w ON w.id = h.workflow_id AND w.state <> 'deleted'
LEFT JOIN whereupon.users u ON u.id = h.made_by ORDER BY lower(w.name), w.id LIMIT 1000
"""
DELIVERIES = """
SELECT d.id, d.received_at, d.status, d.message_id, d.run_id, m.key AS module, d.record_id, d.answer,
  d.payload
FROM whereupon.hook_deliveries d LEFT JOIN whereupon.modules m ON m.id = d.module_id
WHERE d.workflow_id = $1 AND d.id < $2 ORDER BY d.id DESC LIMIT $3
"""


class HookChange(BaseModel):
    """What may be changed of an address."""

    model_config = ConfigDict(extra="forbid")

    per_minute: int = Field(ge=1, le=6000, description="How many deliveries are taken in a minute.")


async def list_hooks(db: Connection, rights: Rights) -> list[dict[str, Any]]:
    """Every address that there is, by the name of its workflow; never the address itself."""
    rights.require_builder()
    return [dict(row) for row in await db.fetch(ALL)]


async def get_hook(db: Connection, rights: Rights, workflow: str) -> dict[str, Any]:
    """What is known of a workflow's address; `made_at` null: it has none. Raises NotFound, Refused."""
    rights.require_builder()
    row = await get_workflow(db, workflow)
    found = await db.fetchrow(FACTS, row["id"])
    known = dict(found) if found else dict.fromkeys(("hint", "made_at", "made_by", "used_at"))
    return {"signed": False, "per_minute": 120, **known, "state": row["state"]}


async def make_address(db: Connection, rights: Rights, workflow: str) -> tuple[str, dict[str, Any]]:
    """A new secret for the address, never shown again; the one before stops working at once."""
    rights.require_builder()
    row = await get_workflow(db, workflow)
    before = await db.fetchrow(FACTS, row["id"])
    token = new_key(PREFIX)
    hint = f"{token[: len(PREFIX) + HINT]}…"
    await db.execute(SET_TOKEN, row["id"], key_hash(token), hint, rights.user_id)
    action = "rotate_hook" if before else "create_hook"
    await audit.append(db, rights.user_id, action, f"workflow:{workflow}", hint=hint)
    return token, await get_hook(db, rights, workflow)


async def drop_address(db: Connection, rights: Rights, workflow: str) -> None:
    """Nothing can be sent any more. Raises NotFound when there is no address."""
    rights.require_builder()
    row = await get_workflow(db, workflow)
    gone = await db.fetchrow(DROP, row["id"])
    if gone is None:
        raise no_address()
    await db.execute(DROP_SECRET, secret_name(row["id"]))
    await audit.append(db, rights.user_id, "remove_hook", f"workflow:{workflow}")


async def change_hook(db: Connection, rights: Rights, workflow: str, change: HookChange) -> dict[str, Any]:
    """Set how much is taken in a minute."""
    rights.require_builder()
    row = await _with_address(db, workflow)
    await db.execute(SET_RATE, row["id"], change.per_minute)
    await audit.append(
        db, rights.user_id, "change_hook", f"workflow:{workflow}", per_minute=change.per_minute
    )
    return await get_hook(db, rights, workflow)


async def require_signature(db: Connection, rights: Rights, key: Key, workflow: str) -> str:
    """From now on only what is signed is taken; gives the signing secret, which is never shown again."""
    rights.require_builder()
    row = await _with_address(db, workflow)
    secret = SECRET_PREFIX + base64.b64encode(os.urandom(32)).decode()
    handle = await keep_secret(db, key, secret_name(row["id"]), secret, host=host_of(row["id"]))
    await db.execute(SET_SIGNING, row["id"], handle)
    await audit.append(db, rights.user_id, "sign_hook", f"workflow:{workflow}")
    return secret


async def drop_signature(db: Connection, rights: Rights, workflow: str) -> dict[str, Any]:
    """What comes need not be signed any more: the address alone is the secret."""
    rights.require_builder()
    row = await _with_address(db, workflow)
    await db.execute(SET_SIGNING, row["id"], None)
    await db.execute(DROP_SECRET, secret_name(row["id"]))
    await audit.append(db, rights.user_id, "unsign_hook", f"workflow:{workflow}")
    return await get_hook(db, rights, workflow)


async def _with_address(db: Connection, workflow: str) -> Mapping[str, Any]:
    row = await get_workflow(db, workflow)
    if await db.fetchrow(FACTS, row["id"]) is None:
        raise Conflict("This workflow has no address yet.", suggestion="Make one first.")
    return row


def secret_name(workflow_id: int) -> str:
    """The name under which a workflow's signing secret is kept."""
    return f"hook-{workflow_id}-signing"


def host_of(workflow_id: int) -> str:
    """What the signing secret is bound to: it is never sent anywhere."""
    return f"hook-{workflow_id}.invalid"


def no_address() -> NotFound:
    return NotFound("This workflow has no address.", suggestion="Make one first.")


# What came lately ------------------------------------------------------------------------------------


async def list_deliveries(
    db: Connection, catalog: Catalog, rights: Rights, workflow: str, *, before: int, limit: int
) -> list[dict[str, Any]]:
    """The newest first. What was sent, and values in what was wrong, only for who may read all of it."""
    rights.require_builder()
    row = await get_workflow(db, workflow)
    whole = rights.administrator or _reads_all(rights, catalog, row["module"])
    return [_told(dict(one), whole=whole) for one in await db.fetch(DELIVERIES, row["id"], before, limit)]


def _reads_all(rights: Rights, catalog: Catalog, module_key: str | None) -> bool:
    """Of a workflow without a module nobody can tell what arrives, so only administrators see it."""
    module = catalog.modules.get(module_key or "")
    return module is not None and rights.sees(f"{module.key}.{key}" for key in module.fields)


def _told(one: dict[str, Any], *, whole: bool) -> dict[str, Any]:
    answer: Mapping[str, Any] = one.pop("answer") or {}
    problems = [
        {
            "code": problem.get("code"),
            "path": problem.get("path"),
            "message": problem.get("message") if whole else None,
        }
        for problem in answer.get("problems", ())
    ]
    refused = one["status"] >= 300
    return one | {
        "error": {"code": answer.get("code"), "message": answer.get("detail") if whole else None}
        if refused
        else None,
        "problems": problems if refused else [],
        "outcome": None if refused else answer.get("status"),
        "payload": one["payload"] if whole else None,
        "whole": whole,
    }
