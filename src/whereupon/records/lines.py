"""Line items: the rows below a record, written with it and in its order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem, Refused
from whereupon.modules.catalog import Catalog, Module, quote
from whereupon.people.rights import Action, Rights
from whereupon.records.accept import Line
from whereupon.records.read import lines_allowed
from whereupon.records.statements import bulk_insert_statement, bulk_update_statement


async def write_lines(
    db: Connection,
    catalog: Catalog,
    module: Module,
    record_id: str,
    lines: Mapping[str, Sequence[Line]],
    context: str,
    rights: Rights,
) -> None:
    """Make the lines of a record those that were sent: known ids stay, the others go. In a transaction."""
    for key, sent in lines.items():
        child = catalog.module(module.fields[key].options["target"])
        kept = [line.id for line in sent if line.id is not None]
        there = await ids_of(db, catalog, child, record_id)
        refuse_strangers(key, sent, there)
        wanted: dict[Action, set[str]] = {"delete": there - set(kept), "update": set(kept)}
        await refuse_others(db, catalog, child, record_id, wanted, rights)
        await delete_others(db, catalog, child, sorted(there - set(kept)), context, rights)
        rows = [(line.id, placed(child, record_id, line.values, i)) for i, line in enumerate(sent, 1)]
        await change_kept(
            db, catalog, child, [(id, values) for id, values in rows if id is not None], context
        )
        await add_new(db, catalog, child, [values for id, values in rows if id is None], context, rights)


def placed(child: Module, record_id: str, values: Mapping[str, Any], position: int) -> dict[str, Any]:
    """A line's values with its parent, and its place unless it names one."""
    own: dict[str, Any] = {child.parent_field or "": record_id}
    if "position" in child.fields and not child.fields["position"].read_only:
        own["position"] = position
    return own | dict(values)


async def ids_of(
    db: Connection, catalog: Catalog, child: Module, record_id: str, where: str = "true"
) -> set[str]:
    rows: list[Any] = await db.fetch(
        f"SELECT {child.key_sql('n')} AS id FROM {child.sql} AS n "
        f"WHERE {of_parent(catalog, child)} AND {where}",
        record_id,
    )
    return {row["id"] for row in rows}


def of_parent(catalog: Catalog, child: Module) -> str:
    parent = child.fields[child.parent_field or ""]
    return f"n.{quote(parent.column or '')} = $1::text::{catalog.module(parent.options['target']).key_type}"


def refuse_strangers(key: str, sent: Sequence[Line], there: set[str]) -> None:
    """Raises Invalid naming lines that are not this record's, or that stand there twice."""
    problems: list[Problem] = []
    seen: set[str] = set()
    for index, line in enumerate(sent):
        path = f"/{key}/{index}/id"
        if line.id is not None and line.id not in there:
            problems.append(Problem("no_such_line", f'This record has no line "{line.id[:40]}".', path))
        elif line.id in seen:
            problems.append(Problem("named_twice", f'The line "{line.id}" is there twice.', path))
        seen |= {line.id} if line.id else set()
    if problems:
        raise Invalid.of(*problems)


async def refuse_others(
    db: Connection,
    catalog: Catalog,
    child: Module,
    record_id: str,
    wanted: Mapping[Action, set[str]],
    rights: Rights,
) -> None:
    """Raises Refused for lines that are somebody else's, where only one's own may be touched."""
    for action, ids in wanted.items():
        if ids and rights.own_only(action, child.key):
            allowed = lines_allowed(catalog, child, rights, action)
            if ids - await ids_of(db, catalog, child, record_id, allowed):
                raise Refused(f"You may {action} only your own {child.label_plural.lower()}.")


async def delete_others(
    db: Connection, catalog: Catalog, child: Module, ids: list[str], context: str, rights: Rights
) -> None:
    if ids:
        rights.require("delete", child.key)
        await db.execute("SELECT set_config('whereupon.context', $1, true)", context)
        key = f"n.{quote(child.key_column)} = ANY ($1::text[]::{child.key_type}[])"
        await db.execute(f"DELETE FROM {child.sql} AS n WHERE {key}", ids)


async def change_kept(
    db: Connection, catalog: Catalog, child: Module, rows: list[tuple[str, dict[str, Any]]], context: str
) -> None:
    for keys, group in grouped([(id, values) for id, values in rows]).items():
        statement = bulk_update_statement(catalog, child, keys, (), False)
        sent = [{"_id": id, "_etag": None, **values} for id, values in group]
        await db.execute(statement.sql, context, sent, None)


async def add_new(
    db: Connection, catalog: Catalog, child: Module, rows: list[dict[str, Any]], context: str, rights: Rights
) -> None:
    for keys, group in grouped([("", values) for values in rows]).items():
        statement = bulk_insert_statement(catalog, child, keys, ())
        await db.execute(statement.sql, context, rights.user_id, [values for _, values in group])


def grouped(
    rows: list[tuple[str, dict[str, Any]]],
) -> dict[tuple[str, ...], list[tuple[str, dict[str, Any]]]]:
    """Rows with the same fields go in one statement, in their order."""
    groups: dict[tuple[str, ...], list[tuple[str, dict[str, Any]]]] = {}
    for id, values in rows:
        groups.setdefault(tuple(sorted(values)), []).append((id, values))
    return groups
