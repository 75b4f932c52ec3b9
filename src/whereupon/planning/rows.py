"""One row of the sheet becomes a workflow; what is not understood is told, with what could be meant."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem
from whereupon.modules.catalog import Catalog, Module, load_catalog
from whereupon.people.rights import Rights
from whereupon.planning.contents import Category, Content, read_attachments, read_category, read_content
from whereupon.planning.people import read_people
from whereupon.planning.times import Time, read_time
from whereupon.planning.updates import Update, read_update
from whereupon.planning.words import Unclear
from whereupon.runs.definitions import organisation_time_zone
from whereupon.runs.review import steps_of
from whereupon.workflows.check import Surroundings, check_workflow
from whereupon.workflows.document import parse_document
from whereupon.workflows.drafting import trigger_words
from whereupon.workflows.plan import make_plan

T = TypeVar("T")
COLUMNS = ("what", "update", "who", "when", "content", "attachments", "category")
Cells = Mapping[str, str]
GROUPS = "SELECT key, name FROM whereupon.groups ORDER BY key"
LONGEST = 40_000  # characters of a cell; a workbook's own limit is 32,767


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that is not understood. `instead`: the text that could stand there."""

    column: str
    message: str
    suggestion: str | None = None
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class Office:
    """What the words of a sheet are about."""

    catalog: Catalog
    groups: Mapping[str, str]
    rights: Rights
    time_zone: str


@dataclass(slots=True)
class Planned:
    """What a row comes to: a workflow, or the reasons why there is none."""

    faults: list[Fault] = field(default_factory=list[Fault])
    name: str = ""
    module: Module | None = None
    category: Category | None = None
    content: Content = field(default_factory=Content)
    document: dict[str, Any] = field(default_factory=dict[str, Any])
    trigger: str = ""
    steps: list[str] = field(default_factory=list[str])


async def load_office(db: Connection, rights: Rights) -> Office:
    """Raises Refused for who may not build workflows."""
    rights.require_builder()
    groups = {row["key"]: row["name"] for row in await db.fetch(GROUPS)}
    return Office(await load_catalog(db), groups, rights, await organisation_time_zone(db))


def plan_row(cells: Cells, office: Office) -> Planned:
    """The workflow of a row, and how it reads. Never raises for what stands in the cells."""
    row = Planned()
    said = {name: cells.get(name, "")[:LONGEST] for name in COLUMNS}

    def read(column: str, work: Callable[[], T], otherwise: T) -> T:
        try:
            return work()
        except Unclear as unclear:
            row.faults.append(Fault(column, unclear.message, unclear.suggestion, unclear.instead))
            return otherwise

    what = " ".join(said["what"].split())
    if not what:
        row.faults.append(
            Fault("what", "It does not say what the mail is.", "For example: Booking confirmation")
        )
    update = read("update", lambda: read_update(said["update"], office.catalog), None) or meant(row, office)
    row.content = read("content", lambda: read_content(said["content"]), Content())
    attachments = read("attachments", lambda: read_attachments(said["attachments"]), [])
    row.category = read("category", lambda: read_category(said["category"]), None)
    if update is None:
        return row
    module = row.module = update.module
    people = read("who", lambda: read_people(said["who"], module, office.catalog, office.groups), [])
    time = read("when", lambda: timed(read_time(said["when"], module), update), Time())
    row.name = f"[{module.label}] — {what}"[:200]
    row.category = row.category or likely_category(people, module)
    row.document = draw(update, time, people, row.content, attachments)
    if not row.faults:
        check(row, office)
    return row


def meant(row: Planned, office: Office) -> Update | None:
    """What the update seems to be: so that the other cells of the row can be looked at, too."""
    instead = row.faults[-1].instead if row.faults else None
    try:
        return read_update(instead, office.catalog) if instead else None
    except Unclear:
        return None


def timed(time: Time, update: Update) -> Time:
    """An event and a time of its own exclude each other. Raises Unclear."""
    if time.trigger is not None and update.trigger is not None:
        raise Unclear(
            "This time starts the mail by itself, so no update can start it, too.",
            f"Write only {update.module.label} as the update, or “… after” as the time.",
        )
    if time.trigger is None and update.trigger is None:
        raise Unclear(
            f"Neither update nor time says what starts it: the update names only {update.module.label}.",
            f"As the update: “{update.module.label} is created”? Or as the time: “14 days before …”?",
        )
    return time


def likely_category(people: list[dict[str, Any]], module: Module) -> Category:
    """Where none is said: money is finance, our own people are admin, everybody else is a customer."""
    if "invoice" in module.key or "payment" in module.key:
        return "finance"
    inside = all("group" in one or "owner" in one for one in people)
    return "admin" if people and inside else "customer"


def draw(
    update: Update,
    time: Time,
    people: list[dict[str, Any]],
    content: Content,
    attachments: list[dict[str, Any]],
) -> dict[str, Any]:
    """The document: START, a wait where there is one, the mail."""
    start = {**(time.trigger or update.trigger or {}), **({"filter": update.filter} if update.filter else {})}
    nodes: list[dict[str, Any]] = [{"key": "start", "block": "start", "config": start}]
    if time.wait is not None:
        nodes.append({"key": "wait", "block": "wait", "config": time.wait})
    words: dict[str, Any] = {"template": content.template}
    if content.template is None:
        words = {"subject": content.subject, "html": content.html, "text": content.text}
    mail = {"to": people, **words, **({"attachments": attachments} if attachments else {})}
    nodes.append({"key": "mail", "block": "send_email", "config": mail})
    keys = [node["key"] for node in nodes]
    edges = [{"from": a, "port": "next", "to": b} for a, b in itertools.pairwise(keys)]
    return {"format": 1, "nodes": nodes, "edges": edges}


PLACE = re.compile(r"^Line \d+, column \d+: ")  # of the formatted text, which nobody has seen
COLUMN_OF = {
    "to": "who", "subject": "content", "html": "content", "text": "content", "template": "content",
    "attachments": "attachments", "filter": "update", "duration": "when",
}  # fmt: skip


def check(row: Planned, office: Office) -> None:
    """What publishing would say of it, by column; and if nothing, how it reads."""
    around = Surroundings(office.catalog, row.module, office.rights, office.time_zone)
    try:
        document = parse_document(row.document)
        plan = make_plan(document)
        problems = check_workflow(document, around, plan)
    except Invalid as invalid:
        problems = list(invalid.problems)
        plan = None
    seen: set[str] = set()
    for problem in problems:
        fault = as_fault(problem, row.document)
        if fault.message not in seen:  # a text and its formatted twin have the same fault
            seen.add(fault.message)
            row.faults.append(fault)
    if plan is not None and not row.faults:
        row.trigger = trigger_words(plan, around)
        row.steps = [sentence for _, _, sentence in steps_of(plan, around)]


def as_fault(problem: Problem, document: Mapping[str, Any]) -> Fault:
    """The cell that a problem of the document is about."""
    parts = problem.path.strip("/").split("/")
    column = next((COLUMN_OF[part] for part in parts if part in COLUMN_OF), None)
    if column is None:
        dated = document["nodes"][0]["config"].get("trigger") in ("schedule", "date_reached")
        column = "when" if dated or "wait" in parts else "update"
    return Fault(column, PLACE.sub("", problem.message), problem.suggestion)


def with_template(document: Mapping[str, Any], template: str) -> dict[str, Any]:
    """The document with its words in a saved template."""
    nodes = [dict(node) for node in document["nodes"]]
    mail = {k: v for k, v in nodes[-1]["config"].items() if k not in ("subject", "html", "text")}
    nodes[-1]["config"] = {**mail, "template": template}
    return {**document, "nodes": nodes}
