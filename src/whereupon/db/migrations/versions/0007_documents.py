"""Documents have a type, a folder and versions; what happens to one is a change of its record."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"

# What is in documents is the newest version; those before it are kept beside.
COLUMNS = """
ALTER TABLE whereupon.documents
  ADD COLUMN type text NOT NULL DEFAULT '', -- what it is: Passport, Contract
  ADD COLUMN version integer NOT NULL DEFAULT 1,
  ADD COLUMN uploaded_by bigint,                    -- who uploaded this version; created_by: the first
  ADD COLUMN uploaded_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN run_id bigint                          -- the run that made it
"""
UPLOADED = "UPDATE whereupon.documents SET uploaded_by = created_by, uploaded_at = created_at"
VERSIONS = """
CREATE TABLE whereupon.document_versions (
  document_id bigint NOT NULL REFERENCES whereupon.documents ON DELETE CASCADE, number integer NOT NULL,
  sha256 bytea NOT NULL, name text NOT NULL, media_type text NOT NULL, size bigint NOT NULL,
  uploaded_by bigint, uploaded_at timestamptz NOT NULL, PRIMARY KEY (document_id, number))
"""
# Operation F: a file of the record. old and new are the document before and after; old is null for one
# that is new, or new to this record. The context is that of whereupon.capture().
CAPTURE = """
CREATE FUNCTION whereupon.capture_documents() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $capture$
DECLARE
  context jsonb := coalesce(nullif(current_setting('whereupon.context', true), ''), '{}')::jsonb;
  causes jsonb := context->'causes';
  queued bigint;
BEGIN
  IF TG_OP = 'INSERT' THEN
    WITH written AS (
      INSERT INTO whereupon.changes (module_id, record_id, op, new, actor_id, origin, run_id)
      SELECT n.module_id, n.record_id, 'F', to_jsonb(n.*), (context->>'actor')::bigint,
        coalesce(context->>'origin', 'external'),
        coalesce((causes->>n.record_id)::bigint, (context->>'run')::bigint)
      FROM new_rows n WHERE n.module_id IS NOT NULL AND n.record_id IS NOT NULL ORDER BY n.id
      RETURNING id, record_id)
    INSERT INTO whereupon.pending_changes (shard, change_id)
    SELECT hashtext(record_id) & 15, id FROM written WHERE coalesce((context->>'match')::boolean, true);
  ELSE
    WITH written AS (
      INSERT INTO whereupon.changes (module_id, record_id, op, old, new, actor_id, origin, run_id)
      SELECT n.module_id, n.record_id, 'F',
        CASE WHEN (o.module_id, o.record_id) IS NOT DISTINCT FROM (n.module_id, n.record_id)
          THEN to_jsonb(o.*) END,
        to_jsonb(n.*), (context->>'actor')::bigint, coalesce(context->>'origin', 'external'),
        coalesce((causes->>n.record_id)::bigint, (context->>'run')::bigint)
      FROM new_rows n JOIN old_rows o ON o.id = n.id
      WHERE n.module_id IS NOT NULL AND n.record_id IS NOT NULL AND o.* IS DISTINCT FROM n.* ORDER BY n.id
      RETURNING id, record_id)
    INSERT INTO whereupon.pending_changes (shard, change_id)
    SELECT hashtext(record_id) & 15, id FROM written WHERE coalesce((context->>'match')::boolean, true);
  END IF;
  GET DIAGNOSTICS queued = ROW_COUNT;
  IF queued > 0 AND NOT coalesce((context->>'quiet')::boolean, false) THEN
    PERFORM pg_notify('whereupon_changes', '');
  END IF;
  RETURN NULL;
END $capture$
"""
TRIGGERS = (
    "CREATE TRIGGER zz_whereupon_insert AFTER INSERT ON whereupon.documents "
    "REFERENCING NEW TABLE AS new_rows "
    "FOR EACH STATEMENT EXECUTE FUNCTION whereupon.capture_documents()",
    "CREATE TRIGGER zz_whereupon_update AFTER UPDATE ON whereupon.documents "
    "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows "
    "FOR EACH STATEMENT EXECUTE FUNCTION whereupon.capture_documents()",
)
INDEXES = (
    "CREATE INDEX documents_run ON whereupon.documents (run_id) WHERE run_id IS NOT NULL",
    "CREATE INDEX document_versions_content ON whereupon.document_versions (sha256)",
)


def upgrade() -> None:
    """Add the columns, the table and the triggers."""
    for statement in (COLUMNS, UPLOADED, VERSIONS, CAPTURE, *TRIGGERS, *INDEXES):
        op.execute(statement)
