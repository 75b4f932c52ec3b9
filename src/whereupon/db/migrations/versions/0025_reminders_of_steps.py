"""When whoever has a step of a playbook was last reminded: reminders are set per step."""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"

REMINDED = "ALTER TABLE whereupon.playbook_steps ADD COLUMN reminded_at timestamptz"


def upgrade() -> None:
    """A schema is left only by restoring a backup, so there is no way down."""
    op.execute(REMINDED)
