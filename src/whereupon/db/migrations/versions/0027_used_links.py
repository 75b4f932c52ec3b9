"""The secret of a link to a form or an upload leaves the stored mail as soon as nothing waits for it."""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"

# 43 characters are 256 random bits, as people/secrets.py writes them.
WITHOUT = r"""
CREATE FUNCTION whereupon.without_links(said jsonb) RETURNS jsonb
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $fn$
  SELECT regexp_replace(said::text, '(/(forms|uploads)/)[A-Za-z0-9_-]{43}', '\1…', 'g')::jsonb
$fn$
"""
LINKED = "m.context #>> '{question,link}' ~ '/(forms|uploads)/[A-Za-z0-9_-]{43}'"
FORGET = f"""
  UPDATE whereupon.messages m
  SET context = whereupon.without_links(m.context), rendered = whereupon.without_links(m.rendered)
  FROM changed q WHERE q.token_hash IS NOT NULL AND q.status <> 'open' AND m.run_id = q.run_id
    AND m.node = @NODE@ AND {LINKED};
"""
FUNCTION = f"""
CREATE FUNCTION whereupon.forget_@NAME@() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $fn$
BEGIN
{FORGET}
  RETURN NULL;
END $fn$
"""
TRIGGER = """
CREATE TRIGGER forget_link AFTER UPDATE ON whereupon.@TABLE@ REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION whereupon.forget_@NAME@()
"""
# Table, its function, and the block that wrote the mail; a loop asks once per round.
OF = (
    ("questions", "form_links", "q.node AND m.iteration = q.iteration"),
    ("playbook_steps", "upload_links", "q.step"),
)


def upgrade() -> None:
    """A schema is left only by restoring a backup, so there is no way down."""
    op.execute(WITHOUT)
    for table, name, node in OF:
        for text in (FUNCTION, TRIGGER):
            op.execute(text.replace("@NAME@", name).replace("@NODE@", node).replace("@TABLE@", table))
        past = FORGET.replace("FROM changed q", f"FROM whereupon.{table} q").replace("@NODE@", node)
        op.execute(past)
