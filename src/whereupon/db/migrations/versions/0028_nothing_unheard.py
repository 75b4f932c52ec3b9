"""Changes are heard by number, not by the clock; what has lost its people looks for others."""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"

# The last change before a workflow became active. Publishing it anew leaves it: what was changed and not yet
# matched then is still to be matched.
HEARD_FROM = "ALTER TABLE whereupon.workflows ADD COLUMN heard_from bigint"
SIGNALS = "CREATE INDEX signals_run ON whereupon.signals (run_id, id)"
EMPTIED = """
CREATE FUNCTION whereupon.group_emptied() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $fn$
BEGIN
  UPDATE whereupon.runs r SET ready_at = clock_timestamp()
  FROM whereupon.tasks t JOIN whereupon.playbook_steps s ON s.task_id = t.id AND s.status = 'open'
  WHERE t.assignee_group_id IN (SELECT group_id FROM gone) AND t.assignee_user_id IS NULL
    AND t.status IN ('open', 'in_progress') AND r.id = s.run_id AND r.status = 'waiting'
    AND r.ended_at IS NULL AND NOT EXISTS (
      SELECT FROM whereupon.group_members o JOIN whereupon.users u ON u.id = o.user_id
      WHERE o.group_id = t.assignee_group_id AND u.active);
  IF FOUND THEN
    PERFORM pg_notify('whereupon_runs', '');
  END IF;
  RETURN NULL;
END $fn$
"""
ON_EMPTIED = """
CREATE TRIGGER group_emptied AFTER DELETE ON whereupon.group_members REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION whereupon.group_emptied()
"""
# Whoever is disabled does nothing any more (as 0022): what they were asked by a run is looked at, too.
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
  UPDATE whereupon.runs r SET ready_at = clock_timestamp()
  FROM whereupon.question_people p JOIN whereupon.questions q ON q.id = p.question_id AND q.status = 'open'
  WHERE p.user_id = NEW.id AND p.waiting AND r.id = q.run_id AND r.node = q.node AND r.status = 'waiting'
    AND r.ended_at IS NULL;
  PERFORM pg_notify('whereupon_runs', '');
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    """A schema is left only by restoring a backup, so there is no way down."""
    for statement in (HEARD_FROM, SIGNALS, EMPTIED, ON_EMPTIED, DISABLED):
        op.execute(statement)
