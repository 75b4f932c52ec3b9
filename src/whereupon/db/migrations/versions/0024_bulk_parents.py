"""A bulk run knows the run that started it and waits for it, so that it ends with that run."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"

STATEMENTS = (
    "ALTER TABLE whereupon.bulk_runs ADD COLUMN parent_run_id bigint",
    "CREATE INDEX bulk_runs_parent ON whereupon.bulk_runs (parent_run_id) WHERE parent_run_id IS NOT NULL",
    # What is under way now: its run notes it.
    "UPDATE whereupon.bulk_runs b SET parent_run_id = r.id FROM whereupon.runs r "
    "WHERE b.started_by = 'data_task' AND b.ended_at IS NULL AND r.status = 'waiting' "
    "AND r.waiting #>> '{memo,bulk}' = b.id::text",
)


def upgrade() -> None:
    """Add the column and its index."""
    for statement in STATEMENTS:
        op.execute(statement)
