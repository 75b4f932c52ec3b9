"""The life of a message: queued, sending, then sent, failed or uncertain; or held, and discarded.

Queueing is set-based and happens in the transaction of the run's step; a job for the deliverer is
written beside the messages, so there is never one without the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from whereupon.db.pool import Connection
from whereupon.outbox.rehearsing import rehearsing

ENTRYPOINT = "deliver"  # of mails; other channels have jobs of their own, so that none waits for another
ENTRYPOINTS = {"email": ENTRYPOINT, "text": "deliver_text", "chat": "deliver_chat"}
PER_JOB = 50  # messages that one job carries: few enough to be done in a moment, many enough to be cheap

Key = tuple[str, bytes]  # database, digest

# SQL: the entry point for a message "q".
TO = f"CASE q.channel WHEN 'email' THEN '{ENTRYPOINT}' ELSE '{ENTRYPOINT}_' || q.channel END"
# Jobs for the messages of `queued(id, channel)`, PER_JOB each. PgQueuer's own enqueue takes one payload per
# row from outside; this stays inside the statement. Its trigger wakes the deliverers.
JOBS = f"""
  INSERT INTO whereupon.pgqueuer (priority, entrypoint, payload, execute_after, status)
  SELECT 0, {TO}, convert_to('[' || string_agg(q.id::text, ',') || ']', 'UTF8'), now(), 'queued'
  FROM (SELECT id, channel, (row_number() OVER (ORDER BY id) - 1) / {PER_JOB} AS chunk FROM queued) q
  GROUP BY q.channel, q.chunk
"""


def queue_statement(select: str) -> str:
    """One statement that queues what `select` gives; it returns (run_id, iteration, id) of the new messages.

    `select` gives, in this order: run_id, workflow_id, node, iteration, channel, recipient, source_id,
    context (jsonb), awaited. A message that is there already (rule 24) is left as it is.
    """
    return f"""
WITH queued AS (
  INSERT INTO whereupon.messages
    (run_id, workflow_id, node, iteration, channel, recipient, source_id, context, awaited)
  {select}
  ON CONFLICT (run_id, node, iteration, recipient) DO NOTHING
  RETURNING run_id, iteration, id, channel),
jobs AS ({JOBS})
SELECT run_id, iteration, id FROM queued
"""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """One message to queue; `recipient` is the list of addresses, as the idempotency key has them."""

    run_id: int | None
    workflow_id: int | None
    node: str | None
    recipient: str
    source_id: int
    context: Mapping[str, Any]
    iteration: int = 0
    awaited: bool = False
    channel: str = "email"


# The same for messages that come from Python: one array per column.
QUEUE_ROWS = queue_statement("""
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::int[], $5::text[], $6::text[],
                       $7::bigint[], $8::jsonb[], $9::boolean[])
""")
COLUMNS = (
    *("run_id", "workflow_id", "node", "iteration"),
    *("channel", "recipient", "source_id", "context", "awaited"),
)


async def queue(db: Connection, messages: Sequence[NewMessage]) -> list[int]:
    """Queue many at once, with their jobs, in the caller's transaction; gives the ids of the new ones."""
    return [number for _, number in await queue_each(db, messages)]


async def queue_each(db: Connection, messages: Sequence[NewMessage]) -> list[tuple[int | None, int]]:
    """The same; gives run and id of each new one."""
    columns = [
        [getattr(message, name) for message in messages]
        for name in COLUMNS
    ]  # fmt: skip
    return [(row["run_id"], row["id"]) for row in await db.fetch(QUEUE_ROWS, *columns)]


# Sources ----------------------------------------------------------------------------------------

# `lasting`: written by a transaction that is over, so that nothing takes it back. Our own may still roll
# back, also to a savepoint, which has a number of its own; neither is older than the snapshot's oldest.
FIND_SOURCE = """
SELECT id, age(xmin) > age(pg_snapshot_xmin(pg_current_snapshot())::xid) AS lasting
FROM whereupon.message_sources WHERE sha256 = $1
"""
ADD_SOURCE = """
INSERT INTO whereupon.message_sources (sha256, channel, source) VALUES ($1, $2, $3)
ON CONFLICT (sha256) DO UPDATE SET sha256 = excluded.sha256 RETURNING id
"""
_known: dict[Key, int] = {}


async def source_id(db: Connection, channel: str, source: Mapping[str, Any]) -> int:
    """The id under which what a message says is stored, once per distinct text."""
    written = orjson.dumps([channel, source], option=orjson.OPT_SORT_KEYS)
    digest = hashlib.sha256(written).digest()
    # A process of the test suite has many databases.
    parameters: Any = db._params
    key = (str(parameters.database), digest)
    if key in _known and not rehearsing():
        return _known[key]
    row = await db.fetchrow(FIND_SOURCE, digest)
    if row is None:
        added: int = await db.fetchval(ADD_SOURCE, digest, channel, source)
        return added
    if row["lasting"] and not rehearsing():
        _known[key] = row["id"]
    return int(row["id"])


# Outcomes ---------------------------------------------------------------------------------------

Status = Literal["sent", "failed", "uncertain", "discarded", "queued"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message. `queued`: not yet; it is tried again after `retry_seconds`."""

    id: int
    status: Status
    error: Mapping[str, Any] | None = None
    rendered: Mapping[str, Any] | None = None
    retry_seconds: float | None = None


# Runs whose outcome is awaited, locked so that of several messages of one step the last one wakes it.
LOCK_RUNS = """
SELECT r.id FROM whereupon.runs r
WHERE r.id IN (SELECT m.run_id FROM whereupon.messages m WHERE m.id = ANY($1::bigint[]) AND m.awaited)
ORDER BY r.id FOR UPDATE
"""
# Outcomes of many messages; those that are to be tried again get a job.
SETTLE = f"""
WITH outcome AS (
  SELECT * FROM unnest($1::bigint[], $2::text[], $3::jsonb[], $4::jsonb[], $5::float8[])
    AS o (id, status, error, rendered, retry_seconds)),
settled AS (
  UPDATE whereupon.messages m
  SET status = o.status, error = nullif(o.error, 'null'),
      rendered = coalesce(nullif(o.rendered, 'null'), m.rendered),
      attempts = CASE WHEN m.attempts = 0 AND o.status <> 'discarded' THEN 1 ELSE m.attempts END,
      hold_reason = NULL,
      sent_at = CASE WHEN o.status = 'sent' THEN clock_timestamp() END,
      due_at = clock_timestamp() + o.retry_seconds * interval '1 second'
  FROM outcome o
  WHERE m.id = o.id AND m.status NOT IN ('sent', 'failed', 'discarded')
  RETURNING m.id, m.status, m.due_at, m.channel),
again AS (
  INSERT INTO whereupon.pgqueuer (priority, entrypoint, payload, execute_after, status)
  SELECT 0, {TO}, convert_to('[' || string_agg(q.id::text, ',') || ']', 'UTF8'), max(q.due_at), 'queued'
  FROM settled q JOIN outcome o USING (id) WHERE q.status = 'queued' GROUP BY q.channel, o.retry_seconds)
SELECT id FROM settled
"""
# A run goes on when none of its step's messages is open any more; it failed if one of them did.
WAKE = """
WITH finished AS (
  SELECT m.run_id, m.node, bool_and(m.status = 'sent') AS all_sent, min(m.id) AS message_id,
         (array_agg(m.error ORDER BY m.id) FILTER (WHERE m.status <> 'sent'))[1] AS error
  FROM whereupon.messages m
  JOIN (SELECT DISTINCT run_id, node FROM whereupon.messages WHERE id = ANY($1::bigint[]) AND awaited) s
    ON m.run_id = s.run_id AND m.node = s.node
  WHERE m.awaited
  GROUP BY m.run_id, m.node
  HAVING bool_and(m.status IN ('sent', 'failed', 'discarded'))),
woken AS (
  UPDATE whereupon.runs r
  SET ready_at = clock_timestamp(),
      data = jsonb_set(r.data, ARRAY[f.node], coalesce(r.data->f.node, '{}') || jsonb_strip_nulls(
        jsonb_build_object('status', CASE WHEN f.all_sent THEN 'sent' ELSE 'failed' END,
                           'message_id', f.message_id, 'error', f.error)))
  FROM finished f
  WHERE r.id = f.run_id AND r.status IN ('running', 'waiting')
  RETURNING r.id)
SELECT count(*), pg_notify('whereupon_runs', '') FROM woken HAVING count(*) > 0
"""


async def settle(db: Connection, outcomes: Sequence[Outcome]) -> None:
    """Write what became of messages and wake the runs that wait for it. Call it inside a transaction."""
    ids = [outcome.id for outcome in outcomes]
    awaiting = await db.fetch(LOCK_RUNS, ids)
    await db.execute(
        SETTLE,
        ids,
        [o.status for o in outcomes],
        [o.error for o in outcomes],
        [o.rendered for o in outcomes],
        [o.retry_seconds for o in outcomes],
    )
    if awaiting:
        await db.execute(WAKE, ids)


# "Sending" is committed before the first byte that may have an effect. False rows: another one took it.
BEGIN_SENDING = """
UPDATE whereupon.messages SET status = 'sending' WHERE id = ANY($1::bigint[]) AND status = 'queued'
RETURNING id
"""
INTERRUPTED = """jsonb_build_object('code', 'interrupted', 'message',
        'Sending was interrupted: nobody can tell whether it was sent.')"""
# A deliverer died, or lost the database, in the window in which nobody can tell (rule 25).
MARK_UNCERTAIN = f"""
UPDATE whereupon.messages
SET status = 'uncertain',
    error = {INTERRUPTED}
WHERE id = ANY($1::bigint[]) AND status = 'sending' RETURNING id
"""


async def begin_sending(db: Connection, ids: Sequence[int]) -> set[int]:
    """Those that may be sent now, by nobody else; call it outside a transaction, so that it is committed."""
    return {row["id"] for row in await db.fetch(BEGIN_SENDING, list(ids))}


# What a person decides --------------------------------------------------------------------------

RELEASE = f"""
WITH queued AS (
  UPDATE whereupon.messages SET status = 'queued', released = true, hold_reason = NULL, due_at = NULL
  WHERE status = 'held' AND (id = ANY($1::bigint[]) OR workflow_id = $2) RETURNING id, channel),
jobs AS ({JOBS})
SELECT id FROM queued
"""
RELEASE_WORKFLOW = "UPDATE whereupon.workflows SET messages_released = true WHERE id = $1"
SEND_AGAIN = f"""
WITH queued AS (
  UPDATE whereupon.messages SET status = 'queued', released = true, error = NULL, due_at = NULL
  WHERE status = 'uncertain' AND id = ANY($1::bigint[]) RETURNING id, channel),
jobs AS ({JOBS})
SELECT id FROM queued
"""
# Only what is in that state can be decided upon.
IN_STATE = (
    "SELECT id FROM whereupon.messages WHERE id = ANY($1::bigint[]) AND status = ANY($2::text[]) FOR UPDATE"
)


async def release(db: Connection, ids: Sequence[int]) -> list[int]:
    """Let held messages go; gives those that were held."""
    return [row["id"] for row in await db.fetch(RELEASE, list(ids), None)]


async def release_workflow(db: Connection, workflow_id: int) -> list[int]:
    """Let everything held of a workflow go, and what follows until it is changed again."""
    async with db.transaction():
        await db.execute(RELEASE_WORKFLOW, workflow_id)
        return [row["id"] for row in await db.fetch(RELEASE, [], workflow_id)]


async def discard(db: Connection, ids: Sequence[int]) -> list[int]:
    """Never send these; a run that waits for one goes on as failed. Gives those that could be stopped."""
    error = {"code": "discarded", "message": "A person decided that this message is not sent."}
    return await decide(db, ids, ("held", "queued", "uncertain"), "discarded", error)


Resolution = Literal["sent", "failed", "again"]


async def resolve_uncertain(db: Connection, ids: Sequence[int], resolution: Resolution) -> list[int]:
    """A person found out: it was sent, it was not (failed), or it should be sent once more."""
    if resolution == "again":
        return [row["id"] for row in await db.fetch(SEND_AGAIN, list(ids))]
    error = (
        None
        if resolution == "sent"
        else {"code": "not_sent", "message": "A person found that it was not sent."}
    )
    return await decide(db, ids, ("uncertain",), resolution, error)


async def decide(
    db: Connection, ids: Sequence[int], states: Sequence[str], status: Status, error: Mapping[str, Any] | None
) -> list[int]:
    """Settle those of the messages that are in one of the states."""
    async with db.transaction():
        found = [row["id"] for row in await db.fetch(IN_STATE, list(ids), list(states))]
        await settle(db, [Outcome(number, status, error) for number in found])
        return found


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that a deliverer took from its job."""

    id: int
    run_id: int | None
    workflow_id: int | None
    node: str | None
    iteration: int
    channel: str
    recipient: str
    source_id: int
    context: Mapping[str, Any]
    attempts: int
    released: bool
    status: str = "queued"
    owner_id: int | None = None
    workflow_name: str | None = None
    past_first: bool = True  # the workflow may write to more than the first few
    since: Any = None  # when the workflow was activated: a datetime
    hour: Any = None
    day: Any = None


# The messages of a job that are to be sent now, locked; the windows of the caps by the database's clock.
CLAIM = """
SELECT m.id, m.run_id, m.workflow_id, m.node, m.iteration, m.channel, m.recipient, m.source_id, m.context,
       m.attempts, m.released, m.status, w.owner_id, w.name AS workflow_name,
       coalesce(w.messages_released, true) AS past_first,
       coalesce(w.activated_at, 'epoch') AS since,
       date_trunc('hour', now()) AS hour, date_trunc('day', now()) AS day
FROM whereupon.messages m LEFT JOIN whereupon.workflows w ON w.id = m.workflow_id
WHERE m.id = ANY($1::bigint[])
  AND (m.status = 'sending' OR m.status = 'queued' AND coalesce(m.due_at, '-infinity') <= clock_timestamp())
ORDER BY m.id FOR UPDATE OF m SKIP LOCKED
"""
COUNT_ATTEMPT = "UPDATE whereupon.messages SET attempts = attempts + 1 WHERE id = ANY($1::bigint[])"
LOAD_SOURCES = "SELECT id, source FROM whereupon.message_sources WHERE id = ANY($1::bigint[])"


async def claim(db: Connection, ids: Sequence[int]) -> list[Claimed]:
    """Those of the messages that are to be sent, locked until the transaction ends.

    One that somebody began to send has no deliverer any more, or its job would not be here again:
    it becomes uncertain.
    """
    found = [Claimed(**dict(row)) for row in await db.fetch(CLAIM, list(ids))]
    begun = [message.id for message in found if message.status == "sending"]
    if begun:
        await db.execute(MARK_UNCERTAIN, begun)
    return [message for message in found if message.status == "queued"]


async def count_attempts(db: Connection, messages: Sequence[Claimed]) -> None:
    """Each of these is tried once more."""
    await db.execute(COUNT_ATTEMPT, [message.id for message in messages])


async def load_sources(db: Connection, ids: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    """What messages say, by source id."""
    return {row["id"]: row["source"] for row in await db.fetch(LOAD_SOURCES, list(ids))}


# Housekeeping -----------------------------------------------------------------------------------

# Messages without a job, which no code of ours leaves behind but a job deleted by hand does; and those
# that somebody began to send although no deliverer has a job. Only looked for when the queue is empty.
RESCUE = f"""
WITH empty AS (
  SELECT NOT EXISTS (
    SELECT FROM whereupon.pgqueuer
    WHERE starts_with(entrypoint, '{ENTRYPOINT}') AND (status = 'picked' OR execute_after <= now())) AS yes),
lost AS (
  UPDATE whereupon.messages m
  SET status = 'uncertain',
      error = {INTERRUPTED}
  FROM empty WHERE empty.yes AND m.status = 'sending' RETURNING m.id),
queued AS (
  SELECT m.id, m.channel FROM whereupon.messages m, empty
  WHERE empty.yes AND m.status = 'queued' AND coalesce(m.due_at, m.created_at) < now() - interval '1 minute'
  ORDER BY m.id LIMIT 1000),
jobs AS ({JOBS})
SELECT (SELECT count(*) FROM lost) + (SELECT count(*) FROM queued)
"""
FORGET_COUNTERS = """
DELETE FROM whereupon.message_counters
WHERE scope IN ('workflow', 'recipient', 'organisation') AND from_time < now() - interval '2 days'
"""
FORGET_LOG = "DELETE FROM whereupon.pgqueuer_log WHERE created < now() - interval '1 hour'"


async def tidy(db: Connection) -> int:
    """Forget old counters and PgQueuer's log; gives how many lost messages were found again."""
    await db.execute(FORGET_COUNTERS)
    await db.execute(FORGET_LOG)
    rescued: int = await db.fetchval(RESCUE)
    return rescued
