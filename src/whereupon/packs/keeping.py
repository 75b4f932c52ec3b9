"""Bring a pack up to date, or take it away, without touching what the office changed.

Every step is told before anything is done (`dry`), with what is kept and why.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from whereupon.db.pool import Connection, Database
from whereupon.errors import Conflict, NotFound, WhereuponError, did_you_mean
from whereupon.modules.catalog import Catalog, load_catalog, quote
from whereupon.packs.contents import Pack
from whereupon.packs.kinds import kind, kinds
from whereupon.packs.parts import (
    FORGET,
    KEEP,
    Things,
    as_noted,
    known_of,
    known_things,
    shipped_things,
    things_now,
)
from whereupon.packs.three_way import Known, Step, merge, remembered
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.people.users import UserChange, change_user
from whereupon.records.schema import defining

LOADED = "SELECT substr(key, 6) AS key FROM whereupon.settings WHERE key LIKE 'pack:%'"
BRIEFLY = 'SET LOCAL whereupon.context = \'{"origin": "import", "match": false}\''
# Sample people who cannot sign in, and whom no other pack brought.
SAMPLE_PEOPLE = """
SELECT id, name FROM whereupon.users WHERE email = ANY($1) AND active AND password_hash IS NULL
"""


@dataclass(slots=True)
class Told:
    """What was done, or would be: the steps, and sentences about records and people."""

    pack: str
    name: str
    dry: bool
    steps: list[Step] = field(default_factory=list[Step])
    notes: list[str] = field(default_factory=list[str])
    labels: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def call(self, *things: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
        """Remember what people call these things; where two say it, the later ones."""
        for pair, content in [one for some in things for one in some.items()]:
            label = content.get("name") or content.get("label_plural") or content.get("label")
            if isinstance(label, str):
                self.labels[pair] = label

    def as_json(self) -> dict[str, Any]:
        """For the API and `--json`: without the steps that change nothing."""
        shown = [step for step in self.steps if step.action != "same"]
        counts = {action: sum(s.action == action for s in self.steps) for action in
                  ("add", "change", "remove", "keep", "conflict", "same")}  # fmt: skip
        steps = [
            {
                "kind": s.kind, "key": s.key, "label": self.labels.get((s.kind, s.key), s.key),
                "action": s.action, "why": s.why,
                "taken": list(s.taken), "kept": list(s.kept),
            }
            for s in shown
        ]  # fmt: skip
        return {
            "pack": self.pack, "name": self.name, "dry": self.dry, "counts": counts, "steps": steps,
            "notes": self.notes,
        }  # fmt: skip


class Undone(Exception):
    """Ends a transaction in which everything was only tried."""

    def __init__(self, told: Told) -> None:
        self.told = told


async def update_pack(
    database: Database, pack: Pack, rights: Rights, *, dry: bool = False, take: Collection[str] = ()
) -> Told:
    """Bring a loaded pack to what is shipped now. `take`: names of steps where what is shipped wins.

    Raises NotFound when it was not loaded; Invalid, Conflict as its parts do, and then nothing is changed.
    """
    rights.require_administrator()

    async def work(db: Connection) -> Told:
        told = await updated(db, pack, rights, set(take), dry=dry)
        if dry:
            raise Undone(told)
        await audit.append(db, rights.user_id, "update_pack", f"pack:{pack.key}", **told.as_json()["counts"])
        return told

    return await tried(database, work)


async def tried(database: Database, work: Any) -> Told:
    """A dry run goes all the way, and is taken back: what would fail then, fails now."""
    try:
        return await defining(database, work)
    except Undone as undone:
        return undone.told


async def updated(db: Connection, pack: Pack, rights: Rights, take: set[str], *, dry: bool) -> Told:
    noted = await required(db, pack.key)
    known, shipped, now = known_things(noted), shipped_things(pack), await things_now(db)
    told = Told(pack.key, pack.about.name, dry)
    told.call(shipped, now)
    for kind_key, key in order_of(known, shipped):
        one = kind(kind_key)
        told.steps.append(merge(
            kind_key, key, known.get((kind_key, key)), now.get((kind_key, key)), shipped.get((kind_key, key)),
            nested=one.nested, take=f"{kind_key}/{key}" in take,
        ))  # fmt: skip
    if strange := take - {step.name for step in told.steps}:
        name = min(strange)
        raise NotFound(
            f'The pack has nothing that is called "{name}".',
            suggestion=did_you_mean(name, [step.name for step in told.steps]),
        )
    told.steps = await written(db, rights, pack, told.steps, now)
    after = await things_now(db)
    rest = {
        (s.kind, s.key): remembered(
            s, known.get((s.kind, s.key)), now.get((s.kind, s.key)), after.get((s.kind, s.key)),
            shipped[s.kind, s.key], kind(s.kind).nested,
        )
        for s in told.steps
        if (s.kind, s.key) in shipped
    }  # fmt: skip
    await db.execute(KEEP, f"pack:{pack.key}", {**noted, "things": as_noted(rest)})
    return told


def order_of(known: Mapping[tuple[str, str], Any], shipped: Things) -> list[tuple[str, str]]:
    """What is shipped in its order, then what is not shipped any more, the last kinds first."""
    last_first = {one.key: -nr for nr, one in enumerate(kinds())}
    gone = sorted(known.keys() - shipped.keys(), key=lambda pair: (last_first.get(pair[0], 0), pair[1]))
    return [*shipped, *gone]


async def written(db: Connection, rights: Rights, pack: Pack, steps: list[Step], now: Things) -> list[Step]:
    """Do the steps; what cannot be removed is kept, and told why."""
    done: list[Step] = []
    new_modules = {s.key for s in steps if s.kind == "module" and s.action == "add"}
    for step in steps:
        one = kind(step.kind)
        if step.action == "remove":
            done.append(await removed(db, rights, step, now[step.kind, step.key]))
            continue
        if step.content is not None and not of_new_module(step, new_modules):
            content = dict(step.content)
            if step.kind == "module" and step.action == "add":
                content = whole_module(pack, step.key)
            if step.kind == "workflow" and step.action == "add":
                content["state"] = "active"
            await one.write(db, rights, step.key, content, await self_now(db, step, now))
        done.append(step)
    return done


async def self_now(db: Connection, step: Step, now: Things) -> Any:
    """The thing as its kind reads it: whole, with its state."""
    return None if step.action == "add" else (await kind(step.kind).now(db))[step.key]


def of_new_module(step: Step, modules: Collection[str]) -> bool:
    """Fields of a new module are made with it."""
    return step.kind == "field" and step.key.partition(".")[0] in modules


def whole_module(pack: Pack, key: str) -> dict[str, Any]:
    found = next(m for m in pack.modules.modules if m.key == key)
    return found.model_dump(mode="json", exclude={"key"}, exclude_unset=True)


async def removed(db: Connection, rights: Rights, step: Step, now: Any) -> Step:
    """Take it away, unless something would be lost or needs it."""
    one = kind(step.kind)
    try:
        if lost := await one.loss(db, step.key, now, None):
            return Step(step.kind, step.key, "keep", " ".join(lost))
        async with db.transaction():
            await one.remove(db, rights, step.key)
    except (WhereuponError, asyncpg.PostgresError) as error:
        return Step(step.kind, step.key, "keep", sentence(error))
    return step


def sentence(error: Exception) -> str:
    problems = getattr(error, "problems", ())
    return " ".join(p.message for p in problems) or str(error)


async def required(db: Connection, key: str) -> Mapping[str, Any]:
    """What is kept in mind of a loaded pack. Raises NotFound."""
    noted = await known_of(db, key)
    if noted is None:
        loaded = [row["key"] for row in await db.fetch(LOADED)]
        raise NotFound(f'The pack "{key}" is not loaded here.', suggestion=did_you_mean(key, loaded))
    return noted


# Removing ------------------------------------------------------------------------------------------


# What people write themselves: where they have changed it, it is theirs.
OWN_WORK = frozenset({"workflow", "template", "view", "data_task", "playbook", "strategy"})


async def remove_pack(
    database: Database, key: str, rights: Rights, *, dry: bool = False, accept_loss: bool = False
) -> Told:
    """Take away what the pack brought and nobody has touched: workflows, sample records, empty modules.

    `accept_loss`: runs under way are cancelled, too. Raises NotFound; Conflict for what would be lost.
    """
    rights.require_administrator()

    async def work(db: Connection) -> Told:
        told = await taken_away(db, key, rights, dry=dry, accept_loss=accept_loss)
        if dry:
            raise Undone(told)
        await audit.append(db, rights.user_id, "remove_pack", f"pack:{key}", **told.as_json()["counts"])
        return told

    return await tried(database, work)


async def taken_away(db: Connection, key: str, rights: Rights, *, dry: bool, accept_loss: bool) -> Told:
    noted = await required(db, key)
    told = Told(key, noted["name"], dry)
    known, now = known_things(noted), await things_now(db)
    told.call(now)
    if not known:
        told.notes.append(
            "It was loaded before it was kept in mind what a pack brings, so its workflows and modules stay."
        )
    lost: list[str] = []
    # People first: a group with sample people alone is no group that somebody uses.
    await let_people_go(db, noted, rights, told)
    going = order_of_going(await load_catalog(db), known)
    modules = [name for kind_key, name in going if kind_key == "module"]
    for kind_key, name in going:
        if kind_key == "field":
            continue  # they go with their module, or stay with it
        if kind_key == "module" and name == modules[0]:
            for module in modules:
                await remove_samples(db, noted, module, told)
            for module in modules:
                await remove_formulas(db, rights, module, known)
        told.steps.append(await let_go(
            db, rights, (kind_key, name), known[kind_key, name], now, lost, accept_loss=accept_loss
        ))  # fmt: skip
    if lost and not dry and not accept_loss:
        raise Conflict(
            f"Something would be lost. {' '.join(lost)}",
            suggestion="Wait until they have ended, or say that this may be lost.",
        )
    told.notes += [f"{line} Only if you say that this may be lost." for line in lost if not accept_loss]
    left = await things_now(db)  # a view goes with its module, although it was changed
    told.steps = [s if s.action != "keep" or (s.kind, s.key) in left else gone(s) for s in told.steps]
    await db.execute(FORGET, f"pack:{key}")
    return told


def gone(step: Step) -> Step:
    """It was to be kept, and went with something else."""
    return Step(step.kind, step.key, "remove", "It goes with its module.")


def order_of_going(catalog: Catalog, known: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    """The last kinds first; of modules, one that refers to another goes before it."""
    rest = {key: targets(catalog, key) for kind_key, key in known if kind_key == "module"}
    turns: dict[str, int] = {}
    while rest:
        referred = {target for key, found in rest.items() for target in found - {key}}
        turns |= {key: len(turns) for key in rest if key not in referred} or dict.fromkeys(rest, len(turns))
        rest = {key: found for key, found in rest.items() if key not in turns}
    last_first = {one.key: -nr for nr, one in enumerate(kinds())}
    return sorted(known, key=lambda pair: (last_first.get(pair[0], 0), turns.get(pair[1], 0), pair[1]))


def targets(catalog: Catalog, key: str) -> set[str]:
    """The modules that a module refers to."""
    module = catalog.modules.get(key)
    fields = module.fields.values() if module else ()
    return {str(field.options["target"]) for field in fields if field.type == "reference"}


async def let_go(
    db: Connection, rights: Rights, pair: tuple[str, str], known: Known, now: Things, lost: list[str],
    *, accept_loss: bool,
) -> Step:  # fmt: skip
    """One thing on its way out."""
    if pair not in now:
        return Step(*pair, "same")
    if pair[0] in OWN_WORK and now[pair] != known.installed:
        return Step(*pair, "keep", "It was changed here.")
    if loss := await kind(pair[0]).loss(db, pair[1], now[pair], None):
        lost += [f"{pair[1]}: {line}" for line in loss]
    try:
        async with db.transaction():
            await kind(pair[0]).remove(db, rights, pair[1])
    except (WhereuponError, asyncpg.PostgresError) as error:
        return Step(*pair, "keep", sentence(error))
    return Step(*pair, "remove")


async def remove_samples(db: Connection, noted: Mapping[str, Any], module_key: str, told: Told) -> None:
    """Sample records that nobody has changed and nothing refers to."""
    keys: list[str] = noted.get("samples", {}).get(module_key, [])
    module = (await load_catalog(db)).modules.get(module_key)
    if module is None or not keys:
        return
    await db.execute(BRIEFLY)
    condition = (
        f"{quote(module.key_column)} = ANY($1::text[]::{module.key_type}[]) AND updated_at = created_at"
    )
    rows = await db.fetch(f"SELECT {module.key_sql('n')} AS key FROM {module.sql} n WHERE {condition}", keys)
    gone = await deleted(db, module.sql, module.key_column, module.key_type, [row["key"] for row in rows])
    stay = len(keys) - gone
    told.notes.append(
        f"{module.label_plural}: {gone:,} sample records go"
        + (f", {stay:,} stay, because they were changed, are used or are gone already." if stay else ".")
    )


async def remove_formulas(
    db: Connection, rights: Rights, module_key: str, known: Collection[tuple[str, str]]
) -> None:
    """Of a module without records: they may look at one that goes before it."""
    module = (await load_catalog(db)).modules.get(module_key)
    if module is None or await db.fetchval(f"SELECT EXISTS (SELECT FROM {module.sql})"):
        return
    names = [f"{module.key}.{one.key}" for one in module.fields.values() if one.type == "formula"]
    for name in names:
        if ("field", name) in known:
            with suppress(WhereuponError):
                async with db.transaction():
                    await kind("field").remove(db, rights, name)


async def deleted(db: Connection, table: str, column: str, type_: str, keys: list[str]) -> int:
    """How many could be deleted: all at once, or in halves where something refers to one."""
    if not keys:
        return 0
    statement = f"DELETE FROM {table} WHERE {quote(column)} = ANY($1::text[]::{type_}[])"
    try:
        async with db.transaction():
            return int((await db.execute(statement, keys)).split()[-1])
    except asyncpg.IntegrityConstraintViolationError:
        if len(keys) == 1:
            return 0
    middle = len(keys) // 2
    first = await deleted(db, table, column, type_, keys[:middle])
    return first + await deleted(db, table, column, type_, keys[middle:])


async def let_people_go(db: Connection, noted: Mapping[str, Any], rights: Rights, told: Told) -> None:
    """Sample people who cannot sign in are disabled; nobody is deleted."""
    rows: list[Any] = await db.fetch(SAMPLE_PEOPLE, noted.get("people", []))
    for row in rows:
        change = UserChange(active=False, groups=[], roles=[])
        await change_user(db, row["id"], change, actor=rights.user_id)
    if rows:
        who = "One sample person is" if len(rows) == 1 else f"{len(rows)} sample people are"
        told.notes.append(f"{who} disabled, but kept for what they did.")
