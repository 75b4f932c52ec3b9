"""Claims that are not paid get their steps; one that is disputed gets a playbook instead."""

from __future__ import annotations

import io
from typing import Any

from whereupon.modules.catalog import load_catalog
from whereupon.packs.scenarios import Day, Scenario
from whereupon.people.questions import Decision
from whereupon.playbooks import standing, steering, tracks, uploads
from whereupon.playbooks.steering import StepDone
from whereupon.records.documents import store_upload
from whereupon.records.files import FileStore
from whereupon.runs.playbooks import ToStart, start_playbook

AGENT, MANAGER = "bartek.wilk", "ines.marques"
STEPS = ("dunning_reminder", "dunning_text", "dunning_letter")
# $1 days, $2 claim: as if so many days had gone by for the steps of its strategy.
GO_BY = """
UPDATE whereupon.due_dates d SET due_at = d.due_at - interval '1 day' * $1::int FROM whereupon.workflows w
WHERE w.id = d.workflow_id AND w.kind = 'strategy' AND d.record_id = $2::text AND d.fired_at IS NULL
"""
TRACK = "SELECT max(id) FROM whereupon.playbook_tracks WHERE record_id = $1 AND module_id = " + (
    "(SELECT id FROM whereupon.modules WHERE key = 'claims')"
)
LETTERS = """
SELECT count(*) FROM whereupon.documents d JOIN whereupon.modules m ON m.id = d.module_id
WHERE m.key = 'claims' AND d.record_id = $1 AND d.type = 'Letter'
"""


async def claim_of(day: Day, account: str, **more: Any) -> str:
    """A claim that is due today, entered by the agent."""
    values = {
        "account": day.loaded.records[account], "amount": "912.40", "agent": await day.user(AGENT),
        "due_on": await day.value("SELECT current_date::text"), **more,
    }  # fmt: skip
    return (await day.create(AGENT, "claims", values)).id


async def dunning(day: Day) -> None:
    """21: a reminder, a text and a letter, each on its day; nothing more once it is paid."""
    late, paid = [await claim_of(day, account) for account in ("kafeneio", "stolarnia")]
    lost = await claim_of(day, "stolarnia", status="written_off")
    await day.quiet()
    for claim in (late, paid, lost):
        await day.dates(f"Five days go by for claim {claim}", GO_BY, 6, claim)
    day.expect_mails(
        "The reminder", await day.outcome(STEPS[0], record_id=late), "logistirio@anatoli.example"
    )
    day.expect_runs("Texts after five days", await day.outcome(STEPS[1]), 0)
    day.expect_runs("Reminders of what was written off", await day.outcome(STEPS[0], record_id=lost), 0)

    await day.change(AGENT, "claims", paid, {"status": "paid"})
    await day.quiet()
    for claim in (late, paid):
        await day.dates(f"Ten more days go by for claim {claim}", GO_BY, 10, claim)
    text = (await day.outcome(STEPS[1], record_id=late)).messages
    day.expect("The text", [(one["channel"], one["recipient"]) for one in text], [("text", "+306945550171")])
    day.expect_runs("Texts about the paid one", await day.outcome(STEPS[1], record_id=paid), 0)

    for claim in (late, paid):
        await day.dates(f"Fifteen more days go by for claim {claim}", GO_BY, 15, claim)
    day.expect_runs("Letters", await day.outcome(STEPS[2], record_id=late), 1)
    day.expect("Letters on the claim", await day.value(LETTERS, late), 1)
    day.expect("Letters on the paid one", await day.value(LETTERS, paid), 0)
    async with day.database.connection() as db:
        found = await standing.strategy_of(db, day.administrator, await load_catalog(db), "claims", late)
    day.expect("Steps", [one["step"] for one in found["taken"]], ["reminder", "text", "letter"])
    await day.why(STEPS[0], late)
    await day.why_not(STEPS[1], paid)


async def disputed(day: Day) -> None:
    """22: papers, a mail, a decision; the claim that stands goes back to its strategy, the other one ends."""
    stands, falls = [await claim_of(day, "stolarnia") for _ in range(2)]
    await day.quiet()
    dispute = {"status": "disputed", "disputed_because": "Dwie skrzynie przyszły puste."}
    await day.change(AGENT, "claims", stands, dispute)
    await day.quiet()
    day.expect_runs("Runs that start it", await day.outcome("claim_disputed"), 1)
    await start_on_account(day, "stolarnia", falls, stands)
    await day.quiet()

    for claim in (stands, falls):
        track: int = await day.value(TRACK, claim)
        await upload_by_mail(day, claim)
        await day.quiet()
        await do(day, AGENT, "They say that two boxes were empty", track, "talk")
        await day.dates(f"A month goes by for claim {claim}", GO_BY, 40, claim)
        made = await day.outcome(*STEPS, record_id=claim)
        day.expect_runs("Steps of the strategy meanwhile", made, 0)
        day.expect("Its strategy", (await strategy(day, claim))["status"], "paused")
    await decide(day, stands, "approved", None)
    await decide(day, falls, "rejected", "The pictures show it.")
    await day.quiet()

    for claim, status, last in ((stands, "active", "go_on"), (falls, "ended", "stop")):
        found = await track_of(day, claim)
        day.expect(f"Playbook of claim {claim}", found["status"], "completed")
        steps = {one["key"]: one["status"] for phase in found["phases"] for one in phase["steps"]}
        others = {"go_on", "stop"} - {last}
        day.expect("The last step", (steps[last], steps[others.pop()]), ("done", "left_out"))
        day.expect("Its strategy", (await strategy(day, claim))["status"], status)
    history = (await strategy(day, stands))["history"]
    day.expect("Its history", [one["action"] for one in history], ["resume", "pause"])
    day.expect("Who changed it", history[0]["workflow"]["name"], "Disputed claim")
    await day.why("claim_disputed", stands)
    await day.why_not("claim_disputed", falls)


async def start_on_account(day: Day, account: str, claim: str, busy: str) -> None:
    """The agent starts it on two claims of the account: one has it already."""
    async with day.database.transaction() as db:
        rights = (await day.acting(db, AGENT))[0].rights
        asked = ToStart(records=[claim, busy], account=day.loaded.records[account], reason="They called")
        found = await start_playbook(db, rights, "disputed_claim", asked)
    day.events.append(f"Bartłomiej Wilk starts “Disputed claim” on claims {claim} and {busy}")
    day.expect("Started", len(found["started"]), 1)
    day.expect(
        "Refused", [(one["record_id"], one["code"]) for one in found["refused"]], [(busy, "has_playbook")]
    )


async def upload_by_mail(day: Day, claim: str) -> None:
    """The customer follows the link in the mail and uploads a picture; nobody of the office has to."""
    made = await day.outcome("disputed_claim", record_id=claim)
    mails = [one for one in made.messages if "/uploads/" in str(one["rendered"])]
    day.expect("Who got the link", [one["recipient"] for one in mails], ["biuro@dab-i-syn.example"])
    token = str(mails[0]["rendered"]["text"]).rpartition("/uploads/")[2].split()[0]
    scan = io.BytesIO(b"%PDF-1.4 two empty boxes")
    upload = await store_upload(FileStore.of(day.settings), scan, "Dwie puste skrzynie.pdf")
    async with day.database.transaction() as db:
        await uploads.upload_by_link(db, await load_catalog(db), token, upload)
    day.events.append(f"The customer uploads {upload.name} by the link in the mail")


async def do(day: Day, who: str, comment: str, track: int, step: str) -> None:
    """Somebody of the office does a step."""
    async with day.database.transaction() as db:
        writer, name = await day.acting(db, who)
        catalog = await load_catalog(db)
        await steering.do_step(db, writer.rights, catalog, track, step, StepDone(comment=comment))
    day.events.append(f"{name} does “{step}”: {comment}")
    await day.quiet()


async def decide(day: Day, claim: str, decision: Any, comment: str | None) -> None:
    """The agent's manager decides."""
    track: int = await day.value(TRACK, claim)
    async with day.database.transaction() as db:
        writer, name = await day.acting(db, MANAGER)
        said = Decision(decision=decision, comment=comment)
        await steering.decide_step(db, writer.rights, await load_catalog(db), track, "verdict", said)
    day.events.append(f"{name}: {decision} {comment or ''}".strip())
    await day.quiet()


async def strategy(day: Day, claim: str) -> dict[str, Any]:
    """How a claim stands to its strategy."""
    async with day.database.connection() as db:
        return await standing.strategy_of(db, day.administrator, await load_catalog(db), "claims", claim)


async def track_of(day: Day, claim: str) -> dict[str, Any]:
    """The claim's last playbook, step by step."""
    track: int = await day.value(TRACK, claim)
    async with day.database.connection() as db:
        return await tracks.get_track(db, day.administrator, await load_catalog(db), track)


SCENARIOS = (
    Scenario(21, "Claim not paid → reminder, text and letter on their days", STEPS, dunning),
    Scenario(
        22,
        "Disputed claim → papers, decision, and the strategy goes on or ends",
        ("claim_disputed", "disputed_claim"),
        disputed,
    ),
)
