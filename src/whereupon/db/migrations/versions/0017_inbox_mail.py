"""What comes into inboxes is noted for those who want a mail of it, and for nobody else."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"

# The day of the last daily mail, where the person is.
DIGESTED = "ALTER TABLE whereupon.users ADD COLUMN inbox_digest_on date"
WANTS = "preferences->>'inbox_mail' IN ('at_once', 'daily')"
# Found at once when nobody wants any, which is how it is at first.
INDEX = f"CREATE INDEX users_inbox_mail ON whereupon.users (id) WHERE {WANTS}"
# Of people who are away, whoever stands in for them is written to; who that is, is looked up on sending.
NOTE = """
CREATE FUNCTION whereupon.note_news(whom bigint[], titles text[], dues timestamptz[]) RETURNS void
  LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $fn$
  INSERT INTO whereupon.inbox_news (user_id, daily, title, due_at)
  SELECT v.user_id, coalesce(u.preferences->>'inbox_mail' = 'daily', false), v.title, v.due_at
  FROM unnest(whom, titles, dues) AS v(user_id, title, due_at) JOIN whereupon.users u ON u.id = v.user_id
  WHERE u.active AND (u.@WANTS@ OR EXISTS (
    SELECT FROM whereupon.absences a WHERE a.user_id = u.id AND a.starts_at <= now() AND a.ends_at > now()
      AND a.delegate_id IS NOT NULL))
    AND v.user_id IS DISTINCT FROM
      (nullif(current_setting('whereupon.context', true), '')::jsonb->>'actor')::bigint
$fn$
"""
NOBODY = """
  IF NOT EXISTS (SELECT FROM whereupon.users WHERE @WANTS@) THEN
    RETURN NULL;
  END IF;
"""
TASKS = """
CREATE FUNCTION whereupon.news_of_@WHEN@() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $fn$
BEGIN
@NOBODY@
  PERFORM whereupon.note_news(array_agg(x.user_id), array_agg(x.title), array_agg(x.due_at))
  FROM (@ROWS@) x;
  RETURN NULL;
END $fn$
"""
GIVEN = """
    SELECT n.assignee_user_id AS user_id, n.title, n.due_at FROM given n WHERE n.assignee_user_id IS NOT NULL
    UNION ALL SELECT m.user_id, n.title, n.due_at FROM given n
    JOIN whereupon.group_members m ON m.group_id = n.assignee_group_id WHERE n.assignee_user_id IS NULL
"""
HANDED_ON = """
    SELECT n.assignee_user_id AS user_id, n.title, n.due_at FROM given n JOIN before o ON o.id = n.id
    WHERE n.assignee_user_id IS DISTINCT FROM o.assignee_user_id AND n.assignee_user_id IS NOT NULL
      AND n.status IN ('open', 'in_progress')
"""
TOLD = "SELECT n.user_id, n.title, NULL::timestamptz AS due_at FROM given n"
TRIGGERS = (
    ("new_tasks", GIVEN, "INSERT ON whereupon.tasks REFERENCING NEW TABLE AS given"),
    ("tasks", HANDED_ON, "UPDATE ON whereupon.tasks REFERENCING NEW TABLE AS given OLD TABLE AS before"),
    ("notifications", TOLD, "INSERT ON whereupon.notifications REFERENCING NEW TABLE AS given"),
)


def upgrade() -> None:
    """A schema is left only by restoring a backup, so there is no way down."""
    for statement in (DIGESTED, INDEX, sql(NOTE)):
        op.execute(statement)
    for name, rows, moment in TRIGGERS:
        op.execute(sql(TASKS.replace("@WHEN@", name).replace("@ROWS@", rows)))
        op.execute(
            f"CREATE TRIGGER news_of_{name} AFTER {moment} FOR EACH STATEMENT "
            f"EXECUTE FUNCTION whereupon.news_of_{name}()"
        )


def sql(text: str) -> str:
    return text.replace("@NOBODY@", NOBODY).replace("@WANTS@", WANTS)
