"""Branches: the runs that a block of another run started, one for each item or one of another workflow."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"

# Which block of runs.parent_run_id started it, on which of its visits, and which of its branches it is.
COLUMNS = """
ALTER TABLE whereupon.runs
  ADD COLUMN branch_node text, ADD COLUMN branch_iteration integer, ADD COLUMN branch_number integer,
  ADD COLUMN awaited boolean -- the parent waits for it to end
"""
# Rule 24: a block that is repeated starts no branch twice.
INDEX = """
CREATE UNIQUE INDEX runs_branches
ON whereupon.runs (parent_run_id, branch_node, branch_iteration, branch_number)
WHERE branch_node IS NOT NULL
"""
# However a branch ends, its parent looks again. The parent is locked in any case: who looks at it meanwhile
# passes it by, and counts the branches when this one is committed.
OVER = """
CREATE FUNCTION whereupon.branch_over() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM FROM whereupon.runs WHERE id = NEW.parent_run_id FOR NO KEY UPDATE;
  UPDATE whereupon.runs SET ready_at = clock_timestamp()
  WHERE id = NEW.parent_run_id AND status = 'waiting' AND NOT coalesce(waiting ? 'retry', false)
    AND (ready_at IS NULL OR ready_at > clock_timestamp());
  RETURN NULL;
END $$
"""
# However a run is cancelled, the branches that it waits for are cancelled, too.
CANCELLED = """
CREATE FUNCTION whereupon.cancel_branches() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE whereupon.runs SET status = 'cancelled', node = NULL, ready_at = NULL, wakes_on_change = false,
    waiting = NULL, ended_at = clock_timestamp(),
    error = jsonb_build_object('code', 'parent_cancelled',
      'message', 'The run that started it was cancelled.')
  WHERE parent_run_id = NEW.id AND branch_node IS NOT NULL AND awaited AND ended_at IS NULL;
  RETURN NULL;
END $$
"""
TRIGGERS = (
    "CREATE TRIGGER branch_over AFTER UPDATE OF ended_at ON whereupon.runs FOR EACH ROW "
    "WHEN (NEW.awaited AND NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL) "
    "EXECUTE FUNCTION whereupon.branch_over()",
    "CREATE TRIGGER cancel_branches AFTER UPDATE OF ended_at ON whereupon.runs FOR EACH ROW "
    "WHEN (NEW.status = 'cancelled' AND NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL) "
    "EXECUTE FUNCTION whereupon.cancel_branches()",
)


def upgrade() -> None:
    """Add the columns, the index and the triggers."""
    for statement in (COLUMNS, INDEX, OVER, CANCELLED, *TRIGGERS):
        op.execute(statement)
