"""What each person set for themselves: language, colours, the columns of a list."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """One object per user; a schema is left only by restoring a backup, so there is no way down."""
    op.execute("ALTER TABLE whereupon.users ADD COLUMN preferences jsonb NOT NULL DEFAULT '{}'")
