"""The moment of a local time at a tenth of the price: most days nothing jumps."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"

# As before (0016), in a function that keeps its plans and looks closely only where the clocks jump.
MOMENT_OF = """
CREATE OR REPLACE FUNCTION whereupon.moment_of(wall timestamp, zone text) RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT AS $body$
DECLARE taken timestamptz := timezone(zone, wall);
BEGIN
  IF timezone(zone, taken) <> wall THEN
    RETURN whereupon.after_gap(wall, zone);
  ELSIF timezone(zone, taken - interval '2 hours') = wall - interval '2 hours' THEN
    RETURN taken;
  END IF;
  RETURN (SELECT min(t) FROM generate_series(taken - interval '2 hours', taken, interval '10 minutes') t
          WHERE timezone(zone, t) = wall);
END $body$
"""


def upgrade() -> None:
    """Replace the function."""
    op.execute(MOMENT_OF)
