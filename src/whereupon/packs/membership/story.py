"""A club writes to its members."""

from __future__ import annotations

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
    await day.start(CAMPAIGN, "Maëlle Leroux runs the text about the summer party on all members")
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


SCENARIOS = (Scenario(25, "Text campaign, run by hand on members", (CAMPAIGN,), texted_by_hand),)
