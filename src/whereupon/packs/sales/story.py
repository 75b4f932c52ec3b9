"""A day of selling and of looking after customers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from whereupon.packs.sales import booking, dates, reading
from whereupon.packs.scenarios import Day, Scenario

LINES = [
    {"product": "Belt scale B40", "quantity": "4", "unit_price": "3950.00"},
    {"product": "Kalibrering på plats", "quantity": "1.5", "unit_price": "820.00"},
    {"product": "Spare belt", "quantity": "8", "unit_price": "171.25"},
]
ORDERS = "SELECT count(*) FROM data.sales_orders WHERE quote = $1"
IS_TODAY = "SELECT current_date::text"


def compared(lines: list[dict[str, Any]]) -> list[tuple[str, Decimal, Decimal]]:
    """Lines without what belongs to one of the two records."""
    return [(line["product"], Decimal(line["quantity"]), Decimal(line["unit_price"])) for line in lines]


async def quote_accepted(day: Day) -> None:
    """9: the order has the quote's lines; accepting a second time makes no second order."""
    who, records = "tomas.ferreira", day.loaded.records
    quote = await day.create(who, "quotes", {
        "account": records["nordlys"], "contact": records["ingrid"], "owner": await day.user(who),
        "lines": LINES,
    })  # fmt: skip
    await day.change(who, "quotes", quote.id, {"status": "sent"})
    await day.quiet()
    day.expect("Orders while it is only sent", await day.value(ORDERS, int(quote.id)), 0)
    await day.why_not("quote_accepted", quote.id)

    await day.change(who, "quotes", quote.id, {"status": "accepted"})
    await day.quiet()
    await day.why("quote_accepted", quote.id)
    order_id = await day.value("SELECT id::text FROM data.sales_orders WHERE quote = $1", int(quote.id))
    order, offered = await day.read("sales_orders", order_id), await day.read("quotes", quote.id)
    day.expect("Lines of the order", compared(order["lines"]), compared(LINES))
    day.expect("Total", Decimal(order["total"]), Decimal(offered["total"]))
    for key in ("account", "contact", "owner"):
        day.expect(f"The order’s {key}", order[key], offered[key])

    await day.change(who, "quotes", quote.id, {"status": "declined"})
    await day.change(who, "quotes", quote.id, {"status": "accepted"})
    await day.quiet()
    day.expect("Orders after accepting it twice", await day.value(ORDERS, int(quote.id)), 1)
    await day.why_not("quote_accepted", quote.id)
    day.expect_runs("Runs for the quote", await day.outcome(record_id=quote.id), 1)


async def task_assigned(day: Day) -> None:
    """10: whoever gets the task reads of it; who had it before does not, and a change of its date is none."""
    who = "elin.sjoberg"
    project = await day.create(who, "projects", {"name": "Skärgården", "manager": await day.user(who)})
    task = await day.create(who, "project_tasks", {"name": "Mät upp hallen", "project": project.id})
    await day.quiet()
    day.expect_runs("Runs while it is nobody’s", await day.outcome(record_id=task.id), 0)
    await day.why_not("project_task_assigned", task.id)

    await day.change(who, "project_tasks", task.id, {"assignee": await day.user("zoe.vandenberg")})
    await day.quiet()
    due_on = await day.value("SELECT (current_date + 7)::text")
    await day.change(who, "project_tasks", task.id, {"due_on": due_on})
    await day.quiet()
    await day.change(who, "project_tasks", task.id, {"assignee": await day.user("tomas.ferreira")})
    await day.quiet()
    made = await day.outcome(record_id=task.id)
    day.expect_runs("Runs", made, 2)
    day.expect_mails("Mails", made, "zoe.vandenberg@harbour.example", "tomas.ferreira@harbour.example")
    day.expect_in("What it says", made.messages[-1]["rendered"]["text"], "Skärgården")
    await day.why("project_task_assigned", task.id)


async def project_completed(day: Day) -> None:
    """11: not while one task is open; then at once."""
    who = "elin.sjoberg"
    project = await day.create(who, "projects", {
        "name": "Vågar till Tromsø", "account": day.loaded.records["nordlys"], "status": "active",
        "manager": await day.user(who),
    })  # fmt: skip
    tasks = [
        await day.create(who, "project_tasks", {"name": name, "project": project.id})
        for name in ("Order the scales", "Train the crew", "Hand over")
    ]
    for task in tasks[:2]:
        await day.change("zoe.vandenberg", "project_tasks", task.id, {"status": "completed"})
    await day.quiet()
    day.expect("Status while a task is open", (await day.read("projects", project.id))["status"], "active")
    day.expect_runs("Runs while a task is open", await day.outcome(), 0)
    await day.why_not("project_completed", tasks[1].id)

    await day.change("zoe.vandenberg", "project_tasks", tasks[2].id, {"status": "completed"})
    await day.quiet()
    done = await day.read("projects", project.id)
    day.expect("Status", done["status"], "completed")
    day.expect("Completed on", done["completed_on"], await day.value(IS_TODAY))
    made = await day.outcome()
    day.expect_runs("Runs", made, 1)
    told = [(note["to"], note["title"]) for note in made.notifications]
    day.expect("Who was told", told, [("elin.sjoberg@harbour.example", "Vågar till Tromsø is completed")])
    await day.why("project_completed", tasks[2].id)


async def ticket_answered(day: Day) -> None:
    """12: a confirmation when it comes, a mail and today's date when it is resolved, nothing in between."""
    who = "yuki.tanaka"
    ticket = await day.create(who, "tickets", {
        "subject": "Vekten viser 0,00", "description": "Since this morning <all> three scales show zero.",
        "contact": day.loaded.records["ingrid"], "account": day.loaded.records["nordlys"],
        "owner": await day.user(who),
    })  # fmt: skip
    await day.quiet()
    number = ticket.values["number"]
    confirmed = await day.outcome("ticket_received", record_id=ticket.id)
    day.expect_mails("Mails when it came", confirmed, "ingrid.mork@nordlys.example")
    day.expect(
        "Subject",
        confirmed.messages[0]["rendered"]["subject"],
        f"[{number}] We have your message: Vekten viser 0,00",
    )
    day.expect_in("What was understood", confirmed.messages[0]["rendered"]["html"], "&lt;all&gt;")
    await day.why("ticket_received", ticket.id)

    await day.change(who, "tickets", ticket.id, {"status": "open"})
    await day.quiet()
    day.expect_runs(
        "Runs before it is resolved", await day.outcome("ticket_resolved", record_id=ticket.id), 0
    )
    await day.why_not("ticket_resolved", ticket.id)

    await day.change(
        who, "tickets", ticket.id, {"status": "resolved", "resolution": "The tare was set anew."}
    )
    await day.quiet()
    day.expect(
        "Resolved on", (await day.read("tickets", ticket.id))["resolved_on"], await day.value(IS_TODAY)
    )
    resolved = await day.outcome("ticket_resolved", record_id=ticket.id)
    day.expect_mails("Mails when it was resolved", resolved, "ingrid.mork@nordlys.example")
    day.expect_in("The mail", resolved.messages[0]["rendered"]["text"], "The tare was set anew.")
    day.expect_runs("Runs for the ticket", await day.outcome(record_id=ticket.id), 2)
    await day.why("ticket_resolved", ticket.id)


async def ticket_overdue(day: Day) -> None:
    """13: after 48 hours the team lead hears of what is open, and of nothing else."""
    who, lead = "yuki.tanaka", "sofia.papadopoulou@harbour.example"
    tickets = [
        await day.create(who, "tickets", {"subject": subject, "owner": await day.user(who)})
        for subject in ("Η ζυγαριά δεν ανάβει", "Label printer jams", "Fresh this morning")
    ]
    forgotten, resolved, fresh = (ticket.id for ticket in tickets)
    for number, hours in ((forgotten, 49), (resolved, 72), (fresh, 47)):
        await day.program(
            f"{hours} hours go by for ticket {number}",
            "UPDATE data.tickets SET created_at = created_at - make_interval(hours => $2) WHERE id = $1",
            int(number), hours,
        )  # fmt: skip
    await day.change(who, "tickets", resolved, {"status": "resolved"})
    await day.quiet()
    await day.start("ticket_overdue", "Σοφία Παπαδοπούλου asks which tickets have waited too long")
    await day.quiet()
    made = await day.outcome(record_id=forgotten)
    day.expect_runs("Runs for the forgotten one", made, 1)
    number = tickets[0].values["number"]
    told = [(note["to"], note["title"]) for note in made.notifications]
    day.expect("Who was told", told, [(lead, f"{number} has waited for more than 48 hours")])
    for key in (resolved, fresh):
        day.expect_runs(f"Runs for ticket {key}", await day.outcome(record_id=key), 0)
    await day.why("ticket_overdue", forgotten)
    await day.why_not("ticket_overdue", fresh)


async def contact_welcomed(day: Day) -> None:
    """14: one mail, although the contact is edited five times; without an address, none."""
    who = "zoe.vandenberg"
    contact = await day.create(who, "contacts", {
        "name": "Łukasz Żółć", "email": "lukasz.zolc@brunnen.example",
        "account": day.loaded.records["brunnen"], "owner": await day.user(who),
    })  # fmt: skip
    unreachable = await day.create(who, "contacts", {"name": "Μαρία Δήμου"})
    await day.quiet()
    for edit in range(1, 6):
        await day.change(who, "contacts", contact.id, {"job_title": f"Logistics, level {edit}"})
    await day.quiet()

    made = await day.outcome(record_id=contact.id)
    day.expect_runs("Runs for the contact", made, 1)
    day.expect_mails("Mails to the contact", made, "lukasz.zolc@brunnen.example")
    mail = made.messages[0]["rendered"]
    day.expect("Subject", mail["subject"], "Pleased to meet you, Łukasz Żółć")
    day.expect_in("The mail", mail["text"], "Zoë van den Berg looks after Brunnen & Söhne GmbH")
    day.expect_runs("Runs for the contact without an address", await day.outcome(record_id=unreachable.id), 0)
    await day.why("contact_welcome", contact.id)
    await day.why_not("contact_welcome", contact.id)
    await day.why_not("contact_welcome", unreachable.id)


async def phone_changed(day: Day) -> None:
    """16: the account follows; a save without a new number starts nothing."""
    who, contact, account = "zoe.vandenberg", day.loaded.records["jorg"], day.loaded.records["brunnen"]
    before = (await day.read("contacts", contact))["phone"]
    new = "+49 40 555 0199" if before != "+49 40 555 0199" else "+49 40 555 0121"
    await day.change(who, "contacts", contact, {"phone": new})
    await day.quiet()
    day.expect("The account’s phone", (await day.read("accounts", account))["phone"], new)
    await day.why("contact_phone", contact)

    await day.change(who, "contacts", contact, {"phone": new})
    title = (await day.read("contacts", contact))["job_title"]
    await day.change(
        who, "contacts", contact, {"job_title": "Operations" if title != "Operations" else "Logistics"}
    )
    await day.quiet()
    day.expect_runs("Runs for the contact", await day.outcome(record_id=contact), 1)
    await day.why_not("contact_phone", contact)


async def large_sale(day: Day) -> None:
    """20: the room hears of a large sale once, and of a small one not at all."""
    who, records = "tomas.ferreira", day.loaded.records
    sale = {"account": records["nordlys"], "owner": await day.user(who), "stage": "negotiation"}
    small = await day.create(who, "opportunities", {**sale, "name": "Spare belts", "amount": "900"})
    large = await day.create(
        who, "opportunities", {**sale, "name": "Belt scales @everyone", "amount": "42000"}
    )
    for one in (small, large):
        await day.change(who, "opportunities", one.id, {"stage": "won"})
    await day.quiet()

    await day.change(who, "opportunities", large.id, {"close_on": await day.value(IS_TODAY)})
    await day.quiet()
    made = await day.outcome()
    day.expect_runs("Runs", made, 1)
    day.expect("Messages", [(m["channel"], m["status"]) for m in made.messages], [("chat", "sent")])
    said = made.messages[0]["rendered"] if made.messages else {"title": "", "text": ""}
    day.expect("The headline", said["title"], "Won: Belt scales @\u200beveryone")
    day.expect_in("What is said", said["text"], "Tomás Ferreira has won Nordlys")
    await day.why("opportunity_won", large.id)
    await day.why_not("opportunity_won", small.id)


SCENARIOS = (
    *dates.SCENARIOS,
    Scenario(9, "Quote accepted → sales order with the same lines", ("quote_accepted",), quote_accepted),
    Scenario(10, "Project task assigned → mail to that person", ("project_task_assigned",), task_assigned),
    Scenario(11, "All tasks completed → project completed", ("project_completed",), project_completed),
    Scenario(12, "Ticket created → confirmation; resolved → mail and date",
             ("ticket_received", "ticket_resolved"), ticket_answered),
    Scenario(13, "Ticket not resolved within 48 hours → team lead notified",
             ("ticket_overdue",), ticket_overdue),
    Scenario(14, "Contact created → one welcome mail only", ("contact_welcome",), contact_welcomed),
    Scenario(16, "Contact’s phone changed → account’s phone updated", ("contact_phone",), phone_changed),
    *booking.SCENARIOS,
    Scenario(20, "Important event → chat message", ("opportunity_won",), large_sale),
    *reading.SCENARIOS,
)  # fmt: skip
