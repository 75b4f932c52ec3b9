"""What the browser hears of as it happens, and finds at once among millions: tasks, trouble, the clock."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

# One notification per statement, whoever writes; it names whom the tasks are for, or nobody in particular
# when they are too many for one notification (8,000 bytes).
TELL = """
CREATE FUNCTION whereupon.tell_of_tasks() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  users bigint[] := (SELECT array_agg(DISTINCT assignee_user_id) FROM touched
                     WHERE assignee_user_id IS NOT NULL);
  groups bigint[] := (SELECT array_agg(DISTINCT assignee_group_id) FROM touched
                      WHERE assignee_group_id IS NOT NULL);
BEGIN
  IF cardinality(users) > 200 OR cardinality(groups) > 200 THEN
    PERFORM pg_notify('whereupon_tasks', '');
  ELSIF users IS NOT NULL OR groups IS NOT NULL THEN
    PERFORM pg_notify('whereupon_tasks', jsonb_build_object('users', users, 'groups', groups)::text);
  END IF;
  RETURN NULL;
END $$
"""
# Who had a task before a change is told as well as who has it now.
MOMENTS = (("INSERT", "NEW"), ("UPDATE", "OLD"), ("UPDATE", "NEW"), ("DELETE", "OLD"))


def upgrade() -> None:
    """A schema is left only by restoring a backup, so there is no way down."""
    op.execute(TELL)
    for event, image in MOMENTS:
        op.execute(
            f"CREATE TRIGGER tell_{event.lower()}_{image.lower()} AFTER {event} ON whereupon.tasks "
            f"REFERENCING {image} TABLE AS touched FOR EACH STATEMENT "
            "EXECUTE FUNCTION whereupon.tell_of_tasks()"
        )
    # Few runs fail or are held, and people look for them first.
    op.execute(
        "CREATE INDEX runs_troubled ON whereupon.runs (id) WHERE status IN ('failed', 'partial', 'held')"
    )
    op.execute("ALTER TABLE whereupon.worker_processes ADD COLUMN ticked_at timestamptz")
