"""Who of a group is on duty when: a pattern of the week, exceptions to it, and somebody for other times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, NotFound, PreconditionFailed, Problem
from whereupon.people import audit
from whereupon.people.absences import EARLIEST, LATEST, who_acts_for
from whereupon.people.organisation import WEEKDAYS, Time, Weekday, load_organisation
from whereupon.people.users import Id

MOST_DAYS = 92  # that are shown at once
Note = Annotated[str, Field(max_length=200)]


class Shift(BaseModel):
    """Somebody's hours on a weekday. An end at or before the start is on the next day."""

    model_config = ConfigDict(extra="forbid")

    weekday: Weekday
    start: Time = "00:00"
    end: Time = "24:00"
    user_id: Id


class DutyException(BaseModel):
    """Days on which it is otherwise, whole or between two times. Without a user: nobody."""

    model_config = ConfigDict(extra="forbid")

    first_day: date
    last_day: date
    start: Time = "00:00"
    end: Time = "24:00"
    user_id: Id | None = None
    note: Note | None = None

    @model_validator(mode="after")
    def in_order(self) -> DutyException:
        if self.last_day < self.first_day:
            raise ValueError("the last day is before the first")
        if self.end <= self.start:
            raise ValueError("the end is not after the start")
        return self


class Roster(BaseModel):
    """The whole roster of a group, in the organisation's time zone. Later exceptions win over earlier."""

    model_config = ConfigDict(extra="forbid")

    shifts: Annotated[list[Shift], Field(max_length=500)] = []
    exceptions: Annotated[list[DutyException], Field(max_length=2_000)] = []
    on_holidays: Literal["as_usual", "otherwise"] = Field(
        default="otherwise", description="Whether the week's pattern holds on the organisation's holidays."
    )
    otherwise: Id | None = Field(
        default=None, description="Who is on duty when nobody else is; none: nobody."
    )


class Stretch(BaseModel):
    """From one moment to the next change: who is on duty, or nobody."""

    starts_at: datetime
    ends_at: datetime
    user_id: int | None


GET = """
SELECT g.id, r.roster, r.xmin::text AS etag, r.updated_at
FROM whereupon.groups g LEFT JOIN whereupon.duty_rosters r ON r.group_id = g.id WHERE g.key = $1
"""
PUT = """
INSERT INTO whereupon.duty_rosters (group_id, roster) VALUES ($1, $2)
ON CONFLICT (group_id) DO UPDATE SET roster = excluded.roster, updated_at = now()
"""
KNOWN = "SELECT id FROM whereupon.users WHERE id = ANY($1)"
ACTIVE = "SELECT id FROM whereupon.users WHERE id = ANY($1) AND active"
WITH_ROSTER = """
SELECT g.key, g.name FROM whereupon.duty_rosters r JOIN whereupon.groups g ON g.id = r.group_id
ORDER BY g.name
"""


async def on_duty(db: Connection, group_key: str, at: datetime) -> int | None:
    """Who of the group is on duty at a moment; None for nobody. Raises NotFound for an unknown group.

    Somebody who is disabled is passed over, as if they were not on the roster. For somebody who is away
    stands whoever stands in for them.
    """
    roster = await get_roster(db, group_key)
    times = await office_times(db)
    wanted = list(candidates(roster, at.astimezone(times.zone).replace(tzinfo=None), times.holidays))
    active = {row["id"] for row in await db.fetch(ACTIVE, [user for user in wanted if user is not None])}
    chosen = next((user for user in wanted if user is None or user in active), None)
    return (await who_acts_for(db, [chosen]))[chosen] if chosen is not None else None


async def get_roster(db: Connection, group_key: str) -> Roster:
    """The roster; an empty one until one is made. Raises NotFound for an unknown group."""
    return Roster.model_validate((await _row(db, group_key))["roster"] or {})


async def show_roster(db: Connection, group_key: str) -> dict[str, Any]:
    """The roster with its ETag, for somebody who edits it."""
    row = await _row(db, group_key)
    return {**Roster.model_validate(row["roster"] or {}).model_dump(mode="json"), "etag": row["etag"] or "0"}


async def set_roster(
    db: Connection, group_key: str, wanted: Roster, *, actor: int | None, etag: str | None = None
) -> dict[str, Any]:
    """Raises NotFound, PreconditionFailed, and Invalid naming each user who does not exist."""
    await db.execute("SELECT FROM whereupon.groups WHERE key = $1 FOR UPDATE", group_key)
    row = await _row(db, group_key)
    if etag is not None and etag != (row["etag"] or "0"):
        raise PreconditionFailed("Somebody changed this roster meanwhile.", suggestion="Read it again first.")
    await _require_users(db, wanted)
    await db.execute(PUT, row["id"], wanted.model_dump(mode="json"))
    counts = {"shifts": len(wanted.shifts), "exceptions": len(wanted.exceptions)}
    await audit.append(db, actor, "set_duty_roster", f"group:{group_key}", **counts)
    return await show_roster(db, group_key)


async def stretches(
    db: Connection, group_key: str, first: date, days: int, *, roster: Roster | None = None
) -> list[Stretch]:
    """Who is on duty over some days, one entry from each change to the next. Raises NotFound.

    `roster`: one that is not yet kept, to see what it would mean.
    """
    kept = await get_roster(db, group_key)
    roster = roster or kept
    if not EARLIEST <= first <= LATEST:
        raise Invalid.of(Problem("date", "This day is too far away.", "?first"))
    times = await office_times(db)
    wanted = {shift.user_id for shift in roster.shifts} | {e.user_id for e in roster.exceptions}
    wanted |= {roster.otherwise}
    rows = await db.fetch(ACTIVE, [user for user in wanted if user is not None])
    return spread(roster, times, {row["id"] for row in rows}, first, min(days, MOST_DAYS))


async def on_duty_now(db: Connection) -> list[dict[str, Any]]:
    """Each group that has a roster, with who is on duty at this moment."""
    now: datetime = await db.fetchval("SELECT now()")
    return [
        {"group": row["key"], "name": row["name"], "user_id": await on_duty(db, row["key"], now)}
        for row in await db.fetch(WITH_ROSTER)
    ]


class OfficeTimes(BaseModel):
    """What a roster is read by: where its clock stands, and on which days nobody works."""

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)

    zone: ZoneInfo
    holidays: frozenset[date]


async def office_times(db: Connection) -> OfficeTimes:
    known = await load_organisation(db)
    holidays = frozenset(day.date for day in known["holidays"].days)
    return OfficeTimes(zone=ZoneInfo(known["organisation"].time_zone or "UTC"), holidays=holidays)


def candidates(roster: Roster, local: datetime, holidays: frozenset[date]) -> Iterator[int | None]:
    """Who comes into question at a clock time, in order; None: nobody on purpose, so nobody after it."""
    for exception in reversed(roster.exceptions):
        if exception.first_day <= local.date() <= exception.last_day and _within(exception, local):
            yield exception.user_id
            if exception.user_id is None:
                return
    for shift in roster.shifts:
        if _holds(shift, local, frozenset() if roster.on_holidays == "as_usual" else holidays):
            yield shift.user_id
    if roster.otherwise is not None:
        yield roster.otherwise


def _within(span: Shift | DutyException, local: datetime) -> bool:
    return span.start <= local.strftime("%H:%M") < span.end


def _holds(shift: Shift, local: datetime, free: frozenset[date]) -> bool:
    """On its own day, or, past midnight, on the next. A shift belongs to the day on which it begins."""
    clock, today, day_before = local.strftime("%H:%M"), local.date(), local.date() - timedelta(days=1)
    overnight = shift.end <= shift.start
    own_day = WEEKDAYS[today.weekday()] == shift.weekday and today not in free
    if own_day and shift.start <= clock and (overnight or clock < shift.end):
        return True
    belongs = WEEKDAYS[day_before.weekday()] == shift.weekday and day_before not in free
    return overnight and belongs and clock < shift.end


def spread(roster: Roster, times: OfficeTimes, active: set[int], first: date, days: int) -> list[Stretch]:
    """The days cut at every time that the roster names; neighbours with the same person are one."""
    found: list[Stretch] = []
    for day in (first + timedelta(days=number) for number in range(days)):
        for start, end in _cuts(roster, day):
            chosen = next(
                (u for u in candidates(roster, start, times.holidays) if u is None or u in active), None
            )
            starts_at, ends_at = start.replace(tzinfo=times.zone), end.replace(tzinfo=times.zone)
            if found and found[-1].user_id == chosen:
                found[-1].ends_at = ends_at
            else:
                found.append(Stretch(starts_at=starts_at, ends_at=ends_at, user_id=chosen))
    return found


def _cuts(roster: Roster, day: date) -> list[tuple[datetime, datetime]]:
    spans: Sequence[Shift | DutyException] = (*roster.shifts, *roster.exceptions)
    clocks = {clock for span in spans for clock in (span.start, span.end)} | {"00:00", "24:00"}
    moments = [_moment(day, clock) for clock in sorted(clocks)]
    return list(pairwise(moments))


def _moment(day: date, clock: str) -> datetime:
    midnight = datetime.combine(day, time())
    return midnight + timedelta(hours=int(clock[:2]), minutes=int(clock[3:]))


async def _row(db: Connection, group_key: str) -> Mapping[str, Any]:
    row = await db.fetchrow(GET, group_key)
    if row is None:
        raise NotFound(f'There is no group "{group_key}".')
    return row


async def _require_users(db: Connection, wanted: Roster) -> None:
    named: list[tuple[str, int | None]] = [
        *((f"/shifts/{i}/user_id", shift.user_id) for i, shift in enumerate(wanted.shifts)),
        *((f"/exceptions/{i}/user_id", one.user_id) for i, one in enumerate(wanted.exceptions)),
        ("/otherwise", wanted.otherwise),
    ]
    ids = [user for _, user in named if user is not None]
    known = {row["id"] for row in await db.fetch(KNOWN, ids)}
    problems = [
        Problem("unknown_user", f"There is no user {user}.", path)
        for path, user in named
        if user is not None and user not in known
    ]
    if problems:
        raise Invalid.of(*problems)
