"""What the steps of playbooks have in common: for whom they are, by when, and the marks that they leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import ConfigDict, Field, model_validator

from whereupon.conditions.paths import compile_path
from whereupon.conditions.values import Kind, Scope, literal
from whereupon.errors import Invalid, NotFound, Problem
from whereupon.people.duty import on_duty
from whereupon.sdk.block import Batch, Config
from whereupon.sdk.fields import Shown, one_of

Kinds = Literal["manual", "file", "decide"]
Whom = Literal["holder", "manager", "owner", "starter"]
Late = Literal["remind", "escalate", "nothing", "go_on"]
LATE = {
    "remind": "Remind: as set below, or else once a day",
    "escalate": "Pass it to the manager, too",
    "nothing": "Nothing",
    "go_on": "Leave it undone and go on",
}
KINDS = {"manual": "Something to do", "file": "A document to upload", "decide": "Something to decide"}
REMINDER_UNITS = {"hours": "hours", "days": "days", "weeks": "weeks"}
UNITS = {"hours": "hours", "days": "days", "weeks": "weeks", "months": "months"}
SIDES = {"before": "before it is due", "after": "after it was due"}
WHOM = {
    "holder": "Whoever has it",
    "manager": "Their manager",
    "owner": "The record's owner",
    "starter": "Whoever started the playbook",
}
BASES = {
    "start": "After the start",
    "previous": "After the step before",
    "field": "After a date of the record",
}
WHO = {
    "A user": ["user"],
    "A group": ["group"],
    "The record's owner": ["owner"],
    "The owner's manager": ["manager"],
    "Who of a group is on duty": ["on_duty"],
    "A field of the record": ["field"],
}


class Participant(Config):
    """Who has a step at first. Exactly one of these."""

    model_config = ConfigDict(json_schema_extra=one_of(WHO))

    user: Annotated[int | None, Shown("user")] = Field(None, title="User", description="A user's id.")
    group: Annotated[str | None, Shown("group")] = Field(
        None, title="Group", description="A group's key: whoever takes it first."
    )
    owner: bool | None = Field(None, title="Owner", description="The record's owner.")
    manager: bool | None = Field(None, title="Manager", description="The manager of the record's owner.")
    on_duty: Annotated[str | None, Shown("group")] = Field(
        None, title="On duty", description="The key of a group: who of it is on duty; nobody: the group."
    )
    field: Annotated[str | None, Shown("path", types=["user"])] = Field(
        None, title="Field", description="A field that leads to a user."
    )

    @model_validator(mode="after")
    def exactly_one(self) -> Participant:
        given = [name for name, value in self.model_dump().items() if value not in (None, False)]
        if len(given) != 1:
            names = ", ".join(type(self).model_fields)
            raise ValueError(
                f"choose exactly one of {names}; {' and '.join(given) if given else 'none'} is given"
            )
        return self


class Planned(Config):
    """By when a step is to be done."""

    amount: int = Field(1, ge=-10_000, le=10_000, title="How many", description="Negative: before the date.")
    unit: Annotated[Literal["hours", "days", "weeks", "months"], Shown(labels=UNITS)] = Field(
        "days", title="Of what"
    )
    working: bool = Field(
        False,
        title="Working days only",
        description="Days on which the organisation does not work do not count.",
    )
    base: Annotated[Literal["start", "previous", "field"], Shown(labels=BASES)] = Field(
        "previous", title="Counted from"
    )
    field: Annotated[str | None, Shown("path", types=["date", "datetime"], when={"base": ["field"]})] = Field(
        None, title="Date", description="A date of the record, or of one that it is linked to."
    )
    at: Annotated[str, Shown("time", advanced=True)] = Field(
        "17:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", title="At", description="Local time of the day."
    )

    @model_validator(mode="after")
    def fits(self) -> Planned:
        if (self.field is not None) != (self.base == "field"):
            raise ValueError('"field" is required with base = "field", and goes with nothing else')
        if self.working and self.unit not in ("days", "weeks"):
            raise ValueError("only days and weeks can be counted in working days")
        return self


class Reminder(Config):
    """Somebody is told of a step that is open still: so long before, or after, it is due."""

    amount: int = Field(1, ge=0, le=1_000, title="How many")
    unit: Annotated[Literal["hours", "days", "weeks"], Shown(labels=REMINDER_UNITS)] = Field(
        "days", title="Of what"
    )
    side: Annotated[Literal["before", "after"], Shown(labels=SIDES)] = Field("before", title="When")
    working: bool = Field(
        False,
        title="Working days only",
        description="Days on which the organisation does not work do not count.",
    )
    whom: Annotated[Whom, Shown(labels=WHOM)] = Field("holder", title="Who is told")

    @model_validator(mode="after")
    def fits(self) -> Reminder:
        if self.working and self.unit == "hours":
            raise ValueError("only days and weeks can be counted in working days")
        return self


Reminders = Annotated[list[Reminder], Field(max_length=10)]


def moments_sql(reminders: Sequence[Reminder], due: str, scope: Scope) -> str:
    """SQL timestamptz[]: when these reminders of a step come that is due then."""
    zone = literal(scope.time_zone)
    moments = [
        f"whereupon.planned({due}, {int(one.amount) * (-1 if one.side == 'before' else 1)}, '{one.unit}', "
        f"{str(one.working).lower()}, (({due}) AT TIME ZONE {zone})::time, {zone})"
        for one in reminders
    ]
    return f"ARRAY[{', '.join(moments)}]::timestamptz[]"


def check_participant(who: Participant, scope: Scope, path: str) -> list[Problem]:
    """What is wrong with it: a field that leads to no user, a module without an owner."""
    try:
        if who.field is not None:
            found = compile_path(who.field, scope).type
            if found.kind is not Kind.REFERENCE or found.module != "users":
                return [Problem("wrong_type", f'"{who.field}" is {found.noun}, not a user.', f"{path}/field")]
        if who.owner or who.manager:
            owner_path(scope)
    except Invalid as error:
        return [problem.under(path) for problem in error.problems]
    return []


def check_planned(planned: Planned, scope: Scope, path: str) -> list[Problem]:
    """What is wrong with it: a field that is no date."""
    if planned.field is None:
        return []
    try:
        found = compile_path(planned.field, scope).type
    except Invalid as error:
        return [problem.under(f"{path}/field") for problem in error.problems]
    if found.kind in (Kind.DATE, Kind.DATETIME):
        return []
    message = f'"{planned.field}" is {found.noun}, not a date.'
    return [Problem("wrong_type", message, f"{path}/field", "Choose a date field.")]


def owner_path(scope: Scope) -> str:
    """The module's owner field. Raises Invalid where there is none."""
    owner = scope.module.owner_field if scope.module else None
    if owner is None:
        advice = "Choose the module's owner field in its settings, or name a field or a group here."
        raise Invalid.of(Problem("no_owner", "The module has no owner field.", "", advice))
    return owner


def reads_of_participant(who: Participant, scope: Scope) -> frozenset[str]:
    """The "module.field" names that finding them reads."""
    if who.field is not None:
        return compile_path(who.field, scope).reads
    return compile_path(owner_path(scope), scope).reads if who.owner or who.manager else frozenset()


def who_words(who: Participant) -> str:
    """Who is meant, in words."""
    if who.group is not None:
        return f"the group {who.group}"
    if who.on_duty is not None:
        return f"whoever is on duty in {who.on_duty}"
    return "the owner" if who.owner else "the owner's manager" if who.manager else who.field or "a user"


def due_sql(planned: Planned, scope: Scope) -> str:
    """SQL timestamptz: by when; where its date is empty, counted from now. `k` is the track."""
    zone = literal(scope.time_zone)
    base = "clock_timestamp()" if planned.base == "previous" else "coalesce(k.started_at, clock_timestamp())"
    if planned.field is not None:
        found = compile_path(planned.field, scope)
        local = f"({found.sql})::timestamp AT TIME ZONE {zone}" if found.type.kind is Kind.DATE else found.sql
        base = f"coalesce(({local}), clock_timestamp())"
    return _planned_sql(planned, base, planned.amount, planned.unit, zone)


def _planned_sql(planned: Planned, base: str, amount: int, unit: str, zone: str) -> str:
    words = f"{base}, {int(amount)}, '{unit}', {str(planned.working).lower()}"
    return f"whereupon.planned({words}, time '{planned.at}', {zone})"


def due_again_sql(planned: Planned, scope: Scope) -> str:
    """SQL timestamptz: by when a step is to be done that is opened again. A date of the record stays as long
    as it is to come; anything else is counted from now, and never has passed already. `k` is the track."""
    zone, now = literal(scope.time_zone), "clock_timestamp()"
    anew = _planned_sql(planned, now, planned.amount, planned.unit, zone)
    ways: list[str] = []
    if planned.base == "field":
        with suppress(Invalid):  # the field is gone since the playbook was started
            ways.append(due_sql(planned, scope))
    coming = ", ".join(f"CASE WHEN {way} > {now} THEN {way} END" for way in (*ways, anew))
    return f"coalesce({coming}, {_planned_sql(planned, now, 1, 'days', zone)})"


# Whom a step is given to ---------------------------------------------------------------------------


class Given(NamedTuple):
    """Whom a step is given to: a user, a group, or, last of all, nobody; `way` says how it came to them."""

    user: int | None
    group: int | None
    way: str


ACTIVE_GROUP = """
SELECT g.id FROM whereupon.groups g WHERE g.key = $1 AND EXISTS (
  SELECT FROM whereupon.group_members m JOIN whereupon.users u ON u.id = m.user_id
  WHERE m.group_id = g.id AND u.active)
"""


class Candidates(NamedTuple):
    """What is the same for every record: a group or a user that is named, and the group that helps out."""

    user: int | None
    group: int | None
    fallback: int | None


async def candidates(batch: Batch, who: Participant, fallback: str | None) -> Candidates:
    """Look up the groups; who is on duty counts at this moment."""
    named, user = who.group or who.on_duty, who.user
    if who.on_duty is not None:
        now: datetime = await batch.db.fetchval("SELECT clock_timestamp()")
        try:
            user = await on_duty(batch.db, who.on_duty, now)
        except NotFound:
            user = None
    group = await batch.db.fetchval(ACTIVE_GROUP, named) if named else None
    helps = await batch.db.fetchval(ACTIVE_GROUP, fallback) if fallback else None
    return Candidates(user, group, helps)


def people_columns(who: Participant, scope: Scope) -> dict[str, str]:
    """Columns beside the track `k`: who is meant, then everybody who may help out; null for the disabled."""
    owner = "NULL::bigint"
    if scope.module is not None and scope.module.owner_field is not None:
        owner = f"({compile_path(scope.module.owner_field, scope).sql})::bigint"
    meant = "NULL::bigint"
    if who.field is not None:
        meant = f"({compile_path(who.field, scope).sql})::bigint"
    elif who.owner:
        meant = owner
    elif who.manager:
        meant = _manager(owner)
    elif who.user is not None:
        meant = f"{int(who.user)}::bigint"
    maker = "(SELECT w.owner_id FROM whereupon.workflows w WHERE w.id = r.workflow_id)"
    return {
        "meant": _active(meant), "owner": _active(owner),
        "manager": f"coalesce({_active(_manager(meant))}, {_active(_manager(owner))})",
        "starter": _active("k.started_by"), "maker": _active(maker),
    }  # fmt: skip


def _active(user: str) -> str:
    return f"(SELECT u.id FROM whereupon.users u WHERE u.active AND u.id = {user})"


def _manager(user: str) -> str:
    return f"(SELECT u.manager_id FROM whereupon.users u WHERE u.id = {user})"


def give(row: Mapping[str, Any], known: Candidates, who: Participant) -> Given:
    """Whom a step goes to: whoever is meant, or else the group that helps out, the owner, a manager, whoever
    started the playbook, whoever made it; in the end nobody, and administrators see it."""
    if who.on_duty is not None and known.user is not None:
        return Given(known.user, None, "participant")
    if known.group is not None:
        return Given(None, known.group, "participant")
    if row["meant"] is not None:
        return Given(row["meant"], None, "participant")
    if known.fallback is not None:
        return Given(None, known.fallback, "group")
    ways = ("owner", "manager", "starter", "maker")
    found = next(((row[way], way) for way in ways if row[way] is not None), None)
    return Given(found[0], None, found[1]) if found else Given(None, None, "nobody")


# Marks ---------------------------------------------------------------------------------------------

NOTE = """
INSERT INTO whereupon.playbook_events (track_id, step, what, user_id, comment, details)
SELECT e.track_id, $1, $2, e.user_id, e.comment, e.details
FROM unnest($3::bigint[], $4::bigint[], $5::text[], $6::jsonb[]) AS e(track_id, user_id, comment, details)
"""


class Mark(NamedTuple):
    """One line of a track's history."""

    track: int
    user: int | None = None
    comment: str | None = None
    details: Mapping[str, Any] = {}


async def note(db: Any, step: str | None, what: str, marks: Sequence[Mark]) -> None:
    """Write lines of history, one per track."""
    if marks:
        columns = [list(column) for column in zip(*marks, strict=True)]
        await db.execute(NOTE, step, what, *columns[:3], [dict(one) for one in columns[3]])
