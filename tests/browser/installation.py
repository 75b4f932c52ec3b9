"""A `whereupon serve` with people and things in it, for browsers to visit."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.acceptance.serving import Serving

from whereupon.db.pool import Connection, Database
from whereupon.packs import demo
from whereupon.people.first_start import create_administrator
from whereupon.people.roles import NewRole, create_role
from whereupon.people.sessions import start_session
from whereupon.people.tokens import create_token
from whereupon.people.users import NewUser, create_user
from whereupon.templates.saved import NewTemplate, create_template

PASSWORD = "violet teapot 9 walks"
PEOPLE: Mapping[str, NewUser] = {
    "admin": NewUser(email="ada@office.example", name="Ada Ädel", password=PASSWORD),
    "builder": NewUser(email="bo@office.example", name="Bo Βήτα", password=PASSWORD, roles=["builder"]),
    "user": NewUser(email="uma@office.example", name="Uma Ünal", password=PASSWORD),
}
BUILDER = NewRole(key="builder", name="Builder", builder=True)
TEMPLATE = NewTemplate(
    key="decision", name="Decision of the authority", module="cases",
    subject="Your case {{ record.number }}",
    html="<p>Dear {{ record.applicant.name }},</p><p>the authority has decided.</p>",
)  # fmt: skip
ROLES_OF_PACKS = {"user": ["case_worker"]}  # what the plain user may do in a furnished office


@dataclass
class Person:
    """Somebody who can sign in. `token`: for requests by tests, not by the browser."""

    id: int
    email: str
    name: str
    password: str
    token: str


@dataclass
class Installation:
    """A running `serve` on a database of its own, and its people by what they are."""

    database_url: str
    folder: Path
    people: dict[str, Person] = field(default_factory=dict[str, Person])
    server: Serving | None = None
    options: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        return self.running.address

    @property
    def running(self) -> Serving:
        assert self.server is not None, "it does not run"
        return self.server

    @property
    def is_running(self) -> bool:
        return self.server is not None and self.server.process.poll() is None

    @property
    def setup_token(self) -> str | None:
        return self.running.setup_token

    def start(self) -> None:
        """Serve; after a stop, on the port of before."""
        port = int(self.server.address.rpartition(":")[2]) if self.server else 0
        self.server = Serving(self.folder, *self.options, port=port, WHEREUPON_DATABASE_URL=self.database_url)
        if "admin" in self.people:
            self.server.token = self.people["admin"].token

    def stop(self) -> None:
        """As Ctrl-C would; a second time does nothing."""
        if self.is_running:
            self.running.stop()

    def ask(self, method: str, path: str, body: Any = None, *, who: str = "admin") -> Any:
        """A request by one of the people, and the JSON of its answer. Raises HTTPError."""
        self.running.token = self.people[who].token
        return self.running.ask(method, path, body)

    async def session_of(self, who: str) -> str:
        """The key of a new session: what signing in leaves in the cookie."""
        async with connected(self.database_url) as db:
            return await start_session(db, self.people[who].id)

    async def sql(self, statement: str, *values: Any) -> list[Any]:
        """Rows straight from the database."""
        async with connected(self.database_url) as db:
            return await db.fetch(statement, *values)


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[Connection]:
    """One connection, as the product makes them, for the length of a block."""
    database = await Database.connect(url, min_size=1, max_size=1)
    try:
        async with database.connection() as db:
            yield db
    finally:
        await database.close()


@contextmanager
def opened(made: Installation) -> Generator[Installation]:
    """Served for as long as the block lasts."""
    made.start()
    try:
        yield made
    finally:
        made.stop()


# What an installation is filled with ---------------------------------------------------------------


async def add_people(made: Installation) -> None:
    """An administrator, a builder and a plain user."""
    database = await Database.connect(made.database_url, min_size=1, max_size=2)
    try:
        async with database.transaction() as db:
            await create_role(db, BUILDER, actor=None)
            there = {role["key"] for role in await db.fetch("SELECT key FROM whereupon.roles")}
        for who, new in PEOPLE.items():
            roles = [*new.roles, *(role for role in ROLES_OF_PACKS.get(who, []) if role in there)]
            made.people[who] = await add_person(database, new.model_copy(update={"roles": roles}), who)
    finally:
        await database.close()


async def add_person(database: Database, new: NewUser, who: str) -> Person:
    async with database.transaction() as db:
        if who == "admin":
            user = await create_administrator(db, new)
        else:
            user = await create_user(db, new, actor=None)
        token, _ = await create_token(db, user["id"], "browser tests")
    assert new.password is not None
    return Person(user["id"], new.email, new.name, new.password, token)


async def furnish(made: Installation) -> None:
    """The packs' modules, people, records and workflows, with the runs and messages of their scenarios."""
    report = await demo.on_database(made.database_url)
    assert report.passed
    database = await Database.connect(made.database_url, min_size=1, max_size=1)
    try:
        async with database.transaction() as db:
            await create_template(db, report.administrator.rights, TEMPLATE)
    finally:
        await database.close()
