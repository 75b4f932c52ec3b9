"""Who may read and run PostgreSQL's programs is told from permission bits, before anything is started."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from whereupon.db.binaries import Account, allows, can_pass, last_lines, major_version, server_version

STRANGER = Account(uid=64_001, gid=64_001)


@pytest.mark.parametrize(
    ("mode", "right", "allowed"),
    [
        (0o755, stat.S_IXOTH, True),
        (0o700, stat.S_IXOTH, False),
        (0o000, stat.S_IXOTH, False),
        (0o744, stat.S_IROTH, True),
        (0o744, stat.S_IROTH | stat.S_IXOTH, False),  # all the rights that are asked for, not one of them
        (0o755, stat.S_IROTH | stat.S_IXOTH, True),
    ],
)
def test_a_stranger_has_the_rights_of_others(tmp_path: Path, mode: int, right: int, allowed: bool) -> None:
    path = tmp_path / "αρχείο"
    path.touch()
    path.chmod(mode)
    assert allows(path, STRANGER, right) is allowed


def test_an_owner_has_the_owners_rights(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(0o600)
    found = path.stat()
    assert allows(path, Account(found.st_uid, found.st_gid), stat.S_IROTH)


def test_a_member_of_the_group_has_the_groups_rights_and_not_those_of_others(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(0o604)
    assert allows(path, STRANGER, stat.S_IROTH)
    assert not allows(path, Account(STRANGER.uid, path.stat().st_gid), stat.S_IROTH)


def test_nobody_but_root_may_use_what_is_not_there(tmp_path: Path) -> None:
    assert not allows(tmp_path / "missing", STRANGER, stat.S_IROTH)


def test_one_closed_folder_above_closes_the_whole_path(tmp_path: Path) -> None:
    inner = tmp_path / "closed" / "open"
    inner.mkdir(parents=True)
    inner.chmod(0o755)
    inner.parent.chmod(0o700)
    assert not can_pass(inner, STRANGER)
    assert can_pass(inner, Account(os.geteuid(), os.getegid())) is True


@pytest.mark.parametrize(
    ("text", "end"), [("", ""), ("\n \n", ""), ("a\n\nβ\n", "a\nβ"), ("1\n2\n3\n4\n5\n6", "2\n3\n4\n5\n6")]
)
def test_the_end_of_what_a_program_said_has_no_empty_lines(text: str, end: str) -> None:
    assert last_lines(text) == end


def test_the_major_version_is_the_first_number() -> None:
    assert server_version().startswith(f"{major_version()}.")
    assert major_version().isdigit()
