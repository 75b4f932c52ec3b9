"""A line item is part of its record: who writes one by itself must be allowed to change that record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from whereupon.conditions.values import literal
from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem
from whereupon.modules.catalog import Catalog, Module
from whereupon.people.rights import Rights
from whereupon.records.statements import owned_by


async def refuse_strange_parents(
    db: Connection, catalog: Catalog, module: Module, values: Sequence[Mapping[str, Any]], rights: Rights
) -> None:
    """Lines may be put only under records that the writer may update.

    Raises Refused without the right to update such records at all, and Invalid for another person's record,
    in the same words as for one that does not exist.
    """
    if module.parent_field is None or rights.administrator:
        return
    link = module.fields[module.parent_field]
    named = [str(one[link.key]) for one in values if one.get(link.key) is not None]
    if not named:
        return
    parent = catalog.module(link.options["target"])
    rights.require("update", parent.key)
    if not rights.own_only("update", parent.key):
        return
    key = parent.key_sql("n")
    is_own = owned_by(parent, literal(rights.user_id))
    own = f"SELECT {key} FROM {parent.sql} n WHERE {key} = ANY($1) AND {is_own}"
    allowed = {row[0] for row in await db.fetch(own, named)}
    strange = sorted(set(named) - allowed)
    if strange:
        raise Invalid.of(
            *(
                Problem(
                    "no_such_record", f'{link.label}: there is no {parent.label} "{name}".', f"/{link.key}"
                )
                for name in strange[:100]
            )
        )
