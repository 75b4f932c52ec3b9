"""Which records are there already, and which records others are named by: asked for many rows at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from whereupon.db.pool import Connection
from whereupon.modules.catalog import Catalog, Field, Module, quote
from whereupon.modules.field_types import FIELD_TYPES, BadValue, accept_value
from whereupon.people.rights import Rights
from whereupon.records.imports import ID, usable_key
from whereupon.records.keys import fits_key
from whereupon.records.lookup import allowed, title_of
from whereupon.records.read import seen
from whereupon.records.statements import cast_to_column

MOST_REMEMBERED = 50_000
MOST_MATCHES = 10


def folded(values: Mapping[str, Any], key: Sequence[str]) -> tuple[str, ...]:
    """The values of a key as texts that are equal when the records that they name are."""
    return tuple(str(values.get(part)).casefold() for part in key)


async def find_existing(
    db: Connection,
    catalog: Catalog,
    module: Module,
    key: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    rights: Rights,
) -> dict[int, list[str]]:
    """By place in `rows`: the ids of the records that have the same values in the fields of `key`."""
    if not key or not rows:
        return {}
    sent: list[dict[str, Any]] = []
    for place, values in enumerate(rows):
        accepted = accepted_key(module, key, values)
        if accepted is not None:
            sent.append({"_place": place, **accepted})
    types = ", ".join(f"{quote(part)} {type_of(module, part)}" for part in key)
    same = " AND ".join(same_value(catalog, module, part) for part in key)
    found: dict[int, list[str]] = {}
    for row in await db.fetch(
        f"SELECT v._place, {module.key_sql('n')} AS id "
        f"FROM jsonb_to_recordset($1) AS v(_place integer, {types}) JOIN {module.sql} AS n ON {same} "
        f"WHERE {seen(module, None, rights)}",
        sent,
    ):
        ids = found.setdefault(row["_place"], [])
        if len(ids) < MOST_MATCHES:
            ids.append(row["id"])
    return found


def accepted_key(module: Module, key: Sequence[str], values: Mapping[str, Any]) -> dict[str, Any] | None:
    """The values as they are compared; None when no record can have them."""
    found: dict[str, Any] = {}
    for part in key:
        value = values.get(part)
        if part == ID:
            if not fits_key(module.key_type, str(value)):
                return None
            found[part] = str(value)
            continue
        try:
            found[part] = (
                value
                if module.fields[part].type == "auto_number"
                else accept_value(module.fields[part], value)
            )
        except BadValue:
            return None
    return found


def type_of(module: Module, part: str) -> str:
    return "text" if part == ID else FIELD_TYPES[module.fields[part].type].parameter


def same_value(catalog: Catalog, module: Module, part: str) -> str:
    """SQL: row "n" has the value of "v" there; texts ignoring case, except keys of choices."""
    if part == ID:
        return f"n.{quote(module.key_column)} = v.{quote(ID)}::{module.key_type}"
    found = module.fields[part]
    column, value = f"n.{quote(found.column or '')}", f"v.{quote(part)}"
    if FIELD_TYPES[found.type].texts and found.type not in ("select", "stage"):
        return f"lower({column}::text) = lower({value})"
    return f"{column} = {cast_to_column(found, value, catalog)}"


@dataclass(slots=True)
class References:
    """Other records by what names them, remembered for as long as an import lasts."""

    rights: Rights
    known: dict[tuple[str, str], list[str]] = field(default_factory=dict[tuple[str, str], list[str]])

    async def ids_of(
        self, db: Connection, catalog: Catalog, reference: Field, by: str | None, named: Collection[str]
    ) -> dict[str, list[str]]:
        """The ids of the records called so, by text; a record that the user may not read is none."""
        target = catalog.module(reference.target or "")
        if by == ID:
            return {text: [text] for text in named}
        if len(self.known) > MOST_REMEMBERED:
            self.known.clear()
        found = {text: ids for text in named if (ids := self.known.get((reference.key, text)))}
        missing = [text for text in named if text not in found]
        columns = self.columns(catalog, target, by)
        if missing and columns and (target.key == "users" or self.rights.may("read", target.key)):
            found |= await look_for(db, target, columns, allowed(target, self.rights), missing)
        elif missing and not columns:
            found |= {text: [text] for text in missing}  # nothing names them but their ids
        self.known |= {(reference.key, text): ids for text, ids in found.items() if len(ids) == 1}
        return found

    def columns(self, catalog: Catalog, target: Module, by: str | None) -> list[str]:
        """SQL for what a record may be named by."""
        if by is None and target.key == "users":
            return ['lower(n."email")', 'lower(n."name")']
        named = title_of(catalog, target, self.rights) if by is None else target.fields.get(by)
        if named is None or not (usable_key(named)):
            return []
        column = f"n.{quote(named.column or '')}"
        return [f"lower({column}::text)"]


async def look_for(
    db: Connection, target: Module, columns: Sequence[str], allowed: str, texts: Sequence[str]
) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    same = " OR ".join(f"{column} = lower(t.text)" for column in columns)
    for row in await db.fetch(
        f"SELECT t.text, {target.key_sql('n')} AS id FROM unnest($1::text[]) AS t(text) "
        f"JOIN {target.sql} AS n ON ({same}) WHERE {allowed} ORDER BY 1, 2",
        list(texts),
    ):
        ids = found.setdefault(row["text"], [])
        if len(ids) < MOST_MATCHES:
            ids.append(row["id"])
    return found
