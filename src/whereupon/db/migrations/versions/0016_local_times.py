"""A local time as the moment that it means, also where the clocks jump (rule 20)."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"

# PostgreSQL takes a local time that is left out for one as much later, and one that comes twice for its
# second. Here it is the next valid instant, and the first of the two, as schedules have it (sdk/timetable).
AFTER_GAP = """
CREATE FUNCTION whereupon.after_gap(wall timestamp, zone text) RETURNS timestamptz
LANGUAGE sql STABLE AS $body$
  SELECT min(t) FROM generate_series(
    (wall AT TIME ZONE zone) - ((wall AT TIME ZONE zone) AT TIME ZONE zone - wall),
    wall AT TIME ZONE zone, interval '1 minute') t
  WHERE (t AT TIME ZONE zone) - (t AT TIME ZONE 'UTC')
    = ((wall AT TIME ZONE zone) AT TIME ZONE zone) - ((wall AT TIME ZONE zone) AT TIME ZONE 'UTC')
$body$
"""
MOMENT_OF = """
CREATE FUNCTION whereupon.moment_of(wall timestamp, zone text) RETURNS timestamptz
LANGUAGE sql STABLE AS $body$
  SELECT CASE
    WHEN (wall AT TIME ZONE zone) AT TIME ZONE zone <> wall THEN whereupon.after_gap(wall, zone)
    WHEN ((wall AT TIME ZONE zone) - interval '1 hour') AT TIME ZONE zone = wall
      THEN (wall AT TIME ZONE zone) - interval '1 hour'
    WHEN ((wall AT TIME ZONE zone) - interval '30 minutes') AT TIME ZONE zone = wall
      THEN (wall AT TIME ZONE zone) - interval '30 minutes'
    WHEN ((wall AT TIME ZONE zone) - interval '2 hours') AT TIME ZONE zone = wall
      THEN (wall AT TIME ZONE zone) - interval '2 hours'
    ELSE wall AT TIME ZONE zone END
$body$
"""


def upgrade() -> None:
    """Create the functions."""
    op.execute(AFTER_GAP)
    op.execute(MOMENT_OF)
