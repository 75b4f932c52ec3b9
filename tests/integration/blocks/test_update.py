"""Updating linked, child and found records: which, how many, with what, and what is told of failures."""

from typing import Any

import pytest
from tests.office import Office

from whereupon.people.rights import load_rights

NAME_IS = {"field": "name", "operator": "equals"}


def update(**config: Any) -> dict[str, Any]:
    return {"key": "up", "block": "update_record", **config}


async def step(office: Office) -> dict[str, Any]:
    """The last run's block "up", with its status and the run's."""
    run = (await office.runs())[-1]
    found = next(s for s in await office.steps(run["id"]) if s["node"] == "up")
    return {"run": run["status"], **dict(found)}


async def test_found_records_are_compared_with_the_runs_own(office: Office) -> None:
    where = {"all": [
        {"field": "owner", "operator": "equals", "value": {"field": "record.owner"}},
        {"field": "amount", "operator": "less_than", "value": {"formula": "record.amount / 2"}},
    ]}  # fmt: skip
    sets = {"note": {"field": "name"}, "amount": {"formula": "target.amount * 10 + amount"}}
    await office.publish({"trigger": "manual"}, update(which="found", module="items", where=where, set=sets))
    zoe = await office.user("zoe@example.org")
    start = await office.insert(name="Ωmega", owner=zoe, amount=100)
    small = await office.insert(name="small", owner=zoe, amount=7)
    strange = await office.insert(name="not hers", owner=office.admin, amount=7)
    large = await office.insert(name="large", owner=zoe, amount=50)
    await office.by_hand("a_workflow", [str(start)])
    items = {key: await office.item(key) for key in (small, strange, large)}
    assert [(i["note"], i["amount"]) for i in items.values()] == [("Ωmega", 170), (None, 7), (None, 50)]
    done = await step(office)
    assert {k: done["output"][k] for k in ("matched", "updated", "changed", "failed")} == {
        "matched": 1, "updated": 1, "changed": 1, "failed": 0,
    }  # fmt: skip


async def test_what_is_so_already_is_matched_and_not_changed(office: Office) -> None:
    await office.publish(
        {"trigger": "manual"}, update(which="children", children="items.parent", set={"status": "done"})
    )
    parent = await office.insert(name="p")
    for status in ("done", "new", None):
        await office.insert(name="kid", status=status, parent=parent)
    await office.by_hand("a_workflow", [str(parent)])
    output = (await step(office))["output"]
    assert (output["matched"], output["updated"], output["changed"], output["failed"]) == (3, 3, 2, 0)
    causes = await office.fetch("SELECT run_id FROM whereupon.changes WHERE op = 'U'")
    assert {row["run_id"] for row in causes} == {run["id"] for run in await office.runs()}
    assert len(causes) == 2


LIMITS = [
    # config, what comes of it, how many are changed
    ({"limit": 2}, "failed", 0),
    ({"limit": 2, "beyond": "first"}, "succeeded", 2),
    ({"limit": 3}, "succeeded", 3),
]


@pytest.mark.parametrize(("config", "status", "changed"), LIMITS)
async def test_more_than_the_limit_are_not_touched_or_the_first_ones_are(
    office: Office, config: dict[str, Any], status: str, changed: int
) -> None:
    sets = {"set": {"note": "seen"}}
    await office.publish(
        {"trigger": "manual"}, update(which="children", children="items.parent", **sets, **config)
    )
    parent = await office.insert(name="p")
    for _ in range(3):
        await office.insert(name="kid", parent=parent)
    await office.by_hand("a_workflow", [str(parent)])
    done = await step(office)
    assert done["run"] == status
    assert await office.fetchval("SELECT count(*) FROM data.items WHERE note = 'seen'") == changed
    if status == "failed":
        assert done["error"]["code"] == "too_many"
        assert "none was touched" in done["error"]["message"]


async def test_siblings_are_children_of_the_record_that_a_link_leads_to(office: Office) -> None:
    await office.publish(
        {"trigger": "manual"},
        update(which="children", children="parent.items.parent", set={"note": "sibling"}),
    )
    parent = await office.insert(name="p")
    kids = [await office.insert(name="kid", parent=parent) for _ in range(2)]
    orphan = await office.insert(name="orphan")
    await office.by_hand("a_workflow", [str(kids[0])])
    assert [(await office.item(k))["note"] for k in (*kids, orphan)] == ["sibling", "sibling", None]


async def test_one_record_that_the_database_refuses_fails_alone(office: Office) -> None:
    await office.execute(
        "ALTER TABLE data.items ADD CONSTRAINT no_x CHECK (note IS DISTINCT FROM 'kid 3 secret')"
    )
    await office.publish(
        {"trigger": "manual"},
        update(
            which="children", children="items.parent", set={"note": {"formula": 'target.name & " secret"'}}
        ),
        {
            "key": "after",
            "block": "update_record",
            "set": {"note": {"formula": '"failed: " & nodes.up.failed'}},
        },
    )
    parent = await office.insert(name="p")
    kids = [await office.insert(name=f"kid {i}", parent=parent) for i in range(7)]
    await office.by_hand("a_workflow", [str(parent)])
    done = await step(office)
    assert done["run"] == "partial"
    assert (done["output"]["updated"], done["output"]["failed"]) == (6, 1)
    assert [f["record"] for f in done["output"]["failures"]] == [str(kids[3])]
    assert str(kids[3]) in done["error"]["message"]
    assert "secret" not in done["error"]["message"]
    assert (await office.item(parent))["note"] == "failed: 1"
    notes = [(await office.item(k))["note"] for k in kids]
    assert [n is None for n in notes] == [i == 3 for i in range(7)]


ADDRESSES = [
    # what the name is, what becomes of the email
    ("anna@example.org", "anna@example.org"),
    ("", None),
    ("not an address", "failed"),
    ("a@b\nBcc: x@example.org", "failed"),
    ("ελένη@παράδειγμα.gr", "ελένη@παράδειγμα.gr"),
    ("a..b@example.org", "failed"),
]


async def test_an_email_field_takes_only_addresses_whoever_writes(office: Office) -> None:
    """As the API's writes: nothing else may stand there for a mail to be sent to."""
    await office.publish({"trigger": "manual"}, update(set={"email": {"field": "note"}}))
    keys = [await office.insert(name="n", note=note, email="old@example.org") for note, _ in ADDRESSES]
    await office.by_hand("a_workflow", [str(k) for k in keys])
    runs = {run["record_id"]: run for run in await office.runs()}
    for key, (note, expected) in zip(keys, ADDRESSES, strict=True):
        failed = expected == "failed"
        run = runs[str(key)]
        assert run["status"] == ("failed" if failed else "succeeded"), note
        assert (await office.item(key))["email"] == ("old@example.org" if failed else expected), note
        if failed:
            assert "is not an email address" in run["error"]["message"]


CONSTANTS = [
    ("email", "nobody", "not_an_email"),
    ("nope", "x", "unknown_field"),
    ("name", "x\x01", "bad_character"),
]


@pytest.mark.parametrize(("field", "value", "code"), CONSTANTS)
async def test_a_value_that_can_never_be_stored_is_refused_when_it_is_saved(
    office: Office, field: str, value: str, code: str
) -> None:
    from whereupon.errors import Invalid

    with pytest.raises(Invalid) as caught:
        await office.publish({"trigger": "manual"}, update(set={field: value}))
    assert [(p.code, p.path) for p in caught.value.problems] == [(code, f"/nodes/1/config/set/{field}")]


async def test_html_is_cleaned_and_links_are_checked(office: Office) -> None:
    pages: dict[str, Any] = {
        "key": "pages", "label": "Page", "label_plural": "Pages",
        "fields": [{"key": "body", "type": "rich_text"}, {"key": "link", "type": "url"},
                   {"key": "phone", "type": "phone"}, {"key": "raw", "type": "long_text"}],
    }  # fmt: skip
    await office.module(pages)
    sets = {"body": {"field": "raw"}}
    await office.publish({"trigger": "manual"}, update(set=sets), module="pages")
    link = {"key": "up", "block": "update_record", "set": {"link": {"field": "raw"}}}
    await office.publish({"trigger": "manual"}, link, module="pages", name="Links")
    raw = '<p onclick="x()">Hé<script>alert(1)</script></p>'
    key = await office.fetchval("INSERT INTO data.pages (raw) VALUES ($1) RETURNING id", raw)
    await office.by_hand("a_workflow", [str(key)])
    assert await office.fetchval("SELECT body FROM data.pages") == "<p>Hé</p>"
    await office.execute("UPDATE data.pages SET raw = 'javascript:alert(1)'")
    await office.by_hand("links", [str(key)])
    assert (await step(office))["run"] == "failed"
    assert await office.fetchval("SELECT link FROM data.pages") is None


async def test_a_publisher_with_rights_on_own_records_writes_no_others(office: Office) -> None:
    clerk = await office.user("clerk@example.org")
    await office.execute("INSERT INTO whereupon.roles (key, name, builder) VALUES ('clerk', 'Clerk', true)")
    await office.execute(
        "INSERT INTO whereupon.role_modules "
        "(role_id, module_id, can_read, can_create, can_update, can_delete) "
        "SELECT r.id, m.id, 'all', 'none', 'own', 'none' FROM whereupon.roles r, whereupon.modules m "
        "WHERE r.key = 'clerk' AND m.key = 'items'"
    )
    await office.execute(
        "INSERT INTO whereupon.user_roles SELECT $1, id FROM whereupon.roles WHERE key = 'clerk'", clerk
    )
    async with office.database.connection() as db:
        rights = await load_rights(db, clerk)
    await office.publish(
        {"trigger": "manual"},
        update(which="children", children="items.parent", set={"note": "mine"}),
        rights=rights,
    )
    parent = await office.insert(name="p", owner=clerk)
    own = await office.insert(name="own", owner=clerk, parent=parent)
    other = await office.insert(name="other", owner=office.admin, parent=parent)
    await office.by_hand("a_workflow", [str(parent)])
    done = await step(office)
    assert (done["run"], done["output"]["updated"], done["output"]["failed"]) == ("partial", 1, 1)
    assert "may not update" in done["error"]["message"]
    assert [(await office.item(k))["note"] for k in (own, other)] == ["mine", None]


async def test_two_runs_that_mean_the_same_record_write_it_one_after_the_other(office: Office) -> None:
    add = {"amount": {"formula": "target.amount + amount"}}
    await office.publish({"trigger": "manual"}, update(which="linked", link="parent", set=add))
    parent = await office.insert(name="p", amount=0)
    kids = [await office.insert(name="kid", parent=parent, amount=i) for i in (1, 2, 4)]
    await office.by_hand("a_workflow", [str(k) for k in kids])
    assert (await office.item(parent))["amount"] == 7
