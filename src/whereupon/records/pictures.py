"""The pictures that a record's papers may show: its own documents by their names, and the logo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Invalid, NotFound, Problem
from whereupon.modules.catalog import Catalog, Module, quote
from whereupon.people import audit
from whereupon.people.rights import Rights
from whereupon.records.documents import Document, file_fields, get_document, load
from whereupon.records.files import FileStore, Stored

DRAWABLE = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp")
MOST = 40  # pictures of one record, the newest
MOST_BYTES = 20_000_000  # of all of them together

IMAGE = """
jsonb_build_object('name', _d.name, 'media_type', _d.media_type, 'size', _d.size,
                   'sha256', encode(_d.sha256, 'hex'))
"""
LOGO_ID = "SELECT (value->>'document_id')::bigint FROM whereupon.settings WHERE key = 'logo'"
# One JSON object, or null where there is no logo.
LOGO_SQL = f"""
(SELECT {IMAGE} || '{{"name": "logo"}}' FROM whereupon.documents _d WHERE _d.id = ({LOGO_ID}))
"""
SAVE_LOGO = """
INSERT INTO whereupon.settings (key, value) VALUES ('logo', jsonb_build_object('document_id', $1::bigint))
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now()
"""
DROP_LOGO = "DELETE FROM whereupon.settings WHERE key = 'logo'"


def pictures_sql(module: Module, readable: Iterable[str], row: str = "n") -> str:
    """SQL for a JSON list of the pictures of a row: attached to it, or in a file field that is readable.

    Of two with one name the newer one comes last.
    """
    allowed = set(readable)
    fields = [f"{row}.{quote(f.column or '')}" for f in file_fields(module) if f.key in allowed]
    held = f" OR _f.id IN ({', '.join(fields)})" if fields else ""
    kinds = ", ".join(f"'{kind}'" for kind in DRAWABLE)
    return f"""
(SELECT coalesce(jsonb_agg({IMAGE} ORDER BY _d.id), '[]') FROM (
   SELECT _f.* FROM whereupon.documents _f
   WHERE _f.media_type IN ({kinds})
     AND ((_f.module_id = {module.id} AND _f.record_id = {module.key_sql(row)}){held})
   ORDER BY _f.id DESC LIMIT {MOST}) _d)
"""


def read_pictures(
    files: FileStore, listed: Iterable[Mapping[str, Any]], wanted: str
) -> list[tuple[str, str, bytes]]:
    """Name, media type and content of the listed ones whose name stands in the document `wanted`.

    Blocks. Raises FileMissing, and Invalid when they are too large together.
    """
    text, size = wanted.casefold(), 0
    found: list[tuple[str, str, bytes]] = []
    for one in listed:
        if not is_named(one["name"], text):
            continue
        size += one["size"]
        if size > MOST_BYTES:
            told = f"Its pictures have more than {MOST_BYTES // 1_000_000} MB together."
            raise Invalid.of(Problem("too_large", told, "", "Make them smaller."))
        content = files.read(Stored(one["sha256"], one["size"]), one["name"])
        found.append((one["name"], one["media_type"], content))
    return found


def is_named(name: str, text: str) -> bool:
    """Whether a text of HTML names the picture, plainly or as an address writes it.

    >>> is_named("Site plan.png", '<img src="site%20plan.png">'), is_named("a.png", "b.png")
    (True, False)
    """
    from html import escape
    from urllib.parse import quote as written

    plain = name.casefold()
    return any(form in text for form in (plain, escape(plain), written(plain).casefold()))


# The logo -----------------------------------------------------------------------------------------


async def get_logo(db: Connection) -> Document | None:
    """The document that is the organisation's logo."""
    number = await db.fetchval(LOGO_ID)
    found = await load(db, [number]) if number is not None else []
    return found[0] if found else None


async def set_logo(db: Connection, catalog: Catalog, document_id: int | None, rights: Rights) -> None:
    """Choose a picture that was uploaded; None: no logo. Raises Refused, NotFound, Invalid."""
    rights.require_administrator()
    if document_id is None:
        await db.execute(DROP_LOGO)
    else:
        try:
            document = await get_document(db, catalog, document_id, rights)
        except NotFound as error:
            raise Invalid.of(Problem("no_such_document", error.message, "/document_id")) from None
        if document.media_type not in DRAWABLE:
            told = f'"{document.name}" is no picture that a page can show.'
            raise Invalid.of(Problem("no_picture", told, "/document_id", "Choose a PNG, JPEG, GIF or WebP."))
        await db.execute(SAVE_LOGO, document_id)
    await audit.append(db, rights.user_id, "set_logo", "settings:logo", document=document_id)
