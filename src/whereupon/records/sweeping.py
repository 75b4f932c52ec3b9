"""Files that no document has any more leave the store, a week after they were last put there.

A document that is removed leaves its file behind, because others may have the same content, and because a
backup under way may still be about to copy it. The week also covers what is stored before a row names it.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Sequence

from whereupon.db.pool import Database
from whereupon.records.files import DIGEST, FileStore

GRACE_SECONDS = 7 * 24 * 3600.0  # since the file was last stored; storing it again begins anew
AT_ONCE = 1_000  # files asked about in one statement

# Those of $1 that something has: a document, an older version, a mail or a call with a file.
IN_USE = """
WITH asked AS (SELECT sha, decode(sha, 'hex') AS digest FROM unnest($1::text[]) AS a(sha))
SELECT a.sha FROM asked a JOIN whereupon.documents d ON d.sha256 = a.digest
UNION SELECT a.sha FROM asked a JOIN whereupon.document_versions v ON v.sha256 = a.digest
UNION SELECT a.sha FROM asked a JOIN (
  SELECT f->>'sha256' AS sha FROM whereupon.messages m,
    jsonb_array_elements(m.context->'attachments') f WHERE jsonb_typeof(m.context->'attachments') = 'array'
) f USING (sha)
UNION SELECT a.sha FROM asked a
  JOIN whereupon.calls c ON c.ended_at IS NULL AND (c.request::text LIKE '%' || a.sha || '%'
                                                    OR c.result::text LIKE '%' || a.sha || '%')
"""


async def sweep(database: Database, files: FileStore, grace: float = GRACE_SECONDS) -> int:
    """Remove the files that nothing has and that are older than `grace` seconds. How many went."""
    swept = 0
    old = await asyncio.to_thread(lambda: list(older_than(files, time.time() - grace)))
    for start in range(0, len(old), AT_ONCE):
        some = old[start : start + AT_ONCE]
        async with database.connection() as db:
            used = {row["sha"] for row in await db.fetch(IN_USE, some)}
        swept += await asyncio.to_thread(remove, files, [one for one in some if one not in used], grace)
    return swept


def older_than(files: FileStore, moment: float) -> Iterator[str]:
    """The contents (SHA-256, hexadecimal) that were last stored before a moment (seconds since 1970)."""
    for folder, _, names in os.walk(files.folder):
        for name in names:
            if DIGEST.fullmatch(name) and os.stat(os.path.join(folder, name)).st_mtime < moment:
                yield name


def remove(files: FileStore, digests: Sequence[str], grace: float) -> int:
    """Unlink each, unless it was stored again meanwhile."""
    removed = 0
    for digest in digests:
        path = files.path(digest)
        if path.exists() and path.stat().st_mtime < time.time() - grace:
            path.unlink()
            removed += 1
    return removed
