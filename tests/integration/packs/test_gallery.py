"""The gallery: every workflow of every pack in words, whether its pack is there or not; used as a draft."""

from __future__ import annotations

import re

import pytest
from tests.office import Office, open_office

from whereupon.db.pool import Database
from whereupon.errors import Conflict, NotFound, Refused
from whereupon.packs.contents import pack_keys
from whereupon.packs.gallery import list_gallery, shelves, use_template
from whereupon.packs.loading import load_pack
from whereupon.people.rights import Rights
from whereupon.sdk import registry
from whereupon.workflows import store


@pytest.fixture
async def office(database: Database) -> Office:
    return await open_office(database)


async def test_every_workflow_of_every_pack_is_told_in_words_before_it_is_loaded(office: Office) -> None:
    async with office.database.connection() as db:
        found = await list_gallery(db, office.rights)
    assert {one["pack"] for one in found} == set(pack_keys())
    assert len(found) == sum(len(shelf.workflows) for shelf in shelves()) >= 22
    assert [one["scenario"] for one in found] == sorted(one["scenario"] for one in found)
    labels = {trigger.label for trigger in registry.triggers().values()}
    for one in found:
        assert all((one["trigger"], one["steps"], one["missing"])), one["key"]
        assert (one["pack_loaded"], one["here"]) == (False, None), one["key"]
        # Words, not the keys and labels that stand in where something is not understood.
        if one["pack"] != "northwind":
            assert one["trigger"] not in labels, one["key"]
            assert not re.search(r"\b[a-z]+_[a-z]+\b", one["trigger"]), one["trigger"]


async def test_what_a_loaded_pack_brought_is_found_here_and_a_copy_can_be_made(office: Office) -> None:
    await load_pack(office.database, "membership", office.rights)
    async with office.database.transaction() as db:
        found = {one["key"]: one for one in await list_gallery(db, office.rights)}
        item = found["member_text_campaign"]
        assert (item["pack_loaded"], item["missing"], item["here"]["state"]) == (True, [], "active")
        made = [await use_template(db, office.rights, "membership", item["key"]) for _ in range(2)]
        assert [one["name"] for one in made] == [f"{item['name']} (2)", f"{item['name']} (3)"]
        assert {one["state"] for one in made} == {"draft"}
        assert await store.problems_of_draft(db, office.rights, made[0]["key"]) == []


async def test_without_its_modules_it_is_refused_and_the_pack_is_named(office: Office) -> None:
    async with office.database.transaction() as db:
        with pytest.raises(Conflict) as refused:
            await use_template(db, office.rights, "sales", "quote_accepted")
        assert "Sales orders" in refused.value.message
        assert "Sales and support" in (refused.value.suggestion or "")
        with pytest.raises(NotFound):
            await use_template(db, office.rights, "sales", "quote_acepted")
        with pytest.raises(NotFound):
            await use_template(db, office.rights, "πωλήσεις", "quote_accepted")


async def test_only_builders_look_through_it(office: Office) -> None:
    async with office.database.connection() as db:
        with pytest.raises(Refused):
            await list_gallery(db, Rights(office.admin))
