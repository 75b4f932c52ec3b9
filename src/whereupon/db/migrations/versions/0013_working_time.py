"""Working time as tables that SQL can count with, and what the clock has armed its times with."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"

# Every day with the number of working days up to it, so that "so many working days later" is two look-ups,
# also for a million records in one statement. Made anew whenever working hours or holidays are set.
DAYS = """
CREATE TABLE whereupon.working_days (day date PRIMARY KEY, nr integer NOT NULL, works boolean NOT NULL)
"""
DAYS_BY_NUMBER = "CREATE UNIQUE INDEX working_days_nr ON whereupon.working_days (nr) WHERE works"
SPANS = """
CREATE TABLE whereupon.working_spans (
  weekday smallint NOT NULL,              -- 1 is Monday
  starts interval NOT NULL, ends interval NOT NULL, PRIMARY KEY (weekday, starts))
"""
FILL = """
CREATE FUNCTION whereupon.fill_working_time() RETURNS void LANGUAGE plpgsql AS $body$
DECLARE hours jsonb; free date[];
BEGIN
  PERFORM pg_advisory_xact_lock(1464881492);  -- two that set hours and holidays at once take turns
  SELECT value->'days' INTO hours FROM whereupon.settings WHERE key = 'working_hours';
  hours := coalesce(hours, (SELECT jsonb_object_agg(d, '[{"start": "09:00", "end": "17:00"}]'::jsonb)
    FROM unnest(ARRAY['monday','tuesday','wednesday','thursday','friday']) d));
  SELECT array_agg((one->>'date')::date) INTO free
    FROM whereupon.settings, jsonb_array_elements(value->'days') one WHERE key = 'holidays';
  DELETE FROM whereupon.working_spans;
  INSERT INTO whereupon.working_spans
    SELECT w.nr, (span->>'start')::interval, (span->>'end')::interval
    FROM unnest(ARRAY['monday','tuesday','wednesday','thursday','friday','saturday','sunday'])
      WITH ORDINALITY AS w(name, nr), jsonb_array_elements(coalesce(hours->w.name, '[]'::jsonb)) span;
  DELETE FROM whereupon.working_days;
  INSERT INTO whereupon.working_days
    SELECT day, count(*) FILTER (WHERE works) OVER (ORDER BY day), works FROM (
      SELECT d::date AS day, d::date <> ALL (coalesce(free, '{}'))
        AND extract(isodow FROM d) = ANY (SELECT weekday FROM whereupon.working_spans) AS works
      FROM generate_series('2000-01-01'::timestamp, '2079-12-31', '1 day') d) days;
END $body$
"""
ON_SETTING = """
CREATE FUNCTION whereupon.on_working_time() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN PERFORM whereupon.fill_working_time(); RETURN NULL; END $body$
"""
FOLLOW = """
CREATE TRIGGER working_time AFTER INSERT OR UPDATE ON whereupon.settings FOR EACH ROW
  WHEN (NEW.key IN ('working_hours', 'holidays')) EXECUTE FUNCTION whereupon.on_working_time()
"""
FORGET = """
CREATE TRIGGER working_time_gone AFTER DELETE ON whereupon.settings FOR EACH ROW
  WHEN (OLD.key IN ('working_hours', 'holidays')) EXECUTE FUNCTION whereupon.on_working_time()
"""
# The n-th working day after a day; before it for n < 0; the day itself or the next one for 0. Beyond the
# table, and where nobody ever works, plain days.
SHIFT = """
CREATE FUNCTION whereupon.working_day(day date, n integer) RETURNS date LANGUAGE sql STABLE AS $body$
  SELECT coalesce((SELECT t.day FROM whereupon.working_days f JOIN whereupon.working_days t
    ON t.works AND t.nr = CASE WHEN n > 0 THEN f.nr + n ELSE f.nr - f.works::int + n + 1 END
    WHERE f.day = working_day.day), working_day.day + n)
$body$
"""
# The moment itself if the organisation works then, or when it begins to work next; hours are local to it.
MOMENT = """
CREATE FUNCTION whereupon.working_moment(at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $body$
  SELECT coalesce((
    SELECT greatest(at, (d.day + s.starts) AT TIME ZONE o.zone)
    FROM (SELECT coalesce((SELECT value->>'time_zone' FROM whereupon.settings
                           WHERE key = 'organisation'), 'UTC') AS zone) o
    CROSS JOIN LATERAL (SELECT at AT TIME ZONE o.zone AS now) l
    JOIN whereupon.working_days d ON d.works AND d.day BETWEEN l.now::date AND l.now::date + 400
    JOIN whereupon.working_spans s ON s.weekday = extract(isodow FROM d.day)
    WHERE d.day + s.ends > l.now ORDER BY d.day, s.starts LIMIT 1), at)
$body$
"""
# The time zone that a schedule's next time was worked out in: another one makes it move.
ZONE = "ALTER TABLE whereupon.schedules ADD COLUMN zone text"
# What the dates of a workflow's records were worked out with: time zone and working time, as a digest.
ARMED = """
CREATE TABLE whereupon.armed (
  workflow_id bigint PRIMARY KEY REFERENCES whereupon.workflows ON DELETE CASCADE,
  version_id bigint NOT NULL, digest text NOT NULL, at timestamptz NOT NULL DEFAULT now())
"""
# Why a date that has come started nothing: passed, too_late, gone, filter, once. Null: it started a run.
SKIPPED = "ALTER TABLE whereupon.due_dates ADD COLUMN skipped text"
SEEN = """
CREATE INDEX due_dates_skipped ON whereupon.due_dates (workflow_id, fired_at) WHERE skipped IS NOT NULL
"""


def upgrade() -> None:
    """Create the tables, and fill in the working days."""
    for statement in (
        DAYS, DAYS_BY_NUMBER, SPANS, FILL, ON_SETTING, FOLLOW, FORGET, SHIFT, MOMENT, ZONE, ARMED, SKIPPED,
        SEEN, "SELECT whereupon.fill_working_time()",
    ):  # fmt: skip
        op.execute(statement)
