"""Who relies on a module or a field: what must be changed first before it can be removed or renamed."""

from __future__ import annotations

from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Conflict
from whereupon.modules.catalog import Catalog, Field, Module

# Workflows whose newest published version reads or writes a name: "module.field" ($1), or whatever
# begins with "module." ($2; null: none).
PUBLISHED_USES = """
SELECT DISTINCT w.name FROM whereupon.workflows w
CROSS JOIN LATERAL (
  SELECT uses FROM whereupon.versions v WHERE v.workflow_id = w.id ORDER BY number DESC LIMIT 1) v
WHERE w.state IN ('active', 'disabled', 'draft')
  AND EXISTS (SELECT FROM jsonb_array_elements_text(v.uses) AS u(name)
              WHERE u.name = $1 OR starts_with(u.name, $2))
ORDER BY 1
"""
# Workflows of a module, whatever they do.
WORKFLOWS_OF_MODULE = """
SELECT name FROM whereupon.workflows
WHERE module_id = $1 AND state IN ('active', 'disabled', 'draft') ORDER BY name
"""
# Drafts that name a field in one of the ways of `mentions`, in a workflow that has to do with the module.
DRAFT_USES = """
SELECT w.name FROM whereupon.workflows w
WHERE w.state IN ('active', 'disabled', 'draft')
  AND (w.module_id = $1 OR w.draft::text LIKE '%"' || $2 || '"%')
  AND EXISTS (SELECT FROM unnest(ARRAY[$3, $4, $5]::text[]) AS p(path)
              WHERE jsonb_path_exists(w.draft, p.path::jsonpath))
ORDER BY w.name
"""


async def refuse_used_field(
    db: Connection, catalog: Catalog, module: Module, field: Field, verb: str
) -> None:
    """Raises Conflict naming every workflow and formula that uses the field."""
    users = formulas_reading(catalog, f"{module.key}.{field.key}")
    users += [f'the workflow "{name}"' for name in await workflows_using(db, module, field)]
    if users:
        raise Conflict(
            f'"{module.key}.{field.key}" cannot be {verb}: it is used by {", ".join(users)}.',
            suggestion="Change these first; archived workflows do not count.",
        )


def formulas_reading(catalog: Catalog, name: str) -> list[str]:
    return [
        f'the formula "{m.key}.{f.key}"'
        for m in catalog.modules.values()
        for f in m.fields.values()
        if f.type == "formula" and name in f.options.get("reads", ())
    ]


async def workflows_using(db: Connection, module: Module, field: Field) -> list[str]:
    rows: list[Any] = await db.fetch(PUBLISHED_USES, f"{module.key}.{field.key}", None)
    rows += await db.fetch(DRAFT_USES, module.id, module.key, *mentions(field.key))
    return sorted({row["name"] for row in rows})


def mentions(key: str) -> tuple[str, str, str]:
    """Where in a draft a field may be named, as JSON paths: text, formula, key that is set."""
    path = f"^([a-z0-9_]+[.])*{key}([.][a-z0-9_]+)*$"
    template = f"[{{][{{%][^}}]*[^a-z0-9_]{key}[^a-z0-9_]"
    formula = f"(^|[^a-z0-9_]){key}([^a-z0-9_]|$)"
    return (
        f'$.nodes[*].config.** ? (@.type() == "string" '
        f'&& (@ like_regex "{path}" || @ like_regex "{template}"))',
        f'$.nodes[*].config.**.formula ? (@ like_regex "{formula}" flag "i")',
        f'$.nodes[*].config.* ? (@.type() == "object").keyvalue() ? (@.key == "{key}")',
    )


async def refuse_used_module(db: Connection, catalog: Catalog, module: Module, verb: str) -> None:
    """Raises Conflict naming the modules that refer to this one and the workflows that work on it."""
    mine = {module.key, *(f.options.get("target") for f in module.fields.values() if f.type == "line_items")}
    others = [m for m in catalog.modules.values() if m.key not in mine]
    users = [
        f'the field "{m.key}.{f.key}"' for m in others for f in m.fields.values() if f.target == module.key
    ]
    users += [
        f'the formula "{m.key}.{f.key}"'
        for m in others
        for f in m.fields.values()
        if any(name.startswith(f"{module.key}.") for name in f.options.get("reads", ()))
    ]
    rows: list[Any] = await db.fetch(WORKFLOWS_OF_MODULE, module.id)
    rows += await db.fetch(PUBLISHED_USES, module.key, f"{module.key}.")
    users += [f'the workflow "{name}"' for name in sorted({r["name"] for r in rows})]
    if users:
        raise Conflict(
            f'The module "{module.key}" cannot be {verb}: it is used by {", ".join(users)}.',
            suggestion="Change or remove these first; archived workflows do not count.",
        )
