"""Suspects: members whose values the table may refuse. They are written in turns, inside the server.

A turn is a savepoint. It begins with few members, or one; while turns succeed they grow, and one that is
refused is done again with fewer, until the bad one stands alone and its history tells what the table said.
"""

from __future__ import annotations

from whereupon.conditions.values import quote_text
from whereupon.modules.ddl import literal
from whereupon.runs.stretches.legs import CARRIED, IN_TURN
from whereupon.runs.stretches.standing import COLUMNS, ON_ITS_OWN, STANDING, SUSPECTS

GROWTH, LARGEST = 2, 512
# A server that is shutting down, full or broken is not the record's fault (as db/pool.py: GONE).
NOT_THE_RECORD = "('53', '57', '58', 'XX')"
# Another program holds something that the write needs: the engine has the patience, so it takes the run.
HELD = "('40001', '40P01', '55P03')"
IN_TURNS = """
DECLARE
  _first integer := 1; _last integer; _size integer := {size}; _count bigint; _done bigint;
  _told text; _named text; _state text;
BEGIN
  SELECT count(*) INTO _count FROM {suspects};
  WHILE _first <= _count LOOP
    _last := least(_first + _size - 1, _count);
    BEGIN
      {write} INTO _done;
      _size := least((_last - _first + 1) * {growth}, {largest});
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS _told = MESSAGE_TEXT, _named = CONSTRAINT_NAME, _state = RETURNED_SQLSTATE;
      IF left(_state, 2) IN {not_the_record} THEN RAISE; END IF;
      IF _last > _first THEN
        _size := greatest(1, (_last - _first + 1) / 4);
        CONTINUE;
      ELSIF _state IN {held} THEN
        {on_its_own};
      ELSE
        UPDATE {suspects} SET failure = {failure} WHERE turn = _first;
      END IF;
      _size := 1;
    END;
    _first := _last + 1;
  END LOOP;
  {refuse} INTO _done;
END
"""
REFUSED = f"""
WITH outcomes AS (
  SELECT {CARRIED}, NULL::text AS port, NULL::jsonb AS output, '{{{{}}}}'::jsonb AS given, r.failure
  FROM {SUSPECTS} r WHERE r.failure IS NOT NULL),
{{settle}} SELECT 0
"""
LEAVE = f"""
INSERT INTO {STANDING} (place, {", ".join(COLUMNS)}, status, node)
SELECT {ON_ITS_OWN}, {", ".join(f"s.{name}" for name in COLUMNS)}, 'queued', {{node}} FROM {IN_TURN}
"""
ALL_ARE_SUSPECTS = f"""
INSERT INTO {SUSPECTS} (turn, {", ".join(COLUMNS)})
SELECT row_number() OVER (ORDER BY s.run_id), {", ".join(f"s.{name}" for name in COLUMNS)}
FROM {STANDING} s WHERE s.place = $1
"""
NO_SUSPECTS = f"DELETE FROM {SUSPECTS}"


def in_turns_sql(node: str, write: str, settle: str, failure: str, size: int) -> str:
    """The statement that works off all suspects of a node, so many at first. `write`: in_turn_sql's;
    `failure`: refusal_sql's."""
    body = IN_TURNS.format(
        suspects=SUSPECTS, size=size, write=write, growth=GROWTH, largest=LARGEST, held=HELD,
        not_the_record=NOT_THE_RECORD, on_its_own=LEAVE.format(node=quote_text(node)), failure=failure,
        refuse=REFUSED.format(settle=settle),
    )  # fmt: skip
    return f"DO {literal(body)}"
