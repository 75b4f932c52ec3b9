"""A planning sheet as a workbook: an empty one to fill in, and one of the workflows that there are."""

from __future__ import annotations

import io
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from whereupon.db.pool import Connection
from whereupon.modules.catalog import Module
from whereupon.people.rights import Rights
from whereupon.planning.conditions import Unsayable
from whereupon.planning.contents import SHOWN, Content, as_html, write_attachments, write_content
from whereupon.planning.people import reachable, write_people
from whereupon.planning.rows import Office, load_office, plan_row
from whereupon.planning.sheet import HEADERS
from whereupon.planning.times import write_trigger, write_wait
from whereupon.planning.updates import write_update
from whereupon.records.neutral import harmless
from whereupon.workflows.document import WorkflowSettings
from whereupon.workflows.store import list_workflows

WIDTHS = (32, 44, 34, 28, 60, 28, 14)
EXAMPLES = (
    ("Booking confirmation email", "Booking is created", "delegate.email", "2 minutes after",
     "Your booking {{ record.number }}\n\nDear {{ record.delegate.name }},\nyour place is booked.", "",
     "Customer"),
    ("Delegate cancellation", "Booking: Status becomes Cancelled", "delegate.email; delegate.manager.email",
     "2 minutes after", "Booking {{ record.number }} is cancelled\n\nThe place is free again.", "",
     "Customer"),
    ("Low course viability", "Course date, if Viability is not Good", "group course_office",
     "14 days before Starts on", "{{ record.name }} has few bookings\n\nPlease look into it.", "", "Admin"),
    ("Certificate", "Course date: Status becomes Completed", "trainer", "at once",
     "The certificates of {{ record.name }}\n\nThey are attached.", "Certificate*.pdf", "Customer"),
    ("Invoice overdue", "Course invoice, if Status is Sent", "payer.email", "1 day after Due on",
     "Invoice {{ record.number }} is past due\n\nPlease pay {{ record.amount | money }}.", "", "Finance"),
)  # fmt: skip
HELP = (
    ("What the email is", "What you call it: Booking confirmation email."),
    ("On which update", "Booking is created · … is updated · … is created or updated · … is deleted"),
    ("", "Booking: Status becomes Cancelled · Contact: Phone, E-mail changes"),
    ("", "Only the kind of record, when the time starts the mail: Course date"),
    ("", "Only some records: Booking is created, if Status is Booked and Delegate → Email is not empty"),
    ("To whom", "delegate.email · owner · group course_office · office@example.org; several with ;"),
    ("When", "at once · 2 minutes after · 14 days before Starts on · 3 days after Due on at 08:00"),
    ("", "30 days overdue · every day at 08:00 · every working day at 08:00 · every Monday at 08:00"),
    ("Content", "The subject in the first line, the text below it. Or a saved template: Template: its_key"),
    ("", "{{ record.delegate.name }} is replaced by what the record says."),
    ("Attachments", "Certificate*.pdf · all documents · field contract; several with a semicolon"),
    ("Category", "Customer · Admin · Finance"),
)  # fmt: skip
ORDINARY: Mapping[str, Any] = WorkflowSettings.model_validate({}).model_dump()
NOTHING = ("Nothing that a planning sheet cannot say.",)


async def empty_sheet(db: Connection, rights: Rights) -> bytes:
    """A workbook to fill in: the header, how it is filled in, examples, and the names of this office."""
    office = await load_office(db, rights)
    names = [
        (m.label, ", ".join(sorted({f.label for f in m.fields.values() if not f.system})),
         "; ".join(reachable(m, office.catalog))[:5_000])
        for m in sorted(office.catalog.modules.values(), key=lambda m: m.label)
        if not m.system and m.parent_field is None
    ]  # fmt: skip
    return workbook({
        "Planning": [tuple(HEADERS.values())],
        "How to": [("Column", "What may stand there"), *HELP],
        "Examples": [tuple(HEADERS.values()), *EXAMPLES],
        "Names": [("Kind of record", "Fields", "To whom"), *names],
    })  # fmt: skip


async def filled_sheet(db: Connection, rights: Rights, keys: Sequence[str] = ()) -> bytes:
    """The workflows that a planning sheet can say, and on a second page why the others are left out."""
    rows, left_out = await said_workflows(db, rights, keys)
    return workbook({
        "Planning": [tuple(HEADERS.values()), *(tuple(row[c] for c in HEADERS) for row in rows)],
        "Left out": [("Workflow", "Why"), *left_out],
        "How to": [("Column", "What may stand there"), *HELP],
    })  # fmt: skip


async def said_workflows(
    db: Connection, rights: Rights, keys: Sequence[str] = ()
) -> tuple[list[dict[str, str]], list[tuple[str, str]]]:
    """Rows, and names with reasons. `keys`: only these; none: all."""
    office = await load_office(db, rights)
    rows: list[dict[str, str]] = []
    left_out: list[tuple[str, str]] = []
    found = await list_workflows(db, limit=100_000)
    for workflow in sorted(found, key=lambda one: one["id"]):
        if keys and workflow["key"] not in keys:
            continue
        try:
            rows.append(say(workflow, office))
        except Unsayable as unsayable:
            left_out.append((workflow["name"], f"{str(unsayable)[0].upper()}{str(unsayable)[1:]}."))
    return rows, left_out


def say(workflow: Mapping[str, Any], office: Office) -> dict[str, str]:
    """The row of a workflow. Raises Unsayable: what is written is read back and must be the same."""
    module = office.catalog.modules.get(workflow["module"] or "")
    if module is None:
        raise Unsayable("it watches no kind of record")
    document: Mapping[str, Any] = workflow["draft"]
    start, wait, mail = shape_of(document)
    filter_ = start.pop("filter", None)
    timed = start.get("trigger") in ("date_reached", "schedule")
    when = write_trigger(start, module) if timed else write_wait(wait["duration"]) if wait else "at once"
    content = content_of(mail, office)
    cells = {
        "what": workflow["name"].removeprefix(f"[{module.label}] — "),
        "update": write_update(module, None if timed else start, filter_, office.catalog),
        "who": write_people(mail.get("to", [])),
        "when": when,
        "content": write_content(content),
        "attachments": write_attachments(mail.get("attachments", [])),
        "category": SHOWN.get(workflow["category"] or "", ""),
    }
    require_same(workflow, module, cells, mail, office)
    return cells


def shape_of(document: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None, dict[str, Any]]:
    """START, a wait if there is one, and the mail, one after the other. Raises Unsayable."""
    nodes: Sequence[Mapping[str, Any]] = document.get("nodes", [])
    blocks = [node.get("block") for node in nodes]
    if blocks not in (["start", "send_email"], ["start", "wait", "send_email"]):
        raise Unsayable("it does more, or something else, than to send one mail")
    settings: Mapping[str, Any] = document.get("settings", {})
    if any(value not in (None, ORDINARY.get(name)) for name, value in settings.items()):
        raise Unsayable("it has settings, such as a recurrence, that the sheet has no column for")
    if any(node.get("on_error") not in (None, {}, {"policy": "stop"}) for node in nodes):
        raise Unsayable("it says what to do on errors, and the sheet has no column for that")
    keys = [node["key"] for node in nodes]
    edges = {(e["from"], e.get("port", "next"), e["to"]) for e in document.get("edges", [])}
    if edges != {(a, "next", b) for a, b in itertools.pairwise(keys)}:
        raise Unsayable("its blocks are not simply one after the other")
    configs = [dict(node.get("config", {})) for node in nodes]
    wait = configs[1] if len(configs) == 3 else None
    if wait is not None and wait.keys() != {"duration"}:
        raise Unsayable("it waits in a way that the sheet has no words for")
    if not configs[-1].keys() <= {"to", "subject", "html", "text", "template", "attachments"}:
        raise Unsayable("its mail has copies, an own sender or an address for answers")
    return configs[0], wait, configs[-1]


def content_of(mail: Mapping[str, Any], office: Office) -> Content:
    """The words of the mail; those of a template that the sheet cannot say, by its key. Raises Unsayable."""
    key = mail.get("template")
    words: Mapping[str, Any] = office.catalog.templates.get(key, {}) if key else mail
    text = words.get("text")
    if text is not None and words.get("html") in (None, as_html(text)):
        return Content(subject=words.get("subject") or "", text=text)
    if key:
        return Content(template=key)
    raise Unsayable("its mail is formatted, and no saved template")


def require_same(
    workflow: Mapping[str, Any],
    module: Module,
    cells: dict[str, str],
    mail: Mapping[str, Any],
    office: Office,
) -> None:
    """Whoever reads the row gets this workflow back. Raises Unsayable."""
    again = plan_row(cells, office)
    told = "written as a row, it would be read back as something else"
    if again.faults:
        raise Unsayable(f"it has a fault of its own: {again.faults[0].message.rstrip('.')}")
    if again.name != workflow["name"] or again.module is not module or again.category != workflow["category"]:
        raise Unsayable(told if workflow["category"] else "it has no category")
    nodes = workflow["draft"]["nodes"]
    mine = [bare(node["config"]) for node in again.document["nodes"][:-1]]
    theirs = [bare(node.get("config", {})) for node in nodes[:-1]]
    attached = again.document["nodes"][-1]["config"].get("attachments", [])
    to = again.document["nodes"][-1]["config"]["to"]
    if mine != theirs or to != mail["to"] or attached != mail.get("attachments", []):
        raise Unsayable(told)


def bare(config: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is the same as nothing: a day is the unit where none is said."""
    found = {k: v for k, v in config.items() if v not in (None, [], {}, False)}
    if found.get("trigger") == "date_reached":
        found = {"unit": "days", "amount": 0, **found}
    if "duration" in found:
        found["duration"] = {"unit": "days", **config["duration"]}
    if found.get("trigger") == "schedule":
        found["cron"] = " ".join(str(found.get("cron", "")).split())
    return found


# Workbooks -----------------------------------------------------------------------------------------


def workbook(pages: Mapping[str, Sequence[Sequence[str]]]) -> bytes:
    """Texts in cells: nothing runs as a formula."""
    import xlsxwriter

    file = io.BytesIO()
    book: Any = xlsxwriter.Workbook(file, {"in_memory": True})
    head = book.add_format({"bold": True, "bg_color": "#E7F5FF", "bottom": 1, "valign": "top"})
    cell = book.add_format({"text_wrap": True, "valign": "top"})
    for name, rows in pages.items():
        page: Any = book.add_worksheet(name)
        page.freeze_panes(1, 0)
        for column, width in enumerate(WIDTHS):
            page.set_column(column, column, width)
        for nr, row in enumerate(rows):
            for column, text in enumerate(row):
                page.write_string(nr, column, harmless(text), head if nr == 0 else cell)
    book.close()
    return file.getvalue()
