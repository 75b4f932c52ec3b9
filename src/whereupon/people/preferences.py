"""What people set for themselves: their name and language, and how the browser looks to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, Problem
from whereupon.people import audit
from whereupon.people.users import Name, TimeZone, require_no_nulls, set_columns

MOST_BYTES = 20_000

GET = "SELECT preferences FROM whereupon.users WHERE id = $1"
LOCK = "SELECT preferences FROM whereupon.users WHERE id = $1 FOR UPDATE"
SET = "UPDATE whereupon.users SET preferences = $2 WHERE id = $1"


class Preferences(BaseModel):
    """What the browser remembers for a person. Other keys are kept as they are."""

    model_config = ConfigDict(extra="allow")

    color_scheme: Literal["light", "dark", "auto"] | None = None
    inbox_mail: Literal["at_once", "daily", "none"] | None = Field(
        default=None, description="Whether what comes into the inbox is written by mail, too; none: not."
    )


class SelfChange(BaseModel):
    """What a person may change about themselves; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    phone: str | None = Field(default=None, max_length=40)
    time_zone: TimeZone | None = None
    locale: str | None = Field(default=None, max_length=20, examples=["fi"])
    preferences: Preferences | None = Field(
        default=None, description="Keys named are set, null removes one, the others stay; 20 KB in all."
    )


async def get_preferences(db: Connection, user_id: int) -> Mapping[str, Any]:
    """What a person set; an empty object until then."""
    found: Mapping[str, Any] | None = await db.fetchval(GET, user_id)
    return found or {}


async def change_self(db: Connection, user_id: int, change: SelfChange) -> None:
    """Change one's own name, language and preferences. Raises Invalid."""
    wanted = change.model_dump(exclude_unset=True)
    require_no_nulls(wanted, ("name", "preferences"))
    if "preferences" in wanted:
        await merge_preferences(db, user_id, wanted.pop("preferences"))
    if wanted:
        await set_columns(db, user_id, wanted)
        await audit.append(db, user_id, "change_self", f"user:{user_id}", **wanted)


async def merge_preferences(db: Connection, user_id: int, wanted: Mapping[str, Any]) -> None:
    """Raises Invalid when they would grow beyond 20 KB."""
    before: Mapping[str, Any] = await db.fetchval(LOCK, user_id) or {}
    after = {key: value for key, value in {**before, **wanted}.items() if value is not None}
    size = len(orjson.dumps(after))
    if size > MOST_BYTES:
        message = f"Your preferences would take {size:,} bytes; {MOST_BYTES:,} are kept."
        raise Invalid.of(Problem("too_large", message, "/preferences", "Remove some keys first."))
    await db.execute(SET, user_id, after)
