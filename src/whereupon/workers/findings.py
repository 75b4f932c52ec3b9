"""What is wrong now with what happens by itself, in sentences: what it means, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Level = Literal["ok", "warning", "down"]
LATE_SECONDS = 60  # a schedule that starts later than that is late
STUCK_SECONDS = 300  # work that has been due for so long waits for something
STOPPED_SECONDS = 120  # a clock looks every two seconds, and is told of every fifteen


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a person should look at."""

    level: Level
    code: str
    message: str
    suggestion: str | None = None


STUCK = {
    "run_seconds": ("runs_stuck", "A run has been due for {}."),
    "change_seconds": ("changes_stuck", "A change has been waiting to be looked at for {}."),
    "message_seconds": ("messages_stuck", "A message has been waiting to go out for {}."),
    "call_seconds": ("calls_stuck", "A call to another system has been waiting for {}."),
    "date_seconds": ("dates_stuck", "A date that starts a workflow has been due for {}."),
}
DECIDE = {
    "messages_held": (
        "One message is held until somebody releases or discards it.",
        "{} messages are held until somebody releases or discards them.",
    ),
    "messages_uncertain": (
        "Of one message nobody knows whether it went out.",
        "Of {} messages nobody knows whether they went out.",
    ),
}
START_ONE = "Start one: “whereupon serve” brings its own, “whereupon worker” adds one."


def findings_of(
    figures: Mapping[str, float],
    oldest: Mapping[str, float | None],
    clock: Mapping[str, Any],
    circuits: Sequence[str] = (),
) -> Iterator[Finding]:
    """What is wrong now, the worst first.

    >>> well = {"workers": 1, "schedule_lag_seconds": 0, "messages_held": 0, "messages_uncertain": 0}
    >>> [one.code for one in findings_of(well | {"workers": 0}, {}, {})]
    ['no_worker']
    >>> [one.message for one in findings_of(well | {"messages_uncertain": 1}, {}, {})]
    ['Of one message nobody knows whether it went out.']
    """
    if not figures["workers"]:
        yield _no_worker(clock)
    elif (quiet := _seconds_since(clock, "last_tick_at")) is not None and quiet > STOPPED_SECONDS:
        told = f"No worker has looked at the schedules for {duration(quiet)}, so no schedule starts."
        yield Finding("down", "clock_stopped", told, "Start the workers again; their log says why.")
    if figures["schedule_lag_seconds"] > LATE_SECONDS:
        told = f"A schedule is {duration(figures['schedule_lag_seconds'])} late."
        yield Finding("warning", "schedule_late", told, "It starts as soon as a worker gets to it.")
    for name, (code, sentence) in STUCK.items():
        seconds = oldest.get(name) or 0
        if seconds > STUCK_SECONDS:
            yield Finding("warning", code, sentence.format(duration(seconds)), "The worker's log says more.")
    if circuits:
        some = ", ".join(circuits[:3]) + (f" and {len(circuits) - 3} more" if len(circuits) > 3 else "")
        yield Finding(
            "warning", "circuits_open", f"Calls to {some} are held back, because they failed several times.",
            "They are tried again by themselves. Look whether the other side works.",
        )  # fmt: skip
    for name, (one, many) in DECIDE.items():
        if figures[name]:
            told = one if figures[name] == 1 else many.format(f"{figures[name]:,}")
            yield Finding("warning", name, told, "Look under Messages.")


def _no_worker(clock: Mapping[str, Any]) -> Finding:
    """Those that end in order are taken off the list; one that was killed stays on it for a while."""
    quiet = _seconds_since(clock, "last_beat_at")
    seen = f"No worker has been seen for {duration(quiet)}" if quiet is not None else "No worker is there"
    told = f"{seen}: no workflow runs, no schedule starts, and no message goes out."
    return Finding("down", "no_worker", told, START_ONE)


def _seconds_since(clock: Mapping[str, Any], name: str) -> float | None:
    then: datetime | None = clock.get(name)
    return (clock["now"] - then).total_seconds() if then is not None else None


def duration(seconds: float) -> str:
    """
    >>> duration(40), duration(60), duration(7_300), duration(200_000)
    ('40 seconds', '1 minute', '2 hours', '2 days')
    """
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{int(seconds)} seconds"


def worst(findings: Sequence[Finding]) -> Level:
    """The level of the whole."""
    levels = {one.level for one in findings}
    return "down" if "down" in levels else "warning" if "warning" in levels else "ok"
