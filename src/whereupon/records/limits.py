"""Which files people may upload: the setting "documents"."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from whereupon.db.pool import Connection
from whereupon.records.media_types import KINDS

Kind = Literal["documents", "sheets", "texts", "pictures", "sound", "video", "archives"]
ALL: tuple[Kind, ...] = ("documents", "sheets", "texts", "pictures", "sound", "video", "archives")

LOAD = "SELECT value FROM whereupon.settings WHERE key = 'documents'"
SAVE = """
INSERT INTO whereupon.settings (key, value) VALUES ('documents', $1)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now()
"""


class DocumentLimits(BaseModel):
    """What may be uploaded from now on; what is there already stays."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    megabytes: int = Field(default=25, ge=1, le=200, description="The largest file, in MB.")
    kinds: list[Kind] = Field(
        default_factory=lambda: list(ALL), min_length=1, max_length=len(ALL), description="Kinds of file."
    )

    @property
    def most_bytes(self) -> int:
        return self.megabytes * 1_000_000

    @property
    def media_types(self) -> frozenset[str]:
        """What the bytes of a file may say that it is."""
        return frozenset[str]().union(*(KINDS[kind] for kind in self.kinds))


async def load_limits(db: Connection) -> DocumentLimits:
    """As they are set; until then 25 MB, of every kind."""
    return DocumentLimits.model_validate(await db.fetchval(LOAD) or {})


async def save_limits(db: Connection, limits: DocumentLimits) -> None:
    """They hold from the next upload on."""
    await db.execute(SAVE, limits.model_dump())
