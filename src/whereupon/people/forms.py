"""Forms that runs ask people to fill in: in the inbox, or by somebody outside who has the secret link."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Gone, Invalid, NotFound, Problem, Refused, did_you_mean
from whereupon.modules.catalog import Field as ModuleField
from whereupon.modules.field_types import BadValue, accept_value
from whereupon.people import audit
from whereupon.people.item_history import note
from whereupon.people.questions import end, get_question, locked
from whereupon.people.rights import Rights
from whereupon.people.secrets import key_hash

LARGEST = 1_000_000  # characters of all answers together


class Filled(BaseModel):
    """The answers, by the field's key."""

    model_config = ConfigDict(extra="forbid")

    values: dict[str, Any] = Field(max_length=200)


def accept_answers(fields: Iterable[Mapping[str, Any]], values: Mapping[str, Any]) -> dict[str, Any]:
    """The answers as they are kept: what is not of its kind, or missing, is named. Raises Invalid."""
    known = {str(field["key"]): field for field in fields}
    problems = [
        Problem(
            "unknown_field", f'The form has no field "{key}".', f"/values/{key}", did_you_mean(key, known)
        )
        for key in values
        if key not in known
    ]
    kept: dict[str, Any] = {}
    for key, field in known.items():
        try:
            kept[key] = _kept(field, values.get(key))
        except BadValue as bad:
            problems.append(bad.at(f"/values/{key}"))
    if problems:
        raise Invalid.of(*problems)
    if sum(len(value) for value in kept.values() if isinstance(value, str)) > LARGEST:
        raise Invalid.of(Problem("too_long", "The answers together are too long.", "/values"))
    return kept


def _kept(field: Mapping[str, Any], value: Any) -> Any:
    """One answer as JSON. Raises BadValue."""
    shape = ModuleField(
        0, field["key"], field["label"], field["type"], None, options=field.get("options") or {}
    )
    accepted = accept_value(shape, value)
    if field.get("required") and (accepted is None or (field["type"] == "boolean" and accepted is False)):
        raise BadValue("missing", f"{field['label']} is needed.")
    match accepted:
        case Decimal():
            return int(accepted) if accepted == accepted.to_integral_value() else float(accepted)
        case datetime() | date() | time():
            return accepted.isoformat()
        case _:
            return accepted


async def fill_in(db: Connection, rights: Rights, question_id: int, filled: Filled) -> dict[str, Any]:
    """Answer a form in the inbox. Raises NotFound, Conflict, Invalid, Refused."""
    known = await get_question(db, rights, question_id)
    row = await locked(db, question_id)
    asked = known["mine"] or any(one["user_id"] == rights.user_id for one in known["people"])
    if not asked and not rights.administrator:
        raise Refused("This is not yours to fill in.")
    by = await db.fetchval("SELECT name FROM whereupon.users WHERE id = $1", rights.user_id)
    by += f" for {known['for_user_name']}" if known["for_user_name"] else ""
    await note(db, "question", question_id, rights.user_id, "answered", for_user=known["for_user_id"])
    await _answer(db, row, filled, by)
    await audit.append(db, rights.user_id, "fill_in_form", f"question:{question_id}", run=row["run_id"])
    return await get_question(db, rights, question_id)


async def _answer(db: Connection, row: Any, filled: Filled, by: str | None) -> None:
    if row["kind"] != "form":
        raise Conflict("This is no form: it is approved or rejected.")
    values = accept_answers(row["details"]["fields"], filled.values)
    await end(db, row, "answered", {"values": values, "by": by, "at": row["now"].isoformat()})


# By the secret link --------------------------------------------------------------------------------

BY_TOKEN = """
SELECT q.id, q.title, q.body, q.details, q.due_at, q.status,
  q.status = 'open' AND r.ended_at IS NULL AND r.node = q.node
    AND (q.due_at IS NULL OR q.due_at > clock_timestamp()) AS waits,
  (SELECT value->>'name' FROM whereupon.settings WHERE key = 'organisation') AS organisation
FROM whereupon.questions q LEFT JOIN whereupon.runs r ON r.id = q.run_id
WHERE q.token_hash = $1 AND q.kind = 'form'
"""


async def form_of_link(db: Connection, token: str) -> dict[str, Any]:
    """What somebody outside is asked. Raises NotFound; Gone for one that is answered or out of time."""
    row = await db.fetchrow(BY_TOKEN, key_hash(token))
    if row is None:
        raise NotFound("There is no form at this address.", suggestion="Open the whole link from the mail.")
    if row["status"] == "answered":
        raise Gone("This form was filled in already. Thank you.")
    if not row["waits"]:
        raise Gone(
            "The time for this form is up.", suggestion="Ask whoever sent you the link for another one."
        )
    shown = {name: row[name] for name in ("title", "body", "due_at", "organisation")}
    return {**shown, "fields": row["details"]["fields"], "id": row["id"]}


async def fill_in_by_link(db: Connection, token: str, filled: Filled) -> None:
    """The same without sign-in: who has the link is the one who was asked."""
    form = await form_of_link(db, token)
    try:
        row = await locked(db, form["id"])
    except Conflict as error:
        raise Gone(error.message) from None
    await _answer(db, row, filled, None)
    await audit.append(db, None, "fill_in_form", f"question:{form['id']}", run=row["run_id"])
