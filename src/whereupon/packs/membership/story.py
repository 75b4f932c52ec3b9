"""A club writes to its members."""

from __future__ import annotations

from whereupon.packs.membership import publishing
from whereupon.packs.scenarios import Day, Scenario

CAMPAIGN = "member_text_campaign"


async def texted_by_hand(day: Day) -> None:
    """25: whoever wants texts and has a number gets one; the others are left in peace."""
    who = "maelle.leroux"
    dimitra = day.loaded.records["dimitra"]
    grace = await day.create(who, "members", {
        "name": "Grace O’Malley", "phone": "087 555 0161", "wants_texts": True, "member_type": "active",
    })  # fmt: skip
    lapsed = await day.create(who, "members", {
        "name": "Luka Horvat", "phone": "+385 91 555 0162", "wants_texts": True, "member_type": "lapsed",
    })  # fmt: skip
    await day.change(who, "members", grace.id, {"phone": "+353 87 555 0161"})
    chosen = [*(day.loaded.records[ref] for ref in ("dimitra", "noah", "aiko")), grace.id, lapsed.id]
    await day.start(CAMPAIGN, "Maëlle Leroux runs the text about the summer party on five members", chosen)
    await day.quiet()

    made = await day.outcome()
    found = {message["recipient"]: message for message in made.messages}
    day.expect("Who got a text", sorted(found), ["+306945550151", "+353875550161"])
    day.expect("What became of them", {m["status"] for m in made.messages}, {"sent"})
    greek, irish = found["+306945550151"]["rendered"], found["+353875550161"]["rendered"]
    day.expect("Parts of the Greek one", (greek["encoding"], greek["parts"]), ("UCS-2", 2))
    day.expect("Parts of the Irish one", (irish["encoding"], irish["parts"]), ("UCS-2", 2))
    day.expect_in("The text", irish["text"], "Grace O’Malley, our summer party")
    day.expect_runs("Runs", made, 2)
    await day.why(CAMPAIGN, dimitra)
    await day.why_not(CAMPAIGN, lapsed.id)
    await day.change(who, "members", grace.id, {"wants_texts": False})


async def lapsing(day: Day) -> None:
    """23: each whose time has passed; one with impossible dates is named, put right, and run again alone."""
    who, flow = "maelle.leroux", "member_lapses"
    past, future, joined = [
        await day.value(f"SELECT (current_date + interval '{when}')::date::text")
        for when in ("-1 day", "1 day", "-3 years")
    ]
    members = [
        await day.create(who, "members", {"name": name, "renews_on": renews, "joined_on": since, **more})
        for name, renews, since, more in (
            ("Ελπίδα Νίκου", past, joined, {}),
            ("Wrong Year", past, "2091-05-01", {}),
            ("Still There", future, joined, {}),
            ("Of Honour", past, joined, {"member_type": "honorary"}),
        )
    ]
    lapsed, wrong, current, honorary = (member.id for member in members)
    day.fails.add(wrong)
    await day.quiet()
    night = await day.on_all(flow, "It is eleven at night")
    await day.quiet()

    found = await day.bulk_run(night)
    day.expect("The night", (found["status"], found["failed"]), ("partial", 1))
    day.expect("What the night counted", found["changed"], found["matched"] - 1)
    day.expect("Who still matches", found["still_matching"], 1)
    day.expect_in("Its cause", [cause["message"] for cause in found["causes"]], "Years as a member")
    day.expect("Member type", (await day.read("members", lapsed))["member_type"], "lapsed")
    day.expect("Years", (await day.read("members", lapsed))["years"] in (2, 3), True)
    failed = (await day.outcome(record_id=wrong)).runs
    day.expect("What became of the wrong one", [run["status"] for run in failed], ["failed"])
    day.expect_in("Why", failed[0]["error"], "Years as a member")
    for key, kept in ((wrong, "active"), (current, "active"), (honorary, "honorary")):
        day.expect("Member type", (await day.read("members", key))["member_type"], kept)
    await day.why(flow, lapsed)
    await day.why_not(flow, current)

    await day.change(who, "members", wrong, {"joined_on": "2019-05-01"})
    again = await day.on_failed(night, "Maëlle Leroux runs it again for the one that failed")
    await day.quiet()
    found = await day.bulk_run(again)
    day.expect("The rerun", (found["status"], found["matched"], found["changed"]), ("succeeded", 1, 1))
    day.expect("Member type", (await day.read("members", wrong))["member_type"], "lapsed")
    tomorrow = await day.on_all(flow, "It is eleven at night once more")
    await day.quiet()
    found = await day.bulk_run(tomorrow)
    day.expect("The second night", (found["status"], found["matched"]), ("succeeded", 0))


ADD_ACTIVITY = """
INSERT INTO data.activities (member, kind, day) VALUES ($1, 'rowing', current_date + $2::int)
RETURNING id::text
"""


async def activity_noted(day: Day) -> None:
    """26: what the door writes is known at once; an older line that comes late changes nothing."""
    flow, noah = "activity_noted", int(day.loaded.records["noah"])
    await day.program("A new day begins", "UPDATE data.members SET last_seen_on = NULL WHERE id = $1", noah)
    today = await day.program("The door notes that Noah Svensson rows", ADD_ACTIVITY, noah, 0)
    await day.quiet()
    seen = (await day.read("members", str(noah)))["last_seen_on"]
    day.expect("Last seen on", seen, await day.value("SELECT current_date::text"))
    late = await day.program("It sends a line of three days ago", ADD_ACTIVITY, noah, -3)
    await day.quiet()
    day.expect("Last seen on", (await day.read("members", str(noah)))["last_seen_on"], seen)
    day.expect_runs("Runs for the new line", await day.outcome(record_id=today), 1)
    day.expect_runs("Runs for the old line", await day.outcome(record_id=late), 0)
    await day.why(flow, today)
    await day.why_not(flow, late)


SCENARIOS = (
    Scenario(23, "Nightly: renewal date passed → Lapsed", ("member_lapses",), lapsing),
    *publishing.SCENARIOS,
    Scenario(25, "Text campaign, run by hand on members", (CAMPAIGN,), texted_by_hand),
    Scenario(26, "Change notification from outside → sync", ("activity_noted",), activity_noted),
)
