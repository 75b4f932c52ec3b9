"""A narrower service account (rule 28): a workflow's runs do what both its publisher and a role may.

The role only takes away. What both allow is allowed, to the lesser extent, without the fields that either
holds back; "own" stays the publisher's own. A run that is narrowed is never an administrator, whatever its
publisher is, and whatever the role becomes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Refused
from whereupon.modules.catalog import Catalog
from whereupon.people.rights import WIDTH, ActsAs, Extent, Grant, Rights, load_rights, union


@dataclass(frozen=True, slots=True)
class ServiceRole:
    """A role, as far as it narrows."""

    key: str
    name: str
    administrator: bool = False
    builder: bool = False
    grants: Mapping[str, Grant] = field(default_factory=dict[str, Grant])


def service_role(catalog: Catalog, key: str | None) -> ServiceRole | None:
    """The role with this key, with what it grants as of the catalog; None where there is none."""
    row = catalog.roles.get(key or "")
    if row is None:
        return None
    return ServiceRole(row["key"], row["name"], row["administrator"], row["builder"], union(row["grants"]))


def narrowed(rights: Rights, role: ServiceRole) -> Rights:
    """What the role leaves of somebody's rights. Doing it twice changes nothing more.

    >>> role = ServiceRole("clerk", "Clerk", grants={"cases": Grant(read="all", update="own")})
    >>> left = narrowed(Rights(7, administrator=True, builder=True), role)
    >>> left.administrator, left.builder, left.may("update", "cases"), left.may("delete", "cases")
    (False, False, True, False)
    >>> narrowed(Rights(8, grants={"cases": Grant(read="own")}), role).grant("cases").read
    'own'
    """
    grants = {
        key: grant if rights.administrator else lesser(rights.grant(key), grant)
        for key, grant in role.grants.items()
    }
    return replace(
        rights,
        administrator=False,
        builder=(rights.builder or rights.administrator) and (role.builder or role.administrator),
        grants=grants,
        acts_as=ActsAs(role.key, role.name),
    )


def lesser(one: Grant, other: Grant) -> Grant:
    """What both allow.

    >>> lesser(Grant(read="all", hidden=frozenset({"fee"})), Grant(read="own", update="all"))
    Grant(read='own', create='none', update='none', delete='none', hidden=frozenset({'fee'}), \
locked_on_create=frozenset(), locked_on_update=frozenset())
    """
    return Grant(
        read=narrower(one.read, other.read),
        create=narrower(one.create, other.create),
        update=narrower(one.update, other.update),
        delete=narrower(one.delete, other.delete),
        hidden=one.hidden | other.hidden,
        locked_on_create=one.locked_on_create | other.locked_on_create,
        locked_on_update=one.locked_on_update | other.locked_on_update,
    )


def narrower(one: Extent, other: Extent) -> Extent:
    return min(one, other, key=WIDTH.__getitem__)


# Who a run acts for, and the role that narrows it.
OF_RUN = """
SELECT v.published_by, v.document->'settings'->>'acts_as' AS acts_as
FROM whereupon.runs r JOIN whereupon.versions v ON v.id = r.version_id WHERE r.id = $1
"""


async def rights_of_run(db: Connection, catalog: Catalog, run_id: int) -> Rights:
    """What a run may do now, where no batch tells it. Raises Refused when its publisher or role is gone."""
    row: Mapping[str, Any] | None = await db.fetchrow(OF_RUN, run_id)
    if row is None or row["published_by"] is None:
        raise Refused("The workflow has no publisher, so its functions may do nothing.")
    rights = await load_rights(db, row["published_by"])
    if row["acts_as"] is None:
        return rights
    role = service_role(catalog, row["acts_as"])
    if role is None:
        raise Refused(f'The role "{row["acts_as"]}", with whose rights the workflow acts, is gone.')
    return narrowed(rights, role)


# Workflows that run with a role's rights: the published version, and versions that still have runs.
USED = """
SELECT w.name FROM whereupon.workflows w
WHERE w.state <> 'deleted' AND EXISTS (
  SELECT FROM whereupon.versions v
  WHERE v.workflow_id = w.id AND v.document->'settings'->>'acts_as' = $1
    AND (v.id = w.active_version_id OR EXISTS (
      SELECT FROM whereupon.runs r
      WHERE r.workflow_id = w.id AND r.version_id = v.id AND r.ended_at IS NULL)))
ORDER BY w.name LIMIT 6
"""


async def require_unused(db: Connection, key: str) -> None:
    """Raises Conflict while workflows act with the rights of this role: their runs would be held."""
    names = [row["name"] for row in await db.fetch(USED, key)]
    if names:
        told = ", ".join(f"“{name}”" for name in names[:5]) + (" and others" if len(names) > 5 else "")
        raise Conflict(
            f"Workflows act with the rights of this role: {told}.",
            suggestion="Publish them with another role, and let their runs end; then delete it.",
        )
