"""The demonstration as people read it: what was done, what came of it, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from whereupon.packs.scenarios import Result
from whereupon.packs.why import Why

WIDTH = 118  # where nobody watches


def show(results: Sequence[Result], seconds: float, console: Console | None = None) -> None:
    """A panel per scenario, then one table of all."""
    out = console or Console(highlight=False)
    if not out.is_terminal:
        out.width = max(out.width, WIDTH)
    for result in results:
        out.print(panel(result))
    out.print(summary(results))
    passed = sum(result.passed for result in results)
    style = "bold green" if passed == len(results) else "bold red"
    out.print(
        Text(f"{passed} of {len(results)} scenarios came out as promised, in {seconds:.1f} seconds.", style)
    )


def panel(result: Result) -> Panel:
    """One scenario: the day, what came of it, why, and what was wrong."""
    mark, style = ("✓", "green") if result.passed else ("✗", "red")
    parts: list[RenderableType] = [
        section("What was done", [Text(f"• {event}") for event in result.events]),
        section("What came of it", [Text(f"• {line}") for line in effects(result)] or [Text("Nothing.")]),
        section("Why", [reason(found) for found in result.whys]),
    ]
    if result.problems:
        parts.append(section("Wrong", [Text(f"• {problem}", "red") for problem in result.problems]))
    title = Text(f"{mark} {result.scenario.number}. {result.scenario.name}", f"bold {style}")
    return Panel(Group(*parts), title=title, title_align="left", border_style=style)


def section(name: str, lines: Sequence[RenderableType]) -> Table:
    """A name on the left, lines on the right."""
    table = Table.grid(padding=(0, 2))
    table.add_column(width=15, style="bold")
    table.add_column(overflow="fold")
    for index, line in enumerate(lines):
        table.add_row("" if index else name, line)
    return table


def effects(result: Result, most: int = 5) -> list[str]:
    """Mails, notifications and tasks in words, a few of each kind."""
    made = result.outcome
    counted = ", ".join(f"{count} {status}" for status, count in result.runs.items()) or "none"
    lines = [f"Runs: {counted}"]
    lines += shortened([line for write in made.writes for line in written(write)], most, "records written")
    lines += shortened([mail(message) for message in made.messages], most, "messages")
    lines += shortened([f"Told {n['to']}: {n['title']}" for n in made.notifications], most, "notifications")
    lines += shortened([f"Task for {t['assignee']}: {t['title']}" for t in made.tasks], most, "tasks")
    return lines


def written(step: Mapping[str, Any]) -> list[str]:
    """What a block wrote: the record that it made, or fields before and after."""
    output: Mapping[str, Any] = step["output"] or {}
    if not output:
        return []  # it failed, so nothing was written
    if step["block"] == "create_record":
        lines = f" with {output['lines']} lines" if output.get("lines") else ""
        return [f"Made {step['module']} {output['id']}{lines}"]
    records: Sequence[Mapping[str, Any]] = output.get("records") or [output]
    return [
        f"{step['module']}: {key} was {record['before'][key] or 'empty'}, is {value}"
        for record in records
        for key, value in record["after"].items()
    ]


CHANNELS = {"email": "Mail", "text": "Text", "chat": "Chat"}


def mail(message: Mapping[str, Any]) -> str:
    """A message in one line."""
    rendered: Mapping[str, Any] = message["rendered"] or {}
    said = [rendered[key] for key in ("subject", "title", "text") if rendered.get(key)]
    words = said[0] if said else "(not written yet)"
    return f"{CHANNELS[message['channel']]} to {message['recipient']} ({message['status']}): {words}"


def shortened(lines: list[str], most: int, what: str) -> list[str]:
    """The first few, and how many more there are."""
    rest = len(lines) - most
    return lines if rest <= 0 else [*lines[:most], f"and {rest} more {what}"]


def reason(why: Why) -> Text:
    """One workflow's reason: the trigger, each condition with what it saw, and what followed."""
    text = Text("• ")
    text.append("It ran" if why.ran else "It did not run", "green" if why.ran else "yellow")
    text.append(f": {why.workflow}, when {why.trigger}.")
    for condition in why.conditions:
        text.append(f"\n    {condition}", "dim")
    text.append(f"\n    {why.then}")
    return text


def summary(results: Sequence[Result]) -> Table:
    """All scenarios, one line each."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "", "Scenario", "Done", "Runs", "Messages", "Notes", "Tasks"):
        table.add_column(column, justify="left" if column in ("", "Scenario", "Runs") else "right")
    for result in results:
        made = result.outcome
        table.add_row(
            Text("✓", "green") if result.passed else Text("✗", "red"),
            str(result.scenario.number),
            Text(result.scenario.name),
            str(len(result.events)),
            Text(", ".join(f"{count} {status}" for status, count in result.runs.items())),
            *(str(len(some)) for some in (made.messages, made.notifications, made.tasks)),
        )
    return table
