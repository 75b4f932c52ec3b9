"""What the sales office hears by the clock, and of quotes as they are made."""

from __future__ import annotations

from whereupon.packs.scenarios import Day, Scenario

A_DAY = """
UPDATE whereupon.due_dates d SET due_at = d.due_at - interval '1 day' * $2::int FROM whereupon.workflows w
WHERE w.id = d.workflow_id AND w.key = 'opportunity_quiet' AND d.record_id = $1::text AND d.fired_at IS NULL
"""
NEARER = "UPDATE data.employees SET contract_ends_on = contract_ends_on - 1 WHERE id = ANY($1::bigint[])"


async def invoice_reminder(day: Day) -> None:
    """6: sent and past due; not one that is paid, due today, or of an account without an address."""
    who, flow = "tomas.ferreira", "invoice_reminder"
    today = await day.value("SELECT current_date::text")
    yesterday = await day.value("SELECT (current_date - 1)::text")
    account = await day.create(who, "accounts", {
        "name": "Ζυγαριές Αιγαίου", "email": "accounts@zygaries.example", "owner": await day.user(who),
    })  # fmt: skip
    silent = await day.create(who, "accounts", {"name": "Kiosk by the pier"})
    late, due_today, paid, unreachable = [
        (await day.create(who, "invoices", {
            "account": of.id, "amount": "412.50", "status": status, "due_on": due,
        })).id
        for of, status, due in (
            (account, "sent", yesterday), (account, "sent", today), (account, "paid", yesterday),
            (silent, "sent", yesterday),
        )
    ]  # fmt: skip
    await day.quiet()
    await day.start(flow, "It is eight in the morning: the open invoices are looked through")
    await day.quiet()

    made = await day.outcome(record_id=late)
    day.expect_runs("Runs for the late one", made, 1)
    day.expect_mails("Mails", made, "accounts@zygaries.example")
    day.expect_in("The mail", made.messages[0]["rendered"]["text"], "412.50")
    for key in (due_today, paid, unreachable):
        day.expect_runs(f"Runs for invoice {key}", await day.outcome(record_id=key), 0)
        await day.why_not(flow, key)
    await day.why(flow, late)
    await day.change(who, "invoices", late, {"status": "paid"})
    await day.change(who, "invoices", due_today, {"status": "paid"})


async def quote_created(day: Day) -> None:
    """7: the manager reads of it once, however often it is changed; a manager's own quote tells nobody."""
    flow, account = "quote_created", day.loaded.records["pharmakeio"]
    quote = await day.create("zoe.vandenberg", "quotes", {
        "account": account, "owner": await day.user("zoe.vandenberg"),
        "lines": [{"product": "Ζυγαριά ακριβείας", "quantity": "2", "unit_price": "311.00"}],
    })  # fmt: skip
    own = await day.create(
        "elin.sjoberg", "quotes", {"account": account, "owner": await day.user("elin.sjoberg")}
    )
    await day.quiet()
    await day.change("zoe.vandenberg", "quotes", quote.id, {"status": "sent"})
    await day.quiet()

    made = await day.outcome(record_id=quote.id)
    day.expect_runs("Runs", made, 1)
    day.expect_mails("Mails", made, "elin.sjoberg@harbour.example")
    mail = made.messages[0]["rendered"]
    day.expect("Subject", mail["subject"], f"New quote {quote.values['number']} for Φαρμακείο Αιγαίο")
    day.expect_in("The mail", mail["text"], "Zoë van den Berg")
    day.expect_runs("Runs for the manager’s own quote", await day.outcome(record_id=own.id), 0)
    await day.why(flow, quote.id)
    await day.why_not(flow, own.id)


async def opportunity_quiet(day: Day) -> None:
    """8: seven days after the last change, whatever it was; not of what was won."""
    who, flow, account = "tomas.ferreira", "opportunity_quiet", day.loaded.records["nordlys"]
    sale = {"account": account, "owner": await day.user(who), "amount": "5200"}
    quiet, touched, won = [
        (await day.create(who, "opportunities", {**sale, "name": name})).id
        for name in ("Vekt til fryseriet", "Spare parts for a year", "Labels")
    ]
    await day.quiet()
    for key in (quiet, touched, won):
        await day.dates(f"Six days go by for opportunity {key}", A_DAY, key, 6)
    await day.change(
        who, "opportunities", touched, {"close_on": await day.value("SELECT current_date::text")}
    )
    await day.change(who, "opportunities", won, {"stage": "won"})
    await day.quiet()
    day.expect_runs("Runs before seven days", await day.outcome(), 0)
    for key, days in ((quiet, 1), (touched, 1), (won, 7)):
        await day.dates(f"{days} more for opportunity {key}", A_DAY, key, days)

    made = await day.outcome(record_id=quiet)
    day.expect_runs("Runs for the quiet one", made, 1)
    told = [(task["assignee"], task["title"]) for task in made.tasks]
    day.expect("The task", told, [(f"{who}@harbour.example", "Get in touch about Vekt til fryseriet")])
    for key in (touched, won):
        day.expect_runs(f"Runs for opportunity {key}", await day.outcome(record_id=key), 0)
    await day.why(flow, quiet)
    await day.why_not(flow, won)


async def contract_ends(day: Day) -> None:
    """15: thirty days before, once; none without an end, prolonged, or for a season."""
    who, flow = "ama.owusu", "contract_ends"
    ends = await day.value("SELECT (current_date + 31)::text")
    people = [
        await day.create(who, "employees", {"name": name, "job_title": title, "contract_ends_on": end})
        for name, title, end in (
            ("Ørjan Þorsteinsson", "Driver", ends),
            ("Prolonged Person", "Driver", ends),
            ("Permanent Person", "Fitter", None),
            ("Summer Person", "Driver, seasonal", ends),
        )
    ]
    ending, prolonged, permanent, seasonal = (person.id for person in people)
    await day.dates("It is 31 days before", NEARER, [])
    day.expect_runs("Runs 31 days before", await day.outcome(), 0)
    later = await day.value("SELECT (current_date + 400)::text")
    await day.change(who, "employees", prolonged, {"contract_ends_on": later})
    await day.dates("A day goes by", NEARER, [int(key) for key in (ending, prolonged, permanent, seasonal)])

    made = await day.outcome()
    day.expect_runs("Runs", made, 1)
    day.expect("Who was told", [note["to"] for note in made.notifications], [f"{who}@harbour.example"])
    day.expect_in("The notification", made.notifications[0]["title"], "Ørjan Þorsteinsson")
    await day.why(flow, ending)
    await day.why_not(flow, seasonal)


SCENARIOS = (
    Scenario(6, "Daily: invoices sent and past due → reminder", ("invoice_reminder",), invoice_reminder),
    Scenario(7, "Quote created → mail to the sales manager", ("quote_created",), quote_created),
    Scenario(
        8, "Opportunity untouched for 7 days → follow-up task", ("opportunity_quiet",), opportunity_quiet
    ),
    Scenario(15, "Employment contract ends in 30 days → HR is notified", ("contract_ends",), contract_ends),
)
