"""A file step's link: somebody outside uploads the document without signing in, and the step is done."""

from __future__ import annotations

from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Gone, NotFound
from whereupon.modules.catalog import Catalog
from whereupon.people.item_history import note as note_task
from whereupon.people.rights import everything
from whereupon.people.secrets import key_hash
from whereupon.playbooks.steering import document_type
from whereupon.records.documents import Upload, add_document, attach_document
from whereupon.sdk.playbooks import Mark, note

LIVES_DAYS = 90  # a link, after its step was opened, or was to be done
BY_TOKEN = """
SELECT s.id, s.step, s.status, s.task_id, s.track_id, t.record_id, m.key AS module, k.title, k.description,
  k.due_at, v.definition, t.ended_at IS NOT NULL AS over,
  clock_timestamp() > greatest(s.opened_at, k.due_at) + make_interval(days => $2) AS late,
  (SELECT value->>'name' FROM whereupon.settings WHERE key = 'organisation') AS organisation
FROM whereupon.playbook_steps s JOIN whereupon.playbook_tracks t ON t.id = s.track_id
JOIN whereupon.modules m ON m.id = t.module_id JOIN whereupon.tasks k ON k.id = s.task_id
JOIN whereupon.runs r ON r.id = s.run_id
LEFT JOIN whereupon.playbook_versions v ON v.version_id = r.version_id
WHERE s.token_hash = $1
"""
LOCK_RUN = """
SELECT FROM whereupon.runs WHERE id = (SELECT run_id FROM whereupon.playbook_steps WHERE token_hash = $1)
FOR NO KEY UPDATE
"""
SAY = "UPDATE whereupon.playbook_steps SET documents = documents || $2::bigint WHERE id = $1"
DONE = """
UPDATE whereupon.tasks SET status = 'done', done_at = now(), updated_at = now()
WHERE id = $1 AND status IN ('open', 'in_progress')
"""


async def upload_of_link(db: Connection, token: str) -> dict[str, Any]:
    """What the holder of the link is asked for. Raises NotFound; Gone for a step that is over."""
    row = await db.fetchrow(BY_TOKEN, key_hash(token), LIVES_DAYS)
    if row is None:
        raise NotFound("There is nothing at this address.", suggestion="Open the whole link from the mail.")
    if row["status"] == "done":
        raise Gone("The document has arrived already. Thank you.")
    if row["status"] != "open" or row["over"]:
        raise Gone("The document is not needed any more.")
    if row["late"]:
        raise Gone("The time for this link is up.", suggestion="Ask whoever sent it to you for another one.")
    return dict(row)


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """What of it somebody outside may see."""
    names = ("title", "description", "due_at", "organisation")
    kind = document_type(row["definition"] or {"phases": []}, row["step"])
    return {**{name: row[name] for name in names}, "document_type": kind or None}


async def upload_by_link(db: Connection, catalog: Catalog, token: str, upload: Upload) -> None:
    """Attach the file to the record, and the step is done. Who has the link is the one who was asked."""
    await db.execute(LOCK_RUN, key_hash(token))
    step = await upload_of_link(db, token)
    rights = everything()  # what the link allows is this one document on this one record
    made = await add_document(db, upload, rights)
    kind = shown(step)["document_type"]
    await attach_document(db, catalog, made.id, step["module"], step["record_id"], rights, type=kind)
    await note_task(db, "task", step["task_id"], None, "file", document=made.id, name=made.name)
    await db.execute(SAY, step["id"], made.id)
    await db.execute(DONE, step["task_id"])
    await note(db, step["step"], "uploaded", [Mark(step["track_id"], details={"document": made.id})])
