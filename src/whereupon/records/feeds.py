"""A list published at an address of its own (D19): as JSON and CSV, for whoever holds the address.

The address holds 256 random bits, ends by itself, and can be taken back. What it gives is what its publisher
may read at that moment: rights that are taken away, and a publisher who is disabled, end it at once. What is
published was fixed when it was: a view that is changed later changes nothing here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import tempfile
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Gone, Invalid, NotFound, Problem, Refused, WhereuponError
from whereupon.modules.catalog import Catalog
from whereupon.people import audit
from whereupon.people.rights import Rights, load_rights
from whereupon.people.secrets import key_hash, new_key
from whereupon.records.conditions_sent import where_sql
from whereupon.records.exporting import Chosen, csv_text, named
from whereupon.records.views import Key, Name, ViewDefinition, require_sound

PREFIX = "whf_"
MOST_ROWS = 200_000
LONGEST_DAYS = 366
IN_MEMORY = 1_000_000  # bytes of a file before it goes to the disk
Format = Literal["json", "csv"]

CREATE = """
INSERT INTO whereupon.feeds (name, module_id, publisher_id, definition, token_hash, hint, per_minute,
  expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, now() + $8 * interval '1 day') RETURNING id
"""
COLUMNS = """
  f.id, f.name, m.key AS module, m.label_plural AS module_label, f.publisher_id, u.name AS publisher_name,
  f.definition, f.hint, f.per_minute, f.created_at, f.expires_at, f.revoked_at, f.used_at, f.uses,
  CASE WHEN f.revoked_at IS NOT NULL THEN 'revoked' WHEN f.expires_at <= now() THEN 'expired'
       WHEN NOT u.active THEN 'stopped' ELSE 'open' END AS state
FROM whereupon.feeds f JOIN whereupon.modules m ON m.id = f.module_id
JOIN whereupon.users u ON u.id = f.publisher_id
"""
LIST = f"""
SELECT {COLUMNS} WHERE ($1::bigint IS NULL OR f.publisher_id = $1) AND f.id < $2 ORDER BY f.id DESC LIMIT $3
"""
GET = f"SELECT {COLUMNS} WHERE f.id = $1"
FIND = f"SELECT {COLUMNS} WHERE f.token_hash = $1"
REVOKE = "UPDATE whereupon.feeds SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1"
USED = "UPDATE whereupon.feeds SET used_at = now(), uses = uses + 1 WHERE id = $1"


class NewFeed(BaseModel):
    """A list to publish. `definition.columns` says which fields go out; there is at least one."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    module: Key
    definition: ViewDefinition
    ids: bool = Field(False, description="Also the ids of the records, and of those that they name.")
    days: int = Field(90, ge=1, le=LONGEST_DAYS, description="How many days the address is good for.")
    per_minute: int = Field(30, ge=1, le=600, description="How often it may be read in a minute.")


async def publish_feed(
    db: Connection, catalog: Catalog, rights: Rights, new: NewFeed
) -> tuple[str, dict[str, Any]]:
    """The secret of the address, which is never shown again, and what is kept. Raises Refused, Invalid."""
    rights.require_builder()
    if rights.user_id is None:
        raise Refused("A list is published by a user, whose rights it has.", suggestion="Sign in as a user.")
    module = catalog.module(new.module)
    rights.require("read", module.key)
    if not new.definition.columns:
        told = "Say which fields go out; none are published by themselves."
        raise Invalid.of(Problem("missing", told, "/definition/columns"))
    require_sound(catalog, module, rights, new.definition)
    token = new_key(PREFIX)
    kept = {**new.definition.model_dump(), "ids": new.ids}
    made: int = await db.fetchval(
        CREATE, new.name.strip(), module.id, rights.user_id, kept, key_hash(token),
        f"{token[: len(PREFIX) + 4]}…", new.per_minute, new.days,
    )  # fmt: skip
    told = {"name": new.name.strip(), "module": module.key, "columns": new.definition.columns}
    await audit.append(db, rights.user_id, "publish_feed", f"feed:{made}", days=new.days, **told)
    return token, await get_feed(db, rights, made)


async def list_feeds(db: Connection, rights: Rights, *, before: int, limit: int) -> list[dict[str, Any]]:
    """One's own, the newest first; administrators see everybody's. Never the addresses."""
    rights.require_builder()
    owner = None if rights.administrator else rights.user_id
    return [told(dict(row)) for row in await db.fetch(LIST, owner, before, limit)]


async def get_feed(db: Connection, rights: Rights, feed_id: int) -> dict[str, Any]:
    """Raises NotFound, also for one that is somebody else's."""
    rights.require_builder()
    row = await db.fetchrow(GET, feed_id)
    if row is None or not (rights.administrator or row["publisher_id"] == rights.user_id):
        raise NotFound(f"There is no published list {feed_id}.")
    return told(dict(row))


async def revoke_feed(db: Connection, rights: Rights, feed_id: int) -> dict[str, Any]:
    """End an address for good."""
    before = await get_feed(db, rights, feed_id)
    await db.execute(REVOKE, feed_id)
    if before["revoked_at"] is None:
        await audit.append(db, rights.user_id, "revoke_feed", f"feed:{feed_id}", name=before["name"])
    return await get_feed(db, rights, feed_id)


def told(row: dict[str, Any]) -> dict[str, Any]:
    """As the API gives it."""
    definition: Mapping[str, Any] = row.pop("definition")
    return {**row, "ids": definition.get("ids", False), "definition": without_ids(definition)}


def without_ids(definition: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in definition.items() if key != "ids"}


# Reading it ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Feed:
    """A list whose address somebody holds."""

    id: int
    name: str
    module: str
    publisher_id: int
    definition: Mapping[str, Any]
    per_minute: int


async def find_feed(db: Connection, token: str) -> Feed:
    """The list at an address. Raises NotFound, and Gone for one that has ended."""
    row = await db.fetchrow(FIND, key_hash(token)) if token.startswith(PREFIX) else None
    if row is None:
        raise NotFound(
            "There is nothing at this address.", suggestion="Ask for the address that is used now."
        )
    if row["state"] != "open":
        raise Gone(ENDED[row["state"]], suggestion="Ask whoever gave you the address for another.")
    return Feed(
        row["id"], row["name"], row["module"], row["publisher_id"], row["definition"], row["per_minute"]
    )


ENDED = {
    "revoked": "This list is no longer published.",
    "expired": "This address was good until a certain day, which has passed.",
    "stopped": "Whoever published this list is no longer active here.",
}


async def chosen_now(db: Connection, catalog: Catalog, feed: Feed) -> Chosen:
    """What of it its publisher may read now. Raises Gone when that is no longer all of it."""
    definition = feed.definition
    try:
        rights = await load_rights(db, feed.publisher_id)
        rights.require_builder()
        module = catalog.module(feed.module)
        rights.require("read", module.key, definition["columns"])
        where = definition.get("where")
        sql = where_sql(catalog, module, where, rights) if where is not None else None
        return Chosen.of(
            catalog, module, rights, sql, definition.get("sort") or (), definition["columns"],
            bool(definition.get("ids")),
        )  # fmt: skip
    except WhereuponError:
        raise Gone(
            "What was published here may no longer be read by whoever published it, or is no longer there.",
            suggestion="Ask whoever gave you the address for another.",
        ) from None


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is ready to be sent; `etag` is the SHA-256 of what is in it."""

    file: BinaryIO
    size: int
    etag: str


async def write_feed(db: Connection, feed: Feed, chosen: Chosen, form: Format) -> Written:
    """The whole list, in memory or on the disk. Raises Invalid when it is too long."""
    parts = csv_parts(db, chosen) if form == "csv" else json_parts(db, feed, chosen)
    file: Any = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - whoever sends it closes it
    try:
        digest, size = hashlib.sha256(), 0
        async for part in parts:
            digest.update(part)
            size += len(part)
            file.write(part)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return Written(file, size, digest.hexdigest())


async def note_use(db: Connection, feed: Feed) -> None:
    """Somebody has read it."""
    await db.execute(USED, feed.id)


async def bounded(db: Connection, chosen: Chosen) -> AsyncGenerator[list[list[Any]]]:
    """The rows, page by page. Raises Invalid when they are more than are sent."""
    count = 0
    async for rows in chosen.pages(db):
        count += len(rows)
        if count > MOST_ROWS:
            told = f"This list has more than {MOST_ROWS:,} records, which is more than is sent."
            raise Invalid.of(Problem("too_many", told, "", "Publish a narrower list."))
        yield rows


async def csv_parts(db: Connection, chosen: Chosen) -> AsyncGenerator[bytes]:
    """Nothing in it runs as a formula (records/neutral.py)."""
    yield csv_text([chosen.header()], ",", begins=True)
    async for rows in bounded(db, chosen):
        if rows:
            yield csv_text(rows, ",")


async def json_parts(db: Connection, feed: Feed, chosen: Chosen) -> AsyncGenerator[bytes]:
    """{"name", "columns": [{"key", "label"}], "rows": [{key: value}]}, a page at a time."""
    keys = keys_of(chosen)
    columns = [{"key": key, "label": label} for key, label in zip(keys, chosen.header(), strict=True)]
    yield b'{"name":' + orjson.dumps(feed.name) + b',"columns":' + orjson.dumps(columns) + b',"rows":['
    between = b"\n"
    async for rows in bounded(db, chosen):
        for row in rows:
            cells = {key: json_cell(cell) for key, cell in zip(keys, row, strict=True)}
            yield between + orjson.dumps(cells)
            between = b",\n"
    yield b"\n]}\n"


def keys_of(chosen: Chosen) -> list[str]:
    """A key for each cell of a row, as `Chosen.rows` gives them."""
    found = ["id"] if chosen.ids else []
    for field in chosen.fields:
        found.append(field.key)
        if chosen.ids and named(field):
            found.append(f"{field.key}.id")
    return found


def json_cell(value: Any) -> Any:
    """A number with every digit; days and moments as ISO 8601."""
    match value:
        case Decimal():
            return orjson.Fragment(f"{value:f}")
        case dt.datetime() | dt.date():
            return value.isoformat()
        case _:
            return value
