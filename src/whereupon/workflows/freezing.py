"""A draft becomes a version that never changes (A11): looked at as it is, then kept with what it uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, Refused
from whereupon.people.rights import Rights
from whereupon.workflows.check import Surroundings, check_workflow, fields_used
from whereupon.workflows.document import parse_document
from whereupon.workflows.quotas import require_room

ADD_VERSION = """
INSERT INTO whereupon.versions (workflow_id, number, document, uses, published_by, note)
SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5 FROM whereupon.versions WHERE workflow_id = $1
RETURNING id, number
"""
# The newest version, if it is this draft and acts as this user.
SAME = """
SELECT id, number FROM whereupon.versions v WHERE workflow_id = $1 AND document = $2 AND published_by = $3
  AND number = (SELECT max(number) FROM whereupon.versions x WHERE x.workflow_id = $1)
"""


async def freeze(
    db: Connection, rights: Rights, workflow: Mapping[str, Any], around: Surroundings, note: str
) -> Mapping[str, Any]:
    """Keep the draft of a locked workflow as a version: its id, number. Raises Invalid naming every fault."""
    _require_publisher(rights, workflow)
    document = parse_document(workflow["draft"])
    if faults := check_workflow(document, around):
        raise Invalid("The workflow cannot be published yet.", problems=faults)
    await require_room(db, workflow["id"], document)
    uses = fields_used(document, around)
    version: Any = await db.fetchrow(
        ADD_VERSION, workflow["id"], workflow["draft"], uses, rights.user_id, note
    )
    return version


async def freeze_once(
    db: Connection, rights: Rights, workflow: Mapping[str, Any], around: Surroundings, note: str
) -> Mapping[str, Any]:
    """The same, but a draft that is the newest version already is not kept a second time."""
    _require_publisher(rights, workflow)
    known = await db.fetchrow(SAME, workflow["id"], workflow["draft"], rights.user_id)
    if known is None:
        return await freeze(db, rights, workflow, around, note)
    if faults := check_workflow(parse_document(workflow["draft"]), around):
        raise Invalid("The workflow cannot run any more.", problems=faults)
    return known


def _require_publisher(rights: Rights, workflow: Mapping[str, Any]) -> None:
    rights.require_builder()
    if rights.user_id is None:
        raise Refused(
            "A workflow acts as the user who publishes it, so it needs one.", suggestion="Sign in as a user."
        )
    if workflow["state"] == "archived":
        raise Conflict("An archived workflow cannot be published.", suggestion="Set it to disabled first.")
