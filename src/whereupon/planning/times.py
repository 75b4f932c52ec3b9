"""“When”: at once, so long after, so long before or after a date of the record, or by the clock.

2 minutes after · 14 days before Starts on · 30 days overdue · every Monday at 08:00
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from whereupon.modules.catalog import Field, Module
from whereupon.planning.conditions import Unsayable
from whereupon.planning.words import Unclear, called, choose, fields_by_name, folded, listed

AT_ONCE = ("", "at once", "immediately", "straight away", "right away")
UNITS = {
    "minute": "minutes", "minutes": "minutes", "min": "minutes", "hour": "hours", "hours": "hours",
    "day": "days", "days": "days", "working day": "working_days", "working days": "working_days",
    "week": "weeks", "weeks": "weeks", "month": "months", "months": "months",
}  # fmt: skip
UNIT = "|".join(sorted(UNITS, key=len, reverse=True))
AFTER = re.compile(rf"(\d{{1,5}})\s*({UNIT})\s+(?:after|later)", re.IGNORECASE)
AT = r"(?:\s+at\s+(\d{1,2}):(\d\d))?"
OF_DATE = re.compile(rf"(\d{{1,5}})\s*({UNIT})\s+(before|after)\s+(?:the\s+)?(.+?){AT}", re.IGNORECASE)
ON_DATE = re.compile(rf"on\s+(?:the\s+)?(.+?){AT}", re.IGNORECASE)
OVERDUE = re.compile(rf"(\d{{1,5}})\s*({UNIT})\s+(?:overdue|past\s+due){AT}", re.IGNORECASE)
WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
EVERY = re.compile(
    rf"every\s+(day|hour|working\s+day|month\s+on\s+day\s+(\d{{1,2}})|{'|'.join(WEEKDAYS)}){AT}",
    re.IGNORECASE,
)
CRON = re.compile(r"cron\s+(\S+(?:\s+\S+){4})", re.IGNORECASE)
DATES = ("date", "datetime")


@dataclass(frozen=True, slots=True)
class Time:
    """At most one of these: a wait after the update, or a trigger of its own."""

    wait: dict[str, Any] | None = None
    trigger: dict[str, Any] | None = None


def read_time(text: str, module: Module) -> Time:
    """Raises Unclear."""
    said = re.sub(r"\s+", " ", text).strip().rstrip(".")
    if folded(said) in AT_ONCE:
        return Time()
    if found := AFTER.fullmatch(said):
        return Time(wait={"duration": {"amount": int(found[1]), "unit": UNITS[folded(found[2])]}})
    if found := OVERDUE.fullmatch(said):
        return of_date(due_field(module), int(found[1]), found[2], found[3], found[4])
    if found := CRON.fullmatch(said):
        return Time(trigger={"trigger": "schedule", "cron": found[1]})
    if found := EVERY.fullmatch(said):
        return Time(trigger={"trigger": "schedule", "cron": cron_of(found)})
    if found := OF_DATE.fullmatch(said):
        sign = -1 if folded(found[3]) == "before" else 1
        return of_date(
            date_called(found[4], module, said), sign * int(found[1]), found[2], found[5], found[6]
        )
    if found := ON_DATE.fullmatch(said):
        return of_date(date_called(found[1], module, said), 0, "days", found[2], found[3])
    raise unclear(said, module)


def of_date(field: Field, amount: int, unit: str, hour: str | None, minute: str | None) -> Time:
    trigger: dict[str, Any] = {"trigger": "date_reached", "field": field.key, "amount": amount,
                               "unit": UNITS[folded(unit)]}  # fmt: skip
    if hour is not None:
        trigger["time_of_day"] = clock(hour, minute)
    return Time(trigger=trigger)


def clock(hour: str, minute: str | None) -> str:
    if int(hour) > 23 or int(minute or 0) > 59:
        raise Unclear(f"{hour}:{minute} is no time of day.", "Write it from 00:00 to 23:59.")
    return f"{int(hour):02}:{minute}"


def cron_of(found: re.Match[str]) -> str:
    """
    >>> cron_of(EVERY.fullmatch("every Monday at 8:30")), cron_of(EVERY.fullmatch("every hour"))
    ('30 8 * * 1', '0 * * * *')
    """
    what = folded(found[1])
    if what == "hour":
        return "0 * * * *"
    hour, minute = found[3], found[4]
    if hour is None:
        raise Unclear(
            f"“{found[0]}” does not say at what time.", f"“{found[0]} at 08:00”?", f"{found[0]} at 08:00"
        )
    at = f"{int(clock(hour, minute)[3:])} {int(hour)}"
    if what == "day":
        return f"{at} * * *"
    if what == "working day":
        return f"{at} * * 1-5"
    if found[2]:
        if not 1 <= int(found[2]) <= 31:
            raise Unclear(f"A month has no day {found[2]}.")
        return f"{at} {int(found[2])} * *"
    return f"{at} * * {WEEKDAYS.index(what)}"


def dates_of(module: Module) -> list[Field]:
    return [field for field in module.fields.values() if field.type in DATES]


def date_called(name: str, module: Module, said: str) -> Field:
    """Raises Unclear with the whole cell as it could be."""
    names = {n: f for n, f in fields_by_name(module).items() if f.type in DATES}
    if found := names.get(folded(name)):
        return found
    own = [field for field in dates_of(module) if not field.system] or dates_of(module)
    try:
        choose(name, names, "date")
        near = None
    except Unclear as error:
        near = next((f for f in own if error.suggestion and folded(f.label) in error.suggestion), None)
    near = near or (own[0] if len(own) == 1 else None)
    told = f"“{name}” is no date of {module.label}."
    if near is None:
        raise Unclear(told, f"Its dates: {listed(field.label for field in own) or 'none'}.")
    instead = re.sub(
        rf"(?:the\s+)?{re.escape(name)}", lambda _: called(near, fields_by_name(module)), said, count=1
    )
    raise Unclear(told, f"“{instead}”?", instead)


def due_field(module: Module) -> Field:
    """The one date that something is due. Raises Unclear."""
    due = [
        field for field in dates_of(module) if "due" in folded(f"{field.key.replace('_', ' ')} {field.label}")
    ]
    if len(due) == 1:
        return due[0]
    dates = listed(field.label for field in dates_of(module) if not field.system) or "none"
    raise Unclear(f"{module.label} has no single due date.", f"Say after which date; its dates: {dates}.")


def unclear(said: str, module: Module) -> Unclear:
    """What could be meant: a number and a unit without a side, or words alone."""
    found = re.match(rf"(\d{{1,5}})\s*({UNIT})\b", said, re.IGNORECASE)
    if found:
        own = [field for field in dates_of(module) if not field.system]
        if own and re.search(r"before|prior|ahead|start|until", said, re.IGNORECASE):
            instead = f"{found[1]} {found[2]} before {called(own[0], fields_by_name(module))}"
            return Unclear(f"“{said}” is not said exactly.", f"“{instead}”?", instead)
        instead = f"{found[1]} {found[2]} after"
        return Unclear(f"“{said}” does not say before or after what.", f"“{instead}”?", instead)
    return Unclear(
        f"“{said}” is no time.",
        "Like these: at once; 2 minutes after; 14 days before Starts on; 30 days overdue; every day at 08:00",
    )


# The other way -------------------------------------------------------------------------------------


def write_wait(duration: Any) -> str:
    """Raises Unsayable."""
    match duration:
        case {"amount": int(amount), **rest} if rest.keys() <= {"unit"} and 0 <= amount <= 99_999:
            return f"{amount} {unit_words(rest.get('unit', 'days'), amount)} after"
        case _:
            raise Unsayable("it waits in a way that the sheet has no words for")


def unit_words(unit: str, amount: int) -> str:
    found = [word for word, key in UNITS.items() if key == unit and word != "min"]
    if not found:
        raise Unsayable(f"the sheet has no word for {unit}")
    return found[0] if amount == 1 else found[1]


def write_trigger(trigger: dict[str, Any], module: Module) -> str:
    """Of a date or a schedule. Raises Unsayable."""
    match trigger:
        case {"trigger": "schedule", "cron": str(cron), **rest} if not rest:
            return f"cron {' '.join(cron.split())}" if (words := cron_words(cron)) is None else words
        case {"trigger": "date_reached", "field": str(key), **rest} if rest.keys() <= {
            "amount",
            "unit",
            "time_of_day",
        }:
            if key not in module.fields:
                raise Unsayable("it counts from a date that is not there")
            name = called(module.fields[key], fields_by_name(module))
            amount, unit = rest.get("amount", 0), rest.get("unit", "days")
            at = f" at {rest['time_of_day']}" if rest.get("time_of_day") else ""
            if amount == 0:
                return f"on {name}{at}"
            side = "before" if amount < 0 else "after"
            return f"{abs(amount)} {unit_words(unit, abs(amount))} {side} {name}{at}"
        case _:
            raise Unsayable("it starts in a way that the sheet has no words for")


def cron_words(cron: str) -> str | None:
    """Words that are read back as this very text; None: there are none."""
    fields = cron.split()
    if cron == "0 * * * *":
        return "every hour"
    if len(fields) != 5 or not (fields[0].isdigit() and fields[1].isdigit()):
        return None
    at = f"at {int(fields[1]):02}:{int(fields[0]):02}"
    match fields[2:]:
        case ["*", "*", "*"]:
            words = f"every day {at}"
        case ["*", "*", "1-5"]:
            words = f"every working day {at}"
        case ["*", "*", day] if day.isdigit() and int(day) < 7:
            words = f"every {WEEKDAYS[int(day)].capitalize()} {at}"
        case [day, "*", "*"] if day.isdigit():
            words = f"every month on day {day} {at}"
        case _:
            return None
    found = EVERY.fullmatch(words)
    return words if found and cron_of(found) == cron else None
