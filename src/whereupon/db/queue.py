"""What PgQueuer's tables are called here, for the migration that makes them and the workers that use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgqueuer.domain.settings import DBSettings


def queue_settings() -> DBSettings:
    """PgQueuer's settings, every name given: it would else read variables as plain as TRIGGER.

    Durability "balanced": jobs survive a crash, its log and statistics need not. Nothing of ours
    reads them (what became of a message is in whereupon.messages), and a job costs half the writing.
    """
    from pgqueuer.domain.settings import DBSettings, Durability

    return DBSettings.model_validate(
        {
            "prefix": "",
            "db_schema": "whereupon",
            "channel": "whereupon_jobs",
            "function": "fn_pgqueuer_changed",
            "statistics_table": "pgqueuer_statistics",
            "queue_status_type": "pgqueuer_status",
            "queue_table": "pgqueuer",
            "queue_table_log": "pgqueuer_log",
            "trigger": "tg_pgqueuer_changed",
            "schedules_table": "pgqueuer_schedules",
            "durability": Durability.balanced,
        }
    )
