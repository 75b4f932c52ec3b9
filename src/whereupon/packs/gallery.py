"""The gallery (F12): every workflow that ships with a pack, told in words, and made a draft here on request.

A draft needs the modules that it is about. Where they are missing, the pack that brings them can be loaded:
then the workflow is there already, published.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, cast

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, NotFound, did_you_mean
from whereupon.modules.catalog import Catalog, load_catalog
from whereupon.packs.contents import Modules, WorkflowIn, pack_keys, read_file
from whereupon.packs.imagined import imagine
from whereupon.packs.shelf import abouts, list_packs
from whereupon.people.rights import Rights
from whereupon.runs.definitions import organisation_time_zone
from whereupon.runs.review import steps_of
from whereupon.workflows import store
from whereupon.workflows.check import Surroundings
from whereupon.workflows.document import parse_document
from whereupon.workflows.drafting import trigger_words
from whereupon.workflows.plan import make_plan

HERE = "SELECT key, name, state FROM whereupon.workflows WHERE state <> 'deleted' AND key = ANY($1)"
NAMES = "SELECT name FROM whereupon.workflows WHERE state <> 'deleted' AND starts_with(name, $1)"


@dataclass(frozen=True, slots=True)
class Shelf:
    """What of a pack the gallery shows."""

    key: str
    modules: Modules
    workflows: tuple[WorkflowIn, ...]

    @property
    def labels(self) -> Mapping[str, str]:
        """What its modules are called; tables that it attaches included."""
        older = abouts()[self.key].older_database
        attached = {table.key: table.label_plural for table in older.tables} if older else {}
        return attached | {module.key: module.label_plural for module in self.modules.modules}


@cache
def shelves() -> tuple[Shelf, ...]:
    """All packs with their workflows; the files do not change while the program runs."""
    folder = files("whereupon.packs")
    return tuple(
        Shelf(
            key,
            read_file(folder / key / "modules.yaml", Modules),
            tuple(
                read_file(file, WorkflowIn)
                for file in sorted((folder / key / "workflows").iterdir(), key=lambda one: one.name)
                if file.name.endswith(".yaml")
            ),
        )
        for key in pack_keys()
    )


async def list_gallery(db: Connection, rights: Rights) -> list[dict[str, Any]]:
    """Every workflow of every pack, in the order of the scenarios. For builders."""
    rights.require_builder()
    catalog, zone = await load_catalog(db), await organisation_time_zone(db)
    packs = {pack["key"]: pack for pack in await list_packs(db)}
    keys = [workflow.key for shelf in shelves() for workflow in shelf.workflows]
    here = {row["key"]: dict(row) for row in await db.fetch(HERE, keys)}
    return sorted(
        (
            _shown(shelf, workflow, catalog, Surroundings(imagined, None, rights, zone))
            | {"pack_name": packs[shelf.key]["name"], "pack_loaded": packs[shelf.key]["loaded"],
               "here": here.get(workflow.key) if packs[shelf.key]["loaded"] else None}
            for shelf in shelves()
            for imagined in (imagine(catalog, shelf.modules),)
            for workflow in shelf.workflows
        ),
        key=lambda one: (one["scenario"], one["name"]),
    )  # fmt: skip


def _shown(shelf: Shelf, workflow: WorkflowIn, catalog: Catalog, empty: Surroundings) -> dict[str, Any]:
    """One workflow in words, as it would be here."""
    module = empty.catalog.modules.get(workflow.module)
    around = Surroundings(empty.catalog, module, empty.rights, empty.time_zone)
    plan = make_plan(parse_document(workflow.document))
    return {
        "pack": shelf.key, "key": workflow.key, "name": workflow.name, "category": workflow.category,
        "description": " ".join(workflow.description.split()), "scenario": workflow.scenario,
        "module": workflow.module, "module_label": shelf.labels.get(workflow.module, workflow.module),
        "trigger": trigger_words(plan, around),
        "steps": [
            {"key": key, "label": label, "sentence": told} for key, label, told in steps_of(plan, around)
        ],
        "missing": [
            shelf.labels.get(key, key) for key in _modules_of(workflow) if key not in catalog.modules
        ],
    }  # fmt: skip


def _modules_of(workflow: WorkflowIn) -> list[str]:
    """The modules that it names: its own, and those of its blocks."""
    return list(dict.fromkeys([workflow.module, *_named(workflow.document)]))


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in cast("Mapping[str, Any]", value).items():
            if key == "module" and isinstance(inner, str):
                yield inner
            yield from _named(inner)
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _named(inner)


async def use_template(db: Connection, rights: Rights, pack: str, key: str) -> Mapping[str, Any]:
    """A draft in this office. Raises NotFound, and Conflict where modules that it is about are missing."""
    rights.require_builder()
    shelf, workflow = find_template(pack, key)
    catalog = await load_catalog(db)
    missing = [shelf.labels.get(one, one) for one in _modules_of(workflow) if one not in catalog.modules]
    if missing:
        raise Conflict(
            f"It is about {', '.join(missing)}, which this office does not have.",
            suggestion=f"Load the pack “{abouts()[pack].name}”, which brings them and this workflow.",
        )
    new = workflow.model_dump(exclude={"scenario", "key"}) | {"name": await _free_name(db, workflow.name)}
    return await store.create_workflow(db, rights, store.NewWorkflow.model_validate(new))


def find_template(pack: str, key: str) -> tuple[Shelf, WorkflowIn]:
    """Raises NotFound with the nearest name."""
    shelf = next((one for one in shelves() if one.key == pack), None)
    if shelf is None:
        raise NotFound(f'There is no pack "{pack}".', suggestion=did_you_mean(pack, pack_keys()))
    for workflow in shelf.workflows:
        if workflow.key == key:
            return shelf, workflow
    near = did_you_mean(key, [workflow.key for workflow in shelf.workflows])
    raise NotFound(f'The pack "{pack}" has no workflow "{key}".', suggestion=near)


async def _free_name(db: Connection, name: str) -> str:
    taken = {row["name"] for row in await db.fetch(NAMES, name)}
    names = (name if n == 1 else f"{name} ({n})" for n in range(1, 10_000))
    return next(one for one in names if one not in taken)
