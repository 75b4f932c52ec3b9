"""Workflows as files: written, read back, compared, applied; nothing is lost unasked."""

from __future__ import annotations

from typing import Any

import pytest
from tests.office import Office, open_office

from whereupon.db.pool import Database
from whereupon.errors import Conflict, Invalid, Refused
from whereupon.packs import as_files
from whereupon.packs.loading import load_pack
from whereupon.people.rights import load_rights
from whereupon.people.roles import ModuleRights, NewRole, create_role
from whereupon.templates.saved import NewTemplate, create_template
from whereupon.workflows import store
from whereupon.workflows.saved_tasks import NewDataTask, create_task

TELL = {"key": "tell", "block": "notify", "to": [{"owner": True}], "title": "Γειά {{ record.name }}"}
HELLO = NewTemplate(
    key="hello", name="Hello", module="items", subject="Hi", html="<p>\n{{ record.name }}</p>"
)


@pytest.fixture
async def office(database: Database) -> Office:
    office = await open_office(database)
    await office.publish({"trigger": "record_created"}, TELL, name="[Item] — Greet")
    async with database.transaction() as db:
        await create_template(db, office.rights, HELLO)
        task: Any = {"module": "items", "set": {"note": "seen"}}
        await create_task(db, office.rights, NewDataTask(key="see", name="See", definition=task))
    return office


async def exported(office: Office) -> dict[str, str]:
    async with office.database.connection() as db:
        return await as_files.export(db, office.rights)


async def planned(office: Office, texts: dict[str, str]) -> as_files.Plan:
    async with office.database.transaction() as db:
        return await as_files.plan(db, office.rights, as_files.read_files(texts))


async def applied(office: Office, texts: dict[str, str], **how: Any) -> as_files.Plan:
    async with office.database.transaction() as db:
        return await as_files.apply(db, office.rights, as_files.read_files(texts), **how)


def done(plan: as_files.Plan) -> dict[str, str]:
    return {change.file: change.action for change in plan.changes}


async def test_what_was_exported_changes_nothing(office: Office) -> None:
    texts = await exported(office)
    assert sorted(texts) == ["data_tasks/see.yaml", "templates/hello.yaml", "workflows/item_greet.yaml"]
    assert done(await planned(office, texts)) == {}
    assert done(await applied(office, texts)) == {}
    assert await exported(office) == texts


@pytest.mark.parametrize("key", ["cases", "training"])
async def test_every_pack_comes_back_as_it_was(database: Database, key: str) -> None:
    office = await open_office(database)
    await load_pack(database, key, office.rights)
    texts = await exported(office)
    assert done(await planned(office, texts)) == {}
    for name in texts:
        if name.startswith("workflows/"):
            async with database.transaction() as db:
                await store.delete_workflow(db, office.rights, name.removesuffix(".yaml").partition("/")[2])
    assert set(done(await applied(office, texts)).values()) == {"create"}
    assert await exported(office) == texts


async def test_a_changed_file_is_told_line_by_line_and_published(office: Office) -> None:
    texts = await exported(office)
    path = "workflows/item_greet.yaml"
    texts[path] = texts[path].replace("Γειά", "Hello")
    plan = await planned(office, texts)
    assert done(plan) == {path: "change"}
    signs = [line for line in plan.changes[0].diff if line[0] in "+-"]
    assert [line[0] for line in signs] == ["-", "+"]
    assert "Hello" in signs[1]
    assert (await exported(office)) != texts
    await applied(office, texts)
    assert await exported(office) == texts
    assert await office.fetchval("SELECT max(number) FROM whereupon.versions") == 2
    await applied(office, texts)
    assert await office.fetchval("SELECT max(number) FROM whereupon.versions") == 2


@pytest.mark.parametrize("state", ["disabled", "archived"])
async def test_the_state_is_as_the_file_says(office: Office, state: str) -> None:
    texts = await exported(office)
    path = "workflows/item_greet.yaml"
    texts[path] = texts[path].replace("state: active", f"state: {state}")
    await applied(office, texts)
    assert await exported(office) == texts
    texts[path] = texts[path].replace(f"state: {state}", "state: active")
    await applied(office, texts)
    assert await exported(office) == texts


async def test_the_role_that_its_runs_act_as_goes_along(office: Office) -> None:
    items = ModuleRights(read="all")
    async with office.database.transaction() as db:
        await create_role(db, NewRole(key="clerk", name="Clerk", modules={"items": items}), actor=None)
    texts = await exported(office)
    path = "workflows/item_greet.yaml"
    drawn = as_files.read_files(texts)["workflow", "item_greet"]
    drawn["document"]["settings"] = {"acts_as": "clerk"}
    texts[path] = as_files.text_of(("workflow", "item_greet"), drawn)
    assert "acts_as: clerk" in texts[path]
    await applied(office, texts)
    assert await exported(office) == texts
    assert done(await planned(office, texts)) == {}
    with pytest.raises(Invalid, match="applied") as refused:
        await applied(office, texts | {path: texts[path].replace("acts_as: clerk", "acts_as: clark")})
    assert [(one.code, "clerk" in (one.suggestion or "")) for one in refused.value.problems] == [
        ("unknown_role", True)
    ]


async def test_a_draft_that_differs_is_kept_and_not_overwritten_unasked(office: Office) -> None:
    before = await exported(office)
    async with office.database.transaction() as db:
        document = {**(await store.get_workflow(db, "item_greet"))["draft"], "settings": {"priority": 5}}
        change = store.WorkflowChange.model_validate({"document": document})
        await store.change_workflow(db, office.rights, "item_greet", change)
    with_draft = await exported(office)
    assert "draft:" in with_draft["workflows/item_greet.yaml"]
    with pytest.raises(Conflict, match="not published yet"):
        await applied(office, before)
    await applied(office, before, accept_loss=True)
    assert await exported(office) == before
    await applied(office, with_draft)
    assert await exported(office) == with_draft


async def test_a_file_that_is_gone_deletes_only_what_was_applied_and_when_told(office: Office) -> None:
    texts = await exported(office)
    few = {"templates/hello.yaml": texts["templates/hello.yaml"]}
    assert done(await planned(office, few)) == {}  # the others were never applied from files
    await applied(office, texts)
    await office.insert(name="Ελένη", owner=office.admin)
    plan = await planned(office, few)
    assert done(plan) == {"workflows/item_greet.yaml": "remove", "data_tasks/see.yaml": "remove"}
    with pytest.raises(Conflict, match="would be lost"):
        await applied(office, few)
    assert await exported(office) == texts
    await applied(office, few, accept_loss=True)
    assert await exported(office) == few
    await applied(office, texts)
    assert await exported(office) == texts


async def test_runs_under_way_are_told_as_a_loss(office: Office) -> None:
    texts = await exported(office)
    await applied(office, texts)
    await office.insert(name="Ελένη", owner=office.admin)
    async with office.database.transaction() as db:
        from whereupon.runs.match import match_batch

        await match_batch(db, await office.engine.current(db))
    plan = await planned(office, {k: v for k, v in texts.items() if "greet" not in k})
    assert "1 runs under way" in " ".join(plan.lost)


async def test_people_are_named_by_address(office: Office) -> None:
    ada = await office.user("ada@example.org")
    node = {**TELL, "to": [{"user": ada}]}
    await office.publish({"trigger": "record_created"}, node, name="[Item] — Tell Ada")
    texts = await exported(office)
    text = texts["workflows/item_tell_ada.yaml"]
    assert "user: ada@example.org" in text
    texts["workflows/item_tell_ada.yaml"] = text.replace("ada@", "adda@")
    with pytest.raises(Invalid) as refused:
        await planned(office, texts)
    (problem,) = refused.value.problems
    assert problem.path.startswith("workflows/item_tell_ada.yaml#/document/nodes/1")
    assert "ada@example.org" in str(problem.suggestion)


@pytest.mark.parametrize(
    ("path", "text", "told"),
    [
        ("workflows/a.yaml", "key: [", "is not YAML"),
        ("workflows/a.yaml", "key: b\nname: B\ndocument: {nodes: []}", "must be called"),
        ("workflows/a.yaml", "", "valid"),
        ("workflows/a.yaml", "key: a\nname: A\ndokument: {}", "dokument"),
        ("workflws/a.yaml", "key: a", "Files lie in"),
        ("../workflows/a.yaml", "key: a", "Files lie in"),
        ("workflows/a.yaml", "a: &a [x]\nb: *a", "another place"),
        ("workflows/a.yaml", "!!python/object/apply:os.system [id]", "not read here"),
    ],
)  # fmt: skip
def test_wrong_files_are_named(path: str, text: str, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        as_files.read_files({path: text})
    problems = refused.value.problems
    assert all(problem.path.startswith(f"{path}#") for problem in problems)
    assert told in " ".join(problem.message for problem in problems)


async def test_all_or_nothing(office: Office) -> None:
    texts = await exported(office)
    texts["workflows/item_greet.yaml"] = texts["workflows/item_greet.yaml"].replace(
        "record.name", "record.nam"
    )
    texts["templates/hello.yaml"] = texts["templates/hello.yaml"].replace("Hi", "Ho")
    with pytest.raises(Invalid) as refused:
        await applied(office, texts)
    assert "name" in str(refused.value.problems[0].suggestion)
    assert "Hi" in (await exported(office))["templates/hello.yaml"]


async def test_only_builders_may(office: Office) -> None:
    async with office.database.transaction() as db:
        clerk = await load_rights(db, await office.user("clerk@example.org"))
        for attempt in (
            as_files.export(db, clerk),
            as_files.plan(db, clerk, {}),
            as_files.apply(db, clerk, {}),
        ):
            with pytest.raises(Refused):
                await attempt
