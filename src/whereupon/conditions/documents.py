"""What `document.…` means: the file that a workflow is about, as it is now."""

from __future__ import annotations

from collections.abc import Mapping

from whereupon.conditions.values import DATETIME, INTEGER, TEXT, Compiled, Scope, ValueType, refuse
from whereupon.errors import did_you_mean
from whereupon.modules.catalog import Module

# Its names with their types; how each is read from the row as JSON.
FIELDS: Mapping[str, tuple[ValueType, str]] = {
    "id": (INTEGER, "({}->>'id')::bigint"),
    "name": (TEXT, "({}->>'name')"),
    "type": (TEXT, "nullif({}->>'type', '')"),
    "folder": (TEXT, "nullif({}->>'folder', '')"),
    "media_type": (TEXT, "({}->>'media_type')"),
    "size": (INTEGER, "({}->>'size')::bigint"),
    "version": (INTEGER, "({}->>'version')::bigint"),
    "uploaded_at": (DATETIME, "({}->>'uploaded_at')::timestamptz"),
    "uploaded_by": (
        TEXT, "(SELECT _u.name FROM whereupon.users _u WHERE _u.id = ({}->>'uploaded_by')::bigint)"
    ),
}  # fmt: skip
OF_CHANGE = "F"  # the operation of a change that is about a document


def document_value(names: list[str], scope: Scope) -> Compiled:
    """`document.name` and its like. Raises Invalid where there is none, or it has no such value."""
    if scope.document is None:
        hint = "Start the workflow with an uploaded document, or take the file from a block before."
        refuse("no_document", f'"{".".join(names)}" asks for a document; there is none here.', hint)
    if len(names) != 2 or names[1] not in FIELDS:
        hint = did_you_mean(names[1], FIELDS) if len(names) > 1 else None
        message = f'A document has no "{".".join(names[1:])}".'
        refuse("unknown_field", message, hint or f"It has: {', '.join(FIELDS)}.")
    kind, sql = FIELDS[names[1]]
    return Compiled(f"({sql.format(f'({scope.document})')})", kind)


def newest_document(module: Module, row: str = "n") -> str:
    """SQL jsonb: the newest document of a row, null where it has none."""
    return (
        f"(SELECT to_jsonb(_d.*) FROM whereupon.documents _d WHERE _d.module_id = {module.id} "
        f"AND _d.record_id = {module.key_sql(row)} ORDER BY _d.uploaded_at DESC, _d.id DESC LIMIT 1)"
    )


def document_of_run(module: Module) -> str:
    """SQL jsonb: the document that the change `c` is about, as it is now; by hand, the record's newest."""
    now = "(SELECT to_jsonb(_d.*) FROM whereupon.documents _d WHERE _d.id = (c.new->>'id')::bigint)"
    return f"CASE WHEN c.op = '{OF_CHANGE}' THEN coalesce({now}, c.new) ELSE {newest_document(module)} END"
