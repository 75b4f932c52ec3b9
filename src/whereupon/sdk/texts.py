"""Short texts with variables in a block's configuration: checked when saved, written for each run."""

from __future__ import annotations

from collections.abc import Mapping

from whereupon.conditions.values import Scope
from whereupon.errors import Problem
from whereupon.sdk.block import Batch
from whereupon.templates.template import Template, check, context_sql, parse, render


def is_text(value: object) -> bool:
    """Whether a value is a text with variables in it.

    >>> is_text("for {{ record.name }}"), is_text("plain"), is_text({"field": "name"})
    (True, False, False)
    """
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def check_text(text: str, scope: Scope, path: str) -> list[Problem]:
    """What is wrong with the names in a text."""
    return check(text, scope, path=path)


def reads_of_text(text: str, scope: Scope) -> frozenset[str]:
    """The "module.field" names that a text reads."""
    return parse(text, scope).reads


async def render_texts(batch: Batch, texts: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """Run → name → text. Texts without a name in them cost nothing."""
    scope = batch.place.scope
    plain = {name: text for name, text in texts.items() if "{" not in text}
    if len(plain) == len(texts):
        return {run.id: dict(plain) for run in batch.runs}
    templates = batch.place.once("texts", lambda: _parsed(texts, scope))
    sql = batch.place.once("texts sql", lambda: context_sql(templates.values(), scope))
    rows = await batch.rows({"context": sql})
    return {
        run.id: {name: render(t.stored, rows[run.id]["context"]) for name, t in templates.items()}
        for run in batch.runs
    }


def _parsed(texts: Mapping[str, str], scope: Scope) -> dict[str, Template]:
    return {name: parse(text, scope) for name, text in texts.items()}
