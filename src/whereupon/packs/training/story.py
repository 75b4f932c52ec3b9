"""Courses are booked, and sometimes cancelled."""

from __future__ import annotations

from whereupon.packs.scenarios import Day, Scenario


async def booking_cancelled(day: Day) -> None:
    """28: the delegate and their manager read of it; a delegate without a manager reads of it alone."""
    who, flow, records = "agnes.molnar", "booking_cancelled", day.loaded.records
    with_manager, alone, kept = [
        await day.create(who, "bookings", {"course_date": records["forklift_next"], "delegate": records[ref]})
        for ref in ("nguyen", "kowalska", "oyelaran")
    ]
    await day.quiet()
    day.expect_runs("Runs while nothing is cancelled", await day.outcome(), 0)
    await day.why_not(flow, with_manager.id)

    for booking in (with_manager, alone):
        await day.change(who, "bookings", booking.id, {"status": "cancelled"})
    await day.change(who, "bookings", kept.id, {"status": "attended"})
    await day.quiet()
    made = await day.outcome(record_id=with_manager.id)
    day.expect_mails("Mails", made, "hanh.nguyen@quay.example", "adebayo.oyelaran@quay.example")
    day.expect_in("What the manager reads", made.messages[-1]["rendered"]["text"], "Nguyễn Thị Hạnh")
    day.expect_mails(
        "Mails about her who has no manager",
        await day.outcome(record_id=alone.id),
        "zofia.kowalska@solo.example",
    )
    day.expect_runs("Runs for who came", await day.outcome(record_id=kept.id), 0)
    day.expect_runs("Runs", await day.outcome(), 2)
    await day.why(flow, with_manager.id)


async def certificates(day: Day) -> None:
    """30: everybody who was not cancelled gets a PDF of their own; one without an address stops nobody."""
    who, flow, records = "agnes.molnar", "certificates", day.loaded.records
    date = await day.create(who, "course_dates", {
        "name": "First aid at work, Δευτέρα", "course": records["first_aid"], "starts_on": "2026-11-02",
        "trainer": await day.user(who),
    })  # fmt: skip
    for ref, status in (("nguyen", "attended"), ("kowalska", "booked"), ("oyelaran", "cancelled")):
        values = {"course_date": date.id, "delegate": records[ref], "status": status}
        await day.create(who, "bookings", values)
    await day.change(who, "course_dates", date.id, {"place": "Pier 4"})
    await day.quiet()
    day.expect_runs("Runs before it is completed", await day.outcome(), 0)
    await day.why_not(flow, date.id)
    await day.change(who, "course_dates", date.id, {"status": "completed"})
    await day.quiet()

    made = await day.outcome()
    day.expect("Runs that failed", [run["error"] for run in made.runs if run["error"]], [])
    day.expect(
        "Who was written to",
        sorted((message["recipient"], message["status"]) for message in made.messages),
        [("hanh.nguyen@quay.example", "sent"), ("zofia.kowalska@solo.example", "sent")],
    )
    attached = [
        one["name"] for message in made.messages for one in message["rendered"].get("attachments", [])
    ]
    names = ["Certificate Nguyễn Thị Hạnh.pdf", "Certificate Zofia Kowalska.pdf"]
    day.expect("What was attached", sorted(attached), names)
    kept = await day.value(
        "SELECT array_agg(d.name ORDER BY d.name) FROM whereupon.documents d "
        "JOIN data.bookings b ON b.id::text = d.record_id JOIN whereupon.modules m ON m.id = d.module_id "
        "WHERE m.key = 'bookings' AND b.course_date = $1 AND d.media_type = 'application/pdf'", int(date.id),
    )  # fmt: skip
    day.expect("Certificates kept", kept, names)
    day.expect("Who was told", [note["to"] for note in made.notifications], [f"{who}@harbour.example"])
    await day.why(flow, date.id)


LATER = """
UPDATE whereupon.runs r SET ready_at = ready_at - interval '1 minute', waiting =
  CASE WHEN waiting #> '{memo,limit}' <> 'null' THEN jsonb_set(waiting, '{memo,limit}',
    to_jsonb(((waiting #>> '{memo,limit}')::timestamptz - interval '1 minute')::text)) ELSE waiting END
FROM whereupon.workflows w WHERE w.id = r.workflow_id AND w.key = 'booking_confirmed' AND r.status = 'waiting'
"""
WAKE = "SELECT pg_notify('whereupon_runs', '')"
NEARER = "UPDATE data.course_dates SET starts_on = starts_on - 1 WHERE id = ANY($1::bigint[])"
SOONER = "UPDATE data.course_invoices SET due_on = due_on - 1 WHERE id = ANY($1::bigint[])"


async def booking_confirmed(day: Day) -> None:
    """27: two minutes after, to nobody who has cancelled by then, and to nobody without an address."""
    who, flow, records = "agnes.molnar", "booking_confirmed", day.loaded.records
    silent = await day.create(who, "delegates", {"name": "Δήμητρα Σιωπηλή"})
    kept, cancelled, unreachable = [
        await day.create(who, "bookings", {"course_date": records["first_aid_next"], "delegate": delegate})
        for delegate in (records["oyelaran"], records["kowalska"], silent.id)
    ]
    await day.quiet()
    for told in ("A minute goes by", "Another minute goes by"):
        made = await day.outcome(flow)
        day.expect("Mails before two minutes", len(made.messages), 0)
        await day.program(told, LATER)
        await day.value(WAKE)
        if told == "A minute goes by":
            await day.change(who, "bookings", cancelled.id, {"status": "cancelled"})
        await day.quiet()

    made = await day.outcome(record_id=kept.id)
    day.expect_runs("Runs", made, 1)
    day.expect_mails("Mails", made, "adebayo.oyelaran@quay.example")
    mail = made.messages[0]["rendered"]
    day.expect("Subject", mail["subject"], f"{kept.values['number']}: your place on First aid at work")
    day.expect_in("The mail", mail["text"], "Harbour Hall 2")
    given_up = await day.outcome(record_id=cancelled.id)
    day.expect("Mails to who cancelled", given_up.messages, [])
    day.expect_runs("Runs for nobody’s address", await day.outcome(record_id=unreachable.id), 0)
    await day.why(flow, kept.id)
    await day.why_not(flow, unreachable.id)


async def viability_warning(day: Day) -> None:
    """29: fourteen days before, unless enough people come; a cancelled date warns nobody."""
    who, flow, records = "agnes.molnar", "viability_warning", day.loaded.records
    starts = (await day.value("SELECT current_date + 15")).isoformat()
    dates = [
        await day.create(who, "course_dates", {
            "name": name, "course": records["forklift"], "starts_on": starts, **more,
        })
        for name, more in (
            ("Forklift, Τρίτη", {"viability": "poor", "status": "confirmed"}),
            ("Forklift, full", {"viability": "good"}),
            ("Forklift, called off", {"viability": "poor", "status": "cancelled"}),
            ("Forklift, not looked at yet", {}),
        )
    ]  # fmt: skip
    poor, good, off, unknown = (date.id for date in dates)
    await day.dates("It is fifteen days before", NEARER, [])
    day.expect_runs("Runs fifteen days before", await day.outcome(), 0)
    await day.dates("A day goes by", NEARER, [int(date.id) for date in dates])

    made = await day.outcome(record_id=poor)
    day.expect_runs("Runs for the poor one", made, 1)
    day.expect_mails("Mails", made, f"{who}@harbour.example")
    day.expect_in("The mail", made.messages[0]["rendered"]["text"], "Forklift, Τρίτη")
    day.expect_runs("Runs for one without a forecast", await day.outcome(record_id=unknown), 1)
    for key in (good, off):
        day.expect_runs(f"Runs for {key}", await day.outcome(record_id=key), 0)
        await day.why_not(flow, key)
    await day.why(flow, poor)


async def invoice_overdue(day: Day) -> None:
    """31: the payer, who need not be the delegate, on the day after; not when it is paid."""
    who, flow, records = "agnes.molnar", "course_invoice_overdue", day.loaded.records
    due = await day.value("SELECT current_date")
    open_one, paid = [
        await day.create(who, "course_invoices", {
            "payer": records["oyelaran"], "amount": "690.00", "status": "sent", "due_on": due.isoformat(),
        })
        for _ in range(2)
    ]  # fmt: skip
    await day.dates("It is the day on which they are due", SOONER, [])
    day.expect_runs("Runs on that day", await day.outcome(), 0)
    await day.change(who, "course_invoices", paid.id, {"status": "paid"})
    await day.dates("A day goes by", SOONER, [int(open_one.id), int(paid.id)])

    made = await day.outcome()
    day.expect_runs("Runs", made, 1)
    day.expect_mails("Mails", made, "adebayo.oyelaran@quay.example")
    number = open_one.values["number"]
    day.expect("Subject", made.messages[0]["rendered"]["subject"], f"Invoice {number} is past due")
    await day.why(flow, open_one.id)
    await day.why_not(flow, paid.id)


SCENARIOS = (
    Scenario(27, "Booking made → confirmation 2 minutes after", ("booking_confirmed",), booking_confirmed),
    Scenario(28, "Booking cancelled → delegate and their manager", ("booking_cancelled",), booking_cancelled),
    Scenario(29, "14 days before the start, poor viability → administrators warned",
             ("viability_warning",), viability_warning),
    Scenario(30, "Course date completed → certificate to every delegate", ("certificates",), certificates),
    Scenario(31, "Invoice past due → the payer is alerted", ("course_invoice_overdue",), invoice_overdue),
)  # fmt: skip
