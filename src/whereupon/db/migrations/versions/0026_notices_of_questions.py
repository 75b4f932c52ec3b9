"""What a notification asks stands in the inbox as the question; once that is answered it counts as read."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"

COLUMN = "ALTER TABLE whereupon.notifications ADD COLUMN question_id bigint"
# Those that nobody has read yet, by what asked: one of its iterations has the same title.
KNOWN = """
UPDATE whereupon.notifications n SET question_id = q.id
FROM whereupon.questions q JOIN whereupon.question_people p ON p.question_id = q.id
WHERE n.read_at IS NULL AND q.run_id = n.run_id AND q.node = n.node AND p.user_id = n.user_id
  AND right(n.title, length(q.title)) = q.title
"""
INDEX = """
CREATE INDEX notifications_question ON whereupon.notifications (question_id, user_id)
WHERE question_id IS NOT NULL AND read_at IS NULL
"""
# Whoever has answered, or is asked no more, has nothing to read of it.
READ = """
CREATE FUNCTION whereupon.read_notices() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $fn$
BEGIN
  IF TG_OP = 'DELETE' THEN
    UPDATE whereupon.notifications n SET read_at = clock_timestamp() FROM before p
    WHERE n.question_id = p.question_id AND n.user_id = p.user_id AND n.read_at IS NULL;
  ELSE
    UPDATE whereupon.notifications n SET read_at = clock_timestamp() FROM changed p
    WHERE n.question_id = p.question_id AND n.user_id = p.user_id AND n.read_at IS NULL AND NOT p.waiting;
  END IF;
  RETURN NULL;
END $fn$
"""
TRIGGERS = (
    "CREATE TRIGGER read_notices AFTER UPDATE ON whereupon.question_people REFERENCING NEW TABLE AS changed "
    "FOR EACH STATEMENT EXECUTE FUNCTION whereupon.read_notices()",
    "CREATE TRIGGER read_notices_of_others AFTER DELETE ON whereupon.question_people "
    "REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION whereupon.read_notices()",
)
OVER = """
UPDATE whereupon.notifications n SET read_at = now() FROM whereupon.question_people p
WHERE n.read_at IS NULL AND n.question_id = p.question_id AND n.user_id = p.user_id AND NOT p.waiting
"""


def upgrade() -> None:
    """A schema is left only by restoring a backup, so there is no way down."""
    for statement in (COLUMN, KNOWN, INDEX, OVER, READ, *TRIGGERS):
        op.execute(statement)
