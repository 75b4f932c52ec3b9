"""The club's list of active members at an address of its own, as its reader finds it."""

from __future__ import annotations

import orjson

from whereupon.errors import Gone
from whereupon.modules.catalog import load_catalog
from whereupon.packs.scenarios import Day, Scenario
from whereupon.records.feeds import NewFeed, chosen_now, find_feed, publish_feed, revoke_feed, write_feed
from whereupon.records.views import ViewDefinition

WORKFLOW = "member_list_changed"
ACTIVE = {"field": "member_type", "operator": "equals", "value": "active"}
NAME = "Σταυρούλα Λιμνιού"


async def published(day: Day, token: str) -> set[str]:
    """The names on the list, as whoever holds the address gets it."""
    async with day.database.transaction() as db:
        feed = await find_feed(db, token)
        written = await write_feed(db, feed, await chosen_now(db, await load_catalog(db), feed), "json")
        with written.file as file:
            return {row["name"] for row in orjson.loads(file.read())["rows"]}


async def active_members(day: Day) -> None:
    """24: who is active is on the list, who lapses goes, the office is told; the address is taken back."""
    who = "maelle.leroux"
    wanted = NewFeed(
        name="Active members", module="members", ids=False, days=30, per_minute=30,
        definition=ViewDefinition(where=ACTIVE, columns=["name", "renews_on"]),
    )  # fmt: skip
    async with day.database.transaction() as db:
        token, feed = await publish_feed(db, await load_catalog(db), day.administrator, wanted)
    day.events.append("The administrator publishes the active members at an address of their own")
    member = await day.create(who, "members", {"name": NAME, "member_type": "active"})
    await day.quiet()
    day.expect("On the list", NAME in await published(day, token), True)
    await day.change(who, "members", member.id, {"phone": "+30 694 555 0170"})
    await day.quiet()
    await day.why_not(WORKFLOW, member.id)
    await day.change(who, "members", member.id, {"member_type": "lapsed"})
    await day.quiet()
    day.expect("On the list", NAME in await published(day, token), False)

    made = await day.outcome(record_id=member.id)
    day.expect_runs("Runs", made, 2)
    told = [note["title"] for note in made.notifications]
    day.expect("What the office was told", told, [f"{NAME} is now Active", f"{NAME} is now Lapsed"])
    await day.why(WORKFLOW, member.id)
    async with day.database.transaction() as db:
        await revoke_feed(db, day.administrator, feed["id"])
    try:
        await published(day, token)
        day.problems.append("The address still gives the list.")
    except Gone:
        day.events.append("The address is taken back, and gives nothing any more")


SCENARIOS = (Scenario(24, "Active members at a URL", (WORKFLOW,), active_members),)
