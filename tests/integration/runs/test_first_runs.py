"""From a committed row to a finished run."""

from tests.office import Office

CREATED = {"trigger": "record_created"}
IF_NEW = {
    "key": "is_new",
    "block": "if",
    "condition": {"field": "status", "operator": "equals", "value": "new"},
}
OPEN = {"key": "open", "block": "update_record", "set": {"status": "open"}}


async def test_a_row_written_by_plain_sql_starts_a_run_that_updates_it(office: Office) -> None:
    await office.publish(
        CREATED, IF_NEW, OPEN, edges=[["start", "next", "is_new"], ["is_new", "true", "open"]]
    )
    new, done = await office.insert(name="Ωmega", status="new"), await office.insert(name="b", status="done")
    await office.settle()
    assert (await office.item(new))["status"] == "open"
    assert (await office.item(done))["status"] == "done"
    runs = await office.runs()
    assert [(r["record_id"], r["status"]) for r in runs] == [
        (str(new), "succeeded"),
        (str(done), "succeeded"),
    ]
    steps = await office.steps(runs[0]["id"])
    assert [(s["node"], s["port"]) for s in steps] == [("is_new", "true"), ("open", "next")]
    images = {"before": {"status": "new"}, "after": {"status": "open"}}
    assert steps[1]["output"] == {"matched": 1, "updated": 1, "changed": 1, "failed": 0, **images}


async def test_the_change_that_a_run_makes_names_the_run_and_its_publisher(office: Office) -> None:
    await office.publish(CREATED, OPEN)
    key = await office.insert(name="a", status="new")
    await office.settle()
    changes = await office.fetch("SELECT op, origin, actor_id, run_id FROM whereupon.changes ORDER BY id")
    run = (await office.runs())[0]["id"]
    assert [tuple(c.values()) for c in changes] == [
        (b"I", "external", None, None),
        (b"U", "workflow", office.admin, run),
    ]
    assert (await office.item(key))["status"] == "open"


async def test_a_mail_is_queued_with_the_values_of_now(office: Office) -> None:
    mail = {"key": "mail", "block": "send_email", "to": [{"field": "email"}],
            "subject": "Hello {{ record.name }}", "html": "<p>{{ record.name }}</p>"}  # fmt: skip
    await office.publish(CREATED, mail)
    await office.insert(name="Zoë", email="zoe@example.org")
    await office.insert(name="Nobody")
    await office.settle()
    messages = await office.fetch("SELECT recipient, context, status FROM whereupon.messages")
    assert [(m["recipient"], m["context"]["record"]["name"]) for m in messages] == [
        ("zoe@example.org", "Zoë")
    ]
    failed = (await office.runs())[1]
    assert (failed["status"], failed["error"]["code"]) == ("failed", "no_recipient")


async def test_thousands_of_rows_in_one_statement_each_get_their_run(office: Office) -> None:
    await office.publish(CREATED, OPEN)
    await office.execute(
        "INSERT INTO data.items (name, status) SELECT 'n' || g, 'new' FROM generate_series(1, 2500) g"
    )
    await office.settle()
    assert await office.fetchval("SELECT count(*) FROM data.items WHERE status = 'open'") == 2500
    assert (
        await office.fetchval(
            "SELECT count(DISTINCT record_id) FROM whereupon.runs WHERE status = 'succeeded'"
        )
        == 2500
    )
