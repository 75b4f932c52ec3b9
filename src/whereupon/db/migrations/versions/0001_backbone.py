"""The backbone: people, modules, changes, workflows, runs, messages, and PgQueuer's tables.

Written in SQL, beside this file, because that is what it is: tables and one trigger function.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asyncpg
from alembic import op
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment

from whereupon.db.queue import queue_settings

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything; a schema is left only by restoring a backup, so there is no way down."""
    run_script(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
    run_script(QueryBuilderEnvironment(settings=queue_settings()).build_install_query(create_schema=False))


def run_script(script: str) -> None:
    """Many statements in one text: past SQLAlchemy, which prepares and so takes one at a time."""
    adapted: Any = op.get_bind().connection.dbapi_connection

    async def execute(connection: asyncpg.Connection[Any]) -> None:
        await connection.execute(script)

    adapted.run_async(execute)
