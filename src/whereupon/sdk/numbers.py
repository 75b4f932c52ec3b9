"""Whose phone a block means: a phone field, a user, a group, the owner, a fixed number or a formula."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from whereupon.conditions.expressions import compile_value
from whereupon.conditions.paths import compile_path
from whereupon.conditions.values import TEXT, Kind, Scope, literal
from whereupon.sdk.fields import Shown, one_of
from whereupon.sdk.people import WHO, Person, path_of, person_words


class TextRecipient(Person):
    """Whom a text message goes to. A user's number is the one in their profile."""

    model_config = ConfigDict(
        json_schema_extra=one_of({**WHO, "A number": ["number"]}, **{"x-widget": "recipient"})
    )

    field: Annotated[str | None, Shown("path", types=["phone", "user", "text"])] = Field(
        None, title="Field", description="A field that holds a phone number, or leads to a user."
    )
    formula: Annotated[str | None, Shown("formula")] = Field(
        None, max_length=4_000, title="Formula", description="A formula that gives a phone number."
    )
    number: str | None = Field(
        None, max_length=60, title="Number", description="A fixed number, like +30 694 123 4567."
    )


def number_words(recipient: TextRecipient, scope: Scope) -> str:
    """Who is meant, as far as the configuration says."""
    return recipient.number or person_words(recipient, scope)


MEMBERS = (
    "SELECT u.phone FROM whereupon.users u JOIN whereupon.group_members m ON m.user_id = u.id "
    "JOIN whereupon.groups g ON g.id = m.group_id WHERE u.active AND g.key = "
)


def numbers_sql(recipient: TextRecipient, scope: Scope) -> str:
    """SQL text[] of the numbers that are meant, as they are written; empty when there is none."""
    if recipient.number is not None:
        return f"ARRAY[{literal(recipient.number)}]::text[]"
    if recipient.formula is not None:
        return _filled(f"SELECT ({compile_value({'formula': recipient.formula}, scope, TEXT).sql}) AS phone")
    if recipient.group is not None:
        return _filled(f"{MEMBERS}{literal(recipient.group)}")
    of_user = "SELECT u.phone FROM whereupon.users u WHERE u.active AND u.id = "
    if recipient.user is not None:
        return _filled(f"{of_user}{int(recipient.user)}")
    found = compile_path(path_of(recipient, scope) or "", scope)
    if found.type.kind is Kind.REFERENCE:
        return _filled(f"{of_user}{found.sql}")
    return _filled(f"SELECT ({found.sql}) AS phone")


def _filled(select: str) -> str:
    return f"ARRAY(SELECT trim(_p.phone) FROM ({select}) _p WHERE trim(_p.phone) <> '' ORDER BY 1)"
