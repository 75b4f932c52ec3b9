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


SCENARIOS = (
    Scenario(28, "Booking cancelled → delegate and their manager", ("booking_cancelled",), booking_cancelled),
    Scenario(30, "Course date completed → certificate to every delegate", ("certificates",), certificates),
)
