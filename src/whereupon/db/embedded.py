"""Our own PostgreSQL: without a database to connect to, the program starts one in its data folder.

The server belongs to whoever uses it: the first program that needs it starts it, the last one that
leaves stops it, and a program that was killed leaves it running for the next. Nothing listens on the
network; everybody signs in with a password, over a Unix socket in a folder that only its owner enters.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote

from whereupon.db import binaries
from whereupon.db.binaries import last_lines, run_program
from whereupon.db.server_folder import ServerFolder, is_server_of, password_file, short_temporary_folder
from whereupon.errors import Unavailable
from whereupon.settings import Settings

logger = logging.getLogger(__name__)

SUPERUSER, ROLE, DATABASE, PORT = "whereupon_admin", "whereupon", "whereupon", 5432
START_LIMIT = 600.0  # seconds: crash recovery of a large write-ahead log takes its time
LOG_LIMIT = 10_000_000  # bytes, then the log starts anew

# Written to postgresql.conf once, so that an operator may change them: a laptop's server, two cores.
TUNING = {
    "shared_buffers": "192MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "100",
    "max_wal_size": "2GB",
    "min_wal_size": "256MB",
    "wal_compression": "off",  # PostgreSQL's own default; only the slow pglz is built in
    "wal_buffers": "16MB",
    # A person's edit waits until the log is on disk, and with it all that a bulk run wrote there before: new
    # segments are not filled with zeros while everybody waits, the log is written often, in small pieces, and
    # pages that leave the buffers go to the disk at once, not by the gigabyte when the kernel thinks of them.
    "wal_init_zero": "off",
    "wal_writer_delay": "10ms",
    "wal_writer_flush_after": "256kB",
    "backend_flush_after": "256kB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "synchronous_commit": "on",  # what was acknowledged is never lost
    "random_page_cost": "1.1",
    "jit": "off",  # costs more than it saves on statements of milliseconds
    # Queue tables live from quick cleaning: look often, do not doze.
    "autovacuum_naptime": "15s",
    "autovacuum_vacuum_scale_factor": "0.1",
    "autovacuum_analyze_scale_factor": "0.05",
    "autovacuum_vacuum_cost_limit": "1000",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# Given on the command line at every start, where no file can change them.
GUARDS = {"listen_addresses": "", "unix_socket_permissions": "0700", "password_encryption": "scram-sha-256"}

# The role that the program works as owns its database and nothing else.
PROVIDE_DATABASE = """
SELECT 'CREATE ROLE {role} LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') \\gexec
ALTER ROLE {role} NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{password}';
SELECT 'CREATE DATABASE {database} OWNER {role}'
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{database}') \\gexec
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
"""


class EmbeddedServer:
    """One PostgreSQL in one data folder; `options` are settings for this start only (tests).

    Its methods block for up to a second (a first start); asynchronous callers use `running_server`.
    """

    def __init__(
        self, folder: Path, *, options: Mapping[str, str] | None = None, wheel: Path | None = None
    ) -> None:
        self.place = ServerFolder.of(folder)
        self.options = dict(options or {})
        self._wheel = wheel
        self._process: subprocess.Popen[bytes] | None = None
        self._in_use: IO[str] | None = None

    @property
    def url(self) -> str:
        """Where the program connects, as the role that owns the database and is no superuser."""
        return self._url(ROLE, self.place.credentials().password, DATABASE)

    @property
    def admin_url(self) -> str:
        """The same server as its superuser: for tests and repairs, never for the program's own work."""
        return self._url(SUPERUSER, self.place.credentials().superuser_password, "postgres")

    def start(self) -> str:
        """Make sure that the server runs, and return its URL. Safe to call from many programs at once.

        Raises Unavailable: another major version's data, no account to run under, no start.
        """
        self.place.create()
        with self._one_at_a_time():
            self._say_in_use()
            try:
                self._begin_if_needed()
            except BaseException:
                self._leave()
                raise
        return self.url

    def stop(self) -> bool:
        """Leave the server; stop it (fast: open transactions end) unless another program still uses it."""
        with self._one_at_a_time():
            if not self._leave():
                self._disown()
                return False
            self._shut_down()
        return True

    def running(self) -> bool:
        """Whether our child, or else the process named in postmaster.pid, is this folder's server.

        After a crash or a reboot that number may belong to any other program.
        """
        if self._process is not None:
            if self._process.poll() is None:
                return True
            self._process = None
        state = self.place.postmaster_file()
        return bool(state) and is_server_of(int(state[0]), self.place.cluster)

    def remove(self) -> None:
        """Stop the server and delete it with its data, unless another program uses it."""
        if self.running() and self._in_use is None:
            self._say_in_use()
        if self._in_use is None or self.stop():
            self.place.remove()

    # In the order of a start -----------------------------------------------------------------------

    def _begin_if_needed(self) -> None:
        if not self.running():
            self._begin()
        self._wait_until_ready()
        if not self.place.credentials().provided:
            self._provide_database()

    def _begin(self) -> None:
        programs = self._programs()
        self._refuse_another_version()
        if not (self.place.cluster / "PG_VERSION").exists():
            self._initialise(programs)
        # PostgreSQL forgives a dead process itself, but not a number that another program has by now.
        (self.place.cluster / "postmaster.pid").unlink(missing_ok=True)
        self._launch(programs)

    def _programs(self) -> Path:
        return binaries.programs_for(self.place.account, self.place.programs_copy, self._wheel)

    def _refuse_another_version(self) -> None:
        version_file, ours = self.place.cluster / "PG_VERSION", binaries.major_version()
        if version_file.exists() and (theirs := version_file.read_text().strip()) != ours:
            raise Unavailable(
                f"The data in {self.place.cluster} was written by PostgreSQL {theirs}; "
                f"this program brings PostgreSQL {ours}, which cannot read it.",
                suggestion="Run `whereupon backup FILE` with the version of Whereupon that wrote it, set "
                "WHEREUPON_DATA to a new folder, and run `whereupon restore FILE` with this one.",
            )

    def _initialise(self, programs: Path) -> None:
        """Create the cluster beside its place and move it there whole: a kill in between leaves nothing."""
        self._refuse_a_lost_cluster()
        password = secrets.token_urlsafe(32)
        self.place.keep(
            superuser_password=password, password=secrets.token_urlsafe(32),
            data=str(self.place.data), home=str(self.place.home), uid=self.place.account.uid,
        )  # fmt: skip
        partial = self.place.home / "cluster.partial"
        shutil.rmtree(partial, ignore_errors=True)
        with password_file(password, self.place.account) as file:
            done = run_program(
                programs / "initdb", "--pgdata", str(partial), "--username", SUPERUSER,
                "--pwfile", str(file), "--auth", "scram-sha-256", "--encoding", "UTF8",
                # Unicode's own rules for case, the same on every machine (Greek final sigma included).
                "--locale-provider", "builtin", "--builtin-locale", "PG_UNICODE_FAST", "--locale", "C",
                *(f"--set={name}={value}" for name, value in TUNING.items()),
                account=self.place.account, cwd=self.place.home,
            )  # fmt: skip
        if done.returncode != 0:
            raise Unavailable(f"PostgreSQL could not set up {self.place.cluster}: {last_lines(done.stderr)}")
        partial.rename(self.place.cluster)

    def _refuse_a_lost_cluster(self) -> None:
        file = self.place.credentials_file
        if file.exists() and (known := self.place.credentials()).provided:
            raise Unavailable(
                f"The database of {known.data} was in {known.home}; there is none in {self.place.home}.",
                suggestion=f"Move that folder to {self.place.home} (if {known.data} is still in use: make "
                f"a backup and restore it). To begin with an empty database, remove {file}.",
            )

    def _launch(self, programs: Path) -> None:
        deadline = time.monotonic() + 20
        while not self._launched(programs):
            said = last_lines(self.place.log.read_text(errors="replace"))
            # Backends of a killed server need a moment to notice that it is gone.
            if "still in use" not in said or time.monotonic() > deadline:
                raise Unavailable(
                    f"PostgreSQL did not start: {said}", suggestion=f"Its log is {self.place.log}."
                )
            time.sleep(0.05)

    def _launched(self, programs: Path) -> bool:
        settings = GUARDS | self.options | {"unix_socket_directories": str(self.place.socket_folder())}
        command = [
            programs / "postgres",
            "-D",
            self.place.cluster,
            *(f"--{n}={v}" for n, v in settings.items()),
        ]
        log = self.place.log
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            process = subprocess.Popen[bytes](
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.place.home,
                start_new_session=True,  # Ctrl-C in our terminal is for us, not for the server
                env=binaries.clean_environment(), **self.place.account.popen_options(),
            )  # fmt: skip
        while process.poll() is None:
            if (state := self.place.postmaster_file()) and int(state[0]) == process.pid:
                self._process = process
                return True
            time.sleep(0.005)
        return False

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_LIMIT
        while time.monotonic() < deadline:
            state = self.place.postmaster_file()
            if len(state) >= 8 and state[7].strip() == "ready":
                return
            if not self.running():
                break
            time.sleep(0.005)
        raise Unavailable(
            f"PostgreSQL did not become ready: {last_lines(self.place.log.read_text(errors='replace'))}",
            suggestion=f"Its log is {self.place.log}.",
        )

    def _provide_database(self) -> None:
        known = self.place.credentials()
        done = run_program(
            binaries.wheel_folder() / "pginstall" / "bin" / "psql",
            "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self._socket_in_use(), "-p", str(PORT),
            "-U", SUPERUSER, "-d", "postgres",
            env={"PGPASSWORD": known.superuser_password},
            stdin=PROVIDE_DATABASE.format(role=ROLE, database=DATABASE, password=known.password),
        )  # fmt: skip
        if done.returncode != 0:
            raise Unavailable(f"The database could not be created: {last_lines(done.stderr)}")
        self.place.keep(provided=True)

    # In the order of a stop ------------------------------------------------------------------------

    def _shut_down(self) -> None:
        if not self.running():
            return
        done = run_program(
            self._programs() / "pg_ctl", "stop", "--mode", "fast", "--wait",
            "--pgdata", str(self.place.cluster), account=self.place.account, cwd=self.place.home,
        )  # fmt: skip
        if self._process is not None and done.returncode == 0:
            self._process.wait(10)
            self._process = None
        if done.returncode != 0 and self.running():
            raise Unavailable(f"PostgreSQL did not stop: {last_lines(done.stderr)}")

    def _disown(self) -> None:
        if self._process is not None:
            self._process.returncode = 0  # it outlives us on purpose; Popen would warn of a lost child
            self._process = None

    # Who is using it: locks that the kernel releases when a program dies ------------------------------

    @contextmanager
    def _one_at_a_time(self) -> Generator[None]:
        with (self.place.data / "server.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _say_in_use(self) -> None:
        if self._in_use is None:
            self._in_use = (self.place.data / "users.lock").open("w")
            fcntl.flock(self._in_use, fcntl.LOCK_SH)

    def _leave(self) -> bool:
        """Give up our share; true when nobody else has one."""
        if self._in_use is None:
            return False
        try:
            fcntl.flock(self._in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            self._in_use.close()
            self._in_use = None
        return True

    # Where to connect -------------------------------------------------------------------------------

    def _socket_in_use(self) -> str:
        state = self.place.postmaster_file()
        if len(state) < 5:
            raise Unavailable("PostgreSQL is not running.", suggestion="`whereupon serve` starts it.")
        return state[4].strip()

    def _url(self, user: str, password: str, database: str) -> str:
        return f"postgresql://{user}:{password}@/{database}?host={quote(self._socket_in_use())}&port={PORT}"


@asynccontextmanager
async def database_server(settings: Settings) -> AsyncGenerator[str]:
    """The URL of the database to use: the one that the operator named, or our own, started if need be."""
    if settings.database_url:
        yield settings.database_url
        return
    async with running_server(EmbeddedServer(settings.data)) as url:
        yield url


@asynccontextmanager
async def running_server(server: EmbeddedServer) -> AsyncGenerator[str]:
    """Start the server, start it again should it die, and leave it at the end."""
    url = await asyncio.to_thread(server.start)
    keeper = asyncio.create_task(keep_running(server))
    try:
        yield url
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        await asyncio.to_thread(server.stop)


async def keep_running(server: EmbeddedServer, *, every: float = 0.5) -> None:
    """Look every half second whether the server is still there; bring it back when it is not."""
    while True:
        await asyncio.sleep(every)
        if not server.running():
            try:
                await asyncio.to_thread(server.start)
            except Unavailable as error:
                logger.error("%s", error)


@asynccontextmanager
async def throwaway_server(options: Mapping[str, str] | None = None) -> AsyncGenerator[str]:
    """A server with an empty database that leaves no trace; for a demonstration or a measurement."""
    folder = Path(tempfile.mkdtemp(prefix="whereupon-", dir=short_temporary_folder()))
    server = EmbeddedServer(folder, options=options)
    try:
        async with running_server(server) as url:
            yield url
    finally:
        await asyncio.to_thread(server.remove)
