"""What people do with a playbook under way: do a step, skip it, open it again, hand it on, call it off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from whereupon.conditions.values import Scope
from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, Problem, Refused
from whereupon.modules.catalog import Catalog, quote
from whereupon.people import audit, questions, tasks
from whereupon.people.questions import Decision
from whereupon.people.rights import Rights
from whereupon.people.tasks import TaskChange
from whereupon.people.users import Id
from whereupon.playbooks.tracks import find_track
from whereupon.records.documents import attach_document, require_change
from whereupon.sdk.playbooks import Mark, Planned, due_again_sql, note
from whereupon.sdk.strategies import Action, change_status

Reason = Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"\S")]


class StepDone(BaseModel):
    """What is said when a step is done. `documents`: uploaded before; a file step needs one at least."""

    model_config = ConfigDict(extra="forbid")

    comment: str | None = Field(None, max_length=5_000)
    documents: Annotated[list[Id], Field(max_length=50)] = Field(default_factory=list[Id])


class Because(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class Reopened(Because):
    """Why, and by when; none: counted anew by the step's own rule."""

    due_at: AwareDatetime | None = None


class HandedOn(BaseModel):
    """Who has the step from now on: a user or a group."""

    model_config = ConfigDict(extra="forbid")

    user_id: Id | None = None
    group: str | None = Field(None, max_length=100, description="A group's key.")
    reason: str | None = Field(None, max_length=2_000)

    @model_validator(mode="after")
    def one_of_them(self) -> HandedOn:
        if (self.user_id is None) == (self.group is None):
            raise ValueError("choose exactly one of user_id and group")
        return self


class CalledOff(Because):
    """Why, and what becomes of the record's strategy; none: what the playbook says."""

    strategy: Literal["resume", "restart", "end", "leave"] | None = None


STEP = "SELECT * FROM whereupon.playbook_steps WHERE track_id = $1 AND step = $2 FOR UPDATE"
# The run first, as the engine does: a person and the engine pass one after the other.
LOCK_RUN = "SELECT FROM whereupon.runs WHERE id = $1 FOR NO KEY UPDATE"
LOCK_TRACK = "SELECT ended_at IS NOT NULL FROM whereupon.playbook_tracks WHERE id = $1 FOR UPDATE"
WAKE = """
UPDATE whereupon.runs SET ready_at = clock_timestamp()
WHERE id = $1 AND status = 'waiting' AND ended_at IS NULL
"""


async def _open_step(
    db: Connection, rights: Rights, catalog: Catalog, track_id: int, step: str
) -> tuple[Mapping[str, Any], Any]:
    """The track and its open step, both locked. Raises NotFound, Conflict."""
    track, row = await _locked(db, rights, catalog, track_id, step)
    if row is None or row["status"] != "open":
        raise Conflict("This step is not open.", suggestion="Load it again to see how it stands.")
    return track, row


async def _locked(
    db: Connection, rights: Rights, catalog: Catalog, track_id: int, step: str
) -> tuple[Mapping[str, Any], Any]:
    track = await find_track(db, rights, catalog, track_id)
    keys = {one["key"] for phase in track["definition"]["phases"] for one in phase["steps"]}
    if step not in keys:
        raise NotFound(f'The playbook has no step "{step}".')
    await db.execute(LOCK_RUN, track["run_id"])
    if await db.fetchval(LOCK_TRACK, track_id):  # asked only now: the engine may just have ended it
        raise Conflict("The playbook is over on this record.", suggestion="Start it again if it is needed.")
    return track, await db.fetchrow(STEP, track_id, step)


async def require_steering(
    db: Connection, rights: Rights, catalog: Catalog, track: Mapping[str, Any]
) -> None:
    """Raises Refused unless the user may change the record, or has started the playbook."""
    module = catalog.by_id.get(track["module_id"])
    started = rights.user_id is not None and track["started_by"] == rights.user_id
    if module is None or (not started and not rights.may("update", module.key)):
        raise Refused(
            "Only whoever may change the record, or has started the playbook, may do that.",
            suggestion="Ask one of them.",
        )
    if not started and rights.own_only("update", module.key):
        await require_change(db, catalog, module, track["record_id"], rights)


async def do_step(
    db: Connection, rights: Rights, catalog: Catalog, track_id: int, step: str, said: StepDone
) -> None:
    """Done, by one of those who have it. Raises NotFound, Conflict, Refused, Invalid."""
    track, row = await _open_step(db, rights, catalog, track_id, step)
    if row["task_id"] is None:
        raise Conflict("Here something is to be decided.", suggestion="Approve or reject it.")
    await _require_own(db, rights, row["task_id"])
    for document in said.documents:
        await _attach(db, rights, catalog, track, row, document)
    comment = (said.comment or "").strip() or None
    if comment:
        await tasks.comment_task(db, rights, row["task_id"], comment)
    await db.execute(SAY, row["id"], comment, said.documents)
    await tasks.change_task(db, rights, row["task_id"], TaskChange(status="done"))


SAY = """
UPDATE whereupon.playbook_steps SET comment = coalesce($2, comment), documents = documents || $3::bigint[]
WHERE id = $1
"""


async def _require_own(db: Connection, rights: Rights, task_id: int) -> None:
    try:
        await tasks.get_task(db, rights, task_id)
    except NotFound:
        raise Refused("This step is not yours to do.", suggestion="Ask who has it to hand it on.") from None


async def _attach(
    db: Connection, rights: Rights, catalog: Catalog, track: Mapping[str, Any], row: Any, document: int
) -> None:
    """An uploaded document belongs to the record from now on, and to the step."""
    module = catalog.by_id[track["module_id"]]
    kind = document_type(track["definition"], row["step"])
    found = await attach_document(
        db, catalog, document, module.key, track["record_id"], rights, type=kind or None
    )
    await tasks.note_file(db, rights, row["task_id"], found.id, found.name)


def document_type(definition: Mapping[str, Any], step: str) -> str:
    """What a file step asks for; empty where it does not say."""
    steps = (one for phase in definition["phases"] for one in phase["steps"])
    return next((one.get("document_type") or "" for one in steps if one["key"] == step), "")


async def decide_step(
    db: Connection, rights: Rights, catalog: Catalog, track_id: int, step: str, said: Decision
) -> None:
    """Approve or reject. Raises NotFound, Conflict, Refused, Invalid."""
    _, row = await _open_step(db, rights, catalog, track_id, step)
    if row["question_id"] is None:
        raise Conflict("There is nothing to decide in this step.", suggestion="Say that it is done.")
    await questions.decide(db, rights, row["question_id"], said)


CLOSE = """
WITH closed AS (
  UPDATE whereupon.playbook_steps
  SET status = 'skipped', ended_at = clock_timestamp(), ended_by = $2, comment = $3
  WHERE id = $1 RETURNING task_id, question_id),
tasks AS (
  UPDATE whereupon.tasks SET status = 'cancelled', updated_at = now() WHERE id = (SELECT task_id FROM closed))
UPDATE whereupon.questions SET status = 'withdrawn', ended_at = clock_timestamp()
WHERE id = (SELECT question_id FROM closed)
"""


async def skip_step(
    db: Connection, rights: Rights, catalog: Catalog, track_id: int, step: str, because: Because
) -> None:
    """Leave an open step undone and go on. Raises NotFound, Conflict, Refused."""
    track, row = await _open_step(db, rights, catalog, track_id, step)
    await require_steering(db, rights, catalog, track)
    await db.execute(CLOSE, row["id"], rights.user_id, because.reason)
    await _note_and_wake(db, rights, track, step, "skipped", because.reason)


async def _note_and_wake(
    db: Connection, rights: Rights, track: Mapping[str, Any], step: str, what: str, reason: str | None
) -> None:
    await note(db, step, what, [Mark(track["id"], rights.user_id, reason)])
    await db.execute(WAKE, track["run_id"])
    await db.execute("NOTIFY whereupon_runs")
    await audit.append(db, rights.user_id, f"{what}_step", f"track:{track['id']}", step=step)


REOPEN = """
WITH opened AS (
  UPDATE whereupon.playbook_steps SET status = 'open', ended_at = NULL, ended_by = NULL, late_at = NULL,
    reminders = 0, reminded_at = NULL, opened_at = clock_timestamp(), due_at = $2 WHERE id = $1
  RETURNING task_id)
UPDATE whereupon.tasks SET status = 'open', done_at = NULL, done_by = NULL, updated_at = now(), due_at = $2,
  escalated_at = NULL, escalated_to = NULL WHERE id = (SELECT task_id FROM opened)
"""


async def reopen_step(
    db: Connection, rights: Rights, catalog: Catalog, track_id: int, step: str, again: Reopened
) -> None:
    """It is to be done again; the playbook does not go past its present step before. Raises Conflict for a
    decision: what follows from it may have been done already; Invalid for a time that is over."""
    track, row = await _locked(db, rights, catalog, track_id, step)
    await require_steering(db, rights, catalog, track)
    if row is None or row["status"] == "open":
        raise Conflict(
            "This step was not done yet.", suggestion="Only a step that is over can be opened again."
        )
    if row["task_id"] is None:
        raise Conflict(
            "A decision is not taken twice.", suggestion="Call the playbook off, and start it again."
        )
    due = await _due_again(db, catalog, track, step, again)
    await db.execute(REOPEN, row["id"], due)
    await _note_and_wake(db, rights, track, step, "reopened", again.reason)


async def _due_again(
    db: Connection, catalog: Catalog, track: Mapping[str, Any], step: str, again: Reopened
) -> datetime | None:
    """By when it is to be done again: as the person says, or else by the step's own rule."""
    if again.due_at is not None:
        if await db.fetchval("SELECT $1::timestamptz <= clock_timestamp()", again.due_at):
            raise Invalid.of(Problem("passed", "That time is over.", "/due_at", "Choose a later one."))
        return again.due_at
    steps = (one for phase in track["definition"]["phases"] for one in phase["steps"])
    raw = next((one.get("planned") for one in steps if one["key"] == step), None)
    module = catalog.by_id.get(track["module_id"])
    if raw is None or module is None:
        return None
    zone = await db.fetchval("SELECT value->>'time_zone' FROM whereupon.settings WHERE key = 'organisation'")
    scope = Scope(catalog=catalog, module=module, time_zone=zone or "UTC")
    due = due_again_sql(Planned.model_validate(raw), scope)
    is_record = f"{module.key_sql('n')} = k.record_id"
    if len(module.key_columns) == 1:  # by the key's own type, for its index
        is_record = f"n.{quote(module.key_column)} = k.record_id::{module.key_type}"
    found: datetime | None = await db.fetchval(
        f"SELECT {due} FROM whereupon.playbook_tracks k LEFT JOIN {module.sql} n ON {is_record} "
        "WHERE k.id = $1",
        track["id"],
    )
    return found


GIVE = """
UPDATE whereupon.tasks SET assignee_user_id = $2, assignee_group_id = $3, updated_at = now() WHERE id = $1
"""
GIVEN = "UPDATE whereupon.playbook_steps SET given_as = 'reassigned' WHERE id = $1"
ASK_OTHERS = """
WITH gone AS (DELETE FROM whereupon.question_people WHERE question_id = $1 AND decided_at IS NULL
              AND user_id <> ALL($2::bigint[]))
INSERT INTO whereupon.question_people (question_id, user_id, due_at)
SELECT id, unnest($2::bigint[]), due_at FROM whereupon.questions WHERE id = $1 ON CONFLICT DO NOTHING
"""
MEMBERS = """
SELECT m.user_id FROM whereupon.group_members m JOIN whereupon.users u ON u.id = m.user_id
WHERE m.group_id = $1 AND u.active
"""
TELL = """
INSERT INTO whereupon.notifications (user_id, title, body, module_id, record_id, run_id, node, question_id)
SELECT unnest($1::bigint[]), left('Now yours: ' || coalesce(t.title, q.title), 300),
  coalesce(t.description, q.body), r.module_id, r.record_id, r.id, s.step, q.id
FROM whereupon.playbook_steps s JOIN whereupon.runs r ON r.id = s.run_id
LEFT JOIN whereupon.tasks t ON t.id = s.task_id LEFT JOIN whereupon.questions q ON q.id = s.question_id
WHERE s.id = $2
"""


async def hand_on_step(
    db: Connection, rights: Rights, catalog: Catalog, track_id: int, step: str, to: HandedOn
) -> None:
    """Give an open step to somebody else: by whoever has it or may steer. Raises Invalid, Refused."""
    track, row = await _open_step(db, rights, catalog, track_id, step)
    try:
        await require_steering(db, rights, catalog, track)
    except Refused:
        await _require_holder(db, rights, row)
    user, group = await _who(db, to)
    people = [user] if user is not None else [r["user_id"] for r in await db.fetch(MEMBERS, group)]
    if row["task_id"] is not None:
        await db.execute(GIVE, row["task_id"], user, group)
    else:
        await db.execute(ASK_OTHERS, row["question_id"], people)
    await db.execute(GIVEN, row["id"])
    await db.execute(TELL, people, row["id"])
    await db.execute("SELECT pg_notify('whereupon_notifications', '')")
    details = {"user": user, "group": to.group}
    await note(db, step, "reassigned", [Mark(track_id, rights.user_id, to.reason, details)])
    await audit.append(db, rights.user_id, "reassign_step", f"track:{track_id}", step=step, **details)


async def _require_holder(db: Connection, rights: Rights, row: Any) -> None:
    if row["task_id"] is not None:
        await _require_own(db, rights, row["task_id"])
    else:
        await questions.get_question(db, rights, row["question_id"])


async def _who(db: Connection, to: HandedOn) -> tuple[int | None, int | None]:
    """The user's or the group's id. Raises Invalid for who is not there or disabled, and an empty group."""
    if to.user_id is not None:
        active = await db.fetchval("SELECT active FROM whereupon.users WHERE id = $1", to.user_id)
        if not active:
            told = "is disabled" if active is False else "does not exist"
            raise Invalid.of(
                Problem("unknown_user", f"User {to.user_id} {told}.", "/user_id", "Choose somebody else.")
            )
        return to.user_id, None
    group: int | None = await db.fetchval("SELECT id FROM whereupon.groups WHERE key = $1", to.group)
    if group is None or not await db.fetch(MEMBERS, group):
        raise Invalid.of(
            Problem("unknown_group", f'There is nobody in a group "{to.group}".', "/group", "Choose another.")
        )
    return None, group


END = "UPDATE whereupon.playbook_tracks SET ended_by = $2, reason = $3 WHERE id = $1"
# Also a run that has not found its track yet.
CANCEL = """
UPDATE whereupon.runs SET status = 'cancelled', node = NULL, ready_at = NULL, wakes_on_change = false,
  waiting = NULL, ended_at = clock_timestamp(),
  error = jsonb_build_object('code', 'cancelled', 'message', $2::text)
WHERE ended_at IS NULL AND (id = $3::bigint OR $3 IS NULL AND started_by = 'playbook' AND module_id = $4
  AND record_id = $5 AND (data #>> '{@trigger,track}')::bigint = $1)
"""
END_ALONE = """
UPDATE whereupon.playbook_tracks SET status = 'cancelled', ended_at = clock_timestamp()
WHERE id = $1 AND ended_at IS NULL
"""


async def cancel_track(
    db: Connection, rights: Rights, catalog: Catalog, track_id: int, off: CalledOff
) -> None:
    """Call the playbook off on its record, with a reason. Raises NotFound, Conflict, Refused."""
    track = await find_track(db, rights, catalog, track_id)
    await require_steering(db, rights, catalog, track)
    await db.execute(LOCK_RUN, track["run_id"])
    if await db.fetchval(LOCK_TRACK, track_id):
        raise Conflict("The playbook is over on this record already.")
    track = await find_track(db, rights, catalog, track_id)  # it may have begun meanwhile
    began = track["status"] == "running"
    await db.execute(END, track_id, rights.user_id, off.reason)
    where = track["run_id"], track["module_id"], track["record_id"]
    await db.execute(CANCEL, track_id, f"The playbook was called off: {off.reason}", *where)
    await db.execute(END_ALONE, track_id)
    await note(db, None, "cancelled", [Mark(track_id, rights.user_id, off.reason)])
    afterwards = off.strategy or track["afterwards"]
    if began and afterwards != "leave":
        action: Action = afterwards
        await change_status(
            db, track["module_id"], [track["record_id"]], action, user=rights.user_id, reason=off.reason,
            gently=off.strategy is None,
        )  # fmt: skip
    await db.execute("NOTIFY whereupon_runs")
    await audit.append(db, rights.user_id, "cancel_playbook", f"track:{track_id}", reason=off.reason)
