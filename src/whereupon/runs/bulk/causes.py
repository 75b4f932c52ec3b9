"""Why members of a bulk run failed, grouped: the same code and sentence, but for names and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from whereupon.db.pool import Connection
from whereupon.errors import Conflict

MOST = 50  # causes that are told
# What is set up wrongly, for all records alike: running them again is in vain until somebody puts it right.
SET_UP_WRONGLY = frozenset(
    {
        "invalid", "unknown_field", "unknown_module", "unknown_value", "no_group", "no_workflow",
        "not_active", "no_provider", "unknown_provider", "no_mail_server", "unknown_store", "no_root",
        "no_folder", "unknown_host_key", "bad_host_key", "bad_private_key", "not_allowed",
        "publisher_disabled", "role_gone", "http_401", "http_403", "ai_refused",
        "database_42703", "database_42P01", "database_42501",
    }
)  # fmt: skip
# A sentence without what differs from record to record: quoted names, numbers, addresses.
SHAPE = r"""regexp_replace(coalesce(r.error->>'message', ''),
  '"[^"]*"|“[^”]*”|\S+@\S+|[0-9][0-9.,:/-]*', '…', 'g')"""
CAUSE = f"md5(coalesce(r.error->>'code', '') || ' ' || {SHAPE})"
GROUPED = f"""
SELECT left({CAUSE}, 12) AS cause, r.error->>'code' AS code, count(*) AS count,
  (array_agg(r.error->>'message' ORDER BY r.bulk_nr))[1] AS message,
  (array_agg(r.error->>'suggestion' ORDER BY r.bulk_nr))[1] AS suggestion
FROM whereupon.runs r WHERE r.bulk_id = $1 AND r.status = ANY('{{failed,partial}}')
GROUP BY 1, 2 ORDER BY 3 DESC, 1 LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason, as the first record that met it tells it. `cause` names it in a list of records."""

    cause: str
    code: str
    message: str
    suggestion: str | None
    count: int

    @property
    def fix_first(self) -> bool:
        """Whether running these again is in vain until something is set up differently."""
        return is_set_up_wrongly(self.code, self.message)

    def as_json(self) -> dict[str, Any]:
        """As the API tells it."""
        return {
            "cause": self.cause, "code": self.code, "message": self.message, "suggestion": self.suggestion,
            "count": self.count, "fix_first": self.fix_first,
        }  # fmt: skip


class FixFirst(Conflict):
    """What failed would fail again: something has to be put right first."""

    code, title = "fix_first", "Fix first"


def is_set_up_wrongly(code: str, message: str) -> bool:
    """
    >>> is_set_up_wrongly("no_provider", "There is no provider “sms” any more.")
    True
    >>> is_set_up_wrongly("refused", "The workflow's publisher may not update this record.")
    True
    >>> is_set_up_wrongly("refused", "mail.example.org did not take it: no such user")
    False
    """
    return code in SET_UP_WRONGLY or (code == "refused" and "may not" in message)


async def find_causes(db: Connection, bulk_id: int) -> list[Cause]:
    """Why members failed, the most frequent reason first."""
    rows = await db.fetch(GROUPED, bulk_id, MOST)
    return [
        Cause(row["cause"], row["code"] or "", row["message"] or "", row["suggestion"], row["count"])
        for row in rows
    ]
