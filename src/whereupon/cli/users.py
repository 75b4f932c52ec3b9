"""`whereupon users`: people, the first administrator, API tokens."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from cyclopts import App

from whereupon.cli.output import show_rows, tell
from whereupon.cli.session import Common, doing, user_id_of
from whereupon.db.pool import Connection
from whereupon.errors import Invalid
from whereupon.modules.definitions import read_definition
from whereupon.people import tokens, users
from whereupon.people.first_start import create_administrator
from whereupon.people.rights import Rights

app = App(name="users", help="People and their API tokens.")
COMMON = Common()


@app.command(name="list")
def list_(*, search: str | None = None, limit: int = 200, common: Common = COMMON) -> None:
    """People, by id.

    Parameters
    ----------
    search
        A part of name or address.
    limit
        At most so many.
    """

    async def work(db: Connection, rights: Rights) -> Any:
        rights.require_administrator()
        return await users.list_users(db, search=search, limit=limit)

    columns = ("id", "email", "name", "active", "roles", "groups")
    show_rows(doing(common, work), columns, as_json=common.json, empty="There is nobody yet.")


@app.command
def create_admin(email: str, *, name: str | None = None, common: Common = COMMON) -> None:
    """Add an administrator. The password is asked for, or read as a line from standard input.

    Parameters
    ----------
    name
        What the person is called; the address without.
    """
    password = ask_password()
    given = {"email": email, "name": name or email, "password": password}
    new = read_definition(users.NewUser, given)

    async def work(db: Connection, rights: Rights) -> Any:
        rights.require_administrator()
        return await create_administrator(db, new, actor=rights.user_id)

    made = doing(common, work)
    tell(made, f"{made['email']} may sign in and do everything.", as_json=common.json)


def ask_password() -> str:
    """Not on the command line, where others on this machine would see it."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    from getpass import getpass

    password = getpass("Password: ")
    if getpass("Again: ") != password:
        raise Invalid("The two passwords differ.")
    return password


@app.command
def token(
    email: str, *, name: str = "command line", days: int | None = None, common: Common = COMMON
) -> None:
    """Make an API token for a user; it is shown once.

    Parameters
    ----------
    name
        What it is for.
    days
        How long it is valid; without, until it is revoked.
    """

    async def work(db: Connection, rights: Rights) -> Any:
        user = await user_id_of(db, email)
        if user != rights.user_id:
            rights.require_administrator()
        return await tokens.create_token(db, user, name, expires_at=_in_days(days))

    made, kept = doing(common, work)
    if not common.json and sys.stdout.isatty():
        print(f"Token {kept['id']} of {email}; it is not shown again:", file=sys.stderr)
    tell({"token": made, **kept}, made, as_json=common.json)


def _in_days(days: int | None) -> datetime | None:
    if days is None:
        return None
    if not 1 <= days <= 36_500:
        raise Invalid("A token is valid for 1 to 36,500 days.")
    return datetime.now(UTC) + timedelta(days=days)
