"""What each worker knows of destinations that do not answer, for the page about health."""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"

# [{"destination", "until"}]: circuits that are open (workers/destinations.py), as of seen_at.
CIRCUITS = "ALTER TABLE whereupon.worker_processes ADD COLUMN circuits jsonb NOT NULL DEFAULT '[]'"


def upgrade() -> None:
    """A schema is left only by restoring a backup, so there is no way down."""
    op.execute(CIRCUITS)
