"""B6: a workflow starts so long before or after a date of the record.

Each record's date is one row that becomes due (rule 22): moving the date moves it, an empty date has
none, and a row that fell due while the program was down starts late rather than never.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from whereupon.conditions.paths import compile_path
from whereupon.conditions.values import Compiled, Kind, Scope, literal
from whereupon.errors import Invalid, Problem
from whereupon.sdk.block import Config
from whereupon.sdk.fields import Shown
from whereupon.sdk.trigger import Trigger
from whereupon.sdk.working_time import LANDINGS, WORKING_DAYS, Landing, landed, shifted

UNITS = {
    "minutes": "minutes", "hours": "hours", "days": "days", "working_days": "working days", "weeks": "weeks",
    "months": "months",
}  # fmt: skip
PASSED = {"skip": "Leave them", "run": "Start for them too"}


class DateConfig(Config):
    """Which date, and how long before (negative) or after it."""

    field: Annotated[str, Shown("field", types=["date", "datetime"])] = Field(
        title="Date", description="A date field of the record."
    )
    amount: int = Field(
        0,
        ge=-100_000,
        le=100_000,
        title="How long before or after it",
        description="Negative: before the date.",
    )
    unit: Annotated[
        Literal["minutes", "hours", "days", "working_days", "weeks", "months"], Shown(labels=UNITS)
    ] = Field("days", title="Of what")
    time_of_day: Annotated[str | None, Shown("time")] = Field(
        None,
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        title="At",
        description="Local time; none: midnight, or the date's own time.",
    )
    lands: Annotated[Landing, Shown(labels=LANDINGS)] = Field(
        "any",
        title="If nobody works then",
        description="By the organisation's working hours and holidays.",
    )
    passed: Annotated[Literal["skip", "run"], Shown(labels=PASSED)] = Field(
        "skip",
        title="Records whose time has passed already",
        description="What to do on activation, unless whoever activates it says otherwise.",
    )
    late_hours: Annotated[int | None, Shown(advanced=True)] = Field(
        None,
        ge=1,
        le=87_600,
        title="At most so many hours late",
        description="Later than that it does not start; none: always.",
    )

    def source(self, scope: Scope) -> Compiled:
        """The date that is counted from. Raises Invalid."""
        return compile_path(self.field, scope)


class DateReached(Trigger[DateConfig]):
    """One start per record and date value."""

    key = "date_reached"
    label = "A date comes near"
    description = "Starts so long before or after a date of the record."
    Config = DateConfig
    scheduled = True
    examples = (
        {"field": "due_date", "amount": 30},
        {"field": "due_date", "amount": -14, "time_of_day": "08:00"},
        {"field": "due_date", "amount": -3, "unit": "working_days", "time_of_day": "09:00"},
    )

    def check(self, config: DateConfig, scope: Scope) -> list[Problem]:
        if scope.module is None:
            return [Problem("missing", "A date needs a module.", "/field", "Choose the workflow's module.")]
        try:
            found = compile_path(config.field, scope)
        except Invalid as error:
            return [problem.under("/field") for problem in error.problems]
        if found.type.kind not in (Kind.DATE, Kind.DATETIME) or "." in config.field:
            message = f'"{config.field}" is no date field of {scope.module.label}.'
            return [Problem("wrong_type", message, "/field", "Choose a date field of the record itself.")]
        return []

    def reads(self, config: DateConfig, scope: Scope) -> frozenset[str]:
        return compile_path(config.field, scope).reads

    def sentence(self, config: DateConfig, scope: Scope) -> str:
        field = scope.module.fields.get(config.field) if scope.module else None
        name = field.label if field else config.field
        at = f", at {config.time_of_day}" if config.time_of_day else ""
        lands = f", or else {LANDING_WORDS[config.lands]}" if config.lands != "any" else ""
        if config.amount == 0:
            return f"{name} is reached{at}{lands}"
        side = "before" if config.amount < 0 else "after"
        return f"it is {_so_long(config)} {side} {name}{at}{lands}"


LANDING_WORDS = {
    "next_working_day": "the next working day",
    "previous_working_day": "the working day before",
    "working_hours": "when work begins",
}


def _so_long(config: DateConfig) -> str:
    """
    >>> _so_long(DateConfig(field="due_date", amount=-1, unit="working_days"))
    '1 working day'
    """
    amount, unit = abs(config.amount), UNITS[config.unit]
    return f"{amount:,} {unit.removesuffix('s') if amount == 1 else unit}"


def date_sql(config: DateConfig, scope: Scope) -> str:
    """SQL timestamptz of the record's date itself, as the key of its row: the same in every time zone."""
    found = config.source(scope)
    if found.type.kind is Kind.DATE:
        return f"(({found.sql})::timestamp AT TIME ZONE 'UTC')"
    return f"({found.sql})"


DAYS = {"minutes": 1 / 1440, "hours": 1 / 24, "days": 1, "working_days": 3, "weeks": 7, "months": 31}
FIRST_YEAR, LAST_YEAR = 2, 9998


def countable_sql(config: DateConfig, scope: Scope) -> str:
    """SQL boolean: there is a date, and what is counted from it is a time that calendars have.

    "infinity" has none, nor has the year 90000: one record must not stop the dates of all the others.
    """
    years = int(abs(config.amount) * DAYS[config.unit] / 365) + 1
    first = FIRST_YEAR + (years if config.amount < 0 else 0)
    last = LAST_YEAR - (years if config.amount > 0 else 0)
    if first > last:
        return "false"
    found = config.source(scope).sql
    return (
        f"CASE WHEN isfinite({found}) THEN {found} BETWEEN '{first:04}-01-01' AND '{last:04}-12-31' "
        "ELSE false END"
    )


def due_sql(config: DateConfig, scope: Scope) -> str:
    """SQL timestamptz of when it is due. Days and longer are counted in local time (rule 20)."""
    found = config.source(scope)
    is_date = found.type.kind is Kind.DATE
    zone = literal(scope.time_zone)
    local = f"({found.sql})::timestamp" if is_date else f"(({found.sql}) AT TIME ZONE {zone})"
    if (
        config.unit in ("minutes", "hours")
        and not is_date
        and not config.time_of_day
        and config.lands == "any"
    ):
        # So long by the clock of physics, also through the night in which the clocks change.
        return f"(({found.sql}) + interval '{config.amount} {config.unit}')"
    local = shifted(local, config.amount, config.unit)
    if config.time_of_day:
        local = f"(({local})::date + time '{config.time_of_day}')"
    return landed(local, config.lands, scope.time_zone)


def counts_working_time(config: DateConfig) -> bool:
    """Whether other working hours or holidays move what is due."""
    return config.unit == WORKING_DAYS or config.lands != "any"
