"""D9: lets a run wait: so long, until a date, a time of day, working time, a condition, or a signal.

Waits live in the database and its clock ends them, so they survive restarts and cost nothing
meanwhile. On waking the record is read again; "only if" asks once more whether to go on (rule 13).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

import asyncpg
from pydantic import ConfigDict, Field, model_validator

from whereupon.conditions.compile import check_condition, compile_condition, fields_read
from whereupon.conditions.explain import label_of
from whereupon.conditions.paths import compile_path
from whereupon.conditions.tree import Condition
from whereupon.conditions.values import JSON, TEXT, Kind, Scope, ValueType, literal
from whereupon.conditions.words import condition_words
from whereupon.errors import Invalid, Problem
from whereupon.sdk.block import Batch, Block, Config, RunView
from whereupon.sdk.fields import TIME_UNITS, Shown, When, one_of
from whereupon.sdk.outcomes import Done, Outcome, Wait
from whereupon.sdk.working_time import LANDINGS, Landing, landed, shifted

Unit = Literal["seconds", "minutes", "hours", "days", "working_days", "weeks", "months"]
UNITS = TIME_UNITS | {"working_days": "working days"}
SHORT = ("seconds", "minutes", "hours")  # these go by the clock of physics, longer ones by local time
RECHECK = "interval '10 minutes'"  # what a change of the record does not tell is looked at again this often
SELDOM = "interval '1 day'"  # and this often what it does tell, unless a program changes it past us
# Whoever begins to wait for its record looks once more when that is committed: a change that was matched
# between the first look and the commit found nobody to wake.
AGAIN = "interval '1 second'"
# When to wake. "infinity" and the year 20000 are later than anybody waits, and are no times to Python.
UNTIL = """(SELECT CASE WHEN x.at IS NOT NULL THEN
  least(greatest(x.at, '0002-01-01Z'::timestamptz), '9998-12-31Z'::timestamptz) END
  FROM (SELECT ({})::timestamptz AS at OFFSET 0) x)"""
# What asks for other records, or for the time.
BEYOND = re.compile(r"\bselect\b|\bnow\(|_timestamp\b|\bcurrent_|\blocaltime", re.IGNORECASE)
KINDS = ("duration", "until_field", "time_of_day", "working", "condition", "signal")
SHOWN_KINDS = {
    "For a time": ["duration"],
    "Until a date of the record": ["until_field", "offset"],
    "Until a time of day": ["time_of_day"],
    "Until working time": ["working"],
    "Until a condition holds": ["condition"],
    "Until a signal comes": ["signal"],
}
WORKING = {
    "working_hours": "Until somebody works; at once in working hours",
    "next_working_day": "Until the next working day begins",
}
TIMED: list[When] = [{"duration": True}, {"until_field": True}, {"time_of_day": True}]


class Duration(Config):
    """A length of time; negative is before."""

    model_config = ConfigDict(json_schema_extra={"x-widget": "duration"})

    amount: int = Field(ge=-100_000, le=100_000, title="How many")
    unit: Annotated[Unit, Shown(labels=UNITS)] = Field("days", title="Of what")


class WaitConfig(Config):
    """Exactly one of: duration, until_field, time_of_day, working, condition, signal."""

    model_config = ConfigDict(json_schema_extra=one_of(SHOWN_KINDS))

    duration: Duration | None = Field(None, title="How long", description="So long from now.")
    until_field: Annotated[str | None, Shown("path", types=["date", "datetime"])] = Field(
        None, title="Date", description="Until this date of the record, shifted by the offset."
    )
    offset: Annotated[Duration | None, Shown(when={"until_field": True})] = Field(
        None, title="Before or after it", description="With until_field: before (negative) or after it."
    )
    time_of_day: Annotated[str | None, Shown("time")] = Field(
        None,
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        title="Time of day",
        description="Until it is next this time, local to the workflow.",
    )
    working: Annotated[Literal["working_hours", "next_working_day"] | None, Shown(labels=WORKING)] = Field(
        None, title="Working time", description="By the organisation's working hours and holidays."
    )
    lands: Annotated[Landing, Shown(labels=LANDINGS, when=TIMED)] = Field(
        "any",
        title="If nobody works then",
        description="By the organisation's working hours and holidays.",
    )
    condition: Annotated[Condition | None, Shown("condition")] = Field(
        None, title="Until", description="Until this holds for the record."
    )
    signal: Annotated[str | None, Shown("key")] = Field(
        None,
        pattern=r"^[a-z][a-z0-9_]{0,60}$",
        title="Name of the signal",
        description="Until a signal of this name comes.",
    )
    time_limit: Annotated[Duration | None, Shown(when=[{"condition": True}, {"signal": True}])] = Field(
        None, title="At most", description="For a condition or a signal: leave by “timeout” after this."
    )
    only_if: Annotated[Condition | None, Shown("condition", advanced=True)] = Field(
        None,
        title="Go on only if",
        description="On waking: go on only if this holds, else leave by “no_longer”.",
    )

    @model_validator(mode="after")
    def one_kind(self) -> WaitConfig:
        if sum(getattr(self, kind) is not None for kind in KINDS) != 1:
            raise ValueError(f"choose exactly one of {', '.join(KINDS)}")
        if self.duration is not None and self.duration.amount < 0:
            raise ValueError("a wait cannot be negative")
        if self.offset and self.until_field is None:
            raise ValueError("offset goes with until_field")
        if self.time_limit and self.condition is None and self.signal is None:
            raise ValueError("time_limit goes with condition or signal")
        if self.lands != "any" and not (self.duration or self.until_field or self.time_of_day):
            raise ValueError("lands goes with duration, until_field or time_of_day")
        return self


class WaitBlock(Block[WaitConfig]):
    """Pauses the run."""

    key = "wait"
    label = "Wait"
    group = "Time"
    icon = "clock-pause"
    description = (
        "Pauses the run: for a time, until a date, a time of day, working time, a condition or a signal."
    )
    Config = WaitConfig
    outputs: ClassVar = {"ended_by": TEXT}
    waits = True
    port_labels: ClassVar = {"timeout": "Time is up", "no_longer": "No longer"}
    examples = (
        {"duration": {"amount": 2, "unit": "minutes"}},
        {"until_field": "due_date", "offset": {"amount": -14, "unit": "days"}},
        {"duration": {"amount": 3, "unit": "working_days"}},
        {"time_of_day": "08:00", "lands": "next_working_day"},
        {"working": "working_hours"},
        {
            "condition": {"field": "status", "operator": "equals", "value": "done"},
            "time_limit": {"amount": 30},
        },
    )

    def outputs_of(self, config: WaitConfig) -> Mapping[str, ValueType]:
        """A signal may bring values along."""
        return {**self.outputs, "values": JSON} if config.signal else self.outputs

    def ports(self, config: WaitConfig) -> tuple[str, ...]:
        timeout = ("timeout",) if config.time_limit else ()
        return ("next", *timeout, *(("no_longer",) if config.only_if is not None else ()))

    def check(self, config: WaitConfig, scope: Scope) -> list[Problem]:
        found = [
            problem
            for name, condition in (("condition", config.condition), ("only_if", config.only_if))
            if condition is not None
            for problem in check_condition(condition, scope, f"/{name}")
        ]
        return found + (_check_date(config.until_field, scope) if config.until_field else [])

    def describe(self, config: WaitConfig, scope: Scope) -> str:
        limit = f", at most {duration_words(config.time_limit)}" if config.time_limit else ""
        lands = LANDING_WORDS[config.lands]
        if config.duration is not None:
            return f"Wait {duration_words(config.duration)}{lands}"
        if config.until_field is not None:
            return f"Wait until {_shift_words(config.offset)}{label_of(config.until_field, scope)}{lands}"
        if config.time_of_day is not None:
            return f"Wait until it is {config.time_of_day}{lands}"
        if config.working is not None:
            return WORKING_WORDS[config.working]
        if config.condition is not None:
            return f"Wait until {condition_words(config.condition, scope)}{limit}"
        return f"Wait for the signal {config.signal}{limit}"

    def reads(self, config: WaitConfig, scope: Scope) -> frozenset[str]:
        conditions = [c for c in (config.condition, config.only_if) if c is not None]
        dates = [compile_path(config.until_field, scope).reads] if config.until_field else []
        return frozenset[str]().union(*(fields_read(c, scope) for c in conditions), *dates)

    async def run_batch(self, config: WaitConfig, batch: Batch) -> list[Outcome]:
        rows = await batch.rows(
            batch.place.once("columns", lambda: _first_columns(config, batch.place.scope))
        )
        return [_first_look(config, rows[run.id]) for run in batch.runs]

    async def wake_batch(self, config: WaitConfig, batch: Batch) -> list[Outcome]:
        rows = await batch.rows(batch.place.once("wake", lambda: _wake_columns(config, batch.place.scope)))
        return [_wake(config, run, rows[run.id]) for run in batch.runs]

    async def skip_batch(self, config: WaitConfig, batch: Batch) -> list[Outcome]:
        return await _skipped(config, batch)


async def _skipped(config: WaitConfig, batch: Batch) -> list[Outcome]:
    """In a test the wait has ended as it should; "only if" is asked of the record as it is now."""
    ended_by = "condition" if config.condition is not None else "signal" if config.signal else "time"
    rows = await batch.rows({"only_if": _only_if_sql(config, batch.place.scope)})
    more: Mapping[str, Any] = {"values": {}} if config.signal else {}
    return [_leave(rows[run.id], ended_by, more) for run in batch.runs]


def _only_if_sql(config: WaitConfig, scope: Scope) -> str:
    if config.only_if is None:
        return "true"
    return f"({compile_condition(config.only_if, scope)}) IS TRUE"


LANDING_WORDS = {
    "any": "",
    "next_working_day": ", or else the next working day",
    "previous_working_day": ", or else the working day before",
    "working_hours": ", then until somebody works",
}
WORKING_WORDS = {
    "working_hours": "Wait until somebody works",
    "next_working_day": "Wait until the next working day begins",
}


def duration_words(duration: Duration) -> str:
    """
    >>> duration_words(Duration(amount=1)), duration_words(Duration(amount=3, unit="hours"))
    ('1 day', '3 hours')
    """
    amount, unit = abs(duration.amount), UNITS[duration.unit]
    return f"{amount:,} {unit.removesuffix('s') if amount == 1 else unit}"


def _shift_words(offset: Duration | None) -> str:
    if offset is None or offset.amount == 0:
        return ""
    return f"{duration_words(offset)} {'before' if offset.amount < 0 else 'after'} "


def _check_date(path: str, scope: Scope) -> list[Problem]:
    try:
        compiled = compile_path(path, scope)
    except Invalid as error:
        return [problem.under("/until_field") for problem in error.problems]
    if compiled.type.kind not in (Kind.DATE, Kind.DATETIME):
        message = f'"{path}" is {compiled.type.noun}, not a date.'
        return [Problem("wrong_type", message, "/until_field", "Choose a date field.")]
    return []


def _columns(config: WaitConfig, scope: Scope) -> dict[str, str]:
    """`until`: when to wake; `held`: whether there is nothing to wait for; `now`; `recheck`."""
    held, often = "false", RECHECK
    if config.condition is not None:
        condition = compile_condition(config.condition, scope)
        held, often = f"({condition}) IS TRUE", RECHECK if BEYOND.search(condition) else SELDOM
    return {
        "until": UNTIL.format(_until_sql(config, scope)),
        "held": held,
        "now": "clock_timestamp()",
        "recheck": f"clock_timestamp() + {often}",
        "again": f"clock_timestamp() + {AGAIN}",
    }


def _first_columns(config: WaitConfig, scope: Scope) -> dict[str, str]:
    """With the last signal so far (`told`): by number, for clocks are set back."""
    last = "(SELECT coalesce(max(s.id), 0) FROM whereupon.signals s WHERE s.run_id = r.id)"
    return _columns(config, scope) | {"told": last if config.signal else "0::bigint"}


def _until_sql(config: WaitConfig, scope: Scope) -> str:
    zone = scope.time_zone
    now = f"(clock_timestamp() AT TIME ZONE {literal(zone)})"
    if config.duration:
        return _after(config.duration, config.lands, "clock_timestamp()", zone)
    if config.until_field:
        return _date_sql(config, scope)
    if config.time_of_day:
        today = f"({now}::date + time '{config.time_of_day}')"
        coming = f"(CASE WHEN {today} > {now} THEN {today} ELSE {today} + interval '1 day' END)"
        return landed(coming, config.lands, zone)
    if config.working == "working_hours":
        return "whereupon.working_moment(clock_timestamp())"
    if config.working == "next_working_day":
        return landed(f"whereupon.working_day({now}::date, 1)::timestamp", "working_hours", zone)
    return _after(config.time_limit, "any", "clock_timestamp()", zone) if config.time_limit else "NULL"


def _after(duration: Duration, lands: Landing, moment: str, zone: str) -> str:
    """So long after a moment. "1 day" is the same hour tomorrow also when the clocks change tonight."""
    if duration.unit in SHORT:
        later = f"({moment} + interval '{duration.amount} {duration.unit}')"
        return later if lands == "any" else landed(f"({later} AT TIME ZONE {literal(zone)})", lands, zone)
    local = f"({moment} AT TIME ZONE {literal(zone)})"
    return landed(shifted(local, duration.amount, duration.unit), lands, zone)


def _date_sql(config: WaitConfig, scope: Scope) -> str:
    compiled = compile_path(config.until_field or "", scope)
    offset = config.offset or Duration(amount=0, unit="days")
    if compiled.type.kind is Kind.DATE:
        local = f"({compiled.sql})::timestamp"
        return landed(shifted(local, offset.amount, offset.unit), config.lands, scope.time_zone)
    return _after(offset, config.lands, f"({compiled.sql})", scope.time_zone)


def _wake_columns(config: WaitConfig, scope: Scope) -> dict[str, str]:
    columns = _columns(config, scope)
    only_if, signal = _only_if_sql(config, scope), "NULL::jsonb"
    if config.signal:
        signal = (
            f"(SELECT s.payload FROM whereupon.signals s WHERE s.run_id = r.id "
            f"AND s.name = '{config.signal}' "
            "AND s.id > coalesce((r.waiting #>> '{memo,after}')::bigint, 0) ORDER BY s.id LIMIT 1)"
        )
    until = columns["until"] if config.until_field else "NULL::timestamptz"
    return columns | {
        "only_if": only_if, "signal": signal, "until": until, "moved": _moved_sql(config, scope),
    }  # fmt: skip


def _moved_sql(config: WaitConfig, scope: Scope) -> str:
    """When the wait ends, should nobody work any more at its noted end: a holiday may have been added."""
    lands = "working_hours" if config.working else config.lands
    if lands not in ("next_working_day", "working_hours"):
        return "NULL::timestamptz"
    noted = f"((r.waiting #>> '{{memo,limit}}')::timestamptz AT TIME ZONE {literal(scope.time_zone)})"
    return landed(noted, lands, scope.time_zone)


def _first_look(config: WaitConfig, row: asyncpg.Record) -> Outcome:
    until: datetime | None = row["until"]
    memo = {"limit": _iso(until)}
    if row["held"]:
        return Done("next", {"ended_by": "condition"})
    if config.condition is not None:
        return Wait(_earlier(until, row["again"]), True, memo, {"until": _iso(until)})
    if config.signal is not None:
        memo |= {"after": row["told"]}
        return Wait(until, False, memo, {"signal": config.signal, "until": _iso(until)})
    if until is None or until <= row["now"]:
        return Done("next", {"ended_by": "no date" if until is None else "time"}, {"until": _iso(until)})
    found = _wait_for(config, until, row, {"until": _iso(until)})
    if found.on_change:
        found.until = _earlier(until, row["again"])
    return found


def _wait_for(
    config: WaitConfig, until: datetime, row: asyncpg.Record, given: dict[str, str | None] | None = None
) -> Wait:
    """Until a time. A date may be moved: the record's own tells, one of a linked record is looked at."""
    linked = config.until_field is not None and "." in config.until_field
    wake = _earlier(until, row["recheck"]) if linked else until
    return Wait(wake, config.until_field is not None, {"limit": _iso(until)}, given or {})


def _wake(config: WaitConfig, run: RunView, row: asyncpg.Record) -> Outcome:
    limit = _limit(config, run, row)
    is_over = limit is not None and limit <= row["now"]
    if row["signal"] is not None:
        return _leave(row, "signal", {"values": row["signal"]})
    if row["held"]:
        return _leave(row, "condition")
    if config.condition is not None or config.signal is not None:
        if is_over:
            return Done("timeout", {"ended_by": "timeout"})
        until = _earlier(limit, row["recheck"]) if config.condition is not None else limit
        return Wait(until, config.condition is not None, {**(run.memo or {}), "limit": _iso(limit)})
    if limit is not None and not is_over:
        return _wait_for(config, limit, row)
    return _leave(row, "time")


def _limit(config: WaitConfig, run: RunView, row: asyncpg.Record) -> datetime | None:
    """When the wait ends at the latest. A date of the record, or the calendar, may have moved meanwhile."""
    if config.until_field is not None:
        return row["until"]
    noted = (run.memo or {}).get("limit")
    return row["moved"] or (datetime.fromisoformat(noted) if noted else None)


def _leave(row: asyncpg.Record, ended_by: str, more: Mapping[str, Any] | None = None) -> Outcome:
    return Done("next" if row["only_if"] else "no_longer", {"ended_by": ended_by, **(more or {})})


def _earlier(one: datetime | None, other: datetime) -> datetime:
    return min(one, other) if one is not None else other


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
