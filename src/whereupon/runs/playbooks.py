"""Starting a playbook: on chosen records, or on those of an account, many of them with few statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from whereupon.conditions.values import BROUGHT, Scope, literal
from whereupon.conditions.words import condition_words
from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, Problem, Refused
from whereupon.modules.catalog import Module, load_catalog, quote
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.playbooks.definition import PlaybookDefinition, parse_definition
from whereupon.playbooks.store import get_playbook
from whereupon.records.statements import owned_by
from whereupon.runs.actions import filter_sql, own_records
from whereupon.runs.definitions import Version, load_versions, organisation_time_zone
from whereupon.runs.start import NewRun, insert_runs
from whereupon.sdk.playbooks import Mark, note
from whereupon.workflows import listing
from whereupon.workflows.listing import name_records

MOST_AT_ONCE = 100_000


class ToStart(BaseModel):
    """On which records. With an account: only those of it; none chosen: all of it that fit."""

    model_config = ConfigDict(extra="forbid")

    records: list[str] | None = Field(None, max_length=10_000, description="Ids; none: all of the account.")
    account: str | None = Field(None, max_length=1_000, description="The id of the account.")
    reason: str | None = Field(None, max_length=2_000)


class StartedTracks(BaseModel):
    """What became of each record that was asked for."""

    started: list[int]
    queued: list[int]
    refused: list[dict[str, Any]]


async def start_playbook(db: Connection, rights: Rights, key: str, asked: ToStart) -> dict[str, Any]:
    """Start it: {"started": track ids, "queued": track ids, "refused": [{"record_id", "code", "message",
    "module", "record_title"}]}.

    Raises NotFound, Conflict for one that is not active, Refused, and Invalid when nothing is chosen.
    """
    known, version, definition = await _ready(db, rights, key)
    module = version.module
    assert module is not None
    await require_starter(db, rights, definition, module)
    if asked.records is None and asked.account is None:
        told = "Choose the records, or the account whose records it is to be started on."
        raise Invalid.of(Problem("missing", told, "/records", "Send their ids."))
    rows = await _fitting(db, rights, version, definition, asked)
    running = await _claim(db, known, version, definition, rows, rights, asked.reason, "running")
    left = [row for row in rows if row["key"] not in running]
    waits = definition.second == "queue"
    queued = (
        await _claim(db, known, version, definition, left, rights, asked.reason, "queued") if waits else {}
    )
    await _start_runs(db, version, {**running, **queued}, rights)
    busy = [row["key"] for row in left if row["key"] not in queued]
    refused = await _has_playbook(db, module, busy)
    refused += await _unfit(db, rights, version, definition, asked, {row["key"] for row in rows})
    await _name(db, rights, module, refused)
    counts = {"started": len(running), "queued": len(queued), "refused": len(refused)}
    await audit.append(db, rights.user_id, "start_playbook", f"playbook:{key}", **counts)
    return {"started": list(running.values()), "queued": list(queued.values()), "refused": refused}


async def _ready(
    db: Connection, rights: Rights, key: str
) -> tuple[dict[str, Any], Version, PlaybookDefinition]:
    """The playbook with its active version, and what that was made from."""
    known = await get_playbook(db, rights, key)
    if known["state"] != "active" or known["active_version_id"] is None:
        raise Conflict(
            f"{known['name']} is {known['state']}, so it cannot be started.", suggestion="Publish it first."
        )
    catalog = await load_catalog(db)
    zone = await organisation_time_zone(db)
    version = (await load_versions(db, [known["active_version_id"]], catalog, zone))[
        known["active_version_id"]
    ]
    raw = await db.fetchval(
        "SELECT definition FROM whereupon.playbook_versions WHERE version_id = $1", version.id
    )
    return known, version, parse_definition(raw)


STARTS = """
SELECT EXISTS (SELECT FROM whereupon.group_members m JOIN whereupon.groups g ON g.id = m.group_id
               WHERE m.user_id = $1 AND g.key = ANY($2::text[]))
"""


async def require_starter(
    db: Connection, rights: Rights, definition: PlaybookDefinition, module: Module
) -> None:
    """Raises Refused unless this user may start it: one of its groups, or else who may change the records."""
    rights.require("read", module.key)
    if rights.administrator:
        return
    if not definition.starters:
        rights.require("update", module.key)
    elif not await db.fetchval(STARTS, rights.user_id, definition.starters):
        groups = ", ".join(definition.starters)
        raise Refused(f"Only people of {groups} may start this playbook.", suggestion="Ask one of them.")


async def _fitting(
    db: Connection, rights: Rights, version: Version, definition: PlaybookDefinition, asked: ToStart
) -> list[Any]:
    """The chosen records that are there, fit the playbook, and may be seen: key, account and lane."""
    module = version.module
    assert module is not None
    key = module.key_sql("n")
    account = _account_sql(definition, module)
    where = [f"({filter_sql(version)})", own_records(rights, module)]
    where.append(_chosen(module))
    if not definition.starters and rights.own_only("update", module.key):
        where.append(owned_by(module, str(rights.user_id)))
    if asked.account is not None:
        if definition.account is None:
            told = "This playbook knows no accounts."
            raise Invalid.of(Problem("no_account", told, "/account", "Choose the records instead."))
        where.append(f"{account} = {literal(asked.account)}")
    rows = await db.fetch(
        f"SELECT {key} AS key, {account} AS account, whereupon.shard({key}) AS shard FROM {module.sql} n "
        f"WHERE {' AND '.join(where)} ORDER BY n.{quote(module.key_columns[0])} LIMIT {MOST_AT_ONCE + 1}",
        list(dict.fromkeys(asked.records)) if asked.records is not None else None,
    )
    if len(rows) > MOST_AT_ONCE:
        message = f"More than {MOST_AT_ONCE:,} records would be started at once."
        raise Invalid.of(Problem("too_many", message, "/records", "Choose fewer of them."))
    return rows


def _chosen(module: Module) -> str:
    """SQL: among the keys $1, or every record; keys that cannot be one are no match."""
    return f"($1::text[] IS NULL OR {module.key_sql('n')} = ANY($1::text[]))"


def _account_sql(definition: PlaybookDefinition, module: Module) -> str:
    field = module.fields.get(definition.account or "")
    return f"n.{quote(field.column)}::text" if field is not None and field.column else "NULL::text"


# The records' tracks; where another one runs, none.
CLAIM = """
INSERT INTO whereupon.playbook_tracks (playbook_id, module_id, record_id, account_module_id, account_id,
  status, exclusive, afterwards, started_by, reason, started_at)
SELECT $1, $2, c.record_id, $3, c.account_id, $6, $7, $8, $9, $10,
  CASE WHEN $6 = 'running' THEN clock_timestamp() END
FROM unnest($4::text[], $5::text[]) AS c(record_id, account_id)
ON CONFLICT (module_id, record_id) WHERE status = 'running' DO NOTHING RETURNING id, record_id
"""


async def _claim(
    db: Connection,
    known: Mapping[str, Any],
    version: Version,
    definition: PlaybookDefinition,
    rows: Sequence[Any],
    rights: Rights,
    reason: str | None,
    status: str,
) -> dict[str, int]:
    """Record → track, of those that could be had."""
    module = version.module
    assert module is not None
    field = module.fields.get(definition.account or "")
    account = version.catalog.modules.get(field.target or "") if field else None
    made = await db.fetch(
        CLAIM, known["id"], module.id, account.id if account else None, [row["key"] for row in rows],
        [row["account"] for row in rows], status, definition.exclusive, definition.afterwards,
        rights.user_id, reason,
    )  # fmt: skip
    what = "started" if status == "running" else "queued"
    await note(db, None, what, [Mark(row["id"], rights.user_id, reason) for row in made])
    return {row["record_id"]: row["id"] for row in made}


async def _start_runs(db: Connection, version: Version, tracks: Mapping[str, int], rights: Rights) -> None:
    module = version.module
    assert module is not None
    await insert_runs(
        db,
        [
            NewRun(
                workflow_id=version.workflow_id, version_id=version.id, node=version.plan.first,
                started_by="playbook", module_id=module.id, record_id=record, user_id=rights.user_id,
                data={BROUGHT: {"track": track}},
            )
            for record, track in tracks.items()
        ],
    )  # fmt: skip
    await db.execute("NOTIFY whereupon_runs")


BUSY = """
SELECT t.record_id, w.name FROM whereupon.playbook_tracks t
JOIN whereupon.playbooks p ON p.id = t.playbook_id JOIN whereupon.workflows w ON w.id = p.workflow_id
WHERE t.module_id = $1 AND t.record_id = ANY($2::text[]) AND t.status = 'running'
"""


MOST_NAMED = 10_000


async def _has_playbook(db: Connection, module: Module, busy: Sequence[str]) -> list[dict[str, Any]]:
    """The records that have another playbook, each with its name."""
    others = {row["record_id"]: row["name"] for row in await db.fetch(BUSY, module.id, busy)}
    return [
        {
            "record_id": key, "code": "has_playbook",
            "message": f"It has a playbook already: {others.get(key, 'another one')}.",
        }
        for key in busy
    ]  # fmt: skip


async def _unfit(
    db: Connection,
    rights: Rights,
    version: Version,
    definition: PlaybookDefinition,
    asked: ToStart,
    there: Set[str],
) -> list[dict[str, Any]]:
    """The chosen records that the playbook is not for, each with why."""
    module = version.module
    assert module is not None
    left = [key for key in dict.fromkeys(asked.records or ()) if key not in there]
    account = f"{_account_sql(definition, module)} = {literal(asked.account)}" if asked.account else "true"
    key = module.key_sql("n")
    rows = await db.fetch(
        f"SELECT {key} AS key, ({filter_sql(version)}) IS TRUE AS fits, ({account}) IS TRUE AS of_account "
        f"FROM {module.sql} n WHERE {own_records(rights, module)} AND {key} = ANY($1::text[])",
        left,
    )
    found = {row["key"]: row for row in rows}
    scope = Scope(catalog=version.catalog, module=module)
    where = condition_words(definition.filter, scope) if definition.filter is not None else ""
    told = {key: _why(found.get(key), module, where) for key in left}
    unknown = {"module": None, "record_title": None}
    return [
        {"record_id": key, "code": "does_not_fit", "message": why} | ({} if key in found else unknown)
        for key, why in told.items()
    ]


def _why(row: Any, module: Module, where: str) -> str:
    """Why a record does not fit. `where`: what the playbook asks of its records, in words."""
    if row is None:
        return f"There is no such {module.label}, or it is not yours to see."
    if not row["of_account"]:
        return "It belongs to another account."
    if not row["fits"] and where:
        return f"The playbook is for {module.label_plural} where {where}."
    return "It is not yours to change." if row["fits"] else "The playbook is not for it."


async def _name(db: Connection, rights: Rights, module: Module, refused: Sequence[dict[str, Any]]) -> None:
    """Put `module` and `record_title` into each that is there, as far as the user may read it."""
    there = [one for one in refused if "record_title" not in one]
    titles = await listing.titles_of(db, rights, module, {one["record_id"] for one in there[:MOST_NAMED]})
    for one in there:
        one |= {"module": module.key, "record_title": titles.get(one["record_id"])}


# What it could be started on -----------------------------------------------------------------------

MOST_SHOWN = 500


async def candidates(
    db: Connection, rights: Rights, key: str, account: str | None, records: list[str] | None = None
) -> list[dict[str, Any]]:
    """Records that the playbook may be started on, with the playbook that each has now; at most 500.

    `records`: only these; those of them that are left out do not fit.
    """
    _, version, definition = await _ready(db, rights, key)
    module = version.module
    assert module is not None
    await require_starter(db, rights, definition, module)
    asked = ToStart(records=records, account=account, reason=None)
    rows = (await _fitting(db, rights, version, definition, asked))[:MOST_SHOWN]
    keys = [row["key"] for row in rows]
    busy = {row["record_id"]: row["name"] for row in await db.fetch(BUSY, module.id, keys)}
    found: list[dict[str, Any]] = [
        {"module_id": module.id, "record_id": key, "playbook": busy.get(key)} for key in keys
    ]
    await name_records(db, rights, version.catalog, found)
    return found
