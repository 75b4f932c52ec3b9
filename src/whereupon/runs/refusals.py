"""What a run's history says of a record that the database refused: in Python, and the same in SQL."""

from __future__ import annotations

import asyncpg

from whereupon.conditions.values import literal
from whereupon.modules.catalog import Catalog, Module
from whereupon.modules.ddl import literal as quoted
from whereupon.records.violations import BROKEN_RULE, sentence_of_constraint
from whereupon.sdk.outcomes import Fail

ADVICE = "Correct the record's values, then run it again."


def refusal(error: asyncpg.PostgresError, catalog: Catalog) -> Fail:
    """In the words of the module where the constraint is ours, else in the database's."""
    constraint: str = getattr(error, "constraint_name", None) or ""
    return refusal_of(error.sqlstate or "", str(error), constraint, catalog)


def refusal_of(state: str, told: str, constraint: str, catalog: Catalog) -> Fail:
    """The same of an error's SQLSTATE, message and constraint."""
    if sentence := sentence_of_constraint(catalog, constraint):
        return Fail(sentence, f"database_{state}", ADVICE)
    named = f" (constraint {constraint})" if constraint else ""
    # Its first line only: the next one would show the whole row.
    first = told.splitlines()[0].rstrip(".")
    return Fail(f"The database refused it: {first}{named}.", f"database_{state}")


# `_told`, `_named` and `_state`: variables of the PL/pgSQL block around it.
IN_DATABASES_WORDS = """
jsonb_build_object('code', 'database_' || _state, 'message', 'The database refused it: '
  || rtrim(split_part(_told, E'\\n', 1), '.')
  || CASE WHEN _named <> '' THEN ' (constraint ' || _named || ').' ELSE '.' END)
"""


def refusal_sql(catalog: Catalog, module: Module) -> str:
    """SQL jsonb of the same failure, of a record of this module."""
    ours: dict[str, str] = {}
    for field in module.fields.values():
        for rule in BROKEN_RULE:
            name = f"f{field.id}_{rule}"
            if sentence := sentence_of_constraint(catalog, name):
                ours[name] = sentence
    cases = " ".join(f"WHEN {literal(name)} THEN {quoted(sentence)}" for name, sentence in ours.items())
    if not cases:
        return IN_DATABASES_WORDS
    words = (
        "jsonb_build_object('code', 'database_' || _state, 'message', CASE _named "
        f"{cases} END, 'suggestion', {literal(ADVICE)})"
    )
    names = ", ".join(map(literal, ours))
    return f"CASE WHEN _named IN ({names}) THEN {words} ELSE {IN_DATABASES_WORDS} END"
