"""Workflows that go by a date of every record: how fast are the dates of very many records armed?"""

from __future__ import annotations

import time

from whereupon.bench.figures import Figure
from whereupon.bench.office import SET_PRIORITY, draw, open_office
from whereupon.db.embedded import throwaway_server

DATES = 500_000
A_WEEK_BEFORE = {"trigger": "date_reached", "field": "due_date", "amount": -7, "unit": "days"}
COUNT = "SELECT count(*) FROM whereupon.due_dates"


async def due_date_arming_per_second() -> list[Figure]:
    """From the activation of a workflow until the due date of each record is on the list."""
    async with throwaway_server() as url:
        office = await open_office(url)
        try:
            await office.insert_orders(DATES)
            began = time.perf_counter()
            await office.publish("Orders — A week before", draw(A_WEEK_BEFORE, SET_PRIORITY))
            seconds = time.perf_counter() - began
            armed = await office.value(COUNT)
        finally:
            await office.database.close()
    if armed != DATES:
        raise AssertionError(f"{DATES} dates should be armed; {armed} are.")
    note = f"{DATES:,} records, a week before their date, by publishing the workflow: {seconds:.2f} s"
    return [Figure("due_date_arming_per_second", round(DATES / seconds), note)]
