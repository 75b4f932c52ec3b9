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


SCENARIOS = (
    Scenario(28, "Booking cancelled → delegate and their manager", ("booking_cancelled",), booking_cancelled),
)
