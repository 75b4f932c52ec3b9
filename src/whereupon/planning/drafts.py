"""Chosen rows become draft workflows with their mail templates, all of them or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.planning.rows import Cells, Planned, load_office, plan_row, with_template
from whereupon.templates.saved import NewTemplate, create_template
from whereupon.workflows import store

MOST = 500
TAKEN = "SELECT key FROM whereupon.templates WHERE starts_with(key, $1)"


async def create_drafts(db: Connection, rights: Rights, rows: Sequence[Cells]) -> list[Mapping[str, Any]]:
    """The drafts, in the order of the rows. Raises Invalid naming every cell that is not understood."""
    office = await load_office(db, rights)
    planned = [plan_row(cells, office) for cells in rows[:MOST]]
    problems = [
        Problem("unclear", fault.message, f"/rows/{nr}/{fault.column}", fault.suggestion)
        for nr, row in enumerate(planned)
        for fault in row.faults
    ]
    if problems:
        raise Invalid("Some rows are not understood yet.", problems=problems[:1_000])
    async with db.transaction():
        made = [await create_draft(db, rights, row) for row in planned]
        told = [row["key"] for row in made]
        await audit.append(db, rights.user_id, "import_planning_sheet", "workflows", created=told)
    return made


async def create_draft(db: Connection, rights: Rights, row: Planned) -> Mapping[str, Any]:
    assert row.module is not None
    document = row.document
    if row.content.template is None:
        key = await free_key(db, store.key_of(row.name))
        await create_template(
            db, rights,
            NewTemplate(
                key=key, name=row.name, module=row.module.key, subject=row.content.subject,
                html=row.content.html, text=row.content.text,
            ),
        )  # fmt: skip
        document = with_template(document, key)
    new = store.NewWorkflow(
        name=row.name, module=row.module.key, key=None, category=row.category, document=document,
        description=sentence(row),
    )  # fmt: skip
    return await store.create_workflow(db, rights, new)


def sentence(row: Planned) -> str:
    """“When a record of Bookings is created: Email to …”, as the description."""
    return f"When {row.trigger}: {'; '.join(row.steps)}."[:5_000]


async def free_key(db: Connection, key: str) -> str:
    """The key, with a number behind it where it is taken."""
    taken = {row["key"] for row in await db.fetch(TAKEN, key)}
    return next(one for n in range(1, 10_000) if (one := key if n == 1 else f"{key}_{n}") not in taken)
