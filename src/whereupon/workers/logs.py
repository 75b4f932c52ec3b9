"""What a process says while it works: lines for people at a terminal, JSON for programs that collect them."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Any

import structlog

from whereupon.errors import Invalid, Problem, did_you_mean

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
# Of these only what went wrong is of interest. (asyncpg warns of a lost database; so do we, in one line.)
QUIET = {"asyncio": 30, "pgqueuer": 30, "uvicorn": 30, "alembic": 30, "httpx2": 30, "asyncpg": 40}


def log_to_stderr(level: str, process: str) -> None:
    """Send everything that is logged to stderr, each line marked with the process. Raises Invalid."""
    if level not in LEVELS:
        advice = did_you_mean(level, LEVELS) or f"Choose one of: {', '.join(LEVELS)}."
        raise Invalid.of(Problem("unknown_level", f'There is no log level "{level}".', "/log_level", advice))
    shared = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rest = _for_people() if sys.stderr.isatty() else _for_programs()
    structlog.configure(
        processors=[*shared, *rest],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: Stderr(),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
    _adopt_standard_logging(LEVELS[level])


def _for_people() -> list[Any]:
    return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]


def _for_programs() -> list[Any]:
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]


def _adopt_standard_logging(level: int) -> None:
    """Libraries log by the standard library: their lines join ours."""
    logging.basicConfig(handlers=[Adopted()], level=level, force=True)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(max(level, least))


class Stderr:
    """Writes lines to what stderr is at the time. A line that cannot be written stops nobody's work."""

    def msg(self, message: str) -> None:
        with suppress(OSError, ValueError):  # nobody reads the pipe any more; the file is closed
            sys.stderr.write(f"{message}\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = msg


class Adopted(logging.Handler):
    """Passes a standard log record on to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        say = structlog.get_logger().bind(logger=record.name)
        say.log(record.levelno, record.getMessage(), exc_info=record.exc_info or None)
