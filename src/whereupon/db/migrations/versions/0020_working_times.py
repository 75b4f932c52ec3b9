"""Working time for very many dates: each span of work as a row, so that the next one is one look-up."""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"

# Every span in which somebody works, by local time.
TIMES = "CREATE TABLE whereupon.working_times (ends timestamp PRIMARY KEY, starts timestamp NOT NULL)"
FILL = """
CREATE FUNCTION whereupon.fill_working_times() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  DELETE FROM whereupon.working_times;
  INSERT INTO whereupon.working_times
    SELECT d.day + s.ends, d.day + s.starts FROM whereupon.working_days d
    JOIN whereupon.working_spans s ON s.weekday = extract(isodow FROM d.day) WHERE d.works;
  RETURN NULL;
END $body$
"""
# The days are made anew last.
FOLLOW = """
CREATE TRIGGER working_times AFTER INSERT ON whereupon.working_days FOR EACH STATEMENT
  EXECUTE FUNCTION whereupon.fill_working_times()
"""
# In plpgsql, which keeps its plans: in SQL a function like these is begun anew for every row.
SHIFT = """
CREATE OR REPLACE FUNCTION whereupon.working_day(day date, n integer) RETURNS date
LANGUAGE plpgsql STABLE AS $body$
DECLARE number integer; free integer; found date;
BEGIN
  SELECT d.nr, 1 - d.works::int INTO number, free FROM whereupon.working_days d WHERE d.day = working_day.day;
  number := CASE WHEN n > 0 THEN number + n ELSE number + free + n END;
  SELECT d.day INTO found FROM whereupon.working_days d WHERE d.works AND d.nr = number;
  RETURN coalesce(found, working_day.day + n);
END $body$
"""
MOMENT = """
CREATE OR REPLACE FUNCTION whereupon.working_moment(at timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE AS $body$
DECLARE zone text; begins timestamp;
BEGIN
  SELECT s.value->>'time_zone' INTO zone FROM whereupon.settings s WHERE s.key = 'organisation';
  zone := coalesce(zone, 'UTC');
  SELECT t.starts INTO begins FROM whereupon.working_times t
    WHERE t.ends > timezone(zone, working_moment.at) ORDER BY t.ends LIMIT 1;
  RETURN CASE WHEN begins IS NULL THEN working_moment.at
    ELSE greatest(working_moment.at, timezone(zone, begins)) END;
END $body$
"""


def upgrade() -> None:
    """Create the table, fill it, and let the functions use it."""
    for statement in (TIMES, FILL, FOLLOW, SHIFT, MOMENT, "SELECT whereupon.fill_working_time()"):
        op.execute(statement)
