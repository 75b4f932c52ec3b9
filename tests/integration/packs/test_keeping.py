"""A pack of somebody else's: installed, updated, taken away; what the office changed stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.office import Office, open_office

from whereupon.db.pool import Database
from whereupon.errors import Conflict, Invalid, NotFound, Refused
from whereupon.modules.catalog import load_catalog
from whereupon.modules.define import defining
from whereupon.modules.definitions import FieldChange
from whereupon.packs.contents import read_own, read_pack
from whereupon.packs.keeping import Told, remove_pack, update_pack
from whereupon.packs.loading import install, load_pack
from whereupon.people.rights import load_rights
from whereupon.records.schema import DEFINER
from whereupon.workflows import store

PACK = "name: Σύλλογος\ndescription: A choir.\n"
MODULES = """
modules:
  - key: singers
    label: Singer
    label_plural: Singers
    fields:
      - {key: name, type: text, label: Name, required: true}
      - {key: voice, type: select, label: Voice, options: {choices: [soprano, alto, bass]}}
"""
PEOPLE = """
groups: [{key: choir, name: Choir}]
roles: [{key: choir, name: Choir, modules: {singers: {read: all, create: all}}}]
people: [{email: anna@choir.example, name: Άννα, roles: [choir], groups: [choir]}]
"""
SAMPLES = (
    "samples: [{module: singers, count: 30, values: {name: {person: true}, voice: {one_of: [alto, bass]}}}]"
)
VIEW = """
key: low_voices
module: singers
name: {name}
definition: {{where: {{field: voice, operator: equals, value: bass}}, sort: [name], columns: [{columns}]}}
"""
WORKFLOW = """
key: {key}
name: "[Singer] — {name}"
description: A singer who is new is told to the choir, so that all can say hello.
category: admin
module: singers
document:
  nodes:
    - {{key: start, block: start, config: {{trigger: record_created}}}}
    - {{key: tell, block: notify, config: {{to: [{{group: choir}}], title: "{title}"}}}}
  edges: [{{from: start, to: tell}}]
"""


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The first version of the pack."""
    pack = tmp_path / "choir"
    (pack / "workflows").mkdir(parents=True)
    (pack / "templates").mkdir()
    (pack / "pack.yaml").write_text(PACK, "utf-8")
    (pack / "modules.yaml").write_text(MODULES, "utf-8")
    (pack / "people.yaml").write_text(PEOPLE, "utf-8")
    (pack / "samples.yaml").write_text(SAMPLES, "utf-8")
    write(pack, "welcome", "Say hello", "Hello")
    write(pack, "extra", "Say more", "More")
    (pack / "views").mkdir()
    (pack / "views/low.yaml").write_text(VIEW.format(name="Low voices", columns="name"), "utf-8")
    (pack / "templates/hello.yaml").write_text(
        'key: hello\nname: Hello\nmodule: singers\nsubject: Γειά {{ record.name }}\ntext: "-"\n', "utf-8"
    )
    return pack


def write(pack: Path, key: str, name: str, title: str) -> None:
    (pack / f"workflows/{key}.yaml").write_text(WORKFLOW.format(key=key, name=name, title=title), "utf-8")


def second_version(pack: Path) -> None:
    """Another voice and another title, one workflow more and one less."""
    (pack / "modules.yaml").write_text(
        MODULES.replace("[soprano, alto, bass]", "[soprano, alto, tenor, bass]")
        + "      - {key: email, type: email, label: E-mail}\n"
        + "  - {key: concerts, label: Concert, fields: [{key: name, type: text, label: Name}]}\n",
        "utf-8",
    )
    write(pack, "welcome", "Say hello", "Welcome")
    write(pack, "goodbye", "Say goodbye", "Bye")
    (pack / "workflows/extra.yaml").unlink()
    (pack / "views/low.yaml").write_text(VIEW.format(name="Low voices", columns="name, voice"), "utf-8")


async def update(office: Office, pack: Path, **how: Any) -> Told:
    return await update_pack(office.database, read_own(pack), office.rights, **how)


def actions(told: Told) -> dict[str, str]:
    return {step.name: step.action for step in told.steps if step.action != "same"}


async def change(office: Office, key: str, title: str) -> None:
    async with office.database.transaction() as db:
        document = dict((await store.get_workflow(db, key))["draft"])
        document["nodes"][1]["config"]["title"] = title
        await store.change_workflow(
            db, office.rights, key, store.WorkflowChange.model_validate({"document": document})
        )
        await store.publish(db, office.rights, key)


async def titles(office: Office) -> dict[str, str]:
    rows = await office.fetch(
        "SELECT w.key, v.document->'nodes'->1->'config'->>'title' AS title FROM whereupon.workflows w "
        "JOIN whereupon.versions v ON v.id = w.active_version_id WHERE w.state = 'active'"
    )
    return {row["key"]: row["title"] for row in rows}


async def test_an_update_takes_over_what_only_the_pack_changed(office: Office, folder: Path) -> None:
    loaded = await install(office.database, read_own(folder), office.rights)
    assert (loaded.again, await office.fetchval("SELECT count(*) FROM data.singers")) == (False, 30)
    assert actions(await update(office, folder)) == {}
    second_version(folder)
    dry = await update(office, folder, dry=True)
    assert await titles(office) == {"welcome": "Hello", "extra": "More"}
    told = await update(office, folder)
    assert actions(dry) == actions(told) == {
        "module/concerts": "add", "field/concerts.name": "add", "field/singers.voice": "change",
        "field/singers.email": "add", "workflow/welcome": "change", "workflow/goodbye": "add",
        "workflow/extra": "remove", "view/low_voices": "change",
    }  # fmt: skip
    assert await titles(office) == {"welcome": "Welcome", "goodbye": "Bye"}
    async with office.database.connection() as db:
        voice = (await load_catalog(db)).module("singers").field("voice")
    assert [c["key"] for c in voice.options["choices"]] == ["soprano", "alto", "tenor", "bass"]
    assert actions(await update(office, folder)) == {}


async def test_what_the_office_changed_stays_and_is_told(office: Office, folder: Path) -> None:
    await install(office.database, read_own(folder), office.rights)
    await change(office, "welcome", "Καλωσόρισες")
    await change(office, "extra", "Ours")
    relabel = FieldChange(label="Φωνή")
    await defining(office.database, lambda db: DEFINER.change_field(db, "singers", "voice", relabel))
    await office.execute("UPDATE whereupon.views SET name = 'Βαθιές φωνές'")
    second_version(folder)
    told = await update(office, folder)
    found = actions(told)
    assert (found["workflow/welcome"], found["workflow/extra"]) == ("conflict", "keep")
    view = (await office.fetch("SELECT name, shared, definition FROM whereupon.views"))[0]
    assert (view["name"], view["shared"], view["definition"]["columns"]) == (
        "Βαθιές φωνές",
        True,
        ["name", "voice"],
    )
    assert found["field/singers.voice"] == "change"
    assert await titles(office) == {"welcome": "Καλωσόρισες", "extra": "Ours", "goodbye": "Bye"}
    async with office.database.connection() as db:
        assert (await load_catalog(db)).module("singers").field("voice").label == "Φωνή"
    assert actions(await update(office, folder))["workflow/welcome"] == "keep"
    write(folder, "welcome", "Say hello", "Again")
    assert "document" in next(
        s.kept for s in (await update(office, folder, dry=True)).steps if s.key == "welcome"
    )
    taken = await update(office, folder, take={"workflow/welcome"})
    assert actions(taken)["workflow/welcome"] == "change"
    assert (await titles(office))["welcome"] == "Again"


async def test_a_name_to_take_that_is_not_there_is_refused(office: Office, folder: Path) -> None:
    await install(office.database, read_own(folder), office.rights)
    with pytest.raises(NotFound) as refused:
        await update(office, folder, take={"workflow/welcom"})
    assert "workflow/welcome" in str(refused.value.suggestion)


async def test_a_pack_goes_without_what_was_changed_or_is_used(office: Office, folder: Path) -> None:
    await install(office.database, read_own(folder), office.rights)
    await office.execute(
        "UPDATE data.singers SET name = 'Κάλλας', updated_at = now() + interval '1 s' WHERE id = 7"
    )
    await change(office, "extra", "Ours")
    await office.execute("UPDATE whereupon.templates SET name = 'Καλημέρα'")
    dry = await remove_pack(office.database, "choir", office.rights, dry=True)
    assert await office.fetchval("SELECT count(*) FROM data.singers") == 30
    told = await remove_pack(office.database, "choir", office.rights)
    assert actions(dry) == actions(told)
    found = actions(told)
    assert (found["workflow/welcome"], found["workflow/extra"]) == ("remove", "keep")
    assert (found["module/singers"], found["template/hello"], found["view/low_voices"]) == (
        "keep",
        "keep",
        "remove",
    )
    assert told.labels["template", "hello"] == "Καλημέρα"
    assert found["group/choir"] == "keep"  # the workflow that stays names it
    assert [row["name"] for row in await office.fetch("SELECT name FROM data.singers")] == ["Κάλλας"]
    assert "29 sample records go, 1 stay" in " ".join(told.notes)
    assert (
        await office.fetchval("SELECT active FROM whereupon.users WHERE email = 'anna@choir.example'")
        is False
    )
    with pytest.raises(NotFound):
        await remove_pack(office.database, "choir", office.rights)


async def test_an_untouched_pack_goes_as_if_it_had_not_been_there(office: Office, folder: Path) -> None:
    modules = await office.fetchval("SELECT count(*) FROM whereupon.modules")
    await install(office.database, read_own(folder), office.rights)
    told = await remove_pack(office.database, "choir", office.rights)
    assert set(actions(told).values()) == {"remove"}
    assert await office.fetchval("SELECT count(*) FROM whereupon.modules") == modules
    await install(office.database, read_own(folder), office.rights)
    assert (
        await office.fetchval("SELECT active FROM whereupon.users WHERE email = 'anna@choir.example'") is True
    )


async def test_runs_under_way_are_not_cancelled_unasked(office: Office, folder: Path) -> None:
    await install(office.database, read_own(folder), office.rights)
    await office.execute(
        "INSERT INTO whereupon.runs (workflow_id, version_id, status, started_by, shard) "
        "SELECT id, active_version_id, 'waiting', 'manual', 0 FROM whereupon.workflows WHERE key = 'welcome'"
    )
    with pytest.raises(Conflict, match="1 runs under way"):
        await remove_pack(office.database, "choir", office.rights)
    assert "welcome" in await titles(office)
    told = await remove_pack(office.database, "choir", office.rights, accept_loss=True)
    assert actions(told)["workflow/welcome"] == "remove"


async def test_a_pack_of_before_is_compared_with_what_is_there(office: Office) -> None:
    await load_pack(office.database, "membership", office.rights)
    await office.execute(
        "UPDATE whereupon.settings SET value = value - 'things' WHERE key = 'pack:membership'"
    )
    told = await update_pack(office.database, read_pack("membership"), office.rights)
    assert {"add", "remove"}.isdisjoint(actions(told).values())


async def test_only_an_administrator_may(office: Office, folder: Path) -> None:
    async with office.database.connection() as db:
        clerk = await load_rights(db, await office.user("clerk@example.org"))
    for attempt in (
        install(office.database, read_own(folder), clerk),
        update_pack(office.database, read_own(folder), clerk),
        remove_pack(office.database, "choir", clerk),
    ):
        with pytest.raises(Refused):
            await attempt


def test_every_fault_of_every_file_is_named(folder: Path) -> None:
    (folder / "pack.yaml").write_text("name: 1\n", "utf-8")
    (folder / "modules.yaml").write_text("modules: [{key: a, feilds: []}]", "utf-8")
    (folder / "workflows/broken.yaml").write_text("key: [", "utf-8")
    with pytest.raises(Invalid) as refused:
        read_own(folder)
    places = {problem.path.partition("#")[0] for problem in refused.value.problems}
    assert places == {"pack.yaml", "modules.yaml", "workflows/broken.yaml"}
