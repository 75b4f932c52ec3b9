"""One search over everything: workflows, modules, people, and records by what names them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query
from starlette.responses import Response

from whereupon.api.call import Call, TheCall
from whereupon.api.declare import Out, operation
from whereupon.api.route import routes_of
from whereupon.db.pool import Connection
from whereupon.modules.catalog import Catalog
from whereupon.people.users import list_users
from whereupon.records.lookup import LONGEST, look_up
from whereupon.workflows.store import list_workflows

router = routes_of("search", "/search")
OF_EACH = 5
MILLISECONDS = 100  # for the records of one module
IN_ALL = 1500  # for the records of all modules


class SearchHit(Out):
    """Something found. `id`: the key of a workflow or module, the id of a user or record."""

    kind: Literal["workflow", "module", "user", "record"]
    id: str
    title: str
    detail: str | None
    module: str | None


class SearchHits(Out):
    """What was found. `complete` false: not every record could be looked at in time."""

    items: list[SearchHit]
    complete: bool


@router.get("", **operation("search", SearchHits, summary="Everything that one may see, by name."))
async def search(
    call: TheCall,
    q: Annotated[str, Query(min_length=1, max_length=LONGEST)],
    limit: Annotated[int, Query(ge=1, le=100)] = 30,
) -> Response:
    wanted = " ".join(q.split())

    async def work(db: Connection) -> dict[str, Any]:
        if not wanted:
            return {"items": [], "complete": True}
        catalog = await call.catalog(db)
        found = await workflows(call, db, wanted) + modules(call, catalog, wanted)
        found += await people(call, db, wanted)
        records, complete = await in_records(call, db, catalog, wanted)
        return {"items": (found + records)[:limit], "complete": complete}

    return await call.read(work, bounded=True)


def hit(kind: str, id: object, title: str, detail: str | None, module: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "id": str(id), "title": title, "detail": detail, "module": module}


async def workflows(call: Call, db: Connection, wanted: str) -> list[dict[str, Any]]:
    """Only builders see workflows."""
    if not (call.rights.builder or call.rights.administrator):
        return []
    rows = await list_workflows(db, search=wanted, limit=OF_EACH)
    return [hit("workflow", row["key"], row["name"], row["state"], row["module"]) for row in rows]


def modules(call: Call, catalog: Catalog, wanted: str) -> list[dict[str, Any]]:
    """Modules whose name holds the text; lines have no list of their own."""
    folded = wanted.casefold()
    found = [
        module for module in catalog.modules.values()
        if call.rights.may("read", module.key) and not module.parent_field
        and any(folded in name.casefold() for name in (module.label, module.label_plural, module.key))
    ]  # fmt: skip
    return [hit("module", m.key, m.label_plural, m.description or None, m.key) for m in found[:OF_EACH]]


async def people(call: Call, db: Connection, wanted: str) -> list[dict[str, Any]]:
    """Who people are is known to everyone who is signed in."""
    rows = await list_users(db, limit=OF_EACH, active=True, search=wanted)
    return [hit("user", row["id"], row["name"], row["email"]) for row in rows]


async def in_records(
    call: Call, db: Connection, catalog: Catalog, wanted: str
) -> tuple[list[dict[str, Any]], bool]:
    """Records of every module that may be read, and whether there was time for all."""
    found: list[dict[str, Any]] = []
    complete, left = True, IN_ALL // MILLISECONDS
    for module in catalog.modules.values():
        if module.parent_field or module.key == "users" or not call.rights.may("read", module.key):
            continue
        if left <= 0:
            return found, False
        hits = await look_up(
            db, catalog, module.key, call.rights, wanted, limit=OF_EACH, milliseconds=MILLISECONDS
        )
        left -= 0 if hits.complete else 1
        complete = complete and hits.complete
        found += [hit("record", one.id, one.title, module.label, module.key) for one in hits.items]
    return found, complete
