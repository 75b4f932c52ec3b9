"""What happens to a step in an inbox is told in its playbook, too; empty groups are noticed."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"

# A step's task is done, cancelled, opened again or moved: so is the step, and its run looks again.
FOLLOW = """
CREATE OR REPLACE FUNCTION whereupon.follow_step_task() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  over boolean := NEW.status IN ('done', 'cancelled');
BEGIN
  IF over <> (OLD.status IN ('done', 'cancelled')) THEN
    WITH followed AS (
      UPDATE whereupon.playbook_steps s SET
        status = CASE WHEN NOT over THEN 'open' WHEN NEW.status = 'done' THEN 'done' ELSE 'skipped' END,
        ended_at = CASE WHEN over THEN clock_timestamp() END,
        ended_by = CASE WHEN over THEN coalesce(NEW.done_by, whereupon.actor()) END
      FROM whereupon.playbook_tracks t
      WHERE s.task_id = NEW.id AND t.id = s.track_id AND t.ended_at IS NULL AND (s.status = 'open') = over
      RETURNING s.track_id, s.step, s.status, s.comment)
    INSERT INTO whereupon.playbook_events (track_id, step, what, user_id, comment)
    SELECT track_id, step, CASE status WHEN 'open' THEN 'reopened' ELSE status END,
      coalesce(CASE WHEN over THEN NEW.done_by END, whereupon.actor()),
      CASE WHEN status = 'done' THEN comment END
    FROM followed;
  END IF;
  UPDATE whereupon.runs r SET ready_at = clock_timestamp()
  WHERE r.id = NEW.run_id AND r.status = 'waiting' AND r.ended_at IS NULL AND (r.node IN ('end__', 'exit__')
    OR EXISTS (SELECT FROM whereupon.playbook_steps s WHERE s.run_id = r.id AND s.step = r.node));
  PERFORM pg_notify('whereupon_runs', '');
  RETURN NULL;
END $$
"""
# Whoever is disabled does nothing any more: their steps, and those of groups with nobody left, look again.
DISABLED = """
CREATE OR REPLACE FUNCTION whereupon.user_disabled() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE whereupon.runs r SET ready_at = clock_timestamp()
  FROM whereupon.playbook_steps s
  LEFT JOIN whereupon.tasks t ON t.id = s.task_id
  LEFT JOIN whereupon.question_people p ON p.question_id = s.question_id AND p.user_id = NEW.id
  WHERE s.run_id = r.id AND s.status = 'open' AND r.status = 'waiting' AND r.ended_at IS NULL
    AND (t.assignee_user_id = NEW.id OR p.user_id = NEW.id
      OR t.assignee_user_id IS NULL AND t.assignee_group_id IN (
        SELECT m.group_id FROM whereupon.group_members m WHERE m.user_id = NEW.id AND NOT EXISTS (
          SELECT FROM whereupon.group_members o JOIN whereupon.users u ON u.id = o.user_id
          WHERE o.group_id = m.group_id AND u.active)));
  PERFORM pg_notify('whereupon_runs', '');
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    """A schema is left only by restoring a backup, so there is no way down."""
    op.execute(FOLLOW)
    op.execute(DISABLED)
