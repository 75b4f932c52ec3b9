"""Tables are read by people on a screen and by programs from a pipe."""

from __future__ import annotations

import pytest

from whereupon.cli.output import show_rows


def test_a_wide_table_that_is_piped_on_keeps_a_line_for_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    columns = [f"saraké_{n}" for n in range(40)]
    show_rows([dict.fromkeys(columns, "arvo, ei lyhyt"), dict.fromkeys(columns)], columns, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[1].count("arvo, ei lyhyt") == 40
