"""Conditions that a caller sends, refused where they would tell what the caller may not read."""

from __future__ import annotations

import orjson

from whereupon.errors import Invalid, Problem
from whereupon.people.rights import Rights
from whereupon.records.conditions_sent import where_sql

__all__ = ["condition_in_query", "user_sql", "where_sql"]


def user_sql(rights: Rights) -> str | None:
    """SQL for the id of who asks; None for nobody in particular."""
    return f"{rights.user_id}::bigint" if rights.user_id is not None else None


def condition_in_query(text: str | None) -> object | None:
    """The condition in ?where=…, which is JSON. Raises Invalid."""
    if text is None:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        message = f"This is not JSON: {error.msg} (column {error.colno})."
        raise Invalid.of(Problem("malformed", message, "?where", "Send a condition as JSON.")) from None
