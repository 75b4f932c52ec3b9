"""The server's files have one place each, which does not depend on where the program was started."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from whereupon.db import server_folder
from whereupon.db.binaries import Account
from whereupon.db.server_folder import ServerFolder, home_of
from whereupon.errors import Unavailable

STRANGER = Account(uid=64_001, gid=64_001)


def test_a_relative_folder_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place = ServerFolder.of(Path("δεδομένα"))
    assert place.data == tmp_path / "δεδομένα"
    assert place.home.is_absolute()


@pytest.mark.parametrize("relative", ["", ".", "data"])
def test_a_place_that_depends_on_the_working_folder_cannot_be_made(relative: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        ServerFolder(Path(relative), tmp_path, STRANGER)
    with pytest.raises(AssertionError):
        ServerFolder(tmp_path, Path(relative), STRANGER)


def test_our_own_server_lives_in_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: STRANGER.uid)
    assert home_of(tmp_path / "data", STRANGER) == tmp_path / "data" / "postgres"


def test_a_server_of_another_account_lives_beside_the_data_folder_where_it_can_get() -> None:
    assert home_of(Path("/tmp/whereupon-nowhere/data"), STRANGER) == Path(
        "/tmp/whereupon-nowhere/data-postgres"
    )


def test_a_server_of_another_account_lives_in_the_systems_place_where_it_cannot_get(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_folder, "SYSTEM_PLACES", (tmp_path / "missing", tmp_path))
    tmp_path.chmod(0o700)
    first, second = home_of(tmp_path / "a", STRANGER), home_of(tmp_path / "b", STRANGER)
    assert first.parent == second.parent == tmp_path
    assert first != second


def test_a_folder_in_which_others_keep_things_stays_as_it_is(tmp_path: Path) -> None:
    shared = tmp_path / "yhteinen"
    shared.mkdir()
    shared.chmod(0o755)
    (shared / "something").write_text("of somebody")
    with pytest.raises(Unavailable, match="open to others"):
        ServerFolder.of(shared).create()
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755
    assert [path.name for path in shared.iterdir()] == ["something"]


@pytest.mark.parametrize("place", ["/proc/none/data", "/dev/null", "/dev/null/data"])
def test_a_data_folder_that_cannot_be_made_is_named_with_the_way_out(place: str) -> None:
    with pytest.raises(Unavailable, match=f"{place} cannot be used") as refused:
        ServerFolder.of(Path(place)).create()
    assert "--data" in str(refused.value)


def test_credentials_are_kept_whole_and_for_their_owner_alone(tmp_path: Path) -> None:
    place = ServerFolder.of(tmp_path)
    with pytest.raises(Unavailable, match="no database"):
        place.credentials()
    place.keep(superuser_password="a", password="β", data=str(tmp_path), home=str(place.home), uid=1)
    place.keep(provided=True)
    found = place.credentials()
    assert (found.superuser_password, found.password, found.provided, found.socket) == ("a", "β", True, None)
    assert stat.S_IMODE(place.credentials_file.stat().st_mode) == 0o600
