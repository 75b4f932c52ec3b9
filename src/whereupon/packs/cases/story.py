"""A day in the consultancy: cases are opened and made ready."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from whereupon.errors import Invalid
from whereupon.packs.scenarios import Day, Scenario
from whereupon.people import duty

SWAPPED = "They swapped their days"


async def case_created(day: Day) -> None:
    """1: the applicant is welcomed, once; an applicant without an address is no reason to fail."""
    opened = await day.create("siobhan.oneill", "cases", {
        "applicant": day.loaded.records["lucia"], "case_type": "permanent_residence",
        "consultant": await day.user("siobhan.oneill"),
    })  # fmt: skip
    await day.quiet()
    await day.change("siobhan.oneill", "cases", opened.id, {"notes": "Prefers to be called in the morning."})
    unreachable = await day.create("kwame.mensah", "applicants", {"name": "Þórdís Jónsdóttir"})
    silent = await day.create(
        "kwame.mensah", "cases", {"applicant": unreachable.id, "case_type": "study_permit"}
    )
    await day.quiet()

    made = await day.outcome(record_id=opened.id)
    day.expect_runs("Runs for the new case", made, 1)
    day.expect_mails("Mails about the new case", made, "lucia.fernandez@mail.example")
    mail = made.messages[0]["rendered"]
    day.expect("Subject", mail["subject"], f"Your case {opened.values['number']} is open")
    for form in ("html", "text"):
        day.expect_in(f"The mail’s {form}", mail[form], "Lucía Fernández Ibáñez")
        day.expect_in(f"The mail’s {form}", mail[form], "Siobhán O’Neill")
    day.expect_runs("Runs for the applicant without an address", await day.outcome(record_id=silent.id), 0)
    await day.why("case_welcome", opened.id)
    await day.why_not("case_welcome", silent.id)


async def lead_from_web_form(day: Day) -> None:
    """2: each lead goes to the consultant on duty, who hears of it; one who is in touch already stays where
    they are."""
    await on_duty_today(day, "siobhan.oneill")
    flow = "lead_from_web_form"
    ask = {
        "visitor": {"name": "Nikos Παππάς", "email": "nikos.pappas@mail.example"},
        "message": "A work permit?",
    }
    first = await day.send(
        flow, "The web form sends what Nikos Παππάς asks", ask, delivery=f"form {day.since} 1"
    )
    again = await day.send(flow, "The web form sends the same once more", ask, delivery=f"form {day.since} 1")
    await day.quiet()
    await on_duty_today(day, "nguyen.minh.anh")
    other = {"visitor": {"name": "Ines Müller", "email": "ines@mail.example"}, "message": "Studying in June"}
    second = await day.send(
        flow, "The web form sends what Ines Müller asks", other, delivery=f"form {day.since} 2"
    )
    known = {"visitor": {"name": "Chidi", "email": "Chidi.Okonkwo@mail.example"}, "message": "And my sister?"}
    third = await day.send(flow, "The web form sends what Chidi asks, who is in touch with us", known)
    try:
        await day.send(flow, "A robot fills in the form", {"visitor": {"name": "x", "email": "x"}})
        day.problems.append("The robot was not refused.")
    except Invalid as error:
        wrong = [problem.path for problem in error.problems]
        day.expect("What was wrong", wrong, ["/visitor/email", "/message"])
    await day.quiet()

    day.expect("The answer to the repetition", dict(again), dict(first))
    consultants: list[Any] = []
    for answer, name in ((first, "Nikos Παππάς"), (second, "Ines Müller")):
        lead = answer["record"]["id"]
        made = await day.outcome(record_id=lead)
        day.expect_runs(f"Runs for {name}", made, 1)
        values = await day.read("leads", lead)
        consultants.append(values["consultant"])
        owner = await day.value("SELECT email FROM whereupon.users WHERE id = $1", values["consultant"])
        told = [(note["to"], note["title"]) for note in made.notifications]
        day.expect("Who was told", told, [(owner, f"{name} asks for advice")])
        day.expect("Where it comes from", values["source"], "web_form")
    on_duty = [await day.user(who) for who in ("siobhan.oneill", "nguyen.minh.anh")]
    day.expect("The consultants on duty", consultants, on_duty)
    await on_duty_today(day, None)
    chidi = third["record"]["id"]
    day.expect_runs("Runs for Chidi", await day.outcome(record_id=chidi), 0)
    day.expect("Chidi is known", third["record"]["created"], False)
    await day.why(flow, first["record"]["id"])
    await day.why_not(flow, chidi)


async def on_duty_today(day: Day, who: str | None) -> None:
    """An exception of today in the consultants' roster; without anybody the roster is as it was before."""
    async with day.database.transaction() as db:
        roster = await duty.get_roster(db, "consultants")
        kept = [one for one in roster.exceptions if one.note != SWAPPED]
        if who is not None:
            today = await db.fetchval("SELECT current_date")
            days = {"first_day": today - timedelta(days=1), "last_day": today + timedelta(days=1)}
            kept.append(duty.DutyException(**days, user_id=await day.user(who), note=SWAPPED))
        changed = roster.model_copy(update={"exceptions": kept})
        await duty.set_roster(db, "consultants", changed, actor=day.administrator.user_id)


async def case_ready(day: Day) -> None:
    """4: the supervisor hears of it when the case enters that stage, and at no other time."""
    who = "nguyen.minh.anh"
    case = await day.create(who, "cases", {
        "applicant": day.loaded.records["oleksandr"], "case_type": "family_reunion",
        "consultant": await day.user(who),
    })  # fmt: skip
    await day.change(who, "cases", case.id, {"stage": "collecting_documents"})
    await day.quiet()
    day.expect("Notifications before the stage", len((await day.outcome(record_id=case.id)).notifications), 0)
    await day.why_not("case_ready_to_submit", case.id)

    await day.change(who, "cases", case.id, {"stage": "ready_to_submit"})
    await day.quiet()
    await day.why("case_ready_to_submit", case.id)
    await day.change(who, "cases", case.id, {"notes": "All six documents are there."})
    await day.change(who, "cases", case.id, {"stage": "submitted"})
    await day.quiet()

    made = await day.outcome(record_id=case.id)
    day.expect_runs("Runs for the case", made, 1)
    told = [(note["to"], note["title"]) for note in made.notifications]
    number = case.values["number"]
    day.expect("Who was told", told, [("nadia.petrova@harbour.example", f"{number} is ready to submit")])
    day.expect_in("The notification", made.notifications[0]["body"], "Олександр Ковальчук")


async def document_filed(day: Day) -> None:
    """5: what comes in is called after the case, its type and the day, and lies in the case's folder."""
    opened = await day.create("siobhan.oneill", "cases", {
        "applicant": day.loaded.records["lucia"], "case_type": "study_permit",
    })  # fmt: skip
    case = opened.id
    number = (await day.read("cases", case))["number"]
    scan = b"%PDF-1.4 a scan"
    first = await day.upload("siobhan.oneill", "cases", case, "IMG_2041.PDF", scan, type="Passport")
    await day.quiet()
    second = await day.upload("siobhan.oneill", "cases", case, "../Άδεια.pdf", scan + b" more")
    again = await day.upload("siobhan.oneill", "cases", case, "IMG_2042.pdf", scan + b" 2", type="Passport")
    await day.quiet()

    today = await day.value("SELECT current_date::text")
    wanted = [
        (first, f"{number} - Passport - {today}.PDF"),
        (second, f"{number} - Document - {today}.pdf"),
        (again, f"{number} - Passport - {today} (2).pdf"),
    ]
    found = "SELECT {} FROM whereupon.documents WHERE id = $1"
    for document, name in wanted:
        day.expect("Name", await day.value(found.format("name"), document.id), name)
        folder = await day.value(found.format("folder"), document.id)
        day.expect("Folder", folder, f"Cases/{number}")
    await day.why("document_filed", case)
    await day.replace("siobhan.oneill", first, scan + b" sharper")
    await day.quiet()
    day.expect("Name", await day.value(found.format("name"), first.id), wanted[0][1])
    day.expect_runs("Runs", await day.outcome(record_id=case), 3)
    await day.why_not("document_filed", case)


SOONER = "UPDATE data.case_invoices SET due_on = due_on - 1 WHERE id = ANY($1::bigint[])"


async def invoice_overdue(day: Day) -> None:
    """3: after thirty days, and not before; a paid one and one of another kind of case stay as they are."""
    who, flow, today = "nguyen.minh.anh", "case_invoice_overdue", await day.value("SELECT current_date - 29")
    study = await day.create(
        who, "cases", {"applicant": day.loaded.records["haruka"], "case_type": "study_permit"}
    )
    residence = await day.create(
        who, "cases", {"applicant": day.loaded.records["amina"], "case_type": "permanent_residence",
        "consultant": await day.user(who)},
    )  # fmt: skip
    invoices = [
        await day.create(who, "case_invoices", {
            "case": case.id, "amount": "1450.00", "status": status, "due_on": today.isoformat(),
        })
        for case, status in ((residence, "sent"), (residence, "paid"), (study, "sent"))
    ]  # fmt: skip
    late, paid, other = (invoice.id for invoice in invoices)
    keys = [int(invoice.id) for invoice in invoices]
    await day.dates("It is the 29th day", SOONER, [])
    day.expect_runs("Runs on the 29th day", await day.outcome(), 0)
    await day.dates("A day goes by: they were due 30 days ago", SOONER, keys)

    made = await day.outcome(record_id=late)
    day.expect("Status", (await day.read("case_invoices", late))["status"], "overdue")
    day.expect_runs("Runs", made, 1)
    day.expect_mails("Mails", made, "amina.benali@mail.example")
    day.expect_in("The mail", made.messages[0]["rendered"]["text"], "1,450.00")
    for key, status in ((paid, "paid"), (other, "sent")):
        day.expect_runs(f"Runs for invoice {key}", await day.outcome(record_id=key), 0)
        day.expect("Status", (await day.read("case_invoices", key))["status"], status)
        await day.why_not(flow, key)
    await day.why(flow, late)


SCENARIOS = (
    Scenario(
        2,
        "Lead by the web form → assigned to a consultant, who is notified",
        ("lead_from_web_form",),
        lead_from_web_form,
    ),
    Scenario(1, "Case created → welcome email to the applicant", ("case_welcome",), case_created),
    Scenario(
        3, "Invoice 30 days overdue → Overdue, and a reminder", ("case_invoice_overdue",), invoice_overdue
    ),
    Scenario(
        4, "Case enters “Ready to submit” → the supervisor is notified", ("case_ready_to_submit",), case_ready
    ),
    Scenario(5, "Document uploaded → renamed and filed", ("document_filed",), document_filed),
)
