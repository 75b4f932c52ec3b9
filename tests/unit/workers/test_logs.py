"""What a process says: where it goes, and that saying it never stops the work."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys

import pytest

from whereupon.errors import Invalid
from whereupon.workers.logs import Stderr, log_to_stderr

WORK = """
import sys, structlog, logging
from whereupon.workers.logs import log_to_stderr
log_to_stderr("info", "worker")
structlog.get_logger().info("first")
sys.stdout.write("begun\\n"), sys.stdout.flush(), sys.stdin.read()
for _ in range(3):
    structlog.get_logger().error("nobody reads this")
    logging.getLogger("library").error("nor this")
sys.stdout.write("done\\n"), sys.stdout.flush()
"""


def test_lines_go_to_what_stderr_is_at_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    said = Stderr()
    for _ in range(2):
        now = io.StringIO()
        monkeypatch.setattr(sys, "stderr", now)
        said.error("Something went wrong.")
        assert now.getvalue() == "Something went wrong.\n"


def test_a_closed_file_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    Stderr().error("Something went wrong.")


def test_work_goes_on_when_nobody_reads_the_log_any_more() -> None:
    """A process whose log collector has died: its lines are lost, its work is not."""
    reader, writer = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", WORK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=writer, text=True
    ) as process:
        os.close(writer)
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        first = json.loads(os.read(reader, 10_000))
        os.close(reader)
        rest, _ = process.communicate("")
    assert (first["event"], first["process"], first["level"]) == ("first", "worker", "info")
    assert rest == "done\n"
    assert process.returncode in (0, 120)  # 120: some Pythons complain at the end that stderr is gone


def test_an_unknown_level_is_refused_with_a_suggestion() -> None:
    before = logging.getLogger().handlers[:]
    with pytest.raises(Invalid) as refused:
        log_to_stderr("warn", "worker")
    assert refused.value.problems[0].suggestion == 'Did you mean "warning"?'
    assert logging.getLogger().handlers == before
