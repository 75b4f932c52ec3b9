"""The same change to many records: those named, or all that meet a condition; all of them, or none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem
from whereupon.modules.catalog import Catalog, Module, quote
from whereupon.modules.ddl import literal
from whereupon.records.accept import accept
from whereupon.records.bulk import update_records
from whereupon.records.keys import fits_key
from whereupon.records.read import count_records, seen
from whereupon.records.statements import owned_by
from whereupon.records.write import Writer

MOST = 10_000
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Edited:
    """How many were meant, how many of them are (or would be) changed; the rest may not be changed."""

    matched: int
    changed: int

    @property
    def left_out(self) -> int:
        return self.matched - self.changed


class TakenBack(Exception):
    """Ends the transaction of a trial."""


async def edit_records(
    db: Connection,
    catalog: Catalog,
    module_key: str,
    change: Mapping[str, Any],
    writer: Writer,
    *,
    ids: Sequence[str] | None = None,
    where: str | None = None,
    dry_run: bool = False,
) -> Edited:
    """Set `change` in the records of `ids`, or in all that meet `where` (SQL, as for list_records).

    `dry_run`: all is checked and written, and taken back. Raises Invalid, Refused, Conflict.
    """
    module = catalog.module(module_key)
    writer.rights.require("read", module.key)
    accepted = accept(catalog, module, dict(change), writer.rights, "update", "/set")
    if accepted.lines or not accepted.values:
        told = "Name at least one field; line items are changed record by record."
        raise Invalid.of(Problem("nothing_to_write", told, "/set"))
    chosen = where if ids is None else named(module, ids)
    matched = await count_records(db, catalog, module_key, writer.rights, where=chosen)
    if matched > MOST:
        raise too_many(matched)
    changeable = await keys_of(db, module, chosen, writer)
    try:
        async with db.transaction():
            for start in range(0, len(changeable), CHUNK):
                some = changeable[start : start + CHUNK]
                await update_records(db, catalog, module_key, [{**change, "id": id} for id in some], writer)
            if dry_run:
                raise TakenBack
    except TakenBack:
        pass
    except Invalid as error:
        raise Invalid.of(*(in_set(problem) for problem in error.problems)) from None
    return Edited(matched, len(changeable))


def named(module: Module, ids: Sequence[str]) -> str:
    """SQL for the records of these ids."""
    usable = [id for id in ids if fits_key(module.key_type, id)]
    return f"n.{quote(module.key_column)} = ANY ({literal(usable)}::{module.key_type}[])"


async def keys_of(db: Connection, module: Module, where: str | None, writer: Writer) -> list[str]:
    """The records meant that the writer may change, locked in their order."""
    rights = writer.rights
    own = owned_by(module, literal(rights.user_id)) if rights.own_only("update", module.key) else "true"
    rows = await db.fetch(
        f"SELECT {module.key_sql('n')} AS id FROM {module.sql} AS n "
        f"WHERE {seen(module, where, rights)} AND {own} ORDER BY n.{quote(module.key_column)} "
        f"LIMIT {MOST} FOR NO KEY UPDATE OF n"
    )
    return [row["id"] for row in rows]


def in_set(problem: Problem) -> Problem:
    """A problem of one record is one of the change: /12/status is /set/status."""
    parts = problem.path.split("/")
    inside = [part for part in parts[1:] if not part.isdigit()]
    return Problem(problem.code, problem.message, "/".join(["", "set", *inside]), problem.suggestion)


def too_many(matched: int) -> Invalid:
    """What is said when a condition means more records than are changed at once."""
    return Invalid.of(
        Problem(
            "too_many",
            f"{matched:,} records are meant; {MOST:,} can be changed at once.",
            "/where",
            "Narrow the condition, and change them in several steps.",
        )
    )
