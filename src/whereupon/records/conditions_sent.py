"""A condition that somebody sent, as SQL: refused where it would tell what that person may not read."""

from __future__ import annotations

from whereupon.conditions.compile import compile_tree
from whereupon.conditions.values import Scope
from whereupon.modules.catalog import Catalog, Module
from whereupon.people.rights import Rights, require_reads


def where_sql(catalog: Catalog, module: Module, condition: object, rights: Rights) -> str:
    """The condition as SQL over the module's row "n". Raises Invalid, Refused."""
    user = f"{rights.user_id}::bigint" if rights.user_id is not None else None
    verdict = compile_tree(condition, Scope(catalog, module, user=user))
    require_reads(rights, verdict.reads, catalog, module.key)
    return verdict.sql
