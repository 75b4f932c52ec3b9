"""Saved views have a key where a pack brought them, by which it finds them again."""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"

KEYS = "ALTER TABLE whereupon.views ADD COLUMN key text UNIQUE"


def upgrade() -> None:
    """A schema is left only by restoring a backup, so there is no way down."""
    op.execute(KEYS)
