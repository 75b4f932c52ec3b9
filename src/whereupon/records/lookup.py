"""Records by what names them, as one types: for reference fields and for the search over everything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from whereupon.db.pool import Connection
from whereupon.modules.catalog import Catalog, Field, Module, quote
from whereupon.modules.ddl import INDEXABLE_LENGTH
from whereupon.people.rights import Rights
from whereupon.records.bounded import fetch_within
from whereupon.records.keys import fits_key
from whereupon.records.read import seen
from whereupon.records.statements import shown_field

MILLISECONDS = 250
LONGEST = 200  # characters that are looked for


@dataclass(frozen=True, slots=True)
class Found:
    """A record, and what names it."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found; `complete` False: there was no time to look at every record."""

    items: list[Found]
    complete: bool


async def look_up(
    db: Connection,
    catalog: Catalog,
    module_key: str,
    rights: Rights,
    text: str,
    *,
    limit: int = 10,
    milliseconds: int = MILLISECONDS,
) -> Hits:
    """Records whose id is the text, whose title begins with it, or holds it; without text, the newest.

    Who people are is known to everyone, so users are found by everyone.
    """
    module = catalog.module(module_key)
    if module.key != "users":
        rights.require("read", module.key)
    title = title_of(catalog, module, rights)
    wanted = " ".join(text.split())[:LONGEST].lower()
    finder = Finder(db, catalog, module, title, allowed(module, rights), limit)
    if not wanted:
        rows = await finder.fetch(milliseconds, "true", newest=True)
        return Hits(rows or [], rows is not None)
    found = await finder.by_id(wanted, milliseconds)
    complete = True
    if title is not None:
        for pattern, ordered in patterns(module, title, wanted):
            if len(found) < limit:
                more = await finder.by_title(title, pattern, milliseconds, ordered)
                complete = complete and more is not None
                known = {one.id for one in found}
                found += sorted(
                    (one for one in more or [] if one.id not in known), key=lambda one: rank(one, wanted)
                )
    return Hits(found[:limit], complete)


def title_of(catalog: Catalog, module: Module, rights: Rights) -> Field | None:
    """The field that names the module's records, if it may be read."""
    key = module.title_field
    if key is None or key not in module.fields or module.fields[key].type == "line_items":
        return None
    return module.fields[key] if module.key == "users" or key in rights.readable(module) else None


def allowed(module: Module, rights: Rights) -> str:
    """SQL: the user may find the row "n"; users who are active, everybody may."""
    if module.key == "users":
        return 'n."active"'
    return seen(module, None, rights)


def patterns(module: Module, title: Field, wanted: str) -> Sequence[tuple[str, bool]]:
    """LIKE patterns to try; what begins with the text comes first where an index finds it at once."""
    escaped = re.sub(r"([\\%_])", r"\\\1", wanted)
    indexed = title.indexed or title.unique or title.type == "auto_number"
    contains = (f"%{escaped}%", False)
    return [(f"{escaped}%", True), contains] if indexed and len(wanted) <= INDEXABLE_LENGTH else [contains]


def rank(one: Found, wanted: str) -> tuple[int, str]:
    """What is called just so, what begins so, and the rest by name."""
    name = one.title.lower()
    return (0 if name == wanted else 1 if name.startswith(wanted) else 2, name)


@dataclass(frozen=True, slots=True)
class Finder:
    """Looks in one module, a few records at a time."""

    db: Connection
    catalog: Catalog
    module: Module
    title: Field | None
    allowed: str
    limit: int

    async def by_id(self, wanted: str, milliseconds: int) -> list[Found]:
        if len(self.module.key_columns) != 1 or not fits_key(self.module.key_type, wanted):
            return []
        key = f"n.{quote(self.module.key_column)}"
        if self.module.key_type in ("text", "varchar", "bpchar", "character varying"):
            where = f"lower({key}::text) = $1"
        else:
            where = f"{key} = $1::text::{self.module.key_type}"
        return await self.fetch(milliseconds, where, wanted) or []

    async def by_title(
        self, title: Field, pattern: str, milliseconds: int, ordered: bool
    ) -> list[Found] | None:
        sql = f"lower(({shown_field(self.catalog, self.module, title).sql})::text)"
        return await self.fetch(milliseconds, f"{sql} LIKE $1", pattern, order=sql if ordered else "")

    async def fetch(
        self, milliseconds: int, where: str, *values: str, order: str = "", newest: bool = False
    ) -> list[Found] | None:
        """The first that meet `where`; None when they did not come in time."""
        key = self.module.key_sql("n")
        by = f"ORDER BY {order}" if order else ""
        if newest and len(self.module.key_columns) == 1:
            by = f"ORDER BY n.{quote(self.module.key_column)} DESC"
        title = shown_field(self.catalog, self.module, self.title).sql if self.title else key
        sql = (
            f"SELECT {key}, ({title})::text FROM {self.module.sql} AS n "
            f"WHERE {self.allowed} AND ({where}) {by} LIMIT {self.limit:d}"
        )
        rows = await fetch_within(self.db, milliseconds, sql, *values)
        return (
            None
            if rows is None
            else [Found(row[0], row[1] if row[1] is not None else row[0]) for row in rows]
        )
