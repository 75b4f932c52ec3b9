"""Records whose strategy begins again: their steps are counted anew, from the day of the restart."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the column; whoever counts the dates takes the mark away."""
    op.execute("ALTER TABLE whereupon.strategy_records ADD COLUMN to_count boolean NOT NULL DEFAULT false")
    op.execute(
        "CREATE INDEX strategy_records_to_count ON whereupon.strategy_records (module_id) WHERE to_count"
    )
