"""Put a pack into a database: its modules, people, sample records and workflows, whole or not at all.

Everything goes through the functions that people's own work goes through. A pack that was loaded before
is left as it is, with whatever was changed since.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, cast

from whereupon.db.pool import Connection, Database
from whereupon.errors import Invalid, NotFound, Problem, did_you_mean
from whereupon.modules.catalog import Catalog, load_catalog
from whereupon.modules.definitions import FieldIn
from whereupon.packs.contents import DutyIn, LateField, Pack, People, PersonIn, WorkflowIn, read_pack
from whereupon.packs.kinds import kinds
from whereupon.packs.older_database import attach_tables, make_schema
from whereupon.packs.parts import as_noted, shipped_things, things_now
from whereupon.packs.samples import Draw
from whereupon.packs.three_way import Known
from whereupon.people import audit
from whereupon.people.duty import Roster, Shift, set_roster, show_roster
from whereupon.people.groups import NewGroup, create_group
from whereupon.people.rights import Rights, load_rights
from whereupon.people.roles import NewRole, create_role
from whereupon.people.users import NewUser, UserChange, change_user, create_user, get_user
from whereupon.records.bulk import create_records
from whereupon.records.schema import DEFINER, defining
from whereupon.records.write import Writer, create_record
from whereupon.workflows import store

FIND_LOADED = "SELECT value FROM whereupon.settings WHERE key = $1"
SAVE_LOADED = "INSERT INTO whereupon.settings (key, value) VALUES ($1, $2)"
GROUPS = """
SELECT g.key, array_agg(m.user_id ORDER BY m.user_id) AS members FROM whereupon.groups g
JOIN whereupon.group_members m ON m.group_id = g.id GROUP BY g.key
"""
FIND_USER = "SELECT id FROM whereupon.users WHERE email = $1"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A pack that is there. `records`: the id of each sample record that has a ref; `again`: was there."""

    pack: Pack
    records: Mapping[str, str]
    again: bool


async def load_pack(database: Database, key: str, rights: Rights) -> Loaded:
    """Load a pack that ships with the program; see `install`."""
    rights.require_administrator()
    return await install(database, read_pack(key), rights)


async def install(database: Database, pack: Pack, rights: Rights) -> Loaded:
    """Load a pack as this administrator, who publishes its workflows. Raises NotFound, Invalid, Conflict."""
    rights.require_administrator()
    if pack.about.older_database is not None:
        await make_schema(database.url, pack.key, pack.about.older_database)
    return await defining(database, lambda db: load(db, pack, rights))


async def load(db: Connection, pack: Pack, rights: Rights) -> Loaded:
    """The same inside a transaction of `defining`, which lets one at a time in."""
    setting = f"pack:{pack.key}"
    before: Any = await db.fetchval(FIND_LOADED, setting)
    if before is not None:
        return Loaded(pack, before["records"], again=True)
    if pack.about.older_database is not None:
        await attach_tables(db, pack.about.older_database)
    for module in pack.modules.modules:
        await DEFINER.create_module(db, module)
    for late in pack.modules.late_fields:
        await DEFINER.add_field(db, late.module, field_of(late))
    people = await add_people(db, pack.people, rights)
    made: dict[str, list[str]] = {}
    records = await add_records(db, pack, rights, made)
    for one in kinds():
        for thing in pack.more.get(one.key, []):
            content = dict(thing)
            await one.write(db, rights, content.pop("key"), content, None)
    for workflow in pack.workflows:
        await publish(db, workflow, rights)
    noted = {"name": pack.about.name, "records": records, "samples": made, "people": people}
    if pack.folder is not None:
        noted["folder"] = pack.folder
    if pack.file is not None:
        noted["file"] = pack.file
    now, shipped = await things_now(db), shipped_things(pack)
    known = {pair: Known(content, now.get(pair, {})) for pair, content in shipped.items()}
    await db.execute(SAVE_LOADED, setting, {**noted, "things": as_noted(known)})
    await audit.append(db, rights.user_id, "load_pack", setting, **pack.counts())
    return Loaded(pack, records, again=False)


def field_of(late: LateField) -> FieldIn:
    """The field, without the module that it is added to."""
    return FieldIn.model_validate(late.model_dump(exclude={"module"}))


# People ------------------------------------------------------------------------------------------


async def add_people(db: Connection, people: People, rights: Rights) -> list[str]:
    """Groups, roles, then people. Who and what is there already stays; people get the pack's as well.

    Gives the addresses of those who are new.
    """
    for group in people.groups:
        if not await there(db, "groups", group.key):
            await create_group(db, NewGroup(key=group.key, name=group.name), actor=rights.user_id)
    for role in people.roles:
        if not await there(db, "roles", role.key):
            new = NewRole(key=role.key, name=role.name, modules=role.modules)
            await create_role(db, new, actor=rights.user_id)
    new_people = [person.email for person in people.people if await add_person(db, person, rights)]
    for group in people.groups:
        if group.duty is not None:
            await set_duty(db, group.key, group.duty, rights)
    return new_people


async def set_duty(db: Connection, group: str, duty: DutyIn, rights: Rights) -> None:
    """The pack's roster, where the group has none yet."""
    if (await show_roster(db, group))["etag"] != "0":
        return
    shifts = [
        Shift(weekday=day, start=one.start, end=one.end, user_id=await user_id(db, one.person))
        for one in duty.hours
        for day in one.weekdays
    ]
    otherwise = await user_id(db, duty.otherwise) if duty.otherwise else None
    await set_roster(db, group, Roster(shifts=shifts, otherwise=otherwise), actor=rights.user_id)


async def there(db: Connection, table: str, key: str) -> bool:
    return await db.fetchval(f"SELECT true FROM whereupon.{table} WHERE key = $1", key) is not None


async def add_person(db: Connection, person: PersonIn, rights: Rights) -> bool:
    """Whether they are new."""
    manager = await user_id(db, person.manager) if person.manager else None
    known: int | None = await db.fetchval(FIND_USER, person.email)
    if known is None:
        rest = person.model_dump(exclude={"manager"})
        await create_user(db, NewUser(manager_id=manager, **rest), actor=rights.user_id)
        return True
    now = await get_user(db, known)
    change = UserChange(
        roles=sorted({*now["roles"], *person.roles}), groups=sorted({*now["groups"], *person.groups})
    )
    if now["active"] is False and not now["has_password"]:  # a sample person of a pack that was removed
        change = change.model_copy(update={"active": True})
        change.model_fields_set.add("active")
    await change_user(db, known, change, actor=rights.user_id)
    return False


async def user_id(db: Connection, email: str) -> int:
    """Raises NotFound for an address that nobody has."""
    found: int | None = await db.fetchval(FIND_USER, email)
    if found is None:
        raise NotFound(f"Nobody has the address {email}.", suggestion="Name the person earlier in the pack.")
    return found


# Sample records ----------------------------------------------------------------------------------


@dataclass(slots=True)
class Names:
    """What {ref: …}, {user: …} and {today: …} in a sample record mean."""

    today: date
    users: Mapping[str, int]
    records: dict[str, str] = field(default_factory=dict[str, str])

    def meaning(self, value: Any, path: str = "") -> Any:
        """The value to write. Raises Invalid for a name that is not known."""
        match value:
            case {"ref": str(ref), **rest} if not rest:
                return known(self.records, ref, f"{path}/ref")
            case {"user": str(email), **rest} if not rest:
                return known(self.users, email, f"{path}/user")
            case {"today": int(days), **rest} if not rest:
                return (self.today + timedelta(days=days)).isoformat()
            case dict():
                return {k: self.meaning(v, f"{path}/{k}") for k, v in cast("dict[str, Any]", value).items()}
            case list():
                return [self.meaning(v, f"{path}/{i}") for i, v in enumerate(cast("list[Any]", value))]
            case _:
                return value


def known(names: Mapping[str, Any], name: str, path: str) -> Any:
    if name not in names:
        raise Invalid.of(
            Problem("unknown", f'"{name}" is not named before.', path, did_you_mean(name, names))
        )
    return names[name]


async def add_records(
    db: Connection, pack: Pack, rights: Rights, made_of: dict[str, list[str]]
) -> dict[str, str]:
    """The ids of those that have a ref; `made_of` gets all, by module. Sample records start no workflow."""
    names = await known_names(db)
    catalog = await load_catalog(db)
    writers: dict[str | None, Writer] = {None: Writer(rights, origin="import", match=False)}
    for record in pack.records.records:
        if record.by not in writers:
            theirs = await load_rights(db, known(names.users, record.by or "", "/by"))
            writers[record.by] = Writer(theirs, origin="import", match=False)
        made = await create_record(
            db, catalog, record.module, names.meaning(record.values), writers[record.by]
        )
        made_of.setdefault(record.module, []).append(made.id)
        if record.ref:
            names.records[record.ref] = made.id
    await add_samples(db, catalog, pack, names, made_of, writers[None])
    return names.records


async def add_samples(
    db: Connection, catalog: Catalog, pack: Pack, names: Names, ids: dict[str, list[str]], writer: Writer
) -> None:
    """Records by the hundred, those of a module in one call. `ids`: grows by what is made."""
    groups = {row["key"]: list(row["members"]) for row in await db.fetch(GROUPS)}
    for nr, sample in enumerate(pack.samples.samples):
        chance = random.Random(f"{pack.key} {nr} {sample.module}")
        draw = Draw(chance, names.today, names.users, groups, ids)
        made = await create_records(
            db, catalog, sample.module, [draw.record(sample) for _ in range(sample.count)], writer
        )
        ids.setdefault(sample.module, []).extend(record.id for record in made)


async def known_names(db: Connection) -> Names:
    """Everybody by address, and the database's day."""
    rows: list[Any] = await db.fetch("SELECT id, email FROM whereupon.users")
    return Names(await db.fetchval("SELECT current_date"), {row["email"]: row["id"] for row in rows})


# Workflows ---------------------------------------------------------------------------------------


async def publish(db: Connection, workflow: WorkflowIn, rights: Rights) -> None:
    """A draft, published at once. Raises Invalid naming every fault."""
    new = store.NewWorkflow.model_validate(workflow.model_dump(exclude={"scenario"}))
    await store.create_workflow(db, rights, new)
    await store.publish(db, rights, workflow.key, note="As the pack has it")
