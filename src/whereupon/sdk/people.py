"""Whom a block means: a user, a group, the owner, or whoever a field of the record leads to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import ConfigDict, Field, model_validator

from whereupon.conditions.explain import label_of
from whereupon.conditions.expressions import compile_value
from whereupon.conditions.paths import compile_path
from whereupon.conditions.values import TEXT, Kind, Scope, literal
from whereupon.errors import Invalid, Problem
from whereupon.sdk.block import Batch, Config
from whereupon.sdk.fields import Shown, one_of
from whereupon.sdk.outcomes import Fail

WHO = {
    "A user": ["user"],
    "A group": ["group"],
    "The record's owner": ["owner"],
    "A field of the record": ["field"],
    "A formula": ["formula"],
}


class Person(Config):
    """Exactly one of these. `field` is a user field, or a path over links: account.owner, owner.manager.

    `formula` finds somebody whom no user field names: a table of another program knows people by their
    address, LOWER(employee.reports_to.email), not by their sign-in.
    """

    model_config = ConfigDict(json_schema_extra=one_of(WHO, **{"x-widget": "person"}))

    user: Annotated[int | None, Shown("user")] = Field(None, title="User", description="A user's id.")
    group: Annotated[str | None, Shown("group")] = Field(
        None, title="Group", description="A group's key: everybody in it."
    )
    field: Annotated[str | None, Shown("path", types=["user", "email", "text"])] = Field(
        None, title="Field", description="A field that leads to a user, or holds an address."
    )
    owner: bool | None = Field(None, title="Owner", description="The record's owner.")
    formula: Annotated[str | None, Shown("formula")] = Field(
        None, max_length=4_000, title="Formula", description="A formula that gives an address."
    )

    @model_validator(mode="after")
    def exactly_one(self) -> Person:
        _exactly_one(self)
        return self


class Recipient(Person):
    """Whom a mail goes to: a person, a fixed address, or any address that a formula makes."""

    model_config = ConfigDict(
        json_schema_extra=one_of({**WHO, "An address": ["address"]}, **{"x-widget": "recipient"})
    )

    address: str | None = Field(None, max_length=320, title="Address", description="A fixed address.")


def _exactly_one(person: Config) -> None:
    given = [name for name, value in person.model_dump().items() if value not in (None, False)]
    if len(given) != 1:
        names = ", ".join(type(person).model_fields)
        raise ValueError(
            f"choose exactly one of {names}; {' and '.join(given) if given else 'none'} is given"
        )


def check_person(person: Person, scope: Scope, path: str, *, needs_user: bool) -> list[Problem]:
    """What is wrong with it: an unknown field, a field that leads to nobody, a module without an owner."""
    try:
        name = path_of(person, scope)
        if name is not None:
            found = compile_path(name, scope).type
            is_user = found.kind is Kind.REFERENCE and found.module == "users"
            if not is_user and (needs_user or found.kind is not Kind.TEXT):
                wanted = "a user" if needs_user else "a user or an address"
                return [Problem("wrong_type", f'"{name}" is {found.noun}, not {wanted}.', path)]
        if person.formula is not None:
            compile_value({"formula": person.formula}, scope, TEXT)
    except Invalid as error:
        return [problem.under(path) for problem in error.problems]
    return []


def path_of(person: Person, scope: Scope) -> str | None:
    """The path of a field, also of the owner's. Raises Invalid where there is no owner."""
    if not person.owner:
        return person.field
    owner = scope.module.owner_field if scope.module else None
    if owner is None:
        advice = "Choose the module's owner field in its settings, or name a field here."
        raise Invalid.of(Problem("no_owner", "The module has no owner field.", "", advice))
    return owner


def reads_of(person: Person, scope: Scope) -> frozenset[str]:
    """The "module.field" names that finding the person reads."""
    if person.formula is not None:
        return compile_value({"formula": person.formula}, scope, TEXT).reads
    name = path_of(person, scope)
    return compile_path(name, scope).reads if name else frozenset()


def person_words(person: Person, scope: Scope) -> str:
    """Who is meant, as far as the configuration says: "the owner", "the group support"."""
    if person.owner:
        return "the owner"
    if person.group is not None:
        return f"the group {person.group}"
    if person.field is not None:
        return label_of(person.field, scope)
    if isinstance(person, Recipient) and person.address is not None:
        return person.address
    return "a user" if person.user is not None else "whom a formula finds"


def people_words(people: Sequence[Person], scope: Scope) -> str:
    """Several of them; more than three are counted."""
    named = [person_words(person, scope) for person in people]
    more = f" and {len(named) - 3} more" if len(named) > 3 else ""
    return ", ".join(named[:3]) + more


ACTIVE_MEMBERS = (
    "SELECT u.id, u.email FROM whereupon.users u JOIN whereupon.group_members m ON m.user_id = u.id "
    "JOIN whereupon.groups g ON g.id = m.group_id WHERE u.active AND g.key = "
)


def user_ids_sql(person: Person, scope: Scope) -> str:
    """SQL bigint[] of the active users that are meant; empty when nobody is."""
    if person.user is not None:
        wanted = f"SELECT u.id FROM whereupon.users u WHERE u.active AND u.id = {int(person.user)}"
    elif person.group is not None:
        wanted = f"SELECT id FROM ({ACTIVE_MEMBERS}{literal(person.group)}) members"
    elif person.formula is not None:
        address = compile_value({"formula": person.formula}, scope, TEXT).sql
        wanted = f"SELECT u.id FROM whereupon.users u WHERE u.active AND u.email = lower(trim({address}))"
    else:
        sql = compile_path(path_of(person, scope) or "", scope).sql
        wanted = f"SELECT u.id FROM whereupon.users u WHERE u.active AND u.id = {sql}"
    return f"ARRAY({wanted})"


async def group_of(person: Person, batch: Batch) -> int | Fail | None:
    """The id of the group that is meant; None when it is somebody else."""
    if person.group is None:
        return None
    found = await batch.db.fetchval("SELECT id FROM whereupon.groups WHERE key = $1", person.group)
    missing = Fail(f'There is no group "{person.group}".', "no_group", "Choose another group.")
    return missing if found is None else int(found)


def addresses_sql(recipient: Recipient, scope: Scope) -> str:
    """SQL text[] of the addresses that are meant; empty when there is none."""
    if recipient.address is not None:
        return f"ARRAY[{literal(recipient.address)}]::text[]"
    if recipient.formula is not None:
        return _one_address(compile_value({"formula": recipient.formula}, scope, TEXT).sql)
    if recipient.group is not None:
        return f"ARRAY(SELECT email FROM ({ACTIVE_MEMBERS}{literal(recipient.group)}) members ORDER BY email)"
    if recipient.user is not None:
        return f"ARRAY(SELECT u.email FROM whereupon.users u WHERE u.active AND u.id = {int(recipient.user)})"
    found = compile_path(path_of(recipient, scope) or "", scope)
    if found.type.kind is Kind.REFERENCE:
        return f"ARRAY(SELECT u.email FROM whereupon.users u WHERE u.active AND u.id = {found.sql})"
    return _one_address(found.sql)


def _one_address(sql: str) -> str:
    return f"array_remove(ARRAY[nullif(trim({sql}), '')]::text[], NULL)"


def joined_addresses(recipients: Sequence[Recipient], scope: Scope) -> str:
    """SQL text[] of everybody in a list of recipients."""
    return " || ".join(["'{}'::text[]", *(addresses_sql(recipient, scope) for recipient in recipients)])
