"""Conditions that a caller sends, refused where they would tell what the caller may not read."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from whereupon.conditions.compile import compile_tree
from whereupon.conditions.values import Scope
from whereupon.errors import Invalid, Problem, Refused
from whereupon.modules.catalog import Catalog, Module
from whereupon.people.rights import Rights

# Who people are is known to everyone who is signed in (routes/users.py).
KNOWN_TO_ALL = frozenset({"users.id", "users.name", "users.email", "users.manager", "users.active"})


def where_sql(catalog: Catalog, module: Module, condition: object, rights: Rights) -> str:
    """The condition as SQL over the module's row "n". Raises Invalid, Refused."""
    scope = Scope(catalog, module, user=user_sql(rights))
    verdict = compile_tree(condition, scope)
    require_reads(rights, verdict.reads, module)
    return verdict.sql


def user_sql(rights: Rights) -> str | None:
    return f"{rights.user_id}::bigint" if rights.user_id is not None else None


def require_reads(rights: Rights, reads: Iterable[str], module: Module | None) -> None:
    """Raises Refused unless every "module.field" may be read; of other modules, of every record."""
    for name in sorted(set(reads) - KNOWN_TO_ALL):
        key, _, field = name.partition(".")
        rights.require("read", key, [field] if field else [])
        if rights.own_only("read", key) and (module is None or key != module.key):
            raise Refused(f'You may read only your own records of "{key}", so they cannot be searched by.')


def condition_in_query(text: str | None) -> object | None:
    """The condition in ?where=…, which is JSON. Raises Invalid."""
    if text is None:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = f"This is not JSON: {error.msg} (column {error.colno})."
        raise Invalid.of(Problem("malformed", message, "?where", "Send a condition as JSON.")) from None
